"""The scene of tab 2 as shapes: no Qt, only t."""

from __future__ import annotations

import dataclasses
import itertools
import math

import numpy as np
import pytest
from objective_fakes import predictions

from simulator.runs.events import Predictions
from widgets.s02_objective.geometry import EmptyScene, ObjectiveScene, percent, visible
from widgets.s02_objective.reading import reading_from_answer, reading_of
from widgets.scene.canvas import SceneCanvas
from widgets.scene.shapes import Bars, Box, Chip, Grid, Text, bounds

SIZES = ((430, 330), (640, 170), (880, 220), (1100, 300), (1500, 440))


def long_text(count: int) -> Predictions:
    words = ("[a]", *(f" word{index}" for index in range(count - 1)))
    return predictions(100, 0.6, words)


def scene(share: float = 0.6, **changes) -> ObjectiveScene:
    return ObjectiveScene(reading_of(predictions(100, share)), **changes)


def bars(made: ObjectiveScene, t: float) -> Bars:
    return next(shape for shape in made.frame(t, 880, 220) if isinstance(shape, Bars))


def test_the_numbers_of_a_reading():
    event = dataclasses.replace(predictions(7, 0.5), true_probabilities=(0.5, 0.25, 0.125, 1.0, 0.5))
    reading = reading_of(event)
    assert [reading.surprise(place) for place in range(5)] == pytest.approx([1, 2, 3, 0, 1])
    assert reading.mean_loss(0) == pytest.approx(math.log(2))
    assert reading.mean_loss(4) == pytest.approx((1 + 2 + 3 + 0 + 1) / 5 * math.log(2))
    assert reading.tokens[0] == "[start]"


def test_a_probability_of_zero_is_a_large_surprise_and_not_a_fault():
    reading = reading_of(dataclasses.replace(predictions(7, 0.5), true_probabilities=(0.0,) * 5))
    assert 30 < reading.surprise(0) < 100
    assert math.isfinite(reading.mean_loss(4))


@pytest.mark.parametrize(
    "change",
    [
        {"tokens": ("a",)},
        {"tokens": ()},
        {"top_tokens": ()},
        {"true_probabilities": ()},
        {"top_probabilities": ((0.1,),) * 6},
        {"top_tokens": (("a", "b"),) * 5, "top_probabilities": ((0.1, 0.2),) * 5},
    ],
)
def test_an_event_that_does_not_fit_together_is_no_reading(change):
    assert reading_of(dataclasses.replace(predictions(7, 0.5), **change)) is None


def test_an_answer_is_read_as_the_event_is():
    event = predictions(7, 0.5)
    result = {
        name: getattr(event, name)
        for name in ("step", "tokens", "top_tokens", "top_probabilities", "true_probabilities")
    }
    asked, told = reading_from_answer(result), reading_of(event)
    assert all(
        np.array_equal(getattr(asked, item.name), getattr(told, item.name))
        for item in dataclasses.fields(asked)
        if item.name not in ("top_tokens", "top_probabilities")
    )
    assert (asked.top_tokens, asked.top_probabilities) == (told.top_tokens, told.top_probabilities)
    assert reading_from_answer({**result, "tokens": 5}) is None
    assert reading_from_answer({}) is None


def test_time_walks_through_every_place_and_stepping_stops_at_each():
    made = scene()
    assert [made.at(mark.time) for mark in made.marks] == [0, 1, 2, 3, 4, 5]
    assert made.at(0.0) == 0
    assert made.at(made.duration) == 5
    assert [made.time_of(place) for place in range(6)] == [mark.time for mark in made.marks]
    assert made.time_of(99) == made.marks[-1].time


def test_bars_move_from_one_place_to_the_next_and_rest():
    event = dataclasses.replace(predictions(100, 0.6), top_probabilities=((0.9, 0.1), *[(0.5, 0.3)] * 5))
    made = ObjectiveScene(reading_of(event))
    start = made._steps[1].start
    before, middle, after = (
        bars(made, t).shares[0] for t in (start, start + made._steps[1].move / 2, made.time_of(1))
    )
    assert (before, after) == pytest.approx((0.9, 0.5))
    assert 0.5 < middle < 0.9


def test_bars_move_from_the_weights_before_to_those_now():
    old = reading_of(predictions(50, 0.5))
    shares = [bars(scene(0.8, before=old, blend=blend), 99.0).shares[0] for blend in (0.0, 0.5, 1.0)]
    assert shares == pytest.approx([0.5, 0.65, 0.8])


def test_between_two_marks_everything_moves_little_by_little(qapp):
    canvas = SceneCanvas(scene())
    step = canvas.scene._steps[3]
    times = [step.start + share * step.move for share in (0.0, 0.25, 0.5, 0.75, 1.0)]
    frames = [canvas.scene.frame(t, 880, 220) for t in times]
    lit = [next(s.opacity for s in f if isinstance(s, Chip) and s.key == "token:3") for f in frames]
    assert lit == sorted(lit)
    assert lit[-1] == 1.0
    pictures = [canvas.render_image(t, (880, 220)) for t in times]
    assert all(one != other for one, other in itertools.pairwise(pictures))
    assert canvas.render_image(step.end, (880, 220)) == canvas.render_image(step.end + 0.3, (880, 220))


def test_scrubbing_forth_and_back_shows_the_same_pictures(qapp):
    canvas = SceneCanvas(ObjectiveScene(reading_of(long_text(30))))
    times = [canvas.scene.duration * share / 7 for share in range(8)]
    forth = [canvas.render_image(t, (880, 220)) for t in times]
    back = [canvas.render_image(t, (880, 220)) for t in reversed(times)]
    assert forth == back[::-1]
    assert all(one != other for one, other in itertools.pairwise(forth))


