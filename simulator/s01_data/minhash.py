"""MinHash and locality-sensitive hashing: near duplicates found without comparing every pair.

A text becomes the set of its word n-grams ("shingles"). A signature keeps, for each of ``bands * rows`` random hash
functions, the smallest hash of the set; two texts agree in one entry with a probability equal to the Jaccard
similarity of their sets (Broder 1997, "On the resemblance and containment of documents"). Two texts are candidates
when all ``rows`` entries of at least one of the ``bands`` agree (Leskovec, Rajaraman and Ullman, "Mining of Massive
Datasets", section 3.4). The defaults, 14 bands of 8 rows over word 5-grams, are those of FineWeb (Penedo et al. 2024).
"""

from __future__ import annotations

import re
import unicodedata
from hashlib import blake2b

import numpy as np
import numpy.typing as npt

Hashes = npt.NDArray[np.uint64]

NGRAM = 5
"""Words in a shingle, as in FineWeb."""

_U64 = np.uint64
_MASK = (1 << 64) - 1
_GOLDEN = 0x9E3779B97F4A7C15  # 2^64 / golden ratio, odd: the step of splitmix64
_POLYNOMIAL = 0xD1342543DE82EF95  # an odd multiplier with a good spectrum (Steele and Vigna 2021)
_BLOCK_BYTES = 1 << 18  # products of one block stay in the processor's cache
_CACHED_WORDS = 1 << 17
_EMPTY = _U64(_MASK)

_ASCII_SEPARATORS = bytes(
    value if chr(value).isalnum() and value < 128 else 32 for value in range(256)
)  # every byte that is no ASCII letter or digit becomes a space
# Scripts written without spaces (Thai, Lao, Burmese, Khmer, kana, Chinese characters): each letter is a word.
_UNSPACED = r"\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff"
_WORDS = re.compile(rf"[{_UNSPACED}]|[^\W_{_UNSPACED}]+")


def words_of(text: str) -> list[bytes]:
    """The words that count for similarity, in UTF-8: lower case, compatibility forms made one (NFKC).

    Whatever is neither letter nor digit separates words and is dropped, so that white space, punctuation and kinds
    of quotes make no difference. A letter of a script without spaces is a word of its own.
    """
    if text.isascii():
        return text.encode("ascii").lower().translate(_ASCII_SEPARATORS).split()
    plain = unicodedata.normalize("NFKC", text).lower()
    return [word.encode("utf-8") for word in _WORDS.findall(plain)]


class _WordHashes(dict[bytes, int]):
    """64-bit BLAKE2b of each word, kept while there is room: most words of a corpus come again."""

    def __missing__(self, word: bytes) -> int:
        if len(self) >= _CACHED_WORDS:
            self.clear()
        value = self[word] = int.from_bytes(blake2b(word, digest_size=8).digest(), "little")
        return value


_word_hashes = _WordHashes()


def shingles(text: str, n: int = NGRAM) -> Hashes:
    """The set of a text's word n-grams as 64-bit hashes, the same on every machine and in every process.

    A shingle's hash is a polynomial modulo 2^64 in the hashes of its words, then mixed so that shingles that share
    words have unrelated hashes. A text of fewer than ``n`` words is one shingle; one without words has none.

    Args:
        text: Any text.
        n: Words in a shingle.

    Returns:
        Sorted, without repeats, uint64 (m,).

    Raises:
        ValueError: if ``n`` is less than 1.
    """
    return np.unique(_shingle_hashes(text, n))


def _shingle_hashes(text: str, n: int) -> Hashes:
    """As :func:`shingles`, in the order of the text and with repeats."""
    if n < 1:
        raise ValueError(f"a shingle cannot have {n} words")
    words = words_of(text)
    if not words:
        return np.zeros(0, _U64)
    hashes = np.fromiter(map(_word_hashes.__getitem__, words), _U64, len(words))
    n = min(n, len(words))
    count = len(words) - n + 1
    total = hashes[:count].copy()
    for place in range(1, n):
        total *= _U64(_POLYNOMIAL)
        total += hashes[place : place + count]
    return _mixed(total)


def exact_jaccard(first: Hashes, second: Hashes) -> float:
    """Size of the intersection over size of the union of two sets of shingles (as :func:`shingles` gives them).

    Two empty sets count as equal.
    """
    if not first.size and not second.size:
        return 1.0
    common = np.intersect1d(first, second, assume_unique=True).size
    return float(common / (first.size + second.size - common))


def estimated_jaccard(first: Hashes, second: Hashes) -> float:
    """The share of equal entries of two signatures: unbiased, standard error sqrt(J (1 - J) / entries)."""
    return float(np.mean(first == second))


