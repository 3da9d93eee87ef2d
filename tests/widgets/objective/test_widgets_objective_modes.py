"""The scenes of the four modes as shapes: no Qt, only t."""

from __future__ import annotations

import itertools
from functools import partial

import numpy as np
import pytest
from objective_fakes import answer, write_answer

from simulator.s02_objective.batches import cut_out, hidden_batch, split_at
from simulator.s02_objective.masks import causal_mask, full_mask, prefix_mask
from simulator.s02_objective.specials import make_specials
from widgets.s02_objective.draws import draw, toggled
from widgets.s02_objective.geometry import ObjectiveScene, mask_hint
from widgets.s02_objective.geometry.duel import DuelScene, Lane
from widgets.s02_objective.geometry.inside import Focus, InsideFrame, InsideScene, aligned, look_words
from widgets.s02_objective.geometry.sampling import Knobs, SamplingScene
from widgets.s02_objective.origins import origins_of
from widgets.s02_objective.reading import reading_from_answer
from widgets.s02_objective.writing import writing_from
from widgets.scene.shapes import Bars, Box, Chip, Grid, Text, bounds

SIZES = ((430, 330), (640, 190), (880, 220), (1100, 430), (1500, 600))
TEXT = ("<|endoftext|>", "Nia", " has", " a", " red", " fox", ".")


def masked(share: float = 0.6):
    inputs = ("<|endoftext|>", "Nia", " has", "[MASK]", " red", " zzz", ".")
    targets = ("", "", "", " a", "", " fox", "")
    return reading_from_answer(answer("masked", TEXT, inputs, targets, full_mask(7), share))


def spans():
    inputs = (
        "<|endoftext|>",
        "Nia",
        "<extra_0>",
        " a",
        " red",
        "<extra_1>",
        ".",
        "<extra_0>",
        " has",
        "<extra_1>",
        " fox",
    )
    targets = ("", "", "", "", "", "", "<extra_0>", " has", "<extra_1>", " fox", "<extra_2>")
    return reading_from_answer(answer("spans", TEXT, inputs, targets, prefix_mask(7, 11)))


def infill():
    inputs = ("<|endoftext|>", "<PRE>", "Nia", " has", "<SUF>", " fox", ".", "<MID>", " a", " red")
    targets = (*inputs[1:], "<|endoftext|>")
    return reading_from_answer(answer("infill", TEXT, inputs, targets, causal_mask(10)))


def prefix():
    targets = ("", "", " a", " red", " fox", ".", "")
    return reading_from_answer(answer("prefix", TEXT, TEXT, targets, prefix_mask(3, 7)))


READINGS = {"masked": masked, "spans": spans, "infill": infill, "prefix": prefix}


def frame_words(shapes):
    return [shape.text for shape in shapes if isinstance(shape, (Text, Chip))]


# ---- objectives


def test_every_piece_is_traced_to_its_place_in_the_text():
    assert spans().origins == (0, 1, -1, 3, 4, -1, 6, -1, 2, -1, 5)
    assert infill().origins == (0, -1, 1, 2, -1, 5, 6, -1, 3, 4)
    assert masked().origins == prefix().origins == tuple(range(7))
    spm = ("<|endoftext|>", "<PRE>", "<SUF>", " fox", ".", "<MID>", "Nia", " has", " a", " red")
    assert origins_of("infill", TEXT, spm) == (0, -1, -1, 5, 6, -1, 1, 2, 3, 4)


def test_origins_agree_with_the_batch_builder_on_many_cuts():
    generator = np.random.default_rng(0)
    specials = make_specials(100, 99, 40)
    for _ in range(100):
        text = np.concatenate([[99], generator.integers(0, 5, 19)])  # few kinds of tokens: they repeat
        hidden = np.zeros((1, 20), np.bool_)
        hidden[0, generator.choice(np.arange(1, 20), 5, replace=False)] = True
        count = int((hidden[0] & ~np.pad(hidden[0], (1, 0))[:-1]).sum())
        batch = cut_out(text[None], hidden, specials, 20 + 2 * count)
        words = [
            specials.text(index) if index >= 100 else "<|endoftext|>" if index == 99 else f"w{index}"
            for index in batch.inputs[0]
        ]
        tokens = ["<|endoftext|>", *(f"w{index}" for index in text[1:])]
        found = origins_of("spans", tokens, words)
        assert sorted(place for place in found if place >= 0) == list(range(20))
        assert all(tokens[place] == word for place, word in zip(found, words, strict=True) if place >= 0)


