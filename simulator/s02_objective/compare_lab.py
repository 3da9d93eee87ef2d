"""The lab "objectives": two models learn two objectives from the same text, in lock-step; then both write."""

from __future__ import annotations

import contextlib
import math
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from simulator.config import Config
from simulator.engine.control import StopRequested
from simulator.engine.reporter import LabContext
from simulator.errors import CheckpointError, ConfigError
from simulator.model.transformer import Transformer
from simulator.runs.history import RunHistory
from simulator.s02_objective.checkpoints import RIGHT, checkpoints_of, right_path
from simulator.s02_objective.compare_config import CompareConfig
from simulator.s02_objective.contest import (
    CANDIDATES,
    SHOWN,
    Tally,
    attempts,
    find_beginnings,
    finish,
    judged,
)
from simulator.s02_objective.lab import (
    CHECKPOINT_BYTES,
    CHECKPOINTS,
    EVALUATIONS,
    REPORT_SECONDS,
    SAVE_SECONDS,
    milestones,
    read_parent,
)
from simulator.s02_objective.learner import Learner
from simulator.s02_objective.learning import ObjectiveScore
from simulator.s02_objective.material import Material, prepare
from simulator.s02_objective.objectives import find_objective
from simulator.s02_objective.readings import read_comparison
from simulator.s02_objective.writing import METHODS, Writer
from simulator.training.checkpoints import (
    RESUME_FILE,
    Learning,
    load_resume_of,
    load_weights,
    save_model,
    save_resume_of,
)


def run_compare(config: Config, context: LabContext) -> Mapping[str, Any]:
    """Run the lab: prepare the corpus, train both, measure both, let both write; returns the summary."""
    if not isinstance(config, CompareConfig):
        raise TypeError("the lab of two objectives takes a CompareConfig")
    context.progress(0, config.steps, "Reading the corpus")
    # Going on needs the run's own files alone: the parent may be gone by then.
    source = context.folder.id if context.resume else context.parent
    start, tokenizer = read_parent(context.store_root, source) if context.parent else (None, None)
    return _Comparison(config, context, prepare(config, context.folder.path, tokenizer), start).run()


