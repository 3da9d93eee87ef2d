"""Where the checkpoints of a run lie: those of the run itself, and those of the second model of a comparison."""

from __future__ import annotations

import re
from pathlib import Path

from simulator.errors import CheckpointError, ConfigError
from simulator.runs.store import Checkpoint, RunFolder

RIGHT = "right"
"""The second model of a comparison; its files begin so."""

_RIGHT_FILE = re.compile(r"right-step-(\d{1,12})\.safetensors")


def right_path(folder: RunFolder, step: int) -> Path:
    """Where the second model's weights of a step lie."""
    return folder.path / f"{RIGHT}-step-{step:08d}.safetensors"


def checkpoints_of(folder: RunFolder, model: str = "") -> list[Checkpoint]:
    """Checkpoints of one of a run's models, by step; ``model`` is "" (or "left") or "right".

    Raises:
        ConfigError: if no run has such a model.
    """
    if model in ("", "left"):
        return folder.checkpoints()
    if model != RIGHT:
        raise ConfigError("model", f"A run has no model called '{model}'.", hint="Choose 'left' or 'right'.")
    found = []
    for path in folder.path.glob(f"{RIGHT}-step-*.safetensors"):
        match = _RIGHT_FILE.fullmatch(path.name)
        if match and path.is_file():
            found.append(Checkpoint(step=int(match[1]), path=path))
    return sorted(found, key=_step)


def find_checkpoint(folder: RunFolder, step: int, model: str = "") -> Checkpoint:
    """The checkpoint of a step, -1 for the last one.

    Raises:
        CheckpointError: if there is none.
    """
    run, saved = folder.id, checkpoints_of(folder, model)
    if not saved:
        which = " of its second model" if model == RIGHT else ""
        raise CheckpointError(
            f"The run {run} has no checkpoint{which} yet.",
            hint="Let it train a little, or choose another run.",
        )
    if step < 0:
        return saved[-1]
    for item in saved:
        if item.step == step:
            return item
    steps = ", ".join(str(item.step) for item in saved)
    raise CheckpointError(f"The run {run} has no checkpoint at step {step}.", hint=f"It has: {steps}.")


def _step(item: Checkpoint) -> int:
    return item.step
