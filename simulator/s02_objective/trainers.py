"""From settings to a model and its trainer."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import torch

from simulator.model.transformer import Transformer
from simulator.s02_objective.config import TrainingConfig
from simulator.s02_objective.learning import ObjectiveBatches, objective_loss
from simulator.s02_objective.specials import Specials
from simulator.text.packing import TokenStream
from simulator.training.data import Batches, TokenBatches
from simulator.training.loop import CapturedTrainer, LossOfRows, Trainer, next_token_loss
from simulator.training.optimizers import make_optimizers
from simulator.training.schedules import Schedule

COMPILE_STEPS = 5_000  # compiling takes about as long as it saves over so many steps on a current GPU


def first_model(config: TrainingConfig, vocabulary: int, start: Transformer | None) -> Transformer:
    """The model before the first step: random, or with the weights and the shape of ``start``.

    Special tokens that ``start`` does not know get random embeddings.
    """
    if start is None:
        return Transformer(config.shape(vocabulary), config.seed)
    known = start.shape.vocab
    shape = replace(start.shape, sequence=config.sequence, vocab=max(known, vocabulary))
    model = Transformer(shape, config.seed)
    weights = start.state_dict()
    if shape.vocab > known:
        for name in ("embedding.weight", "head.weight"):
            grown = model.state_dict()[name].clone()
            grown[:known] = weights[name]
            weights[name] = grown
    model.load_state_dict(weights)
    return model


def make_schedule(config: TrainingConfig) -> Schedule:
    """The learning-rate course that the config describes."""
    return Schedule(
        name=config.schedule, peak=config.learning_rate, steps=config.steps, warmup=round(config.warmup * config.steps),
        decay=round(config.decay * config.steps), final_ratio=config.final_ratio,
    )  # fmt: skip


def make_trainer(
    config: TrainingConfig,
    train: TokenStream,
    model: Transformer,
    bf16: bool,
    *,
    objective: str = "causal",
    specials: Specials | None = None,
) -> Trainer:
    """Optimizers and data order for a model on its device; on CUDA the step is captured.

    Args:
        config: The settings.
        train: The training tokens.
        model: On its device.
        bf16: Whether matrix products run in bf16.
        objective: What is learned.
        specials: The special tokens; not needed for causal.
    """
    batches: Batches = TokenBatches(train, config.batch, config.sequence, config.seed)
    loss: LossOfRows = next_token_loss
    if objective != "causal" and specials is not None:
        batches = objective_batches(config, train, objective, specials)
        loss = objective_loss(objective)
    captured = model.embedding.weight.device.type == "cuda"

    def optimizers(rate: Any) -> list[torch.optim.Optimizer]:
        return make_optimizers(
            model, config.optimizer, learning_rate=rate, weight_decay=config.weight_decay, capturable=captured
        )

    schedule = make_schedule(config)
    if not captured:
        return Trainer(model, optimizers, batches, schedule, bf16=bf16, clip=config.clip, loss_of_rows=loss)
    compiled = config.compile == "yes" or (config.compile == "auto" and config.steps >= COMPILE_STEPS)
    return CapturedTrainer(
        model,
        optimizers,
        batches,
        schedule,
        bf16=bf16,
        clip=config.clip,
        compiled=compiled,
        loss_of_rows=loss,
    )


def objective_batches(
    config: TrainingConfig, train: TokenStream, objective: str, specials: Specials
) -> ObjectiveBatches:
    """The training batches of an objective: the same plain rows for all objectives of one config."""
    plain = TokenBatches(train, config.batch, config.sequence, config.seed)
    return ObjectiveBatches(plain, objective, specials, config.seed, config.rules())
