"""Writing and reading ``events.jsonl``: one event a line, flushed as it comes, repaired when it was torn."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import IO

from simulator.errors import StorageError
from simulator.runs.events import CheckpointSaved, Event, EventError, decode, encode
from simulator.runs.files import is_plain, storage_error, try_lock

MAX_LINE_BYTES = 64 << 20
_TAIL_BYTES = 1 << 16


class Recorder:
    """Appends events to a run's ``events.jsonl``; holds the run's lock until closed.

    Opening repairs the end of the file: a last line torn by a crash or a full disk is cut off, and numbering goes on
    after the last event that is whole.
    """

    def __init__(self, folder: Path) -> None:
        """Open the record of the run in ``folder``.

        Raises:
            StorageError: if it cannot be written, or another process is writing it.
        """
        self._path = folder / "events.jsonl"
        self._broken: StorageError | None = None
        if self._path.is_symlink() or (self._path.exists() and not self._path.is_file()):
            # What a link leads to is not ours to write.
            raise StorageError(f"{self._path} is not a plain file.", hint="Start a new run.")
        try:
            self._lock = (folder / "run.lock").open("ab")
        except OSError as error:
            raise storage_error("write", folder, error) from error
        try:
            if not try_lock(self._lock):
                raise StorageError(
                    f"The run {folder.name} is being written by another process.",
                    hint="Wait until it ends, or stop it there.",
                )
            self._file: IO[bytes] = self._path.open("a+b", buffering=0)
            self._next, self._size = repair(self._file)
        except OSError as error:
            self._lock.close()
            raise storage_error("write", self._path, error) from error
        except StorageError:
            self._lock.close()
            raise

    @property
    def next_seq(self) -> int:
        """Sequence number that the next event must carry."""
        return self._next

    def append(self, event: Event) -> None:
        """Write one event, already stamped, as one line. Checkpoints reach the disk itself before this returns.

        Raises:
            StorageError: if it cannot be written; the record then ends with the last whole event and takes no more.
        """
        if self._broken is not None:
            raise self._broken
        line = encode(event).encode("utf-8") + b"\n"
        try:
            written = 0
            while written < len(line):
                written += self._file.write(line[written:])
            if isinstance(event, CheckpointSaved):
                os.fsync(self._file.fileno())
        except OSError as error:
            self._broken = storage_error("write", self._path, error)
            self._cut()
            raise self._broken from error
        self._size += len(line)
        self._next = event.seq + 1

    def close(self) -> None:
        """Bring the record to the disk and let go of the lock."""
        if self._file.closed:
            return
        try:
            os.fsync(self._file.fileno())
        except OSError as error:
            self._broken = storage_error("write", self._path, error)
        finally:
            self._file.close()
            self._lock.close()

    def _cut(self) -> None:
        try:
            self._file.truncate(self._size)
        except OSError:
            return  # the next opening repairs it


def repair(file: IO[bytes]) -> tuple[int, int]:
    """Cut a torn last line off an open record.

    Returns:
        The next sequence number, and the size of the file after the repair.
    """
    size = file.seek(0, os.SEEK_END)
    start, lines = size, [b""]
    while start > 0:
        wanted = max(_TAIL_BYTES, 2 * (size - start))  # grow, for a last line longer than the tail
        start = max(0, size - wanted)
        file.seek(start)
        lines = _read_exactly(file, size - start).split(b"\n")
        last = _last_seq(lines[:-1] if start == 0 else lines[1:-1])
        if last is not None:
            break
    else:
        last = None
    torn = lines[-1]
    if torn:
        size -= len(torn)
        file.truncate(size)
    file.seek(0, os.SEEK_END)
    return (0 if last is None else last + 1), size


def _read_exactly(file: IO[bytes], count: int) -> bytes:
    parts = []
    while count > 0 and (part := file.read(count)):
        parts.append(part)
        count -= len(part)
    return b"".join(parts)


def _last_seq(lines: list[bytes]) -> int | None:
    for line in reversed(lines):
        try:
            return decode(line.decode("utf-8")).seq
        except (EventError, UnicodeDecodeError):
            continue
    return None


def read_events(path: Path, run: str, problems: list[str]) -> Iterator[Event]:
    """Read a record from its start; what cannot be read is named in ``problems`` and left out.

    A torn last line is left out silently: that is how a run looks that was killed, or is still being written.

    Args:
        path: The ``events.jsonl``.
        run: Id that the events get (a run imported under a new id keeps its record as it was).
        problems: Takes one plain sentence for each line that had to be skipped.
    """
    try:
        if not is_plain(path):
            raise OSError("it is not a plain file")
        file = path.open("rb")
    except FileNotFoundError:
        return
    except OSError as error:
        problems.append(f"events.jsonl cannot be read: {error.strerror or error}")
        return
    with file:
        last = -1
        for number, line in enumerate(_lines(file, problems), start=1):
            try:
                event = decode(line.decode("utf-8"))
            except (EventError, UnicodeDecodeError) as error:
                problems.append(f"line {number} of events.jsonl is damaged and was skipped: {error}")
                continue
            if event.seq <= last:
                problems.append(f"line {number} of events.jsonl repeats event {event.seq} and was skipped")
                continue
            last = event.seq
            yield event if event.run == run else replace(event, run=run)


def _lines(file: IO[bytes], problems: list[str]) -> Iterator[bytes]:
    while line := file.readline(MAX_LINE_BYTES):
        if line.endswith(b"\n"):
            yield line
        elif len(line) == MAX_LINE_BYTES:
            problems.append(
                f"events.jsonl has a line longer than {MAX_LINE_BYTES >> 20} MiB; reading stopped there"
            )
            return
