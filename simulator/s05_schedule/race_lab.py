"""The lab "race": several schedules at once, on the same data, from the same weights; then a reading of each."""

from __future__ import annotations

import math
import time
from collections.abc import Mapping
from typing import Any

import numpy as np
import torch

from simulator.config import Config
from simulator.engine.control import StopRequested
from simulator.engine.reporter import LabContext
from simulator.errors import CheckpointError
from simulator.runs.history import RunHistory
from simulator.s05_schedule.config import RaceConfig
from simulator.s05_schedule.diagnosis import LEVELS, Diagnosis, diagnose
from simulator.s05_schedule.saved import Paths, load_race, save_race
from simulator.s05_schedule.toy import Toy, make_racer, prepare_toy, score_runners
from simulator.training.stacked import StackedResult

EVALUATIONS = 12
PATH_POINTS = 24
PATH_BYTES = 128 << 20
SAVE_SECONDS = 15.0
REPORT_SECONDS = 0.05
_SERIES = ("loss", "rate", "gradient_norm", "update_ratio")


def run_race(config: Config, context: LabContext) -> Mapping[str, Any]:
    """Run the lab: prepare the text, race, measure, read; returns the summary."""
    if not isinstance(config, RaceConfig):
        raise TypeError("the race takes a RaceConfig")
    context.progress(0, config.steps, "Reading the corpus")
    return _Race(config, context, prepare_toy(config, context.store_root)).run()


