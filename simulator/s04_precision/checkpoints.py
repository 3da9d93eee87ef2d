"""Where the checkpoints of the precision lab lie: those of the first policy are the run's, the others have its name."""

from __future__ import annotations

import re
from pathlib import Path

from simulator.runs.store import Checkpoint, RunFolder

_STEP = re.compile(r"step-(\d{1,12})\.safetensors")


def policy_path(folder: RunFolder, policy: str, first: str, step: int) -> Path:
    """Where the master weights of a policy at a step lie; ``first`` is the policy whose checkpoints are the run's."""
    if policy == first:
        return folder.checkpoint_path(step)
    return folder.path / f"{policy}-step-{step:08d}.safetensors"


def checkpoints_of(folder: RunFolder, policy: str, first: str) -> list[Checkpoint]:
    """The checkpoints of a policy, by step."""
    if policy == first:
        return folder.checkpoints()
    found = []
    for path in folder.path.glob(f"{policy}-step-*.safetensors"):
        match = _STEP.fullmatch(path.name[len(policy) + 1 :])
        if match and path.is_file():
            found.append(Checkpoint(step=int(match[1]), path=path))
    return sorted(found, key=_step)


def _step(item: Checkpoint) -> int:
    return item.step
