"""Dynamic loss scaling, as ``torch.amp.GradScaler`` does it. Pure: no torch.

The loss is multiplied by a scale before the backward pass, so every gradient is too (the chain rule is linear) and
small ones stay above what fp16 rounds to zero; the gradients are divided by it in fp32 before the update. The scale is
found by trying: it doubles after so many good steps, and where a gradient overflows the step is skipped and the scale
halved (Micikevicius et al. 2018, section 3.2; the constants are torch's).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from simulator.errors import ConfigError

INITIAL_SCALE = 65_536.0
GROWTH, BACKOFF, GROWTH_INTERVAL = 2.0, 0.5, 2_000
_LARGEST = 3.4028234663852886e38  # of fp32, in which torch keeps the scale
_SMALLEST = 2.0**-149


@dataclass
class DynamicLossScaler:
    """The scale of the loss and how it moves.

    Attributes:
        scale: What the loss is multiplied by now.
        growth: Factor after ``interval`` good steps in a row.
        backoff: Factor after a step whose gradients overflowed.
        interval: Good steps in a row before the scale grows.
        good: Good steps since the scale last moved.
        skipped: Steps skipped so far.
    """

    scale: float = INITIAL_SCALE
    growth: float = GROWTH
    backoff: float = BACKOFF
    interval: int = GROWTH_INTERVAL
    good: int = 0
    skipped: int = 0

    def __post_init__(self) -> None:
        if not 0 < self.scale <= _LARGEST:
            raise ConfigError("loss_scale", "The loss scale must be above 0 and fit in fp32.")
        if not self.growth > 1 or not 0 < self.backoff < 1 or self.interval < 1:
            raise ConfigError("loss_scale", "The scale must grow by more than 1 and back off by less than 1.")

    def update(self, overflowed: bool) -> None:
        """Move the scale after a step.

        Args:
            overflowed: Whether any gradient was infinite or NaN, so that the step was skipped.
        """
        if overflowed:
            # Below fp32's smallest number torch's scale would become 0, and no step could ever be good again.
            self.scale = max(self.scale * self.backoff, _SMALLEST)
            self.good, self.skipped = 0, self.skipped + 1
            return
        self.good += 1
        if self.good == self.interval:
            self.good = 0
            if self.scale * self.growth <= _LARGEST:
                self.scale *= self.growth

    def state(self) -> dict[str, float]:
        """What must be kept to go on after a stop."""
        return {"scale": self.scale, "good": float(self.good), "skipped": float(self.skipped)}

    def load(self, state: Mapping[str, float]) -> None:
        """Go on from what :meth:`state` gave."""
        self.scale, self.good, self.skipped = state["scale"], int(state["good"]), int(state["skipped"])
