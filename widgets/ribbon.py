"""The pipeline ribbon: ten stages joined by a line, with where the model is in its life."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise

from PySide6.QtCore import QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QFont, QKeyEvent, QPainter, QPaintEvent, QPen, QPixmap
from PySide6.QtWidgets import QAbstractButton, QButtonGroup, QHBoxLayout, QSizePolicy, QWidget

from simulator.stages import STAGES, Stage
from widgets.icons import tinted_pixmap
from widgets.theme import theme

_RADIUS = 16
_CENTRE = 26
_ICON = 18
_STATE_WORDS = {
    "done": "a model was made here",
    "available": "ready to run",
    "notes": "notes only in this version",
}


class StageButton(QAbstractButton):
    """One stage: a circle with its icon, its number and its short title."""

    def __init__(self, stage: Stage, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.stage = stage
        self._state = "available" if stage.labs else "notes"
        self._progress = -1.0
        self.setCheckable(True)
        self.setAutoExclusive(False)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setAttribute(Qt.WidgetAttribute.WA_Hover)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self._describe()

    @property
    def state(self) -> str:
        """``done``, ``available`` or ``notes``."""
        return self._state

    @property
    def progress(self) -> float:
        """Share of the run that trains here, 0 to 1, or -1."""
        return self._progress

    def set_state(self, state: str, progress: float = -1.0) -> None:
        """Show another state, and the progress of a run of this stage."""
        if (state, progress) != (self._state, self._progress):
            self._state, self._progress = state, progress
            self._describe()
            self.update()

    def sizeHint(self) -> QSize:
        """Room for the circle and one line of text."""
        return QSize(
            theme().px(104), theme().px(_CENTRE + _RADIUS + 8) + round(theme().metrics("small").height())
        )

    def minimumSizeHint(self) -> QSize:
        """As narrow as the circle."""
        return QSize(theme().px(2 * _RADIUS + 8), self.sizeHint().height())

    def centre(self) -> QPointF:
        """Centre of the circle, in this widget's pixels."""
        return QPointF(self.width() / 2, theme().px(_CENTRE))

    def caption(self) -> str:
        """What is written under the circle: with the number if there is room."""
        room = self.width() - theme().px(4)
        metrics = theme().metrics("small")
        full = f"{self.stage.number}  {self.stage.short}"
        if metrics.horizontalAdvance(full) <= room:
            return full
        return metrics.elidedText(self.stage.short, Qt.TextElideMode.ElideRight, room)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint the circle, the icon, the ring and the caption."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        self._paint_circle(painter)
        self._paint_ring(painter)
        if self._state == "done":
            self._paint_badge(painter)
        self._paint_caption(painter)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Enter opens the stage; Space is left to the scene's play and pause."""
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.click()
        else:
            event.ignore()

    def _describe(self) -> None:
        words = _STATE_WORDS[self._state]
        if self._progress >= 0:
            words = f"training, {self._progress:.0%}"
        key = self.stage.number % 10
        self.setAccessibleName(f"{self.stage.number} {self.stage.title}, {words}")
        self.setToolTip(f"{self.stage.title}: {words} (Ctrl+{key})")

    def _colours(self) -> tuple[str, str, str]:
        """Fill, edge and icon tokens."""
        if self.isChecked():
            return "accent", "accent", "on_accent"
        if self._state == "done":
            return "accent_soft", "accent", "accent"
        if self._state == "available":
            return "surface_raised", "accent", "text"
        return "surface_raised", "line", "text_muted"

    def _paint_circle(self, painter: QPainter) -> None:
        look, centre = theme(), self.centre()
        fill, edge, ink = self._colours()
        radius = look.px(_RADIUS)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(look.colour("background"))
        painter.drawEllipse(centre, radius + look.px(4), radius + look.px(4))
        painter.setPen(look.pen(edge, 1.5 if edge == "accent" else 1.0))
        painter.setBrush(look.colour("surface_raised" if self.underMouse() and fill != "accent" else fill))
        painter.drawEllipse(centre, radius, radius)
        size = look.px(_ICON)
        pixmap: QPixmap = tinted_pixmap(self.stage.icon, ink, size, self.devicePixelRatioF())
        painter.drawPixmap(QPointF(centre.x() - size / 2, centre.y() - size / 2), pixmap)

    def _paint_ring(self, painter: QPainter) -> None:
        look, centre = theme(), self.centre()
        radius = look.px(_RADIUS + 4)
        around = QRectF(centre.x() - radius, centre.y() - radius, 2 * radius, 2 * radius)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        if self._progress >= 0:
            painter.setPen(look.pen("line", 3))
            painter.drawEllipse(around)
            painter.setPen(look.pen("good", 3))
            painter.drawArc(around, 90 * 16, -round(360 * 16 * min(1.0, self._progress)))
        elif self.hasFocus():
            painter.setPen(look.pen("accent", 2))
            painter.drawEllipse(around)

    def _paint_badge(self, painter: QPainter) -> None:
        look, centre = theme(), self.centre()
        spot = centre + QPointF(look.px(_RADIUS) * 0.72, look.px(_RADIUS) * 0.72)
        radius = look.px(7)
        painter.setPen(look.pen("background", 2))
        painter.setBrush(look.colour("good"))
        painter.drawEllipse(spot, radius, radius)
        tick = QPen(look.colour("background"), look.px(1.6))
        tick.setCapStyle(Qt.PenCapStyle.RoundCap)
        painter.setPen(tick)
        unit = radius / 7
        painter.drawPolyline(
            [
                spot + QPointF(-2.8, 0.2) * unit,
                spot + QPointF(-0.8, 2.2) * unit,
                spot + QPointF(3.0, -2.0) * unit,
            ]
        )

    def _paint_caption(self, painter: QPainter) -> None:
        look = theme()
        font = QFont(look.font("small"))
        if self.isChecked():
            font.setWeight(font.Weight.DemiBold)
        painter.setFont(font)
        painter.setPen(look.colour("text" if self.isChecked() else "text_muted"))
        top = look.px(_CENTRE + _RADIUS + 6)
        painter.drawText(
            QRectF(0, top, self.width(), self.height() - top), Qt.AlignmentFlag.AlignHCenter, self.caption()
        )


