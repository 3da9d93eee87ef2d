"""``--screenshot DIR``: a picture of every tab and mode, in both themes and every size asked for. Needs no display."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

from PySide6.QtCore import QCoreApplication, QEvent, QEventLoop, QTimer
from PySide6.QtWidgets import QApplication, QWidget

from simulator.errors import StorageError
from simulator.stages import STAGES
from widgets.launch import WindowOptions
from widgets.main_window import MainWindow
from widgets.plots import PlotFrame, plot_clock
from widgets.settings import WindowSettings
from widgets.stage_tab import StageTab
from widgets.theme import set_theme, theme

_SETTLE = 60


def render_all(options: WindowOptions) -> int:
    """Write ``KEY-THEME-WIDTHxHEIGHT.png`` for every tab, theme and size, and say on stderr where they are.

    A tab with several modes gives ``KEY-MODE-THEME-WIDTHxHEIGHT.png`` for each.

    Raises:
        StorageError: if the folder cannot be written.
    """
    from widgets.app import make_window, open_replay

    folder = options.screenshot or Path()
    _make(folder)
    theme().set_reduce_motion(True)
    window = make_window(options, WindowSettings())
    window.set_quiet()
    with TemporaryDirectory(prefix="llm-pipeline-") as unpacked:
        if options.replay is not None:
            open_replay(window, options.replay, Path(unpacked), play=False)
        window.show()
        window.show_past_runs()
        count = 0
        for name in (options.theme,) if options.theme else ("dark", "light"):
            set_theme(name)
            for path in _render_theme(window, folder, name, options):
                count += 1
                sys.stderr.write(f"{path}\n")
    window.close()
    theme().set_reduce_motion(False)
    sys.stderr.write(f"{count} pictures in {folder}\n")
    return 0


def settle(window: QWidget) -> None:
    """Let layouts, plots and pending repaints come to rest."""
    for _ in range(2):
        QCoreApplication.sendPostedEvents(None, QEvent.Type.LayoutRequest)
        QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
        QApplication.processEvents()
        for plot in window.findChildren(PlotFrame):
            if plot.isVisible():
                plot.flush()
        plot_clock().tick()
        loop = QEventLoop()
        QTimer.singleShot(_SETTLE, loop.quit)
        loop.exec()


def _render_theme(window: MainWindow, folder: Path, name: str, options: WindowOptions) -> Iterator[Path]:
    wanted = [stage for stage in STAGES if options.stage in ("", stage.key)]
    for width, height in options.sizes:
        window.setFixedSize(width, height)
        for stage in wanted:
            window.open_stage(stage.key)
            for mode in _modes(window):
                window.bench.desk.finish_reading()
                window.rest_scene()
                settle(window)
                path = folder / f"{stage.key}{mode}-{name}-{width}x{height}.png"
                if not window.grab().save(str(path)):
                    raise StorageError(
                        f"{path} cannot be written.", hint="Choose another folder, or free some space."
                    )
                yield path


def _modes(window: MainWindow) -> Iterator[str]:
    """Bring one mode of the tab in sight after the other into sight; gives what it adds to the file's name."""
    tab = window.tab(window.stage)
    if not isinstance(tab, StageTab) or len(tab.modes()) < 2:
        yield ""
        return
    for key in tab.modes():
        tab.set_mode(key)
        yield f"-{key}"


def _make(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise StorageError(
            f"The folder {folder} cannot be made: {error.strerror}.", hint="Choose another folder."
        ) from None
