"""Readers of records: JSON lines, JSON and tables (CSV, TSV). Malformed records are skipped and counted."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, TextIO

from simulator.errors import InputError
from simulator.text.documents import ReadReport, TextDocument
from simulator.text.encodings import decode_bytes, well_formed
from simulator.text.opening import LINE_CHARACTERS, open_text, read_lines, read_whole

TEXT_FIELDS = (
    "text", "content", "body", "document", "completion", "story", "article", "review", "sentence", "message",
)  # fmt: skip
"""Where a record's text is looked for, in this order."""

MESSAGE_FIELDS = ("messages", "conversations", "conversation")
"""Where a record's chat messages are looked for next."""

INSTRUCTION_FIELDS = (
    "system", "instruction", "input", "prompt", "question", "output", "response", "answer", "chosen",
)  # fmt: skip
"""Parts of an instruction and its answer, which are joined by line breaks."""

MAX_BAD = 1000
"""A file is given up when more records than this, and more than half, are unusable."""

_HINT = "Put each text under one of: text, content, body, messages."

_Numbered = Iterable[tuple[int, Any]]
"""Number of the line or record, and the record or the error in its place."""


def read_json_lines(path: Path, name: str, report: ReadReport) -> Iterator[TextDocument]:
    """One JSON record a line; streams."""
    with open_text(path, name) as file:
        yield from texts_of(_json_records(file, name), name, report)


def read_json(path: Path, name: str, report: ReadReport) -> Iterator[TextDocument]:
    """One JSON value: a record, or a list of records, perhaps under a key such as ``data``; read whole."""
    try:
        value = json.loads(decode_bytes(read_whole(path, name), name))
    except json.JSONDecodeError as error:
        raise InputError(f"{name} line {error.lineno} is not valid JSON ({error.msg}).",
                         hint="Mend that line, or use .jsonl for one record a line.") from None  # fmt: skip
    except (ValueError, RecursionError) as error:
        raise InputError(f"{name} is not usable JSON ({_reason(error)}).", hint=_HINT) from None
    if isinstance(value, dict) and record_text(value) is None:
        value = next((item for item in value.values() if isinstance(item, list)), value)
    records = value if isinstance(value, list) else [value]
    yield from texts_of(enumerate(records, start=1), name, report)


def read_table(path: Path, name: str, report: ReadReport) -> Iterator[TextDocument]:
    """A table whose first line names its columns, one of which holds the text; streams."""
    csv.field_size_limit(LINE_CHARACTERS)
    with open_text(path, name, newline="") as file:
        rows = csv.reader(file, delimiter=_delimiter(file, path))
        header = [title.strip().lower() for title in _header(rows, name)]
        if not {*TEXT_FIELDS, *INSTRUCTION_FIELDS} & set(header):
            shown = ", ".join(header)[:120]
            raise InputError(f"{name} has no text column; its columns are: {shown}.",
                             hint="Name the column that holds the text 'text'.")  # fmt: skip
        yield from texts_of(_table_records(rows, header, name), name, report)


def record_text(record: Any) -> str | None:
    """The text of a record: a string, a text field, chat messages, or an instruction and its answer."""
    if isinstance(record, str):
        return record
    if not isinstance(record, dict):
        return None
    for field in TEXT_FIELDS:
        if isinstance(record.get(field), str):
            return str(record[field])
    for field in MESSAGE_FIELDS:
        if isinstance(record.get(field), list):
            return _messages_text(record[field])
    parts = [
        record[field] for field in INSTRUCTION_FIELDS if isinstance(record.get(field), str) and record[field]
    ]
    return "\n".join(parts) or None


def _messages_text(messages: list[Any]) -> str | None:
    """Messages as lines ``role: content``, by OpenAI's names (role, content) or ShareGPT's (from, value)."""
    lines = []
    for message in messages:
        if isinstance(message, dict):
            role = message.get("role", message.get("from"))
            content = message.get("content", message.get("value"))
            if isinstance(content, str) and content:
                lines.append(f"{role}: {content}" if isinstance(role, str) else content)
    return "\n".join(lines) or None


def _json_records(file: TextIO, name: str) -> _Numbered:
    for number, line in enumerate(read_lines(file, name), start=1):
        if line.strip():
            try:
                yield number, json.loads(line)
            except (ValueError, RecursionError) as error:
                yield number, InputError(f"{name} line {number} is not valid JSON ({_reason(error)}).")


def _reason(error: Exception) -> str:
    if isinstance(error, json.JSONDecodeError):
        return error.msg
    return "nested too deeply" if isinstance(error, RecursionError) else "a number is too long"


def _delimiter(file: TextIO, path: Path) -> str:
    if path.suffix.lower() == ".tsv":
        return "\t"
    first = file.readline(1 << 16)
    file.seek(0)
    return max(",;\t|", key=first.count)


def _header(rows: Iterator[list[str]], name: str) -> list[str]:
    try:
        return next((row for row in rows if row), [])
    except csv.Error as error:
        raise InputError(
            f"The first line of {name} is not valid CSV ({error}).", hint="Save it again as CSV."
        ) from None


def _table_records(rows: Any, header: list[str], name: str) -> _Numbered:
    while True:
        try:
            row = next(rows, None)
        except csv.Error as error:
            yield rows.line_num, InputError(f"{name} line {rows.line_num} is not valid CSV ({error}).")
            continue
        if row is None:
            return
        if len(row) == len(header):
            yield rows.line_num, dict(zip(header, row, strict=True))
        elif row:
            words = (
                f"{name} line {rows.line_num} has {len(row)} columns where the first line has {len(header)}."
            )
            yield rows.line_num, InputError(words)


def texts_of(records: _Numbered, name: str, report: ReadReport) -> Iterator[TextDocument]:
    """The texts of records.

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
        why = (
            record.message if isinstance(record, InputError) else f"{name} record {number} has no text in it."
        )
        first = first or why
        bad += 1
        report.skip(why)
        if bad > MAX_BAD and bad > good:
            break
    if bad and (not good or (bad > MAX_BAD and bad > good)):
        raise InputError(
            f"{first} In all, {bad:,} of the {bad + good:,} records read are unusable.", hint=_HINT
        )
