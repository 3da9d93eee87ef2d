"""Time in scenes: easing, tweens, sequences, marks. No Qt."""

from __future__ import annotations

import itertools

import pytest

from widgets.scene import easing
from widgets.scene.shapes import Box
from widgets.scene.timeline import Mark, PlainScene, Scene, Sequence, clamp, mark_index, mix, tween


@pytest.mark.parametrize("curve", [easing.linear, easing.cubic_in_out, easing.cubic_in, easing.cubic_out])
def test_easing_goes_all_the_way_and_never_back(curve):
    values = [curve(i / 100) for i in range(101)]
    assert (values[0], values[-1]) == pytest.approx((0, 1))
    assert all(a <= b + 1e-12 for a, b in itertools.pairwise(values))


def test_cubic_in_out_is_gentle_at_both_ends():
    assert easing.cubic_in_out(0.5) == pytest.approx(0.5)
    assert easing.cubic_in_out(0.1) == pytest.approx(0.004)
    assert easing.cubic_in_out(0.9) == pytest.approx(0.996)


def test_tween_holds_before_and_after():
    assert tween(-5, 1, 2, 10, 20) == 10
    assert tween(99, 1, 2, 10, 20) == 20
    assert tween(2, 1, 2, 10, 20) == pytest.approx(15)
    assert [tween(t, 1, 0, 10, 20) for t in (0.99, 1.0)] == [10, 20]
    assert (clamp(3), clamp(-3), clamp(5, 0, 9), mix(2, 4, 0.25)) == (1, 0, 5, 2.5)


def test_steps_move_320_ms_and_rest_250_ms():
    plan = Sequence("Start")
    first, second = plan.step("one"), plan.step("two", move=1.0, pause=0.0)
    assert (first.start, first.end) == pytest.approx((0.25, 0.57))
    assert (second.start, second.end) == pytest.approx((0.82, 1.82))
    assert plan.duration == pytest.approx(1.82)
    assert [(m.title, round(m.time, 2), round(m.begins, 2)) for m in plan.marks] == [
        ("Start", 0.0, 0.0), ("one", 0.57, 0.25), ("two", 1.82, 0.82),
    ]  # fmt: skip
    assert [plan.index(t) for t in (0.0, 0.25, 0.7, 0.82, 9)] == [-1, 0, 0, 1, 1]


def test_a_step_moves_between_values():
    step = Sequence().step("move", move=2.0)
    assert [step.progress(t) for t in (0, 1, 2, 5)] == pytest.approx([0, 0.5, 1, 1])
    assert step.between(1.0, 100, 200) == pytest.approx(150)


def test_parts_of_a_step_follow_each_other_and_all_arrive():
    step = Sequence().step("move", move=1.0)
    assert [step.part(1.0, i, 4) for i in range(4)] == pytest.approx([1, 1, 1, 1])
    middle = [step.part(0.4, i, 4) for i in range(4)]
    assert middle == sorted(middle, reverse=True)
    assert middle[0] > middle[-1]
    assert step.part(0.5, 0, 1) == pytest.approx(0.5)
    assert [step.part(0.5, i, 2, overlap=0.0) for i in range(2)] == pytest.approx([1, 0])


def test_the_title_of_a_mark_stands_from_where_its_move_begins():
    marks = (Mark(0.0, "a"), Mark(1.0, "b", start=0.5), Mark(2.0, "c"))
    assert [mark_index(marks, t) for t in (-1, 0, 0.49, 0.5, 1.5, 2.0, 9)] == [0, 0, 0, 1, 1, 2, 2]
    assert mark_index((), 3.0) == -1


def test_a_plain_scene_is_a_scene_and_hits_by_key():
    class Boxes(PlainScene):
        duration = 1.0

        def frame(self, t, width, height):
            return [Box(100 * t, 0, 10, 10, key="box")]

    scene = Boxes()
    assert isinstance(scene, Scene)
    assert scene.hit(0.0, 5, 5, 200, 100) == "box"
    assert scene.hit(1.0, 5, 5, 200, 100) is None
    assert PlainScene().frame(0, 1, 1) == []
