"""The fields of a form, one small widget per kind of setting."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from PySide6.QtCore import QEvent
from PySide6.QtGui import QDragEnterEvent, QDropEvent
from PySide6.QtWidgets import QComboBox, QFileDialog, QHBoxLayout, QMenu, QWidget

from simulator.config import Setting
from widgets.controls.basics import button, set_look
from widgets.controls.field import Entry, Field
from widgets.controls.number_field import NumberField
from widgets.controls.segmented import SegmentedControl
from widgets.controls.switch import Switch

_MOST_SEGMENTS = 4
_ANY = 16_777_215
_MOST_SEGMENT_LETTERS = 24


class SwitchField(Field):
    """Yes or no."""

    def __init__(self, item: Setting, parent: QWidget | None = None) -> None:
        super().__init__(item, parent)
        self._switch = Switch(self)
        self._switch.setChecked(bool(item.default))
        self._switch.clicked.connect(self._take)
        self.head.addWidget(self._switch)
        self.name_for_reader(self._switch)

    def _space(self) -> None:
        """In a line the words have all the room that the switch leaves."""
        super()._space()
        if self._inline:
            self.name_label.setMinimumWidth(0)
            self.name_label.setMaximumWidth(_ANY)
            self.head.setStretchFactor(self.name_label, 1)

    def value(self) -> bool:
        """Whether it is on."""
        return self._switch.isChecked()

    def set_value(self, value: Any) -> None:
        """Show on or off; emits nothing."""
        self._switch.setChecked(bool(value))

    def _take(self) -> None:
        self.edited.emit(self.item.name, self._switch.isChecked())


class SegmentField(Field):
    """A few short choices, all in view."""

    def __init__(self, item: Setting, parent: QWidget | None = None) -> None:
        super().__init__(item, parent)
        self._segments = SegmentedControl(item.choices, self)
        self._segments.set_current(item.default)
        self._segments.chosen.connect(self._take)
        self.column.addWidget(self._segments)
        self.name_for_reader(self._segments)

    def _move_into_line(self) -> None:
        self._segments.set_dense()
        self.column.removeWidget(self._segments)
        self.head.addWidget(self._segments, 1)

    def value(self) -> str:
        """The choice."""
        return self._segments.current()

    def set_value(self, value: Any) -> None:
        """Show a choice; emits nothing."""
        self._segments.set_current(value)

    def _take(self, key: str) -> None:
        self.edited.emit(self.item.name, key)


class _QuietCombo(QComboBox):
    """A combo box that leaves the wheel to the page."""

    def wheelEvent(self, event: QEvent) -> None:
        """Not ours."""
        event.ignore()


class ComboField(Field):
    """Many choices, folded into a list."""

    def __init__(self, item: Setting, parent: QWidget | None = None) -> None:
        super().__init__(item, parent)
        self._combo = _QuietCombo(self)
        self._combo.addItems(item.choices)
        self._combo.setCurrentText(item.default)
        self._combo.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToContents)
        self._combo.activated.connect(self._take)
        self.head.addWidget(self._combo)
        self._combo.setMinimumContentsLength(6)
        self.name_for_reader(self._combo)

    def _move_into_line(self) -> None:
        set_look(self._combo, "dense", "true")
        self.head.setStretchFactor(self._combo, 1)

    def value(self) -> str:
        """The choice."""
        return self._combo.currentText()

    def set_value(self, value: Any) -> None:
        """Show a choice; emits nothing."""
        self._combo.setCurrentText(value)

    def _take(self) -> None:
        self.edited.emit(self.item.name, self._combo.currentText())


class TextField(Field):
    """A line of text."""

    def __init__(self, item: Setting, parent: QWidget | None = None) -> None:
        super().__init__(item, parent)
        self.entry = Entry(self)
        self.entry.editingFinished.connect(self._take)
        self.row = QHBoxLayout()
        self.row.addWidget(self.entry, 1)
        self.column.addLayout(self.row)
        self._value = ""
        self.name_for_reader(self.entry)
        self.set_value(item.default)

    def _move_into_line(self) -> None:
        set_look(self.entry, "dense", "true")
        self.column.removeItem(self.row)
        self.head.addLayout(self.row, 1)

    def value(self) -> str:
        """The text."""
        return self._value

    def set_value(self, value: Any) -> None:
        """Show a text; emits nothing."""
        self._value = str(value)
        self.entry.setText(self._value)
        self.entry.setCursorPosition(0)

    def commit(self) -> None:
        """Take what the user is still typing."""
        self._take()

    def take(self, text: str) -> None:
        """Take a text as if the user had typed it."""
        self.entry.setText(text)
        self._take()

    def set_message(self, text: str) -> None:
        """Show what is wrong, and mark the line."""
        super().set_message(text)
        set_look(self.entry, "wrong", "true" if text else "false")

    def _take(self) -> None:
        text = self.entry.text().strip()
        if text != self._value:
            self._value = text
            self.edited.emit(self.item.name, text)


class PathField(TextField):
    """A file or a folder: typed, chosen in a dialog, or dropped onto the field."""

    def __init__(self, item: Setting, parent: QWidget | None = None) -> None:
        super().__init__(item, parent)
        self._browse = button("Browse…", hint="Choose a file or a folder of yours")
        self._browse.setAccessibleName("Choose a file or a folder of yours")
        self._browse.setProperty("menu", "true")
        menu = QMenu(self._browse)
        menu.addAction("A file…").triggered.connect(self._choose_file)
        menu.addAction("A folder…").triggered.connect(self._choose_folder)
        self._browse.setMenu(menu)
        self.row.addWidget(self._browse)
        self.entry.setAcceptDrops(False)
        self.setAcceptDrops(True)

    def _move_into_line(self) -> None:
        super()._move_into_line()
        self._browse.setText("…")
        set_look(self._browse, "dense", "true")

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        """Welcome one local file or folder."""
        if any(url.isLocalFile() for url in event.mimeData().urls()):
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:
        """Take what was dropped."""
        paths = [url.toLocalFile() for url in event.mimeData().urls() if url.isLocalFile()]
        if paths:
            self.take(paths[0])
            event.acceptProposedAction()

    def _choose_file(self) -> None:
        path, _ = QFileDialog.getOpenFileName(self, self.item.label)
        if path:
            self.take(path)

    def _choose_folder(self) -> None:
        path = QFileDialog.getExistingDirectory(self, self.item.label)
        if path:
            self.take(path)


def make_field(item: Setting, parent: QWidget | None = None) -> Field:
    """The field that suits a setting."""
    if item.kind == "choice":
        short = len(item.choices) <= _MOST_SEGMENTS and len("".join(item.choices)) <= _MOST_SEGMENT_LETTERS
        return (SegmentField if short else ComboField)(item, parent)
    kinds: dict[str, Callable[[Setting, QWidget | None], Field]] = {
        "int": NumberField,
        "float": NumberField,
        "bool": SwitchField,
        "path": PathField,
        "str": TextField,
    }
    return kinds[item.kind](item, parent)
