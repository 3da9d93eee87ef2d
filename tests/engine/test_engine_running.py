"""Running a lab in this very process, as the command line does: every end is an event and a summary."""

from __future__ import annotations

import errno
import itertools
import threading
import time
from pathlib import Path
from typing import Any

import pytest
from fake_labs import FakeConfig

from simulator.engine.control import Control
from simulator.engine.device import DeviceChoice
from simulator.engine.reporter import FLUSH_SECONDS, LabContext
from simulator.engine.running import explain, run_lab
from simulator.errors import StorageError
from simulator.runs.events import (
    CheckpointSaved,
    Event,
    Metrics,
    Progress,
    RunContinued,
    RunFailed,
    RunFinished,
    RunPaused,
    RunStarted,
    Sample,
)
from simulator.runs.history import RunHistory
from simulator.runs.recorder import Recorder
from simulator.runs.spec import RunSpec
from simulator.runs.store import RunFolder, RunStore

CPU = DeviceChoice(name="cpu", label="CPU, 1 thread", threads=1, bf16=False)


def make(root: Path, config: FakeConfig, parent: str = "") -> RunFolder:
    return RunStore(root).create(RunSpec.new("fake", config, parent))


def run(
    folder: RunFolder, control: Control | None = None, resume: bool = False
) -> tuple[dict[str, Any], list[Event]]:
    events: list[Event] = []
    config = folder.spec().load_config()
    summary = run_lab("fake", config, folder, events.append, device=CPU, control=control, resume=resume)
    return summary, events


def test_a_good_run(tmp_path: Path) -> None:
    folder = make(tmp_path, FakeConfig(steps=25))
    summary, events = run(folder)
    assert list(folder.events()) == events
    assert (summary["status"], summary["loss"]) == ("done", 0.04)
    assert folder.summary() == summary
    started = events[0]
    assert isinstance(started, RunStarted)
    assert (started.lab, started.device["label"], started.resumed_step) == ("fake", "CPU, 1 thread", -1)
    assert [event.file for event in events if isinstance(event, CheckpointSaved)] == [
        "step-00000010.safetensors", "step-00000020.safetensors",
    ]  # fmt: skip
    assert isinstance(events[-1], RunFinished)
    assert {event.run for event in events} == {folder.id}
    assert all(earlier.time <= later.time for earlier, later in itertools.pairwise(events))


@pytest.mark.parametrize(
    ("mode", "kind", "words"),
    [
        ("user", "input", "The file is empty."),
        ("memory", "memory", "not enough memory"),
        ("full", "storage", "disk is full"),
        ("fault", "internal", "ZeroDivisionError: a fault of ours"),
    ],
)
def test_every_failure_is_told_and_recorded(tmp_path: Path, mode: str, kind: str, words: str) -> None:
    folder = make(tmp_path, FakeConfig(mode=mode))
    summary, events = run(folder)
    failed = events[-1]
    assert isinstance(failed, RunFailed)
    assert failed.kind == kind
    assert words in failed.message
    assert failed.hint
    assert "Traceback" in failed.detail
    assert list(folder.events()) == events
    assert folder.info().status == "failed"
    assert summary["kind"] == kind


def test_torch_out_of_memory_is_told_apart_by_its_words() -> None:
    words = "[enforce fail at alloc_cpu.cpp] DefaultCPUAllocator: can't allocate memory: you tried to allocate 9 bytes."
    assert explain(RuntimeError(words)).kind == "memory"
    assert explain(RuntimeError("CUDA out of memory. Tried to allocate 20.00 GiB.")).kind == "memory"
    assert explain(RuntimeError("shapes do not fit")).kind == "internal"
    assert explain(ValueError("out of memory")).kind == "internal"


