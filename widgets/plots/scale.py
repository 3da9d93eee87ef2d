"""A colour scale beside a map: the colours from low to high with their values."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QPainter

from widgets.plots.series import format_tick
from widgets.scene.drawing import heat_image
from widgets.theme import theme

STEPS = 255
_WIDTH = 10
_GAP = 12
_WORDS_GAP = 6
_LEFT, _MIDDLE = Qt.AlignmentFlag.AlignLeft, Qt.AlignmentFlag.AlignVCenter


def scale_words(low: float, high: float) -> tuple[str, str]:
    """The words at the two ends."""
    return format_tick(float(f"{low:.3g}")), format_tick(float(f"{high:.3g}"))


def scale_width(low: float, high: float) -> float:
    """The room that a scale needs right of a map, in pixels now."""
    measures = theme().metrics("small")
    words = max(measures.horizontalAdvance(text) for text in scale_words(low, high))
    return words + theme().px(_GAP + _WIDTH + _WORDS_GAP + 2)


def paint_scale(painter: QPainter, area: QRectF, ramp: str, low: float, high: float) -> None:
    """Paint a scale right of a map that lies in ``area``."""
    look, height = theme(), theme().metrics("small").height()
    left = area.right() + look.px(_GAP)
    bar = QRectF(left, area.top(), look.px(_WIDTH), area.height())
    steps = np.linspace(1.0, 0.0, STEPS)[:, None]
    painter.drawImage(bar, heat_image(steps, look.ramp(ramp, STEPS), 0.0, 1.0))
    painter.setPen(look.colour("text_muted"))
    words = left + look.px(_WIDTH + _WORDS_GAP)
    room = scale_width(low, high)
    lowest, highest = scale_words(low, high)
    for text, top in ((highest, area.top()), (lowest, area.bottom() - height)):
        painter.drawText(QRectF(words, top, room, height), _LEFT | _MIDDLE, text)
