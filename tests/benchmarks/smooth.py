"""Smoothness: frame intervals while a run trains and the scene plays, and what the window costs the training.

By hand, on a quiet machine, offscreen or on a display::

    python -m tests.benchmarks.smooth --seconds 60

The engine trains with cores - 1 threads beside the window; then the same run is made without a window, with as many
threads. Frames are the scene's own repaints.
"""

from __future__ import annotations

import argparse
import os
import tempfile
import time
from pathlib import Path

import numpy as np

from simulator.cli import main as command
from simulator.runs.history import RunHistory
from simulator.runs.store import RunStore

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")


def watch_window(root: Path, seconds: float, steps: int) -> tuple[np.ndarray, int]:
    """Train in a real window with the scene playing; returns frame intervals (s) and the threads used."""
    from PySide6.QtCore import QEvent, QObject, QTimer

    from widgets import app
    from widgets.launch import WindowOptions
    from widgets.settings import WindowSettings

    application = app._start_qt()
    window = app.make_window(WindowOptions(stage="s02_objective", device="cpu", runs=root), WindowSettings())
    window.resize(1280, 720)
    window.show()
    panel, bridge, runs = window.tab("s02_objective"), window.bench.bridge, window.bench.view("pretrain")
    frames: list[float] = []

    class Frames(QObject):
        def eventFilter(self, watched: QObject, event: QEvent) -> bool:
            if event.type() == QEvent.Type.Paint:
                frames.append(time.perf_counter())
            return False

    def wait(until: object, limit: float = 120.0) -> None:
        end = time.perf_counter() + limit
        while not until() and time.perf_counter() < end:  # type: ignore[operator]
            application.processEvents()
            time.sleep(0.005)

    wait(lambda: bridge.state == "ready")
    panel.controls.form.set_values({"steps": steps})
    panel.controls.run_bar.buttons["start"].click()
    wait(lambda: runs.live is not None and runs.live.step > 10 and len(runs.live.checkpoints) > 1)
    watch = Frames(application)
    transport = panel.hero.transport
    transport.reached_end.connect(transport.to_start)
    panel.hero.canvas.installEventFilter(watch)
    again = QTimer(application)  # the scene plays on from its start
    again.timeout.connect(transport.play)
    again.start(200)
    transport.play()
    QTimer.singleShot(int(seconds * 1000), application.quit)
    application.exec()
    again.stop()
    threads = int(runs.live.device["threads"])
    window.close()
    wait(lambda: bridge.state == "closed", 8)
    return np.diff(frames), threads


def speed(root: Path) -> float:
    """Median tokens a second of the newest run, after its first steps."""
    history = RunHistory.of(RunStore(root).open(RunStore(root).list()[0].id).events())
    return float(np.median(history.series("tokens_per_second")[1][10:]))


def main() -> None:
    """Measure, and print the distribution of frame intervals and the ratio of speeds."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--steps", type=int, default=5000)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        beside, alone = Path(folder, "beside"), Path(folder, "alone")
        intervals, threads = watch_window(beside, arguments.seconds, arguments.steps)
        flags = ["--threads", str(threads), "--device", "cpu", "--steps", "150"]
        command(["run", "pretrain", *flags, "--runs", str(alone)])
        ms = 1000 * intervals
        slow = f"99 % {np.percentile(ms, 99):.1f} ms, largest {ms.max():.1f} ms, over 33 ms {np.mean(ms > 33):.2%}"
        print(f"{len(ms)} frames in {intervals.sum():.0f} s: median {np.median(ms):.1f} ms, {slow}")
        late = [f"{ms[index]:.0f} ms at {intervals[:index].sum():.1f} s" for index in np.flatnonzero(ms > 33)]
        print("late frames:", ", ".join(late) or "none")
        one, other = speed(beside), speed(alone)
        print(f"training, {threads} threads: {one:,.0f} tokens/s beside, {other:,.0f} alone: {one / other:.2f}")


if __name__ == "__main__":
    main()