class Ribbon(QWidget):
    """All stages in order. ``chosen`` carries the key of the stage that was clicked."""

    chosen = Signal(str)

    def __init__(self, stages: Sequence[Stage] = STAGES, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("root")
        self.setAccessibleName("Stages of the pipeline")
        self._buttons = {stage.key: StageButton(stage, self) for stage in stages}
        self._group = QButtonGroup(self)
        self._group.setExclusive(True)
        layout = self._row = QHBoxLayout(self)
        layout.setSpacing(0)
        for button in self._buttons.values():
            layout.addWidget(button, 1)
            self._group.addButton(button)
        self._group.buttonClicked.connect(self._tell)
        theme().changed.connect(self._restyle)
        self._restyle()

    def button(self, key: str) -> StageButton:
        """The button of a stage."""
        return self._buttons[key]

    def set_current(self, key: str) -> None:
        """Mark the stage that is open."""
        self._buttons[key].setChecked(True)

    def set_states(self, done: Mapping[str, bool], progress: Mapping[str, float]) -> None:
        """Show which stages have made something and which train now.

        Args:
            done: By stage key; a stage not named has made nothing.
            progress: Share of the run that trains, by stage key.
        """
        for key, button in self._buttons.items():
            base = "available" if button.stage.labs else "notes"
            button.set_state("done" if done.get(key) else base, progress.get(key, -1.0))
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint the line between the circles and the one below the ribbon."""
        look, painter = theme(), QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        buttons = list(self._buttons.values())
        for left, right in pairwise(buttons):
            reached = left.state == "done" and (right.state == "done" or right.isChecked())
            painter.setPen(look.pen("accent" if reached else "line", 1.5))
            painter.drawLine(left.mapToParent(left.centre()), right.mapToParent(right.centre()))
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
        painter.fillRect(0, self.height() - 1, self.width(), 1, look.colour("line"))

    def _tell(self, button: StageButton) -> None:
        self.update()
        self.chosen.emit(button.stage.key)

    def _restyle(self) -> None:
        look = theme()
        self._row.setContentsMargins(look.px(16), 0, look.px(16), look.px(10))
        for button in self._buttons.values():
            button.updateGeometry()
        self.updateGeometry()
        self.update()
