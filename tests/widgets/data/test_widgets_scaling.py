from __future__ import annotations

import itertools
import math
import random

import numpy as np
import pytest
from asking_fakes import make_bench
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest

from simulator.facts import fact
from simulator.s01_data.scaling import FITS, gpu_hours, loss_law, optimum, published_models
from simulator.s01_data.scaling_config import ScalingConfig
from simulator.stages import BY_KEY
from simulator.units import format_count
from widgets.s01_data.geometry.datasets import HIGH, LOW, DataSetScene, data_sets, share_of
from widgets.s01_data.geometry.scaling import (
    FRONTIERS,
    ScalingScene,
    contour_of,
    frontier_ends,
    iso_flop_ends,
    model_words,
)
from widgets.s01_data.geometry.scaling_axes import PARAMS, TOKENS, frame_in, power_words
from widgets.s01_data.scaling_mode import scaling_mode
from widgets.scene.shapes import Box, Dot, Line, Polyline, Text, bounds
from widgets.stage_tab import StageTab
from widgets.theme import set_theme, theme

SIZES = [(620, 220), (876, 200), (1480, 470)]


@pytest.fixture
def opened(qtbot, tmp_path):
    set_theme("dark", 1.0)
    theme().set_reduce_motion(True)
    bench, _ = make_bench(tmp_path / "runs")
    tab = StageTab(BY_KEY["s01_data"])
    mode = scaling_mode(bench, tab)
    tab.resize(1280, 600)
    tab.show()
    qtbot.waitExposed(tab)
    tab.set_active(True)
    yield tab, mode, bench
    bench.bridge.shutdown()
    tab.close()
    tab.deleteLater()
    qtbot.wait(1)  # in an event loop, or nothing is deleted
    theme().set_reduce_motion(False)
    set_theme("dark", 1.0)


def _texts(shapes) -> str:
    return " | ".join(shape.text for shape in shapes if isinstance(shape, Text))


# ---- places and lines


def test_places_and_meanings_are_each_others_inverse():
    area = frame_in(900, 300)
    for params, tokens in ((1e8, 1e10), (7e10, 1.4e12), PARAMS[:1] + TOKENS[1:]):
        assert area.meaning(*area.at(params, tokens)) == pytest.approx((params, tokens), rel=1e-9)
    assert area.meaning(-100, 1e6) == pytest.approx((PARAMS[0], TOKENS[0]))


@pytest.mark.parametrize("fit", FITS)
def test_the_loss_is_the_same_all_along_a_contour(fit):
    law = loss_law(fit)
    drawn = 0
    for level in np.linspace(law.floor, 6.0, 25):
        line = contour_of(law, float(level))
        drawn += bool(line)
        for params, tokens in line:
            assert float(law.loss(params, tokens)) == pytest.approx(level, rel=1e-9)
            assert PARAMS[0] * 0.999 <= params <= PARAMS[1] * 1.001
            assert TOKENS[0] * 0.999 <= tokens <= TOKENS[1] * 1.001
        if line:  # it runs from edge to edge
            for params, tokens in (line[0], line[-1]):
                at_edge = [math.isclose(value, end, rel_tol=1e-6) for value, ends in
                           ((params, PARAMS), (tokens, TOKENS)) for end in ends]  # fmt: skip
                assert any(at_edge)
    assert drawn > 8
    assert contour_of(law, law.floor - 0.1) == []


@pytest.mark.parametrize("flops", [1e18, 5.76e23, 1e27])
def test_a_line_of_equal_compute_costs_the_same_at_both_ends(flops):
    for params, tokens in iso_flop_ends(flops):
        assert 6 * params * tokens == pytest.approx(flops)
    assert iso_flop_ends(1e10) is None
    assert iso_flop_ends(1e40) is None


@pytest.mark.parametrize("item", FRONTIERS, ids=lambda item: item.name)
def test_the_frontier_goes_through_the_optima(item):
    (n1, d1), (n2, d2) = frontier_ends(item.approach, item.fit)
    for flops in (1e19, 1e22, 1e25):
        best = optimum(flops=flops, approach=item.approach, fit=item.fit)
        share = math.log(best.params / n1) / math.log(n2 / n1)
        assert 0 < share < 1
        assert math.log(best.tokens / d1) / math.log(d2 / d1) == pytest.approx(share)


@pytest.mark.parametrize(("value", "words"), [
    (5.76e23, "5.76×10²³"), (1e18, "10¹⁸"), (9.999e20, "10²¹"), (3.0, "3×10⁰"), (0.0, "–"), (float("inf"), "–"),
])  # fmt: skip
def test_large_numbers_in_words(value, words):
    assert power_words(value) == words


