"""One token after another is drawn: the model's probabilities, what each setting does to them, the draw. No Qt here.

For every token the bars go through four stages: as the model gives them, after repetition penalty and temperature, with
the unlikely ones cut off, and raised to sum up to 1 again. Then one is drawn and joins the text.
"""

from __future__ import annotations

from collections.abc import Sequence as Items
from dataclasses import dataclass

from widgets.s02_objective.geometry.chips import first_row, flow
from widgets.s02_objective.geometry.words import chip_width, percent
from widgets.s02_objective.writing import Choice, Writing, Written
from widgets.scene.shapes import Box, Chip, Line, Shape, Text, hit_shapes
from widgets.scene.timeline import Mark, Sequence, clamp, mix

STAGES = ("model", "temperature", "cut", "final")
_TOKEN_SECONDS = 2.0
_REST_SECONDS = 0.35
_CHIP_HEIGHT = 28.0
_ROW_PITCH = 38.0
_HEADING = 34.0
_STRIP = 22.0
_LARGEST_ROW = 78.0
_SMALLEST_ROW = 17.0
_NUMBER = 64.0
_NARROWEST_WITH_NUMBERS = 620.0
_NARROWEST_WITH_NAMES = 860.0


@dataclass(frozen=True, kw_only=True)
class Knobs:
    """The settings that the stages are told by.

    Attributes:
        temperature: 0 is greedy.
        top_k: 0 keeps all.
        top_p: 1 keeps all.
        repetition_penalty: 1 changes nothing.
    """

    temperature: float = 1.0
    top_k: int = 0
    top_p: float = 1.0
    repetition_penalty: float = 1.0

    def reason(self, choice: Choice) -> str:
        """Why a choice is cut off, in a few words; "" if it is kept."""
        if choice.kept:
            return ""
        words = {
            "top-k": f"beyond the top {self.top_k}",
            "top-p": f"the likelier ones reach {self.top_p:g}",
            "temperature 0": "not the likeliest",
        }
        return words.get(choice.cut, choice.cut or "cut off")


