"""Learning byte-pair merges by counting, one at a time: what each merge won with, and against which pairs.

The plain algorithm of Sennrich et al. 2016 on the bytes of words, with the counts kept up to date in place of
counting anew. Ties go as in the ``tokenizers`` library, so the merges are the same, in the same order.
"""

from __future__ import annotations

import heapq
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

from simulator.s01_data.merges import Pair
from simulator.s01_data.splitting import encodable, split_words

FEWEST = 2
"""A pair must occur so often to be merged, as in :func:`simulator.text.tokenizer.train_bpe`."""


@dataclass(frozen=True, kw_only=True)
class LearnedMerge:
    """One merge, and how it was chosen.

    Attributes:
        pair: The two tokens joined.
        count: How often they stand beside each other in the text before the merge.
        rivals: The next commonest pairs at that moment, with their counts.
    """

    pair: Pair
    count: int
    rivals: tuple[tuple[Pair, int], ...]


def count_words(texts: Iterable[str]) -> Counter[bytes]:
    """How often each word occurs, as bytes; words as :func:`simulator.s01_data.splitting.split_words` cuts them."""
    words: Counter[str] = Counter()
    for text in texts:
        words.update(split_words(encodable(text)))
    return Counter({word.encode("utf-8"): count for word, count in words.items()})


class PairCounts:
    """The pairs of neighbouring tokens in a text, counted, while merges are applied one by one.

    Args:
        words: How often each word occurs.
    """

    def __init__(self, words: Counter[bytes]) -> None:
        self._weights = list(words.values())
        self._words = [list(word) for word in words]
        self._tokens = [bytes([value]) for value in range(256)]
        self._order = _byte_order()
        self._ids = {token: index for index, token in enumerate(self._tokens)}
        self._counts: dict[tuple[int, int], int] = defaultdict(int)
        self._places: dict[tuple[int, int], set[int]] = defaultdict(set)
        for index in range(len(self._words)):
            self._count_word(index, self._weights[index])
        self._heap = [self._entry(pair) for pair in self._counts]
        heapq.heapify(self._heap)

    def count(self, pair: Pair) -> int:
        """How often a pair occurs now."""
        ids = tuple(self._ids.get(part, -1) for part in pair)
        return self._counts.get((ids[0], ids[1]), 0)

    def commonest(self, number: int) -> list[tuple[Pair, int]]:
        """The commonest pairs now with their counts; of equal ones first those of the earliest tokens."""
        found: list[tuple[int, int, int, tuple[int, int]]] = []
        while self._heap and len(found) < number:
            entry = heapq.heappop(self._heap)
            if entry == (found[-1] if found else None) or self._counts.get(entry[3], 0) != -entry[0]:
                continue  # the count has changed since, and stands elsewhere in the heap
            if entry[0] < 0:
                found.append(entry)
        for entry in found:
            heapq.heappush(self._heap, entry)
        return [((self._tokens[a], self._tokens[b]), -negative) for negative, _, _, (a, b) in found]

    def merge(self, pair: Pair) -> int:
        """Join a pair wherever it occurs, from left to right. Returns how often it occurred before."""
        count = self.count(pair)
        if not count:
            self._token_id(pair[0] + pair[1])
            return 0
        first, second = self._ids[pair[0]], self._ids[pair[1]]
        made = self._token_id(pair[0] + pair[1])
        changed: set[tuple[int, int]] = set()
        for index in tuple(self._places[first, second]):
            changed |= self._count_word(index, -self._weights[index])
            self._words[index] = _joined(self._words[index], first, second, made)
            changed |= self._count_word(index, self._weights[index])
        for other in changed:
            if self._counts[other]:
                heapq.heappush(self._heap, self._entry(other))
            else:
                del self._counts[other], self._places[other]
        return count

    def _count_word(self, index: int, weight: int) -> set[tuple[int, int]]:
        word = self._words[index]
        pairs = set()
        for pair in pairwise(word):
            self._counts[pair] += weight
            pairs.add(pair)
        for pair in pairs:
            if weight > 0:
                self._places[pair].add(index)
            else:
                self._places[pair].discard(index)
        return pairs

    def _token_id(self, token: bytes) -> int:
        if token not in self._ids:
            self._ids[token] = len(self._tokens)
            self._tokens.append(token)
        return self._ids[token]

    def _entry(self, pair: tuple[int, int]) -> tuple[int, int, int, tuple[int, int]]:
        first, second = (self._order[index] if index < 256 else index for index in pair)
        return -self._counts[pair], first, second, pair


def learn_merges(words: Counter[bytes], number: int, rivals: int = 0) -> list[LearnedMerge]:
    """Learn merges from words: always the commonest pair.

    Args:
        words: How often each word occurs.
        number: Merges wanted; fewer come where no pair occurs :data:`FEWEST` times.
        rivals: How many of the next commonest pairs to note at each step.
    """
    counts = PairCounts(words)
    learned: list[LearnedMerge] = []
    while len(learned) < number:
        best = counts.commonest(1 + rivals)
        if not best or best[0][1] < FEWEST:
            break
        learned.append(LearnedMerge(pair=best[0][0], count=best[0][1], rivals=tuple(best[1:])))
        counts.merge(best[0][0])
    return learned


def replay_merges(words: Counter[bytes], merges: Sequence[Pair], rivals: int = 0) -> list[LearnedMerge]:
    """Apply merges learned elsewhere to words, and note how often each occurs there, beside its commonest rivals."""
    counts = PairCounts(words)
    replayed: list[LearnedMerge] = []
    for pair in merges:
        others = [item for item in counts.commonest(1 + rivals) if item[0] != pair] if rivals else []
        replayed.append(LearnedMerge(pair=pair, count=counts.merge(pair), rivals=tuple(others[:rivals])))
    return replayed


def _joined(word: list[int], first: int, second: int, made: int) -> list[int]:
    joined: list[int] = []
    index = 0
    while index < len(word):
        if word[index] == first and index + 1 < len(word) and word[index + 1] == second:
            joined.append(made)
            index += 2
        else:
            joined.append(word[index])
            index += 1
    return joined


def _byte_order() -> list[int]:
    """The library's order of the bytes: it sorts GPT-2's printable stand-ins, the printable bytes first."""
    shown = [*range(0x21, 0x7F), *range(0xA1, 0xAD), *range(0xAE, 0x100)]
    hidden = [value for value in range(256) if value not in set(shown)]
    order = [0] * 256
    for place, value in enumerate(shown + hidden):
        order[value] = place
    return order
