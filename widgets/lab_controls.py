"""The controls of a lab: the form of its config, where to start from, the run bar, and the replay of recorded runs."""

from __future__ import annotations

from collections.abc import Collection

from PySide6.QtCore import QCoreApplication, QEvent, Qt, QTimer
from PySide6.QtWidgets import QBoxLayout, QFrame, QScrollArea, QVBoxLayout, QWidget

from simulator.config import Config
from simulator.errors import ConfigError, UserError
from simulator.labs import find_lab
from simulator.runs.events import Progress, RunFailed
from simulator.units import format_seconds
from widgets.controls import Card, ConfigForm, RunBar, label
from widgets.controls.field import Field
from widgets.controls.start_field import StartField
from widgets.replay_bar import ReplayBar
from widgets.theme import theme
from widgets.workbench import Workbench

_USUAL_PHASES = ("", "Training")
_WITH_REPLAY_BESIDE = ("off", "waiting", "done")
_INPUT_FIELDS = ("corpus", "input", "path")


def pace_words(progress: Progress, engine: str) -> str:
    """The few words beside the buttons: the phase until it trains, then the time left."""
    if engine == "paused":
        return f"paused at {progress.step:,}"
    left = f"{format_seconds(progress.seconds_left)} left" if progress.seconds_left >= 0 else ""
    if progress.phase not in _USUAL_PHASES:
        return f"{progress.phase} · {left}" if left else progress.phase
    return left or f"step {progress.step:,}"


