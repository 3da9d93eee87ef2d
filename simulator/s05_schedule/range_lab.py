"""The lab "range-test": one short run whose rate grows at every step until learning breaks (Smith 2017)."""

from __future__ import annotations

import math
import time
from collections.abc import Mapping
from typing import Any

import numpy as np

from simulator.config import Config
from simulator.engine.reporter import LabContext
from simulator.errors import ConfigError
from simulator.s05_schedule.config import RangeTestConfig
from simulator.s05_schedule.range_rule import exponential_rates, smoothed, suggest
from simulator.s05_schedule.toy import make_racer, prepare_toy

TOO_FAR = 2.0
"""The test ends once the loss is so many times the first: nothing more is to be learned."""
REPORT_SECONDS = 0.05


def run_range_test(config: Config, context: LabContext) -> Mapping[str, Any]:
    """Run the lab; returns the summary. A test that was stopped starts again: it is short."""
    if not isinstance(config, RangeTestConfig):
        raise TypeError("the range test takes a RangeTestConfig")
    if config.lowest >= config.highest:
        raise ConfigError("highest", "The last rate is not above the first.", hint="Give a higher one.")
    context.progress(0, config.steps, "Reading the corpus")
    toy = prepare_toy(config, context.store_root)
    trainer = make_racer(config, toy, 1, context.device.name)
    rates = exponential_rates(config.lowest, config.highest, config.steps)
    facts = {
        "parameters": trainer.model.parameters, "vocabulary": toy.vocab, "form": config.form,
        "blind_nats_per_token": math.log(toy.vocab), "frequency_nats_per_token": toy.frequency_loss,
    }  # fmt: skip
    context.started(config.steps, facts)
    losses: list[float] = []
    curve, reported = np.zeros(0), time.monotonic()
    for step, rate in enumerate(rates):
        context.between_steps(step)
        loss = float(trainer.step(step, [float(rate)]).losses[0])
        if not math.isfinite(loss):
            break
        losses.append(loss)
        curve = smoothed(np.array(losses), config.smoothing)
        context.metrics(step + 1, rate=float(rate), loss=loss, smoothed=float(curve[-1]))
        if time.monotonic() - reported >= REPORT_SECONDS:
            context.progress(step + 1, config.steps)
            reported = time.monotonic()
        if loss > TOO_FAR * losses[0]:
            break
    done = len(losses)
    found = suggest(rates[:done], curve)
    context.record(done, "range", found.to_dict())
    context.progress(config.steps, config.steps)
    level = "good" if found.suggested else "warning"
    title = f"Train with about {found.suggested:.2g}" if found.suggested else "No rate to suggest"
    context.diagnosis(done, level, title, found.why)
    return {**facts, **found.to_dict(), "steps": done}
