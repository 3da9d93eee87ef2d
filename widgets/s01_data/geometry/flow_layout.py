"""Where the bars, bands, pipes and words of the flow stand, from the funnel and the size alone. No Qt here."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from widgets.s01_data.geometry.findings import TRIMMED, Drop, Funnel, FunnelStep, amount_words, trimmed_words
from widgets.s01_data.geometry.flow_words import plain_reason
from widgets.s01_data.geometry.pipes import Pipe, drop_pipe
from widgets.scene.shapes import approximate_width

BAR_WIDTH = 8.0
OTHERS = "others"
_TITLES = 42.0
_TITLES_Y = 2.0
_SLOT = 32.0
_COMPACT_SLOT = 17.0
_ROOM_FOR_TWO_LINES = 128.0
_WIDTH_FOR_ONE_LINE = 760.0
_ROOMY = 310.0
_STREAM_SHARE = 0.42
_LOW_STREAM_SHARE = 0.31
_BESIDE_PIPE = 9.0
_LETTERS_SHARE = 0.9  # widths are guessed generously
_SHARE_WORDS = " · 10 %"
_TAIL = 84.0
_LEAST_TAIL = 50.0
_PLAIN_COLUMN = 52.0
_PLAIN_SHARE = 0.069
_UNDER_NEXT_BAR = 5.0
_LEAD = 6.0
_LEAST = 1.5
_MAIN_REASONS, _FIRST_REASONS = 6, 3


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

    def words_end(self, y: float) -> float:
        """How far right the words of reasons reach at a height, give or take a line."""
        near = 15.0 if self.compact else 24.0
        return max(
            (flow.label[0] + flow.width for column in self.columns for flow in column.outflows
             if abs(flow.label[1] - y) < near),
            default=0.0,
        )  # fmt: skip


def lay_out(
    funnel: Funnel, width: float, height: float, words: Callable[[str], str] = plain_reason
) -> FlowLayout:
    """Place everything in a picture of ``width`` by ``height`` pixels at scale 1.

    Args:
        funnel: The counts.
        width: Width of the picture.
        height: Its height.
        words: From the key of a reason to words for it: columns are as wide as these need.
    """
    top = _TITLES_Y + _TITLES
    stream = max(30.0, (height - top) * (_STREAM_SHARE if height >= _ROOMY else _LOW_STREAM_SHARE))
    whole = max(step.amount for step in funnel.steps)
    scale = stream / whole if whole > 0 else 0.0
    below = (top + stream + 10.0, height)
    compact = _in_one_line(funnel, width, scale, below[1] - below[0], words)
    rooms = _rooms(funnel, width, scale, _wants(funnel, words, compact))
    least = _COMPACT_SLOT if compact else _SLOT
    columns, x = [], 0.0
    for step, room in zip(funnel.steps, rooms, strict=True):
        columns.append(_column(step, x, top, room, scale, least, below))
        x += room
    return FlowLayout(tuple(columns), compact, _TITLES_Y, width, height)


def _in_one_line(
    funnel: Funnel, width: float, scale: float, height: float, words: Callable[[str], str]
) -> bool:
    """Whether a reason and its count stand beside each other: in low pictures, and where else some had no room."""
    if width >= _WIDTH_FOR_ONE_LINE and height < _ROOM_FOR_TWO_LINES:
        return True
    all_shown = all(
        sum(_slot(drop, scale, _SLOT) for drop in step.drops) <= height for step in funnel.steps if step.drops
    )
    wanted = sum(_wants(funnel, words, True, _FIRST_REASONS))
    return not all_shown and wanted <= _free(funnel, width, scale)[0]


def _wants(
    funnel: Funnel, words: Callable[[str], str], compact: bool, most: int = _MAIN_REASONS
) -> list[float]:
    """The width that the words of each step's main reasons need; 0 for one that loses nothing."""
    wants = []
    for step in funnel.steps[:-1]:
        widths = [0.0]
        for drop in step.drops[:most]:
            told = trimmed_words(step.key) if drop.reason == TRIMMED else words(drop.reason)
            size = amount_words(drop.amount, funnel.unit)
            lines = (f"{size} {told}",) if compact else (told, size + _SHARE_WORDS)
            widths += [approximate_width(line, "small") * _LETTERS_SHARE + _BESIDE_PIPE for line in lines]
        wants.append(max(widths))
    return wants


def _free(funnel: Funnel, width: float, scale: float) -> tuple[float, list[float], float]:
    """The width that is left for words; what each pipe or plain column takes, and the end."""
    plain = max(_PLAIN_COLUMN, width * _PLAIN_SHARE)
    tail = min(_TAIL, max(_LEAST_TAIL, width * _PLAIN_SHARE))
    pipes = [
        (step.amount - step.passed) * scale + BAR_WIDTH + 2 * _LEAD if step.drops else plain
        for step in funnel.steps[:-1]
    ]
    return max(0.0, width - tail - sum(pipes)), pipes, tail


def _rooms(funnel: Funnel, width: float, scale: float, wants: list[float]) -> list[float]:
    """Columns that lose documents are as wide as their pipes and their words; what is left, they share."""
    free, pipes, tail = _free(funnel, width, scale)
    losing = sum(1 for want in wants if want > 0)
    given = _shared_out(free, wants)
    spare = (free - sum(given)) / (losing or len(wants))
    given = [room + spare if room > 0 or not losing else 0.0 for room in given]
    rooms = [pipe + room for pipe, room in zip(pipes, given, strict=True)]
    squeeze = min(1.0, (width - tail) / sum(rooms)) if sum(rooms) > 0 else 1.0
    return [*(room * squeeze for room in rooms), tail]


def _shared_out(free: float, wants: list[float]) -> list[float]:
    """Those who want little get it; those who want more share the rest evenly."""
    given = [0.0] * len(wants)
    order = sorted(range(len(wants)), key=wants.__getitem__)
    for place, index in enumerate(order):
        given[index] = min(wants[index], free / (len(order) - place))
        free -= given[index]
    return given


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
    return Column(step, x, top, height, kept, room, outflows, (x + BAR_WIDTH + 2.0, below[0] + 10.0))


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
    end_x = right + (height - kept) + 9.0
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
        label = end_x + 5.0
        made.append(
            Outflow(
                drop, offset, thickness, pipe, (label, middle), max(24.0, x + room - label + _UNDER_NEXT_BAR)
            )
        )
        offset += thickness
        slot_y += slot
    return tuple(made)


def others_of(step: FunnelStep, shown: set[str]) -> int:
    """How many reasons are drawn as one."""
    return sum(1 for drop in step.drops if drop.reason not in shown)
