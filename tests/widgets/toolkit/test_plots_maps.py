"""Heat maps and grids of small maps."""

from __future__ import annotations

import time

import numpy as np
import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QColor

from widgets.plots import (
    BarSeries,
    BarsPlot,
    HeatMapView,
    HistogramPlot,
    MapGrid,
    ScatterPlot,
    SurfacePlot,
)
from widgets.theme import set_theme, theme

VALUES = np.array([[0.0, 0.5, 1.0], [np.nan, 0.25, 0.75]])


def shown(qtbot, plot, size=(420, 260)):
    qtbot.addWidget(plot)
    plot.resize(*size)
    plot.show()
    qtbot.waitExposed(plot)
    plot.flush()
    plot.sheet.grab()
    return plot


@pytest.fixture
def heat(qtbot):
    plot = HeatMapView("Attention", "query", "key", "weight")
    plot.set_matrix(VALUES, ["a", "b"], ["x", "y", "z"])
    return shown(qtbot, plot)


def colour_at(plot, row, column):
    centre = plot.cell_area(row, column).center()
    return plot.sheet.grab().toImage().pixelColor(round(centre.x()), round(centre.y()))


def test_cells_have_the_colours_of_the_ramp_and_holes_none(heat):
    ramp = theme().ramp("sequential")
    assert colour_at(heat, 0, 0).rgb() == QColor(ramp[0]).rgb()
    assert colour_at(heat, 0, 2).rgb() == QColor(ramp[-1]).rgb()
    assert colour_at(heat, 0, 1).rgb() == QColor(ramp[127]).rgb()
    assert colour_at(heat, 1, 0) == heat.sheet.grab().toImage().pixelColor(0, heat.sheet.height() - 1)


def test_a_diverging_ramp_is_centred_on_zero(heat):
    heat.set_matrix([[-1.0, 0.0, 3.0]], ramp="diverging")
    heat.flush()
    assert heat.range == (-3.0, 3.0)
    assert colour_at(heat, 0, 1).rgb() == QColor(theme().ramp("diverging")[127]).rgb()


def test_given_ends_stay_whatever_the_values(heat):
    heat.set_matrix([[0.2, 0.4]], low=0, high=1)
    assert heat.range == (0.0, 1.0)
    heat.set_matrix([[np.nan, np.nan]])
    assert heat.range == (0.0, 1.0)


def test_the_cell_under_the_pointer_is_read(qtbot, heat):
    heat.point_at(heat.cell_area(0, 1).center())
    assert heat.reading(0, 1) == "query “a”, key “y”: weight 0.5"
    assert heat.reading(1, 0) == "query “b”, key “x”: weight no value"
    assert heat.cell_at(QPointF(-5, 40)) is None
    with qtbot.waitSignal(heat.hovered) as hovered:
        heat.point_at(None)
    assert hovered.args == [-1, -1]


def test_a_click_names_the_cell(qtbot, heat):
    place = heat.cell_area(1, 2).center().toPoint()
    with qtbot.waitSignal(heat.clicked) as clicked:
        qtbot.mouseClick(heat.sheet, Qt.MouseButton.LeftButton, pos=place)
    assert clicked.args == [1, 2]


def test_every_pixel_of_the_map_is_in_the_cell_that_it_shows(heat):
    for row in range(2):
        for column in range(3):
            area = heat.cell_area(row, column)
            for place in (area.center(), area.topLeft() + QPointF(1, 1), area.bottomRight() - QPointF(1, 1)):
                assert heat.cell_at(place) == (row, column)


def test_labels_make_room_where_they_fit_only(heat):
    with_labels = heat.cell_area(0, 0).left()
    assert with_labels > 5
    heat.set_matrix(np.zeros((200, 4)), [f"row {i}" for i in range(200)])
    heat.flush()
    heat.sheet.grab()
    assert heat.cell_area(0, 0).left() == 0


def test_square_cells_are_square(qtbot):
    plot = HeatMapView("Attention", square=True)
    plot.set_matrix(np.eye(7))
    shown(qtbot, plot, (600, 260))
    area = plot.cell_area(0, 0)
    assert area.width() == pytest.approx(area.height())


@pytest.mark.parametrize(
    ("values", "rows", "columns", "what"),
    [([1.0], (), (), "no matrix"), ([[1.0]], ("a", "b"), (), "2 labels for 1 rows"),
     ([[1.0, 2.0]], (), ("a",), "1 labels for 2 columns")],
)  # fmt: skip
def test_what_does_not_fit_is_refused(heat, values, rows, columns, what):
    with pytest.raises(ValueError, match=what):
        heat.set_matrix(values, rows, columns)


