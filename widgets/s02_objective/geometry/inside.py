"""Inside the model as it learns: attention of every head, one head large, and the tokens' vectors. No Qt here.

Time runs over the training steps at which pictures of the inside were taken; between two of them everything moves.
"""

from __future__ import annotations

import math
from collections.abc import Sequence as Items
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from widgets.s02_objective.geometry.chips import flow
from widgets.s02_objective.geometry.words import percent, visible
from widgets.scene.shapes import Box, Chip, Dot, Grid, Line, Shape, Text, hit_shapes
from widgets.scene.timeline import Mark, Sequence

_MOVE = 0.8
_REST = 0.25
_GAP = 28.0
_HEADING = 26.0
_ROW_LABEL = 16.0
_SHARES = (0.27, 0.4, 0.33)
_MOST_LABELS = 49
_SMALLEST_CELL = 5.5
_SMALLEST_LINE = 11.5
_LABEL_LETTERS = 6
_LETTER = 7.6
_NARROWEST_WITH_POINTS = 760.0


@dataclass(frozen=True, eq=False)
class InsideFrame:
    """The inside of the model at one training step.

    Attributes:
        step: Training step.
        attention: Array (layers, heads, T, T): share of its attention that each query gives to each key; None if
            it was not taken at this step.
        embedding: Array (n, 2): places of the tokens' vectors; None if they were not taken.
    """

    step: int
    attention: npt.NDArray[np.float32] | None
    embedding: npt.NDArray[np.float32] | None


@dataclass(frozen=True)
class Focus:
    """What the user looks at: a layer, a head, and the query whose row is lit."""

    layer: int = 0
    head: int = 0
    query: int = -1


