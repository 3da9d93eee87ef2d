"""Two models write from the same prompt, side by side, token by token or round by round. No Qt here."""

from __future__ import annotations

from collections.abc import Sequence as Items
from dataclasses import dataclass

from widgets.s02_objective.geometry.chips import first_row, flow
from widgets.s02_objective.geometry.words import chip_width, percent
from widgets.s02_objective.writing import Writing, Written
from widgets.scene.shapes import Bars, Box, Chip, Line, Shape, Text, approximate_width, hit_shapes
from widgets.scene.timeline import Mark, Sequence, clamp, mix

MASK = "[MASK]"
_MOVE = 0.32
_REST = 0.28
_GAP = 40.0
_HEAD = 30.0
_CHIP_HEIGHT = 26.0
_PITCH = 32.0
_VERDICT = 42.0
_BAR_ROW = 24.0
_LARGEST_BAR_ROW = 36.0
_SMALLEST_FOR_BARS = 250.0
_MOST_BARS = 5


@dataclass(frozen=True, kw_only=True)
class Lane:
    """One model's half of the picture.

    Attributes:
        title: What it learned.
        method: How it is made to write.
        prompt: The tokens, or words, that it begins with.
        writing: What it wrote; None while there is nothing.
        verdict: What the grammar says of the whole text, "" for nothing.
        tone: good, warning or bad.
        summary: What came of all beginnings together, "" for nothing.
        absent: What stands in the lane while there is nothing.
    """

    title: str
    method: str
    prompt: tuple[str, ...]
    writing: Writing | None
    verdict: str = ""
    tone: str = "text_muted"
    summary: str = ""
    absent: str = ""

    @property
    def steps(self) -> tuple[Written, ...]:
        """How it wrote."""
        return self.writing.steps if self.writing is not None else ()


