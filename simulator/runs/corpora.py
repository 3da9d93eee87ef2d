"""A finished data run as a corpus to train on: by its id, or by its folder."""

from __future__ import annotations

import re
from pathlib import Path

from simulator.errors import InputError
from simulator.runs.store import RunStore

_RUN_ID = re.compile(r"data-\d{4,9}")
KEPT = "kept"
REPORT = "report.json"
"""What a finished data run holds: the kept text, and the report that is written last."""


def corpus_path(name: str, store_root: Path) -> str:
    """The path to read for a corpus's name: the kept text where the name means a data run, else the name itself.

    Args:
        name: ``toy``, ``python``, a path, the id of a run such as ``data-0001``, or the output folder of a data run.
        store_root: Folder of all runs.

    Raises:
        InputError: if it is a data run that is not finished, or kept nothing.
        StorageError: if the store cannot be read.
        CheckpointError: if there is no such run.
    """
    try:
        folder = Path(name).expanduser()
        there = folder.is_dir()
    except (OSError, RuntimeError, ValueError):
        return name  # whoever reads it says what is wrong with it
    if not there:
        if not _RUN_ID.fullmatch(name) or folder.exists():
            return name
        folder = RunStore(store_root).open(name).path
    elif not (folder / KEPT).is_dir() or not _is_data_run(folder):
        return name
    if not (folder / REPORT).is_file():
        raise InputError(f"The data run {name} is not finished.", hint="Resume it first, or choose another one.")
    if not any((folder / KEPT).glob("part-*.jsonl")):
        raise InputError(f"The data run {name} kept nothing to train on.", hint="Choose another one.")
    return str(folder / KEPT)


def _is_data_run(folder: Path) -> bool:
    """Whether a folder with a subfolder ``kept`` is a data run's, and not just a folder that happens to have one."""
    return (folder / REPORT).is_file() or (folder / "work" / "job.json").is_file()
