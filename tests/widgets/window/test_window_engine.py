"""The window with the real engine: train, kill the engine, resume, close in mid-run."""

from __future__ import annotations

import os
import signal

import psutil
import pytest

from simulator.runs.store import RunStore
from widgets.app import make_window
from widgets.launch import WindowOptions
from widgets.settings import WindowSettings

TINY = {"size": "0.1M", "steps": 400, "batch": 4, "sequence": 16, "documents": 300, "vocabulary": 300}


@pytest.fixture
def window(qtbot, tmp_path):
    window = make_window(
        WindowOptions(stage="s02_objective", device="cpu", runs=tmp_path / "runs"), WindowSettings()
    )
    window.show()
    yield window
    window.close()
    window.deleteLater()
    qtbot.wait(1)


def wait_until_ready(qtbot, window):
    qtbot.waitUntil(lambda: window.bench.bridge.state == "ready", timeout=60_000)


@pytest.mark.slow
def test_a_killed_engine_is_told_within_two_seconds_and_the_run_goes_on_where_it_was(qtbot, window, tmp_path):
    panel, runs = window.tab("s02_objective"), window.bench.view("pretrain")
    wait_until_ready(qtbot, window)
    panel.controls.form.set_values(TINY)
    panel.controls.run_bar.buttons["start"].click()
    qtbot.waitUntil(lambda: len(runs.live.checkpoints) > 1, timeout=60_000)
    os.kill(window.bench.bridge._session.pid, signal.SIGKILL)
    qtbot.waitUntil(window.banner.isVisible, timeout=2_000)
    wait_until_ready(qtbot, window)
    window.banner.action_button.click()
    qtbot.waitUntil(lambda: runs.live.state == "done", timeout=90_000)
    steps, _ = runs.live.series("loss")
    assert (steps[1:] - steps[:-1] == 1).all()
    assert int(steps[-1]) in (399, 400)
    panel.hero.field.setText("Tom has a cat")
    qtbot.waitUntil(
        lambda: panel.hero.reading.tokens[0] == "[start]" and panel.hero.reading.positions < 14,
        timeout=20_000,
    )
    assert panel.hero.message.text() == ""
    recorded = RunStore(tmp_path / "runs").open(runs.live.run)
    assert recorded.info().status == "done"


@pytest.mark.slow
def test_closing_in_mid_run_leaves_no_process_and_a_run_to_resume(qtbot, window, tmp_path):
    panel, runs = window.tab("s02_objective"), window.bench.view("pretrain")
    wait_until_ready(qtbot, window)
    panel.controls.form.set_values({**TINY, "steps": 100_000})
    panel.controls.run_bar.buttons["start"].click()
    qtbot.waitUntil(lambda: runs.live.step > 5, timeout=60_000)
    engine = psutil.Process(window.bench.bridge._session.pid)
    window.close()
    engine.wait(timeout=5)
    info = RunStore(tmp_path / "runs").open(runs.live.run).info()
    assert info.status == "stopped"
    assert info.steps > 0
