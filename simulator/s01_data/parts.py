"""The folder that a data run writes: what it was asked, the parts on their way, and what is left at the end.

While it works, ``work/`` holds the parts of each phase. A part counts as done when its ``.json`` is there, which is
written last, by an atomic rename, and names the sizes of the files that belong to it: whatever was cut off in the
middle is done again. At the end the folder holds ``fates.jsonl``, ``kept/``, ``tokenizer.json``, ``report.json``.
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import IO, Any

from simulator.errors import CheckpointError, InputError, StorageError
from simulator.runs.files import read_limited, replace_atomically, storage_error, try_lock

WORK = "work"
KEPT = "kept"
JOB = "job.json"
REPORT = "report.json"
FATES = "fates.jsonl"
TOKENIZER = "tokenizer.json"
QUALITY = "quality.json"
_MAX_JSON = 64 << 20
_COPY_BYTES = 1 << 20


class DataFolder:
    """Paths and small files of one data run.

    Attributes:
        path: The folder.
        work: Where parts on their way are.
        kept: Where the kept text goes.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.work = path / WORK
        self.kept = path / KEPT
        self._lock: IO[bytes] | None = None

    @property
    def finished(self) -> bool:
        """Whether a run has ended here."""
        return (self.path / REPORT).is_file()

    @property
    def started(self) -> bool:
        """Whether a run was begun here and can be gone on with."""
        return (self.work / JOB).is_file()

    def open(self) -> None:
        """Make the folder and take its lock, so that no two processes write it.

        Raises:
            StorageError: if it cannot be made, or another process is at work in it.
        """
        try:
            for folder in (self.path, self.work, self.kept):
                if folder.is_symlink() and folder != self.path:
                    raise StorageError(f"{folder} is a link.", hint="Choose another output folder.")
                folder.mkdir(parents=True, exist_ok=True)
            self._lock = (self.work / "lock").open("ab")
            free = try_lock(self._lock)
        except OSError as error:
            raise output_error(self.path, error) from error
        if not free:
            self.close()
            message = f"Another process is writing {self.path}."
            raise StorageError(message, hint="Wait until it ends, or choose another output folder.")

    def close(self) -> None:
        """Let go of the lock."""
        if self._lock is not None:
            self._lock.close()
            self._lock = None

    def text_path(self, number: int) -> Path:
        """Fates of part ``number`` after the filters, with the text of those that passed them."""
        return self.work / f"part-{number:06d}.jsonl"

    def keys_path(self, number: int) -> Path:
        """Exact key and band keys of those that passed."""
        return self.work / f"part-{number:06d}.keys"

    def examples_path(self, number: int) -> Path:
        """Documents of the part that may be shown."""
        return self.work / f"part-{number:06d}.examples"

    def fates_path(self, number: int) -> Path:
        """Final fates of group ``number``."""
        return self.work / f"fates-{number:06d}.jsonl"

    def kept_path(self, number: int) -> Path:
        """Kept text of group ``number``."""
        return self.kept / f"part-{number:05d}.jsonl"

    def mark(self, name: str, values: Mapping[str, Any], files: tuple[Path, ...] = ()) -> None:
        """Write that something is done, with the sizes of the files that belong to it.

        Raises:
            StorageError: if it cannot be written.
        """
        sizes = {str(path.relative_to(self.path)): path.stat().st_size for path in files if path.exists()}
        content = json.dumps({**values, "files": sizes}, separators=(",", ":"), allow_nan=False)
        replace_atomically(self.work / f"{name}.json", content)

    def marked(self, name: str) -> dict[str, Any] | None:
        """What :meth:`mark` wrote, or None if that is not done or its files are not as they were."""
        try:
            values: dict[str, Any] = json.loads(read_limited(self.work / f"{name}.json", _MAX_JSON))
            for file, size in values["files"].items():
                if (self.path / file).stat().st_size != size:
                    return None
        except (OSError, ValueError, KeyError, TypeError, AttributeError):
            return None
        return values

    def tidy(self) -> None:
        """Remove what a killed process left half written."""
        for folder in (self.work, self.kept):
            for draft in folder.glob(".*.draft-*"):
                with contextlib.suppress(OSError):
                    draft.unlink()

    def join_fates(self, groups: int) -> None:
        """Put the fates of all groups into one file, whole or not at all.

        Raises:
            StorageError: if it cannot be written.
        """
        with draft_of(self.path / FATES) as target:
            for number in range(groups):
                with self.fates_path(number).open("rb") as source:
                    shutil.copyfileobj(source, target, _COPY_BYTES)

    def clear_work(self) -> None:
        """Remove the parts on their way, once everything is in its place."""
        self.close()
        shutil.rmtree(self.work, ignore_errors=True)

    def write_report(self, values: Mapping[str, Any]) -> None:
        """Write what the run ended with; from now on it is finished.

        Raises:
            StorageError: if it cannot be written.
        """
        content = json.dumps(values, indent=1, ensure_ascii=False, allow_nan=False)
        replace_atomically(self.path / REPORT, content + "\n")

    def report(self) -> dict[str, Any]:
        """What a finished run ended with.

        Raises:
            CheckpointError: if it is not there or damaged.
        """
        return _read_json(self.path / REPORT, "report")

    def job(self) -> dict[str, Any]:
        """What a run under way was asked to do.

        Raises:
            CheckpointError: if it is not there or damaged.
        """
        return _read_json(self.work / JOB, "settings")


