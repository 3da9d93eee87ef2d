"""Brings the engine's events to the window as Qt signals. The only caller of the engine session.

A daemon thread of the session receives into a bounded buffer; one timer here drains it. When the engine dies, the
bridge says so, starts a new one and offers to resume the run that was cut off.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable
from pathlib import Path
from typing import Any, Protocol

from PySide6.QtCore import QObject, QTimer, Signal

from simulator.config import Config
from simulator.errors import DeviceError, UserError
from simulator.runs.events import Answer, EngineLost, EngineReady, Event

DRAIN_INTERVAL = 33
"""Milliseconds between two looks into the engine's buffer: about 30 a second, as often as the child sends."""

_RESTART_LIMIT = 3


class Session(Protocol):
    """What the bridge needs of ``simulator.engine.session.EngineSession``."""

    @property
    def state(self) -> str:
        """One of starting, ready, running, paused, stopping, dead, closed."""

    @property
    def run_id(self) -> str:
        """The run being computed, or ""."""

    def start(self) -> None:
        """Start the child."""

    def restart(self) -> None:
        """Start a new child after the old one died."""

    def begin(self, lab: str, config: Config, parent: str = "") -> str:
        """Make a run folder, start the lab, return the run's id."""

    def resume_run(self, run_id: str) -> None:
        """Continue a run from its last checkpoint."""

    def pause(self) -> None:
        """Hold the run before its next step."""

    def unpause(self) -> None:
        """Let it go on."""

    def stop(self) -> None:
        """End the run at its next step, with a checkpoint."""

    def query(self, kind: str, **arguments: Any) -> int:
        """Ask a small question; the answer arrives as an Answer with this number."""

    def drain(self) -> list[Event]:
        """Everything received since the last call; never waits."""

    def shutdown(self, timeout: float = 3.0) -> None:
        """Ask the child to leave, then make it."""


SessionFactory = Callable[[], Session]


class EngineBridge(QObject):
    """The engine as the window sees it.

    ``events`` carries what a run emitted since the last look, in order; ``answered`` a query's number and its Answer;
    ``engine_lost`` an EngineLost, after a new engine was started where possible.

    Args:
        runs: Folder of the runs.
        device: auto, cpu, cuda or mps.
        factory: Makes the session; tests give a fake one.
        parent: Qt parent.
    """

    events = Signal(list)
    state_changed = Signal(str)
    answered = Signal(int, object)
    engine_lost = Signal(object)

    def __init__(
        self,
        runs: Path,
        device: str = "auto",
        factory: SessionFactory | None = None,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._runs, self._device = runs, device
        self._factory = factory or self._real_session
        self._session: Session | None = None
        self._state = "off"
        self._losses = 0
        self.device_facts: dict[str, Any] = {}
        self._timer = QTimer(self)
        self._timer.setInterval(DRAIN_INTERVAL)
        self._timer.timeout.connect(self._drain)

    @property
    def state(self) -> str:
        """The session's state, or ``off`` before :meth:`start`."""
        return self._state

    @property
    def run_id(self) -> str:
        """The run being computed, or ""."""
        return self._session.run_id if self._session else ""

    def start(self) -> None:
        """Start the engine; it says when it is ready by ``state_changed``. Called after the first frame was painted."""
        if self._session is None:
            self._session = self._factory()
            self._session.start()
            self._timer.start()
            self._tell_state()

    def restart(self) -> None:
        """Start a new engine after the old one was given up."""
        self._losses = 0
        if self._session is None:
            self.start()
        else:
            self._session.restart()
            self._timer.start()
            self._tell_state()

    def begin(self, lab: str, config: Config, parent: str = "") -> str:
        """Start a lab and return the id of its run.

        Raises:
            UserError: if the engine is not ready, or the run folder cannot be made.
        """
        run_id = self._ready_session().begin(lab, config, parent)
        self._tell_state()
        return run_id

    def resume_run(self, run_id: str) -> None:
        """Continue a run from its last checkpoint.

        Raises:
            UserError: if the engine is not ready, or there is nothing to continue from.
        """
        self._ready_session().resume_run(run_id)
        self._tell_state()

    def pause(self) -> None:
        """Hold the run."""
        if self._session and self._state == "running":
            self._session.pause()
            self._tell_state()

    def unpause(self) -> None:
        """Let a paused run go on."""
        if self._session and self._state == "paused":
            self._session.unpause()
            self._tell_state()

    def stop(self) -> None:
        """Ask the run to end with a checkpoint."""
        if self._session and self._state in ("running", "paused"):
            self._session.stop()
            self._tell_state()

    def query(self, kind: str, **arguments: Any) -> int:
        """Ask a small question.

        Returns:
            The number that ``answered`` will carry, or -1 when no engine can answer now.
        """
        if self._session is None or self._state not in ("ready", "running", "paused", "stopping"):
            return -1
        return self._session.query(kind, **arguments)

    def shutdown(self) -> None:
        """End the engine; a run in progress is asked to stop with a checkpoint first."""
        self._timer.stop()
        session, self._session = self._session, None
        if session is not None:
            session.shutdown()
        self._set_state("closed")

    def _real_session(self) -> Session:
        module = importlib.import_module("simulator.engine.session")
        session: Session = module.EngineSession(self._runs, device=self._device)
        return session

    def _ready_session(self) -> Session:
        if self._state == "off":
            self.start()
        if self._state in ("running", "paused", "stopping"):
            raise DeviceError(
                "The engine is busy with another run.", hint="Stop that run first, or wait for it."
            )
        if self._session is None or self._state in ("dead", "closed"):
            raise DeviceError("The engine is not running.", hint="Start it again from the status line.")
        return self._session

    def _drain(self) -> None:
        if self._session is None:
            return
        received = self._session.drain()
        self._tell_state()
        run_events = [event for event in received if event.run]
        if run_events:
            self.events.emit(run_events)
        for event in received:
            if isinstance(event, Answer):
                self.answered.emit(event.query, event)
            elif isinstance(event, EngineReady):
                self._losses = 0
                self.device_facts = dict(event.device)
                self.state_changed.emit(self._state)
            elif isinstance(event, EngineLost):
                self._recover(event)

    def _recover(self, event: EngineLost) -> None:
        self._losses += 1
        if self._losses <= _RESTART_LIMIT and self._session is not None:
            try:
                self._session.restart()
            except (OSError, UserError):
                self._losses = _RESTART_LIMIT + 1
        self._tell_state()
        self.engine_lost.emit(event)

    def _tell_state(self) -> None:
        if self._session is not None:
            self._set_state(self._session.state)

    def _set_state(self, state: str) -> None:
        if state != self._state:
            self._state = state
            self.state_changed.emit(state)
