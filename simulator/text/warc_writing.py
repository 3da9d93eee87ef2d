"""Pages written as a WARC file, gzip a record, the way that Common Crawl stores them (ISO 28500:2017)."""

from __future__ import annotations

import io
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from pathlib import Path

from fastwarc.stream_io import GzipWriter
from fastwarc.warc import WarcRecord, WarcRecordType

from simulator.text.documents import Page

_START = datetime(2025, 1, 1, tzinfo=UTC)


def write_warc(pages: Iterable[Page], path: Path) -> int:
    """Write pages as the responses of a crawl, after one ``warcinfo`` record; returns how many.

    The same pages give the same content: record ids and dates are made from the page's number.
    """
    count = 0
    with path.open("wb") as file:
        _write(
            file,
            0,
            WarcRecordType.warcinfo,
            "",
            b"software: llm-pipeline-simulator\r\nformat: WARC File Format 1.1\r\n",
        )
        for count, page in enumerate(pages, start=1):
            _write(file, count, WarcRecordType.response, page.url or page.source, _http(page))
    return count


def _http(page: Page) -> bytes:
    media = "text/html" if page.kind == "html" else "text/plain"
    charset = f"; charset={page.charset}" if page.charset else ""
    head = f"HTTP/1.1 200 OK\r\nContent-Type: {media}{charset}\r\nContent-Length: {len(page.body)}\r\n\r\n"
    return head.encode("latin-1") + page.body


def _write(file: io.BufferedWriter, number: int, kind: WarcRecordType, url: str, block: bytes) -> None:
    record = WarcRecord()
    record.init_headers(kind, b"uuid:00000000-0000-4000-8000-%012x" % number)
    record.headers["WARC-Date"] = (_START + timedelta(seconds=number)).strftime("%Y-%m-%dT%H:%M:%SZ")
    if kind == WarcRecordType.response:
        record.headers["WARC-Target-URI"] = url
        record.headers["Content-Type"] = "application/http; msgtype=response"
    else:
        record.headers["Content-Type"] = "application/warc-fields"
    record.set_bytes_content(block)
    member = io.BytesIO()
    with GzipWriter(member) as compressed:
        record.write(compressed)
    file.write(member.getvalue())
