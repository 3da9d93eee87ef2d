"""What the model expects at one place, as bars on their way from what it expected before. No Qt here."""

from __future__ import annotations

from collections.abc import Sequence

from widgets.s02_objective.geometry.words import percent, visible
from widgets.s02_objective.reading import TOP, Candidate
from widgets.scene.shapes import Bars, Chip, Shape, Text, approximate_width
from widgets.scene.timeline import mix

HEADING = 28.0
_VALUE = 62.0


def candidate_bars(
    before: Sequence[Candidate],
    now: Sequence[Candidate],
    progress: float,
    area: tuple[float, float, float, float],
) -> list[Shape]:
    """Chips, bars and shares of the likeliest tokens.

    Args:
        before: The candidates from which the bars come.
        now: Those to which they go.
        progress: How far they are, 0 to 1.
        area: x, y, width and height.
    """
    x, y, width, height = area
    ranks = max(1, min(TOP, int(height // 15)))
    before, now = before[:ranks], now[:ranks]
    row = min(46.0, height / ranks)
    shown = now if progress >= 0.5 else before
    faded = abs(2 * progress - 1) if tuple(before) != tuple(now) else 1.0
    label = min(120.0, width * 0.3)
    shares = [
        mix(_share(before, rank), _share(now, rank), progress) for rank in range(max(len(before), len(now)))
    ]
    colours = ["good" if rank < len(shown) and shown[rank].true else "accent" for rank in range(len(shares))]
    shapes: list[Shape] = [
        Bars(
            x + label,
            y,
            width - label - _VALUE,
            row,
            shares,
            colours=colours,
            thickness=min(18.0, row * 0.5),
            key="candidate",
        )
    ]
    for rank, candidate in enumerate(shown):
        middle = y + (rank + 0.5) * row
        ink = "good" if candidate.true else "text"
        chip_height = min(24.0, row - 3)
        chip = min(label - 10, approximate_width(visible(candidate.token), "mono") + 14)
        shapes += [
            Chip(x + label - 10 - chip, middle - chip_height / 2, chip, chip_height, candidate.token,
                 fill="good@0.16" if candidate.true else "surface_raised", ink=ink, opacity=faded,
                 key=f"candidate:{rank}"),
            Text(x + width, middle, percent(candidate.probability), colour=ink, role="mono", align="right",
                 opacity=faded),
        ]  # fmt: skip
    return shapes


def _share(candidates: Sequence[Candidate], rank: int) -> float:
    return candidates[rank].probability if rank < len(candidates) else 0.0
