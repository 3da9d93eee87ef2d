"""Fewer points, ranges, ticks and label places. No Qt."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from widgets.plots.series import (
    downsample,
    finite_range,
    format_reading,
    format_tick,
    log_ticks,
    padded,
    round_ticks,
    spread_labels,
)


def test_short_series_stay_as_they_are():
    x = np.arange(10.0)
    assert downsample(x, x, 10)[0] is x


@pytest.mark.parametrize("count", [2001, 5000, 123_457])
def test_long_series_keep_their_extremes_and_ends(count):
    x = np.arange(count, dtype=float)
    y = np.random.default_rng(0).normal(size=count)
    y[count // 3], y[count // 2] = 50.0, -50.0
    xs, ys = downsample(x, y, 500)
    assert len(xs) <= 500
    assert np.all(np.diff(xs) > 0)
    assert (xs[0], xs[-1]) == (0, count - 1)
    assert (ys.max(), ys.min()) == (50.0, -50.0)
    assert np.array_equal(ys, y[xs.astype(int)])


def test_gaps_survive_and_do_not_hide_values():
    x = np.arange(10_000.0)
    y = np.sin(x / 500)
    y[4000:6000] = np.nan
    y[6001] = 9.0
    xs, ys = downsample(x, y, 400)
    assert np.isnan(ys[(xs > 4100) & (xs < 5900)]).all()
    assert np.isnan(ys).any()
    assert np.nanmax(ys) == 9.0


def test_a_series_of_gaps_is_no_error():
    x = np.arange(5000.0)
    xs, ys = downsample(x, np.full(5000, np.nan), 100)
    assert 2 <= len(xs) <= 100
    assert np.isnan(ys).all()


def test_the_shape_of_a_curve_is_kept():
    x = np.linspace(0, 10, 20_000)
    xs, ys = downsample(x, np.sin(x), 400)
    assert np.abs(np.interp(x, xs, ys) - np.sin(x)).max() < 1e-3


def test_ranges_count_what_is_finite():
    rows = [np.array([1.0, np.nan, np.inf]), np.array([-2.0])]
    assert finite_range(rows) == (-2, 1)
    assert finite_range(rows, [0.39, 7.0]) == (-2, 7)
    assert finite_range(rows, log=True) == (1, 1)
    assert finite_range([np.array([np.nan])]) is None
    assert padded(0, 10) == pytest.approx((-0.6, 10.6))
    assert padded(5, 5) == (4.5, 5.5)
    assert padded(0, 0) == (-1, 1)


@pytest.mark.parametrize(
    ("low", "high", "most", "ticks"),
    [
        (0, 10, 6, [0, 2, 4, 6, 8, 10]),
        (0.3, 7.1, 4, [2, 4, 6]),
        (-1, 1, 5, [-1, -0.5, 0, 0.5, 1]),
        (0, 400, 3, [0, 200, 400]),
        (0.1, 0.3, 3, [0.1, 0.2, 0.3]),
        (5, 5, 3, []),
        (0, np.inf, 3, []),
    ],
)
def test_ticks_are_round_and_few(low, high, most, ticks):
    assert round_ticks(low, high, most) == pytest.approx(ticks)


@pytest.mark.parametrize("low", [-3e7, -0.02, 0, 1e-9, 12345.678])
@pytest.mark.parametrize("span", [1e-6, 0.7, 3.0, 9e8])
@pytest.mark.parametrize("most", [2, 5, 9])
def test_ticks_lie_within_their_range(low, span, most):
    ticks = round_ticks(low, low + span, most)
    room = span * 1e-6 + abs(low) * 1e-15  # what floating point cannot tell apart
    assert len(ticks) <= most
    assert all(low - room <= tick <= low + span + room for tick in ticks)
    steps = [b - a for a, b in itertools.pairwise(ticks)]
    assert max(steps, default=0) - min(steps, default=0) <= 4 * room


def test_log_ticks_are_powers_of_ten():
    assert log_ticks(1e-5, 1.0, 9) == pytest.approx([1e-5, 1e-4, 1e-3, 1e-2, 1e-1, 1.0])
    assert len(log_ticks(1e-12, 1.0, 4)) <= 5
    assert log_ticks(0.4, 6.0, 4) == [0.5, 1, 2, 5]
    assert log_ticks(2.0, 8.0, 4) == [2, 5]
    assert log_ticks(6.0, 8.0, 4) == [6, 7, 8]


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0, "0"),
        (0.5, "0.5"),
        (-2, "−2"),
        (1500, "1500"),
        (20_000, "20k"),
        (3e6, "3M"),
        (2.5e9, "2.5B"),
        (1e-7, "1e−7"),
        (2.5e-4, "2.5e−4"),
    ],
)
def test_tick_numbers_are_short(value, text):
    assert format_tick(value) == text


def test_readings_have_four_digits():
    assert [format_reading(v) for v in (1.23456, 0, -3.0, 1.5e-5, np.nan)] == [
        "1.235",
        "0",
        "−3",
        "1.5e−5",
        "–",
    ]


def test_labels_are_spread_but_stay_near():
    assert spread_labels([10, 50, 90], 12, 0, 100) == [10, 50, 90]
    close = spread_labels([50, 51, 52], 12, 0, 100)
    assert all(b - a >= 12 for a, b in itertools.pairwise(close))
    assert spread_labels([95, 99, 97], 10, 0, 100) == [80, 100, 90]
    assert spread_labels([-20], 10, 5, 100) == [5]
    assert spread_labels([], 10, 0, 100) == []
