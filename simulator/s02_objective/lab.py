"""The pre-training lab: corpus -> tokenizer -> tokens -> toy Llama, trained on one objective."""

from __future__ import annotations

import contextlib
import math
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any, cast

from simulator.config import Config
from simulator.engine.control import StopRequested
from simulator.engine.reporter import LabContext
from simulator.errors import CheckpointError, ConfigError
from simulator.model.transformer import Transformer
from simulator.runs.history import RunHistory
from simulator.s02_objective.config import PretrainConfig
from simulator.s02_objective.learner import Learner
from simulator.s02_objective.material import TOKENIZER_FILE, Material, prepare
from simulator.s02_objective.probes import fact_accuracy, next_token_predictions, write_sample
from simulator.s02_objective.queries import find_run
from simulator.s02_objective.readings import read_run
from simulator.text.tokenizer import Tokenizer, load_tokenizer
from simulator.training.checkpoints import (
    RESUME_FILE,
    load_model,
    load_resume,
    load_weights,
    save_model,
    save_resume,
)
from simulator.training.evaluate import Score, score_rows
from simulator.training.loop import Trainer

EVALUATIONS = 20
CHECKPOINTS = 8
CHECKPOINT_BYTES = 256 << 20  # all slider checkpoints of a run together
NEWS = 0.75  # a loss this much lower is worth saying again
REPORT_SECONDS = 0.05
SAVE_SECONDS = 10.0
_LARGEST_EXPONENT = 700.0  # of e in a Python float


def run_pretrain(config: Config, context: LabContext) -> Mapping[str, Any]:
    """Run the lab: prepare the corpus, train, measure, save; returns the summary."""
    if not isinstance(config, PretrainConfig):
        raise TypeError("the pre-training lab takes a PretrainConfig")
    context.progress(0, config.steps, "Reading the corpus")
    # Going on needs the run's own files alone: the parent may be gone by then.
    source = context.folder.id if context.resume else context.parent
    start, tokenizer = read_parent(context.store_root, source) if context.parent else (None, None)
    material = prepare(config, context.folder.path, tokenizer)
    return _Pretraining(config, context, material, start).run()


def read_parent(store_root: Path, run: str) -> tuple[Transformer, Tokenizer]:
    """The last weights of the run to start from, and the tokenizer they know.

    Raises:
        CheckpointError: if it has none, or they are damaged.
    """
    folder = find_run(store_root, run)
    saved = folder.checkpoints()
    if not saved:
        raise CheckpointError(f"The run {run} has no checkpoint to start from.", hint="Choose another run.")
    return load_model(saved[-1].path)[0], load_tokenizer(folder.path / TOKENIZER_FILE)


def milestones(steps: int, count: int, power: float = 1.0) -> set[int]:
    """About ``count`` steps from 0 to the last; ``power`` > 1 crowds them at the start, where most happens."""
    return {round(steps * (index / count) ** power) for index in range(count + 1)}


def perplexity(loss: float) -> float:
    """``e^loss`` for a loss in nats/token; infinite where a float cannot hold it."""
    return math.exp(loss) if loss < _LARGEST_EXPONENT else math.inf


