"""The calculator behind ``calc lr``: the rates of a schedule at chosen steps."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

from simulator.config import Config, setting
from simulator.errors import ConfigError
from simulator.schedules.drawn import parse_points
from simulator.schedules.kinds import KINDS, NAMES, SHAPES
from simulator.schedules.recipes import find_recipe, recipes
from simulator.schedules.schedule import Schedule
from simulator.schedules.text import format_schedule

_MOST_STEPS = 10**12
_MOST_ASKED = 1_000_000
_OWN = "own"


@dataclass(frozen=True, kw_only=True)
class RatesConfig(Config):
    """A schedule, and the steps at which its rate is asked for."""

    preset: str = setting(
        _OWN, "The schedule of a published model, or 'own' for the numbers given.", group="Schedule"
    )
    schedule: str = setting("cosine", "Kind of the schedule.", choices=NAMES, group="Schedule")
    peak: float = setting(3e-4, "Highest rate.", low=0.0, high=1e6, group="Schedule", log=True)
    steps: int = setting(1000, "Steps of the run.", low=1, high=_MOST_STEPS, unit="steps", group="Schedule")
    warmup: int = setting(
        0, "Steps of the warm-up.", label="Warm-up", low=0, high=_MOST_STEPS, unit="steps", group="Schedule"
    )
    final_ratio: float = setting(
        0.1, "Rate at the end, as a share of the peak.", low=0.0, high=1.0, group="Schedule"
    )
    at: str = setting(
        "",
        "Steps to tell the rate of, such as 0,10,100; some of the run's if none is given.",
        group="Schedule",
    )
    eager: bool = setting(
        False,
        "Step 0 of the warm-up already moves; otherwise its rate is 0, as in transformers.",
        group="Details",
    )
    hold: int = setting(
        0,
        "Steps at the end that stay at the final rate.",
        low=0,
        high=_MOST_STEPS,
        unit="steps",
        group="Details",
    )
    decay: float = setting(
        0.2, "Share of the steps over which wsd falls at the end.", low=0.0, high=1.0, group="Details"
    )
    shape: str = setting(
        "usual", "How wsd falls (usually linear) and one-cycle moves (usually cosine).",
        choices=("usual", *SHAPES), group="Details",
    )  # fmt: skip
    cycles: int = setting(4, "Half waves of cosine-restarts.", low=1, high=1000, group="Details")
    growth: float = setting(
        1.0,
        "Length of each wave of cosine-restarts over the one before.",
        low=0.01,
        high=100,
        group="Details",
    )
    timescale: float = setting(
        0.0,
        "Steps after which inverse-sqrt shows its fall; 0 for the warm-up's.",
        low=0,
        high=1e12,
        group="Details",
    )
    milestones: str = setting("0.8,0.9", "Shares of the run at which step drops.", group="Details")
    gamma: float = setting(
        0.0, "Factor of a drop (step) or of every step (exponential); 0 to end at the final ratio.",
        low=0.0, high=1.0, group="Details",
    )  # fmt: skip
    start_ratio: float = setting(
        0.04, "First rate of one-cycle, as a share of the peak.", low=0.0, high=1.0, group="Details"
    )
    power: float = setting(1.0, "Exponent of polynomial.", low=0.01, high=100.0, group="Details")
    points: str = setting(
        "0:0,0.1:1,1:0", "Points of a drawn curve: share of the run, then share of the peak.", group="Details"
    )

    def __post_init__(self) -> None:
        super().__post_init__()
        self.course()
        self.asked()

    def course(self) -> Schedule:
        """The schedule.

        Raises:
            ConfigError: if its numbers do not fit, or there is no such preset.
        """
        if self.preset != _OWN:
            return find_recipe(self.preset).schedule
        usual = "cosine" if self.schedule == "one-cycle" else "linear"
        shape = usual if self.shape == "usual" else self.shape
        return Schedule(
            kind=self.schedule, peak=self.peak, steps=self.steps, warmup=self.warmup, final_ratio=self.final_ratio,
            hold=self.hold, eager=self.eager, decay=round(self.decay * self.steps), shape=shape,
            cycles=self.cycles, growth=self.growth, timescale=self.timescale,
            milestones=tuple(_numbers("milestones", self.milestones)), gamma=self.gamma, start_ratio=self.start_ratio,
            power=self.power, points=parse_points(self.points),
        )  # fmt: skip

    def asked(self) -> list[float]:
        """The steps at which the rate is wanted; those where something happens if none are named.

        Raises:
            ConfigError: for what is no step.
        """
        if not self.at.strip():
            course = self.course()
            tenths = [round(course.steps * tenth / 10) for tenth in range(11)]
            return [float(step) for step in sorted({*tenths, min(course.warmup, course.steps)})]
        steps = _numbers("at", self.at)
        for step in steps:
            if step < 0 or step > _MOST_STEPS:
                raise ConfigError("at", f"There is no step {step:g}.", hint="Give steps of 0 or more.")
        return steps


def learning_rates(config: RatesConfig) -> dict[str, Any]:
    """``rates`` at the steps asked for, with ``steps``, the schedule's ``text`` and where it comes from."""
    course, steps = config.course(), config.asked()
    known = recipes().get(config.preset)
    return {
        "rates": course.rates(steps).tolist(),
        "at": [int(step) if step == int(step) else step for step in steps],
        "schedule": course.kind,
        "peak": course.peak,
        "steps": course.steps,
        "warmup": course.warmup,
        "text": format_schedule(course),
        "source": known.source if known else KINDS[course.kind].source,
        "note": known.note if known else "",
    }


def _numbers(field: str, text: str) -> list[float]:
    words = text.replace(",", " ").split()
    if not 0 < len(words) <= _MOST_ASKED:
        raise ConfigError(field, f"There are {len(words)} numbers.", hint="Give some, such as 0,10,100.")
    try:
        numbers = [float(word) for word in words]
    except ValueError:
        numbers = [math.nan]
    if not all(map(math.isfinite, numbers)):
        raise ConfigError(field, f"'{text}' is not a list of numbers.", hint="Give some, such as 0,10,100.")
    return numbers
