"""A matrix as coloured cells, with its scale, its labels where they fit, and a read-out."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QPointF, QRectF, Qt, Signal
from PySide6.QtGui import QImage, QPainter
from PySide6.QtWidgets import QWidget

from widgets.plots.chart import Chart
from widgets.plots.scale import STEPS, paint_scale, scale_width
from widgets.plots.series import Array, finite_range, format_reading
from widgets.scene.drawing import heat_image
from widgets.theme import theme

_LEFT, _RIGHT = Qt.AlignmentFlag.AlignLeft, Qt.AlignmentFlag.AlignRight
_CENTRE, _MIDDLE = Qt.AlignmentFlag.AlignHCenter, Qt.AlignmentFlag.AlignVCenter
_LONGEST_LABEL = 96


class HeatMapView(Chart):
    """A matrix. ``clicked`` carries row and column of a cell, ``hovered`` too (-1, -1 when the pointer is gone).

    Args:
        title: What it shows.
        row_label: What a row is, such as "query".
        column_label: What a column is, such as "key".
        value_label: What a cell's value is, such as "weight".
        square: Whether cells are as high as they are wide.
        parent: Owner.
    """

    clicked = Signal(int, int)
    hovered = Signal(int, int)

    def __init__(
        self,
        title: str,
        row_label: str = "row",
        column_label: str = "column",
        value_label: str = "",
        *,
        square: bool = False,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(title, parent)
        self._words = row_label, column_label, value_label
        self._square = square
        self._values: Array = np.zeros((0, 0))
        self._rows: tuple[str, ...] = ()
        self._columns: tuple[str, ...] = ()
        self._given: tuple[float | None, float | None] = (None, None)
        self._ramp = "sequential"
        self._image: QImage | None = None
        self._area = QRectF()
        self._over: tuple[int, int] | None = None
        self._selected: tuple[int, int] | None = None

    def set_matrix(
        self,
        values: npt.ArrayLike,
        rows: Sequence[str] = (),
        columns: Sequence[str] = (),
        *,
        low: float | None = None,
        high: float | None = None,
        ramp: str = "sequential",
    ) -> None:
        """Show a matrix.

        Args:
            values: Array (rows, columns); NaN cells stay empty.
            rows: A label for every row, or none.
            columns: A label for every column, or none.
            low: Value of the lowest colour; the lowest of the matrix by default.
            high: Value of the highest colour; the highest by default. A diverging ramp is centred on 0.
            ramp: ``sequential``, ``diverging`` or a colour token.

        Raises:
            ValueError: if it is no matrix, or the labels are not one for each row or column.
        """
        matrix = np.asarray(values, np.float64)
        if matrix.ndim != 2:
            raise ValueError(f"an array {matrix.shape} is no matrix")
        for labels, count, what in ((rows, matrix.shape[0], "rows"), (columns, matrix.shape[1], "columns")):
            if labels and len(labels) != count:
                raise ValueError(f"{len(labels)} labels for {count} {what}")
        self._values, self._rows, self._columns = matrix, tuple(rows), tuple(columns)
        self._given, self._ramp, self._image = (low, high), ramp, None
        self._over = None
        self._request()

    def set_selected(self, row: int, column: int) -> None:
        """Frame a cell; a negative row frames a whole column, a negative column a whole row; both frame nothing."""
        self._selected = (row, column) if row >= 0 or column >= 0 else None
        self._repaint()

    def has_data(self) -> bool:
        """Whether there is any cell."""
        return bool(self._values.size)

    @property
    def range(self) -> tuple[float, float]:
        """The values of the lowest and the highest colour."""
        low, high = finite_range([self._values]) or (0.0, 1.0)
        if self._ramp == "diverging":
            reach = max(abs(low), abs(high)) or 1.0
            low, high = -reach, reach
        given_low, given_high = self._given
        return (low if given_low is None else given_low), (high if given_high is None else given_high)

    def reading(self, row: int, column: int) -> str:
        """What the top row says of a cell."""
        row_word, column_word, value_word = self._words
        where = f"{row_word} {_name(self._rows, row)}, {column_word} {_name(self._columns, column)}"
        value = float(self._values[row, column])
        words = format_reading(value) if np.isfinite(value) else "no value"
        return f"{where}: {value_word} {words}".replace(":  ", ": ")

    def cell_at(self, pointer: QPointF) -> tuple[int, int] | None:
        """Row and column under a pixel of the sheet; None outside."""
        area, (rows, columns) = self._area, self._values.shape
        if not area.contains(pointer) or not rows or not columns:
            return None
        row = int((pointer.y() - area.top()) / area.height() * rows)
        column = int((pointer.x() - area.left()) / area.width() * columns)
        return min(row, rows - 1), min(column, columns - 1)

    def cell_area(self, row: int, column: int) -> QRectF:
        """Where a cell lies on the sheet; a negative row or column means all of them."""
        rows, columns = self._values.shape
        wide, high = self._area.width() / columns, self._area.height() / rows
        left = self._area.left() + max(0, column) * wide
        top = self._area.top() + max(0, row) * high
        return QRectF(
            left, top, wide if column >= 0 else self._area.width(), high if row >= 0 else self._area.height()
        )

    # ---- painting

    def paint_sheet(self, painter: QPainter, width: int, height: int) -> None:
        """Paint cells, labels, the scale and the top row."""
        painter.setFont(theme().font("small"))
        self._lay_out(width, height)
        if self._image is None:
            self._image = heat_image(self._values, theme().ramp(self._ramp, STEPS), *self.range)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, False)
        painter.drawImage(self._area, self._image)
        self._paint_rows(painter)
        self._paint_columns(painter)
        paint_scale(painter, self._area, self._ramp, *self.range)
        self._paint_frames(painter)
        self._paint_words(painter, width)

    def point_at(self, pointer: QPointF | None) -> None:
        """Read off the cell under the pointer."""
        over = self.cell_at(pointer) if pointer is not None else None
        if over != self._over:
            self._over = over
            self.hovered.emit(*(over or (-1, -1)))
            self._repaint()

    def click_at(self, pointer: QPointF) -> None:
        """Say which cell was clicked."""
        cell = self.cell_at(pointer)
        if cell is not None:
            self.clicked.emit(*cell)

    def _restyle(self) -> None:
        self._image = None
        super()._restyle()

    def _lay_out(self, width: int, height: int) -> None:
        """Leave margins as wide as the words in them."""
        look, measures = theme(), theme().metrics("small")
        row = measures.height()
        rows, columns = self._values.shape
        top, bottom = row + look.px(6), row + look.px(6)
        right = scale_width(*self.range)
        longest = max((measures.horizontalAdvance(text) for text in self._rows), default=0.0)
        fits = (height - top - bottom) / max(1, rows) >= row * 0.95
        left = min(longest, look.px(_LONGEST_LABEL)) + look.px(8) if self._rows and fits else 0.0
        wide, high = max(10.0, width - left - right), max(10.0, height - top - bottom)
        if self._square:
            side = min(wide / max(1, columns), high / max(1, rows))
            wide, high = side * columns, side * rows
        self._area = QRectF(left, top, wide, high)

    def _paint_rows(self, painter: QPainter) -> None:
        look, measures, area = theme(), theme().metrics("small"), self._area
        if not self._rows or area.left() <= 0:
            return
        for index, name in enumerate(self._rows):
            cell = self.cell_area(index, -1)
            painter.setPen(look.colour("text" if self._over and self._over[0] == index else "text_muted"))
            room = area.left() - look.px(8)
            words = measures.elidedText(name, Qt.TextElideMode.ElideRight, room)
            painter.drawText(QRectF(0, cell.top(), room, cell.height()), _RIGHT | _MIDDLE, words)

    def _paint_columns(self, painter: QPainter) -> None:
        """The labels of the columns under them, where every one fits; else what a column is."""
        look, measures, area = theme(), theme().metrics("small"), self._area
        top, height = area.bottom() + look.px(4), measures.height()
        wide = area.width() / max(1, self._values.shape[1])
        widest = max((measures.horizontalAdvance(name) for name in self._columns), default=0.0)
        if self._columns and widest + look.px(4) <= wide:
            for index, name in enumerate(self._columns):
                painter.setPen(look.colour("text" if self._over and self._over[1] == index else "text_muted"))
                cell = self.cell_area(-1, index)
                painter.drawText(QRectF(cell.left(), top, cell.width(), height), _CENTRE | _MIDDLE, name)
            return
        painter.setPen(look.colour("text_muted"))
        words = measures.elidedText(f"{self._words[1]} →", Qt.TextElideMode.ElideRight, area.width())
        painter.drawText(QRectF(area.left(), top, area.width(), height), _RIGHT | _MIDDLE, words)

    def _paint_frames(self, painter: QPainter) -> None:
        look = theme()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)  # sharp edges
        painter.setBrush(Qt.BrushStyle.NoBrush)
        for cell, pen in ((self._over, look.pen("text", 1)), (self._selected, look.pen("accent", 2))):
            if cell is not None and cell[0] < self._values.shape[0] and cell[1] < self._values.shape[1]:
                painter.setPen(pen)
                painter.drawRect(self.cell_area(*cell))

    def _paint_words(self, painter: QPainter, width: int) -> None:
        """The top row: the cell under the pointer, else what a row is."""
        look, measures = theme(), theme().metrics("small")
        row_word, _, value_word = self._words
        words = f"{row_word} ↓" + (f"   colour: {value_word}" if value_word else "")
        painter.setPen(look.colour("text" if self._over else "text_muted"))
        text = self.reading(*self._over) if self._over else words
        shown = measures.elidedText(text, Qt.TextElideMode.ElideRight, width)
        painter.drawText(QRectF(0, 0, width, measures.height()), _LEFT | _MIDDLE, shown)


def _name(labels: Sequence[str], index: int) -> str:
    """A row or column in words: its label in quotes, else its number from 1."""
    return f"“{labels[index]}”" if labels else f"{index + 1}"
