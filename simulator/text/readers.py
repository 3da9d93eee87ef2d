"""Readers of the user's own files: plain text, Markdown, HTML, JSON lines, JSON, CSV and folders of them.

Everything streams, except HTML and JSON, whose formats need the whole file. What cannot be read raises
:class:`InputError` in plain words; what was skipped on the way is counted in a :class:`ReadReport`.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator
from pathlib import Path

from simulator.errors import InputError
from simulator.text.documents import ReadReport, TextDocument
from simulator.text.encodings import decode_bytes, well_formed
from simulator.text.html import visible_text
from simulator.text.opening import open_text, read_blocks, read_whole
from simulator.text.records import read_json, read_json_lines, read_table

__all__ = [
    "CHUNK_CHARACTERS",
    "PLAIN_ENDINGS",
    "READERS",
    "ReadReport",
    "TextDocument",
    "python_reference",
    "read_documents",
]

CHUNK_CHARACTERS = 4_000_000
"""A longer plain text is cut into documents of at most this size, at a blank line if there is one."""

PLAIN_ENDINGS = (".txt", ".text", ".md", ".markdown", ".rst")
"""Files of continuous text."""

_SUPPORTED = "Supported: .txt, .md, .html, .jsonl, .json, .csv, .tsv, and folders of them."
_CHARSET = re.compile(rb"charset=[\"']?([A-Za-z0-9_:.-]+)", re.IGNORECASE)


def read_documents(path: Path, report: ReadReport | None = None) -> Iterator[TextDocument]:
    """Read a file, or every readable file of a folder and its subfolders in sorted order.

    In a folder, hidden files and other kinds of files are passed over; damaged ones are counted as skipped.
    A single file must be good; if its ending is unknown, it is read as plain text.

    Args:
        path: File or folder.
        report: Filled with what was read and skipped.

    Raises:
        InputError: if there is nothing to read; raised while iterating.
    """
    report = ReadReport() if report is None else report
    try:
        if path.is_dir():
            yield from _read_folder(path, report)
        else:
            yield from _read_file(path, well_formed(path.name), report)
    except OSError as error:
        raise _os_error(path, error) from None
    except ValueError as error:  # a zero byte in the path itself
        raise InputError(
            f"'{path}' is not a valid path ({error}).", hint="Choose a file or folder."
        ) from None


def python_reference() -> list[TextDocument]:
    """The reference text that CPython carries for ``help()``, a document a topic, in sorted order.

    Raises:
        InputError: if this Python was built without it.
    """
    try:
        from pydoc_data.topics import topics
    except ImportError:
        hint = "Use the toy world, or a file of yours."
        raise InputError("This Python does not carry its reference text (pydoc_data).", hint=hint) from None
    return [TextDocument(topics[name], f"python:{name}") for name in sorted(topics)]


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


def _read_folder(folder: Path, report: ReadReport) -> Iterator[TextDocument]:
    before = report.documents
    for path in _files(folder, report):
        name = well_formed(path.relative_to(folder).as_posix())
        try:
            yield from _read_file(path, name, report)
        except InputError as error:
            report.skip(error.message)
        except OSError as error:
            report.skip(f"{name} cannot be read: {error.strerror or error}.")
    if report.documents == before:
        why = f"has no readable text. {report.notes[-1]}" if report.notes else "has no files of text."
        raise InputError(f"The folder '{folder}' {why}", hint=_SUPPORTED)


def _files(folder: Path, report: ReadReport) -> Iterator[Path]:
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
            if not name.startswith(".") and path.suffix.lower() in READERS:
                yield path


def _read_file(path: Path, name: str, report: ReadReport) -> Iterator[TextDocument]:
    size = path.stat().st_size
    if not path.is_file():
        raise InputError(f"{name} is a device or pipe, not a file.", hint=_SUPPORTED)
    if not size:
        raise InputError(f"{name} is empty.", hint="Choose a file with text in it.")
    reader = READERS.get(path.suffix.lower(), _read_plain)
    before = report.documents
    for document in reader(path, name, report):
        report.documents += 1
        yield document
    if report.documents == before:
        raise InputError(f"{name} has no text in it.", hint="Choose a file with text in it.")
    report.files += 1


def _read_plain(path: Path, name: str, report: ReadReport) -> Iterator[TextDocument]:
    """A continuous text, cut into chunks in order when it is long."""
    with open_text(path, name) as file:
        held = ""
        for block in read_blocks(file, name, CHUNK_CHARACTERS):
            held += block
            while len(held) > CHUNK_CHARACTERS:
                cut = _cut_point(held)
                yield TextDocument(well_formed(held[:cut]), name)
                held = held[cut:]
        if held.strip():
            yield TextDocument(well_formed(held), name)


def _cut_point(text: str) -> int:
    """After the last blank line in the second half of the chunk, else a line break, a space, or its end."""
    for mark in ("\n\n", "\n", " "):
        place = text.rfind(mark, CHUNK_CHARACTERS // 2, CHUNK_CHARACTERS)
        if place >= 0:
            return place + len(mark)
    return CHUNK_CHARACTERS


def _read_html(path: Path, name: str, report: ReadReport) -> Iterator[TextDocument]:
    data = read_whole(path, name)
    claim = _CHARSET.search(data[:4096])
    text = visible_text(decode_bytes(data, name, declared=claim.group(1).decode("ascii") if claim else ""))
    if text:
        yield TextDocument(well_formed(text), name)


READERS: dict[str, Callable[[Path, str, ReadReport], Iterator[TextDocument]]] = {
    **dict.fromkeys(PLAIN_ENDINGS, _read_plain),
    **dict.fromkeys((".html", ".htm", ".xhtml"), _read_html),
    **dict.fromkeys((".jsonl", ".ndjson"), read_json_lines),
    ".json": read_json,
    **dict.fromkeys((".csv", ".tsv"), read_table),
}
"""Reader of each file ending, in lower case."""
