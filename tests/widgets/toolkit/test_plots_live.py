"""The live plot on screen, and the one clock that repaints."""

from __future__ import annotations

import itertools
import subprocess
import sys

import numpy as np
import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QWheelEvent
from PySide6.QtWidgets import QApplication

from widgets.plots import LivePlot, PlotClock, plot_clock
from widgets.plots.marks import points_in
from widgets.theme import set_theme, theme

X = np.arange(100.0)


@pytest.fixture
def plot(qtbot):
    made = LivePlot("Loss", "step", "loss", y_unit="nats")
    qtbot.addWidget(made)
    made.resize(420, 220)
    made.show()
    qtbot.waitExposed(made)
    return made


@pytest.fixture
def curve(plot):
    plot.add_series("a", "train", "good")
    plot.set_series("a", X, np.linspace(5, 1, 100))
    plot.flush()
    return plot


def count_pixels(plot, token):
    wanted, image = theme().colour(token), plot.grab().toImage()
    near = 0
    for x in range(image.width()):
        for y in range(image.height()):
            colour = image.pixelColor(x, y)
            near += (
                abs(colour.red() - wanted.red()) < 40
                and abs(colour.green() - wanted.green()) < 40
                and abs(colour.blue() - wanted.blue()) < 40
            )
    return near


def test_one_point_alone_is_a_dot(plot):
    plot.add_series("a", "", "good")
    plot.set_x_range(0, 10)
    plot.set_series("a", [5.0], [2.0])
    plot.flush()
    alone = count_pixels(plot, "good")
    assert alone > 20
    plot.set_series("a", [], [])
    plot.flush()
    assert count_pixels(plot, "good") < alone / 4


def test_says_what_to_do_while_empty(plot):
    plot.set_empty_text("Start a run.")
    plot.flush()
    assert plot._empty.isVisible()
    assert plot._view is None
    plot.add_series("a", "train", "good")
    plot.set_series("a", [0, 1], [np.nan, np.nan])
    plot.flush()
    assert plot._empty.isVisible()


def test_draws_its_curve_and_label_in_its_colour(curve):
    assert not curve._empty.isVisible()
    before = count_pixels(curve, "good")
    assert before > 150
    curve.remove_series("a")
    curve.add_series("b", "train", "bad")
    curve.set_series("b", X, X)
    curve.flush()
    assert count_pixels(curve, "good") < 20
    assert count_pixels(curve, "bad") > 150


def test_ranges_follow_the_data_with_some_air(curve):
    (x0, x1), (y0, y1) = curve._view.axis_range()
    assert (x0, x1) == (0, 99)
    assert y0 < 1 < 5 < y1
    assert y1 - y0 < 5


def test_fixed_ranges_and_references(curve):
    curve.set_x_range(0, 400)
    curve.set_reference("floor", 0.39, "floor 0.39")
    curve.flush()
    (x0, x1), (y0, _) = curve._view.axis_range()
    assert (x0, x1) == (0, 400)
    assert y0 < 0.39
    curve.set_reference("floor", None)
    curve.set_y_range(0, 10)
    curve.flush()
    assert curve._view.axis_range()[1] == pytest.approx((0, 10))
    assert curve.model.references == {}
    curve.set_y_range(0, 0)
    curve.set_reference("odd", float("nan"))
    curve.flush()
    assert curve._view.axis_range()[1][1] < 6


def test_a_logarithmic_axis_leaves_out_what_it_cannot_show(curve):
    curve.set_log(y=True)
    curve.set_series("a", X, np.where(X < 50, 10.0 ** (-X / 10), 0.0))
    curve.flush()
    low, high = curve._view.axis_range()[1]
    assert 1e-6 < low < 1.3e-5
    assert 1 < high < 10
    assert np.isnan(curve._view._curves["a"].y[60:]).all()


