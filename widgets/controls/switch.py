"""A switch: on or off."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QAbstractButton, QSizePolicy, QWidget

from widgets.theme import theme


class Switch(QAbstractButton):
    """A small switch; ``toggled`` says on or off. Its state shows by place and fill, not by colour alone."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setCheckable(True)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        theme().changed.connect(self.updateGeometry)

    def sizeHint(self) -> QSize:
        """Twice as wide as high."""
        return QSize(theme().px(40), theme().px(24))

    def minimumSizeHint(self) -> QSize:
        """As large as it likes to be."""
        return self.sizeHint()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint track, thumb and focus ring."""
        look, painter = theme(), QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        ring = look.px(2)
        track = QRectF(self.rect()).adjusted(ring, ring, -ring, -ring)
        on, alpha = self.isChecked(), 1.0 if self.isEnabled() else 0.5
        painter.setPen(look.pen("accent" if on else "line_strong", 1, alpha=alpha))
        painter.setBrush(look.colour("accent", alpha) if on else look.colour("surface_raised"))
        painter.drawRoundedRect(track, track.height() / 2, track.height() / 2)
        room = track.height() / 2
        centre = QPointF(track.right() - room if on else track.left() + room, track.center().y())
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(look.colour("on_accent" if on else "text_muted", alpha))
        painter.drawEllipse(centre, room - look.px(4), room - look.px(4))
        if self.hasFocus():
            painter.setPen(look.pen("text" if on else "accent", 2))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRoundedRect(track, track.height() / 2, track.height() / 2)
        painter.end()
