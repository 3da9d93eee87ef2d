"""What stands around the scene of every tab: the title line and the numbers."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from simulator.stages import Stage
from widgets.controls import Card
from widgets.elided import ElidedLabel
from widgets.theme import theme


class NumbersRow(Card):
    """Big numbers that can stand in a square on a card or, where there is little height, in a row without one."""

    @property
    def in_row(self) -> bool:
        """Whether they stand in a row."""
        raise NotImplementedError

    def set_row(self, in_row: bool) -> None:
        """Stand in a row without a surface, or in a square on a card."""
        raise NotImplementedError

    def set_short(self, short: bool) -> None:
        """Leave out what matters least, or bring it back."""
        raise NotImplementedError


class StageHeader(QWidget):
    """The title, one plain sentence, and at the right end what switches the tab's modes, the same place in all of them.

    The sentence stands there whole or, where the width does not hold it, only as a hint of the title; where that is
    not enough, the switch takes its place under the title.
    """

    def __init__(self, stage: Stage, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.title = ElidedLabel(stage.title, "title", "", self)
        self.sentence = ElidedLabel(stage.sentence, "body", "muted", self)
        self._switch: QWidget | None = None
        self._below = False
        self._words = QVBoxLayout()
        self._words.setSpacing(0)
        self._words.addWidget(self.title)
        self._words.addWidget(self.sentence)
        self._row = QHBoxLayout(self)
        self._row.setContentsMargins(0, 0, 0, 0)
        self._row.addLayout(self._words, 1)

    def add(self, widget: QWidget) -> None:
        """Put something at the right, left of the switch."""
        last = self._row.count()
        place = last if self._switch is None or self._below else last - 1
        self._row.insertWidget(place, widget, 0, Qt.AlignmentFlag.AlignBottom)

    def remove(self, widget: QWidget) -> None:
        """Take it out again."""
        self._row.removeWidget(widget)

    def set_switch(self, switch: QWidget) -> None:
        """Put in what switches the modes."""
        self._row.addWidget(switch, 0, Qt.AlignmentFlag.AlignBottom)
        self._switch = switch

    def fit(self, width: int, beside: int) -> None:
        """Arrange for a width: the switch beside the title, or under it where other things need the room.

        Args:
            width: The whole width, in pixels.
            beside: What those other things need of it.
        """
        switch = self._switch
        if switch is None:
            return
        look = theme()
        self._row.setSpacing(look.px(16))
        title = look.metrics("title").horizontalAdvance(self.title.text())
        sentence = look.metrics("body").horizontalAdvance(self.sentence.text())
        others = (0 if switch.isHidden() else switch.sizeHint().width()) + beside + look.px(32)
        below = not switch.isHidden() and title + others > width
        self._words.setSpacing(look.px(4) if below else 0)
        whole = not below and sentence + others <= width
        self.sentence.setVisible(whole)
        self.title.setToolTip("" if whole else self.sentence.text())
        if below == self._below:
            return
        self._below = below
        if below:
            self._row.removeWidget(switch)
            self._words.addWidget(switch, 0, Qt.AlignmentFlag.AlignLeft)
        else:
            self._words.removeWidget(switch)
            self._row.addWidget(switch, 0, Qt.AlignmentFlag.AlignBottom)
