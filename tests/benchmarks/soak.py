"""Soak: tabs opened and closed, real runs started and cancelled; memory, threads and files of both processes.

By hand::

    python -m tests.benchmarks.soak --tabs 100 --runs 10

The figures should be flat from the first row on, apart from what caches take at first.
"""

from __future__ import annotations

import argparse
import gc
import os
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import psutil

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")


def main() -> None:
    """Open and close, start and cancel, and print a row now and then."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tabs", type=int, default=100)
    parser.add_argument("--runs", type=int, default=10)
    arguments = parser.parse_args()

    from simulator.stages import STAGES
    from widgets import app
    from widgets.launch import WindowOptions
    from widgets.settings import WindowSettings

    application = app._start_qt()

    def wait(until: Callable[[], bool], limit: float = 60.0) -> None:
        end = time.perf_counter() + limit
        while not until() and time.perf_counter() < end:
            application.processEvents()
            application.sendPostedEvents(None, 52)  # deferred deletes
            time.sleep(0.003)

    with tempfile.TemporaryDirectory() as folder:
        window = app.make_window(WindowOptions(device="cpu", runs=Path(folder)), WindowSettings())
        window.show()
        bridge, runs = window.bench.bridge, window.bench.view("pretrain")
        wait(lambda: bridge.state == "ready")
        engine = psutil.Process(bridge._session.pid)

        def row(what: str) -> None:
            gc.collect()
            print(what, *(f"{name} {p.memory_info().rss / 1e6:.0f} MB, {p.num_threads()} threads, {p.num_fds()} files;"
                          for name, p in (("window", psutil.Process()), ("engine", engine))), flush=True)  # fmt: skip

        for turn in range(arguments.tabs + 1):
            for stage in STAGES:
                window.open_stage(stage.key)
                application.processEvents()
                window.close_tab(stage.key)
            wait(lambda: True)
            if turn % 20 == 0:
                row(f"tabs opened and closed {turn:3} times:")
        window.open_stage("s02_objective")
        panel = window.tab("s02_objective")
        for turn in range(arguments.runs):
            panel.controls.form.set_values({"profile": "quick", "steps": 5000, "documents": 2000})
            panel.controls.run_bar.buttons["start"].click()
            wait(lambda: runs.live is not None and runs.live.state == "running" and runs.live.step > 20)
            panel.controls.run_bar.buttons["stop"].click()
            wait(lambda: runs.live is not None and runs.live.state == "stopped")
            row(f"run {turn + 1:2} {runs.live.state}:")
        window.close()


if __name__ == "__main__":
    main()