class SamplingScene:
    """A text that is drawn token by token.

    Args:
        prompt: The tokens that it begins with.
        writing: What was drawn.
        knobs: The settings by which.
    """

    def __init__(self, prompt: Items[str], writing: Writing, knobs: Knobs) -> None:
        self.prompt = tuple(prompt)
        self.writing = writing
        self.knobs = knobs
        plan = Sequence(pause=_REST_SECONDS)
        self._steps = [plan.step(self._title(step), move=_TOKEN_SECONDS) for step in writing.steps]
        self.duration: float = plan.duration
        self.marks: tuple[Mark, ...] = plan.marks

    def at(self, t: float) -> int:
        """The token that is drawn at a time, 0 to n-1; -1 without any."""
        return max(sum(step.start <= t + 1e-6 for step in self._steps) - 1, min(0, len(self._steps) - 1))

    def time_of(self, index: int) -> float:
        """When a token has joined the text."""
        return self._steps[max(0, min(index, len(self._steps) - 1))].end if self._steps else 0.0

    def stage(self, t: float) -> float:
        """How far the bars are: 0 as the model gives them, 1 tempered, 2 cut, 3 final, 4 drawn."""
        index = self.at(t)
        if index < 0:
            return 0.0
        step = self._steps[index]
        passed = clamp((t - step.start) / step.move) * 5.0 - 0.6  # the model's own bars rest first
        whole = min(4.0, max(0.0, passed))
        part = whole - int(whole)
        return int(whole) + part * part * (3 - 2 * part)

    def frame(self, t: float, width: float, height: float) -> list[Shape]:
        """The shapes at time ``t`` in a picture of ``width`` by ``height`` pixels at scale 1."""
        most = 3 if height >= 380 else 2 if height >= 250 else 1
        rows = self._rows(t, width, most)
        shapes = self._text(t, width, most)
        index = self.at(t)
        if index < 0:
            return shapes
        top = rows * _ROW_PITCH + 14
        stage = self.stage(t)
        shapes += self._stages(
            stage, width - 3 * _NUMBER - 12 if width >= _NARROWEST_WITH_NAMES else width, top
        )
        area = (0.0, top + _HEADING, width, height - top - _HEADING - _STRIP - 12)
        fewest = (
            height - most * _ROW_PITCH - 14 - _HEADING - _STRIP - 12
        )  # as many bars however long the text is
        ranks = max(1, min(len(self.writing.steps[index].choices), int(fewest // _SMALLEST_ROW)))
        shapes += self._bars(self.writing.steps[index], stage, area, ranks)
        shapes += self._strip(self.writing.steps[index], stage, width, height - _STRIP)
        return shapes

    def hit(self, t: float, x: float, y: float, width: float, height: float) -> str | None:
        """``choice:RANK`` or ``written:INDEX`` under a point."""
        return hit_shapes(self.frame(t, width, height), x, y)

    def _title(self, step: Written) -> str:
        return f"draws {step.token.replace(' ', '·')} at {percent(step.probability)}"

    # ---- the text

    def _rows(self, t: float, width: float, most: int) -> float:
        """How many rows the text takes: it grows as a token opens a new one."""
        drawn = [step.token for step in self.writing.steps[: self.at(t) + 1]]
        places = flow((*self.prompt, *drawn), width)
        last = places[-1][1] if places else 0
        before = places[-2][1] if len(places) > 1 else last
        return mix(min(most, before + 1), min(most, last + 1), clamp(self.stage(t) - 3.0))

    def _text(self, t: float, width: float, rows: int) -> list[Shape]:
        """Prompt and what was drawn so far; the newest stays in sight."""
        index, stage = self.at(t), self.stage(t)
        drawn = [step.token for step in self.writing.steps[: index + 1]]
        places = flow((*self.prompt, *drawn), width)
        if not places:
            return []
        begin = len(self.prompt)
        joined = clamp(stage - 3.0)
        last = places[-1][1]
        before = places[-2][1] if len(places) > 1 else 0
        top = mix(first_row(before, rows, before), first_row(last, rows, last), joined)
        shapes: list[Shape] = []
        for number, ((x, row, w), token) in enumerate(zip(places, (*self.prompt, *drawn), strict=True)):
            y = (row - top) * _ROW_PITCH
            opacity = min(1.0, max(0.0, row - top + 1), max(0.0, rows - (row - top)))
            newest = number - begin == index and number >= begin
            opacity *= joined if newest else 1.0
            if opacity <= 0:
                continue
            own = number >= begin
            if own:
                share = self.writing.steps[number - begin].probability
                line = y + _CHIP_HEIGHT + 2
                shapes.append(Box(x, line, w, 3, fill="line@0.7", radius=1.5, opacity=opacity))
                shapes.append(Box(x, line, max(1.0, w * share), 3, fill="good", radius=1.5, opacity=opacity))
            shapes.append(
                Chip(
                    x,
                    y,
                    w,
                    _CHIP_HEIGHT,
                    token,
                    fill="data@0.22" if newest else "accent_soft" if own else "surface_raised",
                    stroke="data" if newest else "",
                    ink="text" if own else "text_muted",
                    opacity=opacity,
                    key=f"written:{number - begin}" if own else "",
                )
            )
        return shapes

    # ---- the distribution

    def _stage_words(self) -> tuple[str, ...]:
        knobs = self.knobs
        temper = "greedy" if knobs.temperature <= 0 else f"temperature {knobs.temperature:g}"
        if knobs.repetition_penalty != 1.0:
            temper += f", repeats ÷ {knobs.repetition_penalty:g}"
        cuts = [f"top {knobs.top_k}"] if knobs.top_k else []
        cuts += [f"top-p {knobs.top_p:g}"] if knobs.top_p < 1 else []
        return "the model", temper, ", ".join(cuts) or "nothing cut", "sums to 1 again", "drawn"

    def _stages(self, stage: float, width: float, y: float) -> list[Shape]:
        """The names of the stages in a row; the one that is at work is lit."""
        words = self._stage_words()
        widths = [len(word) * 7.2 + 18 for word in words]
        gap = min(22.0, max(6.0, (width - sum(widths)) / (len(words) - 1)))
        shrink = min(1.0, (width - gap * (len(words) - 1)) / sum(widths))
        shapes: list[Shape] = []
        x, active = 0.0, min(4, int(stage + 0.5))
        for index, (word, natural) in enumerate(zip(words, widths, strict=True)):
            w = natural * shrink
            lit = index == active
            if index:
                shapes.append(Line(x - gap + 2, y + 11, x - 2, y + 11, colour="line_strong"))
            shapes += [
                Box(x, y, w, 22, fill="accent_soft" if lit else "surface_raised", radius=11),
                Text(
                    x + w / 2,
                    y + 11,
                    word,
                    colour="accent" if lit else "text_muted",
                    role="small",
                    align="center",
                    width=w - 8,
                ),
            ]
            x += w + gap
        return shapes

    def _bars(
        self, step: Written, stage: float, area: tuple[float, float, float, float], ranks: int
    ) -> list[Shape]:
        x, y, width, height = area
        row = min(_LARGEST_ROW, height / ranks)
        numbered = width >= _NARROWEST_WITH_NUMBERS
        label = min(132.0, width * 0.24)
        room = width - label - (3 * _NUMBER if numbered else _NUMBER)
        longest = max(1e-9, *(max(item.raw, item.tempered, item.final) for item in step.choices))
        shapes: list[Shape] = []
        for place, rank in enumerate(self._ranks(step, ranks)):
            choice, top = step.choices[rank], y + place * row
            shapes += self._bar(step, rank, choice, stage, (x, top, label, room, row), longest)
            shapes += self._shares(choice, stage, width, top + row / 2, numbered)
        if width >= _NARROWEST_WITH_NAMES:
            for column, words in enumerate(("model", "tempered", "final")):
                right = width - (2 - column) * _NUMBER
                shapes.append(
                    Text(right, y - _HEADING + 11, words, colour="text_muted", role="small", align="right")
                )
        return shapes

    def _ranks(self, step: Written, most: int) -> list[int]:
        """The choices that have room: the likeliest, and always the one that was drawn."""
        shown = list(range(min(most, len(step.choices))))
        if step.index >= most:
            shown[-1] = step.index
        return shown

    def _bar(
        self,
        step: Written,
        rank: int,
        choice: Choice,
        stage: float,
        place: tuple[float, float, float, float, float],
        longest: float,
    ) -> list[Shape]:
        """Chip, track and bar of one choice, with the mark of where the model had it."""
        x, y, label, room, row = place
        middle, thick = y + row / 2, min(22.0, row * 0.5)
        drawn = rank == step.index and stage >= 3.5
        cut = clamp(stage - 1.0) if not choice.kept else 0.0
        value = self._value(choice, stage)
        colour = "data" if drawn else "accent"
        chip = chip_width(choice.token, label - 12)
        height = min(28.0, row - 3)
        left = x + label
        shapes: list[Shape] = [
            Box(x, y, label + room, row, fill="", radius=4, key=f"choice:{rank}"),
            Chip(
                left - 10 - chip,
                middle - height / 2,
                chip,
                height,
                choice.token,
                fill="data@0.22" if drawn else "surface_raised",
                stroke="data" if drawn else "",
                ink="text" if not cut else "text_muted",
                opacity=mix(1.0, 0.5, cut),
                key=f"choice:{rank}",
            ),
            Box(left, middle - thick / 2, room, thick, fill="surface_raised", radius=thick / 2),
        ]
        length = room * value / longest
        if length >= 1:
            shapes.append(
                Box(
                    left,
                    middle - thick / 2,
                    length,
                    thick,
                    fill=colour,
                    radius=thick / 2,
                    opacity=mix(1.0, 0.25, cut),
                )
            )
        if stage > 0 and choice.raw / longest * room >= 1:
            mark = left + choice.raw / longest * room
            shapes.append(
                Line(
                    mark, middle - thick / 2 - 3, mark, middle + thick / 2 + 3, colour="text_muted", width=1.5
                )
            )
        reason = self.knobs.reason(choice)
        if cut > 0 and reason:
            start = left + max(length, choice.raw / longest * room) + 10
            shapes.append(
                Text(
                    start,
                    middle,
                    reason,
                    colour="text_muted",
                    role="small",
                    opacity=cut,
                    width=max(0.0, left + room - start),
                )
            )
        return shapes

    def _value(self, choice: Choice, stage: float) -> float:
        """The length of a bar at a stage, in probability."""
        if stage <= 1:
            return mix(choice.raw, choice.tempered, stage)
        if stage <= 2:
            return choice.tempered
        return mix(choice.tempered, choice.final, clamp(stage - 2.0)) if choice.kept else choice.tempered

    def _shares(
        self, choice: Choice, stage: float, width: float, middle: float, numbered: bool
    ) -> list[Shape]:
        """What the model gave and what is drawn by, as numbers."""
        final = percent(choice.final) if choice.kept else "cut"
        columns = (
            (percent(choice.raw), 2, 1.0, "text_muted"),
            (percent(choice.tempered), 1, clamp(stage), "text_muted"),
            (final, 0, clamp(stage - 2.0), "text" if choice.kept else "text_muted"),
        )
        if not numbered:
            now = final if stage >= 2.5 else percent(self._value(choice, stage))
            return [Text(width, middle, now, role="mono", align="right")]
        return [
            Text(
                width - back * _NUMBER,
                middle,
                words,
                colour=colour,
                role="mono_small",
                align="right",
                opacity=opacity,
            )
            for words, back, opacity, colour in columns
            if opacity > 0
        ]

    def _strip(self, step: Written, stage: float, width: float, y: float) -> list[Shape]:
        """A line of length 1 on which each token has its final probability: a random point on it makes the draw."""
        shown = clamp(stage - 2.0)
        if shown <= 0:
            return []
        label = min(132.0, width * 0.24)
        room, x = width - label, label
        rest = max(0.0, 1.0 - sum(item.final for item in step.choices))
        shapes: list[Shape] = [
            Text(
                label - 10, y + 8, "the draw", colour="text_muted", role="small", align="right", opacity=shown
            )
        ]
        drawn = clamp(stage - 3.0)
        for rank, choice in enumerate(step.choices):
            w = room * choice.final
            if w < 0.5:
                continue
            lit = rank == step.index
            fill = "data" if lit and drawn > 0.5 else f"accent@{0.75 if rank % 2 == 0 else 0.5}"
            shapes.append(
                Box(
                    x,
                    y,
                    max(0.5, w - 1),
                    16,
                    fill=fill,
                    radius=2,
                    opacity=shown * (mix(1.0, 0.45, drawn) if not lit else 1.0),
                )
            )
            x += w
        if rest * room >= 1:
            shapes.append(
                Box(
                    x,
                    y,
                    rest * room,
                    16,
                    fill="data" if step.index < 0 and drawn > 0.5 else "line",
                    radius=2,
                    opacity=shown,
                )
            )
        return shapes
