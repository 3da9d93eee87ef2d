"""The quality rules of Gopher: what each measures, by hand."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from simulator.s01_data import gopher
from simulator.s01_data.text_stats import TextStats
from simulator.s01_data.words import count_sentences, split_words

MEASURED = [
    (gopher.words, "One two, three - four! • 5", 6),  # a lone bullet is a word, as in datatrove
    (gopher.words, '... -- !!! ""', 0),
    (gopher.mean_word_length, "a bbb, ccccc.", 3.0),
    (gopher.mean_word_length, "!!", 0.0),
    (gopher.hashes, "#one two three four", 0.2),
    (gopher.ellipses, "one... two… three four", 2 / 6),
    (gopher.bullet_lines, "- one\n  • two\n* three\n\nfour", 2 / 5),
    (gopher.bullet_lines, "no dashes at all", 0.0),
    (gopher.ellipsis_lines, "one...\ntwo… \nthree\nfour", 0.5),
    (gopher.lettered_tokens, "one 2 , three", 0.5),
    (gopher.lettered_words, "one 2 , three", 2 / 3),
    (gopher.lettered_words, "a1 été 你好", 1.0),
    (gopher.stop_words, "the The and and of", 3),
    (gopher.stop_words, "THE AND", 0),
    (gopher.lettered_tokens, "", 0.0),
    (gopher.bullet_lines, "", 0.0),
]


@pytest.mark.parametrize(("measure", "text", "value"), MEASURED)
def test_what_is_measured(measure: Callable[[TextStats], float], text: str, value: float) -> None:
    assert measure(TextStats(text)) == pytest.approx(value)


WORDS = {
    "Don't stop; it's the U.S. of A.": "Do n't stop ; it 's the U.S. of A.",
    "(well-known) e.g. Mr. Smith's 3.5% of $1,000.50": "( well - known ) e.g. Mr. Smith 's 3.5 % of $ 1,000.50",
    'yes... "No!" he said. end.Next': 'yes ... " No ! " he said . end . Next',
    "foo_bar a/b and/or https://x.org/a-b?c=d, me@ex.com.": "foo_bar a / b and/or https://x.org/a-b?c=d , me@ex.com .",
    "10:30am 7am 2019-2020 5km C++ AT&T": "10:30am 7 am 2019 - 2020 5 km C++ AT&T",
    "I'm we'll cannot its it’s ‘em’": "I 'm we 'll can not its it ’s ‘ em ’",
    "one,two three,4 5,six": "one , two three,4 5,six",
    "\u00a0a\tb\u2028c\r\n": "a b c",
}


@pytest.mark.parametrize("text", WORDS)
def test_words(text: str) -> None:
    assert split_words(text) == WORDS[text].split(" ")


@pytest.mark.parametrize(
    ("line", "count"),
    [
        ("No end", 1), ("One. Two! Three?", 3), ("Mr. Smith paid 3.5 dollars.", 1), ("What?! No way.", 2), ("", 1),
        ('He said "No." She left.', 2), ("Wait... more", 1), ("end.Next one", 2), ("こんにちは。元気ですか。", 1),
        ("Hi! :)", 1),
    ],
)  # fmt: skip
def test_sentences(line: str, count: int) -> None:
    assert count_sentences(line) == count


def test_counting_sentences_stops_when_there_are_enough() -> None:
    assert count_sentences("One. Two. Three. Four.", enough=2) == 2


HOSTILE = ("(", ".", "a.", "a-", "'", "…", "''", "http://", "a@", "1,", "$", "°", "。", "x" * 999, "'s")


@pytest.mark.parametrize("piece", HOSTILE)
def test_a_megabyte_without_a_space_is_split_in_time(piece: str) -> None:
    text = piece * (200_000 // len(piece))
    assert "".join(split_words(text)) == text
