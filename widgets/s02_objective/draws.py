"""Draws of what an objective hides in one text, by the rules that make the training batches. Pure numpy, no Qt."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from simulator.s02_objective.masking import NOISE_SHARE, choose_masked, choose_spans, span_plan

_BOUNDARY_ID = 0
_ROW = 128
_TRIES = 20


def draw(objective: str, length: int, seed: int) -> list[int]:
    """Positions that the objective hides in a text of ``length`` tokens whose first is the document's boundary.

    Masked and spans: every hidden position; prefix: the first position that is scored; infill: the middle.
    Nothing for causal, and nothing for a text that is too short.
    """
    generator = np.random.default_rng(seed)
    if length < 3:
        return []
    if objective == "masked":
        text = np.arange(length, dtype=np.int64)[None]
        return _positions(choose_masked(text, _BOUNDARY_ID, NOISE_SHARE, generator)[0])
    if objective == "spans":
        return _spans(length, generator)
    if objective == "prefix":
        return [int(generator.integers(1, length - 1, endpoint=True))]
    if objective == "infill":
        first, last = sorted(int(place) for place in generator.integers(1, length, 2))
        return list(range(first, last + 1))
    return []


def _spans(length: int, generator: np.random.Generator) -> list[int]:
    """Spans as they fall on a stretch of a training row: a short row of its own would always lose its end."""
    plan = span_plan(max(_ROW, 2 * length))
    for _ in range(_TRIES):
        row = choose_spans(1, plan, generator)[0]
        start = int(generator.integers(0, plan.length - length, endpoint=True))
        found = [place for place in _positions(row[start : start + length]) if place]
        if found and len(found) < length - 1:
            return found
    return [length // 2]


def toggled(objective: str, chosen: Sequence[int], place: int, length: int) -> list[int]:
    """What is hidden after a click on a token of the text.

    Masked and spans: the token is hidden, or shown again (never the last one hidden: then nothing would count).
    Prefix: the token is the first one scored. Infill: the nearer end of the middle moves there.
    """
    now = sorted(chosen)
    if not 1 <= place < length:
        return now
    if objective == "prefix":
        return [place]
    if objective == "infill":
        first, last = (now[0], now[-1]) if now else (place, place)
        ends = (place, last) if abs(place - first) <= abs(place - last) else (first, place)
        return list(range(min(ends), max(ends) + 1))
    if objective not in ("masked", "spans"):
        return now
    if place not in now:
        return sorted([*now, place])
    return [kept for kept in now if kept != place] if len(now) > 1 else now


def _positions(flags: Sequence[bool] | np.ndarray[tuple[int], np.dtype[np.bool_]]) -> list[int]:
    return [int(place) for place in np.flatnonzero(flags)]


class Hiding:
    """What the user had hidden in a text, by objective: places chosen one by one, or a draw."""

    def __init__(self) -> None:
        self._chosen: dict[str, list[int]] = {}
        self._seeds: dict[str, int] = {}
        self._draws = 0

    def forget(self) -> None:
        """Another text: nothing is chosen."""
        self._chosen.clear()
        self._seeds.clear()
        self._draws = 0

    def knows(self, objective: str) -> bool:
        """Whether the user chose or drew anything."""
        return objective in self._chosen or objective in self._seeds

    def arguments(self, objective: str) -> dict[str, object]:
        """What to add to the question to the engine."""
        if objective in self._chosen:
            return {"chosen": list(self._chosen[objective])}
        return {"seed": self._seeds[objective]} if objective in self._seeds else {}

    def begin(self, objective: str, length: int) -> None:
        """A first draw, where the engine's usual one says little: on a text alone its span always ends the text."""
        if objective == "spans" and not self.knows(objective):
            self._chosen[objective] = draw(objective, length, 0)

    def redraw(self, objective: str, length: int) -> None:
        """Draw anew. For masked the engine draws: it knows all tokens that can stand in for another."""
        if objective == "masked":
            self._draws += 1
            self._chosen.pop(objective, None)
            self._seeds[objective] = self._draws
            return
        before = self._chosen.get(objective)
        for _ in range(8):  # a short text has few draws: try for another than the last
            self._draws += 1
            found = draw(objective, length, self._draws)
            if found != before:
                break
        if found:
            self._chosen[objective] = found

    def toggle(self, objective: str, shown: Sequence[int], place: int, length: int) -> bool:
        """Take in a click on a token; ``shown`` is what is hidden now. Returns whether anything changed."""
        now = self._chosen.get(objective) or list(shown)
        found = toggled(objective, now, place, length)
        if found == now:
            return False
        self._chosen[objective] = found
        self._seeds.pop(objective, None)
        return True
