"""The hero of the mode "Number line", and what stands around it."""

from __future__ import annotations

from PySide6.QtCore import QEvent, Qt, Signal
from PySide6.QtGui import QKeyEvent, QMouseEvent, QResizeEvent, QWheelEvent
from PySide6.QtWidgets import QHBoxLayout, QWidget

from simulator.formats.floats import FORMATS
from widgets.controls import Card, SegmentedControl, button
from widgets.plots import LivePlot
from widgets.s04_precision.bits_hero import NumberField
from widgets.s04_precision.geometry.line import LANE_COLOURS, Lanes, Window, everything
from widgets.s04_precision.geometry.lines import LinesScene, Pointer, relative_steps
from widgets.s04_precision.geometry.rows import FLOATS
from widgets.s04_precision.value_desk import ValueDesk
from widgets.scene.canvas import SceneCanvas
from widgets.theme import theme

_NOTCH = 0.75
_PLOT_LOW, _PLOT_HIGH = -40, 20
_PLOTTED = ("fp32", "bf16", "fp16", "fp8_e4m3", "fp8_e5m2")


class LinesCanvas(SceneCanvas):
    """Lanes; drawing sets the number, the wheel zooms, Shift and the wheel or a drag with the right button moves.

    Attributes:
        value_wanted: The value at the place that was pressed or drawn to.
        row_wanted: A lane was chosen.
        step_wanted: One number up (1) or down (-1) in the chosen lane.
    """

    value_wanted = Signal(float)
    row_wanted = Signal(str)
    step_wanted = Signal(int)

    def __init__(self, desk: ValueDesk, parent: QWidget | None = None) -> None:
        super().__init__(None, parent)
        self._desk = desk
        self._window = everything()
        self._lanes = Lanes()
        self._pointer: Pointer | None = None
        self._grip: float | None = None
        self._dragging = False
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAccessibleName("Number line")
        self.setAccessibleDescription(
            "Arrow keys left and right go to the next number, up and down to another format; plus and minus zoom"
        )
        self.clicked.connect(self._pressed)
        self.renew()

    @property
    def window_in_sight(self) -> Window:
        """The part of the number line in sight."""
        return self._window

    def set_window(self, window: Window) -> None:
        """Show another part."""
        self._window = window
        self.renew()

    def set_log(self, log: bool) -> None:
        """Show equal factors at equal distances, or equal differences."""
        self.set_window(self._window.as_log(log, self._desk.value))

    def follow(self) -> None:
        """The number is another one: keep it in sight."""
        if not self._dragging:
            self._window = self._window.holding(self._desk.value)
        self.renew()

    def renew(self) -> None:
        """Draw again."""
        desk = self._desk
        scene = LinesScene(desk.readings, self._window, desk.value, self._pointer, self._lanes, desk.selected)
        self.set_scene(scene)

    def zoom(self, factor: float, at: float = 0.5) -> None:
        """Show a wider or narrower part."""
        self.set_window(self._window.zoomed(factor, at))

    # ---- the mouse

    def _pressed(self, key: str) -> None:
        if key.startswith("row:"):
            self.row_wanted.emit(key[4:])

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Set the number, or take hold of the line."""
        key = self._key_at(event.position().x(), event.position().y())
        moving = (
            event.button() == Qt.MouseButton.RightButton
            or event.modifiers() & Qt.KeyboardModifier.ShiftModifier
        )
        if moving:
            self._grip = self._share(event.position().x())
        elif self._on_line(event.position().x()) and event.button() == Qt.MouseButton.LeftButton:
            self._dragging = True
            self._set_to(event.position().x())
        elif key:
            super().mousePressEvent(event)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Drag, or say what lies under the pointer."""
        x, y = event.position().x(), event.position().y()
        if self._grip is not None:
            share = self._share(x)
            self.set_window(self._window.moved(self._grip - share))
            self._grip = share
        elif self._dragging:
            self._set_to(x)
        else:
            self._point(x, y)
            super().mouseMoveEvent(event)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """Let go."""
        self._dragging, self._grip = False, None
        super().mouseReleaseEvent(event)

    def leaveEvent(self, event: QEvent) -> None:
        """Nothing is under the pointer any more."""
        super().leaveEvent(event)
        self._pointer = None
        self.renew()

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Zoom around the pointer; with Shift, or a sideways wheel, move."""
        turn = event.angleDelta()
        if event.modifiers() & Qt.KeyboardModifier.ShiftModifier or abs(turn.x()) > abs(turn.y()):
            self.set_window(self._window.moved(-0.1 * (turn.x() or turn.y()) / 120.0))
        else:
            at = min(max(self._share(event.position().x()), 0.0), 1.0)
            self.zoom(_NOTCH ** (turn.y() / 120.0), at)
        event.accept()

    def _point(self, x: float, y: float) -> None:
        scene = self.scene
        assert isinstance(scene, LinesScene)  # noqa: S101  it has no other
        pointer = None
        if self._on_line(x):
            lane = scene.lane_at(y / theme().scale, self.logical_size()[1])
            pointer = Pointer(lane, self._window.value(self._share(x)))
        if pointer != self._pointer:
            self._pointer = pointer
            self.renew()

    def _set_to(self, x: float) -> None:
        share = min(max(self._share(x), 0.0), 1.0)
        self._pointer = None
        long = LinesScene.place(self.logical_size()[0])[1]
        self.value_wanted.emit(self._window.rounded_value(share, long, self._desk.value))

    def _share(self, x: float) -> float:
        left, long = LinesScene.place(self.logical_size()[0])
        return (x / theme().scale - left) / long

    def _on_line(self, x: float) -> bool:
        return -0.01 <= self._share(x) <= 1.01

    # ---- the keyboard

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Step over the numbers of a format, change the format, zoom."""
        key = Qt.Key(event.key())
        held = event.modifiers() & ~(Qt.KeyboardModifier.KeypadModifier | Qt.KeyboardModifier.ShiftModifier)
        zooms = {Qt.Key.Key_Plus: _NOTCH, Qt.Key.Key_Equal: _NOTCH, Qt.Key.Key_Minus: 1 / _NOTCH}
        if held:
            super().keyPressEvent(event)
        elif key in (Qt.Key.Key_Left, Qt.Key.Key_Right):
            self.step_wanted.emit(1 if key == Qt.Key.Key_Right else -1)
        elif key in (Qt.Key.Key_Up, Qt.Key.Key_Down):
            self._choose(1 if key == Qt.Key.Key_Down else -1)
        elif key in zooms:
            share = self._window.share(self._desk.value)
            self.zoom(zooms[key], share if 0 <= share <= 1 else 0.5)
        else:
            super().keyPressEvent(event)

    def _choose(self, down: int) -> None:
        selected = self._desk.selected if self._desk.selected in FLOATS else "fp16"
        index = min(max(FLOATS.index(selected) + down, 0), len(FLOATS) - 1)
        self.row_wanted.emit(FLOATS[index])


