"""Time in scenes: what a scene is, moves between values, and steps with rests between. No Qt here."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

from widgets.scene.easing import Easing, cubic_in_out
from widgets.scene.shapes import Shape, hit_shapes

MOVE_SECONDS = 0.32
PAUSE_SECONDS = 0.25
_EPSILON = 1e-6


@dataclass(frozen=True, slots=True)
class Mark:
    """A place in time worth stopping at.

    Attributes:
        time: When everything has come to rest: where stepping stops, seconds.
        title: What there is to see, in a few words.
        start: When the move towards it begins, and its title is shown; by default at ``time``.
    """

    time: float
    title: str
    start: float | None = None

    @property
    def begins(self) -> float:
        """When its title is shown, seconds."""
        return self.time if self.start is None else self.start


@runtime_checkable
class Scene(Protocol):
    """A pure function of time. Sizes and points are in pixels at scale 1."""

    @property
    def duration(self) -> float:
        """Length in seconds; 0 for a still picture."""

    @property
    def marks(self) -> tuple[Mark, ...]:
        """Places to stop at, in order of time."""

    def frame(self, t: float, width: float, height: float) -> list[Shape]:
        """The shapes at a time, in order of painting."""

    def hit(self, t: float, x: float, y: float, width: float, height: float) -> str | None:
        """What lies under a point, or None."""


class PlainScene:
    """A base for scenes: no length, no marks, and a hit test by the shapes' keys."""

    duration: float = 0.0
    marks: tuple[Mark, ...] = ()

    def frame(self, t: float, width: float, height: float) -> list[Shape]:
        """Nothing to see."""
        return []

    def hit(self, t: float, x: float, y: float, width: float, height: float) -> str | None:
        """The key of the topmost shape under a point."""
        return hit_shapes(self.frame(t, width, height), x, y)


def clamp(value: float, low: float = 0.0, high: float = 1.0) -> float:
    """``value`` held between two bounds."""
    return low if value < low else high if value > high else value


def mix(a: float, b: float, share: float) -> float:
    """The value ``share`` of the way from a to b."""
    return a + (b - a) * share


def tween(t: float, start: float, length: float, a: float, b: float, easing: Easing = cubic_in_out) -> float:
    """A value that is ``a`` until ``start``, moves for ``length`` seconds, and is ``b`` from then on."""
    if length <= 0:
        return b if t >= start else a
    return a + (b - a) * easing(clamp((t - start) / length))


def mark_index(marks: tuple[Mark, ...], t: float) -> int:
    """The index of the mark whose title stands at ``t``; 0 before the first, -1 without marks."""
    return max(bisect_right([mark.begins for mark in marks], t + _EPSILON) - 1, min(0, len(marks) - 1))


@dataclass(frozen=True, slots=True)
class Step:
    """One step of a sequence: a move and the rest after it."""

    title: str
    start: float
    move: float

    @property
    def end(self) -> float:
        """When the move is over."""
        return self.start + self.move

    def progress(self, t: float, easing: Easing = cubic_in_out) -> float:
        """How far its move has come, eased, 0 to 1."""
        return tween(t, self.start, self.move, 0.0, 1.0, easing)

    def between(self, t: float, a: float, b: float) -> float:
        """The value on its way from ``a`` to ``b`` in this step."""
        return tween(t, self.start, self.move, a, b)

    def part(self, t: float, index: int, count: int, overlap: float = 0.5) -> float:
        """Eased progress of the ``index``-th of ``count`` things that move one after another in this step.

        Args:
            t: Time in seconds.
            index: Which of them.
            count: How many there are.
            overlap: 0: each waits for the one before; 1: all move together.
        """
        length = self.move / (1 + (count - 1) * (1 - overlap)) if count > 1 else self.move
        return tween(t, self.start + index * length * (1 - overlap), length, 0.0, 1.0)


class Sequence:
    """Builds the time plan of a scene: steps of a short move, each followed by a rest.

    ::

        plan = Sequence()
        split = plan.step("The batch is split")
        send = plan.step("Gradients travel", move=1.2)
        plan.marks, plan.duration        # for the scene
        split.between(t, 0, 200)         # in frame(t)
    """

    def __init__(self, opening: str = "", move: float = MOVE_SECONDS, pause: float = PAUSE_SECONDS) -> None:
        self.steps: list[Step] = []
        self.opening = opening
        self._move = move
        self._pause = pause
        self._end = pause if opening else 0.0

    def step(self, title: str, move: float | None = None, pause: float | None = None) -> Step:
        """Add a step; ``move`` and ``pause`` in seconds take the place of the usual ones."""
        step = Step(title, self._end, self._move if move is None else move)
        self.steps.append(step)
        self._end = step.end + (self._pause if pause is None else pause)
        return step

    @property
    def duration(self) -> float:
        """Length of all steps and rests, seconds."""
        return self._end

    @property
    def marks(self) -> tuple[Mark, ...]:
        """A mark for the opening, if it has a title, and one where each step has come to rest."""
        opening = (Mark(0.0, self.opening),) if self.opening else ()
        return opening + tuple(Mark(step.end, step.title, step.start) for step in self.steps)

    def index(self, t: float) -> int:
        """The index of the step that moves or rests at ``t``; -1 before the first."""
        return bisect_right([step.start for step in self.steps], t + _EPSILON) - 1
