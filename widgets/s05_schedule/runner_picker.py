"""Who runs: the good one, the three classic failures, published recipes, and the curve that was drawn."""

from __future__ import annotations

from PySide6.QtCore import QEvent, Signal
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QGridLayout,
    QHBoxLayout,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from simulator.s05_schedule.runners import PRESETS
from simulator.schedules.recipes import recipes
from widgets.controls import button, label
from widgets.controls.basics import set_look
from widgets.elided import ElidedLabel
from widgets.s05_schedule.sketch import Sketch

MOST = 8
OWN = "Your curve"
_ADD = "Add a runner …"


class _AddBox(QComboBox):
    """A list to add from, which leaves the wheel to the page."""

    def wheelEvent(self, event: QEvent) -> None:
        """Not ours."""
        event.ignore()


class RunnerPicker(QWidget):
    """The line of runners as switches and rows; at most eight.

    Args:
        sketch: Where the drawn curve comes from.
        parent: Qt parent.

    Attributes:
        changed: Other runners were chosen; carries the line of text that the lab understands.
    """

    changed = Signal(str)

    def __init__(self, sketch: Sketch, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._sketch = sketch
        self._entries: list[str] = list(PRESETS)
        self.checks: dict[str, QCheckBox] = {}
        self.rows: dict[str, QWidget] = {}
        self.removers: dict[str, QPushButton] = {}
        self.add = _AddBox(self)
        self.add.setAccessibleName("Add a runner")
        self.add.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.add.setMinimumContentsLength(8)
        set_look(self.add, "dense", "true")
        self.add.addItem(_ADD, "")
        self.add.addItem(f"{OWN}, from the first mode", OWN)
        for key, found in recipes().items():
            self.add.addItem(found.title, key)
        self.note = label("", "small", "warning", wrap=True)
        self.note.hide()
        grid = QGridLayout()
        for index, (key, (title, line)) in enumerate(PRESETS.items()):
            check = QCheckBox(title, self)
            check.setToolTip(line)
            check.setChecked(True)
            check.clicked.connect(self._switched)
            self.checks[key] = check
            grid.addWidget(check, index // 2, index % 2)
        self._list = QVBoxLayout()
        self._list.setSpacing(0)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addLayout(grid)
        column.addLayout(self._list)
        column.addWidget(self.add)
        column.addWidget(self.note)
        self.add.activated.connect(self._added)

    def text(self) -> str:
        """The runners as one line of text."""
        return "; ".join(self._entries)

    def set_text(self, text: str) -> None:
        """Show a line of text; emits nothing."""
        self._entries = [entry.strip() for entry in text.split(";") if entry.strip()]
        self._show()

    def take_own(self) -> None:
        """Let the drawn curve run, in the place of an earlier one."""
        entry = f"{OWN}: {self._sketch.text()}"
        earlier = [index for index, known in enumerate(self._entries) if known.startswith(f"{OWN}:")]
        if earlier:
            self._entries[earlier[0]] = entry
        elif not self._full():
            self._entries.append(entry)
        else:
            self._entries[-1] = entry
        self._tell()

    def _full(self) -> bool:
        return len(self._entries) >= MOST

    def _switched(self) -> None:
        """A preset was switched on or off; the last runner stays."""
        for key, check in self.checks.items():
            if check.isChecked() and key not in self._entries and not self._full():
                place = sum(
                    1 for known in list(PRESETS)[: list(PRESETS).index(key)] if known in self._entries
                )
                self._entries.insert(place, key)
            elif not check.isChecked() and key in self._entries and len(self._entries) > 1:
                self._entries.remove(key)
        self._tell()

    def _added(self) -> None:
        key = self.add.currentData()
        self.add.setCurrentIndex(0)
        if key == OWN:
            self.take_own()
        elif key and key not in self._entries:
            if self._full():
                self._say(f"At most {MOST} runners: take one out first.")
                return
            self._entries.append(key)
            self._tell()

    def _removed(self) -> None:
        sender = self.sender()
        entry = next((entry for entry, made in self.removers.items() if made is sender), "")
        if entry in self._entries and len(self._entries) > 1:
            self._entries.remove(entry)
            self._tell()

    def _tell(self) -> None:
        self._show()
        self.changed.emit(self.text())

    def _say(self, words: str) -> None:
        self.note.setText(words)
        self.note.setVisible(bool(words))

    def _show(self) -> None:
        self._say("")
        for key, check in self.checks.items():
            check.setChecked(key in self._entries)
        for row in self.rows.values():
            self._list.removeWidget(row)
            row.deleteLater()
        self.rows, self.removers = {}, {}
        for entry in self._entries:
            if entry not in PRESETS and entry not in self.rows:
                self._add_row(entry)

    def _add_row(self, entry: str) -> None:
        row = QWidget(self)
        line = QHBoxLayout(row)
        line.setContentsMargins(0, 0, 0, 0)
        found = recipes().get(entry)
        words = ElidedLabel(found.title if found is not None else entry.partition(": ")[0], "body", "", row)
        words.setToolTip(found.source if found is not None else entry)
        remover = button("Take out", "link")
        remover.setAccessibleName(f"Take {words.text()} out")
        remover.clicked.connect(self._removed)
        line.addWidget(words, 1)
        line.addWidget(remover)
        self.rows[entry], self.removers[entry] = row, remover
        self._list.addWidget(row)
