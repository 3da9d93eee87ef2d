"""The bit view: every format's bits of one number to the same scale, and under them the number line."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

from widgets.s04_precision.geometry.line import LANE_COLOURS, Lanes, Window, axis
from widgets.s04_precision.geometry.number import value_words
from widgets.s04_precision.geometry.rows import COLOURS, FLOATS, Reading, row
from widgets.scene.easing import cubic_in_out
from widgets.scene.shapes import BitCell, Box, Dot, Line, Shape, Text, approximate_width
from widgets.scene.timeline import PlainScene, clamp

FADE_SECONDS = 0.26
"""How long a bit takes to turn."""

_HEAD = 20.0
_GROUP = 20.0
_LANE = 22.0
_LANES_LOW = 3
_SCALE_GAP = 8.0
_MOST_PITCH, _MOST_CELL = 36.0, 21.0
_LEAST_PITCH = 15.5  # where there is less height, rows that matter less are left out
_LEAST_DIGIT = 10.0  # narrower cells carry no digit
_ORDER = (
    "fp32", "fp16", "bf16", "fp8_e4m3", "fp4_e2m1", "fp8_e5m2", "nvfp4", "int8", "mxfp4", "tf32", "nf4", "mxfp8_e4m3",
    "int4", "fp6_e2m3", "mxfp6_e2m3", "fp6_e3m2",
)  # fmt: skip


@dataclass(frozen=True)
class Layout:
    """Where things stand in a bit view of some size."""

    width: float
    height: float
    rows: int
    scaled: int

    @property
    def label(self) -> float:
        """Width of the names."""
        return 112.0 if self.width > 760 else 96.0

    @property
    def values(self) -> float:
        """Width of the values kept."""
        return 118.0 if self.width > 760 else 104.0

    @property
    def pitch(self) -> float:
        """From one row to the next."""
        free = self.height - _HEAD - (_GROUP if self.scaled else 0.0) - self.line_height - 10.0
        return min(_MOST_PITCH, free / max(self.rows, 1))

    @property
    def cell(self) -> float:
        """From one cell to the next."""
        return min(
            _MOST_CELL + max(0.0, (self.width - 900) / 60),
            (self.width - self.label - self.values - 18.0) / 32,
        )

    @property
    def line_height(self) -> float:
        """Room of the number line."""
        return _LANES_LOW * _LANE + 40.0

    @property
    def line_top(self) -> float:
        """Where the number line begins."""
        return self.height - self.line_height + 12.0

    @property
    def line_x(self) -> float:
        """Left end of the number line."""
        return self.label

    @property
    def line_width(self) -> float:
        """Length of the number line."""
        return self.width - self.label - 10.0

    def row_y(self, index: int) -> float:
        """Upper edge of a row."""
        plain = self.rows - self.scaled
        return _HEAD + index * self.pitch + (_GROUP if index >= plain else 0.0)

    def bit_x(self, reading: Reading, bit: int) -> float:
        """Left edge of a bit."""
        return self.label + bit * self.cell + (_SCALE_GAP if 0 < reading.row.scale_bits <= bit else 0.0)


@dataclass
class Turning:
    """Bits on their way: how far each row's bits were on when the last change came, and when it came."""

    start: dict[str, list[float]] = field(default_factory=dict)

    def levels(self, reading: Reading, progress: float) -> list[float]:
        """How far each bit of a row is on, 0 to 1."""
        target = [float(bit == "1") for bit in reading.bits]
        before = self.start.get(reading.row.key)
        if before is None or len(before) != len(target) or progress >= 1:
            return target
        return [a + (b - a) * progress for a, b in zip(before, target, strict=True)]


def _cell(
    area: tuple[float, float, float, float], bit: int, colour: str, key: str, opacity: float
) -> BitCell | Box:
    """A bit with its digit, or without one where there is no room for it."""
    x, y, w, h = area
    if w + 1.5 >= _LEAST_DIGIT:
        return BitCell(x=x, y=y, w=w, h=h, bit=bit, colour=colour, key=key, opacity=opacity)
    fill = colour if bit else f"{colour}@0.22"
    return Box(x=x, y=y, w=w, h=h, fill=fill, radius=2, key=key, opacity=opacity)