def test_only_what_counts_is_read_and_makes_the_loss():
    reading = masked(0.25)
    assert reading.places == (3, 5)
    assert reading.mean_loss(2) == 0.0
    assert reading.mean_loss(6) == pytest.approx(-np.log(0.25))
    assert [ObjectiveScene(reading).at(mark.time) for mark in ObjectiveScene(reading).marks] == [3, 3, 3, 5]
    assert prefix().places == (2, 3, 4, 5, 6)
    assert prefix().goes_on
    assert not spans().goes_on


def test_hidden_places_are_those_of_the_text():
    assert masked().hidden_places() == [3, 5]
    assert spans().hidden_places() == [2, 5]
    assert infill().hidden_places() == [3, 4]
    assert prefix().hidden_places() == [3]


@pytest.mark.parametrize("name", ["masked", "spans", "infill"])
def test_the_text_stands_as_it_is_and_then_as_the_objective_shows_it(name):
    reading = READINGS[name]()
    scene = ObjectiveScene(reading)
    assert scene.marks[0].title == "the text as it is"
    first = [
        shape for shape in scene.frame(0.0, 1100, 430) if isinstance(shape, Chip) and shape.opacity == 1.0
    ]
    assert [chip.text for chip in first[:7]] == ["[start]", *TEXT[1:]]
    t = scene.time_of(reading.places[0])
    keyed = {shape.key: shape for shape in scene.frame(t, 1100, 430) if isinstance(shape, Chip) and shape.key}
    assert [keyed[f"token:{index}"].text for index in range(reading.positions)] == list(reading.tokens)


def test_the_middle_travels_to_the_end():
    scene = ObjectiveScene(infill())
    step = scene._rearrange
    xs = []
    for share in (0.0, 0.25, 0.5, 0.75, 1.0):
        shapes = scene.frame(step.start + share * step.move, 1100, 430)
        xs.append(next(s.x for s in shapes if isinstance(s, Chip) and s.text == " red"))
    assert xs == sorted(xs)
    assert xs[-1] > xs[0] + 100


@pytest.mark.parametrize("name", sorted(READINGS))
def test_lit_chips_are_those_that_the_training_mask_shows(name):
    reading = READINGS[name]()
    scene = ObjectiveScene(reading)
    for place in reading.places:
        shapes = scene.frame(scene.time_of(place), 1100, 430)
        dashed = {shape.key for shape in shapes if isinstance(shape, Box) and shape.dashed}
        hidden = {f"token:{index}" for index in range(reading.positions) if not reading.visible[place, index]}
        assert {key for key in dashed if key != f"token:{reading.positions}"} == hidden
        grid = next(shape for shape in shapes if isinstance(shape, Grid))
        assert np.array_equal(grid.values > 0, reading.visible)
        assert np.array_equal(grid.values[place] == 1.0, reading.visible[place])


def test_hovering_a_cell_says_who_may_look_at_whom():
    reading = prefix()
    assert mask_hint(reading, 0, 2) == "Token 1 “[start]” may look at token 3 “has”"
    assert mask_hint(reading, 3, 5) == "Token 4 “a” may not look at token 6 “fox”"
    assert mask_hint(reading, 99, 0) == ""


def test_another_objective_of_the_same_text_morphs_chips_and_mask():
    old, new = prefix(), infill()
    frames = [ObjectiveScene(new, old, blend).frame(99.0, 1100, 430) for blend in (0.0, 0.5, 1.0)]
    grids = [next(shape for shape in shapes if isinstance(shape, Grid)).values for shapes in frames]
    assert not np.array_equal(grids[0], grids[2])
    assert np.allclose(grids[1], (grids[0] + grids[2]) / 2)
    markers = [
        next(shape.opacity for shape in shapes if isinstance(shape, Chip) and shape.text == "<MID>")
        for shapes in frames[1:]
    ]
    assert 0 < markers[0] < markers[1]


@pytest.mark.parametrize("size", SIZES, ids=str)
@pytest.mark.parametrize("name", sorted(READINGS))
def test_no_objective_leaves_its_picture(name, size):
    scene = ObjectiveScene(READINGS[name]())
    inside_all_along(scene, size)


