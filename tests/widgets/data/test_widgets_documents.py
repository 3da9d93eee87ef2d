from __future__ import annotations

import time

import pytest
from data_fakes import history_with

from simulator.s01_data.cleaning import clean_text
from simulator.s01_data.config import DataConfig
from simulator.s01_data.rules import RULE, RULES
from widgets.s01_data.geometry.document_spans import page_marks, text_marks
from widgets.s01_data.geometry.document_words import facts_line, truth_line, verdict_line
from widgets.s01_data.geometry.documents import documents_of, fates_of, filtered
from widgets.s01_data.geometry.measures import MeasuresScene, bar_share, measures_of, rule_title, rule_words
from widgets.s01_data.geometry.packed import END, PackedScene, packed_of
from widgets.s01_data.geometry.truth import TruthScene, score_words, scores_of
from widgets.scene.shapes import Box

HTML = """<html><head><title>A</title><style>p {color: red}</style></head><body><nav><a>Home</a> <a>News</a></nav>
<!-- hidden words here --><h1>The old mill</h1><p>Write to <b>me</b> at ada@example.org &amp; wait.</p>
<p>Accept all cookies please now</p></body></html>"""
TEXT = "The old mill\nWrite to me at ada@example.org & wait.\nAccept all cookies please now"
CLEAN = "The old mill\nWrite to me at <EMAIL> & wait."


def document(**changes):
    fields = {
        "index": 4, "source": "toy:4", "url": "https://a.example/x/mill.html", "title": "", "html": HTML,
        "text": TEXT, "clean": CLEAN, "kept": True, "step": "", "rule": "", "measured": {}, "language": "en",
        "language_probability": 0.993, "quality": 0.81, "ngrams": [["old mill", 1.25], ["cookies", -0.5]],
        "pii": [{"kind": "email", "start": 28, "end": 43}], "duplicate_of": -1, "similarity": None,
        "truth": {"kind": "article", "wanted": True},
    } | changes  # fmt: skip
    (found,) = documents_of(history_with(("document", fields)))
    return found


def marked(text, marks, kind):
    return [text[mark.start : mark.end] for mark in marks if mark.kind == kind]


def test_the_extracted_part_is_marked_in_the_page_and_nothing_else():
    pieces = marked(HTML, page_marks(document()), "taken")
    assert "The old mill" in pieces
    assert "Accept all cookies please now" in pieces
    assert not any(word in " ".join(pieces) for word in ("Home", "News", "hidden", "color", "<"))
    assert page_marks(document(html="")) == page_marks(document(text="")) == []


def test_a_page_that_is_no_html_at_all_is_harmless():
    for broken in (
        "<",
        "<<<>>>",
        "<p",
        "</p></p>",
        "<!-- never closed",
        "<script>x",
        "\0<p>\ud800</p>",
        "&#xFFFFFFFF;",
    ):
        assert isinstance(page_marks(document(html=broken)), list)


def test_personal_data_is_marked_and_lines_that_a_rule_cut_are_struck():
    marks = text_marks(document())
    assert marked(TEXT, marks, "pii") == ["ada@example.org"]
    assert marked(TEXT, marks, "cut") == ["Accept all cookies please now"]
    assert marked(TEXT, text_marks(document(kept=False, clean="")), "cut") == []


def test_a_line_that_only_lost_personal_data_or_a_citation_is_not_struck():
    text = "TEL : 0512-55111066\nA\nFact [3] stands here for all to see.\nA\nlast one"
    clean = "TEL : <PHONE>\nFact stands here for all to see.\nA"
    found = document(text=text, clean=clean, pii=[{"kind": "phone", "start": 6, "end": 19}])
    assert marked(text, text_marks(found), "cut") == ["A", "last one"]


def test_marking_a_tangled_text_takes_no_time():
    began = time.process_time()  # of this process: other programs on the machine do not count
    for text in ("a\n" * 10_000, "x" * 20_000, "\n" * 20_000, "1.2.3.4 " * 2_500):
        pii = [{"kind": "ip", "start": 8 * at, "end": 8 * at + 7} for at in range(2_500)]
        text_marks(document(text=text, clean=text[:-9] + " b", pii=pii))
        page_marks(document(html="<" * 20_000, text=text))
        page_marks(document(html="<p>a" * 5_000, text=text))
    assert time.process_time() - began < 6


def test_a_document_says_what_became_of_it_and_why():
    assert verdict_line(document()) == ("Kept", "good")
    dropped = document(kept=False, step="quality", rule="min_words", value=12.0, threshold=50.0)
    assert verdict_line(dropped) == ("Dropped: too short, 12 words (limit: at least 50)", "bad")
    copy = document(
        kept=False, step="dedup", rule="near_duplicate", value=0.912, threshold=0.7, duplicate_of=9
    )
    assert verdict_line(copy)[0] == "Dropped: near copy of page 9, similarity 0.912"
    assert verdict_line(document(kept=False, step="extract", rule="no_text"))[0] == "Dropped: no main text"
    facts = facts_line(document(note="Fault: x", duplicate_of=9, similarity=0.9))
    for words in (
        "Fault: x",
        "language en (99 % sure)",
        "quality 0.81",
        "“old mill” +1.2",
        "1 piece",
        "copy of page 9",
    ):
        assert words in facts


