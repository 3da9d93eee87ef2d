"""Start-up: from process start to the first interactive frame, beside a ten-line PySide6 + pyqtgraph window.

By hand, offscreen or on a display::

    python -m tests.benchmarks.startup --rounds 7

Both are whole processes, started in turn; a process says when it has painted once and its event loop is idle again.
It also fails loudly if torch or onnxruntime was imported in the window's process.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

BARE = """
import sys, time
import pyqtgraph
from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QApplication, QMainWindow
from tests.benchmarks.startup import when_painted
application = QApplication([])
window = QMainWindow()
window.setCentralWidget(pyqtgraph.PlotWidget())
window.resize(1280, 720)
keep = when_painted()
window.show()
application.exec()
"""

APP = """
import sys
import widgets.app as app
from pathlib import Path
from tests.benchmarks.startup import when_painted
def stay(application, window, options):
    keep = when_painted()
    window.resize(1280, 720)
    window.show()
    return application.exec()
app._stay = stay
from widgets.launch import parse_window_options
app.run_window(parse_window_options(["--runs", sys.argv[1], "--stage", "s02_objective"]))
"""


def when_painted() -> object:
    """Print the time and leave once something was painted and the event loop is idle."""
    from PySide6.QtCore import QEvent, QObject, QTimer
    from PySide6.QtWidgets import QApplication

    class Watch(QObject):
        def eventFilter(self, watched: QObject, event: QEvent) -> bool:
            if event.type() == QEvent.Type.Paint and not self.property("seen"):
                self.setProperty("seen", True)
                QTimer.singleShot(0, self.finish)
            return False

        def finish(self) -> None:
            loaded = {"torch", "onnxruntime"} & set(sys.modules)
            print(time.clock_gettime(time.CLOCK_MONOTONIC), sorted(loaded), flush=True)
            sys.stdout.flush()
            os._exit(3 if loaded else 0)

    application = QApplication.instance()
    assert application is not None
    watch = Watch(application)
    application.installEventFilter(watch)  # which widget paints first is up to Qt
    return watch


def measure(code: str, *arguments: str) -> float:
    """Seconds from starting a Python process until it reports its first frame."""
    start = time.clock_gettime(time.CLOCK_MONOTONIC)
    done = subprocess.run(
        [sys.executable, "-c", code, *arguments], cwd=Path(__file__).parents[2], capture_output=True, text=True,
        check=True, timeout=60, env={**os.environ, "QT_QPA_PLATFORM": os.environ.get("QT_QPA_PLATFORM", "offscreen")},
    )  # fmt: skip
    return float(done.stdout.split()[0]) - start


def main() -> None:
    """Alternate both and print the medians and their ratio."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=7)
    rounds = parser.parse_args().rounds
    bare, ours = [], []
    with tempfile.TemporaryDirectory() as runs:
        for _ in range(rounds + 1):
            bare.append(measure(BARE))
            ours.append(measure(APP, runs))
    bare, ours = bare[1:], ours[1:]  # the first round fills the disk cache
    print(f"bare window {statistics.median(bare):.3f} s ({min(bare):.3f} to {max(bare):.3f})")
    print(f"this app    {statistics.median(ours):.3f} s ({min(ours):.3f} to {max(ours):.3f})")
    print(f"ratio of medians {statistics.median(ours) / statistics.median(bare):.2f} over {rounds} alternating runs")


if __name__ == "__main__":
    main()
