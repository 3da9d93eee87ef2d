"""The filters of stage 1 on one document: which rule drops it, and what is left of its lines.

The order is FineWeb's (Penedo et al. 2024, section 3): the repetition rules and the quality rules of Gopher judge the
whole text, then the line rules of C4 change it and its page rules judge what is left.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache

from simulator.s01_data.bad_words import BadWords, load_bad_words
from simulator.s01_data.c4 import (
    CleanedLines,
    LineLimits,
    clean_lines,
    has_curly_bracket,
    has_lorem_ipsum,
    lines_by_rule,
)
from simulator.s01_data.rules import RULES, Measure, Rule
from simulator.s01_data.rules_config import RulesConfig
from simulator.s01_data.text_stats import TextStats


@dataclass(frozen=True, slots=True)
class Cleaned:
    """The verdict of the filters on one document.

    Attributes:
        text: What is left of it: without the lines that C4's rules cut. A dropped document's text is as it came in.
        kept: No rule dropped it.
        rule: The first rule that did, or "".
        value: What that rule measured.
        threshold: The limit it was held against.
        measured: What every rule measured; empty unless asked for. For a line rule, the lines that it cut.
        cut: Lines that each line rule cut or changed.
    """

    text: str
    kept: bool
    rule: str = ""
    value: float = 0.0
    threshold: float = 0.0
    measured: Mapping[str, float] = field(default_factory=dict)
    cut: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class _Plan:
    """What a config asks for, looked up once."""

    document_rules: tuple[tuple[Rule, Measure, float], ...]
    lines: LineLimits
    c4: bool
    bad_words: BadWords | None


def clean_text(text: str, config: RulesConfig, every: bool = False) -> Cleaned:
    """Apply the filters to one document; the first rule that it fails decides.

    Args:
        text: The document, any text at all.
        config: Switches and limits.
        every: Measure every rule, switched on or not, for showing; the verdict is the same.

    Raises:
        InputError: if the list of bad words cannot be read.
    """
    plan = _plan(config)
    stats = TextStats(text)
    rule, value, threshold = _document_verdict(stats, plan)
    lines = CleanedLines(text=text)
    if plan.c4 and (every or not rule):
        lines = clean_lines(text, plan.lines, every)
        if not rule:
            rule, value, threshold = _page_verdict(lines, plan)
    measured = _measure(stats, lines, plan, config) if every else {}
    kept = not rule
    return Cleaned(lines.text if kept else text, kept, rule, value, threshold, measured, lines.cut)


@lru_cache(maxsize=8)
def _plan(config: RulesConfig) -> _Plan:
    on = {rule.name for rule in RULES if rule.applies(config)}
    return _Plan(
        tuple(
            (rule, measure, rule.limit(config))
            for rule in RULES
            if rule.name in on and (measure := rule.reading(config))
        ),
        LineLimits(
            min_words=config.min_line_words_limit if "min_line_words" in on else 0,
            max_word_length=config.max_word_length_limit if "max_word_length" in on else 0,
            min_sentences=config.min_sentences_limit if "min_sentences" in on else 0,
            **{name: name in on for name in ("citations", "end_mark", "javascript", "policy")},
            **{name: name in on for name in ("lorem_ipsum", "curly_bracket")},
        ),
        config.c4,
        load_bad_words(config.bad_words) if "bad_words" in on else None,
    )


def _document_verdict(stats: TextStats, plan: _Plan) -> tuple[str, float, float]:
    if not stats.text or stats.text.isspace():
        return "empty", 0.0, 1.0
    for rule, measure, limit in plan.document_rules:
        value = measure(stats)
        if rule.fails(value, limit):
            return rule.name, value, limit
    return "", 0.0, 0.0


def _page_verdict(lines: CleanedLines, plan: _Plan) -> tuple[str, float, float]:
    if lines.failed == "min_sentences":
        return lines.failed, lines.sentences, plan.lines.min_sentences
    if lines.failed:
        return lines.failed, 1.0, 0.0
    if not lines.text:
        return "empty", 0.0, 1.0
    if plan.bad_words:
        found = plan.bad_words.count(lines.text)
        if found:
            return "bad_words", found, 0.0
    return "", 0.0, 0.0


def _measure(stats: TextStats, lines: CleanedLines, plan: _Plan, config: RulesConfig) -> dict[str, float]:
    """What every rule says of the document; the page rules of C4 on what its line rules leave."""
    if not plan.c4:
        lines = clean_lines(stats.text, plan.lines, every=True)
    measured: dict[str, float] = {}
    if stats.text:
        measured = {rule.name: measure(stats) for rule in RULES if (measure := rule.reading(config))}
    measured |= {
        name: float(count)
        for name, count in lines_by_rule(
            stats.text, config.min_line_words_limit, config.max_word_length_limit
        ).items()
    }
    measured["lorem_ipsum"] = float(has_lorem_ipsum(lines.text.lower()))
    measured["curly_bracket"] = float(has_curly_bracket(lines.text))
    measured["min_sentences"] = float(lines.sentences)
    if plan.bad_words:
        measured["bad_words"] = float(plan.bad_words.count(lines.text))
    return measured
