from __future__ import annotations

import math

import numpy as np
import pytest
from data_fakes import history_with
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest

from simulator.s01_data.minhash import MinHasher, exact_jaccard, match_probability, shingles, threshold
from widgets.s01_data.geometry.clusters import ClusterScene, clusters_of
from widgets.s01_data.geometry.minhash_scene import MinHashScene, verdict
from widgets.s01_data.geometry.pair import Pair, percent_words
from widgets.s01_data.geometry.s_curve import SCurveScene, measured_curve
from widgets.scene.shapes import Box, Dot, Line, Polyline

TEXT = "the fox met a cat near an old mill and they sang of rivers while rain fell on the quiet town "
FIRST = TEXT * 4
SECOND = FIRST.replace("cat", "dog", 1)
OTHER = " ".join(f"w{number}" for number in range(80))


def test_a_pair_is_what_the_pipelines_own_functions_say():
    pair = Pair(FIRST, SECOND, 14, 8, 5)
    hasher = MinHasher(14, 8, 5)
    assert pair.exact == exact_jaccard(shingles(FIRST, 5), shingles(SECOND, 5))
    signatures = hasher.signature(FIRST), hasher.signature(SECOND)
    assert pair.estimated == np.mean(signatures[0] == signatures[1])
    agree = (signatures[0] == signatures[1]).reshape(14, 8).all(axis=1)
    assert pair.meeting == list(np.flatnonzero(agree))
    for side, values, signature in zip(pair.sides, pair.values, signatures, strict=True):
        assert set(side.hashes) == set(shingles(side.text, 5))
        assert np.array_equal((values.min(axis=0)), signature.astype(np.float64) / 2.0**64)


def test_the_words_that_differ_are_marked_and_no_others():
    first, second = "a b c d e f g h i j k l", "a b c d e X g h i j k l"
    pair = Pair(first, second, 4, 2, 3)
    marked = [pair.second.text[start:end] for start, end in pair.second.differing_spans()]
    assert marked == ["X"]
    assert Pair(first, first, 4, 2, 3).first.differing_spans() == []
    assert Pair("a b c", "x y z", 4, 2, 3).first.differing_spans() == [(0, 5)]


@pytest.mark.parametrize("texts", [("", ""), ("", FIRST), ("one", "one"), ("well-known 3.5 -- !!", "İstanbul ß ﬁ"),
                                   ("日本語", "日本語の"), ("a " * 5000, "a " * 4999)])  # fmt: skip
@pytest.mark.parametrize("sizes", [(1, 1, 1), (14, 8, 5), (64, 32, 13)])
def test_any_two_texts_can_be_drawn_at_any_time(texts, sizes):
    scene = MinHashScene(Pair(*texts, *sizes))
    for t in (0.0, scene.duration * 0.3, scene.duration * 0.7, scene.duration):
        assert scene.frame(t, 876, 220)


def test_the_scene_is_a_function_of_time_alone():
    scene, fresh = (MinHashScene(Pair(FIRST, SECOND, 14, 8, 5)) for _ in range(2))
    times = [scene.duration * index / 29 for index in range(30)]
    forward = [scene.frame(t, 876, 290) for t in times]
    assert forward == [scene.frame(t, 876, 290) for t in reversed(times)][::-1]
    assert forward == [fresh.frame(t, 876, 290) for t in times]


@pytest.mark.parametrize("size", [(600, 190), (876, 200), (876, 290), (1500, 480)])
def test_nothing_of_the_scene_lies_outside_the_picture(size):
    scene = MinHashScene(Pair(FIRST, SECOND, 14, 8, 5))
    for t in (0.0, scene.duration / 2, scene.duration):
        for shape in scene.frame(t, *size):
            if isinstance(shape, Box):
                assert shape.x >= -4
                assert shape.x + shape.w <= size[0] + 4
                assert shape.y + shape.h <= size[1] + 1
            elif isinstance(shape, Dot):
                assert 0 <= shape.x <= size[0]


