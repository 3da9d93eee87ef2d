"""Generate: a text drawn token by token, and what every setting does to each draw."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from PySide6.QtCore import QTimer, Signal
from PySide6.QtWidgets import QLineEdit, QWidget

from widgets.controls import Card, button, label
from widgets.engine_bridge import EngineBridge
from widgets.run_view import RunView
from widgets.s02_objective.asker import NOT_READY, Asker
from widgets.s02_objective.geometry import EmptyScene, visible
from widgets.s02_objective.geometry.sampling import Knobs, SamplingScene
from widgets.s02_objective.playground_config import PlaygroundConfig
from widgets.s02_objective.step_slider import StepSlider
from widgets.s02_objective.tools import Tools
from widgets.s02_objective.writing import Writing, Written, writing_from
from widgets.scene.canvas import SceneCanvas
from widgets.scene.transport import Transport

_WAIT = 150
_LONGEST_PROMPT = 300
_NO_RUN = "Train a model, or open a recording: then it writes here, token by token."
_NO_RUN_MORE = "The button for it stands in the first mode of this tab, on the right."
_NO_WEIGHTS = "This run has saved no weights yet. The model writes with its first checkpoint."
_ASKING = "The model writes …"
_STARTING = "The engine is starting. The model writes here as soon as it is ready."


class Playground(Card):
    """Prompt and training step above the scene, transport below it.

    A candidate that is clicked takes the place of the token drawn, and the text goes on from there.

    Attributes:
        written: The text was written anew: carries the Writing.
        compared: The greedy text of the same prompt: carries the Writing.
        seed_wanted: The next seed is wanted.
    """

    written = Signal(object)
    compared = Signal(object)
    seed_wanted = Signal()

    def __init__(self, bridge: EngineBridge, parent: QWidget | None = None) -> None:
        super().__init__(parent=parent)
        self._address = ""
        self._config = PlaygroundConfig()
        self._view: RunView | None = None
        self._writing: Writing | None = None
        self._kept: tuple[Written, ...] = ()
        self._hold = -1
        self._in_sight = False
        self.asker = Asker(bridge, self)
        self.field = QLineEdit(self)
        self.field.setPlaceholderText("How the text begins; empty: a new document")
        self.field.setToolTip("Enter writes it again from the start")
        self.field.setAccessibleName("Prompt")
        self.field.setMaxLength(_LONGEST_PROMPT)
        self.again_button = button("Start again", hint="Draw everything anew from the prompt, same seed")
        self.reroll_button = button("Other draws", hint="The same prompt with the next seed")
        self.end_button = button("To the end", hint="Show the whole text at once (End)")
        self.steps = StepSlider(self)
        self.message = label("", "small", "warning", wrap=True)
        self.message.hide()
        self.canvas = SceneCanvas(EmptyScene(_NO_RUN, _NO_RUN_MORE), self)
        self.canvas.set_hints(self._hint)
        self.transport = Transport(parent=self)
        self.transport.set_timeline(0.0)
        self.transport.set_count_word("token")
        self._wait = QTimer(self)
        self._wait.setSingleShot(True)
        self._wait.setInterval(_WAIT)
        self._build()
        self._connect()

    @property
    def writing(self) -> Writing | None:
        """What is on show."""
        return self._writing

    @property
    def prompt(self) -> str:
        """How the text begins."""
        return self.field.text()

    # ---- what it is given

    def set_config(self, config: PlaygroundConfig) -> None:
        """Draw by other settings: what was drawn up to the token on show stays, the rest is drawn anew."""
        if config == self._config:
            return
        seed_changed = config.seed != self._config.seed
        self._config = config
        if seed_changed or self._writing is None:
            self._start_over()
        else:
            self._go_on_from(self._index())

    def show_view(self, view: RunView) -> None:
        """The run on show has more in it."""
        self._in_sight = True
        self._view = view
        self._address = view.address
        history = view.history
        changed = self.steps.offer([item.step for item in history.checkpoints] if history else [])
        if changed or (self._writing is None and not self._busy()):
            self._start_over()

    def forget(self) -> None:
        """Another run is on show."""
        self.asker.forget_all()
        self._writing, self._kept, self._address = None, (), ""
        self.steps.forget()
        self._show_empty()

    def rest(self) -> None:
        """Hold where the scene says the most: at a token in the middle that was no matter of course."""
        self.transport.pause()
        scene = self.canvas.scene
        if isinstance(scene, SamplingScene) and self._writing is not None:
            steps, count = self._writing.steps, len(self._writing.steps)
            middle = range(count // 3, max(count // 3 + 1, count * 2 // 3)) if count else range(1)
            torn = max(middle, key=lambda index: min(steps[index].surprise, 2.5) if count else 0.0)
            self.transport.set_time(scene.time_of(torn))

    def restart(self) -> None:
        """Draw everything anew from the prompt, by the same seed."""
        self._start_over()

    # ---- asking

    def _busy(self) -> bool:
        return self.asker.is_asking("write") or self._wait.isActive()

    def _start_over(self) -> None:
        self._kept, self._hold = (), -1
        self.asker.forget("write")
        self._wait.start()

    def _go_on_from(self, index: int, choice: int = -1) -> None:
        """Keep what was drawn before a token, and with ``choice`` put that candidate in its place."""
        writing = self._writing
        if writing is None or not writing.steps:
            self._start_over()
            return
        kept = writing.steps[:index]
        if choice >= 0:
            taken = writing.steps[index].choices[choice]
            text = (kept[-1].text if kept else self.prompt) + taken.token
            kept = (
                *kept,
                Written(
                    token=taken.token,
                    probability=taken.final,
                    choices=writing.steps[index].choices,
                    text=text,
                ),
            )
        self._kept, self._hold = kept, index
        self.asker.forget("write")
        self._wait.start()

    def _ask(self) -> None:
        if self._view is None or not self._in_sight:
            return
        if self.steps.step < 0:
            self._show_empty()
            return
        before = self._kept[-1].text if self._kept else self.prompt
        more = max(1, self._config.tokens - len(self._kept))
        common = {"run": self._address, "step": self.steps.step, "objective": "causal", "tokens": more}
        asked = self.asker.ask("write", "write", prompt=before, **common, **self._config.sampling())
        if not asked:
            return
        if self._writing is None:
            self.canvas.set_scene(EmptyScene(_ASKING))
        if not self._kept:
            greedy = {**common, "tokens": self._config.tokens}
            self.asker.ask("greedy", "write", prompt=self.prompt, **greedy, temperature=0.0)

    def _answered(self, tag: str, result: Mapping[str, Any]) -> None:
        writing = writing_from(result, prompt=self.prompt)
        if writing is None:
            self._say("The answer of the engine could not be read.")
            return
        if tag == "greedy":
            self.compared.emit(writing)
            return
        self._say("")
        self._show(replace(writing, prompt=self.prompt, steps=(*self._kept, *writing.steps)))

    def _troubled(self, tag: str, words: str) -> None:
        if tag != "write":
            return
        if self._writing is None:
            self.canvas.set_scene(EmptyScene(_STARTING if words == NOT_READY else words))
        self._say("" if self._writing is None else words)

    # ---- the scene

    def _show(self, writing: Writing) -> None:
        self._writing = writing
        config = self._config
        scene = SamplingScene(
            (self.prompt,) if self.prompt else ("[start]",),
            writing,
            Knobs(
                temperature=config.temperature,
                top_k=config.top_k,
                top_p=config.top_p,
                repetition_penalty=config.repetition_penalty,
            ),
        )
        hold = self._hold if self._hold >= 0 else 0
        playing = self.transport.playing
        self.canvas.set_scene(scene)
        self.transport.set_scene(scene)
        self.transport.set_time(scene.time_of(hold))
        self.canvas.set_time(self.transport.time)
        if playing:
            self.transport.play()
        self.end_button.setEnabled(bool(writing.steps))
        self.written.emit(writing)

    def _show_empty(self) -> None:
        begun = self._view is not None and self._view.history is not None and bool(self._view.history.run)
        self.canvas.set_scene(EmptyScene(_NO_WEIGHTS) if begun else EmptyScene(_NO_RUN, _NO_RUN_MORE))
        self.transport.set_timeline(0.0)
        self._say("")

    def _index(self) -> int:
        scene = self.canvas.scene
        return scene.at(self.transport.time) if isinstance(scene, SamplingScene) else -1

    def _clicked(self, key: str) -> None:
        scene = self.canvas.scene
        kind, _, number = key.partition(":")
        if not isinstance(scene, SamplingScene) or not number:
            return
        self.transport.pause()
        if kind == "written":
            self.transport.set_time(scene.time_of(int(number)))
            return
        index, rank = self._index(), int(number)
        choice = scene.writing.steps[index].choices[rank]
        if choice.ends:
            self._say("That token ends the document: nothing can follow it.")
        elif rank != scene.writing.steps[index].index:
            self._go_on_from(index, rank)

    def _hint(self, key: str) -> str:
        scene = self.canvas.scene
        kind, _, number = key.partition(":")
        if not isinstance(scene, SamplingScene):
            return ""
        if kind == "written":
            return "Click to see how this token was drawn"
        step = scene.writing.steps[self._index()]
        choice = step.choices[int(number)]
        reason = scene.knobs.reason(choice)
        if choice.ends:
            return "Ends the document"
        return f"Click to go on with {visible(choice.token)} instead" + (
            f" (cut: {reason})" if reason else ""
        )

    def _say(self, words: str) -> None:
        self.message.setText(words)
        self.message.setVisible(bool(words))

    def _reroll(self) -> None:
        self.seed_wanted.emit()

    def _chosen(self, _step: int) -> None:
        self._start_over()

    def _typed(self, _text: str) -> None:
        self._start_over()

    def _connect(self) -> None:
        self._wait.timeout.connect(self._ask)
        self.field.textChanged.connect(self._typed)
        self.field.returnPressed.connect(self.restart)
        self.again_button.clicked.connect(self.restart)
        self.reroll_button.clicked.connect(self._reroll)
        self.end_button.clicked.connect(self.transport.to_end)
        self.steps.chosen.connect(self._chosen)
        self.transport.time_changed.connect(self.canvas.set_time)
        self.canvas.clicked.connect(self._clicked)
        self.asker.answered.connect(self._answered)
        self.asker.troubled.connect(self._troubled)

    def _build(self) -> None:
        buttons = (self.again_button, self.reroll_button, self.end_button)
        self.steps.set_named(False)
        self.body.addWidget(Tools(self.field, (), buttons, self.steps, self))
        self.body.addWidget(self.message)
        self.body.addWidget(self.canvas, 1)
        self.body.addWidget(self.transport)
