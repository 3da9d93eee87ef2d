"""The mode "Landscape": a slice of the loss landscape, and the way of every runner over it."""

from __future__ import annotations

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QHBoxLayout, QWidget

from simulator.runs.history import RunHistory
from simulator.runs.store import RunInfo
from widgets.controls import Card, Switch, label
from widgets.controls.start_field import StartField
from widgets.elided import ElidedLabel
from widgets.lab_controls import LabControls
from widgets.plots import SurfacePlot
from widgets.run_view import RunView
from widgets.s05_schedule.geometry.landscape_reading import DURATION, Landscape, landscape_of
from widgets.s05_schedule.geometry.numbers import step_words
from widgets.scene.transport import Transport
from widgets.stage_tab import StageTab
from widgets.workbench import Workbench

KEY, LAB = "landscape", "landscape"
_NOTE = (
    "What a slice can show",
    "A model has as many directions as parameters; a picture has two. Here you see valleys, walls and who was "
    "thrown where. Walls in the other directions stay hidden, and a path's height is its own loss only where the "
    "path lies in the plane.",
)
_EMPTY = (
    "Choose a race and start: two directions through weight space, the loss at each point of the plane between them, "
    "and the way that every runner took."
)


class LandscapeHero(Card):
    """The surface with its paths; time is the step of the race."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent=parent)
        self._landscape: Landscape | None = None
        self._shown: tuple[object, ...] = ()
        self._drawn: set[str] = set()
        self.title = ElidedLabel("", "section", "", self)
        self.whole = Switch(self)
        self.whole.setAccessibleName("Show whole paths")
        self.plot = SurfacePlot("", "first direction", "second direction", "loss")
        self.plot.set_title("")
        self.plot.set_log(value=True)
        self.plot.set_empty_text(_EMPTY)
        self.how = label("", "small", "muted", wrap=True)
        self.transport = Transport(parent=self)
        self.transport.set_count_word("mark")
        head = QHBoxLayout()
        head.addWidget(self.title, 1)
        head.addWidget(label("Whole paths", "small", "muted"))
        head.addWidget(self.whole)
        self.body.addLayout(head)
        self.body.addWidget(self.plot, 1)
        self.body.addWidget(self.how)
        self.body.addWidget(self.transport)
        self.transport.time_changed.connect(self._show_time)
        self.whole.toggled.connect(self._redraw)
        self.show_history(RunHistory())

    def show_view(self, view: RunView) -> None:
        """Draw what the run on show has now."""
        self.show_history(view.history or RunHistory())

    def show_history(self, history: RunHistory) -> None:
        """Draw a run, if there is anything new in it."""
        shots = history.snapshots.get("surface", ())
        counted = sum(len(items) for name, items in history.records.items() if name.endswith("/path"))
        shown = (history.run, len(shots), counted, bool(history.latest("plane")))
        if shown == self._shown:
            return
        self._shown = shown
        landscape = self._landscape = landscape_of(history)
        self.transport.setVisible(landscape is not None)
        self.how.setText(landscape.how if landscape is not None else "")
        self.how.setVisible(bool(self.how.text()))
        if landscape is None:
            self._say(0.0)
            return
        self.plot.set_surface(landscape.x, landscape.y, landscape.values)
        self.transport.set_timeline(DURATION, landscape.marks())
        self.transport.set_time(DURATION)
        self._show_time(self.transport.time)

    def forget(self) -> None:
        """Another run is on show."""
        self._shown = ()
        for key in self._drawn:
            self.plot.set_path(key, [], [])
        self._drawn.clear()

    def rest(self) -> None:
        """Go to the end of all ways."""
        self.transport.pause()
        self.transport.set_time(DURATION)

    def _redraw(self) -> None:
        self._show_time(self.transport.time)

    def _show_time(self, t: float) -> None:
        """Draw the paths up to a time."""
        landscape = self._landscape
        self._say(t)
        if landscape is None:
            return
        step = landscape.step_at(t)
        for path in landscape.paths:
            x, y = path.until(step)
            self.plot.set_path(path.key, x, y, path.title, path.colour)
            whole = f"{path.key}/whole"
            self._drawn |= {path.key, whole}
            if self.whole.isChecked():
                self.plot.set_path(whole, path.x, path.y, "", f"{path.colour}@0.4", dashed=True)
            else:
                self.plot.set_path(whole, [], [])

    def _say(self, t: float) -> None:
        landscape = self._landscape
        if landscape is None:
            self.title.setText("A slice through the loss landscape")
            return
        step = landscape.step_at(t)
        gone = [path.title for path in landscape.paths if landscape.outside(path, step)]
        words = f"Step {step_words(round(step))}: {len(landscape.paths)} runners on the same slice"
        self.title.setText(f"{words}; {', '.join(gone)} left it" if gone else words)


class LandscapeMode(QObject):
    """Hero and controls of the landscape.

    Args:
        bench: What the tab is given.
        tab: Gets the mode.
    """

    def __init__(self, bench: Workbench, tab: StageTab) -> None:
        super().__init__(tab)
        self._bench = bench
        self.hero = LandscapeHero(tab)
        self.controls = LabControls(bench, LAB, start=False, start_words="Survey", parent=tab)
        self.race = StartField(
            self._races, tab, words="Race", help="The race whose runners are drawn.", none="no race yet"
        )
        self.controls.start_field = self.race
        self.controls.add_field(self.race, first=True)
        self.choose_newest()
        bench.view("race").live_changed.connect(self.choose_newest)
        tab.add_mode(
            KEY,
            "Landscape",
            self.hero,
            controls=self.controls,
            view=bench.view(LAB),
            note=_NOTE,
            diagnosed=False,
        )

    def choose_newest(self) -> None:
        """Take the newest race, unless one is chosen."""
        found = self._races() if not self.race.value() else []
        if found:
            self.race.set_value(found[0].id)

    def _races(self) -> list[RunInfo]:
        """The races that have saved their weights, newest first."""
        return [
            info
            for info in self._bench.desk.runs()
            if info.lab == "race" and info.steps >= 0 and not info.problem
        ]
