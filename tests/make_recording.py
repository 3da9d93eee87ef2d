"""Make the recording that comes with the program: a real run, its weights kept in bfloat16 to stay small.

By hand, from the project's root, on a quiet machine::

    python -m tests.make_recording pretrain --profile laptop
    python -m tests.make_recording race landscape --profile laptop

Of several labs, each starts from the run before it.

Everything in it is the run's own; only what a reader of recordings does not need is left out: the state for resuming,
the texts and fates of a data run, of which its records show some hundred, and of many checkpoints all but
some from the first to the last, or all where the tab reads none.
"""

from __future__ import annotations

import re
import shutil
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import torch
from safetensors import safe_open
from safetensors.torch import save_file

from simulator.cli import main as command
from simulator.runs.events import CheckpointSaved, decode
from simulator.runs.store import RunStore

LEFT_OUT = ("resume.safetensors", "run.lock", "fates.jsonl")
FOLDERS_LEFT_OUT = ("kept", "work")
WITHOUT_WEIGHTS = ("precision", "race", "landscape", "range-test")
"""Labs whose tabs read nothing but the record."""

MOST_CHECKPOINTS = 6
"""Of all models of a run together."""

_CHECKPOINT = re.compile(r"(.*?)step-\d+\.safetensors")
RECORDINGS = Path(__file__).parents[1] / "resources" / "recordings"


def keep(source: Path, target: Path) -> None:
    """Copy a run folder, weights as bfloat16, without what only resuming needs."""
    shutil.rmtree(target, ignore_errors=True)
    names = [file.name for file in source.iterdir()]
    left_out = surplus_checkpoints(names)
    if target.name in WITHOUT_WEIGHTS:
        left_out.update(name for name in names if name.endswith(".safetensors"))
    for file in sorted(source.rglob("*")):
        place = file.relative_to(source)
        copy = target / place
        if not file.is_file() or file.name in left_out or place.parts[0] in FOLDERS_LEFT_OUT:
            continue
        copy.parent.mkdir(parents=True, exist_ok=True)
        if file.suffix == ".safetensors":
            _halve(file, copy)
        elif file.name == "events.jsonl":
            copy.write_text("".join(_told(file, left_out)), encoding="utf-8")
        else:
            shutil.copyfile(file, copy)


def surplus_checkpoints(names: list[str]) -> set[str]:
    """The files to leave out: of each model's checkpoints, all but its share of those kept, spread over the run."""
    models: dict[str, list[str]] = {}
    for name in sorted(names):
        found = _CHECKPOINT.fullmatch(name)
        if found:
            models.setdefault(found.group(1), []).append(name)
    surplus = set(LEFT_OUT)
    for saved in models.values():
        last, share = len(saved) - 1, max(2, MOST_CHECKPOINTS // len(models))
        kept = {round(last * index / (share - 1)) for index in range(share)}
        surplus.update(name for index, name in enumerate(saved) if index not in kept)
    return surplus


def _told(file: Path, left_out: set[str]) -> Iterator[str]:
    """The events, but for checkpoints that are not kept."""
    with file.open(encoding="utf-8") as lines:
        for line in lines:
            event = decode(line)
            if not (isinstance(event, CheckpointSaved) and event.file in left_out):
                yield line


def _halve(source: Path, target: Path) -> None:
    with safe_open(source, "pt") as file:
        tensors = {name: file.get_tensor(name).to(torch.bfloat16) for name in file.keys()}  # noqa: SIM118
        save_file(tensors, target, file.metadata())


def main() -> int:
    """Run the labs named on the command line and keep their records."""
    words = sys.argv[1:]
    count = next((index for index, word in enumerate(words) if word.startswith("-")), len(words))
    parent: list[str] = []
    with tempfile.TemporaryDirectory() as folder:
        for lab in words[:count]:
            status = command(["run", lab, *words[count:], *parent, "--runs", folder])
            if status != 0:
                return status
            (run,) = (info for info in RunStore(Path(folder)).list() if info.lab == lab)
            keep(Path(folder) / run.id, RECORDINGS / lab)
            parent = ["--parent", run.id]
    return 0


if __name__ == "__main__":
    sys.exit(main())
