"""The widget that paints a scene at a time."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QEvent, QSize, Qt, Signal
from PySide6.QtGui import QColor, QHelpEvent, QImage, QMouseEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from widgets.scene.painter import ShapePainter
from widgets.scene.shapes import Shape
from widgets.scene.timeline import Scene
from widgets.theme import theme


class SceneCanvas(QWidget):
    """Paints ``scene.frame(t, width, height)``, and again only when the time or the scene has changed.

    Attributes:
        clicked: The key of what was clicked.
        hovered: The key of what is under the pointer; "" when nothing is.
    """

    clicked = Signal(str)
    hovered = Signal(str)

    def __init__(self, scene: Scene | None = None, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._scene = scene
        self._time = 0.0
        self._kept: tuple[tuple[object, ...], list[Shape]] | None = None
        self._hints: Callable[[str], str] | None = None
        self._over = ""
        self._painter = ShapePainter()
        self.setMouseTracking(True)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        theme().changed.connect(self._restyle)

    @property
    def time(self) -> float:
        """The time shown, seconds."""
        return self._time

    @property
    def scene(self) -> Scene | None:
        """The scene shown."""
        return self._scene

    def set_scene(self, scene: Scene | None) -> None:
        """Show another scene, or none."""
        self._scene = scene
        self.refresh()

    def set_time(self, t: float) -> None:
        """Show another time."""
        if t != self._time:
            self._time = t
            self.refresh()

    def refresh(self) -> None:
        """The scene shows something else now: paint again."""
        self._kept = None
        self.update()

    def set_hints(self, hints: Callable[[str], str] | None) -> None:
        """Give a function from a key to the words of its tool tip; "" shows none."""
        self._hints = hints

    def text_width(self, text: str, role: str = "body") -> float:
        """The width of a text in scene pixels: for scenes that lay out by it, given to them as a function."""
        return self._painter.text_width(text, role)

    def logical_size(self) -> tuple[float, float]:
        """Width and height as the scene sees them, in pixels at scale 1."""
        scale = theme().scale
        return self.width() / scale, self.height() / scale

    def render_image(
        self, t: float, size: tuple[float, float] | None = None, scale: float = 1.0, background: str = ""
    ) -> QImage:
        """Paint a frame into an image, for export.

        Args:
            t: Time in seconds.
            size: Width and height in scene pixels; by default as on screen.
            scale: Image pixels per scene pixel.
            background: Token to fill with; "" leaves it transparent.
        """
        width, height = size or self.logical_size()
        image = QImage(
            max(1, round(width * scale)),
            max(1, round(height * scale)),
            QImage.Format.Format_ARGB32_Premultiplied,
        )
        image.fill(theme().colour(background) if background else QColor(0, 0, 0, 0))
        if self._scene is not None:
            shapes = self._scene.frame(t, width, height)
            painter = QPainter(image)
            painter.scale(scale, scale)
            self._painter.paint(painter, shapes)
            painter.end()
        return image

    def sizeHint(self) -> QSize:
        """A scene likes room."""
        return QSize(theme().px(640), theme().px(360))

    def minimumSizeHint(self) -> QSize:
        """The least that can be read."""
        return QSize(theme().px(240), theme().px(120))

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint the frame of the current time."""
        if self._scene is None:
            return
        shapes = self._frame(self._scene)  # before the painter: a scene that fails must not leave one open
        painter = QPainter(self)
        painter.scale(theme().scale, theme().scale)
        self._painter.paint(painter, shapes)
        painter.end()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Say what was clicked."""
        key = self._key_at(event.position().x(), event.position().y())
        if key and event.button() == Qt.MouseButton.LeftButton:
            self.clicked.emit(key)
        else:
            super().mousePressEvent(event)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Say what is under the pointer, and show that it can be clicked."""
        self._set_over(self._key_at(event.position().x(), event.position().y()))
        super().mouseMoveEvent(event)

    def leaveEvent(self, event: QEvent) -> None:
        """Nothing is under the pointer any more."""
        self._set_over("")
        super().leaveEvent(event)

    def event(self, event: QEvent) -> bool:
        """Show the tool tip of what is under the pointer."""
        if isinstance(event, QHelpEvent) and event.type() == QEvent.Type.ToolTip and self._hints is not None:
            key = self._key_at(event.x(), event.y())
            words = self._hints(key) if key else ""
            if words:
                QToolTip.showText(event.globalPos(), words, self)
            else:
                QToolTip.hideText()
            return True
        return super().event(event)

    def _frame(self, scene: Scene) -> list[Shape]:
        width, height = self.logical_size()
        key = (self._time, width, height)
        if self._kept is None or self._kept[0] != key:
            self._kept = key, scene.frame(self._time, width, height)
        return self._kept[1]

    def _key_at(self, x: float, y: float) -> str:
        if self._scene is None:
            return ""
        scale = theme().scale
        width, height = self.logical_size()
        return self._scene.hit(self._time, x / scale, y / scale, width, height) or ""

    def _set_over(self, key: str) -> None:
        if key != self._over:
            self._over = key
            self.setCursor(Qt.CursorShape.PointingHandCursor if key else Qt.CursorShape.ArrowCursor)
            self.hovered.emit(key)

    def _restyle(self) -> None:
        self._painter.forget()
        self.updateGeometry()
        self.refresh()
