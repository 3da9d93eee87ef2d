"""The lab of "Does it help?": what each model trained on, what makes it fair, and the big numbers."""

from __future__ import annotations

from PySide6.QtWidgets import QWidget

from simulator.runs.history import RunHistory
from simulator.units import format_count
from widgets.controls import BigNumber, Card, Column, DataTable, label
from widgets.s01_data.geometry.findings import real, whole
from widgets.s01_data.geometry.help_reading import result_of
from widgets.square_numbers import SquareNumbers

_FAIR = (
    "Every model has the same size, reads the same number of tokens and starts from the same seeds. Where cleaning "
    "leaves less text, it is read more often."
)


def _count(value: float) -> str:
    return format_count(value)


def _times(value: float) -> str:
    return f"{value:.1f}×"


def _loss(value: float) -> str:
    return f"{value:.3f}"


class VariantsCard(Card):
    """What each kind of data holds, how often it was read, and the loss it led to."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("What they trained on", parent)
        self.table = DataTable(
            [
                Column("Data", share=1.0),
                Column("Pages", "number", sample="10,000", show=_count),
                Column("Unique", "number", sample="1.23M", show=_count),
                Column("Read", "number", sample="12.3×", show=_times),
                Column("Loss", "number", sample="1.234", show=_loss),
                Column("±", "number", sample="0.012", show=_loss),
            ],
            self,
        )
        self.table.setAccessibleName("What each model trained on")
        self.empty = label(
            "Pages and unique tokens of each kind of data, how often they were read, and the loss.",
            "small",
            "muted",
            wrap=True,
        )
        self.body.addWidget(self.table, 1)
        self.body.addWidget(self.empty, 1)
        self._rows: list[list[str | float | int | None]] | None = None
        self._show([])

    def show_history(self, history: RunHistory) -> None:
        """Show a run."""
        result = result_of(history)
        self._show(
            [
                [item.title, item.documents, item.unique_tokens, item.epochs, item.mean,
                 item.spread if item.mean is not None else None]
                for item in (result.variants if result is not None else ())
            ]
        )  # fmt: skip

    def _show(self, rows: list[list[str | float | int | None]]) -> None:
        if rows == self._rows:
            return
        self._rows = rows
        self.table.set_rows(rows)
        self.table.setVisible(bool(rows))
        self.empty.setVisible(not rows)


class FairCard(Card):
    """What is the same for all, in words."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("What makes it fair", parent)
        self.words = label(_FAIR, wrap=True)
        self.numbers = label("", "small", "muted", wrap=True)
        self.body.addWidget(self.words)
        self.body.addWidget(self.numbers)
        self.body.addStretch(1)

    def show_history(self, history: RunHistory) -> None:
        """Tell the numbers of a run."""
        facts = history.facts
        if real(facts.get("parameters")) is None:
            self.numbers.setText("")
            return
        self.numbers.setText(
            f"{format_count(whole(facts.get('parameters')))} parameters, "
            f"{format_count(whole(facts.get('tokens')))} tokens each, {whole(facts.get('seeds'))} seeds, "
            f"measured on {whole(facts.get('held_out_pages')):,} clean pages."
        )


class HelpNumbers(SquareNumbers):
    """What cleaning gains, and how sure that is."""

    def __init__(self, parent: QWidget | None = None) -> None:
        self.gain = BigNumber("Gain, nats/token")
        self.spread = BigNumber("Spread of seeds")
        self.best = BigNumber("Best loss")
        self.floor = BigNumber("Above the floor")
        self.gain.setToolTip("How much lower the loss is with the last kind of data than with the first")
        self.spread.setToolTip(
            "Standard deviation of the loss between seeds of one kind, the larger of the two"
        )
        self.best.setToolTip("Lowest mean loss on clean held-out text, nats a token")
        self.floor.setToolTip("How far that is above the entropy of the clean text itself")
        super().__init__([self.gain, self.spread, self.best, self.floor], self.floor, parent)

    def show_history(self, history: RunHistory) -> None:
        """Show a run's result."""
        result = result_of(history)
        for number in (self.gain, self.spread, self.best, self.floor):
            number.set_value("–")
        if result is None or result.gain is None:
            return
        best = min(variant.mean for variant in result.variants if variant.mean is not None)
        self.gain.set_value(f"{result.gain:+.3f}")
        self.spread.set_value(f"{result.spread:.3f}")
        self.best.set_value(f"{best:.3f}")
        if result.floor:
            self.floor.set_value(f"{100 * (best / result.floor - 1):.0f} %")