def test_weights_that_read_another_text_are_not_moved_from():
    other = reading_of(predictions(50, 0.5, ("x", "y", "z")))
    assert bars(scene(0.8, before=other, blend=0.0), 0.0).shares[0] == pytest.approx(0.8)


def test_the_true_token_is_marked_and_only_it():
    made = scene(0.2)
    shown = bars(made, made.time_of(4))
    assert list(shown.colours) == ["accent", "good"]


def test_after_the_last_token_candidates_are_shown_and_nothing_came():
    made = scene(0.2)
    shapes = made.frame(made.duration, 880, 300)
    assert list(next(shape for shape in shapes if isinstance(shape, Bars)).colours) == ["accent", "accent"]
    words = [shape.text for shape in shapes if isinstance(shape, (Text, Chip))]
    assert "After “Nia has a fox.” it expects" in words
    assert words.count("?") == 2
    assert words.count("\N{EN DASH}") == 2
    assert made.marks[-1].title == "what comes next?"


def test_the_scene_rests_where_the_model_is_torn():
    event = dataclasses.replace(predictions(7, 0.5), true_probabilities=(0.5, 0.9, 0.99, 0.4, 0.01))
    assert ObjectiveScene(reading_of(event)).telling_place() == 3
    assert scene(0.001).telling_place() == scene(0.999).telling_place() == 4


def test_what_the_mask_hides_is_drawn_dim_and_dashed():
    made = scene()
    t = made.time_of(2)
    shapes = made.frame(t, 880, 220)
    dashed = {shape.key for shape in shapes if isinstance(shape, Box) and shape.dashed}
    assert dashed == {"token:3", "token:4", "token:5", "token:6"}
    lit = {shape.key: shape.opacity for shape in shapes if isinstance(shape, Chip) and shape.key}
    assert lit["token:2"] == 1.0
    assert lit["token:5"] < lit["token:3"] < 1.0


def test_the_row_of_the_mask_grows_by_one_token_a_place():
    made = scene()
    for place in range(5):
        grid = next(shape for shape in made.frame(made.time_of(place), 880, 220) if isinstance(shape, Grid))
        assert (grid.values[place] == 1.0).sum() == place + 1
        assert (grid.values[:, -1] > 0).sum() == 1


@pytest.mark.parametrize("size", SIZES, ids=str)
@pytest.mark.parametrize("count", [2, 6, 48])
def test_everything_stays_inside_the_picture(size, count):
    made = ObjectiveScene(reading_of(long_text(count)))
    for share in (0.0, 0.1, 0.37, 0.5, 0.83, 1.0):
        for shape in made.frame(share * made.duration, *size):
            area = bounds(shape)
            if area is None or shape.opacity == 0 or isinstance(shape, Text):
                continue
            assert area[0] >= -1.5
            assert area[0] + area[2] <= size[0] + 1.5
            assert area[1] + area[3] <= size[1] + 1.5, shape


@pytest.mark.parametrize("size", SIZES, ids=str)
def test_the_chip_being_read_and_the_next_are_always_in_sight(size):
    made = ObjectiveScene(reading_of(long_text(48)))
    for place in range(47):
        chips = {
            shape.key: shape
            for shape in made.frame(made.time_of(place), *size)
            if isinstance(shape, Chip) and shape.key
        }
        assert chips[f"token:{place + 1}"].opacity > 0.5
        assert chips[f"token:{place + 1}"].y >= 0


def test_words_of_the_columns_do_not_lie_over_each_other():
    for size in SIZES:
        made = ObjectiveScene(reading_of(long_text(20)))
        texts = [
            shape for shape in made.frame(99.0, *size) if isinstance(shape, (Text, Chip)) and not shape.key
        ]
        areas = [bounds(shape) for shape in texts]
        for index, one in enumerate(areas):
            for other in areas[index + 1 :]:
                across = min(one[0] + one[2], other[0] + other[2]) - max(one[0], other[0])
                down = min(one[1] + one[3], other[1] + other[3]) - max(one[1], other[1])
                assert across <= 1 or down <= 7, (size, one, other)


def test_clicks_find_tokens_and_cells():
    made = scene()
    shapes = made.frame(0.0, 880, 220)
    chip = next(shape for shape in shapes if isinstance(shape, Chip) and shape.key == "token:3")
    assert made.hit(0.0, chip.x + 2, chip.y + 2, 880, 220) == "token:3"
    grid = next(shape for shape in shapes if isinstance(shape, Grid))
    assert made.hit(0.0, grid.x + 1, grid.y + grid.h - 1, 880, 220) == "mask:5:0"
    assert made.hit(0.0, 879, 1, 880, 220) is None


def test_the_empty_scene_says_its_words_in_the_middle():
    (text,) = EmptyScene("Nothing yet").frame(0.0, 400, 200)
    assert (text.x, text.y, text.align) == (200, 100, "center")


@pytest.mark.parametrize(
    ("share", "words"),
    [
        (1.0, "100 %"),
        (0.614, "61 %"),
        (0.0999, "10 %"),
        (0.042, "4.2 %"),
        (0.0003, "0.03 %"),
        (1e-9, "< 0.01 %"),
    ],
)
def test_probabilities_in_words(share, words):
    assert percent(share) == words


def test_blank_tokens_can_be_seen():
    assert visible(" a\n") == "·a↵"
    assert visible("") == "∅"
