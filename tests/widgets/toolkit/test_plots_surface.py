"""Iso-lines, the surface plot and the scatter plot."""

from __future__ import annotations

import itertools
import time

import numpy as np
import pytest
from PySide6.QtCore import QPointF
from PySide6.QtGui import QColor

from widgets.plots import ScatterPlot, SurfacePlot
from widgets.plots.contours import contour_lines, nice_levels
from widgets.plots.labels import place_labels
from widgets.theme import set_theme, theme

# ---- iso-lines


def test_the_iso_line_of_a_cone_is_a_circle():
    x = np.linspace(-2, 2, 81)
    lines = contour_lines(x, x, np.hypot(x[None, :], x[:, None]), 1.0)
    radii = np.hypot(lines[..., 0], lines[..., 1])
    assert np.abs(radii - 1).max() < 2e-3
    assert np.hypot(*(lines[:, 0] - lines[:, 1]).T).sum() == pytest.approx(2 * np.pi, rel=2e-3)


def test_the_iso_line_of_a_plane_is_straight_whatever_the_spacing():
    x, y = np.array([0.0, 1.0, 10.0]), np.array([0.0, 5.0, 6.0, 20.0])
    lines = contour_lines(x, y, 2 * x[None, :] + y[:, None], 9.0)
    assert np.allclose(2 * lines[..., 0] + lines[..., 1], 9.0)
    assert len(lines)


def test_lines_are_closed_within_the_grid():
    random = np.random.default_rng(0)
    values = np.pad(random.random((30, 40)), 1)  # low all around: no line leaves the grid
    x, y = np.arange(42.0), np.arange(32.0)
    ends = np.round(contour_lines(x, y, values, 0.5).reshape(-1, 2), 9)
    _, counts = np.unique(ends, axis=0, return_counts=True)
    assert (counts == 2).all()


def apart(piece, corner):
    """How far the ends of a piece lie from a corner, along the edges."""
    return float(np.abs(piece - corner).sum(1).max())


def test_a_line_separates_what_is_above_from_what_is_below():
    values = np.array([[0.0, 1.0], [1.0, 0.0]])  # a saddle, its middle at 0.5
    x = np.arange(2.0)
    above, below = contour_lines(x, x, values, 0.6), contour_lines(x, x, values, 0.4)
    assert len(above) == len(below) == 2
    assert all(min(apart(piece, (1, 0)), apart(piece, (0, 1))) < 1.01 for piece in above)
    assert all(min(apart(piece, (0, 0)), apart(piece, (1, 1))) < 1.01 for piece in below)


def test_no_line_goes_through_holes_or_beyond_the_values():
    values = np.arange(25.0).reshape(5, 5)
    values[2, 2] = np.nan
    x = np.arange(5.0)
    lines = contour_lines(x, x, values, 12.1)
    assert not ((lines > 1.01) & (lines < 2.99)).all(2).any()
    assert len(contour_lines(x, x, values, 99.0)) == 0
    assert len(contour_lines(x, x[:1], values[:1], 2.0)) == 0


def test_levels_lie_between_the_ends():
    assert nice_levels(0, 4, 3) == [1, 2, 3]
    assert nice_levels(1, 10_000, 3, log=True) == pytest.approx([10, 100, 1000])
    assert nice_levels(1, 1, 3) == nice_levels(-1, 5, 3, log=True) == []


# ---- the plot

N, D = np.geomspace(1e7, 1e11, 40), np.geomspace(1e8, 1e12, 30)


def loss(n, d):
    return 1.69 + 406.4 / n**0.34 + 410.7 / d**0.28


@pytest.fixture
def surface(qtbot):
    plot = SurfacePlot("Loss", "parameters", "tokens", "loss")
    plot.set_log(x=True, y=True)
    plot.set_surface(N, D, loss(N[None, :], D[:, None]))
    qtbot.addWidget(plot)
    plot.resize(460, 320)
    plot.show()
    qtbot.waitExposed(plot)
    plot.flush()
    plot.sheet.grab()
    return plot


def place_of(plot, x, y):
    axes = plot._axes
    return QPointF(axes.pixel_x(np.log10(x)), axes.pixel_y(np.log10(y)))


def test_the_value_at_a_place_is_that_of_the_function(surface):
    for n, d in itertools.product((2e7, 1e9, 5e10), (3e8, 1e10, 7e11)):
        assert surface.value_at(n, d) == pytest.approx(loss(n, d), rel=2e-3)
    assert np.isnan(surface.value_at(1e6, 1e9))


