"""The mode "Scaling" of tab 1: the compute-optimal model, and whether there is text enough for it."""

from __future__ import annotations

from PySide6.QtCore import QObject

from simulator.s01_data.scaling import optimum, published_models
from simulator.s01_data.scaling_config import ScalingConfig
from widgets.s01_data.scaling_cards import DataSetCard, ProfileCard, ScalingNumbers
from widgets.s01_data.scaling_controls import ScalingControls
from widgets.s01_data.scaling_hero import ScalingHero
from widgets.stage_tab import StageTab
from widgets.workbench import Workbench

KEY = "scaling"
_NOTE = (
    "A budget buys size or text",
    "Too large a model sees too little text, too small a one cannot use it. “20 tokens a parameter” is approaches 1 "
    "and 2; the formula of approach 3, as printed, asks for far more.",
)


class ScalingMode(QObject):
    """Keeps surface, controls, cards and numbers on one budget and one law.

    Args:
        bench: What the tab is given.
        tab: Gets the mode.
    """

    def __init__(self, bench: Workbench, tab: StageTab) -> None:
        super().__init__(tab)
        self.hero = ScalingHero(published_models()[0].flops, tab)
        self.controls = ScalingControls(bench, tab)
        self.profile = ProfileCard(tab)
        self.data_sets = DataSetCard(tab)
        self.numbers = ScalingNumbers(tab)
        self.hero.budget_shown.connect(self._show)
        self.controls.budget_wanted.connect(self.hero.show_budget)
        self.controls.config_changed.connect(self._change)
        self._config = self.controls.config
        self._change(self._config)
        tab.add_mode(
            KEY,
            "Scaling",
            self.hero,
            lab=(self.profile, self.data_sets),
            controls=self.controls,
            numbers=self.numbers,
            note=_NOTE,
        )

    def _change(self, config: ScalingConfig) -> None:
        self._config = config
        self.hero.show_config(config)
        self._show(self.hero.flops)

    def _show(self, flops: float) -> None:
        config = self._config
        plan = optimum(flops=flops, approach=config.approach, fit=config.fit)
        self.controls.show_plan(plan)
        self.profile.show_plan(plan, config)
        self.data_sets.show_plan(plan)
        self.numbers.show_plan(plan, config)


def scaling_mode(bench: Workbench, tab: StageTab) -> ScalingMode:
    """Add the mode to the tab; what it returns is for tests."""
    return ScalingMode(bench, tab)
