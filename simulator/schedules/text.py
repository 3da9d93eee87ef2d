"""A schedule as one line of text, to be typed, saved in a setting and run again.

``cosine peak=0.004 warmup=5% final=10%``: the kind, then its numbers. Lengths (``warmup``, ``hold``, ``decay``,
``timescale``) are steps, or, with ``%``, a share of the run; ``final`` and ``start`` are shares of the peak; the peak
may be given as a multiple of the usual one, ``peak=3x``. A drawn curve is ``drawn points=0:0,0.1:1,1:0``.
"""

from __future__ import annotations

import math
from typing import Any

from simulator.errors import ConfigError
from simulator.schedules.drawn import format_points, parse_points
from simulator.schedules.kinds import KINDS, NAMES
from simulator.schedules.schedule import Schedule

_FIELDS = {
    "peak": "peak", "warmup": "warmup", "final": "final_ratio", "hold": "hold", "decay": "decay", "shape": "shape",
    "cycles": "cycles", "growth": "growth", "timescale": "timescale", "at": "milestones", "gamma": "gamma",
    "start": "start_ratio", "power": "power", "points": "points",
}  # fmt: skip
"""Word in the text: field of the schedule."""
_LENGTHS = ("warmup", "hold", "decay", "timescale")
_WHOLE = ("cycles",)
_NEAR = 0.1  # a length this close to a whole number of steps is read as that number
_DEFAULTS = Schedule.__dataclass_fields__
_SHOWN = {field: word for word, field in _FIELDS.items()}
_HINT = "Write the kind and its numbers, such as: cosine peak=0.004 warmup=5% final=10%"


def parse_schedule(text: str, *, steps: int, peak: float) -> Schedule:
    """The schedule that a line of text describes.

    Args:
        text: The line.
        steps: Steps of the run.
        peak: The peak where the text names none, and the unit of ``peak=3x``.

    Raises:
        ConfigError: if the text cannot be understood, or its numbers do not fit.
    """
    words = text.split()
    if not words or words[0] not in KINDS:
        named = words[0] if words else ""
        raise ConfigError(
            "schedule", f"There is no schedule '{named}'.", hint=f"Choose one of: {', '.join(NAMES)}."
        )
    values: dict[str, Any] = {"peak": peak}
    for word in words[1:]:
        name, equals, value = word.partition("=")
        field = _FIELDS.get(name)
        if not equals or field is None:
            raise ConfigError("schedule", f"'{word}' is not a number of a schedule.", hint=_HINT)
        values[field] = _value(field, value, steps, peak)
    return Schedule(kind=words[0], steps=steps, **values)


def format_schedule(schedule: Schedule) -> str:
    """The line from which :func:`parse_schedule` makes the same schedule; lengths as shares of the run."""
    words = [schedule.kind, f"peak={schedule.peak:.9g}"]
    used = (*KINDS[schedule.kind].uses, "hold")
    for field in _SHOWN:
        if field in used and (field == "points" or getattr(schedule, field) != _DEFAULTS[field].default):
            words.append(f"{_SHOWN[field]}={_shown(schedule, field)}")
    return " ".join(words)


def _value(field: str, text: str, steps: int, peak: float) -> Any:
    if field == "shape":
        return text
    if field == "points":
        return parse_points(text)
    if field == "milestones":
        return tuple(_number(field, part) for part in text.split(","))
    if field == "peak" and text.endswith("x"):
        return peak * _number(field, text[:-1])
    number = _number(field, text)
    if field in _LENGTHS:
        number = number * steps if text.endswith("%") else number
        return number if field == "timescale" else round(number)
    if field in _WHOLE:
        if number != round(number):
            raise ConfigError(field, f"'{text}' is not a whole number.", hint=_HINT)
        return round(number)
    return number


def _number(field: str, text: str) -> float:
    try:
        number = float(text.removesuffix("%")) / (100 if text.endswith("%") else 1)
    except ValueError:
        number = math.nan
    if not math.isfinite(number):
        raise ConfigError(field, f"'{text}' is not a number.", hint=_HINT)
    return number


def _shown(schedule: Schedule, field: str) -> str:
    value = getattr(schedule, field)
    if field == "points":
        return format_points(value)
    if field == "milestones":
        return ",".join(f"{mark:.9g}" for mark in value)
    if field in _LENGTHS:
        return _percent(value, schedule.steps)
    return str(value) if isinstance(value, str) else f"{value:.9g}"


def _percent(length: float, steps: int) -> str:
    """A length as a share of the run, with no more digits than give the same length again."""
    numbers = (float(f"{100 * length / steps:.{digits}g}") for digits in range(1, 18))
    return f"{next(number for number in numbers if abs(number * steps / 100 - length) < _NEAR):.17g}%"
