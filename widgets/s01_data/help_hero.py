"""The hero of "Does it help?": one model trained on dirtier and cleaner data, and its loss on clean text."""

from __future__ import annotations

import numpy as np
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from simulator.runs.history import RunHistory
from simulator.units import format_count
from widgets.controls import BigNumber, Card, label
from widgets.elided import ElidedLabel
from widgets.plots import BarsPlot, LivePlot
from widgets.plots.bars import BarSeries
from widgets.run_view import RunView
from widgets.s01_data.geometry.help_reading import (
    COLOURS,
    TITLES,
    HelpResult,
    Variant,
    curves_of,
    reading,
    result_of,
)
from widgets.s01_data.numbers import SquareNumbers
from widgets.theme import theme

_TITLE = "Same model, same tokens, other data"
_SENTENCE = "Every model reads the same clean held-out text; the lower its loss, the better its data was."
_NARROW = 620


class HelpHero(Card):
    """Loss curves of every kind of data while they train, and at the end the comparison with error bars."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent=parent)
        self.title = ElidedLabel(_TITLE, "section", "", self)
        self.sentence = ElidedLabel(_SENTENCE, "small", "muted", self)
        self.curves = LivePlot("Loss on clean held-out text", "step", "nats/token")
        self.curves.set_log(y=True)
        self.curves.set_empty_text(
            "Start: the same small model trains on raw, on filtered, and on filtered and deduplicated pages."
        )
        self.bars = BarsPlot("At the end", "nats/token")
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

    def show_view(self, view: RunView) -> None:
        """Draw what the run on show has now."""
        self.show_history(view.history or RunHistory())

    def show_history(self, history: RunHistory) -> None:
        """Draw a run."""
        curves, result = curves_of(history), result_of(history)
        self._draw_curves(history, curves)
        floor = result.floor if result is not None else _number(history.facts.get("floor_nats_per_token"))
        words = f"entropy floor {floor:.2f}" if floor is not None else ""
        self.curves.set_reference("floor", floor, words)
        self.curves.set_x_range(0, _last_step(history, curves))
        self._draw_bars(result, floor)
        title, text, _ = reading(result) if result is not None else (_TITLE, _SENTENCE, "")
        self.title.setText(title)
        self.sentence.setText(text)

    def forget(self) -> None:
        """Another run: its curves have other names."""
        self.curves.clear()
        self.bars.clear()

    def _draw_curves(self, history: RunHistory, curves: dict[str, list[str]]) -> None:
        """Thin lines for the seeds, and their mean with the label."""
        for variant, names in curves.items():
            colour = COLOURS.get(variant, "accent")
            for name in names:
                if name not in self.curves.model.series:
                    self.curves.add_series(name, "", f"{colour}@0.4", "dotted")
                self.curves.set_series(name, *history.series(name))
            mean = f"{variant}/mean"
            if mean not in self.curves.model.series:
                self.curves.add_series(mean, TITLES.get(variant, variant).lower(), colour)
            self.curves.set_series(mean, *mean_curve(history, names))

    def _draw_bars(self, result: HelpResult | None, floor: float | None) -> None:
        if result is None:
            self.bars.clear()
            return
        variants = result.variants
        self.bars.set_groups(
            [variant.title for variant in variants],
            [
                BarSeries(
                    "", "accent", [variant.mean for variant in variants],
                    [variant.spread for variant in variants],
                    [COLOURS.get(variant.key, "accent") for variant in variants],
                )
            ],
        )  # fmt: skip
        self.bars.set_reference(floor, f"floor {floor:.2f}" if floor is not None else "")

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


def _number(value: object) -> float | None:
    return float(value) if isinstance(value, (int, float)) and not isinstance(value, bool) else None


def _last_step(history: RunHistory, curves: dict[str, list[str]]) -> int:
    last = [history.series(name)[0][-1] for names in curves.values() for name in names]
    return int(max(last, default=0))


class VariantsCard(Card):
    """What each kind of data holds: documents, tokens, how many of them are different, and the loss."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("The data they trained on", parent)
        self.table = label("", "body", wrap=True)
        self.empty = label(
            "Equal tokens for all: where cleaning leaves less text, the model reads it more often.",
            "small", "muted", wrap=True,
        )  # fmt: skip
        self.variants: tuple[Variant, ...] = ()
        self.body.addWidget(self.empty)
        self.body.addStretch(1)

    def show_history(self, history: RunHistory) -> None:
        """Show a run."""
        result = result_of(history)
        self.variants = result.variants if result is not None else ()


class HelpNumbers(SquareNumbers):
    """What cleaning gains, and how sure that is."""

    def __init__(self, parent: QWidget | None = None) -> None:
        self.gain = BigNumber("Gain, nats/token")
        self.spread = BigNumber("Spread of seeds")
        self.best = BigNumber("Best loss")
        self.floor = BigNumber("Above the floor")
        self.gain.setToolTip("How much lower the loss is with the best data than with the worst")
        self.spread.setToolTip("Standard deviation of the loss between seeds, the larger of the two")
        self.best.setToolTip("Mean loss on clean held-out text with the best data, nats a token")
        self.floor.setToolTip("How far that is above the entropy of the clean text")
        super().__init__([self.gain, self.spread, self.best, self.floor], self.floor, parent)

    def show_history(self, history: RunHistory) -> None:
        """Show a run's result."""
        result = result_of(history)
        for number in (self.gain, self.spread, self.best, self.floor):
            number.set_value("–")
        if result is None:
            return
        best = min(result.variants, key=lambda variant: variant.mean)
        worst = max(result.variants, key=lambda variant: variant.mean)
        self.gain.set_value(f"{worst.mean - best.mean:.3f}")
        self.spread.set_value(f"{max(best.spread, worst.spread):.3f}")
        self.best.set_value(f"{best.mean:.3f}")
        if result.floor:
            self.floor.set_value(f"{100 * (best.mean / result.floor - 1):.1f} %")


def tokens_words(variant: Variant) -> str:
    """How often the text was read: "310k tokens, 95k different"."""
    return f"{format_count(variant.tokens)} tokens, {format_count(variant.unique_tokens)} different"
