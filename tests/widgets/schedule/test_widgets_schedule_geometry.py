from __future__ import annotations

import itertools
import math

import numpy as np
import pytest

from simulator.schedules.handles import drag
from simulator.schedules.kinds import NAMES
from simulator.schedules.recipes import recipes
from simulator.schedules.schedule import Schedule, usual
from widgets.s05_schedule.geometry.editing import Draft, Editing, of_kind, stretched, traced
from widgets.s05_schedule.geometry.frame import fit_scale, frame_in
from widgets.s05_schedule.geometry.kinds import KindScene, kind_hint, outline
from widgets.s05_schedule.geometry.numbers import (
    rate_words,
    round_above,
    round_ticks,
    share_words,
    step_words,
)
from widgets.s05_schedule.geometry.rule import PEAK_RULE, WARMUP_RULE, RuleScene, places, rule_words
from widgets.s05_schedule.geometry.shape import (
    DURATION,
    ShapeScene,
    average_share,
    sample_steps,
    warmup_steps,
)
from widgets.scene.shapes import Box, Dot, Polyline, Text, bounds, hit_shapes

SIZES = [(600, 260), (880, 420), (1480, 700)]


def _texts(shapes) -> str:
    return " | ".join(shape.text for shape in shapes if isinstance(shape, Text)).replace("\u00a0", " ")


# ---- numbers


def test_numbers_are_written_as_people_write_them():
    assert [rate_words(x) for x in (3e-4, 1.25e-3, 0.0, 1.0, 0.6e-4, 0.02, math.nan)] == [
        "3e-4", "1.25e-3", "0", "1", "6e-5", "0.02", "–",
    ]  # fmt: skip
    assert [share_words(x).replace("\u00a0", " ") for x in (0.004, 0.0007, 0.35, 0.0, 1.0, 0.05)] == [
        "0.4 %", "0.07 %", "35 %", "0 %", "100 %", "5 %",
    ]  # fmt: skip
    assert [step_words(x) for x in (0, 2000, 99_999, 1_200_000)] == ["0", "2,000", "99,999", "1.2M"]


@pytest.mark.parametrize("value", [1e-7, 3.3e-4, 4e-3, 1.0, 7.9, 123.0])
def test_round_numbers_lie_just_above(value):
    assert value <= round_above(value) <= 2 * value
    ticks = round_ticks(value, 5)
    assert ticks[0] == 0
    assert value * (1 - 0.5) <= ticks[-1] <= value * 1.0001
    assert 2 <= len(ticks) <= 6


# ---- frame


@pytest.mark.parametrize("log", [False, True])
def test_places_and_meanings_are_each_others_inverse(log):
    area = frame_in(880, 420, 1000, fit_scale(4e-3, 4e-4, log))
    for step, rate in itertools.product((0, 1, 499.5, 1000), (4e-4, 1e-3, 4e-3)):
        assert area.meaning(*area.at(step, rate)) == pytest.approx((step, rate), rel=1e-9, abs=1e-12)
    low = area.scale.low
    assert area.meaning(-100, 1e6) == pytest.approx((0, low))
    assert area.scale.high > 4e-3
    assert area.up(4e-3) > area.y


def test_many_places_are_the_same_as_one_by_one():
    for log in (False, True):
        area = frame_in(700, 300, 500, fit_scale(1e-3, 1e-5, log))
        steps, rates = np.linspace(0, 500, 40), np.geomspace(1e-6, 1e-3, 40)
        for point, step, rate in zip(area.line(steps, rates), steps, rates, strict=True):
            assert point == pytest.approx(area.at(float(step), float(rate)))


# ---- the curve


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("kind", NAMES)
@pytest.mark.parametrize("log", [False, True])
def test_every_kind_is_drawn_within_the_picture(kind, log, size):
    scene = ShapeScene(usual(kind, 4e-3, 1000), log)
    for t in (0.0, 3.3, DURATION):
        for shape in scene.frame(t, *size):
            area = bounds(shape)
            if area is not None and not isinstance(shape, Text):
                assert area[0] >= -1
                assert area[0] + area[2] <= size[0] + 1
                assert area[1] >= -1
                assert area[1] + area[3] <= size[1] + 1
            if isinstance(shape, Polyline):
                xs, ys = zip(*shape.points, strict=True)
                assert min(xs) >= 0
                assert max(xs) <= size[0]
                assert min(ys) >= 0
                assert max(ys) <= size[1]


@pytest.mark.parametrize("kind", NAMES)
def test_the_curve_holds_every_corner(kind):
    schedule = usual(kind, 4e-3, 1000)
    steps = sample_steps(schedule)
    drawn = np.interp(np.arange(1001), steps, schedule.rates(steps))
    assert np.abs(drawn - schedule.rates(np.arange(1001))).max() < 0.01 * schedule.peak
    assert schedule.rates(steps).max() == pytest.approx(schedule.rates(np.arange(1001)).max(), rel=2e-3)


