"""The engine process: runs labs, takes verbs, answers queries, sends what happens.

The main thread runs labs; a listener thread takes verbs; a query thread answers questions on the processor while a lab
runs; a sender thread (the :class:`Outbox`) sends frames. When the window goes away, so does this process.
"""

from __future__ import annotations

import contextlib
import importlib
import os
import queue
import signal
import sys
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import psutil

from simulator.engine.control import Control
from simulator.engine.device import DeviceChoice, default_threads, pick_device
from simulator.engine.frames import MAX_FRAME_BYTES, Outbox, send_event, verbs_of
from simulator.engine.queries import answer_query, preload_queries
from simulator.engine.running import explain, run_lab
from simulator.engine.threads import let_threads_give_way
from simulator.errors import DeviceError, UserError
from simulator.runs.events import EngineLost, EngineReady
from simulator.runs.store import RunStore

GRACE_SECONDS = 1.5  # for a lab to save a checkpoint once the window has gone


def main(connection: Connection, root: str, device: str, threads: int, labs_module: str) -> None:
    """Entry of the process.

    Args:
        connection: This side of the pipe to the window.
        root: Folder of the run store.
        device: Device to compute on, or "auto".
        threads: Processor threads; 0 leaves one core to the window.
        labs_module: A module to import first, which may add labs and queries; or "".
    """
    _be_quiet()
    let_threads_give_way()
    Worker(connection, Path(root), device, threads).work(labs_module)
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(OSError, ValueError, AttributeError):
            stream.flush()
    # Straight out: everything is on disk, and tearing torch down under daemon threads is slow and can crash.
    os._exit(0)


@dataclass(frozen=True)
class _Job:
    run: str
    resume: bool
    control: Control = field(default_factory=Control)


class Worker:
    """The threads of the engine process and what they share."""

    def __init__(self, connection: Connection, root: Path, device: str, threads: int) -> None:
        self._connection = connection
        self._root = root
        self._device_name = device
        self._threads = threads or default_threads(spare=1)
        self._outbox = Outbox(connection, "engine-sender")
        self._send = send_event(self._outbox)
        self._jobs: queue.SimpleQueue[_Job | None] = queue.SimpleQueue()
        self._questions: queue.SimpleQueue[Mapping[str, Any]] = queue.SimpleQueue()
        self._job: _Job | None = None
        self._done: _Job | None = None

    def work(self, labs_module: str) -> None:
        """Run labs until told to end or the window goes away."""
        threading.Thread(target=self._listen, name="engine-listener", daemon=True).start()
        try:
            if labs_module:
                importlib.import_module(labs_module)
            device = self._start_torch()
        except Exception as error:
            hint = "Run 'doctor' to see what is missing."
            self._send(EngineLost(message=f"The engine cannot start: {error}.", hint=hint))
            self._outbox.close(1.0)
            os._exit(1)
        ready = threading.Event()
        threading.Thread(target=self._answer, args=(ready,), name="engine-queries", daemon=True).start()
        ready.wait()  # it sets its own number of threads, which must come before a lab sets that of this thread
        while (job := self._jobs.get()) is not None:
            self._run(job, device)
            self._done = job
        self._outbox.close(0.5)

    def _start_torch(self) -> DeviceChoice:
        """Import torch, choose the device, and say that the engine is ready."""
        import torch

        problem = ""
        try:
            device = pick_device(self._device_name, self._threads, self._root)
        except DeviceError as error:
            problem = str(error)
            device = pick_device("auto", self._threads, self._root)
        torch.set_num_threads(device.threads)
        facts = {**device.to_dict(), "torch": torch.__version__, "problem": problem}
        self._send(EngineReady(device=facts, time=time.time()))
        return device

    def _run(self, job: _Job, device: DeviceChoice) -> None:
        try:
            folder = RunStore(self._root).open(job.run)
            spec = folder.spec()
            config = spec.load_config()
        except UserError as error:
            self._send(replace(explain(error), run=job.run, time=time.time()))
            return
        run_lab(spec.lab, config, folder, self._send, device=device, control=job.control, resume=job.resume)

    def _listen(self) -> None:
        while True:
            try:
                frame = self._connection.recv_bytes(MAX_FRAME_BYTES)
            except (EOFError, OSError):
                self._end()
                return
            for verb in verbs_of(frame):
                self._obey(verb)

    def _obey(self, verb: Mapping[str, Any]) -> None:
        name, job = verb["verb"], self._job
        if name == "begin":
            self._job = _Job(run=str(verb.get("run", "")), resume=verb.get("resume") is True)
            self._jobs.put(self._job)
        elif name == "query":
            self._questions.put(verb)
        elif name == "shutdown":
            self._end()
        elif job is not None and name in ("pause", "unpause", "stop"):
            getattr(job.control, name)()

    def _end(self) -> None:
        """Ask the lab to stop with a checkpoint and leave after it, or after the grace; at once without one."""
        if self._job is self._done:
            self._outbox.close(0.5)
            os._exit(0)
        if self._job is not None:
            self._job.control.stop()
        self._jobs.put(None)
        timer = threading.Timer(GRACE_SECONDS, os._exit, args=(0,))
        timer.daemon = True
        timer.start()

    def _answer(self, ready: threading.Event) -> None:
        """Answer queries one by one, on one thread of the processor so as not to slow the lab down."""
        import torch

        torch.set_num_threads(1)
        ready.set()
        preload_queries()
        while True:
            verb = self._questions.get()
            number, arguments = verb.get("query"), verb.get("arguments")
            if isinstance(number, int) and isinstance(arguments, dict):
                answer = answer_query(self._root, number, str(verb.get("kind", "")), arguments)
                self._send(replace(answer, time=time.time()))


def _be_quiet() -> None:
    """Leave Ctrl-C to the window, and the processor to whoever else wants it."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    lower = psutil.BELOW_NORMAL_PRIORITY_CLASS if sys.platform == "win32" else 10
    with contextlib.suppress(psutil.Error, OSError):
        psutil.Process().nice(lower)
