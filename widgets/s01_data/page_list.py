"""A list of things to look at, two lines each: what it is, and what became of it. Arrow keys walk it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QAbstractListModel, QModelIndex, QPersistentModelIndex, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QPainter, QResizeEvent
from PySide6.QtWidgets import (
    QAbstractItemView,
    QFrame,
    QListView,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QWidget,
)

from widgets.theme import theme

_HEIGHT = 44
_NEAR_TOP = 2
_Index = QModelIndex | QPersistentModelIndex


@dataclass(frozen=True)
class ListEntry:
    """One line of the list.

    Attributes:
        title: What it is.
        detail: What became of it, or how large it is.
        tone: Colour of the dot before the detail; "" for no dot.
    """

    title: str
    detail: str
    tone: str = ""


class _Model(QAbstractListModel):
    """The entries; only those in sight are asked for."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.entries: list[ListEntry] = []

    def rowCount(self, parent: _Index | None = None) -> int:  # noqa: N802 - Qt's name
        """How many there are."""
        return 0 if parent is not None and parent.isValid() else len(self.entries)

    def data(self, index: _Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        """The words, for painting and for screen readers."""
        entry = self.entries[index.row()]
        if role == Qt.ItemDataRole.DisplayRole:
            return f"{entry.title}, {entry.detail}"
        return f"{entry.title}\n{entry.detail}" if role == Qt.ItemDataRole.ToolTipRole else None

    def replace(self, entries: Sequence[ListEntry]) -> None:
        """Hold other entries."""
        self.beginResetModel()
        self.entries = list(entries)
        self.endResetModel()


class _Painter(QStyledItemDelegate):
    """Paints an entry."""

    def sizeHint(self, option: QStyleOptionViewItem, index: _Index) -> QSize:
        """All are equally high."""
        return QSize(theme().px(80), theme().px(_HEIGHT))

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: _Index) -> None:
        """Paint plate, title, dot and detail."""
        look = theme()
        entry = index.model().entries[index.row()]  # type: ignore[union-attr]
        area = QRectF(option.rect).adjusted(0, look.px(1), -look.px(2), -look.px(1))
        chosen = bool(option.state & QStyle.StateFlag.State_Selected)
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if chosen or option.state & QStyle.StateFlag.State_MouseOver:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(look.colour("accent_soft" if chosen else "surface_raised"))
            painter.drawRoundedRect(area, look.px(6), look.px(6))
        if chosen and option.state & QStyle.StateFlag.State_HasFocus:
            painter.setPen(look.pen("accent", 1.5))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRoundedRect(area.adjusted(1, 1, -1, -1), look.px(6), look.px(6))
        inner = area.adjusted(look.px(8), look.px(4), -look.px(6), -look.px(4))
        upper, lower = QRectF(inner), QRectF(inner)
        upper.setBottom(inner.center().y())
        lower.setTop(inner.center().y())
        self._words(painter, upper, entry.title, "body", "text")
        if entry.tone:
            size = look.px(7)
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(look.colour(entry.tone))
            painter.drawEllipse(QRectF(lower.left(), lower.center().y() - size / 2, size, size))
            lower.setLeft(lower.left() + size + look.px(6))
        self._words(painter, lower, entry.detail, "small", "text_muted")
        painter.restore()

    def _words(self, painter: QPainter, area: QRectF, words: str, role: str, colour: str) -> None:
        look = theme()
        painter.setFont(look.font(role))
        painter.setPen(look.colour(colour))
        shown = look.metrics(role).elidedText(words, Qt.TextElideMode.ElideRight, area.width())
        painter.drawText(area, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft, shown)


class PageList(QListView):
    """The list. ``chosen`` carries the place of the entry that the user, or :meth:`choose`, went to."""

    chosen = Signal(int)

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._entries = _Model(self)
        self.setModel(self._entries)
        self.setItemDelegate(_Painter(self))
        self.setAccessibleName(name)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setUniformItemSizes(True)
        self.setMouseTracking(True)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.viewport().setAutoFillBackground(False)
        theme().changed.connect(self._restyle)

    @property
    def place(self) -> int:
        """The entry chosen, -1 for none."""
        return self.currentIndex().row()

    def entries(self) -> list[ListEntry]:
        """What it lists."""
        return list(self._entries.entries)

    def set_entries(self, entries: Sequence[ListEntry], place: int = -1) -> None:
        """List other entries, with one of them chosen; emits nothing."""
        self.blockSignals(True)
        self._entries.replace(entries)
        if 0 <= place < len(entries):
            self.setCurrentIndex(self._entries.index(place))
        self.blockSignals(False)
        self.viewport().update()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """What stands above an entry near the top stays in sight."""
        super().resizeEvent(event)
        if self.place < _NEAR_TOP:
            self.scrollToTop()

    def choose(self, place: int) -> None:
        """Go to an entry."""
        self.setCurrentIndex(self._entries.index(place))

    def currentChanged(self, current: _Index, previous: _Index) -> None:  # noqa: N802 - Qt's name
        """Say where the user went."""
        super().currentChanged(current, previous)
        if current.isValid() and current.row() != previous.row():
            self.chosen.emit(current.row())

    def _restyle(self) -> None:
        self.scheduleDelayedItemsLayout()
        self.viewport().update()
