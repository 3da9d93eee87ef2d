"""A window with a fake engine, closed again after each test."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot
from window_fakes import FakeSession

from widgets.app import make_window
from widgets.launch import WindowOptions
from widgets.main_window import MainWindow
from widgets.settings import WindowSettings
from widgets.theme import set_theme, theme


@dataclasses.dataclass
class Desk:
    """A window, its fake engine and its run folder."""

    window: MainWindow
    session: FakeSession
    root: Path
    bot: QtBot

    def drained(self) -> None:
        """Let the bridge take what the session has."""
        self.window.bench.bridge._drain()
        self.bot.wait(1)

    def ready(self) -> None:
        """Start the engine and let it say that it is ready."""
        self.window.bench.bridge.start()
        self.session.ready()
        self.drained()


@pytest.fixture
def settings() -> WindowSettings:
    return WindowSettings()


@pytest.fixture
def open_desk(qtbot: QtBot, tmp_path: Path, settings: WindowSettings) -> Iterator[Callable[..., Desk]]:
    set_theme("dark", 1.0)
    theme().set_reduce_motion(True)
    desks: list[Desk] = []

    def open_one(stage: str = "s02_objective", size: tuple[int, int] = (1280, 720)) -> Desk:
        session = FakeSession()
        window = make_window(WindowOptions(stage=stage, runs=tmp_path / "runs"), settings, lambda: session)
        window.resize(*size)
        window.show()
        qtbot.waitExposed(window)
        desks.append(Desk(window, session, tmp_path / "runs", qtbot))
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
    return open_desk()
