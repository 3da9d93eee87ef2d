"""The points of a curve that can be dragged, and the schedule that a drag makes. Pure: the scene only draws them."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from simulator.schedules.drawn import move_point
from simulator.schedules.schedule import Schedule

_ENDS = ("linear", "cosine", "cosine-restarts", "wsd", "one-cycle", "polynomial")
_SMALLEST_RATIO = 1e-4
_MOST_CYCLES = 50
_MIDDLE = 0.5  # share of the course at which the handle of ``polynomial`` sits
_SLOWED = 3  # timescales after the warm-up the rate of ``inverse-sqrt`` is half the peak


@dataclass(frozen=True, kw_only=True)
class Handle:
    """A point of the curve that can be dragged.

    Attributes:
        key: Its name: ``peak``, ``end``, ``decay``, ``point-2`` ...
        title: What people call it.
        changes: What moving it changes, one plain sentence.
        step: Where it is.
        rate: Where it is.
        steps: Least and most step that it can go to; equal where it does not move sideways.
        rates: Least and most rate that it can go to; equal where it does not move up and down.
    """

    key: str
    title: str
    changes: str
    step: float
    rate: float
    steps: tuple[float, float]
    rates: tuple[float, float]

    @property
    def moves(self) -> str:
        """``x``, ``y``, ``xy`` or "" for one that stays."""
        sideways, upright = self.steps[0] < self.steps[1], self.rates[0] < self.rates[1]
        return ("x" if sideways else "") + ("y" if upright else "")


def handles(schedule: Schedule, top: float = 0.0) -> tuple[Handle, ...]:
    """The handles of a schedule, from left to right.

    Args:
        schedule: The schedule.
        top: Highest peak that can be dragged to; 0 for ten times the present one.
    """
    top = max(top or 10 * schedule.peak, schedule.peak)
    if schedule.kind == "drawn":
        return _points(schedule)
    found = [*_start(schedule), _peak(schedule, top)]
    special = _SPECIAL.get(schedule.kind)
    if special is not None:
        found += special(schedule)
    if schedule.kind in _ENDS:
        found.append(_end(schedule))
    return tuple(found)


def drag(schedule: Schedule, key: str, step: float, rate: float) -> Schedule:
    """The schedule after a handle is moved to (step, rate), or as near as its limits let it come.

    Raises:
        KeyError: if the schedule has no such handle.
    """
    handle = next((item for item in handles(schedule, max(rate, 0.0)) if item.key == key), None)
    if handle is None:
        raise KeyError(key)
    step = min(max(step, handle.steps[0]), handle.steps[1])
    rate = min(max(rate, handle.rates[0]), handle.rates[1])
    name, _, number = key.partition("-")
    changes = _DRAGS[name](schedule, step, rate, int(number or 0))
    return schedule.replace(**changes)


def _start(schedule: Schedule) -> list[Handle]:
    if schedule.kind != "one-cycle":
        return []
    return [
        Handle(key="start", title="Start", changes="The rate of the first step.", step=0.0,
               rate=schedule.peak * schedule.start_ratio, steps=(0.0, 0.0), rates=(0.0, schedule.peak))
    ]  # fmt: skip


def _peak(schedule: Schedule, top: float) -> Handle:
    room = schedule.end - (schedule.decay if schedule.kind == "wsd" else 1)
    climb, least = float(schedule.warmup), 0.0
    if schedule.kind == "one-cycle":  # torch's peak lies one step before the end of the climb
        climb, least, room = schedule.usual_warmup - 1, 0.0, schedule.end - 2
    return Handle(
        key="peak", title="Peak", changes="The highest rate, and how many steps the warm-up takes.", step=climb,
        rate=schedule.peak, steps=(least, float(max(room, climb, least))), rates=(0.0, top),
    )  # fmt: skip


def _end(schedule: Schedule) -> Handle:
    last = float(schedule.end - (schedule.kind == "one-cycle"))
    return Handle(
        key="end", title="End", changes="The rate at the end, and how long it is held there.", step=last,
        rate=schedule.peak * schedule.final_ratio,
        steps=(float(min(schedule.usual_warmup + max(schedule.decay, 1), last)),
               float(schedule.steps - (schedule.kind == "one-cycle"))),
        rates=(0.0, schedule.peak),
    )  # fmt: skip


def _wsd(schedule: Schedule) -> list[Handle]:
    step = float(schedule.end - schedule.decay)
    return [
        Handle(key="decay", title="Decay begins", changes="How many steps at the end the rate falls over.", step=step,
               rate=schedule.peak, steps=(float(min(schedule.warmup, step)), float(schedule.end)),
               rates=(schedule.peak, schedule.peak))
    ]  # fmt: skip


def _restarts(schedule: Schedule) -> list[Handle]:
    if schedule.cycles < 2:
        return []
    lengths = [schedule.growth**index for index in range(schedule.cycles)]
    step = schedule.warmup + schedule.course_steps / sum(lengths)
    return [
        Handle(key="restart", title="First restart", changes="How many times the rate jumps back to the peak.",
               step=step, rate=schedule.peak,
               steps=(schedule.warmup + schedule.course_steps / _MOST_CYCLES, float(schedule.end)),
               rates=(schedule.peak, schedule.peak))
    ]  # fmt: skip


def _inverse_sqrt(schedule: Schedule) -> list[Handle]:
    step = schedule.warmup + _SLOWED * schedule.usual_timescale
    step = min(step, float(schedule.steps))
    rate = schedule.rate(step)
    return [
        Handle(key="half", title="Half", changes="The step at which the rate has fallen to half the peak.", step=step,
               rate=rate, steps=(float(min(schedule.warmup + 1, schedule.steps)), float(schedule.steps)),
               rates=(rate, rate))
    ]  # fmt: skip


def _drops(schedule: Schedule) -> list[Handle]:
    found, marks = [], schedule.milestones
    for index, mark in enumerate(marks):
        low = marks[index - 1] * schedule.steps + 1 if index else schedule.warmup + 1
        high = marks[index + 1] * schedule.steps - 1 if index + 1 < len(marks) else schedule.steps
        step = mark * schedule.steps
        found.append(
            Handle(key=f"drop-{index}", title=f"Drop {index + 1}", step=step, rate=schedule.rate(step),
                   changes="When the rate drops, and to what share of what it was.",
                   steps=(min(low, step), max(high, step)), rates=(0.0, schedule.peak))
        )  # fmt: skip
    return found


def _exponential(schedule: Schedule) -> list[Handle]:
    return [
        Handle(key="fall", title="End", changes="The share of the rate that is lost at every step.",
               step=float(schedule.end), rate=schedule.rate(schedule.end), steps=(float(schedule.end),) * 2,
               rates=(_SMALLEST_RATIO * schedule.peak, schedule.peak))
    ]  # fmt: skip


def _polynomial(schedule: Schedule) -> list[Handle]:
    step = schedule.warmup + _MIDDLE * schedule.course_steps
    low = schedule.peak * schedule.final_ratio
    return [
        Handle(key="bend", title="Bend", changes="The power: how much sooner the rate falls.", step=step,
               rate=schedule.rate(step), steps=(step, step), rates=(low, schedule.peak))
    ]  # fmt: skip


def _points(schedule: Schedule) -> tuple[Handle, ...]:
    found, points = [], schedule.points
    for index, (share, height) in enumerate(points):
        inner = 0 < index < len(points) - 1
        low, high = (points[index - 1][0], points[index + 1][0]) if inner else (share, share)
        found.append(
            Handle(key=f"point-{index}", title=f"Point {index + 1}", changes="Where the curve goes through.",
                   step=share * schedule.end, rate=height * schedule.peak,
                   steps=(low * schedule.end, high * schedule.end), rates=(0.0, schedule.peak))
        )  # fmt: skip
    return tuple(found)


_SPECIAL: dict[str, Callable[[Schedule], list[Handle]]] = {
    "wsd": _wsd,
    "cosine-restarts": _restarts,
    "inverse-sqrt": _inverse_sqrt,
    "step": _drops,
    "exponential": _exponential,
    "polynomial": _polynomial,
}


def _drag_peak(schedule: Schedule, step: float, rate: float, _: int) -> dict[str, Any]:
    # one-cycle without a warm-up climbs for 30 % of the run, so its shortest climb is one step.
    climb = max(round(step) + 1, 1) if schedule.kind == "one-cycle" else round(step)
    return {"peak": rate, "warmup": climb}


def _drag_end(schedule: Schedule, step: float, rate: float, _: int) -> dict[str, Any]:
    end = round(step) + (schedule.kind == "one-cycle")
    return {"final_ratio": _share(rate, schedule.peak), "hold": max(schedule.steps - end, 0)}


def _drag_restart(schedule: Schedule, step: float, rate: float, _: int) -> dict[str, Any]:
    """As many cycles as begin with one that ends nearest to ``step``."""
    share = max(step - schedule.warmup, 1e-9) / max(schedule.course_steps, 1)

    def first(cycles: int) -> float:
        return 1 / sum(schedule.growth**index for index in range(cycles))

    return {"cycles": min(range(2, _MOST_CYCLES + 1), key=lambda cycles: abs(first(cycles) - share))}


def _drag_drop(schedule: Schedule, step: float, rate: float, index: int) -> dict[str, Any]:
    marks = list(schedule.milestones)
    marks[index] = step / schedule.steps
    ratio = max(_share(rate, schedule.peak), _SMALLEST_RATIO)
    return {"milestones": tuple(marks), "gamma": ratio ** (1 / (index + 1))}


def _drag_fall(schedule: Schedule, step: float, rate: float, _: int) -> dict[str, Any]:
    return {"gamma": 0.0, "final_ratio": max(_share(rate, schedule.peak), _SMALLEST_RATIO)}


def _drag_bend(schedule: Schedule, step: float, rate: float, _: int) -> dict[str, Any]:
    low = schedule.final_ratio
    height = (_share(rate, schedule.peak) - low) / max(1 - low, 1e-12)
    height = min(max(height, _SMALLEST_RATIO), 1 - _SMALLEST_RATIO)
    return {"power": min(max(math.log(height) / math.log(1 - _MIDDLE), 0.01), 100.0)}


def _drag_point(schedule: Schedule, step: float, rate: float, index: int) -> dict[str, Any]:
    share = step / max(schedule.end, 1)
    return {"points": move_point(schedule.points, index, share, _share(rate, schedule.peak))}


def _share(rate: float, peak: float) -> float:
    return min(max(rate / peak, 0.0), 1.0) if peak else 0.0


_DRAGS: dict[str, Callable[[Schedule, float, float, int], dict[str, Any]]] = {
    "start": lambda schedule, step, rate, _: {"start_ratio": _share(rate, schedule.peak)},
    "peak": _drag_peak,
    "end": _drag_end,
    "decay": lambda schedule, step, rate, _: {"decay": schedule.end - round(step)},
    "restart": _drag_restart,
    "half": lambda schedule, step, rate, _: {"timescale": max((step - schedule.warmup) / _SLOWED, 1.0)},
    "drop": _drag_drop,
    "fall": _drag_fall,
    "bend": _drag_bend,
    "point": _drag_point,
}
