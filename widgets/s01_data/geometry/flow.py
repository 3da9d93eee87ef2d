"""The hero of tab 1 as shapes: documents flow through the pipeline, and the stream narrows. No Qt here.

Time has a flow clock that stands still in the rests between steps; it alone says where every document is.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator

from simulator.units import format_count
from widgets.s01_data.geometry.findings import (
    SENTENCES,
    TITLES,
    TRIMMED,
    Funnel,
    FunnelStep,
    amount_words,
    share_words,
    trimmed_words,
)
from widgets.s01_data.geometry.flow_layout import (
    BAR_WIDTH,
    OTHERS,
    Column,
    FlowLayout,
    Outflow,
    lay_out,
    others_of,
)
from widgets.s01_data.geometry.flow_words import heading, plain_reason, score_lines, short_title
from widgets.s01_data.geometry.pipes import inside, smooth
from widgets.s01_data.geometry.travellers import TAIL_STEPS, Traveller, travellers
from widgets.s01_data.geometry.truth import Score
from widgets.scene.shapes import Box, Dot, Polyline, Shape, Text, approximate_width, hit_shapes
from widgets.scene.timeline import Mark, PlainScene, Sequence, Step, clamp, mix

_MOVE, _REST = 1.5, 0.6
_STEADY_STEPS = 4
_GOLDEN = (math.sqrt(5) - 1) / 2
_GHOST = 0.3
_RADIUS = 3.0
_STREAM = "data@0.26"
_ROOM_FOR_SHARE = 78.0
_FIGURES = 0.95  # figures and commas are narrower than letters
_PII = {"email": "e-mail", "ip": "IP"}


class FlowScene(PlainScene):
    """The funnel of one run.

    Args:
        funnel: Its counts.
        words: From the key of a reason to words for it.
        scores: How well the steps did, where that is known.
    """

    def __init__(
        self,
        funnel: Funnel,
        words: Callable[[str], str] | None = None,
        scores: tuple[Score, ...] = (),
    ) -> None:
        self.funnel = funnel
        self._scores = scores
        self._words = words or plain_reason
        plan = Sequence(move=_MOVE, pause=_REST)
        self._steps: list[Step] = [plan.step(TITLES[step.key]) for step in funnel.steps]
        self._steady: Step = plan.step("the whole stream", move=_STEADY_STEPS * _MOVE, pause=0.0)
        self.duration: float = plan.duration
        self.marks: tuple[Mark, ...] = (Mark(0.0, "what was read"), *plan.marks)
        self._kept: tuple[tuple[float, float], FlowLayout] | None = None

    @property
    def loop_start(self) -> float:
        """From here to the end the stream runs in a circle: the end looks as the start does."""
        return self._steady.start

    def clock(self, t: float) -> float:
        """The flow clock: how many steps the front has come, standing still in the rests."""
        moved = sum(_glide(clamp((t - step.start) / step.move)) for step in self._steps)
        return moved + _STEADY_STEPS * clamp((t - self._steady.start) / self._steady.move)

    def focus(self, t: float) -> str:
        """The key of the step that is told about at ``t``; "" before the first and at the end."""
        if t <= 0 or t >= self._steady.start:
            return ""
        started = [step.start <= t + 1e-6 for step in self._steps]
        return self.funnel.steps[max(0, sum(started) - 1)].key

    def time_of(self, key: str) -> float:
        """When a step has come to rest."""
        keys = [step.key for step in self.funnel.steps]
        return self._steps[keys.index(key)].end

    def travellers(self, t: float) -> list[Traveller]:
        """Every document on its way at a time."""
        return travellers(self.funnel, self.clock(t))

    def frame(self, t: float, width: float, height: float) -> list[Shape]:
        """The shapes at time ``t`` in a picture of ``width`` by ``height`` pixels at scale 1."""
        layout = self._layout(width, height)
        front, focus = self.clock(t), self.focus(t)
        travellers = self.travellers(t)
        leaving = {(item.step, item.reason) for item in travellers if item.reason and item.share > 0.6}
        shapes: list[Shape] = self._score_lines(focus, layout)
        for index in range(len(layout.columns)):
            shapes += self._stream(layout, index, front)
        for index, column in enumerate(layout.columns):
            shapes += self._column(index, column, layout, front, focus, leaving)
        scored = any(score.step == focus for score in self._scores)
        if focus == "pii" or not scored:  # else the scores stand there
            shapes += self._notes(layout, front)
        shapes += self._tail(layout, front)
        shapes += list(self._dots(layout, travellers))
        return shapes

    def hit(self, t: float, x: float, y: float, width: float, height: float) -> str | None:
        """``step:KEY``, ``reason:STEP:REASON`` or ``kept`` under a point."""
        found = hit_shapes(self.frame(t, width, height), x, y)
        if found:
            return found
        for column in self._layout(width, height).columns:
            for outflow in column.outflows:
                if inside(outflow.pipe.outline, x, y):
                    return f"reason:{column.step.key}:{outflow.drop.reason}"
            if column.x <= x < column.x + column.room and column.top <= y < column.top + column.kept:
                return f"step:{column.step.key}"
        return None

    def _layout(self, width: float, height: float) -> FlowLayout:
        if self._kept is None or self._kept[0] != (width, height):
            self._kept = (width, height), lay_out(self.funnel, width, height, self._words)
        return self._kept[1]

    def heading(self, t: float) -> tuple[str, str]:
        """What to say above the picture at a time: a line and a sentence."""
        return heading(self.funnel, self.focus(t))

    def _score_lines(self, focus: str, layout: FlowLayout) -> list[Shape]:
        """How well the step in focus did, where the truth is known: at the bottom right, clear of the reasons.

        Where those leave little room, the lines are shorter, or left to the card of scores.
        """
        scores = [score for score in self._scores if score.step == focus][:2]
        shapes: list[Shape] = []
        for index, score in enumerate(scores):
            y = layout.bottom - 8 - 18 * (len(scores) - 1 - index)
            room = layout.right - layout.words_end(y) - 10
            lines = [
                line for line in score_lines(score) if approximate_width(line, "small") * _FIGURES <= room
            ]
            if lines:
                shapes.append(
                    Text(layout.right, y, lines[0], role="small", align="right", width=room,
                         colour="good" if score.good else "warning")
                )  # fmt: skip
        return shapes

    def _stream(self, layout: FlowLayout, index: int, front: float) -> list[Shape]:
        """The band from one bar to the next, lit as far as the front has come."""
        column = layout.columns[index]
        if index + 1 == len(layout.columns):
            return []
        x0, x1 = column.x + BAR_WIDTH, layout.columns[index + 1].x
        top, bottom = column.top, column.top + column.kept
        end = mix(x0, x1, clamp(front - index))
        return [
            Box(x0, top, x1 - x0, bottom - top, fill=_STREAM, radius=0, opacity=_GHOST),
            Box(x0, top, end - x0, bottom - top, fill=_STREAM, radius=0, opacity=1.0 - _GHOST),
        ]

    def _column(
        self, index: int, column: Column, layout: FlowLayout, front: float, focus: str,
        leaving: set[tuple[int, str]],
    ) -> list[Shape]:  # fmt: skip
        step, key = column.step, f"step:{column.step.key}"
        lit = mix(_GHOST + 0.15, 1.0, clamp((front - index + 0.25) * 4))
        here = step.key == focus
        shapes: list[Shape] = []
        for outflow in column.outflows:
            shapes += self._outflow(index, column, outflow, front, layout.compact, leaving)
        shapes.append(
            Box(column.x, column.top, BAR_WIDTH, max(2.0, column.height), fill="data", radius=3, key=key,
                opacity=lit)
        )  # fmt: skip
        if here:
            shapes.append(
                Box(column.x - 3, column.top - 3, BAR_WIDTH + 6, max(2.0, column.height) + 6, fill="",
                    stroke="accent", stroke_width=2, radius=5)
            )  # fmt: skip
        room = column.room - (6 if index < len(layout.columns) - 1 else 0)
        size = amount_words(step.amount, self.funnel.unit, step.exact) if step.amount > 0 else "–"
        if approximate_width(size, "section") * _FIGURES > room:
            size = format_count(step.amount, 2)
        shapes += [
            Text(column.x, layout.titles_y + 8, short_title(step.key, room), role="small",
                 colour="accent" if here else "text_muted", width=room, key=key),
            Text(column.x, layout.titles_y + 26, size, role="section", width=room,
                 opacity=lit, key=key),
        ]  # fmt: skip
        return shapes

    def _outflow(
        self, index: int, column: Column, outflow: Outflow, front: float, compact: bool,
        leaving: set[tuple[int, str]],
    ) -> list[Shape]:  # fmt: skip
        """A pipe and its words; the words light up while a document comes out of it."""
        step, drop = column.step, outflow.drop
        lit = mix(_GHOST, 1.0, clamp((front - index) * 1.4))
        shown = {item.drop.reason for item in column.outflows}
        inner = [drop.reason]
        words = trimmed_words(step.key) if drop.reason == TRIMMED else self._words(drop.reason)
        if drop.reason == OTHERS:
            inner = [item.reason for item in step.drops if item.reason not in shown]
            words = f"{others_of(step, shown)} other reasons"
        lively = any((index, reason) in leaving for reason in inner)
        colour = "bad@0.42" if lively else "bad@0.28"
        pipe = Polyline(outflow.pipe.outline, colour="", fill=colour, opacity=lit)
        return [pipe, *self._label(step, outflow, words, compact, lively, lit)]

    def _label(
        self, step: FunnelStep, outflow: Outflow, words: str, compact: bool, lively: bool, lit: float
    ) -> list[Shape]:
        """The reason and how many, under each other or, with little height, in one line."""
        (x, y), room = outflow.label, outflow.width
        drop, key = outflow.drop, f"reason:{step.key}:{outflow.drop.reason}"
        size = amount_words(drop.amount, self.funnel.unit)
        inks = ("text", "bad") if lively else ("text_muted", "text")
        if compact:
            left = approximate_width(size, "small") + 4
            return [
                Text(x, y, size, role="small", width=room, colour=inks[1], opacity=lit, key=key),
                Text(x + left, y, words, role="small", width=max(8.0, room - left), colour=inks[0], opacity=lit,
                     key=key),
            ]  # fmt: skip
        if room >= _ROOM_FOR_SHARE:
            size += f" · {share_words(drop.amount, step.amount)}"
        return [
            Text(x, y - 8, words, role="small", width=room, colour=inks[0], opacity=lit, key=key),
            Text(x, y + 7, size, role="small", width=room, colour=inks[1], opacity=lit, key=key),
        ]

    def _notes(self, layout: FlowLayout, front: float) -> list[Shape]:
        """In how many pages personal data of each kind was replaced, where that step drops nothing."""
        index = next(index for index, column in enumerate(layout.columns) if column.step.key == "pii")
        column = layout.columns[index]
        if column.outflows:
            return []
        (x, y), pitch = column.notes_at, 18.0 if layout.compact else 32.0
        lit = mix(_GHOST, 1.0, clamp((front - index) * 1.4))
        room = layout.right - x if layout.compact else column.room - 6
        shapes: list[Shape] = []
        changed = sorted(column.step.changed.items(), key=lambda item: -item[1])
        for place, (name, count) in enumerate(changed[: max(0, int((layout.bottom - y) // pitch))]):
            top, number = y + place * pitch, format_count(count)
            words = _PII.get(name, name)
            shapes.append(Text(x, top, f"{number} {words}" if layout.compact else words, role="small", width=room,
                               colour="text_muted", opacity=lit, key="step:pii"))  # fmt: skip
            if not layout.compact:
                shapes.append(Text(x, top + 15, number, role="small", width=room, opacity=lit))
        return shapes

    def _tail(self, layout: FlowLayout, front: float) -> list[Shape]:
        """What comes out at the end."""
        column = layout.columns[-1]
        lit = mix(_GHOST, 1.0, clamp(front - len(layout.columns) + 1))
        end = layout.right
        return [
            Polyline(
                ((column.x + BAR_WIDTH, column.top), (end - 10, column.top),
                 (end, column.top + column.kept / 2), (end - 10, column.top + column.kept),
                 (column.x + BAR_WIDTH, column.top + column.kept)),
                colour="", fill=_STREAM, opacity=lit,
            ),
        ]  # fmt: skip

    def _dots(self, layout: FlowLayout, travellers: list[Traveller]) -> Iterator[Shape]:
        for item in travellers:
            column = layout.columns[item.step]
            if item.reason:
                yield from self._falling(column, item)
                continue
            y0 = column.top + item.place * column.height
            x0 = column.x + BAR_WIDTH
            if item.step + 1 < len(layout.columns):
                x1 = layout.columns[item.step + 1].x
                yield Dot(mix(x0, x1, item.share), y0, _RADIUS, fill="data", key="kept")
            else:
                share = item.share / TAIL_STEPS
                yield Dot(mix(x0, layout.right - 6, share), y0, _RADIUS, fill="data", key="kept",
                          opacity=clamp(3 * (1 - share)))  # fmt: skip

    def _falling(self, column: Column, item: Traveller) -> Iterator[Shape]:
        shown = {outflow.drop.reason for outflow in column.outflows}
        reason = item.reason if item.reason in shown else OTHERS
        outflow = next((found for found in column.outflows if found.drop.reason == reason), None)
        if outflow is None:
            return
        aside = item.place * column.height - outflow.top - outflow.thickness / 2
        half = max(0.0, outflow.thickness / 2 - 1)
        x, y = outflow.pipe.at(item.share, clamp(aside, -half, half))
        yield Dot(x, y, _RADIUS, fill="bad", key=f"reason:{column.step.key}:{reason}",
                  opacity=clamp(4 * (1 - item.share)))  # fmt: skip


class EmptyFlowScene(PlainScene):
    """The eight steps before any run: what each will do."""

    def frame(self, t: float, width: float, height: float) -> list[Shape]:
        """Eight bars, their titles, and what each does where there is room; ``t`` plays no part."""
        shapes: list[Shape] = []
        pitch = (width + 12) / len(TITLES)
        bar = clamp((height - 40) * 0.4, 24, 150)
        for index, key in enumerate(TITLES):
            x = index * pitch
            shapes += [
                Text(x, 10, short_title(key, pitch - 8), role="small", colour="text_muted", width=pitch - 8),
                Box(x + BAR_WIDTH, 26, pitch - BAR_WIDTH if index < len(TITLES) - 1 else 12, bar, fill=_STREAM,
                    radius=0, opacity=0.6),
                Box(x, 26, BAR_WIDTH, bar, fill="data", radius=3, opacity=0.6),
                Text(x, 38 + bar, SENTENCES[key], role="small", colour="text_muted", width=pitch - 16,
                     vertical="top", wrap=True),
            ]  # fmt: skip
        return shapes


def _glide(share: float) -> float:
    """Nearly even, with soft ends: documents that flow do not jerk."""
    return mix(share, smooth(share), 0.6)
