"""Arithmetic: sums against the plain loop, operations against exact fractions, scenes at every time."""

from __future__ import annotations

import math
from fractions import Fraction

import numpy as np
import pytest

from simulator.formats.codec import quantize
from simulator.formats.floats import FORMATS
from widgets.s04_precision.geometry.drift import drift_scene, random_scene, stuck_at
from widgets.s04_precision.geometry.operation import CASES, Case, OperationScene, work_out
from widgets.s04_precision.geometry.sums import (
    drift_curves,
    kahan_sums,
    random_curves,
    running_sums,
    stochastic_sums,
)
from widgets.scene.shapes import BitCell, Text

ALL_CASES = [case for cases in CASES.values() for case in cases]


def plain_sums(term, count, format):
    step, total, sums = float(quantize(term, format)), 0.0, [0.0]
    for _ in range(count):
        total = float(quantize(total + step, format))
        sums.append(total)
    return np.array(sums)


@pytest.mark.parametrize(
    ("key", "term", "count"),
    [("fp16", 0.1, 2300), ("bf16", 0.1, 400), ("bf16", 0.75, 700), ("fp8_e4m3", 0.1, 60), ("fp8_e5m2", 0.3, 60),
     ("fp4_e2m1", 0.5, 30), ("fp16", 2.0**-24, 3000), ("fp16", 3000.0, 60), ("fp8_e4m3", 24.0, 60), ("fp32", 0.1, 900)],
)  # fmt: skip
def test_sums_are_those_of_the_plain_loop(key, term, count):
    format = FORMATS[key]
    found, expected = running_sums(term, count, format), plain_sums(term, count, format)
    assert np.array_equal(found, expected, equal_nan=True)


def test_numpys_halves_add_as_the_codec_does():
    rng = np.random.default_rng(1)
    a, b = (np.float16(rng.normal(size=20_000) * 2.0 ** rng.integers(-20, 12, 20_000)) for _ in range(2))
    exact = a.astype(np.float64) + b.astype(np.float64)
    assert np.array_equal((a + b).astype(np.float64), quantize(exact, FORMATS["fp16"]))


def test_kahan_carries_what_rounding_loses():
    true = 3000 * float(np.float16(0.1))
    assert abs(kahan_sums(0.1, 3000)[-1] - true) < 1.0
    assert abs(running_sums(0.1, 3000, FORMATS["fp16"])[-1] - true) > 40


def test_random_rounding_is_right_on_average_and_never_stuck():
    ends = [stochastic_sums(0.1, 1000, FORMATS["bf16"], seed)[-1] for seed in range(60)]
    true = 1000 * float(quantize(0.1, FORMATS["bf16"]))
    assert np.mean(ends) == pytest.approx(true, rel=0.05)
    assert running_sums(0.1, 1000, FORMATS["bf16"])[-1] == 32.0
    for sums in (stochastic_sums(0.1, 500, FORMATS["bf16"], seed) for seed in range(3)):
        assert np.array_equal(quantize(sums, FORMATS["bf16"]), sums)
        assert (np.diff(sums) >= 0).all()


def test_the_curves_say_what_the_lesson_says():
    ends = {curve.key: curve.sums[-1] for curve in drift_curves()}
    assert ends["fp16"] == 256
    assert ends["bf16"] == 32
    assert ends["fp32"] == pytest.approx(1000, abs=0.2)
    assert ends["accumulator"] == pytest.approx(1000, abs=0.5)
    assert ends["kahan"] == pytest.approx(1000, abs=0.6)
    nearest, *draws = random_curves()
    assert nearest.sums[-1] == 32
    assert len(draws) >= 10


@pytest.mark.parametrize("case", ALL_CASES, ids=[case.key for case in ALL_CASES])
def test_operations_are_worked_out_exactly(case):
    worked, format = work_out(case), FORMATS[case.format]
    a, b = (Fraction(float(quantize(value, format))) for value in (case.left, case.right))
    exact = a + b if case.sign == "+" else a * b
    assert worked.exact == exact
    expected = float(quantize(float(exact), format))
    assert worked.stored.value == expected or (math.isnan(expected) and math.isnan(worked.stored.value))
    digits = worked.digits(exact).digits
    value = sum(Fraction(2) ** (worked.top - place) for place, digit in enumerate(digits) if digit)
    assert value == abs(exact)


@pytest.mark.parametrize(
    ("left", "right", "format", "words"),
    [(2048.0, 1.0, "fp16", "to the even"), (2050.0, 1.0, "fp16", "half"), (1.0, 0.003, "bf16", "down"),
     (1.0, 0.0075, "bf16", "up"), (1.0, 1.0, "fp16", "exact"), (60000.0, 60000.0, "fp16", "beyond the largest")],
)  # fmt: skip
def test_the_verdict_names_what_rounding_does(left, right, format, words):
    assert words in work_out(Case("own", left, "+", right, format, "")).verdict()


@pytest.mark.parametrize("sign", ["+", "×"])
@pytest.mark.parametrize("left", [0.0, -1.5, 1e30, 1e-30, 65504.0])
@pytest.mark.parametrize("right", [0.0, 1.0, -1e30, 1e-38])
@pytest.mark.parametrize("format", ["fp32", "bf16", "fp16", "fp8_e4m3", "fp8_e5m2"])
def test_any_numbers_can_be_shown(left, right, sign, format):
    case = Case("own", left, sign, right, format, "")
    held = [float(quantize(value, FORMATS[format])) for value in (left, right)]
    if not all(math.isfinite(value) for value in held):
        return
    scene = OperationScene(case)
    for t in (0.0, scene.duration / 2, scene.duration):
        for shape in scene.frame(t, 640, 300):
            if isinstance(shape, BitCell):
                assert 0 <= shape.x <= 640 - shape.w


def test_an_operation_unfolds_step_by_step():
    scene = OperationScene(CASES["absorption"][0])
    counts = [len(scene.frame(mark.time, 880, 300)) for mark in scene.marks]
    assert counts == sorted(counts)
    assert len(set(counts)) == 5
    last = [shape.text for shape in scene.frame(scene.duration, 880, 300) if isinstance(shape, Text)]
    assert "2,049" in last
    assert last.count("2,048") == 2


@pytest.mark.parametrize("make", [drift_scene, random_scene])
def test_sums_grow_with_time(make):
    scene = make()
    assert scene.done_at(0.0) == 0
    assert scene.done_at(scene.duration) == scene.count
    assert [mark.time for mark in scene.marks] == sorted(mark.time for mark in scene.marks)
    for t in (0.0, 1.0, scene.duration):
        words = [shape.text for shape in scene.frame(t, 640, 320) if isinstance(shape, Text)]
        assert any("× 0.1" in text for text in words)
    stuck = stuck_at(next(curve for curve in scene.curves if curve.sums[-1] == 32))
    assert stuck is not None
    assert any(mark.time == pytest.approx(scene.time_of(stuck)) for mark in scene.marks)
