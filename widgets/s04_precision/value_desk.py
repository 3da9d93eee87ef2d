"""The number that the tab is about: one for the bits and the number line, changed in one place."""

from __future__ import annotations

from dataclasses import replace

from PySide6.QtCore import QObject, Signal

from simulator.formats.codec import Rounding, next_down, next_up
from simulator.formats.describe import describe_bits
from simulator.formats.floats import FORMATS, FloatFormat
from simulator.formats.typed import given_number
from widgets.s04_precision.geometry.number import parse_number, value_words
from widgets.s04_precision.geometry.rows import Given, Reading, flipped, hold, read_rows

_OPENING_ROW = "fp16"


class ValueDesk(QObject):
    """Holds what was given, and what every format makes of it.

    Attributes:
        changed: The number, how it is rounded, or the selected row.
    """

    changed = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.given = Given()
        self.selected = _OPENING_ROW
        self.readings: tuple[Reading, ...] = read_rows(self.given)

    @property
    def value(self) -> float:
        """The number, as float64."""
        return self.given.value

    def reading(self, key: str = "") -> Reading:
        """What a row, by default the selected one, shows."""
        wanted = key or self.selected
        return next(item for item in self.readings if item.row.key == wanted)

    def type(self, text: str) -> None:
        """Take a number as typed.

        Raises:
            ConfigError: if it is none.
        """
        self._take(replace(self.given, text=text.strip(), typed=parse_number(text), held=None))

    def set_value(self, value: float) -> None:
        """Take a number as it is."""
        self._take(replace(self.given, text=value_words(value, 12), typed=given_number(value), held=None))

    def flip(self, key: str, bit: int) -> None:
        """Turn a bit of a row over: the row keeps these bits, all others take their value."""
        self.selected = key
        self._take(hold(self.given, flipped(self.reading(key), bit)))

    def step(self, direction: int) -> None:
        """Go to the next number up (1) or down (-1) of the selected row."""
        reading = self.reading()
        element = reading.row.element
        if isinstance(element, FloatFormat) and not reading.row.scaled:
            move = next_up if direction > 0 else next_down
            code = int(move(reading.code << element.padding_bits, element))
            number = describe_bits(code, FORMATS[element.name]).value
        else:
            shown = describe_bits(reading.code, element)
            other = shown.above if direction > 0 else shown.below
            number = (shown.value if other is None else other) * reading.scale
        self.set_value(number)

    def select(self, key: str) -> None:
        """Show the details of a row."""
        if key != self.selected:
            self.selected = key
            self.changed.emit()

    def set_rounding(self, rounding: Rounding) -> None:
        """Round in another way; asked for stochastic again, draw again."""
        again = rounding == "stochastic"
        seed = self.given.seed + 1 if again else 0
        self._take(replace(self.given, rounding=rounding, seed=seed, held=None))

    def set_overflow(self, overflow: str) -> None:
        """Let what is too large become something else; "" as each format does."""
        self._take(replace(self.given, overflow=overflow, held=None))

    def set_neighbour(self, neighbour: float) -> None:
        """Let the largest other number in the block be this."""
        self._take(replace(self.given, neighbour=neighbour, held=None))

    def _take(self, given: Given) -> None:
        self.given = given
        self.readings = read_rows(given)
        self.changed.emit()
