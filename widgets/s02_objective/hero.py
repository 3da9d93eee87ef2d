"""The hero of tab 2: a text, the weights that read it, and what they expect next."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import QTimer, QVariantAnimation
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QLineEdit, QWidget

from simulator.runs.events import Answer
from simulator.runs.history import RunHistory
from widgets.controls import Card, FlatSlider, button, label
from widgets.engine_bridge import EngineBridge
from widgets.s02_objective.geometry import EmptyScene, ObjectiveScene, percent, visible
from widgets.s02_objective.reading import Reading, reading_from_answer, reading_of
from widgets.scene.canvas import SceneCanvas
from widgets.scene.transport import Transport
from widgets.theme import theme

_WAIT = 150
_LONGEST_TEXT = 400
_NARROWEST_WITH_NAME = 520
_NOTHING_YET = "Start a run, or open a recording: what the model expects next appears here."
_COMING = "What the model expects next appears here with its first checkpoint."
_NO_WEIGHTS_YET = "This run has saved no weights yet. The answer comes with its first checkpoint."
_NO_WEIGHTS = "This run holds no weights to read your own text with. Start a run, then type."
_RUNS = ("waiting", "running", "paused")


class PredictionHero(Card):
    """Text field and step slider above the scene, transport below it.

    Without text of the user it shows the run's own probe text, which is in the record and needs no engine.
    """

    def __init__(self, bridge: EngineBridge, parent: QWidget | None = None) -> None:
        super().__init__(parent=parent)
        self._bridge = bridge
        self._history: RunHistory | None = None
        self._address = ""
        self._reading: Reading | None = None
        self._before: Reading | None = None
        self._steps: list[int] = []
        self._step = -1
        self._follow = True
        self._query = -1
        self._asked = self._text_read = ""
        self.field = QLineEdit(self)
        self.field.setPlaceholderText("Type any text")
        self.field.setToolTip("The model reads it; Enter adds the token that it expects most")
        self.field.setAccessibleName("Text for the model to read")
        self.field.setMaxLength(_LONGEST_TEXT)
        self.take_button = button("Add it", hint="Add the likeliest token to the text (Enter)")
        self.take_button.hide()
        self.slider = FlatSlider(self)
        self.slider.setAccessibleName("Training step of the weights")
        self.step_words = label("", "mono_small", "muted")
        self.message = label("", "small", "warning", wrap=True)
        self.message.hide()
        self.canvas = SceneCanvas(EmptyScene(_NOTHING_YET), self)
        self.canvas.set_hints(self._hint)
        self.transport = Transport(parent=self)
        self.transport.set_count_word("token")
        self._build()
        self._wait = QTimer(self)
        self._wait.setSingleShot(True)
        self._wait.setInterval(_WAIT)
        self._settled, self._placed = False, 0.0
        self._wait.timeout.connect(self._ask)
        self._blend = QVariantAnimation(self)
        self._blend.setStartValue(0.0)
        self._blend.setEndValue(1.0)
        self._blend.valueChanged.connect(self._blend_to)
        self.field.textChanged.connect(self._typed)
        self.field.returnPressed.connect(self.take_likeliest)
        self.take_button.clicked.connect(self.take_likeliest)
        self.slider.valueChanged.connect(self._slid)
        self.transport.time_changed.connect(self.canvas.set_time)
        self.canvas.clicked.connect(self._clicked)
        bridge.answered.connect(self._answered)
        bridge.state_changed.connect(self._engine_changed)

    @property
    def reading(self) -> Reading | None:
        """What is on show."""
        return self._reading

    @property
    def step(self) -> int:
        """Training step of the weights chosen, -1 without any."""
        return self._step

    def show_history(self, history: RunHistory | None, address: str) -> None:
        """Show another run; ``address`` is where the engine finds its weights."""
        self._history, self._address = history, address
        self._follow, self._query = True, -1
        self._settled = False
        self._reading = self._before = None
        self._steps = []
        self._show_slider()
        self._choose(-1)
        self.refresh()

    def follow(self, history: RunHistory, address: str) -> None:
        """The run on show has more in it; after a seek backwards its history is a new one with less in it."""
        self._history, self._address = history, address
        self.refresh()

    def refresh(self) -> None:
        """Show what the history has now."""
        steps = self._available_steps()
        if steps != self._steps:
            self._steps = steps
            self._show_slider()
        if self._follow and steps and self._step != steps[-1]:
            self._choose(steps[-1])
        elif self._reading is None:
            self._choose(self._step if self._step in steps else steps[-1] if steps else -1)
        self._settle()

    def _settle(self) -> None:
        """Once a run is over, rest where its last weights have most to say, unless the user chose a place."""
        over = self._history is not None and self._history.state in ("done", "stopped", "failed")
        if self._settled or not over or self._reading is None or self._own_text():
            return
        self._settled = True
        if self.transport.time == self._placed and not self.transport.playing:
            self.transport.set_time(self.resting_time())

    def resting_time(self) -> float:
        """A time at which the scene says the most."""
        scene = self.canvas.scene
        return scene.time_of(scene.telling_place()) if isinstance(scene, ObjectiveScene) else 0.0

    def take_likeliest(self) -> None:
        """Add the token that the model expects most to the user's own text."""
        if self._own_text() and self._reading is not None and self._text_read == self.field.text():
            self._take(self._reading.positions - 1, 0)

    def _take(self, position: int, rank: int) -> None:
        """Go on with a candidate after the text up to a place; the end of the document adds nothing."""
        reading = self._reading
        candidates = reading.candidates(position) if reading is not None else ()
        if reading is None or rank >= len(candidates):
            return
        if candidates[rank].ends:
            self._say("Here the model ends the document.")
            return
        self.field.setText(reading.text(position) + candidates[rank].token)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Leave the slider's name out where there is little width; the step beside it says the same."""
        super().resizeEvent(event)
        self._slider_name.setVisible(self.width() >= theme().px(_NARROWEST_WITH_NAME))

    # ---- which weights

    def _own_text(self) -> str:
        return self.field.text() if self.field.text().strip() else ""

    def _available_steps(self) -> list[int]:
        if self._history is None:
            return []
        events: list[Any] = list(self._history.checkpoints if self._own_text() else self._history.predictions)
        return sorted({event.step for event in events})

    def _show_slider(self) -> None:
        self.slider.blockSignals(True)
        self.slider.setRange(0, max(0, len(self._steps) - 1))
        if self._steps:
            nearest = min(self._steps, key=self._distance)
            self.slider.setValue(self._steps.index(nearest))
            last = max(1, len(self._steps) - 1)
            self.slider.set_ticks([index / last for index in range(len(self._steps))] if last < 40 else [])
        else:
            self.slider.set_ticks([])
        self.slider.setEnabled(len(self._steps) > 1)
        self.slider.blockSignals(False)

    def _distance(self, step: int) -> int:
        return abs(step - self._step)

    def _choose(self, step: int) -> None:
        self._step = step
        self.step_words.setText(f"step {step:,}" if step >= 0 else "no weights yet")
        if self._steps and step in self._steps:
            self.slider.blockSignals(True)
            self.slider.setValue(self._steps.index(step))
            self.slider.blockSignals(False)
            self.slider.update()
        self._read()

    def _slid(self, index: int) -> None:
        if 0 <= index < len(self._steps):
            self._follow = index == len(self._steps) - 1
            self._choose(self._steps[index])

    # ---- what they expect

    def _read(self) -> None:
        self.take_button.setVisible(bool(self._own_text()))
        if self._own_text():
            self._wait.start()
            return
        self._text_read = ""
        history = self._history
        recorded = [event for event in history.predictions if event.step == self._step] if history else []
        self._say("")
        self._show(reading_of(recorded[-1]) if recorded else None)

    def _typed(self) -> None:
        self._query = -1
        self._steps = self._available_steps()
        if self._steps and self._step not in self._steps:
            self._step = min(self._steps, key=self._distance)
        self._show_slider()
        self._choose(self._step)

    def _ask(self) -> None:
        if not self._own_text() or self._history is None:
            return
        if not self._steps:
            self._say(_NO_WEIGHTS_YET if self._history.state in _RUNS else _NO_WEIGHTS)
            return
        self._asked = self.field.text()
        self._query = self._bridge.query("predict", run=self._address, step=self._step, text=self._asked)
        if self._query < 0:
            self._say("The engine is not ready yet: the answer comes when it is.")

    def _engine_changed(self, state: str) -> None:
        if state == "ready" and self._query < 0 and self._own_text():
            self._wait.start()

    def _answered(self, query: int, answer: Answer) -> None:
        if query != self._query or query < 0:
            return
        reading = None if answer.error else reading_from_answer(answer.result)
        self._say(answer.error or ("" if reading else "A text needs at least two tokens to be predicted."))
        if reading is not None:
            self._text_read = self._asked
            self.take_button.setText(f"Add {visible(reading.candidates(reading.positions - 1)[0].token)}")
            self._show(reading)

    def _say(self, words: str) -> None:
        self.message.setText(words)
        self.message.setVisible(bool(words))

    # ---- the scene

    def _show(self, reading: Reading | None) -> None:
        if reading is None:
            self._reading = self._before = None
            begun = self._history is not None and bool(self._history.run)
            self.canvas.set_scene(EmptyScene(_COMING if begun else _NOTHING_YET))
            self.transport.set_timeline(0.0)
            return
        same_text = self._reading is not None and self._reading.tokens == reading.tokens
        self._before, self._reading = (self._reading if same_text else None), reading
        self._blend.stop()
        seconds = theme().seconds("move")
        moving = (
            self._before is not None
            and self._before.step != reading.step
            and seconds > 0
            and self.isVisible()
        )
        self.canvas.set_scene(ObjectiveScene(reading, self._before, 0.0 if moving else 1.0))
        if not same_text:
            scene = ObjectiveScene(reading)
            self.transport.set_scene(scene)
            place = reading.positions - 1 if self._own_text() else scene.telling_place()
            self.transport.set_time(scene.time_of(place))
            self._placed = self.transport.time
        if moving:
            self._blend.setDuration(round(seconds * 1000))
            self._blend.start()

    def _blend_to(self, share: object) -> None:
        if self._reading is not None and isinstance(share, float):
            eased = share * share * (3 - 2 * share)
            self.canvas.set_scene(ObjectiveScene(self._reading, self._before, eased))

    def _clicked(self, key: str) -> None:
        scene = self.canvas.scene
        kind, _, rest = key.partition(":")
        if not isinstance(scene, ObjectiveScene):
            return
        index = int(rest.split(":")[0])
        self.transport.pause()
        if kind == "candidate":
            self._take(scene.at(self.transport.time), index)
        else:
            self.transport.set_time(scene.time_of(index - 1 if kind == "token" else index))

    def _hint(self, key: str) -> str:
        kind, _, rest = key.partition(":")
        reading = self._reading
        if reading is None:
            return ""
        if kind == "mask":
            row, column = (int(part) for part in rest.split(":"))
            seen = "may look at" if column <= row else "may not look at"
            asking, asked = visible(reading.tokens[row]), visible(reading.tokens[column])
            return f"Token {row + 1} “{asking}” {seen} token {column + 1} “{asked}”"
        index = int(rest)
        if kind == "candidate":
            return "Click to go on with this token"
        if index == 0:
            return "The start of the document is given, not predicted"
        if index == reading.positions:
            return "What comes next? Click a token below to go on with it"
        return f"Probability {percent(reading.probability(index - 1))}, surprise {reading.surprise(index - 1):.2f} bits"

    def _build(self) -> None:
        self._tools = QHBoxLayout()
        self._tools.addWidget(label("What comes next?", "section"))
        self._tools.addWidget(self.field, 3)
        self._tools.addWidget(self.take_button)
        self._slider_name = label("Training step", "small", "muted")
        self._tools.addWidget(self._slider_name)
        self._tools.addWidget(self.slider, 2)
        self._tools.addWidget(self.step_words)
        self.body.addLayout(self._tools)
        self.body.addWidget(self.message)
        self.body.addWidget(self.canvas, 1)
        self.body.addWidget(self.transport)
