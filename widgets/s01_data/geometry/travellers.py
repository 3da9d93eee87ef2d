"""Documents on their way through the funnel. No Qt here.

Document ``k`` sets out when the flow clock shows ``k / PER_STEP``. Where it stands in the stream is fixed by its
number alone, and so is its fate: the parts of each bar are those of the funnel, and what lies in a dropped part leaves
with it. So any time can be drawn without the ones before.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

from widgets.s01_data.geometry.findings import Funnel, FunnelStep

PER_STEP = 8
"""Documents that set out while the front goes from one bar to the next."""

TAIL_STEPS = 0.8
"""How long a document is to be seen past the last bar, in steps."""

_CYCLE = 32
_GOLDEN = (math.sqrt(5) - 1) / 2
_FALL = 1.25


@dataclass(frozen=True)
class Traveller:
    """One document on its way.

    Attributes:
        number: Which of the cycle it is.
        step: Index of the step that it left last.
        share: How far it is on its way, 0 to 1.
        place: Where it stands in the bar it left, 0 at the top to 1.
        reason: Why it leaves, "" while it stays.
    """

    number: int
    step: int
    share: float
    place: float
    reason: str


def travellers(funnel: Funnel, now: float) -> list[Traveller]:
    """Every document on its way when the flow clock shows ``now``."""
    first = math.ceil((now - len(funnel.steps) - TAIL_STEPS) * PER_STEP)
    found: list[Traveller] = []
    for number in range(max(first, 0), math.floor(now * PER_STEP) + 1):
        found += _one(funnel, number % _CYCLE, now - number / PER_STEP)
    return found


def _one(funnel: Funnel, number: int, age: float) -> Iterator[Traveller]:
    """Where document ``number`` of the cycle is, ``age`` steps after it set out; nothing once it is gone."""
    place = ((number + 0.5) * _GOLDEN) % 1.0
    last = len(funnel.steps) - 1
    for index, step in enumerate(funnel.steps):
        late = age - index
        if step.amount <= 0:  # the run has not come that far
            return
        if place >= step.share_kept:
            if late < _FALL:
                yield Traveller(number, index, late / _FALL, place, _reason_at(step, place))
            return
        if late < (1.0 if index < last else TAIL_STEPS):
            yield Traveller(number, index, late, place, "")
            return
        place = min(place / step.share_kept, 1.0 - 1e-9)


def _reason_at(step: FunnelStep, place: float) -> str:
    """Whose part of the bar a place is in; the parts lie in the order of the reasons, under what is kept."""
    edge = step.passed
    for drop in step.drops:
        edge += drop.amount
        if place * step.amount < edge:
            return drop.reason
    return step.drops[-1].reason
