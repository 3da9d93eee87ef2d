"""A learning-rate schedule: the rate at a step, and of many steps at once."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt

from simulator.errors import ConfigError
from simulator.schedules.courses import COURSES
from simulator.schedules.drawn import Points, check_points
from simulator.schedules.kinds import KINDS, NAMES, SHAPES

Array = npt.NDArray[np.float64]

USUAL_TIMESCALE = 10_000
"""Timescale of ``inverse-sqrt`` without a warm-up, as in transformers."""
USUAL_RISE = 0.3
"""Share of the steps that ``one-cycle`` climbs when no warm-up is given, as in torch."""
_LONGEST = 10**12
_WHOLE = ("one-cycle", "drawn")  # kinds whose course is the whole curve, warm-up included


@dataclass(frozen=True, kw_only=True)
class Schedule:
    """A warm-up from 0 to the peak, then the course of its kind. After the last step the rate stays where it is.

    ``final_ratio`` is where ``linear``, ``cosine``, ``cosine-restarts``, ``wsd``, ``one-cycle`` and ``polynomial`` end,
    the floor of ``inverse-sqrt``, and what ``step`` and ``exponential`` reach where no ``gamma`` is given.

    Attributes:
        kind: One of ``kinds.NAMES``.
        peak: Highest rate.
        steps: Steps of the run.
        warmup: Steps of the linear warm-up; for ``one-cycle``, of its climb (0 for 30 % of the steps).
        final_ratio: Rate at the end over the peak.
        hold: Steps at the end that stay at the final rate: the course ends so much earlier.
        eager: Step 0 of the warm-up already moves: ``(step + 1) / warmup``, as in nanochat; else ``step / warmup``, as
            in transformers.
        decay: Steps of the final fall (``wsd``).
        shape: How that goes: ``linear``, ``cosine`` or ``1-sqrt`` (``wsd``); ``linear`` or ``cosine`` (``one-cycle``).
        cycles: Number of half waves (``cosine-restarts``).
        growth: Length of each over that of the one before (``cosine-restarts``).
        timescale: Steps after which the fall shows (``inverse-sqrt``); 0 for the warm-up's, or 10,000 without one.
        milestones: Shares of the run at which the rate drops (``step``).
        gamma: Factor of a drop (``step``), or of every step (``exponential``); 0 to end at ``final_ratio``.
        start_ratio: First rate over the peak (``one-cycle``); 1/25 in torch.
        power: Exponent (``polynomial``); 1 in torch and transformers.
        points: Control points (``drawn``).
    """

    kind: str
    peak: float
    steps: int
    warmup: int = 0
    final_ratio: float = 0.0
    hold: int = 0
    eager: bool = False
    decay: int = 0
    shape: str = "linear"
    cycles: int = 4
    growth: float = 1.0
    timescale: float = 0.0
    milestones: tuple[float, ...] = (0.8, 0.9)
    gamma: float = 0.0
    start_ratio: float = 0.04
    power: float = 1.0
    points: Points = ((0.0, 0.0), (0.1, 1.0), (1.0, 0.0))

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise ConfigError(
                "schedule", f"There is no schedule '{self.kind}'.", hint=f"Choose one of: {', '.join(NAMES)}."
            )
        for name, low, high in _RANGES:
            value = getattr(self, name)
            if not (math.isfinite(value) and low <= value <= high):
                raise ConfigError(name, f"{_words(name)} {value:g} is out of range.",
                                  hint=f"Use {low:g} to {high:g}.")  # fmt: skip
        self._check_kind()

    def _check_kind(self) -> None:
        known = SHAPES[:2] if self.kind == "one-cycle" else SHAPES
        if self.kind in ("wsd", "one-cycle") and self.shape not in known:
            raise ConfigError("shape", f"There is no shape '{self.shape}' here.",
                              hint=f"Choose one of: {', '.join(known)}.")  # fmt: skip
        if self.kind in ("step", "exponential") and not self.gamma and not self.final_ratio:
            raise ConfigError(
                "final_ratio", f"The kind '{self.kind}' never reaches 0: it only ever loses a share.",
                hint="Give a final ratio above 0, or gamma.",
            )  # fmt: skip
        if self.kind == "step":
            marks = self.milestones
            rising = all(a < b for a, b in pairwise(marks))
            if not marks or not rising or not all(0 < mark <= 1 for mark in marks):
                raise ConfigError("milestones", "The drops are not in order, or not within the run.",
                                  hint="Give shares of the run from left to right, such as 0.8,0.9.")  # fmt: skip
        if self.kind == "drawn":
            check_points(self.points)

    @property
    def end(self) -> int:
        """The step at which the course has ended."""
        return self.steps - self.hold

    @property
    def course_steps(self) -> int:
        """Steps between the warm-up and the end of the course."""
        return self.end - self.warmup

    @property
    def usual_warmup(self) -> float:
        """Steps of the climb: those given, or, for ``one-cycle``, 30 % of all."""
        return self.warmup or (USUAL_RISE * self.end if self.kind == "one-cycle" else 0)

    @property
    def usual_timescale(self) -> float:
        """The timescale given, or the warm-up's, or 10,000."""
        return self.timescale or self.warmup or USUAL_TIMESCALE

    @property
    def usual_gamma(self) -> float:
        """The factor of a drop: the one given, or the one that ends at the final ratio."""
        return self.gamma or self.final_ratio ** (1 / len(self.milestones))

    def rate(self, step: float) -> float:
        """The learning rate that step ``step`` (from 0) uses."""
        return float(self.rates(np.array([step], np.float64))[0])

    def rates(self, steps: npt.ArrayLike) -> Array:
        """The learning rates of many steps, in their shape."""
        now = np.minimum(np.asarray(steps, np.float64), self.steps)
        course = self.peak * COURSES[self.kind](self, now)
        if self.kind in _WHOLE or not self.warmup:
            return course
        return np.where(now < self.warmup, self.peak * (now + self.eager) / self.warmup, course)

    def curve(self, most: int = 2000) -> tuple[Array, Array]:
        """Steps and rates of the whole run, at most about ``most`` of them, for drawing: shapes (n,)."""
        every = np.unique(np.round(np.linspace(0, self.steps, min(self.steps + 1, most))))
        return every, self.rates(every)

    def slopes(self, steps: npt.ArrayLike) -> Array:
        """How much the rate changes a step, in their shape: by central differences of half a step to each side."""
        now = np.asarray(steps, np.float64)
        left, right = np.maximum(now - 0.5, 0), np.minimum(now + 0.5, self.steps)
        width = np.maximum(right - left, 1e-12)
        return np.where(right > left, (self.rates(right) - self.rates(left)) / width, 0.0)

    def replace(self, **changes: Any) -> Schedule:
        """A copy with some numbers changed, checked again."""
        return replace(self, **changes)


