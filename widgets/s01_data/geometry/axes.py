"""A small plot as shapes: two axes from 0 to 1, and points between. No Qt here."""

from __future__ import annotations

from dataclasses import dataclass

from widgets.scene.shapes import Line, Shape, Text

_TICKS = (0.0, 0.2, 0.4, 0.6, 0.8, 1.0)
_FEW_TICKS = (0.0, 0.5, 1.0)
_LEFT, _BOTTOM, _TOP, _RIGHT = 46.0, 36.0, 10.0, 12.0
_LOW = 130.0


@dataclass(frozen=True)
class UnitAxes:
    """The room of a plot whose x and y both go from 0 to 1.

    Attributes:
        width: Width of the picture.
        height: Height of the picture.
    """

    width: float
    height: float

    def x(self, value: float) -> float:
        """Where a value stands across."""
        return _LEFT + value * (self.width - _LEFT - _RIGHT)

    def y(self, value: float) -> float:
        """Where a value stands; 0 is at the bottom."""
        return self.height - _BOTTOM - value * (self.height - _BOTTOM - _TOP)

    def shapes(self, x_words: str) -> list[Shape]:
        """Grid lines, ticks in percent at the left, and the name of the x axis."""
        made: list[Shape] = []
        for tick in _FEW_TICKS if self.height < _LOW else _TICKS:
            made.append(Line(self.x(0), self.y(tick), self.x(1), self.y(tick), colour="line"))
            made.append(
                Text(self.x(0) - 6, self.y(tick), f"{100 * tick:.0f} %", colour="text_muted", role="small",
                     align="right")
            )  # fmt: skip
        for tick in _TICKS:
            made.append(
                Text(self.x(tick), self.y(0) + 11, f"{tick:g}", colour="text_muted", role="small",
                     align="center")
            )  # fmt: skip
        made.append(
            Text(self.x(1), self.height - 8, x_words, colour="text_muted", role="small", align="right")
        )
        return made