def test_the_truth_says_whether_the_pipeline_was_right():
    assert truth_line(document()) == "Truth: a good page, rightly kept"
    assert truth_line(document(kept=False)) == "Truth: a good page, wrongly dropped"
    assert truth_line(document(truth={})) == ""


@pytest.mark.parametrize(
    "changes",
    [
        {"index": None}, {"index": "x"}, {"text": None, "pii": [{"start": 3, "end": 1}, None]},
        {"pii": [{"kind": "email", "start": 0, "end": 10_000}]}, {"measured": {"min_words": "many"}},
        {"ngrams": [["a"], 3, ["b", "c"]]}, {"truth": 4, "value": float("nan"), "url": 7},
    ],
)  # fmt: skip
def test_damaged_documents_are_left_out_or_harmless(changes):
    fields = {"index": 1, "text": "abc"} | changes
    for found in documents_of(history_with(("document", fields))):
        assert verdict_line(found)[0]
        assert facts_line(found)
        assert isinstance(truth_line(found), str)
        assert all(0 <= place.start < place.end <= len(found.text) for place in found.pii)
        assert MeasuresScene(measures_of(found, DataConfig())).frame(0, 300, 200)


def test_fates_count_and_filter():
    rows = [
        {"index": 0, "kept": True},
        {"index": 1, "kept": False, "step": "quality", "rule": "min_words"},
        {"index": 2, "kept": False, "step": "quality", "rule": "curly_bracket"},
        {"index": 2, "kept": False, "step": "dedup", "rule": "exact_duplicate"},
    ]
    documents = documents_of(history_with(*(("document", row) for row in rows)))
    assert [document.index for document in documents] == [0, 1, 2]
    assert dict(fates_of(documents)) == {
        "all": "All 3 examples", "kept": "Kept (1)", "quality": "Dropped: Quality (1)",
        "dedup": "Dropped: Deduplicate (1)",
    }  # fmt: skip
    assert [item.index for item in filtered(documents, "quality")] == [1]
    assert filtered(documents, "quality", "curly_bracket") == []
    assert len(filtered(documents, "all")) == 3


def test_what_breaks_a_rule_stands_beyond_its_limit_and_first_in_the_list():
    text = "short words { here } only a few"
    config = DataConfig()
    cleaned = clean_text(text, config, every=True)
    found = document(
        text=text, kept=False, step="quality", rule=cleaned.rule, value=cleaned.value,
        threshold=cleaned.threshold, measured=dict(cleaned.measured),
    )  # fmt: skip
    measures = measures_of(found, config)
    assert measures[0].rule.name == cleaned.rule
    assert measures[0].failed
    edge = 0.6
    for measure in measures:
        if measure.rule.cuts or measure.limit <= 0:
            continue
        beyond = bar_share(measure) < edge if measure.rule.lowest else bar_share(measure) > edge
        assert measure.failed == (beyond and measure.rule.applies(config)), measure
        assert rule_words(measure)


def test_every_rule_has_words_and_unknown_ones_are_shown_as_they_are():
    assert all(rule_title(rule.name) == rule.title for rule in RULES)
    assert rule_title("near_duplicate") == "Near copy"
    assert rule_title("something_new") == "Something new"
    assert "empty" in RULE


def test_packed_rows_are_cut_at_documents_and_say_what_they_hold():
    fields = {
        "tokens": 10, "rows": 2, "sequence": 4, "vocabulary": 300, "bytes_per_token": 3.5,
        "sample": [["a", " b", END, "c"], ["d", END, "e", "f"]],
    }  # fmt: skip
    scene = PackedScene(packed_of(fields))
    boxes = [shape for shape in scene.frame(0, 400, 100) if isinstance(shape, Box)]
    assert [box.fill == "accent" for box in boxes] == [False, True, False, False, True, False]
    assert boxes[0].fill != boxes[2].fill == boxes[3].fill != boxes[5].fill
    assert scene.words(boxes[0].key) == "Document 1, 2 tokens: a b"
    assert scene.words(boxes[3].key) == "Document 2, 1 token: d"
    assert scene.words(boxes[1].key) == "The end mark between two documents"
    assert packed_of({}) is None
    assert PackedScene(packed_of({"sequence": 4, "sample": [[], None]})).frame(0, 100, 50)


def test_scores_are_held_against_their_targets_and_never_rounded_up():
    rows = [
        {"step": "dedup", "title": "Exact", "precision": 1.0, "recall": 1.0, "target": 1.0, "counted": 9, "what": "w"},
        {"step": "pii", "title": "PII", "precision": 0.99, "recall": 0.97, "target": 0.98},
        {"step": "x", "title": "None", "precision": None, "recall": None, "target": 0.9},
        {"title": "No target"}, None,
    ]  # fmt: skip
    scores = scores_of({"steps": rows})
    assert [score.good for score in scores] == [True, False, False]
    assert score_words(0.99996) == "0.999"
    assert score_words(1.0) == "1.000"
    for size in ((200, 120), (400, 220)):
        frame = TruthScene(scores).frame(0, *size)
        assert frame
        assert all(shape.x + shape.w <= size[0] + 1 for shape in frame if isinstance(shape, Box))
    assert scores_of({}) == scores_of({"steps": 3}) == ()
