"""Time moved by a clock in the test's hand."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt

from widgets.scene.timeline import Mark
from widgets.scene.transport import Transport
from widgets.theme import theme

MARKS = (Mark(0.0, "start"), Mark(1.0, "one", start=0.5), Mark(2.0, "two", start=1.5))


@pytest.fixture
def transport(qtbot, clock):
    made = Transport(clock=clock)
    qtbot.addWidget(made)
    made.set_timeline(3.0, MARKS)
    made.show()
    return made


def run(transport, clock, seconds, steps=4):
    for _ in range(steps):
        clock.pass_(seconds / steps)
        transport.advance()


def test_plays_by_the_clock_and_not_by_the_number_of_frames(transport, clock):
    transport.play()
    run(transport, clock, 1.0, steps=1)
    assert transport.time == pytest.approx(1.0)
    run(transport, clock, 1.0, steps=50)
    assert transport.time == pytest.approx(2.0)


def test_stops_at_the_end_and_starts_again_from_the_start(transport, clock, qtbot):
    transport.play()
    with qtbot.waitSignals([transport.reached_end, transport.playing_changed], timeout=1000):
        run(transport, clock, 9.0)
    assert (transport.time, transport.playing) == (3.0, False)
    transport.play()
    assert (transport.time, transport.playing) == (0.0, True)


def test_speed_scales_time(transport, clock):
    transport.set_speed(4.0)
    transport.play()
    run(transport, clock, 0.5)
    assert transport.time == pytest.approx(2.0)
    transport.set_speed(100)
    assert transport.speed == 4.0


def test_a_late_frame_loses_no_time_but_a_pause_adds_none(transport, clock):
    transport.play()
    run(transport, clock, 0.5)
    transport.toggle()
    clock.pass_(100)
    transport.advance()
    assert transport.time == pytest.approx(0.5)
    transport.toggle()
    run(transport, clock, 0.25)
    assert transport.time == pytest.approx(0.75)


def test_stepping_glides_to_the_marks(transport, clock):
    transport.step_forward()
    run(transport, clock, 0.2)
    assert 0 < transport.time < 1.0
    run(transport, clock, 1.0)
    assert transport.time == 1.0
    transport.step_back()
    run(transport, clock, 2.0)
    assert transport.time == 0.0


def test_stepping_twice_quickly_goes_two_marks(transport, clock):
    transport.step_forward()
    transport.step_forward()
    run(transport, clock, 2.0)
    assert transport.time == 2.0
    transport.step_forward()
    run(transport, clock, 2.0)
    assert transport.time == 3.0


def test_reduced_motion_jumps_from_mark_to_mark(transport, clock):
    theme().set_reduce_motion(True)
    shown = []
    transport.time_changed.connect(shown.append)
    transport.step_forward()
    assert transport.time == 1.0
    transport.set_time(0.0)
    transport.play()
    run(transport, clock, 2.9, steps=29)
    assert set(shown) <= {0.0, 1.0, 2.0}
    assert shown[-1] == 2.0


def test_scrubbing_holds_and_runs_backwards(transport, clock, qtbot):
    transport.play()
    run(transport, clock, 2.0)
    transport._slider.setValue(1000)
    assert transport.playing is False
    assert transport.time == pytest.approx(0.3)


def test_says_where_it_is(transport):
    transport.set_time(0.7)
    assert (transport._count.text(), transport._title.text()) == ("step 2 / 3", "one")
    transport.set_count_word("round")
    assert transport._count.text() == "round 2 / 3"
    transport.set_timeline(3.0, ())
    assert (transport._count.text(), transport._title.text()) == ("0.7 s", "")


def test_a_still_scene_cannot_be_played(transport):
    transport.set_timeline(0.0)
    transport.play()
    assert transport.playing is False
    assert not transport._play.isEnabled()


def test_a_shorter_scene_pulls_the_time_in(transport):
    transport.set_time(2.5)
    transport.set_timeline(1.0, ())
    assert transport.time == 1.0


def test_time_does_not_run_unseen(transport, clock):
    transport.play()
    run(transport, clock, 0.5)
    transport.hide()
    assert not transport._timer.isActive()
    clock.pass_(100)
    transport.show()
    assert transport._timer.isActive()
    run(transport, clock, 0.5)
    assert transport.time == pytest.approx(1.0)


def test_the_timer_rests_when_nothing_moves(transport, clock):
    assert not transport._timer.isActive()
    transport.step_forward()
    assert transport._timer.isActive()
    run(transport, clock, 2.0)
    assert not transport._timer.isActive()


def test_the_buttons_work(transport, qtbot, clock):
    qtbot.mouseClick(transport._play, Qt.MouseButton.LeftButton)
    assert transport.playing
    assert transport._play.accessibleName() == "Pause"
    qtbot.mouseClick(transport._play, Qt.MouseButton.LeftButton)
    assert not transport.playing
    transport.to_end()
    assert transport.time == 3.0
    transport.to_start()
    assert transport.time == 0.0


def test_the_same_time_is_not_told_twice(transport):
    told = []
    transport.time_changed.connect(told.append)
    transport.set_time(1.0)
    transport.set_time(1.0)
    assert told == [1.0]
