"""What the filters need to know of a text, each computed once and only when asked for."""

from __future__ import annotations

import re
import string
from functools import cached_property
from hashlib import blake2b

import numpy as np
import numpy.typing as npt

from simulator.s01_data.words import SENTENCE_MARKS, split_words

Codes = npt.NDArray[np.uint64]
Counts = npt.NDArray[np.int64]

PUNCTUATION = SENTENCE_MARKS.union(
    string.punctuation,
    "«´»–—’“”„…∶━►、〈〉《》「」【】％（），１：；～",
    map(chr, (*range(9), *range(11, 32), *range(127, 160))),
)
"""A token of these alone is a symbol and no word. Those are the marks that FineWeb's filters leave out of the word
count (datatrove, ``utils/text.py``), so a lone bullet or euro sign is a word here too."""

_PARAGRAPHS = re.compile(r"\n{2,}")
_LINES = re.compile(r"\n+")
_WORDS_REMEMBERED = 1 << 17
_LONGEST_REMEMBERED = 40
_HAS_LETTER = 1
_IS_SYMBOL = 2
_FLAGS = 3
_POLYNOMIAL = np.uint64(0x9E3779B97F4A7C15)


class _WordCodes(dict[str, int]):
    """Words and their codes: 62 bits of a hash, then whether it has a letter and whether it is but a symbol."""

    def __missing__(self, word: str) -> int:
        digest = blake2b(word.encode("utf-8", "surrogatepass"), digest_size=8).digest()
        code = int.from_bytes(digest, "little") & ~_FLAGS
        if any(map(str.isalpha, word)):
            code |= _HAS_LETTER
        elif PUNCTUATION.issuperset(word):
            code |= _IS_SYMBOL
        if len(word) <= _LONGEST_REMEMBERED:
            if len(self) >= _WORDS_REMEMBERED:
                self.clear()
            self[word] = code
        return code


_CODES = _WordCodes()


class TextStats:
    """Counts of one text.

    Attributes:
        text: The text itself.
    """

    def __init__(self, text: str) -> None:
        self.text = text
        self._grams: dict[int, Codes] = {}
        self._repeats: dict[int, bool] = {}

    @cached_property
    def words(self) -> list[str]:
        """Words and punctuation marks, in order."""
        return split_words(self.text)

    @cached_property
    def codes(self) -> Codes:
        """A 64-bit number for each word, equal for equal words; shape (words,)."""
        return np.fromiter(map(_CODES.__getitem__, self.words), np.uint64, len(self.words))

    @cached_property
    def lengths(self) -> Counts:
        """Characters of each word; shape (words,)."""
        return np.fromiter(map(len, self.words), np.int64, len(self.words))

    @cached_property
    def offsets(self) -> Counts:
        """Characters before each word, white space left out, and all of them last; shape (words + 1,)."""
        return np.concatenate(([0], np.cumsum(self.lengths)))

    @cached_property
    def proper(self) -> npt.NDArray[np.bool_]:
        """Which tokens are words and no bare symbols; shape (words,)."""
        symbols: npt.NDArray[np.bool_] = np.equal(self.codes & np.uint64(_IS_SYMBOL), 0)
        return symbols

    @cached_property
    def word_count(self) -> int:
        """Words that are no bare symbols."""
        return int(np.count_nonzero(self.proper))

    @cached_property
    def word_characters(self) -> int:
        """Characters of the words that are no bare symbols."""
        return int(self.lengths[self.proper].sum())

    @cached_property
    def lettered_count(self) -> int:
        """Tokens with at least one letter."""
        return int(np.count_nonzero(self.codes & np.uint64(_HAS_LETTER)))

    @cached_property
    def line_list(self) -> list[str]:
        """The lines as a reader sees them, empty ones included."""
        return self.text.splitlines()

    @cached_property
    def repetition_lines(self) -> tuple[int, int, int]:
        """Lines, how many repeat an earlier one, and the characters of those."""
        return _repeats(_LINES.split(self.text) if "\n\n" in self.text else self.text.split("\n"))

    @cached_property
    def repetition_paragraphs(self) -> tuple[int, int, int]:
        """Paragraphs (parted by empty lines), how many repeat an earlier one, and the characters of those."""
        text = self.text.strip()
        return _repeats(_PARAGRAPHS.split(text) if "\n\n" in text else [text])

    def grams(self, n: int) -> Codes:
        """A 64-bit number for each run of ``n`` words; shape (words - n + 1,), empty for a shorter text.

        Different runs share a number with a chance of 2^-62 a pair.
        """
        if n == 1:
            return self.codes
        if n not in self._grams:
            shorter = self.grams(n - 1)
            count = max(len(self.words) - n + 1, 0)
            self._grams[n] = shorter[:count] * _POLYNOMIAL + self.codes[n - 1 :]
        return self._grams[n]

    def has_repeats(self, n: int) -> bool:
        """Whether any run of ``n`` words occurs more than once."""
        if n not in self._repeats:
            ordered = np.sort(self.grams(n))
            self._repeats[n] = bool((ordered[1:] == ordered[:-1]).any())
        return self._repeats[n]


def _repeats(parts: list[str]) -> tuple[int, int, int]:
    distinct = set(parts)
    if len(distinct) == len(parts):
        return len(parts), 0, 0
    characters = sum(map(len, parts)) - sum(map(len, distinct))
    return len(parts), len(parts) - len(distinct), characters
