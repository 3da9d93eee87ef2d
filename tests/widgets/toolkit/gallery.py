"""Paints every piece of the toolkit in both themes and at both scales, to be looked at by eye.

Run by hand: ``python tests/widgets/toolkit/gallery.py FOLDER`` writes one PNG per theme and scale.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
sys.path.insert(0, str(Path(__file__).resolve().parents[3]))

import numpy as np
from PySide6.QtCore import QPointF
from PySide6.QtWidgets import (
    QApplication,
    QCheckBox,
    QComboBox,
    QGridLayout,
    QHBoxLayout,
    QLineEdit,
    QVBoxLayout,
    QWidget,
)

from simulator.s02_objective.config import PretrainConfig
from widgets.controls import BigNumber, Card, ConfigForm, RunBar, SegmentedControl, Switch, button, label
from widgets.controls.run_bar import STATES
from widgets.plots import LivePlot
from widgets.scene.canvas import SceneCanvas
from widgets.scene.shapes import (
    Arrow,
    Bars,
    BitCell,
    Box,
    Chip,
    Dot,
    GanttRow,
    Grid,
    Image,
    Line,
    Packet,
    Polygon,
    Polyline,
    Ribbon,
    Shape,
    Span,
    Tensor,
    Text,
)
from widgets.scene.timeline import PlainScene, Sequence
from widgets.scene.transport import Transport
from widgets.theme import DATA_HUES, set_theme, theme


class GalleryScene(PlainScene):
    """One of every shape."""

    def __init__(self) -> None:
        plan = Sequence("Every shape")
        self._move = plan.step("A packet travels", move=1.0)
        plan.step("It has arrived")
        self.duration, self.marks = plan.duration, plan.marks
        random = np.random.default_rng(0)
        self._attention = np.tril(random.random((12, 12)))
        self._weights = random.normal(size=(48, 64))

    def frame(self, t: float, width: float, height: float) -> list[Shape]:
        return [
            Text(0, 10, "Round 34: the reward model scores four of 64 answers", role="section", width=width),
            *self._boxes(t),
            *self._tokens(),
            *self._arrays(),
            *self._charts(width),
            *self._flows(t, width),
        ]

    def _boxes(self, t: float) -> list[Shape]:
        return [
            Box(0, 34, 150, 56, key="policy"),
            Text(14, 52, "Policy", role="section"),
            Text(14, 72, "generates 64 answers", "text_muted", "small", width=122),
            Box(280, 34, 150, 56, "accent_soft", "accent", 2),
            Text(294, 52, "Reward model", role="section"),
            Text(294, 72, "scores each answer of them all", "text_muted", "small", width=122),
            Arrow(154, 62, 276, 62),
            Arrow(355, 94, 75, 94, via=((355, 112), (75, 112)), progress=self._move.progress(t)),
            Text(215, 54, "generate", "text_muted", "small", "center", "bottom"),
            Packet(self._move.between(t, 170, 260), 62),
            Box(450, 34, 150, 56, "", "line", 1, dashed=True),
            Text(525, 62, "not yet", "text_muted", "small", "center"),
        ]

    def _tokens(self) -> list[Shape]:
        shapes: list[Shape] = []
        x = 0.0
        for i, token in enumerate(("Nia", "'s", " pet", " is", " a", " fox", ".", "\n")):
            w = 14 + 9 * len(token)
            fill = "surface_raised" if i < 5 else "data@0.25"
            shapes.append(
                Chip(x, 128, w, 28, token, fill, stroke="accent" if i == 5 else "", key=f"token:{i}")
            )
            x += w + 4
        for i, bit in enumerate("0011110111001100"):
            hue = "kv_cache" if i == 0 else "gradients" if i < 6 else "parameters"
            shapes.append(BitCell(x + 16 + i * 20, 128, 17, 28, int(bit), hue))
        return shapes

    def _arrays(self) -> list[Shape]:
        return [
            Grid(0, 172, 120, 120, self._attention, "activations", gap=1.5, key="attention"),
            Grid(136, 172, 160, 120, self._weights, "gradients", "parameters", -2.5, 2.5),
            Tensor(316, 172, 60, 84, 8, 4, "optimizer", "W_q"),
            Polyline([(400 + i, 240 - 40 * np.sin(i / 14)) for i in range(0, 110, 2)], "good", 1.5),
            Dot(455, 200, 5, "bad"),
            Line(400, 292, 510, 292, "text_muted", 1, True),
        ]

    def _flows(self, t: float, width: float) -> list[Shape]:
        end, top = min(width, 620.0), 470.0
        progress = self._move.progress(t)
        return [
            Box(0, top, 10, 90, "data", radius=2),
            Ribbon(10, top, top + 60, end - 200, top, top + 60, "data@0.45", progress=progress, key="kept"),
            Ribbon(
                10, top + 60, top + 90, end - 200, top + 78, top + 108, "data@0.3", "bad@0.5", key="dropped"
            ),
            Box(end - 200, top, 10, 60, "data", radius=2),
            Box(end - 200, top + 78, 10, 30, "bad", radius=2),
            Polygon(
                [(end - 180, top + 10), (end - 150, top + 30), (end - 180, top + 50)], "accent", key="next"
            ),
            Image(end - 130, top, 60, 60, self._attention, "sequential", key="pixels"),
            Image(end - 60, top, 60, 60, self._weights[:12, :12], "diverging", -2.5, 2.5),
        ]

    def _charts(self, width: float) -> list[Shape]:
        spans = [Span(i, i + 0.9, DATA_HUES[i % 6], f"F{i}") for i in range(8)]
        sends = [Span(i * 1.6, i * 1.6 + 0.5, "parameters") for i in range(5)]
        return [
            GanttRow(0, 308, width, 22, spans, 8.0, "Compute", 80),
            GanttRow(0, 336, width, 22, sends, 8.0, "Network", 80),
            Bars(
                0, 368, width, 26, (0.96, 0.34, 0.1), ("Data parallel", "ZeRO-1", "ZeRO-3"),
                ("112.0 GB", "38.5 GB", "14.0 GB"), ("bad", "parameters", "parameters"), 120, 90,
            ),
        ]  # fmt: skip


def scene_card() -> Card:
    card = Card()
    scene = GalleryScene()
    canvas, transport = SceneCanvas(scene), Transport(scene)
    transport.time_changed.connect(canvas.set_time)
    transport.set_time(0.8)
    card.body.addWidget(canvas, 1)
    card.body.addWidget(transport)
    return card


def colour_card() -> Card:
    card = Card("Colours and type", None)
    card.set_note(f"{theme().name}, scale {theme().scale:g}")
    for row in (DATA_HUES, ("text", "muted", "accent", "good", "warning", "bad")):
        line = QHBoxLayout()
        for name in row:
            made = label(name, "small")
            made.setProperty("tone", name)
            line.addWidget(made)
        card.body.addLayout(line)
    for role in ("title", "section", "body", "small", "mono"):
        card.body.addWidget(label(f"{role}: 0123456789 quick brown fox", role))
    numbers = QHBoxLayout()
    for name, value, unit in (("Memory per GPU", "31.4", "GB of 80"), ("Step time", "412", "ms")):
        big = BigNumber(name)
        big.set_value(value, unit)
        numbers.addWidget(big)
    card.body.addLayout(numbers)
    return card


def controls_card() -> Card:
    card = Card("Controls")
    segments = SegmentedControl(["Data", "ZeRO / FSDP", "Tensor", "Pipeline"])
    segments.set_current("Tensor")
    card.body.addWidget(segments)
    row = QHBoxLayout()
    for made in (
        button("Start", "primary"),
        button("Pause"),
        button("Quiet", "quiet"),
        button("Show the code", "link"),
    ):
        row.addWidget(made)
    card.body.addLayout(row)
    row = QHBoxLayout()
    for made in (button("Start", "primary"), button("Pause"), QLineEdit("a line")):
        made.setEnabled(False)
        row.addWidget(made)
    card.body.addLayout(row)
    row = QHBoxLayout()
    on, box, combo = Switch(), QCheckBox("A tick"), QComboBox()
    on.setChecked(True)
    box.setChecked(True)
    combo.addItems(["a combo box", "other"])
    for made in (on, Switch(), box, combo, QLineEdit("a line of text")):
        row.addWidget(made)
    card.body.addLayout(row)
    for state in STATES:
        bar = RunBar()
        bar.set_state(state)
        if state in ("running", "paused"):
            bar.set_progress(288, 400, 21.0, "Training")
        card.body.addWidget(bar)
    return card


def form_card(expert: bool) -> Card:
    card = Card("Pre-training")
    names = {
        "profile",
        "corpus",
        "size",
        "steps",
        "batch",
        "learning_rate",
        "optimizer",
        "seed",
        "layers",
        "warmup",
    }
    form = ConfigForm(PretrainConfig, {"corpus": "/a/long/path/to/some/text/of/mine/book.txt"}, names)
    form.set_expert_open(expert)
    if expert:
        form.field("batch").type_text("40O")
    card.body.addWidget(form)
    card.body.addStretch()
    return card


def plots_card() -> Card:
    card = Card()
    random, x = np.random.default_rng(0), np.arange(288)
    loss = LivePlot("Loss", "step", "loss", "", "nats per token")
    for key, colour, floor in (
        ("fp32", "parameters", 1.1),
        ("bf16", "gradients", 1.15),
        ("fp16", "bad", 3.0),
    ):
        loss.add_series(key, key, colour)
        loss.set_series(key, x, floor + 4 * np.exp(-x / 40) + random.normal(size=288) * 0.05)
    loss.set_reference("floor", 0.39, "entropy floor 0.39")
    loss.set_x_range(0, 400)
    loss.set_note("step 288 of 400 · 21 s left")
    rate = LivePlot("Learning rate", "step", "rate")
    rate.add_series("lr", "rate", "optimizer", "dashed")
    rate.set_series("lr", x, np.where((x > 100) & (x < 130), np.nan, 4e-3 * np.exp(-x / 30)))
    rate.set_log(y=True)
    empty = LivePlot("Gradient norm", "step", "norm")
    empty.set_empty_text("Start a run, or open the recording, to see how large the gradients are.")
    for plot in (loss, rate, empty):
        card.body.addWidget(plot, 1)
    return card


def build() -> QWidget:
    root = QWidget()
    root.setObjectName("root")
    grid = QGridLayout(root)
    left, middle, right = QVBoxLayout(), QVBoxLayout(), QVBoxLayout()
    left.addWidget(scene_card(), 1)
    left.addWidget(colour_card())
    middle.addWidget(controls_card())
    middle.addWidget(plots_card(), 1)
    right.addWidget(form_card(False))
    right.addWidget(form_card(True), 1)
    for column, (layout, stretch) in enumerate(((left, 5), (middle, 4), (right, 3))):
        layout.setSpacing(theme().space("column_gap"))
        grid.addLayout(layout, 0, column)
        grid.setColumnStretch(column, stretch)
    grid.setSpacing(theme().space("column_gap"))
    return root


def main(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    application = QApplication([])
    for name in ("dark", "light"):
        for scale in (1.0, 1.6):
            set_theme(name, scale)
            root = build()
            root.resize(theme().px(1640), theme().px(1240))
            root.show()
            application.processEvents()
            for plot in root.findChildren(LivePlot):
                plot.flush()
            application.processEvents()
            view = root.findChildren(LivePlot)[0]._view
            if view is not None and scale > 1:
                view.point_at(QPointF(view.width() * 0.3, view.height() * 0.5))
            root.grab().save(str(folder / f"gallery-{name}-{scale:g}.png"))
            root.close()
            root.deleteLater()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