# ---- draws


@pytest.mark.parametrize("objective", ["masked", "spans", "prefix", "infill"])
def test_draws_hide_real_places_and_repeat_by_their_seed(objective):
    seen = set()
    for seed in range(30):
        chosen = draw(objective, 24, seed)
        assert chosen == draw(objective, 24, seed)
        assert chosen
        assert all(1 <= place < 24 for place in chosen)
        seen.add(tuple(chosen))
    assert len(seen) > 8
    assert draw(objective, 2, 0) == []


def test_clicks_hide_show_and_move():
    assert toggled("masked", [3], 5, 8) == [3, 5]
    assert toggled("masked", [3, 5], 3, 8) == [5]
    assert toggled("masked", [3], 3, 8) == [3]  # the last one stays
    assert toggled("masked", [3], 0, 8) == [3]
    assert toggled("prefix", [3], 6, 8) == [6]
    assert toggled("infill", [3, 4], 6, 8) == [3, 4, 5, 6]
    assert toggled("infill", [3, 4, 5, 6], 4, 8) == [4, 5, 6]
    assert toggled("causal", [], 4, 8) == []


def test_the_builders_take_what_is_chosen():
    text = np.arange(8)[None]
    chosen = np.zeros((1, 8), np.bool_)
    chosen[0, toggled("masked", [3], 5, 8)] = True
    assert hidden_batch(text, text, chosen).counted[0].tolist() == chosen[0].tolist()
    assert split_at(np.arange(9)[None], np.array(toggled("prefix", [3], 6, 8))).seen.tolist() == [6]


# ---- drawing a token


def sampling(**knobs) -> SamplingScene:
    return SamplingScene(("Nia",), writing_from(write_answer("Nia", 6)), Knobs(top_p=0.9, **knobs))


def test_a_token_goes_through_all_stages_and_joins_the_text():
    scene = sampling(temperature=0.8)
    step = scene._steps[2]
    stages = [scene.stage(step.start + share * step.move) for share in np.linspace(0, 1, 21)]
    assert stages[0] == 0.0
    assert stages[-1] == 4.0
    assert stages == sorted(stages)
    words = frame_words(scene.frame(step.end, 880, 390))
    assert words[:4] == ["Nia", " t0", " t1", " t2"]
    assert "the likelier ones reach 0.9" in words
    assert "cut" in words


def test_bars_show_raw_then_tempered_then_final_probabilities():
    scene = sampling(temperature=0.8)
    choice = scene.writing.steps[0].choices[0]
    values = [scene._value(choice, stage) for stage in (0.0, 1.0, 2.0, 3.0)]
    assert values == [choice.raw, choice.tempered, choice.tempered, choice.final]


def test_the_draw_line_has_the_length_of_all_probabilities():
    scene = sampling()
    shapes = scene.frame(scene.time_of(0), 880, 390)
    strip = [shape for shape in shapes if isinstance(shape, Box) and shape.h == 16 and shape.y == 390 - 22]
    step = scene.writing.steps[0]
    kept = [choice for choice in step.choices if choice.kept]
    assert len(strip) == len(kept)
    whole = strip[-1].x + strip[-1].w - strip[0].x
    assert (strip[0].w + 1) / whole == pytest.approx(kept[0].final, abs=0.01)
    assert [box.fill for box in strip].count("data") == 1


def test_the_token_drawn_is_always_in_sight():
    scene = sampling()
    for height in (200, 260, 390):
        for index in range(6):
            words = frame_words(scene.frame(scene.time_of(index), 880, height))
            assert words.count(f" t{index}") == 2, (height, index)


def test_clicks_find_choices_and_tokens_already_drawn():
    scene = sampling()
    t = scene.time_of(3)
    shapes = scene.frame(t, 880, 390)
    chip = next(shape for shape in shapes if isinstance(shape, Chip) and shape.key == "written:1")
    assert scene.hit(t, chip.x + 3, chip.y + 3, 880, 390) == "written:1"
    row = next(shape for shape in shapes if shape.key == "choice:1")
    assert scene.hit(t, row.x + 3, row.y + 3, 880, 390) == "choice:1"


@pytest.mark.parametrize("size", SIZES, ids=str)
def test_drawing_stays_inside_the_picture(size):
    inside_all_along(sampling(temperature=0.8, top_k=3, repetition_penalty=1.2), size)


