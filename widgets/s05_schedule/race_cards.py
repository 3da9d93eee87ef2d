"""The lab of the race: what was measured of each runner, what was found, and the big numbers."""

from __future__ import annotations

import math

import numpy as np
from PySide6.QtWidgets import QVBoxLayout, QWidget

from simulator.runs.history import RunHistory
from widgets.controls import BigNumber, Card, SegmentedControl, label
from widgets.controls.basics import set_tone
from widgets.controls.scroll_column import ScrollColumn
from widgets.plots import LivePlot
from widgets.s05_schedule.geometry.race_reading import MEASURES, Race, Runner, evidence_words, race_of
from widgets.square_numbers import SquareNumbers

_WORDS = (
    ("gradient_norm", "Gradient"), ("update_ratio", "Update"), ("rate", "Rate"), ("loss", "Loss"),
    ("validation_loss", "Held out"),
)  # fmt: skip
_UNITS = {"loss": "nats/token", "validation_loss": "nats/token"}
_LOG = ("gradient_norm", "update_ratio", "rate")
_RULE_OF_THUMB = 1e-3


class MeasuresCard(Card):
    """One measure of all runners, live; a switch chooses which."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent=parent)
        self._history = RunHistory()
        self._chosen = ""
        self.switch = SegmentedControl(_WORDS, self)
        self.switch.set_dense()
        self.switch.setAccessibleName("What is measured")
        self.plots: dict[str, LivePlot] = {}
        self._column = QVBoxLayout()
        self.body.addWidget(self.switch)
        self.body.addLayout(self._column, 1)
        self.switch.chosen.connect(self._show)
        self._show("gradient_norm")

    def show_history(self, history: RunHistory) -> None:
        """Draw a run."""
        self._history = history
        self._draw()

    def set_chosen(self, key: str) -> None:
        """Hold all runners but one back; "" for none."""
        self._chosen = key
        self.forget()
        self._draw()

    def forget(self) -> None:
        """Another run: its curves have other names."""
        for plot in self.plots.values():
            plot.clear()

    def _show(self, measure: str) -> None:
        if measure not in self.plots:
            plot = LivePlot("", "step", MEASURES[measure].lower(), "", _UNITS.get(measure, ""))
            plot.set_log(y=measure in _LOG)
            plot.set_title("")
            plot.set_empty_text("Every runner as it is measured, step by step.")
            self.plots[measure] = plot
            plot.setAccessibleName(MEASURES[measure])
            self._column.addWidget(plot)
        for name, plot in self.plots.items():
            plot.setVisible(name == measure)
        self._draw()

    def _draw(self) -> None:
        measure = self.switch.current()
        race, plot = race_of(self._history), self.plots[measure]
        if race is None:
            plot.clear()
            return
        plot.set_x_range(0, race.total)
        for runner in race.runners:
            name = f"{runner.key}/{measure}"
            light = "" if self._chosen in ("", runner.key) else "@0.3"
            if name not in plot.model.series:
                plot.add_series(name, runner.title, f"{runner.colour}{light}")
            plot.set_series(name, *self._history.series(name))
        if measure == "update_ratio":
            plot.set_reference("rule", _RULE_OF_THUMB, "1e-3, a rule of thumb")
        if measure in ("loss", "validation_loss"):
            plot.set_reference("floor", race.floor, f"entropy floor {race.floor:.2f}" if race.floor else "")
            plot.set_y_range(*_sane_range(race))


class FindingsCard(Card):
    """What was found about each runner, in plain words, with the numbers that say so."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("Diagnosis", parent)
        self._scroll = ScrollColumn(self)
        self.body.addWidget(self._scroll, 1)
        self._shown: list[tuple[object, ...]] | None = None
        self._chosen = ""
        self._race: Race | None = None
        self._rows: list[QWidget] = []
        self.show_history(RunHistory())

    def show_history(self, history: RunHistory) -> None:
        """Tell a run."""
        self._race = race_of(history)
        self._show()

    def set_chosen(self, key: str) -> None:
        """Tell of one runner; "" for all."""
        self._chosen = key
        self._show()

    def words(self) -> list[str]:
        """What stands there, a text a row."""
        return [str(row) for row in self._shown or []]

    def _show(self) -> None:
        runners = [
            runner
            for runner in (self._race.runners if self._race is not None else ())
            if self._chosen in ("", runner.key)
        ]
        shown: list[tuple[object, ...]] = [(runner.key, runner.title, runner.finding) for runner in runners]
        if shown == self._shown:
            return
        self._shown = shown
        for row in self._rows:
            self._scroll.column.removeWidget(row)
            row.deleteLater()
        self._rows = [_row(runner) for runner in runners] or [
            label(
                "Healthy, spiked, diverged, stalled or too slow: each runner is read as it runs, with the numbers "
                "that say so.",
                "small",
                "muted",
                wrap=True,
            )
        ]
        while self._scroll.column.count():
            self._scroll.column.takeAt(0)
        for row in self._rows:
            self._scroll.column.addWidget(row)
        self._scroll.column.addStretch(1)


def _row(runner: Runner) -> QWidget:
    row = QWidget()
    column = QVBoxLayout(row)
    column.setContentsMargins(0, 0, 0, 0)
    column.setSpacing(0)
    finding = runner.finding
    head = label(f"{runner.title}: {finding.title if finding is not None else 'running'}", "body", wrap=True)
    column.addWidget(head)
    if finding is not None:
        set_tone(head, finding.tone or "text")
        column.addWidget(label(finding.text, "small", "text", wrap=True))
        if finding.evidence:
            column.addWidget(label(evidence_words(finding), "small", "muted", wrap=True))
    return row


class RaceNumbers(SquareNumbers):
    """Who is in front, by how much, and how many came apart."""

    def __init__(self, parent: QWidget | None = None) -> None:
        self.best = BigNumber("Best loss")
        self.lead = BigNumber("Ahead by")
        self.healthy = BigNumber("Healthy")
        self.floor = BigNumber("Above floor")
        self.best.setToolTip("Lowest loss now, mean of the last 9 steps, nats a token")
        self.lead.setToolTip("How much lower that is than the next runner's")
        super().__init__((self.best, self.lead, self.healthy, self.floor), self.floor, parent)

    def show_history(self, history: RunHistory) -> None:
        """Show a run."""
        race = race_of(history)
        for number in (self.best, self.lead, self.healthy, self.floor):
            number.set_value("–")
        if race is None or race.step < 0:
            return
        losses = [runner.loss_at(race.step) for runner in race.ranks(race.step)]
        losses = [loss for loss in losses if math.isfinite(loss)]
        if losses:
            self.best.set_value(f"{losses[0]:.3f}")
            if race.floor is not None:
                self.floor.set_value(f"{losses[0] - race.floor:.3f}")
        if len(losses) > 1:
            self.lead.set_value(f"{losses[1] - losses[0]:.3f}")
        told = [runner for runner in race.runners if runner.finding is not None]
        if told:
            healthy = sum(
                1 for runner in told if runner.finding is not None and runner.finding.tone == "good"
            )
            self.healthy.set_value(f"{healthy} of {len(told)}")


def _sane_range(race: Race) -> tuple[float, float]:
    """The losses that a plot shows: a runner that blows up must not squeeze the others into a line."""
    starts = [float(runner.losses[0]) for runner in race.runners if len(runner.losses)]
    start = float(np.median(starts)) if starts else 0.0
    if not math.isfinite(start) or start <= 0:
        return 0.0, 0.0
    return max(0.0, min(1.0, 0.9 * (race.floor or 0.0))), 1.15 * start
