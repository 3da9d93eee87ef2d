"""Places words beside points so that none lies over another. No Qt."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from widgets.plots.series import Array

_CELL = 4
_SIDES = ((1.0, -0.5), (-1.0, -0.5), (-0.5, -1.0), (-0.5, 1.0))
"""Right, left, above, below: what of the width and of the height the words are moved by."""


def place_labels(
    points: Array,
    widths: npt.NDArray[np.float64],
    height: float,
    gap: float,
    room: tuple[float, float],
    order: Sequence[int],
    insist: int = 0,
) -> dict[int, tuple[float, float]]:
    """Choose a side for as many labels as fit: the first in ``order`` choose first.

    What is taken is kept as a coarse bitmap, so that a thousand labels take some milliseconds.

    Args:
        points: Places of the points (n, 2), in pixels, y down; a point with a NaN gets no label.
        widths: Widths of the labels (n,).
        height: Their height.
        gap: Distance from the point.
        room: Width and height of the drawing.
        order: Indices of the points.
        insist: How many of the first may lie over points, though never over other words.

    Returns:
        For each label that fits, how far its top left corner lies from its point.
    """
    rows, columns = int(room[1] // _CELL) + 2, int(room[0] // _CELL) + 2
    words = np.zeros((rows, columns), bool)
    taken = np.zeros((rows, columns), bool)
    for x, y in points[np.isfinite(points).all(1)]:
        if 0 <= x < room[0] and 0 <= y < room[1]:
            taken[int(y // _CELL), int(x // _CELL)] = True
    placed: dict[int, tuple[float, float]] = {}
    for rank, index in enumerate(order):
        x, y = float(points[index, 0]), float(points[index, 1])
        if not (np.isfinite(x) and np.isfinite(y)):
            continue
        for offset in _offsets(float(widths[index]), height, gap):
            left, top = x + offset[0], y + offset[1]
            if left < 0 or top < 0 or left + widths[index] > room[0] or top + height > room[1]:
                continue
            cells = (
                slice(int(top // _CELL), int((top + height) // _CELL) + 1),
                slice(int(left // _CELL), int((left + widths[index]) // _CELL) + 1),
            )
            if not (words if rank < insist else taken)[cells].any():
                taken[cells] = words[cells] = True
                placed[index] = offset
                break
    return placed


def _offsets(width: float, height: float, gap: float) -> list[tuple[float, float]]:
    """Where a label may stand, seen from its point."""
    found = []
    for across, down in _SIDES:
        x = gap if across > 0 else -gap - width if across == -1.0 else -width / 2
        y = -height / 2 if down == -0.5 else (-gap - height if down < 0 else gap)
        found.append((x, y))
    return found
