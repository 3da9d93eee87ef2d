"""What a click on a shape means. No Qt."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from widgets.scene.shapes import (
    Arrow,
    Bars,
    BitCell,
    Box,
    Chip,
    Dot,
    GanttRow,
    Grid,
    Image,
    Line,
    Packet,
    Polygon,
    Ribbon,
    Span,
    Tensor,
    Text,
    bounds,
    hit_shapes,
)


def test_shapes_are_frozen_and_equal_by_value():
    box = Box(1, 2, 3, 4)
    assert box == Box(1, 2, 3, 4)
    with pytest.raises(dataclasses.FrozenInstanceError):
        box.x = 5


@pytest.mark.parametrize(
    "shape",
    [
        Box(10, 10, 20, 20, key="k"),
        Chip(10, 10, 20, 20, "t", key="k"),
        BitCell(10, 10, 20, 20, 1, key="k"),
        Tensor(10, 10, 20, 20, 2, 2, key="k"),
        Dot(20, 20, 8, key="k"),
        Packet(20, 20, key="k"),
        Text(20, 20, "hello", align="center", key="k"),
    ],
    ids=lambda shape: type(shape).__name__,
)
def test_a_keyed_shape_is_hit_inside_and_not_outside(shape):
    assert hit_shapes([shape], 20, 20) == "k"
    assert hit_shapes([shape], 200, 20) is None
    assert hit_shapes([dataclasses.replace(shape, key="")], 20, 20) is None
    assert hit_shapes([dataclasses.replace(shape, opacity=0.0)], 20, 20) is None


def test_the_topmost_is_hit():
    assert hit_shapes([Box(0, 0, 50, 50, key="under"), Box(0, 0, 20, 20, key="over")], 5, 5) == "over"
    assert hit_shapes([Box(0, 0, 50, 50, key="under"), Box(0, 0, 20, 20)], 5, 5) == "under"


def test_cells_rows_and_spans_are_named():
    grid = Grid(0, 0, 40, 20, np.zeros((2, 4)), key="map")
    assert hit_shapes([grid], 35, 15) == "map:1:3"
    bars = Bars(0, 100, 200, 20, (0.1, 0.2), key="bar")
    assert hit_shapes([bars], 10, 125) == "bar:1"
    row = GanttRow(
        0, 200, 110, 20, [Span(0, 1, "data", key="f0"), Span(2, 3, "data", key="f1")], 4.0, "r", 10
    )
    assert [hit_shapes([row], x, 210) for x in (20, 50, 70, 5)] == ["f0", None, "f1", None]
    assert hit_shapes([dataclasses.replace(row, length=0.0)], 20, 210) is None


def test_text_bounds_follow_the_alignment():
    left = bounds(Text(100, 50, "abc", width=40))
    right = bounds(Text(100, 50, "abc", width=40, align="right", vertical="bottom"))
    assert left is not None
    assert right is not None
    assert left[0] == 100
    assert right[0] == 60
    assert right[1] + right[3] == pytest.approx(50)


def test_lines_cannot_be_hit():
    assert hit_shapes([Line(0, 0, 10, 10, key="l"), Arrow(0, 0, 10, 10, key="a")], 5, 5) is None


def test_a_ribbon_is_hit_between_its_edges_and_nowhere_else():
    ribbon = Ribbon(0, 0, 10, 100, 50, 90, key="flow")
    assert [hit_shapes([ribbon], 1, y) for y in (5, 30)] == ["flow", None]
    assert [hit_shapes([ribbon], 99, y) for y in (70, 30)] == ["flow", None]
    top, bottom = ribbon.edges_at(50)
    assert (top, bottom) == (pytest.approx(25), pytest.approx(50))  # half way across is half way down
    assert hit_shapes([ribbon], 50, 24) is None
    assert hit_shapes([ribbon], 50, 26) == "flow"
    assert ribbon.edges_at(-1) is None
    assert ribbon.edges_at(101) is None
    assert Ribbon(5, 0, 1, 5, 0, 1).edges_at(5) is None


def test_a_ribbon_is_hit_as_far_as_it_has_flowed():
    ribbon = Ribbon(0, 0, 10, 100, 0, 10, key="flow", progress=0.5)
    assert hit_shapes([ribbon], 40, 5) == "flow"
    assert hit_shapes([ribbon], 60, 5) is None


@pytest.mark.parametrize("x", np.linspace(0, 200, 21))
def test_the_edges_of_a_ribbon_are_those_that_are_painted(x):
    from PySide6.QtCore import QPointF

    from widgets.scene.drawing import ribbon_path

    ribbon = Ribbon(0, 20, 60, 200, 110, 125)
    path, (top, bottom) = ribbon_path(ribbon), ribbon.edges_at(float(x))
    inside = min(max(float(x), 0.5), 199.5)
    assert path.contains(QPointF(inside, (top + bottom) / 2))
    assert not path.contains(QPointF(inside, top - 1.5))
    assert not path.contains(QPointF(inside, bottom + 1.5))


def test_a_polygon_is_hit_within_its_edges():
    arrow = Polygon([(0, 0), (100, 50), (0, 100), (40, 50)], key="p")
    assert hit_shapes([arrow], 70, 50) == "p"
    assert hit_shapes([arrow], 20, 50) is None  # in its notch
    assert hit_shapes([arrow], 90, 10) is None
    assert hit_shapes([Polygon([], key="p")], 0, 0) is None


def test_the_pixels_of_an_image_are_named():
    image = Image(10, 10, 40, 20, np.zeros((2, 4)), key="map")
    assert hit_shapes([image], 45, 25) == "map:1:3"


def test_turned_text_is_hit_above_the_place_where_it_begins():
    text = Text(100, 200, "turned around", key="k", turned=True)
    x, y, w, h = bounds(text)
    assert h > 3 * w
    assert (x + w / 2, y + h) == pytest.approx((100, 200))
    assert hit_shapes([text], 100, 150) == "k"
    assert hit_shapes([text], 150, 200) is None
