"""Personal data: what must be found, what must be left alone, and how it is replaced."""

from __future__ import annotations

import time
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from simulator.s01_data.pii import KINDS, find_pii, passes_luhn, scrub

FOUND = [
    ("email", "Write to joe@example.com.", "joe@example.com"),
    ("email", "(joe.bloggs+news@mail.example.co.uk)", "joe.bloggs+news@mail.example.co.uk"),
    ("email", "mailto:o'neil@example.museum, or not", "o'neil@example.museum"),
    ("email", "Email:JOE_99@EXAMPLE.ORG!", "JOE_99@EXAMPLE.ORG"),
    ("email", "<a-b@sub-domain.example>", "a-b@sub-domain.example"),
    ("email", "grüße@müller.de schreibt", "grüße@müller.de"),
    ("email", "x@example.photography", "x@example.photography"),
    ("email", "'joe@example.com'", "joe@example.com"),
    ("phone", "Call (202) 555-0143 now.", "(202) 555-0143"),
    ("phone", "202-555-0143, ask for Ann", "202-555-0143"),
    ("phone", "202.555.0143", "202.555.0143"),
    ("phone", "1-800-555-0199", "1-800-555-0199"),
    ("phone", "+1 202 555 0143.", "+1 202 555 0143"),
    ("phone", "+12025550143", "+12025550143"),
    ("phone", "ring +44 20 7946 0123 today", "+44 20 7946 0123"),
    ("phone", "+44 (0)20 7946 0123", "+44 (0)20 7946 0123"),
    ("phone", "+49 30 23125 012", "+49 30 23125 012"),
    ("phone", "+33 1 99 00 12 34", "+33 1 99 00 12 34"),
    ("phone", "00 44 20 7946 0123", "00 44 20 7946 0123"),
    ("phone", "+353 20 912 3456", "+353 20 912 3456"),
    ("phone", "our office: 020 7946 0123", "020 7946 0123"),
    ("phone", "01 99 00 12 34 (Paris)", "01 99 00 12 34"),
    ("phone", "030/23125 0123", "030/23125 0123"),
    ("phone", "07700 900123", "07700 900123"),
    ("phone", "0171 / 123 4567", "0171 / 123 4567"),
    ("phone", "089 - 12345678", "089 - 12345678"),
    ("phone", "Tel: 5550143", "5550143"),
    ("phone", "phone 912 345 678", "912 345 678"),
    ("phone", "Fax.: 2025550143", "2025550143"),
    ("phone", "电话：13600000000", "13600000000"),
    ("phone", "(0800 4600000)", "0800 4600000"),
    ("email", "网站joe88@example.com", "joe88@example.com"),
    ("ip", "from 8.8.8.8, twice", "8.8.8.8"),
    ("ip", "The server 93.184.216.34:8080", "93.184.216.34"),
    ("ip", "[151.101.1.69]", "151.101.1.69"),
    ("ip", "at 2001:4860:4860::8888 and", "2001:4860:4860::8888"),
    ("ip", "2606:2800:220:1:248:1893:25c8:1946", "2606:2800:220:1:248:1893:25c8:1946"),
    ("card", "card 4111 1111 1111 1111.", "4111 1111 1111 1111"),
    ("card", "4111111111111111", "4111111111111111"),
    ("card", "5555-5555-5555-4444", "5555-5555-5555-4444"),
    ("card", "amex 3782 822463 10005,", "3782 822463 10005"),
    ("card", "6011111111111117", "6011111111111117"),
    ("card", "30569309025904", "30569309025904"),
]

