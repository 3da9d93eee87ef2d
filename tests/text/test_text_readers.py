"""Readers: every kind of file is read, and every bad one is refused in plain words."""

from __future__ import annotations

import gzip
import json
import os
import random
import sys
import time
import tracemalloc
import zlib
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from simulator.errors import InputError
from simulator.text import opening, readers, records
from simulator.text.html import visible_text
from simulator.text.readers import ReadReport, python_reference, read_documents

PROSE = (
    "Älteren Bürgern gefällt die Straßenbahn; ein Café öffnet früh. Übermütige Vögel hören schöne Lieder. "
)
STORY = "The ship left the harbour at dawn.\nNobody saw it go.\n"


def _write(path: Path, content: str | bytes) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content if isinstance(content, bytes) else content.encode("utf-8"))
    return path


def _texts(path: Path, report: ReadReport | None = None) -> list[str]:
    return [document.text for document in read_documents(path, report)]


def _refusal(path: Path) -> InputError:
    with pytest.raises(InputError) as caught:
        _texts(path)
    assert caught.value.hint
    assert "\n" not in str(caught.value)
    return caught.value


@pytest.mark.parametrize("name", ["a.txt", "a.md", "A.TXT", "noending", "a.log"])
def test_plain_text_is_one_document(tmp_path: Path, name: str) -> None:
    documents = list(read_documents(_write(tmp_path / name, STORY)))
    assert [(item.text, item.source) for item in documents] == [(STORY, name)]


def test_line_ends_become_line_feeds(tmp_path: Path) -> None:
    assert _texts(_write(tmp_path / "a.txt", "one\r\ntwo\rthree\n")) == ["one\ntwo\nthree\n"]


def test_a_long_text_is_cut_in_order_at_blank_lines(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(readers, "CHUNK_CHARACTERS", 100)
    text = "".join(f"Paragraph {number} has a few words in it.\n\n" for number in range(50))
    parts = _texts(_write(tmp_path / "a.txt", text))
    assert "".join(parts) == text
    assert len(parts) > 10
    assert all(len(part) <= 100 and part.endswith("\n\n") for part in parts)
    unbroken = _texts(_write(tmp_path / "b.txt", "x" * 950))
    assert [len(part) for part in unbroken] == [100] * 9 + [50]


def test_a_large_file_needs_little_memory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(readers, "CHUNK_CHARACTERS", 100_000)
    monkeypatch.setattr(opening, "_BLOCK", 100_000)
    path = _write(tmp_path / "a.txt", STORY * 400_000)
    tracemalloc.start()
    size = sum(len(item.text) for item in read_documents(path))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert size == len(STORY) * 400_000
    assert peak < size / 10


@pytest.mark.parametrize(
    "codec", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "cp1252", "latin-1"]
)
def test_western_encodings_are_told_apart(tmp_path: Path, codec: str) -> None:
    text = PROSE * 10
    assert _texts(_write(tmp_path / "a.txt", text.encode(codec))) == [text]


@pytest.mark.parametrize("codec", ["cp1251", "koi8-r", "shift_jis", "gb18030", "euc_kr"])
def test_other_scripts_are_guessed(tmp_path: Path, codec: str) -> None:
    text = {
        "cp1251": "Съешь же ещё этих мягких французских булок, да выпей чаю. Старая лодка стояла у реки. ",
        "koi8-r": "Съешь же ещё этих мягких французских булок, да выпей чаю. Старая лодка стояла у реки. ",
        "shift_jis": "吾輩は猫である。名前はまだ無い。どこで生れたかとんと見当がつかぬ。",
        "gb18030": "从前有一座山，山上有一座庙，庙里有一个老和尚在给小和尚讲故事。",
        "euc_kr": "옛날 옛적에 호랑이가 담배를 피우던 시절에 한 나무꾼이 살았습니다.",
    }[codec] * 20
    assert _texts(_write(tmp_path / "a.txt", text.encode(codec))) == [text]


