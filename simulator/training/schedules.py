"""The schedule of a training run: one of three kinds of :mod:`simulator.schedules`, moving from step 0 on. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from simulator.errors import ConfigError
from simulator.schedules import schedule as all_kinds

NAMES = ("cosine", "wsd", "constant")


@dataclass(frozen=True, kw_only=True)
class Schedule:
    """A warm-up from 0 to the peak, then a course to the final rate.

    Attributes:
        name: ``cosine`` (Loshchilov & Hutter 2017, one half period), ``wsd`` (warm-up, stable, linear decay:
            Hu et al. 2024, Hägele et al. 2024) or ``constant``.
        peak: Highest rate.
        steps: Steps of the run; after them the rate stays at its final value.
        warmup: Steps of the linear warm-up; step 0 already moves.
        decay: Steps of the final decay (wsd only).
        final_ratio: Rate at the end over the peak.
    """

    name: str
    peak: float
    steps: int
    warmup: int = 0
    decay: int = 0
    final_ratio: float = 0.0

    def __post_init__(self) -> None:
        if self.name not in NAMES:
            raise ConfigError(
                "schedule", f"There is no schedule '{self.name}'.", hint=f"Choose one of: {', '.join(NAMES)}."
            )

    @cached_property
    def course(self) -> all_kinds.Schedule:
        """The same as one of all kinds."""
        return all_kinds.Schedule(
            kind=self.name, peak=self.peak, steps=self.steps, warmup=self.warmup, decay=self.decay,
            final_ratio=self.final_ratio, eager=True,
        )  # fmt: skip

    def rate(self, step: int) -> float:
        """The learning rate used by step ``step`` (from 0)."""
        return self.course.rate(step)
