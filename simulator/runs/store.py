"""The folders in which runs live, and finding one's way among them.

A run folder holds ``spec.json``, ``events.jsonl``, ``step-NNNNNNNN.safetensors`` checkpoints and, once it ended,
``summary.json``. Everything read from disk is checked before it is believed.
"""

from __future__ import annotations

import json
import os
import re
import shutil
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import platformdirs

from simulator.errors import CheckpointError, StorageError, UserError
from simulator.runs.archive import pack_run, unpack_run
from simulator.runs.events import Event, plain
from simulator.runs.files import read_limited, replace_atomically, storage_error
from simulator.runs.recorder import Recorder, read_events
from simulator.runs.spec import MAX_SPEC_BYTES, RunSpec

STATUSES = ("done", "stopped", "failed", "unfinished")
MAX_SUMMARY_BYTES = 16 << 20
_ID = re.compile(r"[a-z0-9][a-z0-9-]{0,63}-\d{4,9}")
_CHECKPOINT = re.compile(r"step-(\d{1,12})\.safetensors")


@dataclass(frozen=True, kw_only=True)
class Checkpoint:
    """Weights of a run on disk, after ``step`` optimizer steps."""

    step: int
    path: Path


@dataclass(frozen=True, kw_only=True)
class RunInfo:
    """One line in the list of runs.

    Attributes:
        id: The run's id, which is its folder's name.
        lab: Name of its lab, or "" if unknown.
        parent: Id of the run it started from, or "".
        created: Unix time in seconds, from the spec, else from the folder.
        status: ``done``, ``stopped``, ``failed``, or ``unfinished`` (running, or killed before its end).
        steps: Number of its newest checkpoint's step, -1 without one.
        summary: What it ended with, {} before.
        problem: What is wrong with its folder, in plain words, or "".
    """

    id: str
    lab: str = ""
    parent: str = ""
    created: float = 0.0
    status: str = "unfinished"
    steps: int = -1
    summary: Mapping[str, Any] = field(default_factory=dict)
    problem: str = ""


class RunFolder:
    """One run on disk.

    Attributes:
        id: The run's id.
        path: Its folder.
        problems: What :meth:`events` last had to skip, one sentence each.
    """

    def __init__(self, path: Path) -> None:
        self.id = path.name
        self.path = path
        self.problems: list[str] = []

    def spec(self) -> RunSpec:
        """What the run was asked to do.

        Raises:
            CheckpointError: if ``spec.json`` is missing or damaged.
        """
        try:
            return RunSpec.from_json(read_limited(self.path / "spec.json", MAX_SPEC_BYTES))
        except OSError as error:
            why = (error.strerror or str(error)).lower()
        except ValueError as error:
            why = str(error)
        message = f"The spec.json of run {self.id} cannot be read: {why}."
        raise CheckpointError(message, hint="Choose another run.")

    def recorder(self) -> Recorder:
        """Open the record for appending; a torn end is repaired first.

        Raises:
            StorageError: if it cannot be written, or another process is writing it.
        """
        return Recorder(self.path)

    def events(self) -> Iterator[Event]:
        """The recorded events in order; damaged lines are skipped and named in :attr:`problems`."""
        self.problems = []
        return read_events(self.path / "events.jsonl", self.id, self.problems)

    def summary(self) -> dict[str, Any]:
        """What the run ended with; {} while it has not ended.

        Raises:
            CheckpointError: if ``summary.json`` is damaged.
        """
        try:
            values = json.loads(read_limited(self.path / "summary.json", MAX_SUMMARY_BYTES))
        except FileNotFoundError:
            return {}
        except (OSError, ValueError, RecursionError) as error:
            raise CheckpointError(f"The summary.json of run {self.id} cannot be read: {error}.") from None
        if not isinstance(values, dict):
            raise CheckpointError(f"The summary.json of run {self.id} is not a JSON object.")
        return values

    def write_summary(self, summary: Mapping[str, Any]) -> None:
        """Replace ``summary.json`` atomically.

        Raises:
            StorageError: if it cannot be written.
        """
        text = json.dumps(plain(summary), indent=1, ensure_ascii=False, allow_nan=False)
        replace_atomically(self.path / "summary.json", text + "\n")

    def clear_summary(self) -> None:
        """Forget the summary, because the run goes on."""
        try:
            (self.path / "summary.json").unlink(missing_ok=True)
        except OSError as error:
            raise storage_error("write", self.path, error) from error

    def checkpoint_path(self, step: int) -> Path:
        """Where the checkpoint after ``step`` optimizer steps belongs."""
        return self.path / f"step-{step:08d}.safetensors"

    def checkpoints(self) -> list[Checkpoint]:
        """Its checkpoints by step, oldest first. Their content is checked by whoever loads them."""
        found = []
        try:
            names = [entry.name for entry in os.scandir(self.path) if entry.is_file(follow_symlinks=False)]
        except OSError as error:
            raise storage_error("read", self.path, error) from error
        for name in names:
            if match := _CHECKPOINT.fullmatch(name):
                found.append(Checkpoint(step=int(match.group(1)), path=self.path / name))
        return sorted(found, key=_by_step)

    def info(self) -> RunInfo:
        """Its line in the list of runs; never raises for what is on disk."""
        problems: list[str] = []
        spec, summary, steps, created = RunSpec(lab=self.id.rpartition("-")[0]), {}, -1, 0.0
        try:
            spec = self.spec()
        except UserError as error:
            problems.append(error.message)
        try:
            summary = self.summary()
        except UserError as error:
            problems.append(error.message)
        try:
            created = spec.created or self.path.stat().st_mtime
            steps = max((item.step for item in self.checkpoints()), default=-1)
        except (OSError, UserError) as error:
            problems.append(str(error))
        status = summary.get("status", "unfinished")
        if status not in STATUSES:
            problems.append("The summary.json has no known status.")
            status = "unfinished"
        return RunInfo(
            id=self.id, lab=spec.lab, parent=spec.parent, created=created,
            status=status, steps=steps, summary=summary,
            problem=" ".join(problems),
        )  # fmt: skip