class LinesHero(Card):
    """Where the numbers of each format lie.

    Args:
        desk: What holds the number.
        parent: Qt parent.
    """

    def __init__(self, desk: ValueDesk, parent: QWidget | None = None) -> None:
        super().__init__(parent=parent)
        self._desk = desk
        self.field = NumberField(desk, self)
        self.canvas = LinesCanvas(desk, self)
        self.scale = SegmentedControl((("log", "Log"), ("linear", "Linear")), self)
        self.scale.setAccessibleName("Scale of the number line")
        self.scale.set_dense()
        self.closer = button("+", "quiet", "Zoom in")
        self.further = button("−", "quiet", "Zoom out")
        self.whole = button("See all", "quiet", "All magnitudes again")
        self.closer.setAccessibleName("Zoom in")
        self.further.setAccessibleName("Zoom out")
        tools = QHBoxLayout()
        for made in (self.scale, self.closer, self.further, self.whole):
            tools.addWidget(made)
        tools.addStretch(1)
        tools.addWidget(self.field)
        self.body.addLayout(tools)
        self.body.addWidget(self.canvas, 1)
        self.scale.chosen.connect(self._set_scale)
        self.closer.clicked.connect(self._closer)
        self.further.clicked.connect(self._further)
        self.whole.clicked.connect(self._see_all)
        self.canvas.value_wanted.connect(desk.set_value)
        self.canvas.row_wanted.connect(desk.select)
        self.canvas.step_wanted.connect(desk.step)
        desk.changed.connect(self.canvas.follow)
        self.canvas.renew()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Another width holds other numbers to try."""
        super().resizeEvent(event)
        self.field.set_room(self.width() - theme().px(330))

    def _set_scale(self, key: str) -> None:
        self.canvas.set_log(key == "log")

    def _see_all(self) -> None:
        self.scale.set_current("log")
        self.canvas.set_window(everything())

    def _closer(self) -> None:
        self.canvas.zoom(0.5, self._at())

    def _further(self) -> None:
        self.canvas.zoom(2.0, self._at())

    def _at(self) -> float:
        share = self.canvas.window_in_sight.share(self._desk.value)
        return share if 0 <= share <= 1 else 0.5


class StepsCard(Card):
    """How large the step from one number to the next is, as a share of the number, at every magnitude.

    Args:
        desk: What holds the number.
        parent: Qt parent.
    """

    def __init__(self, desk: ValueDesk, parent: QWidget | None = None) -> None:
        super().__init__(parent=parent)
        self._desk = desk
        self.plot = LivePlot(
            "Step to the next number, as a share of the number", "magnitude", "step / number"
        )
        self.plot.set_log(x=True, y=True)
        self.plot.set_x_range(2.0**_PLOT_LOW, 2.0**_PLOT_HIGH)
        for key in _PLOTTED:
            self.plot.add_series(key, FORMATS[key].title, LANE_COLOURS[key])
            self.plot.set_series(key, *relative_steps(key, _PLOT_LOW, _PLOT_HIGH - 1))
        self.body.addWidget(self.plot)
