"""Precision and recall of each step against the known truth of the toy crawl, as shapes. No Qt here."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from widgets.s01_data.geometry.findings import list_of, mapping_of, real, whole
from widgets.scene.shapes import Box, Shape, Text
from widgets.scene.timeline import PlainScene, clamp

_ROW = 21.0
_HEAD = 18.0
_MARK = 18.0
_NUMBER = 40.0
_GAP = 14.0
_LEAST_BAR = 24.0


@dataclass(frozen=True)
class Score:
    """How well one step did.

    Attributes:
        step: Key of the step.
        title: What is scored.
        precision: Of what it did, the share that was right; None when it did nothing.
        recall: Of what it should have done, the share that it did; None when there was nothing to do.
        target: What both should reach.
        counted: How many pages or places were counted.
        what: What one count is.
    """

    step: str
    title: str
    precision: float | None
    recall: float | None
    target: float
    counted: int
    what: str

    @property
    def good(self) -> bool:
        """Whether what was measured reaches the target."""
        measured = [value for value in (self.precision, self.recall) if value is not None]
        return bool(measured) and all(value >= self.target - 1e-9 for value in measured)


def scores_of(fields: Mapping[str, Any]) -> tuple[Score, ...]:
    """Read the record ``truth``; empty when there is none, as on files whose truth nobody knows."""
    found = []
    for item in list_of(mapping_of(fields).get("steps")):
        item = mapping_of(item)
        target = real(item.get("target"))
        if target is None or not item.get("title"):
            continue
        found.append(
            Score(
                str(item.get("step", "")), str(item["title"]), _share(item.get("precision")),
                _share(item.get("recall")), target, whole(item.get("counted")), str(item.get("what", "")),
            )
        )  # fmt: skip
    return tuple(found)


def _share(value: object) -> float | None:
    number = real(value)
    return number if number is not None and 0 <= number <= 1 else None


class TruthScene(PlainScene):
    """A row a score: the mark, what is scored, precision and recall as bars with the target as a tick.

    Args:
        scores: What to show.
    """

    def __init__(self, scores: tuple[Score, ...]) -> None:
        self.scores = scores

    def frame(self, t: float, width: float, height: float) -> list[Shape]:
        """The table; ``t`` plays no part."""
        row = min(_ROW + 9, max(15.0, (height - _HEAD) / max(1, len(self.scores))))
        names = clamp(width * 0.36, 84, 170)
        room = (width - _MARK - names - 2 * _GAP) / 2
        columns = (_MARK + names + _GAP, _MARK + names + 2 * _GAP + room)
        shapes: list[Shape] = [
            Text(x, 7, words, colour="text_muted", role="small", width=room)
            for x, words in zip(columns, ("Precision", "Recall"), strict=True)
        ]
        for index, score in enumerate(self.scores):
            middle = _HEAD + (index + 0.5) * row
            shapes += self._row(score, middle, names, columns, room, width, row)
        return shapes

    def _row(
        self, score: Score, middle: float, names: float, columns: tuple[float, float], room: float,
        width: float, row: float,
    ) -> list[Shape]:  # fmt: skip
        mark, tone = ("✓", "good") if score.good else ("!", "warning")
        key = f"step:{score.step}"
        shapes: list[Shape] = [
            Box(0, middle - row / 2, width, row, fill="", key=key),
            Text(5, middle, mark, colour=tone, role="section", align="center"),
            Text(_MARK, middle, score.title, role="small", width=names),
        ]
        for x, value in zip(columns, (score.precision, score.recall), strict=True):
            shapes += _bar(x, middle, room, value, score.target)
        return shapes


def _bar(x: float, middle: float, room: float, value: float | None, target: float) -> list[Shape]:
    """The number, and where there is room the bar with the target as a tick."""
    if value is None:
        return [Text(x, middle, "–", colour="text_muted", role="mono_small")]
    tone = "good" if value >= target - 1e-9 else "warning"
    shapes: list[Shape] = [Text(x, middle, score_words(value), colour=tone, role="mono_small", width=_NUMBER)]
    long = room - _NUMBER
    if long >= _LEAST_BAR:
        left = x + _NUMBER
        shapes += [
            Box(left, middle - 3, long, 6, fill="line@0.7", radius=3),
            Box(left, middle - 3, max(1.0, long * value), 6, fill=tone, radius=3),
            Box(left + long * target - 1, middle - 6, 2, 12, fill="text", radius=1),
        ]
    return shapes


def score_words(value: float) -> str:
    """A share with three decimals, never rounded up to 1."""
    return "1.000" if value == 1 else f"{min(value, 0.9994):.3f}" if value < 0.9995 else "0.999"
