"""The slider over training steps: which weights are at work."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QWidget

from widgets.controls import FlatSlider, label
from widgets.theme import theme

_MOST_TICKS = 40


class StepSlider(QWidget):
    """Goes over the steps of which something is known. At the right end it follows newer ones.

    Attributes:
        chosen: The step that the user chose.
    """

    chosen = Signal(int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._steps: list[int] = []
        self._step = -1
        self._follow = True
        self._run = ""
        self._name = label("Training step", "small", "muted")
        self.slider = FlatSlider(self)
        self.slider.setAccessibleName("Training step of the weights")
        self.slider.setMinimumWidth(theme().px(90))
        self.words = label("no weights yet", "mono_small", "muted")
        self._row = QHBoxLayout(self)
        self._row.setContentsMargins(0, 0, 0, 0)
        self._row.addWidget(self._name)
        self._row.addWidget(self.slider, 1)
        self._row.addWidget(self.words)
        self.slider.valueChanged.connect(self._slid)
        self._restyle()
        theme().changed.connect(self._restyle)

    @property
    def step(self) -> int:
        """The step chosen, -1 without any."""
        return self._step

    @property
    def steps(self) -> list[int]:
        """The steps offered."""
        return list(self._steps)

    def forget(self) -> None:
        """Another run: follow its newest step."""
        self._steps, self._step, self._follow = [], -1, True
        self._show()

    def offer(self, steps: Sequence[int]) -> bool:
        """Offer these steps. Returns whether another one is chosen now.

        The newest is chosen, unless the user chose an earlier one; one that is gone (a recording was wound back)
        makes way for the last one before it.
        """
        before, self._steps = self._step, sorted(set(steps))
        if not self._steps:
            self._step = -1
        elif self._follow or self._step < 0:
            self._step = self._steps[-1]
        elif self._step not in self._steps:
            self._step = max((step for step in self._steps if step <= self._step), default=self._steps[0])
        self._show()
        return self._step != before

    def choose(self, step: int) -> None:
        """Choose a step that is offered, as the user would."""
        if step in self._steps:
            self.slider.setValue(self._steps.index(step))

    def set_run(self, run: str) -> None:
        """Whose weights they are, where they are not those of the run on show."""
        self._run = run
        self.words.setToolTip(f"The model of {run} learned this objective, so it reads" if run else "")
        self._tell()

    def set_named(self, named: bool) -> None:
        """Say what the slider goes over, or leave that out where there is little width."""
        self._name.setVisible(named)
        self._tell()

    def _slid(self, index: int) -> None:
        if not 0 <= index < len(self._steps) or self._steps[index] == self._step:
            return
        self._step, self._follow = self._steps[index], index == len(self._steps) - 1
        self._tell()
        self.chosen.emit(self._step)

    def _show(self) -> None:
        self.slider.blockSignals(True)
        last = len(self._steps) - 1
        self.slider.setRange(0, max(0, last))
        self.slider.set_ticks([index / last for index in range(last + 1)] if 0 < last < _MOST_TICKS else [])
        if self._step in self._steps:
            self.slider.setValue(self._steps.index(self._step))
        self.slider.setEnabled(last > 0)
        self.slider.blockSignals(False)
        self.slider.update()
        self._tell()

    def _tell(self) -> None:
        words = f"step {self._step:,}" if self._step >= 0 else "no weights yet"
        self.words.setText(f"{self._run}, {words}" if self._run and not self._name.isHidden() else words)

    def _restyle(self) -> None:
        self._row.setSpacing(theme().px(8))
