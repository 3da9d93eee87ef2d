"""The hero of the mode "Bits": a field for the number, the bits in every format, the number line."""

from __future__ import annotations

from PySide6.QtCore import QSignalMapper, QSize
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QWidget

from simulator.errors import ConfigError
from widgets.controls import Card, button, label
from widgets.controls.field import Entry
from widgets.s04_precision.bits_canvas import BitsCanvas
from widgets.s04_precision.geometry.rows import row
from widgets.s04_precision.value_desk import ValueDesk
from widgets.theme import theme

PRESETS = ("0.1", "pi", "1/3", "2^-24", "65520", "inf", "nan")
_WORDS = {"pi": "π", "1/3": "⅓", "2^-24": "2⁻²⁴", "65520": "65,520", "inf": "∞", "nan": "NaN"}
_ENTRY_WIDTH = 172
_HINTS = {
    "scale": "Scale: shared by all numbers of the block",
    "sign": "Sign: 1 is negative",
    "exponent": "Exponent: which power of two; range",
    "mantissa": "Mantissa (fraction): how far between two powers of two; fineness",
    "code": "Code: an index or a whole number, times the scale",
}


class NumberField(QWidget):
    """A field for the number and a few numbers worth trying.

    Args:
        desk: What holds the number.
        parent: Qt parent.
    """

    def __init__(self, desk: ValueDesk, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._desk = desk
        self.entry = Entry(self)
        self.entry.setAccessibleName("The number")
        self.entry.setToolTip("A number: 0.1, -3e-5, 1/3, 2^-24, pi, inf, nan")
        self.problem = label("", "small", "bad")
        self.problem.hide()
        self.presets = {text: button(_WORDS.get(text, text), "quiet", f"Try {text}") for text in PRESETS}
        self._mapper = QSignalMapper(self)
        row_layout = QHBoxLayout(self)
        row_layout.setContentsMargins(0, 0, 0, 0)
        row_layout.addWidget(self.problem)
        for text, made in self.presets.items():
            row_layout.addWidget(made)
            self._mapper.setMapping(made, text)
            made.clicked.connect(self._mapper.map)
        row_layout.addWidget(self.entry)
        self._row = row_layout
        self._mapper.mappedString.connect(self.take)
        self.entry.editingFinished.connect(self._entered)
        self.entry.returnPressed.connect(self.entry.selectAll)
        desk.changed.connect(self._show)
        theme().changed.connect(self._restyle)
        self._restyle()
        self._show()

    def minimumSizeHint(self) -> QSize:
        """Room for the number alone: what to try is left out where there is no room."""
        return QSize(theme().px(_ENTRY_WIDTH), super().minimumSizeHint().height())

    def take(self, text: str) -> None:
        """Take a number as typed; what is wrong with it is said beside the field."""
        try:
            self._desk.type(text)
        except ConfigError as error:
            self._say(f"{error}")
            return
        self.entry.setText(text)
        self.entry.setModified(False)

    def set_room(self, width: int) -> None:
        """Leave out the numbers to try where there is no room for them."""
        scale = theme().px(100) / 100
        shown = 7 if width >= 700 * scale else 4 if width >= 480 * scale else 0
        for index, made in enumerate(self.presets.values()):
            made.setVisible(index < shown and self.problem.isHidden())

    def _entered(self) -> None:
        if self.entry.isModified():
            self.take(self.entry.text())

    def _show(self) -> None:
        self._say("")
        if not (self.entry.hasFocus() and self.entry.isModified()):
            self.entry.setText(self._desk.given.text)
            self.entry.setModified(False)

    def _say(self, words: str) -> None:
        changed = bool(words) == self.problem.isHidden()
        self.problem.setText(words)
        self.problem.setVisible(bool(words))
        if changed:
            self.set_room(self.parentWidget().width() if self.parentWidget() is not None else self.width())

    def _restyle(self) -> None:
        self._row.setSpacing(theme().px(4))
        self.entry.setFixedWidth(theme().px(_ENTRY_WIDTH))


class BitsHero(Card):
    """Every format's bits of one number.

    Args:
        desk: What holds the number.
        parent: Qt parent.
    """

    def __init__(self, desk: ValueDesk, parent: QWidget | None = None) -> None:
        super().__init__(parent=parent)
        self._desk = desk
        self.field = NumberField(desk, self)
        self.canvas = BitsCanvas(self)
        self.canvas.set_hints(self._hint)
        head = QHBoxLayout()
        head.addWidget(label("Click a bit, or type a number", "section"))
        head.addStretch(1)
        head.addWidget(self.field)
        self.body.addLayout(head)
        self.body.addWidget(self.canvas, 1)
        self.canvas.flip_wanted.connect(desk.flip)
        self.canvas.row_wanted.connect(desk.select)
        self.canvas.value_wanted.connect(desk.set_value)
        self.canvas.step_wanted.connect(desk.step)
        desk.changed.connect(self._show)
        self._show()

    def rest(self) -> None:
        """Show all bits at rest."""
        self.canvas.settle()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Another width holds other numbers to try."""
        super().resizeEvent(event)
        self.field.set_room(self.width())

    def _show(self) -> None:
        self.canvas.show_readings(self._desk.readings, self._desk.value, self._desk.selected)

    def _hint(self, key: str) -> str:
        kind, _, rest = key.partition(":")
        if kind == "bit":
            name, _, bit = rest.partition(":")
            return f"{_HINTS[row(name).parts[int(bit)]]}. Click to flip it."
        if kind == "row":
            return self._desk.reading(rest).words().capitalize()
        return "Drag to set the number; the wheel zooms" if kind in ("line", "pin") else ""
