"""The S-curve of locality-sensitive hashing: how likely two texts meet, by how alike they are. No Qt here."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from simulator.s01_data.minhash import match_probability, threshold
from widgets.s01_data.geometry.axes import UnitAxes
from widgets.s01_data.geometry.findings import list_of, mapping_of, real, whole
from widgets.scene.shapes import Dot, Line, Polyline, Shape, Text, approximate_width
from widgets.scene.timeline import PlainScene

_POINTS = 101
_LETTERS = 0.85


@dataclass(frozen=True)
class MeasuredCurve:
    """What a run measured on its own documents.

    Attributes:
        bands: Bands that it used.
        rows: Rows in a band.
        points: (similarity, share of pairs that met, pairs) of each class of similarity.
    """

    bands: int
    rows: int
    points: tuple[tuple[float, float, int], ...]


def measured_curve(fields: Mapping[str, Any]) -> MeasuredCurve | None:
    """Read the record ``s_curve``; None when there is nothing in it."""
    fields = mapping_of(fields)
    rows = zip(
        list_of(fields.get("similarity")), list_of(fields.get("measured")), list_of(fields.get("pairs")),
        strict=False,
    )  # fmt: skip
    points = tuple(
        (float(similarity), float(share), whole(pairs))
        for similarity, share, pairs in rows
        if real(similarity) is not None and real(share) is not None and whole(pairs) > 0
        if 0 <= similarity <= 1 and 0 <= share <= 1
    )
    bands, size = whole(fields.get("bands")), whole(fields.get("rows"))
    return MeasuredCurve(bands, size, points) if points and bands and size else None


class SCurveScene(PlainScene):
    """The curve for the bands and rows chosen, the pair on show, and what the run measured.

    Args:
        bands: Bands chosen.
        rows: Rows chosen.
        similarity: Jaccard similarity of the pair on show, or None.
        measured: What the run measured, or None.
    """

    def __init__(
        self, bands: int, rows: int, similarity: float | None = None, measured: MeasuredCurve | None = None
    ) -> None:
        self.bands, self.rows, self.similarity = bands, rows, similarity
        self.measured = measured

    def frame(self, t: float, width: float, height: float) -> list[Shape]:
        """The plot; ``t`` plays no part."""
        axes = UnitAxes(width, height)
        shapes = axes.shapes("Jaccard similarity")
        at = threshold(self.bands, self.rows)
        same = self.measured is not None and (self.measured.bands, self.measured.rows) == (
            self.bands,
            self.rows,
        )
        if self.measured is not None and not same:
            shapes.append(self._curve(axes, self.measured.bands, self.measured.rows, "text_muted", True))
        shapes.append(self._curve(axes, self.bands, self.rows, "accent", False))
        shapes += self._points(axes)
        shapes += [
            Line(axes.x(at), axes.y(0), axes.x(at), axes.y(0.5), colour="text_muted", dashed=True),
            self._beside(axes, at, f"half at {at:.2f}", "text_muted"),
        ]
        return shapes + self._pair(axes)

    def _curve(self, axes: UnitAxes, bands: int, rows: int, colour: str, dashed: bool) -> Shape:
        values = [index / (_POINTS - 1) for index in range(_POINTS)]
        points = [(axes.x(value), axes.y(match_probability(value, bands, rows))) for value in values]
        return Polyline(points, colour=colour, width=1.5 if dashed else 2.0, dashed=dashed)

    def _points(self, axes: UnitAxes) -> list[Shape]:
        """Measured shares, with a bar of two standard errors where pairs are few."""
        shapes: list[Shape] = []
        for similarity, share, pairs in self.measured.points if self.measured is not None else ():
            expected = match_probability(similarity, self.measured.bands, self.measured.rows)
            error = 2 * (expected * (1 - expected) / pairs) ** 0.5
            x = axes.x(similarity)
            low, high = max(0.0, share - error), min(1.0, share + error)
            if high - low > 0.02:
                shapes.append(Line(x, axes.y(low), x, axes.y(high), colour="data@0.7"))
            shapes.append(
                Dot(x, axes.y(share), 3.5, fill="data", key=f"class:{similarity:.3f}:{share:.3f}:{pairs}")
            )
        return shapes

    def _pair(self, axes: UnitAxes) -> list[Shape]:
        if self.similarity is None:
            return []
        similarity = min(1.0, max(0.0, self.similarity))
        chance = match_probability(similarity, self.bands, self.rows)
        x, y = axes.x(similarity), axes.y(chance)
        return [
            Line(x, axes.y(0), x, y, colour="accent", dashed=True),
            Dot(x, y, 5.5, fill="accent", stroke="surface"),
        ]

    def _beside(self, axes: UnitAxes, value: float, words: str, colour: str) -> Shape:
        """Words at the right of an upright line, under the curve; without room there, at its left, above the curve."""
        left = axes.x(value) + 6 + _LETTERS * approximate_width(words, "small") > axes.width
        return Text(axes.x(value) + (-6 if left else 6), axes.y(0.62 if left else 0.07), words, colour=colour,
                    role="small", align="right" if left else "left")  # fmt: skip