def test_the_marker_walks_along_the_schedule_and_back():
    scene = ShapeScene(usual("cosine", 4e-3, 1000))
    seen = {}
    for t in (0.0, 1.7, 5.0, DURATION, 5.0, 1.7, 0.0):
        dot = next(s for s in scene.frame(t, 880, 420) if isinstance(s, Dot) and s.fill == "data")
        area = scene.frame_of(880, 420)
        step, rate = area.meaning(dot.x, dot.y)
        assert rate == pytest.approx(scene.schedule.rate(step), abs=1e-6)
        assert seen.setdefault(t, (dot.x, dot.y)) == (dot.x, dot.y)
    assert [scene.time_of(scene.step_at(t)) for t in (0.0, 4.2, 10.0)] == [0.0, pytest.approx(4.2), 10.0]


@pytest.mark.parametrize("kind", NAMES)
def test_marks_are_in_order_and_within_the_scene(kind):
    times = [mark.time for mark in ShapeScene(usual(kind, 1.0, 777)).marks]
    assert times == sorted(times)
    assert times[0] == 0
    assert times[-1] == DURATION
    assert len(set(times)) == len(times)


@pytest.mark.parametrize("kind", NAMES)
def test_every_handle_is_hit_with_room_and_the_nearest_one_wins(kind):
    scene = ShapeScene(usual(kind, 4e-3, 1000))
    area = scene.frame_of(880, 420)
    for item in scene.handles:
        x, y = area.at(item.step, item.rate)
        assert scene.handle_at(x + 3, y - 3, 880, 420) == item.key
        assert scene.hit(0.0, x, y, 880, 420) == f"handle:{item.key}"
    alone = scene.handles[-1]
    x, y = area.at(alone.step, alone.rate)
    assert scene.handle_at(x - 11, y + 10, 880, 420) == alone.key
    assert scene.handle_at(x - 40, y - 40, 880, 420) != alone.key


def test_only_a_drawn_curve_takes_points():
    drawn = ShapeScene(usual("drawn", 4e-3, 1000))
    area = drawn.frame_of(880, 420)
    x, y = area.at(600, drawn.schedule.rate(600))
    assert drawn.hit(0.0, x, y + 5, 880, 420) == "curve"
    assert drawn.hit(0.0, x, y - 60, 880, 420) is None
    cosine = ShapeScene(usual("cosine", 4e-3, 1000))
    x, y = area.at(600, cosine.schedule.rate(600))
    assert cosine.hit(0.0, x, y, 880, 420) is None


def test_the_handle_in_hand_says_what_it_means():
    scene = ShapeScene(usual("wsd", 4e-3, 1000), active="decay")
    assert "Decay begins at step 800: the last 20 %" in _texts(scene.frame(0.0, 880, 420))
    scene = ShapeScene(usual("cosine", 4e-3, 1000), active="peak")
    assert "Peak 4e-3 after 50 steps of warm-up" in _texts(scene.frame(0.0, 880, 420))


def test_area_and_warm_up_are_those_of_the_curve():
    assert average_share(Schedule(kind="constant", peak=2.0, steps=100)) == pytest.approx(1.0)
    assert average_share(Schedule(kind="linear", peak=2.0, steps=100)) == pytest.approx(0.5, abs=1e-3)
    triangle = Schedule(kind="drawn", peak=1.0, steps=100, points=((0.0, 0.0), (0.3, 1.0), (1.0, 0.0)))
    assert warmup_steps(triangle) == pytest.approx(30)
    assert average_share(Schedule(kind="constant", peak=0.0, steps=10)) == 0.0


# ---- editing


def test_one_move_of_the_hand_is_one_step_back():
    first = usual("cosine", 4e-3, 1000)
    editing = Editing(Draft(first))
    for rate in (3e-3, 2e-3, 1e-3):
        assert editing.change(Draft(first.replace(peak=rate)), "drag:peak")
    editing.settle()
    assert editing.change(Draft(first.replace(peak=5e-4)), "drag:peak")
    assert editing.undo()
    assert editing.draft.schedule.peak == 1e-3
    assert editing.undo()
    assert editing.draft.schedule is first
    assert not editing.undo()
    assert editing.redo()
    assert editing.redo()
    assert not editing.redo()
    assert editing.draft.schedule.peak == 5e-4


def test_a_change_after_going_back_forgets_what_was_ahead():
    editing = Editing(Draft(usual("cosine", 1.0, 10)))
    editing.change(Draft(usual("linear", 1.0, 10)))
    editing.undo()
    assert not editing.change(editing.draft)
    editing.change(Draft(usual("wsd", 1.0, 10)))
    assert not editing.can_redo
    assert editing.draft.schedule.kind == "wsd"


def test_only_so_many_states_are_kept():
    editing = Editing(Draft(usual("cosine", 1.0, 10)))
    for index in range(1, 500):
        editing.change(Draft(usual("cosine", float(index + 1), 10)))
    count = 0
    while editing.undo():
        count += 1
    assert count == 199


