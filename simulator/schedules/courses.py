"""The course of each kind: the rate as a share of the peak, for an array of steps.

Every function takes the schedule and steps (any shape, float64, at most ``schedule.steps``) and gives shares of that
shape. What comes before (the warm-up) is not theirs, but for ``one_cycle`` and ``drawn``, which are whole.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from simulator.schedules.drawn import heights

if TYPE_CHECKING:
    from simulator.schedules.schedule import Schedule

Array = npt.NDArray[np.float64]
_EDGE = 1e-9  # a boundary that is not a whole number in floats still counts from its step on


def _done(steps: Array, start: float, length: float) -> Array:
    return np.clip((steps - start) / max(length, 1), 0.0, 1.0)


def _toward(final: float, left: Array) -> Array:
    return final + (1.0 - final) * left


def half_cosine(done: Array) -> Array:
    """From 1 to 0 over ``done`` from 0 to 1: (1 + cos(pi done)) / 2 (Loshchilov & Hutter 2017, equation 5)."""
    return 0.5 * (1.0 + np.cos(np.pi * done))


def fall(shape: str, done: Array) -> Array:
    """From 1 to 0 in one of ``kinds.SHAPES``; ``1-sqrt`` is the decay that Hägele et al. 2024 found best."""
    if shape == "cosine":
        return half_cosine(done)
    return 1.0 - (np.sqrt(done) if shape == "1-sqrt" else done)


def constant(schedule: Schedule, steps: Array) -> Array:
    """1 throughout."""
    return np.ones_like(steps)


def linear(schedule: Schedule, steps: Array) -> Array:
    """A straight line to the final share."""
    return _toward(schedule.final_ratio, 1.0 - _done(steps, schedule.warmup, schedule.course_steps))


def cosine(schedule: Schedule, steps: Array) -> Array:
    """Half a cosine wave to the final share, where it stays (transformers' comes up again)."""
    return _toward(schedule.final_ratio, half_cosine(_done(steps, schedule.warmup, schedule.course_steps)))


def cosine_restarts(schedule: Schedule, steps: Array) -> Array:
    """``cycles`` half waves, each ``growth`` times as long as the one before; at the end, the final share."""
    lengths = schedule.growth ** np.arange(schedule.cycles)
    begins = np.concatenate([[0.0], np.cumsum(lengths)])
    # Time in units of the first cycle; multiplied before it is divided, so that whole numbers stay exact.
    now = np.clip(steps - schedule.warmup, 0, None) * begins[-1] / max(schedule.course_steps, 1)
    cycle = np.searchsorted(begins, now + _EDGE, side="right") - 1
    inside = np.minimum(cycle, schedule.cycles - 1)
    done = np.clip((now - begins[inside]) / lengths[inside], 0.0, 1.0)
    return _toward(schedule.final_ratio, np.where(cycle > inside, 0.0, half_cosine(done)))


def wsd(schedule: Schedule, steps: Array) -> Array:
    """1, then a fall over the last ``decay`` steps.

    With a final share, the warm-up of transformers' begins there; this one begins at 0, as that of every kind.
    """
    done = _done(steps, schedule.end - schedule.decay, schedule.decay)
    return _toward(schedule.final_ratio, fall(schedule.shape, done))


def inverse_sqrt(schedule: Schedule, steps: Array) -> Array:
    """``1 / sqrt((step - warmup + timescale) / timescale)``, never below the final share.

    With the timescale equal to the warm-up it is Vaswani et al. 2017, equation 3.
    """
    timescale = schedule.usual_timescale
    since = np.clip(steps - schedule.warmup, 0, None) + timescale
    return np.maximum(1.0 / np.sqrt(since / timescale), schedule.final_ratio)


def step(schedule: Schedule, steps: Array) -> Array:
    """``gamma`` to the number of milestones that have passed."""
    marks = np.array(schedule.milestones) * schedule.steps
    passed = np.searchsorted(marks, steps + _EDGE, side="right")
    return np.asarray(schedule.usual_gamma**passed, np.float64)


def exponential(schedule: Schedule, steps: Array) -> Array:
    """``gamma`` to the steps since the warm-up; with a final share and no gamma, the gamma that ends there."""
    since = np.clip(steps - schedule.warmup, 0, None)
    if schedule.gamma:
        return np.asarray(schedule.gamma**since, np.float64)
    return np.asarray(
        schedule.final_ratio ** _done(steps, schedule.warmup, schedule.course_steps), np.float64
    )


def one_cycle(schedule: Schedule, steps: Array) -> Array:
    """Up from ``start_ratio``, down to ``final_ratio``; peak and end lie one step early, as in torch's OneCycleLR."""
    top, last = schedule.usual_warmup - 1.0, schedule.end - 1.0
    up = 1.0 - fall(schedule.shape, np.clip(steps / max(top, _EDGE), 0.0, 1.0))
    down = fall(schedule.shape, np.clip((steps - top) / max(last - top, _EDGE), 0.0, 1.0))
    rising = schedule.start_ratio + (1.0 - schedule.start_ratio) * up
    return np.where(steps <= top, rising, _toward(schedule.final_ratio, down))


def polynomial(schedule: Schedule, steps: Array) -> Array:
    """``(1 - done)^power``, down to the final share."""
    left = 1.0 - _done(steps, schedule.warmup, schedule.course_steps)
    return _toward(schedule.final_ratio, left**schedule.power)


def drawn(schedule: Schedule, steps: Array) -> Array:
    """The line through the control points."""
    return heights(schedule.points, _done(steps, 0, schedule.end))


COURSES: dict[str, Callable[[Schedule, Array], Array]] = {
    "constant": constant,
    "linear": linear,
    "cosine": cosine,
    "cosine-restarts": cosine_restarts,
    "wsd": wsd,
    "inverse-sqrt": inverse_sqrt,
    "step": step,
    "exponential": exponential,
    "one-cycle": one_cycle,
    "polynomial": polynomial,
    "drawn": drawn,
}
