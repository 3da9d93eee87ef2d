"""The lab of tab 2: the loss with its floor, the throughput, what the model writes, and the few big numbers."""

from __future__ import annotations

import html

from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QWidget

from simulator.runs.events import Sample
from simulator.runs.history import RunHistory
from simulator.units import format_count, format_seconds
from widgets.controls import BigNumber, Card, IconButton, label
from widgets.controls.basics import set_look
from widgets.plots import LivePlot
from widgets.reader import Reader
from widgets.stage_parts import NumbersRow
from widgets.theme import theme

_TALL = 150
_EARLIER = 3


def known_number(history: RunHistory, name: str) -> float | None:
    """A number that the run told about itself at its start, or None."""
    value = history.facts.get(name)
    return float(value) if isinstance(value, (int, float)) and not isinstance(value, bool) else None


def latest(history: RunHistory, name: str) -> float | None:
    """The newest value of a series, or None."""
    _, values = history.series(name)
    return float(values[-1]) if len(values) else None


class LossCard(Card):
    """Loss of training (faint) and validation, with the entropy floor."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent=parent)
        self.plot = LivePlot("Loss", "step", "nats/token")
        self.plot.set_empty_text("The loss appears here while the model trains.")
        self.plot.add_series("loss", "training", "text_muted@0.5")
        self.plot.add_series("validation_loss", "held-out", "accent")
        self.plot.set_log(y=True)
        self.body.addWidget(self.plot)

    def show_history(self, history: RunHistory) -> None:
        """Draw a run."""
        for key in ("loss", "validation_loss"):
            self.plot.set_series(key, *history.series(key))
        floor = known_number(history, "floor_nats_per_token")
        self.plot.set_reference("floor", floor, f"entropy floor {floor:.2f}" if floor is not None else "")
        self.plot.set_x_range(0, history.total_steps)
        self.plot.set_note(progress_words(history))


class PaceCard(Card):
    """The learning rate and, where there is room, the throughput."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent=parent)
        self.speed = LivePlot("Throughput", "step", "tokens/s")
        self.speed.set_empty_text("Tokens a second.")
        self.speed.add_series("tokens_per_second", "", "activations")
        self.rate = LivePlot("Learning rate", "step", "")
        self.rate.set_empty_text("The learning rate.")
        self.rate.add_series("learning_rate", "", "optimizer")
        self._row = QHBoxLayout()
        self._row.addWidget(self.rate)
        self._row.addWidget(self.speed)
        self.body.addLayout(self._row)

    def set_wide(self, wide: bool) -> None:
        """Show both plots, or the learning rate alone."""
        self.speed.setVisible(wide)

    def show_history(self, history: RunHistory) -> None:
        """Draw a run."""
        for plot, key in ((self.speed, "tokens_per_second"), (self.rate, "learning_rate")):
            steps, values = history.series(key)
            plot.set_series(key, steps, values)
            plot.set_x_range(0, history.total_steps)
        speed = latest(history, "tokens_per_second")
        self.speed.set_y_range(0.0, 1.2 * float(history.series("tokens_per_second")[1].max(initial=0.0)))
        self.speed.set_note(f"{format_count(speed)}" if speed is not None else "")


