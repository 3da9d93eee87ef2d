from __future__ import annotations

import gzip
import random
import time
import tracemalloc
import zlib
from pathlib import Path

import pytest

from simulator.errors import InputError
from simulator.text import framing
from simulator.text.documents import Page, ReadReport
from simulator.text.pages import read_pages
from simulator.text.readers import read_documents
from simulator.text.warc import MOST_PAGE_BYTES, read_warc

SHARED = Path(__file__).parents[3] / "shared" / "data"
BODY = (
    b"<html><body><p>The harbour of the town is small. "
    + b"It has room for boats. " * 20
    + b"</p></body></html>"
)


def _record(block: bytes, kind: str = "response", length: int | None = None) -> bytes:
    size = len(block) if length is None else length
    head = (
        f"WARC/1.0\r\nWARC-Type: {kind}\r\nWARC-Record-ID: <urn:uuid:1>\r\nWARC-Date: 2020-01-01T00:00:00Z\r\n"
        f"WARC-Target-URI: http://a.example/\r\nContent-Type: application/http; msgtype=response\r\n"
        f"Content-Length: {size}\r\n\r\n"
    )
    return head.encode() + block + b"\r\n\r\n"


def _http(
    body: bytes = BODY, status: str = "200 OK", media: str = "text/html; charset=utf-8", **headers: str
) -> bytes:
    extra = "".join(f"{name.replace('_', '-')}: {value}\r\n" for name, value in headers.items())
    return f"HTTP/1.1 {status}\r\nContent-Type: {media}\r\n{extra}\r\n".encode() + body


def _chunked(body: bytes, size: int = 100) -> bytes:
    parts = (body[start : start + size] for start in range(0, len(body), size))
    return b"".join(b"%x\r\n%s\r\n" % (len(part), part) for part in parts) + b"0\r\n\r\n"


def _read(tmp_path: Path, data: bytes) -> tuple[list[Page], ReadReport]:
    path = tmp_path / "x.warc.gz"
    path.write_bytes(data)
    report = ReadReport()
    return list(read_warc(path, "x", report)), report


def _raw_deflate(data: bytes) -> bytes:
    packer = zlib.compressobj(wbits=-15)
    return packer.compress(data) + packer.flush()


def _numbered(count: int) -> list[bytes]:
    return [_record(_http(BODY + b"<!-- %d -->" % number)) for number in range(count)]


@pytest.mark.parametrize("packing", ["plain", "whole", "records"])
def test_plain_and_packed_files_give_the_same_pages(tmp_path: Path, packing: str) -> None:
    records = [_record(b"software: x\r\n", "warcinfo"), *_numbered(5)]
    data = {
        "plain": b"".join(records),
        "whole": gzip.compress(b"".join(records)),
        "records": b"".join(map(gzip.compress, records)),
    }[packing]
    pages, report = _read(tmp_path, data)
    assert [page.body for page in pages] == [BODY + b"<!-- %d -->" % number for number in range(5)]
    assert {(page.kind, page.url, page.charset) for page in pages} == {("html", "http://a.example/", "utf-8")}
    assert [page.source for page in pages] == [f"x:{number}" for number in range(2, 7)]
    assert (report.records, report.skipped, report.passed_over) == (6, 0, {"warcinfo record": 1})


@pytest.mark.parametrize(
    "block",
    [
        _http(gzip.compress(BODY), Content_Encoding="gzip"),
        _http(zlib.compress(BODY), Content_Encoding="deflate"),
        _http(_raw_deflate(BODY), Content_Encoding="deflate"),
        _http(_chunked(BODY), Transfer_Encoding="chunked"),
        _http(_chunked(gzip.compress(BODY)), Transfer_Encoding="chunked", Content_Encoding="gzip"),
        _http(BODY, Content_Encoding="gzip"),
        _http(BODY, Transfer_Encoding="chunked"),
        _http(BODY, Content_Encoding="utf-8"),
    ],
    ids=[
        "gzip",
        "deflate",
        "raw deflate",
        "chunked",
        "chunked gzip",
        "false gzip",
        "false chunked",
        "odd encoding",
    ],
)
def test_encodings_are_undone_or_seen_through(tmp_path: Path, block: bytes) -> None:
    pages, report = _read(tmp_path, _record(block))
    assert [page.body for page in pages] == [BODY]
    assert not report.skipped


