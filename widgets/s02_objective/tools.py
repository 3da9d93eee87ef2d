"""The row of tools above a scene: one line where there is width, two where there is not."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QLineEdit, QVBoxLayout, QWidget

from widgets.theme import theme

_FIELD = 130
_SLIDER = 160


class Tools(QWidget):
    """A text field and what stands before and after it.

    Args:
        field: The text field, which takes what width is left.
        before: Widgets left of it.
        after: Widgets right of it; where there is little width, they move to a second line with those before.
        slider: A last widget that may grow, too; None for none.
        parent: Qt parent.
    """

    def __init__(
        self,
        field: QLineEdit,
        before: Sequence[QWidget],
        after: Sequence[QWidget],
        slider: QWidget | None = None,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._field, self._before, self._after, self._slider = field, tuple(before), tuple(after), slider
        self._lines: tuple[QHBoxLayout, QHBoxLayout] = (QHBoxLayout(), QHBoxLayout())
        self._two: bool | None = None
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        for line in self._lines:
            column.addLayout(line)
        self._column = column
        self._restyle()
        theme().changed.connect(self._restyle)

    @property
    def two_lines(self) -> bool:
        """Whether there are two lines."""
        return bool(self._two)

    def fit(self) -> None:
        """Arrange for what is shown now."""
        look = theme()
        shown = [made for made in (*self._before, *self._after) if not made.isHidden()]
        needed = sum(made.sizeHint().width() + look.px(12) for made in shown) + look.px(_FIELD)
        needed += look.px(_SLIDER) if self._slider is not None else 0
        two = needed > self.width()
        if two == self._two:
            return
        self._two = two
        for line in self._lines:
            while line.count():
                line.takeAt(0)
        first, second = self._lines
        if two:
            first.addWidget(self._field, 3)
            if self._slider is not None:
                first.addWidget(self._slider, 2)
            for made in (*self._before, *self._after):
                second.addWidget(made)
            second.addStretch(1)
        else:
            for made in self._before:
                first.addWidget(made)
            first.addWidget(self._field, 3)
            for made in self._after:
                first.addWidget(made)
            if self._slider is not None:
                first.addWidget(self._slider, 2)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Arrange for the new width."""
        super().resizeEvent(event)
        self.fit()

    def _restyle(self) -> None:
        for line in self._lines:
            line.setSpacing(theme().px(12))
        self._column.setSpacing(theme().px(8))
        self.fit()