# ---- inside


def insides(steps=(0, 10, 40), tokens=8, layers=2, heads=3) -> InsideScene:
    generator = np.random.default_rng(1)
    frames = []
    for step in steps:
        raw = generator.random((layers, heads, tokens, tokens)) * causal_mask(tokens)
        share = (raw / raw.sum(-1, keepdims=True)).astype(np.float32)
        frames.append(InsideFrame(step, share, generator.normal(size=(20, 2)).astype(np.float32)))
    names = tuple(f" w{index}" for index in range(tokens))
    return InsideScene(names, tuple(f" w{index}" for index in range(20)), frames, Focus())


def test_time_goes_over_the_training_steps_and_mixes_between_them():
    scene = insides()
    assert [mark.title for mark in scene.marks] == ["step 0", "step 10", "step 40"]
    assert [scene.step_at(mark.time) for mark in scene.marks] == [0, 10, 40]
    assert np.array_equal(scene.attention(scene.marks[1].time), scene.frames[1].attention)
    step = scene._steps[0]
    half = scene.embedding(step.start + step.move / 2)
    assert np.allclose(half, (scene.frames[0].embedding + scene.frames[1].embedding) / 2, atol=1e-5)
    assert scene.time_of(25) == scene.marks[1].time


def test_attention_on_its_way_still_sums_to_one():
    scene = insides()
    for t in np.linspace(0, scene.duration, 17):
        assert np.allclose(scene.attention(float(t)).sum(-1), 1.0, atol=1e-5)


def test_every_head_has_a_map_and_a_click_finds_it():
    scene = insides()
    shapes = scene.frame(0.0, 1100, 430)
    maps = [shape for shape in shapes if isinstance(shape, Grid) and shape.key.startswith("head:")]
    assert {shape.key for shape in maps} == {
        f"head:{layer}:{head}" for layer in range(2) for head in range(3)
    }
    one = next(shape for shape in maps if shape.key == "head:1:2")
    assert scene.hit(0.0, one.x + 2, one.y + 2, 1100, 430).startswith("head:1:2")
    large = next(shape for shape in shapes if isinstance(shape, Grid) and shape.key == "look")
    assert scene.hit(0.0, large.x + 2, large.y + large.h - 2, 1100, 430) == "look:7:0"


def test_a_cell_is_told_in_words_by_its_own_share():
    scene = insides()
    share = scene.frames[0].attention[0, 0, 0, 0]
    assert share == pytest.approx(1.0)
    assert look_words(scene, 0.0, 0, 0) == "“w0” gives “w0” 100 % of its attention"
    assert look_words(scene, 0.0, 99, 0) == ""


def test_vectors_are_turned_to_lie_on_those_before():
    points = np.random.default_rng(3).normal(size=(30, 2)).astype(np.float32)
    turn = np.array([[0.0, 1.0], [1.0, 0.0]], np.float32)  # a mirror
    first, second = aligned([InsideFrame(0, None, points), InsideFrame(1, None, points @ turn)])
    assert np.allclose(second.embedding, first.embedding, atol=1e-4)


def test_without_attention_the_vectors_have_all_the_room():
    scene = InsideScene(("a",), ("a", "b"), [InsideFrame(0, None, np.eye(2, dtype=np.float32))], Focus())
    words = frame_words(scene.frame(0.0, 880, 390))
    assert "Token vectors, in two dimensions" in words
    assert "Every head" not in words


@pytest.mark.parametrize("size", SIZES[2:], ids=str)
def test_the_inside_stays_inside(size):
    inside_all_along(insides(tokens=20), size)


# ---- side by side


def duel() -> DuelScene:
    left = writing_from({**write_answer("Nia has", 5), "read": 10, "possible": False})
    rounds = {
        "objective": "masked", "method": "all masks at once", "prompt": "Nia has", "text": "Nia has a fox", "read": 13,
        "steps": [
            {"token": " fox", "probability": 0.5, "candidates": [], "text": "Nia has [MASK] fox",
             "tokens": ["[MASK]", " fox"], "filled": [0, 1]},
            {"token": " a", "probability": 0.5, "candidates": [], "text": "Nia has a fox",
             "tokens": [" a", " fox"], "filled": [0]},
        ],
    }  # fmt: skip
    one = Lane(
        title="Causal",
        method="left to right",
        prompt=("Nia", " has"),
        writing=left,
        verdict="so far",
        tone="bad",
    )
    two = Lane(
        title="Masked",
        method="all at once",
        prompt=("Nia", " has"),
        writing=writing_from(rounds),
        verdict="all",
        tone="good",
    )
    return DuelScene(one, two)


