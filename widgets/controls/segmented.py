"""A segmented control: a few short choices beside each other, one of them chosen."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QRectF, QSize, Qt, Signal
from PySide6.QtGui import QKeyEvent, QMouseEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from widgets.theme import theme

_HEIGHT = 36
_DENSE_HEIGHT = 30


class SegmentedControl(QWidget):
    """Shows all choices; arrow keys, digits and clicks choose.

    Attributes:
        chosen: The key of the choice that the user made.
    """

    chosen = Signal(str)

    def __init__(
        self, choices: Sequence[tuple[str, str]] | Sequence[str] = (), parent: QWidget | None = None
    ) -> None:
        """Make one.

        Args:
            choices: Pairs (key, words), or words that are their own keys.
            parent: Owner.
        """
        super().__init__(parent)
        self._choices: list[tuple[str, str]] = []
        self._index = 0
        self._over = -1
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        self._height = _HEIGHT
        self.setMouseTracking(True)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.set_choices(choices)
        theme().changed.connect(self.updateGeometry)

    def set_choices(self, choices: Sequence[tuple[str, str]] | Sequence[str]) -> None:
        """Offer other choices; the first is chosen."""
        self._choices = [(item, item) if isinstance(item, str) else item for item in choices]
        self._index = 0
        self._name()
        self.updateGeometry()
        self.update()

    def set_dense(self) -> None:
        """Be less high, for one line among others."""
        self._height = _DENSE_HEIGHT
        self.updateGeometry()

    def current(self) -> str:
        """The key of the choice, "" without any."""
        return self._choices[self._index][0] if self._choices else ""

    def set_current(self, key: str) -> None:
        """Choose without a signal.

        Raises:
            ValueError: if there is no such choice.
        """
        self._index = [choice for choice, _ in self._choices].index(key)
        self._name()
        self.update()

    def sizeHint(self) -> QSize:
        """Every choice as wide as its words need."""
        look = theme()
        return QSize(round(sum(self._natural_widths())) + 2 * look.px(3), look.px(self._height))

    def minimumSizeHint(self) -> QSize:
        """Words with little space around them."""
        look = theme()
        tight = sum(look.metrics("body").horizontalAdvance(words) + look.px(10) for _, words in self._choices)
        return QSize(round(tight) + 2 * look.px(3), look.px(self._height))

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint the plate, the chosen segment and the words."""
        look, painter = theme(), QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        radius = look.space("control_radius")
        painter.setBrush(look.colour("surface_raised"))
        painter.drawRoundedRect(QRectF(self.rect()), radius, radius)
        painter.setFont(look.font("body"))
        for i, (area, (_, words)) in enumerate(zip(self._areas(), self._choices, strict=True)):
            if i == self._index:
                self._paint_chosen(painter, area, radius)
            ink = "text" if i in (self._index, self._over) and self.isEnabled() else "text_muted"
            painter.setPen(look.colour(ink, 1.0 if self.isEnabled() else 0.6))
            painter.drawText(area, Qt.AlignmentFlag.AlignCenter, words)
        painter.end()

    def _paint_chosen(self, painter: QPainter, area: QRectF, radius: float) -> None:
        look = theme()
        painter.setPen(look.pen("accent", 2) if self.hasFocus() else look.pen("line", 1))
        painter.setBrush(look.colour("surface" if look.name == "light" else "background"))
        painter.drawRoundedRect(area.adjusted(1, 1, -1, -1), radius - 2, radius - 2)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Choose what was clicked."""
        index = self._at(event.position().x())
        if index >= 0:
            self._choose(index)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Light up what is under the pointer."""
        self._over = self._at(event.position().x())
        self.update()

    def leaveEvent(self, event: object) -> None:
        """Nothing is under the pointer."""
        self._over = -1
        self.update()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Arrows go to the neighbour; Home and End to the ends."""
        last = len(self._choices) - 1
        target = {
            Qt.Key.Key_Left: self._index - 1,
            Qt.Key.Key_Right: self._index + 1,
            Qt.Key.Key_Home: 0,
            Qt.Key.Key_End: last,
        }.get(Qt.Key(event.key()))
        if target is None:
            super().keyPressEvent(event)
        else:
            self._choose(min(last, max(0, target)))

    def _choose(self, index: int) -> None:
        if index != self._index and self._choices:
            self._index = index
            self._name()
            self.update()
            self.chosen.emit(self._choices[index][0])

    def _name(self) -> None:
        if self._choices:
            self.setAccessibleDescription(
                f"{self._choices[self._index][1]}, {self._index + 1} of {len(self._choices)}"
            )

    def _natural_widths(self) -> list[float]:
        look = theme()
        return [look.metrics("body").horizontalAdvance(words) + look.px(28) for _, words in self._choices]

    def _areas(self) -> list[QRectF]:
        """The rectangle of each choice: natural widths, stretched or squeezed into the room there is."""
        natural, edge = self._natural_widths(), theme().px(3)
        extra = (self.width() - 2 * edge - sum(natural)) / max(1, len(natural))
        areas, x = [], float(edge)
        for width in natural:
            areas.append(QRectF(x, edge, width + extra, self.height() - 2 * edge))
            x += width + extra
        return areas

    def _at(self, x: float) -> int:
        return next((i for i, area in enumerate(self._areas()) if area.left() <= x < area.right()), -1)
