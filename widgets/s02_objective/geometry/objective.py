"""The scene of an objective as shapes: what the model sees, what it must say, and what it expects. No Qt here.

First the objective rearranges the text (it hides tokens, puts in sentinels, moves a piece to the end), then time
walks through the places that count. At each, the chips that the mask lets the place see are lit, the bars show what
the model expects there, and what it must say comes out. Where the text may go on, a "?" stands last.
"""

from __future__ import annotations

from collections.abc import Mapping
from collections.abc import Sequence as Items
from dataclasses import replace

from simulator.s02_objective.objectives import find_objective
from widgets.s02_objective.geometry.candidates import HEADING, candidate_bars
from widgets.s02_objective.geometry.chips import Spot, Who, arrangement, first_row, flow, mixed
from widgets.s02_objective.geometry.mask import MaskPicture
from widgets.s02_objective.geometry.words import ASKED, NONE, chip_width, ending_of, percent, visible
from widgets.s02_objective.origins import is_special
from widgets.s02_objective.reading import Candidate, Reading, named
from widgets.scene.shapes import Box, Chip, Shape, Text, hit_shapes
from widgets.scene.timeline import Mark, Sequence, Step, mix

_CHIP_HEIGHT = 28.0
_ROW_PITCH = 40.0
_ROW_PITCH_WITH_TARGETS = 58.0
_TARGET_TOP = 33.0
_MOST_ROWS = 3
_ENOUGH_FOR_TARGETS = 330.0
_READ_SECONDS = 0.75
_REARRANGE_SECONDS = 1.0
_NUMBERS_WIDTH = 156.0
_COLUMN_GAP = 28.0
_NARROWEST_WITH_MASK = 600.0
_FIRST_PLACES = (2, 16)
_DOUBT = 0.5
_MOST_DOUBT = 0.42
REARRANGE_WORDS = {
    "masked": "some tokens are hidden",
    "spans": "spans make way for sentinels",
    "prefix": "the start is given whole",
    "infill": "the middle moves to the end",
}


