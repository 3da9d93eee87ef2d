"""What a scene is made of: plain frozen shapes, without Qt, in pixels at scale 1.

The canvas divides its size by the theme's scale before it asks for a frame, and paints the frame that much
larger: a scene never thinks about scale. Colours are token names of the theme; ``"parameters@0.3"`` is 30 %
opaque, ``""`` is none. A shape with a ``key`` can be clicked and hovered.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy.typing as npt

Align = Literal["left", "center", "right"]
Vertical = Literal["top", "middle", "bottom"]
Point = tuple[float, float]

_EM = {"title": 24, "section": 14, "body": 14, "small": 12, "number": 24, "mono": 13, "mono_small": 12}


def approximate_width(text: str, role: str = "body") -> float:
    """A generous guess of a text's width, for geometry that must not know Qt; the painter elides."""
    return len(text) * _EM[role] * 0.61


@dataclass(frozen=True, kw_only=True, slots=True)
class Shape:
    """Base of all shapes.

    Attributes:
        opacity: 0 (not there) to 1.
        key: What a click on it means; "" for a shape that cannot be clicked.
    """

    opacity: float = 1.0
    key: str = ""


@dataclass(frozen=True, slots=True)
class Box(Shape):
    """A rectangle with round corners."""

    x: float
    y: float
    w: float
    h: float
    fill: str = "surface_raised"
    stroke: str = ""
    stroke_width: float = 1.0
    radius: float = 8.0
    dashed: bool = False


@dataclass(frozen=True, slots=True)
class Text(Shape):
    """One line of text; with ``wrap`` several. ``align`` and ``vertical`` say what of it lies at ``x, y``.

    Attributes:
        width: If above 0, longer text is cut with an ellipsis, or wrapped.
        role: A type role of the theme.
        turned: Whether it is read from the bottom up, turned around ``x, y``: its left end is then its lower one.
    """

    x: float
    y: float
    text: str
    colour: str = "text"
    role: str = "body"
    align: Align = "left"
    vertical: Vertical = "middle"
    width: float = 0.0
    wrap: bool = False
    turned: bool = False


@dataclass(frozen=True, slots=True)
class Line(Shape):
    """A straight line."""

    x1: float
    y1: float
    x2: float
    y2: float
    colour: str = "line"
    width: float = 1.0
    dashed: bool = False


@dataclass(frozen=True, slots=True)
class Polyline(Shape):
    """A line through several points; ``fill`` colours what it encloses."""

    points: Sequence[Point]
    colour: str = "accent"
    width: float = 1.5
    dashed: bool = False
    fill: str = ""


@dataclass(frozen=True, slots=True)
class Arrow(Shape):
    """A thin arrow from the first point to the second, by way of ``via``, with rounded bends.

    Attributes:
        progress: How much of the way is drawn, 0 to 1.
    """

    x1: float
    y1: float
    x2: float
    y2: float
    colour: str = "text_muted"
    width: float = 1.25
    head: float = 6.0
    via: tuple[Point, ...] = ()
    progress: float = 1.0
    dashed: bool = False


@dataclass(frozen=True, slots=True)
class Dot(Shape):
    """A filled circle around ``x, y``."""

    x: float
    y: float
    radius: float = 4.0
    fill: str = "accent"
    stroke: str = ""


@dataclass(frozen=True, slots=True)
class Polygon(Shape):
    """A filled area with straight edges; a click in it means it, at its edges and nowhere else."""

    points: Sequence[Point]
    fill: str = "accent"
    stroke: str = ""
    stroke_width: float = 1.0


