"""Tab 4 in a window, every control driven as a user would."""

from __future__ import annotations

import math
import re

import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QWheelEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLabel
from test_window_layout import cut_off, outside, overlaps

from widgets.s04_precision.bits_hero import PRESETS
from widgets.s04_precision.geometry.bits import FADE_SECONDS
from widgets.s04_precision.memory_mode import ToyCard
from widgets.s04_precision.training_hero import TrainingHero
from widgets.scene.shapes import BitCell, Box, Dot, Text
from widgets.screenshots import settle
from widgets.theme import set_theme, theme


def shapes_of(canvas):
    return canvas.scene.frame(canvas.time, *canvas.logical_size())


def click(canvas, key):
    shape = next(item for item in shapes_of(canvas) if item.key == key)
    place = QPoint(round(shape.x + getattr(shape, "w", 0) / 2), round(shape.y + getattr(shape, "h", 0) / 2))
    QTest.mouseClick(canvas, Qt.MouseButton.LeftButton, pos=place)


def wheel(canvas, x, y, delta, modifiers=Qt.KeyboardModifier.NoModifier):
    place = QPointF(x, y)
    event = QWheelEvent(
        place, QPointF(canvas.mapToGlobal(place.toPoint())), QPoint(), QPoint(0, delta), Qt.MouseButton.NoButton,
        modifiers, Qt.ScrollPhase.NoScrollPhase, False,
    )  # fmt: skip
    QApplication.sendEvent(canvas, event)


def type_in(entry, text):
    entry.setFocus()
    entry.selectAll()
    QTest.keyClicks(entry, text)
    QTest.keyClick(entry, Qt.Key.Key_Return)


# ---- bits


def test_only_the_first_mode_is_built_at_once(empty):
    assert empty.panel.modes() == ["bits", "line", "arithmetic", "memory", "training"]
    assert not hasattr(empty.panel, "training")


def test_a_click_flips_a_bit_and_all_rows_follow(empty):
    panel = empty.panel
    before = {item.row.key: item.bits for item in panel.desk.readings}
    click(panel.bits.canvas, "bit:fp16:0")
    assert panel.desk.value == -0.0999755859375
    assert panel.desk.selected == "fp16"
    for item in panel.desk.readings:
        if item.row.key not in ("nf4", "fp4_e2m1"):
            assert item.bits != before[item.row.key]
    assert panel.bits.field.entry.text() == "−0.0999755859375"
    assert panel.bits_controls.values[1].text() == "-0.0999755859375"


def test_the_scale_of_a_block_flips_too(empty):
    panel = empty.panel
    click(panel.bits.canvas, "bit:mxfp4:7")
    assert panel.desk.selected == "mxfp4"
    assert panel.desk.value in (0.25, 0.0625)
    assert panel.desk.reading("fp32").value == panel.desk.value


@pytest.mark.parametrize("text", PRESETS)
def test_numbers_to_try(empty, text):
    panel = empty.panel
    QTest.mouseClick(panel.bits.field.presets[text], Qt.MouseButton.LeftButton)
    assert panel.desk.given.text == text
    assert panel.bits.field.entry.text() == text


def test_a_number_is_typed(empty):
    panel = empty.panel
    type_in(panel.bits.field.entry, "65520")
    assert panel.desk.reading("fp16").value == math.inf
    type_in(panel.bits.field.entry, "rubbish")
    assert panel.desk.value == 65520
    assert "rubbish" in panel.bits.field.problem.text()
    assert panel.bits.field.problem.isVisible()
    type_in(panel.bits.field.entry, "1/3")
    assert not panel.bits.field.problem.isVisible()
    assert panel.desk.value == 1 / 3


