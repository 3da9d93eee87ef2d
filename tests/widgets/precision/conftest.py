"""A window on tab 4 with a fake engine, empty or with a precision run on disk."""

from __future__ import annotations

import dataclasses
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

sys.path.insert(0, str(Path(__file__).parents[1] / "window"))

from precision_fakes import precision_run
from window_fakes import FakeSession

from simulator.runs.spec import RunSpec
from simulator.runs.store import RunStore
from simulator.s04_precision.config import PrecisionConfig
from widgets.app import make_window
from widgets.launch import WindowOptions
from widgets.main_window import MainWindow
from widgets.s04_precision.panel import PrecisionPanel
from widgets.settings import WindowSettings
from widgets.theme import set_theme, theme


@dataclasses.dataclass
class Desk:
    """A window on tab 4 and its fake engine."""

    window: MainWindow
    session: FakeSession
    bot: QtBot

    @property
    def panel(self) -> PrecisionPanel:
        """Tab 4."""
        return self.window.tab("s04_precision")

    def mode(self, key: str) -> PrecisionPanel:
        """Tab 4 in a mode."""
        self.panel.set_mode(key)
        if self.panel.view is not None:
            self.panel.view.finish_reading()
        self.bot.wait(1)
        return self.panel


@pytest.fixture(autouse=True)
def without_recordings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The recordings that come with the program stay out of these tests."""
    monkeypatch.setattr("widgets.run_desk.RECORDINGS", tmp_path / "recordings")


@pytest.fixture(scope="session")
def precision_runs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("precision-runs")
    folder = RunStore(root).create(RunSpec.new("precision", PrecisionConfig(), ""))
    recorder = folder.recorder()
    for event in precision_run():
        recorder.append(dataclasses.replace(event, run=folder.id))
    recorder.close()
    folder.write_summary({"status": "done", "steps": 10})
    return root


@pytest.fixture
def open_desk(qtbot: QtBot, tmp_path: Path) -> Iterator[Callable[..., Desk]]:
    set_theme("dark", 1.0)
    theme().set_reduce_motion(True)
    desks: list[Desk] = []

    def open_one(runs: Path | None = None, size: tuple[int, int] = (1280, 720)) -> Desk:
        session = FakeSession()
        options = WindowOptions(stage="s04_precision", runs=runs or tmp_path / "runs")
        window = make_window(options, WindowSettings(), lambda: session)
        window.resize(*size)
        window.show()
        qtbot.waitExposed(window)
        window.show_past_runs()
        window.bench.desk.finish_reading()
        desks.append(Desk(window, session, qtbot))
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
    return open_desk()


@pytest.fixture
def full(open_desk: Callable[..., Desk], precision_runs: Path) -> Desk:
    return open_desk(precision_runs)