class BitsScene(PlainScene):
    """The rows of a number; time goes from the bits as they were to what they are.

    Args:
        readings: What each row shows.
        window: The part of the number line in sight.
        value: The number that was put in.
        selected: Key of the row whose details are shown.
        turning: The bits before the change.
        cursor: Row and bit that the keyboard is at, None without focus.
        lanes: Keeps the pictures of the lanes.
    """

    duration = FADE_SECONDS

    def __init__(
        self,
        readings: tuple[Reading, ...],
        window: Window,
        value: float,
        selected: str,
        turning: Turning | None = None,
        cursor: tuple[int, int] | None = None,
        lanes: Lanes | None = None,
    ) -> None:
        self.readings, self.window, self.value = readings, window, value
        self.selected, self.cursor = selected, cursor
        self._turning = turning or Turning()
        self._lanes = lanes or Lanes()

    def rows(self, height: float) -> tuple[Reading, ...]:
        """The rows that there is height for: all, or the selected one and those that matter most."""
        whole = Layout(0.0, height, 1, 1)
        room = max(3, int((height - whole.line_height - _HEAD - _GROUP - 10.0) / _LEAST_PITCH))
        keys = [self.selected, *(key for key in _ORDER if key != self.selected)][:room]
        return tuple(item for item in self.readings if item.row.key in keys)

    def layout(self, width: float, height: float) -> Layout:
        """Where things stand."""
        rows = self.rows(height)
        return Layout(width, height, len(rows), sum(item.row.scaled for item in rows))

    def levels(self, t: float) -> dict[str, list[float]]:
        """How far every bit is on at a time: where the next change starts from."""
        progress = cubic_in_out(clamp(t / FADE_SECONDS))
        return {item.row.key: self._turning.levels(item, progress) for item in self.readings}

    def line_formats(self) -> tuple[str, ...]:
        """Formats on the number line: three, the selected one among them."""
        chosen = row(self.selected)
        wanted = [self.selected] if self.selected in FLOATS else []
        if chosen.block is not None and chosen.element.name in FLOATS:
            wanted = [chosen.element.name]
        picked = list(dict.fromkeys([*wanted, "fp16", "bf16", "fp8_e4m3"]))[:_LANES_LOW]
        return tuple(key for key in FLOATS if key in picked)

    def frame(self, t: float, width: float, height: float) -> list[Shape]:
        """Names, bits, values; under them the number line."""
        place = self.layout(width, height)
        levels = self.levels(t)
        shapes = self._heads(place)
        for index, reading in enumerate(self.rows(height)):
            shapes += self._row(place, index, reading, levels[reading.row.key])
        return [*shapes, *self._line(place)]

    # ---- rows

    def _heads(self, place: Layout) -> list[Shape]:
        x, cell = place.label, place.cell
        heads = [("sign", x), ("exponent", x + max(cell, 32.0)), ("mantissa", x + max(9 * cell, 100.0))]
        shapes: list[Shape] = [
            Text(x=at, y=8, text=words, colour="text_muted", role="small") for words, at in heads
        ]
        shapes.append(
            Text(x=place.width - 8, y=8, text="value kept", colour="text_muted", role="small", align="right")
        )
        if place.scaled:
            y = place.row_y(place.rows - place.scaled) - _GROUP / 2 + 1
            words = "shared by a block: purple is the block's scale, green a code"
            shapes.append(
                Text(x=x, y=y, text=words, colour="text_muted", role="small", width=place.width - x - 8)
            )
            shapes.append(Text(x=8, y=y, text="With a scale", colour="text_muted", role="small"))
        return shapes

    def _row(self, place: Layout, index: int, reading: Reading, levels: list[float]) -> list[Shape]:
        y, pitch = place.row_y(index), place.pitch
        high = min(pitch - 3.0, 27.0)
        top, middle = y + (pitch - high) / 2, y + pitch / 2
        key = reading.row.key
        shapes: list[Shape] = [
            Box(
                x=0, y=y, w=place.width, h=pitch, radius=6, key=f"row:{key}",
                fill="accent_soft@0.75" if key == self.selected else "surface@0",
            )
        ]  # fmt: skip
        shapes.append(
            Text(
                x=8,
                y=middle,
                text=reading.row.title,
                role="section" if pitch > 20 else "small",
                width=place.label - 10,
            )
        )
        shapes += self._cells(place, index, reading, levels, top, high)
        return [*shapes, *self._words(place, reading, middle)]

    def _cells(
        self, place: Layout, index: int, reading: Reading, levels: list[float], top: float, high: float
    ) -> list[Shape]:
        shapes: list[Shape] = []
        wide = place.cell - (3.0 if place.cell > 14 else 1.5)
        name = f"bit:{reading.row.key}"
        for bit, (part, level) in enumerate(zip(reading.row.parts, levels, strict=True)):
            x, colour = place.bit_x(reading, bit), COLOURS[part]
            area = (x, top, wide, high)
            if level < 1:
                shapes.append(_cell(area, 0, colour, f"{name}:{bit}", 1.0))
            if level > 0:
                shapes.append(_cell(area, 1, colour, f"{name}:{bit}", level))
        if self.cursor is not None and self.readings[self.cursor[0]].row.key == reading.row.key:
            x = place.bit_x(reading, self.cursor[1])
            shapes.append(
                Box(
                    x=x - 2,
                    y=top - 2,
                    w=wide + 4,
                    h=high + 4,
                    radius=6,
                    fill="",
                    stroke="text",
                    stroke_width=2,
                )
            )
        return shapes

    def _words(self, place: Layout, reading: Reading, y: float) -> list[Shape]:
        fate = reading.fate
        colour = {"exact": "good", "rounded": "text_muted"}.get(fate, "bad")
        right = place.width - 8
        value = Text(
            x=right, y=y, text=value_words(reading.value, 10),
            colour="text" if fate in ("exact", "rounded") else "bad", role="mono_small", align="right",
        )  # fmt: skip
        left = place.bit_x(reading, len(reading.row.parts)) + 12
        words = self._fate_words(reading)
        room = right - place.values - left
        if room < min(approximate_width(words, "small"), 84.0):
            return [value]
        return [value, Text(x=left, y=y, text=words, colour=colour, role="small", width=room)]

    @staticmethod
    def _fate_words(reading: Reading) -> str:
        words = reading.words()
        if reading.row.scaled and reading.fate in ("rounded", "exact", "lost"):
            return f"× {value_words(reading.scale, 4)} · {words}"
        if reading.row.key == "tf32":
            return f"{words} · 19 bits"
        return words

    # ---- the number line

    def _line(self, place: Layout) -> list[Shape]:
        x, width, top = place.line_x, place.line_width, place.line_top
        formats = self.line_formats()
        bottom = top + len(formats) * _LANE
        shapes: list[Shape] = [
            Box(x=x - 4, y=top - 10, w=width + 8, h=place.line_height - 2, fill="surface@0", key="line")
        ]
        share = self.window.share(self.value)
        pin = x + clamp(share, -0.004, 1.004) * width
        for index, key in enumerate(formats):
            y = top + index * _LANE
            shapes.append(Text(x=8, y=y + 8, text=row(key).title, colour="text_muted", role="small"))
            shapes.append(Line(x1=x, y1=y + 8, x2=x + width, y2=y + 8, colour="line"))
            shapes.append(self._lanes.image(key, self.window, x, y + 1, width, 14))
            shapes += self._kept(key, x, width, y + 8)
        shapes += axis(self.window, x, bottom, width)
        if math.isfinite(self.value):
            shapes.append(Line(x1=pin, y1=top - 4, x2=pin, y2=bottom, colour="text", width=1.5))
            shapes.append(Dot(x=pin, y=top - 5, radius=4.5, fill="text", key="pin"))
        return shapes

    def _kept(self, key: str, x: float, width: float, y: float) -> list[Shape]:
        """Where a format puts the number."""
        kept = next((item.value for item in self.readings if item.row.key == key), math.nan)
        share = self.window.share(kept)
        if not -0.001 <= share <= 1.001:
            return []
        return [Dot(x=x + share * width, y=y, radius=5, fill=LANE_COLOURS[key], stroke="surface")]
