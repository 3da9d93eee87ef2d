"""A scene in a card of the lab strip: it takes the width that it is given and asks for little."""

from __future__ import annotations

from PySide6.QtCore import QSize

from widgets.scene.canvas import SceneCanvas
from widgets.theme import theme


class StripCanvas(SceneCanvas):
    """Shares the width of the strip as the cards' shares say, not as the pictures would like."""

    def sizeHint(self) -> QSize:
        """Some room."""
        return QSize(theme().px(160), theme().px(100))

    def minimumSizeHint(self) -> QSize:
        """The least that can be read."""
        return QSize(theme().px(120), theme().px(60))
