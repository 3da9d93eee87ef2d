"""Side by side: two objectives write from one prompt, and why only one of them can."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from PySide6.QtCore import QTimer
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QLineEdit, QWidget

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
from widgets.s02_objective.tools import Tools
from widgets.s02_objective.weights import RIGHT
from widgets.s02_objective.writing import Writing, writing_from
from widgets.scene.canvas import SceneCanvas
from widgets.scene.transport import Transport
from widgets.theme import theme

_WAIT = 200
_LONGEST_PROMPT = 200
_TOKENS = 32
_NOTHING = "Two models learn from the same text, each by its own objective."
_NOTHING_MORE = "Start the run on the right. As they learn, both are asked to write: see why only one can."
_COMING = "What both write appears here with the first checkpoint."
_NO_WEIGHTS = "This run has saved no weights yet: both write from your prompt with the first checkpoint."
_WAITING = "…"
_OFFERED = "offered"
_SHORT = {"one mask at a time": "One mask at a time", "all masks at once": "All at once"}
_NARROWEST_WITH_NAMES = 1000


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
        self.beginning = SegmentedControl([], self)
        self.beginning.setAccessibleName("Which beginning")
        self.beginning.set_dense()
        self.beginning.hide()
        self.play_button = button("Now generate", "primary", "Both write from the start of the prompt")
        self.steps = StepSlider(self)
        self.message = label("", "small", "warning", wrap=True)
        self.message.hide()
        self.canvas = SceneCanvas(EmptyScene(_NOTHING, _NOTHING_MORE), self)
        self.transport = Transport(parent=self)
        self.transport.set_timeline(0.0)
        self._wait = QTimer(self)
        self._wait.setSingleShot(True)
        self._wait.setInterval(_WAIT)
        self._tools = Tools(self.field, (), (self.beginning, self.method, self.play_button), self.steps, self)
        self.body.addWidget(self._tools)
        self.body.addWidget(self.message)
        self.body.addWidget(self.canvas, 1)
        self.body.addWidget(self.transport)
        self._wait.timeout.connect(self._ask)
        self.field.textChanged.connect(self._typed)
        self.field.returnPressed.connect(self.generate)
        self.method.chosen.connect(self._choice_made)
        self.beginning.chosen.connect(self._choice_made)
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
        self._offer_choices(history)
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

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Say less where there is little width."""
        super().resizeEvent(event)
        self.steps.set_named(self.width() >= theme().px(_NARROWEST_WITH_NAMES))
        self._tools.fit()

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

    def _at_step(self, history: RunHistory, objective: str) -> list[Mapping[str, Any]]:
        """What a model wrote at the step chosen: in every way, from every beginning."""
        records = history.records.get(f"{objective}/writing", [])
        return [record.fields for record in records if record.step == self.steps.step]

    def _offer_choices(self, history: RunHistory) -> None:
        """The ways in which the right model was made to write, and the beginnings, if there are several."""
        written = self._at_step(history, pair_of(history)[1])
        ways = [str(fields.get("method", "")) for fields in written]
        numbers = [str(int(fields.get("number", 0)) + 1) for fields in written]
        _offer(self.method, [(way, _SHORT.get(way, way)) for way in ways])
        _offer(self.beginning, [(number, number) for number in numbers])
        self.beginning.setVisible(len(set(numbers)) > 1 and not self._own_prompt())
        self._tools.fit()

    def _recorded(self, history: RunHistory, objective: str, method: str) -> Writing | None:
        """What a model wrote at the step chosen, by a way of writing if it has several."""
        found = self._at_step(history, objective)
        wanted = [
            item for item in found if str(int(item.get("number", 0)) + 1) == self.beginning.current()
        ] or found
        wanted = [item for item in wanted if str(item.get("method", "")) == method] or wanted
        return writing_from(wanted[0], objective=objective) if wanted else None

    def _history(self) -> RunHistory:
        history = self._view.history if self._view is not None else None
        return history or RunHistory()

    def _show_recorded(self, history: RunHistory) -> None:
        left, right = pair_of(history)
        self._offer_choices(history)
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
        left, right = pair_of(self._history())
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

    def _choice_made(self, _key: str) -> None:
        self._refresh()

    def _stepped(self, _step: int) -> None:
        self._refresh()

    def _refresh(self) -> None:
        if self._own_prompt():
            self._wait.start()
        elif self._view is not None:
            self._show_recorded(self._history())

    # ---- the scene

    def _show(self, left: str, right: str, one: Writing | None, other: Writing | None) -> None:
        shown = (left, right, one, other, bool(self._history().latest("generation")))
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
            summary=summary_of(self._history(), objective, method),
            absent=_WAITING,
        )

    def _show_empty(self, begun: bool) -> None:
        self._shown = ()
        self.canvas.set_scene(EmptyScene(_COMING) if begun else EmptyScene(_NOTHING, _NOTHING_MORE))
        self.transport.set_timeline(0.0)
        self.play_button.setEnabled(False)


def verdict_of(writing: Writing) -> tuple[str, str]:
    """What the grammar of the toy world says of a whole text, and its tone; ("", ...) where nobody asked it."""
    possible, share = writing.fields.get("possible"), writing.fields.get("read_share")
    if not isinstance(possible, bool):
        return "", "text_muted"
    if possible:
        return "Grammar: the toy world could have written this", "good"
    percent_read = 100 * float(share) if isinstance(share, (int, float)) else 0.0
    return f"Grammar: it follows {percent_read:.0f} % of this text", "bad"


def summary_of(history: RunHistory, objective: str, method: str) -> str:
    """What came of all beginnings in one way of writing; "" while that is not known."""
    fields = history.latest("generation")
    try:
        found = fields["results"][objective][method]
        read, possible = 100 * float(found["read_share"]), 100 * float(found["possible"])
    except (KeyError, TypeError, ValueError):
        return ""
    count = int(fields.get("beginnings", 0))
    return f"All {count} beginnings: follows {read:.0f} %, {possible:.0f} % are possible"


def _offer(control: SegmentedControl, choices: list[tuple[str, str]]) -> None:
    """Offer choices, keeping the one that was made where it is still there; one alone needs no switch."""
    wanted, before = list(dict.fromkeys(choices)), control.current()
    names = [words for _, words in wanted]
    if names != control.property(_OFFERED):
        control.setProperty(_OFFERED, names)
        control.set_choices(wanted)
        if before in dict(wanted):
            control.set_current(before)
    control.setVisible(len(wanted) > 1)