def test_both_write_on_one_clock_and_the_shorter_waits():
    scene = duel()
    assert len(scene.marks) == 1 + 5 + 1
    words = frame_words(scene.frame(scene.time_of(1), 1100, 430))
    assert "token 2 of 5" in words
    assert "round 2 of 2" in words
    assert "token 5 of 5" in frame_words(scene.frame(scene.duration, 1100, 430))
    assert "round 2 of 2" in frame_words(scene.frame(scene.duration, 1100, 430))


def test_masks_stand_until_their_round_fills_them():
    scene = duel()
    first = frame_words(scene.frame(0.0, 1100, 430))
    assert first.count("[MASK]") == 2
    assert frame_words(scene.frame(scene.time_of(0), 1100, 430)).count("[MASK]") == 1
    assert "[MASK]" not in frame_words(scene.frame(scene.time_of(1), 1100, 430))


def test_the_verdict_comes_last_and_marks_what_the_grammar_cannot_follow():
    scene = duel()
    before = scene.frame(scene.time_of(4), 1100, 430)
    assert "so far" not in frame_words(before)
    after = scene.frame(scene.duration, 1100, 430)
    assert {"so far", "all"} <= set(frame_words(after))
    lines = [shape.fill for shape in after if isinstance(shape, Box) and shape.fill in ("good", "bad")]
    assert lines[:5] == ["good", "bad", "bad", "bad", "bad"]  # "Nia has" + " t0" is 10 letters
    assert lines[5:] == ["good", "good"]


@pytest.mark.parametrize("size", SIZES[1:], ids=str)
def test_both_lanes_stay_inside_the_picture(size):
    inside_all_along(duel(), size)


# ---- all of them


def inside_all_along(scene, size):
    for share in (0.0, 0.1, 0.37, 0.5, 0.83, 1.0):
        for shape in scene.frame(share * scene.duration, *size):
            area = bounds(shape)
            if area is None or shape.opacity == 0 or isinstance(shape, Text):
                continue
            assert area[0] >= -4, shape
            assert area[0] + area[2] <= size[0] + 4, shape
            assert area[1] + area[3] <= size[1] + 4, shape


def picture(shapes):
    """A frame as something that can be compared: arrays by their values."""

    def plain(value):
        return (value.shape, value.tobytes()) if isinstance(value, np.ndarray) else value

    names = {
        type(shape): [name for kind in type(shape).__mro__ for name in getattr(kind, "__slots__", ())]
        for shape in shapes
    }
    return [
        (type(shape).__name__, *(repr(plain(getattr(shape, name))) for name in names[type(shape)]))
        for shape in shapes
    ]


def objective_scene(name: str) -> ObjectiveScene:
    return ObjectiveScene(READINGS[name]())


SCENES = {
    **{name: partial(objective_scene, name) for name in READINGS},
    "sampling": sampling, "inside": insides, "duel": duel,
}  # fmt: skip


@pytest.mark.parametrize("name", sorted(SCENES))
def test_scrubbed_forth_and_back_a_scene_is_where_it_was(name):
    scene, fresh = SCENES[name](), SCENES[name]()
    times = [scene.duration * share / 9 for share in range(10)]
    forth = [picture(scene.frame(t, 1100, 430)) for t in times]
    back = [picture(scene.frame(t, 1100, 430)) for t in reversed(times)]
    assert forth == back[::-1]
    assert [picture(fresh.frame(t, 1100, 430)) for t in times[::-1]] == back  # whatever was asked before
    assert any(one != other for one, other in itertools.pairwise(forth))


def test_bars_of_the_objective_scene_name_the_true_token():
    scene = ObjectiveScene(masked(0.6))
    shapes = scene.frame(scene.time_of(3), 1100, 430)
    assert list(next(shape for shape in shapes if isinstance(shape, Bars)).colours) == ["good", "accent"]
    assert "Token 4 is hidden: there it expects" in frame_words(shapes)
    assert "Token 6 shows “zzz”: there it expects" in frame_words(scene.frame(scene.time_of(5), 1100, 430))
