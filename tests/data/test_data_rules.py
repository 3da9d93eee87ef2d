"""The table of rules and the verdict: order, switches, limits, and measuring everything."""

from __future__ import annotations

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rule_documents import rule_documents

from simulator.s01_data.cleaning import clean_text
from simulator.s01_data.rules import FAMILY_SWITCHES, RULE, RULES
from simulator.s01_data.rules_config import RulesConfig

PUBLISHED = {
    "duplicate_paragraphs": 0.30, "duplicate_paragraph_characters": 0.20, "duplicate_lines": 0.30,
    "duplicate_line_characters": 0.20, "top_2_gram": 0.20, "top_3_gram": 0.18, "top_4_gram": 0.16,
    "duplicate_5_gram": 0.15, "duplicate_6_gram": 0.14, "duplicate_7_gram": 0.13, "duplicate_8_gram": 0.12,
    "duplicate_9_gram": 0.11, "duplicate_10_gram": 0.10, "min_words": 50, "max_words": 100_000,
    "min_mean_word_length": 3, "max_mean_word_length": 10, "max_hashes": 0.1, "max_ellipses": 0.1,
    "max_bullet_lines": 0.9, "max_ellipsis_lines": 0.3, "min_lettered_words": 0.8, "min_stop_words": 2,
    "max_word_length": 1000, "min_line_words": 3, "min_sentences": 5,
}  # fmt: skip
TEXTS = rule_documents(150, 7, longest=1500)


def test_the_published_limits() -> None:
    config = RulesConfig()
    assert {
        rule.name: rule.limit(config) for rule in RULES if hasattr(config, f"{rule.name}_limit")
    } == PUBLISHED


def test_every_rule_has_a_switch_words_and_a_source() -> None:
    names = {item.name for item in RulesConfig.settings()}
    assert len(RULE) == len(RULES) + 1
    for rule in RULES:
        assert rule.name in names
        assert rule.title
        assert "20" in rule.source or "c4_utils" in rule.source
        assert rule.measure is None or "A" in (getattr(rule.measure, "func", rule.measure).__doc__ or "")


def test_every_setting_belongs_to_a_rule() -> None:
    names = {rule.name for rule in RULES} | set(FAMILY_SWITCHES.values()) | {"marks_are_words"}
    assert {item.name.removesuffix("_limit") for item in RulesConfig.settings()} == names


def test_measuring_everything_changes_no_verdict() -> None:
    for end_mark in (False, True):
        config = RulesConfig(end_mark=end_mark)
        for text in TEXTS:
            short, full = clean_text(text, config), clean_text(text, config, every=True)
            assert (short.text, short.kept, short.rule) == (full.text, full.kept, full.rule)
            assert (short.value, short.threshold) == (full.value, full.threshold)


def test_everything_is_measured_and_the_verdict_is_its_first_failure() -> None:
    config = RulesConfig()
    for text in filter(str.strip, TEXTS):
        cleaned = clean_text(text, config, every=True)
        assert set(cleaned.measured) == {rule.name for rule in RULES} - {"bad_words"}
        judged = [rule for rule in RULES if rule.family != "c4"]
        failed = [rule.name for rule in judged if rule.fails(cleaned.measured[rule.name], rule.limit(config))]
        if failed:
            assert (cleaned.rule, cleaned.value) == (failed[0], cleaned.measured[failed[0]])
        elif cleaned.rule != "empty":
            sentences = cleaned.measured["min_sentences"]
            found = cleaned.measured["lorem_ipsum"] or cleaned.measured["curly_bracket"] or sentences < 5
            assert cleaned.kept == (not found)


@pytest.mark.parametrize("name", [rule.name for rule in RULES if rule.name != "bad_words"])
def test_a_rule_switched_off_decides_nothing(name: str) -> None:
    config = RulesConfig(**{name: False})
    for text in TEXTS[:60]:
        cleaned = clean_text(text, config)
        assert cleaned.rule != name
        assert name not in cleaned.cut


def test_with_all_families_off_everything_is_kept_as_it_is() -> None:
    config = RulesConfig(**dict.fromkeys(FAMILY_SWITCHES.values(), False))
    assert all(clean_text(text, config).text == text for text in TEXTS)
    assert all(clean_text(text, config).kept == bool(text.strip()) for text in TEXTS)


def test_a_lower_limit_lets_more_pass() -> None:
    strict, loose = (
        RulesConfig(c4=False),
        RulesConfig(c4=False, min_words_limit=5, min_lettered_words_limit=0.3),
    )
    kept = [clean_text(text, strict).kept for text in TEXTS]
    more = [clean_text(text, loose).kept for text in TEXTS]
    assert sum(more) > sum(kept)
    assert all(now or not before for before, now in zip(kept, more, strict=True))


def test_marks_count_as_words_unless_told_otherwise() -> None:
    text = "Yes, no, so, I, we, he, it, no. " * 2
    values = [
        clean_text(text, RulesConfig(marks_are_words=choice), every=True).measured["min_lettered_words"]
        for choice in ("auto", "yes", "no")
    ]
    assert values == [0.5, 0.5, 1.0]


@given(st.text(max_size=300))
@settings(max_examples=300, deadline=None)
def test_any_text_gets_a_verdict(text: str) -> None:
    cleaned = clean_text(text, RulesConfig(), every=True)
    assert cleaned.kept == (cleaned.rule == "")
    assert cleaned.kept or cleaned.text == text
    assert all(math.isfinite(value) for value in cleaned.measured.values())


@pytest.mark.parametrize(
    "text", ["\ud800 lone surrogate " * 30, "\x00" * 500, "\u2028" * 500, "a" * 300_000, "\n" * 100_000]
)
def test_hostile_texts_get_a_verdict(text: str) -> None:
    assert not clean_text(text, RulesConfig(), every=True).kept
