"""What a race keeps on disk: all that it needs to go on, and the weights along every path, for the landscape."""

from __future__ import annotations

import json
import os
import struct
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import torch
from safetensors import SafetensorError
from safetensors.torch import load, save
from torch import Tensor

from simulator.errors import CheckpointError
from simulator.runs.files import is_plain, replace_atomically
from simulator.runs.store import RunFolder

PATHS_FILE = "paths.safetensors"
_MAX_BYTES = 8 << 30


@dataclass(frozen=True)
class Paths:
    """Weights along the way: ``points`` (K, R, parameters) at ``steps`` (K,)."""

    points: Tensor
    steps: Tensor


def save_race(folder: RunFolder, state: Mapping[str, Tensor], paths: Paths, step: int) -> Path:
    """Write both files, the paths first; older states go. Returns the state's file.

    Raises:
        StorageError: if the disk is full or the folder cannot be written.
    """
    _write(folder.path / PATHS_FILE, {"points": paths.points, "steps": paths.steps}, step)
    path = folder.checkpoint_path(step)
    older = [item.path for item in folder.checkpoints() if item.path != path]
    _write(path, state, step)
    for old in older:
        old.unlink(missing_ok=True)
    return path


def load_race(folder: RunFolder) -> tuple[dict[str, Tensor], Paths, int]:
    """State, paths and step of the last save.

    Raises:
        CheckpointError: if a file is missing or damaged.
    """
    saved = folder.checkpoints()
    if not saved:
        raise CheckpointError("This race has saved nothing to go on from.", hint="Start it again.")
    state, step = _read(saved[-1].path)
    return state, load_paths(folder, step), step


def load_paths(folder: RunFolder, step: int = -1) -> Paths:
    """The paths of a race, up to a step (-1 for all).

    Raises:
        CheckpointError: if the file is missing or damaged, or not that of a race.
    """
    tensors, _ = _read(folder.path / PATHS_FILE)
    try:
        points, steps = tensors["points"].float(), tensors["steps"].long()
        kept = steps <= step if step >= 0 else torch.ones_like(steps, dtype=torch.bool)
        if points.ndim != 3 or len(points) != len(steps):
            raise ValueError
        return Paths(points[kept], steps[kept])
    except (KeyError, ValueError, IndexError):
        raise _damaged(PATHS_FILE) from None


def _write(path: Path, tensors: Mapping[str, Tensor], step: int) -> None:
    plain = {name: tensor.detach().cpu().contiguous().clone() for name, tensor in tensors.items()}
    replace_atomically(path, save(plain, {"step": str(step)}))


def _read(path: Path) -> tuple[dict[str, Tensor], int]:
    try:
        if not is_plain(path) or path.stat().st_size > _MAX_BYTES:
            raise _damaged(path.name)
        data = path.read_bytes()
        (header,) = struct.unpack("<Q", data[:8])
        return load(data), int(json.loads(data[8 : 8 + header])["__metadata__"]["step"])
    except OSError as error:
        raise CheckpointError(
            f"{path.name} cannot be read: {os.strerror(error.errno or 0)}.", hint="Start the race again."
        ) from None
    except (SafetensorError, ValueError, KeyError, TypeError, struct.error, RecursionError):
        raise _damaged(path.name) from None


def _damaged(name: str) -> CheckpointError:
    return CheckpointError(f"{name} is damaged, or is not that of a race.", hint="Start the race again.")
