"""The measures against the truth: small cases worked out by hand."""

from __future__ import annotations

from typing import Any

import pytest

from simulator.s01_data.fates import Fate
from simulator.s01_data.truth import TruthMeasure, pii_counts, truth_of
from simulator.world.crawl import PageTruth, PiiTruth

STEPS = ("crawl", "extract", "language", "quality", "dedup", "pii", "tokenize", "pack")


def fate(
    index: int, kind: str = "article", *, passed: int = 8, rule: str = "", text: str = "", **truth: Any
) -> Fate:
    """A page that passed some steps; without a rule for the next one it was kept."""
    made = Fate(index=index, sizes=dict.fromkeys(STEPS[:passed], (1, 1)))
    made.truth = {
        "kind": kind, "language": "en", "wanted": kind == "article", "duplicate_of": -1, "near_duplicate_of": -1,
        "main": [90, 100, 95], "pii": {"found": 0, "true": 0, "right": 0}, "text": text or str(index), **truth,
    }  # fmt: skip
    return made.drop(STEPS[passed], rule) if passed < 8 else made


def measures(*fates: Fate, language: str = "en") -> dict[str, tuple[Any, Any, int]]:
    measure = TruthMeasure(language)
    for one in fates:
        measure.take(one)
    return {
        item["title"]: (item["precision"], item["recall"], item["counted"])
        for item in measure.record()["steps"]
    }


def test_words_are_compared_by_characters_whatever_their_order() -> None:
    truth = PageTruth("article", "en", "the quick brown fox", pii=(PiiTruth("email", "a@b.example"),))
    found = truth_of(truth, "fox the\n\nbrown MENU the")
    assert found["main"] == [len("foxthebrown"), len("foxthebrownMENUthe"), len("thequickbrownfox")]
    assert found["pii"] == [["email", "a@b.example"]]


def test_personal_data_counts_with_kind_and_wording_where_the_text_still_has_it() -> None:
    planted = [
        ["email", "a@b.example"],
        ["phone", "555-0100"],
        ["card", "4111"],
        ["email", "cut@away.example"],
    ]
    text = "a@b.example or 555-0100 or a@b.example; card 4111"
    found = [("email", "a@b.example"), ("phone", "555-01"), ("phone", "4111")]
    counts = pii_counts(planted, found, text, ("email", "phone"))
    assert counts == {"found": 3, "true": 3, "right": 1}


def test_extraction_is_measured_by_characters() -> None:
    found = measures(fate(0), fate(1, main=[10, 20, 10]), fate(2, "list", main=[0, 5, 0]))
    assert found["Boilerplate removed"] == (pytest.approx(100 / 120), pytest.approx(100 / 105), 2)


def test_language_counts_pages_of_prose_alone() -> None:
    found = measures(
        fate(0),
        fate(1, passed=2, rule="other_language"),
        fate(2, "foreign", language="de", passed=2, rule="other_language"),
        fate(3, "foreign", language="nl", passed=3, rule="min_words"),
        fate(4, "placeholder", passed=2, rule="other_language"),
        fate(5, "short", main=[5, 5, 5], passed=2, rule="other_language"),
    )
    assert found["Language"] == (0.5, 0.5, 4)
    assert measures(fate(0, "foreign", language="de"), language="any")["Language"] == (1.0, 1.0, 1)


def test_quality_counts_pages_in_the_language_that_reached_it() -> None:
    found = measures(
        fate(0),
        fate(1, passed=3, rule="min_words"),
        fate(2, "spam", passed=3, rule="classifier"),
        fate(3, "spam"),
        fate(4, "list", passed=3, rule="max_bullet_lines"),
        fate(5, "near-duplicate", near_duplicate_of=0, passed=4, rule="near_duplicate"),
        fate(6, "spam", language="de"),
    )
    assert found["Spam and scraps dropped"] == (pytest.approx(2 / 3), pytest.approx(2 / 3), 6)


def test_copies_are_exact_word_for_word_and_near_otherwise() -> None:
    copy = {"duplicate_of": 0, "text": "0"}
    edited = {"near_duplicate_of": 0}

    def dropped(one: Fate, of: int) -> Fate:
        one.duplicate_of = of
        return one

    found = measures(
        fate(0),
        dropped(fate(1, "exact-duplicate", passed=4, rule="exact_duplicate", **copy), 0),
        fate(2, "exact-duplicate", **copy),  # missed
        dropped(fate(3, "near-duplicate", passed=4, rule="near_duplicate", **edited), 0),
        fate(4, "near-duplicate", **edited),  # missed
        fate(5),
        dropped(fate(6, passed=4, rule="near_duplicate"), 5),  # an article of its own
        fate(7, "near-duplicate", near_duplicate_of=8, passed=4, rule=""),
        dropped(fate(9, "exact-duplicate", passed=4, rule="near_duplicate", duplicate_of=0, text="menu"), 0),
    )
    assert found["Exact duplicates"] == (1.0, 0.5, 9)
    assert found["Near duplicates"] == (pytest.approx(2 / 3), pytest.approx(2 / 3), 7)


def test_an_exact_drop_that_repeats_nothing_costs_precision() -> None:
    wrong = fate(1, passed=4, rule="exact_duplicate")
    wrong.duplicate_of = 0
    assert measures(fate(0), wrong)["Exact duplicates"] == (0.0, None, 2)


def test_the_whole_counts_one_copy_of_each_article() -> None:
    found = measures(
        fate(0, passed=3, rule="min_words"),
        fate(1, "exact-duplicate", duplicate_of=0),
        fate(2, "exact-duplicate", duplicate_of=0),
        fate(3, passed=3, rule="min_words"),
        fate(4, "spam"),
    )
    assert found["All steps together"] == (pytest.approx(1 / 3), 0.5, 5)


def test_without_truth_nothing_is_counted() -> None:
    found = measures(Fate(index=0), Fate(index=-1).drop("crawl", "unreadable"))
    assert all(value == (None, None, 0) for value in found.values())
