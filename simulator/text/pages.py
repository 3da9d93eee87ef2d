"""What stage 1 reads: documents as they were stored, before extraction, from files, folders and WARC crawls."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

from simulator.text.decoding import DecodedPage, decode_page
from simulator.text.documents import Page, ReadReport, TextDocument
from simulator.text.opening import read_whole
from simulator.text.readers import HTML_ENDINGS, READERS, WARC_ENDINGS, read_plain
from simulator.text.walking import walk
from simulator.text.warc import read_warc

__all__ = ["DecodedPage", "Page", "decode_page", "read_pages"]


def read_pages(path: Path, report: ReadReport) -> Iterator[Page]:
    """The pages of a file, or of every readable file of a folder and its subfolders in sorted order; streams.

    HTML files and the pages of WARC files come as they were stored; the texts of other files come as UTF-8.

    Args:
        path: File or folder.
        report: Filled with what was read and skipped.

    Raises:
        InputError: if there is nothing to read; raised while iterating.
    """
    return walk(path, report, _READERS, _as_pages(read_plain))


def _read_html(path: Path, name: str, report: ReadReport) -> Iterator[Page]:
    yield Page(name, read_whole(path, name), "html")


def _as_pages(
    reader: Callable[[Path, str, ReadReport], Iterator[TextDocument]],
) -> Callable[[Path, str, ReadReport], Iterator[Page]]:
    def read(path: Path, name: str, report: ReadReport) -> Iterator[Page]:
        for document in reader(path, name, report):
            yield Page(document.source, document.text.encode("utf-8"), "text", charset="utf-8")

    return read


_READERS: dict[str, Callable[[Path, str, ReadReport], Iterator[Page]]] = {
    **{ending: _as_pages(reader) for ending, reader in READERS.items()},
    **dict.fromkeys(HTML_ENDINGS, _read_html),
    **dict.fromkeys(WARC_ENDINGS, read_warc),
}
