"""Going through a file or a folder with a reader for each kind of file, and saying what was wrong in plain words."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import TypeVar

from simulator.errors import InputError
from simulator.text.documents import ReadReport
from simulator.text.encodings import well_formed

Item = TypeVar("Item")

SUPPORTED = (
    "Supported: .txt, .md, .html, .jsonl, .json, .csv, .tsv, .parquet, .warc, .warc.gz, and folders of them."
)


def walk(
    path: Path,
    report: ReadReport,
    readers: Mapping[str, Callable[[Path, str, ReadReport], Iterator[Item]]],
    default: Callable[[Path, str, ReadReport], Iterator[Item]],
) -> Iterator[Item]:
    """What the readers find in a file, or in every readable file of a folder and its subfolders in sorted order.

    In a folder, hidden files and other kinds of files are passed over; damaged ones are counted as skipped.
    A single file must be good.

    Args:
        path: File or folder.
        report: Filled with what was read and skipped.
        readers: The reader of each file ending, in lower case.
        default: The reader of a single file with another ending.

    Raises:
        InputError: if there is nothing to read; raised while iterating.
    """
    try:
        if path.is_dir():
            yield from _read_folder(path, report, readers)
        else:
            reader = readers.get(ending(path), default)
            yield from _read_file(path, well_formed(path.name), report, reader)
    except OSError as error:
        raise _os_error(path, error) from None
    except ValueError as error:  # a zero byte in the path itself
        raise InputError(
            f"'{path}' is not a valid path ({error}).", hint="Choose a file or folder."
        ) from None


def ending(path: Path) -> str:
    """The file's ending in lower case; of a compressed file with the one before: ``.warc.gz``."""
    suffixes = [suffix.lower() for suffix in path.suffixes[-2:]]
    return "".join(suffixes) if suffixes[-1:] == [".gz"] else "".join(suffixes[-1:])


def _os_error(path: Path, error: OSError) -> InputError:
    name = well_formed(str(path))
    if isinstance(error, FileNotFoundError):
        return InputError(
            f"There is no file or folder '{name}'.", hint="Check the spelling, or choose another one."
        )
    if isinstance(error, PermissionError):
        hint = "Change its permissions, or choose another one."
        return InputError(f"'{name}' may not be read: permission denied.", hint=hint)
    return InputError(
        f"'{name}' cannot be read: {error.strerror or error}.", hint="Choose another file or folder."
    )


def _read_folder(
    folder: Path,
    report: ReadReport,
    readers: Mapping[str, Callable[[Path, str, ReadReport], Iterator[Item]]],
) -> Iterator[Item]:
    before = report.documents
    for path in _files(folder, report, readers):
        name = well_formed(path.relative_to(folder).as_posix())
        try:
            yield from _read_file(path, name, report, readers[ending(path)])
        except InputError as error:
            report.skip(error.message)
        except OSError as error:
            report.skip(f"{name} cannot be read: {error.strerror or error}.")
    if report.documents == before:
        why = f"has no readable text. {report.notes[-1]}" if report.notes else "has no files of text."
        raise InputError(f"The folder '{folder}' {why}", hint=SUPPORTED)


def _files(folder: Path, report: ReadReport, readers: Mapping[str, object]) -> Iterator[Path]:
    """Files with a known ending, sorted; each real folder once, so that links leading in circles end."""
    seen: set[tuple[int, int]] = set()

    def unreadable(error: OSError) -> None:
        report.skip(f"The folder {error.filename} cannot be read: {error.strerror}.")

    for root, folders, names in os.walk(folder, onerror=unreadable, followlinks=True):
        status = Path(root).stat()
        if (status.st_dev, status.st_ino) in seen:
            folders.clear()
            continue
        seen.add((status.st_dev, status.st_ino))
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for name in sorted(names):
            path = Path(root, name)
            if not name.startswith(".") and ending(path) in readers:
                yield path


def _read_file(
    path: Path,
    name: str,
    report: ReadReport,
    reader: Callable[[Path, str, ReadReport], Iterator[Item]],
) -> Iterator[Item]:
    size = path.stat().st_size
    if not path.is_file():
        raise InputError(f"{name} is a device or pipe, not a file.", hint=SUPPORTED)
    if not size:
        raise InputError(f"{name} is empty.", hint="Choose a file with text in it.")
    before = report.documents
    for document in reader(path, name, report):
        report.documents += 1
        yield document
    if report.documents == before:
        raise InputError(f"{name} has no text in it.", hint="Choose a file with text in it.")
    report.files += 1