def test_wrong_shapes_and_unknown_keys_are_errors(curve):
    with pytest.raises(ValueError, match="same length"):
        curve.set_series("a", [1, 2, 3], [1, 2])
    with pytest.raises(KeyError):
        curve.set_series("zzz", [1], [1])


@pytest.mark.parametrize(
    "values", [[], [3.0], [3.0, 3.0], [np.inf, -np.inf, 1.0], [1e300, -1e300], [0.0, 1e-300]]
)
def test_odd_series_are_drawn_without_a_word(curve, values):
    curve.set_series("a", np.arange(len(values)), values)
    curve.flush()
    curve.grab()


def test_many_points_are_thinned(curve):
    x = np.arange(200_000.0)
    curve.set_series("a", x, np.sin(x / 1000))
    curve.flush()
    assert len(curve._view._curves["a"].x) <= 2000


def test_labels_stand_at_the_ends_and_clear_of_each_other(curve):
    for i in range(4):
        curve.add_series(f"s{i}", f"series {i}", "data")
        curve.set_series(f"s{i}", X[:60], np.full(60, 3.0 + i * 1e-3))
    curve.flush()
    curve.grab()
    areas = sorted(
        (area for series, area in curve._view.end_labels() if series.colour == "data"), key=lambda a: a.top()
    )
    end = curve._view.axes().pixel_x(59.0)
    assert all(end < area.left() < end + 20 for area in areas)
    assert all(area.right() <= curve._view.width() for area in areas)
    assert all(upper.bottom() <= lower.top() + 0.5 for upper, lower in itertools.pairwise(areas))


def test_a_label_keeps_off_a_curve_that_goes_on_a_little(curve):
    curve.add_series("b", "longer", "data")
    curve.set_series("b", np.arange(105.0), np.full(105, 1.0))
    curve.flush()
    curve.grab()
    end = curve._view.axes().pixel_x(104.0)
    assert all(area.left() > end for _, area in curve._view.end_labels())


def test_a_low_line_gets_room_for_its_words_below(curve):
    curve.set_reference("floor", 1.0, "floor")
    curve.flush()
    curve.grab()
    view = curve._view
    room = view.box.geometry().bottom() - view.axes().pixel_y(1.0)
    assert room >= theme().metrics("small").height() + 1
    curve.set_reference("floor", None)
    curve.flush()
    assert view.box.geometry().bottom() - view.axes().pixel_y(1.0) < room


def test_the_words_of_a_reference_line_keep_off_the_curves(curve):
    curve.set_reference("floor", 4.6, "floor")  # the curve falls from 5: the left is taken
    curve.set_x_range(0, 99)
    curve.flush()
    curve.grab()
    view = curve._view
    _, place = view.reference_areas()["floor"]
    axes, curves = view.axes(), list(view._curves.values())
    assert points_in(axes, curves, place) == 0
    assert points_in(axes, curves, view.box.geometry()) >= 90


def test_the_words_of_a_reference_line_keep_off_the_labels_of_the_curves(curve):
    curve.add_series("low", "a label that is long", "data")
    curve.set_series("low", X[:20], np.full(20, 1.2))
    curve.set_reference("floor", 1.0, "floor of the text")
    curve.set_x_range(0, 99)
    curve.flush()
    curve.grab()
    view = curve._view
    labels = [area for _, area in view.end_labels()]
    _, place = view.reference_areas()["floor"]
    assert not any(place.intersects(area) for area in labels)
    assert place.left() >= view.box.geometry().left()


def test_the_pointer_reads_the_curve(curve):
    still = curve.grab().toImage()
    area = curve._view.box.geometry()
    curve._view.point_at(QPointF(area.center()))
    assert curve.grab().toImage() != still
    curve._view.point_at(None)
    assert curve.grab().toImage() == still


