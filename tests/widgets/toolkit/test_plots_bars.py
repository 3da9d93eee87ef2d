"""Bars and histograms on screen."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest
from PySide6.QtCore import QPoint, QPointF, Qt

from widgets.plots import BarSeries, BarsPlot, HistogramPlot, Zone
from widgets.theme import set_theme, theme


def shown(qtbot, plot, size=(420, 240)):
    qtbot.addWidget(plot)
    plot.resize(*size)
    plot.show()
    qtbot.waitExposed(plot)
    plot.flush()
    return plot


def pixel(plot, x, y):
    return plot.sheet.grab().toImage().pixelColor(round(x), round(y))


def near(colour, token, reach=40):
    wanted = theme().colour(token)
    return all(abs(a - b) < reach for a, b in zip(colour.getRgb()[:3], wanted.getRgb()[:3], strict=True))


@pytest.fixture
def bars(qtbot):
    plot = BarsPlot("Loss", "loss", "nats")
    plot.set_groups(
        ["raw", "clean"],
        [BarSeries("small", "good", (1.0, 0.5), (0.1, 0.05)), BarSeries("large", "bad", (0.8, 0.4))],
    )
    return shown(qtbot, plot)


def rectangles(plot):
    plot.sheet.grab()
    return {(item.label, index): bar for item, index, bar in plot._bars(plot._axes)}


def test_says_what_to_do_while_empty(qtbot):
    plot = BarsPlot("Loss", "loss")
    plot.set_empty_text("Start a run.")
    shown(qtbot, plot)
    assert plot._empty.isVisible()
    assert plot.sheet is None
    plot.set_groups(["a"], [BarSeries("x", "good", (float("nan"),))])
    plot.flush()
    assert plot._empty.isVisible()
    plot.set_groups(["a"], [BarSeries("x", "good", (1.0,))])
    plot.flush()
    assert not plot._empty.isVisible()


def test_bars_are_as_long_as_their_values_from_zero(bars):
    found = rectangles(bars)
    assert found["small", 1].height() == pytest.approx(found["small", 0].height() / 2, rel=0.01)
    assert found["large", 0].height() == pytest.approx(found["small", 0].height() * 0.8, rel=0.01)
    assert found["small", 0].right() <= found["large", 0].left()
    assert found["large", 0].right() < found["small", 1].left()


def test_bars_have_their_colours(bars):
    found = rectangles(bars)
    for (label, _), bar in found.items():
        place = bar.left() + bar.width() * 0.2, bar.bottom() - 6
        assert near(pixel(bars, *place), "good" if label == "small" else "bad")


def test_colours_by_group_win(qtbot):
    plot = BarsPlot("Change", "points")
    plot.set_groups(["a", "b"], [BarSeries("", "accent", (1.0, -1.0), (), ("good", "bad"))])
    shown(qtbot, plot)
    found = rectangles(plot)
    above, below = found["", 0], found["", 1].normalized()
    assert near(pixel(plot, above.center().x(), above.center().y()), "good")
    assert near(pixel(plot, below.center().x(), below.center().y()), "bad")
    assert above.bottom() == pytest.approx(below.top())  # both begin at zero


def test_whiskers_reach_as_far_as_the_error(bars):
    axes = bars._axes
    found = rectangles(bars)
    x, top = found["small", 0].center().x(), axes.pixel_y(1.1)
    assert near(pixel(bars, x, (top + found["small", 0].top()) / 2), "text", 70)
    assert not near(pixel(bars, x + 12, top + 3), "text", 70)
    assert axes.pixel_y(1.1) > axes.area.top()


def test_a_log_axis_leaves_out_what_it_cannot_show(bars):
    bars.set_log(True)
    bars.set_groups(["a", "b", "c"], [BarSeries("", "good", (100.0, 1.0, 0.0))])
    bars.flush()
    found = rectangles(bars)
    assert set(found) == {("", 0), ("", 1)}
    assert found["", 0].height() > found["", 1].height() >= 0


def test_marks_in_place_of_bars_where_the_axis_does_not_begin_at_zero(bars):
    bars.set_from_zero(False)
    bars.set_groups(["a", "b"], [BarSeries("", "good", (100.0, 101.0), (0.2, 0.2))])
    bars.flush()
    bars.sheet.grab()
    assert bars._axes.y.low > 99
    found = rectangles(bars)
    assert abs(found["", 0].top() - found["", 1].top()) > 60
    middle = found["", 0].top() + (bars._axes.area.bottom() - found["", 0].top()) / 2
    assert not near(pixel(bars, found["", 0].center().x(), middle), "good")


def test_the_pointer_reads_a_group_and_a_click_names_it(qtbot, bars):
    bars.sheet.grab()
    area = bars._axes.area
    place = QPointF(area.right() - 20, area.center().y())
    bars.point_at(place)
    assert bars._over == 1
    words = [text for text, _ in bars.reading(1)]
    assert words == ["clean", "small 0.5 ± 0.05", "large 0.4"]
    with qtbot.waitSignal(bars.clicked) as clicked:
        qtbot.mouseClick(
            bars.sheet, Qt.MouseButton.LeftButton, pos=QPoint(round(place.x()), round(place.y()))
        )
    assert clicked.args == [1]
    bars.point_at(None)
    assert bars._over == -1
    with qtbot.assertNotEmitted(bars.clicked):
        bars.click_at(QPointF(1, area.center().y()))


def test_a_reference_is_within_the_range(bars):
    bars.set_reference(3.0, "floor")
    bars.flush()
    bars.sheet.grab()
    assert bars._axes.area.top() < bars._axes.pixel_y(3.0)
    bars.set_reference(None)
    bars.flush()
    bars.sheet.grab()
    assert bars._axes.y.high < 2


def test_shapes_that_do_not_fit_are_refused(bars):
    with pytest.raises(ValueError, match="1 values of 'x' for 2 groups"):
        bars.set_groups(["a", "b"], [BarSeries("x", "good", (1.0,))])
    with pytest.raises(ValueError, match="3 values of 'x' for 2 groups"):
        bars.set_groups(["a", "b"], [BarSeries("x", "good", (1.0, 2.0), (1.0, 2.0, 3.0))])


@pytest.mark.parametrize(
    "values", [(0.0, 0.0), (1e300, -1e300), (np.inf, 1.0), (1e-300, 2e-300), (-1.0, -2.0)]
)
def test_odd_bars_are_drawn_without_a_word(bars, values):
    bars.set_groups(["a", "b"], [BarSeries("x", "good", values, (np.nan, np.inf))])
    bars.flush()
    bars.grab()
    bars.resize(180, 120)
    bars.grab()


# ---- histograms


@pytest.fixture
def histogram(qtbot):
    plot = HistogramPlot("Gradients", "exponent", "", "values")
    zone = Zone(-10, -5, "lost", "bad")
    plot.set_histogram([-10, -7, -5, -2, 0], [4, 8, 2, 0], "parameters", [zone])
    return shown(qtbot, plot)


def test_a_bar_has_the_colour_of_the_zone_that_holds_its_middle(histogram):
    assert [histogram.colour_of(index) for index in range(4)] == ["bad", "bad", "parameters", "parameters"]
    histogram.sheet.grab()
    axes = histogram._axes
    assert near(pixel(histogram, axes.pixel_x(-6), axes.pixel_y(4)), "bad")
    assert near(pixel(histogram, axes.pixel_x(-3.5), axes.pixel_y(1)), "parameters")


def test_a_zone_is_shaded_over_its_whole_height(histogram):
    histogram.sheet.grab()
    axes = histogram._axes
    inside = pixel(histogram, axes.pixel_x(-9), axes.pixel_y(6.6))
    outside = pixel(histogram, axes.pixel_x(-1), axes.pixel_y(6.6))
    assert inside != outside


def test_the_pointer_reads_a_bar_and_a_click_names_it(qtbot, histogram):
    histogram.sheet.grab()
    axes = histogram._axes
    place = QPointF(axes.pixel_x(-3), axes.area.center().y())
    histogram.point_at(place)
    assert [text for text, _ in histogram.reading(2)] == ["−5 to −2", "2"]
    with qtbot.waitSignal(histogram.clicked) as clicked:
        histogram.click_at(place)
    assert clicked.args == [2]


def test_values_are_counted_without_those_that_are_no_numbers(qtbot):
    plot = HistogramPlot("x", "x")
    plot.set_values([1, 1, 2, np.nan, np.inf], 2)
    assert plot._counts.tolist() == [2, 1]
    plot.set_values([np.nan])
    assert not plot.has_data()
    qtbot.addWidget(plot)


@pytest.mark.parametrize(
    ("edges", "counts", "what"),
    [([0, 1], [1, 2], "2 edges for 2 bars"), ([0, 0, 1], [1, 2], "must rise"), ([0, 1, 2], [1, -1], "not below 0"),
     ([0, 1, 2], [1, np.nan], "finite")],
)  # fmt: skip
def test_what_is_no_histogram_is_refused(histogram, edges, counts, what):
    with pytest.raises(ValueError, match=what):
        histogram.set_histogram(edges, counts)


def test_a_marker_outside_the_axis_is_left_out(histogram):
    histogram.set_marker(-3.0, "threshold")
    histogram.flush()
    histogram.grab()
    histogram.set_marker(99.0, "far")
    histogram.flush()
    histogram.grab()
    histogram.set_marker(float("nan"))
    assert histogram._marker is None


def test_both_themes_and_scales_paint(qtbot, bars, histogram):
    for name, scale in (("light", 1.0), ("dark", 1.6), ("light", 2.0)):
        set_theme(name, scale)
        for plot in (bars, histogram):
            plot.flush()
            plot.grab()


def test_painted_plots_need_no_pyqtgraph():
    code = (
        "import sys; from PySide6.QtWidgets import QApplication; a = QApplication([]);"
        "from widgets.plots import BarsPlot, BarSeries; p = BarsPlot('t', 'y');"
        "p.set_groups(['a'], [BarSeries('', 'good', (1.0,))]); p.show(); p.flush(); p.grab();"
        "sys.exit('pyqtgraph' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
