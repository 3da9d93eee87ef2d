"""A session without a process, and the events of a small run."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

from simulator.config import Config
from simulator.errors import StorageError
from simulator.runs.events import (
    Answer,
    CheckpointSaved,
    Diagnosis,
    EngineLost,
    EngineReady,
    Event,
    Metrics,
    Predictions,
    Progress,
    RunFinished,
    RunStarted,
    Sample,
)
from simulator.runs.spec import RunSpec
from simulator.runs.store import RunStore
from simulator.s02_objective.config import PretrainConfig

TOKENS = ("<|endoftext|>", "Nia", " has", " a", " fox", ".")


class FakeSession:
    """Does what a session does, when the test says so."""

    def __init__(self) -> None:
        self.state = "closed"
        self.run_id = ""
        self.calls: list[tuple[Any, ...]] = []
        self.fails: Exception | None = None
        self._waiting: list[Event] = []
        self._seq = 0
        self._queries = 0

    def start(self) -> None:
        self.state = "starting"

    def restart(self) -> None:
        self.calls.append(("restart",))
        if self.fails is not None:
            raise self.fails
        self.state = "starting"

    def begin(self, lab: str, config: Config, parent: str = "") -> str:
        if self.fails is not None:
            raise self.fails
        self.calls.append(("begin", lab, config, parent))
        self.state, self.run_id, self._seq = "running", "pretrain-0001", 0
        return self.run_id

    def resume_run(self, run_id: str) -> None:
        self.calls.append(("resume", run_id))
        self.state, self.run_id = "running", run_id

    def pause(self) -> None:
        self.state = "paused"

    def unpause(self) -> None:
        self.state = "running"

    def stop(self) -> None:
        self.state = "stopping"

    def query(self, kind: str, **arguments: Any) -> int:
        self._queries += 1
        self.calls.append(("query", kind, arguments))
        return self._queries

    def drain(self) -> list[Event]:
        waiting, self._waiting = self._waiting, []
        return waiting

    def shutdown(self, timeout: float = 3.0) -> None:
        self.calls.append(("shutdown", self.state))
        self.state = "closed"

    # what the test does

    def ready(self) -> None:
        self.state = "ready"
        self._waiting.append(EngineReady(device={"label": "CPU, 2 threads"}))

    def feed(self, *events: Event) -> None:
        for event in events:
            self._waiting.append(dataclasses.replace(event, run=self.run_id, seq=self._seq))
            self._seq += 1

    def finish(self, status: str = "done") -> None:
        self.feed(RunFinished(status=status, summary={"status": status}))
        self.state, self.run_id = "ready", ""

    def answer(self, query: int, result: dict[str, Any] | None = None, error: str = "") -> None:
        self._waiting.append(Answer(query=query, result=result or {}, error=error))

    def die(self) -> None:
        self._waiting.append(
            EngineLost(
                exit_code=-9, lost_run=self.run_id, message="The engine was ended from outside (SIGKILL)."
            )
        )
        self.state, self.run_id = "dead", ""

    def made(self, verb: str) -> list[tuple[Any, ...]]:
        return [call for call in self.calls if call[0] == verb]


def predictions(step: int, share: float, tokens: tuple[str, ...] = TOKENS) -> Predictions:
    """The true token gets ``share``, after the last " next" does; a wrong one gets the rest."""
    truth = tokens[1:]
    ahead = (*truth, " next")
    rows = tuple((word, "zzz") if share >= 0.5 else ("zzz", word) for word in ahead)
    shares = tuple((share, 1 - share) if share >= 0.5 else (1 - share, share) for _ in ahead)
    return Predictions(
        step=step,
        tokens=tokens,
        top_tokens=rows,
        top_probabilities=shares,
        true_probabilities=tuple(share for _ in truth),
    )


def small_run(total: int = 100) -> list[Event]:
    """The events of a run with checkpoints at 0, 50 and 100 and a floor of 0.4."""
    events: list[Event] = [
        RunStarted(
            lab="pretrain", total_steps=total, time=0.0,
            facts={"parameters": 870_000, "floor_nats_per_token": 0.4, "vocabulary": 512},
        ),
    ]  # fmt: skip
    for index, step in enumerate((0, 50, 100)):
        loss = 4.0 / (index + 1)
        now = float(index)
        events += [
            Metrics(
                steps=(step,),
                time=now,
                values={"loss": (loss,), "learning_rate": (0.004,), "tokens_per_second": (21_000.0,)},
            ),
            Metrics(
                steps=(step,), time=now, values={"validation_loss": (loss,), "bits_per_byte": (loss / 2,)}
            ),
            Progress(step=step, total=total, seconds_left=10.0 - step / 10, phase="Training", time=now),
            predictions(step, 0.2 + 0.3 * index),
            Sample(step=step, prompt="Nia", text=f" text of step {step}", time=now),
            CheckpointSaved(step=step, file=f"step-{step:08d}.safetensors", loss=loss, time=now),
        ]
    return [
        *events,
        Diagnosis(step=total, level="good", title="Learning well", text="Close to the floor.", time=2.0),
    ]


def record(root: Path, events: list[Event], *, done: bool = True) -> str:
    """Write a run into a store and return its id."""
    folder = RunStore(root).create(RunSpec.new("pretrain", PretrainConfig(), ""))
    recorder = folder.recorder()
    ending: list[Event] = [RunFinished(status="done", summary={"status": "done"}, time=2.0)] if done else []
    for event in [*events, *ending]:
        recorder.append(dataclasses.replace(event, run=folder.id, seq=recorder.next_seq))
    recorder.close()
    if done:
        folder.write_summary({"status": "done", "validation_loss": 1.333})
    return folder.id


DISK_FULL = StorageError(
    "The run folder cannot be written: the disk is full.", hint="Free some space and start again."
)