def test_an_encoding_that_shows_late_is_found(tmp_path: Path) -> None:
    text = STORY * 8000 + PROSE * 20
    assert _texts(_write(tmp_path / "a.txt", text.encode("cp1252"))) == [text]


def test_html_gives_its_main_content(tmp_path: Path) -> None:
    page = (
        "<!DOCTYPE html><html><head><title>T</title><style>p{}</style><script>x='<p>no</p>';</script></head>"
        "<body><nav><a href='/'>Home</a></nav><h1>Tea &amp;\n  toast</h1><p>One<br>two <b>bold</b></p>"
        "<form>kept</form><footer>foot</footer><p>caf&eacute; &#x1F389;"
    )
    assert _texts(_write(tmp_path / "a.html", page)) == ["Tea & toast\n\nOne\ntwo bold\n\nkept\n\ncafé 🎉"]


def test_html_may_name_its_encoding(tmp_path: Path) -> None:
    page = "<meta charset='iso-8859-2'><p>Zażółć gęślą jaźń"
    assert _texts(_write(tmp_path / "a.htm", page.encode("iso-8859-2"))) == ["Zażółć gęślą jaźń"]
    assert _texts(_write(tmp_path / "b.htm", "<meta charset='nonsense'><p>" + PROSE * 5))[0].startswith(
        "Älteren"
    )


def test_html_skipped_parts_left_open_end_with_their_parent() -> None:
    assert visible_text("<div><nav>menu</div><p>text</p>") == "text"
    assert visible_text("<nav>menu<p>text") == ""


_MARKUP = [
    "<p", ">", "<![", "CDATA[", "]]>", "<!--", "-->", "</nav>", "<nav>", "&#", "x;", "<?", "ab", "<!", "</",
]  # fmt: skip


@settings(max_examples=200, deadline=None)
@given(st.lists(st.sampled_from(_MARKUP)))
@example(["<![foo bar]]>"])
@example(["<!", "x>"])
def test_any_markup_is_survived(parts: list[str]) -> None:
    assert isinstance(visible_text("".join(parts)), str)


@pytest.mark.parametrize("part", ["<p ", "<!--", "</", '<a href="', "<![CDATA[", "<script>", "&#"])
def test_markup_that_never_ends_takes_no_time(part: str) -> None:
    start = time.process_time()
    assert visible_text("<p>seen</p>" + part * 20_000).startswith("seen")
    assert time.process_time() - start < 2


def test_deep_html_is_survived() -> None:
    assert visible_text("<div>" * 50_000 + "text" + "</div>" * 50_000) == "text"


@pytest.mark.parametrize(
    ("record", "text"),
    [
        ({"id": 1, "text": "a b"}, "a b"),
        ({"content": "c"}, "c"),
        ("plain", "plain"),
        ({"messages": [{"role": "user", "content": "hi"}, {"content": "yes"}]}, "user: hi\nyes"),
        ({"conversations": [{"from": "human", "value": "hi"}, {"value": "x"}, 3]}, "human: hi\nx"),
        ({"instruction": "Add", "input": "", "output": "3"}, "Add\n3"),
        ({"text": "lone \ud800 half"}, "lone \ufffd half"),
    ],
)  # fmt: skip
def test_records_give_their_text(tmp_path: Path, record: object, text: str) -> None:
    line = json.dumps(record)
    documents = list(read_documents(_write(tmp_path / "a.jsonl", f"\n{line}\n")))
    assert [(item.text, item.source) for item in documents] == [(text, "a.jsonl:2")]
    assert _texts(_write(tmp_path / "a.json", f"[{line}, {line}]")) == [text, text]
    assert _texts(_write(tmp_path / "b.json", f'{{"version": 1, "data": [{line}]}}')) == [text]


