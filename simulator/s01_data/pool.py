"""Worker processes that take tasks one at a time; one that dies is noticed, replaced, and its task tried once more.

Spawned, never forked. Nothing heavy is imported here: a worker sets its environment before it loads what it runs.
"""

from __future__ import annotations

import contextlib
import importlib
import multiprocessing
import os
import signal
import time
import traceback
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from multiprocessing import connection as pipes
from multiprocessing.connection import Connection
from multiprocessing.context import SpawnProcess
from typing import Any

from simulator.errors import InputError, StorageError, UserError

TASK_SECONDS = 900.0
"""A worker that is busy with one task for longer than this is taken for hung and ended."""

START_SECONDS = 300.0
"""Longest that a worker process may take to start."""

BEAT_SECONDS = 0.25
_TRIES = 2
_LEAVE_SECONDS = 2.0
_ONE_THREAD = {
    "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "MKL_NUM_THREADS": "1", "RAYON_NUM_THREADS": "1",
    "TOKENIZERS_PARALLELISM": "false",
}  # fmt: skip


class WorkerFault(Exception):  # noqa: N818 - a fault of ours, not of the input
    """A task failed in a way that it should not have; the text is the worker's traceback."""


@dataclass(frozen=True)
class Outcome:
    """What became of a task.

    Attributes:
        task: The task.
        value: What the worker returned.
        died: The processes that worked on it died, twice: ``value`` says how, in plain words.
    """

    task: Any
    value: Any = None
    died: bool = False


class Pool:
    """Processes (or none) that work on tasks.

    Args:
        count: Number of processes; 0 works in this process, for tests and tiny inputs.
        entry: ``module:function`` called once in each process with ``setup``; what it returns takes the tasks.
        setup: Its arguments; plain values.
        tell: Takes a plain sentence when a worker dies.
    """

    def __init__(
        self, count: int, entry: str, setup: Mapping[str, Any], tell: Callable[[str], None] | None = None
    ) -> None:
        self._count = count
        self._entry = entry
        self._setup = dict(setup)
        self._tell = tell or _say_nothing
        self._workers: list[_Worker] = []
        self._handle: Callable[[Any], Any] | None = None

    def map(self, tasks: Iterator[Any]) -> Iterator[Outcome | None]:
        """Work on tasks; outcomes come in the order in which they are ready.

        None comes a few times a second while there is nothing else, so that the caller can look whether to stop.

        Raises:
            UserError: as raised in a worker.
            WorkerFault: for any other exception there.
        """
        return self._map_here(tasks) if self._count == 0 else self._map_out(tasks)

    def close(self) -> None:
        """End the processes: ask, then kill."""
        for worker in self._workers:
            worker.connection.close()
        deadline = time.monotonic() + _LEAVE_SECONDS
        for worker in self._workers:
            worker.process.join(0 if worker.task is not None else max(0.0, deadline - time.monotonic()))
            worker.end()
        self._workers = []

    def __enter__(self) -> Pool:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _map_here(self, tasks: Iterator[Any]) -> Iterator[Outcome | None]:
        if self._handle is None:
            self._handle = _load(self._entry)(**self._setup)
        for task in tasks:
            yield Outcome(task, self._handle(task))
            yield None

    def _map_out(self, tasks: Iterator[Any]) -> Iterator[Outcome | None]:
        waiting: deque[tuple[Any, int]] = deque()
        while True:
            self._feed(tasks, waiting)
            busy = {worker.connection: worker for worker in self._workers if worker.task is not None}
            if not busy:
                return
            for ready in pipes.wait(list(busy), timeout=BEAT_SECONDS):
                outcome = self._take(busy[ready], waiting)  # type: ignore[index]
                if outcome is not None:
                    yield outcome
            self._end_hung()
            yield None

    def _feed(self, tasks: Iterator[Any], waiting: deque[tuple[Any, int]]) -> None:
        """Give every worker a task, starting no more of them than there are tasks, and read one task ahead."""
        while True:
            idle = [worker for worker in self._workers if worker.task is None]
            if waiting and (idle or len(self._workers) < self._count):
                if not idle:
                    idle.append(_Worker(self._entry, self._setup))
                    self._workers += idle
                idle[0].give(*waiting.popleft())
                continue
            task = None if waiting else next(tasks, None)
            if task is None:
                return
            waiting.append((task, 0))

    def _take(self, worker: _Worker, waiting: deque[tuple[Any, int]]) -> Outcome | None:
        """Receive from a worker; a dead one is taken off the list and its task put back once."""
        task, tries = worker.task, worker.tries
        try:
            kind, value = worker.connection.recv()
        except (EOFError, OSError):
            self._workers.remove(worker)
            why = worker.end()
            if not worker.ready:
                raise WorkerFault(f"A worker process {why} before it could start.") from None
            if tries + 1 < _TRIES:
                self._tell(f"A worker process {why}; its part is tried once more.")
                waiting.appendleft((task, tries + 1))
                return None
            return Outcome(task, why, died=True)
        if kind == "ready":
            worker.ready, worker.since = True, time.monotonic()  # starting takes long on a busy machine
            return None
        worker.task = None
        if kind == "error":
            raise _known_error(value)
        if kind == "fault":
            raise WorkerFault(value)
        return Outcome(task, value)

    def _end_hung(self) -> None:
        for worker in self._workers:
            limit = TASK_SECONDS if worker.ready else START_SECONDS
            if worker.task is not None and time.monotonic() - worker.since > limit:
                worker.process.kill()


