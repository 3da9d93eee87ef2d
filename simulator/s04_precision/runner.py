"""One policy of the precision lab: its model, its trainer, and what was measured of it."""

from __future__ import annotations

import math
import statistics
from collections.abc import Mapping
from typing import Any

import torch

from simulator.model.transformer import Transformer
from simulator.runs.history import RunHistory
from simulator.s04_precision.config import PrecisionConfig
from simulator.s04_precision.material import Material
from simulator.s04_precision.memory import measure_memory
from simulator.s04_precision.probing import exponents
from simulator.s04_precision.readings import Result
from simulator.training.data import TokenBatches
from simulator.training.evaluate import score_rows
from simulator.training.loss_scaling import DynamicLossScaler
from simulator.training.memory import available_bytes, check_memory
from simulator.training.optimizers import make_optimizers
from simulator.training.policies import Policy
from simulator.training.precision import PrecisionStep, PrecisionTrainer
from simulator.training.schedules import Schedule

FINAL_RATIO = 0.1


class Runner:
    """A model that trains under one policy.

    Args:
        config: The settings.
        policy: How its step keeps numbers.
        material: The text.
        device: Where it computes.
        share: Part of the free memory that it may take.

    Attributes:
        broken: Step at which an unscaled gradient was not finite, so that it trains no more; -1 while all is well.
        skipped: Steps without an update so far.
        losses: Held-out losses by step.
    """

    def __init__(
        self, config: PrecisionConfig, policy: Policy, material: Material, *, device: str, share: float
    ) -> None:
        self.config, self.policy, self.material = config, policy, material
        shape = config.shape(material.vocabulary)
        free = int(available_bytes(device) * share)
        check_memory(shape, config.batch * config.sequence, bf16=policy.forward != "fp32", available=free)
        self.model = Transformer(shape, config.seed).to(device)
        self.losses: dict[int, float] = {}
        self.broken, self.skipped = -1, 0
        self._seconds: list[float] = []
        self._vanished: dict[int, float] = {}
        self.renew_trainer()

    def renew_trainer(self) -> None:
        """An optimizer and a loss scale that start afresh."""
        config, model = self.config, self.model
        batches = TokenBatches(self.material.train, config.batch, config.sequence, config.seed)
        schedule = Schedule(
            name="cosine", peak=config.learning_rate, steps=config.steps, warmup=round(config.warmup * config.steps),
            final_ratio=FINAL_RATIO,
        )  # fmt: skip

        def optimizers(rate: float) -> list[torch.optim.Optimizer]:
            return make_optimizers(model, "adamw", learning_rate=rate, weight_decay=config.weight_decay)

        self.trainer = PrecisionTrainer(
            model, self.policy, batches, schedule, optimizers, clip=config.clip, micro_batches=config.micro_batches,
            scaler=DynamicLossScaler(scale=config.initial_scale, interval=config.growth_interval),
        )  # fmt: skip

    def step(self, index: int) -> PrecisionStep | None:
        """Train one step; None once it is broken."""
        if self.broken >= 0:
            return None
        result = self.trainer.step(index)
        self.skipped += result.skipped
        self._seconds.append(result.seconds)
        if result.skipped and not self.policy.scaled:
            self.broken = index
        return result

    def score(self, step: int) -> float:
        """Held-out loss of the master weights, in fp32: what was learned, not what a format would read."""
        self.losses[step] = score_rows(self.model, self.material.held_out).loss
        return self.losses[step]

    def look(self, step: int) -> dict[str, Any]:
        """How large everything is in the backward pass of the step to come: fields of a record ``exponents``."""
        fields = exponents(self.policy, self.model, self.trainer.rows(step), self.trainer.factor)
        self._vanished[step] = fields["vanished_share"]
        return {**fields, "loss_scale": self.trainer.loss_scale, "micro_batches": self.config.micro_batches}

    def memory(self) -> dict[str, Any]:
        """Predicted and measured memory of a step."""
        return measure_memory(self.trainer, self.trainer.rows(1))

    def result(self, steps: int) -> Result:
        """How it ended."""
        looks = list(self._vanished.values())
        return Result(
            loss=self.losses.get(steps, math.inf), vanished=statistics.fmean(looks) if looks else 0.0,
            skipped=self.skipped, scale=self.trainer.loss_scale, broken=self.broken,
            seconds=statistics.median(self._seconds) if self._seconds else 0.0,
        )  # fmt: skip

    def state(self) -> dict[str, float]:
        """Numbers to keep for going on, beside weights and optimizer: those of the loss scale."""
        return self.trainer.scaler.state() if self.trainer.scaler is not None else {}

    def load_state(self, state: Mapping[str, float]) -> None:
        """Go on from what :meth:`state` gave."""
        if self.trainer.scaler is not None:
            self.trainer.scaler.load(state)

    def recall(self, history: RunHistory, step: int) -> None:
        """Take up what the record says of the steps up to ``step``."""
        key = self.policy.key
        steps, losses = history.series(f"{key}/validation_loss")
        self.losses = {int(at): float(loss) for at, loss in zip(steps, losses, strict=True) if at <= step}
        steps, skipped = history.series(f"{key}/skipped")
        skips = [
            (int(at), int(count)) for at, count in zip(steps, skipped, strict=True) if at <= step and count
        ]
        self.skipped = skips[-1][1] if skips else 0
        if skips and not self.policy.scaled:
            self.broken = skips[0][0] - 1
        at, seconds = history.series(f"{key}/step_seconds")
        self._seconds = [float(value) for value in seconds[at <= step]]
        for item in history.records.get(f"{key}/exponents", ()):
            if item.step <= step:
                self._vanished[item.step] = float(item.fields.get("vanished_share", 0.0))
