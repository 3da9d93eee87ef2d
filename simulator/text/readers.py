"""Readers of the user's own files: plain text, Markdown, HTML, JSON, CSV, Parquet, WARC, and folders of them.

Everything streams, except HTML and JSON, whose formats need the whole file. What cannot be read raises
:class:`InputError` in plain words; what was skipped on the way is counted in a :class:`ReadReport`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

from simulator.errors import InputError
from simulator.text.decoding import declared_charset, decode_page
from simulator.text.documents import ReadReport, TextDocument
from simulator.text.encodings import decode_bytes, well_formed
from simulator.text.extraction import extract_text
from simulator.text.html import visible_text
from simulator.text.opening import open_text, read_blocks, read_whole
from simulator.text.parquet import read_parquet
from simulator.text.records import read_json, read_json_lines, read_table
from simulator.text.walking import walk
from simulator.text.warc import read_warc

__all__ = [
    "CHUNK_CHARACTERS",
    "HTML_ENDINGS",
    "PLAIN_ENDINGS",
    "READERS",
    "WARC_ENDINGS",
    "ReadReport",
    "TextDocument",
    "python_reference",
    "read_documents",
    "read_plain",
]

CHUNK_CHARACTERS = 4_000_000
"""A longer plain text is cut into documents of at most this size, at a blank line if there is one."""

PLAIN_ENDINGS = (".txt", ".text", ".md", ".markdown", ".rst")
"""Files of continuous text."""

HTML_ENDINGS = (".html", ".htm", ".xhtml")
WARC_ENDINGS = (".warc", ".warc.gz")


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
    return walk(path, ReadReport() if report is None else report, READERS, read_plain)


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


def read_plain(path: Path, name: str, report: ReadReport) -> Iterator[TextDocument]:
    """A file of continuous text, cut into chunks in order when it is long."""
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
    """The main content of a page; all that can be seen where a page has nothing that stands out."""
    data = read_whole(path, name)
    claim = declared_charset(data)
    html = decode_bytes(data, name, declared=claim)
    text = extract_text(html) or visible_text(html)
    if text:
        yield TextDocument(well_formed(text), name)


def _read_warc(path: Path, name: str, report: ReadReport) -> Iterator[TextDocument]:
    """The main content of each page of a crawl."""
    for page in read_warc(path, name, report):
        text = decode_page(page).text
        if page.kind == "html":
            text = extract_text(text)
        if text.strip():
            yield TextDocument(well_formed(text), page.source)
        else:
            report.pass_over("page without text")


READERS: dict[str, Callable[[Path, str, ReadReport], Iterator[TextDocument]]] = {
    **dict.fromkeys(PLAIN_ENDINGS, read_plain),
    **dict.fromkeys(HTML_ENDINGS, _read_html),
    **dict.fromkeys((".jsonl", ".ndjson"), read_json_lines),
    ".json": read_json,
    **dict.fromkeys((".csv", ".tsv"), read_table),
    ".parquet": read_parquet,
    **dict.fromkeys(WARC_ENDINGS, _read_warc),
}
"""Reader of each file ending, in lower case."""
