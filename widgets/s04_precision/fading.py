"""A canvas that plays a short scene once, from what was to what is."""

from __future__ import annotations

import time

from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QWidget

from widgets.scene.canvas import SceneCanvas
from widgets.scene.timeline import PlainScene
from widgets.theme import theme

_FRAME_MILLISECONDS = 16


class FadingCanvas(SceneCanvas):
    """Shows scenes whose time goes from the state before to the state now."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(None, parent)
        self._began = 0.0
        self._timer = QTimer(self)
        self._timer.setInterval(_FRAME_MILLISECONDS)
        self._timer.timeout.connect(self._go_on)

    def fade_to(self, scene: PlainScene) -> None:
        """Play a scene from its beginning, or show its end at once where motion is unwanted or unseen."""
        still = theme().reduce_motion or not self.isVisible()
        self._began = time.monotonic()
        self.replace(scene, scene.duration if still else 0.0)
        if not still:
            self._timer.start()

    def replace(self, scene: PlainScene, t: float) -> None:
        """Show a scene at a time."""
        self._time = t
        self.set_scene(scene)

    def settle(self) -> None:
        """Show the end."""
        self._timer.stop()
        if self.scene is not None:
            self.set_time(self.scene.duration)

    def _go_on(self) -> None:
        end = self.scene.duration if self.scene is not None else 0.0
        t = time.monotonic() - self._began
        self.set_time(min(t, end))
        if t >= end:
            self._timer.stop()
