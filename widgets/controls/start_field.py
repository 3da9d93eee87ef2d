"""Which weights a run starts from: random ones, or the last checkpoint of an earlier run."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PySide6.QtWidgets import QComboBox, QWidget

from simulator.config import Setting
from simulator.runs.store import RunInfo
from widgets.controls.basics import set_look
from widgets.controls.field import Field

RANDOM = "random weights"
_HELP = "Random weights, or the last checkpoint of an earlier run, with its shape and its tokenizer."


class _ListingCombo(QComboBox):
    """Asks for its choices when it opens, so that no run is looked for before."""

    def __init__(self, runs: Callable[[], Sequence[RunInfo]], none: str, parent: QWidget) -> None:
        super().__init__(parent)
        self._runs = runs
        self._none = none
        self.addItem(none, "")

    def showPopup(self) -> None:
        """Open with the runs that have weights now."""
        self.list_runs()
        super().showPopup()

    def list_runs(self) -> None:
        """Take the runs of now; keep the choice if it is still there."""
        chosen = self.currentData()
        self.blockSignals(True)
        self.clear()
        self.addItem(self._none, "")
        for info in self._runs():
            if info.steps >= 0 and not info.problem:
                self.addItem(f"{info.id}, step {info.steps:,}", info.id)
        self.setCurrentIndex(max(0, self.findData(chosen)))
        self.blockSignals(False)


class StartField(Field):
    """Chooses the run to start from; its value is that run's id, or "" for random weights.

    Args:
        runs: Lists the runs there are, newest first.
        parent: Qt parent.
        words: What is chosen here.
        help: What a choice means, one sentence.
        none: What no choice means.
    """

    def __init__(
        self,
        runs: Callable[[], Sequence[RunInfo]],
        parent: QWidget | None = None,
        *,
        words: str = "Start from",
        help: str = _HELP,
        none: str = RANDOM,
    ) -> None:
        super().__init__(Setting(name="parent", kind="str", default="", label=words, help=help), parent)
        self.combo = _ListingCombo(runs, none, self)
        self.combo.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.combo.setMinimumContentsLength(8)
        set_look(self.combo, "dense", "true")
        self.combo.currentIndexChanged.connect(self._take)
        self.name_for_reader(self.combo)
        self.head.addWidget(self.combo, 1)
        self.set_inline()

    def value(self) -> str:
        """Id of the run chosen, or ""."""
        return str(self.combo.currentData() or "")

    def set_value(self, value: object) -> None:
        """Choose a run; random weights if it is not there."""
        self.combo.list_runs()
        self.combo.blockSignals(True)
        self.combo.setCurrentIndex(max(0, self.combo.findData(value)))
        self.combo.blockSignals(False)

    def _take(self) -> None:
        self.edited.emit(self.item.name, self.value())
