"""How MinHash finds a near duplicate, as shapes: words, shingles, hash values, signature, bands, buckets. No Qt here.

Every value drawn is that of the pipeline's own functions for these two texts.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from widgets.s01_data.geometry.pair import Pair, Side
from widgets.scene.shapes import Box, Dot, Line, Shape, Text, approximate_width
from widgets.scene.timeline import Mark, PlainScene, Sequence, clamp, mix

_LABELS = 78.0
_READOUT = 168.0
_NARROW_READOUT = 140.0
_NARROW = 720.0
_FUNCTIONS = 3
_MOST_DOTS = 80
_MOST_CELLS = 1024
_LINE = 19.0
_BEFORE = 5
_KEY_WIDTH = 30.0


@dataclass(frozen=True)
class _Rows:
    """Where the parts stand, top to bottom."""

    text: float
    lines: int
    strips: float
    values: float
    signature: float
    bands: float
    bottom: float


class MinHashScene(PlainScene):
    """Two texts on their way into the same bucket, or past each other.

    Args:
        pair: The two texts under MinHash.
        names: What to call them.
        near: Similarity from which the pipeline takes two texts for near duplicates.
        width_of: Measures a text: (text, role) to pixels.
    """

    def __init__(
        self,
        pair: Pair,
        names: tuple[str, str] = ("Page A", "Page B"),
        near: float = 0.7,
        width_of: Callable[[str, str], float] = approximate_width,
    ) -> None:
        self.pair, self._names, self._near, self._width_of = pair, names, near, width_of
        plan = Sequence("two pages", pause=0.5)
        n = pair.ngram
        self._cut = plan.step(f"cut into shingles of {n} words" if n > 1 else "cut into words", move=2.4)
        self._hashes = [plan.step("hash every shingle, keep the smallest", move=1.2)]
        self._hashes += [
            plan.step(f"hash function {number + 1} shuffles them", move=1.0)
            for number in range(1, min(_FUNCTIONS, pair.size))
        ]
        self._sign = plan.step(f"all {pair.size} functions: a signature", move=3.0)
        self._fold = plan.step(f"fold it into {pair.bands} bands of {pair.rows}", move=1.6)
        self._meet = plan.step("a band that agrees in full is a bucket they share", move=1.6)
        self._verdict = plan.step("only such pairs are compared exactly", move=0.6, pause=0.0)
        self.duration: float = plan.duration
        self.marks: tuple[Mark, ...] = plan.marks

    def frame(self, t: float, width: float, height: float) -> list[Shape]:
        """The shapes at time ``t`` in a picture of ``width`` by ``height`` pixels at scale 1."""
        rows = _place(height)
        readout = _READOUT if width >= _NARROW else _NARROW_READOUT
        left, right = _LABELS, width - readout - 20
        shapes = self._texts(t, rows, width)
        shapes += self._strips(t, rows.strips, left, right)
        shapes += self._values_rows(t, rows.values, left, right)
        shapes += self._cells(t, rows, left, right)
        shapes += self._readout(t, rows, width - readout, readout)
        return shapes

    # ---- the words

    def _texts(self, t: float, rows: _Rows, width: float) -> list[Shape]:
        half = (width - 24) / 2
        shapes: list[Shape] = []
        for index, side in enumerate(self.pair.sides):
            x = index * (half + 24)
            shapes.append(Text(x, 8, self._names[index], role="section", width=half, key=f"page:{index}"))
            shapes += self._words(t, side, x, rows.text, half, rows.lines, index)
        return shapes

    def _words(
        self, t: float, side: Side, x: float, y: float, width: float, lines: int, index: int
    ) -> list[Shape]:
        """A few lines of the text, from shortly before the first difference."""
        first = next((place for place, alike in enumerate(side.alike) if not alike), 0)
        start = max(0, min(first - _BEFORE, len(side.words) - self._fitting(side, width * lines)))
        shown = clamp(self._cut.progress(t))
        shapes: list[Shape] = []
        left, line = x, 0
        placed: list[tuple[float, float, float]] = []
        space = self._width_of(" ", "small")
        words = [word.text for word in side.words]
        if start:
            words[start] = "… " + words[start]
        for place in range(start, len(words)):
            long = self._width_of(words[place], "small")
            if left + long > x + width and left > x:
                left, line = x, line + 1
                if line == lines:
                    break
            middle = y + line * _LINE + _LINE / 2
            differs = not side.alike[place]
            if differs and shown > 0:
                shapes.append(
                    Box(left - 2, middle - 8, long + 4, 16, fill="bad@0.25", radius=3, opacity=shown)
                )
            shapes.append(Text(left, middle, words[place], role="small", width=min(long + 1, width)))
            placed.append((left, middle, long))
            left += long + space
        if not words:
            shapes.append(Text(x, y + _LINE / 2, "no words", colour="text_muted", role="small"))
        return [*self._window(t, placed, x, width), *shapes]

    def _fitting(self, side: Side, room: float) -> int:
        """How many of the last words surely fit into lines of that length together."""
        space, left = self._width_of(" ", "small"), room * 0.8
        for count, word in enumerate(reversed(side.words)):
            left -= self._width_of(word.text, "small") + space
            if left < 0:
                return count
        return len(side.words)

    def _window(
        self, t: float, placed: list[tuple[float, float, float]], x: float, width: float
    ) -> list[Shape]:
        """The frame of n words that slides over the text while it is cut."""
        progress = self._cut.progress(t)
        last = len(placed) - self.pair.ngram
        if not 0 < progress < 1 or last < 0:
            return []
        at = int(progress * last)
        shapes: list[Shape] = []
        inside = placed[at : at + self.pair.ngram]
        for middle in dict.fromkeys(item[1] for item in inside):
            row = [item for item in inside if item[1] == middle]
            left, end = row[0][0], row[-1][0] + row[-1][2]
            shapes.append(
                Box(left - 3, middle - 9, end - left + 6, 18, fill="accent@0.22", stroke="accent", radius=4)
            )
        return shapes

    # ---- the sets

    def _strips(self, t: float, y: float, left: float, right: float) -> list[Shape]:
        """Each text as the row of its shingles; those that both have in the colour of data."""
        share = self._cut.progress(t)
        if share <= 0:
            return []
        shapes: list[Shape] = [Text(0, y + 11, "Shingles", colour="text_muted", role="small", width=_LABELS)]
        most = max(1, *(len(side.hashes) for side in self.pair.sides))
        for index, side in enumerate(self.pair.sides):
            top = y + index * 13
            shapes.append(Box(left, top, right - left, 9, fill="line@0.5", radius=2))
            for start, end, same in _runs(side.same, share):
                x0, x1 = (left + place / most * (right - left) for place in (start, end))
                shapes.append(
                    Box(x0, top, max(1.0, x1 - x0 - 0.5), 9, fill="data" if same else "bad", radius=2)
                )
        return shapes

    # ---- the hash values

    def _function(self, t: float) -> tuple[int, int, float]:
        """The hash function shown, the one shown before, and how far the dots are on their way."""
        for number in range(len(self._hashes) - 1, -1, -1):
            if t >= self._hashes[number].start:
                return number, max(0, number - 1), self._hashes[number].progress(t)
        return 0, 0, 0.0

    def _values_rows(self, t: float, y: float, left: float, right: float) -> list[Shape]:
        """Every shingle at the place of its hash; the smallest of each text is ringed."""
        if t <= self._hashes[0].start:
            return []
        number, before, moved = self._function(t)
        shapes: list[Shape] = [
            Text(0, y + 13, f"Hash {number + 1}", colour="text_muted", role="small", width=_LABELS),
        ]
        smallest = []
        for index, (side, values) in enumerate(zip(self.pair.sides, self.pair.values, strict=True)):
            middle = y + 2 + index * 22
            shapes.append(Line(left, middle, right, middle, colour="line"))
            if not len(values):
                continue
            at = values[:, number] if number == before else mix_array(values, before, number, moved)
            shown = _sample(values[:, : len(self._hashes)])
            grown = moved if number == 0 else 1.0
            for place in shown:
                x = left + at[place] * (right - left)
                colour = "data" if side.same[place] else "bad"
                shapes.append(Dot(x, middle, 3.0 * grown, fill=colour, opacity=0.75))
            smallest.append((left + at[int(values[:, number].argmin())] * (right - left), middle))
        return shapes + self._smallest(smallest, number, moved)

    def _smallest(self, places: list[tuple[float, float]], number: int, moved: float) -> list[Shape]:
        agree = bool(self.pair.agree.reshape(-1)[number])
        colour = "good" if agree else "bad"
        shapes: list[Shape] = []
        if agree and len(places) == 2:
            (x, y0), (_, y1) = places
            shapes.append(Line(x, y0, x, y1, colour="good", width=2, opacity=moved**4))
        for x, middle in places:
            shapes.append(Box(x - 7, middle - 7, 14, 14, fill="", stroke=colour, stroke_width=2, radius=7,
                              opacity=moved**4))  # fmt: skip
        return shapes

    # ---- signature and bands

    def _cells(self, t: float, rows: _Rows, left: float, right: float) -> list[Shape]:
        """The signature: one cell a function, lit where both texts have the same value; then folded into bands."""
        pair = self.pair
        done = self._shown_functions(t)
        if done <= 0:
            return []
        folded = self._fold.progress(t)
        shapes: list[Shape] = [
            Text(0, mix(rows.signature + 5, rows.bands + 9, folded), "Bands" if folded > 0.5 else "Signature",
                 colour="text_muted", role="small", width=_LABELS),
        ]  # fmt: skip
        if folded > 0.5:
            shapes.append(Text(0, rows.bands + 25, f"{pair.rows} rows", colour="text_muted", role="small",
                               width=_LABELS, opacity=2 * folded - 1))  # fmt: skip
        keys_room = 18.0
        pitch = (right - left) / pair.size
        column = min((right - left) / pair.bands, 92.0)
        row = min(20.0, (rows.bottom - rows.bands - keys_room) / pair.rows)
        step = max(1, -(-pair.size // _MOST_CELLS))
        for number in range(0, done, step):
            band, place = divmod(number, pair.rows)
            part = self._fold.part(t, band, pair.bands, overlap=0.8)
            x = mix(left + number * pitch, left + band * column, part)
            y = mix(rows.signature, rows.bands + place * row, part)
            w = mix(max(1.0, pitch - 1), column - 5, part)
            h = mix(10.0, max(1.0, row - 1), part)
            shapes.append(Box(x, y, w, h, fill="good" if pair.agree[band, place] else "line", radius=2))
        return shapes + self._buckets(t, rows.bands, row, left, column)

    def _shown_functions(self, t: float) -> int:
        first = sum(step.progress(t) >= 1 for step in self._hashes)
        swept = self._sign.progress(t)
        return round(mix(first, self.pair.size, swept)) if swept > 0 else first

    def _buckets(self, t: float, y: float, row: float, left: float, column: float) -> list[Shape]:
        """Under each band the keys of the buckets; where they are one, the two pages meet."""
        progress = self._meet.progress(t)
        if progress <= 0:
            return []
        pair = self.pair
        bottom = y + pair.rows * row + 3
        shapes: list[Shape] = []
        meeting = set(pair.meeting)
        for band in range(pair.bands):
            part = self._meet.part(t, band, pair.bands, overlap=0.8)
            x, meets = left + band * column, band in meeting
            if meets:
                shapes.append(
                    Box(x - 2, y - 2, column - 1, pair.rows * row + 3, fill="", stroke="good", stroke_width=2,
                        radius=4, opacity=part)
                )  # fmt: skip
            if column >= _KEY_WIDTH:
                key = f"{int(pair.keys[0][band]) >> 48:04x}" if meets else "≠"
                shapes.append(
                    Text(x + (column - 5) / 2, bottom + 8, key, role="mono_small", align="center",
                         colour="good" if meets else "text_muted", opacity=part)
                )  # fmt: skip
        return shapes

    # ---- the numbers

    def _readout(self, t: float, rows: _Rows, x: float, width: float) -> list[Shape]:
        pair = self.pair
        agreeing = int(pair.agree.sum())
        said, tone = verdict(pair, self._near)
        blocks = (
            (self._cut.progress(t), rows.strips - 5, f"{pair.common} of {pair.union} shared",
             f"Jaccard {pair.exact:.3f}", "text"),
            (self._hashes[0].progress(t) ** 4, rows.values - 4, "Same smallest value?", self._same_words(t), "text"),
            (self._sign.progress(t) ** 4, rows.signature - 2, f"{agreeing} of {pair.size} agree",
             f"Estimate {pair.estimated:.3f}", "text"),
            (self._meet.progress(t) ** 4, rows.signature + 34, f"{len(pair.meeting)} of {pair.bands} bands agree",
             said if self._verdict.progress(t) > 0 else "", tone),
        )  # fmt: skip
        shapes: list[Shape] = []
        for opacity, y, words, value, colour in blocks:
            shapes += [
                Text(x, y + 3, words, colour="text_muted", role="small", width=width, opacity=opacity),
                Text(x, y + 19, value, colour=colour, role="section", width=width, opacity=opacity),
            ]
        return shapes

    def _same_words(self, t: float) -> str:
        number, _, moved = self._function(t)
        if moved < 1:
            return f"function {number + 1} …"
        return "yes" if self.pair.agree.reshape(-1)[number] else "no"


def verdict(pair: Pair, near: float) -> tuple[str, str]:
    """What the pipeline says of the pair, and its tone."""
    if not pair.meeting:
        return (
            "Missed" if pair.exact >= near else "Never compared"
        ), "warning" if pair.exact >= near else "text"
    return ("Near duplicates", "good") if pair.exact >= near else ("Compared, different", "text")


def mix_array(values: np.ndarray, before: int, after: int, share: float) -> np.ndarray:
    """All shingles on their way from their place under one hash function to that under another."""
    return values[:, before] + (values[:, after] - values[:, before]) * share


def _sample(values: np.ndarray) -> list[int]:
    """The shingles to draw: evenly spread over the text, and the smallest under each function shown."""
    count = len(values)
    step = max(1, count // _MOST_DOTS)
    return sorted({*range(0, count, step), *(int(place) for place in values.argmin(axis=0))})


def _runs(same: np.ndarray, share: float) -> list[tuple[int, int, bool]]:
    """Runs (start, end, value) of equal values within the first ``share`` of a row."""
    count = round(len(same) * share)
    edges = [0, *(int(at) + 1 for at in np.flatnonzero(same[1:count] != same[: max(0, count - 1)])), count]
    return [(start, end, bool(same[start])) for start, end in itertools.pairwise(edges) if end > start]


def _place(height: float) -> _Rows:
    """Share the height out: words first, then the three rows between, the rest for the bands."""
    lines = 1 if height < 250 else 2 if height < 300 else 3 if height < 400 else 4
    spare = clamp((height - 280) / 200)
    tight = clamp((280 - height) / 60)
    text = 18.0
    strips = text + lines * _LINE + 10 + 8 * spare - 3 * tight
    values = strips + 40 + 12 * spare - 7 * tight
    signature = values + 41 + 14 * spare - 8 * tight
    bands = signature + 2
    return _Rows(text, lines, strips, values, signature, bands, height)