class DuelScene:
    """Both lanes on one clock.

    Args:
        left: The left model.
        right: The right model.
    """

    def __init__(self, left: Lane, right: Lane) -> None:
        self.lanes = (left, right)
        count = max(len(left.steps), len(right.steps))
        plan = Sequence("the prompt" if count else "", pause=_REST)
        self._steps = [plan.step(f"step {index + 1}", move=_MOVE) for index in range(count)]
        self._verdict = (
            plan.step("the grammar's verdict", pause=0.6) if left.verdict or right.verdict else None
        )
        self.duration: float = plan.duration if count else 0.0
        self.marks: tuple[Mark, ...] = plan.marks if count else ()

    def turn(self, t: float) -> tuple[int, float]:
        """How many steps are under way or done at a time, and how far the newest has come."""
        count = sum(step.start <= t + 1e-6 for step in self._steps)
        return count, self._steps[count - 1].progress(t) if count else 1.0

    def frame(self, t: float, width: float, height: float) -> list[Shape]:
        """The shapes at time ``t`` in a picture of ``width`` by ``height`` pixels at scale 1."""
        lane = (width - _GAP) / 2
        shapes: list[Shape] = []
        for number, one in enumerate(self.lanes):
            shapes += self._lane(t, one, number, number * (lane + _GAP), lane, height)
        shapes.append(Line(width / 2, 0, width / 2, height, colour="line"))
        return shapes

    def hit(self, t: float, x: float, y: float, width: float, height: float) -> str | None:
        """``written:LANE:INDEX`` under a point."""
        return hit_shapes(self.frame(t, width, height), x, y)

    def time_of(self, index: int) -> float:
        """When a step has come to rest."""
        return self._steps[max(0, min(index, len(self._steps) - 1))].end if self._steps else 0.0

    def _lane(self, t: float, lane: Lane, number: int, x: float, width: float, height: float) -> list[Shape]:
        shapes: list[Shape] = [
            Text(x, 9, lane.title, role="section"),
            Text(x + approximate_width(lane.title) + 18, 9, lane.method, colour="text_muted", role="small"),
        ]
        if lane.writing is None:
            return [*shapes, Text(x, _HEAD + 30, lane.absent, colour="text_muted", width=width, wrap=True)]
        count, moved = self.turn(t)
        done = min(count, len(lane.steps))
        moved = 1.0 if count > len(lane.steps) else moved
        shapes.append(
            Text(x + width, 9, self._count(lane, done), colour="text_muted", role="mono_small", align="right")
        )
        verdict = self._verdict.progress(t) if self._verdict is not None else 0.0
        bars = height >= _SMALLEST_FOR_BARS and bool(lane.steps and lane.steps[0].choices)
        told = _VERDICT if any(one.verdict for one in self.lanes) else 0.0
        foot = told + (_MOST_BARS * _BAR_ROW + 34 if bars else 0.0)
        rows = max(1, int((height - _HEAD - foot) // _PITCH))
        shapes += self._text(lane, number, done, moved, (x, _HEAD, width, rows), verdict)
        if bars and done:
            used = min(rows, max(self._rows(one, width) for one in self.lanes))
            top = _HEAD + used * _PITCH + 34
            row = min(_LARGEST_BAR_ROW, (height - told - top) / _MOST_BARS)
            shapes += self._bars(lane, done, moved, (x, top, width, row))
        if verdict > 0 and lane.verdict:
            below = height - _VERDICT + 12
            shapes += [
                Text(x, below, lane.verdict, colour=lane.tone, width=width, opacity=verdict),
                Text(
                    x,
                    below + 20,
                    lane.summary,
                    colour="text_muted",
                    role="small",
                    width=width,
                    opacity=verdict,
                ),
            ]
        return shapes

    def _rows(self, lane: Lane, width: float) -> int:
        """Rows of chips that the whole text of a lane needs."""
        tokens, _ = self._tokens(lane, len(lane.steps))
        places = flow((*lane.prompt, *tokens), width)
        return places[-1][1] + 1 if places else 1

    def _count(self, lane: Lane, done: int) -> str:
        rounds = bool(lane.steps and lane.steps[0].tokens)
        return f"{'round' if rounds else 'token'} {done} of {len(lane.steps)}"

    def _text(
        self,
        lane: Lane,
        number: int,
        done: int,
        moved: float,
        area: tuple[float, float, float, int],
        verdict: float,
    ) -> list[Shape]:
        """Prompt and what was written so far; what came last stands out, and then what the grammar cannot follow."""
        x, y, width, rows = area
        tokens, fresh = self._tokens(lane, done)
        shown = (*lane.prompt, *tokens)
        places = flow(shown, width)
        if not places:
            return []
        newest = max(fresh, default=len(shown) - 1 - len(lane.prompt)) + len(lane.prompt)
        top = first_row(places[min(newest, len(places) - 1)][1], rows, places[-1][1])
        shapes: list[Shape] = []
        judged = self._judged(lane, tokens) if verdict > 0 else ()
        for index, ((left, row, w), token) in enumerate(zip(places, shown, strict=True)):
            if not top <= row < top + rows:
                continue
            place = index - len(lane.prompt)
            new = place in fresh and verdict < 0.5
            hidden = token == MASK
            fill = "data@0.22" if new and not hidden else "surface_raised" if place < 0 else "accent_soft"
            at = y + (row - top) * _PITCH
            key = f"written:{number}:{done - 1 if lane.steps[0].tokens else place}" if place >= 0 else ""
            if hidden:
                shapes.append(
                    Box(x + left, at, w, _CHIP_HEIGHT, fill="", stroke="accent", radius=5, dashed=True)
                )
            if 0 <= place < len(judged):
                colour = "good" if judged[place] else "bad"
                shapes.append(
                    Box(x + left, at + _CHIP_HEIGHT + 1, w, 3, fill=colour, radius=1.5, opacity=verdict)
                )
            shapes.append(
                Chip(
                    x + left, at, w, _CHIP_HEIGHT, token, fill="" if hidden else fill,
                    stroke="data" if new and not hidden else "",
                    ink="accent" if hidden else "text_muted" if place < 0 else "text",
                    opacity=mix(0.0, 1.0, moved) if new else 1.0, key=key,
                )
            )  # fmt: skip
        return shapes

    def _judged(self, lane: Lane, tokens: Items[str]) -> tuple[bool, ...]:
        """For each token written, whether the grammar could follow the text to its end; () where nobody asked it."""
        writing = lane.writing
        read = writing.fields.get("read") if writing is not None else None
        if writing is None or not isinstance(read, int):
            return ()
        ends: list[int] = []
        if lane.steps and not lane.steps[0].tokens:
            ends = [len(step.text) for step in lane.steps]
        else:
            length = len(writing.prompt)
            for token in tokens:
                length += len(token)
                ends.append(length)
        return tuple(end <= read for end in ends[: len(tokens)])

    def _tokens(self, lane: Lane, done: int) -> tuple[tuple[str, ...], frozenset[int]]:
        """What stands after the prompt after ``done`` steps, and which of it is new."""
        steps = lane.steps
        if steps and steps[0].tokens:
            if not done:
                return (MASK,) * len(steps[0].tokens), frozenset()
            return steps[done - 1].tokens, frozenset(steps[done - 1].filled)
        tokens = tuple(step.token for step in steps[:done])
        fresh = frozenset({done - 1} if done else ())
        if lane.writing is not None and lane.writing.objective == "masked" and done < len(steps):
            tokens = (*tokens, MASK)
        return tokens, fresh

    def _bars(
        self, lane: Lane, done: int, moved: float, place: tuple[float, float, float, float]
    ) -> list[Shape]:
        """What the newest token was drawn from."""
        x, y, width, row = place
        step = lane.steps[done - 1]
        choices = step.choices[:_MOST_BARS]
        before = lane.steps[done - 2].choices[:_MOST_BARS] if done > 1 else choices
        label, value = min(96.0, width * 0.3), 56.0
        shares = [
            mix(before[rank].raw if rank < len(before) else 0.0, choice.raw, moved)
            for rank, choice in enumerate(choices)
        ]
        colours = ["data" if choice.token == step.token else "accent" for choice in choices]
        shapes: list[Shape] = [
            Text(x, y - 16, "It drew this from", colour="text_muted", role="small", width=width),
            Bars(x + label, y, width - label - value, row, shares, colours=colours, thickness=row / 3),
        ]
        faded = clamp(abs(2 * moved - 1))
        for rank, choice in enumerate(choices):
            middle = y + (rank + 0.5) * row
            chip = chip_width(choice.token, label - 10, "mono_small")
            drawn = choice.token == step.token
            shapes += [
                Chip(x + label - 10 - chip, middle - 10, chip, 20, choice.token, role="mono_small",
                     fill="data@0.22" if drawn else "surface_raised", opacity=faded),
                Text(x + width, middle, percent(choice.raw), role="mono_small", align="right",
                     colour="text" if drawn else "text_muted", opacity=faded),
            ]  # fmt: skip
        return shapes


def lane_tokens(prompt: str) -> tuple[str, ...]:
    """A prompt as chips: its words, each with the space before it, as a byte-level BPE would cut them at most."""
    words: Items[str] = prompt.split(" ")
    return tuple(word if index == 0 else f" {word}" for index, word in enumerate(words) if word) or (
        "[start]",
    )
