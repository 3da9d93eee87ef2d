"""The lab "does cleaning help?": the same model trained on raw and on cleaned text, as many tokens each.

All trainings go in lock-step, a step each in turn, so that their curves grow beside each other and one file is enough
to go on from.
"""

from __future__ import annotations

import contextlib
import math
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch

from simulator.config import Config
from simulator.engine.control import StopRequested
from simulator.engine.reporter import LabContext
from simulator.errors import CheckpointError, ConfigError
from simulator.model.transformer import Transformer
from simulator.runs.history import RunHistory
from simulator.s01_data.help_config import HelpConfig
from simulator.s01_data.help_material import HelpMaterial, Variant, prepare_help
from simulator.s01_data.help_results import read_result, result_of
from simulator.training.checkpoints import RESUME_FILE, Learning, load_resume_of, save_resume_of
from simulator.training.data import TokenBatches
from simulator.training.evaluate import score_rows
from simulator.training.loop import CapturedTrainer, Trainer
from simulator.training.memory import available_bytes, check_memory
from simulator.training.optimizers import make_optimizers
from simulator.training.schedules import Schedule

EVALUATIONS = 6
SAVE_SECONDS = 15.0
WARMUP, DECAY, WEIGHT_DECAY, CLIP = 0.02, 0.5, 0.1, 1.0
"""Shares of the steps for warm-up and final decay; the usual decay of weights and clipping of gradients."""


@dataclass(eq=False)
class _Training:
    """One training: its variant, its seed, what has been measured."""

    variant: Variant
    seed: int
    trainer: Trainer
    losses: dict[int, float] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """Prefix of its metrics: ``raw/0``."""
        return f"{self.variant.key}/{self.seed}"


def run_help(config: Config, context: LabContext) -> Mapping[str, Any]:
    """Run the lab: clean, train every variant with every seed, measure on clean text; returns the summary.

    Raises:
        UserError: for input that cannot be used.
        StopRequested: when asked to stop; resuming goes on from the last save.
    """
    if not isinstance(config, HelpConfig):
        raise TypeError("the lab of cleaning takes a HelpConfig")

    def beat(done: int, total: int, phase: str) -> None:
        context.progress(done, total, phase)
        context.between_steps(0)

    return _Comparison(config, context, prepare_help(config, context.folder.path, beat)).run()