def test_the_pointer_reads_place_and_value(surface):
    words = [text for text, _ in surface.reading(place_of(surface, 1e9, 1e10))]
    assert words[0].startswith("parameters 1")
    assert words[1].startswith("tokens 1")
    assert float(words[2].removeprefix("loss ")) == pytest.approx(loss(1e9, 1e10), rel=2e-3)
    surface.point_at(place_of(surface, 1e9, 1e10))
    surface.sheet.grab()
    surface.point_at(None)


def test_a_click_gives_the_values(qtbot, surface):
    with qtbot.waitSignal(surface.clicked) as clicked:
        surface.click_at(place_of(surface, 1e9, 1e10))
    assert clicked.args == [pytest.approx(1e9), pytest.approx(1e10)]
    with qtbot.assertNotEmitted(surface.clicked):
        surface.click_at(QPointF(1, 1))


def test_colours_go_from_high_at_the_lower_left_to_low_at_the_upper_right(surface):
    surface.set_levels([])
    surface.flush()
    image, area = surface.sheet.grab().toImage(), surface._axes.area
    ramp = theme().ramp("sequential")

    def index(x, y):
        colour = image.pixelColor(round(x), round(y))
        distances = [
            abs(QColor(entry).red() - colour.red()) + abs(QColor(entry).green() - colour.green())
            for entry in ramp
        ]
        return int(np.argmin(distances))

    assert index(area.left() + 4, area.bottom() - 4) > 200
    assert index(area.right() - 4, area.top() + 4) < 30


def test_points_and_paths_are_drawn_and_taken_away(surface):
    surface.set_point("a", 1e9, 1e10, "model", "bad")
    surface.flush()
    place = place_of(surface, 1e9, 1e10)
    found = surface.sheet.grab().toImage().pixelColor(round(place.x()), round(place.y()))
    assert found == theme().colour("bad")
    surface.set_point("a", None, None)
    surface.set_path("p", [1e8, 1e9], [1e9, 1e10], "path", "good")
    surface.flush()
    assert surface.sheet.grab().toImage().pixelColor(round(place.x()), round(place.y())) == theme().colour(
        "good"
    )
    surface.set_path("p", [1e3, np.nan, 1e20], [-1.0, 1.0, 1e30], "away", "good")
    surface.flush()
    surface.grab()
    with pytest.raises(ValueError, match="same length"):
        surface.set_path("q", [1, 2], [1])


def test_what_is_no_surface_is_refused(surface):
    with pytest.raises(ValueError, match="2 rows and 3 columns"):
        surface.set_surface([1, 2, 3], [1, 2], np.zeros((3, 2)))
    with pytest.raises(ValueError, match="must rise"):
        surface.set_surface([1, 1], [1, 2], np.zeros((2, 2)))


@pytest.mark.parametrize("values", [np.zeros((3, 3)), np.full((3, 3), np.nan), np.diag([1, np.nan, 1e300])])
def test_odd_surfaces_are_drawn_without_a_word(surface, values):
    surface.set_log()
    surface.set_surface([1, 2, 3], [1, 2, 3], values)
    surface.flush()
    surface.grab()


def test_a_new_surface_is_ready_within_a_frame_or_few(surface):
    begin = time.perf_counter()
    surface.set_surface(N, D, loss(N[None, :], D[:, None]) * 2)
    surface.flush()
    surface.sheet.grab()
    assert time.perf_counter() - begin < 0.5  # about 0.02 s on a quiet core


# ---- points with words


@pytest.fixture
def scatter(qtbot):
    plot = ScatterPlot("Embeddings")
    plot.set_points([(0, 0), (10, 0), (0, 10)], ["a", "b", "c"], ["good", "bad", "data"])
    qtbot.addWidget(plot)
    plot.resize(400, 300)
    plot.show()
    qtbot.waitExposed(plot)
    plot.flush()
    plot.sheet.grab()
    return plot


def pixels(plot):
    return plot._pixels(plot._now(), plot._view_now())


def test_points_lie_where_they_should_in_their_colours(scatter):
    a, b, c = pixels(scatter)
    assert b[0] > a[0]
    assert c[1] < a[1]  # up
    assert b[0] - a[0] == pytest.approx(a[1] - c[1])  # the same scale both ways
    image = scatter.sheet.grab().toImage()
    for place, token in ((a, "good"), (b, "bad"), (c, "data")):
        assert image.pixelColor(round(place[0]), round(place[1])) == theme().colour(token)


def test_points_move_to_their_new_places_and_new_ones_appear(qtbot, scatter):
    before = pixels(scatter)[0].copy()
    scatter.set_points([(5, 5), (0, 0), (10, 10)], ["d", "a", "b"])
    scatter.flush()
    assert scatter.moving
    assert pixels(scatter)[1] == pytest.approx(before, abs=1)  # a begins where it was
    qtbot.waitUntil(lambda: not scatter.moving, timeout=3000)
    assert scatter._now().tolist() == [[5, 5], [0, 0], [10, 10]]


