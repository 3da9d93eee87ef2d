"""One text cut in several ways: characters, words, bytes, and byte-level BPE of several vocabularies."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from zlib import crc32

from simulator.s01_data.merges import BASE_VOCABULARY, MergeHistory, token_label
from simulator.s01_data.splitting import encodable, split_words

UNKNOWN = "?"
"""How a piece that the vocabulary lacks is shown: it cannot come back."""


@dataclass(frozen=True, kw_only=True)
class CutPiece:
    """A token as shown.

    Attributes:
        label: Its text, with marks for spaces and line ends.
        token: Its id, or a stable number in its place: equal tokens have equal numbers. -1 for one that is lost.
    """

    label: str
    token: int


@dataclass(frozen=True, kw_only=True)
class Cut:
    """A text as one tokenizer cuts it.

    Attributes:
        name: What did it, in a few words.
        vocabulary: How many tokens it knows; 0 for unknown.
        pieces: The tokens, perhaps only the first of them.
        tokens: How many there are.
        lost: How many of them the vocabulary lacks.
        characters: Characters in the text.
        size: Bytes in the text.
    """

    name: str
    vocabulary: int
    pieces: tuple[CutPiece, ...]
    tokens: int
    lost: int
    characters: int
    size: int

    @property
    def bytes_per_token(self) -> float:
        """The compression; 0 for an empty text."""
        return self.size / self.tokens if self.tokens else 0.0

    @property
    def tokens_per_100_characters(self) -> float:
        """What 100 characters cost; 0 for an empty text."""
        return 100 * self.tokens / self.characters if self.characters else 0.0


def cut_characters(text: str, known: Collection[str]) -> Cut:
    """Every character is a token; one that the training text did not have is lost.

    Args:
        text: Any text.
        known: The characters of the training text.
    """
    pieces = [_named(letter, ord(letter), letter in known) for letter in encodable(text)]
    return _cut("Characters", len(known), pieces, text)


def cut_words(text: str, known: Collection[str]) -> Cut:
    """Every word with the space before it is a token; one that the training text did not have is lost.

    Args:
        text: Any text.
        known: The words of the training text, as :func:`simulator.s01_data.splitting.split_words` cuts them.
    """
    words = split_words(encodable(text))
    pieces = [_named(word, crc32(word.encode("utf-8")), word in known) for word in words]
    return _cut("Words", len(known), pieces, text)


def cut_bytes(text: str) -> Cut:
    """Every byte of the UTF-8 text is a token: nothing is ever lost."""
    pieces = [
        CutPiece(label=token_label(bytes([value])), token=value) for value in encodable(text).encode("utf-8")
    ]
    return _cut("Bytes", BASE_VOCABULARY, pieces, text)


def cut_merges(history: MergeHistory, step: int) -> Cut:
    """The tokens of a byte-level BPE after so many merges."""
    vocabulary = history.merges.vocabulary_after(step)
    pieces = [
        CutPiece(label=token_label(piece.data), token=piece.token) for piece in history.pieces_after(step)
    ]
    return _cut(f"Our BPE, {vocabulary:,}", vocabulary, pieces, history.text)


def steps_for_vocabularies(history: MergeHistory, sizes: Collection[int]) -> list[int]:
    """The number of merges that fills each vocabulary size, as far as the list of merges goes; without repeats."""
    merges = history.merges
    steps = []
    for size in sorted(sizes):
        step = max(0, min(size - BASE_VOCABULARY, len(merges)))
        while step < len(merges) and merges.vocabulary_after(step) < size:
            step += 1  # where two merges made the same token
        if step not in steps:
            steps.append(step)
    return steps


def _named(text: str, number: int, known: bool) -> CutPiece:
    if not known:
        return CutPiece(label=UNKNOWN, token=-1)
    return CutPiece(label=token_label(text.encode("utf-8")), token=number)


def _cut(name: str, vocabulary: int, pieces: list[CutPiece], text: str) -> Cut:
    whole = encodable(text)
    return Cut(
        name=name, vocabulary=vocabulary, pieces=tuple(pieces), tokens=len(pieces),
        lost=sum(piece.token < 0 for piece in pieces), characters=len(whole), size=len(whole.encode("utf-8")),
    )  # fmt: skip
