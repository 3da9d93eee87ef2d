"""A label that shortens its text with an ellipsis when there is no room, and then shows all of it as a tooltip."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QSize, Qt
from PySide6.QtGui import QHelpEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QLabel, QStyle, QStyleOption, QToolTip, QWidget


class ElidedLabel(QLabel):
    """One line of plain text that never asks for more width than there is.

    Args:
        text: What it says.
        role: Type role of the theme.
        tone: Tone of the theme, or "".
        parent: Qt parent.
    """

    def __init__(
        self, text: str = "", role: str = "body", tone: str = "", parent: QWidget | None = None
    ) -> None:
        super().__init__(text, parent)
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.setProperty("role", role)
        if tone:
            self.setProperty("tone", tone)

    def shown_text(self) -> str:
        """The text as it is painted, shortened where needed."""
        return self.fontMetrics().elidedText(
            self.text(), Qt.TextElideMode.ElideRight, self.contentsRect().width()
        )

    def minimumSizeHint(self) -> QSize:
        """Room for a few letters."""
        full = super().sizeHint()
        return QSize(min(full.width(), self.fontMetrics().averageCharWidth() * 5), full.height())

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint as much of the text as fits."""
        painter = QPainter(self)
        option = QStyleOption()
        option.initFrom(self)
        self.style().drawItemText(
            painter, self.contentsRect(), self.alignment(), option.palette, self.isEnabled(), self.shown_text(),
            self.foregroundRole(),
        )  # fmt: skip

    def event(self, event: QEvent) -> bool:
        """Show the whole text as a tooltip when it is shortened."""
        if (
            event.type() == QEvent.Type.ToolTip
            and isinstance(event, QHelpEvent)
            and self.shown_text() != self.text()
        ):
            QToolTip.showText(event.globalPos(), self.toolTip() or self.text(), self)
            return True
        return super().event(event)


def set_tone(label: QWidget, tone: str) -> None:
    """Give a label another tone of the theme ("" for none) and repaint it."""
    if label.property("tone") != tone:
        label.setProperty("tone", tone)
        style: QStyle = label.style()
        style.unpolish(label)
        style.polish(label)
