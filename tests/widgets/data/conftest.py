"""A window on tab 1 with a fake engine, and a real run of the lab "data" on a small crawl."""

from __future__ import annotations

import dataclasses
import shutil
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

sys.path.insert(0, str(Path(__file__).parents[1] / "window"))

from window_fakes import FakeSession

from simulator.engine.running import run_lab
from simulator.runs.spec import RunSpec
from simulator.runs.store import RunStore
from simulator.s01_data.config import DataConfig
from widgets.app import make_window
from widgets.launch import WindowOptions
from widgets.main_window import MainWindow
from widgets.s01_data.panel import DataPanel
from widgets.settings import WindowSettings
from widgets.theme import set_theme, theme


@dataclasses.dataclass
class Desk:
    """A window on tab 1, its fake engine and its run folder."""

    window: MainWindow
    session: FakeSession
    root: Path
    bot: QtBot

    @property
    def panel(self) -> DataPanel:
        """Tab 1."""
        return self.window.tab("s01_data")

    def drained(self) -> None:
        """Let the bridge take what the session has."""
        self.window.bench.bridge._drain()
        self.bot.wait(1)

    def ready(self) -> None:
        """Start the engine and let it say that it is ready."""
        self.window.bench.bridge.start()
        self.session.ready()
        self.drained()


def _nowhere(_event: object) -> None:
    """The events are in the run's folder."""


@pytest.fixture(scope="session")
def small_run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of runs that holds one real run: 200 pages of the toy crawl."""
    root = tmp_path_factory.mktemp("runs")
    config = DataConfig(pages=200, workers=1, classifier="off", min_words_limit=60)
    folder = RunStore(root).create(RunSpec.new("data", config, ""))
    summary = run_lab("data", config, folder, _nowhere)
    assert summary["status"] == "done", summary
    return root


@pytest.fixture
def open_desk(qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., Desk]]:
    recordings = tmp_path / "recordings"
    monkeypatch.setattr("widgets.run_desk.RECORDINGS", recordings)
    set_theme("dark", 1.0)
    theme().set_reduce_motion(True)
    desks: list[Desk] = []

    def open_one(
        runs: Path | None = None, size: tuple[int, int] = (1280, 720), recorded: Path | None = None
    ) -> Desk:
        root = tmp_path / "runs"
        if runs is not None:
            shutil.copytree(runs, root, dirs_exist_ok=True)
        if recorded is not None:
            shutil.copytree(recorded, recordings / "data")
        session = FakeSession()
        window = make_window(WindowOptions(stage="s01_data", runs=root), WindowSettings(), lambda: session)
        window.resize(*size)
        window.show()
        qtbot.waitExposed(window)
        window.show_past_runs()
        window.bench.desk.finish_reading()
        desks.append(Desk(window, session, root, qtbot))
        return desks[-1]

    yield open_one
    for desk in desks:
        desk.window.close()
        desk.window.deleteLater()
    qtbot.wait(1)
    set_theme("dark", 1.0)
    theme().set_reduce_motion(False)


@pytest.fixture
def empty(open_desk: Callable[..., Desk]) -> Desk:
    """A window without runs."""
    return open_desk()


@pytest.fixture
def desk(open_desk: Callable[..., Desk], small_run: Path) -> Desk:
    """A window with the small run on show."""
    return open_desk(small_run)
