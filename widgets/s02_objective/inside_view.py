"""Inside: attention of every head and the tokens' vectors, over the training steps."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QLineEdit, QWidget

from simulator.runs.history import RunHistory
from simulator.s02_objective.objectives import find_objective
from widgets.controls import Card, SegmentedControl, label
from widgets.engine_bridge import EngineBridge
from widgets.run_view import RunView
from widgets.s02_objective.asker import Asker
from widgets.s02_objective.geometry import EmptyScene, visible
from widgets.s02_objective.geometry.inside import Focus, InsideScene, look_words
from widgets.s02_objective.geometry.words import percent
from widgets.s02_objective.inside_frames import Insides, insides_from, insides_of
from widgets.s02_objective.tools import Tools
from widgets.s02_objective.weights import RIGHT, trained_objectives
from widgets.scene.canvas import SceneCanvas
from widgets.scene.transport import Transport

_WAIT = 200
_LONGEST_TEXT = 200
_NOTHING = "Attention and the tokens' vectors appear here, and change as the model learns."
_NOTHING_MORE = "Start a run on the right, or type a text: every checkpoint then looks at it."
_NO_WEIGHTS = "This run has saved no weights yet: your text is read with its first checkpoint."
_ASKING = "Every checkpoint reads your text …"


@dataclass(frozen=True, eq=False)
class _Model:
    """A model that can be looked into: which run's, which of its two, and under what names its pictures are."""

    key: str
    words: str
    history: RunHistory
    address: str
    side: str
    prefix: str


