"""Number lines: a window on the numbers, and in it every number that a format has."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from simulator.formats.codec import decode, encode
from simulator.formats.floats import FORMATS, FloatFormat
from widgets.s04_precision.geometry.number import power_words, value_words
from widgets.scene.shapes import Image, Line, Shape, Text

_LOWEST, _HIGHEST = -152.0, 129.0  # powers of two that fp32 reaches
_FINEST = 2.0**-36  # narrowest linear window, as a share of its ends
_WIDEST = 2.0**128


@dataclass(frozen=True)
class Window:
    """The part of the number line in sight.

    Attributes:
        low: Left end: a value, or with ``log`` the power of two of a magnitude.
        high: Right end.
        log: Whether equal distances are equal factors.
    """

    low: float = 0.0
    high: float = 0.35
    log: bool = False

    def share(self, value: float) -> float:
        """Where a value lies, 0 at the left end, 1 at the right; may lie outside.

        Zero in a logarithmic window, and NaN, lie at -inf.
        """
        if self.log:
            magnitude = abs(value)
            if not magnitude > 0:
                return -math.inf
            place = math.log2(magnitude) if math.isfinite(magnitude) else math.inf
        else:
            place = value
        if math.isinf(place) or math.isnan(place):
            return -math.inf if math.isnan(place) or place < 0 else math.inf
        return (place - self.low) / (self.high - self.low)

    def value(self, share: float, sign: float = 1.0) -> float:
        """The value at a place."""
        place = self.low + share * (self.high - self.low)
        return math.copysign(2.0**place, sign) if self.log else place

    def rounded_value(self, share: float, pixels: float, sign: float = 1.0) -> float:
        """The value at a place in as few digits as ``pixels`` can tell apart."""
        value, step = self.value(share, sign), 1.0 / max(pixels, 1.0)
        width = abs(self.value(share + step, sign) - value)
        if not width > 0 or not math.isfinite(width):
            return value
        digits = -math.floor(math.log10(width))
        return float(f"{value:.{min(max(digits, 0), 330)}f}") if digits >= 0 else float(round(value, digits))

    def zoomed(self, factor: float, at: float = 0.5) -> Window:
        """A window ``factor`` times as wide that keeps what stands at the share ``at`` in its place."""
        middle = self.low + at * (self.high - self.low)
        width = (self.high - self.low) * factor
        if self.log:
            width = min(max(width, 0.01), _HIGHEST - _LOWEST)
        else:
            width = min(max(width, abs(middle) * _FINEST, 1e-44), 2 * _WIDEST)
        return Window(middle - at * width, middle + (1 - at) * width, self.log)._within()

    def moved(self, share: float) -> Window:
        """The window that much of its width further right."""
        step = share * (self.high - self.low)
        return Window(self.low + step, self.high + step, self.log)._within()

    def holding(self, value: float) -> Window:
        """This window if a value is well inside; else one of the same kind that shows it at a third."""
        if not math.isfinite(value):
            return self
        if self.log:
            share = self.share(value)
            inside = 0.02 <= share <= 0.98
            return self if inside or not math.isfinite(share) else self.moved(share - 0.5)
        if 0.02 <= self.share(value) <= 0.98 and abs(value) > (self.high - self.low) / 60:
            return self
        reach = 3.5 * abs(value) or 1.0
        return Window(0.0, reach) if value >= 0 else Window(-reach, 0.0)

    def as_log(self, log: bool, value: float) -> Window:
        """The same window in the other kind of scale: around a value."""
        if log == self.log:
            return self
        if not log:
            return Window(0.0, 1.0).holding(value)
        place = math.log2(abs(value)) if value and math.isfinite(value) else 0.0
        return Window(min(-30.0, place - 4), max(20.0, place + 4), True)

    def _within(self) -> Window:
        low, high = (_LOWEST, _HIGHEST) if self.log else (-_WIDEST, _WIDEST)
        shift = max(low - self.low, 0.0) + min(high - self.high, 0.0)
        return Window(self.low + shift, self.high + shift, self.log)


def everything() -> Window:
    """All magnitudes from FP16's smallest number to a little beyond its largest, in factors."""
    return Window(-30.0, 20.0, True)


def order(values: npt.ArrayLike, format: FloatFormat) -> npt.NDArray[np.int64]:
    """The rank of the largest number of a format not above each value: neighbours differ by one, zeros are 0."""
    x = np.asarray(values, np.float64)
    codes = encode(
        np.clip(x, -format.max, format.max),
        format,
        "toward-zero",
        "saturate" if "saturate" in format.overflows else "",
    )
    numbers = decode(codes, format)
    magnitude = (codes.astype(np.int64) >> format.padding_bits) & (format.magnitude_codes - 1)
    ranks = np.where(np.signbit(numbers), -magnitude, magnitude)
    return np.asarray(ranks - (numbers > x))


