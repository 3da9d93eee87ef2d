"""Cutting the input into chunks: always the same chunks for the same input, whoever works on them.

Reading is cheap beside filtering, so one process reads and hands chunks out. A resumed run reads on from the start
and lets the chunks pass that are done.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import blake2b
from pathlib import Path
from typing import TYPE_CHECKING, Any

from simulator.errors import InputError
from simulator.text.documents import Page, ReadReport
from simulator.text.pages import read_pages

if TYPE_CHECKING:
    from simulator.world.crawl import PageTruth

TOY = "toy"
"""Name of the toy crawl where a path could stand."""

CHUNK_BYTES = 2_000_000
"""A chunk ends when it has this many bytes."""

CHUNK_DOCUMENTS = 500
"""... or this many documents."""

LARGEST_HTML = 5_000_000
"""Bytes of the largest HTML page that is looked into; Common Crawl cuts pages there too."""

LONGEST_TEXT = 400_000
"""A plain text with more characters is cut into several documents, so that no document needs much memory."""

_UNPACKED = {".gz": 4.5, ".zst": 5.0, ".parquet": 2.5}


@dataclass(frozen=True, slots=True)
class Item:
    """One document on its way into the pipeline.

    Attributes:
        index: Its place in the input, from 0.
        page: What was stored; its body is left out if it is oversize.
        truth: What the toy crawl knows about it, or None.
        oversize: Bytes of a body that is too large to be looked into, else 0.
    """

    index: int
    page: Page
    truth: PageTruth | None = None
    oversize: int = 0


@dataclass(frozen=True, kw_only=True)
class Chunk:
    """Some consecutive documents.

    Attributes:
        number: Its place among the chunks, from 0.
        items: The documents.
        skipped: Records that could not be read between the last chunk and this one's end, in plain words.
        passed_over: Records since the last chunk that are no documents and no faults, counted by reason.
        bytes: Bytes of the bodies of all documents up to its end.
        failed: Index of each document that no process survived, with how it ended.
    """

    number: int
    items: tuple[Item, ...]
    skipped: tuple[str, ...] = ()
    passed_over: Mapping[str, int] = field(default_factory=dict)
    bytes: int = 0
    failed: Mapping[int, str] = field(default_factory=dict)


class _SkipLog(ReadReport):
    """A report that also keeps every sentence until it is asked for."""

    def __init__(self) -> None:
        super().__init__()
        self.fresh: list[str] = []

    def skip(self, why: str) -> None:
        super().skip(why)
        self.fresh.append(why)

    def drain(self) -> dict[str, Any]:
        """What is new, as fields of a chunk."""
        new = {"skipped": tuple(self.fresh), "passed_over": self.passed_over}
        self.fresh, self.passed_over = [], {}
        return new


@dataclass(frozen=True, kw_only=True)
class Source:
    """Where the documents come from.

    Attributes:
        paths: Files and folders, or only ``toy``.
        pages: Pages of the toy crawl.
        seed: Seed of the toy crawl.
        chunk_documents: Documents in a chunk.
    """

    paths: tuple[str, ...]
    pages: int = 0
    seed: int = 0
    chunk_documents: int = CHUNK_DOCUMENTS

    @property
    def toy(self) -> bool:
        """Whether it is the toy crawl, whose truth is known."""
        return self.paths == (TOY,)

    def chunks(self) -> Iterator[Chunk]:
        """All chunks in order; streams.

        Raises:
            InputError: if a path cannot be read.
        """
        report = _SkipLog()
        items: list[Item] = []
        number = size = total = 0
        for item in _numbered(self._documents(report)):
            items.append(item)
            weight = len(item.page.body)
            size += weight
            total += weight
            if size >= CHUNK_BYTES or len(items) >= self.chunk_documents:
                yield Chunk(number=number, items=tuple(items), bytes=total, **report.drain())
                number, size, items = number + 1, 0, []
        if items or report.fresh or report.passed_over:
            yield Chunk(number=number, items=tuple(items), bytes=total, **report.drain())

    def expected_bytes(self) -> int:
        """Bytes of documents to expect, for the time left: sizes of the files, packed ones weighed; 0 for the toy."""
        if self.toy:
            return 0
        return round(sum(_expected(file, status.st_size) for file, status in self._files()))

    def fingerprint(self) -> str:
        """A hash of name, size and time of change of each file, to notice that an input is not what it was."""
        if self.toy:
            return f"toy:{self.pages}:{self.seed}"
        found = blake2b(digest_size=16)
        for file, status in self._files():
            found.update(f"{file}\0{status.st_size}\0{status.st_mtime_ns}\n".encode("utf-8", "replace"))
        return found.hexdigest()

    def _files(self) -> Iterator[tuple[Path, os.stat_result]]:
        """All plain files and what is known of them; one that goes away meanwhile is left to whoever reads it."""
        for path in self.paths:
            for file in _files_of(Path(path)):
                with contextlib.suppress(OSError):
                    yield file, file.stat()

    def _documents(self, report: ReadReport) -> Iterator[tuple[Page, PageTruth | None]]:
        if self.toy:
            from simulator.world import build_world
            from simulator.world.crawl import generate_crawl

            for page in generate_crawl(build_world(), self.pages, self.seed):
                yield page.page(), page.truth
            return
        several = len(self.paths) > 1
        for path in self.paths:
            try:
                for one in read_pages(Path(path), report):
                    yield one, None
            except InputError as error:
                if not several:
                    raise
                report.skip(f"{error.message}")


def clean_paths(given: Sequence[str]) -> tuple[str, ...]:
    """The paths to read, each once: what was named twice, or lies in a folder also named, is read once.

    Raises:
        InputError: if there is none, one is missing, or the toy crawl is mixed with files.
    """
    if not [name for name in given if name.strip()]:
        raise InputError("No input is named.", hint="Use 'toy', or the path of a file or folder.")
    if TOY in given:
        if len(set(given)) > 1:
            raise InputError("The toy crawl cannot be mixed with files.", hint="Give 'toy' alone.")
        return (TOY,)
    found: dict[Path, str] = {}
    for name in given:
        found.setdefault(_existing(name), name)
    return tuple(
        str(path) for path in found if not any(other in path.parents for other in found if other.is_dir())
    )


def _existing(name: str) -> Path:
    try:
        path = Path(name).expanduser().resolve()
        there = path.exists()
    except (OSError, RuntimeError, ValueError) as error:
        raise InputError(f"'{name}' cannot be used: {error}.", hint="Check the path.") from None
    if not there:
        hint = "Check the spelling, or use 'toy' for the toy crawl."
        raise InputError(f"There is no file or folder '{name}'.", hint=hint)
    return path


def _files_of(path: Path) -> Iterator[Path]:
    """Plain files under a path in a fixed order, links to folders left out: for sizes, not for reading."""
    if not path.is_dir():
        yield path
        return
    for root, folders, names in os.walk(path):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for name in sorted(names):
            file = Path(root, name)
            if not name.startswith(".") and file.is_file():
                yield file


def _expected(file: Path, size: int) -> float:
    return size * _UNPACKED.get(file.suffix.lower(), 1.0)


def _numbered(documents: Iterable[tuple[Page, PageTruth | None]]) -> Iterator[Item]:
    index = 0
    for page, truth in documents:
        for piece, oversize in _pieces(page):
            yield Item(index, piece, truth, oversize)
            index += 1


def _pieces(page: Page) -> Iterator[tuple[Page, int]]:
    """The page; a long plain text in pieces, a huge HTML page without its body."""
    if page.kind == "html":
        if len(page.body) > LARGEST_HTML:
            yield _with_body(page, b""), len(page.body)
        else:
            yield page, 0
        return
    if len(page.body) <= LONGEST_TEXT:
        yield page, 0
        return
    text = page.body.decode("utf-8", "replace")
    for number, start, end in _cuts(text):
        name = f"{page.source}#{number}" if number > 1 or end < len(text) else page.source
        yield Page(name, text[start:end].encode("utf-8"), page.kind, page.url, page.charset), 0


def _cuts(text: str) -> Iterator[tuple[int, int, int]]:
    """Number, start and end of each piece: cut at a blank line in the last half if there is one, or at less."""
    start, number = 0, 1
    while start < len(text):
        end = min(len(text), start + LONGEST_TEXT)
        if end < len(text):
            for mark in ("\n\n", "\n", " "):
                place = text.rfind(mark, start + LONGEST_TEXT // 2, end)
                if place >= 0:
                    end = place + len(mark)
                    break
        yield number, start, end
        start, number = end, number + 1


def _with_body(page: Page, body: bytes) -> Page:
    return Page(page.source, body, page.kind, page.url, page.charset)
