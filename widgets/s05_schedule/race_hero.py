"""The hero of "Race": the scene of the race with its transport, live or of any run."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QStackedLayout, QWidget

from simulator.runs.history import RunHistory
from widgets.controls import Card, label
from widgets.elided import ElidedLabel
from widgets.run_view import RunView
from widgets.s05_schedule.geometry.race import RaceScene
from widgets.s05_schedule.geometry.race_reading import Race, race_of
from widgets.scene.canvas import SceneCanvas
from widgets.scene.transport import Transport

_EMPTY = (
    "No race yet. Start one at the right: the same model, data and seed, once with each schedule. "
    "The three classic failures run beside the good one: no warm-up, too high, too low."
)
_DID = {"spike": "spiked", "diverged": "blew up", "stalled": "stalled", "too-slow": "crawled"}


class RaceCanvas(SceneCanvas):
    """A canvas whose runners can be gone through by keys.

    Attributes:
        turned: To the next runner (1) or the one before (-1).
        left: No single runner is to be looked at any more.
    """

    turned = Signal(int)
    left = Signal()

    def __init__(self, scene: RaceScene | None = None, parent: QWidget | None = None) -> None:
        super().__init__(scene, parent)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Up and down go from runner to runner, Escape looks at all."""
        scene, key = self.scene, Qt.Key(event.key())
        if key in (Qt.Key.Key_Up, Qt.Key.Key_Down):
            self.turned.emit(1 if key == Qt.Key.Key_Down else -1)
        elif key == Qt.Key.Key_Escape and isinstance(scene, RaceScene) and scene.chosen:
            self.left.emit()
        else:
            super().keyPressEvent(event)


class RaceHero(Card):
    """Runners come down along their losses; a click on one holds the others back.

    Attributes:
        runner_chosen: The user looks at a runner; its key, or "" for all.
    """

    runner_chosen = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent=parent)
        self._race: Race | None = None
        self._chosen = ""
        self.title = ElidedLabel("", "section", "", self)
        self.canvas = RaceCanvas(None, self)
        self.canvas.setAccessibleName("The race")
        self.canvas.turned.connect(self._turn)
        self.canvas.left.connect(self._look_at_all)
        self.transport = Transport(parent=self)
        self.transport.set_count_word("mark")
        self.empty = label(_EMPTY, "body", "muted", wrap=True)
        self._pages = QStackedLayout()
        self._pages.addWidget(self.empty)
        self._pages.addWidget(self.canvas)
        self.body.addWidget(self.title)
        self.body.addLayout(self._pages, 1)
        self.body.addWidget(self.transport)
        self.transport.time_changed.connect(self.canvas.set_time)
        self.canvas.clicked.connect(self._clicked)
        self.show_history(RunHistory())

    @property
    def race(self) -> Race | None:
        """The race on show."""
        return self._race

    @property
    def chosen(self) -> str:
        """Key of the runner that is looked at, or ""."""
        return self._chosen

    def show_view(self, view: RunView) -> None:
        """Draw what the run on show has now."""
        self.show_history(view.history or RunHistory())

    def show_history(self, history: RunHistory) -> None:
        """Draw a run; whoever watched its head goes on with it."""
        before, race = self._race, race_of(history)
        self._race = race
        self.title.setText(headline(race))
        self._pages.setCurrentWidget(self.canvas if race is not None else self.empty)
        self.transport.setVisible(race is not None)
        if race is None:
            self.canvas.set_scene(None)
            return
        scene = RaceScene(race, self._chosen)
        head = before is None or self.transport.time >= RaceScene(before).time_of(before.step) - 0.05
        self.canvas.set_scene(scene)
        self.transport.set_scene(scene)
        if head and not self.transport.playing:
            self.transport.set_time(scene.time_of(race.step))

    def choose(self, key: str) -> None:
        """Look at one runner; "" for all."""
        if key != self._chosen:
            self._chosen = key
            if self._race is not None:
                self.canvas.set_scene(RaceScene(self._race, key))
            self.runner_chosen.emit(key)

    def forget(self) -> None:
        """Another run is on show."""
        self._race = None
        self.choose("")

    def rest(self) -> None:
        """Go to the end, where all is told."""
        self.transport.pause()
        if self._race is not None:
            self.transport.set_time(RaceScene(self._race).time_of(self._race.step))

    def _turn(self, direction: int) -> None:
        keys = [runner.key for runner in self._race.runners] if self._race is not None else []
        if keys:
            at = keys.index(self._chosen) + direction if self._chosen in keys else 0
            self.choose(keys[min(max(at, 0), len(keys) - 1)])

    def _look_at_all(self) -> None:
        self.choose("")

    def _clicked(self, key: str) -> None:
        runner = key.partition(":")[2]
        self.choose("" if runner == self._chosen else runner)


def headline(race: Race | None) -> str:
    """What the race says in one line."""
    if race is None:
        return "Same model, same data, same seed: only the schedule differs"
    if race.step < 1:
        return f"{len(race.runners)} runners at the start"
    first = race.ranks(race.step)[0]
    told: dict[str, list[str]] = {}
    for runner in race.runners:
        if runner.finding is not None and runner.finding.kind in _DID:
            told.setdefault(_DID[runner.finding.kind], []).append(runner.title)
    words = f"{first.title} is in front with {first.loss_at(race.step):.3f} nats/token"
    return "; ".join([words, *(f"{_listed(titles)} {did}" for did, titles in told.items())])


def _listed(words: list[str]) -> str:
    """Words in a row: "A", "A and B", "A, B and C"."""
    return " and ".join([", ".join(words[:-1]), words[-1]] if len(words) > 1 else words)
