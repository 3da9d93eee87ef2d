"""How long an edit in the window takes: from the event of the mouse to the painted picture. The bar is 16 ms.

By hand, on a quiet machine, offscreen or on a display::

    python -m tests.benchmarks.edit_latency

Every update is one mouse or key event with everything that follows from it (model, geometry, numbers, words), and then
the paint of the whole window, of which only what changed is painted again. Time on the clock counts, and beside it
stands the time of the processor: on a busy machine only that says something.
"""

from __future__ import annotations

import argparse
import os
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
_BAR = 16.0


class NoEngine:
    """A session that never starts a process: nothing but the window is measured."""

    state = "closed"
    run_id = ""

    def start(self) -> None:
        """Nothing to start."""

    def drain(self) -> list[object]:
        """Nothing happened."""
        return []

    def shutdown(self, timeout: float = 3.0) -> None:
        """Nothing to end."""


def open_window(root: Path, stage: str, size: tuple[int, int]) -> Any:
    """A window on a tab, without an engine."""
    from PySide6.QtWidgets import QApplication

    from widgets import app
    from widgets.launch import WindowOptions
    from widgets.settings import WindowSettings

    application = QApplication.instance() or app._start_qt()
    window = app.make_window(WindowOptions(stage=stage, runs=root), WindowSettings(), NoEngine)
    window.resize(*size)
    window.show()
    for _ in range(5):
        application.processEvents()
    return window


def timed(updates: list[Callable[[], None]]) -> np.ndarray:
    """Milliseconds of every update, its painting included: on the clock and of the processor, shape (2, n)."""
    from PySide6.QtWidgets import QApplication

    found = []
    for update in updates:
        began, used = time.perf_counter(), time.process_time()
        update()
        QApplication.sendPostedEvents()
        QApplication.processEvents()
        found.append((1000 * (time.perf_counter() - began), 1000 * (time.process_time() - used)))
    return np.array(found).T


def drag_updates(canvas: Any, key: str, count: int) -> list[Callable[[], None]]:
    """Mouse moves that carry a handle of the schedule around."""
    from PySide6.QtCore import QPointF, Qt
    from PySide6.QtGui import QMouseEvent
    from PySide6.QtWidgets import QApplication

    def send(kind: QMouseEvent.Type, x: float, y: float) -> None:
        left = Qt.MouseButton.LeftButton
        where = QPointF(x, y)
        event = QMouseEvent(
            kind, where, canvas.mapToGlobal(where), left, left, Qt.KeyboardModifier.NoModifier
        )
        QApplication.sendEvent(canvas, event)

    item = canvas.shape.handle(key)
    area = canvas.shape.frame_of(*canvas.logical_size())
    x, y = area.at(item.step, item.rate)
    send(QMouseEvent.Type.MouseButtonPress, x, y)

    def move(index: int) -> Callable[[], None]:
        angle = 2 * np.pi * index / 40
        place = x + 60 * np.sin(angle), y + 60 - 60 * np.cos(angle)

        def update() -> None:
            send(QMouseEvent.Type.MouseMove, *place)

        return update

    return [move(index) for index in range(1, count + 1)]


def report(name: str, times: np.ndarray) -> bool:
    """Print one line; whether 95 of 100 updates stay below the bar."""
    (middle, used), (high, used_high) = np.percentile(times, [50, 95], axis=1)
    print(
        f"{name:28} median {middle:5.1f} ms   95 % {high:5.1f} ms   (processor {used:.1f}, {used_high:.1f})   "
        f"{times.shape[1]} updates"
    )
    return bool(high < _BAR)


def measure_schedule(root: Path, size: tuple[int, int], count: int) -> list[bool]:
    """Drag handles of several kinds."""
    window = open_window(root, "s05_schedule", size)
    panel = window.tab("s05_schedule")
    found = []
    for kind, key in (("cosine", "peak"), ("wsd", "decay"), ("step", "drop-0"), ("drawn", "point-1")):
        panel.sketch.set_kind(kind)
        panel.sketch.set_behind("llama-2-70b")
        timed([panel.hero.canvas.update] * 5)
        updates = drag_updates(panel.hero.canvas, key, count)
        found.append(report(f"drag {kind}, {key}", timed(updates)))
        panel.sketch.settle()
        panel.hero.canvas._held = False
    window.close()
    return found


def main() -> int:
    """Measure; 1 if an edit does not feel instant."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--count", type=int, default=200, help="updates of each kind")
    parser.add_argument("--size", default="1280x720", help="of the window")
    options = parser.parse_args()
    width, height = (int(part) for part in options.size.split("x"))
    with tempfile.TemporaryDirectory() as folder:
        good = measure_schedule(Path(folder), (width, height), options.count)
    return 0 if all(good) else 1


if __name__ == "__main__":
    raise SystemExit(main())
