"""The lab of two objectives: both losses with floors and baselines, how often each is right, what both wrote."""

from __future__ import annotations

import html
from collections.abc import Mapping
from typing import Any

from PySide6.QtWidgets import QGridLayout, QWidget

from simulator.runs.history import RunHistory
from simulator.s02_objective.objectives import OBJECTIVES
from widgets.controls import BigNumber, Card
from widgets.controls.basics import set_look
from widgets.plots import LivePlot
from widgets.reader import Reader
from widgets.s02_objective.lab_cards import latest, progress_words
from widgets.s02_objective.weights import trained_objectives
from widgets.s02_objective.writing import writing_from
from widgets.stage_parts import NumbersRow
from widgets.theme import theme

LEFT, RIGHT = "accent", "text"
TITLES = {item.key: item.title for item in OBJECTIVES}
_MOST_TEXTS = 12


def pair_of(history: RunHistory) -> tuple[str, str]:
    """The left and the right objective of a run; causal and masked while none is known."""
    found = trained_objectives(history)
    return (found[0], found[1]) if len(found) > 1 else ("causal", "masked")


def number_of(history: RunHistory, fact: str, objective: str) -> float | None:
    """A number that the run told at its start for an objective, or None."""
    values = history.facts.get(fact)
    value = values.get(objective) if isinstance(values, Mapping) else None
    return float(value) if isinstance(value, (int, float)) else None


class CompareLossCard(Card):
    """Held-out loss of both (training loss faint), with each one's floor or baseline."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent=parent)
        self.plot = LivePlot("Loss of each", "step", "nats/target")
        self.plot.set_empty_text("Both losses appear here while the models train.")
        self.plot.set_log(y=True)
        self._pair: tuple[str, str] = ("", "")
        self.body.addWidget(self.plot)

    def show_history(self, history: RunHistory) -> None:
        """Draw a run."""
        pair = pair_of(history)
        if pair != self._pair:
            self._name(pair)
        for objective in pair:
            for kind in ("loss", "validation_loss"):
                key = f"{objective}/{kind}"
                self.plot.set_series(key, *history.series(key))
            floor = number_of(history, "floors", objective)
            title = TITLES[objective].lower()
            self.plot.set_reference(
                f"{objective}/floor", floor, f"{title} floor {floor:.2f}" if floor is not None else ""
            )
        self._show_baselines(history, pair)
        self.plot.set_x_range(0, history.total_steps)
        self.plot.set_note(progress_words(history))

    def _show_baselines(self, history: RunHistory, pair: tuple[str, str]) -> None:
        """What guessing by frequency alone costs; two that lie close together share their words."""
        known = {objective: number_of(history, "baselines", objective) for objective in pair}
        values = [value for value in known.values() if value is not None]
        close = len(values) == 2 and max(values) < 1.15 * min(values)
        for index, (objective, value) in enumerate(known.items()):
            words = ""
            if value is not None and close and index == 0:
                words = f"guessing by frequency {values[0]:.2f}, {values[1]:.2f}"
            elif value is not None and not close:
                words = f"{TITLES[objective].lower()} by frequency {value:.2f}"
            self.plot.set_reference(f"{objective}/baseline", value, words)

    def _name(self, pair: tuple[str, str]) -> None:
        for objective in self._pair:
            for kind in ("loss", "validation_loss"):
                self.plot.remove_series(f"{objective}/{kind}")
            for kind in ("floor", "baseline"):
                self.plot.set_reference(f"{objective}/{kind}", None, "")
        self._pair = pair
        for objective, colour in zip(pair, (LEFT, RIGHT), strict=True):
            self.plot.add_series(f"{objective}/loss", "", f"{colour}@0.3")
            self.plot.add_series(f"{objective}/validation_loss", TITLES[objective].lower(), colour)


class AccuracyCard(Card):
    """How often the likeliest token is the right one, on held-out text."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent=parent)
        self.plot = LivePlot("Right at first guess", "step", "%")
        self.plot.set_empty_text("How often each is right.")
        self._pair: tuple[str, str] = ("", "")
        self.body.addWidget(self.plot)

    def show_history(self, history: RunHistory) -> None:
        """Draw a run."""
        pair = pair_of(history)
        if pair != self._pair:
            for objective in self._pair:
                self.plot.remove_series(f"{objective}/accuracy")
            for objective, colour in zip(pair, (LEFT, RIGHT), strict=True):
                self.plot.add_series(f"{objective}/accuracy", TITLES[objective].lower(), colour)
            self._pair = pair
        for objective in pair:
            steps, values = history.series(f"{objective}/accuracy")
            self.plot.set_series(f"{objective}/accuracy", steps, 100 * values)
        self.plot.set_x_range(0, history.total_steps)
        self.plot.set_y_range(0.0, 100.0)


