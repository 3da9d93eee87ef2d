"""The hero of tab 2: a text, an objective, the weights that read it, and what they expect."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from PySide6.QtCore import QTimer, QVariantAnimation, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QLineEdit, QWidget

from simulator.s02_objective.objectives import OBJECTIVES, find_objective
from widgets.controls import Card, SegmentedControl, button, label
from widgets.controls.basics import set_tone
from widgets.engine_bridge import EngineBridge
from widgets.run_view import RunView
from widgets.s02_objective.asker import NOT_READY, Asker
from widgets.s02_objective.draws import Hiding
from widgets.s02_objective.geometry import EmptyScene, ObjectiveScene, visible
from widgets.s02_objective.hero_words import DRAW_WORDS, WORDS, hint_of
from widgets.s02_objective.reading import Reading, reading_from_answer
from widgets.s02_objective.step_slider import StepSlider
from widgets.s02_objective.tools import Tools
from widgets.s02_objective.weights import Weights, weights_for
from widgets.scene.canvas import SceneCanvas
from widgets.scene.transport import Transport
from widgets.theme import theme

_WAIT = 150
_LONGEST_TEXT = 400
_REARRANGE_SECONDS = 0.6
_NARROWEST_WITH_NAMES = 1000
_NOTHING_YET = "Start a run, or open a recording: what the model expects appears here."
_COMING = "What the model expects appears here with its first checkpoint."
_NO_WEIGHTS_YET = "This run has saved no weights yet. The answer comes with its first checkpoint."
_NO_WEIGHTS = "This run holds no weights to read your own text with. Start a run, then type."
_TOO_SHORT = "A text needs at least two tokens to be predicted."
_TRAIN_ONE = "Train a model that learns it, and this text is read here the way it reads."
_RUNS = ("waiting", "running", "paused")


@dataclass(frozen=True)
class _Question:
    """What the engine was asked: to tell whether its answer still fits."""

    text: str
    objective: str


class PredictionHero(Card):
    """Objective, text field and step slider above the scene, transport below it.

    Without text of the user it shows the run's own probe text where that is in the record: this needs no engine.

    Attributes:
        train_wanted: A model with this objective is wanted.
    """

    train_wanted = Signal(str)

    def __init__(
        self, bridge: EngineBridge, other: RunView | None = None, parent: QWidget | None = None
    ) -> None:
        """Make one.

        Args:
            bridge: The engine.
            other: The runs of the lab that trains two objectives, asked for weights that the run on show lacks.
            parent: Qt parent.
        """
        super().__init__(parent=parent)
        self._view: RunView | None = None
        self._other = other
        self._weights: Weights | None = None
        self._reading: Reading | None = None
        self._before: Reading | None = None
        self._hiding = Hiding()
        self._question: _Question | None = None
        self._text_read = ""
        self._settled, self._placed = False, 0.0
        self.asker = Asker(bridge, self)
        self.objective = SegmentedControl([(item.key, WORDS[item.key]) for item in OBJECTIVES], self)
        self.objective.setAccessibleName("Objective")
        self.objective.set_dense()
        self.field = QLineEdit(self)
        self.field.setPlaceholderText("Type any text")
        self.field.setAccessibleName("Text for the model to read")
        self.field.setMaxLength(_LONGEST_TEXT)
        self.take_button = button("Add it", hint="Add the likeliest token to the text (Enter)")
        self.take_button.hide()
        self.draw_button = button("Hide others")
        self.steps = StepSlider(self)
        self.slider = self.steps.slider
        self.message = label("", "small", "warning", wrap=True)
        self.offer_button = button("", "link")
        self.canvas = SceneCanvas(EmptyScene(_NOTHING_YET), self)
        self.canvas.set_hints(self._hint)
        self.transport = Transport(parent=self)
        self.transport.set_timeline(0.0)
        self.transport.set_count_word("token")
        self._wait = QTimer(self)
        self._wait.setSingleShot(True)
        self._wait.setInterval(_WAIT)
        self._blend = QVariantAnimation(self)
        self._blend.setStartValue(0.0)
        self._blend.setEndValue(1.0)
        self._build()
        self._connect()
        self._show_tools()

    # ---- what is on show

    @property
    def reading(self) -> Reading | None:
        """What is on show."""
        return self._reading

    @property
    def step(self) -> int:
        """Training step of the weights chosen, -1 without any."""
        return self.steps.step

    @property
    def weights(self) -> Weights | None:
        """The weights that read."""
        return self._weights

    @property
    def key(self) -> str:
        """Key of the objective on show."""
        return self.objective.current()

    def set_objective(self, key: str) -> None:
        """Show another objective, as the user would choose it."""
        if key != self.key:
            self.objective.set_current(key)
            self._objective_chosen(key)

    def show_view(self, view: RunView) -> None:
        """The run on show has more in it; after a seek backwards its history is a new one with less in it."""
        self._view = view
        self._find_weights()
        if self._offer_steps() or self._reading is None:
            self._read()
        self._settle()

    def forget(self) -> None:
        """Another run is on show."""
        self.asker.forget_all()
        self._wait.stop()
        self._settled = False
        self._weights = self._reading = self._before = None
        self._hiding.forget()
        self.steps.forget()
        self._show(None)

    def rest(self) -> None:
        """Hold where the scene says the most."""
        self.transport.pause()
        self.transport.set_time(self.resting_time())

    def resting_time(self) -> float:
        """A time at which the scene says the most."""
        scene = self.canvas.scene
        return scene.time_of(scene.telling_place()) if isinstance(scene, ObjectiveScene) else 0.0

    def _settle(self) -> None:
        """Once a run is over, rest where its last weights have most to say, unless the user chose a place."""
        history = self._weights.history if self._weights is not None else None
        over = history is not None and history.state in ("done", "stopped", "failed")
        if self._settled or not over or self._reading is None or self._own_text():
            return
        self._settled = True
        if self.transport.time == self._placed and not self.transport.playing:
            self.transport.set_time(self.resting_time())

    def take_likeliest(self) -> None:
        """Add the token that the model expects most to the user's own text."""
        if self._own_text() and self._reading is not None and self._text_read == self.field.text():
            self._take(self._reading.positions - 1, 0)

    def _take(self, position: int, rank: int) -> None:
        """Go on with a candidate after the text up to a place; the end of the document adds nothing."""
        reading = self._reading
        candidates = reading.candidates(position) if reading is not None else ()
        if reading is None or rank >= len(candidates) or not reading.goes_on:
            return
        if candidates[rank].ends:
            self._say("Here the model ends the document.")
            return
        self.field.setText(reading.text(position) + candidates[rank].token)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Say less where there is little width."""
        super().resizeEvent(event)
        self._show_tools()

    # ---- which weights

    def _own_text(self) -> str:
        return self.field.text() if self.field.text().strip() else ""

    def _find_weights(self) -> None:
        self._weights = weights_for(self.key, self._view, self._other)

    def _recorded(self) -> dict[int, Reading]:
        """Readings in the record that show what is asked for."""
        weights = self._weights
        if weights is None or weights.trained != self.key or self._own_text() or self._hiding.knows(self.key):
            return {}
        return weights.recorded()

    def _offer_steps(self) -> bool:
        recorded = self._recorded()
        weights = self._weights
        return self.steps.offer(
            sorted(recorded) if recorded else weights.checkpoint_steps() if weights is not None else []
        )

    def _asked_text(self) -> str:
        """The user's text, else the text that the run itself is probed with."""
        if self._own_text():
            return self.field.text()
        if self._reading is not None:
            return "".join(self._reading.text_tokens[1:])
        recorded = self._weights.recorded() if self._weights is not None else {}
        return "".join(recorded[max(recorded)].text_tokens[1:]) if recorded else ""

    # ---- what they expect

    def _read(self) -> None:
        """Show what the weights expect: from the record, or by asking."""
        self.asker.forget_all()
        self._show_tools()
        recorded = self._recorded()
        if self.step in recorded:
            self._wait.stop()
            self._text_read = ""
            self._tell_source()
            self._show(recorded[self.step])
        elif self._weights is None or (not self._own_text() and not self._asked_text()):
            self._tell_source()
            self._show(None)
        else:
            self._wait.start()

    def _typed(self) -> None:
        self._hiding.forget()
        self.asker.forget_all()
        self._find_weights()
        self._offer_steps()
        self._read()

    def _ask(self) -> None:
        weights, text = self._weights, self._asked_text()
        if weights is None or not text:
            return
        if self.step < 0:
            self._say(_NO_WEIGHTS_YET if weights.history.state in _RUNS else _NO_WEIGHTS)
            return
        self._question = _Question(text, self.key)
        extra: dict[str, Any] = self._hiding.arguments(self.key)
        if weights.trained != self.key:
            extra["objective"] = self.key
        if weights.model:
            extra["model"] = weights.model
        self.asker.ask("predict", "predict", run=weights.address, step=self.step, text=text, **extra)

    def _answered(self, _tag: str, result: Mapping[str, Any]) -> None:
        question, reading = self._question, reading_from_answer(result)
        if question is None or question.objective != self.key:
            return
        if reading is None:
            self._say(_TOO_SHORT)
            return
        self._tell_source()
        self._text_read = question.text
        if reading.goes_on:
            likeliest = reading.candidates(reading.positions - 1)[0].token
            self.take_button.setText(f"Add {visible(likeliest)}")
        self._show(reading)

    def _troubled(self, _tag: str, words: str) -> None:
        if words == NOT_READY:
            shown = self._reading is not None and self._reading.objective == self.key
            self._say(words if shown else "")
            if not shown:
                self._show_empty(words)
            return
        self.steps.set_run("")
        if self._reading is None or self._reading.objective != self.key:
            self._show_empty(_TRAIN_ONE if self._weights is not None else "")
        self._say(words)
        self._offer_training()

    # ---- words

    def _tell_source(self) -> None:
        """Say so when the weights learned another objective, or belong to another run."""
        weights, view = self._weights, self._view
        self.offer_button.hide()
        self._say("")
        self.steps.set_run("")
        if weights is None:
            return
        if weights.trained != self.key:
            learned, asked = find_objective(weights.trained).title, find_objective(self.key).title
            self._say(f"These weights learned “{learned}”, not “{asked}”: expect poor guesses.")
            self._offer_training()
            self.steps.set_run(weights.words if view is None or weights.history is not view.history else "")
        elif view is not None and weights.history is not view.history:
            self.steps.set_run(weights.words)

    def _offer_training(self) -> None:
        self.offer_button.setText(f"Train a model: {find_objective(self.key).title}")
        self.offer_button.show()

    def _offered(self) -> None:
        self.train_wanted.emit(self.key)

    def _say(self, words: str, tone: str = "warning") -> None:
        self.message.setText(words)
        set_tone(self.message, tone)
        self.message.setVisible(bool(words))
        if not words:
            self.offer_button.hide()

    # ---- what the user does

    def _objective_chosen(self, key: str) -> None:
        self._find_weights()
        if self._reading is not None and not self._recorded():
            self._hiding.begin(key, len(self._reading.text_tokens))
        self._offer_steps()
        self._read()

    def _stepped(self, _step: int) -> None:
        self._read()

    def _draw(self) -> None:
        """Draw anew what the objective hides."""
        if self._reading is not None:
            self._hiding.redraw(self.key, len(self._reading.text_tokens))
            self._offer_steps()
            self._read()

    def _clicked(self, key: str) -> None:
        scene = self.canvas.scene
        kind, _, rest = key.partition(":")
        if not isinstance(scene, ObjectiveScene) or not rest:
            return
        index = int(rest.split(":")[0])
        self.transport.pause()
        if kind == "candidate":
            self._take(scene.at(self.transport.time), index)
        elif kind == "mask":
            self.transport.set_time(scene.time_of(index))
        elif self.key == "causal":
            self.transport.set_time(scene.time_of(index - 1))
        else:
            self._toggle(scene.reading, index)

    def _toggle(self, reading: Reading, index: int) -> None:
        """Hide or show the token under a click; a special token stands for none."""
        place = reading.origins[index] if index < reading.positions else -1
        length = len(reading.text_tokens)
        if place >= 1 and self._hiding.toggle(self.key, reading.hidden_places(), place, length):
            self._offer_steps()
            self._read()

    # ---- the scene

    def _show(self, reading: Reading | None) -> None:
        if reading is None:
            self._reading = self._before = None
            self._show_empty()
            return
        shown = self._reading
        same_place = reading.same_place(shown)
        self._before, self._reading = (shown if reading.same_text(shown) else None), reading
        self._blend.stop()
        seconds = theme().seconds("move") if same_place else _REARRANGE_SECONDS
        changed = self._before is not None and (not same_place or self._before.step != reading.step)
        moving = changed and theme().seconds("move") > 0 and self.isVisible()
        self.canvas.set_scene(ObjectiveScene(reading, self._before, 0.0 if moving else 1.0))
        self.transport.set_count_word("token" if reading.objective == "causal" else "place")
        if not same_place:
            scene = ObjectiveScene(reading)
            self.transport.set_scene(scene)
            end = self._own_text() and reading.goes_on
            place = reading.positions - 1 if end else scene.telling_place()
            self.transport.set_time(scene.time_of(place))
            self.canvas.set_time(self.transport.time)
            self._placed = self.transport.time
        if moving:
            self._blend.setDuration(round(seconds * 1000))
            self._blend.start()
        self._show_tools()

    def _show_empty(self, more: str = "") -> None:
        """Nothing to read: what the objective is, and how to see it at work."""
        self._blend.stop()
        self._reading = None
        begun = self._weights is not None and bool(self._weights.history.run)
        words = _COMING if begun else _NOTHING_YET
        if self.key != "causal" or more:
            scene = EmptyScene(find_objective(self.key).sentence, more or words)
        else:
            scene = EmptyScene(words)
        self.canvas.set_scene(scene)
        self.transport.set_timeline(0.0)
        self._show_tools()

    def _blend_to(self, share: object) -> None:
        if self._reading is not None and isinstance(share, float):
            eased = share * share * (3 - 2 * share)
            self.canvas.set_scene(ObjectiveScene(self._reading, self._before, eased))

    def _show_tools(self) -> None:
        """The buttons that make sense now."""
        going = self._reading is None or self._reading.goes_on
        self.take_button.setVisible(bool(self._own_text()) and self.key == "causal" and going)
        words, hint = DRAW_WORDS.get(self.key, ("", ""))
        self.draw_button.setVisible(bool(words))
        self.draw_button.setEnabled(self._reading is not None)
        self.draw_button.setText(words)
        self.draw_button.setToolTip(hint)
        adds = self.key == "causal"
        self.field.setToolTip(
            "The model reads it; Enter adds the token that it expects most" if adds else "The model reads it"
        )
        self.steps.set_named(self.width() >= theme().px(_NARROWEST_WITH_NAMES))
        self._tools.fit()

    def _hint(self, key: str) -> str:
        return "" if self._reading is None else hint_of(self._reading, key)

    def _connect(self) -> None:
        self._wait.timeout.connect(self._ask)
        self._blend.valueChanged.connect(self._blend_to)
        self.objective.chosen.connect(self._objective_chosen)
        self.field.textChanged.connect(self._typed)
        self.field.returnPressed.connect(self.take_likeliest)
        self.take_button.clicked.connect(self.take_likeliest)
        self.draw_button.clicked.connect(self._draw)
        self.offer_button.clicked.connect(self._offered)
        self.steps.chosen.connect(self._stepped)
        self.transport.time_changed.connect(self.canvas.set_time)
        self.canvas.clicked.connect(self._clicked)
        self.asker.answered.connect(self._answered)
        self.asker.troubled.connect(self._troubled)

    def _build(self) -> None:
        self._tools = Tools(
            self.field, (self.objective,), (self.take_button, self.draw_button), self.steps, self
        )
        words = QHBoxLayout()
        words.addWidget(self.message, 1)
        words.addWidget(self.offer_button)
        self.body.addWidget(self._tools)
        self.body.addLayout(words)
        self.body.addWidget(self.canvas, 1)
        self.body.addWidget(self.transport)
        self.offer_button.hide()
        self.message.hide()
