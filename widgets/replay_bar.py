"""Plays a recorded run again: play, scrub, speed."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from widgets.controls import FlatSlider, IconButton, SegmentedControl
from widgets.elided import ElidedLabel
from widgets.run_view import SPEEDS, RunView
from widgets.theme import theme

_STEPS = 1000


class ReplayBar(QWidget):
    """The controls of a run that is not training: hidden while the run on show is live, one line until it is played."""

    def __init__(self, runs: RunView, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._runs = runs
        self._play = IconButton("play", "Play this run again", 28)
        self._play.clicked.connect(self._toggle)
        self._slider = FlatSlider(self)
        self._slider.setRange(0, _STEPS)
        self._slider.setAccessibleName("Place in the recorded run")
        self._slider.valueChanged.connect(self._scrub)
        self._speed = SegmentedControl([(f"{speed:g}", f"{speed:g}×") for speed in SPEEDS], self)
        self._speed.set_current(f"{SPEEDS[1]:g}")
        self._speed.setAccessibleName("Speed of the replay")
        self._speed.chosen.connect(self._choose_speed)
        self.words = ElidedLabel("", "small", "muted", self)
        self._compact = False
        self._open = QWidget(self)
        self._row = QHBoxLayout(self._open)
        self._row.setContentsMargins(0, 0, 0, 0)
        self._row.addWidget(self._slider, 1)
        self._row.addWidget(self._speed, 0, Qt.AlignmentFlag.AlignVCenter)
        self._top = QHBoxLayout()
        self._top.addWidget(self.words, 1)
        self._top.addWidget(self._play)
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.addLayout(self._top)
        self._column.addWidget(self._open)
        runs.changed.connect(self.refresh)
        theme().changed.connect(self._restyle)
        self._restyle()
        self.refresh()

    @property
    def is_open(self) -> bool:
        """Whether it stands with slider and speed, for the run is played or stands at an earlier place."""
        return self._runs.can_replay and (self._runs.playing or self._runs.place < 1.0)

    def set_compact(self, on: bool) -> None:
        """Leave only the button while it is not played, to stand beside other things."""
        self._compact = on
        self.refresh()

    def refresh(self) -> None:
        """Show where the replay stands."""
        runs = self._runs
        self.setVisible(runs.can_replay)
        if not runs.can_replay or runs.history is None:
            return
        name = runs.history.run
        self.words.setText(f"Recording {name}" if runs.recording else f"Recorded {name}")
        self._open.setVisible(self.is_open)
        self.words.setVisible(self.is_open or not self._compact)
        self._play.set_icon(
            "pause" if runs.playing else "play", "Pause" if runs.playing else f"Play {name} again"
        )
        if not self._slider.isSliderDown():
            self._slider.blockSignals(True)
            self._slider.setValue(round(_STEPS * runs.place))
            self._slider.blockSignals(False)
            self._slider.update()

    def _toggle(self) -> None:
        if self._runs.playing:
            self._runs.hold()
        else:
            self._runs.play(float(self._speed.current()))

    def _scrub(self, value: int) -> None:
        self._runs.hold()
        self._runs.seek(value / _STEPS)

    def _choose_speed(self, key: str) -> None:
        self._runs.set_speed(float(key))

    def _restyle(self) -> None:
        self._row.setSpacing(theme().px(8))
        self._column.setSpacing(theme().px(4))
