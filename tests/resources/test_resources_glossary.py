"""The glossary: every stage has terms, each plain and short, each name once."""

from __future__ import annotations

import pytest

from simulator.glossary import GlossaryError, find_term, glossary, parse_glossary, terms_for
from simulator.stages import STAGES

GOOD = '[[term]]\nname = "a"\naliases = ["b"]\nstages = ["s01_data"]\nmeaning = "A letter."\n'


@pytest.mark.parametrize("stage", STAGES, ids=lambda stage: stage.key)
def test_every_stage_has_terms(stage):
    assert len(terms_for(stage.key)) >= 8


def test_meanings_are_one_or_two_short_sentences():
    for term in glossary():
        assert term.meaning.endswith("."), term.name
        assert len(term.meaning) <= 220, term.name
        assert not set("<>&[]") & set(term.meaning), "a hover shows it as it is"


def test_terms_are_sorted_and_many():
    names = [term.name.casefold() for term in glossary()]
    assert names == sorted(names)
    assert len(names) >= 120


def test_find_by_name_alias_and_any_case():
    assert find_term("kv cache") is find_term("KV cache")
    term = find_term("BPE")
    assert term is not None
    assert term.name == "byte-pair encoding"
    assert find_term("no such term") is None


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (('meaning = "A letter."\n', ""), "'a' has no meaning"),
        (("s01_data", "s99"), "no stage"),
        (('aliases = ["b"]', 'aliases = "b"'), "lists of texts"),
        (('aliases = ["b"]', 'aliases = ["A"]'), "'A' twice"),
        (("meaning", "words = 1\nmeaning"), "unknown fields: words"),
        (("[[term]]", "[[term"), "not valid TOML"),
    ],
)
def test_a_wrong_file_is_named(change, words):
    with pytest.raises(GlossaryError, match=words):
        parse_glossary(GOOD.replace(*change))
