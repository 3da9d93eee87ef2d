"""Paints every plot in both themes and at both scales, to be looked at by eye.

Run by hand: ``python tests/widgets/toolkit/gallery_plots.py FOLDER`` writes one PNG per theme and scale.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
sys.path.insert(0, str(Path(__file__).resolve().parents[3]))

import numpy as np
from PySide6.QtWidgets import QApplication, QGridLayout, QWidget

from widgets.controls import Card, Column, DataTable, TextPane, TextSpan
from widgets.plots import (
    BarSeries,
    BarsPlot,
    HeatMapView,
    HistogramPlot,
    MapGrid,
    PlotFrame,
    ScatterPlot,
    SurfacePlot,
    Zone,
)
from widgets.theme import set_theme, theme

TEXT = "[start] Ruth 's pet is a fox . She found it near the old mill last spring"
WORDS = TEXT.split()


def bars() -> BarsPlot:
    plot = BarsPlot("Loss on clean text", "loss", "nats/token")
    raw = BarSeries("laptop", "parameters", (0.812, 0.623, 0.571), (0.021, 0.014, 0.012))
    more = BarSeries("twice the tokens", "activations", (0.741, 0.588, 0.552), (0.017, 0.011, 0.013))
    plot.set_groups(("raw", "filtered", "deduplicated"), (raw, more))
    plot.set_reference(0.42, "entropy floor 0.42")
    return plot


def ranges() -> BarsPlot:
    plot = BarsPlot("Change of accuracy", "change", "points")
    values = (4.2, -1.3, 0.4, 7.9, -3.1)
    colours = tuple("good" if value > 0 else "bad" for value in values)
    plot.set_groups(
        ("facts", "arithmetic", "words", "dialogue", "a much longer name than fits"),
        (BarSeries("", "accent", values, (0.8, 0.9, 0.7, 1.2, 0.9), colours),),
    )
    return plot


def histogram() -> HistogramPlot:
    plot = HistogramPlot("Gradients by exponent, step 288", "exponent", "", "share")
    random = np.random.default_rng(0)
    plot.set_values(
        random.normal(-22, 4, 8000), 32, "parameters", (Zone(-60, -24, "FP16 rounds these to zero", "bad"),)
    )
    plot.set_marker(-14, "smallest normal")
    return plot


def heat() -> HeatMapView:
    plot = HeatMapView("Attention, layer 2, head 3", "query", "key", "weight", square=True)
    random = np.random.default_rng(1)
    scores = np.where(np.tri(len(WORDS)) > 0, random.normal(size=(len(WORDS),) * 2) * 1.5, -np.inf)
    weights = np.exp(scores) / np.exp(scores).sum(1, keepdims=True)
    plot.set_matrix(np.where(np.tri(len(WORDS)) > 0, weights, np.nan), WORDS, WORDS, low=0, high=1)
    plot.set_selected(6, -1)
    return plot


def errors() -> HeatMapView:
    plot = HeatMapView("Error of each weight", "row", "column", "error")
    plot.set_matrix(np.random.default_rng(2).normal(size=(24, 40)) * 0.01, ramp="diverging")
    return plot


def maps() -> MapGrid:
    grid = MapGrid("All heads")
    random = np.random.default_rng(3)
    scores = random.normal(size=(4, 6, 24, 24)) * np.linspace(0.3, 3, 4)[:, None, None, None]
    scores = np.where(np.tri(24) > 0, scores, -np.inf)
    grid.set_maps(np.exp(scores) / np.exp(scores).sum(-1, keepdims=True))
    grid.set_selected(1, 2)
    return grid


def surface() -> SurfacePlot:
    plot = SurfacePlot("Chinchilla's loss", "parameters", "tokens", "loss")
    n, d = np.geomspace(1e7, 1e12, 50), np.geomspace(1e8, 1e13, 60)
    plot.set_log(x=True, y=True)
    plot.set_surface(n, d, 1.69 + 406.4 / n[None, :] ** 0.34 + 410.7 / d[:, None] ** 0.28)
    flops = np.geomspace(1e8, 1e12, 40)
    plot.set_path("budget", flops, 5.76e23 / (6 * flops), "6ND = 5.76e23", "text", dashed=True)
    plot.set_point("gopher", 280e9, 300e9, "Gopher", "gradients")
    plot.set_point("chinchilla", 70e9, 1.4e12, "Chinchilla", "good")
    return plot


def scatter() -> ScatterPlot:
    plot = ScatterPlot("Embeddings, step 760")
    random = np.random.default_rng(4)
    groups = np.repeat(np.arange(4), 60)
    centres = np.array([(0, 0), (4, 1), (1, 4), (5, 5)])
    names = [f"{('ruth', 'fox', 'mill', 'seven')[g]}{i}" for i, g in enumerate(groups)]
    colours = [("parameters", "gradients", "optimizer", "activations")[g] for g in groups]
    plot.set_points(centres[groups] + random.normal(size=(240, 2)) * 0.7, names, colours)
    return plot


def table() -> DataTable:
    made = DataTable(
        [
            Column("Document", share=1),
            Column("Rule", share=1, tone=lambda value: "bad" if value else ""),
            Column("Measured", "number", sample="0.1234"),
            Column("Characters", "number", sample="12,345"),
        ]
    )
    rules = ("", "too few words", "", "top bigram", "no stop words", "")
    rows = [(f"example.org/page/{i}", rules[i % 6], 0.173 * (i % 7), 321 * (i % 50)) for i in range(400)]
    made.set_rows(rows)
    made.sort_by(3, largest_first=True)
    made.choose(made.shown()[2])
    return made


def pane() -> TextPane:
    made = TextPane()
    text = "Ruth lives near the old mill. Write to ruth@example.org or call 555 0102 in the morning; " * 4
    spans = []
    for word, colour, hint in (("ruth@example.org", "warning", "e-mail"), ("555 0102", "gradients", "phone")):
        start = text.find(word)
        while start >= 0:
            spans.append(TextSpan(start, start + len(word), colour, hint))
            start = text.find(word, start + 1)
    spans.append(TextSpan(0, 4, "bad", "taken out", strike=True))
    made.set_text(text, spans)
    return made


def code() -> TextPane:
    made = TextPane(mono=True)
    made.set_text(
        '<div class="nav"><a href="/">Home</a></div>\n<p>Ruth has a fox.</p>\n' * 3, [TextSpan(0, 43, "bad")]
    )
    return made


def empty() -> HeatMapView:
    plot = HeatMapView("Attention")
    plot.set_empty_text("Start a run, or open the recording, to see where the model looks.")
    return plot


def build() -> QWidget:
    root = QWidget()
    root.setObjectName("root")
    grid = QGridLayout(root)
    makers = (bars, ranges, histogram, heat, errors, maps, surface, scatter, empty, table, pane, code)
    for index, make in enumerate(makers):
        card = Card()
        card.body.addWidget(make(), 1)
        grid.addWidget(card, *divmod(index, 3))
    grid.setSpacing(theme().space("column_gap"))
    return root


def main(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    application = QApplication([])
    for name in ("dark", "light"):
        for scale in (1.0, 1.6):
            set_theme(name, scale)
            root = build()
            root.resize(theme().px(1500), theme().px(1500))
            root.show()
            application.processEvents()
            for plot in root.findChildren(PlotFrame):
                plot.flush()
            application.processEvents()
            root.grab().save(str(folder / f"plots-{name}-{scale:g}.png"))
            root.close()
            root.deleteLater()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
