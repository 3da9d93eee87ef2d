"""The mode "Arithmetic": what goes wrong in few bits, step by step, with numbers of one's own."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from simulator.errors import ConfigError
from widgets.controls import Card, SegmentedControl, button, label
from widgets.controls.field import Entry
from widgets.s04_precision.geometry.drift import drift_scene, random_scene
from widgets.s04_precision.geometry.number import parse_number, value_words
from widgets.s04_precision.geometry.operation import CASES, Case, OperationScene
from widgets.scene.canvas import SceneCanvas
from widgets.scene.timeline import PlainScene
from widgets.scene.transport import Transport
from widgets.theme import theme

DEMOS = (
    ("overflow", "Overflow"),
    ("underflow", "Underflow"),
    ("absorption", "Absorption"),
    ("drift", "Drift"),
    ("random", "Random rounding"),
)
_FORMATS = (("fp32", "FP32"), ("bf16", "BF16"), ("fp16", "FP16"), ("fp8_e4m3", "E4M3"), ("fp8_e5m2", "E5M2"))
_LESSONS = {
    "drift": "One tenth, ten thousand times, should make a thousand. A sum stops growing once what is added is less "
    "than half a step. A wider accumulator or Kahan's second number saves it: that is why matrix units add in FP32.",
    "random": "Rounding up as often as the exact sum is near the upper neighbour keeps the mean right: each run "
    "wanders, but none is stuck. Training in FP8 and FP4 uses it for gradients and for weights kept in few bits.",
}


class ArithmeticHero(Card):
    """A demonstration with its transport.

    Attributes:
        lesson_changed: Heading and text of what is on show.
    """

    lesson_changed = Signal(str, str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent=parent)
        self.demos = SegmentedControl(DEMOS, self)
        self.demos.setAccessibleName("Demonstration")
        self.demos.set_dense()
        self.cases = SegmentedControl([], self)
        self.cases.setAccessibleName("Example")
        self.cases.set_dense()
        self._case = CASES["overflow"][0]
        self._scene: PlainScene = OperationScene(self._case)
        self.canvas = SceneCanvas(self._scene, self)
        self.transport = Transport(self._scene, parent=self)
        self.body.addWidget(self.demos)
        self._cases_row = QHBoxLayout()
        self._cases_row.addWidget(self.cases)
        self._cases_row.addStretch(1)
        self.body.addLayout(self._cases_row)
        self.body.addWidget(self.canvas, 1)
        self.body.addWidget(self.transport)
        self.demos.chosen.connect(self.show_demo)
        self.cases.chosen.connect(self._show_case)
        self.transport.time_changed.connect(self.canvas.set_time)
        self.show_demo("overflow")

    @property
    def lesson(self) -> tuple[str, str]:
        """Heading and words of what is on show."""
        demo = self.demos.current()
        title = dict(DEMOS)[demo]
        return title, _LESSONS.get(demo, self._case.lesson)

    @property
    def case(self) -> Case:
        """The operation on show, or the last that was."""
        return self._case

    def rest(self) -> None:
        """Show the end of the story."""
        self.transport.to_end()
        self.transport.pause()
        self.transport.set_time(self._scene.duration)
        self.canvas.set_time(self._scene.duration)

    def show_demo(self, key: str) -> None:
        """Show a demonstration from its beginning."""
        self.demos.set_current(key)
        self.cases.setVisible(key in CASES)
        if key in CASES:
            self.cases.set_choices([(case.key, case.words) for case in CASES[key]])
            self._show_case(CASES[key][0].key)
        else:
            self._set_scene(drift_scene() if key == "drift" else random_scene())

    def show_operation(self, case: Case) -> None:
        """Show an operation of the user's own."""
        if self.demos.current() not in CASES:
            self.demos.set_current("absorption")
            self.cases.set_choices([(item.key, item.words) for item in CASES["absorption"]])
            self.cases.show()
        self._case = case
        self._set_scene(OperationScene(case))

    def _show_case(self, key: str) -> None:
        found = next(case for cases in CASES.values() for case in cases if case.key == key)
        self._case = found
        self._set_scene(OperationScene(found))

    def _set_scene(self, scene: PlainScene) -> None:
        self.transport.pause()
        self._scene = scene
        self.canvas.set_scene(scene)
        self.transport.set_scene(scene)
        self.transport.set_time(0.0)
        self.canvas.set_time(0.0)
        self.lesson_changed.emit(*self.lesson)
        if self.isVisible() and not theme().reduce_motion:
            self.transport.play()


class ArithmeticControls(Card):
    """Two numbers of one's own, what to do with them, and the format.

    Attributes:
        wanted: An operation to show.
    """

    wanted = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("Try your own", parent)
        self.left, self.right = Entry(self), Entry(self)
        for entry, name, text in ((self.left, "First number", "1024"), (self.right, "Second number", "0.25")):
            entry.setAccessibleName(name)
            entry.setText(text)
            entry.returnPressed.connect(self._show)
        self.sign = SegmentedControl((("+", "+"), ("×", "×")), self)
        self.sign.setAccessibleName("What to do")
        self.format = SegmentedControl(_FORMATS, self)
        self.format.setAccessibleName("Format")
        self.format.set_current("bf16")
        self.go = button("Show it", "primary", "Work it out step by step")
        self.problem = label("", "small", "bad", wrap=True)
        self.problem.hide()
        self.lesson_title = label("", "section")
        self.lesson = label("", "body", wrap=True)
        for control in (self.sign, self.format):
            control.set_dense()
        row = QHBoxLayout()
        for widget, stretch in ((self.left, 1), (self.sign, 0), (self.right, 1)):
            row.addWidget(widget, stretch)
        column = QVBoxLayout()
        for item in (self.format, self.problem, self.go):
            column.addWidget(item)
        self.body.addLayout(row)
        self.body.addLayout(column)
        self.body.addStretch(1)
        self.body.addWidget(self.lesson_title)
        self.body.addWidget(self.lesson)
        self.go.clicked.connect(self._show)
        self.format.chosen.connect(self._show_choice)
        self.sign.chosen.connect(self._show_choice)

    def show_lesson(self, title: str, text: str) -> None:
        """Say what the demonstration shows."""
        self.lesson_title.setText(title)
        self.lesson.setText(text)

    def _show_choice(self, _key: str) -> None:
        self._show()

    def _show(self) -> None:
        try:
            left, right = (parse_number(entry.text()).nearest for entry in (self.left, self.right))
            for value in (left, right):
                if not 1e-38 < abs(value) < 1e38 and value != 0:
                    raise ConfigError("value", f"{value_words(value, 4)} is too far from 1 for this picture.")
        except ConfigError as error:
            self.problem.setText(f"{error}")
            self.problem.show()
            return
        self.problem.hide()
        sign = "×" if self.sign.current() == "×" else "+"
        lesson = "Your own numbers: follow the digits from the exact result to what is stored."
        self.wanted.emit(Case("own", left, sign, right, self.format.current(), lesson))
