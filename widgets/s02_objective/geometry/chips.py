"""Where the chips of a text lie, and how they move from one arrangement to another. No Qt here."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from widgets.s02_objective.geometry.words import chip_width
from widgets.s02_objective.origins import NONE
from widgets.scene.timeline import mix

CHIP_GAP = 4.0

Who = tuple[str, int]
"""What a chip is, whatever its place: ("token", index in the text) or ("special", running number)."""


@dataclass(frozen=True)
class Spot:
    """A chip in rows of chips.

    Attributes:
        x: Left edge.
        row: Row, whole at rest.
        w: Width.
        text: What it shows.
        index: Its place in what the model sees; -1 for one that is not there.
        opacity: 0 to 1.
    """

    x: float
    row: float
    w: float
    text: str
    index: int
    opacity: float = 1.0


def flow(tokens: Sequence[str], width: float, under: Sequence[str] = ()) -> list[tuple[float, int, float]]:
    """Chips from left to right in as many rows as they need: (x, row, width) of each.

    Args:
        tokens: What they show.
        width: Width of a row.
        under: Small words under each, for which a chip is as wide as they need; () for none.
    """
    places: list[tuple[float, int, float]] = []
    x, row = 0.0, 0
    for index, token in enumerate(tokens):
        least = chip_width(under[index], width, "mono_small") - 8 if index < len(under) else 0.0
        chip = max(chip_width(token, width), least)
        if x > 0 and x + chip > width:
            x, row = 0.0, row + 1
        places.append((x, row, chip))
        x += chip + CHIP_GAP
    return places


def arrangement(
    tokens: Sequence[str], origins: Sequence[int], width: float, under: Sequence[str] = ()
) -> dict[Who, Spot]:
    """The chips of what the model sees, each with what it is; the rest as in :func:`flow`."""
    spots: dict[Who, Spot] = {}
    specials = 0
    for index, (token, origin, (x, row, w)) in enumerate(
        zip(tokens, origins, flow(tokens, width, under), strict=True)
    ):
        who: Who = ("token", origin)
        if origin == NONE:
            who, specials = ("special", specials), specials + 1
        spots[who] = Spot(x, row, w, token, index)
    return spots


def mixed(before: Mapping[Who, Spot], after: Mapping[Who, Spot], share: float) -> dict[Who, Spot]:
    """The chips on their way: those in both move, those in one of them fade."""
    if share >= 1:
        return dict(after)
    if share <= 0:
        return dict(before)
    moved: dict[Who, Spot] = {}
    for who, spot in after.items():
        old = before.get(who)
        if old is None:
            moved[who] = replace(spot, opacity=spot.opacity * share)
            continue
        moved[who] = Spot(
            mix(old.x, spot.x, share),
            mix(old.row, spot.row, share),
            mix(old.w, spot.w, share),
            spot.text if share >= 0.5 else old.text,
            spot.index,
            mix(old.opacity, spot.opacity, share),
        )
    for who, spot in before.items():
        if who not in after:
            moved[who] = replace(spot, opacity=spot.opacity * (1 - share), index=-1)
    return moved


def first_row(row: float, rows: int, last: float) -> float:
    """The topmost row in sight when ``row`` must be, and ``rows`` fit."""
    return max(0.0, min(row - rows // 2, last - rows + 1))
