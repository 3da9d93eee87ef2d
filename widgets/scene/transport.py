"""Moves time: play, pause, step, scrub, speed. The scene itself only ever sees a time."""

from __future__ import annotations

import time as system_time
from collections.abc import Callable

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtGui import QHideEvent, QResizeEvent, QShowEvent
from PySide6.QtWidgets import QHBoxLayout, QMenu, QToolButton, QWidget

from widgets.controls.basics import IconButton, label, set_look
from widgets.controls.slider import FlatSlider
from widgets.scene.timeline import Mark, Scene, clamp, mark_index
from widgets.theme import theme

FRAME_MILLISECONDS = 16
SPEEDS = (0.25, 0.5, 1.0, 2.0, 4.0)
_LONGEST_GLIDE = 0.8
_EPSILON = 1e-6
_SLIDER_STEPS = 10_000
_NARROWEST_WITH_TITLE = 480


class Transport(QWidget):
    """The bar under a scene. One timer and a monotonic clock, so that a late frame never slows the scene.

    Stepping glides to the next mark and stops there; with "reduce motion" time jumps from mark to mark.

    Attributes:
        time_changed: The time to show, seconds.
        playing_changed: It began to play (True) or stopped.
        reached_end: Playing came to the end.
    """

    time_changed = Signal(float)
    playing_changed = Signal(bool)
    reached_end = Signal()

    def __init__(
        self,
        scene: Scene | None = None,
        clock: Callable[[], float] = system_time.monotonic,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._clock = clock
        self._time = 0.0
        self._shown = -1.0
        self._duration = 0.0
        self._marks: tuple[Mark, ...] = ()
        self._speed = 1.0
        self._playing = False
        self._glide: tuple[float, float, float, float] | None = None  # from, to, began, length
        self._before = 0.0
        self._word = "step"
        self._timer = QTimer(self)
        self._timer.setTimerType(Qt.TimerType.PreciseTimer)
        self._timer.setInterval(FRAME_MILLISECONDS)
        self._timer.timeout.connect(self.advance)
        self._build()
        self._restyle()
        theme().changed.connect(self._restyle)
        if scene is not None:
            self.set_scene(scene)

    def _build(self) -> None:
        self._back = IconButton("back", "Step back", 32)
        self._play = IconButton("play", "Play", 44, filled=True)
        self._forward = IconButton("forward", "Step forward", 32)
        self._count = label("", "mono_small", "muted")
        self._slider = FlatSlider(self)
        self._slider.setRange(0, _SLIDER_STEPS)
        self._slider.setSingleStep(_SLIDER_STEPS // 100)
        self._slider.setPageStep(_SLIDER_STEPS // 10)
        self._slider.setAccessibleName("Time")
        self._title = label("", "small", "muted")
        self._speed_button = QToolButton(self)
        set_look(self._speed_button, "kind", "quiet")
        self._speed_button.setText("1×")
        self._speed_button.setToolTip("Speed")
        self._speed_button.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        menu = QMenu(self._speed_button)
        for speed in SPEEDS:
            menu.addAction(f"{speed:g}×").setData(speed)
        menu.triggered.connect(self._choose_speed)
        self._speed_button.setMenu(menu)
        self._row = QHBoxLayout(self)
        self._row.setContentsMargins(0, 0, 0, 0)
        for part in (self._back, self._play, self._forward, self._count):
            self._row.addWidget(part)
        self._row.addWidget(self._slider, 1)
        self._row.addWidget(self._title)
        self._row.addWidget(self._speed_button)
        self._back.clicked.connect(self.step_back)
        self._play.clicked.connect(self.toggle)
        self._forward.clicked.connect(self.step_forward)
        self._slider.valueChanged.connect(self._scrub)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Leave the title out where there is little width."""
        super().resizeEvent(event)
        self._title.setVisible(self.width() >= theme().px(_NARROWEST_WITH_TITLE))

    @property
    def time(self) -> float:
        """The time shown, seconds."""
        return self._time

    @property
    def playing(self) -> bool:
        """Whether time runs."""
        return self._playing

    @property
    def speed(self) -> float:
        """Scene seconds per second."""
        return self._speed

    @property
    def duration(self) -> float:
        """Length, seconds."""
        return self._duration

    def set_scene(self, scene: Scene) -> None:
        """Take length and marks from a scene; the time stays where it can."""
        self.set_timeline(scene.duration, scene.marks)

    def set_timeline(self, duration: float, marks: tuple[Mark, ...] = ()) -> None:
        """Set length and marks; the time stays where it can."""
        self._duration = max(0.0, duration)
        self._marks = tuple(marks)
        if self._duration > 0:
            self._slider.set_ticks(
                [clamp(mark.time / self._duration) for mark in marks] if len(marks) <= 40 else []
            )
        self._glide = None
        for part in (self._back, self._play, self._forward, self._slider):
            part.setEnabled(self._duration > 0)
        self._show(clamp(self._time, 0.0, self._duration))

    def set_count_word(self, word: str) -> None:
        """What the marks are counted as: "step 5 / 18", "round 5 / 18"."""
        self._word = word
        self._show(self._time)

    def set_time(self, t: float) -> None:
        """Go to a time at once."""
        self._glide = None
        self._show(clamp(t, 0.0, self._duration))

    def set_speed(self, speed: float) -> None:
        """Set scene seconds per second, 0.25 to 4."""
        self._speed = clamp(speed, SPEEDS[0], SPEEDS[-1])
        self._speed_button.setText(f"{self._speed:g}×")

    def play(self) -> None:
        """Let time run; from the start if it is at the end."""
        if self._duration <= 0 or self._playing:
            return
        if self._time >= self._duration - _EPSILON:
            self._show(0.0)
        self._glide = None
        self._set_playing(True)

    def pause(self) -> None:
        """Hold time."""
        self._glide = None
        self._set_playing(False)

    def toggle(self) -> None:
        """Play if it holds, hold if it plays."""
        if self._playing:
            self.pause()
        else:
            self.play()

    def step_forward(self) -> None:
        """Go on to the next mark, or to the end, and hold there."""
        at = self._glide[1] if self._glide else self._time
        later = [mark.time for mark in self._marks if mark.time > at + _EPSILON]
        self._glide_to(later[0] if later else self._duration)

    def step_back(self) -> None:
        """Go back to the mark before, or to the start, and hold there."""
        at = self._glide[1] if self._glide else self._time
        earlier = [mark.time for mark in self._marks if mark.time < at - _EPSILON]
        self._glide_to(earlier[-1] if earlier else 0.0)

    def to_start(self) -> None:
        """Go to the start."""
        self.pause()
        self.set_time(0.0)

    def to_end(self) -> None:
        """Go to the end."""
        self.pause()
        self.set_time(self._duration)

    def advance(self) -> None:
        """Move on to what the clock says. The timer calls it."""
        now = self._clock()
        passed, self._before = max(0.0, now - self._before), now
        if self._glide is not None:
            self._glide_on(now, *self._glide)
        elif self._playing:
            self._play_on(passed)

    def showEvent(self, event: QShowEvent) -> None:
        """Go on where it was when it was hidden."""
        super().showEvent(event)
        self._run_timer()

    def hideEvent(self, event: QHideEvent) -> None:
        """Time does not run where nobody sees it."""
        super().hideEvent(event)
        self._timer.stop()

    def _play_on(self, passed: float) -> None:
        t = self._time + passed * self._speed
        if t >= self._duration:
            self._show(self._duration)
            self._set_playing(False)
            self.reached_end.emit()
        else:
            self._show(t)

    def _glide_to(self, target: float) -> None:
        self._set_playing(False)
        self._glide = None
        if theme().reduce_motion or not self.isVisible():
            self._show(target)
            return
        length = min(abs(target - self._time) / self._speed, _LONGEST_GLIDE)
        self._glide = (self._time, target, self._clock(), length)
        self._run_timer()

    def _glide_on(self, now: float, start: float, target: float, began: float, length: float) -> None:
        share = clamp((now - began) / length) if length > 0 else 1.0
        if share >= 1:
            self._glide = None
            self._run_timer()
        self._show(start + (target - start) * share)

    def _set_playing(self, playing: bool) -> None:
        if playing != self._playing:
            self._playing = playing
            self._play.set_icon("pause" if playing else "play", "Pause" if playing else "Play")
            self.playing_changed.emit(playing)
        self._run_timer()

    def _run_timer(self) -> None:
        wanted = (self._playing or self._glide is not None) and self.isVisible()
        if wanted and not self._timer.isActive():
            self._before = self._clock()
            self._timer.start()
        elif not wanted:
            self._timer.stop()

    def _show(self, t: float) -> None:
        """Keep the time and show it; with reduced motion a playing scene shows the last mark passed."""
        self._time = t
        index = mark_index(self._marks, t)
        shown = self._marks[index].time if theme().reduce_motion and self._playing and index >= 0 else t
        self._slider.blockSignals(True)
        self._slider.setValue(round(_SLIDER_STEPS * t / self._duration) if self._duration > 0 else 0)
        self._slider.blockSignals(False)
        self._slider.update()
        self._count.setText(f"{self._word} {index + 1} / {len(self._marks)}" if self._marks else f"{t:.1f} s")
        self._title.setText(self._marks[index].title if index >= 0 else "")
        if shown != self._shown:
            self._shown = shown
            self.time_changed.emit(shown)

    def _scrub(self, position: int) -> None:
        self._set_playing(False)
        self._glide = None
        self._show(self._duration * position / _SLIDER_STEPS)

    def _choose_speed(self, action: object) -> None:
        self.set_speed(float(action.data()))  # type: ignore[attr-defined]

    def _restyle(self) -> None:
        self._row.setSpacing(theme().px(8))
