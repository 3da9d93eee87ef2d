"""Web pages out of WARC files: the HTML and text responses, with transfer and content encodings undone.

:mod:`simulator.text.framing` finds the records, FastWARC parses each one: its headers, chunked transfer, and the
content encodings gzip, deflate and brotli.
"""

from __future__ import annotations

import contextlib
import io
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Literal

from simulator.text.documents import Page, ReadReport
from simulator.text.framing import Damage, RawRecord, frame_records, unpacked

MOST_PAGE_BYTES = 16 << 20
"""A page is cut here, however much its compressed bytes would give: the guard against bombs."""

HTML_TYPES = ("text/html", "application/xhtml+xml")
TEXT_TYPE = "text/plain"

_TYPES = (b"warcinfo", b"request", b"metadata", b"revisit", b"resource", b"conversion", b"continuation")
_Decoding = Literal["all", "transfer", "none"]


def read_warc(path: Path, name: str, report: ReadReport) -> Iterator[Page]:
    """The pages of a WARC file: plain, gzip as a whole, or gzip a record; streams.

    Bad records are counted in the report and passed over; so are records that are no pages, by reason.
    """
    with path.open("rb") as file:
        for number, record in enumerate(frame_records(unpacked(file)), start=1):
            report.records += 1
            if isinstance(record, Damage):
                report.skip(f"{name} record {number}: {record.why}.")
                continue
            found = _page(record, f"{name}:{number}")
            if isinstance(found, Page):
                yield found
            elif isinstance(found, Damage):
                report.skip(f"{name} record {number}: {found.why}.")
            else:
                report.pass_over(found)


def _page(record: RawRecord, source: str) -> Page | Damage | str:
    """The page in a record, or why there is none: damage, or a reason that is no fault."""
    kind = _record_type(record.header)
    if kind != b"response":
        return f"{kind.decode('ascii', 'replace')} record" if kind in _TYPES else "record of another kind"
    decodings: tuple[_Decoding, ...] = ("all", "transfer", "none")
    for decoding in decodings:  # servers that name an encoding do not always use it
        try:
            return _parsed(record, source, decoding)
        except (OSError, ValueError):
            continue
    return Damage("its HTTP header cannot be read")


def _parsed(record: RawRecord, source: str, decoding: _Decoding) -> Page | Damage | str:
    from fastwarc.warc import ArchiveIterator

    stream = io.BytesIO(record.header + record.block)
    for item in ArchiveIterator(stream, auto_decode=decoding, strict_mode=False, parse_http=True):
        if not item.is_http_parsed or item.http_headers is None or item.http_headers.status_code is None:
            return Damage("it holds no HTTP answer")
        status = int(item.http_headers.status_code)
        if status != 200:
            return f"status {status}"
        media = (item.http_content_type or "").strip().lower()
        if media not in (*HTML_TYPES, TEXT_TYPE):
            return "no content type" if not media else f"content type {_shown(media)}"
        body = item.reader.read(MOST_PAGE_BYTES)
        if decoding != "all":
            body = _plain_body(body)
        if not body.strip():
            return "empty page"
        kind: Literal["html", "text"] = "html" if media in HTML_TYPES else "text"
        url = (item.headers.get("WARC-Target-URI") or "").strip("<>")
        return Page(source, body, kind, url, (item.http_charset or "").strip())
    return Damage("its header cannot be read")


def _plain_body(body: bytes) -> bytes:
    """A body whose named encoding did not fit: raw deflate, or not encoded at all.

    Raises:
        ValueError: if it is neither.
    """
    with contextlib.suppress(zlib.error):
        unpacker = zlib.decompressobj(-zlib.MAX_WBITS)
        plain = unpacker.decompress(body, MOST_PAGE_BYTES)
        if plain and (unpacker.eof or len(plain) == MOST_PAGE_BYTES):
            return plain
    if body[:2] == b"\x1f\x8b" or b"\x00" in body[:1000]:
        raise ValueError("still encoded")
    return body


def _record_type(header: bytes) -> bytes:
    for line in header.split(b"\n"):
        key, _, value = line.partition(b":")
        if key.strip().lower() == b"warc-type":
            return value.strip().lower()
    return b""


def _shown(media: str) -> str:
    """A content type as a reason, in a length and in letters that a list of reasons can hold."""
    return "".join(letter for letter in media if letter.isalnum() or letter in "/+-.")[:40]
