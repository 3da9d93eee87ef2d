"""Many small maps in a grid, one of them chosen: the attention of all layers and heads at a glance."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QPointF, QRectF, Qt, Signal
from PySide6.QtGui import QImage, QKeyEvent, QPainter
from PySide6.QtWidgets import QWidget

from widgets.plots.chart import Chart
from widgets.plots.scale import STEPS
from widgets.scene.drawing import heat_image
from widgets.theme import theme

_RIGHT = Qt.AlignmentFlag.AlignRight
_CENTRE, _MIDDLE = Qt.AlignmentFlag.AlignHCenter, Qt.AlignmentFlag.AlignVCenter
_GAP = 5
_MOVES = {
    Qt.Key.Key_Left: (0, -1),
    Qt.Key.Key_Right: (0, 1),
    Qt.Key.Key_Up: (-1, 0),
    Qt.Key.Key_Down: (1, 0),
}


class MapGrid(Chart):
    """Rows of small maps. ``chosen`` carries row and column of the map that the user chose, by click or arrow keys.

    Args:
        title: What it shows.
        row_label: What a row of maps is, such as "layer".
        column_label: What a column of maps is, such as "head".
        parent: Owner.
    """

    chosen = Signal(int, int)

    def __init__(
        self, title: str, row_label: str = "layer", column_label: str = "head", parent: QWidget | None = None
    ) -> None:
        super().__init__(title, parent)
        self._words = row_label, column_label
        self._maps: npt.NDArray[np.float32] = np.zeros((0, 0, 0, 0), np.float32)
        self._range = (0.0, 1.0)
        self._ramp = "sequential"
        self._images: dict[tuple[int, int], QImage] = {}
        self._selected = (0, 0)
        self._over: tuple[int, int] | None = None
        self._room = (0.0, 0.0, 1.0, 1.0)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)

    def set_maps(
        self, maps: npt.ArrayLike, *, low: float = 0.0, high: float = 1.0, ramp: str = "sequential"
    ) -> None:
        """Show maps of one size.

        Args:
            maps: Array (rows, columns, height, width); NaN stays empty.
            low: Value of the lowest colour, the same in all maps.
            high: Value of the highest colour.
            ramp: ``sequential``, ``diverging`` or a colour token.

        Raises:
            ValueError: if the array has not four dimensions.
        """
        values = np.asarray(maps, np.float32)
        if values.ndim != 4:
            raise ValueError(f"an array {values.shape} holds no rows and columns of maps")
        self._maps, self._range, self._ramp = values, (low, high), ramp
        self._images.clear()
        rows, columns = values.shape[:2]
        self._selected = (
            min(self._selected[0], max(0, rows - 1)),
            min(self._selected[1], max(0, columns - 1)),
        )
        self._request()

    @property
    def selected(self) -> tuple[int, int]:
        """Row and column of the chosen map."""
        return self._selected

    def set_selected(self, row: int, column: int) -> None:
        """Choose a map without a signal; what is out of range is the nearest."""
        rows, columns = self._maps.shape[:2]
        self._selected = min(max(0, row), max(0, rows - 1)), min(max(0, column), max(0, columns - 1))
        self._repaint()

    def has_data(self) -> bool:
        """Whether there is any map."""
        return bool(self._maps.size)

    def map_area(self, row: int, column: int) -> QRectF:
        """Where a map lies on the sheet."""
        left, top, wide, high = self._room
        gap = theme().px(_GAP)
        return QRectF(left + column * wide, top + row * high, wide - gap, high - gap)

    def paint_sheet(self, painter: QPainter, width: int, height: int) -> None:
        """Paint the maps, a frame around the chosen one, and the numbers of rows and columns."""
        look, measures = theme(), theme().metrics("small")
        painter.setFont(look.font("small"))
        rows, columns = self._maps.shape[:2]
        left = measures.horizontalAdvance(f"{self._words[0]} {rows}") + look.px(8)
        top = measures.height() + look.px(4)
        wide, high = (width - left) / columns, (height - top) / rows
        side = min(wide, high)  # attention maps are square
        self._room = left, top, side, side
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, side < self._maps.shape[2])
        for row in range(rows):
            for column in range(columns):
                painter.drawImage(self.map_area(row, column), self._image(row, column))
        self._paint_names(painter, left)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)  # sharp edges
        painter.setBrush(Qt.BrushStyle.NoBrush)
        if self._over is not None and self._over != self._selected:
            painter.setPen(look.pen("text_muted", 1))
            painter.drawRect(self.map_area(*self._over))
        painter.setPen(look.pen("accent", 3 if self.hasFocus() else 2))
        painter.drawRect(self.map_area(*self._selected))

    def point_at(self, pointer: QPointF | None) -> None:
        """Light up the map under the pointer."""
        over = self._map_at(pointer) if pointer is not None else None
        if over != self._over:
            self._over = over
            self._repaint()

    def click_at(self, pointer: QPointF) -> None:
        """Choose the map that was clicked."""
        found = self._map_at(pointer)
        if found is not None:
            self._choose(*found)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Arrows go to the neighbour."""
        move = _MOVES.get(Qt.Key(event.key()))
        rows, columns = self._maps.shape[:2]
        if move is None or not rows or not columns:
            super().keyPressEvent(event)
            return
        row, column = self._selected[0] + move[0], self._selected[1] + move[1]
        self._choose(min(max(0, row), rows - 1), min(max(0, column), columns - 1))

    def _choose(self, row: int, column: int) -> None:
        if (row, column) != self._selected:
            self._selected = row, column
            self._repaint()
            self.chosen.emit(row, column)

    def _map_at(self, pointer: QPointF) -> tuple[int, int] | None:
        left, top, wide, high = self._room
        rows, columns = self._maps.shape[:2]
        row, column = int((pointer.y() - top) // high), int((pointer.x() - left) // wide)
        return (row, column) if 0 <= row < rows and 0 <= column < columns else None

    def _image(self, row: int, column: int) -> QImage:
        key = (row, column)
        if key not in self._images:
            ramp = theme().ramp(self._ramp, STEPS)
            self._images[key] = heat_image(self._maps[row, column], ramp, *self._range)
        return self._images[key]

    def _paint_names(self, painter: QPainter, left: float) -> None:
        look, measures = theme(), theme().metrics("small")
        rows, columns = self._maps.shape[:2]
        height = measures.height()
        for row in range(rows):
            area = self.map_area(row, 0)
            if area.height() < height * 0.9:
                break
            painter.setPen(look.colour("text" if row == self._selected[0] else "text_muted"))
            room = QRectF(0, area.top(), left - look.px(8), area.height())
            painter.drawText(room, _RIGHT | _MIDDLE, f"{self._words[0]} {row + 1}")
        named = measures.horizontalAdvance(f"{self._words[1]} {columns}") <= self.map_area(0, 0).width()
        for column in range(columns):
            area = self.map_area(0, column)
            painter.setPen(look.colour("text" if column == self._selected[1] else "text_muted"))
            words = f"{self._words[1]} {column + 1}" if named else f"{column + 1}"
            painter.drawText(QRectF(area.left(), 0, area.width(), height), _CENTRE | _MIDDLE, words)

    def _restyle(self) -> None:
        self._images.clear()
        super()._restyle()
