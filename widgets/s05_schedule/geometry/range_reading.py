"""A range test as the tab reads it: the loss at every rate, and the rate that it suggests. No Qt here."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from simulator.runs.history import RunHistory
from widgets.s05_schedule.geometry.numbers import rate_words
from widgets.s05_schedule.geometry.race_reading import real

Array = npt.NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class RangeReading:
    """A range test.

    Attributes:
        rates: The rate of every step, shape (n,), rising.
        losses: The loss of every step, shape (n,).
        smoothed: The losses without their noise, as the lab reads them, shape (m,); its rates are ``smooth_rates``.
        smooth_rates: Shape (m,).
        suggested: The rate to train with, or None before it is known.
        steepest: The rate at which the loss falls fastest, or None.
        lowest: The rate at which it is lowest, or None.
        diverges_at: The rate at which the loss leaves, or None.
        why: Why that rate, in plain words.
    """

    rates: Array
    losses: Array
    smooth_rates: Array
    smoothed: Array
    suggested: float | None = None
    steepest: float | None = None
    lowest: float | None = None
    diverges_at: float | None = None
    why: str = ""

    @property
    def marks(self) -> tuple[tuple[str, float, str, str], ...]:
        """What is marked: key, rate, words, colour."""
        found = (
            ("steepest", self.steepest, "steepest fall", "text_muted"),
            ("suggested", self.suggested, "suggested", "good"),
            ("lowest", self.lowest, "lowest", "text_muted"),
            ("diverges", self.diverges_at, "comes apart", "bad"),
        )
        return tuple(
            (key, rate, f"{words} {rate_words(rate)}", colour)
            for key, rate, words, colour in found
            if rate is not None
        )

    def loss_span(self) -> tuple[float, float]:
        """The losses worth seeing: from the lowest to a little above the first; (0, 0) without any."""
        good = self.losses[np.isfinite(self.losses)]
        if not len(good):
            return 0.0, 0.0
        low, start = float(good.min()), float(good[: max(1, len(good) // 20)].mean())
        return max(0.0, low - 0.1 * (start - low) - 0.05), start + 0.35 * max(start - low, 0.3)


def range_of(history: RunHistory | None) -> RangeReading | None:
    """The range test of a run, or None before its first step."""
    if history is None:
        return None
    rates, losses = _against_rate(history, "loss")
    if not len(rates):
        return None
    smooth_rates, smoothed = _against_rate(history, "smoothed")
    found = history.latest("range")
    why = found.get("why")
    marks = [_rate(found.get(name)) for name in ("suggested", "steepest", "lowest", "diverges_at")]
    return RangeReading(rates, losses, smooth_rates, smoothed, *marks, why if isinstance(why, str) else "")


def range_headline(reading: RangeReading | None) -> str:
    """What the test says in one line."""
    if reading is None:
        return "One short run in which the rate grows with every step"
    if reading.suggested is None and reading.why:
        return "The test cannot tell a rate"
    if reading.suggested is None:
        return f"The rate has grown to {rate_words(float(reading.rates[-1]))}"
    return f"Train this model with a peak of about {rate_words(reading.suggested)}"


def _rate(value: object) -> float | None:
    """A rate above 0, or None: the lab says 0 where it cannot tell."""
    number = real(value)
    return number if number is not None and number > 0 else None


def _against_rate(history: RunHistory, name: str) -> tuple[Array, Array]:
    """A series with the rate of its step in the place of the step."""
    at, rates = history.series("rate")
    steps, values = history.series(name)
    shared = np.isin(steps, at) if len(at) else np.zeros(len(steps), bool)
    found = np.searchsorted(at, steps[shared])
    return np.asarray(rates, np.float64)[found], np.asarray(values, np.float64)[shared]
