"""The merges of a byte-level BPE in the order in which they were learned, applied to one text.

A tokenizer of ``k`` merges cuts a text exactly as one of ``k - 1`` merges does, but that some borders between tokens
are gone (Sennrich et al. 2016, algorithm 1; ties and cascades as in the ``tokenizers`` library). So the whole history
of a text is one number for each border: the merge at which it goes. Any state, forward or back, is then a comparison.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from simulator.s01_data.splitting import encodable, split_words

Pair = tuple[bytes, bytes]
Ints = npt.NDArray[np.int64]

BASE_VOCABULARY = 257
"""Tokens before the first merge: 256 bytes and the end of a document, as in :mod:`simulator.text.tokenizer`."""

NEVER = 2**31 - 1
"""The step of a border that no merge removes: one between words, or one that no pair covers."""


@dataclass(frozen=True, kw_only=True)
class Piece:
    """A token of a text in some state.

    Attributes:
        start: Its first byte in the text.
        data: Its bytes.
        token: Its id.
    """

    start: int
    data: bytes
    token: int

    @property
    def end(self) -> int:
        """The byte after its last one."""
        return self.start + len(self.data)


class MergeList:
    """The merges of a tokenizer, with the ids that they make.

    Args:
        merges: Pairs of byte strings in the order learned.

    Raises:
        ValueError: if a merge uses a part that does not exist yet.
    """

    def __init__(self, merges: Sequence[Pair]) -> None:
        self.merges = tuple(merges)
        self.ids: dict[bytes, int] = {bytes([value]): value for value in range(256)}
        self.ranks: dict[Pair, int] = {}
        for rank, (first, second) in enumerate(self.merges):
            if first not in self.ids or second not in self.ids:
                raise ValueError(f"merge {rank + 1} of {first!r} and {second!r} comes before its parts")
            self.ids.setdefault(
                first + second, len(self.ids) + 1
            )  # the end of a document has an id, but no bytes
            self.ranks[first, second] = rank

    def __len__(self) -> int:
        return len(self.merges)

    def vocabulary_after(self, step: int) -> int:
        """Tokens in the vocabulary after so many merges; two merges may make the same token."""
        return int(self._vocabulary[step])

    @cached_property
    def _vocabulary(self) -> Ints:
        seen: set[bytes] = set()
        sizes = [BASE_VOCABULARY]
        for first, second in self.merges:
            made = first + second
            sizes.append(sizes[-1] + (made not in seen))
            seen.add(made)
        return np.array(sizes, np.int64)


class MergeHistory:
    """One text under the first 0, 1, 2 ... merges of a tokenizer.

    Args:
        text: The text; a lone surrogate counts as U+FFFD.
        merges: The merges.
    """

    def __init__(self, text: str, merges: MergeList) -> None:
        self.text = encodable(text)
        self.data = self.text.encode("utf-8")
        self.merges = merges
        self._gone = _border_steps(self.text, merges)

    @property
    def steps(self) -> int:
        """How many merges there are: states run from 0 to this."""
        return len(self.merges)

    @cached_property
    def active(self) -> Ints:
        """The steps that change this text, in order: after step s, merge s - 1 has been applied."""
        return np.unique(self._gone[self._gone < NEVER]).astype(np.int64)

    @cached_property
    def token_counts(self) -> Ints:
        """How many tokens the text has in each state (steps + 1,)."""
        gone = np.bincount(self._gone[self._gone < NEVER], minlength=self.steps + 1)
        counts: Ints = len(self.data) - np.cumsum(gone)
        return counts

    def borders_after(self, step: int) -> Ints:
        """The first byte of each token after so many merges, in order."""
        return np.flatnonzero(self._gone > step)

    def joined_by(self, step: int) -> Ints:
        """The bytes before which a border goes in a step: where its merge joins two tokens."""
        return np.flatnonzero(self._gone == step)

    def pieces_after(self, step: int) -> list[Piece]:
        """The tokens after so many merges."""
        starts = self.borders_after(step).tolist()
        ends = [*starts, len(self.data)][1:]
        return [self._piece(start, end) for start, end in zip(starts, ends, strict=True)]

    def bytes_per_token(self) -> npt.NDArray[np.float64]:
        """The compression in each state (steps + 1,); 0 for an empty text."""
        counts = self.token_counts
        return len(self.data) / np.maximum(counts, 1)

    def _piece(self, start: int, end: int) -> Piece:
        data = self.data[start:end]
        return Piece(start=start, data=data, token=self.merges.ids[data])


def token_label(data: bytes) -> str:
    """A token as people read it: a space as ·, a line end as ↵, bytes that are only a part of a letter in hex."""
    text = data.decode("utf-8", "surrogateescape")
    return "".join(_visible(letter) for letter in text)


def _visible(letter: str) -> str:
    marks = {" ": "·", "\n": "↵", "\t": "⇥", "\r": "␍"}
    if letter in marks:
        return marks[letter]
    if "\udc80" <= letter <= "\udcff":
        return f"{ord(letter) - 0xDC00:02x}"
    return letter if letter.isprintable() else "".join(f"{value:02x}" for value in letter.encode("utf-8"))


def _border_steps(text: str, merges: MergeList) -> npt.NDArray[np.int32]:
    """For each byte of a text, the step at which the border before it goes; :data:`NEVER` where a word begins."""
    kept: dict[str, list[int]] = {}
    steps: list[int] = []
    for word in split_words(text):
        if word not in kept:
            kept[word] = word_border_steps(word.encode("utf-8"), merges.ranks)
        steps += kept[word]
    return np.array(steps, np.int32)


def word_border_steps(word: bytes, ranks: Mapping[Pair, int]) -> list[int]:
    """For each byte of a word, the step (1 is the first merge) at which the border before it goes.

    The pair of lowest rank joins first, the leftmost one among equals: what the library's encoder does. A join may
    make a pair of a lower rank than its own, where two merges make the same token; that one follows in the same step.
    """
    steps = [NEVER] * len(word)
    following = list(range(1, len(word) + 1))  # end of the token that starts here
    before = list(range(-1, len(word) - 1))  # start of the token before the one that starts here
    waiting = [(rank, start) for start, rank in _first_ranks(word, ranks)]
    heapq.heapify(waiting)
    reached = 0
    while waiting:
        rank, start = heapq.heappop(waiting)
        middle = following[start]
        if middle >= len(word) or middle <= start:
            continue
        end = following[middle]
        if ranks.get((word[start:middle], word[middle:end])) != rank:
            continue  # one of the two was joined to something else since
        reached = max(reached, rank + 1)
        steps[middle] = reached
        following[start], following[middle] = end, -1
        if end < len(word):
            before[end] = start
            _wait_for(waiting, ranks, start, word[start:end], word[end : following[end]])
        if start > 0:
            left = before[start]
            _wait_for(waiting, ranks, left, word[left:start], word[start:end])
    return steps


def _first_ranks(word: bytes, ranks: Mapping[Pair, int]) -> Iterator[tuple[int, int]]:
    for start in range(len(word) - 1):
        rank = ranks.get((word[start : start + 1], word[start + 1 : start + 2]))
        if rank is not None:
            yield start, rank


def _wait_for(
    waiting: list[tuple[int, int]], ranks: Mapping[Pair, int], start: int, first: bytes, second: bytes
) -> None:
    rank = ranks.get((first, second))
    if rank is not None:
        heapq.heappush(waiting, (rank, start))
