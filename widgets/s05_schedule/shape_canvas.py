"""The canvas whose curve is taken by its handles: with the mouse, or with the keys."""

from __future__ import annotations

from PySide6.QtCore import QEvent, Qt, Signal
from PySide6.QtGui import QFocusEvent, QKeyEvent, QMouseEvent
from PySide6.QtWidgets import QWidget

from widgets.s05_schedule.geometry.shape import Ghost, ShapeScene, handle_words
from widgets.s05_schedule.sketch import Sketch
from widgets.scene.canvas import SceneCanvas
from widgets.theme import theme

_SMALL, _LARGE = 0.01, 0.05
_LOG_SMALL, _LOG_LARGE = 1.05, 1.25
_ARROWS = {
    Qt.Key.Key_Left: (-1, 0),
    Qt.Key.Key_Right: (1, 0),
    Qt.Key.Key_Up: (0, 1),
    Qt.Key.Key_Down: (0, -1),
}
_DELETES = (Qt.Key.Key_Delete, Qt.Key.Key_Backspace)


class ShapeCanvas(SceneCanvas):
    """Draws the sketch and changes it.

    Mouse: drag a handle; on a drawn curve a click adds a point, a double-click on one takes it away. Keys: Tab
    chooses a handle, arrows move it (with Shift further), Insert adds a point, Delete takes it away, Escape lets go.

    Attributes:
        said: What the handle in hand means and its value; "" without one.
    """

    said = Signal(str)

    def __init__(self, sketch: Sketch, parent: QWidget | None = None) -> None:
        super().__init__(None, parent)
        self._sketch = sketch
        self._log = False
        self._ghost: Ghost | None = None
        self._active = self._over_handle = ""
        self._held = False
        self._offset = (0.0, 0.0)
        self.shape = ShapeScene(sketch.schedule)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAccessibleName("The schedule's curve")
        self.show_sketch()

    @property
    def active(self) -> str:
        """Key of the handle in hand, or ""."""
        return self._active

    def set_log(self, log: bool) -> None:
        """Put the rates on a logarithmic axis, or on an even one."""
        self._log = log
        self.show_sketch()

    def set_ghost(self, ghost: Ghost | None) -> None:
        """Draw a schedule behind."""
        self._ghost = ghost
        self.show_sketch()

    def show_sketch(self) -> None:
        """The sketch is another one."""
        kept = self.shape.scale if self._held else None  # the axis holds still under a hand
        shape = ShapeScene(
            self._sketch.schedule,
            self._log,
            self._ghost,
            self._active,
            self._over_handle,
            self.hasFocus(),
            kept,
        )
        if self._active and shape.handle(self._active) is None:
            self._active = ""
            shape = shape.with_active("", self.hasFocus())
        self.shape = shape
        self.set_scene(shape)
        self._say()

    def choose(self, key: str) -> None:
        """Take a handle in hand, or none."""
        self._active = key
        self.show_sketch()

    # ---- mouse

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Take the handle under the pointer, or add a point to a drawn curve."""
        super().mousePressEvent(event)
        if event.button() != Qt.MouseButton.LeftButton:
            return
        x, y = self._place(event)
        size = self.logical_size()
        key = self.shape.handle_at(x, y, *size)
        if not key and self.shape.hit(self.time, x, y, *size) == "curve":
            step, _ = self.shape.frame_of(*size).meaning(x, y)
            added = self._sketch.add_point(step)
            key = f"point-{added}" if added >= 0 else ""
        self._held = bool(key)
        self.choose(key)
        item = self.shape.handle(key)
        if item is not None:
            hx, hy = self.shape.frame_of(*size).at(item.step, item.rate)
            self._offset = (hx - x, hy - y)
            self.setCursor(Qt.CursorShape.ClosedHandCursor)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Move the handle that is held; else light up the one under the pointer."""
        x, y = self._place(event)
        if self._held:
            step, rate = self.shape.frame_of(*self.logical_size()).meaning(
                x + self._offset[0], y + self._offset[1]
            )
            self._sketch.drag(self._active, step, rate)
            return
        super().mouseMoveEvent(event)
        over = self.shape.handle_at(x, y, *self.logical_size())
        if over != self._over_handle:
            self._over_handle = over
            self.show_sketch()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """Let go; the axis fits again."""
        super().mouseReleaseEvent(event)
        if self._held:
            self._held = False
            self._sketch.settle()
            self.setCursor(Qt.CursorShape.OpenHandCursor)
            self.show_sketch()

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        """Take a control point of a drawn curve away."""
        key = self.shape.handle_at(*self._place(event), *self.logical_size())
        if not self._remove(key):
            super().mouseDoubleClickEvent(event)

    def leaveEvent(self, event: QEvent) -> None:
        """Nothing is under the pointer."""
        super().leaveEvent(event)
        if self._over_handle:
            self._over_handle = ""
            self.show_sketch()

    # ---- keys

    def event(self, event: QEvent) -> bool:
        """Tab goes from handle to handle before it goes on."""
        if event.type() == QEvent.Type.KeyPress and isinstance(event, QKeyEvent):
            forward = event.key() == Qt.Key.Key_Tab
            if (forward or event.key() == Qt.Key.Key_Backtab) and self._turn(1 if forward else -1):
                return True
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Arrows move the handle in hand; Insert, Delete and Escape as the class says."""
        key = Qt.Key(event.key())
        plain = event.modifiers() & ~(Qt.KeyboardModifier.ShiftModifier | Qt.KeyboardModifier.KeypadModifier)
        if self._active and key in _ARROWS and not plain:
            self._push(*_ARROWS[key], bool(event.modifiers() & Qt.KeyboardModifier.ShiftModifier))
        elif key == Qt.Key.Key_Escape and self._active:
            self.choose("")
        elif not (key == Qt.Key.Key_Insert and self._insert()) and not (
            key in _DELETES and self._remove(self._active)
        ):
            super().keyPressEvent(event)

    def focusInEvent(self, event: QFocusEvent) -> None:
        """The keyboard came: with Tab, to the first handle (or the last, from behind)."""
        super().focusInEvent(event)
        if event.reason() == Qt.FocusReason.TabFocusReason:
            self._active = self.shape.handles[0].key
        elif event.reason() == Qt.FocusReason.BacktabFocusReason:
            self._active = self.shape.handles[-1].key
        self.show_sketch()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        """The keyboard went."""
        super().focusOutEvent(event)
        self._active = ""
        self._sketch.settle()
        self.show_sketch()

    def _turn(self, direction: int) -> bool:
        """The next handle; False behind the last."""
        keys = [item.key for item in self.shape.handles]
        if self._active not in keys:
            index = 0 if direction > 0 else len(keys) - 1
        else:
            index = keys.index(self._active) + direction
        self._sketch.settle()
        if not self.hasFocus() or not 0 <= index < len(keys):
            return False
        self.choose(keys[index])
        return True

    def _push(self, right: int, up: int, far: bool) -> None:
        """One press of an arrow."""
        item = self.shape.handle(self._active)
        if item is None:
            return
        part = _LARGE if far else _SMALL
        step = item.step + right * max(part * self.shape.schedule.steps, 1.0)
        if self._log:
            factor = _LOG_LARGE if far else _LOG_SMALL
            rate = (
                max(item.rate, self.shape.scale.low if self.shape.scale else 0.0) * factor**up
                if up
                else item.rate
            )
        else:
            top = self.shape.scale.high if self.shape.scale is not None else item.rate
            rate = item.rate + up * part * top
        self._sketch.drag(self._active, step, rate, gesture=f"keys:{self._active}")

    def _insert(self) -> bool:
        """A point more, between the one in hand and the next."""
        schedule = self.shape.schedule
        if schedule.kind != "drawn":
            return False
        shares = [share for share, _ in schedule.points]
        index = min(self._index(self._active), len(shares) - 2)
        added = self._sketch.add_point((shares[index] + shares[index + 1]) / 2 * schedule.end)
        if added >= 0:
            self.choose(f"point-{added}")
        return True

    def _remove(self, key: str) -> bool:
        if self.shape.schedule.kind != "drawn" or not key:
            return False
        index = self._index(key)
        self._held = False
        if self._sketch.remove_point(index):
            self.choose(f"point-{index - 1}")
        return True

    def _index(self, key: str) -> int:
        number = key.partition("-")[2]
        return int(number) if number else 0

    def _say(self) -> None:
        item = self.shape.handle(self._active) or self.shape.handle(self._over_handle)
        words = handle_words(self.shape.schedule, item) if item is not None else ""
        self.setAccessibleDescription(words)
        self.said.emit(words)

    def _place(self, event: QMouseEvent) -> tuple[float, float]:
        scale = theme().scale
        return event.position().x() / scale, event.position().y() / scale
