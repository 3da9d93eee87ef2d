"""The field of a number: value and unit at the right, a slider under them."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtWidgets import QWidget

from simulator.config import Setting, parse_setting
from simulator.errors import ConfigError
from widgets.controls.basics import label, set_look
from widgets.controls.field import Entry, Field
from widgets.controls.slider import FlatSlider
from widgets.controls.stops import format_value, nearest_stop, slider_stops
from widgets.theme import theme

_WIDEST_NUMBER = 10**6


class NumberField(Field):
    """A number: value and unit at the right, editable; a slider under it where the range allows one."""

    def __init__(self, item: Setting, parent: QWidget | None = None) -> None:
        super().__init__(item, parent)
        self._value = item.default
        self._stops = slider_stops(item) if item.log or (item.high or 0) <= _WIDEST_NUMBER else []
        self._entry = Entry(self)
        self._entry.setProperty("kind", "value")
        self._entry.setAlignment(Qt.AlignmentFlag.AlignRight)
        self._entry.editingFinished.connect(self._take_text)
        self._entry.textChanged.connect(self._fit_entry)
        self.head.addWidget(self._entry)
        self._unit = label(item.unit, "small", "muted")
        self._unit.setVisible(bool(item.unit))
        self.head.addWidget(self._unit)
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

    def _move_into_line(self) -> None:
        self._unit.hide()
        if self._slider is not None:
            self.column.removeWidget(self._slider)
            self.head.insertWidget(1, self._slider, 1)

    def _space(self) -> None:
        super()._space()
        self.column.setSpacing(theme().px(2))
        if hasattr(self, "_entry"):
            self._fit_entry()