class ObjectiveScene:
    """A text read by one model under one objective.

    Args:
        reading: The text and the model's expectations.
        before: The reading shown before: other weights of the same text, from which the bars move, or another
            objective of it, from which chips and mask move; None for none.
        blend: How far that move has come, 0 to 1.
    """

    def __init__(self, reading: Reading, before: Reading | None = None, blend: float = 1.0) -> None:
        self.reading = reading
        self._weights = before if reading.same_place(before) else None
        self._objective = before if self._weights is None and reading.same_text(before) else None
        self._blend = blend if self._weights or self._objective else 1.0
        self._mask = MaskPicture(reading, self._objective)
        self._shown: tuple[str, ...] = (*reading.tokens, ASKED) if reading.goes_on else reading.tokens
        self._origins = (*reading.origins, len(reading.text_tokens)) if reading.goes_on else reading.origins
        plan = Sequence("the text as it is" if reading.moves else "", pause=_READ_SECONDS)
        self._rearrange: Step | None = None
        if reading.moves:
            words = REARRANGE_WORDS.get(reading.objective, "the objective rearranges it")
            self._rearrange = plan.step(words, move=_REARRANGE_SECONDS)
        self._steps = [plan.step(self._title(place)) for place in reading.places]
        self.duration: float = plan.duration
        self.marks: tuple[Mark, ...] = plan.marks

    # ---- time

    def at(self, t: float) -> int:
        """The place that is read at a time, 0 to T-1."""
        return self.reading.places[self._turn(t)]

    def time_of(self, position: int) -> float:
        """When a place has come to rest; a place that is not read gives the next one that is."""
        places = self.reading.places
        turn = next((turn for turn, place in enumerate(places) if place >= position), len(places) - 1)
        return self._steps[turn].end

    def telling_place(self) -> int:
        """A place near the start where the model is torn: there its expectations say the most.

        A model that is nowhere torn (it knows nothing yet, or all) is shown at the last of these places.
        """
        reading = self.reading
        first, end = _FIRST_PLACES
        asked = [place for place in reading.places if not reading.is_open(place)]
        if "<MID>" in reading.inputs:  # there the gap is filled
            asked = [place for place in asked if place >= reading.inputs.index("<MID>")] or asked
        places = asked[min(first, len(asked) - 1) : end] if reading.shifted else asked
        torn = [place for place in places if abs(reading.probability(place) - _DOUBT) < _MOST_DOUBT]
        return min(torn, key=lambda place: abs(reading.probability(place) - _DOUBT), default=places[-1])

    def _turn(self, t: float) -> int:
        started = sum(step.start <= t + 1e-6 for step in self._steps)
        return max(0, started - 1)

    def _arranged(self, t: float) -> float:
        """How far the objective has rearranged the text, 0 to 1."""
        return 1.0 if self._rearrange is None else self._rearrange.progress(t)

    def _title(self, place: int) -> str:
        reading = self.reading
        if not reading.shifted:
            return f"hidden token {place + 1}"
        if reading.is_open(place):
            return "what comes next?"
        return f"after {visible(reading.tokens[place])}"

    # ---- picture

    def frame(self, t: float, width: float, height: float) -> list[Shape]:
        """The shapes at time ``t`` in a picture of ``width`` by ``height`` pixels at scale 1."""
        turn = self._turn(t)
        position, moved = self.reading.places[turn], self._steps[turn].progress(t)
        with_targets = height >= _ENOUGH_FOR_TARGETS
        pitch = _ROW_PITCH_WITH_TARGETS if with_targets else _ROW_PITCH
        under = [self.reading.truth(place) or "" for place in range(self.reading.positions)]
        spots = self._spots(t, width, under if with_targets else ())
        last = max(round(spot.row) for spot in spots.values())
        rows = min(last + 1, _MOST_ROWS if height >= 300 else 2 if height >= 210 else 1)
        top = rows * pitch + 12
        shapes = self._chips(t, spots, rows, pitch, under if with_targets else (), width)
        side = max(60.0, min(height - top - HEADING, width * 0.26, 380.0))
        masked = width >= _NARROWEST_WITH_MASK
        numbers_x = width - _NUMBERS_WIDTH - (side + _COLUMN_GAP if masked else 0.0)
        asked = self._bars(t, 0.0, top, numbers_x - _COLUMN_GAP, height - top)
        asked += self._numbers(position, moved, numbers_x, top, height - top)
        shapes += self._when_arranged(t, asked, top, numbers_x - _COLUMN_GAP)
        if masked:
            shapes += self._mask.shapes(position, width - side, top, side, self._blend)
        return shapes

    def _when_arranged(self, t: float, asked: list[Shape], top: float, width: float) -> list[Shape]:
        """What is asked fades in as the text comes to rest; until then stands what the objective does."""
        arranged = self._arranged(t)
        if arranged >= 1:
            return asked
        objective = find_objective(self.reading.objective)
        words: list[Shape] = [
            Text(0.0, top + 6, objective.title, role="section", width=width, opacity=1 - arranged),
            Text(0.0, top + 24, objective.sentence, colour="text_muted", width=width, wrap=True, vertical="top",
                 opacity=1 - arranged),
        ]  # fmt: skip
        if arranged <= 0:
            return words
        return [*words, *(replace(shape, opacity=shape.opacity * arranged) for shape in asked)]

    def hit(self, t: float, x: float, y: float, width: float, height: float) -> str | None:
        """``token:PLACE``, ``candidate:RANK`` or ``mask:ROW:COLUMN`` under a point."""
        return hit_shapes(self.frame(t, width, height), x, y)

    # ---- the text

    def _spots(self, t: float, width: float, under: Items[str]) -> Mapping[Who, Spot]:
        """Where each chip lies: as the text is, as the objective shows it, or on its way."""
        reading = self.reading
        after = arrangement(self._shown, self._origins, width, under)
        if self._objective is not None and self._blend < 1:
            old = self._objective
            return mixed(arrangement(old.tokens, old.origins, width), after, self._blend)
        arranged = self._arranged(t)
        if arranged >= 1:
            return after
        words = [named(token) for token in reading.text_tokens]
        if words[0] == "[end]":
            words[0] = "[start]"
        before = arrangement(words, range(len(words)), width)
        places = {origin: place for place, origin in enumerate(self._origins) if origin >= 0}
        before = {who: replace(spot, index=places.get(spot.index, -1)) for who, spot in before.items()}
        return mixed(before, after, arranged)

    def _top_row(self, t: float, width: float, rows: int, last: int, under: Items[str]) -> float:
        """The topmost row in sight, so that the place that is read can be seen."""
        places = flow(self._shown, width, under)
        turn = self._turn(t)
        moved = self._steps[turn].progress(t) * self._arranged(t)
        ends = len(places) - 1
        here, before = (
            first_row(places[min(ends, self.reading.asked_at(self.reading.places[index]))][1], rows, last)
            for index in (turn, max(0, turn - 1))
        )
        return mix(before if turn else 0.0, here, moved)

    def _chips(
        self, t: float, spots: Mapping[Who, Spot], rows: int, pitch: float, under: Items[str], width: float
    ) -> list[Shape]:
        """The text; when it has more rows than fit, the row being read stays in sight."""
        last = max(round(spot.row) for spot in spots.values())
        top = self._top_row(t, width, rows, last, under) if last >= rows else 0.0
        shapes: list[Shape] = []
        for spot in spots.values():
            row = spot.row - top
            opacity = spot.opacity * min(1.0, max(0.0, row + 1), max(0.0, rows - row))
            if opacity > 0:
                shapes += self._chip(t, spot, row * pitch, opacity, bool(under))
        return shapes

    def _chip(self, t: float, spot: Spot, y: float, opacity: float, with_targets: bool) -> list[Shape]:
        """One chip, by what the place that is read may see of it, and how well it was told."""
        reading, key = self.reading, f"token:{spot.index}" if spot.index >= 0 else ""
        position, turn = self.at(t), self._turn(t)
        moved, arranged = self._steps[turn].progress(t), self._arranged(t)
        before = reading.places[max(0, turn - 1)]
        here = spot.index == position
        seen = self._sees(position, spot.index)
        lit = mix(self._sees(before, spot.index), seen, moved) if turn else mix(1.0, seen, moved * arranged)
        if arranged < 1:
            lit = 1.0
        asked = reading.shifted and spot.index == position + 1
        shapes = [self._plate(spot, y, lit, here and arranged >= 1, asked and arranged >= 1, opacity, key)]
        if lit < 1:
            shapes.insert(0, self._outline(spot, y, asked, (1 - lit) * opacity, key))
        if arranged >= 1:
            shapes += self._told(spot, y, turn, moved, opacity, with_targets)
        return shapes

    def _sees(self, position: int, index: int) -> float:
        if not 0 <= index < self.reading.positions:
            return 0.0
        return 1.0 if self.reading.visible[position, index] else 0.0

    def _outline(self, spot: Spot, y: float, asked: bool, opacity: float, key: str) -> Shape:
        stroke, width = ("accent", 1.5) if asked else ("line", 1.0)
        return Box(
            spot.x, y, spot.w, _CHIP_HEIGHT, fill="", stroke=stroke, stroke_width=width, radius=5, dashed=True,
            opacity=opacity, key=key,
        )  # fmt: skip

    def _plate(
        self, spot: Spot, y: float, lit: float, here: bool, asked: bool, opacity: float, key: str
    ) -> Shape:
        fill, stroke, ink = "surface_raised", "", "text"
        hidden = self._is_hidden(spot)
        if is_special(spot.text):
            fill, ink = ("accent_soft", "accent") if hidden else ("surface_raised", "text_muted")
            stroke = "" if hidden else "line_strong"
        elif hidden:
            stroke = "warning"
        if here:
            fill, stroke = "data@0.22", "data"
        if lit < 0.5:
            fill = stroke = ""
            ink = "accent" if spot.text == ASKED and asked else "text_muted"
        faint = 0.75 if asked else 0.4
        return Chip(
            spot.x, y, spot.w, _CHIP_HEIGHT, spot.text, fill=fill, stroke=stroke, ink=ink,
            opacity=opacity * mix(faint, 1.0, lit), key=key,
        )  # fmt: skip

    def _is_hidden(self, spot: Spot) -> bool:
        """Whether a chip shows something else than the text has there."""
        reading, index = self.reading, spot.index
        if reading.shifted or not 0 <= index < reading.positions:
            return False
        return reading.inputs[index] != reading.text_tokens[reading.origins[index]]

    def _told(
        self, spot: Spot, y: float, turn: int, moved: float, opacity: float, with_targets: bool
    ) -> list[Shape]:
        """Under a chip: what had to be said there, and how likely the model found it."""
        reading = self.reading
        asking = spot.index if with_targets or not reading.shifted else spot.index - 1
        if not 0 <= asking < reading.positions or not reading.counted[asking]:
            return []
        order = reading.places.index(asking)
        told = 1.0 if order < turn else moved if order == turn else 0.0
        line = y + (_TARGET_TOP + 16 if with_targets else _CHIP_HEIGHT + 3)
        shapes: list[Shape] = []
        if with_targets:
            shapes.append(
                Text(
                    spot.x + spot.w / 2, y + _TARGET_TOP + 6, visible(reading.truth(asking) or ""), role="mono_small",
                    colour="good" if told > 0.5 else "text_muted", align="center", width=spot.w + 2,
                    opacity=opacity * mix(0.45, 1.0, told),
                )
            )  # fmt: skip
        shapes.append(Box(spot.x, line, spot.w, 3, fill="line@0.7", radius=1.5, opacity=opacity))
        share = reading.probability(asking) * told
        if share * spot.w >= 0.5:
            shapes.append(Box(spot.x, line, spot.w * share, 3, fill="good", radius=1.5, opacity=opacity))
        return shapes

    # ---- what it expects

    def _moving(self, t: float) -> tuple[tuple[Candidate, ...], tuple[Candidate, ...], float]:
        """The candidates from which the bars come, those to which they go, and how far they are."""
        turn = self._turn(t)
        position = self.reading.places[turn]
        now = self.reading.candidates(position)
        if self._weights is not None and self._blend < 1.0:
            return self._weights.candidates(position), now, self._blend
        if turn == 0:
            return now, now, 1.0
        return self.reading.candidates(self.reading.places[turn - 1]), now, self._steps[turn].progress(t)

    def _bars(self, t: float, x: float, y: float, width: float, height: float) -> list[Shape]:
        before, now, progress = self._moving(t)
        area = (x, y + HEADING, width, height - HEADING)
        return [
            Text(x, y + 6, self._question(self.at(t), width), width=width),
            *candidate_bars(before, now, progress, area),
        ]

    def _question(self, position: int, width: float) -> str:
        """What is asked at a place, with as much of the text's end as fits in ``width``."""
        reading = self.reading
        if not reading.shifted:
            shown = reading.tokens[position]
            if is_special(shown):
                return f"Token {position + 1} is hidden: there it expects"
            return f"Token {position + 1} shows “{shown.strip()}”: there it expects"
        if not reading.text(position).strip():
            return "At the start of a document it expects"
        return ending_of(reading.text(position), "After “{}” it expects", width)

    def _numbers(self, position: int, moved: float, x: float, y: float, height: float) -> list[Shape]:
        reading, truth = self.reading, self.reading.truth(position)
        came = truth if truth is not None else ASKED
        chip = chip_width(came, _NUMBERS_WIDTH - 88)
        fill, ink = ("good@0.16", "good") if truth is not None else ("surface_raised", "accent")
        shapes: list[Shape] = [
            Text(x, y + 6, "It must say", width=86),
            Chip(x + 88, y - 5, chip, 22, came, fill=fill, ink=ink, opacity=mix(0.3, 1.0, moved)),
        ]
        known = truth is not None
        rows = [
            ("Its probability", percent(reading.probability(position)) if known else NONE),
            ("Surprise, bits", f"{reading.surprise(position):.2f}" if known else NONE),
            ("Mean loss so far, nats", f"{reading.mean_loss(position):.2f}"),
        ]
        if height >= HEADING + 4 * 64:
            rows.append(("Places that count", f"{reading.counted_until(position)} of {sum(reading.counted)}"))
        most = max(1, min(len(rows), int((height - HEADING) // 34)))
        pitch = min(64.0, (height - HEADING) / most)
        role = "number" if pitch >= 50 else "section"
        for index, (words, value) in enumerate(rows[:most]):
            top = y + HEADING + index * pitch
            shapes += [
                Text(x, top + 7, words, colour="text_muted", role="small", width=_NUMBERS_WIDTH),
                Text(x, top + 7 + min(24.0, pitch * 0.45), value, role=role, width=_NUMBERS_WIDTH,
                     opacity=mix(0.4, 1.0, moved)),
            ]  # fmt: skip
        return shapes
