"""Fates and the funnel that counts them: the books always balance."""

from __future__ import annotations

import itertools
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulator.errors import CheckpointError
from simulator.s01_data.fates import Fate, byte_length, read_fates
from simulator.s01_data.funnel import Funnel
from simulator.s01_data.steps import STEP_KEYS

RULES = st.sampled_from(["short", "spam", "failed"])


@st.composite
def any_fates(draw: st.DrawFn) -> Fate:
    """A document that passed some steps, then was dropped, kept, or is still under way."""
    fate = Fate(index=draw(st.integers(0, 99)), entered=draw(st.integers(0, 500)))
    passed = draw(st.integers(0, len(STEP_KEYS)))
    for key in STEP_KEYS[:passed]:
        size = draw(st.integers(0, 500))
        fate.sizes[key] = (size, size + draw(st.integers(0, 9)))
        if draw(st.booleans()):
            fate.change(key, "changed", draw(st.integers(0, 2)))
    if passed < len(STEP_KEYS) and draw(st.booleans()):
        fate.drop(STEP_KEYS[passed], draw(RULES), 0.5, 0.7)
    if passed == len(STEP_KEYS):
        fate.tokens = draw(st.integers(0, 200))
    return fate


def funnel_of(fates: list[Fate]) -> Funnel:
    funnel = Funnel()
    for fate in fates:
        funnel.take(fate)
    return funnel


@given(st.lists(any_fates(), max_size=30))
def test_documents_and_characters_in_and_out_add_up(fates: list[Fate]) -> None:
    rows = funnel_of(fates).record(4.0)["steps"]
    assert [row["key"] for row in rows] == list(STEP_KEYS)
    for row in rows:
        dropped = row["dropped"].values()
        assert row["documents_in"] == row["documents"] + sum(item["documents"] for item in dropped)
        lost = sum(item["characters"] for item in dropped) + row["trimmed"]
        assert row["characters_in"] == row["characters"] + lost
    for before, after in itertools.pairwise(rows):
        under_way = [
            fate
            for fate in fates
            if before["key"] in fate.sizes and after["key"] not in fate.sizes and fate.step != after["key"]
        ]
        assert before["documents"] == after["documents_in"] + len(under_way)
        assert before["characters"] == after["characters_in"] + sum(
            fate.sizes[before["key"]][0] for fate in under_way
        )


@given(st.lists(any_fates(), max_size=20), st.integers(0, 20))
def test_a_funnel_is_the_sum_of_the_funnels_of_its_parts(fates: list[Fate], cut: int) -> None:
    whole, left, right = funnel_of(fates), funnel_of(fates[:cut]), funnel_of(fates[cut:])
    left.add(Funnel.of(json.loads(json.dumps(right.to_dict()))))
    assert left.to_dict() == whole.to_dict()


@given(any_fates(), st.text(), st.text())
def test_a_fate_comes_back_from_its_line(fate: Fate, source: str, note: str) -> None:
    fate.source, fate.note, fate.similarity, fate.duplicate_of = source, note, 0.25, 3
    values: dict[str, Any] = json.loads(fate.to_line())
    assert Fate.of(values) == fate
    assert values["fate"] == ("kept" if fate.kept else "dropped")
    assert "\n" not in fate.to_line()


def test_tokens_are_none_until_there_is_a_tokenizer_then_counted_or_estimated() -> None:
    fate = Fate(index=0, entered=100, tokens=10)
    for key in STEP_KEYS:
        fate.leave(key, "x" * 40)
    funnel = funnel_of([fate])
    assert [row["tokens"] for row in funnel.record()["steps"]] == [None] * 8
    rows = funnel.record(bytes_per_token=2.0)["steps"]
    assert [(row["tokens"], row["exact"]) for row in rows] == [(20, False)] * 5 + [(10, True)] * 3


def test_reasons_come_with_the_commonest_first() -> None:
    fates = [Fate(index=n, entered=5).drop("crawl", rule) for n, rule in enumerate(["b", "a", "b"])]
    dropped = funnel_of(fates).record()["steps"][0]["dropped"]
    assert list(dropped.items()) == [
        ("b", {"documents": 2, "characters": 10}),
        ("a", {"documents": 1, "characters": 5}),
    ]


@given(st.text(st.characters()))
def test_byte_length_is_that_of_utf8(text: str) -> None:
    assert byte_length(text) == len(text.encode("utf-8", "surrogatepass"))


def test_damaged_fates_are_told_in_plain_words(tmp_path: Path) -> None:
    with pytest.raises(CheckpointError, match=r"no fates\.jsonl"):
        list(read_fates(tmp_path / "fates.jsonl"))
    (tmp_path / "fates.jsonl").write_text('{"index": 1}\n{"index"', encoding="utf-8")
    with pytest.raises(CheckpointError, match="is damaged"):
        list(read_fates(tmp_path / "fates.jsonl"))
