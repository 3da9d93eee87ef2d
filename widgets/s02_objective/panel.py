"""Tab 2, the causal half: scene, lab, controls and the run in plain words."""

from __future__ import annotations

from PySide6.QtWidgets import QWidget

from simulator.runs.history import RunHistory
from simulator.stages import Stage
from widgets.lab_controls import LabControls
from widgets.s02_objective.hero import PredictionHero
from widgets.s02_objective.lab_cards import LossCard, NumbersCard, PaceCard, SamplesCard
from widgets.stage_tab import StageTab
from widgets.theme import theme
from widgets.workbench import Workbench

_WIDE = 1600


class ObjectivePanel(StageTab):
    """The pre-training objective: what comes next, and a model that learns to say it."""

    def __init__(self, stage: Stage, bench: Workbench, parent: QWidget | None = None) -> None:
        super().__init__(stage, parent)
        self._runs = bench.view("pretrain")
        self.hero = PredictionHero(bench.bridge, self)
        self.loss, self.pace, self.samples = LossCard(self), PaceCard(self), SamplesCard(self)
        self.controls, self.numbers = (
            LabControls(bench, "pretrain", title="Train the toy model"),
            NumbersCard(self),
        )
        for card, share in ((self.loss, 5), (self.pace, 3), (self.samples, 4)):
            card.setProperty("share", share)
        self.add_mode(
            "predict",
            "What comes next",
            self.hero,
            lab=(self.loss, self.pace, self.samples),
            controls=self.controls,
            numbers=self.numbers,
            view=self._runs,
        )
        self._runs.switched.connect(self._switched)
        self._switched()

    def refresh(self) -> None:
        """Show what the run on show has now."""
        super().refresh()
        self.hero.follow(self._runs.history or RunHistory(), self._runs.address)

    def rest(self) -> None:
        """Hold where the scene says the most."""
        self.hero.transport.pause()
        self.hero.transport.set_time(self.hero.resting_time())

    def _switched(self) -> None:
        self.hero.show_history(self._runs.history, self._runs.address)

    def _arrange(self) -> None:
        super()._arrange()
        if hasattr(self, "pace"):
            self.pace.setVisible(not self.is_narrow())
            self.pace.set_wide(self.width() >= theme().px(_WIDE))
