"""Every mode of the first two tabs has its room at every size, with runs and without."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from PySide6.QtWidgets import QScrollArea
from test_window_layout import cut_off, outside, overlaps, place
from window_fakes import record, small_run

from simulator.engine.running import run_lab
from simulator.runs.spec import RunSpec
from simulator.runs.store import RunStore
from simulator.s01_data.config import DataConfig
from widgets.lab_controls import LabControls
from widgets.plain_words import LEVELS
from widgets.screenshots import settle
from widgets.theme import set_theme, theme

STAGES = ("s01_data", "s02_objective")
SIZES = ((1024, 768), (1280, 720), (1366, 768), (1440, 900), (1920, 1080))
LONG = "On clean pages that no model has seen, the loss is lower after training on filtered text. " * 6


@pytest.fixture(scope="module")
def data_run(tmp_path_factory):
    """A folder of runs with one real run of the lab "data"."""
    root = tmp_path_factory.mktemp("runs")
    config = DataConfig(pages=160, workers=1, classifier="off", min_words_limit=60)
    folder = RunStore(root).create(RunSpec.new("data", config, ""))
    assert run_lab("data", config, folder, lambda _event: None)["status"] == "done"
    return root


@pytest.fixture
def filled(open_desk, tmp_path, data_run):
    """Open a tab with a data run and a pre-training run on show."""

    def make(stage: str, size: tuple[int, int]):
        runs = tmp_path / "runs"
        shutil.copytree(data_run, runs, dirs_exist_ok=True)
        record(runs, small_run())
        desk = open_desk(stage, size)
        desk.window.show_past_runs()
        desk.window.bench.desk.finish_reading()
        return desk

    return make


def every_mode(desk, stage):
    tab = desk.window.tab(stage)
    for key in tab.modes():
        tab.set_mode(key)
        desk.window.bench.desk.finish_reading()
        settle(desk.window)
        yield tab, key


def whole(desk, tab, key):
    assert cut_off(desk.window) == [], key
    assert overlaps(desk.window) == [], key
    assert outside(desk.window) == [], key
    header = tab.header
    assert header.title.shown_text() == header.title.text(), key
    assert header.sentence.isHidden() or header.sentence.shown_text() == header.sentence.text(), key


def rows_in_sight(controls: LabControls) -> int:
    """Fields of the form that are wholly in sight."""
    area = controls.findChild(QScrollArea)
    view = place(area.viewport(), controls)
    fields = [controls.form.field(item.name) for item in controls._config.settings()]
    return sum(1 for field in fields if field and field.isVisible() and view.contains(place(field, controls)))


@pytest.mark.parametrize("stage", STAGES)
@pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
def test_every_mode_is_whole_with_runs(filled, stage, size):
    desk = filled(stage, size)
    for tab, key in every_mode(desk, stage):
        whole(desk, tab, key)
        controls = tab._modes[key].controls
        if isinstance(controls, LabControls):
            assert rows_in_sight(controls) >= 6, key


@pytest.mark.parametrize("stage", STAGES)
@pytest.mark.parametrize("size", [(1024, 768), (1280, 720)], ids=lambda size: f"{size[0]}x{size[1]}")
def test_every_mode_is_whole_without_any_run(open_desk, monkeypatch, tmp_path, stage, size):
    monkeypatch.setattr("widgets.run_desk.RECORDINGS", Path(tmp_path / "none"))
    desk = open_desk(stage, size)
    for tab, key in every_mode(desk, stage):
        whole(desk, tab, key)


@pytest.mark.parametrize("stage", STAGES)
@pytest.mark.parametrize(
    ("size", "scale"), [((1280, 720), 1.6), ((1920, 1080), 1.6), ((3840, 2160), 2.0)], ids=str
)
def test_every_mode_is_whole_in_larger_type(filled, stage, size, scale):
    desk = filled(stage, size)
    if scale == 1.6:
        desk.window.ribbon.hide()
        desk.window.status.hide()
    set_theme(scale=scale)
    desk.window.resize(*size)
    settle(desk.window)
    assert desk.window.size().toTuple() == size
    for _, key in every_mode(desk, stage):
        assert cut_off(desk.window) == [], key
        assert overlaps(desk.window) == [], key


@pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
def test_a_long_verdict_leaves_the_controls_their_room(filled, size):
    desk = filled("s02_objective", size)
    tab = desk.window.tab("s02_objective")
    card = tab.plain_words
    card.say("A long verdict", LONG, "good")
    settle(desk.window)
    assert cut_off(card) == []
    assert overlaps(desk.window) == []
    assert rows_in_sight(tab.controls) >= 6
    assert card.words()[1] == LONG or not card.more_button.isHidden()


def test_what_the_card_leaves_out_opens_and_closes(filled):
    desk = filled("s02_objective", (1280, 720))
    card = desk.window.tab("s02_objective").plain_words
    card.say("A long verdict", LONG)
    settle(desk.window)
    assert card.level == LEVELS[-1]
    few = card.words()[1]
    assert LONG.startswith(few)
    assert len(few) < len(LONG)
    card.more_button.click()
    settle(desk.window)
    assert card.words()[1] == LONG
    assert cut_off(card) == []
    assert overlaps(desk.window) == []
    assert desk.window.rect().contains(place(card, desk.window))
    assert desk.window.tab("s02_objective").controls.isHidden()  # read, they come back
    card.more_button.click()
    assert card.words()[1] == few
    settle(desk.window)
    assert desk.window.tab("s02_objective").controls.isVisible()
    card.more_button.click()
    card.say("Another", "Short.")
    assert card.more_button.isHidden()
    assert card.words() == ("Another", "Short.")


def test_the_replay_waits_beside_the_start_button_where_there_is_little_height(filled):
    desk = filled("s02_objective", (1280, 720))
    controls = desk.window.tab("s02_objective").controls
    bar, replay = controls.run_bar, controls.replay_bar
    settle(desk.window)
    assert place(replay, controls).left() >= place(bar, controls).right()
    assert replay.words.isHidden()
    desk.window.resize(1920, 1080)
    settle(desk.window)
    assert place(replay, controls).top() >= place(bar, controls).bottom()
    assert not replay.words.isHidden()


def test_the_sentence_is_whole_or_a_hint_of_the_title(filled):
    desk = filled("s01_data", (1280, 720))
    header = desk.window.tab("s01_data").header
    settle(desk.window)
    assert header.sentence.isHidden()
    assert header.title.toolTip() == header.sentence.text()
    desk.window.resize(1920, 1080)
    settle(desk.window)
    assert not header.sentence.isHidden()
    assert header.title.toolTip() == ""
    assert theme().scale == 1.0
