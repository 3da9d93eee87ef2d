"""Readers of the user's own files: plain text, Markdown, HTML, JSON lines, JSON, CSV and folders of them.

Everything streams, except HTML and JSON, whose formats need the whole file. What cannot be read raises
:class:`InputError` in plain words; what was skipped on the way is counted in a :class:`ReadReport`.
"""

from __future__ import annotations

import csv
import json
import os
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TextIO

from simulator.errors import InputError
from simulator.text.encodings import (
    SAMPLE_BYTES,
    broken_text,
    decode_bytes,
    detect_encoding,
    guess_encoding,
    well_formed,
)
from simulator.text.html import visible_text

CHUNK_CHARACTERS = 4_000_000
"""A longer plain text is cut into documents of about this size, at a blank line if there is one."""

WHOLE_FILE_BYTES = 200_000_000
"""Largest HTML or JSON file; these are read as a whole."""

LINE_CHARACTERS = 50_000_000
"""Longest line of a JSON lines file, longest field of a CSV file."""

TEXT_FIELDS = ("text", "content", "body", "document", "completion", "story", "article", "markdown")
"""Where a record's text is looked for, in this order; then ``messages`` and instruction records."""

MAX_SKIPPED = 1000
"""More unusable records than this, and more than were usable, and the file is given up."""

_INSTRUCTION_FIELDS = ("system", "instruction", "input", "prompt", "question", "output", "response", "answer", "chosen")
_CHARSET = re.compile(rb"charset=[\"']?([A-Za-z0-9_:.-]+)", re.IGNORECASE)
PLAIN_ENDINGS = (".txt", ".text", ".md", ".markdown", ".rst")
"""Files of continuous text."""

_SUPPORTED = "Supported: .txt, .md, .html, .jsonl, .json, .csv, .tsv, and folders of them."


@dataclass(frozen=True)
class TextDocument:
    """A text and where it came from: ``file`` or ``file:line``."""

    text: str
    source: str


@dataclass(kw_only=True)
class ReadReport:
    """What reading found, filled while it goes on.

    Attributes:
        files: Files that gave at least one document.
        documents: Documents read.
        skipped: Records left out: malformed or without text.
        notes: The first things skipped and why, in plain words; at most 20.
    """

    files: int = 0
    documents: int = 0
    skipped: int = 0
    notes: list[str] = field(default_factory=list)

    def skip(self, why: str) -> None:
        """Count something left out."""
        self.skipped += 1
        if len(self.notes) < 20:
            self.notes.append(why)


