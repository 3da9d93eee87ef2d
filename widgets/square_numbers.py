"""Big numbers in a square on a card or, where there is little height, in a row beside the title."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtWidgets import QGridLayout, QWidget

from widgets.controls import BigNumber
from widgets.controls.basics import set_look
from widgets.stage_parts import NumbersRow
from widgets.theme import theme


class SquareNumbers(NumbersRow):
    """Up to four numbers.

    Args:
        numbers: The numbers, in order.
        last: Which of them is left out where there is little width.
        parent: Qt parent.
    """

    def __init__(
        self, numbers: Sequence[BigNumber], last: BigNumber | None = None, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent=parent)
        self._numbers = list(numbers)
        self._last = last
        self._grid = QGridLayout()
        self._in_row: bool | None = None
        self.body.addLayout(self._grid)
        self.set_row(False)
        theme().changed.connect(self._space)
        self._space()

    @property
    def in_row(self) -> bool:
        """Whether the numbers stand in a row."""
        return bool(self._in_row)

    def set_row(self, in_row: bool) -> None:
        """Stand in a row without a surface, or in a square on a card."""
        if in_row == self._in_row:
            return
        self._in_row = in_row
        columns = len(self._numbers) if in_row else 2
        for index, number in enumerate(self._numbers):
            self._grid.removeWidget(number)
            self._grid.addWidget(number, index // columns, index % columns)
        set_look(self, "kind", "" if in_row else "card")
        self._space()

    def set_short(self, short: bool) -> None:
        """Leave out what matters least where there is little width."""
        if self._last is not None:
            self._last.setVisible(not short)

    def _space(self) -> None:
        padding = 0 if self._in_row else theme().space("card_padding")
        self.body.setContentsMargins(padding, padding, padding, padding)
        self._grid.setHorizontalSpacing(theme().px(24 if self._in_row else 16))
        self._grid.setVerticalSpacing(theme().px(10))
