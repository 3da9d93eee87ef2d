"""Packing: documents become one stream of tokens for training, and rows of whole ones for validation."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from simulator.text.encodings import well_formed
from simulator.text.tokenizer import Tokenizer

_BATCH_CHARACTERS = 1 << 21
_LOOK_BACK = 512
"""Rows that are tried before a new one is opened; more fills little better and takes time squared."""


@dataclass(frozen=True, kw_only=True, eq=False)
class TokenStream:
    """Documents as one stream of tokens, each followed by the end token.

    Attributes:
        tokens: int32, shape (n,).
        starts: int64, shape (d,): index of each document's first token.
        byte_count: UTF-8 bytes of all documents; the end tokens stand for none.
        end_id: Id of the end token, of which there are d.
    """

    tokens: npt.NDArray[np.int32]
    starts: npt.NDArray[np.int64]
    byte_count: int
    end_id: int

    @property
    def document_count(self) -> int:
        """Number of documents d, and of end tokens."""
        return len(self.starts)

    def documents(self) -> list[tuple[int, int]]:
        """First index and index past the end token of every document."""
        edges = [*self.starts.tolist(), len(self.tokens)]
        return list(pairwise(edges))


@dataclass(frozen=True, kw_only=True, eq=False)
class DocumentRows:
    """Rows for validation in which every token of the stream is a target exactly once.

    Attributes:
        rows: int32, shape (N, sequence + 1): position 0 is context alone, ``rows[:, 1:]`` are the targets of
            ``rows[:, :-1]``.
        mask: bool, shape (N, sequence): which targets count; the others are padding.
    """

    rows: npt.NDArray[np.int32]
    mask: npt.NDArray[np.bool_]


def pack(tokenizer: Tokenizer, texts: Iterable[str]) -> TokenStream:
    """Tokenize documents and lay them end to end, each followed by ``end_id``.

    Tokenizes some megabytes at a time, so that Python lists of ids stay small beside the arrays.
    """
    parts: list[npt.NDArray[np.int32]] = [np.zeros(0, np.int32)]
    lengths: list[int] = []
    byte_count = 0
    for batch in _batches(texts):
        byte_count += sum(len(text.encode("utf-8")) for text in batch)
        for ids in tokenizer.encode_batch(batch):
            ids.append(tokenizer.end_id)
            lengths.append(len(ids))
            parts.append(np.array(ids, np.int32))
    starts = np.concatenate([[0], np.cumsum(lengths)])[:-1].astype(np.int64)
    tokens = np.concatenate(parts)
    return TokenStream(tokens=tokens, starts=starts, byte_count=byte_count, end_id=tokenizer.end_id)


def document_rows(stream: TokenStream, sequence: int, overlap: int = 0) -> DocumentRows:
    """Lay documents into rows of ``sequence`` targets, in order, each into the first recent row with room.

    A document that is longer than a row is cut into consecutive pieces. A row starts with the end token as
    context, as a new document does in the stream; one that continues a long document starts with the
    ``overlap`` + 1 tokens before the piece, which are not scored again: the sliding window by which the
    perplexity of long texts is usually measured. What is left of a row is padded with the end token and
    masked out.

    Raises:
        ValueError: if ``sequence`` is less than 1, or ``overlap`` leaves no room for a target.
    """
    if sequence < 1:
        raise ValueError("a row needs at least one target")
    if not 0 <= overlap < sequence:
        raise ValueError("the overlap must be shorter than a row")
    layout = _first_fit(_cut(stream.documents(), sequence, overlap), sequence)
    rows = np.full((len(layout), sequence + 1), stream.end_id, np.int32)
    mask = np.zeros((len(layout), sequence), np.bool_)
    for row, pieces in enumerate(layout):
        place = 0
        for piece in pieces:
            first = piece.start - piece.context
            size = piece.end - first
            rows[row, place + 1 : place + 1 + size] = stream.tokens[first : piece.end]
            mask[row, place + piece.context : place + size] = True
            place += size
        if pieces[0].continues:
            rows[row, 0] = stream.tokens[pieces[0].start - pieces[0].context - 1]
    return DocumentRows(rows=rows, mask=mask)


@dataclass(frozen=True)
class _Piece:
    """A stretch of the stream that is scored in one row, after ``context`` tokens that are not.

    ``continues``: it is not the start of its document.
    """

    start: int
    end: int
    continues: bool
    context: int = 0


def _cut(documents: Sequence[tuple[int, int]], sequence: int, overlap: int) -> Iterator[_Piece]:
    for first, last in documents:
        yield _Piece(first, min(first + sequence, last), False)
        stride = sequence - overlap
        for start in range(first + sequence, last, stride):
            yield _Piece(start, min(start + stride, last), True, overlap)


def _first_fit(pieces: Iterable[_Piece], sequence: int) -> list[list[_Piece]]:
    layout: list[list[_Piece]] = []
    room = np.zeros(1024, np.int64)
    for piece in pieces:
        size = piece.end - piece.start + piece.context
        oldest = max(0, len(layout) - _LOOK_BACK)
        fits = np.flatnonzero(room[oldest : len(layout)] >= size)
        if piece.continues or not len(fits):  # a continued document needs its own first context token
            if len(layout) == len(room):
                room = np.concatenate([room, np.zeros_like(room)])
            room[len(layout)] = sequence - size
            layout.append([piece])
        else:
            row = oldest + int(fits[0])
            room[row] -= size
            layout[row].append(piece)
    return layout


def _batches(texts: Iterable[str]) -> Iterator[list[str]]:
    batch: list[str] = []
    size = 0
    for text in texts:
        batch.append(well_formed(text))
        size += len(text)
        if size >= _BATCH_CHARACTERS:
            yield batch
            batch, size = [], 0
    if batch:
        yield batch
