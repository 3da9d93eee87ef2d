"""Learning-rate schedules: the rate at a step, as a share of the peak. Pure: no torch."""

from __future__ import annotations

import math
from dataclasses import dataclass

from simulator.errors import ConfigError

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

    def rate(self, step: int) -> float:
        """The learning rate used by step ``step`` (from 0)."""
        if step < self.warmup:
            return self.peak * (step + 1) / self.warmup
        return self.peak * self._course(step)

    def _course(self, step: int) -> float:
        if self.name == "constant":
            return 1.0
        start = self.warmup if self.name == "cosine" else self.steps - self.decay
        length = max(self.steps - start, 1)
        done = min(max((step - start) / length, 0.0), 1.0)
        left = 0.5 * (1 + math.cos(math.pi * done)) if self.name == "cosine" else 1.0 - done
        return self.final_ratio + (1.0 - self.final_ratio) * left