def test_the_pin_is_dragged_along_the_line(empty):
    canvas = empty.panel.bits.canvas
    place = canvas.scene.layout(*canvas.logical_size())
    y = round(place.line_top + 20)
    left, long = place.line_x, place.line_width
    QTest.mousePress(canvas, Qt.MouseButton.LeftButton, pos=QPoint(round(left + long / 2), y))
    assert empty.panel.desk.value == pytest.approx(0.175, abs=0.001)
    QTest.mouseMove(canvas, QPoint(round(left + long * 0.9), y))
    assert empty.panel.desk.value == pytest.approx(0.315, abs=0.002)
    window = canvas.window_in_sight
    QTest.mouseMove(canvas, QPoint(round(left + long + 300), y))
    assert empty.panel.desk.value == pytest.approx(0.35, abs=0.001)
    assert canvas.window_in_sight == window
    QTest.mouseRelease(canvas, Qt.MouseButton.LeftButton, pos=QPoint(round(left), y))
    dots = [shape for shape in shapes_of(canvas) if isinstance(shape, Dot) and shape.key == "pin"]
    assert dots


def test_the_wheel_zooms_the_line_and_nothing_else(empty):
    canvas = empty.panel.bits.canvas
    place = canvas.scene.layout(*canvas.logical_size())
    before = canvas.window_in_sight
    wheel(canvas, place.line_x + 100, place.line_top + 20, 120)
    after = canvas.window_in_sight
    assert after.high - after.low < before.high - before.low
    wheel(canvas, 300, 40, 120)
    assert canvas.window_in_sight == after


def test_the_keyboard_reaches_every_bit(empty):
    canvas, desk = empty.panel.bits.canvas, empty.panel.desk
    canvas.setFocus()
    for _ in range(3):
        QTest.keyClick(canvas, Qt.Key.Key_Down)
    assert desk.selected == "fp16"
    QTest.keyClick(canvas, Qt.Key.Key_Space)
    assert desk.value < 0
    QTest.keyClick(canvas, Qt.Key.Key_Right)
    QTest.keyClick(canvas, Qt.Key.Key_Return)
    assert canvas.cursor_place == (3, 1)
    assert abs(desk.value) > 1000
    frames = [shape for shape in shapes_of(canvas) if isinstance(shape, Box) and shape.stroke == "text"]
    assert len(frames) == 1
    for _ in range(40):
        QTest.keyClick(canvas, Qt.Key.Key_Right)
    assert canvas.cursor_place == (3, 15)
    type_in(empty.panel.bits.field.entry, "1")
    canvas.setFocus()
    QTest.keyClick(canvas, Qt.Key.Key_BracketRight)
    assert desk.value == 1 + 2.0**-10
    QTest.keyClick(canvas, Qt.Key.Key_BracketLeft)
    QTest.keyClick(canvas, Qt.Key.Key_BracketLeft)
    assert desk.value == 1 - 2.0**-11
    before = canvas.window_in_sight
    QTest.keyClick(canvas, Qt.Key.Key_Plus)
    assert canvas.window_in_sight != before
    empty.panel.bits.field.entry.setFocus()
    assert not [shape for shape in shapes_of(canvas) if isinstance(shape, Box) and shape.stroke == "text"]


def test_rounding_overflow_and_the_neighbour(empty):
    panel = empty.panel
    controls = panel.bits_controls
    controls.rounding.setFocus()
    QTest.keyClick(controls.rounding, Qt.Key.Key_Right)
    assert panel.desk.given.rounding == "toward-zero"
    QTest.keyClick(controls.rounding, Qt.Key.Key_Right)
    assert panel.desk.given.rounding == "stochastic"
    type_in(panel.bits.field.entry, "1e6")
    QTest.keyClick(controls.overflow, Qt.Key.Key_Right)
    assert panel.desk.reading("fp16").value == 65504
    type_in(panel.bits.field.entry, "0.1")
    controls.neighbour.setValue(10)
    assert panel.desk.given.neighbour == 1024
    assert panel.desk.reading("int8").value == 0
    assert "1,024" in controls.neighbour_words.text()