def test_malformed_json_lines_are_skipped_and_named(tmp_path: Path) -> None:
    lines = [
        '{"text": "good"}',
        "{oops",
        '{"id": 3}',
        '{"text": "  "}',
        "[" * 100_000,
        "9" * 5000,
        '{"text": "fine"}',
    ]
    report = ReadReport()
    assert _texts(_write(tmp_path / "a.jsonl", "\n".join(lines)), report) == ["good", "fine"]
    assert (report.files, report.documents, report.skipped) == (1, 2, 5)
    assert "a.jsonl line 2 is not valid JSON" in report.notes[0]
    assert report.notes[1] == "a.jsonl record 3 has no text in it."


def test_json_lines_without_anything_usable_name_the_first_fault(tmp_path: Path) -> None:
    error = _refusal(_write(tmp_path / "a.jsonl", '{"id": 1}\n{broken\n'))
    assert error.message.startswith("a.jsonl record 1 has no text")
    assert "2 of the 2" in error.message
    error = _refusal(_write(tmp_path / "b.jsonl", '{\n  "text": "pretty printed"\n}\n'))
    assert error.message.startswith("b.jsonl line 1 is not valid JSON")


def test_mostly_malformed_files_are_given_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(records, "MAX_BAD", 5)
    good, bad = '{"text": "good"}\n', "{bad\n"
    assert len(_texts(_write(tmp_path / "a.jsonl", good * 10 + bad * 9))) == 10
    assert "6 of the 7 records read" in _refusal(_write(tmp_path / "b.jsonl", good + bad * 20)).message


@pytest.mark.parametrize(
    ("content", "words"),
    [('{"a": 1,\n"b" 2}', "line 2 is not valid JSON"), ("[" * 100_000, "nested too deeply"),
     ("9" * 5000, "a number is too long"), ("[1, 2]", "record 1 has no text"), ("[]", "has no text")],
)  # fmt: skip
def test_bad_json_is_named(tmp_path: Path, content: str, words: str) -> None:
    assert words in _refusal(_write(tmp_path / "a.json", content)).message


def test_a_line_too_long_to_hold_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(opening, "LINE_CHARACTERS", 50)
    assert (
        "has a line of more than"
        in _refusal(_write(tmp_path / "a.jsonl", json.dumps({"text": "x" * 99}))).message
    )


@pytest.mark.parametrize("mark", [",", ";", "\t", "|"])
def test_tables_are_read_by_their_text_column(tmp_path: Path, mark: str) -> None:
    rows = [["id", " Text ", "n"], ["1", f'"say ""hi""{mark} twice\nplease"', "2"], ["2", "plain", "3"]]
    report = ReadReport()
    path = _write(tmp_path / "a.csv", "\ufeff" + "\r\n".join(mark.join(row) for row in rows))
    assert _texts(path, report) == [f'say "hi"{mark} twice\nplease', "plain"]
    assert report.skipped == 0


def test_tables_of_instructions_are_joined(tmp_path: Path) -> None:
    assert _texts(_write(tmp_path / "a.tsv", "prompt\tresponse\nAdd 1 and 2\t3\n")) == ["Add 1 and 2\n3"]


def test_crooked_rows_are_skipped_and_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    report = ReadReport()
    assert _texts(_write(tmp_path / "a.csv", "id,text\n1,a\n2\n3,b,c\n\n4,d\n"), report) == ["a", "d"]
    assert report.notes == [
        "a.csv line 3 has 1 columns where the first line has 2.",
        "a.csv line 4 has 3 columns where the first line has 2.",
    ]
    monkeypatch.setattr(records, "LINE_CHARACTERS", 20)
    report = ReadReport()
    assert _texts(_write(tmp_path / "b.csv", f"id,text\n1,{'x' * 50}\n2,y\n"), report) == ["y"]
    assert "b.csv line 2 is not valid CSV" in report.notes[0]


def test_tables_without_text_are_refused(tmp_path: Path) -> None:
    error = _refusal(_write(tmp_path / "a.csv", "id,score\n1,2\n"))
    assert error.message == "a.csv has no text column; its columns are: id, score."
    assert "'text'" in error.hint
    assert "has no text in it" in _refusal(_write(tmp_path / "b.csv", "id,text\n")).message
    assert "has no text column" in _refusal(_write(tmp_path / "c.csv", "\n\n")).message


