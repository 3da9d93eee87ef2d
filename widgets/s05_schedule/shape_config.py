"""The two numbers of a schedule that no handle sets freely."""

from __future__ import annotations

from dataclasses import dataclass

from simulator.config import Config, setting
from widgets.s05_schedule.sketch import HIGHEST_PEAK, LOWEST_PEAK, MOST_STEPS, PEAK, STEPS


@dataclass(frozen=True, kw_only=True)
class ShapeConfig(Config):
    """Peak and length of the schedule that is edited."""

    peak: float = setting(
        PEAK, "The highest learning rate. The toy model likes about 4e-3 with AdamW.", label="Peak",
        low=LOWEST_PEAK, high=HIGHEST_PEAK, log=True,
    )  # fmt: skip
    steps: int = setting(
        STEPS, "Optimizer steps of the run; the shape is stretched with it.", label="Steps", low=10,
        high=MOST_STEPS, log=True,
    )  # fmt: skip