class _Comparison:
    """One run: all its trainings."""

    def __init__(self, config: HelpConfig, context: LabContext, material: HelpMaterial) -> None:
        self.config, self.context, self.material = config, context, material
        self.bf16 = context.device.bf16
        shape = config.shape(material.tokenizer.vocab_size)
        count = len(material.variants) * config.seeds
        free = available_bytes(context.device.name) - (count - 1) * 16 * shape.total()
        check_memory(shape, config.batch * config.sequence, bf16=self.bf16, available=free)
        self.trainings = [
            _Training(variant, seed, self._trainer(variant, seed))
            for seed in range(config.seeds)
            for variant in material.variants
        ]
        self.evaluate_at = {round(config.steps * index / EVALUATIONS) for index in range(EVALUATIONS + 1)}
        self._saved_at = time.monotonic()

    def run(self) -> Mapping[str, Any]:
        """Train from the start, or from the last save, to the end."""
        start = self._restore() if self.context.resume else 0
        self.context.started(self.config.steps, self._facts(), start if self.context.resume else -1)
        self.context.record(start, "material", self._facts())
        if start == 0:
            self._evaluate(0)
        step = start
        try:
            for step in range(start, self.config.steps):
                self.context.between_steps(step)
                self._step(step)
        except StopRequested:
            self._save(step)
            raise
        if (
            self.config.steps not in self.trainings[-1].losses
        ):  # it was cut off between its last step and this
            self._evaluate(self.config.steps)
        return self._finish()

    def _trainer(self, variant: Variant, seed: int) -> Trainer:
        config = self.config
        number = config.seed + 1000 * seed
        model = Transformer(config.shape(self.material.tokenizer.vocab_size), number).to(
            self.context.device.name
        )
        batches = TokenBatches(variant.stream, config.batch, config.sequence, number)
        captured = self.context.device.name == "cuda"
        schedule = Schedule(
            name="wsd", peak=config.learning_rate, steps=config.steps, warmup=round(WARMUP * config.steps),
            decay=round(DECAY * config.steps),
        )  # fmt: skip

        def optimizers(rate: Any) -> list[torch.optim.Optimizer]:
            return make_optimizers(
                model, "muon", learning_rate=rate, weight_decay=WEIGHT_DECAY, capturable=captured
            )

        kind = CapturedTrainer if captured else Trainer
        return kind(model, optimizers, batches, schedule, bf16=self.bf16, clip=CLIP)

    def _facts(self) -> dict[str, Any]:
        material, config = self.material, self.config
        model = self.trainings[0].trainer.model
        return {
            "compare": config.compare, "source": config.source, "seeds": config.seeds, "tokens": config.tokens,
            "parameters": model.shape.total(), "vocabulary": model.shape.vocab,
            "held_out_pages": material.held_out, "held_out_tokens": material.held_out_tokens,
            "floor_nats_per_token": material.floor, "material": material.fingerprint,
            "precision": "bf16" if self.bf16 else "fp32",
            "variants": [
                {"key": item.key, "title": item.title, "documents": item.documents, "unique_tokens": item.unique,
                 "epochs": config.tokens / item.unique}
                for item in material.variants
            ],
        }  # fmt: skip

    def _step(self, index: int) -> None:
        done = index + 1
        for training in self.trainings:
            training.trainer.step(index)
        self.context.progress(done, self.config.steps, f"Training {len(self.trainings)} models")
        if done in self.evaluate_at:
            self._evaluate(done)
        elif time.monotonic() - self._saved_at >= SAVE_SECONDS:
            self._save(done)

    def _evaluate(self, step: int) -> None:
        """Measure every model on the clean held-out text."""
        last = step == self.config.steps
        for training in self.trainings:
            for result in training.trainer.collect():
                if not math.isfinite(result.loss):
                    raise ConfigError("learning_rate", f"The loss became {result.loss} at step {result.step + 1}.",
                                      hint="Lower the learning rate.")  # fmt: skip
            score = score_rows(training.trainer.model, self.material.rows, bf16=self.bf16 and not last)
            training.losses[step] = score.loss
        self.context.metrics(step, **{f"{item.name}/loss": item.losses[step] for item in self.trainings})
        if step:
            self.context.record(step, "result", self._result(step))
        if step and not last:
            self._save(step)

    def _result(self, step: int) -> dict[str, Any]:
        losses = {
            variant.key: [item.losses[step] for item in self.trainings if item.variant is variant]
            for variant in self.material.variants
        }
        return result_of(self._facts(), losses, self.config.steps == step)

    def _finish(self) -> Mapping[str, Any]:
        steps = self.config.steps
        result = self._result(steps)
        reading = read_result(result)
        self.context.diagnosis(steps, reading.level, reading.title, reading.text)
        return {**self._facts(), "steps": steps, **result, "reading": f"{reading.title}. {reading.text}"}

    @property
    def _resume_path(self) -> Path:
        return self.context.folder.path / RESUME_FILE

    @property
    def _parts(self) -> dict[str, Learning]:
        return {f"{item.name}/": (item.trainer.model, item.trainer.optimizers) for item in self.trainings}

    def _save(self, step: int) -> None:
        for item in self.trainings:
            item.trainer.collect()
        self.context.flush()  # what the run will not measure again must be in the record before
        save_resume_of(self._resume_path, self._parts, step)
        self._saved_at = time.monotonic()

    def _restore(self) -> int:
        """Put back what was saved last, and what was measured up to there; 0 if nothing was saved.

        Raises:
            CheckpointError: if the input has changed since, or the file is damaged.
        """
        history = RunHistory.of(self.context.folder.events())
        before = history.facts.get("material")
        if before is not None and before != self.material.fingerprint:
            raise CheckpointError(
                "The pages are not what they were when this run was begun.", hint="Start a new run."
            )
        if not self._resume_path.is_file():
            return 0
        step = load_resume_of(self._resume_path, self._parts)
        for item in self.trainings:
            steps, losses = history.series(f"{item.name}/loss")
            item.losses = {int(at): float(loss) for at, loss in zip(steps, losses, strict=True) if at <= step}
        with contextlib.suppress(StopIteration):
            missing = next(
                at for at in sorted(self.evaluate_at) if at <= step and at not in self.trainings[0].losses
            )
            raise CheckpointError(
                f"The record lacks what was measured at step {missing}.", hint="Start a new run."
            )
        return step
