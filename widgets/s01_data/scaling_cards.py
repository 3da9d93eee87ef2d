"""Beside the loss surface: the loss along one budget, the data sets, the big numbers."""

from __future__ import annotations

import numpy as np
from PySide6.QtWidgets import QWidget

from simulator.s01_data.scaling import Plan, gpu_hours, iso_flop, optimum
from simulator.s01_data.scaling_config import ScalingConfig
from simulator.units import format_count
from widgets.controls import BigNumber, Card
from widgets.plots import LivePlot
from widgets.s01_data.geometry.datasets import DataSetScene
from widgets.s01_data.geometry.scaling_axes import power_words
from widgets.scene.canvas import SceneCanvas
from widgets.square_numbers import SquareNumbers

_DECADES = 1.3
_POINTS = 161
_TERA = 1e12


class ProfileCard(Card):
    """The loss of models of all sizes that cost the same: too small on one side, too little text on the other."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent=parent)
        self.setProperty("share", 1)
        self.plot = LivePlot("Loss by size", "parameters", "loss", "", "nats/token")
        self.plot.set_log(x=True)
        self.plot.add_series("loss", "same FLOPs", "accent")
        self.plot.add_series("best", "chosen", "text_muted", "dotted")
        self.body.addWidget(self.plot, 1)

    def show_plan(self, plan: Plan, config: ScalingConfig) -> None:
        """Draw the budget of a plan around the formula's own minimum, and mark the plan."""
        least = optimum(flops=plan.flops, approach="3", fit=config.fit)
        centre = np.sqrt(least.params * plan.params)
        reach = _DECADES + abs(np.log10(least.params / plan.params)) / 2
        sizes = np.geomspace(centre / 10**reach, centre * 10**reach, _POINTS)
        _, losses = iso_flop(plan.flops, sizes, config.fit)
        self.plot.set_series("loss", sizes, losses)
        self.plot.set_series("best", [plan.params, plan.params], [float(losses.min()), float(losses.max())])
        self.plot.set_x_range(float(sizes[0]), float(sizes[-1]))
        self.plot.set_note(f"{power_words(plan.flops)} FLOPs")


class DataSetCard(Card):
    """Is there so much text? Published data sets beside the tokens that the plan needs."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("Is there so much text?", parent)
        self.setProperty("share", 1)
        self.canvas = SceneCanvas(parent=self)
        self.canvas.set_hints(self._hint)
        self.body.addWidget(self.canvas, 1)
        self.set_note("tokens, as reported")

    def show_plan(self, plan: Plan) -> None:
        """Mark the tokens of a plan."""
        self.canvas.set_scene(DataSetScene(plan.tokens))

    def _hint(self, key: str) -> str:
        scene = self.canvas.scene
        return scene.sets[int(key.partition(":")[2])].source if isinstance(scene, DataSetScene) else ""


class ScalingNumbers(SquareNumbers):
    """The best plan for the budget in sight."""

    def __init__(self, parent: QWidget | None = None) -> None:
        self.params = BigNumber("Parameters")
        self.tokens = BigNumber("Training tokens")
        self.loss = BigNumber("Loss, nats/token")
        self.hours = BigNumber("GPU-hours")
        super().__init__((self.params, self.tokens, self.loss, self.hours), self.hours, parent)

    def show_plan(self, plan: Plan, config: ScalingConfig) -> None:
        """Show a plan's numbers."""
        peak = config.peak()
        hours = gpu_hours(plan.flops, peak.number * _TERA, config.utilization)
        self.params.set_value(format_count(plan.params))
        self.tokens.set_value(format_count(plan.tokens))
        self.loss.set_value(f"{plan.loss:.3f}")
        self.hours.set_value(format_count(hours))
        self.hours.setToolTip(
            f"6 N D FLOPs at {config.utilization:.0%} of the {peak.text} of one {config.gpu} ({peak.source})"
        )
