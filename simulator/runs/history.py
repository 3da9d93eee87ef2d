"""The fold of a run's stream: what plots, replay, reports and tests read."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt

from simulator.runs.events import (
    CheckpointSaved,
    Diagnosis,
    Event,
    Metrics,
    Predictions,
    Progress,
    Record,
    RunContinued,
    RunFailed,
    RunFinished,
    RunPaused,
    RunStarted,
    Sample,
    Snapshot,
)

Steps = npt.NDArray[np.int64]
Values = npt.NDArray[np.float64]
_Stepped = TypeVar("_Stepped", Sample, Predictions, CheckpointSaved, Snapshot, Record, Diagnosis)


class Series:
    """A growing curve: steps and values, appended in amortised constant time."""

    def __init__(self) -> None:
        self._steps: Steps = np.empty(64, np.int64)
        self._values: Values = np.empty(64, np.float64)
        self._count = 0

    def __len__(self) -> int:
        return self._count

    @property
    def steps(self) -> Steps:
        """Steps so far, shape (n,), read-only; later growth does not change it."""
        return _frozen(self._steps[: self._count])

    @property
    def values(self) -> Values:
        """Values so far, shape (n,), read-only; later growth does not change it."""
        return _frozen(self._values[: self._count])

    def extend(self, steps: Sequence[int], values: Sequence[float]) -> None:
        """Append as many values as there are steps."""
        end = self._count + len(steps)
        if end > len(self._steps):
            self._reallocate(2 * end)
        self._steps[self._count : end] = steps
        self._values[self._count : end] = values
        self._count = end

    def drop_after(self, step: int) -> None:
        """Forget everything later than ``step``."""
        keep = self._steps[: self._count] <= step
        # Fresh arrays, because views handed out before must not change under their readers.
        self._steps, self._values = self._steps[: self._count][keep], self._values[: self._count][keep]
        self._count = len(self._steps)

    def _reallocate(self, size: int) -> None:
        steps, values = np.empty(size, np.int64), np.empty(size, np.float64)
        steps[: self._count], values[: self._count] = self.steps, self.values
        self._steps, self._values = steps, values


class RunHistory:
    """Everything known about one run, built event by event.

    Attributes:
        run: Its id, "" before the first event.
        lab: Name of its lab, "" until it started.
        state: ``waiting``, ``running``, ``paused``, ``done``, ``stopped`` or ``failed``.
        total_steps: Steps it will take, 0 until known.
        progress: The last Progress, or None.
        facts: What the lab said about itself at the start (entropy floor, parameters ...).
        device: What it runs on.
        samples: Texts written, in order of step.
        predictions: Looks at the model's expectations, in order of step.
        checkpoints: Checkpoints saved, in order of step.
        snapshots: Named arrays, in order of step.
        records: Named findings, in order of step.
        diagnoses: Plain-words readings.
        failure: Why it failed, or None.
        summary: What it ended with, {} before.
        started: Unix time of its first event, 0 before.
        updated: Unix time of its latest event, 0 before.
        last_seq: Sequence number of the latest event, -1 before.
    """

    def __init__(self) -> None:
        self.run = ""
        self.lab = ""
        self.state = "waiting"
        self.total_steps = 0
        self.progress: Progress | None = None
        self.facts: Mapping[str, Any] = {}
        self.device: Mapping[str, Any] = {}
        self.samples: list[Sample] = []
        self.predictions: list[Predictions] = []
        self.checkpoints: list[CheckpointSaved] = []
        self.snapshots: dict[str, list[Snapshot]] = {}
        self.records: dict[str, list[Record]] = {}
        self.diagnoses: list[Diagnosis] = []
        self.failure: RunFailed | None = None
        self.summary: Mapping[str, Any] = {}
        self.started = 0.0
        self.updated = 0.0
        self.last_seq = -1
        self._series: dict[str, Series] = {}

    @classmethod
    def of(cls, events: Iterable[Event]) -> RunHistory:
        """The fold of a whole stream."""
        history = cls()
        for event in events:
            history.apply(event)
        return history

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the series, in order of appearance."""
        return tuple(self._series)

    @property
    def step(self) -> int:
        """The latest step known, -1 before any."""
        latest = max((int(series.steps[-1]) for series in self._series.values() if len(series)), default=-1)
        return max(latest, self.progress.step if self.progress else -1)

    def series(self, name: str) -> tuple[Steps, Values]:
        """Steps and values of one series, shapes (n,); empty when there is none of that name."""
        series = self._series.get(name) or Series()
        return series.steps, series.values

    def latest(self, name: str) -> Mapping[str, Any]:
        """Fields of the latest record of that name, {} when there is none."""
        found = self.records.get(name)
        return found[-1].fields if found else {}

    def apply(self, event: Event) -> None:
        """Take in the next event of the run; events of the engine itself are left aside."""
        if not event.run:
            return
        self.run, self.updated, self.last_seq = event.run, event.time, event.seq
        self.started = self.started or event.time
        if isinstance(event, Metrics):
            self._measure(event)
        elif isinstance(event, Progress):
            self.progress = event
            self._go_on()
        elif isinstance(event, RunStarted):
            self._start(event)
        elif isinstance(event, (RunPaused, RunContinued)):
            self.state = "paused" if isinstance(event, RunPaused) else "running"
        elif isinstance(event, RunFinished):
            self.state = event.status if event.status in ("done", "stopped") else "done"
            self.summary = event.summary
        elif isinstance(event, RunFailed):
            self.state, self.failure = "failed", event
        else:
            self._keep(event)

    def _measure(self, event: Metrics) -> None:
        for name, values in event.values.items():
            series = self._series.get(name)
            if series is None:
                series = self._series[name] = Series()
            series.extend(event.steps, values)

    def _keep(self, event: Event) -> None:
        if isinstance(event, Sample):
            self.samples.append(event)
        elif isinstance(event, Predictions):
            self.predictions.append(event)
        elif isinstance(event, CheckpointSaved):
            self.checkpoints = [*_until(self.checkpoints, event.step - 1), event]
        elif isinstance(event, Snapshot):
            self.snapshots.setdefault(event.name, []).append(event)
        elif isinstance(event, Record):
            self.records.setdefault(event.name, []).append(event)
        elif isinstance(event, Diagnosis):
            self.diagnoses.append(event)

    def _go_on(self) -> None:
        """Work is reported again: it runs, whatever ended it before."""
        if self.state not in ("running", "paused"):
            self.state, self.failure, self.summary = "running", None, {}

    def _start(self, event: RunStarted) -> None:
        self.lab, self.facts, self.device = event.lab, event.facts, event.device
        self.total_steps = event.total_steps
        self.state, self.failure, self.summary = "running", None, {}
        step = event.resumed_step  # -1 for a run from the start: then nothing measured before counts
        for series in self._series.values():
            series.drop_after(step)
        self.samples = _until(self.samples, step)
        self.predictions = _until(self.predictions, step)
        self.checkpoints = _until(self.checkpoints, step)
        self.diagnoses = _until(self.diagnoses, step)
        self.snapshots = {name: _until(items, step) for name, items in self.snapshots.items()}
        self.records = {name: _until(items, step) for name, items in self.records.items()}


def _until(items: list[_Stepped], step: int) -> list[_Stepped]:
    return [item for item in items if item.step <= step]


def _frozen(view: npt.NDArray[Any]) -> npt.NDArray[Any]:
    view.flags.writeable = False
    return view
