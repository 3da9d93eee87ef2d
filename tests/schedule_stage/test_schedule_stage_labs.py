"""The labs of stage 5, run as the program runs them."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import pytest

from simulator.config import Config
from simulator.engine.control import Control
from simulator.engine.running import run_lab
from simulator.errors import CheckpointError
from simulator.runs.events import Event, Progress, RunFailed
from simulator.runs.history import RunHistory
from simulator.runs.spec import RunSpec
from simulator.runs.store import RunFolder, RunStore
from simulator.s05_schedule.config import LandscapeConfig, RaceConfig, RangeTestConfig
from simulator.s05_schedule.saved import load_paths

SMALL: dict[str, Any] = {"layers": 1, "hidden": 16, "steps": 24, "batch": 4, "sequence": 16, "documents": 200}
TEXT = "good; too-low; Broken: constant peak=1e6"


def run(
    store: RunStore, lab: str, config: Config, parent: str = ""
) -> tuple[RunFolder, dict[str, Any], RunHistory]:
    folder = store.create(RunSpec.new(lab, config, parent))
    summary = run_lab(lab, config, folder, lambda event: None, device="cpu", threads=1)
    return folder, dict(summary), RunHistory.of(folder.events())


def test_race_landscape_and_back(tmp_path: Path) -> None:
    store = RunStore(tmp_path)
    config = RaceConfig(runners=TEXT, **SMALL)
    folder, summary, history = run(store, "race", config)
    assert summary["status"] == "done"
    keys = ["good", "too-low", "broken"]
    assert [item["key"] for item in history.latest("runners")["runners"]] == keys
    for name in ("loss", "rate", "gradient_norm", "update_ratio"):
        steps, values = history.series(f"good/{name}")
        assert list(steps) == list(range(1, 25))
        assert all(map(math.isfinite, values))
    assert len(history.series("good/validation_loss")[0]) > 5
    assert history.latest("broken/diagnosis")["kind"] == "diverged"
    assert history.latest("too-low/diagnosis")["kind"] in ("too-slow", "stalled")
    assert json.dumps(summary, allow_nan=False)
    paths = load_paths(folder)
    assert paths.points.shape == (len(paths.steps), 3, summary["parameters"])
    assert (paths.steps[0], paths.steps[-1]) == (0, 24)

    for plane in ("paths", "ends", "random"):
        wanted = LandscapeConfig(plane=plane, points=5, rows=4)
        _, drawn, picture = run(store, "landscape", wanted, folder.id)
        assert drawn["status"] == "done", drawn
        surface = picture.snapshots["surface"][-1].array
        assert surface.shape == (5, 5)
        about = picture.latest("plane")
        assert about["race"] == folder.id
        if plane == "paths":
            assert 0 < sum(about["explained"]) <= 1
        path = picture.latest("good/path")
        assert len(path["x"]) == len(path["y"]) == len(path["steps"]) == len(path["loss"]) == len(paths.steps)
        if plane == "random":  # the middle of the picture is the end of the path
            assert math.exp(surface[2, 2]) == pytest.approx(path["loss"][-1], rel=1e-4)
            assert (path["x"][-1], path["y"][-1]) == pytest.approx((0, 0), abs=1e-6)


class _Stopper:
    """Asks a lab to stop once it has come so far."""

    def __init__(self, at: int) -> None:
        self.control, self._at = Control(), at

    def __call__(self, event: Event) -> None:
        if isinstance(event, Progress) and event.phase == "Training" and event.step >= self._at:
            self.control.stop()


def test_a_stopped_race_goes_on_to_the_same_end(tmp_path: Path) -> None:
    config = RaceConfig(runners=TEXT, **SMALL | {"steps": 60})
    store = RunStore(tmp_path)
    _, whole, straight = run(store, "race", config)
    folder = store.create(RunSpec.new("race", config))
    stopper = _Stopper(20)
    first = run_lab("race", config, folder, stopper, device="cpu", threads=1, control=stopper.control)
    assert first["status"] == "stopped"
    second = run_lab("race", config, folder, lambda event: None, device="cpu", threads=1, resume=True)
    assert second["status"] == "done"
    assert second["results"] == whole["results"]
    history = RunHistory.of(folder.events())
    for name in straight.names:
        steps, values = straight.series(name)
        assert list(history.series(name)[0]) == list(steps)
        assert list(history.series(name)[1]) == list(values)
    assert load_paths(folder).points.shape[0] > 5


def test_damaged_files_are_told(tmp_path: Path) -> None:
    store = RunStore(tmp_path)
    config = RaceConfig(runners="good", **SMALL | {"steps": 10})
    folder, _, _ = run(store, "race", config)
    (folder.path / "paths.safetensors").write_bytes(b"\x10\0\0\0\0\0\0\0{}")
    with pytest.raises(CheckpointError, match="damaged"):
        load_paths(folder)
    _, summary, history = run(store, "landscape", LandscapeConfig(points=3), folder.id)
    assert summary["status"] == "failed"
    assert isinstance(history.failure, RunFailed)
    assert "damaged" in history.failure.message


def test_landscape_without_a_race(tmp_path: Path) -> None:
    store = RunStore(tmp_path)
    _, summary, history = run(store, "landscape", LandscapeConfig(points=3))
    assert summary["status"] == "failed"
    assert history.failure is not None
    assert "race" in history.failure.message


def test_range_test(tmp_path: Path) -> None:
    config = RangeTestConfig(layers=2, steps=160, documents=500)
    _, summary, history = run(RunStore(tmp_path), "range-test", config)
    assert summary["status"] == "done"
    found = history.latest("range")
    assert 3e-4 < found["suggested"] < 3e-2
    assert found["suggested"] < found["lowest"]
    assert summary["suggested"] == found["suggested"]
    rates = history.series("rate")[1]
    assert rates[0] == pytest.approx(1e-5)
    assert (rates[1:] > rates[:-1]).all()
    assert len(history.series("smoothed")[0]) == len(rates)
