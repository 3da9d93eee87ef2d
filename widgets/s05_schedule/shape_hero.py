"""The hero of "Shape": the curve with its handles, what can be done with it, and its transport."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeySequence, QShortcut
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from simulator.schedules.kinds import KINDS
from simulator.schedules.recipes import find_recipe
from simulator.schedules.schedule import Schedule
from widgets.controls import Card, Switch, button, label
from widgets.controls.basics import set_look
from widgets.elided import ElidedLabel
from widgets.s05_schedule.geometry.editing import stretched
from widgets.s05_schedule.geometry.shape import Ghost, warmup_steps
from widgets.s05_schedule.shape_canvas import ShapeCanvas
from widgets.s05_schedule.sketch import Sketch
from widgets.scene.transport import Transport
from widgets.theme import theme
from widgets.workbench import Workbench

_LOG = "schedule-axis"
_NEAR = 8.0
_REST = 0.42


class ShapeHero(Card):
    """The curve; what it shows follows the sketch.

    Attributes:
        race_wanted: The schedule is to be raced.
        stepped: The marker is at another step; carries it.
    """

    race_wanted = Signal()
    stepped = Signal(float)

    def __init__(self, sketch: Sketch, bench: Workbench, parent: QWidget | None = None) -> None:
        super().__init__(parent=parent)
        self._sketch, self._bench = sketch, bench
        self.title = ElidedLabel("", "section", "", self)
        self.sentence = ElidedLabel("", "small", "muted", self)
        self.canvas = ShapeCanvas(sketch, self)
        self.transport = Transport(self.canvas.shape, parent=self)
        self.transport.set_count_word("mark")
        self.undo, self.redo, self.reset = (button(words, "quiet") for words in ("Undo", "Redo", "Reset"))
        self.undo.setToolTip("Take the last change back (Ctrl+Z)")
        self.redo.setToolTip("Make it again (Ctrl+Shift+Z)")
        self.reset.setToolTip("The usual schedule of this kind, for the toy model")
        self.log = Switch(self)
        self.log.setAccessibleName("Logarithmic axis")
        self.race = button("Race this", "primary", "Train the toy model with it, beside others")
        for made in (self.undo, self.redo, self.reset, self.race):
            set_look(made, "dense", "true")
        self._lay_out()
        self._connect()
        self.log.setChecked(bool(bench.form_values(_LOG).get("log")))
        self.canvas.set_log(self.log.isChecked())
        self.show_sketch()
        self.rest()

    def _lay_out(self) -> None:
        words = QVBoxLayout()
        words.setSpacing(0)
        words.addWidget(self.title)
        words.addWidget(self.sentence)
        self._head = QHBoxLayout()
        self._head.addLayout(words, 1)
        for made in (
            self.undo,
            self.redo,
            self.reset,
            label("Log axis", "small", "muted"),
            self.log,
            self.race,
        ):
            self._head.addWidget(made)
        self.body.addLayout(self._head)
        self.body.addWidget(self.canvas, 1)
        self.body.addWidget(self.transport)

    def _connect(self) -> None:
        self._sketch.changed.connect(self.show_sketch)
        self.transport.time_changed.connect(self._show_time)
        self.canvas.said.connect(self._say)
        self.log.toggled.connect(self._set_log)
        self.undo.clicked.connect(self._sketch.undo)
        self.redo.clicked.connect(self._sketch.redo)
        self.reset.clicked.connect(self._sketch.reset)
        self.race.clicked.connect(self.race_wanted)
        for keys, slot in (("Ctrl+Z", self._sketch.undo), ("Ctrl+Shift+Z", self._sketch.redo),
                           ("Ctrl+Y", self._sketch.redo)):  # fmt: skip
            shortcut = QShortcut(QKeySequence(keys), self)
            shortcut.setContext(Qt.ShortcutContext.WindowShortcut)
            shortcut.activated.connect(slot)
        theme().changed.connect(self._space)
        self._space()

    def show_sketch(self) -> None:
        """Draw the sketch."""
        sketch = self._sketch
        self.canvas.set_ghost(ghost_of(sketch.recipe, sketch.schedule))
        self.transport.set_scene(self.canvas.shape)
        self.title.setText(KINDS[sketch.schedule.kind].title)
        self.undo.setEnabled(sketch.can_undo)
        self.redo.setEnabled(sketch.can_redo)
        self._tell_step()

    def step(self) -> float:
        """The step at which the marker is."""
        return self.canvas.shape.step_at(self.transport.time)

    def rest(self) -> None:
        """Hold the marker where the rate has come down a little."""
        self.transport.pause()
        schedule = self._sketch.schedule
        warmup = warmup_steps(schedule)
        self.transport.set_time(self.canvas.shape.time_of(warmup + _REST * (schedule.steps - warmup)))

    def _show_time(self, t: float) -> None:
        self.canvas.set_time(t)
        self._tell_step()

    def _tell_step(self) -> None:
        self.stepped.emit(self.step())

    def _say(self, words: str) -> None:
        self.sentence.setText(words or self._idle_words())

    def _idle_words(self) -> str:
        kind = KINDS[self._sketch.schedule.kind]
        if kind.name == "drawn":
            return "Click the curve to add a point, drag to move it, double-click or Delete to take it away"
        return kind.sentence

    def _set_log(self, on: bool) -> None:
        self._bench.remember_form(_LOG, {"log": on})
        self.canvas.set_log(on)

    def _space(self) -> None:
        self._head.setSpacing(theme().px(8))


def ghost_of(recipe: str, schedule: Schedule) -> Ghost | None:
    """A published recipe over the same run: at its own peak where that can be seen, else at this one's."""
    if not recipe:
        return None
    found = find_recipe(recipe)
    near = schedule.peak > 0 and 1 / _NEAR <= found.schedule.peak / schedule.peak <= _NEAR
    same = found.schedule.steps == schedule.steps
    peak = found.schedule.peak if near else schedule.peak
    words = f"{found.title}, as published" if near and same else f"{found.title}, over this run"
    if not near:
        words = f"{found.title}, over this run and peak"
    return Ghost(stretched(found.schedule, schedule.steps, peak), words)
