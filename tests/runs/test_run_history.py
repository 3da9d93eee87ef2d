"""Folding and replaying the stream."""

from __future__ import annotations

import math
import time

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulator.runs.events import (
    CheckpointSaved,
    Diagnosis,
    EngineReady,
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
from simulator.runs.history import RunHistory
from simulator.runs.replay import LONGEST_GAP, Replay

RUN = "pretrain-0001"


def loss(steps: range, value: float = 1.0) -> Metrics:
    return Metrics(run=RUN, steps=tuple(steps), values={"loss": (value,) * len(steps)})


def test_the_fold_of_a_whole_run() -> None:
    history = RunHistory()
    assert (history.state, history.step, history.names) == ("waiting", -1, ())
    history.apply(EngineReady(device={"name": "cpu"}))
    assert history.run == ""
    history.apply(Progress(run=RUN, time=5.0, phase="Reading the corpus"))
    assert history.state == "running"
    history.apply(
        RunStarted(run=RUN, lab="pretrain", total_steps=40, facts={"floor": 1.5}, device={"name": "cpu"})
    )
    history.apply(loss(range(1, 4)))
    history.apply(Metrics(run=RUN, steps=(3,), values={"held_out": (math.nan,)}))
    history.apply(Sample(run=RUN, step=3, text="hello"))
    history.apply(Predictions(run=RUN, step=3))
    history.apply(Snapshot(run=RUN, step=3, name="attention"))
    history.apply(Record(run=RUN, step=3, name="funnel", fields={"kept": 2}))
    history.apply(Record(run=RUN, step=3, name="funnel", fields={"kept": 1}))
    history.apply(CheckpointSaved(run=RUN, step=3, file="step-00000003.safetensors"))
    history.apply(Diagnosis(run=RUN, step=3, title="Good"))
    assert (history.total_steps, history.facts, history.lab) == (40, {"floor": 1.5}, "pretrain")
    assert history.names == ("loss", "held_out")
    assert history.step == 3
    np.testing.assert_array_equal(history.series("loss")[0], [1, 2, 3])
    np.testing.assert_array_equal(history.series("held_out")[1], [math.nan])
    assert len(history.series("nothing")[0]) == 0
    assert list(history.snapshots) == ["attention"]
    assert len(history.records["funnel"]) == 2
    assert (history.latest("funnel"), history.latest("nothing")) == ({"kept": 1}, {})
    history.apply(RunPaused(run=RUN))
    assert history.state == "paused"
    history.apply(Progress(run=RUN, step=3, total=40))
    assert history.state == "paused"
    history.apply(RunContinued(run=RUN))
    assert history.state == "running"
    history.apply(RunFinished(run=RUN, status="done", summary={"loss": 1.0}, time=9.0))
    assert (history.state, history.summary, history.started, history.updated) == (
        "done",
        {"loss": 1.0},
        5.0,
        9.0,
    )
    assert (len(history.samples), len(history.predictions), len(history.diagnoses)) == (1, 1, 1)


def test_resuming_forgets_what_is_measured_again() -> None:
    history = RunHistory.of([RunStarted(run=RUN, lab="pretrain"), loss(range(1, 200), 2.0)])
    for step in (50, 100, 150):
        history.apply(CheckpointSaved(run=RUN, step=step))
        history.apply(Sample(run=RUN, step=step))
        history.apply(Snapshot(run=RUN, step=step, name="attention"))
        history.apply(Record(run=RUN, step=step, name="funnel"))
    history.apply(RunFailed(run=RUN, message="out of luck"))
    assert history.failure is not None
    before = history.series("loss")
    kept = before[0].copy(), before[1].copy()
    history.apply(RunStarted(run=RUN, lab="pretrain", resumed_step=100))
    assert (history.state, history.failure) == ("running", None)
    history.apply(loss(range(101, 130), 3.0))
    np.testing.assert_array_equal(history.series("loss")[0], range(1, 130))
    np.testing.assert_array_equal(history.series("loss")[1], [2.0] * 100 + [3.0] * 29)
    np.testing.assert_array_equal(before, kept)  # what was handed out has not changed
    assert [item.step for item in history.samples] == [50, 100]
    assert [item.step for item in history.checkpoints] == [50, 100]
    assert [item.step for item in history.snapshots["attention"]] == [50, 100]
    assert [item.step for item in history.records["funnel"]] == [50, 100]
    history.apply(RunStarted(run=RUN, lab="pretrain"))  # again from the very start
    assert len(history.series("loss")[0]) == 0
    assert history.checkpoints == []


def test_series_cannot_be_changed_by_readers() -> None:
    history = RunHistory.of([loss(range(3))])
    with pytest.raises(ValueError, match="read-only"):
        history.series("loss")[1][0] = 5.0


@given(st.lists(st.integers(1, 200), max_size=12))
def test_growing_keeps_every_value(sizes: list[int]) -> None:
    history, expected = RunHistory(), []
    for size in sizes:
        steps = range(len(expected), len(expected) + size)
        history.apply(
            Metrics(run=RUN, steps=tuple(steps), values={"x": tuple(float(step) / 2 for step in steps)})
        )
        expected += [step / 2 for step in steps]
    np.testing.assert_array_equal(history.series("x")[1], expected)


def test_a_long_run_folds_in_under_a_second() -> None:
    events = [
        Metrics(run=RUN, seq=step, steps=(step,), values={"loss": (1.0,), "rate": (0.1,), "norm": (2.0,)})
        for step in range(100_000)
    ]
    start = time.process_time()
    history = RunHistory.of(events)
    assert time.process_time() - start < 1.0
    assert len(history.series("norm")[0]) == 100_000


def recording(*times: float) -> list[Event]:
    return [Progress(run=RUN, seq=index, time=1000.0 + moment) for index, moment in enumerate(times)]


def test_replay_gives_each_event_once_when_due() -> None:
    events = recording(0.0, 1.0, 2.0, 2.0, 4.0)
    replay = Replay(events, speed=2.0)
    assert replay.duration == 4.0
    assert replay.due(500.0) == events[:1]
    assert replay.due(500.4) == []
    assert replay.due(500.5) == events[1:2]
    assert replay.due(501.0) == events[2:4]
    replay.speed = 0.0
    assert replay.due(600.0) == []
    replay.speed = 1.0
    assert replay.due(599.0) == []  # a clock that goes back moves nothing
    assert replay.due(601.0) == events[4:]
    assert replay.done
    assert replay.due(700.0) == []


def test_seeking_forwards_gives_what_lies_between_and_backwards_starts_again() -> None:
    events = recording(0.0, 1.0, 2.0, 3.0)
    replay = Replay(events)
    assert replay.due(0.0) == events[:1]
    assert replay.seek(0.67) is False
    assert replay.due(0.0) == events[1:3]
    assert replay.seek(0.34) is True
    assert replay.due(0.0) == events[:2]
    assert replay.seek(7.0) is False
    assert replay.due(0.0) == events[2:]
    assert replay.seek(0.0) is True
    assert RunHistory.of(replay.due(0.0)).last_seq == 0


def test_long_silences_are_shortened_and_odd_clocks_survive() -> None:
    assert Replay(recording(0.0, 86_400.0, 86_401.0)).duration == LONGEST_GAP + 1.0
    assert Replay(recording(5.0, 1.0, 2.0, math.nan, 3.0)).duration == 1.0
    empty = Replay([])
    assert (empty.duration, empty.done, empty.due(1.0)) == (0.0, True, [])
    with pytest.raises(ValueError, match="speed"):
        Replay([], speed=-1.0)
