"""The values that sliders stop at, and how numbers are written."""

from __future__ import annotations

import dataclasses
import itertools

import pytest

from simulator.config import Setting
from simulator.s02_objective.config import PretrainConfig
from widgets.controls.stops import format_value, nearest_stop, slider_stops

PLAIN = Setting(name="n", kind="int", default=4, help="", label="N", low=0, high=10)


def test_whole_numbers_in_a_small_range_are_all_stops():
    assert slider_stops(PLAIN) == list(range(11))


def test_even_stops_are_round_and_reach_both_ends():
    stops = slider_stops(dataclasses.replace(PLAIN, kind="float", low=0.05, high=10.0, default=1.234))
    assert (stops[0], stops[-1]) == (0.05, 10.0)
    assert 1.234 in stops
    assert 3.7 in stops
    assert 80 <= len(stops) <= 110


def test_logarithmic_stops_are_round_and_evenly_spread():
    stops = slider_stops(dataclasses.replace(PLAIN, kind="float", low=1e-7, high=1.0, default=4e-3, log=True))
    assert (stops[0], stops[-1]) == (1e-7, 1.0)
    assert {1e-5, 2e-5, 4e-3} <= set(stops)
    ratios = [b / a for a, b in itertools.pairwise(stops)]
    assert max(ratios) < 1.6


def test_powers_of_two_where_they_are_natural():
    stops = slider_stops(dataclasses.replace(PLAIN, low=1, high=4096, default=32, log=True))
    assert {1, 2, 3, 4, 6, 8, 32, 48, 4096} <= set(stops)
    assert 40 not in stops


def test_a_logarithmic_range_may_begin_at_zero():
    stops = slider_stops(
        dataclasses.replace(PLAIN, kind="float", low=0.0, high=1000.0, default=1.0, log=True)
    )
    assert stops[0] == 0.0
    assert all(a < b for a, b in itertools.pairwise(stops))


def test_no_stops_without_bounds():
    assert slider_stops(dataclasses.replace(PLAIN, high=None)) == []
    assert slider_stops(dataclasses.replace(PLAIN, low=10)) == []


@pytest.mark.parametrize(
    "item",
    [item for item in PretrainConfig.settings() if item.kind in ("int", "float")],
    ids=lambda item: item.name,
)
def test_stops_of_every_setting_pass_its_own_check(item):
    stops = slider_stops(item)
    assert item.default in stops
    assert len(stops) <= 450
    for stop in stops:
        item.check(int(stop) if item.kind == "int" else float(stop))


def test_nearest_stop():
    assert [nearest_stop([1, 2, 4, 8], value) for value in (0, 1.4, 1.6, 3.5, 99)] == [0, 0, 1, 2, 3]


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (1000, "1000"),
        (0.004, "0.004"),
        (1e-7, "1e-7"),
        (2.5e-6, "2.5e-6"),
        (3.0, "3"),
        (0, "0"),
        (2**31 - 1, "2147483647"),
        (-0.5, "-0.5"),
    ],
)
def test_numbers_are_written_as_people_do(value, text):
    assert format_value(value) == text
    assert float(text) == value
