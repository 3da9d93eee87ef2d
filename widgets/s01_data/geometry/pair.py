"""Two texts under MinHash: their real words, shingles, hash values, signatures and band keys. No Qt here."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from simulator.s01_data.minhash import (
    MinHasher,
    estimated_jaccard,
    exact_jaccard,
    match_probability,
    shingles,
    threshold,
    words_of,
)

Hashes = npt.NDArray[np.uint64]
_PIECES = re.compile(r"\S+")
_MOST_WORDS = 600
_WHOLE = float(2**64)


@dataclass(frozen=True)
class Word:
    """A word as it stands in the text.

    Attributes:
        text: Its letters with what clings to them.
        start: Where it begins in the text.
        end: Where it ends.
    """

    text: str
    start: int
    end: int


@dataclass(frozen=True)
class Side:
    """One of the two texts.

    Attributes:
        text: The text.
        words: Its words, at most the first 600.
        hashes: The hash of the shingle that begins at each word, shape (m,); fewer than words by n - 1.
        same: Whether the other text has that shingle too, shape (m,).
        alike: Whether each word lies in a shingle that the other text has too.
    """

    text: str
    words: tuple[Word, ...]
    hashes: Hashes
    same: npt.NDArray[np.bool_]
    alike: tuple[bool, ...]

    def differing_spans(self) -> list[tuple[int, int]]:
        """Pieces of the text (start, end) that no shared shingle covers."""
        spans: list[tuple[int, int]] = []
        for word, alike in zip(self.words, self.alike, strict=True):
            if alike:
                continue
            if spans and self.text[spans[-1][1] : word.start].strip() == "":
                spans[-1] = spans[-1][0], word.end
            else:
                spans.append((word.start, word.end))
        return spans


class Pair:
    """What MinHash makes of two texts, by the pipeline's own functions.

    Args:
        first: A text.
        second: Another.
        bands: Bands of the signature.
        rows: Rows in a band.
        ngram: Words in a shingle.
        seed: Chooses the hash functions.
    """

    def __init__(self, first: str, second: str, bands: int, rows: int, ngram: int, seed: int = 0) -> None:
        self.bands, self.rows, self.ngram = bands, rows, ngram
        self.hasher = MinHasher(bands, rows, ngram, seed)
        first_words, second_words = _words(first), _words(second)
        first_hashes, second_hashes = _hashes(first_words, ngram), _hashes(second_words, ngram)
        self.first = _side(first, first_words, first_hashes, second_hashes, ngram)
        self.second = _side(second, second_words, second_hashes, first_hashes, ngram)
        sets = shingles(first, ngram), shingles(second, ngram)
        self.exact = exact_jaccard(*sets)
        self.common = int(np.intersect1d(*sets, assume_unique=True).size)
        self.union = int(sets[0].size + sets[1].size - self.common)
        signatures = self.hasher.signature(first), self.hasher.signature(second)
        self.agree: npt.NDArray[np.bool_] = (signatures[0] == signatures[1]).reshape(bands, rows)
        self.estimated = estimated_jaccard(*signatures)
        self.keys = self.hasher.band_keys(signatures[0]), self.hasher.band_keys(signatures[1])

    @property
    def sides(self) -> tuple[Side, Side]:
        """Both texts."""
        return self.first, self.second

    @property
    def size(self) -> int:
        """Entries in a signature."""
        return self.bands * self.rows

    @property
    def error(self) -> float:
        """Standard error of the estimate: sqrt(J (1 - J) / entries)."""
        return math.sqrt(self.exact * (1 - self.exact) / self.size)

    @property
    def meeting(self) -> list[int]:
        """The bands in which the two agree in full."""
        return [band for band in range(self.bands) if self.keys[0][band] == self.keys[1][band]]

    @property
    def chance(self) -> float:
        """How likely two texts this alike are to meet in at least one band."""
        return match_probability(min(1.0, self.exact), self.bands, self.rows)

    @property
    def threshold(self) -> float:
        """The similarity at which half of the pairs meet."""
        return threshold(self.bands, self.rows)

    @cached_property
    def values(self) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
        """What each hash function makes of each shingle, as a share of the largest value: (m, entries) a text."""
        return self._values(self.first), self._values(self.second)

    def _values(self, side: Side) -> npt.NDArray[np.float64]:
        rows = [self.hasher.signature_of(side.hashes[place : place + 1]) for place in range(len(side.hashes))]
        return np.array(rows, np.float64).reshape(len(rows), self.size) / _WHOLE


def percent_words(share: float) -> str:
    """A chance in percent that is never rounded to certainty."""
    if share >= 0.9995:
        return "100 %" if share == 1 else "> 99.9 %"
    return f"{100 * share:.1f} %" if share >= 0.001 or share == 0 else "< 0.1 %"


def _words(text: str) -> tuple[Word, ...]:
    """The words that count, each with its place in the text; what is no word at all is left out."""
    found: list[Word] = []
    for piece in _PIECES.finditer(text):
        if words_of(piece.group()):
            found.append(Word(piece.group(), piece.start(), piece.end()))
            if len(found) == _MOST_WORDS:
                break
    return tuple(found)


def _hashes(words: tuple[Word, ...], ngram: int) -> Hashes:
    n = min(ngram, len(words))
    starts = range(len(words) - n + 1) if words else range(0)
    found = [_first(shingles(" ".join(word.text for word in words[at : at + n]), ngram)) for at in starts]
    return np.array(found, np.uint64)


def _first(found: Hashes) -> np.uint64:
    """A piece such as "well-known" is two words, so a few words can hold more than one shingle: the least stands."""
    return np.uint64(found[0])


def _side(text: str, words: tuple[Word, ...], own: Hashes, other: Hashes, ngram: int) -> Side:
    same = np.isin(own, other)
    alike = [False] * len(words)
    for start in np.flatnonzero(same):
        for place in range(int(start), min(len(words), int(start) + ngram)):
            alike[place] = True
    return Side(text, words, own, same, tuple(alike))
