"""A run as one .zip file, and back. What comes in is checked: names, links, sizes."""

from __future__ import annotations

import contextlib
import re
import shutil
import stat
import tempfile
import zipfile
import zlib
from pathlib import Path

from simulator.errors import InputError
from simulator.runs.files import is_plain, storage_error

MAX_FILES = 10_000
MAX_TOTAL_BYTES = 16 << 30
MAX_RATIO = 2_000  # plain text compresses some hundredfold at most; a bomb some thousandfold
_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]{0,127}")
_SUFFIXES = (".json", ".jsonl", ".safetensors")


def pack_run(folder: Path, zip_path: Path) -> Path:
    """Write the files of a run folder to a .zip, replacing it only once it is whole.

    Raises:
        StorageError: if it cannot be written.
    """
    zip_path = Path(zip_path)
    draft = zip_path.with_name(f".{zip_path.name}.part")
    try:
        zip_path.parent.mkdir(parents=True, exist_ok=True)
        with zipfile.ZipFile(draft, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
            for item in sorted(folder.iterdir()):
                if _belongs(item.name) and item.is_file() and not item.is_symlink():
                    archive.write(item, f"{folder.name}/{item.name}")
        draft.replace(zip_path)
    except OSError as error:
        with contextlib.suppress(OSError):
            draft.unlink(missing_ok=True)
        raise storage_error("write", zip_path, error) from error
    return zip_path


def unpack_run(zip_path: Path, root: Path) -> Path:
    """Unpack a run's .zip into a fresh hidden folder under ``root`` and return it.

    Raises:
        InputError: if it is not a .zip, or holds anything but the plain files of one run.
        StorageError: if it cannot be written; nothing is left behind then.
    """
    try:
        if not is_plain(Path(zip_path)):
            raise _refuse(zip_path, "it is not a file")
        archive = zipfile.ZipFile(zip_path)
    except FileNotFoundError:
        raise InputError(f"There is no file {zip_path}.") from None
    except (OSError, zipfile.BadZipFile, ValueError, NotImplementedError) as error:
        raise _refuse(zip_path, f"it is not a .zip file ({error})") from None
    with archive:
        _check(archive, Path(zip_path))
        try:
            draft = Path(tempfile.mkdtemp(prefix=".import-", dir=root))
        except OSError as error:
            raise storage_error("write", root, error) from error
        try:
            for entry in archive.infolist():
                if not entry.is_dir():
                    _extract(archive, entry, draft / entry.filename.rpartition("/")[2])
        except OSError as error:
            shutil.rmtree(draft, ignore_errors=True)
            raise storage_error("write", root, error) from error
        except (
            zipfile.BadZipFile,
            zlib.error,
            ValueError,
            RuntimeError,
            NotImplementedError,
            EOFError,
        ) as error:
            shutil.rmtree(draft, ignore_errors=True)
            raise _refuse(zip_path, f"it is damaged ({error})") from None
    return draft


def _check(archive: zipfile.ZipFile, path: Path) -> None:
    """Refuse everything but ``FOLDER/FILE`` entries of one folder (or bare files), plain and of sane size."""
    entries = archive.infolist()
    if len(entries) > MAX_FILES:
        raise _refuse(path, f"it holds {len(entries)} files")
    folders, names = set(), []
    for entry in entries:
        folder, _, name = entry.filename.rpartition("/")
        mode = entry.external_attr >> 16
        if entry.flag_bits & 0x1 or entry.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
            raise _refuse(path, "it is encrypted or packed in an unusual way")
        if mode and stat.S_IFMT(mode) not in (0, stat.S_IFREG, stat.S_IFDIR):
            raise _refuse(path, f"'{entry.filename}' is a link or a device")
        if entry.is_dir():
            continue
        if not _belongs(name) or (folder and not _NAME.fullmatch(folder)):
            raise _refuse(path, f"'{entry.filename}' does not belong to a run")
        folders.add(folder)
        names.append(name.lower())
    if len(folders) > 1 or len(set(names)) != len(names):
        raise _refuse(path, "it holds more than one run")
    if "spec.json" not in names:
        raise _refuse(path, "it holds no spec.json")
    total = sum(entry.file_size for entry in entries)
    packed = sum(entry.compress_size for entry in entries)
    if total > MAX_TOTAL_BYTES or total > MAX_RATIO * max(packed, 1024):
        raise _refuse(path, f"it would unpack to {total} bytes")


def _belongs(name: str) -> bool:
    return _NAME.fullmatch(name) is not None and name.endswith(_SUFFIXES)


def _extract(archive: zipfile.ZipFile, entry: zipfile.ZipInfo, target: Path) -> None:
    """Copy one entry, and no more bytes than it said it has."""
    left = entry.file_size
    with archive.open(entry) as source, target.open("xb") as file:
        while block := source.read(min(1 << 20, left + 1)):
            left -= len(block)
            if left < 0:
                raise ValueError(f"{entry.filename} is larger than it says")
            file.write(block)


def _refuse(path: Path, why: str) -> InputError:
    return InputError(f"Cannot import {path}: {why}.", hint="Choose a .zip written by 'runs export'.")
