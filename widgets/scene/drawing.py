"""What shapes are drawn from: paths, arrow heads, heat maps, visible white space. Knows no theme."""

from __future__ import annotations

import itertools
import math

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QPointF
from PySide6.QtGui import QColor, QImage, QPainterPath

from widgets.scene.shapes import Point, Ribbon

_VISIBLE = str.maketrans({" ": "\u00b7", "\n": "\u21b5", "\t": "\u21e5", "\r": "\u240d"})


def visible_text(text: str) -> str:
    """A token as it can be seen: spaces, tabs and line ends as marks."""
    return text.translate(_VISIBLE)


def cut_path(points: tuple[Point, ...], share: float) -> tuple[Point, ...]:
    """The first ``share`` (0 to 1) of a path's length."""
    if share >= 1:
        return points
    lengths = [math.dist(a, b) for a, b in itertools.pairwise(points)]
    left = max(0.0, share) * sum(lengths)
    if left <= 0:
        return points[:1]
    kept = [points[0]]
    for (ax, ay), (bx, by), length in zip(points, points[1:], lengths, strict=False):
        if left <= length:
            part = left / length if length else 1.0
            kept.append((ax + (bx - ax) * part, ay + (by - ay) * part))
            break
        kept.append((bx, by))
        left -= length
    return tuple(kept)


def arrow_head(x: float, y: float, ux: float, uy: float, size: float) -> list[QPointF]:
    """A slim open head with its tip at ``x, y`` that points along the unit vector ``ux, uy``."""
    back, half = size * 0.85, size * 0.5
    return [
        QPointF(x - ux * back - uy * half, y - uy * back + ux * half),
        QPointF(x, y),
        QPointF(x - ux * back + uy * half, y - uy * back - ux * half),
    ]


def rounded_path(points: tuple[Point, ...], radius: float) -> QPainterPath:
    """A path through the points with round bends."""
    path = QPainterPath(QPointF(*points[0]))
    for (ax, ay), (bx, by), (cx, cy) in zip(points, points[1:], points[2:], strict=False):
        before, after = math.dist((ax, ay), (bx, by)) or 1.0, math.dist((bx, by), (cx, cy)) or 1.0
        bend = min(radius, before / 2, after / 2)
        path.lineTo(bx + (ax - bx) / before * bend, by + (ay - by) / before * bend)
        path.quadTo(bx, by, bx + (cx - bx) / after * bend, by + (cy - by) / after * bend)
    path.lineTo(*points[-1])
    return path


def ribbon_path(ribbon: Ribbon) -> QPainterPath:
    """The outline of a ribbon: smooth edges above and below, straight ends."""
    middle = (ribbon.x1 + ribbon.x2) / 2
    path = QPainterPath(QPointF(ribbon.x1, ribbon.top1))
    path.cubicTo(middle, ribbon.top1, middle, ribbon.top2, ribbon.x2, ribbon.top2)
    path.lineTo(ribbon.x2, ribbon.bottom2)
    path.cubicTo(middle, ribbon.bottom2, middle, ribbon.bottom1, ribbon.x1, ribbon.bottom1)
    path.closeSubpath()
    return path


def heat_image(values: npt.NDArray[np.floating], ramp: list[int], low: float, high: float) -> QImage:
    """A matrix as an indexed image, one pixel a cell.

    Args:
        values: Array (rows, columns); NaN becomes transparent.
        ramp: 255 colours (ARGB) from low to high.
        low: Value of the first colour.
        high: Value of the last colour.
    """
    with np.errstate(invalid="ignore", over="ignore"):
        # Values beyond half of what a float holds would overflow; their halves give the same share.
        half, reach = np.asarray(values, np.float64) / 2, (high / 2 - low / 2) or 1.0
        scaled = (half - low / 2) / reach * 254
        empty = np.isnan(scaled)
        index = np.where(empty, 255, np.clip(np.nan_to_num(scaled), 0, 254)).astype(np.uint8)
    rows, columns = index.shape
    flat = np.ascontiguousarray(index)
    image = QImage(flat.data, columns, rows, columns, QImage.Format.Format_Indexed8)
    image.setColorTable([*ramp, 0])
    return image.copy()


def between(a: QColor, b: QColor, share: float) -> QColor:
    """The colour ``share`` of the way from one to another."""
    share = min(1.0, share)
    one, other = (a.red(), a.green(), a.blue(), a.alpha()), (b.red(), b.green(), b.blue(), b.alpha())
    return QColor(*(round(p + (q - p) * share) for p, q in zip(one, other, strict=True)))
