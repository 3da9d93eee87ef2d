"""Worker processes: they work, die, are replaced, and are gone at the end."""

from __future__ import annotations

import multiprocessing
from pathlib import Path
from typing import Any

import psutil
import pytest
from pipeline_helpers import work_as_a_daemon

from simulator.s01_data import pool as pool_module
from simulator.s01_data.pool import Outcome, Pool, WorkerFault


def outcomes(pool: Pool, tasks: list[Any]) -> list[Outcome]:
    return [outcome for outcome in pool.map(iter(tasks)) if outcome is not None]


def test_deaths_are_told_and_tried_once_more_and_the_rest_goes_on(tmp_path: Path) -> None:
    said: list[str] = []
    with Pool(2, "pipeline_helpers:doubler", {"folder": str(tmp_path)}, said.append) as pool:
        found = outcomes(pool, [1, "once", 2, "die", 3, 4])
    values = {outcome.task: outcome.value for outcome in found if not outcome.died}
    assert {task: value[0] for task, value in values.items() if task != "once"} == {1: 2, 2: 4, 3: 6, 4: 8}
    assert values["once"] == "lived"
    (dead,) = [outcome for outcome in found if outcome.died]
    assert dead.task == "die"
    assert dead.value == "ended with exit code 7"
    assert sorted(said) == [
        "A worker process ended with exit code 7; its part is tried once more.",
        "A worker process was ended by the signal SIGKILL; its part is tried once more.",
    ]
    assert all(value[2] == "1" for task, value in values.items() if task != "once")
    assert not any(psutil.pid_exists(value[1]) for task, value in values.items() if task != "once")


def test_a_fault_and_a_worker_that_cannot_start_are_raised() -> None:
    with (
        Pool(1, "pipeline_helpers:doubler", {"folder": ""}) as pool,
        pytest.raises(WorkerFault, match="of ours"),
    ):
        outcomes(pool, ["fault"])
    with (
        Pool(1, "pipeline_helpers:broken", {}) as pool,
        pytest.raises(WorkerFault, match="before it could start"),
    ):
        outcomes(pool, [1])
    assert not [child for child in multiprocessing.active_children() if child.name == "data-worker"]


def test_a_worker_that_hangs_is_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pool_module, "TASK_SECONDS", 0.5)
    monkeypatch.setattr(pool_module, "_TRIES", 1)
    with Pool(1, "pipeline_helpers:doubler", {"folder": ""}) as pool:
        (found,) = outcomes(pool, ["hang"])
    assert found.died


def test_tasks_are_read_no_further_ahead_than_one_a_worker(tmp_path: Path) -> None:
    read: list[int] = []

    def tasks() -> Any:
        for number in range(40):
            read.append(number)
            yield number

    done = 0
    with Pool(1, "pipeline_helpers:doubler", {"folder": str(tmp_path)}) as pool:
        for outcome in pool.map(tasks()):
            done += outcome is not None
            assert len(read) - done <= 2
    assert done == 40


def test_a_daemon_such_as_the_engine_may_have_workers(tmp_path: Path) -> None:
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    engine = context.Process(target=work_as_a_daemon, args=(theirs, str(tmp_path)), daemon=True)
    engine.start()
    theirs.close()
    assert ours.poll(60)
    assert ours.recv() == (True, 10)
    engine.join(10)
    assert engine.exitcode == 0
