"""The keys that work everywhere in the window, unless a field or a button wants them for itself."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeyEvent

from simulator.stages import STAGES
from widgets.stage_tab import StageTab

if TYPE_CHECKING:
    from widgets.main_window import MainWindow, Tab

_STEPS = {Qt.Key.Key_Left: -1, Qt.Key.Key_Right: 1, Qt.Key.Key_Home: -2, Qt.Key.Key_End: 2}
_PAGES = {Qt.Key.Key_PageUp: -1, Qt.Key.Key_PageDown: 1}
_PRESENTING = (Qt.Key.Key_F5, Qt.Key.Key_F11)


class WindowKeys:
    """Says what a key does.

    With Ctrl: digits open a tab, page keys turn its modes, T switches the theme, R lists the runs. Without: space plays
    the scene, arrows step it, page keys turn the tabs (a clicker's keys), F5 presents, Escape goes back.

    Args:
        window: The window that it works on.
    """

    def __init__(self, window: MainWindow) -> None:
        self._window = window

    def press(self, event: QKeyEvent) -> bool:
        """Do what a key asks for; False if it asks for nothing."""
        key, held = Qt.Key(event.key()), event.modifiers()
        if held == Qt.KeyboardModifier.ControlModifier:
            return self._with_control(key)
        plain = held in (Qt.KeyboardModifier.NoModifier, Qt.KeyboardModifier.KeypadModifier)
        return plain and self._plain(key)

    def _with_control(self, key: Qt.Key) -> bool:
        window = self._window
        if Qt.Key.Key_0 <= key <= Qt.Key.Key_9:
            window.open_stage(STAGES[(key - Qt.Key.Key_0 - 1) % 10].key)
            return True
        tab = window.tab(window.stage)
        if key in _PAGES and isinstance(tab, StageTab):
            return tab.turn_mode(_PAGES[key])
        action = {Qt.Key.Key_T: window.switch_theme, Qt.Key.Key_R: window.open_runs_menu}.get(key)
        if action is not None:
            action()
        return action is not None

    def _plain(self, key: Qt.Key) -> bool:
        window = self._window
        tab = cast("Tab", window.tab(window.stage))
        if key == Qt.Key.Key_Space:
            return tab.toggle_play()
        if key in _STEPS:
            return tab.step(_STEPS[key])
        if key in _PAGES:
            window.turn_page(_PAGES[key])
        elif key == Qt.Key.Key_Escape:
            window.escape()
        elif key in _PRESENTING:
            window.switch_presenting()
        else:
            return False
        return True
