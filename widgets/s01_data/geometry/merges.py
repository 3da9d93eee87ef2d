"""The scene of the tokenizer: a text whose tokens join merge by merge, why each merge won, the vocabulary growing."""

from __future__ import annotations

from functools import lru_cache

from simulator.s01_data.merge_learning import LearnedMerge
from simulator.s01_data.merges import BASE_VOCABULARY, MergeHistory, Pair, token_label
from widgets.s01_data.geometry.merge_book import MergeBook, token_colour
from widgets.s01_data.geometry.merge_text import TextLayout, columns
from widgets.scene.shapes import Bars, Chip, Line, Shape, Text
from widgets.scene.timeline import MOVE_SECONDS, PAUSE_SECONDS, Mark, PlainScene
from widgets.scene.timeline import Sequence as Plan

_SIDE = 280.0
_NARROW = 640.0
_LETTER = 8.2
_CHIP = 24.0
_ROW = 28.0
_HEAD = 24.0
_ENOUGH = 60


class MergeScene(PlainScene):
    """One step for each merge that changes the text; in between nothing would move.

    Args:
        book: The merges.
        text: The text to show.
    """

    def __init__(self, book: MergeBook, text: str) -> None:
        self.book = book
        self.history = MergeHistory(text, book.merges)
        self.states = [0, *self.history.active.tolist()]
        plan = Plan(opening="every byte is a token", move=MOVE_SECONDS, pause=PAUSE_SECONDS)
        self._steps = [plan.step(self._title(state)) for state in self.states[1:]]
        self.marks: tuple[Mark, ...] = plan.marks
        self.duration = plan.duration if self._steps else 0.0
        self._plan = plan
        self._layout = lru_cache(maxsize=4)(self._made_layout)

    def state_at(self, t: float) -> int:
        """How many merges have been applied at a time; a merge counts from where it begins to move."""
        return self.states[self._plan.index(t) + 1]

    def time_of(self, state: int) -> float:
        """When the text is as after so many merges."""
        place = max((index for index, step in enumerate(self.states) if step <= state), default=0)
        return self._steps[place - 1].end if place else 0.0

    def frame(self, t: float, width: float, height: float) -> list[Shape]:
        """Text on the left, the merge and the vocabulary on the right, or above where it is narrow."""
        index = self._plan.index(t)
        progress = self._steps[index].progress(t) if index >= 0 else 1.0
        after = self.states[index + 1]
        before = self.states[index] if index >= 0 else 0
        narrow = width < _NARROW
        side = 0.0 if narrow else min(_SIDE, width * 0.32)
        top = _HEAD + 6.0
        layout = self._layout(width - (side + 24.0 if side else 0.0), height - top)
        room = width * 0.5 - 8.0 if narrow else width - side - 24.0
        shapes: list[Shape] = [self._heading(after, layout.complete, room)]
        if narrow and after:
            shapes += self._short_equation(after, width, progress)
        shapes += [_moved(shape, 0.0, top) for shape in layout.shapes(before, after, progress)]
        if side:
            left = width - side
            shapes.append(Line(x1=left - 12.0, y1=0.0, x2=left - 12.0, y2=height, colour="line"))
            shapes += self._side(after, progress, left, side, height)
        return shapes

    def _heading(self, state: int, complete: bool, width: float) -> Text:
        tokens = int(self.history.token_counts[state])
        size = len(self.history.data)
        ratio = f", {size / tokens:.2f} bytes a token" if tokens else ""
        rest = "" if complete else "; the start of it:"
        return Text(
            x=0.0,
            y=_HEAD / 2,
            text=f"{size:,} bytes in {tokens:,} tokens{ratio}{rest}",
            role="body",
            width=max(80.0, width),
        )

    def _side(self, state: int, progress: float, x: float, width: float, height: float) -> list[Shape]:
        if state == 0:
            return self._opening(x, width, height)
        chosen = self.book.chosen[state - 1]
        here = len(self.history.joined_by(state))
        times = f"{chosen.count:,}× in the {'corpus' if self.book.whole else 'sample'}, {here}× here"
        shapes: list[Shape] = [
            Text(x=x, y=_HEAD / 2, text=f"Merge {state:,} of {len(self.book.merges):,}", role="section"),
            *self._equation(chosen.pair, x, _HEAD + 8.0, width, progress),
            Text(x=x, y=_HEAD + 48.0, text=times, role="small", colour="text_muted", width=width),
        ]
        y = _HEAD + 72.0
        if height - y >= 6 * 20.0 + _ENOUGH:
            shapes += self._contest(chosen, x, y, width)
            y += 6 * 20.0 + 12.0
        return [*shapes, *self._vocabulary(state, progress, x, y, width, height)]

    def _opening(self, x: float, width: float, height: float) -> list[Shape]:
        words = (
            "Press play. The two tokens that stand side by side most often become one; then again, and again."
        )
        first = self.book.chosen[0] if self.book.chosen else None
        shapes: list[Shape] = [
            Text(x=x, y=_HEAD / 2, text=f"{BASE_VOCABULARY} tokens to begin with", role="section"),
            Text(x=x, y=_HEAD + 8.0, text=words, colour="text_muted", width=width, wrap=True, vertical="top"),
        ]
        if first is None or height < _HEAD + 88.0 + 6 * 20.0:
            return shapes
        return [*shapes, *self._contest(first, x, _HEAD + 88.0, width)]

    def _equation(self, pair: Pair, x: float, y: float, width: float, progress: float) -> list[Shape]:
        """First + second = joined."""
        ids = self.book.merges.ids
        parts = [pair[0], pair[1], pair[0] + pair[1]]
        widths = [columns(token_label(part)) * _LETTER + 14.0 for part in parts]
        signs = 2 * 20.0
        scale = min(1.0, (width - signs) / sum(widths))
        shapes: list[Shape] = []
        for part, w, sign in zip(parts, widths, ("+", "→", ""), strict=True):
            new = sign == ""
            shapes.append(
                Chip(x=x, y=y, w=w * scale, h=_CHIP, text=token_label(part), fill=token_colour(ids[part]),
                     stroke="accent" if new else "", opacity=progress if new else 1.0)
            )  # fmt: skip
            x += w * scale
            if sign:
                shapes.append(
                    Text(x=x + 10.0, y=y + _CHIP / 2, text=sign, colour="text_muted", align="center")
                )
                x += 20.0
        return shapes

    def _short_equation(self, state: int, width: float, progress: float) -> list[Shape]:
        """The newest merge at the right of the heading, where there is no room beside the text."""
        pair = self.book.chosen[state - 1].pair
        letters = 2 * (columns(token_label(pair[0])) + columns(token_label(pair[1])))
        needed = letters * _LETTER + 3 * 14.0 + 40.0
        return self._equation(pair, max(width * 0.5, width - needed), 0.0, min(needed, width * 0.5), progress)

    def _contest(self, chosen: LearnedMerge, x: float, y: float, width: float) -> list[Shape]:
        """The commonest pairs at this moment: the first one wins."""
        entries = sorted([(chosen.pair, chosen.count), *chosen.rivals], key=_rank)[:5]
        most = max(1, entries[0][1])
        won = [pair == chosen.pair for pair, _ in entries]
        return [
            Text(x=x, y=y + 8.0, text="Most frequent pairs then", role="small", colour="text_muted"),
            Bars(
                x=x, y=y + 20.0, w=width, row_height=20.0,
                shares=tuple(count / most for _, count in entries),
                labels=tuple(f"{token_label(a)} {token_label(b)}" for (a, b), _ in entries),
                values=tuple(f"{count:,}" for _, count in entries),
                colours=tuple("accent" if first else "text_muted@0.5" for first in won),
                label_width=min(110.0, width * 0.38), value_width=60.0, role="mono_small",
            ),
        ]  # fmt: skip

    def _vocabulary(
        self, state: int, progress: float, x: float, y: float, width: float, height: float
    ) -> list[Shape]:
        """The newest tokens first, as many as there is room for."""
        merges = self.book.merges
        size = merges.vocabulary_after(state)
        shapes: list[Shape] = [
            Text(
                x=x,
                y=y + 8.0,
                text=f"Vocabulary: {size:,} tokens, newest first",
                role="small",
                colour="text_muted",
            )
        ]
        at, top = x, y + 22.0
        for number in range(state, 0, -1):
            first, second = merges.merges[number - 1]
            label = token_label(first + second)
            w = columns(label) * _LETTER + 12.0
            if at + w > x + width and at > x:
                at, top = x, top + _ROW
            if top + _CHIP > height:
                break
            newest = number == state
            shapes.append(
                Chip(x=at, y=top, w=min(w, width), h=_CHIP, text=label, fill=token_colour(merges.ids[first + second]),
                     stroke="accent" if newest else "", opacity=progress if newest else 1.0, key=f"merge:{number}")
            )  # fmt: skip
            at += w + 4.0
        return shapes

    def _made_layout(self, width: float, height: float) -> TextLayout:
        return TextLayout(self.history, width, height)

    def _title(self, state: int) -> str:
        first, second = self.book.merges.merges[state - 1]
        return f"merge {state:,}: {token_label(first)} + {token_label(second)}"


class EmptyMergeScene(PlainScene):
    """Words in the place of a text.

    Args:
        words: What to say.
    """

    def __init__(self, words: str) -> None:
        self._words = words

    def frame(self, t: float, width: float, height: float) -> list[Shape]:
        """The words, in the middle."""
        return [
            Text(
                x=width / 2,
                y=height / 2,
                text=self._words,
                colour="text_muted",
                align="center",
                width=width * 0.8,
            )
        ]


def _rank(entry: tuple[Pair, int]) -> int:
    return -entry[1]


def _moved(shape: Shape, dx: float, dy: float) -> Shape:
    assert isinstance(shape, Chip)  # noqa: S101  a text is made of chips
    return Chip(
        x=shape.x + dx, y=shape.y + dy, w=shape.w, h=shape.h, text=shape.text, fill=shape.fill, ink=shape.ink,
        stroke=shape.stroke, role=shape.role, radius=shape.radius, opacity=shape.opacity, key=shape.key,
    )  # fmt: skip
