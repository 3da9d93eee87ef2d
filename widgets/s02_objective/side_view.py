"""Side by side: two objectives write from one prompt, and why only one of them can."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QHBoxLayout, QLineEdit, QWidget

from simulator.runs.history import RunHistory
from simulator.s02_objective.objectives import find_objective
from widgets.controls import Card, SegmentedControl, button, label
from widgets.engine_bridge import EngineBridge
from widgets.run_view import RunView
from widgets.s02_objective.asker import Asker
from widgets.s02_objective.compare_cards import pair_of
from widgets.s02_objective.geometry import EmptyScene
from widgets.s02_objective.geometry.duel import DuelScene, Lane, lane_tokens
from widgets.s02_objective.step_slider import StepSlider
from widgets.s02_objective.weights import RIGHT
from widgets.s02_objective.writing import Writing, writing_from
from widgets.scene.canvas import SceneCanvas
from widgets.scene.transport import Transport

_WAIT = 200
_LONGEST_PROMPT = 200
_TOKENS = 32
_NOTHING = "Two models learn from the same text: one guesses the next token, one fills in hidden ones."
_NOTHING_MORE = (
    "Start the run on the right. As they learn, both are asked to write, and you see why only one can."
)
_COMING = "What both write appears here with the first checkpoint."
_NO_WEIGHTS = "This run has saved no weights yet: both write from your prompt with the first checkpoint."
_WAITING = "…"


class SideView(Card):
    """Prompt, way of writing and training step above the two lanes, transport below them.

    Without a prompt of the user it shows what the run recorded, which needs no engine.
    """

    def __init__(self, bridge: EngineBridge, parent: QWidget | None = None) -> None:
        super().__init__(parent=parent)
        self._view: RunView | None = None
        self._shown: tuple[object, ...] = ()
        self._answers: dict[str, Writing] = {}
        self.asker = Asker(bridge, self)
        self.field = QLineEdit(self)
        self.field.setPlaceholderText("Give both a beginning, such as: Nia has")
        self.field.setAccessibleName("Prompt for both models")
        self.field.setMaxLength(_LONGEST_PROMPT)
        self.method = SegmentedControl([], self)
        self.method.setAccessibleName("How the model that fills gaps is made to write")
        self.method.set_dense()
        self.method.hide()
        self.play_button = button("Now generate", "primary", "Both write from the start of the prompt")
        self.steps = StepSlider(self)
        self.message = label("", "small", "warning", wrap=True)
        self.message.hide()
        self.canvas = SceneCanvas(EmptyScene(_NOTHING, _NOTHING_MORE), self)
        self.transport = Transport(parent=self)
        self._wait = QTimer(self)
        self._wait.setSingleShot(True)
        self._wait.setInterval(_WAIT)
        tools = QHBoxLayout()
        tools.addWidget(self.field, 3)
        tools.addWidget(self.method)
        tools.addWidget(self.play_button)
        tools.addWidget(self.steps, 2)
        self.body.addLayout(tools)
        self.body.addWidget(self.message)
        self.body.addWidget(self.canvas, 1)
        self.body.addWidget(self.transport)
        self._wait.timeout.connect(self._ask)
        self.field.textChanged.connect(self._typed)
        self.field.returnPressed.connect(self.generate)
        self.method.chosen.connect(self._method_chosen)
        self.play_button.clicked.connect(self.generate)
        self.steps.chosen.connect(self._stepped)
        self.transport.time_changed.connect(self.canvas.set_time)
        self.asker.answered.connect(self._answered)
        self.asker.troubled.connect(self._troubled)

    @property
    def scene(self) -> DuelScene | None:
        """Both lanes, None while there is nothing to see."""
        scene = self.canvas.scene
        return scene if isinstance(scene, DuelScene) else None

    # ---- what it is given

    def show_view(self, view: RunView) -> None:
        """The run on show has more in it."""
        self._view = view
        history = view.history or RunHistory()
        changed = self.steps.offer(self._available(history))
        self._offer_methods(history)
        if self._own_prompt():
            if changed:
                self._wait.start()
        else:
            self._show_recorded(history)

    def forget(self) -> None:
        """Another run is on show."""
        self.asker.forget_all()
        self._answers, self._shown = {}, ()
        self.steps.forget()
        self._show_empty(False)

    def rest(self) -> None:
        """Hold at the end, where both have written and the grammar has judged."""
        self.transport.to_end()

    def generate(self) -> None:
        """Let both write from the start of the prompt."""
        self.transport.to_start()
        self.transport.play()

    # ---- from the record

    def _own_prompt(self) -> str:
        return self.field.text() if self.field.text().strip() else ""

    def _available(self, history: RunHistory) -> list[int]:
        if self._own_prompt():
            return sorted({item.step for item in history.checkpoints})
        names = [f"{objective}/writing" for objective in pair_of(history)]
        return sorted({record.step for name in names for record in history.records.get(name, [])})

    def _offer_methods(self, history: RunHistory) -> None:
        """The ways in which the right model was made to write, if there are several."""
        right = pair_of(history)[1]
        found = list(
            dict.fromkeys(
                str(record.fields.get("method", "")) for record in history.records.get(f"{right}/writing", [])
            )
        )
        if found != [key for key, _ in self.method._choices]:
            self.method.set_choices([(way, way) for way in found])
        self.method.setVisible(len(found) > 1)

    def _recorded(self, history: RunHistory, objective: str, method: str) -> Writing | None:
        """What a model wrote at the step chosen, by a way of writing if it has several."""
        found = [
            record.fields
            for record in history.records.get(f"{objective}/writing", [])
            if record.step == self.steps.step
        ]
        wanted = [fields for fields in found if str(fields.get("method", "")) == method] or found
        return writing_from(wanted[0], objective=objective) if wanted else None

    def _show_recorded(self, history: RunHistory) -> None:
        left, right = pair_of(history)
        method = self.method.current()
        pair = (self._recorded(history, left, ""), self._recorded(history, right, method))
        if pair == (None, None):
            self._show_empty(bool(history.run))
            return
        self._show(left, right, *pair)

    # ---- from the engine

    def _typed(self, _text: str) -> None:
        self.asker.forget_all()
        self._answers, self._shown = {}, ()
        self._say("")
        if self._view is None:
            return
        self.show_view(self._view)
        if self._own_prompt():
            self._wait.start()
        else:
            self._wait.stop()

    def _ask(self) -> None:
        view, prompt = self._view, self._own_prompt()
        if view is None or view.history is None or not prompt:
            return
        if self.steps.step < 0:
            self._say(_NO_WEIGHTS)
            return
        self._answers = {}
        common = {
            "run": view.address,
            "prompt": prompt,
            "step": self.steps.step,
            "tokens": _TOKENS,
            "seed": 0,
        }
        method = {"method": self.method.current()} if self.method.current() else {}
        self.asker.ask("left", "write", **common)
        self.asker.ask("right", "write", model=RIGHT, **common, **method)

    def _answered(self, tag: str, result: Mapping[str, Any]) -> None:
        history = self._view.history if self._view is not None else None
        left, right = pair_of(history or RunHistory())
        writing = writing_from(result, self._own_prompt(), left if tag == "left" else right)
        if writing is None:
            self._say("The answer of the engine could not be read.")
            return
        self._say("")
        self._answers[tag] = writing
        self._show(left, right, self._answers.get("left"), self._answers.get("right"))

    def _troubled(self, _tag: str, words: str) -> None:
        self._say(words)

    def _say(self, words: str) -> None:
        self.message.setText(words)
        self.message.setVisible(bool(words))

    def _method_chosen(self, _key: str) -> None:
        self._refresh()

    def _stepped(self, _step: int) -> None:
        self._refresh()

    def _refresh(self) -> None:
        if self._own_prompt():
            self._wait.start()
        elif self._view is not None:
            self._show_recorded(self._view.history or RunHistory())

    # ---- the scene

    def _show(self, left: str, right: str, one: Writing | None, other: Writing | None) -> None:
        shown = (left, right, one, other)
        if shown == self._shown:
            return
        self._shown = shown
        scene = DuelScene(self._lane(left, one), self._lane(right, other))
        at_end = self.transport.duration == 0 or self.transport.time >= self.transport.duration - 1e-6
        playing = self.transport.playing
        self.canvas.set_scene(scene)
        self.transport.set_scene(scene)
        if at_end and not playing:
            self.transport.set_time(scene.duration)
        self.canvas.set_time(self.transport.time)
        self.play_button.setEnabled(scene.duration > 0)

    def _lane(self, objective: str, writing: Writing | None) -> Lane:
        method = writing.method if writing is not None else ""
        verdict, tone = verdict_of(writing) if writing is not None else ("", "text_muted")
        return Lane(
            title=find_objective(objective).title,
            method=f"writes {method}" if method.startswith("left") else method,
            prompt=lane_tokens(writing.prompt) if writing is not None else (),
            writing=writing,
            verdict=verdict,
            tone=tone,
            absent=_WAITING,
        )

    def _show_empty(self, begun: bool) -> None:
        self._shown = ()
        self.canvas.set_scene(EmptyScene(_COMING) if begun else EmptyScene(_NOTHING, _NOTHING_MORE))
        self.transport.set_timeline(0.0)
        self.play_button.setEnabled(False)


def verdict_of(writing: Writing) -> tuple[str, str]:
    """What the grammar of the toy world says of a whole text, and its tone; ("", ...) where nobody asked it."""
    fields = writing.fields
    if "verdict" not in fields:
        return "", "text_muted"
    return str(fields["verdict"]), "good" if fields.get("valid", False) else "bad"
