"""Bars in groups, with error bars and their values above them."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from PySide6.QtCore import QPointF, QRectF, Qt, Signal
from PySide6.QtGui import QPainter
from PySide6.QtWidgets import QWidget

from widgets.plots.axes import Axes, Axis, lay_out
from widgets.plots.chart import Chart
from widgets.plots.marks import paint_plate, paint_row
from widgets.plots.series import Array, finite_range, format_reading, to_axis
from widgets.theme import theme

_CENTRE = Qt.AlignmentFlag.AlignHCenter
_MIDDLE = Qt.AlignmentFlag.AlignVCenter
_BAR_SHARE = 0.72
_WIDEST_BAR = 56
_AIR = 0.12


@dataclass(frozen=True)
class BarSeries:
    """One bar in every group.

    Attributes:
        label: Its words; "" for a plot with one series.
        colour: Token of its colour.
        values: A value for every group; NaN leaves it out.
        errors: Half the length of the error bars, or empty.
        colours: A token for every group in place of ``colour``, or empty.
    """

    label: str
    colour: str
    values: Sequence[float]
    errors: Sequence[float] = ()
    colours: Sequence[str] = ()


class BarsPlot(Chart):
    """Groups of bars. ``clicked`` carries the index of a group.

    Args:
        title: What it shows.
        y_label: What the bars measure.
        y_unit: Its unit, or "".
        parent: Owner.
    """

    clicked = Signal(int)

    def __init__(
        self,
        title: str,
        y_label: str,
        y_unit: str = "",
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(title, parent)
        self._words = y_label, y_unit
        self._groups: list[str] = []
        self._series: list[BarSeries] = []
        self._reference: tuple[float, str] | None = None
        self._log, self._from_zero = False, True
        self._y_range: tuple[float, float] | None = None
        self._axes: Axes | None = None
        self._over = -1

    # ---- what it shows

    def set_groups(self, groups: Sequence[str], series: Sequence[BarSeries]) -> None:
        """Show bars in groups.

        Args:
            groups: Words under each group.
            series: The bars of every group, in order.

        Raises:
            ValueError: if a series has not one value (and, where given, error and colour) for every group.
        """
        for item in series:
            for values in (item.values, item.errors or item.values, item.colours or item.values):
                if len(values) != len(groups):
                    raise ValueError(f"{len(values)} values of '{item.label}' for {len(groups)} groups")
        self._groups, self._series = list(groups), list(series)
        self._request()

    def clear(self) -> None:
        """Show nothing."""
        self._groups, self._series = [], []
        self._request()

    def set_reference(self, value: float | None, label: str = "") -> None:
        """Draw a thin dashed line at a height, with its words; None takes it away."""
        self._reference = (float(value), label) if value is not None and math.isfinite(value) else None
        self._request()

    def set_log(self, on: bool) -> None:
        """Make the y axis logarithmic; values not above 0 are left out there."""
        self._log = on
        self._request()

    def set_from_zero(self, on: bool) -> None:
        """Begin the y axis at 0 (bars can then be compared by length), or near the lowest error bar.

        Without zero the heights are marks with whiskers and no bars, which would lie.
        """
        self._from_zero = on
        self._request()

    def set_y_range(self, low: float, high: float) -> None:
        """Fix the y axis; ``low == high`` follows the data."""
        self._y_range = (low, high) if low < high else None
        self._request()

    def has_data(self) -> bool:
        """Whether there is any bar."""
        return any(np.isfinite(np.asarray(item.values, np.float64)).any() for item in self._series)

    # ---- painting

    def paint_sheet(self, painter: QPainter, width: int, height: int) -> None:
        """Paint axes, bars, whiskers and words."""
        painter.setFont(theme().font("small"))
        axes = self._axes = self._lay_out(width, height)
        axes.paint_y(painter, words=self._over < 0)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        self._paint_groups(painter, axes)
        self._paint_reference(painter, axes)
        self._paint_row(painter, width)

    def point_at(self, pointer: QPointF | None) -> None:
        """Read off what is under the pointer."""
        over = self._index_at(pointer) if pointer is not None else -1
        if over != self._over:
            self._over = over
            self._repaint()

    def click_at(self, pointer: QPointF) -> None:
        """Say which group or bar was clicked."""
        index = self._index_at(pointer)
        if index >= 0:
            self.clicked.emit(index)

    def reading(self, index: int) -> list[tuple[str, str]]:
        """What the top row says of a group or a bar: pairs of words and colour."""
        parts = [(self._groups[index], "text_muted")]
        for item in self._series:
            parts.append((f"{item.label} {_with_error(item, index)}".strip(), _bar_colour(item, index)))
        return parts

    def _lay_out(self, width: int, height: int) -> Axes:
        low, high = self._range()
        y = Axis(name=self._words[0], unit=self._words[1], log=self._log, low=low, high=high)
        return lay_out(Axis(), y, width, height, right=theme().px(4))

    def _range(self) -> tuple[float, float]:
        """The y range in axis coordinates."""
        if self._y_range is not None:
            return to_axis(self._y_range[0], self._log), to_axis(self._y_range[1], self._log)
        values = [
            np.asarray(item.values, np.float64) + sign * _errors(item)
            for item in self._series
            for sign in (-1, 1)
        ]
        extra = [self._reference[0]] if self._reference is not None else []
        low, high = finite_range(values, extra, self._log) or (0.0, 1.0)
        if self._log:
            bottom = math.floor(math.log10(low) - 1e-9)
            top = math.log10(high)
            return float(bottom), top + max(_AIR * (top - bottom), 0.05)
        if self._from_zero:
            low, high = min(0.0, low), max(0.0, high)
        span = (high - low) or abs(high) or 1.0
        with_words = _AIR * span
        return low - (with_words if low < 0 or not self._from_zero else 0.0), high + with_words

    def _paint_groups(self, painter: QPainter, axes: Axes) -> None:
        bars, measures = self._bars(axes), theme().metrics("small")
        room = axes.area.width() / max(1, len(self._groups))
        free = room / max(1, len(self._series))
        widths = [measures.horizontalAdvance(format_reading(float(item.values[i]))) for item, i, _ in bars]
        values_fit = max(widths, default=0.0) <= free
        for item, index, bar in bars:
            self._paint_bar(painter, item, index, bar)
            ends = self._paint_whisker(painter, axes, item, index, bar)
            if values_fit:
                self._paint_value(painter, item, index, bar, ends)
        self._paint_names(painter, axes, room)

    def _bars(self, axes: Axes) -> list[tuple[BarSeries, int, QRectF]]:
        """Every bar with its series, its group and its rectangle."""
        if not self._groups or not self._series:
            return []
        room = axes.area.width() / len(self._groups)
        width = min(room * _BAR_SHARE / len(self._series), theme().px(_WIDEST_BAR))
        floor, found = self._floor(axes), []
        for index in range(len(self._groups)):
            left = axes.area.left() + (index + 0.5) * room - width * len(self._series) / 2
            for place, item in enumerate(self._series):
                top = self._height(axes, float(item.values[index]))
                if top is not None:
                    hair = min(theme().px(3), 0.15 * width)
                    bar = QRectF(left + place * width + hair / 2, top, width - hair, floor - top)
                    found.append((item, index, bar))
        return found

    def _paint_bar(self, painter: QPainter, item: BarSeries, index: int, bar: QRectF) -> None:
        look, colour = theme(), _bar_colour(item, index)
        if not self._from_zero:
            painter.setPen(look.pen(colour, 2.5))
            painter.drawLine(bar.topLeft(), bar.topRight())
            return
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(look.colour(colour, 1.0 if index == self._over else 0.88))
        painter.drawRoundedRect(bar.normalized(), look.px(3), look.px(3))

    def _paint_whisker(
        self, painter: QPainter, axes: Axes, item: BarSeries, index: int, bar: QRectF
    ) -> tuple[float, float]:
        """The error bar; returns how far up and down bar and whisker reach."""
        look, shape = theme(), bar.normalized()
        error = float(item.errors[index]) if item.errors else math.nan
        value = float(item.values[index])
        high = self._height(axes, value + error)
        if not math.isfinite(error) or error <= 0 or high is None:
            return shape.top(), shape.bottom()
        low = self._height(axes, value - error)
        low = low if low is not None else axes.area.bottom()
        x, cap = bar.center().x(), min(bar.width() / 4, look.px(6))
        painter.setPen(look.pen("text", 1.5))
        for y in (high, low):
            painter.drawLine(QPointF(x - cap, y), QPointF(x + cap, y))
        painter.drawLine(QPointF(x, high), QPointF(x, low))
        return min(high, shape.top()), max(low, shape.bottom())

    def _paint_value(
        self, painter: QPainter, item: BarSeries, index: int, bar: QRectF, ends: tuple[float, float]
    ) -> None:
        look, height = theme(), theme().metrics("small").height()
        painter.setPen(look.colour("text"))
        below = self._from_zero and float(item.values[index]) < 0
        y = ends[1] + look.px(2) if below else ends[0] - height - look.px(2)
        wide = bar.width() + look.px(40)
        area = QRectF(bar.center().x() - wide / 2, y, wide, height)
        painter.drawText(area, _CENTRE | _MIDDLE, format_reading(float(item.values[index])))

    def _paint_names(self, painter: QPainter, axes: Axes, room: float) -> None:
        look, measures = theme(), theme().metrics("small")
        top = axes.area.bottom() + look.px(6)
        for index, name in enumerate(self._groups):
            painter.setPen(look.colour("text" if index == self._over else "text_muted"))
            words = measures.elidedText(name, Qt.TextElideMode.ElideRight, room - look.px(6))
            area = QRectF(axes.area.left() + index * room, top, room, measures.height())
            painter.drawText(area, _CENTRE | _MIDDLE, words)

    def _paint_reference(self, painter: QPainter, axes: Axes) -> None:
        if self._reference is None:
            return
        look, (value, words) = theme(), self._reference
        y = self._height(axes, value)
        if y is None or not axes.area.top() <= y <= axes.area.bottom():
            return
        painter.setPen(look.pen("text", 1, Qt.PenStyle.DashLine))
        painter.drawLine(QPointF(axes.area.left(), y), QPointF(axes.area.right(), y))
        measures = look.metrics("small")
        wide, high = measures.horizontalAdvance(words) + 2 * look.px(4), measures.height()
        paint_plate(painter, QRectF(axes.area.right() - wide, y - high - 2, wide, high), words, "text")

    def _paint_row(self, painter: QPainter, width: int) -> None:
        """The top row: the reading under the pointer, else the names of the series right of the y axis's words."""
        if self._over >= 0:
            paint_row(painter, self.reading(self._over), width)
            return
        named = [(item.label, item.colour) for item in self._series if item.label]
        if len(named) < 2:
            return
        look, measures = theme(), theme().metrics("small")
        needed = sum(measures.horizontalAdvance(words) + look.px(14) for words, _ in named)
        painter.save()
        painter.translate(max(0.0, width - needed), 0)
        paint_row(painter, named, needed)
        painter.restore()

    def _floor(self, axes: Axes) -> float:
        zero = axes.area.bottom() if self._log else axes.pixel_y(0.0)
        return min(max(zero, axes.area.top()), axes.area.bottom())

    def _height(self, axes: Axes, value: float) -> float | None:
        """Where a value lies; None if it cannot be drawn."""
        if not math.isfinite(value) or (self._log and value <= 0):
            return None
        return axes.pixel_y(to_axis(value, self._log))

    def _index_at(self, pointer: QPointF) -> int:
        axes = self._axes
        if axes is None or not axes.area.left() <= pointer.x() < axes.area.right():
            return -1
        if not self._groups:
            return -1
        return min(
            len(self._groups) - 1,
            int((pointer.x() - axes.area.left()) / axes.area.width() * len(self._groups)),
        )


def _errors(item: BarSeries) -> Array:
    """The error of each value; 0 where there is none."""
    if not item.errors:
        return np.zeros(len(item.values))
    return np.nan_to_num(np.asarray(item.errors, np.float64), nan=0.0, posinf=0.0, neginf=0.0)


def _bar_colour(item: BarSeries, index: int) -> str:
    return item.colours[index] if item.colours else item.colour


def _with_error(item: BarSeries, index: int) -> str:
    words = format_reading(float(item.values[index]))
    error = float(item.errors[index]) if item.errors else math.nan
    return f"{words} ± {format_reading(error)}" if math.isfinite(error) and error > 0 else words
