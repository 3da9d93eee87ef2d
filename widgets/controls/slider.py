"""A flat slider: a thin track, its filled part, a round thumb."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QMouseEvent, QPainter, QPaintEvent, QWheelEvent
from PySide6.QtWidgets import QSlider, QWidget

from widgets.theme import theme


class FlatSlider(QSlider):
    """A horizontal slider that jumps to where it is clicked. The wheel scrolls the page, not the slider."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(Qt.Orientation.Horizontal, parent)
        self._ticks: tuple[float, ...] = ()
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        theme().changed.connect(self.updateGeometry)

    def set_ticks(self, shares: Sequence[float]) -> None:
        """Cut the track at shares 0 to 1 of its length; the ends need no cut."""
        self._ticks = tuple(share for share in shares if 0.005 < share < 0.995)
        self.update()

    def share(self) -> float:
        """The position as a share of the range, 0 to 1."""
        span = self.maximum() - self.minimum()
        return (self.sliderPosition() - self.minimum()) / span if span else 0.0

    def sizeHint(self) -> QSize:
        """Wide enough to aim."""
        return QSize(theme().px(120), theme().px(20))

    def minimumSizeHint(self) -> QSize:
        """The least that can be aimed at."""
        return QSize(theme().px(60), theme().px(20))

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint track, filled part, cuts and thumb."""
        look, painter = theme(), QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        left, length = self._track()
        middle, thick = self.height() / 2, float(look.px(4))
        at = left + length * self.share()
        fill = look.colour("accent" if self.isEnabled() else "line")
        track = QRectF(0, middle - thick / 2, self.width(), thick)
        painter.setBrush(look.colour("line"))
        painter.drawRoundedRect(track, thick / 2, thick / 2)
        track.setWidth(at)
        painter.setBrush(fill)
        painter.drawRoundedRect(track, thick / 2, thick / 2)
        painter.setBrush(look.colour("surface"))
        cut = float(look.px(2))
        for share in self._ticks:
            painter.drawRect(QRectF(left + length * share - cut / 2, middle - thick / 2, cut, thick))
        if self.hasFocus() or self.isSliderDown():
            painter.setBrush(look.colour("accent"))
            painter.drawEllipse(QPointF(at, middle), look.px(8), look.px(8))
            painter.setBrush(look.colour("surface"))
            painter.drawEllipse(QPointF(at, middle), look.px(8) - cut, look.px(8) - cut)
        painter.setBrush(look.colour("text" if self.isEnabled() else "text_muted"))
        thumb = look.px(6) if not self.hasFocus() else look.px(5)
        painter.drawEllipse(QPointF(at, middle), thumb, thumb)
        painter.end()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Jump to the place clicked and drag from there."""
        if event.button() != Qt.MouseButton.LeftButton:
            super().mousePressEvent(event)
            return
        self.setSliderDown(True)
        self._move_to(event.position().x())

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Drag."""
        if self.isSliderDown():
            self._move_to(event.position().x())

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """Let go."""
        self.setSliderDown(False)
        self.update()

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Leave the wheel to the page."""
        event.ignore()

    def _track(self) -> tuple[float, float]:
        """Left end and length of the track, with room for the thumb at both ends."""
        room = theme().px(8)
        return float(room), float(max(1, self.width() - 2 * room))

    def _move_to(self, x: float) -> None:
        left, length = self._track()
        share = min(1.0, max(0.0, (x - left) / length))
        self.setSliderPosition(self.minimum() + round(share * (self.maximum() - self.minimum())))
        self.update()
