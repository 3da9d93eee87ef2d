"""Our filters decide as datatrove's do: on stored decisions everywhere, on live ones where datatrove is installed."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import pytest
from rule_documents import rule_documents

from simulator.s01_data.cleaning import clean_text
from simulator.s01_data.rules_config import RulesConfig

STORED = json.loads((Path(__file__).parent / "rule_decisions.json").read_text(encoding="utf-8"))["documents"]
NOTHING = {"gopher_repetition": False, "gopher": False, "c4": False}
CONFIGS = {
    **{family: RulesConfig(**{**NOTHING, family: True}) for family in NOTHING},
    "end_mark": RulesConfig(**{**NOTHING, "c4": True}, end_mark=True),
}


@pytest.mark.parametrize("name", tuple(CONFIGS))
def test_stored_decisions_of_datatrove(name: str) -> None:
    differing = [
        (number, ours, row["rules"][name])
        for number, row in enumerate(STORED)
        if (ours := clean_text(row["text"], CONFIGS[name]).rule) != row["rules"][name]
    ]
    assert differing == []


def test_stored_lengths_of_what_the_line_rules_leave() -> None:
    for row in STORED:
        assert len(clean_text(row["text"], CONFIGS["c4"]).text) == row["left"]
        assert len(clean_text(row["text"], CONFIGS["end_mark"]).text) == row["left_with_end_marks"]


def test_the_stored_documents_try_most_rules() -> None:
    reasons = Counter(rule for row in STORED for rule in row["rules"].values())
    assert len(reasons) >= 18
    assert reasons[""] >= 100


@pytest.mark.slow
@pytest.mark.parametrize("seed", [1, 2])
def test_live_decisions_of_datatrove(seed: int) -> None:
    pytest.importorskip("datatrove")
    pytest.importorskip("spacy")
    texts = rule_documents(700, seed)
    for families, end_mark in (
        (tuple(NOTHING), False),
        *(((family,), False) for family in NOTHING),
        (("c4",), True),
    ):
        differing = _differences(texts, families, end_mark)
        assert differing == [], f"{len(differing)} of {len(texts)} for {families}"


def _differences(
    texts: Sequence[str], families: tuple[str, ...], end_mark: bool
) -> list[tuple[str, str, str]]:
    from datatrove_rules import Reference

    reference = Reference(families, end_mark)
    config = RulesConfig(**{**NOTHING, **dict.fromkeys(families, True)}, end_mark=end_mark)
    found = []
    for text in texts:
        ours, theirs = clean_text(text, config), reference.decide(text)
        if text.strip() and (ours.rule, ours.text) != theirs:
            found.append((ours.rule, theirs[0], text[:200]))
    return found
