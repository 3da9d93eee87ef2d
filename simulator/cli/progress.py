"""How a run looks on stderr: one line that renews itself on a terminal, now and then a line elsewhere."""

from __future__ import annotations

import os
import shutil
import sys
import time
from typing import TextIO

from simulator.cli.output import one_line
from simulator.runs.events import Diagnosis, Event, Progress, RunContinued, RunPaused, RunStarted
from simulator.runs.history import RunHistory
from simulator.units import format_count, format_seconds

RENEW_SECONDS = 0.1
SPARSE_SHARE = 0.1  # of the steps between two lines where there is no terminal
SPARSE_SECONDS = 30.0  # ... or this much time
_SHOWN = {
    "loss": "loss {:.3f}",
    "validation_loss": "held-out {:.3f}",
    "fact_accuracy": "facts {:.0%}",
    "tokens_per_second": "{} tokens/s",
}


class ProgressView:
    """Shows the stream of a run; nothing is shown before the run has really started."""

    def __init__(self, stream: TextIO | None = None, *, recording: bool = False) -> None:
        """Show on ``stream`` (stderr by default); a recording that is played again is called one."""
        self.history = RunHistory()
        self._stream = stream or sys.stderr
        self._live = self._stream.isatty() and os.environ.get("TERM") != "dumb"
        self._title = "recording of " if recording else ""
        self._renewed = 0.0
        self._phase = ""
        self._told_step = 0
        self._told_at = time.monotonic()
        self._drawn = False

    def take(self, event: Event) -> None:
        """Take in the next event and show it."""
        self.history.apply(event)
        if isinstance(event, RunStarted):
            self._start(event)
        elif not self.history.lab:
            return
        elif isinstance(event, Diagnosis):
            self.say(f"step {event.step}: {event.title}. {event.text}")
        elif isinstance(event, (RunPaused, RunContinued)):
            self.say("paused" if isinstance(event, RunPaused) else "going on")
        elif isinstance(event, Progress):
            self._renew() if self._live else self._now_and_then(event)

    def say(self, text: str) -> None:
        """Write a line of its own."""
        self._wipe()
        self._stream.write(one_line(text) + "\n")
        self._stream.flush()

    def close(self) -> None:
        """Take away the line that renews itself."""
        self._wipe()
        self._stream.flush()

    def line(self) -> str:
        """The state of the run in one line."""
        progress = self.history.progress
        if progress is None:
            return self.history.run
        parts = [progress.phase, f"{progress.step}/{progress.total}", *self._values()]
        if progress.seconds_left > 0:
            parts.append(f"{format_seconds(progress.seconds_left)} left")
        return ", ".join(parts)

    def _start(self, event: RunStarted) -> None:
        start = f" from step {event.resumed_step}" if event.resumed_step >= 0 else ""
        facts = event.facts
        words = [f"{self._title}{event.run}{start}", str(event.device.get("label", ""))]
        if isinstance(facts.get("parameters"), int):
            words.append(f"{format_count(facts['parameters'])} parameters")
        floor = facts.get("floor_nats_per_token")
        if isinstance(floor, float):
            words.append(f"entropy floor {floor:.3f} nats/token")
        self.say(", ".join(word for word in words if word))

    def _values(self) -> list[str]:
        found = []
        for name, words in _SHOWN.items():
            values = self.history.series(name)[1]
            if len(values):
                value = float(values[-1])
                found.append(words.format(format_count(value) if "{}" in words else value))
        return found

    def _renew(self) -> None:
        now = time.monotonic()
        if now - self._renewed >= RENEW_SECONDS:
            self._renewed = now
            width = shutil.get_terminal_size().columns - 1
            self._stream.write("\r" + one_line(self.line())[:width].ljust(width))
            self._stream.flush()
            self._drawn = True

    def _now_and_then(self, event: Progress) -> None:
        now = time.monotonic()
        new_phase = event.phase != self._phase
        if new_phase:
            self._phase, self._told_step = event.phase, event.step
        far = event.step - self._told_step >= SPARSE_SHARE * event.total
        if new_phase or far or now - self._told_at >= SPARSE_SECONDS:
            self._told_step, self._told_at = event.step, now
            self.say(self.line())

    def _wipe(self) -> None:
        if self._drawn:
            self._stream.write("\r" + " " * (shutil.get_terminal_size().columns - 1) + "\r")
            self._drawn = False
