"""The kinds of schedules as small pictures to choose from. No Qt here."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cache

import numpy as np

from simulator.schedules.kinds import KINDS, NAMES
from simulator.schedules.schedule import Schedule, usual
from widgets.scene.shapes import Box, Dot, Point, Polyline, Shape, Text
from widgets.scene.timeline import PlainScene

COLUMNS = 4
ROWS = -(-len(NAMES) // COLUMNS)
SHORT = {
    "constant": "Constant", "linear": "Linear", "cosine": "Cosine", "cosine-restarts": "Restarts", "wsd": "WSD",
    "inverse-sqrt": "1 / √t", "step": "Step", "exponential": "Exp.", "one-cycle": "1 cycle", "polynomial": "Power",
    "drawn": "Draw",
}  # fmt: skip
"""Words that fit under a small picture."""
_GAP = 4.0
_POINTS = 60
_STEPS = 600


@cache
def outline(kind: str) -> tuple[Point, ...]:
    """The course of a kind in a unit square, upwards from 0."""
    if kind == "drawn":
        schedule = usual("drawn", 1.0, _STEPS).replace(
            points=((0.0, 0.1), (0.15, 1.0), (0.4, 0.55), (0.6, 0.75), (1.0, 0.05))
        )
    else:
        schedule = usual(kind, 1.0, _STEPS)
    return unit_curve(schedule, _POINTS)


def unit_curve(schedule: Schedule, count: int) -> tuple[Point, ...]:
    """A schedule as shares of its steps and its peak."""
    steps = np.linspace(0, schedule.steps, count)
    shares = schedule.rates(steps) / (schedule.peak or 1.0)
    return tuple(zip((steps / schedule.steps).tolist(), shares.tolist(), strict=True))


@dataclass(frozen=True)
class KindScene(PlainScene):
    """A tile for every kind; the one chosen is lit.

    Attributes:
        chosen: Name of the kind that is chosen.
        focused: Whether the keyboard chooses.
    """

    chosen: str
    focused: bool = False
    duration: float = field(default=0.0, init=False)

    def frame(self, t: float, width: float, height: float) -> list[Shape]:
        """The tiles."""
        shapes: list[Shape] = []
        w = (width - _GAP * (COLUMNS - 1)) / COLUMNS
        h = (height - _GAP * (ROWS - 1)) / ROWS
        for index, name in enumerate(NAMES):
            x, y = (index % COLUMNS) * (w + _GAP), (index // COLUMNS) * (h + _GAP)
            shapes += self._tile(name, x, y, w, h)
        return shapes

    def _tile(self, name: str, x: float, y: float, w: float, h: float) -> list[Shape]:
        on = name == self.chosen
        ring = "text" if on and self.focused else "accent" if on else ""
        line = [(x + 8 + (w - 16) * px, y + h - 18 - (h - 26) * py) for px, py in outline(name)]
        shapes: list[Shape] = [
            Box(x=x + 1, y=y + 1, w=w - 2, h=h - 2, fill="accent_soft" if on else "surface_raised", stroke=ring,
                stroke_width=2, radius=6, key=f"kind:{name}"),
            Polyline(points=line, colour="accent" if on else "text_muted", width=1.75),
            Text(x=x + w / 2, y=y + h - 9, text=SHORT[name], role="small", align="center", width=w - 4,
                 colour="text" if on else "text_muted"),
        ]  # fmt: skip
        if name == "drawn":
            shapes += [Dot(x=px, y=py, radius=2, fill="text") for px, py in (line[9], line[24], line[35])]
        return shapes


def kind_hint(key: str) -> str:
    """What a tile stands for."""
    kind = KINDS.get(key.partition(":")[2])
    return f"{kind.title}. {kind.sentence} ({kind.source})" if kind is not None else ""
