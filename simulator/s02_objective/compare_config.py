"""Settings of the lab that trains two objectives side by side."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from simulator.config import setting
from simulator.errors import ConfigError
from simulator.s02_objective.config import TrainingConfig
from simulator.s02_objective.objectives import KEYS


@dataclass(frozen=True, kw_only=True)
class CompareConfig(TrainingConfig):
    """Train two objectives on the same text, seed, model size and number of steps; then let both models write."""

    profiles: ClassVar[Mapping[str, Mapping[str, Any]]] = {
        "quick": {
            "size": "0.1M",
            "steps": 240,
            "batch": 16,
            "sequence": 64,
            "learning_rate": 1.6e-2,
            "documents": 20_000,
        },
        "laptop": {"steps": 600},
        "gpu": {
            "size": "11M",
            "steps": 4000,
            "batch": 64,
            "sequence": 256,
            "documents": 500_000,
            "learning_rate": 2e-3,
        },
    }

    left: str = setting(
        "causal", "The objective of the first model.", label="Left", choices=KEYS, group="Objective"
    )
    right: str = setting(
        "masked", "The objective of the second model.", label="Right", choices=KEYS, group="Objective"
    )

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.left == self.right:
            raise ConfigError(
                "right", f"Both models would learn '{self.left}'.", hint="Choose two different objectives."
            )
