"""Times what must be quick: a scene of 500 shapes, a plot of 3 x 2,000 points. Run by hand."""

from __future__ import annotations

import os
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
sys.path.insert(0, str(Path(__file__).resolve().parents[3]))

import numpy as np
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QApplication

from simulator.s02_objective.config import PretrainConfig
from widgets.controls import ConfigForm
from widgets.plots import LivePlot
from widgets.scene.canvas import SceneCanvas
from widgets.scene.shapes import Arrow, BitCell, Box, Chip, Line, Packet, Shape, Text
from widgets.scene.timeline import PlainScene
from widgets.theme import DATA_HUES, set_theme


class FiveHundred(PlainScene):
    """Boxes, texts, chips, bits, lines, arrows and packets, 500 in all, all of them moving."""

    duration = 1.0

    def frame(self, t: float, width: float, height: float) -> list[Shape]:
        shapes: list[Shape] = []
        for i in range(500):
            x, y = (i % 25) * 36 + t, (i // 25) * 25.0
            hue = DATA_HUES[i % 6]
            makers: tuple[Callable[[], Shape], ...] = (
                lambda x=x, y=y, hue=hue: Box(x, y, 32, 20, hue),
                lambda x=x, y=y, i=i: Text(x, y + 10, f"{i % 100}", role="small"),
                lambda x=x, y=y, i=i: Chip(x, y, 32, 20, f" t{i % 50}", key=str(i)),
                lambda x=x, y=y, i=i, hue=hue: BitCell(x, y, 18, 20, i % 2, hue),
                lambda x=x, y=y: Line(x, y, x + 30, y + 20),
                lambda x=x, y=y: Arrow(x, y, x + 30, y + 10),
                lambda x=x, y=y, hue=hue: Packet(x, y, colour=hue),
            )
            shapes.append(makers[i % 7]())
        return shapes


def milliseconds(work: Callable[[], None], times: int = 40) -> str:
    taken = []
    for _ in range(times):
        began = time.perf_counter()
        work()
        taken.append(1000 * (time.perf_counter() - began))
    return f"median {statistics.median(taken):.2f} ms, best {min(taken):.2f} ms"


def say(*words: str) -> None:
    sys.stdout.write(" ".join(words) + "\n")


def main() -> None:
    application = QApplication([])
    began = time.perf_counter()
    set_theme("dark", 1.0)
    say(f"theme: {1000 * (time.perf_counter() - began):.1f} ms")

    canvas = SceneCanvas(FiveHundred())
    canvas.resize(900, 500)
    canvas.show()
    image = QImage(900, 500, QImage.Format.Format_ARGB32_Premultiplied)
    t = 0.0

    def scene_frame() -> None:
        nonlocal t
        t += 0.01
        canvas.set_time(t)
        canvas.render(image)

    scene_frame()
    say("scene, 500 moving shapes at 900x500:", milliseconds(scene_frame))

    plot = LivePlot("Loss", "step", "loss")
    plot.resize(520, 230)
    plot.show()
    x, random = np.arange(2000), np.random.default_rng(0)
    for key, hue in (("a", "parameters"), ("b", "gradients"), ("c", "optimizer")):
        plot.add_series(key, key, hue)
    plot_image = QImage(520, 230, QImage.Format.Format_ARGB32_Premultiplied)

    def plot_frame() -> None:
        for i, key in enumerate("abc"):
            plot.set_series(key, x, i + np.exp(-x / 300) + random.normal(size=2000) * 0.05)
        plot.flush()
        plot.render(plot_image)

    plot_frame()
    say("plot, 3 x 2,000 new points at 520x230:", milliseconds(plot_frame))

    began = time.perf_counter()
    form = ConfigForm(PretrainConfig)
    form.show()
    application.processEvents()
    say(f"form of {len(PretrainConfig.settings())} settings: {1000 * (time.perf_counter() - began):.1f} ms")


if __name__ == "__main__":
    main()