# ---- the scene


def test_time_is_the_budget():
    scene = ScalingScene()
    assert scene.flops_at(0) == pytest.approx(1e18)
    assert scene.flops_at(scene.duration) == pytest.approx(1e27)
    for flops in (1e18, 5.76e23, 3e26):
        assert scene.flops_at(scene.time_of(flops)) == pytest.approx(flops)
    assert scene.time_of(1e40) == scene.duration
    assert [mark.title for mark in scene.marks][:2] == ["10¹⁸ FLOPs", "10¹⁹ FLOPs"]
    assert [scene.flops_at(mark.time) for mark in scene.marks] == pytest.approx(
        [10.0**p for p in range(18, 28)]
    )


@pytest.mark.parametrize("item", FRONTIERS, ids=lambda item: item.name)
def test_the_optimum_lies_on_the_budget_and_says_its_numbers(item):
    scene = ScalingScene(item.approach, item.fit)
    t = scene.time_of(2e22)
    shapes = scene.frame(t, 1480, 470)
    area = scene.frame_of(1480, 470)
    best = optimum(flops=scene.flops_at(t), approach=item.approach, fit=item.fit)
    dot = next(shape for shape in shapes if isinstance(shape, Dot) and not shape.key)
    assert (dot.x, dot.y) == pytest.approx(area.at(best.params, best.tokens))
    words = _texts(shapes)
    assert f"Best for {power_words(2e22)} FLOPs" in words
    assert format_count(best.params) in words
    assert format_count(best.tokens) in words
    chosen = [shape for shape in shapes if isinstance(shape, Box) and shape.fill == "accent_soft"]
    assert len(chosen) == 1


def test_along_the_budget_the_dot_of_approach_3_is_lowest():
    scene = ScalingScene("3", "refit")
    plan = scene.plan_at(scene.time_of(1e24))
    law = loss_law("refit")
    (n1, _), (n2, _) = iso_flop_ends(plan.flops)
    losses = [float(law.loss(n, plan.flops / 6 / n)) for n in np.geomspace(n1, n2, 300)]
    assert plan.loss <= min(losses)


def test_scrubbing_back_shows_what_was_shown():
    scene = ScalingScene("3")
    times = [scene.duration * share / 23 for share in range(24)]
    first = {t: repr(scene.frame(t, 876, 200)) for t in times}
    random.Random(0).shuffle(times)
    assert all(repr(scene.frame(t, 876, 200)) == first[t] for t in times)


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("item", FRONTIERS, ids=lambda item: item.name)
def test_lines_and_words_stay_inside(size, item):
    scene = ScalingScene(item.approach, item.fit)
    for t in (0.0, scene.duration * 0.6, scene.duration):
        for shape in scene.frame(t, *size):
            if isinstance(shape, Line):
                ends = [(shape.x1, shape.y1), (shape.x2, shape.y2)]
            elif isinstance(shape, Polyline):
                ends = list(shape.points)
            else:
                ends = []
            assert all(-1 <= x <= size[0] + 1 and -1 <= y <= size[1] + 1 for x, y in ends)


def test_names_of_models_do_not_overlap():
    for size in SIZES:
        names = [
            s for s in ScalingScene().frame(0.0, *size) if isinstance(s, Text) and s.key.startswith("model:")
        ]
        assert len(names) >= 7
        for one, other in itertools.combinations([bounds(name) for name in names], 2):
            apart = one[0] + one[2] <= other[0] + 1 or other[0] + other[2] <= one[0] + 1
            assert apart or abs(one[1] - other[1]) >= 12


def test_a_published_model_is_told_about_beside_its_optimum():
    scene = ScalingScene()
    words = _texts(scene.frame(scene.time_of(5.04e23), 1480, 470))
    assert "Gopher spent 5×10²³ FLOPs on 280B parameters and 300B tokens" in words
    assert "spent" not in _texts(scene.frame(scene.time_of(1e19), 1480, 470))


def test_constants_are_shown_with_their_source():
    words = _texts(ScalingScene("3", "refit").frame(1.0, 1480, 470))
    assert "L = 1.8172 + 482.01/N^0.3478 + 2085.43/D^0.3658" in words
    assert "Besiroglu et al." in words


def test_gpu_hours_are_told_with_what_they_take_for_granted():
    config = ScalingConfig(gpu="A100", utilization=0.5)
    scene = ScalingScene("1", "printed", config)
    words = _texts(scene.frame(scene.time_of(1e24), 876, 200))
    hours = gpu_hours(1e24, 312e12, 0.5)
    assert f"{format_count(hours)} A100 hours at 50% of 312 TFLOP/s" in words
    assert "hours" not in _texts(ScalingScene().frame(0.0, 876, 200))


