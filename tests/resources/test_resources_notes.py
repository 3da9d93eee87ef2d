"""The notes: whole pages whose terms, facts and code exist, and their rich text."""

from __future__ import annotations

import re
from importlib.resources import files
from xml.etree import ElementTree

import pytest

from simulator.facts import facts_for
from simulator.glossary import find_term
from simulator.notes import (
    CLASSES,
    SECTIONS,
    NotesError,
    blocks_html,
    code_of,
    facts_html,
    inline_html,
    list_html,
    load_notes,
    parse_notes,
    plain_text,
)
from simulator.stages import BY_KEY, STAGES

every_stage = pytest.mark.parametrize("key", list(BY_KEY))


def page(**bodies: str) -> str:
    defaults = {
        "Facts": "- fact: fp16-max",
        "Show the code": "",
        "Sources": "- Someone 2020",
        "Mistakes to avoid": "- None.",
    }
    return "# Title\n\n" + "\n\n".join(
        f"## {title}\n\n{bodies.get(title.replace(' ', '_'), defaults.get(title, 'Words.'))}"
        for title in SECTIONS
    )


@every_stage
def test_terms_are_in_the_glossary(key):
    notes = load_notes(key)
    assert notes.terms
    assert [name for name in notes.terms if find_term(name) is None] == []


@every_stage
def test_facts_are_those_of_the_stage(key):
    notes = load_notes(key)
    assert sorted(notes.fact_ids) == sorted(item.id for item in facts_for(key))
    assert len(notes.facts) == len(notes.fact_ids)


@every_stage
def test_code_shown_exists_in_the_source(key):
    for path in load_notes(key).code_paths:
        assert code_of(path).strip()


@every_stage
def test_plain_words_fit_a_small_card(key):
    words = plain_text(load_notes(key).plain)
    assert "\n" not in words
    assert 3 <= len(re.findall(r"[.!?](?= |$)", words)) <= 5
    assert len(words) <= 400


@every_stage
def test_mistakes_and_sources_are_given(key):
    notes = load_notes(key)
    assert len(notes.mistakes) >= 5
    assert len(notes.sources) >= 3
    assert len(notes.how.split()) > 200


def whole_page(key: str) -> str:
    notes = load_notes(key)
    texts = (notes.plain, notes.analogy, notes.insight, notes.how)
    lists = (notes.mistakes, notes.sources)
    return "\n".join((*map(blocks_html, texts), *map(list_html, lists), facts_html(notes.facts)))


@every_stage
def test_no_mark_is_left_in_the_rich_text(key):
    assert not re.search(r"\[\[|\]\]|\*\*|`|^#|^- ", whole_page(key), flags=re.MULTILINE)


@every_stage
def test_rich_text_is_well_formed_and_without_colours(key):
    text = whole_page(key)
    tree = ElementTree.fromstring(f"<body>{text.replace('&nbsp;', ' ')}</body>")
    classes = {node.get("class") for node in tree.iter() if node.get("class")}
    assert {"formula", "term"} <= classes <= set(CLASSES)
    assert not re.search(r"color|font|#[0-9a-fA-F]{6}", text)


def test_pages_are_those_of_the_stages():
    folder = files("resources").joinpath("content")
    names = sorted(item.name for item in folder.iterdir())
    assert names == sorted(f"{stage.key}.md" for stage in STAGES)
    for stage in STAGES:
        assert folder.joinpath(f"{stage.key}.md").read_text(encoding="utf-8").startswith(f"# {stage.title}\n")


def test_inline_marks():
    html = inline_html("**bold [[KV cache|KV caches]]** and `a<b` & [[nat]]")
    assert html == (
        '<b>bold <a class="term" href="term:KV%20cache">KV caches</a></b> and <code>a&lt;b</code> '
        '&amp; <a class="term" href="term:nat">nat</a>'
    )


@pytest.mark.parametrize(
    ("text", "html"),
    [
        ("p_θ(x_t | x_{<t})", "p<sub>θ</sub>(x<sub>t</sub> | x<sub>&lt;t</sub>)"),
        ("Q4_0, kv_heads and snake_case", "Q4_0, kv_heads and snake_case"),
        ("2^30 and (1/b)^{1/r}", "2<sup>30</sup> and (1/b)<sup>1/r</sup>"),
        ("10^{(R_j − R_i)/400}", "10<sup>(R<sub>j</sub> − R<sub>i</sub>)/400</sup>"),
    ],
)
def test_indices_and_powers(text, html):
    assert inline_html(text) == html


@every_stage
def test_no_index_or_power_is_left_raw(key):
    formulas = "".join(re.findall(r'<p class="formula">.*?</p>', whole_page(key)))
    assert not re.search(r"\^|_\{|\b[A-Za-zα-ω]_", formulas)


def test_blocks():
    html = blocks_html(
        "One\nline.\n\n    x = a < b\n      y   z\n\n- first\n  goes on\n- second\n\n### Head\nText"
    )
    assert html.splitlines() == [
        "<p>One line.</p>",
        '<p class="formula">x = a &lt; b<br/>&nbsp;&nbsp;y&nbsp;&nbsp;&nbsp;z</p>',
        "<ul><li>first goes on</li><li>second</li></ul>",
        "<h4>Head</h4><p>Text</p>",
    ]


def test_facts_table_shows_source_and_popular_error():
    html = facts_html(load_notes("s03_distributed").facts[:1])
    for words in ("1,022,362 A100-80GB hours", "Touvron et al., LLaMA, 2023", "Often said: Llama 2 70B took"):
        assert words in html


def test_plain_text_keeps_the_words_only():
    assert plain_text("**A** [[nat|nats]] and [[nat]] `x`") == "A nats and nat x"


def test_a_parsed_page():
    notes = parse_notes("s01_data", page(The_key_insight="So.", Show_the_code="- `simulator.facts:fact`"))
    assert notes.insight == "So."
    assert notes.fact_ids == ("fp16-max",)
    assert notes.code_paths == ("simulator.facts:fact",)


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("## The analogy", "## Analogy", "Analogy"),
        ("## Sources", "## Facts", "not In plain words"),
        ("- Someone 2020", "", "'Sources' of the notes of 's01_data' is empty"),
    ],
)
def test_a_wrong_page_is_named(old, new, words):
    with pytest.raises(NotesError, match=words):
        parse_notes("s01_data", page().replace(old, new))


def test_unknown_stage():
    with pytest.raises(NotesError, match="s99"):
        load_notes("s99")


def test_code_of_finds_functions_methods_constants_and_decorators():
    assert code_of("simulator.facts:fact").startswith("def fact(")
    assert code_of("simulator.model.shapes:ModelShape.total").startswith("def total(self)")
    assert code_of("simulator.facts:facts_for").rstrip().endswith("if stage_key in item.stages)")
    assert code_of("simulator.model.shapes:ModelShape").startswith("@dataclass")
    assert code_of("simulator.notes:SECTIONS").startswith("SECTIONS = (")


@pytest.mark.parametrize(
    "path",
    [
        "simulator.facts:nothing",
        "simulator.nothing:fact",
        "os.path:join",
        "simulator.facts",
        "simulator.model.shapes:ModelShape.x",
    ],
)
def test_code_of_something_that_is_not_there(path):
    with pytest.raises(NotesError):
        code_of(path)
