"""The bar that starts, pauses and stops a run and says how far it is."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QProgressBar, QVBoxLayout, QWidget

from simulator.units import format_seconds
from widgets.controls.basics import button, label, set_tone
from widgets.theme import theme


@dataclass(frozen=True)
class _Look:
    """What the bar shows in one state: which buttons, and which words when there is no progress to tell."""

    buttons: frozenset[str]
    words: str
    tone: str = "muted"


def _look(buttons: str, words: str, tone: str = "muted") -> _Look:
    return _Look(frozenset(buttons.split()), words, tone)


_LOOKS = {
    "off": _look("", "The engine is starting"),
    "waiting": _look("start", "Ready"),
    "running": _look("pause stop", "Running"),
    "paused": _look("continue stop", "Paused", "warning"),
    "stopping": _look("", "Stopping"),
    "stopped": _look("resume start", "Stopped"),
    "done": _look("start", "Done", "good"),
    "failed": _look("resume start", "Failed", "bad"),
}
STATES = tuple(_LOOKS)


class RunBar(QWidget):
    """Buttons, a thin progress bar and one line of words.

    States: off (no engine yet), waiting, running, paused, stopping, stopped, done, failed.
    """

    start_requested = Signal()
    pause_requested = Signal()
    continue_requested = Signal()
    stop_requested = Signal()
    resume_requested = Signal()

    def __init__(self, start_words: str = "Start", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._state = "waiting"
        self.buttons = {
            "start": button(start_words, "primary"),
            "pause": button("Pause"),
            "continue": button("Continue", "primary"),
            "resume": button("Resume", hint="Go on from the last checkpoint"),
            "stop": button("Stop", hint="Stop here; the run can be resumed later"),
        }
        signals = {
            "start": self.start_requested,
            "pause": self.pause_requested,
            "continue": self.continue_requested,
            "resume": self.resume_requested,
            "stop": self.stop_requested,
        }
        self._words = label("", "small", "muted", wrap=True)
        self._bar = QProgressBar(self)
        self._bar.setTextVisible(False)
        self._bar.setRange(0, 1000)
        self._bar.setAccessibleName("Progress of the run")
        self._row = QHBoxLayout()
        for name, made in self.buttons.items():
            made.clicked.connect(signals[name])
            self._row.addWidget(made)
        self._row.addWidget(self._words, 1)
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.addLayout(self._row)
        self._column.addWidget(self._bar)
        self._restyle()
        self.set_state("waiting")
        theme().changed.connect(self._restyle)

    @property
    def state(self) -> str:
        """The state shown."""
        return self._state

    def words(self) -> str:
        """The line of words shown."""
        return self._words.text()

    def set_state(self, state: str) -> None:
        """Show a state.

        Raises:
            KeyError: if there is no such state.
        """
        look = _LOOKS[state]
        self._state = state
        for name, made in self.buttons.items():
            made.setVisible(name in look.buttons)
        if state in ("waiting", "off"):
            self._bar.setValue(0)
        if state == "done":
            self._bar.setValue(self._bar.maximum())
        self._bar.setVisible(state not in ("waiting", "off"))
        self.set_words(look.words, look.tone)

    def set_words(self, words: str, tone: str = "muted") -> None:
        """Say something in the line, such as why a run failed."""
        self._words.setText(words)
        self._words.setToolTip(words)
        set_tone(self._words, tone)

    def set_progress(self, step: int, total: int, seconds_left: float = -1.0, phase: str = "") -> None:
        """Show how far the run is; ``seconds_left`` below 0 is unknown."""
        self._bar.setValue(round(1000 * step / total) if total else 0)
        parts = [phase] if phase else []
        if total:
            parts.append(f"step {step:,} of {total:,}")
        if seconds_left >= 0 and self._state == "running":
            parts.append(f"{format_seconds(seconds_left)} left")
        if self._state == "paused":
            parts.append("paused")
        self.set_words(" · ".join(parts), "warning" if self._state == "paused" else "muted")

    def _restyle(self) -> None:
        self._row.setSpacing(theme().px(8))
        self._column.setSpacing(theme().px(8))
