"""How instant the bits feel: milliseconds from a flip or a drag to the painted picture, at 1280x720.

By hand, on a quiet machine, offscreen or on a display::

    python -m tests.benchmarks.precision_feel --rounds 200

One update is the work of the model (every format's bits by the codec), of the cards beside it, and of painting all
that changed, as the event loop does; a frame of a fade is painting alone. On a busy machine only the time on the
processor means something.
"""

from __future__ import annotations

import argparse
import os
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

LIMIT_MS = 16.0


def timed(work: Callable[[int], None], rounds: int) -> np.ndarray:
    """Milliseconds of each round: by the clock, and of this thread on the processor, (rounds, 2)."""
    taken = []
    for index in range(rounds):
        start, busy = time.perf_counter(), time.thread_time()
        work(index)
        taken.append((1000 * (time.perf_counter() - start), 1000 * (time.thread_time() - busy)))
    return np.array(taken)


def main() -> int:
    """Measure flips, drags and frames; fails if the median of an update is above the limit."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rounds", type=int, default=200)
    options = parser.parse_args()
    from PySide6.QtCore import QEvent, QObject, QPoint, Qt
    from PySide6.QtTest import QTest

    from widgets import app
    from widgets.launch import WindowOptions
    from widgets.scene.canvas import SceneCanvas
    from widgets.settings import WindowSettings
    from widgets.theme import theme

    application = app._start_qt()
    with tempfile.TemporaryDirectory() as folder:
        root = WindowOptions(stage="s04_precision", runs=Path(folder))
        window = app.make_window(root, WindowSettings())
        window.set_quiet()
        window.resize(1280, 720)
        window.show()
        panel = window.tab("s04_precision")
        theme().set_reduce_motion(True)  # an update ends in the picture at rest; fades are timed apart

        class Paints(QObject):
            count = 0

            def eventFilter(self, watched: QObject, event: QEvent) -> bool:
                self.count += event.type() == QEvent.Type.Paint and isinstance(watched, SceneCanvas)
                return False

        paints = Paints()
        application.installEventFilter(paints)

        def settled() -> None:
            before = paints.count
            application.processEvents()
            assert paints.count == before + 1, "an update is painted once"

        canvas, lines = panel.bits.canvas, None
        rows = [item.row.key for item in panel.desk.readings]

        def flip(index: int) -> None:
            panel.desk.flip(rows[index % len(rows)], index % 4)
            settled()

        def drag(index: int) -> None:
            place = canvas.scene.layout(*canvas.logical_size())
            x = place.line_x + place.line_width * (0.1 + 0.8 * (index * 37 % 101) / 101)
            QTest.mouseMove(canvas, QPoint(round(x), round(place.line_top + 10)))
            settled()

        def frame(index: int) -> None:
            canvas.set_time(0.26 * (index % 10) / 10)
            settled()

        def drag_line(index: int) -> None:
            panel.desk.set_value(2.0 ** (index % 40 - 20) * 1.1)
            settled()

        def zoom_line(index: int) -> None:
            panel.lines.canvas.zoom(0.9 if index % 20 < 10 else 1 / 0.9)
            settled()

        results = {}
        timed(flip, 20)
        results["flip a bit"] = timed(flip, options.rounds)
        panel.desk.type("0.1")
        place = canvas.scene.layout(*canvas.logical_size())
        QTest.mousePress(
            canvas,
            Qt.MouseButton.LeftButton,
            pos=QPoint(round(place.line_x + 50), round(place.line_top + 10)),
        )
        results["drag the number"] = timed(drag, options.rounds)
        QTest.mouseRelease(canvas, Qt.MouseButton.LeftButton)
        results["frame of a fade"] = timed(frame, options.rounds)
        panel.set_mode("line")
        lines = panel.lines.canvas
        assert lines.isVisible()
        timed(drag_line, 20)
        results["number line, another number"] = timed(drag_line, options.rounds)
        results["number line, zoom"] = timed(zoom_line, options.rounds)
        window.close()
    slow = False
    for name, taken in results.items():
        clock, busy = (float(value) for value in np.median(taken, axis=0))
        high = float(np.percentile(taken[:, 1], 95))
        slow = slow or busy > LIMIT_MS
        print(f"{name:30} median {clock:5.1f} ms   on the processor {busy:5.1f} ms, 95 % {high:5.1f} ms")
    return 1 if slow else 0


if __name__ == "__main__":
    raise SystemExit(main())
