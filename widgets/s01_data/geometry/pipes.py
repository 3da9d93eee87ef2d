"""Ribbons of a flow as points: pipes that bend down and out. No Qt here."""

from __future__ import annotations

import math
from bisect import bisect_right
from dataclasses import dataclass
from itertools import pairwise

from widgets.scene.shapes import Point
from widgets.scene.timeline import clamp, mix

_ARC_POINTS = 13


@dataclass(frozen=True)
class Pipe:
    """A band of even thickness along a line: right, down around a bend, and right again.

    Attributes:
        centre: Points of its middle line.
        outline: Points around it.
    """

    centre: tuple[Point, ...]
    outline: tuple[Point, ...]

    def at(self, share: float, aside: float = 0.0) -> Point:
        """The point ``share`` of the way along, ``aside`` pixels to the right of the way one travels."""
        lengths = [0.0]
        for (x1, y1), (x2, y2) in pairwise(self.centre):
            lengths.append(lengths[-1] + math.hypot(x2 - x1, y2 - y1))
        place = clamp(share) * lengths[-1]
        index = min(max(bisect_right(lengths, place) - 1, 0), len(self.centre) - 2)
        (x1, y1), (x2, y2) = self.centre[index], self.centre[index + 1]
        piece = lengths[index + 1] - lengths[index]
        part = (place - lengths[index]) / piece if piece > 0 else 0.0
        nx, ny = _normal(x1, y1, x2, y2)
        return mix(x1, x2, part) + nx * aside, mix(y1, y2, part) + ny * aside


def drop_pipe(start: Point, turn: Point, end: Point, thickness: float) -> Pipe:
    """A pipe that leaves ``start`` to the right, bends down around ``turn`` and goes out to the right at ``end``.

    Args:
        start: Middle of its beginning.
        turn: Centre of the first bend: the pipes of one bar share it, so that they lie in each other.
        end: Middle of its end.
        thickness: Its width, pixels.
    """
    (x0, y0), (xc, yc), (x1, y1) = start, turn, end
    outer = max(yc - y0, thickness / 2)
    across = xc + outer
    inner = min(thickness / 2 + 5.0, max(0.0, x1 - across), max(0.0, y1 - yc))
    points: list[Point] = [(x0, y0)]
    points += [(xc + outer * math.sin(angle), yc - outer * math.cos(angle)) for angle in _angles(_ARC_POINTS)]
    points += [
        (across + inner - inner * math.cos(angle), y1 - inner + inner * math.sin(angle))
        for angle in _angles(_ARC_POINTS)
    ]
    points.append((x1, y1))
    return _pipe(points, thickness)


def smooth(share: float) -> float:
    """An S from 0 to 1."""
    share = clamp(share)
    return share * share * (3 - 2 * share)


def inside(outline: tuple[Point, ...], x: float, y: float) -> bool:
    """Whether a point lies within an outline."""
    found = False
    for (x1, y1), (x2, y2) in zip(outline, (*outline[1:], outline[0]), strict=True):
        if (y1 > y) != (y2 > y) and x < x1 + (y - y1) / (y2 - y1) * (x2 - x1):
            found = not found
    return found


def _angles(count: int) -> list[float]:
    return [math.pi / 2 * index / (count - 1) for index in range(count)]


def _pipe(points: list[Point], thickness: float) -> Pipe:
    kept = [points[0]]
    for point in points[1:]:
        if math.hypot(point[0] - kept[-1][0], point[1] - kept[-1][1]) > 1e-6:
            kept.append(point)
    half = thickness / 2
    left: list[Point] = []
    right: list[Point] = []
    for index, (x, y) in enumerate(kept):
        before, after = kept[max(0, index - 1)], kept[min(len(kept) - 1, index + 1)]
        nx, ny = _normal(*before, *after)
        left.append((x - nx * half, y - ny * half))
        right.append((x + nx * half, y + ny * half))
    return Pipe(tuple(kept), (*left, *reversed(right)))


def _normal(x1: float, y1: float, x2: float, y2: float) -> Point:
    """The unit vector to the right of a piece of the way (y grows downwards)."""
    length = math.hypot(x2 - x1, y2 - y1)
    return (-(y2 - y1) / length, (x2 - x1) / length) if length > 0 else (0.0, 0.0)
