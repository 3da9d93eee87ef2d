"""The window's side of the engine: starts the process, gives verbs, collects events, and ends it for certain.

Knows no torch. Every method returns at once but :meth:`EngineSession.shutdown` and :meth:`EngineSession.restart`.
"""

from __future__ import annotations

import contextlib
import itertools
import multiprocessing
import signal
import threading
import time
from collections.abc import Iterator
from multiprocessing.connection import Connection
from multiprocessing.context import SpawnProcess
from pathlib import Path
from typing import Any

from simulator.config import Config
from simulator.engine import worker
from simulator.engine.frames import MAX_FRAME_BYTES, Outbox, events_of, verb_line
from simulator.errors import CheckpointError, UserError
from simulator.runs.events import (
    Answer,
    EngineLost,
    EngineReady,
    Event,
    RunContinued,
    RunFailed,
    RunFinished,
    RunPaused,
)
from simulator.runs.spec import RunSpec
from simulator.runs.store import RunStore

BUFFER_EVENTS = 20_000
STOP_SECONDS = 10.0  # for a lab to stop when asked, before the engine is ended under it
LEAVE_SECONDS = 1.0  # for a dead pipe's process to leave
_POLL_SECONDS = 0.1


class EngineSession:
    """One engine process after another, and the events that they send.

    Attributes:
        root: Folder of the run store.
    """

    def __init__(self, root: Path, device: str = "auto", threads: int = 0, labs_module: str = "") -> None:
        """Prepare a session; :meth:`start` starts it.

        Args:
            root: Folder of the run store.
            device: Device to compute on, or "auto".
            threads: Processor threads; 0 leaves one core to the window.
            labs_module: A module that the engine imports first, which may add labs and queries; or "".
        """
        self.root = Path(root)
        self._arguments = (str(self.root), device, threads, labs_module)
        self._store = RunStore(self.root)
        self._lock = threading.Condition()
        self._buffer: list[Event] = []
        self._state = "closed"
        self._run_id = ""
        self._pending: set[int] = set()
        self._numbers = itertools.count(1)
        self._stop_by = 0.0
        self._leave_by = (0.0, 0.0)
        self._last_words: EngineLost | None = None
        self._process: SpawnProcess | None = None
        self._connection: Connection | None = None
        self._outbox: Outbox | None = None
        self._receiver: threading.Thread | None = None

    @property
    def state(self) -> str:
        """``starting``, ``ready``, ``running``, ``paused``, ``stopping``, ``dead`` or ``closed``."""
        return self._state

    @property
    def pid(self) -> int:
        """Id of the engine process, 0 without one."""
        process = self._process
        return (process.pid or 0) if process is not None else 0

    @property
    def run_id(self) -> str:
        """Id of the run going on, or ""."""
        return self._run_id

    def start(self) -> None:
        """Start the engine process; EngineReady arrives when it can work.

        Raises:
            UserError: if it is already started, or the system cannot start a process.
        """
        if self._process is not None:
            raise UserError("The engine is already started.")
        context = multiprocessing.get_context("spawn")
        ours, theirs = context.Pipe(duplex=True)
        process = context.Process(
            target=worker.main, args=(theirs, *self._arguments), name="simulator-engine", daemon=True
        )
        try:
            with _interrupts_held():
                process.start()
        except OSError as error:
            ours.close()
            raise UserError(
                f"The engine cannot be started: {error}.", hint="Close other programs and try again."
            ) from error
        finally:
            theirs.close()  # so that the end of the process is the end of the pipe
        with self._lock:
            self._state, self._run_id, self._stop_by, self._last_words = "starting", "", 0.0, None
        self._process, self._connection = process, ours
        self._outbox = Outbox(ours, "session-sender", frame_seconds=0.0)
        self._receiver = threading.Thread(
            target=self._receive, args=(ours, process), name="session-receiver", daemon=True
        )
        self._receiver.start()

    def restart(self) -> None:
        """Start a fresh engine, ending the present one first if it still lives."""
        self.shutdown()
        self.start()

    def begin(self, lab: str, config: Config, parent: str = "") -> str:
        """Make a run folder, start the run in it, and return its id.

        Raises:
            UserError: if the engine is not there or busy.
            CheckpointError: if there is no such parent.
            StorageError: if the run folder cannot be made.
        """
        self._check_free()
        if parent:
            self._store.open(parent)
        folder = self._store.create(RunSpec.new(lab, config, parent))
        self._begin(folder.id, resume=False)
        return folder.id

    def resume_run(self, run_id: str) -> None:
        """Continue a run from its last checkpoint (from the start, if it has none).

        Raises:
            UserError: if the engine is not there or busy, or the run is finished.
            CheckpointError: if there is no such run, or its spec is damaged.
        """
        self._check_free()
        folder = self._store.open(run_id)
        folder.spec()
        if folder.info().status == "done":
            raise CheckpointError(f"The run {run_id} is finished.", hint="Start a new run from it instead.")
        self._begin(run_id, resume=True)

    def pause(self) -> None:
        """Let the run wait before its next step."""
        self._tell("pause")

    def unpause(self) -> None:
        """Let a paused run go on."""
        self._tell("unpause")

    def stop(self) -> None:
        """Ask the run to stop with a checkpoint; one that does not within STOP_SECONDS is ended with the engine."""
        with self._lock:
            if not self._run_id:
                return
            self._state = "stopping"
            self._stop_by = self._stop_by or time.monotonic() + STOP_SECONDS
        self._tell("stop")

    def query(self, kind: str, **arguments: Any) -> int:
        """Ask a small question; the answer arrives as Answer with the number returned here."""
        number = next(self._numbers)
        with self._lock:
            if self._state in ("dead", "closed"):
                error = "The engine is not running."
                self._buffer.append(Answer(query=number, error=error, time=time.time()))
                return number
            self._pending.add(number)
        self._tell("query", query=number, kind=kind, arguments=arguments)
        return number

    def drain(self) -> list[Event]:
        """Everything that arrived since the last call; never blocks."""
        with self._lock:
            events, self._buffer = self._buffer, []
            self._lock.notify_all()
        return events

    def shutdown(self, timeout: float = 3.0) -> None:
        """End the engine within about ``timeout`` seconds: ask, then terminate, then kill. Nothing of it is left."""
        process, connection, outbox, receiver = self._process, self._connection, self._outbox, self._receiver
        now = time.monotonic()
        with self._lock:
            self._state = "closed"
            self._leave_by = (now + timeout * 0.7, now + timeout * 0.9)
            self._lock.notify_all()
        if process is None or connection is None or outbox is None or receiver is None:
            return
        outbox.put(verb_line("shutdown"))
        receiver.join(timeout)
        if receiver.is_alive():  # held in the middle of a frame: the end of the process frees it
            process.kill()
            receiver.join()
        outbox.close(0.5)
        connection.close()
        with contextlib.suppress(ValueError):  # somebody else has waited for it, and its status is lost
            process.close()
        with self._lock:
            self._process = self._connection = self._outbox = self._receiver = None
            self._run_id = ""
            self._pending.clear()

    def _check_free(self) -> None:
        with self._lock:
            if self._state in ("dead", "closed"):
                raise UserError("The engine is not running.", hint="Restart it.")
            if self._run_id:
                raise UserError(f"The run {self._run_id} is still going on.", hint="Stop it first.")

    def _begin(self, run_id: str, *, resume: bool) -> None:
        with self._lock:
            self._run_id, self._stop_by = run_id, 0.0
            self._state = "running"
        self._tell("begin", run=run_id, resume=resume)

    def _tell(self, verb: str, **arguments: Any) -> None:
        if self._outbox is not None:
            self._outbox.put(verb_line(verb, **arguments))

    # What follows runs in the receiver thread.

    def _receive(self, connection: Connection, process: SpawnProcess) -> None:
        """Read the pipe until its end, then see the process out. No other thread waits for the process."""
        while True:
            try:
                if connection.poll(_POLL_SECONDS):
                    self._take(events_of(connection.recv_bytes(MAX_FRAME_BYTES)))
            except (EOFError, OSError):
                break
            if self._overdue():
                break
        self._see_out(process)
        self._mourn(process.exitcode)

    def _overdue(self) -> bool:
        """Whether the process was to leave, or to stop its run, and has not."""
        now = time.monotonic()
        with self._lock:
            leave = self._state == "closed" and now > self._leave_by[0]
            return leave or bool(self._stop_by and now > self._stop_by)

    def _see_out(self, process: SpawnProcess) -> None:
        """Wait for the process to leave if it is already on its way, then terminate, then kill it."""
        with self._lock:
            ask, terminate = self._leave_by if self._state == "closed" else (0.0, 0.0)
        now = time.monotonic()
        process.join(max(0.0, ask - now) if ask else 0.0 if self._stop_by else LEAVE_SECONDS)
        if process.is_alive():
            process.terminate()
            process.join(max(0.1, terminate - time.monotonic()) if terminate else 0.5)
        if process.is_alive():
            process.kill()
            process.join()

    def _take(self, events: list[Event]) -> None:
        """Put events into the buffer; while it is full, wait and leave the pipe unread."""
        with self._lock:
            while len(self._buffer) >= BUFFER_EVENTS and self._state != "closed":
                self._lock.wait(_POLL_SECONDS)
            for event in events:
                self._note(event)
                if not isinstance(event, EngineLost):
                    self._buffer.append(event)

    def _note(self, event: Event) -> None:
        """Keep state and run id in step with the stream. The lock is held."""
        if isinstance(event, EngineLost):
            self._last_words = event
        elif isinstance(event, Answer):
            self._pending.discard(event.query)
        elif self._state == "closed":
            return
        elif isinstance(event, EngineReady):
            self._state = "ready" if self._state == "starting" else self._state
        elif event.run == self._run_id and isinstance(event, (RunFinished, RunFailed)):
            self._state, self._run_id, self._stop_by = "ready", "", 0.0
        elif event.run == self._run_id and self._state != "stopping":
            if isinstance(event, RunPaused):
                self._state = "paused"
            elif isinstance(event, RunContinued):
                self._state = "running"

    def _mourn(self, exit_code: int | None) -> None:
        """The process is gone: say so, unless it was sent away."""
        with self._lock:
            for number in sorted(self._pending):
                error = "The engine ended before it could answer."
                self._buffer.append(Answer(query=number, error=error, time=time.time()))
            self._pending.clear()
            if self._state == "closed":
                return
            words = self._last_words
            going_on = f" and resume {self._run_id} from its last checkpoint" if self._run_id else ""
            self._buffer.append(
                EngineLost(
                    exit_code=-1000 if exit_code is None else exit_code,
                    lost_run=self._run_id,
                    message=words.message if words else _exit_words(exit_code, asked=bool(self._stop_by)),
                    hint=words.hint if words else f"Restart it{going_on}.",
                    time=time.time(),
                )
            )
            self._state, self._run_id, self._stop_by = "dead", "", 0.0


def _exit_words(exit_code: int | None, *, asked: bool) -> str:
    if asked:
        return "The run did not stop when asked, so the engine was ended."
    if exit_code is not None and exit_code < 0:
        with contextlib.suppress(ValueError):
            name = signal.Signals(-exit_code).name
            memory = ", as systems do when memory runs out" if name == "SIGKILL" else ""
            return f"The engine was ended from outside ({name}){memory}."
    return f"The engine ended unexpectedly (exit status {exit_code})."


@contextlib.contextmanager
def _interrupts_held() -> Iterator[None]:
    """Let a process started meanwhile ignore Ctrl-C from its first moment, which it inherits where it can."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, signal.SIG_DFL if before is None else before)
