"""Packed rows as shapes: tokens of one document after the other, cut into rows of equal length. No Qt here."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from simulator.units import format_count
from widgets.s01_data.geometry.findings import figure, list_of, mapping_of, real, whole
from widgets.scene.shapes import Box, Shape, Text
from widgets.scene.timeline import PlainScene

END = "<|endoftext|>"
_SHADES = ("data@0.75", "data@0.35")
_FOOT = 18.0
_MOST_ROW = 26.0


@dataclass(frozen=True)
class PackedRows:
    """What the last step made.

    Attributes:
        tokens: Tokens in all.
        rows: Rows in all.
        sequence: Tokens in a row.
        vocabulary: Tokens in the vocabulary.
        bytes_per_token: How much text a token holds.
        sample: The first rows as texts of tokens.
    """

    tokens: int
    rows: int
    sequence: int
    vocabulary: int
    bytes_per_token: float
    sample: tuple[tuple[str, ...], ...]


def packed_of(fields: Mapping[str, Any]) -> PackedRows | None:
    """Read the record ``packed``; None when there is none."""
    fields = mapping_of(fields)
    rows = tuple(tuple(str(token) for token in list_of(row)) for row in list_of(fields.get("sample")))
    rows = tuple(row for row in rows if row)
    if not whole(fields.get("sequence")):
        return None
    return PackedRows(
        whole(fields.get("tokens")), whole(fields.get("rows")), whole(fields.get("sequence")),
        whole(fields.get("vocabulary")), real(fields.get("bytes_per_token")) or 0.0, rows,
    )  # fmt: skip


class PackedScene(PlainScene):
    """The first rows, each token a cell; neighbours in the stream have different shades, end marks their own.

    Args:
        packed: What to show.
    """

    def __init__(self, packed: PackedRows) -> None:
        self.packed = packed
        self.documents = _documents(packed.sample)

    def frame(self, t: float, width: float, height: float) -> list[Shape]:
        """The rows and one line of numbers; ``t`` plays no part."""
        rows = self.packed.sample
        shapes: list[Shape] = []
        longest = max((len(row) for row in rows), default=1)
        pitch = min(_MOST_ROW, (height - _FOOT - 4) / max(1, len(rows)))
        cell = width / longest
        for number, row in enumerate(rows):
            y = number * pitch
            for start, end, document in _pieces(row, self.documents[number]):
                ends = row[start] == END
                shapes.append(
                    Box(start * cell, y, max(1.0, (end - start) * cell - 1), pitch - 4,
                        fill="accent" if ends else _SHADES[document % 2], radius=2,
                        key=f"piece:{number}:{start}:{end}")
                )  # fmt: skip
        packed = self.packed
        words = f"{packed.rows:,} rows of {packed.sequence} tokens · {figure(packed.bytes_per_token)} bytes a token"
        shapes.append(Text(0, height - 8, words, colour="text_muted", role="small", width=width))
        return shapes

    def words(self, key: str) -> str:
        """What a piece of a row says."""
        _, number, start, end = key.split(":")
        row = self.packed.sample[int(number)]
        tokens = row[int(start) : int(end)]
        if tokens[0] == END:
            return "The end mark between two documents"
        text = "".join(tokens)
        document = self.documents[int(number)][int(start)] + 1
        count = "1 token" if len(tokens) == 1 else f"{format_count(len(tokens))} tokens"
        return f"Document {document}, {count}: {text[:160].strip()}"


def _documents(rows: tuple[tuple[str, ...], ...]) -> list[list[int]]:
    """Which document each token belongs to; an end mark belongs to the one it ends."""
    number, found = 0, []
    for row in rows:
        here = []
        for token in row:
            here.append(number)
            number += token == END
        found.append(here)
    return found


def _pieces(row: tuple[str, ...], documents: list[int]) -> list[tuple[int, int, int]]:
    """Runs (start, end, document) of tokens of one document; an end mark is a run of its own."""
    pieces: list[tuple[int, int, int]] = []
    for place, (token, document) in enumerate(zip(row, documents, strict=True)):
        ends = token == END
        if pieces and not ends and pieces[-1][2] == document and row[pieces[-1][0]] != END:
            pieces[-1] = pieces[-1][0], place + 1, document
        else:
            pieces.append((place, place + 1, document))
    return pieces