class _Worker:
    """One process, the pipe to it and the task it has."""

    def __init__(self, entry: str, setup: Mapping[str, Any]) -> None:
        context = multiprocessing.get_context("spawn")
        self.connection, theirs = context.Pipe()
        self.process: SpawnProcess = context.Process(
            target=_serve, args=(theirs, entry, dict(setup)), name="data-worker", daemon=True
        )
        with _single_threaded(), _allowed_children():
            self.process.start()
        theirs.close()  # so that its death shows as the end of the pipe
        self.task: Any = None
        self.tries = 0
        self.since = 0.0
        self.ready = False

    def give(self, task: Any, tries: int) -> None:
        """Send it a task; if it is dead, receiving will tell."""
        self.task, self.tries, self.since = task, tries, time.monotonic()
        with contextlib.suppress(OSError):
            self.connection.send(task)

    def end(self) -> str:
        """Make sure that it is gone, and say in plain words how it ended."""
        self.process.join(0.2)
        if self.process.is_alive():
            self.process.kill()
            self.process.join()
        code = self.process.exitcode
        self.connection.close()
        self.process.close()
        if code is not None and code < 0:
            with contextlib.suppress(ValueError):
                return f"was ended by the signal {signal.Signals(-code).name}"
        return f"ended with exit code {code}"


def _serve(connection: Connection, entry: str, setup: Mapping[str, Any]) -> None:
    """The life of a worker: build what it runs, then task after task until the pipe ends."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the parent's to handle
    handle: Callable[[Any], Any] | None = None

    def build(_: None) -> None:
        nonlocal handle
        handle = _load(entry)(**setup)

    kind, value = _tried(build, None)
    _answer(connection, "ready" if kind == "done" else kind, value)
    while handle is not None:
        try:
            task = connection.recv()
        except (EOFError, OSError):
            break
        _answer(connection, *_tried(handle, task))
    os._exit(0)


def _tried(work: Callable[[Any], Any], task: Any) -> tuple[str, Any]:
    """What a piece of work gave, or what it raised in a form that can travel."""
    try:
        return "done", work(task)
    except UserError as error:
        return "error", (error.kind, error.message, error.hint)
    except Exception as error:
        return "fault", "".join(traceback.format_exception(error))


def _answer(connection: Connection, kind: str, value: Any) -> None:
    try:
        connection.send((kind, value))
    except OSError:
        os._exit(0)  # nobody is there any more


def _known_error(value: tuple[str, str, str]) -> UserError:
    kind, message, hint = value
    return (StorageError if kind == "storage" else InputError)(message, hint=hint)


def _load(path: str) -> Callable[..., Any]:
    module, _, name = path.partition(":")
    loaded: Callable[..., Any] = getattr(importlib.import_module(module), name)
    return loaded


def _say_nothing(text: str) -> None:
    del text


@contextlib.contextmanager
def _single_threaded() -> Iterator[None]:
    """Let libraries in the new process use one thread each: the processes are the parallelism."""
    before = {name: os.environ.get(name) for name in _ONE_THREAD}
    os.environ.update(_ONE_THREAD)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value


@contextlib.contextmanager
def _allowed_children() -> Iterator[None]:
    """Let the engine start processes although it is a daemon itself.

    multiprocessing forbids that because nobody would end the children; ours end with their pipe.
    """
    current = multiprocessing.current_process()
    was_daemon = current.daemon
    if was_daemon:
        current.daemon = False
    try:
        yield
    finally:
        if was_daemon:
            current.daemon = True