class _Comparison:
    """One run: what it holds between steps."""

    def __init__(
        self, config: CompareConfig, context: LabContext, material: Material, start: Transformer | None
    ) -> None:
        self.config, self.context, self.material = config, context, material
        self.bf16 = config.precision == "bf16" or (config.precision == "auto" and context.device.bf16)
        self.learners = {
            side: Learner(
                config, objective, material, device=context.device.name, bf16=self.bf16, start=start, shared=True,
                share=part,
            )
            for side, objective, part in (("left", config.left, 0.5), (RIGHT, config.right, 1.0))
        }  # fmt: skip
        first = self.learners["left"]
        kept = max(2, min(CHECKPOINTS, CHECKPOINT_BYTES // (8 * first.model.shape.total())))
        evaluations = min(EVALUATIONS, max(5, config.steps // 20), config.steps)
        self.evaluate_at = milestones(config.steps, evaluations)
        self.save_at = milestones(config.steps, min(kept, config.steps), 2.0)
        self.show_at = first.snapshots_at
        self.milestones = self.evaluate_at | self.save_at | self.show_at
        self.beginnings = find_beginnings(material)
        self.scores: dict[str, ObjectiveScore] = {}
        self._reported_at, self._reported_step, self._saved_at = time.monotonic(), 0, time.monotonic()

    @property
    def resume_path(self) -> Path:
        """The file from which the run goes on after a stop."""
        return self.context.folder.path / RESUME_FILE

    @property
    def _parts(self) -> dict[str, Learning]:
        return {f"{side}/": (item.model, item.trainer.optimizers) for side, item in self.learners.items()}

    def run(self) -> Mapping[str, Any]:
        """Train from the start, or from the last save, to the end."""
        start, trouble = self._restore() if self.context.resume else (0, "")
        facts = {**self._facts(), "common_tokens": self.learners["left"].common}
        self.context.started(self.config.steps, facts, start if self.context.resume else -1)
        if trouble:
            self.context.diagnosis(start, "warning", "Resumed from an older checkpoint", trouble)
        if start == 0:
            if self.material.left_out:
                self.context.diagnosis(0, "warning", "Some text was left out", self.material.left_out)
            self._milestone(0)
        else:
            history = RunHistory.of(self.context.folder.events())
            for item in self.learners.values():
                item.recall(history, start, f"{item.objective}/")
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
        """Put back what was saved last; where that is damaged, the newest good weights of both, and say so.

        Raises:
            CheckpointError: if nothing that was saved can be read.
        """
        try:
            return load_resume_of(self.resume_path, self._parts), ""
        except CheckpointError as error:
            damage = error
        right = {item.step: item.path for item in checkpoints_of(self.context.folder, RIGHT)}
        for saved in reversed(checkpoints_of(self.context.folder)):
            if saved.step not in right:
                continue
            with contextlib.suppress(CheckpointError):
                load_weights(saved.path, self.learners["left"].model)
                load_weights(right[saved.step], self.learners[RIGHT].model)
                for item in self.learners.values():
                    item.renew_trainer()
                return saved.step, (
                    f"{damage.message} The run goes on from the weights of step {saved.step:,}; "
                    "its optimizers start afresh, so its numbers differ a little from an unbroken run's."
                )
        raise damage

    def _facts(self) -> dict[str, Any]:
        material, learners = self.material, self.learners.values()
        return {
            **self.learners["left"].facts(), "objectives": [item.objective for item in learners],
            "floors": {item.objective: item.floor for item in learners},
            "baselines": {item.objective: item.baseline() for item in learners},
            "blind_nats_per_token": math.log(self.learners["left"].model.shape.vocab),
            "corpus": self.config.corpus, "tokenizer": self.config.tokenizer,
            "tokens_per_step": self.config.batch * self.config.sequence,
            "train_tokens": len(material.train.tokens), "validation_tokens": len(material.validation.tokens),
            "bytes_per_token": material.bytes_per_token, "precision": "bf16" if self.bf16 else "fp32",
            "split": material.split, "data_run": material.data_run, "tokenizer_from": material.tokenizer_from,
        }  # fmt: skip

    def _train(self, index: int) -> None:
        for item in self.learners.values():
            item.trainer.step(index)
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
        results = {item.objective: item.trainer.collect() for item in self.learners.values()}
        pairs = list(zip(*results.values(), strict=True))
        if not pairs:
            return
        done = pairs[-1][0].step + 1
        elapsed = max(time.monotonic() - self._reported_at, 1e-9)
        rate = (done - self._reported_step) * self.config.batch * self.config.sequence / elapsed
        for pair in pairs:
            values = {"learning_rate": pair[0].learning_rate, "tokens_per_second": rate}
            for objective, result in zip(results, pair, strict=True):
                if not math.isfinite(result.loss):
                    raise ConfigError(
                        "learning_rate", f"The {objective} loss became {result.loss} at step {result.step + 1}.",
                        hint="Lower the learning rate, or set gradient clipping to 1.",
                    )  # fmt: skip
                values[f"{objective}/loss"] = result.loss
                values[f"{objective}/gradient_norm"] = result.gradient_norm
            self.context.metrics(pair[0].step + 1, **values)
        self.context.progress(done, self.config.steps)
        self._start_clock(done)

    def _milestone(self, step: int) -> None:
        if step in self.evaluate_at:
            self._evaluate(step)
        if step in self.save_at:
            self._save(step)
            self._sample(step)
        if step in self.show_at:
            for item in self.learners.values():
                item.show(self.context, step, f"{item.objective}/")
        self._start_clock(step)

    def _evaluate(self, step: int) -> None:
        last = step == self.config.steps
        if last:
            self.context.progress(step, step, "Measuring")
        for item in self.learners.values():
            score = item.score(last=last)
            self.scores[item.objective] = score
            values = {"validation_loss": score.loss, "accuracy": score.accuracy}
            named = {f"{item.objective}/{name}": value for name, value in values.items()}
            self.context.metrics(step, **named)

    def _sample(self, step: int) -> None:
        """Both go on from the first beginning, in the usual way of each."""
        if not self.beginnings or step == self.config.steps:
            return  # at the end both write a good deal more
        beginning = self.beginnings[0]
        for item in self.learners.values():
            writer = Writer(item.model, self.material.tokenizer, 3)
            result = finish(writer, item.objective, METHODS[item.objective][0], beginning)
            told = judged(self.material.world, beginning, result)
            self.context.record(step, f"{item.objective}/writing", {**told, "step": step, "number": 0})

    def _save(self, step: int) -> None:
        folder = self.context.folder
        path = folder.checkpoint_path(step)
        self._save_resume(step)  # first: a run that has a checkpoint can always go on
        save_model(right_path(folder, step), self.learners[RIGHT].model, step)
        save_model(path, self.learners["left"].model, step)
        score = self.scores.get(self.config.left)
        self.context.checkpoint_saved(
            step, path.relative_to(folder.path).as_posix(), score.loss if score else -1.0
        )

    def _save_resume(self, step: int) -> None:
        self.context.flush()  # what the run will not measure again must be in the record before
        save_resume_of(self.resume_path, self._parts, step)
        self._saved_at = time.monotonic()

    def _finish(self) -> Mapping[str, Any]:
        steps = self.config.steps
        if not self.scores:  # the run was cut off between its last step and this
            self._evaluate(steps)
        written = self._generate()
        facts = self._facts()
        summary: dict[str, Any] = {
            "steps": steps, "parameters": facts["parameters"], "objectives": facts["objectives"],
            "validation_loss": {name: score.loss for name, score in self.scores.items()},
            "accuracy": {name: score.accuracy for name, score in self.scores.items()},
            "targets_scored": {name: score.tokens for name, score in self.scores.items()},
            "floors": facts["floors"], "baselines": facts["baselines"],
            "beginnings": len(self.beginnings), "written": written,
        }  # fmt: skip
        for reading in read_comparison(summary):
            self.context.diagnosis(steps, reading.level, reading.title, reading.text)
        return summary

    def _generate(self) -> dict[str, dict[str, Any]]:
        """Let both models finish every beginning: by objective and method, what the grammar says of the texts."""
        tallies: dict[str, dict[str, Any]] = {}
        steps, total, done = self.config.steps, len(self.beginnings) * len(self.learners), 0
        for item in self.learners.values():
            writer = Writer(item.model, self.material.tokenizer, CANDIDATES)
            results: dict[str, list[Mapping[str, Any]]] = {}
            for result in attempts(writer, item.objective, self.material, self.beginnings):
                self.context.progress(done + result["number"], total, "Writing")
                results.setdefault(result["method"], []).append(result)
                if result["number"] < SHOWN:
                    self.context.record(steps, f"{item.objective}/writing", {**result, "step": steps})
            done += len(self.beginnings)
            tallies[item.objective] = {method: vars(Tally.of(found)) for method, found in results.items()}
        self.context.progress(total, total, "Writing")
        titles = {item.objective: find_objective(item.objective).title for item in self.learners.values()}
        judge = "the toy world's grammar" if self.material.world is not None else ""
        self.context.record(
            steps, "generation",
            {"beginnings": len(self.beginnings), "judge": judge, "results": tallies, "titles": titles},
        )  # fmt: skip
        return tallies
