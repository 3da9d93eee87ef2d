"""What all plots share: title, note, words while there is nothing to draw, and the one clock."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QResizeEvent, QShowEvent
from PySide6.QtWidgets import QHBoxLayout, QSizePolicy, QVBoxLayout, QWidget

from widgets.controls.basics import label, set_tone
from widgets.elided import ElidedLabel
from widgets.plots.clock import plot_clock
from widgets.theme import theme


class PlotFrame(QWidget):
    """Base of all plots. What is new is drawn by the plot clock, and only while the plot can be seen.

    Args:
        title: What it shows, at its top left.
        parent: Owner.
    """

    def __init__(self, title: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._title = ElidedLabel(title, "section")
        self._note = label("", "small", "muted")
        self._empty = label("", "small", "muted", wrap=True)
        self._empty.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._head = QHBoxLayout()
        self._head.addWidget(self._title, 1)
        self._head.addWidget(self._note)
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.addLayout(self._head)
        self._column.addWidget(self._empty, 1)
        self._drawing: QWidget | None = None
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setAccessibleName(title)
        self._space()
        theme().changed.connect(self._restyle)

    @property
    def title(self) -> str:
        """The title."""
        return self._title.text()

    def set_title(self, title: str) -> None:
        """Change the title; "" leaves its line out, with the note."""
        self._title.setText(title)
        self._title.setVisible(bool(title))
        self._note.setVisible(bool(title))
        self.setAccessibleName(title)

    def set_note(self, note: str, tone: str = "muted") -> None:
        """Words at the top right, such as "step 288 of 400"."""
        self._note.setText(note)
        set_tone(self._note, tone)

    def set_empty_text(self, text: str) -> None:
        """What to say while there is nothing to draw."""
        self._empty.setText(text)

    def has_data(self) -> bool:
        """Whether there is anything to draw."""
        raise NotImplementedError

    def flush(self) -> None:
        """Draw what is new now; the plot clock calls it."""
        data = self.has_data()
        if data and self._drawing is None:
            self._drawing = self._make_drawing()
            self._column.addWidget(self._drawing, 1)
        self._empty.setVisible(not data)
        if self._drawing is not None:
            self._drawing.setVisible(data)
            if data:
                self._refresh(self._drawing)

    def sizeHint(self) -> QSize:
        """A strip."""
        return QSize(theme().px(420), theme().px(190))

    def minimumSizeHint(self) -> QSize:
        """The least that can be read."""
        return QSize(theme().px(180), theme().px(120))

    def showEvent(self, event: QShowEvent) -> None:
        """Draw what came while it was hidden."""
        super().showEvent(event)
        self._request()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Another size, another drawing."""
        super().resizeEvent(event)
        self._request()

    def _make_drawing(self) -> QWidget:
        """Make the widget that draws, with the first data."""
        raise NotImplementedError

    def _refresh(self, drawing: QWidget) -> None:
        """Draw what is new."""
        drawing.update()

    def _request(self) -> None:
        plot_clock().request(self)

    def _space(self) -> None:
        self._column.setSpacing(theme().px(8))
        self._head.setSpacing(theme().px(12))

    def _restyle(self) -> None:
        self._space()
        self._request()