class LabControls(Card):
    """Starts, pauses, stops and resumes the runs of one lab, whatever its config holds.

    The form is remembered under the lab's name. Failures are told by the field that they are about where that is
    known, else above the run bar.

    Args:
        bench: What the tabs share.
        lab: Name of the lab.
        title: Heading; the lab's own title by default.
        start: Whether runs can start from an earlier run's weights.
        fields: Names of the settings to offer; all by default.
        start_words: What the start button says.
        parent: Qt parent.

    Attributes:
        form: The form of the lab's config.
        run_bar: The run bar.
        start_field: Where to start from, or None.
        replay_bar: Plays recorded runs.
        problem: What went wrong, unless it is told by a field.
    """

    def __init__(
        self,
        bench: Workbench,
        lab: str,
        *,
        title: str = "",
        start: bool = True,
        fields: Collection[str] | None = None,
        start_words: str = "Start",
        parent: QWidget | None = None,
    ) -> None:
        found = find_lab(lab)
        super().__init__(title or found.title, parent)
        self._bench, self._lab, self._view = bench, lab, bench.view(lab)
        self._config = found.load_config()
        self.form = ConfigForm(self._config, self._kept_values(), fields, inline=True)
        self.run_bar = RunBar(start_words)
        self.problem = label("", "small", "bad", wrap=True)
        self.problem.hide()
        self.replay_bar = ReplayBar(self._view, self)
        self._told: RunFailed | None = None
        self._scroll = QScrollArea(self)
        self._scroll.setFrameShape(QFrame.Shape.NoFrame)
        self._scroll.setWidgetResizable(True)
        self._scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._scroll.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        inner = QWidget()
        inner.setObjectName("scrolled")
        self._inner = QVBoxLayout(inner)
        self._inner.addWidget(self.form)
        self.start_field = StartField(bench.desk.runs, inner) if start else None
        if self.start_field is not None:
            self._inner.addWidget(self.start_field)
        self._inner.addStretch(1)
        self._scroll.setWidget(inner)
        self._foot = QBoxLayout(QBoxLayout.Direction.TopToBottom)
        self._foot.addWidget(self.run_bar, 1)
        self._foot.addWidget(self.replay_bar)
        self.body.addWidget(self._scroll, 1)
        self.body.addWidget(self.problem)
        self.body.addLayout(self._foot)
        self._roomy = True
        self._connect()
        self._space()
        self.refresh()

    def add_field(self, widget: QWidget, *, first: bool = False) -> None:
        """Put something of the tab's own under the form, or before it."""
        self._inner.insertWidget(0 if first else self._inner.count() - 1, widget)

    def set_roomy(self, roomy: bool) -> None:
        """Whether there is height to spare; else the replay waits beside the run bar until it is played."""
        self._roomy = roomy
        self.form.set_roomy(roomy)
        self._place_replay()

    def _place_replay(self) -> None:
        beside = not self._roomy and not self.replay_bar.is_open and self.run_bar.state in _WITH_REPLAY_BESIDE
        directions = QBoxLayout.Direction
        self.replay_bar.set_compact(beside)
        self._foot.setDirection(directions.LeftToRight if beside else directions.TopToBottom)

    def say(self, words: str) -> None:
        """Say what is wrong, by the controls; "" for nothing."""
        self.problem.setText(words)
        self.problem.setVisible(bool(words))

    # ---- the state of the run

    def refresh(self) -> None:
        """Show the state of the lab's live run, or whether one can be started."""
        self._show_state()
        self._place_replay()

    def _show_state(self) -> None:
        view, engine = self._view, self._bench.bridge.state
        if view.working and engine in ("running", "paused", "stopping"):
            self._show_live(engine)
        elif engine == "dead":
            self._say_off("The engine is not running", "bad")
        elif view.busy and not view.working:
            self._say_off(f"The engine is busy with {self._bench.bridge.run_id or 'another run'}")
        elif view.resumable and view.history is not None:
            self._set_state(view.history.state)
            last = view.history.progress
            if last is not None:
                self.run_bar.set_progress(last.step, last.total)
                self.run_bar.set_words(f"{view.history.state} at {last.step:,}")
        elif view.is_live and view.live is not None:
            self._show_end(view.live.state, engine)
        else:
            self._set_state("waiting")

    def _show_live(self, engine: str) -> None:
        self._set_state(engine)
        progress = self._view.live.progress if self._view.live is not None else None
        if progress is not None and engine != "stopping":
            self.run_bar.set_progress(progress.step, progress.total, progress.seconds_left)
            words = pace_words(progress, engine)
            self.run_bar.set_words(words, "warning" if engine == "paused" else "muted")

    def _show_end(self, state: str, engine: str) -> None:
        if state == "failed" and engine in ("starting", "ready"):
            self._set_state("waiting")
            self.run_bar.set_words("Failed", "bad")
            self._say_failure()
        else:
            self._set_state("done" if state == "done" else "waiting")

    def _say_off(self, words: str, tone: str = "muted") -> None:
        self._set_state("off")
        self.run_bar.set_words(words, tone)

    def _set_state(self, state: str) -> None:
        if self.run_bar.state != state:
            self.run_bar.set_state(state)
            if state == "failed":
                self._say_failure()

    # ---- what went wrong

    def _say_failure(self) -> None:
        """Say why the run on show failed; what is wrong with the input, by its field."""
        history = self._view.history
        if history is None or history.failure is None or history.failure is self._told:
            return
        self._told = history.failure
        words = f"{history.failure.message} {history.failure.hint}".strip()
        field = self._input_field() if history.failure.kind == "input" else None
        self._say_by(field, words)

    def _say_error(self, error: UserError) -> None:
        field = self.form.field(error.field) if isinstance(error, ConfigError) else None
        self._say_by(field, str(error))

    def _say_by(self, field: Field | None, words: str) -> None:
        if field is None or not field.isVisibleTo(self):
            self.say(words)
            return
        field.set_message(words)
        self._scroll.ensureWidgetVisible(field)

    def _input_field(self) -> Field | None:
        """The field that says what the lab reads, if it has one."""
        paths = [item.name for item in self._config.settings() if item.kind == "path"]
        found = [self.form.field(name) for name in (*_INPUT_FIELDS, *paths)]
        return next((field for field in found if field is not None), None)

    # ---- what the user does

    def _kept_values(self) -> dict[str, object]:
        """What the form held last time, as far as it still fits."""
        kept: dict[str, object] = {}
        for item in self._config.settings():
            value = self._bench.form_values(self._lab).get(item.name, item.default)
            try:
                item.check(value)
            except ConfigError:
                continue
            kept[item.name] = value
        try:
            self._config.from_dict(kept)
        except ConfigError:
            return {}
        return kept

    def _connect(self) -> None:
        bar = self.run_bar
        bar.start_requested.connect(self._start)
        bar.pause_requested.connect(self._bench.bridge.pause)
        bar.continue_requested.connect(self._bench.bridge.unpause)
        bar.stop_requested.connect(self._bench.bridge.stop)
        bar.resume_requested.connect(self._resume)
        self.form.changed.connect(self._changed)
        self.form.invalid.connect(self._invalid)
        self.form.unfolded.connect(self._show_unfolded)
        self._view.live_changed.connect(self.refresh)
        self._view.changed.connect(self.refresh)
        self._bench.bridge.state_changed.connect(self.refresh)
        theme().changed.connect(self._space)

    def _show_unfolded(self) -> None:
        """Bring into sight what was unfolded, once it has its place."""
        QTimer.singleShot(0, self._scroll_to_expert)

    def _scroll_to_expert(self) -> None:
        QCoreApplication.sendPostedEvents(None, QEvent.Type.LayoutRequest)  # up through all layouts
        self._scroll.verticalScrollBar().setValue(self.form.expert_top())

    def _start(self) -> None:
        self.say("")
        try:
            self._view.start(self.form.value(), self.start_field.value() if self.start_field else "")
        except UserError as error:
            self._say_error(error)
        self.refresh()

    def _resume(self) -> None:
        self.say("")
        try:
            self._view.resume(self._view.resumable)
        except UserError as error:
            self._say_error(error)
        self.refresh()

    def _changed(self, config: Config) -> None:
        self._bench.remember_form(self._lab, config.to_dict())
        self.say("")
        self.run_bar.buttons["start"].setEnabled(True)

    def _invalid(self, message: str) -> None:
        self.run_bar.buttons["start"].setEnabled(False)
        self.run_bar.buttons["start"].setToolTip(message)

    def _space(self) -> None:
        self._inner.setContentsMargins(0, 0, theme().px(4), 0)
        self._inner.setSpacing(theme().px(8))
