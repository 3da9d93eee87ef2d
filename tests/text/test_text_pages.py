from __future__ import annotations

import random
from pathlib import Path

import pytest

from simulator.errors import InputError
from simulator.text.decoding import declared_charset, decode_page, undoubled, windows_1252
from simulator.text.documents import Page, ReadReport
from simulator.text.pages import read_pages

FRENCH = "<p>Le café de la forêt est fermé – « à bientôt », dit l’hôtesse de Besançon.</p>" * 3
LONG = "Der alte Bär im Wald ist müde und möchte schlafen, aber die Vögel hören nicht auf zu singen. " * 5
RUSSIAN = "<p>Старая мельница у реки закрыта с зимы, и никто не знает почему.</p>" * 3


def _page(body: bytes, charset: str = "") -> Page:
    return Page("x", body, "html", charset=charset)


@pytest.mark.parametrize(
    ("body", "charset", "text", "encoding", "repaired"),
    [
        (FRENCH.encode(), "utf-8", FRENCH, "utf-8", False),
        (FRENCH.encode(), "", FRENCH, "utf-8", False),
        (FRENCH.encode(), "iso-8859-1", FRENCH, "utf-8", True),
        (FRENCH.encode("cp1252"), "windows-1252", FRENCH, "cp1252", False),
        (FRENCH.encode("cp1252"), "iso-8859-1", FRENCH, "cp1252", False),
        (FRENCH.encode("cp1252"), "utf-8", FRENCH, "cp1252", True),
        (FRENCH.encode("cp1252"), "", FRENCH, "cp1252", True),
        (RUSSIAN.encode("cp1251"), "windows-1251", RUSSIAN, "cp1251", False),
        (b"\xef\xbb\xbf" + FRENCH.encode(), "iso-8859-1", FRENCH, "utf-8", False),
        (b"\xff\xfe" + FRENCH.encode("utf-16-le"), "", FRENCH, "utf-16-le", False),
        (windows_1252(FRENCH.encode()).encode(), "utf-8", FRENCH, "utf-8", True),
        (b"plain", "nonsense", "plain", "utf-8", False),
    ],
)
def test_pages_are_decoded_whatever_they_claim(
    body: bytes, charset: str, text: str, encoding: str, repaired: bool
) -> None:
    decoded = decode_page(_page(body, charset))
    assert (decoded.text, decoded.encoding, decoded.repaired) == (text, encoding, repaired)


def test_a_page_may_name_its_own_charset() -> None:
    body = b"<meta charset='windows-1251'>" + RUSSIAN.encode("cp1251")
    assert RUSSIAN in decode_page(_page(body)).text
    assert declared_charset(b'<meta http-equiv=x content="text/html; charset=GBK">') == "GBK"
    assert declared_charset(b"no claim") == ""


def test_an_unlabelled_page_in_another_script_is_guessed() -> None:
    assert decode_page(_page((RUSSIAN * 3).encode("cp1251"))).text == RUSSIAN * 3


def test_characters_cut_in_half_cost_only_themselves() -> None:
    body = FRENCH.encode().replace("é".encode(), b"\xc3", 1)
    decoded = decode_page(_page(body, "utf-8"))
    assert decoded.text == FRENCH.replace("é", "\N{REPLACEMENT CHARACTER}", 1)
    assert decoded.encoding == "utf-8"


@pytest.mark.parametrize(
    "text", ["CAFÉ” sagt “É”, Österreich und Málaga", "Ã é", "naïve â€ text", "plain", "São Paulo"]
)
def test_text_that_only_looks_doubled_is_left_alone(text: str) -> None:
    assert undoubled(text) is text


def test_doubled_text_of_all_scripts_is_put_right() -> None:
    for text in (FRENCH, RUSSIAN, "日本語の文章です。", "🎉🎉 fête"):
        assert undoubled(windows_1252(text.encode())) == text


def test_any_bytes_are_survived() -> None:
    for seed in range(300):
        source = random.Random(seed)
        body = source.randbytes(source.randrange(400))
        charset = source.choice(
            ("", "utf-8", "gb2312", "utf-7", "utf-16", "idna", "rot13", "unicode_escape", "x" * 99)
        )
        decoded = decode_page(_page(body, charset))
        decoded.text.encode("utf-8")


def test_html_files_come_as_they_are_and_texts_as_utf8(tmp_path: Path) -> None:
    (tmp_path / "a.html").write_bytes(FRENCH.encode("cp1252"))
    (tmp_path / "b.txt").write_bytes(LONG.encode("cp1252"))
    (tmp_path / "c.jsonl").write_text('{"text": "one"}\n{"text": "two"}\n', encoding="utf-8")
    report = ReadReport()
    pages = list(read_pages(tmp_path, report))
    assert [(page.source, page.kind) for page in pages] == [
        ("a.html", "html"), ("b.txt", "text"), ("c.jsonl:1", "text"), ("c.jsonl:2", "text"),
    ]  # fmt: skip
    assert pages[0].body == FRENCH.encode("cp1252")
    assert pages[1].body == LONG.encode()
    assert (report.files, report.documents) == (3, 4)


def test_what_cannot_be_read_is_said(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no file or folder"):
        list(read_pages(tmp_path / "none.html", ReadReport()))
    (tmp_path / "table.parquet").write_bytes(b"PAR1 not really")
    with pytest.raises(InputError, match=r"pyarrow|not a usable Parquet table"):
        list(read_pages(tmp_path / "table.parquet", ReadReport()))