def test_brotli_is_undone(tmp_path: Path) -> None:
    brotli = pytest.importorskip("brotli")
    pages, _ = _read(tmp_path, _record(_http(brotli.compress(BODY), Content_Encoding="br")))
    assert [page.body for page in pages] == [BODY]


def test_what_is_no_page_is_counted_by_reason(tmp_path: Path) -> None:
    blocks = [
        _record(b"GET / HTTP/1.1\r\n\r\n", "request"), _record(b"x: y\r\n", "metadata"),
        _record(_http(status="404 Not Found")), _record(_http(status="301 Moved")),
        _record(_http(b"\x89PNG", media="image/png")), _record(_http(media="application/xhtml+xml")),
        _record(_http(b"only text", media="text/plain")), _record(_http(b"  ")), _record(b"no http at all"),
    ]  # fmt: skip
    pages, report = _read(tmp_path, b"".join(blocks))
    assert [page.kind for page in pages] == ["html", "text"]
    assert report.passed_over == {
        "request record": 1, "metadata record": 1, "status 404": 1, "status 301": 1, "content type image/png": 1,
        "empty page": 1,
    }  # fmt: skip
    assert report.skipped == 1


def test_after_a_damaged_member_the_next_one_is_found(tmp_path: Path) -> None:
    members = [gzip.compress(record) for record in _numbered(9)]
    damaged = bytearray(members[4])
    damaged[len(damaged) // 2] ^= 0xFF
    pages, report = _read(tmp_path, b"".join([*members[:4], bytes(damaged), *members[5:]]))
    assert len(pages) == 8
    assert report.skipped == 1
    assert "gzip member is damaged" in report.notes[0]


def test_a_wrong_checksum_takes_back_its_record_alone(tmp_path: Path) -> None:
    members = [bytearray(gzip.compress(record)) for record in _numbered(5)]
    members[2][-6] ^= 1
    pages, report = _read(tmp_path, b"".join(map(bytes, members)))
    assert [page.body[-6:-4].strip() for page in pages] == [b"0", b"1", b"3", b"4"]
    assert report.skipped == 1


@pytest.mark.parametrize("length", [5, 700, 10**5, 10**12, 10**17])
def test_a_wrong_length_costs_one_record(tmp_path: Path, length: int) -> None:
    good = _numbered(3)
    pages, report = _read(tmp_path, good[0] + _record(_http(), length=length) + good[1] + good[2])
    assert len(pages) == 3
    assert report.skipped == 1


def test_junk_between_records_costs_none(tmp_path: Path) -> None:
    good = _numbered(3)
    junk = random.Random(0).randbytes(5000)
    pages, report = _read(tmp_path, good[0] + junk + b"\r\n" + good[1] + b"\r\n\r\n\r\n" + good[2])
    assert len(pages) == 3
    assert report.skipped == 1


@pytest.mark.parametrize("packed", [False, True])
def test_a_file_cut_at_any_byte_is_survived(tmp_path: Path, packed: bool) -> None:
    records = _numbered(3)
    data = b"".join(map(gzip.compress, records)) if packed else b"".join(records)
    counts = []
    for end in range(0, len(data), 7):
        pages, _ = _read(tmp_path, data[:end])
        counts.append(len(pages))
    assert counts == sorted(counts)
    assert counts[-1] >= 2


def test_flipped_bits_cost_only_their_own_records(tmp_path: Path) -> None:
    data = b"".join(map(gzip.compress, _numbered(40)))
    for seed in range(25):
        source, damaged = random.Random(seed), bytearray(data)
        for _ in range(3):
            damaged[source.randrange(len(damaged))] ^= 1 << source.randrange(8)
        pages, report = _read(tmp_path, bytes(damaged))
        assert 37 <= len(pages) <= 40
        assert report.skipped >= 40 - len(pages)
        assert all(page.body.startswith(BODY) for page in pages)


def test_any_bytes_are_survived(tmp_path: Path) -> None:
    pieces = [
        b"WARC/1.0\r\n",
        b"\x1f\x8b\x08",
        b"Content-Length: 9\r\n",
        b"\r\n\r\n",
        b"HTTP/1.1 200 OK\r\n",
        b"\x00",
    ]
    for seed in range(300):
        source = random.Random(seed)
        data = b"".join(
            source.choice([*pieces, source.randbytes(20)]) for _ in range(source.randrange(1, 60))
        )
        _read(tmp_path, data)


def test_a_bomb_is_cut_short(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(framing, "_BOMB_BYTES", 8 << 20)
    bomb = gzip.compress(bytes(1 << 26))
    tracemalloc.start()
    pages, report = _read(tmp_path, gzip.compress(_numbered(1)[0]) + bomb + gzip.compress(_numbered(1)[0]))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert len(pages) == 2
    assert any("far more" in note for note in report.notes)
    assert peak < 40 << 20


def test_a_page_that_unpacks_to_too_much_is_cut(tmp_path: Path) -> None:
    inner = gzip.compress(b"<p>" + b"a" * (2 * MOST_PAGE_BYTES))
    pages, _ = _read(tmp_path, _record(_http(inner, Content_Encoding="gzip")))
    assert len(pages[0].body) <= MOST_PAGE_BYTES


def test_nested_starts_take_no_square_time(tmp_path: Path) -> None:
    start = time.process_time()
    _read(tmp_path, b"\x1f\x8b\x08" * 200_000)
    _read(tmp_path, b"WARC/1.0\r\nContent-Length: 60000000\r\n\r\n" * 4000)
    assert time.process_time() - start < 10


def test_a_large_archive_needs_little_memory(tmp_path: Path) -> None:
    path = tmp_path / "large.warc.gz"
    member = gzip.compress(_record(_http(random.Random(0).randbytes(60_000).hex().encode())))
    with path.open("wb") as file:
        for _ in range(200):
            file.write(member)
    tracemalloc.start()
    count = sum(1 for _ in read_warc(path, "x", ReadReport()))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert count == 200
    assert peak < 8 << 20


def test_archives_are_read_for_training_and_as_pages(tmp_path: Path) -> None:
    path = tmp_path / "crawl.warc.gz"
    path.write_bytes(b"".join(map(gzip.compress, _numbered(2))))
    (tmp_path / "note.txt").write_text("A note of some words.", encoding="utf-8")
    report = ReadReport()
    texts = [document.text for document in read_documents(tmp_path, report)]
    assert len(texts) == 3
    assert texts[0].startswith("The harbour of the town is small.")
    assert [page.kind for page in read_pages(tmp_path, ReadReport())] == ["html", "html", "text"]
    assert report.files == 2


def test_an_archive_without_pages_says_so(tmp_path: Path) -> None:
    path = tmp_path / "empty.warc"
    path.write_bytes(_record(b"x: y", "metadata"))
    with pytest.raises(InputError, match=r"empty\.warc has no text in it"):
        list(read_pages(path, ReadReport()))


@pytest.mark.skipif(not SHARED.is_dir(), reason="the sample crawls are not here")
@pytest.mark.parametrize(
    ("name", "records", "pages"), [("web-sample", 50, 16), ("commoncrawl-single-page", 4, 1)]
)
def test_real_crawl_files_have_the_right_counts(name: str, records: int, pages: int) -> None:
    report = ReadReport()
    assert len(list(read_pages(SHARED / f"{name}.warc.gz", report))) == pages
    assert (report.records, report.skipped) == (records, 0)
    assert report.records == pages + sum(report.passed_over.values())
