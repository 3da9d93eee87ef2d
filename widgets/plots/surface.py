"""A surface seen from above: colours, iso-lines with their values, and points and paths on it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QLineF, QPointF, QRectF, Qt, Signal
from PySide6.QtGui import QImage, QPainter, QPixmap, QPolygonF
from PySide6.QtWidgets import QWidget

from widgets.plots.axes import Axes, Axis, lay_out
from widgets.plots.chart import Chart
from widgets.plots.contours import contour_lines, nice_levels
from widgets.plots.marks import paint_plate, paint_row
from widgets.plots.scale import STEPS, paint_scale, scale_width
from widgets.plots.series import Array, axis_values, finite_range, format_reading, from_axis
from widgets.scene.drawing import heat_image
from widgets.theme import theme

_SAMPLES = 192
_LEVELS = 7
_LABEL_AIR = 3


@dataclass(frozen=True)
class _Overlay:
    """A path on the surface (a point is a path of one), in values."""

    x: Array
    y: Array
    label: str
    colour: str
    dashed: bool
    dots: bool


class SurfacePlot(Chart):
    """A function of two things. ``clicked`` carries x and y of the place clicked, in values.

    Args:
        title: What it shows.
        x_label: What x is.
        y_label: What y is.
        value_label: What the surface measures, such as "loss".
        x_unit: Unit of x, or "".
        y_unit: Unit of y, or "".
        parent: Owner.
    """

    clicked = Signal(float, float)

    def __init__(
        self,
        title: str,
        x_label: str,
        y_label: str,
        value_label: str,
        x_unit: str = "",
        y_unit: str = "",
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(title, parent)
        self._words = (x_label, x_unit), (y_label, y_unit), value_label
        self._log = (False, False, False)
        self._x: Array = np.zeros(0)
        self._y: Array = np.zeros(0)
        self._values: Array = np.zeros((0, 0))
        self._levels: tuple[float, ...] | None = None
        self._overlays: dict[str, _Overlay] = {}
        self._ramp = "sequential"
        self._image: QImage | None = None
        self._backdrop: tuple[tuple[int, int, float], QPixmap] | None = None
        self._lines: list[tuple[float, Array]] = []
        self._axes: Axes | None = None
        self._pointer: QPointF | None = None

    # ---- what it shows

    def set_log(self, x: bool = False, y: bool = False, value: bool = False) -> None:
        """Make axes, or the colours and iso-lines, logarithmic."""
        self._log = x, y, value
        self._new()

    def set_surface(
        self, x: npt.ArrayLike, y: npt.ArrayLike, values: npt.ArrayLike, ramp: str = "sequential"
    ) -> None:
        """Show a surface.

        Args:
            x: Positions of the columns (n,), rising; above 0 on a log axis.
            y: Positions of the rows (m,), rising; above 0 on a log axis.
            values: Array (m, n); NaN stays empty.
            ramp: ``sequential``, ``diverging`` or a colour token.

        Raises:
            ValueError: if the shapes do not fit, or positions do not rise.
        """
        xs, ys, zs = (np.asarray(given, np.float64) for given in (x, y, values))
        if zs.shape != (len(ys), len(xs)):
            raise ValueError(f"values {zs.shape} for {len(ys)} rows and {len(xs)} columns")
        if not ((np.diff(xs) > 0).all() and (np.diff(ys) > 0).all()):
            raise ValueError("the positions of a surface must rise")
        self._x, self._y, self._values, self._ramp = xs, ys, zs, ramp
        self._new()

    def set_levels(self, levels: Sequence[float] | None) -> None:
        """Draw iso-lines at these values; None chooses some, an empty list draws none."""
        self._levels = tuple(levels) if levels is not None else None
        self._new()

    def set_path(
        self,
        key: str,
        x: npt.ArrayLike,
        y: npt.ArrayLike,
        label: str = "",
        colour: str = "text",
        *,
        dashed: bool = False,
        dots: bool = False,
    ) -> None:
        """Draw a path on the surface, its words at its end; with no points it is taken away.

        Raises:
            ValueError: if x and y are not as long as each other.
        """
        xs, ys = np.atleast_1d(np.asarray(x, np.float64)), np.atleast_1d(np.asarray(y, np.float64))
        if xs.shape != ys.shape or xs.ndim != 1:
            raise ValueError(f"x {xs.shape} and y {ys.shape} are not two rows of the same length")
        if xs.size:
            self._overlays[key] = _Overlay(xs, ys, label, colour, dashed, dots)
        else:
            self._overlays.pop(key, None)
        self._request()

    def set_point(
        self, key: str, x: float | None, y: float | None, label: str = "", colour: str = "text"
    ) -> None:
        """Draw a point with its words; None takes it away."""
        if x is None or y is None:
            self.set_path(key, [], [])
        else:
            self.set_path(key, [x], [y], label, colour, dots=True)

    def has_data(self) -> bool:
        """Whether there is a surface of at least two by two points."""
        return min(self._values.shape) >= 2 and bool(np.isfinite(self._values).any())

    @property
    def range(self) -> tuple[float, float]:
        """The values of the lowest and the highest colour."""
        return finite_range([self._values.ravel()], log=self._log[2]) or (0.0, 1.0)

    def value_at(self, x: float, y: float) -> float:
        """The surface at a place, between its points linearly (in axis coordinates); NaN outside."""
        xs, ys = axis_values(self._x, self._log[0]), axis_values(self._y, self._log[1])
        at = axis_values(np.array([x]), self._log[0])[0], axis_values(np.array([y]), self._log[1])[0]
        if not (xs[0] <= at[0] <= xs[-1] and ys[0] <= at[1] <= ys[-1]):
            return float("nan")
        return float(_resampled(xs, ys, self._values, np.array([at[0]]), np.array([at[1]]))[0, 0])

    # ---- painting

    def paint_sheet(self, painter: QPainter, width: int, height: int) -> None:
        """Paint the surface, its iso-lines, what lies on it, axes and scale."""
        painter.setFont(theme().font("small"))
        axes = self._axes = self._lay_out(width, height)
        self._paint_backdrop(painter, axes, width, height)
        axes.paint_y(painter, grid=False, words=self._pointer is None)
        axes.paint_x(painter)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        for overlay in self._overlays.values():
            self._paint_overlay(painter, axes, overlay)
        paint_scale(painter, axes.area, self._ramp, *self.range)
        if self._pointer is not None:
            paint_row(painter, self.reading(self._pointer), width)

    def _paint_backdrop(self, painter: QPainter, axes: Axes, width: int, height: int) -> None:
        """Paint the surface and its iso-lines, kept as a picture: they are the costly part, and seldom others."""
        ratio = painter.device().devicePixelRatio()
        look = width, height, ratio
        if self._backdrop is None or self._backdrop[0] != look:
            pixmap = QPixmap(round(width * ratio), round(height * ratio))
            pixmap.setDevicePixelRatio(ratio)
            pixmap.fill(Qt.GlobalColor.transparent)
            inner = QPainter(pixmap)
            inner.setFont(painter.font())
            self._paint_surface(inner, axes)
            inner.end()
            self._backdrop = look, pixmap
        painter.drawPixmap(0, 0, self._backdrop[1])

    def _paint_surface(self, painter: QPainter, axes: Axes) -> None:
        if self._image is None:
            self._prepare(axes)
        if self._image is not None:
            painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
            painter.drawImage(axes.area, self._image)
        painter.setClipRect(axes.area)
        self._paint_lines(painter, axes)

    def reading(self, pointer: QPointF) -> list[tuple[str, str]]:
        """What the top row says of a pixel of the sheet: pairs of words and colour."""
        if self._axes is None:
            return []
        (x_name, x_unit), (y_name, y_unit), value_name = self._words
        x, y = self._values_at(self._axes, pointer)
        value = self.value_at(x, y)
        return [
            (f"{x_name} {format_reading(x)} {x_unit}".rstrip(), "text_muted"),
            (f"{y_name} {format_reading(y)} {y_unit}".rstrip(), "text_muted"),
            (f"{value_name} {format_reading(value)}", "text"),
        ]

    def point_at(self, pointer: QPointF | None) -> None:
        """Read off what is under the pointer."""
        inside = pointer is not None and self._axes is not None and self._axes.area.contains(pointer)
        found = pointer if inside else None
        if found != self._pointer:
            self._pointer = found
            self._repaint()

    def click_at(self, pointer: QPointF) -> None:
        """Say where was clicked."""
        if self._axes is not None and self._axes.area.contains(pointer):
            self.clicked.emit(*self._values_at(self._axes, pointer))

    def _new(self) -> None:
        self._image = self._backdrop = None
        self._request()

    def _restyle(self) -> None:
        self._image = self._backdrop = None
        super()._restyle()

    def _values_at(self, axes: Axes, pointer: QPointF) -> tuple[float, float]:
        x, y = axes.value_at(pointer)
        return from_axis(x, self._log[0]), from_axis(y, self._log[1])

    def _lay_out(self, width: int, height: int) -> Axes:
        (x_name, x_unit), (y_name, y_unit), _ = self._words
        xs, ys = axis_values(self._x, self._log[0]), axis_values(self._y, self._log[1])
        x = Axis(name=x_name, unit=x_unit, log=self._log[0], low=float(xs[0]), high=float(xs[-1]))
        y = Axis(name=y_name, unit=y_unit, log=self._log[1], low=float(ys[0]), high=float(ys[-1]))
        return lay_out(x, y, width, height, right=scale_width(*self.range))

    def _prepare(self, axes: Axes) -> None:
        """The picture on an even grid, and the iso-lines, both in axis coordinates."""
        xs, ys = axis_values(self._x, self._log[0]), axis_values(self._y, self._log[1])
        zs, (low, high) = self._values, self.range
        shown = axis_values(zs, self._log[2])
        across = np.linspace(axes.x.low, axes.x.high, _SAMPLES)
        down = np.linspace(axes.y.high, axes.y.low, _SAMPLES)
        even = _resampled(xs, ys, shown, across, down)
        ends = axis_values(np.array([low, high]), self._log[2])
        self._image = heat_image(even, theme().ramp(self._ramp, STEPS), float(ends[0]), float(ends[1]))
        levels = self._levels if self._levels is not None else nice_levels(low, high, _LEVELS, self._log[2])
        levels_shown = axis_values(np.array(levels, np.float64), self._log[2])
        self._lines = [
            (level, contour_lines(xs, ys, shown, float(at)))
            for level, at in zip(levels, levels_shown, strict=True)
            if np.isfinite(at)
        ]

    def _paint_lines(self, painter: QPainter, axes: Axes) -> None:
        """Iso-lines, and on each its value where it comes nearest to the diagonal, clear of the others."""
        look, measures = theme(), theme().metrics("small")
        taken: list[QRectF] = []
        words: list[tuple[QRectF, str]] = []
        for level, pieces in self._lines:
            if not len(pieces):
                continue
            px = (
                axes.area.left()
                + (pieces[..., 0] - axes.x.low) / (axes.x.high - axes.x.low) * axes.area.width()
            )
            py = (
                axes.area.bottom()
                - (pieces[..., 1] - axes.y.low) / (axes.y.high - axes.y.low) * axes.area.height()
            )
            painter.setPen(look.pen("background", 1, alpha=0.55))
            painter.drawLines(
                [QLineF(*ends) for ends in np.stack([px[:, 0], py[:, 0], px[:, 1], py[:, 1]], 1).tolist()]
            )
            text = format_reading(float(f"{level:.3g}"))
            size = measures.horizontalAdvance(text) + 2 * look.px(_LABEL_AIR), measures.height()
            place = _label_place(px.mean(1), py.mean(1), size, axes.area, taken)
            if place is not None:
                taken.append(place)
                words.append((place, text))
        for place, text in words:
            paint_plate(painter, place, text, "text")

    def _paint_overlay(self, painter: QPainter, axes: Axes, overlay: _Overlay) -> None:
        look = theme()
        xs, ys = axis_values(overlay.x, self._log[0]), axis_values(overlay.y, self._log[1])
        good = np.isfinite(xs) & np.isfinite(ys)
        points = [
            QPointF(axes.pixel_x(float(x)), axes.pixel_y(float(y)))
            for x, y in zip(xs[good], ys[good], strict=True)
        ]
        if not points:
            return
        style = Qt.PenStyle.DashLine if overlay.dashed else Qt.PenStyle.SolidLine
        painter.save()
        painter.setClipRect(axes.area)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        for pen in (look.pen("background", 4, alpha=0.6), look.pen(overlay.colour, 1.8, style)):
            painter.setPen(pen)
            painter.drawPolyline(QPolygonF(points))
        painter.restore()
        painter.setPen(look.pen("background", 1.5))
        painter.setBrush(look.colour(overlay.colour))
        seen = axes.area.adjusted(-1, -1, 1, 1)
        for point in points if overlay.dots else points[-1:] if not overlay.dashed else []:
            if seen.contains(point):
                painter.drawEllipse(point, look.px(5), look.px(5))
        last = next((point for point in reversed(points) if seen.contains(point)), None)
        if overlay.label and last is not None:
            paint_plate(painter, _beside(axes.area, last, overlay.label), overlay.label, overlay.colour)


def _beside(area: QRectF, point: QPointF, words: str) -> QRectF:
    """Where words stand beside a point: at its right if there is room, else at its left."""
    look, measures = theme(), theme().metrics("small")
    width, height, gap = measures.horizontalAdvance(words) + 2 * look.px(4), measures.height(), look.px(9)
    left = point.x() + gap if point.x() + gap + width <= area.right() else point.x() - gap - width
    top = min(max(point.y() - height / 2, area.top()), area.bottom() - height)
    return QRectF(left, top, width, height)


def _resampled(xs: Array, ys: Array, values: Array, across: Array, down: Array) -> Array:
    """A surface at other places, between its points linearly: (len(down), len(across))."""
    column = np.clip(np.searchsorted(xs, across, "right") - 1, 0, len(xs) - 2)
    row = np.clip(np.searchsorted(ys, down, "right") - 1, 0, len(ys) - 2)
    u = ((across - xs[column]) / (xs[column + 1] - xs[column]))[None, :]
    v = ((down - ys[row]) / (ys[row + 1] - ys[row]))[:, None]
    at = values[np.ix_(row, column)], values[np.ix_(row, column + 1)]
    below = values[np.ix_(row + 1, column)], values[np.ix_(row + 1, column + 1)]
    mixed: Array = (1 - v) * ((1 - u) * at[0] + u * at[1]) + v * ((1 - u) * below[0] + u * below[1])
    return mixed


def _label_place(
    x: Array, y: Array, size: tuple[float, float], area: QRectF, taken: Sequence[QRectF]
) -> QRectF | None:
    """Where the value of an iso-line stands: on it, near the rising diagonal, within the area, on no other."""
    across = (x - area.left()) / area.width()
    up = (area.bottom() - y) / area.height()
    for index in np.argsort(np.abs(across - up))[:40]:
        place = QRectF(x[index] - size[0] / 2, y[index] - size[1] / 2, *size)
        if area.contains(place) and not any(place.intersects(other) for other in taken):
            return place
    return None