def _random_bytes(count: int, *, zeros: bool) -> bytes:
    draw = random.Random(7)
    return bytes(draw.randrange(0 if zeros else 1, 256) for _ in range(count))


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("a.txt", b"", "is empty"),
        ("a.txt", b"   \n \n", "has no text"),
        ("a.txt", b"\x89PNG\r\n\x1a\n" + bytes(50), "is a PNG image"),
        ("a.txt", b"\xff\xd8\xff\xe0abc", "is a JPEG image"),
        ("a.md", b"%PDF-1.7\n", "is a PDF document"),
        ("a.jsonl", gzip.compress(b"{}", mtime=0), "is a gzip archive"),
        ("a.csv", b"PK\x03\x04abcd", "is a zip archive or an office document"),
        ("program", b"\x7fELF\x02\x01", "is a program"),
        ("a.txt", b"some text\x00\x01\x02 and more", "zero bytes"),
        ("a.txt", b"x" * 300_000 + b"\x00", "zero bytes"),
        ("a.txt", _random_bytes(3000, zeros=True), "zero bytes"),
        ("a.txt", _random_bytes(3000, zeros=False), "neither UTF-8 nor any encoding"),
        ("a.html", _random_bytes(3000, zeros=False), "neither UTF-8 nor any encoding"),
        ("a.txt", zlib.compress(_random_bytes(3000, zeros=True)).replace(b"\x00", b"\x01"), "neither UTF-8"),
        ("a.txt", b"\xff\xfe" + STORY.encode("utf-16-le") + b"\x00\xd8\x00", "starts as UTF-16"),
        ("a.json", b"\xff\xfe" + STORY.encode("utf-16-le") + b"\x00\xd8\x00", "starts as UTF-16"),
        ("a.html", b"<script>only()</script>", "has no text"),
        ("a.txt", ("ёлка " * 2000).encode()[:-2], "starts as UTF-8"),
        ("a.txt", ("ёлка " * 200_000).encode()[:-2], "starts as UTF-8"),
        ("a.html", ("<p>こんにちは " * 900).encode()[:-2], "starts as UTF-8"),
        ("a.jsonl", ('{"text": "Straße é ü ö ñ ç à"}\n' * 90).encode() + b"\xff", "starts as UTF-8"),
    ],
)  # fmt: skip
def test_files_that_are_not_text_are_refused(tmp_path: Path, name: str, content: bytes, words: str) -> None:
    error = _refusal(_write(tmp_path / name, content))
    assert words in error.message
    assert name in error.message


@settings(max_examples=150, deadline=None)
@given(st.binary(max_size=300), st.sampled_from([".txt", ".html", ".jsonl", ".json", ".csv", ".tsv"]))
def test_any_bytes_are_read_or_refused(
    tmp_path_factory: pytest.TempPathFactory, content: bytes, ending: str
) -> None:
    path = _write(tmp_path_factory.getbasetemp() / f"any{ending}", content)
    try:
        texts = _texts(path)
    except InputError:
        texts = ["refused"]
    assert texts
    assert all(text.encode("utf-8").strip() for text in texts)


def test_one_byte_is_read_or_refused(tmp_path: Path) -> None:
    assert _texts(_write(tmp_path / "a.txt", b"a")) == ["a"]
    assert "has no text" in _refusal(_write(tmp_path / "b.txt", b"\n")).message
    assert "zero bytes" in _refusal(_write(tmp_path / "c.txt", b"\x00")).message
    assert "neither UTF-8" in _refusal(_write(tmp_path / "d.txt", b"\xff")).message


def test_files_read_whole_have_a_limit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(opening, "WHOLE_FILE_BYTES", 10)
    assert "files of its kind are read whole" in _refusal(_write(tmp_path / "a.html", STORY)).message