# ---- data sets


def test_data_sets_come_from_the_facts():
    sets = {item.name: item for item in data_sets()}
    assert sets["FineWeb"].tokens == fact("fineweb-tokens").number
    assert sets["RedPajama"].tokens == fact("redpajama-tokens").number
    assert sets["The Pile"].tokens == pytest.approx(825 * 2**30 * 0.29335)
    assert sets["Common Crawl"].tokens == 0  # page captures are no tokens
    assert "282" in sets["Common Crawl"].words
    assert all("eported in" in item.source for item in sets.values())


def test_what_is_enough_is_told_apart():
    def fills(needed: float) -> list[str]:
        shapes = DataSetScene(needed).frame(0.0, 450, 130)
        return [shape.fill for shape in shapes if isinstance(shape, Box) and shape.fill.startswith("data")]

    assert fills(1e11) == ["data"] * 3
    assert fills(1.4e12) == ["data@0.35", "data@0.35", "data"]
    assert fills(1e14) == ["data@0.35"] * 3


def test_the_scale_is_logarithmic_and_bounded():
    assert (share_of(LOW), share_of(HIGH), share_of(1e12)) == pytest.approx((0.0, 1.0, 0.5))
    assert share_of(1.0) == 0.0
    assert share_of(1e20) == 1.0
    for size in ((280, 110), (450, 130), (700, 220)):
        for shape in DataSetScene(3e15).frame(0.0, *size):
            if isinstance(shape, Line):
                assert 0 <= shape.x1 <= size[0]


# ---- the mode


def test_all_parts_show_one_plan(opened):
    _, mode, _ = opened
    mode.hero.show_budget(1e22)
    best = optimum(flops=1e22)
    assert mode.numbers.params._value.text() == format_count(best.params)
    assert mode.numbers.tokens._value.text() == format_count(best.tokens)
    assert mode.numbers.loss._value.text() == f"{best.loss:.3f}"
    hours = gpu_hours(1e22, fact("h100-bf16-peak").number * 1e12, 0.4)
    assert mode.numbers.hours._value.text() == format_count(hours)
    assert mode.controls.entry.text() == "1e+22"
    assert mode.data_sets.canvas.scene.needed == pytest.approx(best.tokens)
    series = mode.profile.plot.model.series
    assert series["best"].x[0] == pytest.approx(best.params)
    assert series["loss"].y.min() <= best.loss + 1e-9


def test_typing_a_number_of_any_kind_sets_the_budget(opened):
    _, mode, _ = opened
    for key, text, flops in (
        ("flops", "5.76e23", 5.76e23),
        ("params", "70B", 5.88e23),
        ("tokens", "1.4T", 5.88e23),
    ):
        mode.controls.given.set_current(key)
        mode.controls.given.chosen.emit(key)
        mode.controls.entry.clear()
        QTest.keyClicks(mode.controls.entry, text)
        QTest.keyClick(mode.controls.entry, Qt.Key.Key_Return)
        assert mode.hero.flops == pytest.approx(flops, rel=1e-6)
        assert mode.controls.message.isHidden()


@pytest.mark.parametrize("text", ["nothing", "", "-5", "0", "1e400", "nan"])
def test_what_is_no_number_is_told_and_changes_nothing(opened, text):
    _, mode, _ = opened
    before = mode.hero.flops
    mode.controls.entry.clear()
    QTest.keyClicks(mode.controls.entry, text)
    mode.controls.entry.setModified(True)
    QTest.keyClick(mode.controls.entry, Qt.Key.Key_Return)
    assert mode.hero.flops == before
    assert mode.controls.message.text()
    assert not mode.controls.message.isHidden()


def test_numbers_beyond_the_surface_say_where_it_ends(opened):
    _, mode, _ = opened
    mode.controls.given.set_current("params")
    mode.controls.given.chosen.emit("params")
    mode.controls.entry.clear()
    QTest.keyClicks(mode.controls.entry, "1e17")
    QTest.keyClick(mode.controls.entry, Qt.Key.Key_Return)
    assert mode.hero.flops == pytest.approx(1e27)
    assert "calc chinchilla" in mode.controls.message.text()
    mode.hero.show_budget(1e20)
    assert mode.controls.message.isHidden()


def test_the_slider_sweeps_the_budget(opened):
    _, mode, _ = opened
    mode.controls.slider.setValue(0)
    assert mode.hero.flops == pytest.approx(1e18)
    mode.controls.slider.setValue(mode.controls.slider.maximum())
    assert mode.hero.flops == pytest.approx(1e27)
    mode.hero.show_budget(10**22.5)
    assert mode.controls.slider.value() == 500


