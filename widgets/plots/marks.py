"""What stands around the curves of a live plot: labels at their ends, reference lines, the read-out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QPainter

from widgets.plots.axes import Axes
from widgets.plots.series import Array, format_reading, from_axis, spread_labels, to_axis
from widgets.theme import theme

if TYPE_CHECKING:
    from widgets.plots.live_plot import Reference, Series

_LABEL_WEIGHT = 1000
_LEFT, _MIDDLE = Qt.AlignmentFlag.AlignLeft, Qt.AlignmentFlag.AlignVCenter


@dataclass
class Drawn:
    """A curve as drawn: its points in axis coordinates (log10 on a log axis)."""

    series: Series
    x: Array
    y: Array

    def nearest(self, at: float) -> int | None:
        """The index of the point with a value that is nearest to a position."""
        known = np.flatnonzero(np.isfinite(self.y))
        if not known.size:
            return None
        return int(known[np.argmin(np.abs(self.x[known] - at))])


def end_labels(
    axes: Axes, curves: Sequence[Drawn], references: Sequence[float]
) -> list[tuple[Series, QRectF]]:
    """The curves in view that have words, and where those stand: right of their ends, clear of each other.

    Args:
        axes: Where everything lies.
        curves: The curves.
        references: Values of the reference lines, in axis coordinates: labels keep off the words of a low one.
    """
    look, area, measures = theme(), axes.area, theme().metrics("small")
    ends = [
        (curve.series, *end) for curve in curves if curve.series.label and (end := _last_seen(axes, curve))
    ]
    height = measures.height()
    lowest = _lowest(axes, [y for _, _, y in ends], references) - height / 2
    places = spread_labels([y for _, _, y in ends], height, area.top() + height / 2, lowest)
    labels = []
    furthest = max((x for _, x, _ in ends), default=0.0)
    for (series, x, _), y in zip(ends, places, strict=True):
        width = measures.horizontalAdvance(series.label) + 1
        # Right of every curve, unless this one ended long before the others.
        left = (furthest if furthest - x < width + look.px(32) else x) + look.px(8)
        width = min(width, axes.width - left)
        labels.append((series, QRectF(left, y - height / 2, width, height)))
    return labels


def paint_labels(painter: QPainter, labels: Sequence[tuple[Series, QRectF]]) -> None:
    """Paint the labels at the ends of the curves."""
    for series, area in labels:
        text = theme().metrics("small").elidedText(series.label, Qt.TextElideMode.ElideRight, area.width())
        # A faint curve still has a label that can be read.
        painter.setPen(theme().colour(series.colour.partition("@")[0]))
        painter.drawText(area, _LEFT | _MIDDLE, text)


def paint_lone_points(painter: QPainter, axes: Axes, curves: Sequence[Drawn]) -> None:
    """Paint a curve of one point as a dot: there is no line to draw yet."""
    look = theme()
    painter.setPen(Qt.PenStyle.NoPen)
    for curve in curves:
        finite = np.flatnonzero(np.isfinite(curve.x) & np.isfinite(curve.y))
        if len(finite) == 1:
            point = QPointF(axes.pixel_x(float(curve.x[finite[0]])), axes.pixel_y(float(curve.y[finite[0]])))
            if axes.area.adjusted(-1, -1, 1, 1).contains(point):
                painter.setBrush(look.colour(curve.series.colour))
                painter.drawEllipse(point, look.px(3.5), look.px(3.5))


class ReferenceLines:
    """Thin dashed lines at values that mean something; their words stay where they are while they cross nothing."""

    def __init__(self) -> None:
        self._places: dict[str, int] = {}

    def areas(
        self,
        axes: Axes,
        references: Mapping[str, Reference],
        labels: Sequence[QRectF],
        curves: Sequence[Drawn],
    ) -> dict[str, tuple[QPointF, QRectF]]:
        """Where the lines in view end, and where their words stand, by key.

        A line makes way for the labels of the curves; its words cross as few points and labels as possible.
        """
        area, found = axes.area, {}
        for key, reference in references.items():
            value = to_axis(reference.value, axes.y.log)
            if not axes.y.low <= value <= axes.y.high:
                continue
            y = axes.pixel_y(value)
            gap = theme().px(4)
            end = min([area.right(), *(r.left() - gap for r in labels if r.top() <= y <= r.bottom())])
            places = _word_places(area, reference.label, y, end)
            found[key] = QPointF(end, y), places[self._choose(key, axes, places, labels, curves)]
        return found

    def paint(
        self,
        painter: QPainter,
        axes: Axes,
        references: Mapping[str, Reference],
        areas: Mapping[str, tuple[QPointF, QRectF]],
    ) -> None:
        """Paint the lines with their words."""
        look = theme()
        for key, (end, place) in areas.items():
            reference = references[key]
            painter.setPen(look.pen(reference.colour, 1, Qt.PenStyle.DashLine))
            painter.drawLine(QPointF(axes.area.left(), end.y()), end)
            painter.setPen(look.colour(reference.colour))
            painter.drawText(place, _LEFT | _MIDDLE, reference.label)

    def _choose(
        self,
        key: str,
        axes: Axes,
        places: Sequence[QRectF],
        labels: Sequence[QRectF],
        curves: Sequence[Drawn],
    ) -> int:
        """The place that crosses the fewest points and labels."""
        crossed = [
            points_in(axes, curves, place) + _LABEL_WEIGHT * sum(place.intersects(area) for area in labels)
            for place in places
        ]
        before = self._places.get(key, 0)
        if before >= len(places) or crossed[before]:
            before = self._places[key] = crossed.index(min(crossed))
        return before


def _word_places(area: QRectF, text: str, y: float, end: float) -> list[QRectF]:
    """Where the words of a line at height ``y`` may stand: above and below it, from left to right."""
    measures, gap = theme().metrics("small"), theme().px(6)
    width, height = measures.horizontalAdvance(text) + 1, measures.height()
    first = area.left() + gap
    wanted = (first, (area.left() + end - width) / 2, end - width - gap, area.right() - width - gap)
    tops = [top for top in (y - height - 1, y + 1) if area.top() <= top <= area.bottom() - height]
    return [
        QRectF(max(first, left), top, width, height) for top in tops or (y - height - 1,) for left in wanted
    ]


def points_in(axes: Axes, curves: Sequence[Drawn], place: QRectF) -> int:
    """How many points of the curves lie in a rectangle."""
    x0, y0 = axes.value_at(place.bottomLeft())
    x1, y1 = axes.value_at(place.topRight())
    with np.errstate(invalid="ignore"):
        return sum(int(np.sum((c.x >= x0) & (c.x <= x1) & (c.y >= y0) & (c.y <= y1))) for c in curves)


def paint_read_out(painter: QPainter, axes: Axes, curves: Sequence[Drawn], pointer: QPointF) -> None:
    """A thin line at the pointer, a dot on every curve, and the values in the top row."""
    look, area = theme(), axes.area
    at = axes.value_at(pointer)[0]
    readings = [(curve, i) for curve in curves if (i := curve.nearest(at)) is not None]
    if not readings:
        return
    first = float(readings[0][0].x[readings[0][1]])
    x = axes.pixel_x(first)
    painter.setPen(look.pen("text_muted", 1, alpha=0.6))
    painter.drawLine(QPointF(x, area.top()), QPointF(x, area.bottom()))
    parts = [(f"{axes.x.name} {format_reading(from_axis(first, axes.x.log))}", "text_muted")]
    painter.setPen(Qt.PenStyle.NoPen)
    for curve, i in readings:
        colour, y = curve.series.colour, float(curve.y[i])
        painter.setBrush(look.colour(colour))
        painter.drawEllipse(QPointF(axes.pixel_x(float(curve.x[i])), axes.pixel_y(y)), look.px(3), look.px(3))
        parts.append((f"{curve.series.label} {format_reading(from_axis(y, axes.y.log))}", colour))
    paint_row(painter, parts, axes.width)


def paint_plate(painter: QPainter, place: QRectF, text: str, colour: str) -> None:
    """Words on a quiet plate, so that they can be read over whatever lies under them."""
    look = theme()
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(look.colour("surface", 0.82))
    painter.drawRoundedRect(place, look.px(3), look.px(3))
    painter.setPen(look.colour(colour))
    painter.drawText(place, Qt.AlignmentFlag.AlignHCenter | _MIDDLE, text)


def paint_row(painter: QPainter, parts: Sequence[tuple[str, str]], width: float) -> None:
    """Words in their colours beside each other in the top row, as many as fit.

    Args:
        painter: Where to paint.
        parts: Pairs of words and colour token.
        width: The room.
    """
    look, measures = theme(), theme().metrics("small")
    left, height = 0.0, measures.height()
    for text, colour in parts:
        wide = measures.horizontalAdvance(text)
        if left + wide > width:
            break
        painter.setPen(look.colour(colour.partition("@")[0]))
        painter.drawText(QRectF(left, 0, wide + 1, height), _LEFT | _MIDDLE, text)
        left += wide + look.px(14)


def _lowest(axes: Axes, ends: Sequence[float], references: Sequence[float]) -> float:
    """How far down labels may stand: not over the words of a reference line below all curves."""
    bottom: float = axes.area.bottom()
    lines = [axes.pixel_y(value) for value in references]
    return min([bottom, *(y for y in lines if y > max(ends, default=bottom))])


def _last_seen(axes: Axes, curve: Drawn) -> tuple[float, float] | None:
    """Pixels of the last point of a curve within the x range shown."""
    seen = np.flatnonzero(np.isfinite(curve.y) & (curve.x >= axes.x.low) & (curve.x <= axes.x.high))
    if not seen.size:
        return None
    return axes.pixel_x(float(curve.x[seen[-1]])), axes.pixel_y(float(curve.y[seen[-1]]))
