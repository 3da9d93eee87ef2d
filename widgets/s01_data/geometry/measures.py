"""What the rules measured on one document, each against its limit, as shapes. No Qt here."""

from __future__ import annotations

from dataclasses import dataclass

from simulator.s01_data.rules import RULE, RULES, Rule
from simulator.s01_data.rules_config import RulesConfig
from widgets.s01_data.geometry.documents import Document
from widgets.s01_data.geometry.findings import figure
from widgets.scene.shapes import Box, Shape, Text
from widgets.scene.timeline import PlainScene, clamp

_ROW = 21.0
_HEAD = 22.0
_VALUES = 96.0
_LIMIT_AT = 0.6
_EDGE = 10.0
FAMILIES = {"gopher": "Gopher", "gopher-repetition": "Gopher, repetition", "c4": "C4"}


@dataclass(frozen=True)
class Measure:
    """One rule on one document.

    Attributes:
        rule: The rule.
        value: What it measured.
        limit: What that is held against.
        failed: Whether the document breaks the rule.
    """

    rule: Rule
    value: float
    limit: float
    failed: bool


def measures_of(document: Document, config: RulesConfig) -> list[Measure]:
    """The rules that measured something on a document: what it breaks first, then as the rules come."""
    found = []
    for rule in RULES:
        value = document.measured.get(rule.name)
        if value is None:
            continue
        limit = rule.limit(config)
        failed = not rule.cuts and rule.applies(config) and rule.fails(value, limit)
        found.append(Measure(rule, value, limit, failed))
    found.sort(key=lambda measure: (measure.rule.name != document.rule, not measure.failed))
    return found


class MeasuresScene(PlainScene):
    """A bar a rule: how far the value is from its limit, which is one upright line for all.

    Args:
        measures: What to show.
        decided: Name of the rule that dropped the document, or "".
    """

    def __init__(self, measures: list[Measure], decided: str = "") -> None:
        self.measures = measures
        self.decided = decided

    @property
    def height(self) -> float:
        """The height that all rows need."""
        return _HEAD + _ROW * len(self.measures)

    def frame(self, t: float, width: float, height: float) -> list[Shape]:
        """The table; ``t`` plays no part."""
        width -= _EDGE
        names = clamp(width * 0.42, 90, 230)
        left, long = names + 8, width - names - 16 - _VALUES
        shapes: list[Shape] = [
            Text(4, 8, "Rule", colour="text_muted", role="small"),
            Text(left + long * _LIMIT_AT, 8, "limit", colour="text_muted", role="small", align="center"),
            Text(width, 8, "measured / limit", colour="text_muted", role="small", align="right"),
        ]
        for index, measure in enumerate(self.measures):
            shapes += self._row(measure, _HEAD + (index + 0.5) * _ROW, names, left, long, width)
        return shapes

    def _row(
        self, measure: Measure, middle: float, names: float, left: float, long: float, width: float
    ) -> list[Shape]:
        rule = measure.rule
        tone = "bad" if measure.failed else "text_muted" if rule.cuts else "good"
        shapes: list[Shape] = []
        if rule.name == self.decided:
            shapes.append(Box(0, middle - _ROW / 2, width + 6, _ROW, fill="bad@0.16", radius=5))
        ink = "bad" if measure.failed else "text"
        shapes += [
            Box(0, middle - _ROW / 2, width, _ROW, fill="", key=f"rule:{rule.name}"),
            Text(4, middle, rule.title, colour=ink, role="small", width=names),
            Box(left, middle - 3, long, 6, fill="line@0.6", radius=3),
            Box(left, middle - 3, max(1.0, long * bar_share(measure)), 6, fill=tone, radius=3),
        ]
        if not rule.cuts:
            shapes.append(Box(left + long * _LIMIT_AT - 1, middle - 6, 2, 12, fill="text", radius=1))
        words = figure(measure.value) if rule.cuts else f"{figure(measure.value)} / {figure(measure.limit)}"
        shapes.append(Text(width, middle, words, colour=ink, role="mono_small", align="right", width=_VALUES))
        return shapes


def bar_share(measure: Measure) -> float:
    """How long a bar is: the limit lies at one place for all, and what breaks a rule is always on the wrong side."""
    if measure.rule.cuts:
        return clamp(measure.value / 10)
    if measure.limit <= 0:
        return _LIMIT_AT if measure.value <= 0 else 1.0
    return clamp(measure.value / measure.limit * _LIMIT_AT)


def rule_words(measure: Measure) -> str:
    """A rule in a sentence, with its source, for a tool tip."""
    rule = measure.rule
    unit = "" if rule.unit in ("share", "found") else f" {rule.unit}"
    side = "at least" if rule.lowest else "at most"
    limit = "" if rule.cuts else f", {side} {figure(measure.limit)}{unit} wanted"
    return f"{rule.title}: {figure(measure.value)}{unit}{limit}.\n{FAMILIES[rule.family]} rule: {rule.source}"


def rule_title(name: str) -> str:
    """What is wrong with a document that a rule drops, in plain words; the key itself for an unknown rule."""
    found = RULE.get(name)
    return found.title if found is not None else REASONS.get(name, name.replace("_", " ").capitalize())


REASONS = {
    "unreadable": "Record cannot be read",
    "empty": "No text",
    "too_large": "Page too large",
    "too_long": "Text too long",
    "no_text": "No main text",
    "other_language": "Other language",
    "unsure_language": "Language unsure",
    "classifier": "Low quality score",
    "exact_duplicate": "Exact copy",
    "near_duplicate": "Near copy",
    "failed": "Could not be processed",
}
"""What drops a document beside the published rules."""
