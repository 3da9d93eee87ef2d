"""Tab 2, the causal half: scene, lab, controls and the run in plain words."""

from __future__ import annotations

from PySide6.QtWidgets import QWidget

from simulator.runs.history import RunHistory
from simulator.stages import Stage
from widgets.s02_objective.controls_card import ControlsCard
from widgets.s02_objective.hero import PredictionHero
from widgets.s02_objective.lab_cards import LossCard, NumbersCard, PaceCard, SamplesCard
from widgets.stage_tab import StageTab
from widgets.theme import theme
from widgets.workbench import Workbench

_WIDE = 1600
_TONES = {"good": "good", "warning": "warning", "bad": "bad"}


class ObjectivePanel(StageTab):
    """The pre-training objective: what comes next, and a model that learns to say it."""

    def __init__(self, stage: Stage, bench: Workbench, parent: QWidget | None = None) -> None:
        super().__init__(stage, parent)
        self._bench = bench
        self._stale = True
        self._active = False
        self.hero = PredictionHero(bench.bridge, self)
        self.loss, self.pace, self.samples = LossCard(self), PaceCard(self), SamplesCard(self)
        self.controls, self.numbers = ControlsCard(bench, self), NumbersCard(self)
        for card, share in ((self.loss, 5), (self.pace, 3), (self.samples, 4)):
            card.setProperty("share", share)
        self.set_scene(self.hero)
        self.set_lab(self.loss, self.pace, self.samples)
        self.set_controls(self.controls, self.numbers)
        bench.runs.changed.connect(self._changed)
        bench.runs.switched.connect(self._switched)
        self._switched()

    def toggle_play(self) -> bool:
        """Play or pause the walk through the text."""
        self.hero.transport.toggle()
        return True

    def step(self, direction: int) -> bool:
        """One token back or forward, or to the ends; False at an end already reached."""
        transport = self.hero.transport
        before = transport.time
        if (direction < 0 and before <= 0) or (direction > 0 and before >= transport.duration):
            return False
        actions = {
            -2: transport.to_start,
            -1: transport.step_back,
            1: transport.step_forward,
            2: transport.to_end,
        }
        actions[direction]()
        return True

    def rest(self) -> None:
        """Hold where the scene says the most."""
        self.hero.transport.pause()
        self.hero.transport.set_time(self.hero.resting_time())

    def set_active(self, on: bool) -> None:
        """Catch up when it comes into sight; hold still when it goes."""
        self._active = on
        if on and self._stale:
            self._refresh()
        elif not on:
            self.hero.transport.pause()

    def _switched(self) -> None:
        runs = self._bench.runs
        self.samples.forget()
        self.hero.show_history(runs.history, runs.address)
        self._changed()

    def _changed(self) -> None:
        self._stale = True
        if self._active:
            self._refresh()

    def _refresh(self) -> None:
        self._stale = False
        history = self._bench.runs.history or RunHistory()
        self.hero.follow(history, self._bench.runs.address)
        for card in (self.loss, self.pace, self.samples, self.numbers):
            card.show_history(history)
        if history.diagnoses:
            newest = history.diagnoses[-1]
            self.plain_words.say(newest.title, newest.text, _TONES.get(newest.level, ""))
        else:
            self.plain_words.say("", "")

    def _arrange(self) -> None:
        super()._arrange()
        if hasattr(self, "pace"):
            self.pace.setVisible(not self.is_narrow())
            self.pace.set_wide(self.width() >= theme().px(_WIDE))
            self.controls.form.set_roomy(not self.is_low())
