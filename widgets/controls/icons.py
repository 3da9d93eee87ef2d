"""Small icons as paths in a unit square, so that they are sharp at any scale and take any colour."""

from __future__ import annotations

from functools import cache

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPainterPath, QPen, QPolygonF

FILLED = frozenset({"play", "pause", "back", "forward", "stop"})


@cache
def icon_path(name: str) -> QPainterPath:
    """The path of an icon: play, pause, stop, back, forward, down, right, tick, cross or reset.

    Raises:
        ValueError: if there is no such icon.
    """
    path = QPainterPath()
    if name == "play":
        path.addPolygon(_closed((0.3, 0.18), (0.84, 0.5), (0.3, 0.82)))
    elif name == "pause":
        path.addRoundedRect(QRectF(0.26, 0.2, 0.16, 0.6), 0.04, 0.04)
        path.addRoundedRect(QRectF(0.58, 0.2, 0.16, 0.6), 0.04, 0.04)
    elif name == "stop":
        path.addRoundedRect(QRectF(0.25, 0.25, 0.5, 0.5), 0.06, 0.06)
    elif name == "back":
        path.addRoundedRect(QRectF(0.16, 0.2, 0.1, 0.6), 0.03, 0.03)
        path.addPolygon(_closed((0.84, 0.2), (0.34, 0.5), (0.84, 0.8)))
    elif name == "forward":
        path.addRoundedRect(QRectF(0.74, 0.2, 0.1, 0.6), 0.03, 0.03)
        path.addPolygon(_closed((0.16, 0.2), (0.66, 0.5), (0.16, 0.8)))
    else:
        _stroked(path, name)
    return path


def _stroked(path: QPainterPath, name: str) -> None:
    if name == "down":
        path.addPolygon(_open((0.22, 0.38), (0.5, 0.64), (0.78, 0.38)))
    elif name == "right":
        path.addPolygon(_open((0.38, 0.22), (0.64, 0.5), (0.38, 0.78)))
    elif name == "tick":
        path.addPolygon(_open((0.2, 0.52), (0.42, 0.74), (0.8, 0.28)))
    elif name == "cross":
        path.addPolygon(_open((0.25, 0.25), (0.75, 0.75)))
        path.addPolygon(_open((0.75, 0.25), (0.25, 0.75)))
    elif name == "reset":
        path.arcMoveTo(QRectF(0.2, 0.2, 0.6, 0.6), 60)
        path.arcTo(QRectF(0.2, 0.2, 0.6, 0.6), 60, 300)
        path.addPolygon(_open((0.66, 0.04), (0.66, 0.25), (0.87, 0.25)))
    else:
        raise ValueError(f"there is no icon '{name}'")


def draw_icon(painter: QPainter, name: str, area: QRectF, colour: QColor) -> None:
    """Draw an icon into an area."""
    painter.save()
    painter.translate(area.topLeft())
    painter.scale(area.width(), area.height())
    if name in FILLED:
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(colour)
    else:
        pen = QPen(colour, 0.11)
        pen.setCapStyle(Qt.PenCapStyle.RoundCap)
        pen.setJoinStyle(Qt.PenJoinStyle.RoundJoin)
        painter.setPen(pen)
        painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.drawPath(icon_path(name))
    painter.restore()


def _open(*points: tuple[float, float]) -> QPolygonF:
    return QPolygonF([QPointF(x, y) for x, y in points])


def _closed(*points: tuple[float, float]) -> QPolygonF:
    return _open(*points, points[0])
