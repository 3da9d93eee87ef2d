"""Segmented control, switch, slider, run bar, fold, card, big number."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLabel

from widgets.controls import (
    BigNumber,
    Card,
    FlatSlider,
    Fold,
    IconButton,
    RunBar,
    SegmentedControl,
    Switch,
    label,
)
from widgets.controls.icons import icon_path
from widgets.controls.run_bar import STATES
from widgets.theme import set_theme, theme


@pytest.fixture
def show(qtbot):
    def _show(widget, width=300, height=40):
        qtbot.addWidget(widget)
        widget.resize(width, height)
        widget.show()
        qtbot.waitExposed(widget)
        return widget

    return _show


def test_segments_are_chosen_by_click_and_arrow(show, qtbot):
    control = show(SegmentedControl([("a", "First"), ("b", "Second"), ("c", "Third")]))
    with qtbot.waitSignal(control.chosen, timeout=1000) as caught:
        qtbot.mouseClick(control, Qt.MouseButton.LeftButton, pos=QPoint(280, 15))
    assert caught.args == ["c"]
    QTest.keyClick(control, Qt.Key.Key_Left)
    assert control.current() == "b"
    QTest.keyClick(control, Qt.Key.Key_Home)
    assert control.current() == "a"
    with qtbot.assertNotEmitted(control.chosen):
        QTest.keyClick(control, Qt.Key.Key_Left)
        control.set_current("c")
    assert control.current() == "c"
    assert "Third, 3 of 3" in control.accessibleDescription()
    with pytest.raises(ValueError):
        control.set_current("z")


def test_segments_without_choices_do_no_harm(show, qtbot):
    control = show(SegmentedControl())
    qtbot.mouseClick(control, Qt.MouseButton.LeftButton, pos=QPoint(10, 10))
    QTest.keyClick(control, Qt.Key.Key_Right)
    assert control.current() == ""


def test_switch_toggles_and_shows_it_by_place(show, qtbot):
    switch = show(Switch(), 40, 24)
    off = switch.grab().toImage()
    with qtbot.waitSignal(switch.toggled, timeout=1000):
        qtbot.mouseClick(switch, Qt.MouseButton.LeftButton)
    assert switch.isChecked()
    assert switch.grab().toImage() != off


def test_slider_drags_and_stays_in_range(show, qtbot):
    slider = show(FlatSlider(), 216, 24)
    slider.setRange(0, 100)
    qtbot.mousePress(slider, Qt.MouseButton.LeftButton, pos=QPoint(108, 12))
    assert slider.value() == 50
    qtbot.mouseMove(slider, QPoint(900, 12))
    qtbot.mouseRelease(slider, Qt.MouseButton.LeftButton)
    assert (slider.value(), slider.share(), slider.isSliderDown()) == (100, 1.0, False)


def test_slider_without_a_range_does_not_divide_by_zero(show):
    slider = show(FlatSlider())
    slider.setRange(5, 5)
    slider.grab()
    assert slider.share() == 0.0


@pytest.mark.parametrize("state", STATES)
def test_run_bar_offers_what_can_be_done(show, state):
    bar = show(RunBar())
    bar.set_state(state)
    visible = {name for name, made in bar.buttons.items() if made.isVisible()}
    assert visible == {
        "off": set(), "waiting": {"start"}, "running": {"pause", "stop"}, "paused": {"continue", "stop"},
        "stopping": set(), "stopped": {"resume", "start"}, "done": {"start"}, "failed": {"resume", "start"},
    }[state]  # fmt: skip
    assert bar.state == state
    assert bar.words()


def test_run_bar_asks(show, qtbot):
    bar = show(RunBar("Train"))
    wanted = {
        "start": ("waiting", bar.start_requested), "pause": ("running", bar.pause_requested),
        "stop": ("running", bar.stop_requested), "continue": ("paused", bar.continue_requested),
        "resume": ("failed", bar.resume_requested),
    }  # fmt: skip
    for name, (state, signal) in wanted.items():
        bar.set_state(state)
        with qtbot.waitSignal(signal, timeout=1000):
            qtbot.mouseClick(bar.buttons[name], Qt.MouseButton.LeftButton)
    assert bar.buttons["start"].text() == "Train"


def test_run_bar_says_how_far(show):
    bar = show(RunBar())
    bar.set_state("running")
    bar.set_progress(1288, 4000, 200.0, "Training")
    assert bar.words() == "Training · step 1,288 of 4,000 · 3 min 20 s left"
    assert bar._bar.value() == 322
    bar.set_progress(0, 0, phase="Reading")
    assert bar.words() == "Reading"
    bar.set_state("paused")
    bar.set_progress(5, 10, 3.0)
    assert bar.words() == "step 5 of 10 · paused"
    bar.set_state("done")
    assert bar._bar.value() == bar._bar.maximum()


def test_run_bar_wraps_a_long_message_and_stays_narrow(show):
    bar = show(RunBar("Start training"), 258, 60)
    bar.set_state("failed")
    before = bar.minimumSizeHint().width()
    bar.set_words("The disk is full. Free some space, or choose another folder with --runs.", "bad")
    assert bar.minimumSizeHint().width() <= before + 60
    assert bar.minimumSizeHint().width() < 330


def test_fold_opens_and_closes(show, qtbot):
    fold = show(Fold("More"))
    inside = QLabel("inside")
    fold.body.addWidget(inside)
    assert not inside.isVisible()
    with qtbot.waitSignal(fold.toggled, timeout=1000):
        QTest.keyClick(fold._button, Qt.Key.Key_Space)
    assert inside.isVisible()
    fold.set_open(False)
    assert not inside.isVisible()


def test_card_shows_title_and_note_only_when_there(show):
    card = show(Card(), 300, 100)
    assert not card._head.isVisible()
    card.set_title("Loss")
    card.set_note("step 3", "good")
    assert card._head.isVisible()
    assert card._note.property("tone") == "good"
    set_theme("dark", 2.0)
    assert card.body.contentsMargins().left() == 32


def test_big_number_shows_value_and_unit(show):
    number = show(BigNumber("Step time"), 200, 60)
    number.set_value("412", "ms", "warning")
    number.set_value("410")
    assert (number._value.text(), number._unit.text(), number._value.property("tone")) == (
        "410",
        "ms",
        "text",
    )


def test_labels_show_markup_as_it_is(show):
    made = show(label("<b>not bold</b>"))
    assert made.textFormat() == Qt.TextFormat.PlainText


def test_wrapped_labels_claim_their_height(show):
    made = show(label("many words " * 20, wrap=True), 100, 10)
    assert made.minimumHeight() >= 8 * theme().metrics("body").height()
    made.setText("one")
    assert made.minimumHeight() < 3 * theme().metrics("body").height()


def test_tones_come_from_the_theme(show):
    made = show(label("word", tone="bad"))
    assert made.palette().color(made.foregroundRole()) == theme().colour("bad")


@pytest.mark.parametrize(
    "name", ["play", "pause", "stop", "back", "forward", "down", "right", "tick", "cross", "reset"]
)
def test_icons_stay_in_their_square(name, show):
    box = icon_path(name).boundingRect()
    assert box.left() >= 0
    assert box.top() >= 0
    assert box.right() <= 1
    assert box.bottom() <= 1
    assert show(IconButton(name, name), 32, 32).grab().width() > 0


def test_unknown_icon_is_an_error():
    with pytest.raises(ValueError, match="no icon 'moon'"):
        icon_path("moon")