def test_bits_fade_and_come_to_rest(empty, qtbot):
    panel = empty.panel
    theme().set_reduce_motion(False)
    click(panel.bits.canvas, "bit:fp32:0")
    assert panel.bits.canvas.time < FADE_SECONDS
    both = [
        cell
        for cell in shapes_of(panel.bits.canvas)
        if isinstance(cell, BitCell) and cell.key == "bit:fp32:0"
    ]
    assert len(both) >= 1
    qtbot.waitUntil(lambda: panel.bits.canvas.time >= FADE_SECONDS, timeout=3000)
    panel.bits.canvas.settle()


# ---- the number line


def test_the_number_line_zooms_moves_and_sets_the_number(empty):
    panel = empty.mode("line")
    canvas, lines = panel.lines.canvas, panel.lines
    whole = canvas.window_in_sight
    left, long = canvas.scene.place(canvas.logical_size()[0])
    QTest.mouseClick(canvas, Qt.MouseButton.LeftButton, pos=QPoint(round(left + 0.8 * long), 60))
    assert panel.desk.value == pytest.approx(1024, rel=0.05)
    wheel(canvas, left + 0.8 * long, 60, 240)
    assert canvas.window_in_sight.share(panel.desk.value) == pytest.approx(0.8, abs=0.02)
    closer = canvas.window_in_sight
    wheel(canvas, left + 10, 60, 120, Qt.KeyboardModifier.ShiftModifier)
    assert canvas.window_in_sight != closer
    QTest.mouseClick(lines.closer, Qt.MouseButton.LeftButton)
    QTest.mouseClick(lines.further, Qt.MouseButton.LeftButton)
    QTest.mouseClick(lines.whole, Qt.MouseButton.LeftButton)
    assert canvas.window_in_sight == whole
    QTest.mousePress(canvas, Qt.MouseButton.RightButton, pos=QPoint(round(left + 100), 60))
    QTest.mouseMove(canvas, QPoint(round(left + 200), 60))
    QTest.mouseRelease(canvas, Qt.MouseButton.RightButton, pos=QPoint(round(left + 200), 60))
    assert canvas.window_in_sight.low < whole.low
    lines.scale.setFocus()
    QTest.keyClick(lines.scale, Qt.Key.Key_Right)
    assert not canvas.window_in_sight.log
    assert 0 <= canvas.window_in_sight.share(panel.desk.value) <= 1


def test_hovering_tells_the_neighbours(empty):
    panel = empty.mode("line")
    canvas = panel.lines.canvas
    left, long = canvas.scene.place(canvas.logical_size()[0])
    QTest.mouseMove(canvas, QPoint(round(left + 0.6 * long), 30))
    first = canvas.scene.words()
    assert first.startswith("FP32")
    QTest.mouseMove(canvas, QPoint(round(left + 0.6 * long), round(canvas.height() - 40)))
    words = canvas.scene.words()
    assert words.startswith("FP4")
    assert "gap" in words
    assert any(isinstance(shape, Text) and shape.text == words for shape in shapes_of(canvas))


def test_the_number_line_by_keys(empty):
    panel = empty.mode("line")
    canvas, desk = panel.lines.canvas, panel.desk
    canvas.setFocus()
    QTest.keyClick(canvas, Qt.Key.Key_Down)
    assert desk.selected == "fp8_e4m3"
    QTest.keyClick(canvas, Qt.Key.Key_Right)
    assert desk.value == 0.109375
    QTest.keyClick(canvas, Qt.Key.Key_Left)
    QTest.keyClick(canvas, Qt.Key.Key_Left)
    assert desk.value == 0.09375
    QTest.keyClick(canvas, Qt.Key.Key_Up)
    assert desk.selected == "fp16"
    before = canvas.window_in_sight
    QTest.keyClick(canvas, Qt.Key.Key_Plus)
    QTest.keyClick(canvas, Qt.Key.Key_Minus)
    assert canvas.window_in_sight.high == pytest.approx(before.high)


# ---- arithmetic


