"""Sums that grow while time runs: 0.1 added ten thousand times in each format, and rounding at random."""

from __future__ import annotations

from collections.abc import Sequence as Several

import numpy as np

from widgets.s04_precision.geometry.number import value_words
from widgets.s04_precision.geometry.sums import COUNT, TERM, Curve, drift_curves, random_curves
from widgets.scene.shapes import Box, Dot, Line, Polyline, Shape, Text
from widgets.scene.timeline import Mark, PlainScene, clamp

_SECONDS = 8.0
_POINTS = 220
_LEFT, _BOTTOM, _TOP = 52.0, 34.0, 12.0
_LINE_GAP = 19.0


class SumScene(PlainScene):
    """Curves of sums; time is how many additions are done.

    Args:
        curves: What is drawn; those with the same label are one family, told of by its mean.
        count: Additions in all.
        term: What is added.
        stops: Counts at which something happens, with words.
    """

    def __init__(
        self, curves: Several[Curve], count: int, term: float, stops: Several[tuple[int, str]]
    ) -> None:
        self.curves, self.count, self.term = tuple(curves), count, term
        self.duration = _SECONDS
        ends = [*stops, (count, f"After {count:,} additions")]
        self.marks = (
            Mark(0.0, f"Add {value_words(term)} again and again"),
            *(Mark(self.time_of(stop), words) for stop, words in sorted(ends)),
        )
        self._top = 1.04 * max(term * count, max(float(curve.sums.max()) for curve in self.curves))
        self._families = list(dict.fromkeys(curve.label for curve in self.curves))

    def time_of(self, done: int) -> float:
        """When so many additions are done."""
        return _SECONDS * done / self.count

    def done_at(self, t: float) -> int:
        """Additions done at a time."""
        return round(clamp(t / _SECONDS) * self.count)

    def frame(self, t: float, width: float, height: float) -> list[Shape]:
        """Axes, the true sum, the curves so far, and their values."""
        done = self.done_at(t)
        side = 250.0 if width > 700 else 206.0
        x, y, w, h = _LEFT, _TOP, width - _LEFT - side - 18.0, height - _TOP - _BOTTOM
        shapes = self._axes(x, y, w, h)
        shapes.append(Line(x1=x, y1=y + h, x2=x + w, y2=y + h * (1 - self.term * self.count / self._top),
                           colour="text_muted", dashed=True))  # fmt: skip
        for curve in reversed(self.curves):
            shapes += self._curve(curve, done, x, y, w, h)
        return [*shapes, *self._values(done, x + w + 22, y, side - 8, h)]

    def _axes(self, x: float, y: float, w: float, h: float) -> list[Shape]:
        shapes: list[Shape] = []
        full = self.term * self.count
        for share in (0.0, 0.25, 0.5, 0.75, 1.0):
            at = y + h * (1 - share * full / self._top)
            shapes.append(Line(x1=x, y1=at, x2=x + w, y2=at, colour="line"))
            shapes.append(
                Text(
                    x=x - 8,
                    y=at,
                    text=f"{share * full:,.0f}",
                    colour="text_muted",
                    role="small",
                    align="right",
                )
            )
            across = x + share * w
            words = f"{share * self.count:,.0f}" + (" additions" if share == 0 else "")
            align = "left" if share == 0 else "right" if share == 1 else "center"
            shapes.append(
                Text(x=across, y=y + h + 16, text=words, colour="text_muted", role="small", align=align)
            )
        return shapes

    def _curve(self, curve: Curve, done: int, x: float, y: float, w: float, h: float) -> list[Shape]:
        if done < 1:
            return []
        picks = np.unique(np.linspace(0, done, min(_POINTS, done + 1)).astype(int))
        points = [
            (x + w * int(n) / self.count, y + h * (1 - float(value) / self._top))
            for n, value in zip(picks, curve.sums[picks], strict=True)
        ]
        family = sum(other.label == curve.label for other in self.curves) > 1
        line = Polyline(points=points, colour=f"{curve.colour}@0.45" if family else curve.colour,
                        width=1.25 if family else 2.25)  # fmt: skip
        return (
            [line] if family else [line, Dot(x=points[-1][0], y=points[-1][1], radius=3.5, fill=curve.colour)]
        )

    def _values(self, done: int, x: float, y: float, w: float, h: float) -> list[Shape]:
        true = self.term * done
        gap = min(_LINE_GAP * 1.6, (h - 40) / (len(self._families) + 1) / 2)
        shapes: list[Shape] = [
            Text(x=x, y=y + 6, text=f"{done:,} × {value_words(self.term)}", role="section"),
            Text(x=x + w, y=y + 6, text=f"{true:,.1f}", role="mono", align="right"),
        ]
        top = y + 34
        step = max(min(2 * gap, 44.0), 17.0)
        for index, label in enumerate(self._families):
            own = [curve for curve in self.curves if curve.label == label]
            value = float(np.mean([curve.sums[done] for curve in own]))
            at = top + index * step
            off = abs(value - true) > 0.02 * max(true, 1.0)
            shapes.append(Box(x=x, y=at - 4, w=10, h=8, fill=own[0].colour, radius=2))
            words = label if len(own) == 1 else f"{label}, mean of {len(own)}"
            shapes.append(Text(x=x + 18, y=at, text=words, role="small", width=w - 82))
            shapes.append(Text(x=x + w, y=at, text=f"{value:,.2f}", role="mono_small", align="right",
                               colour="bad" if off else "text"))  # fmt: skip
        return shapes


def drift_scene() -> SumScene:
    """Every format and remedy; it stops where FP16 and BF16 stop growing."""
    curves = drift_curves()
    stops = []
    for key, title in (("bf16", "BF16"), ("fp16", "FP16")):
        stuck = stuck_at(next(curve for curve in curves if curve.key == key))
        if stuck is not None:
            held = next(curve for curve in curves if curve.key == key).sums[-1]
            stops.append((stuck, f"{title} is stuck at {value_words(float(held))}: 0.1 is below half a step"))
    return SumScene(curves, COUNT, TERM, stops)


def random_scene() -> SumScene:
    """BF16 to nearest and at random."""
    curves = random_curves()
    stuck = stuck_at(curves[0])
    stops = [] if stuck is None else [(stuck, "To nearest, every addition is rounded away from here on")]
    return SumScene(curves, len(curves[0].sums) - 1, TERM, stops)


def stuck_at(curve: Curve) -> int | None:
    """The first addition that changed nothing any more, None if the last one still did."""
    sums = curve.sums
    if len(sums) < 2 or sums[-1] != sums[-2]:
        return None
    return int(np.argmax(sums == sums[-1]))