class _Race:
    """One race: what it holds between steps."""

    def __init__(self, config: RaceConfig, context: LabContext, toy: Toy) -> None:
        self.config, self.context, self.toy = config, context, toy
        self.runners = config.entered()
        self.trainer = make_racer(config, toy, len(self.runners), context.device.name)
        steps = np.arange(config.steps)
        self.rates = np.stack([runner.schedule.rates(steps) for runner in self.runners], 1)  # (steps, R)
        self.results: list[StackedResult] = []
        self.reported = 0
        self.points: list[torch.Tensor] = []
        self.point_steps: list[int] = []
        room = PATH_BYTES // max(2 * self.trainer.model.table.numel(), 1)
        self.path_at = _spread(config.steps, max(2, min(PATH_POINTS, room)))
        self.evaluate_at = _spread(config.steps, EVALUATIONS)
        self.said: dict[str, str] = {}
        self.held_out: list[float] = []
        self._reported_at = self._saved_at = time.monotonic()

    def run(self) -> Mapping[str, Any]:
        """Race from the start, or from the last save, to the end."""
        start = self._restore() if self.context.resume else 0
        self.context.started(self.config.steps, self._facts(), start if self.context.resume else -1)
        if start == 0:
            self.context.record(0, "runners", {"runners": [runner.to_dict() for runner in self.runners]})
            self._milestone(0)
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

    def _facts(self) -> dict[str, Any]:
        model, toy = self.trainer.model, self.toy
        return {
            "parameters": model.parameters, "vocabulary": toy.vocab, "shape": model.shape.to_dict(),
            "form": self.config.form, "runners": [runner.to_dict() for runner in self.runners],
            "tokens_per_step": self.config.batch * self.config.sequence,
            "blind_nats_per_token": math.log(toy.vocab), "frequency_nats_per_token": toy.frequency_loss,
            "floor_nats_per_token": toy.floor,
        }  # fmt: skip

    def _train(self, index: int) -> None:
        self.results.append(self.trainer.step(index, self.rates[index]))
        done, now = index + 1, time.monotonic()
        milestone = done in self.evaluate_at or done in self.path_at
        if milestone or now - self._reported_at >= REPORT_SECONDS:
            self._report()
        if milestone:
            self._milestone(done)
        if done == self.config.steps or now - self._saved_at >= SAVE_SECONDS:
            self._save(done)

    def _report(self) -> None:
        """Send what was measured; of a runner that broke, nothing more."""
        for result in self.results[self.reported :]:
            columns = (result.losses, result.rates, result.gradient_norms, result.update_ratios)
            for number, runner in enumerate(self.runners):
                values = {name: float(column[number]) for name, column in zip(_SERIES, columns, strict=True)}
                named = {
                    f"{runner.key}/{name}": value for name, value in values.items() if math.isfinite(value)
                }
                if math.isfinite(values["loss"]):
                    self.context.metrics(result.step + 1, **named)
        self.reported = len(self.results)
        if self.results:
            self.context.progress(self.results[-1].step + 1, self.config.steps)
        self._reported_at = time.monotonic()

    def _milestone(self, step: int) -> None:
        if step in self.path_at:
            self.points.append(self.trainer.model.table.detach().cpu().half())
            self.point_steps.append(step)
        if step in self.evaluate_at:
            self._evaluate(step)

    def _evaluate(self, step: int) -> None:
        self.held_out = score_runners(self.trainer.model, self.toy.held_out)
        for runner, loss in zip(self.runners, self.held_out, strict=True):
            if math.isfinite(loss):
                self.context.metrics(step, **{f"{runner.key}/validation_loss": loss})
        if self.results:
            self._read(step)

    def _read(self, step: int) -> None:
        """Record how every runner stands, where that is new; at the end in any case."""
        last = step == self.config.steps
        for number, runner in enumerate(self.runners):
            found = self.diagnosis(number)
            early = found.kind in ("stalled", "too-slow", "healthy") and 2 * step < self.config.steps
            if not last and (early or self.said.get(runner.key) == found.kind):
                continue
            self.said[runner.key] = found.kind
            self.context.record(step, f"{runner.key}/diagnosis", found.to_dict())
            if last:
                level = LEVELS[found.kind]
                self.context.diagnosis(step, level, f"{runner.title}: {found.title.lower()}", found.text)

    def diagnosis(self, number: int) -> Diagnosis:
        """The reading of one runner so far."""
        columns = [(item.losses, item.rates, item.update_ratios) for item in self.results]
        losses, rates, ratios = (
            np.array([column[index][number] for column in columns]) for index in range(3)
        )
        return diagnose(
            losses, rates, ratios, frequency_loss=self.toy.frequency_loss, total_steps=self.config.steps
        )

    def _save(self, step: int) -> None:
        self.context.flush()  # what the race will not measure again must be on record before
        paths = Paths(torch.stack(self.points), torch.tensor(self.point_steps))
        path = save_race(self.context.folder, self.trainer.state(), paths, step)
        loss = min((value for value in self.held_out if math.isfinite(value)), default=-1.0)
        self.context.checkpoint_saved(step, path.relative_to(self.context.folder.path).as_posix(), loss)
        self._saved_at = time.monotonic()

    def _restore(self) -> int:
        """Take up the last save and what was measured up to it; returns the step to go on with.

        Raises:
            CheckpointError: if it cannot be read, or is that of another race.
        """
        state, paths, step = load_race(self.context.folder)
        try:
            self.trainer.restore(state)
        except (KeyError, ValueError, IndexError, RuntimeError):
            raise CheckpointError(
                "The saved race does not fit its settings.", hint="Start it again."
            ) from None
        self.points, self.point_steps = list(paths.points.half()), paths.steps.tolist()
        history = RunHistory.of(self.context.folder.events())
        self.results = _remembered(history, [runner.key for runner in self.runners], step, self.rates)
        self.reported = len(self.results)
        for runner in self.runners:
            known = [item for item in history.records.get(f"{runner.key}/diagnosis", ()) if item.step <= step]
            if known:
                self.said[runner.key] = str(known[-1].fields.get("kind", ""))
        return step

    def _finish(self) -> Mapping[str, Any]:
        steps = self.config.steps
        self.context.progress(steps, steps, "Measuring")
        if not self.held_out:  # the race was cut off between its last step and this
            self._evaluate(steps)
        entries = {}
        for number, runner in enumerate(self.runners):
            found = self.diagnosis(number)
            loss = self.held_out[number]
            entries[runner.key] = {
                "title": runner.title, "kind": found.kind, "schedule": runner.to_dict()["schedule"],
                "validation_loss": loss if math.isfinite(loss) else None, "evidence": dict(found.evidence),
            }  # fmt: skip
        ranked = sorted(
            (loss, runner.key)
            for loss, runner in zip(self.held_out, self.runners, strict=True)
            if math.isfinite(loss)
        )
        return {**self._facts(), "steps": steps, "results": entries, "winner": ranked[0][1] if ranked else ""}


def _spread(steps: int, count: int) -> set[int]:
    """About ``count`` steps from 0 to the last, closer together at the start, where most happens."""
    return {round(steps * (index / count) ** 1.5) for index in range(count + 1)}


def _remembered(
    history: RunHistory, keys: list[str], step: int, rates: np.ndarray[Any, np.dtype[np.float64]]
) -> list[StackedResult]:
    """The steps before ``step`` as the record has them; where a runner had broken, not a number."""
    table = np.full((4, step, len(keys)), np.nan)
    for number, key in enumerate(keys):
        for row, name in enumerate(_SERIES):
            at, values = history.series(f"{key}/{name}")
            kept = at <= step
            table[row, at[kept] - 1, number] = values[kept]
    return [
        StackedResult(index, table[0, index], table[2, index], table[3, index], rates[index])
        for index in range(step)
    ]