class MinHasher:
    """Signatures and band keys of texts.

    Entry i of a signature is the least ``a_i x + b_i mod 2^64`` over the 32-bit folded shingle hashes x, with random
    64-bit ``a_i`` (odd) and ``b_i``: multiply-add-shift hashing, whose upper 32 bits are exactly pairwise independent
    (Dietzfelbinger 1996, "Universal hashing and k-wise independence via integer arithmetic without primes"). The
    shift can be left out, since it does not change which x is least but for ties. Shingle hashes being well mixed
    themselves, that is as good as full independence (Mitzenmacher and Vadhan 2008). It needs one multiplication and
    one addition where arithmetic modulo 2^61 - 1 needs a 128-bit product.

    Args:
        bands: Groups of entries; any group that agrees makes two texts candidates.
        rows: Entries in a band.
        ngram: Words in a shingle.
        seed: Chooses the hash functions; signatures compare only under one seed.

    Raises:
        ValueError: if a size is less than 1.
    """

    def __init__(self, bands: int = 14, rows: int = 8, ngram: int = NGRAM, seed: int = 0) -> None:
        if bands < 1 or rows < 1 or ngram < 1:
            raise ValueError(f"{bands} bands of {rows} rows over {ngram}-grams: each must be at least 1")
        self.bands, self.rows, self.ngram, self.seed = bands, rows, ngram, seed
        numbers = _random_numbers(seed, 2 * bands * rows + rows)
        size = bands * rows
        self._factors = (numbers[:size] | _U64(1))[:, None]
        self._offsets = numbers[size : 2 * size][:, None]
        self._row_factors = numbers[2 * size :] | _U64(1)
        self._block = max(16, _BLOCK_BYTES // (8 * size))

    @property
    def size(self) -> int:
        """Entries in a signature."""
        return self.bands * self.rows

    def signature(self, text: str) -> Hashes:
        """The signature of a text: uint64 (bands * rows,); all ones for a text without words."""
        return self.signature_of(_shingle_hashes(text, self.ngram))

    def signature_of(self, hashes: Hashes) -> Hashes:
        """The signature of a set of shingle hashes uint64 (m,), in any order, repeats allowed."""
        least = np.full(self.size, _EMPTY)
        folded = hashes >> _U64(32)
        for start in range(0, folded.size, self._block):
            products = self._factors * folded[start : start + self._block]
            products += self._offsets
            np.minimum(least, products.min(axis=1), out=least)
        return least

    def band_keys(self, signature: Hashes) -> Hashes:
        """A 64-bit key of each band; texts with an equal key in any band are candidates.

        Args:
            signature: uint64 (bands * rows,), or (documents, bands * rows).

        Returns:
            uint64 (bands,), or (documents, bands). Two bands that differ get the same key with probability 2^-64.
        """
        rows = signature.reshape(*signature.shape[:-1], self.bands, self.rows)
        keys: Hashes = _mixed((rows * self._row_factors).sum(axis=-1, dtype=_U64))
        return keys


def match_probability(similarity: float, bands: int, rows: int) -> float:
    """Probability that two texts of a Jaccard similarity become candidates: 1 - (1 - s^rows)^bands, the S-curve.

    Raises:
        ValueError: if the similarity is not between 0 and 1, or a size is less than 1.
    """
    _check_sizes(bands, rows)
    if not 0 <= similarity <= 1:
        raise ValueError(f"a similarity lies between 0 and 1, not at {similarity}")
    if similarity == 1:
        return 1.0
    # Through logarithms, so that a tiny chance is not rounded to nothing.
    return float(-np.expm1(bands * np.log1p(-(similarity**rows))))


def threshold(bands: int, rows: int) -> float:
    """The similarity at which half of the pairs become candidates: the S-curve solved for 1/2.

    Raises:
        ValueError: if a size is less than 1.
    """
    _check_sizes(bands, rows)
    return float((-np.expm1(np.log(0.5) / bands)) ** (1 / rows))


def rough_threshold(bands: int, rows: int) -> float:
    """(1 / bands)^(1 / rows): the textbook's short form of where the S-curve rises steeply.

    Raises:
        ValueError: if a size is less than 1.
    """
    _check_sizes(bands, rows)
    return float((1 / bands) ** (1 / rows))


def _check_sizes(bands: int, rows: int) -> None:
    if bands < 1 or rows < 1:
        raise ValueError(f"{bands} bands of {rows} rows: each must be at least 1")


def _mixed(values: Hashes) -> Hashes:
    """The finaliser of splitmix64 (Steele et al. 2014): a bijection after which any bit depends on all bits."""
    values = values ^ (values >> _U64(30))
    values *= _U64(0xBF58476D1CE4E5B9)
    values ^= values >> _U64(27)
    values *= _U64(0x94D049BB133111EB)
    values ^= values >> _U64(31)
    return values


def _random_numbers(seed: int, count: int) -> Hashes:
    """The first numbers of splitmix64; spelled out because numpy does not promise its streams for ever."""
    start = int.from_bytes(blake2b(str(seed).encode("ascii"), digest_size=8).digest(), "little")
    return _mixed(np.array([(start + _GOLDEN * step) & _MASK for step in range(1, count + 1)], _U64))
