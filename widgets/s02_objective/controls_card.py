"""The controls of tab 2: the form of the pre-training lab, the run bar, and the replay of recorded runs."""

from __future__ import annotations

from PySide6.QtCore import QCoreApplication, QEvent, Qt, QTimer
from PySide6.QtWidgets import QFrame, QScrollArea, QVBoxLayout, QWidget

from simulator.errors import ConfigError, UserError
from simulator.runs.events import Progress, RunFailed
from simulator.s02_objective.config import PretrainConfig
from simulator.units import format_seconds
from widgets.controls import Card, ConfigForm, RunBar, label
from widgets.controls.start_field import StartField
from widgets.replay_bar import ReplayBar
from widgets.theme import theme
from widgets.workbench import Workbench

LAB = "pretrain"


def pace_words(progress: Progress, engine: str) -> str:
    """The few words beside the buttons: the phase until it trains, then the time left."""
    if engine == "paused":
        return f"paused at {progress.step:,}"
    if progress.phase not in ("", "Training"):
        return progress.phase
    return (
        f"{format_seconds(progress.seconds_left)} left"
        if progress.seconds_left >= 0
        else f"step {progress.step:,}"
    )


class ControlsCard(Card):
    """Starts, pauses, stops and resumes a pre-training run.

    Args:
        bench: What the tabs share.
        parent: Qt parent.
    """

    def __init__(self, bench: Workbench, parent: QWidget | None = None) -> None:
        super().__init__("Train the toy model", parent)
        self._bench = bench
        self.form = ConfigForm(PretrainConfig, self._kept_values(), inline=True)
        self.run_bar = RunBar("Start")
        self.problem = label("", "small", "bad", wrap=True)
        self.problem.hide()
        self.replay_bar = ReplayBar(bench.runs, self)
        self._told: RunFailed | None = None
        self._scroll = QScrollArea(self)
        self._scroll.setFrameShape(QFrame.Shape.NoFrame)
        self._scroll.setWidgetResizable(True)
        self._scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._scroll.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        inner = QWidget()
        inner.setObjectName("scrolled")
        self._inner = QVBoxLayout(inner)
        self.start_field = StartField(bench.runs.runs, inner)
        self._inner.addWidget(self.form)
        self._inner.addWidget(self.start_field)
        self._inner.addStretch(1)
        self._scroll.setWidget(inner)
        for widget, stretch in (
            (self._scroll, 1),
            (self.problem, 0),
            (self.run_bar, 0),
            (self.replay_bar, 0),
        ):
            self.body.addWidget(widget, stretch)
        self._connect()
        self._space()
        self.refresh()

    def refresh(self) -> None:
        """Show the state of the run that trains, or whether one can be started."""
        runs, engine = self._bench.runs, self._bench.bridge.state
        live = runs.live
        if live is not None and runs.busy and engine in ("running", "paused", "stopping"):
            self._set_state(engine)
            if live.progress is not None and engine != "stopping":
                progress = live.progress
                self.run_bar.set_progress(progress.step, progress.total, progress.seconds_left)
                self.run_bar.set_words(
                    pace_words(progress, engine), "warning" if engine == "paused" else "muted"
                )
        elif engine == "dead":
            self._set_state("off")
            self.run_bar.set_words("The engine is not running", "bad")
        elif runs.resumable and runs.history is not None:
            self._set_state(runs.history.state)
            last = runs.history.progress
            if last is not None:
                self.run_bar.set_progress(last.step, last.total)
                self.run_bar.set_words(f"{runs.history.state} at {last.step:,}")
        elif live is not None and runs.is_live and live.state == "done":
            self._set_state("done")
        elif live is not None and runs.is_live and live.state == "failed" and engine in ("starting", "ready"):
            self._set_state("waiting")
            self.run_bar.set_words("Failed", "bad")
            self._say_failure()
        else:
            self._set_state("waiting")

    def say(self, words: str) -> None:
        """Say what is wrong, by the controls; "" for nothing."""
        self.problem.setText(words)
        self.problem.setVisible(bool(words))

    def _set_state(self, state: str) -> None:
        if self.run_bar.state != state:
            self.run_bar.set_state(state)
            if state == "failed":
                self._say_failure()

    def _say_failure(self) -> None:
        """Say why the run on show failed; what is wrong with the input, by its field too."""
        history = self._bench.runs.history
        if history is None or history.failure is None:
            return
        words = f"{history.failure.message} {history.failure.hint}".strip()
        if history.failure is self._told:
            return
        self._told = history.failure
        field = self.form.field("corpus")
        if history.failure.kind == "input" and field is not None:
            field.set_message(words)
            self._scroll.ensureWidgetVisible(field)
        else:
            self.say(words)

    def _kept_values(self) -> dict[str, object]:
        """What the form held last time, as far as it still fits."""
        kept: dict[str, object] = {}
        for item in PretrainConfig.settings():
            value = self._bench.form_values(LAB).get(item.name, item.default)
            try:
                item.check(value)
            except ConfigError:
                continue
            kept[item.name] = value
        try:
            PretrainConfig.from_dict(kept)
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
        self._bench.runs.live_changed.connect(self.refresh)
        self._bench.runs.changed.connect(self.refresh)
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
            config = self.form.value()
            self._bench.runs.start(LAB, config, self.start_field.value())
        except UserError as error:
            self.say(str(error))
        self.refresh()

    def _resume(self) -> None:
        self.say("")
        try:
            self._bench.runs.resume(self._bench.runs.resumable)
        except UserError as error:
            self.say(str(error))
        self.refresh()

    def _changed(self, config: PretrainConfig) -> None:
        self._bench.remember_form(LAB, config.to_dict())
        self.say("")
        self.run_bar.buttons["start"].setEnabled(True)

    def _invalid(self, message: str) -> None:
        self.run_bar.buttons["start"].setEnabled(False)
        self.run_bar.buttons["start"].setToolTip(message)

    def _space(self) -> None:
        self._inner.setContentsMargins(0, 0, theme().px(4), 0)
        self._inner.setSpacing(theme().px(8))