@pytest.mark.parametrize("kind", NAMES)
@pytest.mark.parametrize("steps", [10, 137, 2_000_000])
def test_a_stretched_schedule_has_the_same_shape(kind, steps):
    old = usual(kind, 4e-3, 1000)
    new = stretched(old, steps, 1e-3)
    assert (new.steps, new.peak, new.kind) == (steps, 1e-3, kind)
    if steps > 100:
        shares = np.array([0.0, 0.2, 0.5, 0.9, 1.0])
        expected = old.rates(shares * old.end) / old.peak
        assert new.rates(shares * new.end) / new.peak == pytest.approx(expected, abs=0.06)


@pytest.mark.parametrize(("before", "after"), list(itertools.permutations(NAMES, 2)))
def test_any_kind_follows_any_other(before, after):
    old = usual(before, 4e-3, 1000)
    new = of_kind(after, old)
    assert (new.kind, new.peak, new.steps) == (after, 4e-3, 1000)
    assert np.isfinite(new.rates(np.arange(1001))).all()


@pytest.mark.parametrize("kind", [name for name in NAMES if name != "step"])
def test_drawing_begins_with_the_course_of_what_was_there(kind):
    old = usual(kind, 4e-3, 1000)
    drawn = of_kind("drawn", old)
    steps = np.linspace(0, 1000, 101)
    if kind not in ("cosine-restarts",):
        assert np.abs(drawn.rates(steps) - old.rates(steps)).mean() < 0.08 * old.peak
    assert traced(old)[0][0] == 0
    assert traced(old)[-1][0] == 1


@pytest.mark.parametrize("key", list(recipes()))
def test_every_recipe_can_be_traced_and_stretched(key):
    schedule = recipes()[key].schedule
    assert stretched(schedule, 300, 4e-3).rates(np.arange(301)).max() == pytest.approx(4e-3, rel=0.05)
    assert of_kind("drawn", schedule).steps == schedule.steps


@pytest.mark.parametrize("kind", NAMES)
def test_dragging_anywhere_gives_a_schedule_that_can_be_drawn(kind):
    generator = np.random.default_rng(3)
    schedule = usual(kind, 4e-3, 1000)
    for _ in range(120):
        scene = ShapeScene(schedule)
        item = scene.handles[generator.integers(len(scene.handles))]
        step, rate = generator.uniform(-200, 1300), generator.uniform(1e-7, 8e-3)
        schedule = drag(schedule, item.key, step, rate)
        shapes = ShapeScene(schedule, log=bool(generator.integers(2))).frame(4.0, 700, 300)
        for line in (shape for shape in shapes if isinstance(shape, Polyline)):
            assert np.isfinite(np.array(line.points)).all()


# ---- kinds and recipes


def test_every_kind_has_a_tile_of_its_own_and_words():
    scene = KindScene("wsd")
    shapes = scene.frame(0.0, 260, 134)
    keys = [shape.key for shape in shapes if isinstance(shape, Box)]
    assert keys == [f"kind:{name}" for name in NAMES]
    for shape in shapes:
        if isinstance(shape, Box):
            assert hit_shapes(shapes, shape.x + 5, shape.y + 5) == shape.key
    assert all(kind_hint(key) for key in keys)
    assert kind_hint("kind:nothing") == ""
    assert len({outline(name) for name in NAMES}) == len(NAMES)


@pytest.mark.parametrize("size", [(620, 190), (880, 230), (1480, 420)])
def test_the_map_of_recipes_is_right_and_its_labels_keep_apart(size):
    scene = RuleScene(usual("cosine", 4e-3, 1000), "llama-2-70b")
    shapes = scene.frame(0.0, *size)
    dots = {shape.key: shape for shape in shapes if isinstance(shape, Dot) and shape.key}
    assert set(dots) == {f"recipe:{key}" for key in recipes()}
    rule = next(shape for shape in shapes if isinstance(shape, Box) and shape.dashed)
    for place in places():
        dot = dots[f"recipe:{place.key}"]
        inside = rule.x - 1 <= dot.x <= rule.x + rule.w + 1 and rule.y - 1 <= dot.y <= rule.y + rule.h + 1
        warm = WARMUP_RULE[0] <= place.share * 1.0000001 and place.share <= WARMUP_RULE[1]
        assert inside == (warm and PEAK_RULE[0] * 0.9999 <= place.peak <= PEAK_RULE[1]) == place.follows
    words = [s for s in shapes if isinstance(s, Text) and s.text in {place.title for place in places()}]
    assert "Llama 2 70B" in {text.text for text in words}
    for a, b in itertools.combinations(words, 2):
        (ax, _, aw, _), (bx, _, bw, _) = bounds(a), bounds(b)
        apart = abs(a.y - b.y) >= 12 or ax + 0.85 * aw < bx or bx + 0.85 * bw < ax
        assert apart, (a.text, b.text)


def test_the_rule_is_told_with_its_counter_examples():
    title, text = rule_words(recipes()["llama-2-70b"].schedule)
    text = text.replace("\u00a0", " ")
    assert "Outside" in title
    assert "warm-up" in title
    assert "peak" not in title
    assert "0.4 %" in text
    assert "6e-4" in text
    assert "6e-5" in text
    follows = Schedule(kind="cosine", peak=3e-4, steps=1000, warmup=20)
    assert rule_words(follows)[0] == "As the popular rule has it"