class RunStore:
    """All runs under one root folder."""

    def __init__(self, root: Path) -> None:
        self.root = Path(root)

    def create(self, spec: RunSpec) -> RunFolder:
        """Make the folder of a new run, with its spec in it.

        Raises:
            StorageError: if it cannot be made; nothing is left behind then.
        """
        path = self._new_folder(spec.lab)
        folder = RunFolder(path)
        try:
            replace_atomically(path / "spec.json", spec.to_json())
        except StorageError:
            shutil.rmtree(path, ignore_errors=True)
            raise
        return folder

    def open(self, run_id: str) -> RunFolder:
        """Find a run by its id.

        Raises:
            CheckpointError: if there is no such run.
            StorageError: if the store cannot be read.
        """
        path = self.root / run_id
        try:
            there = _ID.fullmatch(run_id) is not None and path.is_dir() and not path.is_symlink()
        except OSError as error:
            raise storage_error("read", path, error) from error
        if not there:
            known = [info.id for info in self.list()][:5]
            hint = f"Newest runs: {', '.join(known)}." if known else "There are no runs yet: make one first."
            raise CheckpointError(f"There is no run '{run_id}' in {self.root}.", hint=hint)
        return RunFolder(path)

    def list(self) -> list[RunInfo]:
        """All runs, newest first; a broken one is listed with its ``problem``.

        Raises:
            StorageError: if the root exists and cannot be read.
        """
        infos = [RunFolder(self.root / name).info() for name in self._ids()]
        return sorted(infos, key=_newest_first)

    def export(self, run_id: str, zip_path: Path) -> Path:
        """Write a run into one .zip file and return its path.

        Raises:
            CheckpointError: if there is no such run.
            StorageError: if the file cannot be written.
        """
        return pack_run(self.open(run_id).path, zip_path)

    def import_(self, zip_path: Path) -> RunFolder:
        """Take in a run from a .zip file; it gets a new id if its own is taken.

        Raises:
            InputError: if the file is not such a .zip, or holds anything but a run.
            StorageError: if it cannot be written.
        """
        self._make_root()
        draft = unpack_run(zip_path, self.root)
        try:
            path = self._new_folder(RunFolder(draft).spec().lab)
            _move_all(draft, path)
        finally:
            shutil.rmtree(draft, ignore_errors=True)
        return RunFolder(path)

    def delete(self, run_id: str) -> None:
        """Remove a run and everything in it.

        Raises:
            CheckpointError: if there is no such run.
            StorageError: if it cannot be removed, or is being written.
        """
        folder = self.open(run_id)
        folder.recorder().close()
        path = folder.path
        try:
            shutil.rmtree(path)
        except OSError as error:
            raise storage_error("remove", path, error) from error

    def _ids(self) -> Sequence[str]:
        try:
            entries = [entry for entry in os.scandir(self.root) if entry.is_dir(follow_symlinks=False)]
        except FileNotFoundError:
            return []
        except OSError as error:
            raise storage_error("read", self.root, error) from error
        return [entry.name for entry in entries if _ID.fullmatch(entry.name)]

    def _make_root(self) -> None:
        try:
            self.root.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise storage_error("make the run folder", self.root, error) from error

    def _new_folder(self, lab: str) -> Path:
        """Make the first free ``lab-NNNN``; safe against another process doing the same."""
        self._make_root()
        name = re.sub(r"[^a-z0-9]+", "-", lab.lower()).strip("-")[:60] or "run"
        parts = [run_id.rpartition("-") for run_id in self._ids()]
        number = max((int(digits) for lab_name, _, digits in parts if lab_name == name), default=0)
        while True:
            number += 1
            path = self.root / f"{name}-{number:04d}"
            try:
                path.mkdir()
            except FileExistsError:
                continue
            except OSError as error:
                raise storage_error("make", path, error) from error
            return path


def default_root() -> Path:
    """Where runs live unless told otherwise: ``$PIPELINE_RUNS``, else the platform's user data folder."""
    chosen = os.environ.get("PIPELINE_RUNS", "")
    if chosen:
        return Path(chosen).expanduser()
    return platformdirs.user_data_path("llm-pipeline-simulator", appauthor=False) / "runs"


def _move_all(source: Path, target: Path) -> None:
    try:
        for item in list(source.iterdir()):
            item.replace(target / item.name)
    except OSError as error:
        shutil.rmtree(target, ignore_errors=True)
        raise storage_error("write", target, error) from error


def _by_step(checkpoint: Checkpoint) -> int:
    return checkpoint.step


def _newest_first(info: RunInfo) -> tuple[float, str]:
    return (-info.created, info.id)