def test_a_full_disk_in_the_middle_still_tells_the_window(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = make(tmp_path, FakeConfig(steps=100))
    whole = Recorder.append

    def append(recorder: Recorder, event: Event) -> None:
        if event.seq >= 6:
            raise StorageError("The disk is full.", hint="Free some space.")
        whole(recorder, event)

    monkeypatch.setattr(Recorder, "append", append)
    summary, events = run(folder)
    failed = events[-1]
    assert isinstance(failed, RunFailed)
    assert (failed.kind, failed.message) == ("storage", "The disk is full.")
    assert summary["status"] == "failed"
    assert list(folder.events()) == events[:-1]
    monkeypatch.undo()
    summary, more = run(folder, resume=True)
    assert summary["status"] == "done"
    assert list(folder.events()) == events[:-1] + more
    assert list(RunHistory.of(folder.events()).series("loss")[0]) == list(range(1, 101))


def test_a_summary_that_cannot_be_written_is_a_failure(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = make(tmp_path, FakeConfig())

    def full(descriptor: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("simulator.runs.files.os.fsync", full)
    summary, events = run(folder)
    assert isinstance(events[-1], RunFailed)
    assert summary["kind"] == "storage"


def test_a_record_in_use_is_told(tmp_path: Path) -> None:
    folder = make(tmp_path, FakeConfig())
    recorder = folder.recorder()
    summary, events = run(folder)
    recorder.close()
    assert "being written by another process" in summary["message"]
    assert isinstance(events[0], RunFailed)
    assert run(folder)[0]["status"] == "done"


def test_a_device_that_is_not_there_is_told(tmp_path: Path) -> None:
    folder = make(tmp_path, FakeConfig())
    summary = run_lab("fake", FakeConfig(), folder, list[Event]().append, device="abacus")
    assert (summary["status"], summary["kind"]) == ("failed", "device")


def test_pause_then_stop_then_resume(tmp_path: Path) -> None:
    folder = make(tmp_path, FakeConfig(steps=60, delay=0.005))
    control, seen = Control(), []

    def watch(event: Event) -> None:
        seen.append(event)
        if isinstance(event, Metrics) and event.steps[-1] >= 5 and len(seen) < 20:
            control.pause()
        if isinstance(event, RunPaused):
            threading.Timer(0.05, control.unpause).start()
        if isinstance(event, Metrics) and event.steps[-1] >= 25:
            control.stop()

    config = folder.spec().load_config()
    summary = run_lab("fake", config, folder, watch, device=CPU, control=control)
    assert summary["status"] == "stopped"
    kinds = [type(event) for event in seen]
    assert RunPaused in kinds
    assert kinds.index(RunContinued) > kinds.index(RunPaused)
    assert isinstance(seen[-2], CheckpointSaved)
    stopped_at = seen[-2].step
    assert 25 <= stopped_at < 60
    summary, more = run(folder, resume=True)
    assert summary["status"] == "done"
    assert getattr(more[0], "resumed_step", None) == stopped_at
    events = list(folder.events())
    assert events == seen + more
    assert [event.seq for event in events] == list(range(len(events)))
    assert list(RunHistory.of(events).series("loss")[0]) == list(range(1, 61))


def test_a_run_without_a_checkpoint_starts_again(tmp_path: Path) -> None:
    folder = make(tmp_path, FakeConfig(steps=9, mode="count"))
    control = Control()
    control.stop()
    assert run(folder, control)[0]["status"] == "stopped"
    for checkpoint in folder.checkpoints():
        checkpoint.path.unlink()
    summary, events = run(folder, resume=True)
    assert summary["status"] == "done"
    assert getattr(events[0], "resumed_step", None) == -1
    assert list(RunHistory.of(folder.events()).series("loss")[0]) == list(range(1, 10))


def test_stopping_a_paused_run_wakes_it(tmp_path: Path) -> None:
    folder = make(tmp_path, FakeConfig(steps=10))
    control = Control()
    control.pause()
    threading.Timer(0.05, control.stop).start()
    assert run(folder, control)[0]["status"] == "stopped"


def context_of(folder: RunFolder, events: list[Event], recorder: Recorder) -> LabContext:
    return LabContext(
        lab="fake", folder=folder, recorder=recorder, sink=events.append, device=CPU, control=Control()
    )


def test_metrics_travel_in_blocks_and_none_is_lost(tmp_path: Path) -> None:
    folder, events = make(tmp_path, FakeConfig()), list[Event]()
    recorder = folder.recorder()
    context = context_of(folder, events, recorder)
    context.flush()
    for step in range(10):
        context.metrics(step, loss=float(step), rate=float("inf"))
        if step % 5 == 4:
            context.metrics(step, held_out=float("nan"))
    assert events == []  # within one thirtieth of a second
    context.sample(9, "", "text")  # anything else sends what waits first
    assert [type(event) for event in events] == [Metrics, Metrics, Sample]
    assert getattr(events[0], "values", {})["loss"] == tuple(map(float, range(10)))
    assert getattr(events[1], "steps", ()) == (4, 9)
    time.sleep(FLUSH_SECONDS)
    context.metrics(10, loss=1.0)
    assert len(events) == 4
    recorder.close()
    assert len(list(folder.events())) == 4


def test_progress_is_thinned_and_its_end_is_not(tmp_path: Path) -> None:
    folder, events = make(tmp_path, FakeConfig()), list[Event]()
    recorder = folder.recorder()
    context = context_of(folder, events, recorder)
    for step in range(0, 1001):
        context.progress(step, 1000, "Training")
    context.progress(0, 10, "Measuring")
    recorder.close()
    progress = [event for event in events if isinstance(event, Progress)]
    assert progress[0].seconds_left == -1.0
    assert len(progress) < 100
    assert (progress[-2].step, progress[-2].seconds_left) == (1000, 0.0)
    assert progress[-1].phase == "Measuring"


def test_time_left_leaves_pauses_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    clock = [100.0]
    monkeypatch.setattr("simulator.engine.reporter.time.monotonic", lambda: clock[0])
    folder, events = make(tmp_path, FakeConfig()), list[Event]()
    recorder = folder.recorder()
    context = context_of(folder, events, recorder)
    context.progress(0, 100)
    clock[0] += 10.0
    context.progress(10, 100)
    context._pace.skip(50.0)
    clock[0] += 60.0
    context.progress(20, 100)
    recorder.close()
    left = [event.seconds_left for event in events if isinstance(event, Progress)]
    assert left == [-1.0, 90.0, 80.0]
