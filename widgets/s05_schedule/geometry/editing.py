"""A schedule being edited: what it is now, and every state that one can go back to. No Qt here."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from simulator.schedules.drawn import Points
from simulator.schedules.schedule import Schedule, usual

_MOST_STATES = 200
_APART = 1e-3


@dataclass(frozen=True)
class Draft:
    """One state of the editor.

    Attributes:
        schedule: The schedule.
        recipe: Key of the published recipe that it was loaded from, or "".
    """

    schedule: Schedule
    recipe: str = ""


class Editing:
    """Keeps states. What belongs to one move of the hand is one step back, however many events it had."""

    def __init__(self, draft: Draft) -> None:
        self._states = [draft]
        self._index = 0
        self._gesture = ""

    @property
    def draft(self) -> Draft:
        """The state now."""
        return self._states[self._index]

    @property
    def can_undo(self) -> bool:
        """Whether there is a state before this one."""
        return self._index > 0

    @property
    def can_redo(self) -> bool:
        """Whether a state was gone back from."""
        return self._index < len(self._states) - 1

    def change(self, draft: Draft, gesture: str = "") -> bool:
        """Take a new state.

        Args:
            draft: The state.
            gesture: What the hand is doing, such as ``drag:peak``; while it does the same, the state is replaced.

        Returns:
            Whether anything changed.
        """
        if draft == self.draft:
            return False
        if gesture and gesture == self._gesture and self.can_undo:
            self._states[self._index] = draft
            return True
        del self._states[self._index + 1 :]
        self._states.append(draft)
        if len(self._states) > _MOST_STATES:
            del self._states[0]
        self._index = len(self._states) - 1
        self._gesture = gesture
        return True

    def settle(self) -> None:
        """The move of the hand is over: the next one is a step of its own."""
        self._gesture = ""

    def undo(self) -> bool:
        """Go back one state; False at the first."""
        self._gesture = ""
        if not self.can_undo:
            return False
        self._index -= 1
        return True

    def redo(self) -> bool:
        """Go forward again; False at the last."""
        self._gesture = ""
        if not self.can_redo:
            return False
        self._index += 1
        return True


def stretched(schedule: Schedule, steps: int, peak: float) -> Schedule:
    """The same shape over another number of steps, with another peak."""
    share = steps / schedule.steps
    warmup = min(round(schedule.warmup * share), steps)
    hold = min(round(schedule.hold * share), steps - warmup)
    return schedule.replace(
        steps=steps,
        peak=peak,
        warmup=warmup,
        hold=hold,
        decay=min(round(schedule.decay * share), steps - warmup - hold),
        timescale=max(schedule.timescale * share, 1.0) if schedule.timescale else 0.0,
    )


def of_kind(kind: str, before: Schedule) -> Schedule:
    """Another kind with what it shares with the schedule before: peak, steps, and the warm-up where both have one.

    A drawn curve begins with the course of the schedule before.
    """
    found = usual(kind, before.peak, before.steps)
    if kind == "drawn":
        return found.replace(points=traced(before), warmup=0, final_ratio=0.0)
    if before.kind in ("drawn", "one-cycle") or kind == "one-cycle":
        return found
    room = found.steps - found.decay
    return found.replace(warmup=min(before.warmup, room))


def traced(schedule: Schedule, count: int = 7) -> Points:
    """Control points on a schedule: its start, the end of its warm-up, its end, and some evenly between."""
    steps = [
        0.0,
        *np.linspace(schedule.usual_warmup, schedule.end, count - 1).tolist(),
        float(schedule.steps),
    ]
    rates = schedule.rates(np.array(steps)) / (schedule.peak or 1.0)
    found: list[tuple[float, float]] = []
    for step, height in zip(steps, rates.tolist(), strict=True):
        share = round(step / schedule.steps, 6)
        if found and share - found[-1][0] < _APART:
            if share < 1 or len(found) == 1:
                continue
            found.pop()
        found.append((share, round(min(1.0, max(0.0, height)), 4)))
    return tuple(found)