def test_the_theme_changes_the_colours(heat):
    before = colour_at(heat, 0, 2)
    set_theme("light")
    heat.flush()
    assert colour_at(heat, 0, 2) != before


def test_a_selected_row_is_framed(heat):
    heat.set_selected(1, -1)
    image = heat.sheet.grab().toImage()
    area = heat.cell_area(1, -1)
    edge = image.pixelColor(round(area.center().x()), round(area.top()))
    assert edge.blue() > 200
    heat.set_selected(9, 9)  # not there: nothing is framed
    heat.set_selected(-1, -1)
    heat.grab()


def test_a_large_matrix_is_quick(heat):
    begin = time.perf_counter()
    heat.set_matrix(np.random.default_rng(0).normal(size=(1000, 1000)), ramp="diverging")
    heat.flush()
    heat.sheet.grab()
    assert time.perf_counter() - begin < 1.0  # about 0.05 s on a quiet core


# ---- many small maps


@pytest.fixture
def grid(qtbot):
    maps = np.zeros((3, 4, 5, 5))
    maps[1, 2] = 1.0
    plot = MapGrid("All heads")
    plot.set_maps(maps)
    return shown(qtbot, plot)


def test_every_map_has_its_place_and_colours(grid):
    image = grid.sheet.grab().toImage()
    ramp = theme().ramp("sequential")
    for row in range(3):
        for column in range(4):
            centre = grid.map_area(row, column).center()
            wanted = QColor(ramp[-1 if (row, column) == (1, 2) else 0]).rgb()
            assert image.pixelColor(round(centre.x()), round(centre.y())).rgb() == wanted
            assert grid._map_at(centre) == (row, column)


def test_a_click_chooses_a_map(qtbot, grid):
    place = grid.map_area(2, 3).center().toPoint()
    with qtbot.waitSignal(grid.chosen) as chosen:
        qtbot.mouseClick(grid.sheet, Qt.MouseButton.LeftButton, pos=place)
    assert chosen.args == [2, 3]
    assert grid.selected == (2, 3)
    with qtbot.assertNotEmitted(grid.chosen):
        grid.click_at(grid.map_area(2, 3).center())


def test_arrows_choose_the_neighbour_and_stop_at_the_edges(qtbot, grid):
    for key, expected in (
        (Qt.Key.Key_Right, (0, 1)),
        (Qt.Key.Key_Down, (1, 1)),
        (Qt.Key.Key_Left, (1, 0)),
        (Qt.Key.Key_Left, (1, 0)),
        (Qt.Key.Key_Up, (0, 0)),
        (Qt.Key.Key_Up, (0, 0)),
    ):
        qtbot.keyClick(grid, key)
        assert grid.selected == expected


def test_fewer_maps_keep_the_choice_within_them(grid):
    grid.set_selected(2, 3)
    grid.set_maps(np.zeros((1, 2, 5, 5)))
    grid.flush()
    assert grid.selected == (0, 1)
    grid.set_selected(50, -3)
    assert grid.selected == (0, 0)
    with pytest.raises(ValueError, match="no rows and columns"):
        grid.set_maps(np.zeros((5, 5)))


def test_new_maps_are_painted(grid):
    grid.set_maps(np.ones((3, 4, 5, 5)))
    grid.flush()
    centre = grid.map_area(0, 3).center()
    colour = grid.sheet.grab().toImage().pixelColor(round(centre.x()), round(centre.y()))
    assert colour.rgb() == QColor(theme().ramp("sequential")[-1]).rgb()


def test_a_plot_that_was_just_emptied_paints_nothing(qtbot, heat, grid):
    bars, histogram = BarsPlot("Bars", "y"), HistogramPlot("Histogram", "x")
    bars.set_groups(["a"], [BarSeries("", "good", (1.0,))])
    histogram.set_values([1, 2, 3])
    surface, scatter = SurfacePlot("Surface", "x", "y", "z"), ScatterPlot("Points")
    surface.set_surface([1, 2], [1, 2], [[1, 2], [3, 4]])
    scatter.set_points([(0, 0)], ["a"])
    for plot in (bars, histogram, surface, scatter):
        shown(qtbot, plot)
    heat.set_matrix(np.zeros((0, 0)))
    grid.set_maps(np.zeros((0, 0, 0, 0)))
    bars.clear()
    histogram.set_values([])
    surface.set_surface([], [], np.zeros((0, 0)))
    scatter.set_points([], [])
    for plot in (heat, grid, bars, histogram, surface, scatter):  # before the clock has drawn what is new
        qtbot.mouseMove(plot.sheet, QPoint(40, 40))
        qtbot.mouseClick(plot.sheet, Qt.MouseButton.LeftButton, pos=QPoint(40, 40))
        plot.grab()
        plot.flush()
        assert plot._empty.isVisible()
