"""Two axes around a drawing: where values lie, round ticks, few grid lines, words with units."""

from __future__ import annotations

import math
from dataclasses import dataclass

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QPainter

from widgets.plots.series import axis_words, format_tick, from_axis, log_ticks, round_ticks
from widgets.theme import theme

_MOST_GRID_LINES = 5
_LEFT, _RIGHT = Qt.AlignmentFlag.AlignLeft, Qt.AlignmentFlag.AlignRight
_MIDDLE = Qt.AlignmentFlag.AlignVCenter


@dataclass(frozen=True, kw_only=True)
class Axis:
    """One axis: what it measures and what of it is shown.

    Attributes:
        name: What it measures.
        unit: Its unit, or "".
        log: Whether it is logarithmic.
        low: Where it begins, in axis coordinates (log10 on a log axis).
        high: Where it ends.
    """

    name: str = ""
    unit: str = ""
    log: bool = False
    low: float = 0.0
    high: float = 1.0

    @property
    def words(self) -> str:
        """What it measures, with its unit."""
        return axis_words(self.name, self.unit)

    def share(self, value: float) -> float:
        """Where a value (axis coordinates) lies, 0 at the beginning and 1 at the end."""
        return (value - self.low) / ((self.high - self.low) or 1.0)

    def ticks(self, most: int) -> list[float]:
        """At most ``most`` round values, in axis coordinates."""
        if self.log:
            return [math.log10(value) for value in log_ticks(10.0**self.low, 10.0**self.high, most)]
        return round_ticks(self.low, self.high, most)

    def text(self, value: float) -> str:
        """The number at a tick."""
        return format_tick(from_axis(value, self.log))


@dataclass(frozen=True)
class Axes:
    """Two axes, the rectangle between them and the whole room, in pixels."""

    x: Axis
    y: Axis
    area: QRectF
    width: float
    height: float

    def pixel_x(self, value: float) -> float:
        """Where a value on the x axis (axis coordinates) lies."""
        return self.area.left() + self.x.share(value) * self.area.width()

    def pixel_y(self, value: float) -> float:
        """Where a value on the y axis (axis coordinates) lies."""
        return self.area.bottom() - self.y.share(value) * self.area.height()

    def value_at(self, point: QPointF) -> tuple[float, float]:
        """The values (axis coordinates) at a pixel."""
        across = (point.x() - self.area.left()) / (self.area.width() or 1.0)
        up = (self.area.bottom() - point.y()) / (self.area.height() or 1.0)
        return (
            self.x.low + across * (self.x.high - self.x.low),
            self.y.low + up * (self.y.high - self.y.low),
        )

    def y_ticks(self) -> list[float]:
        """Ticks of the y axis, far enough apart for their numbers."""
        row = theme().metrics("small").height()
        most = min(_MOST_GRID_LINES, max(2, int(self.height / (row * 2.6))))
        # On a log axis round values crowd at the top of a decade.
        apart = (self.y.high - self.y.low) * row / max(1.0, self.area.height())
        kept: list[float] = []
        for tick in self.y.ticks(most):
            if not kept or tick - kept[-1] >= apart:
                kept.append(tick)
        return kept

    def paint_y(self, painter: QPainter, *, grid: bool = True, words: bool = True) -> None:
        """Paint grid lines, the numbers of the y axis and, at the top left, what it measures."""
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
        look, area = theme(), self.area
        painter.setFont(look.font("small"))
        height = look.metrics("small").height()
        for value in self.y_ticks():
            y = self.pixel_y(value)
            if grid:
                painter.setPen(look.pen("line", 1, alpha=0.8))
                painter.drawLine(QPointF(area.left(), y), QPointF(area.right(), y))
            painter.setPen(look.colour("text_muted"))
            text = QRectF(0, y - height / 2, area.left() - look.px(8), height)
            painter.drawText(text, _RIGHT | _MIDDLE, self.y.text(value))
        if words:
            painter.setPen(look.colour("text_muted"))
            painter.drawText(QRectF(0, 0, self.width, height), _LEFT | _MIDDLE, self.y.words)

    def paint_x(self, painter: QPainter) -> None:
        """Paint the numbers of the x axis and, at the right, what it measures."""
        look, area, measures = theme(), self.area, theme().metrics("small")
        painter.setFont(look.font("small"))
        top, height = area.bottom() + look.px(6), measures.height()
        painter.setPen(look.colour("text_muted"))
        width = measures.horizontalAdvance(self.x.words)
        painter.drawText(QRectF(self.width - width, top, width, height), _RIGHT | _MIDDLE, self.x.words)
        limit = self.width - width - (look.px(8) if width else 0)
        most = max(2, int(area.width() / (measures.horizontalAdvance("0000000") * 1.5)))
        for value in self.x.ticks(most):
            text, x = self.x.text(value), self.pixel_x(value)
            half = measures.horizontalAdvance(text) / 2
            if x + half <= limit:
                painter.drawText(QRectF(x - half, top, 2 * half + 1, height), _LEFT | _MIDDLE, text)


def lay_out(x: Axis, y: Axis, width: float, height: float, right: float = 0.0, top: float = -1.0) -> Axes:
    """Axes with margins as wide as the words in them.

    Args:
        x: The x axis.
        y: The y axis.
        width: The whole width.
        height: The whole height.
        right: Room to leave at the right, for labels.
        top: Room to leave at the top; below 0 for one line of words.
    """
    look, measures = theme(), theme().metrics("small")
    row = measures.height() + look.px(6)
    above = row if top < 0 else top
    area = QRectF(0, above, max(10.0, width - right), max(10.0, height - above - row))
    texts = [y.text(value) for value in Axes(x, y, area, width, height).y_ticks()]
    left = max((measures.horizontalAdvance(text) for text in texts), default=0.0) + look.px(8)
    area = QRectF(left, above, max(10.0, width - left - right), area.height())
    return Axes(x, y, area, width, height)
