"""The pure parts of stage 5: runners, the reading of a run, the range test's rule, planes."""

from __future__ import annotations

import numpy as np
import pytest

from simulator.errors import ConfigError
from simulator.s05_schedule.config import RaceConfig
from simulator.s05_schedule.diagnosis import diagnose, smooth
from simulator.s05_schedule.planes import extent, filter_normalised, plane_through, principal_plane
from simulator.s05_schedule.range_rule import exponential_rates, smoothed, suggest
from simulator.s05_schedule.runners import DEFAULT_RUNNERS, parse_runners

STEPS = np.arange(300)
NOISE = np.random.default_rng(0).normal(0, 0.08, 300)
RATES = np.minimum(1, (STEPS + 1) / 60) * 0.01
RATIOS = np.full(300, 5e-3)
FALL = 2.0 + 2.4 * np.exp(-STEPS / 60) + NOISE
PLATEAU = 3.3 + 1.1 * np.exp(-STEPS / 10) + NOISE


def read(
    losses: np.ndarray, rates: np.ndarray = RATES, ratios: np.ndarray = RATIOS
) -> tuple[str, str, dict[str, float]]:
    found = diagnose(losses, rates, ratios, frequency_loss=3.3)
    return found.kind, found.text, dict(found.evidence)


def test_healthy() -> None:
    kind, text, evidence = read(FALL)
    assert kind == "healthy"
    assert evidence["last_loss"] == pytest.approx(2.0, abs=0.1)
    assert "without a jump" in text


def test_stalled_tells_a_cold_start_from_a_high_peak() -> None:
    kind, text, _ = read(PLATEAU)
    assert (kind, "Lower the peak" in text) == ("stalled", True)
    kind, text, evidence = read(PLATEAU, RATES[::-1])
    assert (kind, "warm up" in text) == ("stalled", True)
    assert evidence["first_rate_share"] == 1.0


def test_diverged() -> None:
    blown = PLATEAU + 6 * np.exp(-(((STEPS - 80) / 15) ** 2))
    kind, _, evidence = read(blown)
    assert kind == "diverged"
    assert evidence["highest_at"] == pytest.approx(83, abs=8)
    broken = FALL.copy()
    broken[120:] = np.nan
    kind, text, evidence = read(broken)
    assert (kind, evidence["broke_at"]) == ("diverged", 121.0)
    assert "121" in text
    assert read(np.full(5, np.nan))[0] == "diverged"


def test_spike() -> None:
    jumped = FALL + 2.5 * np.exp(-np.maximum(STEPS - 150, 0) / 12) * (STEPS >= 150)
    kind, _, evidence = read(jumped)
    assert kind == "spike"
    assert evidence["jump_at"] == pytest.approx(158, abs=12)


def test_too_slow() -> None:
    kind, text, _ = read(4.4 - 0.4 * STEPS / 300 + NOISE / 4, RATES / 100, np.full(300, 1e-4))
    assert kind == "too-slow"
    assert "Raise the peak" in text
    assert read(4.4 - 1.0 * STEPS / 300 + NOISE / 4)[0] == "too-slow"  # still falling, not there yet


def test_noise_alone_is_no_spike() -> None:
    for seed in range(20):
        noise = np.random.default_rng(seed).normal(0, 0.2, 300)
        assert read(2.0 + 2.4 * np.exp(-STEPS / 60) + noise)[0] == "healthy"


def test_one_step_can_be_read() -> None:
    assert read(np.array([4.4]), RATES[:1], RATIOS[:1])[0] in ("stalled", "too-slow")


def test_smooth_is_a_mean_of_the_past() -> None:
    assert smooth(np.array([1.0, 2, 3, 4]), 2) == pytest.approx([1, 1.5, 2.5, 3.5])


def test_default_runners() -> None:
    runners = parse_runners(DEFAULT_RUNNERS, steps=200, peak=0.01)
    assert [runner.key for runner in runners] == ["good", "no-warmup", "too-high", "too-low"]
    assert runners[0].schedule.warmup == 50
    assert runners[1].schedule.rate(0) == 0.01
    assert runners[2].schedule.peak > 50 * runners[0].schedule.peak > 1000 * runners[3].schedule.peak


