"""The drawing part of a live plot: pyqtgraph draws the curves, :mod:`widgets.plots.marks` what stands around them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import QEvent, QPointF, QRectF, Qt
from PySide6.QtGui import QMouseEvent, QPainter, QResizeEvent, QWheelEvent
from PySide6.QtWidgets import QGraphicsView, QWidget

from widgets.plots.axes import Axes, Axis, lay_out
from widgets.plots.marks import (
    Drawn,
    ReferenceLines,
    end_labels,
    paint_labels,
    paint_lone_points,
    paint_read_out,
)
from widgets.plots.series import (
    MOST_POINTS,
    Array,
    axis_values,
    downsample,
    finite_range,
    from_axis,
    padded,
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


@dataclass
class _Curve(Drawn):
    """A curve on screen, with its item."""

    item: pg.PlotCurveItem


class PlotView(pg.GraphicsView):  # type: ignore[misc]  # pyqtgraph has no types
    """A view box with curves; axes, labels and the read-out are painted in the margins around it."""

    def __init__(self, model: PlotModel, parent: QWidget) -> None:
        super().__init__(parent, background=None)
        self._model = model
        self._curves: dict[str, _Curve] = {}
        self._references = ReferenceLines()
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

    def axes(self) -> Axes:
        """Both axes as they are shown."""
        model = self._model
        (x0, x1), (y0, y1) = self.box.viewRange()
        x = Axis(name=model.x_label, unit=model.x_unit, log=model.log_x, low=x0, high=x1)
        y = Axis(name=model.y_label, unit=model.y_unit, log=model.log_y, low=y0, high=y1)
        return Axes(x, y, self.box.geometry(), self.width(), self.height())

    def axis_range(self) -> tuple[tuple[float, float], tuple[float, float]]:
        """The ranges shown, in the values' own units."""
        axes = self.axes()
        x, y = axes.x, axes.y
        return (from_axis(x.low, x.log), from_axis(x.high, x.log)), (
            from_axis(y.low, y.log),
            from_axis(y.high, y.log),
        )

    def end_labels(self) -> list[tuple[Series, QRectF]]:
        """The curves in view and where their labels stand."""
        lines = [to_axis(item.value, self._model.log_y) for item in self._model.references.values()]
        return end_labels(self.axes(), list(self._curves.values()), lines)

    def reference_areas(self) -> dict[str, tuple[QPointF, QRectF]]:
        """Where the reference lines in view end, and where their words stand."""
        labels = [area for _, area in self.end_labels()]
        return self._references.areas(
            self.axes(), self._model.references, labels, list(self._curves.values())
        )

    def drawBackground(self, painter: QPainter, rect: QRectF) -> None:  # noqa: N802 - Qt's name
        """Paint grid lines, ticks and axis words."""
        axes = self.axes()
        axes.paint_y(painter, words=self._pointer is None)
        axes.paint_x(painter)

    def drawForeground(self, painter: QPainter, rect: QRectF) -> None:  # noqa: N802 - Qt's name
        """Paint reference lines, the labels at the ends of the curves, and the read-out."""
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setFont(theme().font("small"))
        axes = self.axes()
        self._references.paint(painter, axes, self._model.references, self.reference_areas())
        paint_lone_points(painter, axes, list(self._curves.values()))
        paint_labels(painter, self.end_labels())
        if self._pointer is not None:
            paint_read_out(painter, axes, list(self._curves.values()), self._pointer)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Keep the curves within their margins."""
        super().resizeEvent(event)
        if hasattr(self, "box"):
            self._lay_out()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Read the curves off where the pointer is."""
        super().mouseMoveEvent(event)
        self.point_at(event.position() if self.box.geometry().contains(event.position()) else None)

    def leaveEvent(self, event: QEvent) -> None:
        """No read-out without a pointer."""
        super().leaveEvent(event)
        self.point_at(None)

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        """Show all again."""
        self._zoomed = False
        self._all_new()
        self.refresh()

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Leave the wheel to the page."""
        event.ignore()

    def point_at(self, pointer: QPointF | None) -> None:
        """Read the curves off at a pixel; None ends it."""
        if pointer != self._pointer:
            self._pointer = pointer
            self.viewport().update()

    def _update_curve(self, key: str, series: Series) -> None:
        x, y = axis_values(series.x, self._model.log_x), axis_values(series.y, self._model.log_y)
        y = np.where(np.isfinite(x), y, np.nan)
        if self._zoomed:
            x, y = self._within_view(x, y)
        x, y = downsample(x, y, self._most_points(series))
        curve = self._curves.get(key)
        if curve is None:
            item = pg.PlotCurveItem(antialias=True, connect="finite")
            curve = self._curves[key] = _Curve(series, x, y, item)
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
            y0, y1 = self._with_words(y0, y1, lines)
        if x0 >= x1:
            x0, x1 = padded(x0, x1)
        self.box.setRange(xRange=(x0, x1), yRange=(y0, y1), padding=0, disableAutoRange=True)

    def _with_words(self, low: float, high: float, lines: list[float]) -> tuple[float, float]:
        """The range with room for the words of a low line below it, and of a high one above: no curves lie there."""
        if not lines:
            return low, high
        wide, share = high - low, self._words_share()
        if max(lines) > high - 0.3 * wide:
            high = max(high, max(lines) + share * wide)
        if min(lines) < low + 0.3 * wide:
            low = min(low, min(lines) - share * (high - low))
        return low, high

    def _words_share(self) -> float:
        """How much of the range to add below for a line of words; at most a half."""
        row = theme().metrics("small").height() + 2
        area = self.height() - 2 * (row + theme().px(6))
        return min(0.5, row / (area - row)) if area > row else 0.0

    def _lay_out(self) -> None:
        """Leave margins as wide as the words in them."""
        look, measures, axes = theme(), theme().metrics("small"), self.axes()
        labels = [series.label for series in self._model.series.values()]
        right = max((measures.horizontalAdvance(text) for text in labels), default=0.0) + look.px(12)
        area = lay_out(
            axes.x, axes.y, self.width(), self.height(), min(right, self.width() * _WIDEST_LABELS)
        ).area
        if area != self.box.geometry():
            self.box.setGeometry(area)

    def _zoom(self, *_: object) -> None:
        self._zoomed = True
        self._all_new()
        self.refresh()

    def _all_new(self) -> None:
        for series in self._model.series.values():
            series.changed = True
