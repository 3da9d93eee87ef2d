"""The icons in ``resources/icons``, drawn in any colour of the theme."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QColor, QIcon, QPainter, QPixmap
from PySide6.QtSvg import QSvgRenderer

import resources
from widgets.theme import theme

ICON_FOLDER = Path(resources.__file__).parent / "icons"


@cache
def _renderer(name: str) -> QSvgRenderer:
    return QSvgRenderer(str(ICON_FOLDER / f"{name}.svg"))


@cache
def _tinted(name: str, colour: str, pixels: int, ratio: float) -> QPixmap:
    pixmap = QPixmap(round(pixels * ratio), round(pixels * ratio))
    pixmap.fill(Qt.GlobalColor.transparent)
    painter = QPainter(pixmap)
    _renderer(name).render(painter, QRectF(0, 0, pixmap.width(), pixmap.height()))
    painter.setCompositionMode(QPainter.CompositionMode.CompositionMode_SourceIn)
    painter.fillRect(pixmap.rect(), QColor(colour))
    painter.end()
    pixmap.setDevicePixelRatio(ratio)
    return pixmap


def tinted_pixmap(name: str, token: str, pixels: int, ratio: float = 1.0) -> QPixmap:
    """An icon in a colour of the current theme.

    Args:
        name: File name in resources/icons, without the ending.
        token: Colour token of the theme.
        pixels: Width and height in logical pixels.
        ratio: Device pixels a logical pixel.
    """
    return _tinted(name, theme().colour(token).name(), pixels, ratio)


def tinted_icon(name: str, token: str, pixels: int) -> QIcon:
    """The same as an icon for a button, sharp at 100 % and 200 %."""
    icon = QIcon()
    for ratio in (1.0, 2.0):
        icon.addPixmap(tinted_pixmap(name, token, pixels, ratio))
    return icon