class TextsCard(Card):
    """What both wrote over the training steps, the newest first."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("What they write", parent)
        self.reader = Reader(self)
        self._shown = ""
        self.body.addWidget(self.reader)
        self.show_history(RunHistory())

    def show_history(self, history: RunHistory) -> None:
        """Show a run's texts."""
        pair = pair_of(history)
        by_step: dict[int, list[str]] = {}
        for objective in pair:
            first: dict[int, Mapping[str, Any]] = {}
            for record in history.records.get(f"{objective}/writing", []):
                first.setdefault(record.step, record.fields)
            for step, fields in first.items():
                by_step.setdefault(step, []).append(_written(TITLES[objective], fields))
        parts = [
            f'<p class="source">step {step:,}</p>' + "".join(by_step[step])
            for step in sorted(by_step, reverse=True)[:_MOST_TEXTS]
        ]
        shown = "".join(parts) or '<p class="source">A text by each model every few steps.</p>'
        if shown != self._shown:
            self._shown = shown
            self.reader.set_html(shown)


class CompareNumbers(NumbersRow):
    """Both losses and both shares of right guesses."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent=parent)
        self.losses: tuple[BigNumber, ...] = ()
        self.shares: tuple[BigNumber, ...] = ()
        self._pair: tuple[str, str] = ("", "")
        self._grid = QGridLayout()
        self._in_row: bool | None = None
        self._short = False
        self.body.addLayout(self._grid)
        self._name(("causal", "masked"))
        self.set_row(False)
        theme().changed.connect(self._space)
        self._space()

    @property
    def in_row(self) -> bool:
        """Whether the numbers stand in a row."""
        return bool(self._in_row)

    def set_row(self, in_row: bool) -> None:
        """Stand in a row without a surface, or in a square on a card."""
        if in_row == self._in_row:
            return
        self._in_row = in_row
        self._place()
        set_look(self, "kind", "" if in_row else "card")
        self._space()

    def set_short(self, short: bool) -> None:
        """Leave the shares out where there is little width."""
        self._short = short
        for number in self.shares:
            number.setVisible(not short)

    def show_history(self, history: RunHistory) -> None:
        """Show a run's newest values."""
        pair = pair_of(history)
        if pair != self._pair:
            self._name(pair)
            self._place()
        for objective, loss, share in zip(pair, self.losses, self.shares, strict=True):
            value, right = (
                latest(history, f"{objective}/validation_loss"),
                latest(history, f"{objective}/accuracy"),
            )
            loss.set_value("–" if value is None else f"{value:.3f}")
            share.set_value("–" if right is None else f"{100 * right:.0f} %")

    def _name(self, pair: tuple[str, str]) -> None:
        """Numbers for another pair of objectives."""
        for number in (*self.losses, *self.shares):
            self._grid.removeWidget(number)
            number.deleteLater()
        self._pair = pair
        names = [TITLES[objective].lower() for objective in pair]
        self.losses = tuple(BigNumber(f"Loss, {name}") for name in names)
        self.shares = tuple(BigNumber(f"Right, {name}") for name in names)
        for number in self.losses:
            number.setToolTip("Mean surprise at each held-out target that counts, in nats: -ln p")
        for number in self.shares:
            number.setToolTip("How often the likeliest token is the right one, on held-out text")

    def _place(self) -> None:
        columns = 4 if self._in_row else 2
        for index, number in enumerate((*self.losses, *self.shares)):
            self._grid.removeWidget(number)
            self._grid.addWidget(number, index // columns, index % columns)
        self.set_short(self._short)

    def _space(self) -> None:
        padding = 0 if self._in_row else theme().space("card_padding")
        self.body.setContentsMargins(padding, padding, padding, padding)
        self._grid.setHorizontalSpacing(theme().px(24 if self._in_row else 16))
        self._grid.setVerticalSpacing(theme().px(10))


def _written(title: str, fields: Mapping[str, Any]) -> str:
    """A text as rich text, under the name of what its model learned, its prompt told apart."""
    writing = writing_from(fields)
    if writing is None:
        return ""
    rest = writing.text.removeprefix(writing.prompt)
    prompt, text = html.escape(writing.prompt), html.escape(rest).replace("\n", "<br/>")
    return (
        f'<p><span class="source">{html.escape(title)}</span> <span class="prompt">{prompt}</span>{text}</p>'
    )