def _words(name: str) -> str:
    return name.replace("_", " ").capitalize()


_RANGES: tuple[tuple[str, float, float], ...] = (
    ("peak", 0, 1e6), ("steps", 1, _LONGEST), ("warmup", 0, _LONGEST), ("final_ratio", 0, 1), ("hold", 0, _LONGEST),
    ("decay", 0, _LONGEST), ("cycles", 1, 1000), ("growth", 0.01, 100), ("timescale", 0, _LONGEST), ("gamma", 0, 1),
    ("start_ratio", 0, 1), ("power", 0.01, 100),
)  # fmt: skip


def usual(kind: str, peak: float, steps: int) -> Schedule:
    """The kind as one would use it: with a short warm-up and numbers that show what it is about."""
    values: dict[str, Any] = {"warmup": max(1, round(0.05 * steps)), "final_ratio": 0.1}
    if kind == "wsd":
        values |= {"final_ratio": 0.0, "decay": round(0.2 * steps)}
    elif kind == "inverse-sqrt":
        values |= {"final_ratio": 0.0}
    elif kind == "one-cycle":
        values = {"warmup": round(USUAL_RISE * steps), "final_ratio": 4e-6, "shape": "cosine"}
    elif kind == "polynomial":
        values |= {"power": 2.0}
    return Schedule(kind=kind, peak=peak, steps=steps, **values)