class InsideScene:
    """Attention maps and token vectors over the training steps.

    Args:
        tokens: The T tokens of the text.
        labels: The n tokens whose vectors are drawn.
        frames: What was taken, in order of steps; all of one shape.
        focus: What the user looks at.
    """

    def __init__(
        self, tokens: Items[str], labels: Items[str], frames: Items[InsideFrame], focus: Focus
    ) -> None:
        self.tokens, self.labels = tuple(tokens), tuple(labels)
        self.frames = tuple(frames)
        self.focus = focus
        plan = Sequence(f"step {frames[0].step:,}", pause=_REST)
        self._steps = [plan.step(f"step {frame.step:,}", move=_MOVE) for frame in self.frames[1:]]
        self.duration: float = plan.duration
        self.marks: tuple[Mark, ...] = plan.marks
        points = [frame.embedding for frame in self.frames if frame.embedding is not None]
        every = np.concatenate(points) if points else np.zeros((1, 2), np.float32)
        low, high = every.min(axis=0), every.max(axis=0)
        self._middle, self._half = (low + high) / 2, np.maximum((high - low) / 2, 1e-9)

    # ---- time

    def at(self, t: float) -> tuple[int, int, float]:
        """The frames that time lies between, and how far it has come from the first to the second."""
        index = sum(step.start <= t + 1e-6 for step in self._steps)
        if index == 0:
            return 0, 0, 1.0
        return index - 1, index, self._steps[index - 1].progress(t)

    def time_of(self, step: int) -> float:
        """When the frame of a training step (or the last one before it) has come to rest."""
        index = max(0, sum(frame.step <= step for frame in self.frames) - 1)
        return self.marks[index].time

    def step_at(self, t: float) -> int:
        """The training step shown at a time: the one it moves to."""
        return self.frames[self.at(t)[1]].step

    def attention(self, t: float) -> npt.NDArray[np.float32] | None:
        """Attention at a time, (layers, heads, T, T); None if there is none."""
        return self._between(t, "attention")

    def embedding(self, t: float) -> npt.NDArray[np.float32] | None:
        """Places of the tokens at a time, (n, 2); None if there are none."""
        return self._between(t, "embedding")

    def _between(self, t: float, name: str) -> npt.NDArray[np.float32] | None:
        before, after, share = self.at(t)
        first, second = getattr(self.frames[before], name), getattr(self.frames[after], name)
        if first is None or second is None or first.shape != second.shape or share >= 1:
            found = second if second is not None else first
            return None if found is None else np.asarray(found, np.float32)
        return (first + (second - first) * np.float32(share)).astype(np.float32)

    def share(self, t: float, key: int) -> float:
        """The share of its attention that the lit query gives to a token, 0 to 1."""
        attention = self.attention(t)
        if attention is None or key >= attention.shape[3]:
            return 0.0
        return float(self._row(attention, self.query)[key])

    # ---- picture

    def frame(self, t: float, width: float, height: float) -> list[Shape]:
        """The shapes at time ``t`` in a picture of ``width`` by ``height`` pixels at scale 1."""
        attention = self.attention(t)
        shapes, top = self._text(attention, width)
        points = self.embedding(t) if width >= _NARROWEST_WITH_POINTS else None
        room = height - top
        if attention is None:
            return shapes + self._points(self.embedding(t), (0.0, top, width, room))
        shares = _SHARES if points is not None else _SHARES[:2]
        free = (width - (len(shares) - 1) * _GAP) / sum(shares)
        small, large = free * shares[0], free * shares[1]
        shapes += self._heads(attention, (0.0, top, small, room))
        shapes += self._large(attention, (small + _GAP, top, large, room))
        if points is not None:
            left = small + large + 2 * _GAP
            shapes += self._points(points, (left, top, width - left, room))
        return shapes

    def hit(self, t: float, x: float, y: float, width: float, height: float) -> str | None:
        """``head:LAYER:HEAD:...``, ``look:QUERY:KEY``, ``query:TOKEN`` or ``point:INDEX`` under a point."""
        return hit_shapes(self.frame(t, width, height), x, y)

    def _text(self, attention: npt.NDArray[np.float32] | None, width: float) -> tuple[list[Shape], float]:
        """The text, each token as bright as the query looks at it; and where it ends."""
        query = self.query
        weights = self._row(attention, query) if attention is not None else None
        shapes: list[Shape] = []
        bottom = 0.0
        for index, ((x, row, w), token) in enumerate(zip(flow(self.tokens, width), self.tokens, strict=True)):
            share = float(weights[index]) if weights is not None and index < len(weights) else 0.0
            here = index == query
            y = row * 32.0
            shapes.append(Box(x, y, w, 26, fill="surface_raised", radius=5))
            if share > 0.01:
                shapes.append(Box(x, y, w, 26, fill=f"activations@{min(0.85, share):.3f}", radius=5))
            shapes.append(
                Chip(x, y, w, 26, token, fill="", stroke="data" if here else "", key=f"query:{index}")
            )
            bottom = y + 26
        return shapes, bottom + 14

    @property
    def query(self) -> int:
        """The token whose attention is lit: the one chosen, else the last."""
        return self.focus.query if 0 <= self.focus.query < len(self.tokens) else len(self.tokens) - 1

    def _row(self, attention: npt.NDArray[np.float32], query: int) -> npt.NDArray[np.float32]:
        layer, head = self._chosen(attention)
        return np.asarray(attention[layer, head, min(query, attention.shape[2] - 1)], np.float32)

    def _chosen(self, attention: npt.NDArray[np.float32]) -> tuple[int, int]:
        return min(self.focus.layer, attention.shape[0] - 1), min(self.focus.head, attention.shape[1] - 1)

    def _heads(
        self, attention: npt.NDArray[np.float32], area: tuple[float, float, float, float]
    ) -> list[Shape]:
        """A small map for each head of each layer; a click makes one large."""
        x, y, width, height = area
        layers, heads = attention.shape[:2]
        left, top = x + 22.0, y + _HEADING + _ROW_LABEL
        pitch = min((width - 22) / heads, (height - _HEADING - _ROW_LABEL) / layers)
        side = max(4.0, pitch - 6)
        chosen = self._chosen(attention)
        shapes: list[Shape] = [Text(x, y + 7, "Every head", role="section", width=width)]
        for head in range(heads):
            middle = left + head * pitch + side / 2
            shapes.append(
                Text(middle, top - 8, f"h{head + 1}", colour="text_muted", role="small", align="center")
            )
        for layer in range(layers):
            middle = top + layer * pitch + side / 2
            shapes.append(Text(x, middle, f"L{layer + 1}", colour="text_muted", role="small"))
            for head in range(heads):
                shapes += self._small(attention[layer, head], layer, head, (layer, head) == chosen,
                                      left + head * pitch, top + layer * pitch, side)  # fmt: skip
        return shapes

    def _small(
        self,
        values: npt.NDArray[np.float32],
        layer: int,
        head: int,
        chosen: bool,
        x: float,
        y: float,
        side: float,
    ) -> list[Shape]:
        shapes: list[Shape] = [
            Box(x - 1, y - 1, side + 2, side + 2, fill="surface_raised", radius=3),
            Grid(x, y, side, side, shaded(values), colour="activations", key=f"head:{layer}:{head}"),
        ]
        if chosen:
            shapes.append(
                Box(x - 3, y - 3, side + 6, side + 6, fill="", stroke="accent", stroke_width=2, radius=4)
            )
        return shapes

    def _large(
        self, attention: npt.NDArray[np.float32], area: tuple[float, float, float, float]
    ) -> list[Shape]:
        """The chosen head with the tokens on both axes."""
        x, y, width, height = area
        layer, head = self._chosen(attention)
        count = min(attention.shape[2], len(self.tokens))
        names = [visible(token) for token in self.tokens[:count]]
        letters = min(_LABEL_LETTERS, max(map(len, names), default=1))
        row_room = column_room = letters * _LETTER + 8
        side = max(40.0, min(width - row_room, height - _HEADING - column_room))
        cell = side / count
        labelled = count <= _MOST_LABELS and cell >= _SMALLEST_CELL
        if not labelled:
            row_room = column_room = 0.0
            side = max(40.0, min(width, height - _HEADING))
            cell = side / count
        left, top = x + row_room, y + _HEADING + column_room
        shapes: list[Shape] = [
            Text(x, y + 7, f"Layer {layer + 1}, head {head + 1}", role="section", width=width),
            Text(x + width, y + 7, "row looks at column", colour="text_muted", role="small", align="right"),
            Box(left - 1, top - 1, side + 2, side + 2, fill="surface_raised", radius=3),
            Grid(
                left,
                top,
                side,
                side,
                shaded(attention[layer, head, :count, :count]),
                colour="activations",
                gap=1.0 if count <= 32 else 0.0,
                radius=1.5,
                key="look",
            ),
        ]
        if labelled:
            shapes += self._axes(names, letters, left, top, cell)
        query = min(self.query, count - 1)
        shapes.append(
            Box(
                left - 1,
                top + query * cell - 1,
                side + 2,
                cell + 2,
                fill="",
                stroke="data",
                stroke_width=1.5,
                radius=2,
            )
        )
        return shapes

    def _axes(self, names: Items[str], letters: int, left: float, top: float, cell: float) -> list[Shape]:
        """Tokens along the rows and, turned, above the columns."""
        shapes: list[Shape] = []
        query = min(self.query, len(names) - 1)
        every = max(1, math.ceil(_SMALLEST_LINE / cell))
        for index, name in enumerate(names):
            if index != query and (index % every or abs(index - query) < every):
                continue  # too close together to be read: the lit one always stands, its neighbours make room
            short = name if len(name) <= letters else name[: letters - 1] + "…"
            ink = "text" if index == query else "text_muted"
            middle = (index + 0.5) * cell
            shapes.append(Text(left - 6, top + middle, short, colour=ink, role="mono_small", align="right"))
            shapes.append(Text(left + middle, top - 6, short, colour=ink, role="mono_small", turned=True))
        return shapes

    def _points(
        self, points: npt.NDArray[np.float32] | None, area: tuple[float, float, float, float]
    ) -> list[Shape]:
        """The tokens' vectors, projected to the plane; those of the text stand out."""
        x, y, width, height = area
        shapes: list[Shape] = [
            Text(x, y + 7, "Token vectors, in two dimensions", role="section", width=width)
        ]
        if points is None:
            words = "Vectors were not recorded for this run."
            return [*shapes, Text(x, y + 40, words, colour="text_muted", role="small", width=width)]
        top, room = y + _HEADING, height - _HEADING
        scale = min((width / 2 - 26) / float(self._half[0]), (room / 2 - 12) / float(self._half[1]))
        centre_x = x + width / 2 - 10 - float(self._middle[0]) * scale
        centre_y = top + room / 2 + float(self._middle[1]) * scale
        if x < centre_x < x + width:
            shapes.append(Line(centre_x, top, centre_x, top + room, colour="line@0.5"))
        if top < centre_y < top + room:
            shapes.append(Line(x, centre_y, x + width, centre_y, colour="line@0.5"))
        own = {token.strip() for token in self.tokens}
        taken: list[tuple[float, float, float]] = []
        order = sorted(range(len(points)), key=lambda index: self.labels[index].strip() not in own)
        for index in order:
            px = centre_x + float(points[index, 0]) * scale
            py = centre_y - float(points[index, 1]) * scale
            known = self.labels[index].strip() in own
            shapes.append(
                Dot(
                    px,
                    py,
                    4.0 if known else 2.5,
                    fill="data" if known else "parameters@0.55",
                    key=f"point:{index}",
                )
            )
            label = visible(self.labels[index])
            if self._fits(px, py, len(label) * 7.4, taken, x + width):
                taken.append((px, py, len(label) * 7.4))
                shapes.append(
                    Text(px + 7, py, label, colour="text" if known else "text_muted", role="mono_small")
                )
        return shapes

    def _fits(
        self, x: float, y: float, width: float, taken: Items[tuple[float, float, float]], right: float
    ) -> bool:
        """Whether a label has room: it keeps off those before it and stays inside."""
        if x + 7 + width > right:
            return False
        return all(
            abs(y - other_y) > 13 or x > other_x + other_width + 12 or other_x > x + width + 12
            for other_x, other_y, other_width in taken
        )