def test_runners_of_all_kinds() -> None:
    text = "llama-2-7b; Mine: drawn points=0:0,0.3:1,1:0; wsd peak=2x decay=20%; Mine: constant"
    runners = parse_runners(text, steps=200, peak=0.01)
    assert [runner.key for runner in runners] == ["llama-2-7b", "mine", "wsd-peak-2x-decay-20", "mine-2"]
    assert runners[0].title == "Llama 2 7B"
    assert runners[1].to_dict()["schedule"] == "drawn peak=0.01 points=0:0,0.3:1,1:0"
    assert runners[2].schedule.peak == 0.02


@pytest.mark.parametrize("text", ["", ";;", "faster", "cosine speed=3", "; ".join(["good"] * 25)])
def test_runners_that_cannot_be_understood(text: str) -> None:
    with pytest.raises(ConfigError) as caught:
        RaceConfig(runners=text)
    assert caught.value.field == "runners"


def test_range_rule_lies_between_the_two_rules_of_thumb() -> None:
    rates = exponential_rates(1e-5, 1.0, 301)
    place = np.log10(rates)
    curve = 4.4 - 2 / (1 + np.exp(-6 * (place + 2.5))) + 3 / (1 + np.exp(-8 * (place + 0.7)))
    found = suggest(rates, curve)
    assert found.steepest == pytest.approx(10**-2.5, rel=0.1)
    assert found.suggested == pytest.approx((found.steepest * found.lowest / 10) ** 0.5)
    assert found.suggested < found.lowest < found.diverges_at
    assert "fastest" in found.why
    broken = curve.copy()
    broken[280:] = np.inf
    assert suggest(rates, broken).suggested == found.suggested


def test_range_rule_says_when_it_cannot_tell() -> None:
    rates = exponential_rates(1e-9, 1e-7, 50)
    assert suggest(rates, np.full(50, 4.4)).suggested == 0.0
    assert suggest(rates[:1], np.ones(1)).suggested == 0.0


def test_smoothed_starts_unbiased() -> None:
    assert smoothed(np.full(5, 3.0), 0.9) == pytest.approx([3.0] * 5)
    assert smoothed(np.array([1.0, 2.0]), 0.5) == pytest.approx([1.0, (0.25 + 1.0) / 0.75])


def test_principal_plane_holds_points_that_lie_in_one() -> None:
    generator = np.random.default_rng(0)
    basis = np.linalg.qr(generator.standard_normal((500, 2)))[0].T
    places = generator.standard_normal((20, 2)) * [5, 1]
    points = places @ basis + 3.0
    plane = principal_plane(points)
    assert sum(plane.explained) == pytest.approx(1.0)
    assert plane.explained[0] > plane.explained[1]
    found = plane.place(points)
    again = np.stack([plane.point(*place) for place in found])
    np.testing.assert_allclose(again, points, atol=1e-9)
    assert np.linalg.norm(found[0] - found[1]) == pytest.approx(np.linalg.norm(points[0] - points[1]))


def test_plane_through_three_points() -> None:
    generator = np.random.default_rng(1)
    corners = generator.standard_normal((3, 100))
    plane = plane_through(*corners)
    for corner in corners:
        np.testing.assert_allclose(plane.point(*plane.place(corner[None])[0]), corner, atol=1e-9)
    line = plane_through(corners[0], corners[1], 2 * corners[1] - corners[0])  # all on one line
    assert np.isfinite(line.axes).all()
    assert line.axes @ line.axes.T == pytest.approx(np.eye(2), abs=1e-9)


def test_random_directions_are_filter_normalised() -> None:
    generator = np.random.default_rng(2)
    weights = generator.standard_normal(6 * 5 + 4)
    direction = filter_normalised(weights, [(0, (6, 5)), (30, (4,))], generator)
    matrix, drawn = weights[:30].reshape(6, 5), direction[:30].reshape(6, 5)
    assert np.linalg.norm(drawn, axis=1) == pytest.approx(np.linalg.norm(matrix, axis=1))
    assert not direction[30:].any()


def test_extent_has_room_and_is_never_a_line() -> None:
    (left, right), (low, high) = extent(np.array([[0.0, 0.0], [4.0, 0.0]]), 0.25)
    assert (left, right) == (-1.0, 5.0)
    assert high - low == pytest.approx(1.5)
