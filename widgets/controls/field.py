"""What all fields of a form share: a label, room for a message, and a line to type in."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QFocusEvent, QKeyEvent
from PySide6.QtWidgets import QHBoxLayout, QLabel, QLineEdit, QVBoxLayout, QWidget

from simulator.config import Setting
from widgets.controls.basics import label, set_tone
from widgets.theme import theme

_NAME_WIDTH = 94


class Field(QWidget):
    """Base of all fields.

    Attributes:
        edited: The user changed the value: (name of the setting, value).
        refused: The user typed what cannot be read: (name, message).
    """

    edited = Signal(str, object)
    refused = Signal(str, str)

    def __init__(self, item: Setting, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.item = item
        self._inline = False
        self.column = QVBoxLayout(self)
        self.column.setContentsMargins(0, 0, 0, 0)
        self.head = QHBoxLayout()
        self.name_label = label(item.label)
        self.head.addWidget(self.name_label, 1)
        self.column.addLayout(self.head)
        self._message: QLabel | None = None
        self._space()
        theme().changed.connect(self._space)
        self.setToolTip(f"{item.help}\n{item.range_text}".strip())

    def value(self) -> Any:
        """The value shown."""
        raise NotImplementedError

    def set_value(self, value: Any) -> None:
        """Show a value; emits nothing."""
        raise NotImplementedError

    def commit(self) -> None:
        """Take what the user is still typing."""

    def reset(self) -> None:
        """Go back to the default, as if the user had chosen it."""
        self.set_value(self.item.default)
        self.edited.emit(self.item.name, self.item.default)

    def set_message(self, text: str) -> None:
        """Show what is wrong with the value under it; "" when nothing is."""
        if self._message is None:
            if not text:
                return
            self._message = label("", "small", "bad", wrap=True)
            self.column.addWidget(self._message)
        self._message.setText(text)
        self._message.setVisible(bool(text))

    def message(self) -> str:
        """The message shown, or ""."""
        return self._message.text() if self._message is not None else ""

    def set_inline(self) -> None:
        """Stand in one line: the name at the left in a column of fixed width, the control beside it."""
        self._inline = True
        self.head.setStretchFactor(self.name_label, 0)
        set_tone(self.name_label, "muted")
        self._move_into_line()
        self._space()

    def _move_into_line(self) -> None:
        """Take what stands under the name into its line."""

    def _space(self) -> None:
        if self._inline:
            self.name_label.setFixedWidth(theme().px(_NAME_WIDTH))
            self.head.setSpacing(theme().px(8))
            self.column.setSpacing(theme().px(4))
            return
        self.column.setSpacing(theme().px(6))
        self.head.setSpacing(0)

    def name_for_reader(self, widget: QWidget) -> None:
        """Tell screen readers what a widget of this field is."""
        widget.setAccessibleName(self.item.label)
        widget.setAccessibleDescription(self.item.help)
        self.setFocusProxy(widget)


class Entry(QLineEdit):
    """A line that takes its text when the user leaves it or presses Enter, and gives it back on Escape."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self._before = ""

    def focusInEvent(self, event: QFocusEvent) -> None:
        """Remember what was there."""
        self._before = self.text()
        super().focusInEvent(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Escape undoes what was typed."""
        if event.key() == Qt.Key.Key_Escape and self.text() != self._before:
            self.setText(self._before)
            return
        super().keyPressEvent(event)
