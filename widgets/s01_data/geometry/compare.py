"""One text cut in several ways, a row each: the pieces as chips, and what they cost."""

from __future__ import annotations

from collections.abc import Sequence

from simulator.s01_data.comparing import Cut, CutPiece
from widgets.s01_data.geometry.merge_book import piece_colour, token_colour
from widgets.s01_data.geometry.merge_text import columns
from widgets.scene.shapes import Chip, Shape, Text
from widgets.scene.timeline import PlainScene

_LETTER = 7.5
_NAME = 104.0
_FIGURES = (("vocabulary", 76.0), ("tokens", 58.0), ("per 100 letters", 100.0), ("bytes/token", 84.0))
_NARROW_FIGURES = (("tokens", 58.0), ("bytes/token", 76.0))
_NARROW = 560.0
_HEAD = 18.0
_LEAST_ROW, _MOST_ROW = 19.0, 34.0


class CompareScene(PlainScene):
    """Rows of chips; what does not fit a row is left out, the figures are of the whole text.

    Args:
        cuts: The ways, in the order of the rows.
        foreign: Index of the row whose ids are not ours, or -1.
    """

    def __init__(self, cuts: Sequence[Cut], foreign: int = -1) -> None:
        self.cuts = tuple(cuts)
        self._foreign = foreign

    def frame(self, t: float, width: float, height: float) -> list[Shape]:
        """Headings, then a row for each cut."""
        if not self.cuts:
            return []
        figures = _FIGURES if width >= _NARROW else _NARROW_FIGURES
        room = sum(w for _, w in figures)
        row = min(_MOST_ROW, max(_LEAST_ROW, (height - _HEAD) / len(self.cuts)))
        shapes: list[Shape] = []
        x = width - room
        for name, w in figures:
            x += w
            shapes.append(
                Text(x=x, y=_HEAD / 2 - 2, text=name, role="small", colour="text_muted", align="right")
            )
        best = max(cut.bytes_per_token for cut in self.cuts if not cut.lost) if self._comparable() else 0.0
        for index, cut in enumerate(self.cuts):
            y = _HEAD + index * row
            shapes.append(Text(x=0.0, y=y + row / 2, text=cut.name, role="small", width=_NAME - 8.0))
            shapes += self._chips(cut, index, y, row, width - room - _NAME - 12.0)
            shapes += _figures(cut, figures, width - room, y + row / 2, cut.bytes_per_token == best)
        return shapes

    def _comparable(self) -> bool:
        return any(not cut.lost and cut.tokens for cut in self.cuts)

    def _chips(self, cut: Cut, index: int, y: float, row: float, width: float) -> list[Shape]:
        shapes: list[Shape] = []
        height = min(24.0, row - 3.0)
        x = _NAME
        for piece in cut.pieces:
            w = columns(piece.label) * _LETTER + 6.0
            if x + w > _NAME + width:
                shapes.append(Text(x=x + 2, y=y + row / 2, text="…", role="small", colour="text_muted"))
                break
            shapes.append(
                Chip(x=x, y=y + (row - height) / 2, w=w, h=height, text=piece.label, fill=self._fill(piece, cut, index),
                     ink="bad" if piece.token < 0 else "text", stroke="bad" if piece.token < 0 else "",
                     role="mono_small", radius=3.0, key=f"cut:{index}")
            )  # fmt: skip
            x += w + 1.5
        return shapes

    def _fill(self, piece: CutPiece, cut: Cut, index: int) -> str:
        if piece.token < 0:
            return "surface_raised"
        learned = cut.name.startswith("Our") or cut.name == "Bytes"
        return token_colour(piece.token) if learned and index != self._foreign else piece_colour(piece.token)


def _figures(
    cut: Cut, figures: Sequence[tuple[str, float]], x: float, y: float, is_best: bool
) -> list[Shape]:
    values = {
        "vocabulary": f"{cut.vocabulary:,}" if cut.vocabulary else "",
        "tokens": f"{cut.tokens:,}",
        "per 100 letters": f"{cut.tokens_per_100_characters:.0f}",
        "bytes/token": f"{cut.bytes_per_token:.2f}" if not cut.lost else f"{cut.lost:,} lost",
    }
    shapes: list[Shape] = []
    for name, w in figures:
        x += w
        last = name == "bytes/token"
        colour = "bad" if last and cut.lost else "good" if last and is_best else "text"
        shapes.append(Text(x=x, y=y, text=values[name], role="mono_small", colour=colour, align="right"))
    return shapes
