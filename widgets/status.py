"""The status line: engine and device, the run with its time left, and the model that the window shows."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from PySide6.QtCore import QRectF, QSize, Qt, Signal
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QToolButton, QWidget

from simulator.runs.history import RunHistory
from simulator.units import format_count, format_seconds
from widgets.elided import ElidedLabel
from widgets.icons import tinted_icon
from widgets.theme import theme

_STATE_LOOKS = {
    "off": ("text_muted", "Engine not started"),
    "starting": ("warning", "Engine starting"),
    "ready": ("good", "Engine ready"),
    "running": ("good", "Engine training"),
    "paused": ("warning", "Engine paused"),
    "stopping": ("warning", "Engine stopping"),
    "dead": ("bad", "Engine stopped unexpectedly"),
    "closed": ("text_muted", "Engine closed"),
}


def engine_words(state: str, device: Mapping[str, Any]) -> str:
    """The engine in words, such as "Engine ready · CPU, 2 threads"."""
    words = _STATE_LOOKS[state][1]
    label = device.get("label")
    return f"{words} · {label}" if label and state not in ("off", "dead", "closed") else words


def run_words(history: RunHistory | None, recording: bool) -> str:
    """The run in words, such as "Run pretrain-0001 · step 340 of 1000 · 38 s left"."""
    if history is None or not history.run:
        return "No run yet"
    parts = [f"{'Recording' if recording else 'Run'} {history.run}"]
    progress = history.progress
    if history.state in ("running", "paused", "waiting") and progress is not None:
        if progress.phase and progress.phase != "Training":
            parts.append(progress.phase.lower())
        parts.append(f"step {progress.step:,} of {progress.total:,}")
        if history.state == "paused":
            parts.append("paused")
        elif progress.seconds_left >= 0:
            parts.append(f"{format_seconds(progress.seconds_left)} left")
    elif history.state != "waiting":
        parts.append(history.state)
    return " · ".join(parts)


def model_words(history: RunHistory | None) -> str:
    """The model in words, such as "Model pretrain-0001 · 0.87M parameters · loss 0.44 (floor 0.39)"."""
    if history is None or not history.run:
        return "No model yet"
    if not history.checkpoints:
        return "No model yet"
    parts = [f"Model {history.run}"]
    parameters = history.facts.get("parameters")
    if isinstance(parameters, (int, float)):
        parts.append(f"{format_count(parameters)} parameters")
    _, losses = history.series("validation_loss")
    if len(losses):
        floor = history.facts.get("floor_nats_per_token")
        known = isinstance(floor, (int, float))
        parts.append(f"loss {losses[-1]:.3f}" + (f" (floor {floor:.3f})" if known else ""))
    return " · ".join(parts)


class EngineDot(QWidget):
    """A small disc in the colour of the engine's state."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._colour = "text_muted"

    def set_colour(self, name: str) -> None:
        """Show another colour."""
        if name != self._colour:
            self._colour = name
            self.update()

    def sizeHint(self) -> QSize:
        """Ten pixels."""
        return QSize(theme().px(10), theme().px(10))

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint the disc."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(theme().colour(self._colour))
        size = theme().px(9)
        painter.drawEllipse(QRectF((self.width() - size) / 2, (self.height() - size) / 2, size, size))


class StatusLine(QFrame):
    """The line at the foot of the window, with the runs, the theme and presentation mode within reach."""

    runs_wanted = Signal()
    theme_wanted = Signal()
    presentation_wanted = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._dot = EngineDot(self)
        self._engine = ElidedLabel("", "small", "muted", self)
        self._run = ElidedLabel("", "small", "muted", self)
        self._model = ElidedLabel("", "small", "muted", self)
        self._model.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        self.runs_button = self._button("Runs", "Earlier runs and recordings (Ctrl+R)")
        self._theme_button = self._button("", "Light or dark (Ctrl+T)")
        self._present_button = self._button("", "Presentation mode (F5)")
        layout = self._row = QHBoxLayout(self)
        for widget, stretch in (
            (self._dot, 0), (self._engine, 0), (self._run, 1), (self._model, 0),
            (self.runs_button, 0), (self._theme_button, 0), (self._present_button, 0),
        ):  # fmt: skip
            layout.addWidget(widget, stretch)
        self.runs_button.clicked.connect(self.runs_wanted)
        self._theme_button.clicked.connect(self.theme_wanted)
        self._present_button.clicked.connect(self.presentation_wanted)
        theme().changed.connect(self._restyle)
        self._restyle()

    def set_engine(self, state: str, device: Mapping[str, Any]) -> None:
        """Show the engine's state and device."""
        self._dot.set_colour(_STATE_LOOKS[state][0])
        self._engine.setText(engine_words(state, device))
        self._dot.setAccessibleName(self._engine.text())

    def set_run(self, shown: RunHistory | None, live: RunHistory | None, recording: bool) -> None:
        """Show the run that trains, else the one on show, and the model on show."""
        busy = live is not None and live.state in ("running", "paused", "waiting")
        self._run.setText(run_words(live, False) if busy else run_words(shown, recording))
        self._model.setText(model_words(shown))

    def texts(self) -> tuple[str, str, str]:
        """What it says about engine, run and model."""
        return self._engine.text(), self._run.text(), self._model.text()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint the hairline above."""
        QPainter(self).fillRect(0, 0, self.width(), 1, theme().colour("line"))

    def _button(self, text: str, tip: str) -> QToolButton:
        button = QToolButton(self)
        button.setText(text)
        button.setToolTip(tip)
        button.setAccessibleName(tip)
        button.setProperty("kind", "quiet")
        button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        return button

    def _restyle(self) -> None:
        look = theme()
        self._row.setContentsMargins(look.px(24), look.px(2), look.px(16), look.px(2))
        self._row.setSpacing(look.px(12))
        size = look.px(16)
        dark = look.name == "dark"
        self._theme_button.setIcon(tinted_icon("sun" if dark else "moon", "text_muted", size))
        self._present_button.setIcon(tinted_icon("expand", "text_muted", size))
        self.update()