def read_documents(path: Path, report: ReadReport | None = None) -> Iterator[TextDocument]:
    """Read a file, or every readable file of a folder and its subfolders in sorted order.

    In a folder, hidden files, files of other kinds and damaged ones are skipped and counted; a single file must be good.

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
            yield from _read_file(path, path.name, report)
    except OSError as error:
        raise _os_error(path, error) from None
    except ValueError as error:  # a zero byte in the path itself
        raise InputError(f"'{path}' is not a valid path: {error}.", hint="Choose a file or folder.") from None


def _os_error(path: Path, error: OSError) -> InputError:
    if isinstance(error, FileNotFoundError):
        return InputError(f"There is no file or folder '{path}'.", hint="Check the spelling, or choose a file.")
    if isinstance(error, PermissionError):
        return InputError(f"'{path}' may not be read: permission denied.", hint="Change its permissions, or choose another file.")
    return InputError(f"'{path}' cannot be read: {error.strerror or error}.", hint="Choose another file.")


def _read_folder(folder: Path, report: ReadReport) -> Iterator[TextDocument]:
    found = False
    for path in _files(folder, report):
        name = path.relative_to(folder).as_posix()
        try:
            for document in _read_file(path, name, report):
                found = True
                yield document
        except InputError as error:
            report.skip(error.message)
        except OSError as error:
            report.skip(f"{name}: {error.strerror or error}")
    if not found:
        why = f" ({report.notes[0]})" if report.notes else ""
        raise InputError(f"The folder '{folder}' has no readable text{why}.", hint=_SUPPORTED)


def _files(folder: Path, report: ReadReport) -> Iterator[Path]:
    """Files with a known ending, sorted, each real folder once: links that lead in circles end here."""
    seen: set[tuple[int, int]] = set()

    def unreadable(error: OSError) -> None:
        report.skip(f"{error.filename}: {error.strerror}")

    for root, folders, names in os.walk(folder, onerror=unreadable, followlinks=True):
        status = Path(root).stat()
        if (status.st_dev, status.st_ino) in seen:
            folders.clear()
            continue
        seen.add((status.st_dev, status.st_ino))
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for name in sorted(names):
            path = Path(root, name)
            if not name.startswith(".") and path.suffix.lower() in READERS and path.is_file():
                yield path


def _read_file(path: Path, name: str, report: ReadReport) -> Iterator[TextDocument]:
    """Read one file by its ending; a file with an unknown ending is read as plain text if it is text."""
    if path.stat().st_size == 0:
        raise InputError(f"{name} is empty.", hint="Choose a file with text in it.")
    if not path.is_file():
        raise InputError(f"{name} is not a regular file.", hint=_SUPPORTED)
    reader = READERS.get(path.suffix.lower(), _read_plain)
    count = 0
    for document in reader(path, name, report):
        count += 1
        yield document
    if not count:
        raise InputError(f"{name} has no text in it.", hint="Choose a file with text in it.")
    report.files += 1
    report.documents += count


def _open_text(path: Path, name: str) -> TextIO:
    """Open for streaming in the encoding of its first bytes (line ends stay as they are)."""
    with path.open("rb") as file:
        sample = file.read(SAMPLE_BYTES)
    codec = detect_encoding(sample, name, whole=len(sample) < SAMPLE_BYTES)
    if codec == "utf-8" and not _is_utf8_throughout(path):
        codec = _guess_past_start(path, name)
    return path.open(encoding=codec, newline="")


def _is_utf8_throughout(path: Path) -> bool:
    """One quick pass: better than finding out after gigabytes were handed on."""
    try:
        with path.open(encoding="utf-8", newline="") as file:
            while file.read(1 << 22):
                pass
    except UnicodeDecodeError:
        return False
    return True


def _guess_past_start(path: Path, name: str) -> str:
    """The file starts as plain ASCII and shows its true encoding only later: guess from around the first odd byte."""
    position = 0
    with path.open("rb") as file:
        while block := file.read(1 << 22):
            if not block.isascii():
                odd = next(index for index, value in enumerate(block) if value > 127)
                return guess_encoding(block[max(0, odd - SAMPLE_BYTES // 2) : odd + SAMPLE_BYTES // 2], name)
            position += len(block)
    raise broken_text(name, "utf-8", position)


def _read_plain(path: Path, name: str, report: ReadReport) -> Iterator[TextDocument]:
    """A plain text, cut into chunks in order when it is long."""
    with _open_text(path, name) as file:
        for text in _chunks(file, name):
            if text.strip():
                yield TextDocument(well_formed(text), name)


def _chunks(file: TextIO, name: str) -> Iterator[str]:
    held = ""
    while True:
        try:
            block = file.read(CHUNK_CHARACTERS)
        except UnicodeError as error:
            raise broken_text(name, file.encoding, getattr(error, "start", 0)) from None
        held += block
        if not block:
            break
        if "\x00" in block:
            raise InputError(f"{name} is a binary file (it holds zero bytes), not text.", hint=_SUPPORTED)
        while len(held) > CHUNK_CHARACTERS * 5 // 4:
            cut = _cut_point(held)
            yield held[:cut]
            held = held[cut:]
    if held:
        yield held


def _cut_point(text: str) -> int:
    """After the last blank line in the second half of the chunk, else a line break, else a space, else anywhere."""
    half = CHUNK_CHARACTERS // 2
    for mark in ("\n\n", "\r\n\r\n", "\n", " "):
        place = text.rfind(mark, half, CHUNK_CHARACTERS)
        if place >= 0:
            return place + len(mark)
    return CHUNK_CHARACTERS


def _whole_bytes(path: Path, name: str) -> bytes:
    size = path.stat().st_size
    if size > WHOLE_FILE_BYTES:
        raise InputError(f"{name} is {size / 1e6:,.0f} MB; files of this kind are read whole, up to {WHOLE_FILE_BYTES / 1e6:.0f} MB.",
                         hint="Split it, or convert it to .txt or .jsonl, which have no limit.")  # fmt: skip
    return path.read_bytes()


def _read_html(path: Path, name: str, report: ReadReport) -> Iterator[TextDocument]:
    data = _whole_bytes(path, name)
    claim = _CHARSET.search(data[:4096])
    text = visible_text(decode_bytes(data, name, claim.group(1).decode("ascii") if claim else ""))
    if text:
        yield TextDocument(well_formed(text), name)


def _read_json_lines(path: Path, name: str, report: ReadReport) -> Iterator[TextDocument]:
    with _open_text(path, name) as file:
        yield from _texts_of(_json_records(file, name), name, report, "line")


def _json_records(file: TextIO, name: str) -> Iterator[tuple[int, Any]]:
    """Line number and parsed value, or the error in its place."""
    for number, line in enumerate(_lines(file, name), start=1):
        if line.strip():
            try:
                yield number, json.loads(line)
            except (ValueError, RecursionError) as error:
                yield number, InputError(f"{name} line {number} is not valid JSON ({_reason(error)}).")


def _lines(file: TextIO, name: str) -> Iterator[str]:
    while True:
        try:
            line = file.readline(LINE_CHARACTERS)
        except UnicodeError as error:
            raise broken_text(name, file.encoding, getattr(error, "start", 0)) from None
        if len(line) >= LINE_CHARACTERS:
            raise InputError(f"{name} has a line of more than {LINE_CHARACTERS // 10**6} million characters.",
                             hint="Put one record on each line.")  # fmt: skip
        if not line:
            return
        yield line


def _reason(error: Exception) -> str:
    return error.msg if isinstance(error, json.JSONDecodeError) else "nested too deeply"


def _read_json(path: Path, name: str, report: ReadReport) -> Iterator[TextDocument]:
    """One JSON value: a record, or a list of records, perhaps under a single key such as ``data``."""
    try:
        value = json.loads(decode_bytes(_whole_bytes(path, name), name))
    except json.JSONDecodeError as error:
        raise InputError(f"{name} line {error.lineno} is not valid JSON ({error.msg}).",
                         hint="Mend that line, or use .jsonl for one record a line.") from None  # fmt: skip
    except RecursionError:
        raise InputError(f"{name} is nested too deeply.", hint="Use a list of records with a 'text' field.") from None
    if isinstance(value, dict) and record_text(value) is None:
        value = next((item for item in value.values() if isinstance(item, list)), value)
    records = value if isinstance(value, list) else [value]
    yield from _texts_of(enumerate(records, start=1), name, report, "record")


def _read_table(path: Path, name: str, report: ReadReport) -> Iterator[TextDocument]:
    with _open_text(path, name) as file:
        rows = _rows(file, name, "\t" if path.suffix.lower() == ".tsv" else "")
        header = [title.strip() for title in next(rows, (0, []))[1]]
        column = _text_column(header, name)
        yield from _texts_of(_cells(rows, header, column, name), name, report, "line")


def _rows(file: TextIO, name: str, delimiter: str) -> Iterator[tuple[int, list[str]]]:
    csv.field_size_limit(LINE_CHARACTERS)
    if not delimiter:
        first = file.readline(1 << 16)
        delimiter = max(",;\t|", key=first.count)
        file.seek(0)
    reader = csv.reader(file, delimiter=delimiter)
    try:
        for row in reader:
            if row:
                yield reader.line_num, row
    except csv.Error as error:
        raise InputError(f"{name} line {reader.line_num} is not valid CSV ({error}).", hint="Mend that line, or save it again as CSV.") from None
    except UnicodeError as error:
        raise broken_text(name, file.encoding, getattr(error, "start", 0)) from None


def _text_column(header: list[str], name: str) -> int:
    titles = [title.lower().removeprefix("\ufeff") for title in header]
    for wanted in TEXT_FIELDS:
        if wanted in titles:
            return titles.index(wanted)
    shown = ", ".join(header[:8])[:200]
    raise InputError(f"{name} has no text column; its columns are: {shown}.",
                     hint=f"Name the column with the text 'text' (or {', '.join(TEXT_FIELDS[1:4])}).")  # fmt: skip


def _cells(
    rows: Iterable[tuple[int, list[str]]], header: list[str], column: int, name: str
) -> Iterator[tuple[int, Any]]:
    for number, row in rows:
        if len(row) == len(header):
            yield number, row[column]
        else:
            yield number, InputError(f"{name} line {number} has {len(row)} columns, not {len(header)}.")


def _texts_of(
    records: Iterable[tuple[int, Any]], name: str, report: ReadReport, unit: str
) -> Iterator[TextDocument]:
    """The texts of records; bad ones are skipped and counted until too many are bad.

    Raises:
        InputError: naming the first bad record, if none is usable or most are not.
    """
    good = bad = 0
    first = ""
    for number, record in records:
        text = None if isinstance(record, InputError) else record_text(record)
        if text is not None and text.strip():
            good += 1
            yield TextDocument(well_formed(text), f"{name}:{number}")
            continue
        why = record.message if isinstance(record, InputError) else f"{name} {unit} {number} has no text in it."
        first = first or why
        bad += 1
        report.skip(why)
        if bad > MAX_SKIPPED and bad > good:
            break
    if first and (not good or (bad > MAX_SKIPPED and bad > good)):
        raise InputError(f"{first} {bad} of {bad + good} records read are unusable.",
                         hint=f"Each record needs its text under one of: {', '.join(TEXT_FIELDS[:3])}, messages.")  # fmt: skip


def record_text(record: Any) -> str | None:
    """The text of a record from JSON or CSV: a string itself, a text field, chat messages, or an instruction and its answer."""
    if isinstance(record, str):
        return record
    if not isinstance(record, dict):
        return None
    for name in TEXT_FIELDS:
        if isinstance(record.get(name), str):
            return str(record[name])
    for name in ("messages", "conversations", "conversation"):
        if isinstance(record.get(name), list):
            return _messages_text(record[name])
    parts = [record[name] for name in _INSTRUCTION_FIELDS if isinstance(record.get(name), str) and record[name]]
    return "\n".join(parts) if parts else None


def _messages_text(messages: list[Any]) -> str | None:
    """Messages as lines ``role: content``; both OpenAI's (role, content) and ShareGPT's (from, value) names."""
    lines = []
    for message in messages:
        if isinstance(message, dict):
            role = message.get("role", message.get("from", ""))
            content = message.get("content", message.get("value"))
            if isinstance(content, str) and content:
                lines.append(f"{role}: {content}" if isinstance(role, str) and role else content)
    return "\n".join(lines) or None


def python_reference() -> list[TextDocument]:
    """The reference text that CPython carries for ``help()``, a document a topic, in sorted order.

    Raises:
        InputError: if this Python was built without it.
    """
    try:
        from pydoc_data.topics import topics
    except ImportError:
        raise InputError("This Python does not carry its reference text (pydoc_data).",
                         hint="Use the toy world, or a file of yours.") from None  # fmt: skip
    return [TextDocument(topics[name], f"python:{name}") for name in sorted(topics)]


READERS: dict[str, Callable[[Path, str, ReadReport], Iterator[TextDocument]]] = {
    **dict.fromkeys(PLAIN_ENDINGS, _read_plain),
    **dict.fromkeys((".html", ".htm", ".xhtml"), _read_html),
    **dict.fromkeys((".jsonl", ".ndjson"), _read_json_lines),
    ".json": _read_json,
    **dict.fromkeys((".csv", ".tsv"), _read_table),
}
"""Reader of each file ending, in lower case."""
