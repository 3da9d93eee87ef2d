"""The lab "precision": one model, one seed, one stream of data, several number formats, in lock-step."""

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
from simulator.errors import CheckpointError
from simulator.runs.history import RunHistory
from simulator.s04_precision.checkpoints import checkpoints_of, policy_path
from simulator.s04_precision.config import PrecisionConfig
from simulator.s04_precision.material import Material, prepare
from simulator.s04_precision.probing import vanished
from simulator.s04_precision.readings import (
    MUCH,
    Reading,
    Result,
    read_loss_of_gradient,
    read_results,
    read_skip,
)
from simulator.s04_precision.runner import Runner
from simulator.training.checkpoints import (
    RESUME_FILE,
    Learning,
    load_resume_of,
    load_weights,
    save_model,
    save_resume_of,
)
from simulator.training.policies import POLICIES
from simulator.training.precision import PrecisionStep

EVALUATIONS = 6
LOOKS = 8
"""How often the numbers of every policy are looked into, at growing intervals."""

CHECKPOINTS = 3
CHECKPOINT_BYTES = 256 << 20  # of all policies together
SAVE_SECONDS = 10.0

HALF_ON_CPU = (
    "FP16 on a processor: tensors are stored, rounded and passed on in FP16, forward and backward; inside a product "
    "they are multiplied and summed in FP32, as GPUs do it."
)
EIGHT = (
    "FP8 is simulated: the numbers are 8-bit, each tensor with its own scale, but they are multiplied in FP32. So its "
    "time says nothing about hardware that has FP8."
)


def run_precision(config: Config, context: LabContext) -> Mapping[str, Any]:
    """Run the lab: train under every policy, look into the numbers, measure memory; returns the summary."""
    if not isinstance(config, PrecisionConfig):
        raise TypeError("the precision lab takes a PrecisionConfig")
    context.progress(0, config.steps, "Reading the corpus")
    return _Precision(config, context, prepare(config, context.folder.path)).run()


def milestones(steps: int, count: int, power: float = 1.0) -> set[int]:
    """About ``count`` steps from 0 to the last; ``power`` > 1 crowds them at the start, where most happens."""
    return {round(steps * (index / count) ** power) for index in range(count + 1)}