def test_the_wheel_is_left_to_the_page(curve):
    before = curve._view.axis_range()
    event = QWheelEvent(
        QPointF(100, 80), QPointF(100, 80), QPoint(0, 0), QPoint(0, 120), Qt.MouseButton.NoButton,
        Qt.KeyboardModifier.NoModifier, Qt.ScrollPhase.NoScrollPhase, False,
    )  # fmt: skip
    QApplication.sendEvent(curve._view.viewport(), event)
    assert not event.isAccepted()
    assert curve._view.axis_range() == before


def test_dragging_zooms_in_and_a_double_click_shows_all_again(curve, qtbot):
    all_of_it = curve._view.axis_range()
    area, viewport = curve._view.box.geometry(), curve._view.viewport()
    start, end = (
        QPoint(int(area.left()) + 40, int(area.top()) + 20),
        QPoint(int(area.right()) - 40, int(area.bottom()) - 20),
    )
    qtbot.mousePress(viewport, Qt.MouseButton.LeftButton, pos=start)
    for share in (0.3, 0.6, 1.0):
        qtbot.mouseMove(viewport, start + (end - start) * share)
    qtbot.mouseRelease(viewport, Qt.MouseButton.LeftButton, pos=end)
    qtbot.waitUntil(lambda: curve._view.axis_range() != all_of_it, timeout=2000)
    zoomed = curve._view.axis_range()
    assert zoomed[0][0] > all_of_it[0][0]
    curve.set_series("a", X, np.linspace(5, 1, 100))
    curve.flush()
    assert curve._view.axis_range() == zoomed
    qtbot.mouseDClick(viewport, Qt.MouseButton.LeftButton, pos=QPoint(100, 80))
    assert curve._view.axis_range() == all_of_it


def test_a_theme_change_recolours_it(curve):
    set_theme("light", 1.6)
    curve.flush()
    assert count_pixels(curve, "good") > 150


def test_clear_takes_all_away(curve):
    curve.set_reference("floor", 1.0, "floor")
    curve.clear()
    curve.flush()
    assert curve._empty.isVisible()
    assert not curve.has_data()


def test_repainting_between_a_change_and_its_flush_is_safe(curve):
    curve.remove_series("a")
    curve.grab()


class Counted:
    """Something to repaint that counts."""

    def __init__(self, visible):
        self.visible, self.flushed = visible, 0

    def isVisible(self):  # noqa: N802
        return self.visible

    def flush(self):
        self.flushed += 1


@pytest.fixture
def clock_of_plots(monkeypatch):
    monkeypatch.setattr("widgets.plots.clock.isValid", lambda plot: True)
    return PlotClock()


def test_the_clock_paints_each_waiting_plot_once_a_tick(clock_of_plots):
    plot = Counted(True)
    for _ in range(50):
        clock_of_plots.request(plot)
    clock_of_plots.tick()
    clock_of_plots.tick()
    assert plot.flushed == 1
    assert not clock_of_plots.active


def test_the_clock_leaves_hidden_plots_waiting_and_sleeps(clock_of_plots):
    plot = Counted(False)
    clock_of_plots.request(plot)
    assert not clock_of_plots.active
    clock_of_plots.tick()
    assert plot.flushed == 0
    plot.visible = True
    clock_of_plots.request(plot)
    assert clock_of_plots.active
    clock_of_plots.tick()
    assert plot.flushed == 1


def test_a_hidden_plot_paints_when_it_is_shown(plot, qtbot):
    plot.hide()
    plot.add_series("a", "train", "good")
    plot.set_series("a", X, X)
    plot_clock().tick()
    assert plot._view is None
    plot.show()
    qtbot.waitUntil(lambda: plot._view is not None, timeout=2000)


def test_there_is_one_clock():
    assert plot_clock() is plot_clock()


def test_the_drawing_library_is_not_imported_before_it_is_needed():
    code = (
        "import sys, widgets.plots, widgets.controls, widgets.scene.transport, widgets.scene.canvas;"
        "sys.exit('pyqtgraph' in sys.modules or 'torch' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