def shaded(values: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    """Attention as brightness: the root of the share, so that small shares can be seen; rows sum to 1 before it."""
    return np.sqrt(np.clip(values, 0.0, 1.0)).astype(np.float32)


def aligned(frames: Items[InsideFrame]) -> list[InsideFrame]:
    """Frames whose vectors are turned (and mirrored) to lie as near as can be to those before.

    A projection is only known up to that; without it the points would jump between steps (Schönemann 1966).
    """
    turned: list[InsideFrame] = []
    before: npt.NDArray[np.float32] | None = None
    for frame in frames:
        points = frame.embedding
        if points is not None and before is not None and before.shape == points.shape:
            left, _, right = np.linalg.svd(points.T @ before)
            points = (points @ (left @ right)).astype(np.float32)
        before = points if points is not None else before
        turned.append(InsideFrame(frame.step, frame.attention, points))
    return turned


def look_words(scene: InsideScene, t: float, query: int, key: int) -> str:
    """The words for one cell of the large map."""
    attention = scene.attention(t)
    if attention is None or max(query, key) >= min(attention.shape[2], len(scene.tokens)):
        return ""
    layer, head = scene._chosen(attention)
    share = float(attention[layer, head, query, key])
    asking, asked = scene.tokens[query].strip(), scene.tokens[key].strip()
    return f"“{asking}” gives “{asked}” {percent(share)} of its attention"