class SamplesCard(Card):
    """What the model writes: the latest, and those of earlier steps one click away."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("What it writes", parent)
        self._samples: list[Sample] = []
        self._index = -1
        self._follow = True
        self._tall = False
        self.earlier = IconButton("back", "What it wrote earlier", 28)
        self.later = IconButton("forward", "What it wrote later", 28)
        self.earlier.clicked.connect(self._go_earlier)
        self.later.clicked.connect(self._go_later)
        self.reader = Reader(self)
        self.step_words = label("", "small", "muted")
        foot = QHBoxLayout()
        foot.addWidget(self.earlier)
        foot.addWidget(self.later)
        foot.addWidget(self.step_words, 1)
        self.body.addWidget(self.reader, 1)
        self.body.addLayout(foot)
        self._show()

    @property
    def sample(self) -> Sample | None:
        """The sample on show."""
        return self._samples[self._index] if self._samples else None

    def show_history(self, history: RunHistory) -> None:
        """Take a run's samples; the newest is shown unless an earlier one was chosen."""
        samples = list(history.samples)
        if samples == self._samples:
            return
        self._samples = samples
        last = len(samples) - 1
        self._index = last if self._follow else min(self._index, last)
        self._show()

    def forget(self) -> None:
        """Another run: follow its newest sample again."""
        self._samples, self._index, self._follow = [], -1, True
        self._show()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Where there is height, earlier texts stand below the one on show."""
        super().resizeEvent(event)
        if (self.reader.height() >= theme().px(_TALL)) != self._tall:
            self._show()

    def _go_earlier(self) -> None:
        self._go(self._index - 1)

    def _go_later(self) -> None:
        self._go(self._index + 1)

    def _go(self, index: int) -> None:
        self._index = max(0, min(index, len(self._samples) - 1))
        self._follow = self._index == len(self._samples) - 1
        self._show()

    def _show(self) -> None:
        sample = self.sample
        self.earlier.setEnabled(self._index > 0)
        self.later.setEnabled(self._index < len(self._samples) - 1)
        if sample is None:
            self.step_words.setText("")
            self.reader.set_html('<p class="source">A text by the model every few steps.</p>')
            return
        self._tall = self.reader.height() >= theme().px(_TALL)
        earlier = self._samples[max(0, self._index - _EARLIER) : self._index] if self._tall else []
        before = [f'<p class="source">step {item.step:,}</p>{_written(item)}' for item in reversed(earlier)]
        self.reader.set_html(_written(sample) + "".join(before))
        count = f"{self._index + 1} of {len(self._samples)}"
        self.step_words.setText(f"step {sample.step:,} · {count}")


class NumbersCard(NumbersRow):
    """Four big numbers of the run on show."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent=parent)
        self.loss = BigNumber("Loss, nats/token")
        self.bits = BigNumber("Bits per byte")
        self.speed = BigNumber("Tokens/s")
        self.floor = BigNumber("Above the floor")
        self.loss.setToolTip("Mean surprise at each token of held-out text: -ln p")
        self.bits.setToolTip(
            "The same loss in bits a byte of text: it compares models with different tokenizers"
        )
        self.speed.setToolTip("Tokens trained on in a second")
        self.floor.setToolTip(
            "How far the loss is above the entropy of the text itself, below which no model can go"
        )
        self._grid = QGridLayout()
        self._in_row: bool | None = None
        self.body.addLayout(self._grid)
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
        columns = 4 if in_row else 2
        for index, number in enumerate((self.loss, self.bits, self.floor, self.speed)):
            self._grid.removeWidget(number)
            self._grid.addWidget(number, index // columns, index % columns)
        set_look(self, "kind", "" if in_row else "card")
        self._space()

    def set_short(self, short: bool) -> None:
        """Leave the throughput out where there is little width."""
        self.speed.setVisible(not short)

    def show_history(self, history: RunHistory) -> None:
        """Show a run's newest values."""
        loss, floor = latest(history, "validation_loss"), known_number(history, "floor_nats_per_token")
        self.loss.set_value(_words(loss, "{:.3f}"))
        self.bits.set_value(_words(latest(history, "bits_per_byte"), "{:.3f}"))
        speed = latest(history, "tokens_per_second")
        self.speed.set_value("–" if speed is None else format_count(speed))
        above = 100 * (loss / floor - 1) if loss is not None and floor else None
        self.floor.set_value(_words(above, "{:.0f} %" if above is not None and above >= 100 else "{:.1f} %"))

    def _space(self) -> None:
        padding = 0 if self._in_row else theme().space("card_padding")
        self.body.setContentsMargins(padding, padding, padding, padding)
        self._grid.setHorizontalSpacing(theme().px(24 if self._in_row else 16))
        self._grid.setVerticalSpacing(theme().px(10))


def progress_words(history: RunHistory) -> str:
    """Where the run is, such as "step 288 of 400 · 21 s left"."""
    progress = history.progress
    if progress is None:
        return ""
    if history.state == "done":
        return f"done, {history.total_steps or progress.total:,} steps"
    if progress.phase not in ("", "Training"):
        return progress.phase
    words = f"step {progress.step:,} of {progress.total:,}"
    running = history.state == "running" and progress.seconds_left >= 0
    return f"{words} · {format_seconds(progress.seconds_left)} left" if running else words


def _written(sample: Sample) -> str:
    """A text of the model as rich text, its prompt told apart."""
    text = html.escape(sample.text).replace("\n", "<br/>")
    return f'<p><span class="prompt">{html.escape(sample.prompt)}</span>{text}</p>'


def _words(value: float | None, form: str) -> str:
    return "–" if value is None else form.format(value)
