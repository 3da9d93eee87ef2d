"""A text as chips that slide together while merges are applied. Every place is a function of the state alone."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from unicodedata import east_asian_width

from simulator.s01_data.merges import NEVER, MergeHistory, Piece, token_label
from widgets.s01_data.geometry.merge_book import token_colour
from widgets.scene.shapes import Chip, Shape
from widgets.scene.timeline import mix

CUT_SHORT = "…"


@dataclass(frozen=True)
class ChipLook:
    """How large chips are: width of a letter, space beside it, height of a line, and the type role."""

    letter: float
    padding: float
    line: float
    role: str

    @property
    def height(self) -> float:
        """Height of a chip."""
        return self.line - 6.0


LOOKS = (
    ChipLook(8.2, 8.0, 44.0, "mono"),
    ChipLook(8.2, 6.0, 38.0, "mono"),
    ChipLook(8.2, 4.0, 32.0, "mono"),
    ChipLook(8.2, 2.8, 27.0, "mono"),
    ChipLook(7.5, 2.4, 22.4, "mono_small"),
)
"""From roomy to dense: the first in which the whole text has room is taken."""

_GAP = 2.0
_SWAP = 0.85  # the share of a move after which the new token stands in for its parts


@dataclass(frozen=True)
class PlacedChip:
    """A token in its place."""

    piece: Piece
    label: str
    x: float
    y: float
    w: float


class TextLayout:
    """Places the tokens of a text in any state. Lines never break anew: a line only gets shorter.

    Args:
        history: The text and its merges.
        width: Room for a line.
        height: Room for all lines; text that does not fit is left out.
    """

    def __init__(self, history: MergeHistory, width: float, height: float) -> None:
        self.history = history
        for look in LOOKS:
            self.look = look
            self._lines = _break_lines(history, look, width)
            if len(self._lines) * look.line <= height:
                break
        room = max(1, int(height // self.look.line))
        self.complete = len(self._lines) <= room
        ends = [*self._lines[1:], len(history.data)]
        self.end = ends[min(room, len(ends)) - 1] if self._lines else 0
        self._lines = self._lines[:room]
        self.placed = lru_cache(maxsize=8)(self._placed)

    @property
    def lines(self) -> int:
        """How many lines there are."""
        return len(self._lines)

    def _placed(self, step: int) -> tuple[PlacedChip, ...]:
        """The chips after so many merges, in the order of the text."""
        chips: list[PlacedChip] = []
        line, x = 0, 0.0
        for piece in self.history.pieces_after(step):
            if piece.start >= self.end:
                break
            if line + 1 < len(self._lines) and piece.start >= self._lines[line + 1]:
                line, x = line + 1, 0.0
            label = token_label(piece.data)
            w = _chip_width(label, self.look)
            chips.append(PlacedChip(piece, label, x, line * self.look.line, w))
            x += w + _GAP
        return tuple(chips)

    def shapes(self, before: int, after: int, progress: float) -> list[Shape]:
        """Chips on their way from one state to another.

        Args:
            before: State to come from.
            after: State to go to, not earlier.
            progress: How far, 0 to 1, eased.
        """
        old = {chip.piece.start: chip for chip in self.placed(before)}
        shapes: list[Shape] = []
        for chip in self.placed(after):
            was = old[chip.piece.start]
            if was.piece.end == chip.piece.end:
                shapes.append(self._chip(chip, mix(was.x, chip.x, progress), chip.w))
            else:
                parts = _parts(old, chip)
                shapes += self._joining(chip, parts, progress)
        return shapes

    def _joining(self, chip: PlacedChip, parts: list[PlacedChip], progress: float) -> list[Shape]:
        """The parts slide to their places in the new chip, which appears over them and stands alone at the end."""
        if progress >= 1:
            return [self._chip(chip, chip.x, chip.w, "accent")]
        letters = sum(part.w for part in parts)
        shapes: list[Shape] = []
        x = chip.x
        for part in parts:
            share = part.w / letters
            shapes.append(
                self._chip(part, mix(part.x, x, progress), mix(part.w, chip.w * share, progress), "accent")
            )
            x += chip.w * share
        fade = max(0.0, (progress - _SWAP) / (1 - _SWAP))
        if fade > 0:
            ground = Chip(
                x=chip.x,
                y=chip.y,
                w=chip.w,
                h=self.look.height,
                text="",
                fill="surface",
                opacity=fade,
                radius=4.0,
            )
            shapes += [ground, self._chip(chip, chip.x, chip.w, "accent", fade)]
        return shapes

    def _chip(self, chip: PlacedChip, x: float, w: float, stroke: str = "", opacity: float = 1.0) -> Chip:
        return Chip(
            x=x,
            y=chip.y,
            w=w,
            h=self.look.height,
            text=chip.label,
            fill=token_colour(chip.piece.token),
            stroke=stroke,
            role=self.look.role,
            radius=4.0,
            opacity=opacity,
            key=f"piece:{chip.piece.start}",
        )


def columns(label: str) -> int:
    """How many letters wide a label is; wide letters count twice."""
    return sum(2 if east_asian_width(letter) in "WF" else 1 for letter in label)


def _parts(old: dict[int, PlacedChip], chip: PlacedChip) -> list[PlacedChip]:
    parts, start = [], chip.piece.start
    while start < chip.piece.end:
        parts.append(old[start])
        start = old[start].piece.end
    return parts


def _chip_width(label: str, look: ChipLook) -> float:
    return columns(label) * look.letter + 2 * look.padding


def _break_lines(history: MergeHistory, look: ChipLook, width: float) -> list[int]:
    """First byte of each line, in the state of single bytes: between words where a word fits a line."""
    lines: list[int] = []
    x = 0.0
    for word in _words(history):
        widths = [
            _chip_width(token_label(bytes([value])), look) + _GAP for value in history.data[word[0] : word[1]]
        ]
        total = sum(widths)
        if not lines or (x + total > width and x > 0):
            lines.append(word[0])
            x = 0.0
        for place, w in enumerate(widths):
            if x + w > width and x > 0:
                lines.append(word[0] + place)
                x = 0.0
            x += w
    return lines


def _words(history: MergeHistory) -> list[tuple[int, int]]:
    """Start and end of what never joins with its neighbours."""
    starts = history.borders_after(NEVER - 1).tolist()
    return list(zip(starts, [*starts, len(history.data)][1:], strict=True))
