"""Published data sets on one scale of tokens, and how many tokens the plan on show needs."""

from __future__ import annotations

import math
from dataclasses import dataclass

from simulator.facts import Fact, fact
from simulator.units import format_count
from widgets.scene.shapes import Align, Box, Line, Shape, Text, approximate_width
from widgets.scene.timeline import PlainScene, clamp

LOW, HIGH = 1e10, 1e14
_NAME = 106.0
_AXIS = 20.0
_TOP = 20.0
_TICKS = ((1e10, "10B"), (1e11, "100B"), (1e12, "1T"), (1e13, "10T"), (1e14, "100T"))


@dataclass(frozen=True)
class DataSet:
    """One data set.

    Attributes:
        name: What it is called.
        tokens: Its size, or 0 where it is not counted in tokens.
        words: Its size in words.
        source: Who says so, and what was worked out.
    """

    name: str
    tokens: float
    words: str
    source: str


def data_sets() -> tuple[DataSet, ...]:
    """The data sets, from the smallest to the one that all others are made of."""
    pile, rate = fact("pile-size"), fact("pile-tokens-per-byte")
    pile_tokens = pile.number * 2**30 * rate.number
    captures = fact("common-crawl-captures")
    return (
        DataSet(
            "The Pile", pile_tokens, f"{format_count(pile_tokens)} ({pile.text})",
            f"Worked out from {pile.text} at {rate.number:g} tokens of GPT-2 a byte, {pile.source} ({pile.year}).",
        ),
        _counted("RedPajama", fact("redpajama-tokens")),
        _counted("FineWeb", fact("fineweb-tokens")),
        DataSet(
            "Common Crawl", 0.0, f"{captures.shown} {captures.unit}",
            f"{captures.note} {_source(captures)}",
        ),
    )  # fmt: skip


class DataSetScene(PlainScene):
    """A bar for each data set, and a line at the tokens needed.

    Args:
        needed: Tokens of the plan on show.
    """

    def __init__(self, needed: float) -> None:
        self.needed = needed
        self.sets = data_sets()

    def frame(self, t: float, width: float, height: float) -> list[Shape]:
        """Rows from top to bottom, the axis under them."""
        left, room = _NAME, max(1.0, width - _NAME - 4.0)
        row = (height - _TOP - _AXIS) / len(self.sets)
        bottom = height - _AXIS
        shapes: list[Shape] = []
        for value, words in _TICKS:
            x = left + room * share_of(value)
            shapes.append(Line(x1=x, y1=_TOP, x2=x, y2=bottom, colour="line@0.7"))
            align: Align = "right" if value == HIGH else "center"
            shapes.append(
                Text(x=x, y=bottom + 11.0, text=words, role="small", colour="text_muted", align=align)
            )
        shapes += self._needed(left, room, bottom)
        for index, item in enumerate(self.sets):
            shapes += self._row(item, index, left, _TOP + index * row, room, row)
        return shapes

    def _row(self, item: DataSet, index: int, x: float, y: float, room: float, row: float) -> list[Shape]:
        thick = min(20.0, row - 6.0)
        middle = y + row / 2
        shapes: list[Shape] = [Text(x=0.0, y=middle, text=item.name, role="small", width=_NAME - 8.0)]
        if not item.tokens:
            return [*shapes, *_plate(item.words, x, middle, f"set:{index}", "text_muted", room)]
        enough = item.tokens >= self.needed
        w = room * share_of(item.tokens)
        fill = "data" if enough else "data@0.35"
        shapes.append(Box(x=x, y=middle - thick / 2, w=w, h=thick, fill=fill, radius=4.0, key=f"set:{index}"))
        return [*shapes, *_plate(item.words, x + w + 2.0, middle)]

    def _needed(self, x: float, room: float, bottom: float) -> list[Shape]:
        at = x + room * share_of(self.needed)
        share = share_of(self.needed)
        align: Align = "left" if share < 0.25 else "right" if share > 0.75 else "center"
        return [
            Line(x1=at, y1=_TOP - 4.0, x2=at, y2=bottom, colour="accent", width=2.0),
            Text(x=at, y=7.0, text=f"needed: {format_count(self.needed)}", role="small", colour="accent", align=align),
        ]  # fmt: skip


def share_of(tokens: float) -> float:
    """The place of a number of tokens on the scale, 0 to 1."""
    return clamp(math.log(max(tokens, 1.0) / LOW) / math.log(HIGH / LOW))


def _plate(
    words: str, x: float, y: float, key: str = "", colour: str = "text", room: float = 0.0
) -> list[Shape]:
    """Words on ground of their own, so that no line runs through them."""
    w = approximate_width(words, "small") + 8.0
    w = min(w, room) if room else w
    return [
        Box(x=x, y=y - 8.0, w=w, h=16.0, fill="surface", radius=3.0, key=key),
        Text(x=x + 4.0, y=y, text=words, role="small", colour=colour, width=room - 8.0 if room else 0.0),
    ]


def _counted(name: str, item: Fact) -> DataSet:
    return DataSet(name, item.number, format_count(item.number), _source(item))


def _source(item: Fact) -> str:
    return f"{item.source[0].upper()}{item.source[1:]} ({item.year})."