@contextlib.contextmanager
def draft_of(path: Path) -> Iterator[IO[bytes]]:
    """A file to write that takes its name only when it is whole; what fails half way leaves nothing.

    Raises:
        StorageError: if it cannot be written.
    """
    draft = path.with_name(f".{path.name}.draft-{os.getpid()}")
    try:
        with draft.open("wb") as file:
            yield file
        draft.replace(path)
    except OSError as error:
        draft.unlink(missing_ok=True)
        raise output_error(path, error) from error
    except BaseException:
        draft.unlink(missing_ok=True)
        raise


def output_error(path: Path, error: OSError) -> StorageError:
    """Put an error of writing the output in plain words."""
    known = storage_error("write", path, error)
    return StorageError(known.message, hint=known.hint.replace("with --runs", "for the output"))


def check_output(path: Path, resume: bool) -> None:
    """Look whether a run may write into a folder.

    Raises:
        InputError: if it holds other things, a finished run, or one that was not asked to go on.
    """
    folder = DataFolder(path)
    try:
        if path.exists() and not path.is_dir():
            raise InputError(f"{path} is a file, not a folder.", hint="Choose a folder for the output.")
        filled = path.is_dir() and next(path.iterdir(), None) is not None
    except OSError as error:
        raise output_error(path, error) from error
    if folder.finished and resume:
        return
    if folder.finished:
        hint = "Choose another folder, or remove it first."
        raise InputError(f"{path} already holds the result of a finished run.", hint=hint)
    if folder.started and not resume:
        hint = "Go on with it by --resume, or choose another folder."
        raise InputError(f"{path} holds a run that was not finished.", hint=hint)
    if resume and not folder.started:
        raise InputError(f"There is nothing to resume in {path}.", hint="Leave --resume out.")
    if filled and not folder.started:
        hint = "Choose an empty folder or a new name."
        raise InputError(f"The folder {path} is not empty.", hint=hint)


def _read_json(path: Path, what: str) -> dict[str, Any]:
    try:
        values = json.loads(read_limited(path, _MAX_JSON))
        if not isinstance(values, dict):
            raise ValueError("it is not a JSON object")
    except (OSError, ValueError, RecursionError) as error:
        message = f"The {what} of the data run in {path.parent} cannot be read: {error}."
        raise CheckpointError(message, hint="Start it again in another folder.") from None
    return values
