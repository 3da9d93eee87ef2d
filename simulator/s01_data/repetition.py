"""The repetition rules of Gopher: does this text say the same thing over and over?

Source: Rae et al. 2021, appendix A.1.1 and table A1. All shares of characters are of the whole text. The limits stand
in the settings; :func:`duplicate_ngram` counts as datatrove does, from left to right without counting a word twice.
"""

from __future__ import annotations

import numpy as np

from simulator.s01_data.text_stats import Codes, TextStats


def duplicate_paragraphs(stats: TextStats) -> float:
    """Share of paragraphs that repeat an earlier one, at most 0.30 (table A1)."""
    total, repeated, _ = stats.repetition_paragraphs
    return repeated / total


def duplicate_paragraph_characters(stats: TextStats) -> float:
    """Share of characters in paragraphs that repeat an earlier one, at most 0.20 (table A1)."""
    return stats.repetition_paragraphs[2] / max(len(stats.text), 1)


def duplicate_lines(stats: TextStats) -> float:
    """Share of lines that repeat an earlier one, at most 0.30 (table A1)."""
    total, repeated, _ = stats.repetition_lines
    return repeated / total


def duplicate_line_characters(stats: TextStats) -> float:
    """Share of characters in lines that repeat an earlier one, at most 0.20 (table A1)."""
    return stats.repetition_lines[2] / max(len(stats.text), 1)


def top_ngram(stats: TextStats, n: int) -> float:
    """Share of characters in the most common run of ``n`` words, spaces between them included.

    At most 0.20, 0.18 and 0.16 for runs of 2, 3 and 4 words (table A1). Of equally common runs the first counts.
    """
    grams = stats.grams(n)
    if not grams.size:
        return 0.0
    position, count = _most_common(grams)
    characters = int(stats.offsets[position + n] - stats.offsets[position]) + n - 1
    return characters * count / len(stats.text)


def duplicate_ngram(stats: TextStats, n: int) -> float:
    """Share of characters in runs of ``n`` words that came before, read from left to right.

    A repeated run is counted and skipped as a whole, so that no word counts twice. At most 0.15, 0.14, 0.13, 0.12,
    0.11 and 0.10 for runs of 5 to 10 words (table A1).
    """
    if n > 5 and not stats.has_repeats(n - 1):
        return 0.0
    if not stats.has_repeats(n):
        return 0.0
    grams = stats.grams(n)
    positions = np.flatnonzero(_repeated(grams))
    seen: set[int] = set()
    characters, free = 0, 0
    offsets = stats.offsets
    for position, gram in zip(positions.tolist(), grams[positions].tolist(), strict=True):
        if position < free:
            continue
        if gram in seen:
            characters += int(offsets[position + n] - offsets[position])
            free = position + n
        else:
            seen.add(gram)
    return characters / len(stats.text)


def _most_common(grams: Codes) -> tuple[int, int]:
    """Where the most common value first stands, and how often it occurs."""
    ordered = np.sort(grams)
    starts = np.flatnonzero(np.concatenate(([True], ordered[1:] != ordered[:-1])))
    counts = np.append(starts[1:], grams.size) - starts
    most = int(counts.max())
    if most == 1:
        return 0, 1
    values = ordered[starts[counts == most]]
    found = grams == values[0] if values.size == 1 else np.isin(grams, values)
    return int(found.argmax()), most


def _repeated(grams: Codes) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    """Which values occur more than once."""
    ordered = np.sort(grams)
    return np.isin(grams, ordered[1:][ordered[1:] == ordered[:-1]])