def test_at_the_end_every_cell_says_whether_the_signatures_agree():
    pair = Pair(FIRST, SECOND, 14, 8, 5)
    scene = MinHashScene(pair)
    frame = scene.frame(scene.duration, 876, 290)
    cells = [shape for shape in frame if isinstance(shape, Box) and shape.fill in ("good", "line")]
    assert len(cells) == 112
    assert sum(shape.fill == "good" for shape in cells) == pair.agree.sum()
    rings = [
        shape for shape in frame if isinstance(shape, Box) and shape.stroke == "good" and shape.radius == 4
    ]
    assert len(rings) == len(pair.meeting)


def test_the_verdict_tells_a_miss_from_a_match():
    same, other = Pair(FIRST, FIRST, 14, 8, 5), Pair(FIRST, OTHER, 14, 8, 5)
    assert verdict(same, 0.7)[0] == "Near duplicates"
    assert verdict(other, 0.7)[0] == "Never compared"
    strict = Pair(FIRST, SECOND, 1, 64, 5)
    assert not strict.meeting
    assert verdict(strict, 0.7) == ("Missed", "warning")


def test_the_curve_is_the_formula_and_the_threshold_is_half():
    scene = SCurveScene(20, 5, similarity=0.6)
    frame = scene.frame(0, 400, 200)
    curve = next(shape for shape in frame if isinstance(shape, Polyline))
    from widgets.s01_data.geometry.axes import UnitAxes

    axes = UnitAxes(400, 200)
    for index in (0, 30, 50, 100):
        assert curve.points[index] == pytest.approx(
            (axes.x(index / 100), axes.y(match_probability(index / 100, 20, 5)))
        )
    upright = [
        shape for shape in frame if isinstance(shape, Line) and shape.dashed and shape.colour == "text_muted"
    ]
    assert upright[0].x1 == pytest.approx(axes.x(threshold(20, 5)))
    assert upright[0].y2 == pytest.approx(axes.y(0.5))


def test_a_measured_curve_is_read_and_a_damaged_one_is_not():
    fields = {
        "bands": 14,
        "rows": 8,
        "similarity": [0.2, 0.9, None],
        "measured": [0.0, 1.0, 1],
        "pairs": [5, 0, 3],
    }
    assert measured_curve(fields).points == ((0.2, 0.0, 5),)
    for broken in (
        {},
        {"bands": 14},
        {**fields, "rows": 0},
        {**fields, "similarity": "x"},
        {**fields, "pairs": None},
    ):
        assert measured_curve(broken) is None


def test_clusters_are_read_and_what_is_damaged_is_left_out():
    page = {"index": 3, "source": "x", "text": "a"}
    fields = {
        "clusters": [
            {"size": 2, "documents": [page, {"index": 9, "text": None}],
             "pairs": [{"a": 3, "b": 9, "estimated": 0.9, "exact": 0.8}, {"a": 3, "b": 77}, 5]},
            {"size": 9, "documents": [page]}, None, {"documents": "no"},
        ]
    }  # fmt: skip
    (cluster,) = clusters_of(fields)
    assert (cluster.size, len(cluster.pairs)) == (2, 1)
    assert clusters_of({}) == clusters_of({"clusters": 4}) == []
    assert ClusterScene(cluster, (0, 1)).frame(0, 200, 100)
    assert history_with(("clusters", fields)).latest("clusters")


def test_a_chance_is_never_rounded_to_certainty():
    assert percent_words(1.0) == "100 %"
    assert percent_words(0.99999) == "> 99.9 %"
    assert percent_words(0.0) == "0.0 %"
    assert percent_words(1e-9) == "< 0.1 %"
    assert math.isclose(float(percent_words(0.5)[:-2]), 50)


# ---- in the window


@pytest.fixture
def mode(desk):
    desk.panel.set_mode("duplicates")
    return desk.panel.duplicates


