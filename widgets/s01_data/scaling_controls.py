"""The right column of the scaling view: the one number that is given, and the law."""

from __future__ import annotations

import math

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QWidget

from simulator.config import Config
from simulator.errors import ConfigError
from simulator.s01_data.scaling import Plan, optimum, power_law
from simulator.s01_data.scaling_config import ScalingConfig
from simulator.units import format_count, parse_quantity
from widgets.controls import Card, ConfigForm, FlatSlider, SegmentedControl, label
from widgets.controls.field import Entry
from widgets.controls.scroll_column import ScrollColumn
from widgets.s01_data.geometry.scaling import HIGHEST, LOWEST
from widgets.workbench import Workbench

FORM = "scaling"
_STEPS = 1000
_GIVEN = (("flops", "FLOPs"), ("params", "Parameters"), ("tokens", "Tokens"))


class ScalingControls(Card):
    """What is given decides the budget; the slider and the field say the same.

    Attributes:
        budget_wanted: The user gave a number; the budget that follows, FLOPs.
        config_changed: Another law or GPU; carries the ScalingConfig.
    """

    budget_wanted = Signal(float)
    config_changed = Signal(object)

    def __init__(self, bench: Workbench, parent: QWidget | None = None) -> None:
        super().__init__("Given", parent)
        self._bench = bench
        self._plan: Plan | None = None
        self.given = SegmentedControl(_GIVEN, self)
        self.given.set_dense()
        self.given.setAccessibleName("Which number is given")
        self.entry = Entry(self)
        self.entry.setAccessibleName("The number that is given")
        self.slider = FlatSlider(self)
        self.slider.setRange(0, _STEPS)
        self.slider.setAccessibleName("Compute budget")
        self.message = label("", "small", "bad", wrap=True)
        self.message.hide()
        self._config = _remembered(bench)
        self.form = ConfigForm(ScalingConfig, self._config.to_dict(), inline=True)
        row = QHBoxLayout()
        row.addWidget(self.slider, 1)
        row.addWidget(self.entry)
        scroll = ScrollColumn(self)
        scroll.column.addWidget(self.given)
        scroll.column.addLayout(row)
        scroll.column.addWidget(self.message)
        scroll.column.addWidget(self.form)
        scroll.column.addStretch(1)
        self.body.addWidget(scroll, 1)
        self.given.chosen.connect(self._show_given)
        self.entry.editingFinished.connect(self._entered)
        self.slider.valueChanged.connect(self._slid)
        self.form.changed.connect(self._changed)

    @property
    def config(self) -> ScalingConfig:
        """The law and the GPU, as last set without a mistake."""
        return self._config

    def show_plan(self, plan: Plan) -> None:
        """Show the number that is given, of a plan."""
        self._plan = plan
        self.slider.blockSignals(True)
        self.slider.setValue(round(_STEPS * (math.log10(plan.flops) - LOWEST) / (HIGHEST - LOWEST)))
        self.slider.blockSignals(False)
        self.slider.update()
        if not self.entry.hasFocus() or not self.entry.isModified():
            self._write(plan)
        self._say("")

    def set_roomy(self, on: bool) -> None:
        """Set lines apart where there is height for it."""
        self.form.set_roomy(on)

    def _write(self, plan: Plan) -> None:
        value = plan.to_dict()[self.given.current()]
        self.entry.setText(f"{value:.3g}" if self.given.current() == "flops" else format_count(value))
        self.entry.setModified(False)

    def _show_given(self, key: str) -> None:
        if self._plan is not None:
            self._write(self._plan)

    def _entered(self) -> None:
        """Work out the budget from what was typed."""
        if not self.entry.isModified():
            return
        try:
            value = parse_quantity(self.entry.text())
            if value < 1:
                raise ValueError("Use a number of at least 1")
            config = self._config
            found = optimum(**{self.given.current(): value}, approach=config.approach, fit=config.fit)
        except (ValueError, OverflowError) as error:
            self._say(f"{error}.")
            return
        self.entry.setModified(False)
        low, high = 10.0**LOWEST, 10.0**HIGHEST
        self.budget_wanted.emit(min(high, max(low, found.flops)))
        if not low <= found.flops <= high:
            self._say(self._limits())

    def _limits(self) -> str:
        """The smallest and largest number that lies within the sweep, in words."""
        config, given = self._config, self.given.current()
        law = power_law(config.approach, config.fit)
        ends = [10.0**LOWEST, 10.0**HIGHEST]
        if given == "flops":
            return f"Use {ends[0]:.0e} to {ends[1]:.0e} FLOPs; 'calc chinchilla' takes any.".replace(
                "e+", "e"
            )
        values = [float(law.params(end) if given == "params" else law.tokens(end)) for end in ends]
        return f"Use {format_count(values[0])} to {format_count(values[1])}; 'calc chinchilla' takes any."

    def _slid(self, value: int) -> None:
        self.entry.setModified(False)
        self.budget_wanted.emit(10.0 ** (LOWEST + (HIGHEST - LOWEST) * value / _STEPS))

    def _changed(self, config: Config) -> None:
        assert isinstance(config, ScalingConfig)  # noqa: S101  the form was made for it
        self._config = config
        self._bench.remember_form(FORM, config.to_dict())
        self.config_changed.emit(config)

    def _say(self, words: str) -> None:
        self.message.setText(words)
        self.message.setVisible(bool(words))


def _remembered(bench: Workbench) -> ScalingConfig:
    """What was set when the window was last closed; the defaults where that no longer fits."""
    try:
        return ScalingConfig.from_dict(bench.form_values(FORM))
    except ConfigError:
        return ScalingConfig()
