"""The canvas of the bit view: bits that turn, a pin to drag, and keys for all of it."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QFocusEvent, QKeyEvent, QMouseEvent, QWheelEvent
from PySide6.QtWidgets import QWidget

from widgets.s04_precision.fading import FadingCanvas
from widgets.s04_precision.geometry.bits import BitsScene, Turning
from widgets.s04_precision.geometry.line import Lanes, Window
from widgets.s04_precision.geometry.rows import Reading
from widgets.theme import theme

_NOTCH = 0.8  # what one notch of the wheel leaves of the window


class BitsCanvas(FadingCanvas):
    """Shows readings; what changes fades from what was.

    Attributes:
        flip_wanted: Key of a row and one of its bits.
        row_wanted: Key of a row.
        value_wanted: A place on the number line was pressed or drawn to: the value there.
        step_wanted: One number up (1) or down (-1) in the selected row.
        window_changed: Another part of the number line came into sight.
    """

    flip_wanted = Signal(str, int)
    row_wanted = Signal(str)
    value_wanted = Signal(float)
    step_wanted = Signal(int)
    window_changed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._readings: tuple[Reading, ...] = ()
        self._window = Window()
        self._value, self._selected = 0.0, ""
        self._cursor = (0, 0)
        self._lanes = Lanes()
        self._turning = Turning()
        self._dragging = False
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAccessibleName("Bits of the number in every format")
        self.setAccessibleDescription(
            "Arrow keys choose a bit, space flips it, square brackets go to the next number, plus and minus zoom"
        )
        self.clicked.connect(self._pressed)

    @property
    def window_in_sight(self) -> Window:
        """The part of the number line in sight."""
        return self._window

    @property
    def cursor_place(self) -> tuple[int, int]:
        """Row and bit that the keyboard is at."""
        return self._cursor

    def show_readings(self, readings: tuple[Reading, ...], value: float, selected: str) -> None:
        """Show other readings; bits that differ turn to what they are now."""
        scene = self.scene
        if isinstance(scene, BitsScene):
            self._turning = Turning(scene.levels(self.time))
        self._readings, self._value, self._selected = readings, value, selected
        if not self._dragging:
            self._window = self._window.holding(value)
        self.fade_to(self._made())

    def zoom(self, factor: float, at: float = 0.5) -> None:
        """Show a wider or narrower part of the number line."""
        self._window = self._window.zoomed(factor, at)
        self.replace(self._made(), self.time)
        self.window_changed.emit()

    def _made(self) -> BitsScene:
        cursor = self._cursor if self.hasFocus() else None
        return BitsScene(
            self._readings, self._window, self._value, self._selected, self._turning, cursor, self._lanes
        )

    # ---- the mouse

    def _pressed(self, key: str) -> None:
        kind, _, rest = key.partition(":")
        if kind == "bit":
            name, _, bit = rest.partition(":")
            rows = [reading.row.key for reading in self._readings]
            self._cursor = (rows.index(name), int(bit))
            self.flip_wanted.emit(name, int(bit))
        elif kind == "row":
            self.row_wanted.emit(rest)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """On the number line a drag begins."""
        key = self._key_at(event.position().x(), event.position().y())
        if key in ("line", "pin") and event.button() == Qt.MouseButton.LeftButton:
            self._dragging = True
            self._drag_to(event.position().x())
            return
        super().mousePressEvent(event)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Go on with the drag."""
        if self._dragging:
            self._drag_to(event.position().x())
            return
        super().mouseMoveEvent(event)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """The drag is over."""
        self._dragging = False
        super().mouseReleaseEvent(event)

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Over the number line the wheel zooms around the pointer."""
        if self._key_at(event.position().x(), event.position().y()) in ("line", "pin"):
            notches = event.angleDelta().y() / 120.0
            self.zoom(_NOTCH**notches, min(max(self._share(event.position().x()), 0.0), 1.0))
            event.accept()
        else:
            event.ignore()

    def _drag_to(self, x: float) -> None:
        share = min(max(self._share(x), 0.0), 1.0)
        self.value_wanted.emit(self._window.rounded_value(share, self._line()[1], self._value))

    def _line(self) -> tuple[float, float]:
        """Left end and length of the number line, scene pixels."""
        scene = self.scene
        assert isinstance(scene, BitsScene)  # noqa: S101  it has no other
        place = scene.layout(*self.logical_size())
        return place.line_x, place.line_width

    def _share(self, x: float) -> float:
        left, width = self._line()
        return (x / theme().scale - left) / width

    # ---- the keyboard

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Walk over the bits and flip them; brackets step to the next number, plus and minus zoom."""
        if event.modifiers() & ~(Qt.KeyboardModifier.KeypadModifier | Qt.KeyboardModifier.ShiftModifier):
            super().keyPressEvent(event)
            return
        walk = {
            Qt.Key.Key_Left: (0, -1), Qt.Key.Key_Right: (0, 1), Qt.Key.Key_Up: (-1, 0), Qt.Key.Key_Down: (1, 0),
        }  # fmt: skip
        others = {
            Qt.Key.Key_Space: self._flip_here, Qt.Key.Key_Return: self._flip_here, Qt.Key.Key_Enter: self._flip_here,
            Qt.Key.Key_BracketLeft: self._step_down, Qt.Key.Key_BracketRight: self._step_up,
            Qt.Key.Key_Plus: self._closer, Qt.Key.Key_Equal: self._closer, Qt.Key.Key_Minus: self._further,
        }  # fmt: skip
        key = Qt.Key(event.key())
        if key in walk:
            self._walk(*walk[key])
        elif key in others:
            others[key]()
        else:
            super().keyPressEvent(event)

    def focusInEvent(self, event: QFocusEvent) -> None:
        """Show where the keyboard is."""
        super().focusInEvent(event)
        self.replace(self._made(), self.time)

    def focusOutEvent(self, event: QFocusEvent) -> None:
        """Hide it again."""
        super().focusOutEvent(event)
        self.replace(self._made(), self.time)

    def _walk(self, down: int, right: int) -> None:
        if not self._readings:
            return
        index = min(max(self._cursor[0] + down, 0), len(self._readings) - 1)
        last = len(self._readings[index].row.parts) - 1
        self._cursor = (index, min(max(self._cursor[1] + right, 0), last))
        if down:
            self.row_wanted.emit(self._readings[index].row.key)
        else:
            self.replace(self._made(), self.time)

    def _flip_here(self) -> None:
        index, bit = self._cursor
        self.flip_wanted.emit(self._readings[index].row.key, bit)

    def _step_up(self) -> None:
        self.step_wanted.emit(1)

    def _step_down(self) -> None:
        self.step_wanted.emit(-1)

    def _closer(self) -> None:
        self.zoom(_NOTCH)

    def _further(self) -> None:
        self.zoom(1 / _NOTCH)
