"""One small widget per kind of setting: a label, a way to change the value, and room for a message."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from PySide6.QtCore import QEvent, QObject, Qt, Signal
from PySide6.QtGui import QDragEnterEvent, QDropEvent, QFocusEvent, QKeyEvent
from PySide6.QtWidgets import (
    QComboBox,
    QFileDialog,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QMenu,
    QVBoxLayout,
    QWidget,
)

from simulator.config import Setting, parse_setting
from simulator.errors import ConfigError
from widgets.controls.basics import button, label, set_look
from widgets.controls.segmented import SegmentedControl
from widgets.controls.slider import FlatSlider
from widgets.controls.stops import format_value, nearest_stop, slider_stops
from widgets.controls.switch import Switch
from widgets.theme import theme

_MOST_SEGMENTS = 4
_MOST_SEGMENT_LETTERS = 24
_WIDEST_NUMBER = 10**6


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

    def _space(self) -> None:
        self.column.setSpacing(theme().px(6))
        self.head.setSpacing(0)

    def name_for_reader(self, widget: QWidget) -> None:
        """Tell screen readers what a widget of this field is."""
        widget.setAccessibleName(self.item.label)
        widget.setAccessibleDescription(self.item.help)
        self.setFocusProxy(widget)


class _Entry(QLineEdit):
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


class NumberField(Field):
    """A number: value and unit at the right, editable; a slider under it where the range allows one."""

    def __init__(self, item: Setting, parent: QWidget | None = None) -> None:
        super().__init__(item, parent)
        self._value = item.default
        self._stops = slider_stops(item) if item.log or (item.high or 0) <= _WIDEST_NUMBER else []
        self._entry = _Entry(self)
        self._entry.setProperty("kind", "value")
        self._entry.setAlignment(Qt.AlignmentFlag.AlignRight)
        self._entry.editingFinished.connect(self._take_text)
        self._entry.textChanged.connect(self._fit_entry)
        self.head.addWidget(self._entry)
        if item.unit:
            self.head.addWidget(label(item.unit, "small", "muted"))
        self._slider: FlatSlider | None = None
        if self._stops:
            self._slider = FlatSlider(self)
            self._slider.setRange(0, len(self._stops) - 1)
            self._slider.setPageStep(max(1, len(self._stops) // 10))
            self._slider.valueChanged.connect(self._take_position)
            self._slider.installEventFilter(self)
            self.column.addWidget(self._slider)
            self.name_for_reader(self._slider)
        else:
            self.name_for_reader(self._entry)
        self._entry.setAccessibleName(item.label)
        self.set_value(item.default)
        self._fit_entry()

    def value(self) -> Any:
        """The number shown."""
        return self._value

    def set_value(self, value: Any) -> None:
        """Show a number; emits nothing."""
        self._value = value
        self._entry.setText(format_value(value))
        set_look(self._entry, "wrong", "false")
        if self._slider is not None:
            self._slider.blockSignals(True)
            self._slider.setValue(nearest_stop(self._stops, value))
            self._slider.blockSignals(False)

    def commit(self) -> None:
        """Take what the user is still typing."""
        if self._entry.isModified():
            self._take_text()

    def type_text(self, text: str) -> None:
        """Take a text as if it had been typed and Enter pressed."""
        self._entry.setText(text)
        self._take_text()

    def set_message(self, text: str) -> None:
        """Show what is wrong, and mark the value."""
        super().set_message(text)
        set_look(self._entry, "wrong", "true" if text else "false")

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """A double click on the slider resets."""
        if event.type() == QEvent.Type.MouseButtonDblClick:
            self.reset()
            return True
        return super().eventFilter(watched, event)

    def _take_position(self, index: int) -> None:
        stop = self._stops[index]
        self._value = int(stop) if self.item.kind == "int" else float(stop)
        self._entry.setText(format_value(self._value))
        self.edited.emit(self.item.name, self._value)

    def _take_text(self) -> None:
        self._entry.setModified(False)
        text = self._entry.text().strip().replace(",", "")
        if text == format_value(self._value) and not self.message():
            return
        try:
            value = parse_setting(self.item, text)
        except ConfigError as error:
            self.set_message(str(error))
            self.refused.emit(self.item.name, str(error))
            return
        self.set_value(value)
        self.edited.emit(self.item.name, value)

    def _fit_entry(self) -> None:
        """As wide as its text, so that the unit stands right beside the number."""
        measures = theme().metrics("mono")
        width = measures.horizontalAdvance(self._entry.text() or "0") + theme().px(12)
        self._entry.setFixedWidth(round(min(max(width, theme().px(28)), theme().px(150))))

    def _space(self) -> None:
        super()._space()
        self.column.setSpacing(theme().px(2))
        if hasattr(self, "_entry"):
            self._fit_entry()


class SwitchField(Field):
    """Yes or no."""

    def __init__(self, item: Setting, parent: QWidget | None = None) -> None:
        super().__init__(item, parent)
        self._switch = Switch(self)
        self._switch.setChecked(bool(item.default))
        self._switch.clicked.connect(self._take)
        self.head.addWidget(self._switch)
        self.name_for_reader(self._switch)

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
        self.name_for_reader(self._combo)

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
        self.entry = _Entry(self)
        self.entry.editingFinished.connect(self._take)
        self.row = QHBoxLayout()
        self.row.addWidget(self.entry, 1)
        self.column.addLayout(self.row)
        self._value = ""
        self.name_for_reader(self.entry)
        self.set_value(item.default)

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
        self._browse = button("Browse…", hint="Choose a file or a folder")
        self._browse.setProperty("menu", "true")
        menu = QMenu(self._browse)
        menu.addAction("A file…").triggered.connect(self._choose_file)
        menu.addAction("A folder…").triggered.connect(self._choose_folder)
        self._browse.setMenu(menu)
        self.row.addWidget(self._browse)
        self.entry.setAcceptDrops(False)
        self.setAcceptDrops(True)

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