def test_demonstrations_are_chosen_and_scrubbed(empty):
    panel = empty.mode("arithmetic")
    hero = panel.arithmetic
    hero.demos.setFocus()
    seen = {hero.lesson[1]}
    for demo in ("underflow", "absorption", "drift", "random"):
        QTest.keyClick(hero.demos, Qt.Key.Key_Right)
        assert hero.demos.current() == demo
        seen.add(panel.own.lesson.text())
    assert len(seen) == 5
    hero.show_demo("absorption")
    QTest.keyClick(hero.cases, Qt.Key.Key_Right)
    assert hero.case.key == "absorption-bf16"
    assert hero.transport.time == 0
    hero.transport.step_forward()
    hero.rest()
    assert any(isinstance(shape, Text) and shape.text == "= BF16" for shape in shapes_of(hero.canvas))
    assert empty.panel.step(-2)
    assert hero.canvas.time < hero.transport.duration


def test_an_operation_of_ones_own(empty):
    panel = empty.mode("arithmetic")
    own, hero = panel.own, panel.arithmetic
    hero.show_demo("drift")
    type_in(own.left, "256")
    type_in(own.right, "0.5")
    assert hero.case.words == "256 + 0.5 in BF16"
    assert hero.cases.isVisible()
    QTest.keyClick(own.sign, Qt.Key.Key_Right)
    assert hero.case.sign == "×"
    QTest.keyClick(own.format, Qt.Key.Key_Right)
    assert hero.case.format == "fp16"
    type_in(own.left, "what")
    assert own.problem.isVisible()
    type_in(own.left, "1e300")
    assert "too far" in own.problem.text()
    type_in(own.left, "1")
    assert not own.problem.isVisible()


# ---- memory


def test_the_memory_calculator_follows_its_form(empty):
    panel = empty.mode("memory")
    controls, hero = panel.memory_controls, panel.memory
    assert panel.plain_words.words()[0] == "It does not fit"
    controls.form.set_values({"zero": 3, "dp": 64})
    assert panel.plain_words.words()[0] == "It fits"
    assert hero.shown.config.dp == 64
    controls.convention.setFocus()
    QTest.keyClick(controls.convention, Qt.Key.Key_Right)
    assert hero.shown.config.convention == "megatron"
    click(hero.canvas, "stack:deepspeed")
    assert controls.convention.current() == "deepspeed"
    assert hero.shown.config.convention == "deepspeed"
    QTest.keyClick(controls.recompute, Qt.Key.Key_Right)
    assert hero.shown.config.recompute == "full"
    assert empty.window.bench.form_values("memory")["recompute"] == "full"
    controls.form.reset()
    assert controls.convention.current() == "zero"
    assert controls.recompute.current() == "selective"
    assert hero.shown.config.dp == 1


def test_the_toy_model_is_predicted_then_measured(full, qtbot):
    card = ToyCard()
    qtbot.addWidget(card)
    assert "Not measured" in card.words.text()
    panel = full.mode("memory")
    assert "exactly as predicted" in panel.toy.words.text()
    panel.toy.policy.setFocus()
    QTest.keyClick(panel.toy.policy, Qt.Key.Key_Right)
    words = [shape.text for shape in shapes_of(panel.toy.canvas) if isinstance(shape, Text)]
    assert "peak 40.0 MB" in words


# ---- training


def test_the_training_hero_teaches_while_there_is_no_run(qtbot):
    hero = TrainingHero()
    qtbot.addWidget(hero)
    assert hero.look is None
    assert any(item.text().startswith("Train, and see") for item in hero.plot.findChildren(QLabel))
    hero.kind.setFocus()
    for _ in range(4):
        QTest.keyClick(hero.kind, Qt.Key.Key_Right)
    assert "FP16 loses" in hero.words.text()


