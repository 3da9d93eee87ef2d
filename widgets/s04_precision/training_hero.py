"""The hero of the mode "Training": numbers by power of two over the steps, and one gradient under the microscope."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtWidgets import QStackedLayout, QWidget

from simulator.formats.floats import FORMATS
from simulator.runs.history import RunHistory
from widgets.controls import Card, SegmentedControl
from widgets.elided import ElidedLabel
from widgets.plots import HistogramPlot
from widgets.plots.histogram import Zone
from widgets.run_view import RunView
from widgets.s04_precision.geometry.microscope import MicroscopeScene
from widgets.s04_precision.geometry.training import (
    COLOURS,
    KINDS,
    SHORT,
    Look,
    Vanished,
    look_words,
    looks_of,
    policies_of,
    vanished_of,
)
from widgets.scene.canvas import SceneCanvas
from widgets.scene.timeline import Mark
from widgets.scene.transport import Transport

MICROSCOPE = "one"
_SECONDS_A_LOOK = 0.7
_EMPTY = "Train, and see here how large the numbers are, and which of them each format loses."


class TrainingHero(Card):
    """A histogram or the microscope, with one transport."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent=parent)
        self._history = RunHistory()
        self._looks: tuple[Look, ...] = ()
        self._gone: tuple[Vanished, ...] = ()
        self._touched = False
        self.kind = SegmentedControl((*KINDS, (MICROSCOPE, "One gradient")), self)
        self.kind.setAccessibleName("What to look at")
        self.policy = SegmentedControl([(key, SHORT[key]) for key in policies_of(self._history)], self)
        self.policy.setAccessibleName("Precision policy")
        for control in (self.kind, self.policy):
            control.set_dense()
        self.plot = HistogramPlot("", "power of two", y_label="numbers")
        self.plot.set_empty_text(_EMPTY)
        self.canvas = SceneCanvas(None, self)
        self.canvas.setAccessibleName("A vanished gradient, bit by bit")
        self.words = ElidedLabel("", "small", "muted", self)
        self.transport = Transport(MicroscopeScene(_NOTHING), parent=self)
        self._stack = QStackedLayout()
        self._stack.addWidget(self.plot)
        self._stack.addWidget(self.canvas)
        self.plot.set_title("")
        self.body.addWidget(self.kind)
        self.body.addWidget(self.words)
        self.body.addLayout(self._stack, 1)
        self.body.addWidget(self.policy)
        self.body.addWidget(self.transport)
        self.kind.chosen.connect(self._choose)
        self.policy.chosen.connect(self._choose)
        self.transport.time_changed.connect(self._show_time)
        self._choose("")

    @property
    def look(self) -> Look | None:
        """What the histogram shows."""
        return self._looks[self._index()] if self._looks else None

    def show_view(self, view: RunView) -> None:
        """Show what the run on show has now."""
        history = view.history or RunHistory()
        self._history = history
        keys = policies_of(history)
        current = self.policy.current()
        if not self._touched and "fp16" in keys:
            current = "fp16"
        self.policy.set_choices([(key, SHORT[key]) for key in keys])
        self.policy.set_current(current if current in keys else keys[0])
        self._fill(follow=True)

    def forget(self) -> None:
        """Another run is on show."""
        self._touched = False
        self._looks, self._gone = (), ()

    def rest(self) -> None:
        """Show the end: the last look, or the rescued gradient."""
        self.transport.pause()
        self.transport.set_time(self.transport.duration)
        self._show_time(self.transport.duration)

    # ---- what is on show

    def _choose(self, _key: str) -> None:
        self._touched = self._touched or bool(_key)
        self.transport.pause()
        self._fill(follow=False)

    def _fill(self, *, follow: bool) -> None:
        one = self.kind.current() == MICROSCOPE
        self._stack.setCurrentWidget(self.canvas if one else self.plot)
        self.policy.setEnabled(not one)
        if one:
            self._fill_microscope(follow=follow)
        else:
            self._fill_looks(follow=follow)

    def _fill_looks(self, *, follow: bool) -> None:
        at_end = not self._looks or self.transport.time >= self.transport.duration
        step = self.look.step if self.look is not None else -1
        before = [look.step for look in self._looks]
        self._looks = looks_of(self._history, self.policy.current(), self.kind.current())
        if follow and before == [look.step for look in self._looks] and before:
            return
        marks = tuple(Mark(i * _SECONDS_A_LOOK, f"step {look.step:,}") for i, look in enumerate(self._looks))
        self.transport.set_timeline(max(0.0, (len(marks) - 1) * _SECONDS_A_LOOK), marks)
        steps = [look.step for look in self._looks]
        index = steps.index(step) if step in steps and not at_end else len(steps) - 1
        self._go(max(0.0, index * _SECONDS_A_LOOK))

    def _fill_microscope(self, *, follow: bool) -> None:
        gone = vanished_of(self._history)
        if follow and gone and self._gone and gone[-1] == self._gone[-1]:
            return
        self._gone = gone
        if not gone:
            self.canvas.set_scene(None)
            self.transport.set_timeline(0.0)
            self.words.setText(
                "A gradient that FP16 loses and scaling rescues appears here once a run has found one."
            )
            return
        scene = MicroscopeScene(gone[-1])
        self.canvas.set_scene(scene)
        self.transport.set_scene(scene)
        self.words.setText("Measured in this run: these are the real bits.")
        self._go(scene.duration if follow else 0.0)

    def _go(self, t: float) -> None:
        self.transport.set_time(t)
        self._show_time(t)

    def _index(self) -> int:
        return min(len(self._looks) - 1, max(0, round(self.transport.time / _SECONDS_A_LOOK)))

    def _show_time(self, t: float) -> None:
        if self.kind.current() == MICROSCOPE:
            self.canvas.set_time(t)
            return
        look = self.look
        if look is None:
            self.plot.set_histogram([], [])
            self.words.setText("")
            return
        edges, counts = look.trimmed()
        zones = _zones(look, float(edges[0]), float(edges[-1]))
        self.plot.set_histogram(edges, counts, COLOURS[self.policy.current()], zones)
        self.words.setText(look_words(look, self.kind.current()))


def _zones(look: Look, low: float, high: float) -> Sequence[Zone]:
    """What the format does to the numbers, by their size; none where its limits move with each tensor."""
    if look.tensor_scaled or look.format == "fp32":
        return ()
    title = FORMATS[look.format].title
    zero, normal, over = look.limits
    zones = (
        Zone(low, min(zero, high), f"{title} rounds these to zero", "bad"),
        Zone(max(zero, low), min(normal, high), "digits are lost", "warning"),
        Zone(max(over, low), high, "overflow", "bad"),
    )
    return tuple(zone for zone in zones if zone.low < zone.high)


_NOTHING = Vanished(0, "", (), 0.0, 0, 0, 1.0, 0.0, 0, 0.0)
