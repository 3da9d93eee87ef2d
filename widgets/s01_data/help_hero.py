"""The hero of "Does it help?": one model trained on dirtier and cleaner data, and its loss on clean text."""

from __future__ import annotations

import numpy as np
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from simulator.runs.history import RunHistory
from widgets.controls import Card
from widgets.elided import ElidedLabel
from widgets.plots import BarSeries, BarsPlot, LivePlot
from widgets.run_view import RunView
from widgets.s01_data.geometry.help_reading import HelpResult, curves_of, headline, result_of
from widgets.theme import theme


class HelpHero(Card):
    """Loss curves of every kind of data while they train, and the comparison with error bars."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent=parent)
        self.title = ElidedLabel("", "section", "", self)
        self.sentence = ElidedLabel("", "small", "muted", self)
        self.curves = LivePlot("Loss on clean held-out text", "step", "nats/token")
        self.curves.set_log(y=True)
        self.curves.set_empty_text(
            "Start: the same small model trains on raw, on filtered, and on filtered and deduplicated pages."
        )
        self.bars = BarsPlot("Mean of the seeds", "nats/token")
        self.bars.set_from_zero(False)
        self.bars.set_empty_text("The comparison, with the spread between seeds as error bars.")
        head = QVBoxLayout()
        head.setSpacing(0)
        head.addWidget(self.title)
        head.addWidget(self.sentence)
        self._row = QHBoxLayout()
        self._row.addWidget(self.curves, 3)
        self._row.addWidget(self.bars, 2)
        self.body.addLayout(head)
        self.body.addLayout(self._row, 1)
        theme().changed.connect(self._space)
        self._space()
        self.show_history(RunHistory())

    def show_view(self, view: RunView) -> None:
        """Draw what the run on show has now."""
        self.show_history(view.history or RunHistory())

    def show_history(self, history: RunHistory) -> None:
        """Draw a run."""
        result = result_of(history)
        self._draw_curves(history, result)
        floor = result.floor if result is not None else None
        self.curves.set_reference("floor", floor, f"entropy floor {floor:.2f}" if floor is not None else "")
        self.curves.set_x_range(0, history.total_steps)
        self._draw_bars(result)
        title, words = headline(result)
        self.title.setText(title)
        self.sentence.setText(words)

    def forget(self) -> None:
        """Another run: its curves have other names."""
        self.curves.clear()
        self.bars.clear()

    def _draw_curves(self, history: RunHistory, result: HelpResult | None) -> None:
        """Thin lines for the seeds, and their mean with the label."""
        looks = {variant.key: variant for variant in result.variants} if result is not None else {}
        for key, names in curves_of(history).items():
            look = looks.get(key)
            colour = look.colour if look is not None else "accent"
            for name in names:
                self._curve(name, "", f"{colour}@0.45", *history.series(name))
            words = look.title.lower() if look is not None else key
            self._curve(f"{key}/mean", words, colour, *mean_curve(history, names))

    def _curve(self, name: str, words: str, colour: str, steps: np.ndarray, losses: np.ndarray) -> None:
        if name not in self.curves.model.series:
            self.curves.add_series(name, words, colour, "solid" if words else "dotted")
        self.curves.set_series(name, steps, losses)

    def _draw_bars(self, result: HelpResult | None) -> None:
        measured = [variant for variant in result.variants if variant.mean is not None] if result else []
        if result is None or not measured:
            self.bars.clear()
            self.bars.set_reference(None)
            return
        series = BarSeries(
            "", "accent", [variant.mean or 0.0 for variant in measured],
            [variant.spread for variant in measured], [variant.colour for variant in measured],
        )  # fmt: skip
        self.bars.set_groups([variant.title for variant in measured], [series])
        self.bars.set_reference(
            result.floor, f"entropy floor {result.floor:.2f}" if result.floor is not None else ""
        )

    def _space(self) -> None:
        self._row.setSpacing(theme().px(24))


def mean_curve(history: RunHistory, names: list[str]) -> tuple[np.ndarray, np.ndarray]:
    """The mean of several series at the steps that all of them have reached."""
    found = [history.series(name) for name in names]
    shared = found[0][0]
    for steps, _ in found[1:]:
        shared = np.intersect1d(shared, steps)
    values = [series[np.isin(steps, shared)] for steps, series in found]
    return shared, np.mean(values, axis=0) if len(shared) else np.zeros(0)
