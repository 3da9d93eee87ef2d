"""Where the records of a WARC file begin and end, also in a damaged one.

Readers of WARC files give up at the first damaged byte: of 300 records in a file with three flipped bits, FastWARC
and warcio return 79 on average. So the file is cut into records here, and a library parses each one on its own. After
a damaged gzip member the next one is searched for, after a wrong length the next record; nothing is ever held but
one record, and a checksum that fails takes back the record before it.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO

MOST_RECORD_BYTES = 64 << 20
"""Longer records are passed over: no page is that long."""

MOST_HEADER_BYTES = 64 << 10

CHECKED = b""
"""Stands in a stream where all bytes before are known to be right."""

_PIECE = 1 << 16
_UNPACKED = 1 << 20
_BOMB_BYTES, _BOMB_RATIO = 256 << 20, 200
_MAGIC = b"\x1f\x8b\x08"
_START = re.compile(rb"WARC/[01]\.\d+\r?\n")
_NEXT = re.compile(rb"(?<=\n)WARC/[01]\.\d+\r?\n")
_HEADER_END = re.compile(rb"\r?\n\r?\n")
_LENGTH = re.compile(rb"^Content-Length:[ \t]*(\d{1,18})[ \t]*\r?$", re.IGNORECASE | re.MULTILINE)
_GAP = b"\r\n"
_END_MARK = b"\r\n\r\n"
_LONGEST_START = 16


@dataclass(frozen=True, slots=True)
class Damage:
    """A place where bytes were lost.

    Attributes:
        why: How, in plain words.
        tainted: Whether what came just before may be wrong too, since a checksum failed.
    """

    why: str
    tainted: bool = False


@dataclass(frozen=True, slots=True)
class RawRecord:
    """One record as it is stored: its header, up to and with the empty line, and its block."""

    header: bytes
    block: bytes


def unpacked(file: BinaryIO) -> Iterator[bytes | Damage]:
    """The bytes of a plain or gzip file in pieces of at most 1 MB.

    A gzip member whose checksum is right ends in CHECKED, a damaged one in a Damage.

    Args:
        file: Open for reading in binary, at its start, and seekable.
    """
    first = file.read(2)
    file.seek(0)
    if first != _MAGIC[:2]:
        while piece := file.read(_UNPACKED):
            yield piece
        return
    start, spared = 0, 4 * file.seek(0, 2) + (64 << 20)
    while (start := _find_member(file, start)) >= 0:
        end = -1
        for item in _member(file, start):
            if isinstance(item, int):
                end = item
            else:
                yield item
        if end >= 0:
            yield CHECKED
            start = end
            continue
        # A damaged member may hide the next one anywhere behind its start. What is read twice is bounded.
        spared -= file.tell() - start
        start = start + 1 if spared > 0 else file.tell()


def _find_member(file: BinaryIO, start: int) -> int:
    """Where the next gzip member may begin, -1 if nowhere."""
    file.seek(start)
    held = b""
    while piece := file.read(_UNPACKED):
        held += piece
        place = held.find(_MAGIC)
        if place >= 0:
            return start + place
        start += len(held) - 2
        held = held[-2:]
    return -1


def _member(file: BinaryIO, start: int) -> Iterator[bytes | Damage | int]:
    """The content of the gzip member at ``start``, then the place where it ends, or a Damage."""
    file.seek(start)
    position, size, unpacker = start, 0, zlib.decompressobj(31)
    try:
        while not unpacker.eof:
            piece = file.read(_PIECE)
            if not piece:
                yield Damage("the file ends within a gzip member")
                return
            position += len(piece)
            while piece and not unpacker.eof:
                content = unpacker.decompress(piece, _UNPACKED)
                if content:
                    yield content
                size += len(content)
                if size > max(_BOMB_BYTES, _BOMB_RATIO * (position - start)):
                    yield Damage("a gzip member unpacks to far more than any text does")
                    return
                piece = unpacker.unconsumed_tail
    except zlib.error:
        yield Damage("a gzip member is damaged", tainted=True)
        return
    yield position - len(unpacker.unused_data)


def frame_records(pieces: Iterator[bytes | Damage]) -> Iterator[RawRecord | Damage]:
    """The records of a stream, in order, and a Damage for each place where some are lost."""
    run = _Run(pieces)
    while run.begin():
        held: RawRecord | Damage | None = None
        for item in run.records():
            if held is not None:
                yield held
            held = item
        if held is not None and not (run.doubtful and isinstance(held, RawRecord)):
            yield held
        if run.torn is not None:
            yield run.torn


class _Run:
    """The stream from one damaged place to the next, and a buffer over it.

    Attributes:
        torn: The damage that ended the run, None while it goes on and at the end of the file.
        doubtful: Whether the last record ends where the checksum that failed belongs.
    """

    def __init__(self, pieces: Iterator[bytes | Damage]) -> None:
        self._pieces = pieces
        self._buffer = bytearray()
        self._at = 0  # what lies before is used up
        self._over = False
        self._first = True
        self._finished = False
        self._let_go = 0  # bytes that were before the buffer
        self._checked = 0  # bytes known to be right
        self.torn: Damage | None = None
        self.doubtful = False

    def begin(self) -> bool:
        """Start the next run; False at the end of the file."""
        if self._finished:
            return False
        self._first = not self._buffer and self.torn is None
        self._buffer.clear()
        self._at, self._over, self._let_go, self._checked = 0, False, 0, 0
        self.torn, self.doubtful = None, False
        return True

    def records(self) -> Iterator[RawRecord | Damage]:
        """The records of this run, and the damages within it."""
        if not self._first:  # behind a damaged place stands the rest of what it broke
            self._fill_to(_LONGEST_START)
            if not _START.match(self._buffer):
                self._seek_start()
        ends = 0
        while self._skip_gap():
            found = self._record()
            if isinstance(found, RawRecord):
                ends = self._let_go + self._at
            if found is not None:
                yield found
        self.doubtful = self.torn is not None and self.torn.tainted and ends > self._checked

    def _record(self) -> RawRecord | Damage | None:
        if not self._fill_to(self._at + _LONGEST_START) and self._at >= len(self._buffer):
            return None
        if not _START.match(self._buffer, self._at):
            self._seek_start()
            return Damage("there are bytes that belong to no record")
        end = self._header_end()
        if end < 0:
            self._at += 1
            self._seek_start()
            return Damage("a record's header does not end")
        header = bytes(self._buffer[self._at : end])
        length = _LENGTH.search(header)
        size = int(length.group(1)) if length else MOST_RECORD_BYTES + 1
        if size > MOST_RECORD_BYTES:
            self._at = end
            self._seek_start()
            too_long = f"a record is longer than {MOST_RECORD_BYTES >> 20} MB"
            return Damage(too_long if length else "a record does not say how long it is")
        return self._with_block(header, end - self._at, size)

    def _with_block(self, header: bytes, skip: int, size: int) -> RawRecord | Damage | None:
        whole = self._fill_to(self._at + skip + size)
        self._fill_to(self._at + skip + size + 2 * _LONGEST_START)
        begin = self._at + skip
        end = begin + size
        if whole and self._ends_well(end):
            self._at = end
            return RawRecord(header, bytes(self._buffer[begin:end]))
        self._at = begin
        found = _NEXT.search(self._buffer, begin)
        if whole or found:
            self._seek_start()
            return Damage("a record's length is wrong")
        self._at = len(self._buffer)
        return None if self.torn else Damage("the file ends within a record")

    def _ends_well(self, end: int) -> bool:
        """Whether the end mark of a record, the next record, or the end of the run follows."""
        if self._buffer.startswith(_END_MARK, end):
            return True
        while end < len(self._buffer) and self._buffer[end] in _GAP:
            end += 1
        at_end = self._over and len(self._buffer) - end < _LONGEST_START
        return at_end or bool(_START.match(self._buffer, end))

    def _header_end(self) -> int:
        while True:
            found = _HEADER_END.search(self._buffer, self._at, self._at + MOST_HEADER_BYTES)
            if found:
                return found.end()
            if len(self._buffer) - self._at >= MOST_HEADER_BYTES or not self._fill():
                return -1

    def _skip_gap(self) -> bool:
        """Go to the next byte that is no line end; False at the end of the run."""
        while True:
            while self._at < len(self._buffer) and self._buffer[self._at] in _GAP:
                self._at += 1
            if self._at < len(self._buffer):
                return True
            if not self._fill():
                return False

    def _seek_start(self) -> None:
        """Go to the next line that begins a record, or to the end of the run."""
        while True:
            found = _NEXT.search(self._buffer, self._at)
            if found:
                self._at = found.start()
                return
            self._at = max(self._at, len(self._buffer) - _LONGEST_START)
            if not self._fill():
                self._at = len(self._buffer)
                return

    def _fill_to(self, end: int) -> bool:
        """Read on until the buffer reaches ``end``, which moves along as used bytes are let go."""
        wanted = end - self._at
        while len(self._buffer) - self._at < wanted:
            if not self._fill():
                return False
        return True

    def _fill(self) -> bool:
        """Read the next piece; False at the end of the run."""
        if self._over:
            return False
        piece = next(self._pieces, None)
        while piece == CHECKED:
            self._checked = self._let_go + len(self._buffer)
            piece = next(self._pieces, None)
        if piece is None or isinstance(piece, Damage):
            self._over, self.torn, self._finished = True, piece, piece is None
            return False
        if self._at > len(self._buffer) // 2:  # keeps one byte: a record begins after a line end
            keep = max(0, self._at - 1)
            del self._buffer[:keep]
            self._at -= keep
            self._let_go += keep
        self._buffer += piece
        return True
