"""Iso-lines of a surface by marching squares. No Qt.

Each cell of the grid is one of 16 cases by which of its corners lie above the level; a line crosses its edges where
linear interpolation meets the level (Lorensen and Cline 1987, in two dimensions). Saddles are decided by the mean of
the corners.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from widgets.plots.series import Array

# Corners of a cell: 0 (row, column), 1 (row, column + 1), 2 (row + 1, column + 1), 3 (row + 1, column).
# Edges: 0 between corners 0 and 1, 1 between 1 and 2, 2 between 2 and 3, 3 between 3 and 0.
_LINES: dict[int, tuple[tuple[int, int], ...]] = {
    1: ((3, 0),), 2: ((0, 1),), 3: ((3, 1),), 4: ((1, 2),), 6: ((0, 2),), 7: ((3, 2),),
    8: ((2, 3),), 9: ((2, 0),), 11: ((2, 1),), 12: ((1, 3),), 13: ((1, 0),), 14: ((0, 3),),
}  # fmt: skip
_SADDLES = {
    5: (((3, 2), (0, 1)), ((3, 0), (1, 2))),
    10: (((3, 0), (1, 2)), ((3, 2), (0, 1))),
}
"""Lines when the middle is above, and when it is below."""
_CORNERS = ((0, 0), (0, 1), (1, 1), (1, 0))


def contour_lines(x: Array, y: Array, values: npt.NDArray[np.floating], level: float) -> Array:
    """The iso-line of a level as separate pieces.

    Args:
        x: Positions of the columns (n,).
        y: Positions of the rows (m,).
        values: The surface (m, n); no line goes through cells with a NaN.
        level: The value to follow.

    Returns:
        Array (pieces, 2, 2): for each piece its two ends as (x, y).
    """
    surface = np.asarray(values, np.float64)
    if surface.shape[0] < 2 or surface.shape[1] < 2:
        return np.zeros((0, 2, 2))
    corners = [surface[r : surface.shape[0] - 1 + r, c : surface.shape[1] - 1 + c] for r, c in _CORNERS]
    with np.errstate(invalid="ignore"):
        case = sum((corner >= level).astype(np.int64) << bit for bit, corner in enumerate(corners))
        middle_above = sum(corners) / 4 >= level
    case = np.where(np.isfinite(sum(corners)), case, 0)
    pieces = [_pieces(x, y, corners, level, case == k, lines) for k, lines in _LINES.items()]
    for k, (above, below) in _SADDLES.items():
        pieces.append(_pieces(x, y, corners, level, (case == k) & middle_above, above))
        pieces.append(_pieces(x, y, corners, level, (case == k) & ~middle_above, below))
    return np.concatenate(pieces)


def nice_levels(low: float, high: float, count: int, log: bool = False) -> list[float]:
    """About ``count`` levels strictly between two values, evenly spread (in proportion with ``log``)."""
    if not low < high or (log and low <= 0):
        return []
    if log:
        return [float(value) for value in np.geomspace(low, high, count + 2)[1:-1]]
    return [float(value) for value in np.linspace(low, high, count + 2)[1:-1]]


def _pieces(
    x: Array,
    y: Array,
    corners: list[npt.NDArray[np.float64]],
    level: float,
    chosen: npt.NDArray[np.bool_],
    lines: tuple[tuple[int, int], ...],
) -> Array:
    rows, columns = np.nonzero(chosen)
    if not rows.size:
        return np.zeros((0, 2, 2))
    return np.concatenate(
        [
            np.stack([_crossing(x, y, corners, level, rows, columns, edge) for edge in line], 1)
            for line in lines
        ]
    )


def _crossing(
    x: Array,
    y: Array,
    corners: list[npt.NDArray[np.float64]],
    level: float,
    rows: npt.NDArray[np.int64],
    columns: npt.NDArray[np.int64],
    edge: int,
) -> Array:
    """Where the level crosses an edge of each cell: (cells, 2)."""
    one, other = edge, (edge + 1) % 4
    a, b = corners[one][rows, columns], corners[other][rows, columns]
    share = np.where(a == b, 0.5, (level - a) / np.where(a == b, 1.0, b - a))
    (r0, c0), (r1, c1) = _CORNERS[one], _CORNERS[other]
    x0, x1 = x[columns + c0], x[columns + c1]
    y0, y1 = y[rows + r0], y[rows + r1]
    return np.stack([x0 + share * (x1 - x0), y0 + share * (y1 - y0)], 1)
