"""Starts Qt and opens the window. The first module that imports Qt."""

from __future__ import annotations

import os
import signal
import sys
import tempfile
from pathlib import Path
from types import FrameType
from typing import NoReturn

from PySide6.QtCore import QMessageLogContext, Qt, QtMsgType, qInstallMessageHandler
from PySide6.QtGui import QGuiApplication, QIcon
from PySide6.QtWidgets import QApplication

from simulator.errors import InputError, UserError
from simulator.runs.store import RunStore, default_root
from widgets.engine_bridge import EngineBridge, SessionFactory
from widgets.icons import ICON_FOLDER
from widgets.launch import WindowOptions
from widgets.main_window import MainWindow
from widgets.run_desk import RunDesk
from widgets.settings import WindowSettings, settings_path
from widgets.theme import set_theme
from widgets.workbench import Workbench

_NO_DISPLAY = (
    "The window cannot open: no display was found. On a bare Linux install the system packages that the README lists; "
    "without a screen set QT_QPA_PLATFORM=offscreen, or use the command line.\n"
)


def run_window(options: WindowOptions) -> int:
    """Open the window and stay until it is closed; or render the screenshots.

    Returns:
        The exit status.
    """
    if options.screenshot is not None:
        os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    application = _start_qt()
    settings = WindowSettings() if options.screenshot is not None else WindowSettings.load(settings_path())
    set_theme(options.theme or settings.theme or _system_theme())
    try:
        if options.screenshot is not None:
            from widgets.screenshots import render_all

            return render_all(options)
        window = make_window(options, settings)
        with tempfile.TemporaryDirectory(prefix="llm-pipeline-") as folder:
            if options.replay is not None:
                open_replay(window, options.replay, Path(folder), play=True)
            status = _stay(application, window, options)
    except UserError as error:
        sys.stderr.write(f"{error}\n")
        return 2
    settings.save(settings_path())
    return status


def make_window(
    options: WindowOptions, settings: WindowSettings, factory: SessionFactory | None = None
) -> MainWindow:
    """Make the window and what it works with; nothing is started yet.

    Args:
        options: What the command line says.
        settings: What was remembered.
        factory: Makes the engine session; tests give a fake one.
    """
    root = options.runs or default_root()
    bridge = EngineBridge(root, options.device, factory)
    bench = Workbench(RunDesk(RunStore(root), bridge, bridge), bridge, settings)
    window = MainWindow(bench, options.stage)
    bridge.setParent(window)
    return window


def recorded_run(path: Path, folder: Path) -> Path:
    """The folder of a recorded run, given its folder, its events file, or an exported .zip (unpacked into ``folder``).

    Raises:
        InputError: if it is none of these.
    """
    if path.is_file() and path.suffix.lower() == ".zip":
        return RunStore(folder).import_(path).path
    found = path.parent if path.name == "events.jsonl" else path
    if not (found / "events.jsonl").is_file():
        raise InputError(
            f"{path} is not a recorded run.", hint="Give a run's folder, or a .zip from 'runs export'."
        )
    return found


def open_replay(window: MainWindow, path: Path, folder: Path, *, play: bool) -> None:
    """Show a recorded run (see :func:`recorded_run`) in the tab of its lab, played from its start or as it ended.

    Raises:
        InputError: if there is none at ``path``, or its lab is not known here.
    """
    window.open_lab(window.bench.desk.show_recording(recorded_run(path, folder), play=play))


def _stay(application: QApplication, window: MainWindow, options: WindowOptions) -> int:
    window.restore_place()
    window.show()
    if options.present:
        window.set_presenting(True)
    _leave_on_signals()
    return application.exec()


def _start_qt() -> QApplication:
    """Start Qt; a platform that cannot start ends the process with one line in place of an abort."""
    running = QApplication.instance()
    if isinstance(running, QApplication):
        return running
    before = qInstallMessageHandler(_starting_message)
    application = QApplication(sys.argv[:1])
    qInstallMessageHandler(before)
    application.setApplicationName("llm-pipeline-simulator")
    application.setApplicationDisplayName("LLM Training Pipeline Simulator")
    application.setStyle("Fusion")
    application.setWindowIcon(QIcon(str(ICON_FOLDER / "app.svg")))
    return application


def _starting_message(kind: QtMsgType, context: QMessageLogContext, message: str) -> None:
    if kind == QtMsgType.QtFatalMsg:
        _give_up()
    if kind == QtMsgType.QtWarningMsg and "qt.qpa" not in (context.category or ""):
        sys.stderr.write(message + "\n")


def _give_up() -> NoReturn:
    sys.stderr.write(_NO_DISPLAY)
    sys.stderr.flush()
    os._exit(1)  # Qt aborts right after this; an orderly exit from inside its constructor is not possible


def _system_theme() -> str:
    light = QGuiApplication.styleHints().colorScheme() == Qt.ColorScheme.Light
    return "light" if light else "dark"


def _leave_on_signals() -> None:
    """Ctrl-C and a polite kill close the windows, so that a run in progress keeps its checkpoint."""
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, _close_windows)


def _close_windows(number: int, frame: FrameType | None) -> None:
    QApplication.closeAllWindows()
