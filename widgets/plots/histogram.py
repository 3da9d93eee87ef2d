"""A histogram with shaded zones; its bars take the colour of the zone that they stand in."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QPointF, QRectF, Qt, Signal
from PySide6.QtGui import QPainter
from PySide6.QtWidgets import QWidget

from widgets.plots.axes import Axes, Axis, lay_out
from widgets.plots.chart import Chart
from widgets.plots.marks import paint_plate, paint_row
from widgets.plots.series import Array, format_reading
from widgets.theme import theme

_AIR = 0.12
_WORDS = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignTop


@dataclass(frozen=True)
class Zone:
    """A part of the x axis that means something.

    Attributes:
        low: Where it begins.
        high: Where it ends.
        label: Its words, at its top.
        colour: Token of the bars in it; the ground is a wash of it.
    """

    low: float
    high: float
    label: str
    colour: str


class HistogramPlot(Chart):
    """How often values are how large. ``clicked`` carries the index of a bar.

    Args:
        title: What it shows.
        x_label: What was measured.
        x_unit: Its unit, or "".
        y_label: What is counted.
        parent: Owner.
    """

    clicked = Signal(int)

    def __init__(
        self,
        title: str,
        x_label: str,
        x_unit: str = "",
        y_label: str = "count",
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(title, parent)
        self._words = (x_label, x_unit), y_label
        self._edges: Array = np.zeros(0)
        self._counts: Array = np.zeros(0)
        self._colour = "accent"
        self._zones: tuple[Zone, ...] = ()
        self._marker: tuple[float, str] | None = None
        self._axes: Axes | None = None
        self._over = -1

    def set_histogram(
        self,
        edges: npt.ArrayLike,
        counts: npt.ArrayLike,
        colour: str = "accent",
        zones: Sequence[Zone] = (),
    ) -> None:
        """Show a histogram.

        Args:
            edges: Edges of the bars (n + 1,), rising.
            counts: Height of each bar (n,), finite and not below 0.
            colour: Token of bars outside all zones.
            zones: Parts of the x axis that mean something.

        Raises:
            ValueError: if there is not one edge more than counts, the edges do not rise, or a count is no count.
        """
        xs, ys = np.asarray(edges, np.float64), np.asarray(counts, np.float64)
        if xs.ndim != 1 or ys.ndim != 1 or (len(xs) != len(ys) + 1 and len(xs) + len(ys) > 0):
            raise ValueError(f"{len(xs)} edges for {len(ys)} bars")
        if not (np.diff(xs) > 0).all():
            raise ValueError("the edges of a histogram must rise")
        if not (np.isfinite(ys).all() and (ys >= 0).all()):
            raise ValueError("the counts of a histogram must be finite and not below 0")
        self._edges, self._counts, self._colour, self._zones = xs, ys, colour, tuple(zones)
        self._over = -1
        self._request()

    def set_values(
        self, values: npt.ArrayLike, bins: int = 40, colour: str = "accent", zones: Sequence[Zone] = ()
    ) -> None:
        """Count values in evenly wide bars; values that are not finite are left out."""
        xs = np.asarray(values, np.float64).ravel()
        xs = xs[np.isfinite(xs)]
        if not xs.size:
            self.set_histogram([], [], colour, zones)
            return
        counts, edges = np.histogram(xs, bins)
        self.set_histogram(edges, counts, colour, zones)

    def set_marker(self, value: float | None, label: str = "") -> None:
        """Draw a thin upright line at a value, such as a threshold, with its words; None takes it away."""
        self._marker = (float(value), label) if value is not None and np.isfinite(value) else None
        self._request()

    def has_data(self) -> bool:
        """Whether there is any bar."""
        return bool(len(self._counts))

    def colour_of(self, index: int) -> str:
        """The colour of a bar: that of the zone that holds its middle."""
        middle = (self._edges[index] + self._edges[index + 1]) / 2
        return next((zone.colour for zone in self._zones if zone.low <= middle < zone.high), self._colour)

    def reading(self, index: int) -> list[tuple[str, str]]:
        """What the top row says of a bar: pairs of words and colour."""
        low, high = float(self._edges[index]), float(self._edges[index + 1])
        unit = self._words[0][1]
        where = f"{format_reading(low)} to {format_reading(high)} {unit}".rstrip()
        return [(where, "text_muted"), (format_reading(float(self._counts[index])), self.colour_of(index))]

    def paint_sheet(self, painter: QPainter, width: int, height: int) -> None:
        """Paint zones, axes, bars, the marker and the top row."""
        painter.setFont(theme().font("small"))
        axes = self._axes = self._lay_out(width, height)
        self._paint_zones(painter, axes)
        axes.paint_y(painter, words=self._over < 0)
        axes.paint_x(painter)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        self._paint_bars(painter, axes)
        self._paint_zone_words(painter, axes)
        self._paint_marker(painter, axes)
        if self._over >= 0:
            paint_row(painter, self.reading(self._over), width)

    def point_at(self, pointer: QPointF | None) -> None:
        """Read off the bar under the pointer."""
        over = self._index_at(pointer) if pointer is not None else -1
        if over != self._over:
            self._over = over
            self._repaint()

    def click_at(self, pointer: QPointF) -> None:
        """Say which bar was clicked."""
        index = self._index_at(pointer)
        if index >= 0:
            self.clicked.emit(index)

    def _lay_out(self, width: int, height: int) -> Axes:
        (name, unit), y_label = self._words
        x = Axis(name=name, unit=unit, low=float(self._edges[0]), high=float(self._edges[-1]))
        y = Axis(name=y_label, low=0.0, high=(float(self._counts.max()) or 1.0) * (1 + _AIR))
        return lay_out(x, y, width, height, right=theme().px(4))

    def _paint_zones(self, painter: QPainter, axes: Axes) -> None:
        look, area = theme(), axes.area
        for zone in self._zones:
            left = max(area.left(), axes.pixel_x(max(zone.low, axes.x.low)))
            right = min(area.right(), axes.pixel_x(min(zone.high, axes.x.high)))
            if right <= left:
                continue
            painter.fillRect(
                QRectF(left, area.top(), right - left, area.height()), look.colour(zone.colour, 0.1)
            )

    def _paint_zone_words(self, painter: QPainter, axes: Axes) -> None:
        look, area, measures = theme(), axes.area, theme().metrics("small")
        for zone in self._zones:
            left = max(area.left(), axes.pixel_x(max(zone.low, axes.x.low)))
            room = min(area.right(), axes.pixel_x(min(zone.high, axes.x.high))) - left - look.px(8)
            words = measures.elidedText(zone.label, Qt.TextElideMode.ElideRight, room - look.px(8))
            if room < look.px(24) or not words:
                continue
            wide = measures.horizontalAdvance(words) + look.px(8)
            place = QRectF(left + look.px(4), area.top() + look.px(2), wide, measures.height())
            paint_plate(painter, place, words, zone.colour)

    def _paint_bars(self, painter: QPainter, axes: Axes) -> None:
        look, floor = theme(), axes.area.bottom()
        painter.setPen(Qt.PenStyle.NoPen)
        lefts = [axes.pixel_x(float(edge)) for edge in self._edges]
        for index, count in enumerate(self._counts):
            if count <= 0:
                continue
            wide = lefts[index + 1] - lefts[index]
            hair = min(1.5, 0.2 * wide)
            top = min(axes.pixel_y(float(count)), floor - 1.0)  # a few among many can still be seen
            painter.setBrush(look.colour(self.colour_of(index), 1.0 if index == self._over else 0.88))
            round_ = min(2.0, wide / 3)
            painter.drawRoundedRect(
                QRectF(lefts[index] + hair / 2, top, wide - hair, floor - top), round_, round_
            )

    def _paint_marker(self, painter: QPainter, axes: Axes) -> None:
        if self._marker is None or not axes.x.low <= self._marker[0] <= axes.x.high:
            return
        look, area, measures = theme(), axes.area, theme().metrics("small")
        x = axes.pixel_x(self._marker[0])
        painter.setPen(look.pen("text", 1.5, Qt.PenStyle.DashLine))
        painter.drawLine(QPointF(x, area.top()), QPointF(x, area.bottom()))
        width = measures.horizontalAdvance(self._marker[1]) + 1
        left = x + look.px(6) if x + look.px(6) + width <= area.right() else x - look.px(6) - width
        painter.setPen(look.colour("text"))
        row = measures.height() if self._zones else 0.0  # under the words of the zones
        painter.drawText(
            QRectF(left, area.top() + row + look.px(2), width, measures.height()), _WORDS, self._marker[1]
        )

    def _index_at(self, pointer: QPointF) -> int:
        axes = self._axes
        if axes is None or not axes.area.left() <= pointer.x() < axes.area.right():
            return -1
        at = axes.value_at(pointer)[0]
        return int(np.clip(np.searchsorted(self._edges, at, "right") - 1, 0, len(self._counts) - 1))
