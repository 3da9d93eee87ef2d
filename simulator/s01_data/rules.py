"""The published filter rules in the order in which they are applied: repetition, quality, C4, as FineWeb did."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Literal

from simulator.s01_data import gopher, repetition
from simulator.s01_data.rules_config import RulesConfig
from simulator.s01_data.text_stats import TextStats

Family = Literal["gopher", "gopher-repetition", "c4"]
Measure = Callable[[TextStats], float]

FAMILY_SWITCHES: dict[Family, str] = {
    "gopher-repetition": "gopher_repetition",
    "gopher": "gopher",
    "c4": "c4",
}
"""The setting that switches a whole family, in the order in which the families are applied."""

_TABLE_A1 = "Rae et al. 2021 (Gopher), table A1"
_APPENDIX = "Rae et al. 2021 (Gopher), appendix A.1.1"
_SECTION_2_2 = "Raffel et al. 2020 (C4), section 2.2"
_C4_CODE = "C4's code, c4_utils.py"


@dataclass(frozen=True, kw_only=True)
class Rule:
    """One published rule.

    Attributes:
        name: Key in records and name of its switch; its limit is the setting ``name_limit``.
        family: Whose rule it is.
        title: What is wrong with a document that fails it, in plain words.
        source: Paper and section.
        unit: Of the value and the limit: "words", "share", "lines" ...
        cuts: It cuts or changes lines and drops no page.
        lowest: The limit is the lowest value that passes, else the highest.
        measure: Measures a document; None for the rules that read line by line.
    """

    name: str
    family: Family
    title: str
    source: str
    unit: str
    cuts: bool = False
    lowest: bool = False
    measure: Measure | None = None

    def limit(self, config: RulesConfig) -> float:
        """The limit set for this rule; 0 for a rule without one."""
        return float(getattr(config, f"{self.name}_limit", 0.0))

    def reading(self, config: RulesConfig) -> Measure | None:
        """How the rule measures a document under these settings; None for the rules that read line by line."""
        if self.measure is gopher.lettered_tokens and not config.counts_marks:
            return gopher.lettered_words
        return self.measure

    def applies(self, config: RulesConfig) -> bool:
        """Whether the rule and its family are switched on."""
        return bool(getattr(config, self.name, True)) and bool(getattr(config, FAMILY_SWITCHES[self.family]))

    def fails(self, value: float, limit: float) -> bool:
        """Whether a document with this value is dropped."""
        return value < limit if self.lowest else value > limit


def _repetition(name: str, title: str, measure: Measure) -> Rule:
    return Rule(
        name=name, family="gopher-repetition", title=title, source=_TABLE_A1, unit="share", measure=measure
    )


def _quality(name: str, title: str, unit: str, measure: Measure, lowest: bool = False) -> Rule:
    return Rule(
        name=name, family="gopher", title=title, source=_APPENDIX, unit=unit, lowest=lowest, measure=measure
    )


def _c4(name: str, title: str, source: str, unit: str, cuts: bool = False, lowest: bool = False) -> Rule:
    return Rule(name=name, family="c4", title=title, source=source, unit=unit, cuts=cuts, lowest=lowest)


EMPTY = Rule(
    name="empty",
    family="gopher",
    title="No text",
    source="nothing to learn from",
    unit="characters",
    lowest=True,
)
"""A document without text is always dropped."""

RULES: tuple[Rule, ...] = (
    _repetition("duplicate_paragraphs", "Repeats paragraphs", repetition.duplicate_paragraphs),
    _repetition(
        "duplicate_paragraph_characters",
        "Much text in repeated paragraphs",
        repetition.duplicate_paragraph_characters,
    ),
    _repetition("duplicate_lines", "Repeats lines", repetition.duplicate_lines),
    _repetition(
        "duplicate_line_characters", "Much text in repeated lines", repetition.duplicate_line_characters
    ),
    *(
        _repetition(f"top_{n}_gram", f"The same {n} words over and over", partial(repetition.top_ngram, n=n))
        for n in (2, 3, 4)
    ),
    *(
        _repetition(
            f"duplicate_{n}_gram", f"Repeats runs of {n} words", partial(repetition.duplicate_ngram, n=n)
        )
        for n in range(5, 11)
    ),
    _quality("min_words", "Too short", "words", gopher.words, lowest=True),
    _quality("max_words", "Too long", "words", gopher.words),
    _quality("min_mean_word_length", "Words too short", "characters", gopher.mean_word_length, lowest=True),
    _quality("max_mean_word_length", "Words too long", "characters", gopher.mean_word_length),
    _quality("max_hashes", "Too many hash signs", "a word", gopher.hashes),
    _quality("max_ellipses", "Too many ellipses", "a word", gopher.ellipses),
    _quality("max_bullet_lines", "A list of bullet points", "share", gopher.bullet_lines),
    _quality("max_ellipsis_lines", "Too many cut-off lines", "share", gopher.ellipsis_lines),
    _quality(
        "min_lettered_words", "Too few words with letters", "share", gopher.lettered_tokens, lowest=True
    ),
    _quality("min_stop_words", "Too few common words", "words", gopher.stop_words, lowest=True),
    _c4("max_word_length", "Line with an endless word", _C4_CODE, "lines", cuts=True),
    _c4("citations", "Line with citation marks", _C4_CODE, "lines", cuts=True),
    _c4("end_mark", "Line without an end mark", _SECTION_2_2, "lines", cuts=True),
    _c4("min_line_words", "Line with few words", _SECTION_2_2, "lines", cuts=True),
    _c4("lorem_ipsum", "Holds printers' filler", _SECTION_2_2, "found"),
    _c4("javascript", "Line about Javascript", _SECTION_2_2, "lines", cuts=True),
    _c4("curly_bracket", "Holds a curly bracket", _SECTION_2_2, "found"),
    _c4("policy", "Line about policies or cookies", _C4_CODE, "lines", cuts=True),
    _c4("min_sentences", "Too few sentences", _SECTION_2_2, "sentences", lowest=True),
    _c4("bad_words", "Holds a word of your list", _SECTION_2_2, "found"),
)
"""Every rule, in the order in which they decide."""

RULE: dict[str, Rule] = {rule.name: rule for rule in (EMPTY, *RULES)}
"""Rules by name."""