def test_sliders_move_scene_curve_and_numbers_at_once(desk, mode):
    before = mode.hero.scene
    mode.controls.form.set_values({"bands": 3, "rows": 20})
    assert mode.hero.scene is not before
    assert (mode.pair.bands, mode.pair.rows) == (3, 20)
    assert (mode.curve.scene.bands, mode.curve.scene.rows) == (3, 20)
    assert mode.curve.scene.measured is not None
    assert mode.hero.scene.duration == mode.hero.transport.duration
    mode.controls.form.reset()
    assert mode.pair.size == 112


def test_the_keyboard_chooses_clusters_and_pages(desk, mode):
    first = mode.pair
    QTest.keyClick(mode.controls.list, Qt.Key.Key_Down)
    assert mode.pair.first.text != first.first.text
    large = next((i for i, cluster in enumerate(mode.clusters) if len(cluster.documents) > 2), None)
    if large is None:
        pytest.skip("this crawl has no cluster of three")
    mode.controls.list.choose(large + 1)
    seen = {mode.pair.second.text}
    for _ in range(len(mode.clusters[large].documents)):
        QTest.keyClick(mode.ring.canvas, Qt.Key.Key_Right)
        seen.add(mode.pair.second.text)
    assert len(seen) >= 2


def test_a_click_on_two_pages_compares_them(desk, mode):
    cluster = mode.clusters[0]
    scene = mode.ring.canvas.scene
    width, height = mode.ring.canvas.logical_size()
    place = next((i for i in range(scene.shown) if i not in scene.chosen), None)
    if place is None:
        pytest.skip("this crawl has no cluster of three")
    kept = scene.chosen[1]
    x, y = scene.at(place, width, height)
    desk.bot.mouseClick(mode.ring.canvas, Qt.MouseButton.LeftButton, pos=QPoint(round(x), round(y)))
    assert mode.ring.canvas.scene.chosen == (kept, place)
    assert mode.pair.first.text == cluster.documents[kept].text
    assert mode.pair.second.text == cluster.documents[place].text
    recorded = next(pair for pair in cluster.pairs if {pair.a, pair.b} == {kept, place})
    if len(cluster.documents[place].text) < 3_900 and len(cluster.documents[kept].text) < 3_900:
        assert mode.pair.exact == pytest.approx(recorded.exact, abs=1e-4)


def test_the_texts_stand_side_by_side_with_the_same_marks_as_the_scene(desk, mode):
    for pane, side in zip(mode.texts.panes, mode.pair.sides, strict=True):
        assert [(mark.start, mark.end) for mark in pane.marks] == side.differing_spans()


def test_the_plain_words_are_about_the_pair(desk, mode):
    heading, text = desk.panel.plain_words.words()
    assert heading == mode.hero.verdict()[0]
    assert f"{mode.pair.common} of {mode.pair.union} shingles" in text


def test_the_users_own_texts_are_hashed_as_they_type(empty):
    empty.panel.set_mode("duplicates")
    mode = empty.panel.duplicates
    first, second = mode.controls.own.fields
    assert first.isVisible()
    for field in (first, second):
        field.selectAll()
        QTest.keyClicks(field, "a fox and a cat and a dog met")
    empty.bot.waitSignal(mode.pair_shown, timeout=2000).wait()
    assert mode.pair.exact == 1.0
    second.selectAll()
    QTest.keyClick(second, Qt.Key.Key_Delete)
    empty.bot.waitSignal(mode.pair_shown, timeout=2000).wait()
    assert mode.pair.exact == 0.0
    assert mode.hero.verdict()[0] == "Never compared"


def test_own_texts_are_one_choice_among_the_clusters(desk, mode):
    assert not mode.controls.own.isVisible()
    mode.controls.list.choose(0)
    assert mode.controls.own.isVisible()
    assert mode.pair.first.text == mode.controls.own.texts()[0]
    mode.controls.list.choose(1)
    assert not mode.controls.own.isVisible()
