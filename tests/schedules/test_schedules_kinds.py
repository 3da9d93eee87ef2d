"""Properties that every schedule has, whatever its numbers."""

from __future__ import annotations

import math
from itertools import pairwise

import numpy as np
import pytest

from simulator.errors import ConfigError
from simulator.schedules.drawn import add_point, heights, move_point, parse_points, remove_point
from simulator.schedules.handles import drag, handles
from simulator.schedules.kinds import KINDS, NAMES
from simulator.schedules.recipes import find_recipe, recipes
from simulator.schedules.schedule import Schedule, usual
from simulator.schedules.text import format_schedule, parse_schedule


@pytest.mark.parametrize("kind", NAMES)
def test_rates_stay_between_zero_and_the_peak(kind: str) -> None:
    schedule = usual(kind, 0.02, 400)
    rates = schedule.rates(np.arange(500))
    assert np.isfinite(rates).all()
    assert (rates >= 0).all()
    assert rates.max() == pytest.approx(0.02, rel=1e-2)
    assert (rates[400:] == rates[400]).all()  # after the last step it stays
    assert [schedule.rate(step) for step in range(0, 500, 7)] == list(rates[::7])
    assert KINDS[kind].source


@pytest.mark.parametrize("kind", [kind for kind in NAMES if kind not in ("one-cycle", "drawn")])
def test_warm_up_is_a_line(kind: str) -> None:
    late, eager = (usual(kind, 1.0, 400).replace(eager=eager) for eager in (False, True))
    assert list(late.rates(np.arange(20))) == [step / 20 for step in range(20)]
    assert list(eager.rates(np.arange(20))) == [(step + 1) / 20 for step in range(20)]


def test_hold_ends_the_course_early() -> None:
    schedule = Schedule(kind="cosine", peak=1.0, steps=100, hold=20, final_ratio=0.1)
    assert schedule.rates([80, 90, 100]) == pytest.approx([0.1] * 3)
    assert schedule.rate(79) > 0.1


def test_slopes_are_differences() -> None:
    schedule = Schedule(kind="linear", peak=1.0, steps=100)
    assert schedule.slopes([10, 50, 90]) == pytest.approx([-0.01] * 3)


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"kind": "sine"}, "schedule"),
        ({"kind": "cosine", "peak": math.nan}, "peak"),
        ({"kind": "cosine", "final_ratio": 2.0}, "final_ratio"),
        ({"kind": "exponential"}, "final_ratio"),
        ({"kind": "step", "gamma": 0.5, "milestones": (0.9, 0.8)}, "milestones"),
        ({"kind": "wsd", "shape": "round"}, "shape"),
        ({"kind": "one-cycle", "shape": "1-sqrt"}, "shape"),
        ({"kind": "drawn", "points": ((0.0, 1.0), (0.0, 0.5), (1.0, 0.0))}, "points"),
        ({"kind": "drawn", "points": ((0.0, 1.5), (1.0, 0.0))}, "points"),
    ],
)
def test_numbers_that_do_not_fit(values: dict[str, object], field: str) -> None:
    with pytest.raises(ConfigError) as caught:
        Schedule(**{"peak": 1.0, "steps": 100} | values)  # type: ignore[arg-type]
    assert caught.value.field == field


def test_drawn_as_pchip() -> None:
    interpolate = pytest.importorskip("scipy.interpolate")
    generator = np.random.default_rng(0)
    for count in (2, 3, 5, 12):
        x = np.concatenate([[0], np.sort(generator.uniform(0.01, 0.99, count - 2)), [1]])
        points = tuple(zip(x.tolist(), generator.uniform(0, 1, count).tolist(), strict=True))
        share = np.linspace(0, 1, 501)
        expected = interpolate.PchipInterpolator(*np.array(points).T)(share)
        np.testing.assert_allclose(heights(points, share), expected, atol=1e-12)


def test_drawn_never_overshoots() -> None:
    generator = np.random.default_rng(1)
    for _ in range(50):
        x = np.concatenate([[0], np.sort(generator.uniform(0.01, 0.99, 6)), [1]])
        points = tuple(zip(x.tolist(), generator.uniform(0, 1, 8).tolist(), strict=True))
        for (left, low), (right, high) in pairwise(points):
            curve = heights(points, np.linspace(left, right, 50))
            steps = np.diff(curve) * np.sign(high - low)
            assert (steps >= -1e-12).all()  # monotone between two points


def test_points_can_be_added_moved_and_removed() -> None:
    points = parse_points("0:0,0.2:1,1:0.1")
    more = add_point(points, 0.5)
    share = np.array([0.5])
    assert len(more) == 4
    assert heights(more, share) == pytest.approx(heights(points, share))
    assert remove_point(more, 2) == points
    assert remove_point(points, 0) == points
    assert move_point(points, 1, 5.0, 5.0)[1] == pytest.approx((1.0, 1.0), abs=1e-3)
    assert move_point(points, 0, 0.7, 0.3)[0] == (0.0, 0.3)
    assert add_point(points, 0.2) == points


@pytest.mark.parametrize("text", ["", "0:0", "0:0,1", "0:0,0.5:1", "0:0,a:1,1:0", "0.1:0,1:1", "0:0,1:nan"])
def test_points_that_make_no_curve(text: str) -> None:
    with pytest.raises(ConfigError):
        parse_points(text)


@pytest.mark.parametrize("kind", NAMES)
def test_text_gives_the_same_schedule_again(kind: str) -> None:
    schedule = usual(kind, 0.0123, 731)
    text = format_schedule(schedule)
    assert parse_schedule(text, steps=731, peak=1.0).rates(np.arange(732)) == pytest.approx(
        schedule.rates(np.arange(732)), rel=1e-6, abs=1e-12
    )
    assert "e+" not in text