class _Pretraining:
    """One run: what it holds between steps."""

    def __init__(
        self, config: PretrainConfig, context: LabContext, material: Material, start: Transformer | None
    ) -> None:
        self.config, self.context, self.material = config, context, material
        self.bf16 = config.precision == "bf16" or (config.precision == "auto" and context.device.bf16)
        self.learner = Learner(
            config, config.objective, material, device=context.device.name, bf16=self.bf16, start=start
        )
        self.model, self.causal = self.learner.model, config.objective == "causal"
        weights = 4 * self.model.shape.total()
        kept = max(2, min(CHECKPOINTS, CHECKPOINT_BYTES // weights))
        evaluations = min(EVALUATIONS, max(5, config.steps // 20), config.steps)
        self.evaluate_at = milestones(config.steps, evaluations)
        self.save_at = milestones(config.steps, min(kept, config.steps), 2.0)
        self.milestones = self.evaluate_at | self.save_at | self.learner.snapshots_at
        self.held_out_losses: list[float] = []
        self._reading, self._read_loss = "", math.inf
        self._final: tuple[Score, dict[str, float]] | None = None
        self._reported_at, self._reported_step, self._saved_at = time.monotonic(), 0, time.monotonic()

    @property
    def trainer(self) -> Trainer:
        """What takes the steps."""
        return self.learner.trainer

    @property
    def resume_path(self) -> Path:
        """The file from which the run goes on after a stop."""
        return self.context.folder.path / RESUME_FILE

    def run(self) -> Mapping[str, Any]:
        """Train from the start, or from the last save, to the end."""
        start, trouble = self._restore() if self.context.resume else (0, "")
        facts = {**self._facts(), "common_tokens": self.learner.common}
        self.context.started(self.config.steps, facts, start if self.context.resume else -1)
        if trouble:
            self.context.diagnosis(start, "warning", "Resumed from an older checkpoint", trouble)
        if start == 0:
            if self.material.left_out:
                self.context.diagnosis(0, "warning", "Some text was left out", self.material.left_out)
            self._milestone(0)
        else:
            self._recall(start)
        self._start_clock(start)
        step = start
        try:
            for step in range(start, self.config.steps):
                self.context.between_steps(step)
                self._train(step)
        except StopRequested:
            self._report()
            self._save(step)
            raise
        return self._finish()

    def _restore(self) -> tuple[int, str]:
        """Put back what was saved last; where that is damaged, the newest good weights, and say so.

        Raises:
            CheckpointError: if nothing that was saved can be read.
        """
        try:
            return load_resume(self.resume_path, self.model, self.trainer.optimizers), ""
        except CheckpointError as error:
            damage = error
        for saved in reversed(self.context.folder.checkpoints()):
            with contextlib.suppress(CheckpointError):
                step = load_weights(saved.path, self.model)
                self.learner.renew_trainer()
                return step, (
                    f"{damage.message} The run goes on from the weights of step {step:,}; "
                    "its optimizer starts afresh, so its numbers differ a little from an unbroken run's."
                )
        raise damage

    def _recall(self, start: int) -> None:
        """Take up the held-out losses before ``start``, and what was last said of them."""
        history = RunHistory.of(self.context.folder.events())
        steps, losses = history.series("validation_loss")
        held_out = {int(step): float(loss) for step, loss in zip(steps, losses, strict=True) if step <= start}
        self.held_out_losses = list(held_out.values())
        self.learner.recall(history, start)
        for said in history.diagnoses:
            if said.step in held_out:
                self._reading, self._read_loss = said.title, held_out[said.step]

    def _facts(self) -> dict[str, Any]:
        shape, material = self.model.shape, self.material
        return {
            **self.learner.facts(), "objective": self.config.objective, "corpus": self.config.corpus,
            "tokenizer": self.config.tokenizer, "tokens_per_step": self.config.batch * self.config.sequence,
            "train_tokens": len(material.train.tokens), "validation_tokens": len(material.validation.tokens),
            "bytes_per_token": material.bytes_per_token, "floor_nats_per_token": self.learner.floor,
            "floor_bits_per_byte": material.floor_bits_per_byte if self.causal else None,
            "precision": "bf16" if self.bf16 else "fp32",
            "split": material.split, "data_run": material.data_run, "tokenizer_from": material.tokenizer_from,
            "blind_nats_per_token": math.log(shape.vocab),
        }  # fmt: skip

    def _train(self, index: int) -> None:
        self.trainer.step(index)
        done = index + 1
        now = time.monotonic()
        milestone = done in self.milestones
        if milestone or now - self._reported_at >= REPORT_SECONDS:
            self._report()
        if milestone:
            self._milestone(done)
        elif now - self._saved_at >= SAVE_SECONDS:
            self._save_resume(done)
            self._start_clock(done)

    def _start_clock(self, step: int) -> None:
        """Begin a stretch of pure training: throughput leaves evaluating and saving out."""
        self._reported_at, self._reported_step = time.monotonic(), step

    def _report(self) -> None:
        results = self.trainer.collect()
        if not results:
            return
        done = results[-1].step + 1
        elapsed = max(time.monotonic() - self._reported_at, 1e-9)
        rate = (done - self._reported_step) * self.config.batch * self.config.sequence / elapsed
        for result in results:
            if not math.isfinite(result.loss):
                raise ConfigError("learning_rate", f"The loss became {result.loss} at step {result.step + 1}.",
                                  hint="Lower the learning rate, or set gradient clipping to 1.")  # fmt: skip
            self.context.metrics(result.step + 1, loss=result.loss, learning_rate=result.learning_rate,
                                 gradient_norm=result.gradient_norm, tokens_per_second=rate)  # fmt: skip
        self.context.progress(done, self.config.steps)
        self._start_clock(done)

    def _milestone(self, step: int) -> None:
        if step in self.evaluate_at:
            self._evaluate(step)
        if step in self.save_at:
            self._save(step)
            self._show(step)
        if step in self.learner.snapshots_at:
            self.learner.show(self.context, step)
        self._start_clock(step)

    def _evaluate(self, step: int) -> None:
        """Measure on a part of the held-out text; at the end on all of it, in fp32."""
        material, last = self.material, step == self.config.steps
        if last:
            self.context.progress(step, step, "Measuring")
        if self.causal:
            rows = material.all_rows if last else material.quick_rows
            score = score_rows(self.model, rows, bf16=self.bf16 and not last)
            values = {"validation_loss": score.loss, "bits_per_byte": self._bits_per_byte(score)}
        else:
            found = self.learner.score(last=last)
            score = Score(found.nats, found.tokens)
            values = {"validation_loss": score.loss, "accuracy": found.accuracy}
        if self.causal and material.world is not None:
            questions = material.all_questions if last else material.quick_questions
            values["fact_accuracy"] = fact_accuracy(self.model, material, questions)
        self.context.metrics(step, **values)
        self._read(score.loss, step)
        if last:
            self._final = (score, values)

    def _read(self, held_out_loss: float, step: int) -> None:
        """Say in plain words how the run stands, when that has changed a good deal; at the end in any case."""
        self.held_out_losses.append(held_out_loss)
        last = step == self.config.steps
        floor = self.learner.floor
        reading = read_run(self.held_out_losses, self.model.shape.vocab, floor, step / self.config.steps)
        if last or reading.title != self._reading or held_out_loss < NEWS * self._read_loss:
            self._reading, self._read_loss = reading.title, held_out_loss
            self.context.diagnosis(step, reading.level, reading.title, reading.text)

    def _bits_per_byte(self, score: Score) -> float:
        return score.loss / math.log(2) / self.material.bytes_per_token

    def _show(self, step: int) -> None:
        tokenizer = self.material.tokenizer
        if self.causal:
            self.context.emit(next_token_predictions(self.model, tokenizer, self.material.probe, step))
        text = write_sample(self.model, tokenizer, self.config.seed, self.config.objective)
        self.context.sample(step, "", text)

    def _save(self, step: int) -> None:
        path = self.context.folder.checkpoint_path(step)
        self._save_resume(step)  # first: a run that has a checkpoint can always go on
        save_model(path, self.model, step)
        loss = self.held_out_losses[-1] if self.held_out_losses else -1.0
        self.context.checkpoint_saved(step, path.relative_to(self.context.folder.path).as_posix(), loss)

    def _save_resume(self, step: int) -> None:
        self.context.flush()  # what the run will not measure again must be in the record before
        save_resume(self.resume_path, self.model, self.trainer.optimizers, step)
        self._saved_at = time.monotonic()

    def _finish(self) -> Mapping[str, Any]:
        if self._final is None:  # the run was cut off between its last step and this
            self._evaluate(self.config.steps)
        score, values = cast(tuple[Score, dict[str, float]], self._final)
        floor = self.learner.floor
        summary = {
            **self._facts(), "steps": self.config.steps, "validation_loss": score.loss,
            "validation_tokens_scored": score.tokens,
            "perplexity": perplexity(score.loss),
            "above_floor": None if floor is None else score.loss / floor - 1,
        }  # fmt: skip
        if self.causal:
            summary["validation_bits_per_byte"] = values["bits_per_byte"]
        else:
            summary["baseline_nats_per_token"] = self.learner.baseline()
            summary["validation_accuracy"] = values["accuracy"]
        if "fact_accuracy" in values:
            summary["fact_accuracy"] = values["fact_accuracy"]
            summary["fact_questions"] = len(self.material.all_questions)
        return summary
