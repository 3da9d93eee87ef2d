"""The window: ribbon, one tab at a time, messages, status line, and the keys that work everywhere."""

from __future__ import annotations

import importlib
from pathlib import Path
from typing import Protocol, cast

from PySide6.QtCore import QRect, Qt, QTimer, SignalInstance
from PySide6.QtGui import (
    QCloseEvent,
    QGuiApplication,
    QKeyEvent,
    QPaintEvent,
    QResizeEvent,
    QShowEvent,
)
from PySide6.QtWidgets import QMainWindow, QStackedWidget, QVBoxLayout, QWidget

from simulator.errors import UserError
from simulator.labs import LABS
from simulator.runs.events import EngineLost
from simulator.stages import BY_KEY, STAGES
from widgets.banner import Banner
from widgets.notes import NotesDrawer, NotesPage
from widgets.ribbon import Ribbon
from widgets.run_view import RunView
from widgets.runs_menu import RunsMenu
from widgets.stage_tab import StageTab
from widgets.status import StatusLine
from widgets.theme import set_theme, theme
from widgets.window_keys import WindowKeys
from widgets.workbench import Workbench

PANELS = {
    "s01_data": "widgets.s01_data.panel:DataPanel",
    "s02_objective": "widgets.s02_objective.panel:ObjectivePanel",
    "s04_precision": "widgets.s04_precision.panel:PrecisionPanel",
    "s05_schedule": "widgets.s05_schedule.panel:SchedulePanel",
}
"""Tabs with a scene or a lab, as ``module:class``; loaded when first opened."""

PRESENTATION_SCALE = 1.6
SMALLEST = (960, 640)
_USUAL = (1280, 720)
_LATEST_START = 1500


class Tab(Protocol):
    """What the window asks of every tab."""

    notes_wanted: SignalInstance
    code_wanted: SignalInstance

    def toggle_play(self) -> bool:
        """Play or pause the scene; False without one."""

    def step(self, direction: int) -> bool:
        """Step the scene by -1 or 1, or to its ends by -2 or 2; False if it did not move."""

    def set_active(self, on: bool) -> None:
        """The tab came into sight or went out of it."""

    def set_presenting(self, on: bool) -> None:
        """Presentation mode began or ended."""

    def rest(self) -> None:
        """Go to where the scene says the most, for pictures."""