@dataclass(frozen=True, slots=True)
class Ribbon(Shape):
    """A flow between two upright spans, with smooth edges: a band of a Sankey diagram.

    Attributes:
        x1: Where it begins.
        top1: Upper end of the span that it begins at.
        bottom1: Lower end of that span.
        x2: Where it ends, right of ``x1``.
        top2: Upper end of the span that it ends at.
        bottom2: Lower end of that span.
        colour: Token of its colour.
        end_colour: Token that it changes to on its way; "" for one colour.
        progress: How far it has flowed, 0 to 1.
    """

    x1: float
    top1: float
    bottom1: float
    x2: float
    top2: float
    bottom2: float
    colour: str = "data@0.5"
    end_colour: str = ""
    progress: float = 1.0

    def edges_at(self, x: float) -> tuple[float, float] | None:
        """Its upper and lower edge at a place across; None beside it.

        The edges are cubic Bezier curves with level ends: across 1.5 t - 1.5 t^2 + t^3, down 3 t^2 - 2 t^3.
        """
        width = self.x2 - self.x1
        if width <= 0 or not 0 <= (x - self.x1) / width <= self.progress:
            return None
        share, low, high = (x - self.x1) / width, 0.0, 1.0
        for _ in range(30):
            t = (low + high) / 2
            low, high = (t, high) if t * (1.5 + t * (t - 1.5)) < share else (low, t)
        down = t * t * (3 - 2 * t)
        return self.top1 + down * (self.top2 - self.top1), self.bottom1 + down * (self.bottom2 - self.bottom1)


@dataclass(frozen=True, slots=True, eq=False)
class Image(Shape):
    """A small array as pixels through a colour ramp, each pixel a sharp rectangle.

    Attributes:
        values: Array (rows, columns); not to be changed later, its picture is kept. NaN pixels stay empty.
        ramp: ``sequential``, ``diverging`` or a colour token (from the raised surface to it).
        low: Value of the lowest colour.
        high: Value of the highest colour.
    """

    x: float
    y: float
    w: float
    h: float
    values: npt.NDArray[Any]
    ramp: str = "sequential"
    low: float = 0.0
    high: float = 1.0


@dataclass(frozen=True, slots=True, eq=False)
class Grid(Shape):
    """A matrix as coloured cells.

    Attributes:
        values: Array (rows, columns); not to be changed later, its picture is kept. NaN cells stay empty.
        colour: Token of the highest value.
        low_colour: Token of the lowest value: a map that diverges from the middle of ``low`` and ``high``.
        low: Value of the lowest colour.
        high: Value of the highest colour.
        gap: Space between cells; 0 paints one image, which is right above some thousand cells.
    """

    x: float
    y: float
    w: float
    h: float
    values: npt.NDArray[Any]
    colour: str = "accent"
    low_colour: str = ""
    low: float = 0.0
    high: float = 1.0
    gap: float = 0.0
    radius: float = 2.0


@dataclass(frozen=True, slots=True)
class Bars(Shape):
    """Horizontal bars on tracks, one a row, each with a label on its left and a value on its right.

    Attributes:
        shares: Length of each bar, 0 to 1.
        labels: Words on the left; may be empty.
        values: Words on the right; may be empty.
        colours: Token of each bar, or one for all.
        label_width: Room of the labels.
        value_width: Room of the values.
        thickness: Height of a bar.
    """

    x: float
    y: float
    w: float
    row_height: float
    shares: Sequence[float]
    labels: Sequence[str] = ()
    values: Sequence[str] = ()
    colours: Sequence[str] = ("accent",)
    label_width: float = 0.0
    value_width: float = 0.0
    thickness: float = 8.0
    role: str = "body"


@dataclass(frozen=True, slots=True)
class Chip(Shape):
    """A token: text on a small rounded plate. Spaces and line ends are shown as marks."""

    x: float
    y: float
    w: float
    h: float
    text: str
    fill: str = "surface_raised"
    ink: str = "text"
    stroke: str = ""
    role: str = "mono"
    radius: float = 5.0


@dataclass(frozen=True, slots=True)
class BitCell(Shape):
    """One bit: full colour for 1, a wash of it for 0."""

    x: float
    y: float
    w: float
    h: float
    bit: int
    colour: str = "parameters"


@dataclass(frozen=True, slots=True)
class Span:
    """A piece of a Gantt row, in the row's units of time."""

    start: float
    end: float
    colour: str
    text: str = ""
    key: str = ""


@dataclass(frozen=True, slots=True)
class GanttRow(Shape):
    """One row of a Gantt chart: a label, and right of it spans in a room that is ``length`` of time."""

    x: float
    y: float
    w: float
    h: float
    spans: Sequence[Span]
    length: float
    label: str = ""
    label_width: float = 0.0


@dataclass(frozen=True, slots=True)
class Tensor(Shape):
    """A tensor as a block of cells with its name and shape under it. At most 16 by 16 cells are drawn."""

    x: float
    y: float
    w: float
    h: float
    rows: int
    columns: int
    colour: str = "activations"
    label: str = ""