def test_dragging_over_the_surface_sets_the_budget(opened):
    _, mode, _ = opened
    canvas, scene = mode.hero.canvas, mode.hero.scene
    area = scene.frame_of(*canvas.logical_size())
    start, end = (QPoint(*map(round, area.at(n, d))) for n, d in ((2e8, 4e9), (1e12, 1e13)))
    QTest.mousePress(canvas, Qt.MouseButton.LeftButton, pos=start)
    assert math.log10(mode.hero.flops) == pytest.approx(math.log10(6 * 2e8 * 4e9), abs=0.1)
    canvas.dragged.emit(float(end.x()), float(end.y()))
    assert math.log10(mode.hero.flops) == pytest.approx(math.log10(6e25), abs=0.1)
    before = mode.hero.flops
    canvas.dragged.emit(-50.0, 10.0)
    assert mode.hero.flops == before
    canvas.pointed.emit(float(start.x()), float(start.y()))
    assert "loss" in mode.hero.reading.text()
    canvas.pointed.emit(-50.0, 10.0)
    assert mode.hero.reading.text() == ""


def test_a_click_on_a_model_takes_its_budget(opened):
    _, mode, _ = opened
    gpt = next(model for model in published_models() if model.name == "GPT-3")
    mode.hero.canvas.clicked.emit("model:GPT-3")
    assert mode.hero.flops == pytest.approx(gpt.flops)
    assert "175B parameters, 300B tokens" in mode.hero._hint("model:GPT-3")
    assert mode.hero._hint("elsewhere") == ""
    assert "best for that" in model_words(gpt, "1", "printed")


def test_another_law_keeps_the_budget(opened):
    _, mode, bench = opened
    mode.hero.show_budget(1e24)
    mode.controls.form.set_values({"approach": "3"})
    best = optimum(flops=1e24, approach="3")
    assert mode.hero.flops == pytest.approx(1e24)
    assert mode.numbers.tokens._value.text() == format_count(best.tokens)
    assert best.tokens_per_param > 90
    mode.controls.form.set_values({"fit": "refit"})
    assert mode.hero.scene.fit == "refit"
    assert mode.numbers.loss._value.text() == f"{optimum(flops=1e24, approach='3', fit='refit').loss:.3f}"
    mode.controls.form.set_values({"gpu": "A100", "utilization": 0.5})
    hours = gpu_hours(1e24, fact("a100-bf16-peak").number * 1e12, 0.5)
    assert mode.numbers.hours._value.text() == format_count(hours)
    assert bench.form_values("scaling")["gpu"] == "A100"


def test_a_setting_out_of_range_is_told_and_changes_nothing(opened):
    _, mode, _ = opened
    before = mode.controls.config
    mode.controls.form.set_expert_open(True)
    field = mode.controls.form.field("utilization")
    field.edited.emit("utilization", 7.0)
    assert mode.controls.config == before
    mode.hero.show_budget(1e21)
    mode.controls.entry.setText("1e22")
    mode.controls.entry.setModified(True)
    QTest.keyClick(mode.controls.entry, Qt.Key.Key_Return)
    assert mode.hero.flops == pytest.approx(1e22)


@pytest.mark.parametrize("kept", [{"approach": "9"}, {"gone": 1}, {"utilization": "x"}])
def test_remembered_settings_that_no_longer_fit_are_left_out(qtbot, tmp_path, kept):
    bench, _ = make_bench(tmp_path)
    bench.remember_form("scaling", kept)
    tab = StageTab(BY_KEY["s01_data"])
    qtbot.addWidget(tab)
    assert scaling_mode(bench, tab).controls.config == ScalingConfig()
    bench.bridge.shutdown()


def test_steps_forward_and_back(opened):
    tab, mode, _ = opened
    mode.hero.transport.to_start()
    picture = mode.hero.canvas.render_image(0.0)
    for _ in range(9):
        assert tab.step(1)
    assert not tab.step(1)
    assert mode.hero.flops == pytest.approx(1e27)
    for _ in range(9):
        assert tab.step(-1)
    assert mode.hero.flops == pytest.approx(1e18)
    assert mode.hero.canvas.render_image(mode.hero.transport.time) == picture


@pytest.mark.parametrize("name", ["dark", "light"])
@pytest.mark.parametrize("size", [(1024, 560), (1920, 900), (700, 400)])
def test_it_is_painted_at_every_size(opened, name, size):
    tab, mode, _ = opened
    set_theme(name)
    tab.resize(*size)
    tab.rest()
    assert mode.hero.flops == pytest.approx(published_models()[0].flops)
    assert not tab.grab().isNull()
