"""Small safe file operations: read with a size limit, replace atomically, hold a lock."""

from __future__ import annotations

import contextlib
import errno
import os
import stat
import sys
import uuid
from pathlib import Path
from typing import IO

from simulator.errors import StorageError

if sys.platform == "win32":
    import msvcrt
else:
    import fcntl


def storage_error(action: str, path: Path, error: OSError) -> StorageError:
    """Put an operating-system error in plain words, with what to do about it."""
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return StorageError(
            f"Cannot {action} {path}: the disk is full.",
            hint="Free some space, delete old runs, or choose another folder with --runs.",
        )
    if error.errno in (errno.EACCES, errno.EPERM, errno.EROFS):
        why = "writing there is not allowed"
    elif error.errno in (errno.ENOTDIR, errno.EEXIST):
        why = "a file stands where a folder is needed"
    else:
        why = (error.strerror or str(error)).lower()
    return StorageError(f"Cannot {action} {path}: {why}.", hint="Choose another folder with --runs.")


def is_plain(path: Path) -> bool:
    """Whether it is a file and no folder, device or pipe: reading a pipe would wait for ever.

    Raises:
        OSError: if there is nothing, or it cannot be looked at.
    """
    return stat.S_ISREG(path.stat().st_mode)


def read_limited(path: Path, limit: int) -> str:
    """Read a small text file.

    Raises:
        OSError: if it cannot be read.
        ValueError: if it is no plain file, larger than ``limit`` bytes or not UTF-8.
    """
    if not is_plain(path):
        raise ValueError("it is not a plain file")
    with path.open("rb") as file:
        data = file.read(limit + 1)
    if len(data) > limit:
        raise ValueError(f"it is larger than {limit} bytes")
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        raise ValueError("it is not UTF-8 text") from None


def replace_atomically(path: Path, content: str | bytes) -> None:
    """Write a file so that a reader sees the old content or the new one, never a part of it.

    Raises:
        StorageError: if it cannot be written; the old content is then still there.
    """
    draft = path.with_name(f".{path.name}.{uuid.uuid4().hex[:8]}")
    try:
        with draft.open("wb") as file:
            file.write(content.encode("utf-8") if isinstance(content, str) else content)
            file.flush()
            os.fsync(file.fileno())
        draft.replace(path)
    except OSError as error:
        with contextlib.suppress(OSError):
            draft.unlink(missing_ok=True)
        raise storage_error("write", path, error) from error


def try_lock(file: IO[bytes]) -> bool:
    """Lock an open file until it is closed or the process dies; False when another process holds it."""
    try:
        if sys.platform == "win32":
            msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
        else:
            fcntl.flock(file.fileno(), fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        # Some network file systems have no locks: go on without one rather than refuse to work.
        return error.errno not in (errno.EACCES, errno.EAGAIN, errno.EDEADLK)
    return True