def test_missing_paths_are_named(tmp_path: Path) -> None:
    assert "There is no file or folder" in _refusal(tmp_path / "none.txt").message
    assert "cannot be read" in _refusal(_write(tmp_path / "a.txt", STORY) / "below.txt").message
    assert "not a valid path" in _refusal(Path("a\x00b")).message
    assert "cannot be read" in _refusal(tmp_path / ("x" * 300)).message


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs named pipes")
def test_pipes_and_devices_are_refused_at_once(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "a.txt")
    assert "device or pipe" in _refusal(tmp_path / "a.txt").message
    assert "device or pipe" in _refusal(Path("/dev/zero")).message


def test_denied_files_are_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = _write(tmp_path / "a.txt", STORY)

    def denied(*_: object, **__: object) -> None:
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr(Path, "open", denied)
    assert "permission denied" in _refusal(path).message
    error = _refusal(tmp_path)
    assert "has no readable text" in error.message
    assert "a.txt" in error.message


def test_folders_are_read_in_order_without_hidden_and_foreign_files(tmp_path: Path) -> None:
    _write(tmp_path / "b.txt", "second")
    _write(tmp_path / "a.md", "first")
    _write(tmp_path / "deep" / "er" / "c.csv", "text\nthird\n")
    _write(tmp_path / "deep" / "d.jsonl", '{"text": "fourth"}\n')
    _write(tmp_path / "e.html", "<p>page")
    _write(tmp_path / "empty.txt", "")
    _write(tmp_path / "picture.txt", b"\x89PNG")
    _write(tmp_path / "picture.png", b"\x89PNG")
    _write(tmp_path / ".hidden.txt", "no")
    _write(tmp_path / ".git" / "x.txt", "no")
    report = ReadReport()
    documents = list(read_documents(tmp_path, report))
    assert [item.source for item in documents] == [
        "a.md",
        "b.txt",
        "e.html",
        "deep/d.jsonl:1",
        "deep/er/c.csv:2",
    ]
    assert (report.files, report.documents, report.skipped) == (5, 5, 2)
    assert any("empty.txt is empty" in note for note in report.notes)


def test_links_in_circles_end(tmp_path: Path) -> None:
    _write(tmp_path / "a" / "x.txt", "once")
    try:
        (tmp_path / "a" / "loop").symlink_to(tmp_path, target_is_directory=True)
        (tmp_path / "again").symlink_to(tmp_path / "a", target_is_directory=True)
        (tmp_path / "broken.txt").symlink_to(tmp_path / "gone.txt")
    except OSError:
        pytest.skip("needs symbolic links")
    report = ReadReport()
    assert _texts(tmp_path, report) == ["once"]
    assert "broken.txt cannot be read" in report.notes[0]


def test_folders_without_text_are_refused(tmp_path: Path) -> None:
    assert "has no files of text" in _refusal(tmp_path).message
    _write(tmp_path / "a.bin", b"\x00")
    assert "has no files of text" in _refusal(tmp_path).message
    _write(tmp_path / "a.txt", b"")
    assert "has no readable text. a.txt is empty." in _refusal(tmp_path).message


@pytest.mark.skipif(sys.platform != "linux", reason="other systems refuse such names")
def test_names_that_are_not_unicode_are_mended(tmp_path: Path) -> None:
    path = _write(tmp_path / os.fsdecode(b"caf\xe9.txt"), STORY)
    for place in (path, tmp_path):
        assert [item.source for item in read_documents(place)] == ["caf\ufffd.txt"]
    path.unlink()
    assert "caf\ufffd.txt" in _refusal(path).message


def test_only_some_notes_are_kept() -> None:
    report = ReadReport()
    for number in range(50):
        report.skip(str(number))
    assert (report.skipped, report.notes[0], report.notes[-1]) == (50, "0", "19")


def test_python_carries_its_reference() -> None:
    topics = python_reference()
    assert sum(len(topic.text) for topic in topics) > 100_000
    assert [topic.source for topic in topics] == sorted(topic.source for topic in topics)


def test_a_python_without_reference_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pydoc_data.topics", None)
    with pytest.raises(InputError, match="does not carry its reference"):
        python_reference()
