"""The labs by name: which config and which function each one is. Both are loaded only when asked for.

The config module is pure (the window imports it for the form); the lab function needs torch and runs in the engine.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from simulator.config import Config
from simulator.errors import ConfigError

if TYPE_CHECKING:
    from simulator.engine.reporter import LabContext


@dataclass(frozen=True, kw_only=True)
class Lab:
    """A lab: a function of (config, context) that emits events.

    Attributes:
        name: Word on the command line: ``run pretrain``.
        stage: Key of its stage.
        title: Heading in the window.
        config: ``module:Class`` of its config.
        function: ``module:function`` that runs it.
    """

    name: str
    stage: str
    title: str
    config: str
    function: str

    def load_config(self) -> type[Config]:
        """The config class (no torch needed)."""
        loaded: type[Config] = _load(self.config)
        return loaded

    def load_function(self) -> Callable[[Config, LabContext], Mapping[str, Any]]:
        """The lab's function (imports torch)."""
        loaded: Callable[[Config, LabContext], Mapping[str, Any]] = _load(self.function)
        return loaded


LABS: dict[str, Lab] = {
    lab.name: lab
    for lab in (
        Lab(name="data", stage="s01_data", title="Clean pages into training text",
            config="simulator.s01_data.config:DataConfig",
            function="simulator.s01_data.lab:run_data"),
        Lab(name="cleaning", stage="s01_data", title="Does cleaning help?",
            config="simulator.s01_data.help_config:HelpConfig",
            function="simulator.s01_data.help_lab:run_help"),
        Lab(name="pretrain", stage="s02_objective", title="Pre-train the toy model",
            config="simulator.s02_objective.config:PretrainConfig",
            function="simulator.s02_objective.lab:run_pretrain"),
        Lab(name="objectives", stage="s02_objective", title="Two objectives side by side",
            config="simulator.s02_objective.compare_config:CompareConfig",
            function="simulator.s02_objective.compare_lab:run_compare"),
        Lab(name="precision", stage="s04_precision", title="One model in five number formats",
            config="simulator.s04_precision.config:PrecisionConfig",
            function="simulator.s04_precision.lab:run_precision"),
        Lab(name="race", stage="s05_schedule", title="Race learning-rate schedules",
            config="simulator.s05_schedule.config:RaceConfig",
            function="simulator.s05_schedule.race_lab:run_race"),
        Lab(name="range-test", stage="s05_schedule", title="Find a learning rate",
            config="simulator.s05_schedule.config:RangeTestConfig",
            function="simulator.s05_schedule.range_lab:run_range_test"),
        Lab(name="landscape", stage="s05_schedule", title="The loss around a race",
            config="simulator.s05_schedule.config:LandscapeConfig",
            function="simulator.s05_schedule.landscape_lab:run_landscape"),
    )
}  # fmt: skip


def find_lab(name: str) -> Lab:
    """Look a lab up by name.

    Raises:
        ConfigError: if there is none.
    """
    if name not in LABS:
        raise ConfigError(
            "lab", f"There is no lab called '{name}'.", hint=f"Choose one of: {', '.join(LABS)}."
        )
    return LABS[name]


def _load(path: str) -> Any:
    module, _, name = path.partition(":")
    return getattr(importlib.import_module(module), name)
