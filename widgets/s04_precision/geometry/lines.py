"""The mode "Number line": a lane for every format over the same window, and where each puts the number."""

from __future__ import annotations

import math
from dataclasses import dataclass

from simulator.formats.floats import FORMATS
from widgets.s04_precision.geometry.line import LANE_COLOURS, Lanes, Window, axis, neighbours
from widgets.s04_precision.geometry.number import power_words, share_words, value_words
from widgets.s04_precision.geometry.rows import FLOATS, Reading
from widgets.scene.shapes import Box, Dot, Line, Shape, Text
from widgets.scene.timeline import PlainScene, clamp

_TOP, _BOTTOM = 26.0, 34.0
_LABEL, _VALUES = 104.0, 176.0
_NARROW_VALUES = 104.0


@dataclass(frozen=True)
class Pointer:
    """Where the pointer is.

    Attributes:
        format: Name of the format whose lane it is over.
        value: The value there.
    """

    format: str
    value: float


class LinesScene(PlainScene):
    """Lanes over a window.

    Args:
        readings: What every format makes of the number.
        window: The part of the number line in sight.
        value: The number.
        pointer: Where the pointer or the keyboard's lane is, or None.
        lanes: Keeps the pictures of the lanes.
        selected: The lane whose neighbours of the number are told while no pointer is there.
    """

    def __init__(
        self,
        readings: tuple[Reading, ...],
        window: Window,
        value: float,
        pointer: Pointer | None,
        lanes: Lanes,
        selected: str,
    ) -> None:
        self.readings = {item.row.key: item for item in readings if item.row.key in FLOATS}
        self.window, self.value, self.pointer = window, value, pointer
        self.selected = selected if selected in FLOATS else "fp16"
        self._lanes = lanes

    @staticmethod
    def place(width: float) -> tuple[float, float]:
        """Left end and length of the lines."""
        values = _VALUES if width > 720 else _NARROW_VALUES
        return _LABEL, width - _LABEL - values - 14.0

    def lane_at(self, y: float, height: float) -> str:
        """The format whose lane lies at a height."""
        pitch = self._pitch(height)
        return FLOATS[int(clamp((y - _TOP) / pitch, 0, len(FLOATS) - 1))]

    def frame(self, t: float, width: float, height: float) -> list[Shape]:
        """Lanes with their values, the axis, the number, and the neighbours of the pointer."""
        x, long = self.place(width)
        pitch = self._pitch(height)
        bottom = _TOP + pitch * len(self.readings)
        shapes: list[Shape] = [Box(x=x - 6, y=0, w=long + 12, h=height, fill="surface@0", key="line")]
        shapes.append(Text(x=width - 8, y=10, text=f"{value_words(self.value, 8)} becomes", colour="text_muted",
                           role="small", align="right", width=width - x - long))  # fmt: skip
        words = self.words()
        shapes.append(Text(x=8, y=10, text=words, colour="text_muted", role="small", width=x + long))
        for index, reading in enumerate(self.readings.values()):
            shapes += self._lane(reading, x, _TOP + index * pitch, long, pitch, width)
        shapes += axis(self.window, x, bottom + 4, long)
        shapes += self._pin(x, long, bottom)
        return [*shapes, *self._neighbours(x, long, pitch)]

    @staticmethod
    def _pitch(height: float) -> float:
        return min(58.0, (height - _TOP - _BOTTOM) / len(FLOATS))

    def _lane(
        self, reading: Reading, x: float, y: float, long: float, pitch: float, width: float
    ) -> list[Shape]:
        key, middle = reading.row.key, y + pitch / 2
        high = min(22.0, max(pitch - 8.0, 7.0))
        shapes: list[Shape] = []
        if key == self._told().format:
            shapes.append(
                Box(
                    x=0,
                    y=y + 1,
                    w=width,
                    h=pitch - 2,
                    radius=6,
                    fill="accent_soft@0.6",
                    key=f"row:{key}",
                )
            )
        else:
            shapes.append(Box(x=0, y=y + 1, w=_LABEL, h=pitch - 2, fill="surface@0", key=f"row:{key}"))
        shapes.append(Text(x=8, y=middle, text=reading.row.title, role="section" if pitch > 19 else "small"))
        shapes.append(Line(x1=x, y1=middle, x2=x + long, y2=middle, colour="line"))
        shapes.append(self._lanes.image(key, self.window, x, middle - high / 2, long, high))
        share = self.window.share(reading.value)
        if -0.001 <= share <= 1.001:
            shapes.append(
                Dot(x=x + share * long, y=middle, radius=6, fill=LANE_COLOURS[key], stroke="surface")
            )
        lost = reading.fate not in ("exact", "rounded")
        right = width - 8
        kept = value_words(reading.value, 6)
        shapes.append(
            Text(
                x=right,
                y=middle,
                text=kept,
                role="mono_small",
                align="right",
                colour="bad" if lost else "text",
            )
        )
        if width > 720:
            error = reading.error
            words = {"exact": "exact", "rounded": share_words(error or 0.0), "lost": "lost"}.get(
                reading.fate, "overflow"
            )
            left = right - 92
            shapes.append(
                Text(
                    x=left,
                    y=middle,
                    text=words,
                    role="small",
                    align="right",
                    colour="bad" if lost else "text_muted",
                )
            )
        return shapes

    def _pin(self, x: float, long: float, bottom: float) -> list[Shape]:
        share = self.window.share(self.value)
        if not math.isfinite(self.value):
            return []
        at = x + clamp(share, -0.004, 1.004) * long
        return [
            Line(x1=at, y1=_TOP - 8, x2=at, y2=bottom + 4, colour="text", width=1.5),
            Dot(x=at, y=_TOP - 10, radius=5, fill="text", key="pin"),
        ]

    def _told(self) -> Pointer:
        return self.pointer or Pointer(self.selected, self.value)

    def words(self) -> str:
        """The neighbours of the pointer, or of the number, in its format, and the gap between them."""
        told = self._told()
        format = FORMATS[told.format]
        found = neighbours(told.value, format)
        if math.isnan(told.value):
            return f"{format.title}: NaN is no place on the line"
        if found.below is None or found.above is None:
            end = value_words(format.max, 6)
            return f"{format.title}: beyond its end, {end if found.above is None else '−' + end}"
        gap = found.above - found.below
        power = math.log2(gap) if gap > 0 else 0.0
        as_power = f" = {power_words(int(power))}" if power == int(power) else ""
        return (
            f"{format.title}: {value_words(found.below, 8)} and {value_words(found.above, 8)}, "
            f"gap {value_words(gap, 4)}{as_power}"
        )

    def _neighbours(self, x: float, long: float, pitch: float) -> list[Shape]:
        """A bracket from one neighbour to the other."""
        told = self._told()
        found = neighbours(told.value, FORMATS[told.format])
        y = _TOP + (list(self.readings).index(told.format) + 1) * pitch - 5
        ends = [self.window.share(end) for end in (found.below, found.above) if end is not None]
        if len(ends) < 2 or any(math.isnan(end) for end in ends):
            return []
        left, right = (x + clamp(end, 0.0, 1.0) * long for end in ends)
        shapes: list[Shape] = [Line(x1=left, y1=y, x2=max(right, left + 1.5), y2=y, colour="text", width=2)]
        for end, at in zip(ends, (left, right), strict=True):
            if 0 <= end <= 1:
                shapes.append(Line(x1=at, y1=y - 5, x2=at, y2=y + 1, colour="text", width=2))
        return shapes


def relative_steps(key: str, low: int, high: int) -> tuple[list[float], list[float]]:
    """The step of a format as a share of the number, at both ends of every power of two: magnitudes and shares.

    Between two powers of two the step stays and its share falls by half; below the smallest normal number the step
    itself stays, so that the share grows to 1.
    """
    format = FORMATS[key]
    at: list[float] = []
    steps: list[float] = []
    first = max(low, format.minimum_exponent - format.mantissa_bits)
    for power in range(first, min(high, format.max_exponent) + 1):
        step = 2.0 ** (max(power, format.minimum_exponent) - format.mantissa_bits)
        for value in (2.0**power, min(2.0 ** (power + 1) * (1 - 2**-12), format.max)):
            at.append(value)
            steps.append(step / value)
    return at, steps