class MainWindow(QMainWindow):
    """The program's window.

    Args:
        bench: What the tabs share.
        stage: Key of the tab to open.
        parent: Qt parent.
    """

    def __init__(self, bench: Workbench, stage: str = "", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.bench = bench
        self._tabs: dict[str, QWidget] = {}
        self._current = ""
        self._shown: RunView | None = None
        self._painted = False
        self._quiet = self._begun = False
        self._done: dict[str, bool] = {}
        self._presenting = False
        self._plain_state = Qt.WindowState.WindowNoState
        self._to_resume = ""
        self.setWindowTitle("LLM Training Pipeline Simulator")
        self.ribbon, self.status = Ribbon(parent=self), StatusLine(self)
        self._stack = QStackedWidget(self)
        self.banner = Banner(self._stack)
        self._root = QWidget(self)
        self._root.setObjectName("root")
        box = QVBoxLayout(self._root)
        box.setContentsMargins(0, 0, 0, 0)
        box.setSpacing(0)
        for widget, stretch in ((self.ribbon, 0), (self._stack, 1), (self.status, 0)):
            box.addWidget(widget, stretch)
        self.setCentralWidget(self._root)
        self.drawer = NotesDrawer(self._stack)
        self._keys = WindowKeys(self)
        self._connect()
        self.setMinimumSize(*SMALLEST)
        self.open_stage(stage or bench.settings.stage or STAGES[1].key)

    # ---- tabs

    @property
    def stage(self) -> str:
        """Key of the tab in sight."""
        return self._current

    def tab(self, key: str) -> QWidget:
        """The tab of a stage, made when first asked for."""
        if key not in self._tabs:
            tab = self._make_tab(key)
            self._tabs[key] = tab
            self._stack.addWidget(tab)
        return self._tabs[key]

    def open_stage(self, key: str) -> None:
        """Show the tab of a stage."""
        if self._current and self._current != key:
            cast(Tab, self._tabs[self._current]).set_active(False)
        self.drawer.close_drawer()
        tab = self.tab(key)
        self._current = key
        self._stack.setCurrentWidget(tab)
        self.banner.raise_()
        self.ribbon.set_current(key)
        cast(Tab, tab).set_presenting(self._presenting)
        cast(Tab, tab).set_active(True)
        tab.setFocus()
        self._show_run()

    def open_lab(self, lab: str) -> None:
        """Show the tab of a lab, in the mode that shows its runs; nothing for ""."""
        if lab:
            self.open_stage(LABS[lab].stage)
            tab = self._tabs[self._current]
            if isinstance(tab, StageTab):
                tab.show_lab(lab)

    def show_run(self, run_id: str) -> None:
        """Show a run of the store in the tab of its lab."""
        self.open_lab(self.bench.desk.show_run(run_id))

    def close_tab(self, key: str) -> None:
        """Free a tab that is not in sight."""
        if key != self._current and key in self._tabs:
            tab = self._tabs.pop(key)
            self._stack.removeWidget(tab)
            tab.deleteLater()

    def _make_tab(self, key: str) -> QWidget:
        path = PANELS.get(key)
        if path is None:
            tab: QWidget = NotesPage(BY_KEY[key], self._stack)
        else:
            module, _, name = path.partition(":")
            tab = getattr(importlib.import_module(module), name)(BY_KEY[key], self.bench, self._stack)
        tab.setFocusPolicy(Qt.FocusPolicy.ClickFocus)
        cast(Tab, tab).notes_wanted.connect(self._open_notes)
        cast(Tab, tab).code_wanted.connect(self._open_code)
        if isinstance(tab, StageTab):
            if self.bench.settings.modes.get(key) in tab.modes():
                tab.set_mode(self.bench.settings.modes[key])
            tab.mode_changed.connect(self._mode_changed)
        return tab

    def _mode_changed(self) -> None:
        tabs = [tab for tab in self._tabs.values() if isinstance(tab, StageTab)]
        self.bench.settings.modes.update({tab.stage.key: tab.mode for tab in tabs if len(tab.modes()) > 1})
        self._show_run()

    def _neighbour(self, direction: int) -> str:
        index = BY_KEY[self._current].number - 1 + direction
        return STAGES[max(0, min(index, len(STAGES) - 1))].key

    # ---- start and end

    def paintEvent(self, event: QPaintEvent) -> None:
        """Start the engine once the first frame is on its way to the screen."""
        super().paintEvent(event)
        if not self._painted:
            self._painted = True
            QTimer.singleShot(0, self._begin_work)

    def set_quiet(self) -> None:
        """Leave the engine alone: for pictures."""
        self._quiet = True

    def rest_scene(self) -> None:
        """Bring the scene of the tab in sight to where it says the most: for pictures."""
        cast(Tab, self._tabs[self._current]).rest()

    def restore_place(self) -> None:
        """Put the window where it was last time, if that place is still on a screen."""
        settings, screen = self.bench.settings, QGuiApplication.primaryScreen().availableGeometry()
        self.resize(min(_USUAL[0], screen.width()), min(_USUAL[1], screen.height()))
        if settings.geometry is not None:
            place = QRect(*settings.geometry)
            if any(found.availableGeometry().contains(place.center()) for found in QGuiApplication.screens()):
                self.setGeometry(place)
        if settings.maximised:
            self.setWindowState(Qt.WindowState.WindowMaximized)

    def closeEvent(self, event: QCloseEvent) -> None:
        """Hide at once, remember everything, then end the engine; a run in progress keeps its checkpoint."""
        self._remember()
        self.hide()
        self.bench.bridge.shutdown()
        event.accept()

    def showEvent(self, event: QShowEvent) -> None:
        """Begin work soon even where no frame is ever painted."""
        super().showEvent(event)
        QTimer.singleShot(_LATEST_START, self._begin_work)

    def _begin_work(self) -> None:
        if self._begun or self._quiet:
            return
        self._begun = True
        try:
            self.bench.bridge.start()
        except UserError as error:
            self._tell(error)
        self.show_past_runs()

    def show_past_runs(self) -> None:
        """Mark the stages that have made something, and let the tab in sight show its newest run or recording."""
        known = self.bench.desk.open()
        self._done = {LABS[info.lab].stage: True for info in known if info.status == "done"}
        self._show_progress()

    def _remember(self) -> None:
        settings = self.bench.settings
        settings.stage = self._current
        if not self._presenting:
            place = self.normalGeometry() if self.isMaximized() else self.geometry()
            settings.geometry = (place.x(), place.y(), place.width(), place.height())
            settings.maximised = self.isMaximized()

    # ---- what it is told

    def _connect(self) -> None:
        bench = self.bench
        self.ribbon.chosen.connect(self.open_stage)
        self.status.theme_wanted.connect(self.switch_theme)
        self.status.presentation_wanted.connect(self.switch_presenting)
        self.status.runs_wanted.connect(self.open_runs_menu)
        bench.bridge.state_changed.connect(self._show_engine)
        bench.bridge.engine_lost.connect(self._engine_lost)
        bench.desk.changed.connect(self._show_run)
        bench.desk.live_changed.connect(self._show_run)
        bench.desk.switched.connect(self._show_run)
        bench.desk.troubled.connect(self._tell)
        theme().changed.connect(self._restyle)
        self._show_engine(bench.bridge.state)
        self._show_run()

    def _show_engine(self, state: str) -> None:
        self.status.set_engine(state, self.bench.bridge.device_facts)

    def _show_run(self) -> None:
        """Say the live run, else the one on show in the tab in sight; a tab without one leaves the last standing."""
        tab = self._tabs.get(self._current)
        if isinstance(tab, StageTab) and tab.view is not None:
            self._shown = tab.view
        shown = self._shown
        history, recording = (shown.history, shown.recording) if shown is not None else (None, False)
        self.status.set_run(history, self.bench.desk.live, recording)
        self._show_progress()

    def _show_progress(self) -> None:
        live = self.bench.desk.live
        progress: dict[str, float] = {}
        if live is not None and live.lab in LABS:
            stage = LABS[live.lab].stage
            if self.bench.desk.busy:
                step = (
                    live.progress.step / live.progress.total if live.progress and live.progress.total else 0.0
                )
                progress[stage] = step
            elif live.state == "done":
                self._done[stage] = True
        self.ribbon.set_states(self._done, progress)

    def _tell(self, error: UserError) -> None:
        self.banner.say(error.message, error.hint, level="bad")

    def _engine_lost(self, event: EngineLost) -> None:
        again = self.bench.bridge.state != "dead"
        self._to_resume = event.lost_run
        what = event.message + (" A new engine is starting." if again else "")
        if not again:
            self.banner.say(
                what, event.hint, level="bad", action="Start the engine", do=self.bench.bridge.restart
            )
        elif event.lost_run:
            kept = f"Nothing before the last checkpoint of {event.lost_run} is lost: resume it from there."
            self.banner.say(what, kept, level="warning", action="Resume", do=self._resume_lost)
        else:
            self.banner.say(what, level="warning")

    def _resume_lost(self) -> None:
        try:
            self.open_lab(self.bench.desk.resume(self._to_resume))
        except UserError as error:
            self._tell(error)

    # ---- runs

    def open_runs_menu(self) -> None:
        """A menu of the runs, newest first, and the recordings."""
        menu = RunsMenu(self.bench.desk, self)
        menu.run_chosen.connect(self.show_run)
        menu.recording_chosen.connect(self._show_recording)
        menu.open_above(self.status.runs_button)

    def _show_recording(self, folder: Path) -> None:
        try:
            self.open_lab(self.bench.desk.show_recording(folder, play=False))
        except UserError as error:
            self._tell(error)

    # ---- looks

    def switch_theme(self) -> None:
        """Light becomes dark, dark becomes light."""
        chosen = "light" if theme().name == "dark" else "dark"
        self.bench.settings.theme = chosen  # until then it follows the system
        set_theme(chosen)

    def switch_presenting(self) -> None:
        """Presentation mode on or off."""
        self.set_presenting(not self._presenting)

    @property
    def presenting(self) -> bool:
        """Whether it is in presentation mode."""
        return self._presenting

    def set_presenting(self, on: bool) -> None:
        """Full screen, ribbon and status line gone, everything larger; or back."""
        if on == self._presenting:
            return
        self._presenting = on
        if on:
            self._plain_state = self.windowState()
        self.ribbon.setVisible(not on)
        self.status.setVisible(not on)
        set_theme(scale=PRESENTATION_SCALE if on else 1.0)
        cast(Tab, self._tabs[self._current]).set_presenting(on)
        self.setWindowState(Qt.WindowState.WindowFullScreen if on else self._plain_state)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Keep the notes at the right side."""
        super().resizeEvent(event)
        if self.drawer.isVisible():
            self.drawer.place()

    def _restyle(self) -> None:
        self._root.update()

    def _open_notes(self, key: str) -> None:
        self.drawer.open_page(key, "notes")

    def _open_code(self, key: str) -> None:
        self.drawer.open_page(key, "code")

    # ---- keys

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Keys that no field and no button wanted for itself."""
        if not self._keys.press(event):
            super().keyPressEvent(event)

    def turn_page(self, direction: int) -> None:
        """The next tab; while presenting, first the next step and the next mode, as a clicker expects."""
        tab = self._tabs[self._current]
        if self._presenting:
            if cast(Tab, tab).step(direction):
                return
            if isinstance(tab, StageTab) and tab.turn_mode(direction):
                return
        self.open_stage(self._neighbour(direction))

    def escape(self) -> None:
        """Close what lies on top: the notes, else the message, else presentation mode."""
        if self.drawer.isVisible():
            self.drawer.close_drawer()
            self._tabs[self._current].setFocus()
        elif self.banner.isVisible():
            self.banner.hide()
        else:
            self.set_presenting(False)
