"""The attention-mask matrix as shapes, drawn from the very array that trains. No Qt here."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from widgets.s02_objective.reading import Reading
from widgets.scene.shapes import Box, Grid, Shape, Text

HEADING = 28.0
_DIM = 0.32
_SMALLEST_GAPPED = 32
_SMALLEST_FRAMED = 7.0
_SMALLEST_NOTED = 230.0
_SMALLEST_NAMED = 112.0


class MaskPicture:
    """The mask of one reading; while the objective changes, on its way from another's.

    Args:
        reading: Whose mask.
        before: The reading whose mask it comes from; None for none.
    """

    def __init__(self, reading: Reading, before: Reading | None = None) -> None:
        self._reading = reading
        self._before = before
        self._kept: dict[tuple[int, float], npt.NDArray[np.float32]] = {}

    def shapes(self, position: int, x: float, y: float, side: float, blend: float = 1.0) -> list[Shape]:
        """Heading and matrix, the row of the place that is read told apart.

        Args:
            position: The place that is read.
            x: Left edge.
            y: Top of the heading.
            side: Width and height of the matrix.
            blend: How far it has come from the mask before, 0 to 1.
        """
        reading, length = self._reading, self._reading.positions
        top, cell = y + HEADING, side / length
        noted = side >= _SMALLEST_NOTED
        seen = int(reading.visible[position].sum())
        shapes: list[Shape] = [
            Text(
                x,
                y + 6,
                "Attention mask" if side >= _SMALLEST_NAMED else "Mask",
                width=0.0 if noted else side,
            ),
            Grid(
                x,
                top,
                side,
                side,
                self._lit(position, blend),
                colour="activations",
                gap=1.0 if length <= _SMALLEST_GAPPED else 0.0,
                radius=1.5,
                key="mask",
            ),
        ]
        if noted:
            note = f"sees {seen} of {length}"
            shapes.append(Text(x + side, y + 6, note, colour="text_muted", role="small", align="right"))
        if cell >= _SMALLEST_FRAMED:
            shapes.append(Box(x, top + position * cell, side, cell, fill="", stroke="activations", radius=2))
        return shapes

    def _lit(self, position: int, blend: float) -> npt.NDArray[np.float32]:
        """Brightness of each cell, kept, because a picture is made of each array only once."""
        key = (position, blend)
        found = self._kept.get(key)
        if found is None:
            if len(self._kept) > 256:
                self._kept.clear()
            lit = self._reading.visible * np.float32(_DIM)
            lit[position] = self._reading.visible[position]
            if blend < 1 and self._before is not None:
                old = resized(self._before.visible, len(lit)) * np.float32(_DIM)
                lit = old + (lit - old) * np.float32(blend)
            found = self._kept[key] = lit.astype(np.float32)
        return found


def resized(values: npt.NDArray[np.bool_], side: int) -> npt.NDArray[np.bool_]:
    """A square matrix with as many rows and columns as wanted, by its nearest cells."""
    index = np.arange(side) * len(values) // side
    return values[np.ix_(index, index)]


def mask_hint(reading: Reading, row: int, column: int) -> str:
    """The words for one cell: who may look at whom."""
    if not (0 <= row < reading.positions and 0 <= column < reading.positions):
        return ""
    tokens = reading.tokens
    may = "may look at" if reading.visible[row, column] else "may not look at"
    return f"Token {row + 1} “{tokens[row].strip()}” {may} token {column + 1} “{tokens[column].strip()}”"
