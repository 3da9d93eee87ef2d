"""The menu of runs: newest first, and the recordings that come with the program."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QPoint, Qt, Signal
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QMenu, QWidget

from simulator.labs import LABS
from simulator.runs.store import RunInfo
from widgets.run_desk import RunDesk, shipped_recording

_MOST_RUNS = 15


class RunsMenu(QMenu):
    """Offers the runs and says which was chosen: ``run_chosen`` its id, ``recording_chosen`` its folder.

    It frees itself when closed.

    Args:
        desk: Where runs are listed.
        parent: Qt parent.
    """

    run_chosen = Signal(str)
    recording_chosen = Signal(object)

    def __init__(self, desk: RunDesk, parent: QWidget) -> None:
        super().__init__(parent)
        self.setObjectName("runs")
        self.setAccessibleName("Runs")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        for info in desk.runs()[:_MOST_RUNS]:
            action = self.addAction(run_line(info))
            action.setData(info.id)
            action.setEnabled(not info.problem and info.lab in LABS)
        recordings = [(lab, folder) for lab in LABS.values() if (folder := shipped_recording(lab.name))]
        if recordings and not self.isEmpty():
            self.addSeparator()
        for lab, folder in recordings:
            self.addAction(f"Recording: {lab.title}").setData(folder)
        if self.isEmpty():
            self.addAction("No runs yet").setEnabled(False)
        self.triggered.connect(self._choose)

    def open_above(self, widget: QWidget) -> None:
        """Open with its foot at the top of a widget."""
        self.popup(widget.mapToGlobal(QPoint(0, -self.sizeHint().height())))

    def _choose(self, action: QAction) -> None:
        chosen = action.data()
        if isinstance(chosen, Path):
            self.recording_chosen.emit(chosen)
        elif isinstance(chosen, str):
            self.run_chosen.emit(chosen)


def run_line(info: RunInfo) -> str:
    """A run in the menu: id, state, and its loss when it has one."""
    loss = info.summary.get("validation_loss")
    words = f"{info.id}   {info.problem or info.status}"
    return words + (f"   loss {loss:.3f}" if isinstance(loss, (int, float)) else "")
