"""The scene of the causal objective as shapes: tokens, the mask, and what the model expects next. No Qt here.

Time walks through the text. At place ``i`` the tokens 0..i are known, the rest is hidden by the mask, and the bars show
the model's probabilities for token ``i + 1``. After the last token a "?" stands: nobody knows what comes.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from simulator.s02_objective.masks import causal_mask
from widgets.s02_objective.reading import TOP, Candidate, Reading
from widgets.scene.shapes import Bars, Box, Chip, Grid, Shape, Text, approximate_width, hit_shapes
from widgets.scene.timeline import Mark, Sequence, mix

_CHIP_HEIGHT = 28.0
_CHIP_GAP = 4.0
_ROW_PITCH = 40.0
_MOST_ROWS = 3
_READ_SECONDS = 0.75
_HEADING = 28.0
_NUMBERS_WIDTH = 156.0
_COLUMN_GAP = 28.0
_NARROWEST_WITH_MASK = 600.0
_ASKED = "?"
_NONE = "\N{EN DASH}"
_FIRST_PLACES = (2, 16)
_DOUBT = 0.5
_MOST_DOUBT = 0.42


@dataclass(frozen=True)
class _Place:
    """Where a chip lies in the text's rows."""

    x: float
    row: int
    w: float


class CausalScene:
    """A text read from left to right by one model.

    Args:
        reading: The text and the model's expectations.
        before: The reading shown before (other weights, same text), from which the bars move; None for none.
        blend: How far that move has come, 0 to 1.
    """

    def __init__(self, reading: Reading, before: Reading | None = None, blend: float = 1.0) -> None:
        self.reading = reading
        same_text = before is not None and before.tokens == reading.tokens
        self._before = before if same_text else None
        self._blend = blend
        plan = Sequence(pause=_READ_SECONDS)
        titles = [*(f"after {visible(token)}" for token in reading.tokens[:-1]), "what comes next?"]
        self._steps = [plan.step(title) for title in titles]
        self.duration: float = plan.duration
        self.marks: tuple[Mark, ...] = plan.marks

    def at(self, t: float) -> int:
        """The place that is read at a time, 0 to T-1."""
        started = [step.start <= t + 1e-6 for step in self._steps]
        return max(0, sum(started) - 1)

    def time_of(self, position: int) -> float:
        """When a place has come to rest."""
        return self._steps[max(0, min(position, len(self._steps) - 1))].end

    def telling_place(self) -> int:
        """A place near the start where the model is torn: there its expectations say the most.

        A model that is nowhere torn (it knows nothing yet, or all) is shown at the last of these places.
        """
        reading = self.reading
        first, end = _FIRST_PLACES
        places = range(min(first, reading.positions - 2), min(end, reading.positions - 1))
        torn = [place for place in places if abs(reading.probability(place) - _DOUBT) < _MOST_DOUBT]
        return min(torn, key=lambda place: abs(reading.probability(place) - _DOUBT), default=places[-1])

    def frame(self, t: float, width: float, height: float) -> list[Shape]:
        """The shapes at time ``t`` in a picture of ``width`` by ``height`` pixels at scale 1."""
        position = self.at(t)
        moved = self._steps[position].progress(t)
        places = _flow((*self.reading.tokens, _ASKED), width)
        rows = min(places[-1].row + 1, _MOST_ROWS if height >= 300 else 2 if height >= 210 else 1)
        top = rows * _ROW_PITCH + 12
        shapes = self._chips(places, rows, position, moved)
        side = max(60.0, min(height - top - _HEADING, width * 0.26, 380.0))
        masked = width >= _NARROWEST_WITH_MASK
        numbers_x = width - _NUMBERS_WIDTH - (side + _COLUMN_GAP if masked else 0.0)
        shapes += self._bars(t, 0.0, top, numbers_x - _COLUMN_GAP, height - top)
        shapes += self._numbers(position, moved, numbers_x, top, height - top)
        if masked:
            shapes += self._mask(position, width - side, top, side)
        return shapes

    def hit(self, t: float, x: float, y: float, width: float, height: float) -> str | None:
        """``token:INDEX`` or ``mask:ROW:COLUMN`` under a point."""
        return hit_shapes(self.frame(t, width, height), x, y)

    def _chips(self, places: list[_Place], rows: int, position: int, moved: float) -> list[Shape]:
        """The text; when it has more rows than fit, the row being read stays in sight."""
        last = places[-1].row
        here = _first_row(places[position + 1].row, rows, last)
        before = _first_row(places[max(position, 0)].row, rows, last)
        first = mix(before, here, moved)
        shapes: list[Shape] = []
        for index, place in enumerate(places):
            row = place.row - first
            opacity = min(1.0, max(0.0, row + 1), max(0.0, rows - row))
            if opacity > 0:
                shapes += self._chip(index, place, row * _ROW_PITCH, position, moved, opacity)
        return shapes

    def _chip(
        self, index: int, place: _Place, y: float, position: int, moved: float, opacity: float
    ) -> list[Shape]:
        tokens, key = self.reading.tokens, f"token:{index}"
        x, w, h = place.x, place.w, _CHIP_HEIGHT
        if index > position:
            token = tokens[index] if index < len(tokens) else _ASKED
            asked = index == position + 1
            stroke, width, dim = ("accent", 1.5, 0.75) if asked else ("line", 1.0, 0.4)
            return [
                Box(
                    x,
                    y,
                    w,
                    h,
                    fill="",
                    stroke=stroke,
                    stroke_width=width,
                    radius=5,
                    dashed=True,
                    opacity=opacity,
                    key=key,
                ),
                Chip(x, y, w, h, token, fill="", ink="accent" if token == _ASKED and asked else "text_muted",
                     opacity=opacity * dim, key=key),
            ]  # fmt: skip
        here = index == position
        fill, stroke = ("data@0.22", "data") if here else ("surface_raised", "")
        lit = opacity * mix(0.4, 1.0, moved if here else 1.0)
        ink = "text" if index > 0 or here else "text_muted"
        shapes: list[Shape] = [
            Chip(x, y, w, h, tokens[index], fill=fill, stroke=stroke, ink=ink, opacity=lit, key=key)
        ]
        if index > 0:
            share = self.reading.probability(index - 1) * (moved if here else 1.0)
            line = y + _CHIP_HEIGHT + 3
            shapes.append(Box(place.x, line, place.w, 3, fill="line@0.7", radius=1.5, opacity=opacity))
            if share * place.w >= 0.5:
                shapes.append(
                    Box(place.x, line, place.w * share, 3, fill="good", radius=1.5, opacity=opacity)
                )
        return shapes

    def _moving(self, t: float) -> tuple[tuple[Candidate, ...], tuple[Candidate, ...], float]:
        """The candidates from which the bars come, those to which they go, and how far they are."""
        position = self.at(t)
        now = self.reading.candidates(position)
        if self._before is not None and self._blend < 1.0:
            return self._before.candidates(position), now, self._blend
        if position == 0:
            return now, now, 1.0
        return self.reading.candidates(position - 1), now, self._steps[position].progress(t)

    def _bars(self, t: float, x: float, y: float, width: float, height: float) -> list[Shape]:
        before, now, progress = self._moving(t)
        ranks = max(1, min(TOP, int((height - _HEADING) // 15)))
        before, now = before[:ranks], now[:ranks]
        row = min(46.0, (height - _HEADING) / ranks)
        shown = now if progress >= 0.5 else before
        faded = abs(2 * progress - 1) if before != now else 1.0
        label, value = min(120.0, width * 0.3), 62.0
        shares = [
            mix(_share(before, rank), _share(now, rank), progress) for rank in range(max(len(before), len(now)))
        ]  # fmt: skip
        colours = [
            "good" if rank < len(shown) and shown[rank].true else "accent" for rank in range(len(shares))
        ]
        shapes: list[Shape] = [
            Text(x, y + 6, _question(self.reading, self.at(t), width), width=width),
            Bars(x + label, y + _HEADING, width - label - value, row, shares, colours=colours,
                 thickness=min(18.0, row * 0.5), key="candidate"),
        ]  # fmt: skip
        for rank, candidate in enumerate(shown):
            middle = y + _HEADING + (rank + 0.5) * row
            ink = "good" if candidate.true else "text"
            chip_height = min(24.0, row - 3)
            chip_width = min(label - 10, approximate_width(visible(candidate.token), "mono") + 14)
            shapes += [
                Chip(x + label - 10 - chip_width, middle - chip_height / 2, chip_width, chip_height, candidate.token,
                     fill="good@0.16" if candidate.true else "surface_raised", ink=ink, opacity=faded,
                     key=f"candidate:{rank}"),
                Text(x + width, middle, percent(candidate.probability), colour=ink, role="mono", align="right",
                     opacity=faded),
            ]  # fmt: skip
        return shapes

    def _numbers(self, position: int, moved: float, x: float, y: float, height: float) -> list[Shape]:
        reading, truth = self.reading, self.reading.truth(position)
        most = max(1, min(3, int((height - _HEADING) // 34)))
        pitch = min(64.0, (height - _HEADING) / most)
        role = "number" if pitch >= 50 else "section"
        came = truth if truth is not None else _ASKED
        chip = min(_NUMBERS_WIDTH - 88, approximate_width(visible(came), "mono") + 14)
        fill, ink = ("good@0.16", "good") if truth is not None else ("surface_raised", "accent")
        shapes: list[Shape] = [
            Text(x, y + 6, "What came", width=86),
            Chip(x + 88, y - 5, chip, 22, came, fill=fill, ink=ink, opacity=mix(0.3, 1.0, moved)),
        ]
        known = truth is not None
        rows = (
            ("Its probability", percent(reading.probability(position)) if known else _NONE),
            ("Surprise, bits", f"{reading.surprise(position):.2f}" if known else _NONE),
            ("Mean loss so far, nats", f"{reading.mean_loss(position):.2f}"),
        )
        for index, (words, value) in enumerate(rows[:most]):
            top = y + _HEADING + index * pitch
            shapes += [
                Text(x, top + 7, words, colour="text_muted", role="small", width=_NUMBERS_WIDTH),
                Text(x, top + 7 + min(24.0, pitch * 0.45), value, role=role, width=_NUMBERS_WIDTH,
                     opacity=mix(0.4, 1.0, moved)),
            ]  # fmt: skip
        return shapes

    def _mask(self, position: int, x: float, y: float, side: float) -> list[Shape]:
        length = len(self.reading.tokens)
        lit = causal_mask(length) * 0.32
        lit[position, : position + 1] = 1.0
        cell = side / length
        row_y = y + _HEADING + position * cell
        shapes: list[Shape] = [
            Text(x, y + 6, "Causal mask", width=side),
            Grid(x, y + _HEADING, side, side, lit.astype(np.float32), colour="activations",
                 gap=1.0 if length <= 32 else 0.0, radius=1.5, key="mask"),
        ]  # fmt: skip
        if cell >= 7:
            shapes.append(Box(x, row_y, side, cell, fill="", stroke="activations", radius=2))
        return shapes


class EmptyScene:
    """What stands there before any model has read anything."""

    duration: float = 0.0
    marks: tuple[Mark, ...] = ()

    def __init__(self, text: str) -> None:
        self.text = text

    def frame(self, t: float, width: float, height: float) -> list[Shape]:
        """The words, in the middle."""
        return [Text(width / 2, height / 2, self.text, colour="text_muted", align="center", width=width)]

    def hit(self, t: float, x: float, y: float, width: float, height: float) -> str | None:
        """Nothing to click."""
        return None


def visible(token: str) -> str:
    """A token with its spaces and line ends as marks, as chips show them."""
    return token.replace("\n", "↵").replace(" ", "·") or "∅"


def percent(share: float) -> str:
    """A probability as people read it: ``61 %``, ``4.2 %``, ``0.03 %``, ``< 0.01 %``."""
    if share >= 0.0995:
        return f"{share * 100:.0f} %"
    if share >= 0.00995:
        return f"{share * 100:.1f} %"
    return f"{share * 100:.2f} %" if share >= 0.0001 else "< 0.01 %"


def _question(reading: Reading, position: int, width: float) -> str:
    """What is asked at a place, with as much of the text's end as fits in ``width``."""
    text = " ".join(reading.text(position).split())
    if not text:
        return "At the start of a document it expects"
    frame, room = "After “{}” it expects", width
    while text and approximate_width(frame.format(f"… {text}")) > room:
        text = text.partition(" ")[2]
    whole = len(text) == len(" ".join(reading.text(position).split()))
    return frame.format(text if whole else f"… {text}".strip())


def _share(candidates: tuple[Candidate, ...], rank: int) -> float:
    return candidates[rank].probability if rank < len(candidates) else 0.0


def _first_row(row: int, rows: int, last: int) -> int:
    """The topmost row in sight when ``row`` must be."""
    return max(0, min(row - rows // 2, last - rows + 1))


def _flow(tokens: tuple[str, ...], width: float) -> list[_Place]:
    """Chips from left to right, in as many rows as they need."""
    places: list[_Place] = []
    x, row = 0.0, 0
    for token in tokens:
        chip = min(width, max(22.0, approximate_width(visible(token), "mono") + 14))
        if x > 0 and x + chip > width:
            x, row = 0.0, row + 1
        places.append(_Place(x, row, chip))
        x += chip + _CHIP_GAP
    return places
