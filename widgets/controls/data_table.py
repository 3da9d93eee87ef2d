"""A table of many rows: sorted by a click on a heading, one row chosen, only what is in sight is ever formatted."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from PySide6.QtCore import (
    QAbstractTableModel,
    QItemSelectionModel,
    QModelIndex,
    QPersistentModelIndex,
    Qt,
    Signal,
)
from PySide6.QtGui import QColor, QFont, QResizeEvent, QShowEvent
from PySide6.QtWidgets import QAbstractItemView, QFrame, QHeaderView, QTableView, QWidget

from widgets.theme import theme

Index = QModelIndex | QPersistentModelIndex
Cell = str | float | int | None
_ROW_HEIGHT = 28
_DIGITS = 4


@dataclass(frozen=True)
class Column:
    """A column of a :class:`DataTable`.

    Attributes:
        title: Its heading, with the unit.
        kind: ``text`` stands left; ``number`` stands right in the mono font, and is sorted the largest first.
        share: How much of the width it takes, in proportion; 0 takes what its heading and ``sample`` need.
        sample: The longest words to expect, for a share of 0.
        show: Words of a value; by default up to four significant digits.
        tone: Colour token of a value; None for the usual.
    """

    title: str
    kind: Literal["text", "number"] = "text"
    share: float = 0.0
    sample: str = ""
    show: Callable[[Any], str] | None = None
    tone: Callable[[Any], str] | None = None


class _Model(QAbstractTableModel):
    """Rows as they were given, and the order in which they are shown."""

    def __init__(self, columns: Sequence[Column], parent: QWidget) -> None:
        super().__init__(parent)
        self.columns = tuple(columns)
        self.rows: Sequence[Sequence[Cell]] = ()
        self.order: list[int] = []
        self.places: list[int] = []
        self.sorted_by = (-1, Qt.SortOrder.AscendingOrder)

    def set_rows(self, rows: Sequence[Sequence[Cell]]) -> None:
        self.beginResetModel()
        self.rows = rows
        self._arrange()
        self.endResetModel()

    def rowCount(self, parent: Index | None = None) -> int:  # noqa: N802 - Qt's name
        return 0 if parent is not None and parent.isValid() else len(self.rows)

    def columnCount(self, parent: Index | None = None) -> int:  # noqa: N802 - Qt's name
        return 0 if parent is not None and parent.isValid() else len(self.columns)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if not index.isValid() or index.row() >= len(self.order):
            return None
        column = self.columns[index.column()]
        value = self.rows[self.order[index.row()]][index.column()]
        if role == Qt.ItemDataRole.DisplayRole:
            return words_of(value, column)
        if role == Qt.ItemDataRole.ToolTipRole:
            return words_of(value, column) if column.kind == "text" else None
        return self._looks(column, value, role)

    def _looks(self, column: Column, value: Cell, role: int) -> Any:
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return _alignment(column)
        if role == Qt.ItemDataRole.FontRole:
            return self._font(column)
        if role == Qt.ItemDataRole.ForegroundRole and column.tone is not None:
            token = column.tone(value)
            return QColor(theme().colour(token)) if token else None
        return None

    def headerData(  # noqa: N802 - Qt's name
        self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole
    ) -> Any:
        if orientation != Qt.Orientation.Horizontal or not 0 <= section < len(self.columns):
            return None
        if role == Qt.ItemDataRole.DisplayRole:
            return self.columns[section].title + self._arrow(section)
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return _alignment(self.columns[section])
        return None

    def _arrow(self, section: int) -> str:
        if section != self.sorted_by[0]:
            return ""
        return " ↓" if self.sorted_by[1] == Qt.SortOrder.DescendingOrder else " ↑"

    def set_order(self, column: int, order: Qt.SortOrder) -> None:
        self.beginResetModel()
        self.sorted_by = column, order
        self._arrange()
        self.endResetModel()

    def _arrange(self) -> None:
        column, order = self.sorted_by
        self.order = list(range(len(self.rows)))
        if 0 <= column < len(self.columns):
            down = order == Qt.SortOrder.DescendingOrder
            known = [row for row in self.order if _known(self.rows[row][column])]
            unknown = [row for row in self.order if not _known(self.rows[row][column])]
            known.sort(key=self._key, reverse=down)
            self.order = known + unknown  # what has no value is last, either way
        self.places = [0] * len(self.order)
        for place, row in enumerate(self.order):
            self.places[row] = place

    def _key(self, row: int) -> Any:
        value = self.rows[row][self.sorted_by[0]]
        return value.casefold() if isinstance(value, str) else value

    @staticmethod
    def _font(column: Column) -> QFont:
        return theme().font("mono_small" if column.kind == "number" else "body")


class DataTable(QTableView):
    """Rows and columns. ``chosen`` carries the number of the row (as given, not as sorted) that the user is on.

    Args:
        columns: Its columns.
        parent: Owner.
    """

    chosen = Signal(int)

    def __init__(self, columns: Sequence[Column], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._model = _Model(columns, self)
        self.setModel(self._model)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setShowGrid(False)
        self.setWordWrap(False)
        self.setTabKeyNavigation(False)
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.verticalHeader().hide()
        heading = self.horizontalHeader()
        heading.setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        heading.setHighlightSections(False)
        heading.setSectionsClickable(True)
        heading.sectionClicked.connect(self._sort_clicked)
        self.selectionModel().currentRowChanged.connect(self._chose)
        theme().changed.connect(self._restyle)
        self._restyle()

    def set_rows(self, rows: Sequence[Sequence[Cell]]) -> None:
        """Show rows, each with a value for every column (None for no value); sorting stays, the choice goes.

        Raises:
            ValueError: if the first row has another number of values.
        """
        if rows and len(rows[0]) != len(self._model.columns):
            raise ValueError(f"{len(rows[0])} values for {len(self._model.columns)} columns")
        self._model.set_rows(rows)

    def rows(self) -> Sequence[Sequence[Cell]]:
        """The rows as given."""
        return self._model.rows

    def shown(self) -> list[int]:
        """Numbers of the rows (as given) in the order in which they are shown."""
        return list(self._model.order)

    def sort_by(self, column: int, *, largest_first: bool = False) -> None:
        """Sort by a column; what has no value comes last; -1 shows the rows as they were given."""
        order = Qt.SortOrder.DescendingOrder if largest_first else Qt.SortOrder.AscendingOrder
        row = self.row()
        self._model.set_order(column, order)
        self.choose(row)

    def row(self) -> int:
        """Number of the chosen row (as given), -1 without one."""
        index = self.currentIndex()
        return self._model.order[index.row()] if index.isValid() else -1

    def choose(self, row: int) -> None:
        """Choose a row (as given) and bring it into sight, without a signal; -1 chooses none."""
        chooser = self.selectionModel()
        chooser.blockSignals(True)
        if 0 <= row < len(self._model.places):
            index = self._model.index(self._model.places[row], 0)
            flags = QItemSelectionModel.SelectionFlag.ClearAndSelect | QItemSelectionModel.SelectionFlag.Rows
            chooser.setCurrentIndex(index, flags)
            self.scrollTo(index)
        else:
            chooser.clear()
        chooser.blockSignals(False)
        self.viewport().update()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Share out the new width."""
        super().resizeEvent(event)
        self._share_out()

    def showEvent(self, event: QShowEvent) -> None:
        """Share out the width."""
        super().showEvent(event)
        self._share_out()

    def _chose(self, current: QModelIndex, before: QModelIndex) -> None:
        if current.isValid():
            self.chosen.emit(self._model.order[current.row()])

    def _sort_clicked(self, column: int) -> None:
        """Another column: numbers the largest first, words from A; the same one: the other way round."""
        before, order = self._model.sorted_by
        first = self._model.columns[column].kind == "number"
        turned = order == Qt.SortOrder.AscendingOrder
        self.sort_by(column, largest_first=turned if before == column else first)

    def _share_out(self) -> None:
        look, columns = theme(), self._model.columns
        widths = [0.0 if column.share else self._natural(column) for column in columns]
        shares = sum(column.share for column in columns) or 1.0
        free = max(0.0, self.viewport().width() - sum(widths))
        for index, column in enumerate(columns):
            width = free * column.share / shares if column.share else widths[index]
            self.setColumnWidth(index, max(look.px(24), int(width)))

    def _natural(self, column: Column) -> float:
        look = theme()
        words = look.metrics("mono_small" if column.kind == "number" else "body").horizontalAdvance(
            column.sample
        )
        return max(words, look.metrics("body").horizontalAdvance(f"{column.title} ↓")) + look.px(26)

    def _restyle(self) -> None:
        self.verticalHeader().setDefaultSectionSize(theme().px(_ROW_HEIGHT))
        self._share_out()
        self.viewport().update()


def words_of(value: Cell, column: Column) -> str:
    """A cell in words; "" for no value."""
    if not _known(value):
        return ""
    if column.show is not None:
        return column.show(value)
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return str(value)
    whole = isinstance(value, int) or abs(value) >= 10**_DIGITS
    return (f"{value:,.0f}" if whole else f"{value:.{_DIGITS}g}").replace("-", "−")


def _known(value: Cell) -> bool:
    return value is not None and not (isinstance(value, float) and math.isnan(value))


def _alignment(column: Column) -> Qt.AlignmentFlag:
    side = Qt.AlignmentFlag.AlignRight if column.kind == "number" else Qt.AlignmentFlag.AlignLeft
    return side | Qt.AlignmentFlag.AlignVCenter
