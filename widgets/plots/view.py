"""The drawing part of a live plot: pyqtgraph draws the curves, this file what stands around them."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import QEvent, QPointF, QRectF, Qt
from PySide6.QtGui import QMouseEvent, QPainter, QResizeEvent, QWheelEvent
from PySide6.QtWidgets import QGraphicsView, QWidget

from widgets.plots.series import (
    MOST_POINTS,
    Array,
    axis_values,
    axis_words,
    downsample,
    finite_range,
    format_reading,
    format_tick,
    from_axis,
    log_ticks,
    padded,
    round_ticks,
    spread_labels,
    to_axis,
)
from widgets.theme import theme

if TYPE_CHECKING:
    from widgets.plots.live_plot import PlotModel, Series

_PEN_STYLES = {"solid": Qt.PenStyle.SolidLine, "dashed": Qt.PenStyle.DashLine, "dotted": Qt.PenStyle.DotLine}
_CURVE_WIDTH = 1.6
_MOST_DASHED_POINTS = 500
_FEWEST_POINTS = 200
_WIDEST_LABELS = 0.34
_MOST_GRID_LINES = 5
_LABEL_WEIGHT = 1000
_LEFT, _RIGHT = Qt.AlignmentFlag.AlignLeft, Qt.AlignmentFlag.AlignRight
_MIDDLE = Qt.AlignmentFlag.AlignVCenter


@dataclass
class _Curve:
    """A curve on screen: its item and the points it draws, in axis coordinates (log10 on a log axis)."""

    item: pg.PlotCurveItem
    series: Series
    x: Array
    y: Array


class PlotView(pg.GraphicsView):  # type: ignore[misc]  # pyqtgraph has no types
    """A view box with curves; axes, labels and the read-out are painted in the margins around it."""

    def __init__(self, model: PlotModel, parent: QWidget) -> None:
        super().__init__(parent, background=None)
        self._model = model
        self._curves: dict[str, _Curve] = {}
        self._reference_places: dict[str, int] = {}
        self._zoomed = False
        self._pointer: QPointF | None = None
        self.setViewportUpdateMode(QGraphicsView.ViewportUpdateMode.FullViewportUpdate)
        self.setCacheMode(QGraphicsView.CacheModeFlag.CacheNone)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.box = pg.ViewBox(enableMenu=False, defaultPadding=0.0)
        self.box.setMouseMode(pg.ViewBox.RectMode)
        self.box.disableAutoRange()
        self.box.sigRangeChangedManually.connect(self._zoom)
        self.scene().addItem(self.box)
        self.setMouseTracking(True)

    def refresh(self) -> None:
        """Take over what is new in the model and repaint."""
        for key in [key for key in self._curves if key not in self._model.series]:
            self.box.removeItem(self._curves.pop(key).item)
        for key, series in self._model.series.items():
            if series.changed or key not in self._curves:
                self._update_curve(key, series)
                series.changed = False
        if not self._zoomed:
            self._fit()
        self._lay_out()
        self.viewport().update()

    def restyle(self) -> None:
        """Take the new theme's pens."""
        for curve in self._curves.values():
            self._style(curve.item, curve.series)
        self._lay_out()
        self.viewport().update()

    def axis_range(self) -> tuple[tuple[float, float], tuple[float, float]]:
        """The ranges shown, in the values' own units."""
        (x0, x1), (y0, y1) = self.box.viewRange()
        model = self._model
        return (from_axis(x0, model.log_x), from_axis(x1, model.log_x)), (
            from_axis(y0, model.log_y),
            from_axis(y1, model.log_y),
        )

    def drawBackground(self, painter: QPainter, rect: QRectF) -> None:  # noqa: N802 - Qt's name
        """Paint grid lines, ticks and axis words."""
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
        look, area = theme(), self.box.geometry()
        painter.setFont(look.font("small"))
        height = look.metrics("small").height()
        for value in self._y_ticks():
            y = self._pixel_y(value)
            painter.setPen(look.pen("line", 1, alpha=0.8))
            painter.drawLine(QPointF(area.left(), y), QPointF(area.right(), y))
            painter.setPen(look.colour("text_muted"))
            text = QRectF(0, y - height / 2, area.left() - look.px(8), height)
            painter.drawText(text, _RIGHT | _MIDDLE, format_tick(from_axis(value, self._model.log_y)))
        self._paint_x_axis(painter)
        if self._pointer is None:
            painter.setPen(look.colour("text_muted"))
            words = axis_words(self._model.y_label, self._model.y_unit)
            painter.drawText(QRectF(0, 0, self.width(), height), _LEFT | _MIDDLE, words)

    def drawForeground(self, painter: QPainter, rect: QRectF) -> None:  # noqa: N802 - Qt's name
        """Paint reference lines, the labels at the ends of the curves, and the read-out."""
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setFont(theme().font("small"))
        labels = self._end_labels()
        self._paint_references(painter, [area for _, area in labels])
        for series, area in labels:
            text = (
                theme().metrics("small").elidedText(series.label, Qt.TextElideMode.ElideRight, area.width())
            )
            # A faint curve still has a label that can be read.
            painter.setPen(theme().colour(series.colour.partition("@")[0]))
            painter.drawText(area, _LEFT | _MIDDLE, text)
        if self._pointer is not None:
            self._paint_read_out(painter, self._pointer)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Keep the curves within their margins."""
        super().resizeEvent(event)
        if hasattr(self, "box"):
            self._lay_out()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Read the curves off where the pointer is."""
        super().mouseMoveEvent(event)
        self._point_at(event.position() if self.box.geometry().contains(event.position()) else None)

    def leaveEvent(self, event: QEvent) -> None:
        """No read-out without a pointer."""
        super().leaveEvent(event)
        self._point_at(None)

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        """Show all again."""
        self._zoomed = False
        self._all_new()
        self.refresh()

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Leave the wheel to the page."""
        event.ignore()

    def _update_curve(self, key: str, series: Series) -> None:
        x, y = axis_values(series.x, self._model.log_x), axis_values(series.y, self._model.log_y)
        y = np.where(np.isfinite(x), y, np.nan)
        if self._zoomed:
            x, y = self._within_view(x, y)
        x, y = downsample(x, y, self._most_points(series))
        curve = self._curves.get(key)
        if curve is None:
            curve = self._curves[key] = _Curve(
                pg.PlotCurveItem(antialias=True, connect="finite"), series, x, y
            )
            self.box.addItem(curve.item, ignoreBounds=True)
            self._style(curve.item, series)
        elif curve.series is not series:
            self._style(curve.item, series)
        curve.series, curve.x, curve.y = series, x, y
        curve.item.setData(x, y)

    def _most_points(self, series: Series) -> int:
        """More points than two a pixel cannot be seen; a dashed path costs more a point."""
        most = MOST_POINTS if series.style == "solid" else _MOST_DASHED_POINTS
        width: float = self.box.geometry().width()
        return min(most, max(_FEWEST_POINTS, round(2 * width)))

    def _within_view(self, x: Array, y: Array) -> tuple[Array, Array]:
        """The points in the x range shown, and one more on either side."""
        low, high = self.box.viewRange()[0]
        seen = np.flatnonzero((x >= low) & (x <= high))
        if not seen.size:
            return x, y
        part = slice(max(0, seen[0] - 1), seen[-1] + 2)
        return x[part], y[part]

    def _style(self, item: pg.PlotCurveItem, series: Series) -> None:
        width = _CURVE_WIDTH * theme().scale
        # pyqtgraph's pen: cosmetic, and with flat caps, which is many times faster than round ones.
        item.setPen(pg.mkPen(theme().colour(series.colour), width=width, style=_PEN_STYLES[series.style]))
        # Thick antialiased paths are slow; separate segments are not, but they cannot carry a dash pattern.
        item.setSegmentedLineMode("on" if series.style == "solid" else "off")

    def _fit(self) -> None:
        model = self._model
        xs = (
            model.x_range or finite_range([s.x for s in model.series.values()], log=model.log_x) or (0.0, 1.0)
        )
        extra = [reference.value for reference in model.references.values()]
        ys = (
            model.y_range
            or finite_range([s.y for s in model.series.values()], extra, model.log_y)
            or (0.0, 1.0)
        )
        x0, x1 = (to_axis(value, model.log_x) for value in xs)
        y0, y1 = (to_axis(value, model.log_y) for value in ys)
        if not model.y_range:
            y0, y1 = padded(y0, y1)
            lines = [
                to_axis(value, model.log_y) for value in extra if y0 <= to_axis(value, model.log_y) <= y1
            ]
            if lines and min(lines) < y0 + 0.3 * (y1 - y0):
                # A low line has the curves above it: leave room for its words below.
                y0 = min(y0, min(lines) - self._words_share() * (y1 - y0))
        if x0 >= x1:
            x0, x1 = padded(x0, x1)
        self.box.setRange(xRange=(x0, x1), yRange=(y0, y1), padding=0, disableAutoRange=True)

    def _words_share(self) -> float:
        """How much of the range to add below for a line of words; at most a half."""
        row = theme().metrics("small").height() + 2
        area = self.height() - 2 * (row + theme().px(6))
        return min(0.5, row / (area - row)) if area > row else 0.0

    def _lay_out(self) -> None:
        """Leave margins as wide as the words in them."""
        look, measures = theme(), theme().metrics("small")
        texts = [format_tick(from_axis(value, self._model.log_y)) for value in self._y_ticks()]
        left = max((measures.horizontalAdvance(text) for text in texts), default=0.0) + look.px(8)
        labels = [series.label for series in self._model.series.values()]
        right = max((measures.horizontalAdvance(text) for text in labels), default=0.0) + look.px(12)
        right = min(right, self.width() * _WIDEST_LABELS)
        row = measures.height()
        top, bottom = row + look.px(6), row + look.px(6)
        area = QRectF(
            left, top, max(10.0, self.width() - left - right), max(10.0, self.height() - top - bottom)
        )
        if area != self.box.geometry():
            self.box.setGeometry(area)

    def _y_ticks(self) -> list[float]:
        low, high = self.box.viewRange()[1]
        most = min(_MOST_GRID_LINES, max(2, int(self.height() / (theme().metrics("small").height() * 2.6))))
        ticks = self._ticks(low, high, most, self._model.log_y)
        # On a log axis round values crowd at the top of a decade.
        apart = (high - low) * theme().metrics("small").height() / max(1.0, self.box.geometry().height())
        kept: list[float] = []
        for tick in ticks:
            if not kept or tick - kept[-1] >= apart:
                kept.append(tick)
        return kept

    def _ticks(self, low: float, high: float, most: int, log: bool) -> list[float]:
        """Ticks in axis coordinates."""
        if log:
            return [math.log10(value) for value in log_ticks(10.0**low, 10.0**high, most)]
        return round_ticks(low, high, most)

    def _paint_x_axis(self, painter: QPainter) -> None:
        look, area, measures = theme(), self.box.geometry(), theme().metrics("small")
        top, height = area.bottom() + look.px(6), measures.height()
        painter.setPen(look.colour("text_muted"))
        words = axis_words(self._model.x_label, self._model.x_unit)
        width = measures.horizontalAdvance(words)
        painter.drawText(QRectF(self.width() - width, top, width, height), _RIGHT | _MIDDLE, words)
        limit = self.width() - width - look.px(8)
        low, high = self.box.viewRange()[0]
        most = max(2, int(area.width() / (measures.horizontalAdvance("0000000") * 1.5)))
        for value in self._ticks(low, high, most, self._model.log_x):
            text, x = format_tick(from_axis(value, self._model.log_x)), self._pixel_x(value)
            half = measures.horizontalAdvance(text) / 2
            if x + half <= limit:
                painter.drawText(QRectF(x - half, top, 2 * half + 1, height), _LEFT | _MIDDLE, text)

    def _paint_references(self, painter: QPainter, labels: list[QRectF]) -> None:
        look, area = theme(), self.box.geometry()
        low, high = self.box.viewRange()[1]
        for key, reference in self._model.references.items():
            value = to_axis(reference.value, self._model.log_y)
            if not low <= value <= high:
                continue
            y = self._pixel_y(value)
            # The line makes way for the labels of the curves.
            end = min([area.right(), *(r.left() - look.px(4) for r in labels if r.top() <= y <= r.bottom())])
            painter.setPen(look.pen(reference.colour, 1, Qt.PenStyle.DashLine))
            painter.drawLine(QPointF(area.left(), y), QPointF(end, y))
            painter.setPen(look.colour(reference.colour))
            painter.drawText(
                self._reference_area(key, reference.label, y, end, labels),
                _LEFT | _MIDDLE,
                reference.label,
            )

    def _reference_area(self, key: str, text: str, y: float, end: float, labels: list[QRectF]) -> QRectF:
        """Where the words of a reference line cross the fewest points and labels; they stay while they cross none."""
        area, measures, gap = self.box.geometry(), theme().metrics("small"), theme().px(6)
        width, height = measures.horizontalAdvance(text) + 1, measures.height()
        first = area.left() + gap
        wanted = (first, (area.left() + end - width) / 2, end - width - gap, area.right() - width - gap)
        lefts = [max(first, left) for left in wanted]
        tops = [top for top in (y - height - 1, y + 1) if area.top() <= top <= area.bottom() - height]
        places = [QRectF(left, top, width, height) for top in tops or (y - height - 1,) for left in lefts]
        crossed = [
            self._points_in(place) + _LABEL_WEIGHT * sum(place.intersects(area) for area in labels)
            for place in places
        ]
        before = self._reference_places.get(key, 0)
        if before >= len(places) or crossed[before]:
            before = self._reference_places[key] = crossed.index(min(crossed))
        return places[before]

    def _points_in(self, area: QRectF) -> int:
        """How many points of curves lie in a rectangle of the view."""
        (x0, x1), (y0, y1) = self.box.viewRange()
        box, count = self.box.geometry(), 0
        left, right = (x0 + (px - box.left()) / box.width() * (x1 - x0) for px in (area.left(), area.right()))
        low, high = (
            y0 + (box.bottom() - px) / box.height() * (y1 - y0) for px in (area.bottom(), area.top())
        )
        for curve in self._curves.values():
            inside = (curve.x >= left) & (curve.x <= right) & (curve.y >= low) & (curve.y <= high)
            count += int(np.count_nonzero(inside))
        return count

    def _end_labels(self) -> list[tuple[Series, QRectF]]:
        """The curves in view and where their labels stand: right of their ends, clear of each other."""
        look, area, measures = theme(), self.box.geometry(), theme().metrics("small")
        ends = [(curve.series, *end) for curve in self._curves.values() if (end := self._last_seen(curve))]
        height = measures.height()
        lowest = self._lowest_for_labels([y for _, _, y in ends]) - height / 2
        places = spread_labels([y for _, _, y in ends], height, area.top() + height / 2, lowest)
        labels = []
        furthest = max((x for _, x, _ in ends), default=0.0)
        for (series, x, _), y in zip(ends, places, strict=True):
            width = measures.horizontalAdvance(series.label) + 1
            # Right of every curve, unless this one ended long before the others.
            left = (furthest if furthest - x < width + look.px(32) else x) + look.px(8)
            width = min(width, self.width() - left)
            labels.append((series, QRectF(left, y - height / 2, width, height)))
        return labels

    def _lowest_for_labels(self, ends: list[float]) -> float:
        """How far down labels may stand: not over the words of a reference line below all curves."""
        model = self._model
        bottom: float = self.box.geometry().bottom()
        lines = [self._pixel_y(to_axis(item.value, model.log_y)) for item in model.references.values()]
        return min([bottom, *(y for y in lines if y > max(ends, default=bottom))])

    def _last_seen(self, curve: _Curve) -> tuple[float, float] | None:
        """Pixels of the last point of a curve within the x range shown."""
        low, high = self.box.viewRange()[0]
        seen = np.flatnonzero(np.isfinite(curve.y) & (curve.x >= low) & (curve.x <= high))
        if not seen.size:
            return None
        return self._pixel_x(float(curve.x[seen[-1]])), self._pixel_y(float(curve.y[seen[-1]]))

    def _paint_read_out(self, painter: QPainter, pointer: QPointF) -> None:
        """A thin line at the pointer, a dot on every curve, and the values in the top row."""
        look, area, measures = theme(), self.box.geometry(), theme().metrics("small")
        at = self.box.mapSceneToView(pointer).x()
        readings = [(curve, i) for curve in self._curves.values() if (i := _nearest(curve, at)) is not None]
        if not readings:
            return
        first = float(readings[0][0].x[readings[0][1]])
        x = self._pixel_x(first)
        painter.setPen(look.pen("text_muted", 1, alpha=0.6))
        painter.drawLine(QPointF(x, area.top()), QPointF(x, area.bottom()))
        step = format_reading(from_axis(first, self._model.log_x))
        parts = [(f"{self._model.x_label} {step}", "text_muted")]
        painter.setPen(Qt.PenStyle.NoPen)
        for curve, i in readings:
            colour, y = curve.series.colour, float(curve.y[i])
            painter.setBrush(look.colour(colour))
            painter.drawEllipse(
                QPointF(self._pixel_x(float(curve.x[i])), self._pixel_y(y)), look.px(3), look.px(3)
            )
            parts.append((f"{curve.series.label} {format_reading(from_axis(y, self._model.log_y))}", colour))
        left, height = 0.0, measures.height()
        for text, colour in parts:
            width = measures.horizontalAdvance(text)
            if left + width > self.width():
                break
            painter.setPen(look.colour(colour))
            painter.drawText(QRectF(left, 0, width + 1, height), _LEFT | _MIDDLE, text)
            left += width + look.px(14)

    def _point_at(self, pointer: QPointF | None) -> None:
        if pointer != self._pointer:
            self._pointer = pointer
            self.viewport().update()

    def _zoom(self, *_: object) -> None:
        self._zoomed = True
        self._all_new()
        self.refresh()

    def _all_new(self) -> None:
        for series in self._model.series.values():
            series.changed = True

    def _pixel_x(self, value: float) -> float:
        (low, high), area = self.box.viewRange()[0], self.box.geometry()
        x: float = area.left() + (value - low) / ((high - low) or 1.0) * area.width()
        return x

    def _pixel_y(self, value: float) -> float:
        (low, high), area = self.box.viewRange()[1], self.box.geometry()
        y: float = area.bottom() - (value - low) / ((high - low) or 1.0) * area.height()
        return y


def _nearest(curve: _Curve, at: float) -> int | None:
    """The index of the point with a value that is nearest to a position."""
    known = np.flatnonzero(np.isfinite(curve.y))
    if not known.size:
        return None
    return int(known[np.argmin(np.abs(curve.x[known] - at))])
