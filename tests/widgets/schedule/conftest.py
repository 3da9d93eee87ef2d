"""A window on tab 5 with a fake engine."""

from __future__ import annotations

import dataclasses
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

sys.path.insert(0, str(Path(__file__).parents[1] / "window"))

from window_fakes import FakeSession

from widgets.app import make_window
from widgets.launch import WindowOptions
from widgets.main_window import MainWindow
from widgets.s05_schedule.panel import SchedulePanel
from widgets.settings import WindowSettings
from widgets.theme import set_theme, theme


@dataclasses.dataclass
class Desk:
    """A window on tab 5, its fake engine and its run folder."""

    window: MainWindow
    session: FakeSession
    root: Path
    bot: QtBot

    @property
    def panel(self) -> SchedulePanel:
        """Tab 5."""
        return self.window.tab("s05_schedule")

    def drained(self) -> None:
        """Let the bridge take what the session has."""
        self.window.bench.bridge._drain()
        self.bot.wait(1)

    def ready(self) -> None:
        """Start the engine and let it say that it is ready."""
        self.window.bench.bridge.start()
        self.session.ready()
        self.drained()


@pytest.fixture(autouse=True)
def without_recordings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The recordings that come with the program stay out of these tests."""
    monkeypatch.setattr("widgets.run_desk.RECORDINGS", tmp_path / "recordings")


@pytest.fixture
def open_desk(qtbot: QtBot, tmp_path: Path) -> Iterator[Callable[..., Desk]]:
    set_theme("dark", 1.0)
    theme().set_reduce_motion(True)
    desks: list[Desk] = []

    def open_one(
        size: tuple[int, int] = (1280, 720), settings: WindowSettings | None = None, root: Path | None = None
    ) -> Desk:
        runs = root or tmp_path / "runs"
        session = FakeSession()
        options = WindowOptions(stage="s05_schedule", runs=runs)
        window = make_window(options, settings or WindowSettings(), lambda: session)
        window.resize(*size)
        window.show()
        qtbot.waitExposed(window)
        window.show_past_runs()
        window.bench.desk.finish_reading()
        desks.append(Desk(window, session, runs, qtbot))
        return desks[-1]

    yield open_one
    for desk in desks:
        desk.window.close()
        desk.window.deleteLater()
    qtbot.wait(1)
    set_theme("dark", 1.0)
    theme().set_reduce_motion(False)


@pytest.fixture
def desk(open_desk: Callable[..., Desk]) -> Desk:
    """A window without runs."""
    return open_desk()