class InsideHero(Card):
    """Text and choice of the model above the scene; the transport below it is the time of training.

    Without a text of the user it shows the run's own pictures, which are in the record and need no engine.
    """

    def __init__(
        self, bridge: EngineBridge, other: RunView | None = None, parent: QWidget | None = None
    ) -> None:
        """Make one.

        Args:
            bridge: The engine.
            other: The runs of the lab that trains two objectives, whose models can be looked into, too.
            parent: Qt parent.
        """
        super().__init__(parent=parent)
        self._view: RunView | None = None
        self._other = other
        self._insides: Insides | None = None
        self._drawn: tuple[object, ...] = ()
        self._focus = Focus()
        self._answers: dict[int, Mapping[str, Any]] = {}
        self._left: list[int] = []
        self._offered: list[tuple[str, str]] = []
        self.asker = Asker(bridge, self)
        self.field = QLineEdit(self)
        self.field.setPlaceholderText("Type any text, and every checkpoint looks at it")
        self.field.setAccessibleName("Text for the model to look at")
        self.field.setMaxLength(_LONGEST_TEXT)
        self.source = SegmentedControl([], self)
        self.source.setAccessibleName("Which model")
        self.source.set_dense()
        self.source.hide()
        self.reading = label("", "small", "muted", wrap=True)
        self.message = label("", "small", "warning", wrap=True)
        self.message.hide()
        self.canvas = SceneCanvas(EmptyScene(_NOTHING, _NOTHING_MORE), self)
        self.canvas.set_hints(self._hint)
        self.transport = Transport(parent=self)
        self.transport.set_timeline(0.0)
        self.transport.set_count_word("picture")
        self._wait = QTimer(self)
        self._wait.setSingleShot(True)
        self._wait.setInterval(_WAIT)
        self._tools = Tools(self.field, (), (self.source,), None, self)
        self.body.addWidget(self._tools)
        self.body.addWidget(self.message)
        self.body.addWidget(self.canvas, 1)
        self.body.addWidget(self.reading)
        self.body.addWidget(self.transport)
        self._wait.timeout.connect(self._ask_all)
        self.field.textChanged.connect(self._typed)
        self.source.chosen.connect(self._chose_source)
        self.transport.time_changed.connect(self._moved)
        self.canvas.clicked.connect(self._clicked)
        self.canvas.hovered.connect(self._hovered)
        self.asker.answered.connect(self._answered)
        self.asker.troubled.connect(self._troubled)

    @property
    def scene(self) -> InsideScene | None:
        """The scene on show, None while there is nothing to see."""
        scene = self.canvas.scene
        return scene if isinstance(scene, InsideScene) else None

    @property
    def focus_on(self) -> Focus:
        """Layer, head and query that the user looks at."""
        return self._focus

    # ---- what it is given

    def show_view(self, view: RunView) -> None:
        """The run on show has more in it."""
        self._view = view
        weights = {item.key: item for item in self._models()}
        if [key for key, _ in self._offered] != list(weights):
            before = self.source.current()
            self._offered = [(key, item.words) for key, item in weights.items()]
            self.source.set_choices(self._offered)
            if before in weights:
                self.source.set_current(before)
        self.source.setVisible(len(weights) > 1)
        self._tools.fit()
        if self._own_text():
            if self._wanted_steps() - set(self._answers) - set(self._left):
                self._wait.start()
            return
        model = self._model()
        self._show(insides_of(model.history, model.prefix) if model is not None else None)

    def forget(self) -> None:
        """Another run is on show."""
        self.asker.forget_all()
        self._answers, self._left, self._drawn = {}, [], ()
        self._show(None)

    def rest(self) -> None:
        """Hold at the newest picture."""
        self.transport.pause()
        self.transport.to_end()

    # ---- the user's own text

    def _own_text(self) -> str:
        return self.field.text() if self.field.text().strip() else ""

    def _models(self) -> list[_Model]:
        """The models that can be looked into: that of the run on show, and both of the other lab's run."""
        found: list[_Model] = []
        main, other = self._view, self._other
        if main is not None and main.history is not None:
            trained = trained_objectives(main.history)[0]
            found.append(_Model("run", f"Run: {_name(trained)}", main.history, main.address, "", ""))
        if other is not None and other.history is not None:
            for side, objective in zip(("", RIGHT), trained_objectives(other.history), strict=False):
                prefix = f"{objective}/"
                if f"{prefix}attention" in other.history.snapshots:
                    words = f"Pair: {_name(objective)}"
                    found.append(_Model(objective, words, other.history, other.address, side, prefix))
        return found

    def _model(self) -> _Model | None:
        """The model that is looked into."""
        found = {item.key: item for item in self._models()}
        return found.get(self.source.current()) or next(iter(found.values()), None)

    def _wanted_steps(self) -> set[int]:
        model = self._model()
        return {item.step for item in model.history.checkpoints} if model is not None else set()

    def _typed(self, _text: str) -> None:
        self.asker.forget_all()
        self._answers, self._left = {}, []
        self._say("")
        if self._own_text():
            self._wait.start()
        elif self._view is not None:
            self._wait.stop()
            self.show_view(self._view)

    def _ask_all(self) -> None:
        steps = sorted(self._wanted_steps() - set(self._answers))
        if not self._own_text() or self._view is None:
            return
        if not steps and not self._answers:
            self._say(_NO_WEIGHTS)
            return
        self._left = steps
        if not self._answers:
            self.canvas.set_scene(EmptyScene(_ASKING))
        self._ask_next()

    def _ask_next(self) -> None:
        model = self._model()
        if not self._left or model is None:
            return
        step = self._left[-1]  # the newest first: it says the most
        extra = {"model": model.side} if model.side else {}
        self.asker.ask("inside", "inside", run=model.address, text=self._own_text(), step=step, **extra)

    def _answered(self, _tag: str, result: Mapping[str, Any]) -> None:
        if not self._left:
            return
        self._answers[self._left.pop()] = result
        self._say("")
        found = insides_from(self._answers)
        if found is None:
            self._say("The answer of the engine could not be read.")
            return
        self._show(found)
        self._ask_next()

    def _troubled(self, _tag: str, words: str) -> None:
        self._say(words)

    def _say(self, words: str) -> None:
        self.message.setText(words)
        self.message.setVisible(bool(words))

    # ---- the scene

    def _show(self, insides: Insides | None) -> None:
        """Show pictures; the training step on show stays, and the newest is followed."""
        if insides is None:
            self._insides = None
            self.canvas.set_scene(EmptyScene(_NOTHING, _NOTHING_MORE))
            self.transport.set_timeline(0.0)
            return
        drawn = (insides.tokens, insides.labels, tuple(frame.step for frame in insides.frames), self._focus)
        if drawn == self._drawn and not self._own_text():
            return
        before = self.scene
        step = before.step_at(self.transport.time) if before is not None else -1
        at_end = before is None or self.transport.time >= self.transport.duration - 1e-6
        self._insides, self._drawn = insides, drawn
        scene = InsideScene(insides.tokens, insides.labels, insides.frames, self._focus)
        self.canvas.set_scene(scene)
        self.transport.set_scene(scene)
        if not self.transport.playing:
            same = before is not None and before.duration == scene.duration
            self.transport.set_time(
                self.transport.time if same else scene.duration if at_end else scene.time_of(step)
            )
        self.canvas.set_time(self.transport.time)

    def _moved(self, t: float) -> None:
        self.canvas.set_time(t)

    def _refocus(self, focus: Focus) -> None:
        self._focus = focus
        if self._insides is not None:
            self._show(self._insides)
            scene = InsideScene(self._insides.tokens, self._insides.labels, self._insides.frames, focus)
            self.canvas.set_scene(scene)

    def _clicked(self, key: str) -> None:
        kind, *rest = key.split(":")
        numbers = [int(part) for part in rest]
        now = self._focus
        if kind == "head":
            self._refocus(Focus(numbers[0], numbers[1], now.query))
        elif kind in ("look", "query"):
            self._refocus(Focus(now.layer, now.head, numbers[0]))

    def _hovered(self, key: str) -> None:
        self.reading.setText(self._hint(key))

    def _hint(self, key: str) -> str:
        scene = self.scene
        kind, *rest = key.split(":")
        if scene is None or not rest:
            return ""
        numbers = [int(part) for part in rest]
        if kind == "look":
            return look_words(scene, self.transport.time, numbers[0], numbers[1])
        if kind == "head":
            return f"Layer {numbers[0] + 1}, head {numbers[1] + 1}: click to enlarge"
        if kind == "point":
            return f"The vector of {visible(scene.labels[numbers[0]])}"
        if kind != "query":
            return ""
        attention = scene.attention(self.transport.time)
        token = visible(scene.tokens[numbers[0]])
        if attention is None:
            return token
        share = percent(scene.share(self.transport.time, numbers[0]))
        return f"{token} gets {share} of the attention. Click to see what it looks at"

    def _chose_source(self, _key: str) -> None:
        self._answers, self._left, self._drawn = {}, [], ()
        if self._view is not None:
            self.show_view(self._view)


def _name(objective: str) -> str:
    return find_objective(objective).title.lower()