def density(format: FloatFormat, window: Window, width: int) -> npt.NDArray[np.float64]:
    """How many of a format's numbers each of ``width`` columns of a window holds, (1, width)."""
    places = np.linspace(window.low, window.high, width + 1)
    edges = np.exp2(np.clip(places, -1070, 1023)) if window.log else places
    counts = np.diff(order(np.nextafter(edges, -np.inf), format)).astype(np.float64)
    beyond = (edges[1:] > format.max) & (edges[:-1] > format.max) | (edges[1:] < -format.max)
    counts[beyond] = 0.0
    return counts[None, :]


def marks(format: FloatFormat, window: Window, width: int) -> npt.NDArray[np.float64]:
    """The lane of a format as an image row: NaN where it has no number, else 0.35 to 1, darker for a single one."""
    counts = density(format, window, width)[0]
    there = counts > 0
    crowd = np.convolve(there, np.ones(5), "same")
    shade = np.where(crowd >= 4, 0.55, 1.0)
    return np.where(there, shade, np.nan)[None, :]


@dataclass(frozen=True)
class Neighbours:
    """The numbers of a format around a value.

    Attributes:
        below: The largest not above it, None beyond the end.
        above: The smallest not below it, None beyond the end.
        kept: What the value is rounded to.
    """

    below: float | None
    above: float | None
    kept: float

    @property
    def gap(self) -> float | None:
        """Distance of the two; of a number of the format itself, 0."""
        return self.above - self.below if self.below is not None and self.above is not None else None


def neighbours(value: float, format: FloatFormat) -> Neighbours:
    """The numbers of a format on both sides of a value; for one of its numbers, that and the next one up."""
    kept = float(decode(encode(value, format), format))
    if math.isnan(value):
        return Neighbours(None, None, kept)
    if value > format.max:
        return Neighbours(format.max, None, kept)
    if value < -format.max:
        return Neighbours(None, -format.max, kept)
    rank = int(order(value, format))
    return Neighbours(_ranked(rank, format), _ranked(rank + 1, format), kept)


def _ranked(rank: int, format: FloatFormat) -> float | None:
    if abs(rank) > format.largest_code:
        return None
    number = float(decode(abs(rank) << format.padding_bits, format))
    return -number if rank < 0 else number


def axis(window: Window, x: float, y: float, width: float) -> list[Shape]:
    """A line with some round values under it."""
    shapes: list[Shape] = [Line(x1=x, y1=y, x2=x + width, y2=y, colour="line_strong@0.7")]
    ticks = _log_ticks(window, width) if window.log else _linear_ticks(window, width)
    for place, words in ticks:
        at = x + place * width
        align = "left" if place < 0.03 else "right" if place > 0.97 else "center"
        shapes.append(Line(x1=at, y1=y, x2=at, y2=y + 4, colour="line_strong@0.7"))
        shapes.append(Text(x=at, y=y + 13, text=words, colour="text_muted", role="small", align=align))
    return shapes


def _linear_ticks(window: Window, width: float) -> list[tuple[float, str]]:
    span = window.high - window.low
    step = _round_step(span / max(2.0, width / 110.0))
    first, last = math.ceil(window.low / step), math.floor(window.high / step + 1e-9)
    digits = min(15, max(3, 2 + round(math.log10(max(abs(window.low), abs(window.high), step) / step))))
    return [
        ((index * step - window.low) / span, value_words(index * step, digits))
        for index in range(first, min(last, first + 30) + 1)
    ]


def _round_step(step: float) -> float:
    power = 10.0 ** math.floor(math.log10(step))
    return next(factor * power for factor in (1, 2, 5, 10) if factor * power >= step * 0.999)


def _log_ticks(window: Window, width: float) -> list[tuple[float, str]]:
    span = window.high - window.low
    step = next(
        (size for size in (1, 2, 4, 5, 10, 20, 50, 100) if span / size <= max(2.0, width / 64.0)), 100
    )
    first, last = math.ceil(window.low / step), math.floor(window.high / step)
    if last < first:
        return [(0.0, value_words(2.0**window.low, 4)), (1.0, value_words(2.0**window.high, 4))]
    return [
        ((index * step - window.low) / span, power_words(index * step)) for index in range(first, last + 1)
    ]


LANE_COLOURS = {
    "fp32": "text_muted", "tf32": "optimizer", "bf16": "gradients", "fp16": "parameters", "fp8_e4m3": "optimizer",
    "fp8_e5m2": "activations", "fp6_e3m2": "kv_cache", "fp6_e2m3": "data", "fp4_e2m1": "bad",
}  # fmt: skip
"""Token of each format's lane."""


class Lanes:
    """The lanes of some formats over a window: pictures that are kept until window, formats or width change."""

    def __init__(self) -> None:
        self._kept: dict[tuple[str, Window, int], npt.NDArray[np.float64]] = {}

    def image(self, key: str, window: Window, x: float, y: float, width: float, height: float) -> Image:
        """The lane of one format."""
        columns = max(2, round(width))
        name = (key, window, columns)
        if name not in self._kept:
            if len(self._kept) >= 48:
                self._kept.clear()
            self._kept[name] = marks(FORMATS[key], window, columns)
        return Image(
            x=x, y=y, w=columns, h=height, values=self._kept[name], ramp=LANE_COLOURS[key], low=0.0, high=1.0
        )
