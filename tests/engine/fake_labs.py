"""A small lab for the engine's tests; importing this module adds it to the labs, here and in the engine."""

from __future__ import annotations

import errno
import os
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from simulator.config import Config, setting
from simulator.engine.control import StopRequested
from simulator.engine.queries import QUERIES
from simulator.engine.reporter import LabContext
from simulator.errors import InputError
from simulator.labs import LABS, Lab


@dataclass(frozen=True, kw_only=True)
class FakeConfig(Config):
    """A lab that counts."""

    steps: int = setting(20, "Steps.", low=1, high=10_000_000)
    delay: float = setting(0.0, "Seconds a step.", low=0.0, high=100.0)
    every: int = setting(10, "Steps between checkpoints.", low=1, high=1_000_000)
    mode: str = setting(
        "count", "What to do.", choices=("count", "user", "memory", "full", "fault", "deaf", "die")
    )
    seed: int = setting(0, "Seed.", low=0, high=1000)


def count(config: Config, context: LabContext) -> Mapping[str, Any]:
    """Count, measuring 1/(step) at each step, with a checkpoint every now and then."""
    assert isinstance(config, FakeConfig)
    saved = context.folder.checkpoints() if context.resume else []
    first = saved[-1].step if saved else 0
    context.started(config.steps, {"floor": 0.5}, resumed_step=first if saved else -1)
    _misbehave(config.mode)
    for step in range(first + 1, config.steps + 1):
        try:
            context.between_steps(step - 1)
        except StopRequested:
            _save(context, step - 1)
            raise
        if config.delay:
            time.sleep(config.delay)
        context.metrics(step, loss=1.0 / step, seed=float(config.seed))
        context.progress(step, config.steps)
        if step % config.every == 0:
            _save(context, step)
    return {"loss": 1.0 / config.steps}


def _misbehave(mode: str) -> None:
    if mode == "user":
        raise InputError("The file is empty.", hint="Choose another file.")
    if mode == "memory":
        raise MemoryError
    if mode == "full":
        raise OSError(errno.ENOSPC, "No space left on device")
    if mode == "fault":
        raise ZeroDivisionError("a fault of ours")
    if mode == "die":
        os._exit(7)
    while mode == "deaf":
        time.sleep(0.05)


def _save(context: LabContext, step: int) -> None:
    context.flush()
    context.folder.checkpoint_path(step).write_bytes(b"weights")
    context.checkpoint_saved(step, context.folder.checkpoint_path(step).name, loss=1.0)


def echo(root: Path, *, text: str) -> dict[str, Any]:
    """A query that says what it was told."""
    if text == "bad":
        raise InputError("There is nothing to say.", hint="Say something.")
    if text == "odd":
        return {"text": {1, 2}}
    return {"text": text, "root": str(root)}


LABS["fake"] = Lab(
    name="fake",
    stage="s02_objective",
    title="Count",
    config=f"{__name__}:FakeConfig",
    function=f"{__name__}:count",
)
QUERIES["echo"] = f"{__name__}:echo"
