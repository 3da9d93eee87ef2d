"""Where the bars, bands, pipes and words of the flow stand, from the funnel and the size alone. No Qt here."""

from __future__ import annotations

from dataclasses import dataclass

from widgets.s01_data.geometry.findings import Drop, Funnel, FunnelStep
from widgets.s01_data.geometry.pipes import Pipe, drop_pipe

BAR_WIDTH = 8.0
OTHERS = "others"
_TITLES = 42.0
_TITLES_Y = 2.0
_SLOT = 32.0
_COMPACT_SLOT = 18.0
_ROOM_FOR_TWO_LINES = 128.0
_WIDTH_FOR_ONE_LINE = 760.0
_ROOMY = 310.0
_STREAM_SHARE = 0.42
_LOW_STREAM_SHARE = 0.37
_TAIL = 84.0
_LEAST_TAIL = 50.0
_PLAIN_COLUMN = 52.0
_PLAIN_SHARE = 0.078
_LEAD = 6.0
_LEAST = 1.5


@dataclass(frozen=True)
class Outflow:
    """A pipe of dropped documents with the place of its words.

    Attributes:
        drop: What leaves; its reason is ``others`` for several.
        top: Where its part of the bar begins, from the top of the bar, pixels.
        thickness: Its part of the bar, pixels.
        pipe: Its way.
        label: Left end of its words, and their middle.
        width: Room of the words.
    """

    drop: Drop
    top: float
    thickness: float
    pipe: Pipe
    label: tuple[float, float]
    width: float


@dataclass(frozen=True)
class Column:
    """One step: its bar, what goes on, and what leaves.

    Attributes:
        step: Its counts.
        x: Left edge of the bar.
        top: Top of the bar.
        height: Height of the bar: what comes in.
        kept: Height of what goes on.
        room: Width up to the next bar.
        outflows: What leaves, from the top.
        notes_at: Where the words of what was changed stand.
    """

    step: FunnelStep
    x: float
    top: float
    height: float
    kept: float
    room: float
    outflows: tuple[Outflow, ...]
    notes_at: tuple[float, float]


@dataclass(frozen=True)
class FlowLayout:
    """The whole picture.

    Attributes:
        columns: The steps.
        compact: Reasons stand in one line each, for there is little height.
        titles_y: Top of the titles.
        right: Width of the picture.
        bottom: Height of the picture.
    """

    columns: tuple[Column, ...]
    compact: bool
    titles_y: float
    right: float
    bottom: float


def lay_out(funnel: Funnel, width: float, height: float) -> FlowLayout:
    """Place everything in a picture of ``width`` by ``height`` pixels at scale 1."""
    top = _TITLES_Y + _TITLES
    stream = max(30.0, (height - top) * (_STREAM_SHARE if height >= _ROOMY else _LOW_STREAM_SHARE))
    whole = max(step.amount for step in funnel.steps)
    scale = stream / whole if whole > 0 else 0.0
    rooms = _rooms(funnel, width, scale)
    below = (top + stream + 12.0, height)
    compact = below[1] - below[0] < _ROOM_FOR_TWO_LINES and width >= _WIDTH_FOR_ONE_LINE
    least = _COMPACT_SLOT if compact else _SLOT
    columns, x = [], 0.0
    for step, room in zip(funnel.steps, rooms, strict=True):
        columns.append(_column(step, x, top, room, scale, least, below))
        x += room
    return FlowLayout(tuple(columns), compact, _TITLES_Y, width, height)


def _rooms(funnel: Funnel, width: float, scale: float) -> list[float]:
    """Columns that lose documents are as wide as their pipes, and share what is left for their words."""
    plain = max(_PLAIN_COLUMN, width * _PLAIN_SHARE)
    losing = [bool(step.drops) for step in funnel.steps[:-1]]
    pipes = [(step.amount - step.passed) * scale + BAR_WIDTH + 2 * _LEAD for step in funnel.steps[:-1]]
    tail = min(_TAIL, max(_LEAST_TAIL, width * _PLAIN_SHARE))
    fixed = sum(pipe if loses else plain for pipe, loses in zip(pipes, losing, strict=True))
    free = max(0.0, width - tail - fixed)
    share = free / sum(losing) if any(losing) else 0.0
    spread = 0.0 if any(losing) else free / len(losing)
    rooms = [pipe + share if loses else plain + spread for pipe, loses in zip(pipes, losing, strict=True)]
    squeeze = min(1.0, (width - tail) / sum(rooms)) if sum(rooms) > 0 else 1.0
    return [*(room * squeeze for room in rooms), tail]


def _column(
    step: FunnelStep,
    x: float,
    top: float,
    room: float,
    scale: float,
    least: float,
    below: tuple[float, float],
) -> Column:
    height, kept = step.amount * scale, step.passed * scale
    drops = _fitting(list(step.drops), scale, least, below[1] - below[0])
    outflows = _outflows(drops, x, top, kept, height, room, scale, least, below)
    return Column(step, x, top, height, kept, room, outflows, (x, below[0] + 10.0))


def _slot(drop: Drop, scale: float, least: float) -> float:
    return max(least, drop.amount * scale + 6.0)


def _fitting(drops: list[Drop], scale: float, least: float, room: float) -> list[Drop]:
    """As many reasons as have room under each other; the rest as one."""
    for count in range(len(drops), 0, -1):
        shown = drops if count == len(drops) else [*drops[: count - 1], _merged(drops[count - 1 :])]
        if sum(_slot(drop, scale, least) for drop in shown) <= room:
            return shown
    return [_merged(drops)] if drops else []


def _merged(drops: list[Drop]) -> Drop:
    if len(drops) == 1:
        return drops[0]
    return Drop(OTHERS, sum(drop.documents for drop in drops), sum(drop.amount for drop in drops))


def _outflows(
    drops: list[Drop], x: float, top: float, kept: float, height: float, room: float, scale: float,
    least: float, below: tuple[float, float],
) -> tuple[Outflow, ...]:  # fmt: skip
    right, turn_y = x + BAR_WIDTH + _LEAD, top + height + 4.0
    end_x = right + (height - kept) + 12.0
    made, offset, slot_y = [], kept, below[0]
    for drop in drops:
        thickness, slot = drop.amount * scale, _slot(drop, scale, least)
        middle = slot_y + slot / 2
        pipe = drop_pipe(
            (x + BAR_WIDTH, top + offset + thickness / 2),
            (right, turn_y),
            (end_x, middle),
            max(_LEAST, thickness),
        )
        label = end_x + 6.0
        made.append(
            Outflow(drop, offset, thickness, pipe, (label, middle), max(24.0, x + room - label - 6.0))
        )
        offset += thickness
        slot_y += slot
    return tuple(made)


def others_of(step: FunnelStep, shown: set[str]) -> int:
    """How many reasons are drawn as one."""
    return sum(1 for drop in step.drops if drop.reason not in shown)
