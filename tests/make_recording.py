"""Make the recording that comes with the program: a real run, its weights kept in bfloat16 to stay small.

By hand, from the project's root, on a quiet machine::

    python -m tests.make_recording pretrain --profile laptop

Everything in it is the run's own; only what a reader of recordings does not need is left out: the state for resuming,
and the texts and fates of a data run, of which its records show some hundred.
"""

from __future__ import annotations

import shutil
import sys
import tempfile
from pathlib import Path

import torch
from safetensors import safe_open
from safetensors.torch import save_file

from simulator.cli import main as command
from simulator.runs.store import RunStore

LEFT_OUT = ("resume.safetensors", "run.lock", "fates.jsonl")
FOLDERS_LEFT_OUT = ("kept", "work")
RECORDINGS = Path(__file__).parents[1] / "resources" / "recordings"


def keep(source: Path, target: Path) -> None:
    """Copy a run folder, weights as bfloat16, without what only resuming needs."""
    shutil.rmtree(target, ignore_errors=True)
    for file in sorted(source.rglob("*")):
        place = file.relative_to(source)
        copy = target / place
        if not file.is_file() or file.name in LEFT_OUT or place.parts[0] in FOLDERS_LEFT_OUT:
            continue
        copy.parent.mkdir(parents=True, exist_ok=True)
        if file.suffix == ".safetensors":
            _halve(file, copy)
        else:
            shutil.copyfile(file, copy)


def _halve(source: Path, target: Path) -> None:
    with safe_open(source, "pt") as file:
        tensors = {name: file.get_tensor(name).to(torch.bfloat16) for name in file.keys()}  # noqa: SIM118
        save_file(tensors, target, file.metadata())


def main() -> int:
    """Run the lab named on the command line and keep its record."""
    with tempfile.TemporaryDirectory() as folder:
        status = command(["run", *sys.argv[1:], "--runs", folder])
        if status == 0:
            (run,) = RunStore(Path(folder)).list()
            keep(Path(folder) / run.id, RECORDINGS / sys.argv[1])
    return status


if __name__ == "__main__":
    sys.exit(main())
