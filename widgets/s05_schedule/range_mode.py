"""The mode "Range test": the loss against the rate on a logarithmic axis, and the rate that it suggests."""

from __future__ import annotations

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QHBoxLayout, QWidget

from simulator.runs.history import RunHistory
from widgets.controls import BigNumber, Card, button, label
from widgets.controls.basics import set_look
from widgets.elided import ElidedLabel
from widgets.lab_controls import LabControls
from widgets.plots import LivePlot
from widgets.run_view import RunView
from widgets.s05_schedule.geometry.numbers import rate_words
from widgets.s05_schedule.geometry.range_reading import RangeReading, range_headline, range_of
from widgets.s05_schedule.norms_switch import NormsSwitch
from widgets.square_numbers import SquareNumbers
from widgets.stage_tab import StageTab
from widgets.workbench import Workbench

KEY, LAB = "range", "range-test"
FIELDS = (
    "profile", "steps", "lowest", "highest", "corpus", "batch", "sequence", "layers", "hidden", "heads",
    "optimizer", "beta2", "weight_decay", "clip", "smoothing", "tokenizer", "vocabulary", "documents", "seed", "device",
    "threads",
)  # fmt: skip
"""Settings of the test in the order in which they are shown: all but the peak, which it looks for."""
_NOTE = (
    "Find the edge, stay below it",
    "Start with a tiny rate and make it larger at every step. Too small, nothing happens; then the loss falls, "
    "fastest where the rate does most good; then it comes apart. A good peak lies some way below that edge.",
)
_EMPTY = "Start the test: one short run whose rate grows from tiny to far too high, in less than a minute."
_TALL = {"suggested": 1.0, "diverges": 0.92, "lowest": 0.84, "steepest": 0.76}
"""How far up the line of each mark reaches: its words stand at its top, none beside another's."""


class RangeHero(Card):
    """The curve of the test with its marks.

    Attributes:
        peak_wanted: The suggested rate is to be the peak of the schedule; carries it.
    """

    peak_wanted = Signal(float)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent=parent)
        self._reading: RangeReading | None = None
        self.title = ElidedLabel("", "section", "", self)
        self.use = button("Use as peak", "primary", "Give the schedule of the first mode this peak")
        set_look(self.use, "dense", "true")
        self.plot = LivePlot("", "learning rate", "loss", "", "nats/token")
        self.plot.set_title("")
        self.plot.set_log(x=True)
        self.plot.set_empty_text(_EMPTY)
        self.why = label("", "body", "muted", wrap=True)
        head = QHBoxLayout()
        head.addWidget(self.title, 1)
        head.addWidget(self.use)
        self.body.addLayout(head)
        self.body.addWidget(self.plot, 1)
        self.body.addWidget(self.why)
        self.use.clicked.connect(self._use)
        self.show_history(RunHistory())

    def show_view(self, view: RunView) -> None:
        """Draw what the run on show has now."""
        self.show_history(view.history or RunHistory())

    def show_history(self, history: RunHistory) -> None:
        """Draw a run."""
        reading = self._reading = range_of(history)
        self.title.setText(range_headline(reading))
        self.use.setVisible(reading is not None and reading.suggested is not None)
        self.why.setText(reading.why if reading is not None else "")
        self.why.setVisible(bool(self.why.text()))
        if reading is None:
            self.plot.clear()
            return
        self._curve("loss", "", "text_muted@0.55", reading.rates, reading.losses)
        self._curve("smoothed", "smoothed", "accent", reading.smooth_rates, reading.smoothed)
        low, high = reading.loss_span()
        self.plot.set_y_range(low, high)
        for key, rate, words, colour in reading.marks:
            tall = _TALL[key]
            self._curve(key, words, colour, [rate, rate], [low, low + tall * (high - low)])

    def forget(self) -> None:
        """Another run is on show."""
        self.plot.clear()

    def _curve(self, key: str, words: str, colour: str, x: object, y: object) -> None:
        if key not in self.plot.model.series:
            self.plot.add_series(key, words, colour, "dashed" if key in _TALL else "solid")
        self.plot.model.series[key].label = words
        self.plot.set_series(key, x, y)  # type: ignore[arg-type]

    def _use(self) -> None:
        if self._reading is not None and self._reading.suggested is not None:
            self.peak_wanted.emit(self._reading.suggested)


class RangeNumbers(SquareNumbers):
    """The rates that the test marks."""

    def __init__(self, parent: QWidget | None = None) -> None:
        self.suggested = BigNumber("Suggested peak")
        self.steepest = BigNumber("Steepest fall at")
        self.edge = BigNumber("Comes apart at")
        super().__init__((self.suggested, self.steepest, self.edge), self.steepest, parent)

    def show_history(self, history: RunHistory) -> None:
        """Show a run."""
        reading = range_of(history)
        for number, name in (
            (self.suggested, "suggested"),
            (self.steepest, "steepest"),
            (self.edge, "diverges_at"),
        ):
            rate = getattr(reading, name) if reading is not None else None
            number.set_value(rate_words(rate) if rate is not None else "–")


class RangeMode(QObject):
    """Hero, controls and numbers of the range test.

    Args:
        bench: What the tab is given.
        tab: Gets the mode.
    """

    def __init__(self, bench: Workbench, tab: StageTab) -> None:
        super().__init__(tab)
        self.hero, self.numbers = RangeHero(tab), RangeNumbers(tab)
        self.controls = LabControls(
            bench, LAB, start=False, fields=FIELDS, start_words="Start the test", parent=tab
        )
        self.norms = NormsSwitch(self.controls)
        tab.add_mode(
            KEY, "Range test", self.hero, controls=self.controls, numbers=self.numbers,
            view=bench.view(LAB), note=_NOTE, diagnosed=False,
        )  # fmt: skip