LEFT_ALONE = [
    "The meeting is on 2024-01-05 at 10:30.", "01/02/2003 and 31.12.1999, or 1.2.2003", "01-02-2003 04-05-2006",
    "In 1990-2004 and 2019, 2020 and 2021.", "(1998-2003)", "Version 3.14.15 and section 4.3.2.1",
    "Version 10.0.19041.1", "release 8.8.4.4", "firmware: 93.184.216.34", "Python 3.11.7", "v1.2.3.4-beta",
    "127.0.0.1, 10.0.0.1, 192.168.1.1 and 172.16.0.1", "256.300.1.2", "999.999.999.999", "1.2.3.4.5", "01.02.03.04",
    "ISBN 978-0-306-40615-7", "ISBN 0-306-40615-2", "ISSN 0378-5955", "123-45-6789", "ZIP 01234-5678", "10001-2345",
    "12345678901234567890", "1234567890", "The population is 1,234,567,890.", "EUR 1.234.567.890", "3.14159265358979",
    "4111 1111 1111 1112", "1234567812345670", "4111-123-456", "order 4111111111111112", "DOI 10.1000/182",
    "10.1038/s41586-020-2649-2", "std::vector<int>", "12:30:45", "a::b", "fe80::1 and ::1", "00:1A:2B:3C:4D:5E",
    "de305d54-75b4-431b-adb2-eb6b9e546014", "@joe and joe@ and @", "joe@localhost", "icon@2x.png", "react@18.2.0",
    "git@github.com:someone/project.git", "https://user:secret@host.example.com/", "@user@mastodon.social",
    "a@b", "joe@-example.com", "joe..x@", "joe@example..com", "joe@example.zz", "page 12-34", "5-0123", "$202 555",
    "$2025550143", "1 000 000 000", "100 200 300 400", "12 345 678", "score 202-155-0143", "102-555-0143",
    "0.12345 67890", "51.5074, -0.1278", "40.7128 -74.0060", "x = 0x1f4a2b3c", "1:25000", "6-4 7-5 6-3", "1e+10",
    "+5 and -3", "+10 000 000 more", "+1 234 5678", "+123", "+99 9",
    "01  012 0123    01234", "+100%", "2+2=4", "RFC 2606", "Room 101", "0800", "007", "#5550143", "id=2025550143",
    "02.03.2004 09:10",
    "f(x)=1/2", "call 911", "text 2019", "0 1 2 3 4 5 6 7 8 9", "01 02 03", "12.5-13.5", "9.81 m/s", "1/2/3/4/5",
]  # fmt: skip


@pytest.mark.parametrize(("kind", "text", "value"), FOUND)
def test_it_is_found_as_a_whole(kind: str, text: str, value: str) -> None:
    assert [(span.kind, text[span.start : span.end]) for span in find_pii(text)] == [(kind, value)]


@pytest.mark.parametrize("text", LEFT_ALONE)
def test_what_looks_like_it_is_left_alone(text: str) -> None:
    assert [(span.kind, text[span.start : span.end]) for span in find_pii(text)] == []


def test_only_the_kinds_asked_for() -> None:
    text = "joe@example.com, +1 202 555 0143, 8.8.8.8, 4111111111111111"
    assert [span.kind for span in find_pii(text)] == ["email", "phone", "ip", "card"]
    assert [span.kind for span in find_pii(text, ("ip",))] == ["ip"]
    assert find_pii(text, ()) == []


def test_tags_stand_in_for_what_was_found() -> None:
    clean, spans = scrub("Write to joe@example.com or call (202) 555-0143 from 8.8.8.8.", ("email", "phone"))
    assert clean == "Write to <EMAIL> or call <PHONE> from 8.8.8.8."
    assert [span.kind for span in spans] == ["email", "phone"]


def test_realistic_values_keep_the_form_and_repeat_with_the_value() -> None:
    text = "ann@x.org bob@y.org ann@x.org 8.8.8.8 2001:4860:4860::8888 +44 20 7946 0123 5555-5555-5555-4444"
    clean, _ = scrub(text, KINDS, "realistic")
    words = clean.split()
    assert words[0] == words[2]
    assert words[0].endswith(("@example.com", "@example.org"))
    assert [span.kind for span in find_pii(clean, ("email", "card"))] == ["email"] * 3 + ["card"]
    assert find_pii(clean, ("ip",)) == []
    assert clean.endswith("4111-1111-1111-1111")


def test_the_check_digit() -> None:
    assert passes_luhn("79927398713")
    assert not any(passes_luhn(f"7992739871{digit}") for digit in "012456789")


@given(st.text(alphabet="0123456789 -.()+@:/abcdefx\n", max_size=80))
@settings(max_examples=300, deadline=None)
def test_spans_lie_in_the_text_in_order(text: str) -> None:
    spans = find_pii(text)
    assert all(0 <= span.start < span.end <= len(text) for span in spans)
    assert all(first.end <= second.start for first, second in pairwise(spans))
    clean, replaced = scrub(text)
    assert replaced == spans
    assert len(clean) == len(text) + sum(len(f"<{s.kind.upper()}>") - (s.end - s.start) for s in spans)


HOSTILE = [
    "1", "1 ", "1-", "1.", "(", "(1", "+", "+1", "0 1", "01 ", "a@", "@", "a.", "a@a.", "@a.", "a-", "a@a-", "1:",
    "2001:",
    "2001:a:", "tel ", "tel: 1", "call 1 ", "4111 ", "255.", "1.1.1.1.", "%", "é@é.", "::", "202-555-", "+44 ",
]  # fmt: skip


@pytest.mark.parametrize("piece", HOSTILE)
def test_hostile_text_takes_time_in_proportion(piece: str) -> None:
    def seconds(size: int) -> float:
        text = (piece * (size // len(piece) + 1))[:size]
        start = time.perf_counter()
        find_pii(text)
        return time.perf_counter() - start

    assert seconds(50_000) < 2.0  # in proportion to the square it would be minutes
