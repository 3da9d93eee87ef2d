"""The menu of runs: newest first, and the recording that comes with the program."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QMenu, QWidget

from simulator.runs.store import RunInfo
from widgets.run_view import RunView
from widgets.workbench import shipped_recording

_MOST_RUNS = 15


class RunsMenu(QMenu):
    """Shows the run that is chosen; frees itself when closed.

    Args:
        runs: Where runs are listed and shown.
        parent: Qt parent.
    """

    def __init__(self, runs: RunView, parent: QWidget) -> None:
        super().__init__(parent)
        self._runs = runs
        self.setObjectName("runs")
        self.setAccessibleName("Runs")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        for info in runs.runs()[:_MOST_RUNS]:
            action = self.addAction(run_line(info))
            action.setData(info.id)
            action.setEnabled(not info.problem)
        recording = shipped_recording("pretrain")
        if recording is not None:
            self.addSeparator()
            self.addAction("The recording that comes with the program").setData(recording)
        if self.isEmpty():
            self.addAction("No runs yet").setEnabled(False)
        self.triggered.connect(self._choose)

    def open_above(self, widget: QWidget) -> None:
        """Open with its foot at the top of a widget."""
        self.popup(widget.mapToGlobal(QPoint(0, -self.sizeHint().height())))

    def _choose(self, action: QAction) -> None:
        chosen = action.data()
        if isinstance(chosen, Path):
            self._runs.show_recording(chosen, play=False)
        elif isinstance(chosen, str):
            self._runs.show_run(chosen)


def run_line(info: RunInfo) -> str:
    """A run in the menu: id, state, and its loss when it has one."""
    loss = info.summary.get("validation_loss")
    words = f"{info.id}   {info.problem or info.status}"
    return words + (f"   loss {loss:.3f}" if isinstance(loss, (int, float)) else "")
