"""The controls of the bits: how to round, what shares the scale; and the selected format in words."""

from __future__ import annotations

from typing import cast

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QLabel, QWidget

from simulator.formats.codec import Rounding
from widgets.controls import Card, FlatSlider, SegmentedControl, label
from widgets.controls.basics import set_tone
from widgets.s04_precision.geometry.details import facts_of, size_words
from widgets.s04_precision.geometry.number import value_words
from widgets.s04_precision.value_desk import ValueDesk
from widgets.theme import theme

_ROUNDINGS = (("nearest-even", "Nearest"), ("toward-zero", "To zero"), ("stochastic", "Random"))
_OVERFLOWS = (("", "Own way"), ("saturate", "Stop at largest"))
_MOST_FACTS = 9
_FEW_FACTS = 7  # where there is little height
_NEIGHBOUR_STEPS = 14  # powers of two on either side of 1


class BitsControls(Card):
    """Rounding, overflow, the block's neighbour, and the selected format's details.

    Args:
        desk: What holds the number.
        parent: Qt parent.
    """

    def __init__(self, desk: ValueDesk, parent: QWidget | None = None) -> None:
        super().__init__("FP16", parent)
        self._desk = desk
        self._many = False
        self.summary = label("", "small", "muted")
        self.body.addWidget(self.summary)
        self._grid = QGridLayout()
        self._names: list[QLabel] = []
        self.values: list[QLabel] = []
        for index in range(_MOST_FACTS):
            name, value = label("", "small", "muted"), label("", "mono_small")
            value.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
            value.setFocusPolicy(Qt.FocusPolicy.NoFocus)
            value.setMinimumWidth(1)
            self._grid.addWidget(name, index, 0)
            self._grid.addWidget(value, index, 1, Qt.AlignmentFlag.AlignRight)
            self._names.append(name)
            self.values.append(value)
        self._grid.setColumnStretch(1, 1)
        self.body.addLayout(self._grid)
        self.body.addStretch(1)
        self.rounding = SegmentedControl(_ROUNDINGS, self)
        self.rounding.setAccessibleName("Rounding")
        self.rounding.setToolTip(
            "How a number between two neighbours is rounded. Random: up as likely as it is near."
        )
        self.overflow = SegmentedControl(_OVERFLOWS, self)
        self.overflow.setAccessibleName("What is too large")
        self.overflow.setToolTip("Libraries differ: an E4M3 overflow is NaN in some and 448 in others.")
        self.neighbour = FlatSlider(self)
        self.neighbour.setRange(-_NEIGHBOUR_STEPS, _NEIGHBOUR_STEPS)
        self.neighbour.setValue(0)
        self.neighbour.setAccessibleName("Largest other number in the block")
        self.neighbour.setToolTip(
            "Numbers of a block share one scale. It follows the largest: small ones lose bits."
        )
        self.neighbour_words = label("", "mono_small")
        for control in (self.rounding, self.overflow):
            control.set_dense()
        self._row("Rounding", self.rounding)
        self._row("Overflow", self.overflow)
        self._row("In its block", self.neighbour, self.neighbour_words)
        self.rounding.chosen.connect(self._round)
        self.overflow.chosen.connect(desk.set_overflow)
        self.neighbour.valueChanged.connect(self._set_neighbour)
        desk.changed.connect(self._show)
        theme().changed.connect(self._space)
        self._space()
        self._show()

    def set_roomy(self, on: bool) -> None:
        """Set lines apart where there is height for it."""
        self._many = on
        self._show()
        self._grid.setVerticalSpacing(theme().px(7 if on else 1))
        self.body.setSpacing(theme().px(10 if on else 5))

    def _row(self, words: str, *widgets: QWidget) -> None:
        line = QHBoxLayout()
        line.addWidget(label(words, "small", "muted"))
        for index, widget in enumerate(widgets):
            line.addWidget(widget, 1 if index == 0 else 0)
        self.body.addLayout(line)

    def _round(self, key: str) -> None:
        self._desk.set_rounding(cast(Rounding, key))

    def _set_neighbour(self, power: int) -> None:
        self._desk.set_neighbour(2.0**power)

    def _show(self) -> None:
        reading, given = self._desk.reading(), self._desk.given
        block = reading.row.block
        self.set_title(reading.row.title if block is None else block.title)
        self.summary.setText(size_words(reading))
        facts = facts_of(reading, given)[: _MOST_FACTS if self._many else _FEW_FACTS]
        for index, (name, value) in enumerate(zip(self._names, self.values, strict=True)):
            shown = index < len(facts)
            name.setVisible(shown)
            value.setVisible(shown)
            if shown:
                name.setText(facts[index][0])
                value.setText(facts[index][1])
                if value.property("tone") != (facts[index][2] or "text"):
                    set_tone(value, facts[index][2] or "text")
        self.neighbour_words.setText(f"max {value_words(given.neighbour, 5)}")

    def _space(self) -> None:
        self._grid.setHorizontalSpacing(theme().px(8))
        self.neighbour_words.setMinimumWidth(theme().px(86))
