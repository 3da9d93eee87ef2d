"""The repetition rules, against plain counting."""

from __future__ import annotations

import re
from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from simulator.s01_data import repetition
from simulator.s01_data.text_stats import TextStats
from simulator.s01_data.words import split_words

WORDS = st.lists(
    st.sampled_from(["a", "b", "cc", "dd", "eee", "the", ".", ",", "yes", "no"]), max_size=60
).map(" ".join)
LINES = st.lists(st.sampled_from(["", "one", "two words", "three", " "]), max_size=20).map("\n".join)


def counted_top(text: str, n: int) -> float:
    words = split_words(text)
    grams = Counter(" ".join(words[i : i + n]) for i in range(len(words) - n + 1))
    if not grams:
        return 0.0
    gram, count = grams.most_common(1)[0]
    return len(gram) * count / len(text)


def counted_duplicates(text: str, n: int) -> float:
    words, seen, characters, at = split_words(text), set(), 0, 0
    while at <= len(words) - n:
        gram = tuple(words[at : at + n])
        if gram in seen:
            characters += sum(map(len, gram))
            at += n
        else:
            seen.add(gram)
            at += 1
    return characters / max(len(text), 1)


def counted_repeats(parts: list[str]) -> tuple[int, int]:
    seen, repeated = set(), []
    for part in parts:
        if part in seen:
            repeated.append(part)
        seen.add(part)
    return len(repeated), sum(map(len, repeated))


@given(WORDS, st.integers(2, 4))
@settings(max_examples=300, deadline=None)
def test_the_commonest_run(text: str, n: int) -> None:
    assert repetition.top_ngram(TextStats(text), n) == counted_top(text, n)


@given(WORDS, st.integers(5, 10))
@settings(max_examples=300, deadline=None)
def test_repeated_runs(text: str, n: int) -> None:
    assert repetition.duplicate_ngram(TextStats(text), n) == counted_duplicates(text, n)


@pytest.mark.parametrize("n", range(5, 11))
def test_repeated_runs_of_long_texts_whatever_came_before(n: int) -> None:
    text = " ".join(f"w{(i * i) % 23} x{i % 7}" for i in range(300))
    stats = TextStats(text)
    stats.has_repeats(9)
    assert repetition.duplicate_ngram(stats, n) == counted_duplicates(text, n) > 0


@given(LINES)
@settings(max_examples=300, deadline=None)
def test_repeated_lines_and_paragraphs(text: str) -> None:
    stats, size = TextStats(text), max(len(text), 1)
    lines = re.split(r"\n+", text)
    paragraphs = re.split(r"\n{2,}", text.strip())
    count, characters = counted_repeats(lines)
    assert repetition.duplicate_lines(stats) == count / len(lines)
    assert repetition.duplicate_line_characters(stats) == characters / size
    count, characters = counted_repeats(paragraphs)
    assert repetition.duplicate_paragraphs(stats) == count / len(paragraphs)
    assert repetition.duplicate_paragraph_characters(stats) == characters / size


def test_equal_sounding_runs_are_told_apart() -> None:
    assert repetition.duplicate_ngram(TextStats("ab c d e f g a bc d e f g"), 6) == 0.0


def test_nothing_repeats_in_nothing() -> None:
    stats = TextStats("")
    assert repetition.top_ngram(stats, 2) == repetition.duplicate_ngram(stats, 5) == 0.0
    assert (
        repetition.duplicate_line_characters(stats) == repetition.duplicate_paragraph_characters(stats) == 0.0
    )


def test_a_megabyte_of_one_word_is_read_in_time() -> None:
    stats = TextStats("word " * 200_000)
    assert repetition.duplicate_ngram(stats, 10) > 0.7
    assert repetition.top_ngram(stats, 2) > 0.9
