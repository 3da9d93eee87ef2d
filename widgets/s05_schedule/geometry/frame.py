"""The frame of a schedule's curve: steps across, rates upwards, evenly or by powers of ten. No Qt here."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from widgets.s05_schedule.geometry.numbers import rate_words, round_above, round_ticks, step_words
from widgets.scene.shapes import Line, Point, Shape, Text

_LEFT, _RIGHT, _TOP, _BOTTOM = 56.0, 14.0, 22.0, 26.0
_HEADROOM = 1.18
_MOST_DECADES = 4
_TICK_HEIGHT = 44.0
_TICK_WIDTH = 96.0


@dataclass(frozen=True)
class Scale:
    """What of the rates is shown.

    Attributes:
        low: Lowest rate; 0 on an even axis.
        high: Highest rate.
        log: Whether equal ratios are equally far apart.
    """

    low: float
    high: float
    log: bool

    def share(self, rate: float) -> float:
        """Where a rate lies, 0 at the bottom and 1 at the top; rates below a log axis lie at its bottom."""
        if not self.log:
            return rate / self.high
        if rate <= self.low:
            return 0.0
        return math.log(rate / self.low) / math.log(self.high / self.low)

    def rate(self, share: float) -> float:
        """The rate at a place, 0 to 1."""
        if not self.log:
            return share * self.high
        return float(self.low * (self.high / self.low) ** share)

    def shares(self, rates: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        """Where many rates lie."""
        if not self.log:
            return rates / self.high
        kept = np.maximum(rates, self.low)
        return np.log(kept / self.low) / math.log(self.high / self.low)

    def ticks(self, most: int) -> list[float]:
        """Round rates to draw a line at."""
        if not self.log:
            return round_ticks(self.high, most)
        first, last = math.ceil(math.log10(self.low) - 1e-9), math.floor(math.log10(self.high) + 1e-9)
        return [10.0**power for power in range(first, last + 1)]


def fit_scale(peak: float, lowest: float, log: bool) -> Scale:
    """The scale for rates up to ``peak``, with room above it to pull it up.

    Args:
        peak: Highest rate; 1 is taken where it is 0.
        lowest: Lowest rate above 0 that is to be seen; a log axis reaches at most four decades below the peak.
        log: Whether the axis is logarithmic.
    """
    high = peak if peak > 0 else 1.0
    if not log:
        return Scale(0.0, round_above(high * _HEADROOM), False)
    top = round_above(high * 1.6)
    decades = math.log10(high / lowest) if 0 < lowest < high else 2.0
    down = min(_MOST_DECADES, max(2, math.ceil(decades + 0.2)))
    return Scale(10.0 ** (math.floor(math.log10(high)) - down), top, True)


@dataclass(frozen=True)
class Frame:
    """Where the curve lies in the scene, and what its places mean."""

    x: float
    y: float
    w: float
    h: float
    steps: int
    scale: Scale

    @property
    def bottom(self) -> float:
        """Where the lowest rate lies."""
        return self.y + self.h

    @property
    def right(self) -> float:
        """Where the last step lies."""
        return self.x + self.w

    def across(self, step: float) -> float:
        """Where a step lies."""
        return self.x + self.w * step / self.steps

    def up(self, rate: float) -> float:
        """Where a rate lies."""
        return self.bottom - self.h * self.scale.share(rate)

    def at(self, step: float, rate: float) -> Point:
        """The place of a step and its rate."""
        return self.across(step), self.up(rate)

    def meaning(self, x: float, y: float) -> Point:
        """Step and rate at a place; outside, those of the nearest place inside."""
        across = min(1.0, max(0.0, (x - self.x) / self.w))
        upward = min(1.0, max(0.0, (self.bottom - y) / self.h))
        return across * self.steps, self.scale.rate(upward)

    def line(self, steps: npt.NDArray[np.float64], rates: npt.NDArray[np.float64]) -> list[Point]:
        """The places of many steps and their rates."""
        xs = self.x + self.w * steps / self.steps
        ys = self.bottom - self.h * self.scale.shares(rates)
        return list(zip(xs.tolist(), ys.tolist(), strict=True))

    def shapes(self, name: str = "learning rate") -> list[Shape]:
        """Grid lines at round rates, their numbers, and the steps."""
        shapes: list[Shape] = [
            Text(x=self.x - 48.0, y=self.y - 14.0, text=name, role="small", colour="text_muted"),
        ]
        for rate in self.scale.ticks(max(2, int(self.h / _TICK_HEIGHT))):
            y = self.up(rate)
            if y < self.y - 0.5:
                continue
            base = rate == 0
            shapes.append(
                Line(x1=self.x, y1=y, x2=self.right, y2=y, colour="line_strong@0.5" if base else "line@0.7")
            )
            shapes.append(_name(self.x - 8.0, y, rate_words(rate), "right"))
        words = f"{step_words(self.steps)} steps"
        last = self.right - 8.0 * len(words)
        for step in round_ticks(self.steps, max(2, int(self.w / _TICK_WIDTH))):
            x = self.across(step)
            if x < last - 20.0:
                shapes.append(_name(x, self.bottom + 15.0, step_words(step), "center"))
        shapes.append(_name(self.right, self.bottom + 15.0, words, "right"))
        return shapes


def frame_in(width: float, height: float, steps: int, scale: Scale) -> Frame:
    """The frame in a scene of this size."""
    w, h = max(1.0, width - _LEFT - _RIGHT), max(1.0, height - _TOP - _BOTTOM)
    return Frame(_LEFT, _TOP, w, h, max(1, steps), scale)


def _name(x: float, y: float, text: str, align: str) -> Text:
    side = "right" if align == "right" else "center"
    return Text(x=x, y=y, text=text, role="small", colour="text_muted", align=side)  # type: ignore[arg-type]
