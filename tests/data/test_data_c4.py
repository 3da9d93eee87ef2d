"""The rules of C4: which lines are cut and which pages dropped; and the user's list of bad words."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from simulator.errors import InputError
from simulator.s01_data.bad_words import BadWords, load_bad_words
from simulator.s01_data.cleaning import Cleaned, clean_text
from simulator.s01_data.rules_config import RulesConfig

GOOD = "The river runs past the mill. It is cold in winter. Boats rest here. Children play there. Then night falls."


def clean(text: str, **changes: object) -> Cleaned:
    return clean_text(text, RulesConfig(**{"gopher": False, "gopher_repetition": False, **changes}))


def test_good_prose_stays_as_it_is() -> None:
    assert clean(GOOD) == Cleaned(GOOD, True)


@pytest.mark.parametrize(
    ("line", "rule"),
    [
        ("Home Contact", "min_line_words"), ("Please turn on JavaScript in this browser.", "javascript"),
        ("By reading on you accept our Cookie Policy.", "policy"), ("See the TERMS OF USE for more.", "policy"),
        ("A line with " + "x" * 1001 + " in it.", "max_word_length"), ("", "min_line_words"),
    ],
)  # fmt: skip
def test_lines_that_are_cut(line: str, rule: str) -> None:
    cleaned = clean(f"{GOOD}\n{line}\n{GOOD}")
    assert cleaned.text == f"{GOOD}\n{GOOD}"
    assert cleaned.kept
    assert cleaned.cut == {rule: 1}


def test_lines_at_the_limit_stay() -> None:
    lines = ["Three words here", "A word of " + "x" * 1000 + " length.", "It asks about java script."]
    assert clean("\n".join([GOOD, *lines])).text == "\n".join([GOOD, *lines])


def test_end_marks_are_asked_for_only_when_switched_on() -> None:
    text = (
        f"{GOOD}\nA heading without an end\nAnd this trails off ...\nHe said \"yes\"\nIs it so?\nIt is 'so'"
    )
    assert clean(text).text == text
    assert clean(text, end_mark=True).text == f"{GOOD}\nHe said \"yes\"\nIs it so?\nIt is 'so'"


def test_citations_are_taken_out() -> None:
    cleaned = clean(f"{GOOD}\nIt is old.[1][23] It is[citation needed] big.[edit] See [a] there.")
    assert cleaned.text == f"{GOOD}\nIt is old. It is big. See [a] there."
    assert cleaned.cut == {"citations": 1}
    assert clean(f"{GOOD} Old.[1]", citations=False).text.endswith("[1]")


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        (f"{GOOD}\nLorem Ipsum dolor sit amet.", "lorem_ipsum"), (f"{GOOD}\nif x then {{ y }}.", "curly_bracket"),
        ("One is here. Two is here. Three is. Four is it.", "min_sentences"), ("  \n ", "empty"), ("", "empty"),
    ],
)  # fmt: skip
def test_pages_that_are_dropped(text: str, rule: str) -> None:
    cleaned = clean(text)
    assert (cleaned.kept, cleaned.rule, cleaned.text) == (False, rule, text)
    if rule not in ("empty", "min_sentences"):
        assert clean(text, **{rule: False}).kept


def test_cut_lines_do_not_count_as_sentences_and_hide_what_is_in_them() -> None:
    assert clean(
        "Now! Then. " * 9 + "\nJavaScript {"
    ).kept  # two words: the line is cut before its bracket is seen
    cleaned = clean("Enable JavaScript now. Or not. Or so. Why? Who? What?")
    assert (cleaned.rule, cleaned.value, cleaned.threshold) == ("min_sentences", 0, 5)


def test_limits_can_be_changed() -> None:
    text = "One is here. Two is here."
    assert clean(text, min_sentences_limit=2).kept
    assert not clean(text, min_sentences_limit=3).kept
    assert clean(text, min_sentences=False).kept
    assert clean(f"{GOOD}\nTwo words", min_line_words_limit=2).text.endswith("Two words")


def listed(path: Path, *entries: str) -> str:
    path.write_text("\n".join(entries), encoding="utf-8")
    return str(path)


def test_a_list_of_bad_words_drops_pages(tmp_path: Path) -> None:
    path = listed(tmp_path / "words.txt", "# my own", "", "Mill", "cold in", "c++", "été")
    cleaned = clean(GOOD, bad_words=path)
    assert (cleaned.rule, cleaned.value) == ("bad_words", 2)
    assert clean(GOOD.replace("mill", "windmill").replace("cold", "warm"), bad_words=path).kept


@given(
    st.text(alphabet="ab_é1 -+.", max_size=30),
    st.lists(st.text(alphabet="ab_é1 -+", min_size=1, max_size=4), min_size=1),
)
@settings(max_examples=200, deadline=None)
def test_bad_words_are_found_as_by_the_pattern_of_c4(text: str, entries: list[str]) -> None:
    pattern = re.compile(r"(?:\W|^)({})(?:\W|$)".format("|".join(map(re.escape, entries))))
    assert (BadWords(entries).count(text) > 0) == (pattern.search(text.lower()) is not None)


@pytest.mark.parametrize(
    "content", [b"", b"# nothing\n\n", b"\xff\xfe\x00", b"a" * 300, b"x\n" * 3_000_000, b"a\x00b"]
)
def test_what_is_no_list_of_words_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "words.txt"
    path.write_bytes(content)
    with pytest.raises(InputError, match="list of bad words"):
        load_bad_words(str(path))
    with pytest.raises(InputError, match="cannot be read"):
        load_bad_words(str(tmp_path / "missing"))
    with pytest.raises(InputError):
        load_bad_words(str(tmp_path))
