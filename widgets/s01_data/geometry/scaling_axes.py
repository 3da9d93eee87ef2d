"""The frame of the loss surface: parameters across, tokens upwards, both logarithmic. No Qt here."""

from __future__ import annotations

import math
from dataclasses import dataclass

from widgets.scene.shapes import Line, Point, Shape, Text

PARAMS = (10**7.5, 10**12.75)
TOKENS = (10**9.0, 10**14.75)
_LEFT, _BOTTOM, _TOP, _RIGHT = 52.0, 34.0, 8.0, 8.0
_NAMES = {
    6: "1M",
    7: "10M",
    8: "100M",
    9: "1B",
    10: "10B",
    11: "100B",
    12: "1T",
    13: "10T",
    14: "100T",
    15: "1000T",
}
_SUPERSCRIPTS = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")


@dataclass(frozen=True)
class Frame:
    """Where the surface lies in the scene, and what its places mean."""

    x: float
    y: float
    w: float
    h: float

    def at(self, params: float, tokens: float) -> Point:
        """The place of a model."""
        return self.x + self.w * _share(params, PARAMS), self.y + self.h * (1 - _share(tokens, TOKENS))

    def meaning(self, x: float, y: float) -> tuple[float, float]:
        """Parameters and tokens at a place; outside, those of the nearest place inside."""
        across = min(1.0, max(0.0, (x - self.x) / self.w))
        upward = min(1.0, max(0.0, 1 - (y - self.y) / self.h))
        return _value(across, PARAMS), _value(upward, TOKENS)

    def holds(self, point: Point, margin: float = 0.0) -> bool:
        """Whether a place lies inside."""
        inside = self.x - margin <= point[0] <= self.x + self.w + margin
        return inside and self.y - margin <= point[1] <= self.y + self.h + margin

    def shapes(self) -> list[Shape]:
        """Grid lines at powers of ten, and their names."""
        shapes: list[Shape] = []
        for power in _powers(PARAMS):
            x, _ = self.at(10.0**power, TOKENS[0])
            shapes.append(Line(x1=x, y1=self.y, x2=x, y2=self.y + self.h, colour="line@0.6"))
            shapes.append(_name(x, self.y + self.h + 10.0, _NAMES[power], "center"))
        for power in _powers(TOKENS):
            _, y = self.at(PARAMS[0], 10.0**power)
            shapes.append(Line(x1=self.x, y1=y, x2=self.x + self.w, y2=y, colour="line@0.6"))
            if y > self.y + 16.0:
                shapes.append(_name(self.x - 8.0, y, _NAMES[power], "right"))
        shapes.append(_name(self.x + self.w, self.y + self.h + 26.0, "parameters", "right"))
        shapes.append(_name(self.x - 8.0, self.y + 6.0, "tokens", "right"))
        return shapes


def frame_in(width: float, height: float) -> Frame:
    """The frame in a scene of this size."""
    return Frame(_LEFT, _TOP, max(1.0, width - _LEFT - _RIGHT), max(1.0, height - _TOP - _BOTTOM))


def power_words(value: float, digits: int = 2) -> str:
    """A large number as 5.76×10²³; powers of ten without the factor."""
    if value <= 0 or not math.isfinite(value):
        return "–"
    power = math.floor(math.log10(value) + 1e-12)
    factor = f"{value / 10.0**power:.{digits}f}".rstrip("0").rstrip(".")
    if factor == "10":
        factor, power = "1", power + 1
    raised = f"10{str(power).translate(_SUPERSCRIPTS)}"
    return raised if factor == "1" else f"{factor}×{raised}"


def _share(value: float, ends: tuple[float, float]) -> float:
    low, high = math.log10(ends[0]), math.log10(ends[1])
    return (math.log10(value) - low) / (high - low)


def _value(share: float, ends: tuple[float, float]) -> float:
    low, high = math.log10(ends[0]), math.log10(ends[1])
    return float(10.0 ** (low + share * (high - low)))


def _powers(ends: tuple[float, float]) -> range:
    return range(math.ceil(math.log10(ends[0])), math.floor(math.log10(ends[1])) + 1)


def _name(x: float, y: float, text: str, align: str) -> Text:
    side = "right" if align == "right" else "center"
    return Text(x=x, y=y, text=text, role="small", colour="text_muted", align=side)  # type: ignore[arg-type]