def test_text_in_steps_shares_and_multiples() -> None:
    schedule = parse_schedule("wsd peak=3x warmup=10 decay=20% final=5% shape=1-sqrt", steps=200, peak=0.01)
    assert schedule == Schedule(
        kind="wsd", peak=0.03, steps=200, warmup=10, decay=40, final_ratio=0.05, shape="1-sqrt"
    )


@pytest.mark.parametrize(
    "text", ["", "sine", "cosine warm=3", "cosine peak", "cosine peak=x", "cosine-restarts cycles=2.5"]
)
def test_text_that_cannot_be_understood(text: str) -> None:
    with pytest.raises(ConfigError):
        parse_schedule(text, steps=100, peak=1.0)


@pytest.mark.parametrize("kind", NAMES)
def test_handles_lie_on_the_curve_and_move_it(kind: str) -> None:
    schedule = usual(kind, 0.01, 400)
    found = handles(schedule)
    assert len({handle.key for handle in found}) == len(found) >= 1
    for handle in found:
        assert handle.steps[0] <= handle.step <= handle.steps[1]
        assert handle.rates[0] <= handle.rate <= handle.rates[1] + 1e-12
        assert schedule.rate(handle.step) == pytest.approx(handle.rate, rel=0.02, abs=1e-9), handle.key
        stays = drag(schedule, handle.key, handle.step, handle.rate)
        assert stays.rates(np.arange(400)) == pytest.approx(
            schedule.rates(np.arange(400)), rel=1e-3, abs=1e-7
        )
        for step, rate in ((-50, -1.0), (1e6, 1.0), (200, 0.004), (math.pi * 20, 0.0071)):
            moved = drag(schedule, handle.key, step, rate)  # whatever the hand does, the result is a schedule
            assert np.isfinite(moved.rates(np.arange(400))).all()


@pytest.mark.parametrize(
    ("kind", "key", "step", "rate"),
    [("cosine", "peak", 60, 0.02), ("wsd", "decay", 250, 0.01), ("polynomial", "bend", 210, 0.004),
     ("step", "drop-0", 200, 0.005), ("inverse-sqrt", "half", 150, 0.005), ("exponential", "fall", 400, 0.002),
     ("drawn", "point-1", 100, 0.006), ("one-cycle", "peak", 100, 0.01), ("linear", "end", 300, 0.002)],
)  # fmt: skip
def test_curve_follows_the_hand(kind: str, key: str, step: float, rate: float) -> None:
    moved = drag(usual(kind, 0.01, 400), key, step, rate)
    handle = next(item for item in handles(moved) if item.key == key)
    assert (handle.step, handle.rate) == (pytest.approx(step, abs=1.0), pytest.approx(rate, rel=1e-2))


def test_unknown_handle() -> None:
    with pytest.raises(KeyError):
        drag(usual("cosine", 0.01, 400), "nose", 1, 1)


def test_recipes_match_their_papers() -> None:
    assert len(recipes()) >= 14
    llama = find_recipe("llama-2-7b")
    assert llama.schedule == Schedule(kind="cosine", peak=3e-4, steps=500_000, warmup=2000, final_ratio=0.1)
    assert llama.warmup_share == pytest.approx(0.004)
    assert "Llama 2" in llama.source
    gpt = find_recipe("gpt-3-175b").schedule
    batch = 3.2e6
    assert (gpt.peak, gpt.kind, gpt.final_ratio) == (0.6e-4, "cosine", 0.1)
    assert gpt.warmup * batch == pytest.approx(375e6, rel=0.01)
    assert gpt.end * batch == pytest.approx(260e9, rel=1e-4)
    assert gpt.rate(gpt.end) == gpt.rate(gpt.steps) == pytest.approx(0.6e-5)
    deep = find_recipe("deepseek-llm-67b").schedule
    assert deep.rates([0.5 * deep.steps, 0.85 * deep.steps, deep.steps]) == pytest.approx(
        [3.2e-4, 3.2e-4 * 0.316, 3.2e-4 * 0.1], rel=2e-3
    )
    v3 = find_recipe("deepseek-v3").schedule
    batch = 15360 * 4096
    assert v3.rate(10e12 / batch - 10) == 2.2e-4
    assert v3.rate(14.3e12 / batch + 1) == pytest.approx(2.2e-5, rel=1e-3)
    assert find_recipe("llama-3-405b").schedule.rate(1_200_000) == pytest.approx(8e-7)
    first = find_recipe("transformer-2017").schedule
    for step in (1, 400, 4000, 10_000, 100_000):  # equation 3
        assert first.rate(step) == pytest.approx(512**-0.5 * min(step**-0.5, step * 4000**-1.5))
    nano = find_recipe("nanochat").schedule
    assert nano.rates([0, 0.8 * nano.steps, 0.9 * nano.steps, nano.steps]) == pytest.approx(
        [0.02, 0.02, 0.01, 0]
    )


@pytest.mark.parametrize("key", list(recipes()))
def test_recipes_scale_to_a_toy_run(key: str) -> None:
    recipe = recipes()[key]
    toy = recipe.scaled(300, 0.01)
    assert recipe.facts
    share = np.linspace(0.05, 1, 20)
    wanted = recipe.schedule.rates(share * recipe.schedule.steps) / recipe.schedule.peak
    if recipe.schedule.kind != "inverse-sqrt":
        assert toy.rates(share * 300) / 0.01 == pytest.approx(wanted, abs=0.05)
    assert toy.rates(np.arange(300)).max() == pytest.approx(0.01)
    with pytest.raises(ConfigError):
        find_recipe("gpt-9")