class _Precision:
    """One run: what it holds between steps."""

    def __init__(self, config: PrecisionConfig, context: LabContext, material: Material) -> None:
        self.config, self.context, self.material = config, context, material
        policies = config.policies()
        # Apple's GPUs have neither 8-bit numbers nor float64, in which gradients are compared.
        self.device = "cuda" if context.device.name == "cuda" else "cpu"
        self.runners = {
            policy.key: Runner(config, policy, material, device=self.device, share=1 / (len(policies) - place))
            for place, policy in enumerate(policies)
        }  # fmt: skip
        self.first = policies[0].key
        weights = 4 * self._any.model.shape.total() * len(policies)
        kept = max(2, min(CHECKPOINTS, CHECKPOINT_BYTES // weights))
        self.evaluate_at = milestones(config.steps, min(EVALUATIONS, config.steps))
        self.look_at = milestones(config.steps, min(LOOKS, config.steps), 2.0)
        self.save_at = milestones(config.steps, min(kept, config.steps), 2.0)
        self._saved_at = time.monotonic()
        self._said: set[str] = set()

    @property
    def _any(self) -> Runner:
        return self.runners[self.first]

    @property
    def resume_path(self) -> Path:
        """The file from which the run goes on after a stop."""
        return self.context.folder.path / RESUME_FILE

    @property
    def _parts(self) -> dict[str, Learning]:
        return {f"{key}/": (item.model, item.trainer.optimizers) for key, item in self.runners.items()}

    def run(self) -> Mapping[str, Any]:
        """Train from the start, or from the last save, to the end."""
        start, trouble = self._restore() if self.context.resume else (0, "")
        self.context.started(self.config.steps, self._facts(), start if self.context.resume else -1)
        if trouble:
            self.context.diagnosis(start, "warning", "Resumed from an older checkpoint", trouble)
        if start == 0:
            if self.material.left_out:
                self.context.diagnosis(0, "warning", "Some text was left out", self.material.left_out)
            self._milestone(0)
        else:
            self._recall(start)
        step = start
        try:
            for step in range(start, self.config.steps):
                self.context.between_steps(step)
                self._train(step)
        except StopRequested:
            self._save(step)
            raise
        return self._finish()

    def _facts(self) -> dict[str, Any]:
        shape, config = self._any.model.shape, self.config
        half = {"fp16": HALF_ON_CPU, "fp16-scaled": HALF_ON_CPU} if self.device == "cpu" else {}
        how = {"fp8": EIGHT, **half}
        return {
            "parameters": shape.total(), "vocabulary": shape.vocab, "shape": shape.to_dict(), "corpus": config.corpus,
            "floor": self.material.floor, "floor_nats_per_token": self.material.floor,
            "blind_nats_per_token": math.log(shape.vocab), "tokens_per_step": config.batch * config.sequence,
            "micro_batches": config.micro_batches, "loss_tokens": config.loss_tokens,
            "train_tokens": len(self.material.train.tokens), "growth_interval": config.growth_interval,
            "policies": [
                {"key": key, "title": item.policy.title, "sentence": item.policy.sentence,
                 "forward": item.policy.forward, "backward": item.policy.backward, "scaled": item.policy.scaled,
                 "how": how.get(key, "")}
                for key, item in self.runners.items()
            ],
        }  # fmt: skip

    # ---- going on after a stop ----

    def _restore(self) -> tuple[int, str]:
        """Put back what was saved last; where that is damaged, the newest good weights of all, and say so.

        Raises:
            CheckpointError: if nothing that was saved can be read.
        """
        extra: dict[str, float] = {}
        try:
            step = load_resume_of(self.resume_path, self._parts, extra)
            for key, item in self.runners.items():
                item.load_state({name: extra[f"{key}/{name}"] for name in item.state()})
        except CheckpointError as error:
            return self._restore_older(error)
        except KeyError:
            return self._restore_older(CheckpointError(f"{RESUME_FILE} lacks the state of the loss scale."))
        return step, ""

    def _restore_older(self, damage: CheckpointError) -> tuple[int, str]:
        folder = self.context.folder
        saved = {
            key: {item.step: item.path for item in checkpoints_of(folder, key, self.first)}
            for key in self.runners
        }
        for step in sorted(set.intersection(*(set(item) for item in saved.values())), reverse=True):
            with contextlib.suppress(CheckpointError):
                for key, item in self.runners.items():
                    load_weights(saved[key][step], item.model)
                    item.renew_trainer()
                return step, (
                    f"{damage.message} The run goes on from the weights of step {step:,}; its optimizers and the loss "
                    "scale start afresh, so its numbers differ a little from an unbroken run's."
                )
        raise damage

    def _recall(self, start: int) -> None:
        history = RunHistory.of(self.context.folder.events())
        self._said = {item.title for item in history.diagnoses if item.step <= start}
        for item in self.runners.values():
            item.recall(history, start)

    # ---- steps ----

    def _train(self, index: int) -> None:
        done = index + 1
        for item in self.runners.values():
            result = item.step(index)
            if result is not None:
                self._report(item, result)
        self.context.progress(done, self.config.steps)
        if index == 0:
            self._measure_memory()
        if done in self.evaluate_at | self.look_at | self.save_at:
            self._milestone(done)
        elif time.monotonic() - self._saved_at >= SAVE_SECONDS:
            self._save_resume(done)

    def _report(self, item: Runner, result: PrecisionStep) -> None:
        key, done = item.policy.key, result.step + 1
        values = {
            "loss": result.loss, "gradient_norm": result.gradient_norm, "loss_scale": result.loss_scale,
            "skipped": float(item.skipped), "step_seconds": result.seconds,
        }  # fmt: skip
        self.context.metrics(done, **{f"{key}/{name}": value for name, value in values.items()})
        if result.skipped:
            fields = {"step": done, "scale": result.loss_scale, "next_scale": item.trainer.loss_scale}
            self.context.record(done, f"{key}/overflow", fields)
            self._say(done, read_skip(key, done, result.loss_scale))

    def _milestone(self, step: int) -> None:
        if step in self.evaluate_at:
            self._evaluate(step)
        if step in self.look_at:
            self._look(step)
        if step in self.save_at:
            self._save(step)

    def _evaluate(self, step: int) -> None:
        for key, item in self.runners.items():
            if item.broken < 0:
                self.context.metrics(step, **{f"{key}/validation_loss": item.score(step)})

    def _look(self, step: int) -> None:
        """Look into the backward pass of the next step, under every policy."""
        for key, item in self.runners.items():
            if item.broken < 0:
                fields = item.look(step)
                self.context.record(step, f"{key}/exponents", fields)
                if fields["vanished_share"] > MUCH:
                    self._say(
                        step, read_loss_of_gradient(key, fields["vanished_share"], self.config.loss_tokens)
                    )
        chosen = self.runners.get("fp16-scaled") or self.runners.get("fp16")
        if chosen is None or chosen.broken >= 0:
            return
        scale = chosen.trainer.loss_scale if chosen.policy.scaled else self.config.initial_scale
        found = vanished(chosen.model, chosen.trainer.rows(step), self.config.micro_batches, scale)
        if found is not None:
            self.context.record(step, "vanished", {**found, "step": step, "policy": chosen.policy.key})

    def _say(self, step: int, reading: Reading) -> None:
        """Say it in plain words, once a run."""
        if reading.title not in self._said:
            self._said.add(reading.title)
            self.context.diagnosis(step, reading.level, reading.title, reading.text)

    def _measure_memory(self) -> None:
        """Predicted and measured, by policy; the fields of the first 16-bit one are the record's own too."""
        by_policy = {key: item.memory() for key, item in self.runners.items()}
        shown = next((key for key in ("bf16", "fp16-scaled", "fp16") if key in by_policy), self.first)
        self.context.record(1, "memory", {"policy": shown, **by_policy[shown], "policies": by_policy})

    # ---- saving ----

    def _save(self, step: int) -> None:
        folder = self.context.folder
        self._save_resume(step)  # first: a run that has a checkpoint can always go on
        for key, item in reversed(self.runners.items()):  # the run's own last: then all of a step are there
            save_model(policy_path(folder, key, self.first, step), item.model, step)
        path = folder.checkpoint_path(step)
        loss = self._any.losses.get(step, -1.0)
        self.context.checkpoint_saved(step, path.relative_to(folder.path).as_posix(), loss)

    def _save_resume(self, step: int) -> None:
        self.context.flush()  # what the run will not measure again must be in the record before
        extra = {
            f"{key}/{name}": value
            for key, item in self.runners.items()
            for name, value in item.state().items()
        }
        save_resume_of(self.resume_path, self._parts, step, extra)
        self._saved_at = time.monotonic()

    # ---- the end ----

    def _finish(self) -> Mapping[str, Any]:
        steps = self.config.steps
        results: dict[str, Result] = {}
        for key, item in self.runners.items():
            if item.broken < 0 and steps not in item.losses:  # cut off between the last step and this
                self.context.metrics(steps, **{f"{key}/validation_loss": item.score(steps)})
            results[key] = item.result(steps)
        for reading in read_results(results, self._any.model.shape.vocab, steps):
            self.context.diagnosis(steps, reading.level, reading.title, reading.text)
        return {
            "steps": steps, "parameters": self._any.model.shape.total(), "policies": list(results),
            "titles": {key: POLICIES[key].title for key in results}, "floor": self.material.floor,
            "loss_tokens": self.config.loss_tokens, "micro_batches": self.config.micro_batches,
            "validation_loss": {key: item.loss for key, item in results.items()},
            "vanished_share": {key: item.vanished for key, item in results.items()},
            "skipped": {key: item.skipped for key, item in results.items()},
            "loss_scale": {key: item.scale for key, item in results.items()},
            "broken": {key: item.broken for key, item in results.items()},
            "step_seconds": {key: item.seconds for key, item in results.items()},
        }  # fmt: skip
