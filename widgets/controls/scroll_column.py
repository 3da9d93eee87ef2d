"""A column of controls that scrolls where there is too little height for it."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt
from PySide6.QtWidgets import QFrame, QScrollArea, QVBoxLayout, QWidget

from widgets.theme import theme


class ScrollColumn(QScrollArea):
    """Add to ``column``; it asks for the height that it needs, and makes do with less."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setWidgetResizable(True)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        inner = QWidget()
        inner.setObjectName("scrolled")
        self.column = QVBoxLayout(inner)
        self.setWidget(inner)
        self._space()
        theme().changed.connect(self._space)

    def sizeHint(self) -> QSize:
        """As high as what is in it."""
        hint = self.widget().sizeHint()
        return QSize(hint.width(), hint.height())

    def _space(self) -> None:
        self.column.setContentsMargins(0, 0, theme().px(4), 0)
        self.column.setSpacing(theme().px(12))
