"""The modes "Shape" and "Recipes", driven as a user would: mouse, keys, buttons."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest

from simulator.schedules.kinds import KINDS, NAMES
from simulator.schedules.recipes import recipes
from simulator.schedules.text import parse_schedule
from widgets.s05_schedule.geometry.shape import DURATION
from widgets.s05_schedule.shape_hero import ghost_of
from widgets.s05_schedule.sketch import HIGHEST_PEAK
from widgets.settings import WindowSettings
from widgets.theme import set_theme

LEFT = Qt.MouseButton.LeftButton


def place_of(canvas, step: float, rate: float) -> QPoint:
    x, y = canvas.shape.frame_of(*canvas.logical_size()).at(step, rate)
    return QPoint(round(x), round(y))


def handle_place(canvas, key: str) -> QPoint:
    item = canvas.shape.handle(key)
    return place_of(canvas, item.step, item.rate)


def carry(canvas, key: str, to: QPoint, pieces: int = 6) -> None:
    start = handle_place(canvas, key)
    QTest.mousePress(canvas, LEFT, pos=start)
    for index in range(1, pieces + 1):
        QTest.mouseMove(canvas, start + (to - start) * index / pieces)
    QTest.mouseRelease(canvas, LEFT, pos=to)


def words_of(label) -> str:
    return label.text().replace("\u00a0", " ")


# ---- the mouse


def test_dragging_the_peak_changes_warm_up_and_peak_as_one_step_back(desk):
    panel, canvas = desk.panel, desk.panel.hero.canvas
    before = panel.sketch.schedule
    carry(canvas, "peak", place_of(canvas, 200, 2e-3))
    now = panel.sketch.schedule
    assert now.warmup == pytest.approx(200, abs=4)
    assert now.peak == pytest.approx(2e-3, rel=0.02)
    assert words_of(panel.numbers.warmup._value) == f"{now.warmup / 10:.0f} %"
    assert panel.controls.fields["peak"].value() == now.peak
    QTest.mouseClick(panel.hero.undo, LEFT)
    assert panel.sketch.schedule == before
    QTest.mouseClick(panel.hero.redo, LEFT)
    assert panel.sketch.schedule == now


def test_the_axis_holds_still_under_the_hand_and_fits_when_it_lets_go(desk):
    canvas = desk.panel.hero.canvas
    scale = canvas.shape.scale
    start = handle_place(canvas, "peak")
    QTest.mousePress(canvas, LEFT, pos=start)
    for y in range(start.y(), start.y() + 200, 20):
        QTest.mouseMove(canvas, QPoint(start.x(), y))
        assert canvas.shape.scale == scale
    QTest.mouseRelease(canvas, LEFT, pos=QPoint(start.x(), start.y() + 190))
    assert canvas.shape.scale != scale


def test_what_is_held_says_its_meaning_and_value(desk):
    hero = desk.panel.hero
    QTest.mousePress(hero.canvas, LEFT, pos=handle_place(hero.canvas, "end"))
    assert words_of(hero.sentence).startswith("Ends at 4e-4, 10 % of the peak")
    QTest.mouseRelease(hero.canvas, LEFT, pos=handle_place(hero.canvas, "end"))


def test_a_press_beside_the_handles_changes_nothing(desk):
    canvas, before = desk.panel.hero.canvas, desk.panel.sketch.schedule
    QTest.mousePress(canvas, LEFT, pos=QPoint(400, 60))
    QTest.mouseMove(canvas, QPoint(500, 200))
    QTest.mouseRelease(canvas, LEFT, pos=QPoint(500, 200))
    assert desk.panel.sketch.schedule is before


def test_drawing_adds_moves_and_removes_points(desk):
    panel, canvas = desk.panel, desk.panel.hero.canvas
    panel.sketch.set_kind("drawn")
    panel.sketch.resize(4e-3, 1000)
    count = len(panel.sketch.schedule.points)
    step = 330.0
    QTest.mousePress(canvas, LEFT, pos=place_of(canvas, step, panel.sketch.schedule.rate(step)))
    assert len(panel.sketch.schedule.points) == count + 1
    QTest.mouseMove(canvas, place_of(canvas, step, 1e-3))
    QTest.mouseRelease(canvas, LEFT, pos=place_of(canvas, step, 1e-3))
    added = min(panel.sketch.schedule.points, key=lambda point: abs(point[0] - 0.33))
    assert added[1] == pytest.approx(0.25, abs=0.02)
    index = panel.sketch.schedule.points.index(added)
    QTest.mouseDClick(canvas, LEFT, pos=handle_place(canvas, f"point-{index}"))
    assert len(panel.sketch.schedule.points) == count
    panel.sketch.undo()
    assert added in panel.sketch.schedule.points


# ---- the keyboard


def test_every_handle_is_reached_and_moved_by_keys(desk):
    panel, canvas = desk.panel, desk.panel.hero.canvas
    panel.sketch.set_kind("wsd")
    canvas.setFocus(Qt.FocusReason.TabFocusReason)
    assert canvas.active == "peak"
    seen = [canvas.active]
    for _ in range(2):
        QTest.keyClick(canvas, Qt.Key.Key_Tab)
        seen.append(canvas.active)
    assert seen == ["peak", "decay", "end"]
    QTest.keyClick(canvas, Qt.Key.Key_Backtab)
    assert canvas.active == "decay"
    before = panel.sketch.schedule.decay
    QTest.keyClick(canvas, Qt.Key.Key_Left)
    assert panel.sketch.schedule.decay == before + 10
    QTest.keyClick(canvas, Qt.Key.Key_Left, Qt.KeyboardModifier.ShiftModifier)
    assert panel.sketch.schedule.decay == before + 60
    QTest.keyClick(canvas, Qt.Key.Key_Backtab)
    peak = panel.sketch.schedule.peak
    QTest.keyClick(canvas, Qt.Key.Key_Up)
    assert panel.sketch.schedule.peak > peak
    assert canvas.accessibleDescription().startswith("Peak ")
    QTest.keyClick(canvas, Qt.Key.Key_Escape)
    assert canvas.active == ""


def test_tab_leaves_the_curve_behind_the_last_handle(desk):
    canvas = desk.panel.hero.canvas
    canvas.setFocus(Qt.FocusReason.TabFocusReason)
    for _ in canvas.shape.handles:
        QTest.keyClick(canvas, Qt.Key.Key_Tab)
    assert not canvas.hasFocus()


def test_arrows_step_the_scene_while_no_handle_is_in_hand(desk):
    hero = desk.panel.hero
    hero.canvas.setFocus(Qt.FocusReason.MouseFocusReason)
    hero.transport.set_time(0.0)
    QTest.keyClick(hero.canvas, Qt.Key.Key_Right)
    assert hero.transport.time > 0


def test_points_come_and_go_by_keys(desk):
    panel, canvas = desk.panel, desk.panel.hero.canvas
    panel.sketch.set_kind("drawn")
    canvas.setFocus(Qt.FocusReason.TabFocusReason)
    count = len(panel.sketch.schedule.points)
    QTest.keyClick(canvas, Qt.Key.Key_Delete)
    assert len(panel.sketch.schedule.points) == count  # the first point stays
    QTest.keyClick(canvas, Qt.Key.Key_Insert)
    assert len(panel.sketch.schedule.points) == count + 1
    assert canvas.active == "point-1"
    QTest.keyClick(canvas, Qt.Key.Key_Delete)
    assert len(panel.sketch.schedule.points) == count


def test_undo_and_redo_have_their_keys(desk):
    panel = desk.panel
    desk.window.activateWindow()
    panel.sketch.set_kind("linear")
    QTest.keyClick(desk.window, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    assert panel.sketch.schedule.kind == "cosine"
    both = Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.ShiftModifier
    QTest.keyClick(desk.window, Qt.Key.Key_Z, both)
    assert panel.sketch.schedule.kind == "linear"
    QTest.keyClick(desk.window, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    QTest.keyClick(desk.window, Qt.Key.Key_Y, Qt.KeyboardModifier.ControlModifier)
    assert panel.sketch.schedule.kind == "linear"


# ---- the controls


def test_kinds_are_chosen_by_click_and_keys(desk):
    panel, grid = desk.panel, desk.panel.controls.kinds
    for name in NAMES:
        shapes = grid.scene.frame(0.0, *grid.logical_size())
        tile = next(shape for shape in shapes if shape.key == f"kind:{name}")
        QTest.mouseClick(grid, LEFT, pos=QPoint(round(tile.x + tile.w / 2), round(tile.y + tile.h / 2)))
        assert panel.sketch.schedule.kind == name
        assert words_of(panel.hero.title) == KINDS[name].title
    QTest.keyClick(grid, Qt.Key.Key_Home)
    QTest.keyClick(grid, Qt.Key.Key_Right)
    QTest.keyClick(grid, Qt.Key.Key_Down)
    assert panel.sketch.schedule.kind == NAMES[5]


def test_peak_and_steps_are_typed_and_the_shape_stays(desk):
    panel = desk.panel
    share = panel.sketch.schedule.warmup / panel.sketch.schedule.steps
    panel.controls.fields["steps"].type_text("20k")
    panel.controls.fields["peak"].type_text("3e-4")
    now = panel.sketch.schedule
    assert (now.steps, now.peak) == (20_000, 3e-4)
    assert now.warmup / now.steps == pytest.approx(share)
    panel.controls.fields["steps"].type_text("2")
    assert "10" in panel.controls.fields["steps"].message()
    assert panel.sketch.schedule.steps == 20_000


def test_a_recipe_is_drawn_behind_and_loaded(desk):
    panel, controls = desk.panel, desk.panel.controls
    assert not controls.shape_only.isVisible()
    index = controls.recipe.findData("llama-2-70b")
    controls.recipe.setCurrentIndex(index)
    controls.recipe.activated.emit(index)
    assert "Llama 2 70B" in panel.hero.canvas.shape.ghost.words
    text = controls.source.text().replace("\u00a0", " ")
    assert "0.4 %" in text
    assert "Touvron" in text
    QTest.mouseClick(controls.shape_only, LEFT)
    now = panel.sketch.schedule
    assert (now.kind, now.peak, now.steps, now.final_ratio) == ("cosine", 4e-3, 1000, 0.1)
    assert now.warmup == 4
    QTest.mouseClick(controls.as_published, LEFT)
    assert panel.sketch.schedule == recipes()["llama-2-70b"].schedule
    assert panel.hero.canvas.shape.ghost.words == "Llama 2 70B, as published"
    QTest.mouseClick(panel.hero.reset, LEFT)
    assert panel.sketch.schedule.steps == 1000
    assert panel.hero.canvas.shape.ghost is None


@pytest.mark.parametrize("key", list(recipes()))
def test_every_recipe_can_be_loaded_and_drawn(desk, key):
    panel = desk.panel
    panel.sketch.load(key, scaled=False)
    assert panel.sketch.schedule == recipes()[key].schedule
    assert ghost_of(key, panel.sketch.schedule).schedule.peak == recipes()[key].schedule.peak
    panel.hero.canvas.render_image(4.0)


def test_the_log_axis_is_switched_and_remembered(open_desk):
    settings = WindowSettings()
    desk = open_desk(settings=settings)
    QTest.mouseClick(desk.panel.hero.log, LEFT)
    assert desk.panel.hero.canvas.shape.log
    desk.panel.sketch.set_kind("exponential")
    desk.panel.sketch.resize(1e-3, 500)
    again = open_desk(settings=settings)
    assert again.panel.hero.canvas.shape.log
    assert again.panel.sketch.schedule.kind == "exponential"
    assert again.panel.sketch.schedule.steps == 500


@pytest.mark.parametrize(
    "kept",
    [
        {"schedule": "nonsense", "steps": 100, "peak": 1.0},
        {"schedule": "cosine", "steps": "many", "peak": 1.0},
        {"schedule": "cosine", "steps": 100, "peak": float("nan")},
        {"schedule": "cosine", "steps": 100, "peak": 1.0, "recipe": "gone"},
        {"schedule": 7},
    ],
)
def test_settings_that_no_longer_fit_give_the_usual_schedule(open_desk, kept):
    settings = WindowSettings()
    settings.forms["schedule"] = kept
    desk = open_desk(settings=settings)
    assert desk.panel.sketch.schedule.kind == "cosine"
    assert desk.panel.sketch.schedule.steps == 1000


def test_the_text_of_any_schedule_gives_it_back(desk):
    sketch = desk.panel.sketch
    for name in NAMES:
        sketch.set_kind(name)
        sketch.drag(desk.panel.hero.canvas.shape.handles[0].key, 120, 1.7e-3)
        found = parse_schedule(sketch.text(), steps=sketch.schedule.steps, peak=1.0)
        steps = range(0, 1001, 7)
        assert found.rates(list(steps)) == pytest.approx(
            sketch.schedule.rates(list(steps)), rel=1e-6, abs=1e-12
        )


def test_absurd_drags_stay_within_what_can_be_run(desk):
    sketch = desk.panel.sketch
    sketch.drag("peak", 1e12, 1e12)
    assert sketch.schedule.peak <= HIGHEST_PEAK
    sketch.drag("peak", -1e12, -5.0)
    assert sketch.schedule.peak > 0
    desk.panel.hero.canvas.render_image(1.0)


# ---- time


def test_the_marker_and_its_number_follow_the_time(desk):
    hero, numbers = desk.panel.hero, desk.panel.numbers
    for t in (0.0, 2.0, DURATION):
        hero.transport.set_time(t)
        step = round(1000 * t / DURATION)
        shown = float(numbers.here._value.text())
        assert shown == pytest.approx(desk.panel.sketch.schedule.rate(step), rel=5e-3, abs=1e-12)


def test_the_plain_words_tell_the_rule(desk, qtbot):
    panel = desk.panel
    panel.sketch.load("gpt-3-175b", scaled=False)
    qtbot.waitUntil(lambda: "peak" in panel.plain_words.words()[0], timeout=2000)
    assert "Outside" in panel.plain_words.words()[0]


# ---- recipes


def test_the_map_and_the_table_choose_recipes(desk):
    panel = desk.panel
    panel.set_mode("recipes")
    canvas = panel.recipes.hero.canvas
    shapes = canvas.scene.frame(0.0, *canvas.logical_size())
    dot = next(shape for shape in shapes if shape.key == "recipe:gpt-3-175b")
    QTest.mouseClick(canvas, LEFT, pos=QPoint(round(dot.x), round(dot.y)))
    assert panel.sketch.recipe == "gpt-3-175b"
    assert "GPT-3 175B" in panel.recipes.hero.sentence.text()
    assert panel.recipes.card.table.row() == list(recipes()).index("gpt-3-175b")
    order = canvas.scene.order()
    QTest.keyClick(canvas, Qt.Key.Key_Right)
    assert panel.sketch.recipe == order[order.index("gpt-3-175b") + 1]
    QTest.keyClick(canvas, Qt.Key.Key_Left)
    assert panel.sketch.recipe == "gpt-3-175b"


# ---- room


@pytest.mark.parametrize("size", [(1024, 768), (1280, 720), (1920, 1080)])
@pytest.mark.parametrize("name", ["dark", "light"])
def test_nothing_is_cut_at_any_size(open_desk, size, name):
    desk = open_desk(size)
    set_theme(name)
    panel = desk.panel
    for key in ("shape", "recipes"):
        panel.set_mode(key)
        desk.bot.wait(1)
        hero = panel._modes[key].scene
        assert hero.height() >= 0.38 * panel.height()
        for made in (panel.hero.undo, panel.hero.race, panel.hero.log):
            if made.isVisible():
                assert made.width() >= made.minimumSizeHint().width()
                assert hero.rect().contains(made.geometry())