def test_reduced_motion_goes_there_at_once(scatter):
    theme().set_reduce_motion(True)
    scatter.set_points([(5, 5)], ["a"])
    assert not scatter.moving


def test_the_same_words_twice_are_two_points(qtbot, scatter):
    scatter.set_points([(0, 0), (1, 1), (2, 2)], ["x", "x", "y"])
    qtbot.waitUntil(lambda: not scatter.moving, timeout=3000)
    scatter.set_points([(5, 5), (7, 7)], ["x", "x"])
    assert scatter._from.tolist() == [[0, 0], [1, 1]]


def test_a_point_is_read_and_clicked(qtbot, scatter):
    place = QPointF(*pixels(scatter)[1])
    scatter.point_at(place)
    assert scatter._over == 1
    with qtbot.waitSignal(scatter.clicked) as clicked:
        scatter.click_at(place)
    assert clicked.args == ["b"]
    scatter.point_at(None)
    assert scatter._over == -1


def test_marked_points_are_named_first(scatter):
    random = np.random.default_rng(0)
    names = [f"word{i}" for i in range(400)]
    scatter.set_points(random.normal(size=(400, 2)), names)
    theme().set_reduce_motion(True)
    scatter.set_marked(["word399"])
    scatter.flush()
    scatter.sheet.grab()
    assert scatter.labels_shown()[0] == "word399"
    assert 10 < len(scatter.labels_shown()) < 400


def test_words_lie_over_nothing():
    random = np.random.default_rng(1)
    points, widths = random.random((300, 2)) * (600, 400), random.uniform(20, 80, 300)
    placed = place_labels(points, widths, 14, 5, (600, 400), range(300))
    areas = [
        (points[i, 0] + dx, points[i, 1] + dy, points[i, 0] + dx + widths[i], points[i, 1] + dy + 14)
        for i, (dx, dy) in placed.items()
    ]
    assert len(areas) > 30
    for one, other in itertools.combinations(areas, 2):
        assert one[2] <= other[0] or other[2] <= one[0] or one[3] <= other[1] or other[3] <= one[1]
    assert all(a[0] >= 0 and a[1] >= 0 and a[2] <= 600 and a[3] <= 400 for a in areas)


def test_the_first_of_two_words_in_one_place_wins():
    points = np.array([[50.0, 50.0]] * 5)
    placed = place_labels(points, np.full(5, 30.0), 14, 5, (100, 100), [3, 0, 1, 2, 4])
    assert next(iter(placed)) == 3
    assert len(placed) <= 4


@pytest.mark.parametrize(
    "points", [[], [(1.0, 1.0)], [(1.0, 1.0)] * 4, [(np.nan, 1.0), (2.0, 3.0)], [(1e300, 0.0), (-1e300, 1.0)]]
)
def test_odd_points_are_drawn_without_a_word(scatter, points):
    scatter.set_points(points, [f"p{i}" for i in range(len(points))])
    scatter.flush()
    scatter.grab()
    set_theme("light", 1.6)
    scatter.flush()
    scatter.grab()


def test_shapes_that_do_not_fit_are_refused(scatter):
    with pytest.raises(ValueError, match="1 points, 2 labels"):
        scatter.set_points([(1, 2)], ["a", "b"])


def test_many_points_are_quick(scatter):
    random = np.random.default_rng(0)
    begin = time.perf_counter()
    scatter.set_points(random.normal(size=(800, 2)), [f"word{i}" for i in range(800)])
    scatter.flush()
    scatter.sheet.grab()
    assert time.perf_counter() - begin < 1.0  # about 0.05 s on a quiet core


def picture(plot):
    plot.flush()
    image = plot.grab().toImage()
    return image.size().toTuple(), bytes(image.constBits())


def test_the_kept_picture_of_a_surface_follows_values_levels_size_and_theme(qtbot):
    plot = SurfacePlot("Loss", "x", "y", "loss")
    qtbot.addWidget(plot)
    plot.resize(360, 240)
    plot.show()
    qtbot.waitExposed(plot)
    x = np.linspace(0, 1, 12)
    plot.set_surface(x, x, x[:, None] + x[None, :])
    seen = [picture(plot)]
    assert picture(plot) == seen[0]
    plot.set_surface(x, x, x[:, None] * x[None, :])
    seen.append(picture(plot))
    plot.set_levels([0.5])
    seen.append(picture(plot))
    plot.resize(420, 240)
    seen.append(picture(plot))
    set_theme("light")
    seen.append(picture(plot))
    set_theme("dark")
    assert len(set(seen)) == len(seen)
    assert picture(plot) == seen[3]
