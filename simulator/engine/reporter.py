"""Between a lab and the world: stamps what the lab reports, records it, and hands the same events on."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt

from simulator.engine.control import Control, StopRequested
from simulator.engine.device import DeviceChoice
from simulator.runs.events import (
    CheckpointSaved,
    Diagnosis,
    Event,
    Metrics,
    Progress,
    Record,
    RunContinued,
    RunPaused,
    RunStarted,
    Sample,
    Snapshot,
)
from simulator.runs.recorder import Recorder
from simulator.runs.store import RunFolder

Sink = Callable[[Event], None]
FLUSH_SECONDS = 1 / 30


class LabContext:
    """What a lab is given: where to put things, what to compute on, and how to report.

    Attributes:
        folder: The run's folder.
        store_root: Folder of all runs, where parents' checkpoints are found.
        parent: Id of the run to start from, or "".
        device: What to compute on, with its threads and whether bf16 gains.
        resume: Whether to continue from the folder's newest good checkpoint.
    """

    def __init__(
        self,
        *,
        lab: str,
        folder: RunFolder,
        recorder: Recorder,
        sink: Sink,
        device: DeviceChoice,
        control: Control,
        parent: str = "",
        resume: bool = False,
    ) -> None:
        self.folder = folder
        self.store_root = folder.path.parent
        self.parent = parent
        self.device = device
        self.resume = resume
        self._lab = lab
        self._recorder = recorder
        self._sink = sink
        self._control = control
        self._blocks: dict[tuple[str, ...], tuple[list[int], list[list[float]]]] = {}
        self._progress: Progress | None = None
        self._flushed = 0.0
        self._pace = _Pace()
        self.stopped = False
        self.started_at = time.monotonic()

    @property
    def threads(self) -> int:
        """Processor threads to compute with."""
        return self.device.threads

    @property
    def stopping(self) -> bool:
        """Whether the user has asked the run to end."""
        return self._control.stopping

    def started(
        self, total_steps: int, facts: Mapping[str, Any] | None = None, resumed_step: int = -1
    ) -> None:
        """Say that the work begins: call it once, before the first metric.

        Args:
            total_steps: Steps the whole run takes.
            facts: What is known before the first step (parameters, entropy floor, corpus).
            resumed_step: Step of the checkpoint it continues from, -1 from the start.
        """
        self.emit(RunStarted(total_steps=total_steps, facts=facts or {}, resumed_step=resumed_step))

    def emit(self, event: Event) -> None:
        """Stamp an event, record it, hand it on; what was measured before goes first.

        Raises:
            StorageError: if the record cannot be written.
        """
        self.flush()
        self._send(event)

    def metrics(self, step: int, **values: float) -> None:
        """Report values measured at a step. All are kept; they travel in blocks, at most 30 times a second."""
        block = self._blocks.get(names := tuple(values))
        if block is None:
            block = self._blocks[names] = ([], [[] for _ in names])
        block[0].append(int(step))
        for column, value in zip(block[1], values.values(), strict=True):
            column.append(float(value))
        self._flush_if_due()

    def progress(self, step: int, total: int, phase: str = "Training") -> None:
        """Report how far the run is; the time left is worked out from the pace of this phase."""
        new_phase = phase != self._pace.phase
        left = self._pace.seconds_left(step, total, phase)
        self._progress = Progress(step=step, total=total, seconds_left=left, phase=phase)
        if new_phase or step >= total:
            self.flush()
        else:
            self._flush_if_due()

    def sample(self, step: int, prompt: str, text: str) -> None:
        """Report a text that the model wrote."""
        self.emit(Sample(step=step, prompt=prompt, text=text))

    def snapshot(self, step: int, name: str, array: npt.NDArray[Any], labels: tuple[str, ...] = ()) -> None:
        """Report a named array."""
        self.emit(Snapshot(step=step, name=name, array=np.asarray(array), labels=labels))

    def record(self, step: int, name: str, fields: Mapping[str, Any]) -> None:
        """Report a named finding; its fields are plain JSON values."""
        self.emit(Record(step=step, name=name, fields=fields))

    def checkpoint_saved(self, step: int, file: str, loss: float = -1.0) -> None:
        """Report that weights were written to ``file`` in the run folder."""
        self.emit(CheckpointSaved(step=step, file=file, loss=loss))

    def diagnosis(self, step: int, level: str, title: str, text: str) -> None:
        """Report a plain-words reading of the run; level is good, info, warning or bad."""
        self.emit(Diagnosis(step=step, level=level, title=title, text=text))

    def between_steps(self, step: int) -> None:
        """Wait here while paused.

        Raises:
            StopRequested: if the user wants the run to end; save a checkpoint, then let it pass on.
        """
        if self._control.paused and not self._control.stopping:
            self.emit(RunPaused(step=step))
            paused_at = time.monotonic()
            self._control.wait_while_paused()
            self._pace.skip(time.monotonic() - paused_at)
            if not self._control.stopping:
                self.emit(RunContinued(step=step))
        if self._control.stopping:
            self.flush()
            self.stopped = True
            raise StopRequested

    def flush(self) -> None:
        """Send the metrics and the progress that are waiting.

        Call it before writing a file to resume from: what was measured up to that step must be on record first.

        Raises:
            StorageError: if the record cannot be written.
        """
        self._flushed = time.monotonic()
        blocks, self._blocks = self._blocks, {}
        for names, (steps, columns) in blocks.items():
            values = {name: tuple(column) for name, column in zip(names, columns, strict=True)}
            self._send(Metrics(steps=tuple(steps), values=values))
        progress, self._progress = self._progress, None
        if progress is not None:
            self._send(progress)

    def _flush_if_due(self) -> None:
        if time.monotonic() - self._flushed >= FLUSH_SECONDS:
            self.flush()

    def _send(self, event: Event) -> None:
        if isinstance(event, RunStarted):
            event = replace(event, lab=event.lab or self._lab, device=event.device or self.device.to_dict())
        event = replace(event, run=self.folder.id, seq=self._recorder.next_seq, time=time.time())
        self._recorder.append(event)
        self._sink(event)


class _Pace:
    """Time left in a phase, from the time its steps have taken so far."""

    def __init__(self) -> None:
        self.phase = ""
        self._start = 0.0
        self._first = 0

    def seconds_left(self, step: int, total: int, phase: str) -> float:
        """Seconds until ``total``, -1 while unknown."""
        now = time.monotonic()
        if phase != self.phase:
            self.phase, self._start, self._first = phase, now, step
        done = step - self._first
        if step >= total:
            return 0.0
        return (total - step) * (now - self._start) / done if done > 0 else -1.0

    def skip(self, seconds: float) -> None:
        """Leave a pause out of the reckoning."""
        self._start += seconds