def test_a_run_is_started(empty):
    panel = empty.mode("training")
    empty.window.bench.bridge.start()
    empty.session.ready()
    empty.window.bench.bridge._drain()
    QTest.mouseClick(panel.training_controls.run_bar.buttons["start"], Qt.MouseButton.LeftButton)
    assert empty.session.made("begin")[0][1] == "precision"


def test_a_run_is_shown(full):
    panel = full.mode("training")
    hero = panel.training
    assert hero.policy.current() == "fp16"
    assert hero.look.step == 10
    assert panel.plain_words.words()[0] == "FP16 learned less"
    texts = [child.text() for child in panel.training_numbers.findChildren(QLabel)]
    assert "2" in texts
    assert "+2.00" in texts
    assert any(re.fullmatch(r"\d\d? %", text) for text in texts)
    assert len(panel.losses.plot.model.series) == 10
    assert panel.scale.plot.model.series["scale"].y.max() == 4096
    assert len(panel.scale.plot.model.series["skipped"].x) == 6
    assert "entropy floor 0.41" in [item.label for item in panel.losses.plot.model.references.values()]


def test_steps_policies_and_kinds_are_chosen(full):
    panel = full.mode("training")
    hero = panel.training
    hero.transport.step_back()
    hero.transport.set_time(0.0)
    assert hero.look.step == 0
    hero.policy.setFocus()
    QTest.keyClick(hero.policy, Qt.Key.Key_Right)
    assert hero.policy.current() == "fp16-scaled"
    assert hero.look.step == 0
    assert "loss × 2¹²" in hero.words.text()
    hero.kind.setFocus()
    for kind in ("flowing", "activations", "weights"):
        QTest.keyClick(hero.kind, Qt.Key.Key_Right)
        assert hero.kind.current() == kind
        assert hero.words.text().startswith("step 0")
    QTest.keyClick(hero.kind, Qt.Key.Key_Right)
    assert hero.kind.current() == "one"
    assert not hero.policy.isEnabled()
    hero.rest()
    words = [shape.text for shape in shapes_of(hero.canvas) if isinstance(shape, Text)]
    assert "FP16, scaled" in words
    QTest.keyClick(hero.kind, Qt.Key.Key_Left)
    assert hero.policy.isEnabled()
    assert hero.look is not None


@pytest.mark.parametrize(
    "size", [(1024, 768), (1280, 720), (1920, 1080)], ids=lambda size: f"{size[0]}x{size[1]}"
)
def test_every_mode_has_its_room(open_desk, precision_runs, size):
    desk = open_desk(precision_runs, size)
    for key in desk.panel.modes():
        panel = desk.mode(key)
        panel.rest()
        desk.bot.wait(30)  # what came into sight last is fitted once the event loop turns
        settle(desk.window)
        assert desk.window.size().toTuple() == size
        assert cut_off(desk.window) == [], key
        assert overlaps(desk.window) == [], key
        assert outside(desk.window) == [], key


def test_a_wide_window_can_be_made_narrow_in_every_mode(open_desk, precision_runs):
    desk = open_desk(precision_runs, (1920, 1080))
    for key in desk.panel.modes():
        desk.window.resize(1920, 1080)
        desk.mode(key)
        settle(desk.window)
        for _ in range(3):
            desk.window.resize(1024, 768)
            settle(desk.window)
        assert desk.window.size().toTuple() == (1024, 768), key


@pytest.mark.parametrize("size", [(1024, 768), (1280, 720)], ids=lambda size: f"{size[0]}x{size[1]}")
def test_every_mode_fits_a_projector_while_presenting(open_desk, precision_runs, size):
    desk = open_desk(precision_runs, size)
    desk.window.ribbon.hide()
    desk.window.status.hide()
    desk.panel.set_presenting(True)
    set_theme(scale=1.6)
    desk.window.resize(*size)
    for key in desk.panel.modes():
        desk.mode(key)
        settle(desk.window)
        assert desk.window.size().toTuple() == size, key
        assert cut_off(desk.window) == [], key
        assert overlaps(desk.window) == [], key