@dataclass(frozen=True, slots=True)
class Packet(Shape):
    """A parcel of data on its way, centred on ``x, y``."""

    x: float
    y: float
    w: float = 22.0
    h: float = 12.0
    colour: str = "parameters"
    text: str = ""


def bounds(shape: Shape) -> tuple[float, float, float, float] | None:
    """The rectangle (x, y, w, h) in which a click means this shape; None if it cannot be hit."""
    if isinstance(shape, Dot):
        reach = max(shape.radius, 6.0)
        return shape.x - reach, shape.y - reach, 2 * reach, 2 * reach
    if isinstance(shape, Packet):
        return shape.x - shape.w / 2, shape.y - shape.h / 2, shape.w, shape.h
    if isinstance(shape, Text):
        return _text_bounds(shape)
    if isinstance(shape, Bars):
        return shape.x, shape.y, shape.w, shape.row_height * len(shape.shares)
    if isinstance(shape, Polygon) and shape.points:
        xs, ys = [x for x, _ in shape.points], [y for _, y in shape.points]
        return min(xs), min(ys), max(xs) - min(xs), max(ys) - min(ys)
    if isinstance(shape, Ribbon):
        top, bottom = min(shape.top1, shape.top2), max(shape.bottom1, shape.bottom2)
        return shape.x1, top, shape.x2 - shape.x1, bottom - top
    if isinstance(shape, (Box, Grid, Image, Chip, BitCell, GanttRow, Tensor)):
        return shape.x, shape.y, shape.w, shape.h
    return None


def _text_bounds(shape: Text) -> tuple[float, float, float, float]:
    width = shape.width or approximate_width(shape.text, shape.role)
    height = _EM[shape.role] * 1.5
    across = {"left": 0.0, "center": 0.5, "right": 1.0}[shape.align]
    down = {"top": 0.0, "middle": 0.5, "bottom": 1.0}[shape.vertical]
    if shape.turned:
        return shape.x - down * height, shape.y - (1 - across) * width, height, width
    return shape.x - across * width, shape.y - down * height, width, height


def hit_shapes(shapes: Sequence[Shape], x: float, y: float) -> str | None:
    """The key of the topmost shape with a key at a point.

    A row of bars gives ``key:INDEX``; a Gantt row gives the key of the span; a grid or an image gives
    ``key:ROW:COLUMN``. Polygons and ribbons are hit within their edges.
    """
    for shape in reversed(shapes):
        if isinstance(shape, GanttRow):
            key = _span_at(shape, x, y)
            if key:
                return key
        if not shape.key or shape.opacity <= 0:
            continue
        area = bounds(shape)
        within = area and area[0] <= x < area[0] + area[2] and area[1] <= y < area[1] + area[3]
        if within and _inside(shape, x, y):
            return _inner_key(shape, x, y)
    return None


def _inside(shape: Shape, x: float, y: float) -> bool:
    """Whether a point within its bounds lies in a shape."""
    if isinstance(shape, Ribbon):
        edges = shape.edges_at(x)
        return edges is not None and edges[0] <= y < edges[1]
    if isinstance(shape, Polygon):
        return _in_polygon(shape.points, x, y)
    return True


def _in_polygon(points: Sequence[Point], x: float, y: float) -> bool:
    """Whether a ray to the right crosses an odd number of edges."""
    inside = False
    for (ax, ay), (bx, by) in zip(points, (*points[1:], points[0]), strict=True):
        if (ay > y) != (by > y) and x < ax + (y - ay) / (by - ay) * (bx - ax):
            inside = not inside
    return inside


def _inner_key(shape: Shape, x: float, y: float) -> str:
    if isinstance(shape, Bars):
        return f"{shape.key}:{int((y - shape.y) / shape.row_height)}"
    if isinstance(shape, (Grid, Image)):
        rows, columns = shape.values.shape
        return f"{shape.key}:{int((y - shape.y) / shape.h * rows)}:{int((x - shape.x) / shape.w * columns)}"
    return shape.key


def _span_at(row: GanttRow, x: float, y: float) -> str:
    if not row.y <= y < row.y + row.h or row.length <= 0:
        return ""
    width = row.w - row.label_width
    time = (x - row.x - row.label_width) / width * row.length if width > 0 else -1.0
    return next((span.key for span in row.spans if span.start <= time < span.end), "")
