"""Questions of stage 4 that the engine answers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from simulator.errors import ConfigError
from simulator.model.shapes import SIZES, ModelShape
from simulator.model.transformer import Transformer
from simulator.s04_precision.memory import measure_memory
from simulator.training.optimizers import make_optimizers
from simulator.training.policies import find_policy
from simulator.training.precision import PrecisionTrainer
from simulator.training.schedules import Schedule

MOST_WORK = 8e9
"""Parameters times tokens of a step that is measured on a question: about a second of a slow processor."""


def toy_memory(
    store_root: Path, *, size: str = "0.1M", batch: int = 8, sequence: int = 64, policy: str = "fp32",
    vocabulary: int = 512,
) -> Mapping[str, Any]:  # fmt: skip
    """Memory of a training step of a toy model on the processor: ``predicted``, ``measured``, ``how``, ``process``.

    One real step with AdamW is made, so that its optimizer holds what it holds in training.

    Args:
        store_root: Folder of all runs; not used.
        size: Name in ``SIZES``.
        batch: Sequences in a step.
        sequence: Tokens in each.
        policy: Name of a precision policy.
        vocabulary: Tokens in the vocabulary.

    Raises:
        ConfigError: for an unknown name, numbers that do not fit, or a step too large for a quick answer.
    """
    if size not in SIZES:
        raise ConfigError("size", f"There is no size '{size}'.", hint=f"Choose one of: {', '.join(SIZES)}.")
    if min(batch, sequence, vocabulary) < 1:
        raise ConfigError("batch", "Batch, context length and vocabulary are at least 1.")
    named = SIZES[size]
    shape = ModelShape(
        layers=named.layers, hidden=named.hidden, heads=named.heads, kv_heads=named.kv_heads, ffn=named.ffn,
        vocab=vocabulary, sequence=sequence,
    )  # fmt: skip
    if shape.total() * batch * sequence > MOST_WORK:
        raise ConfigError(
            "batch", "A step of this size takes too long to be measured on the side.",
            hint="Choose a smaller model or batch, or start the precision lab: it measures its own steps.",
        )  # fmt: skip
    trainer = trainer_of(shape, policy, RandomBatches(batch, sequence, vocabulary))
    trainer.step(0)
    return measure_memory(trainer, trainer.rows(1))


@dataclass
class RandomBatches:
    """Rows of random tokens: memory does not depend on what is read."""

    batch: int
    sequence: int
    vocabulary: int

    def rows(self, step: int) -> Tensor:
        """The rows of a step, (batch, sequence + 1)."""
        generator = torch.Generator().manual_seed(step)
        return torch.randint(0, self.vocabulary, (self.batch, self.sequence + 1), generator=generator)


def trainer_of(
    shape: ModelShape, policy: str, batches: RandomBatches, device: str = "cpu"
) -> PrecisionTrainer:
    """A trainer of a new model under a policy.

    Raises:
        ConfigError: for an unknown policy.
    """
    model = Transformer(shape).to(device)

    def optimizers(rate: float) -> list[torch.optim.Optimizer]:
        return make_optimizers(model, "adamw", learning_rate=rate, weight_decay=0.0)

    schedule = Schedule(name="constant", peak=1e-3, steps=1)
    return PrecisionTrainer(model, find_policy(policy), batches, schedule, optimizers, clip=1.0)
