"""Several modes in one tab, several labs in one window: a made-up tab with five modes and the runs of two labs."""

from __future__ import annotations

import dataclasses
import json

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QGridLayout, QVBoxLayout, QWidget
from test_window_layout import cut_off, outside, overlaps
from window_fakes import record, small_run

from simulator.errors import InputError
from simulator.labs import LABS, Lab
from simulator.runs.events import RunStarted
from simulator.runs.spec import RunSpec
from simulator.runs.store import RunStore
from widgets import main_window
from widgets.app import open_replay
from widgets.controls import BigNumber, Card, label
from widgets.lab_controls import LabControls
from widgets.launch import parse_window_options
from widgets.scene.canvas import SceneCanvas
from widgets.scene.timeline import PlainScene, Sequence
from widgets.scene.transport import Transport
from widgets.screenshots import render_all, settle
from widgets.settings import WindowSettings
from widgets.stage_parts import NumbersRow
from widgets.stage_tab import StageTab
from widgets.theme import set_theme

SIZES = ((960, 640), (1024, 768), (1280, 720), (1366, 768), (1920, 1080))
STAGE = "s03_distributed"


class Walk(PlainScene):
    def __init__(self) -> None:
        plan = Sequence("A walk")
        for title in ("One", "Two", "Three"):
            plan.step(title)
        self.duration, self.marks = plan.duration, plan.marks


class Played(Card):
    """A scene that can be played."""

    def __init__(self) -> None:
        super().__init__("A scene")
        self.canvas, self.transport = SceneCanvas(Walk()), Transport(Walk())
        self.rested = 0
        self.body.addWidget(self.canvas, 1)
        self.body.addWidget(self.transport)

    def rest(self) -> None:
        self.rested += 1


class Told(Card):
    """A card that keeps what it was told."""

    def __init__(self, words: str = "A card") -> None:
        super().__init__(words)
        self.seen: list[object] = []
        self.body.addStretch(1)

    def show_history(self, history) -> None:
        self.seen.append(history)

    def show_view(self, view) -> None:
        self.seen.append(view)

    def forget(self) -> None:
        self.seen.append("forget")


class Numbers(NumbersRow):
    def __init__(self) -> None:
        super().__init__()
        self._in_row = False
        box = QWidget(self)
        self._grid = QGridLayout(box)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self.body.addWidget(box)
        self._numbers = [BigNumber(name) for name in ("Pages in", "Pages kept", "Tokens", "Bytes/token")]
        for number in self._numbers:
            number.set_value("12,345")
        self._place()

    @property
    def in_row(self) -> bool:
        return self._in_row

    def set_row(self, in_row: bool) -> None:
        self._in_row = in_row
        self._place()

    def set_short(self, short: bool) -> None:
        self._numbers[-1].setVisible(not short)

    def _place(self) -> None:
        for index, number in enumerate(self._numbers):
            self._grid.removeWidget(number)
            self._grid.addWidget(number, *((0, index) if self._in_row else divmod(index, 2)))


class Panel(StageTab):
    def __init__(self, stage, bench, parent=None) -> None:
        super().__init__(stage, parent)
        self.played, self.plain = Played(), Told("Cards only")
        self.card, self.other = Told("Loss"), Told("Samples")
        self.second_controls = LabControls(bench, "second", title="Second lab")
        self.add_mode(
            "pipeline", "Pipeline", self.played, lab=(self.card, Told()), view=bench.view("second"),
            controls=self.second_controls, numbers=Numbers(), note=("Here", "What this mode shows."),
        )  # fmt: skip
        self.controls = LabControls(bench, "pretrain")
        self.add_mode(
            "documents", "Documents", self.plain, controls=self.controls, view=bench.view("pretrain")
        )
        page = QWidget()
        QVBoxLayout(page).addWidget(label("Words and nothing else", "section"))
        self.add_mode("duplicates", "Duplicates", page, lab=(self.other,))
        self.add_mode("tokens", "Tokens", Card("Tokens"))
        self.add_mode("cleaning", "Does cleaning help?", Card("Cleaning"), numbers=Numbers())


@pytest.fixture
def two_labs(monkeypatch):
    config, function = LABS["pretrain"].config, LABS["pretrain"].function
    lab = Lab(name="second", stage=STAGE, title="The second lab", config=config, function=function)
    monkeypatch.setitem(LABS, "second", lab)
    monkeypatch.setitem(main_window.PANELS, STAGE, f"{__name__}:Panel")


@pytest.fixture
def desk(two_labs, open_desk):
    return open_desk(STAGE)


@pytest.fixture
def panel(desk):
    return desk.window.tab(STAGE)


def record_second(root, events=None) -> str:
    """A run of the second lab."""
    run_id = record(root, events or [_second(event) for event in small_run()])
    folder = RunStore(root).open(run_id)
    folder.path.rename(root / "second-0001")
    path = root / "second-0001" / "spec.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | {"lab": "second"}))
    return "second-0001"


def _second(event):
    return dataclasses.replace(event, lab="second") if isinstance(event, RunStarted) else event


# ---- modes


def test_each_mode_has_its_own_scene_cards_and_controls(desk, panel):
    shown = [panel.played, panel.card, panel.second_controls]
    assert all(widget.isVisible() for widget in shown)
    panel.switch.chosen.emit("documents")
    assert panel.mode == "documents"
    assert not any(widget.isVisible() for widget in shown)
    assert panel.plain.isVisible()
    assert panel.controls.isVisible()


def test_one_mode_alone_shows_no_switch(open_desk):
    tab = open_desk("s02_objective").window.tab("s02_objective")
    assert tab.switch.isVisible() == (len(tab.modes()) > 1)
    lonely = StageTab(tab.stage)
    lonely.add_mode("only", "Only", QWidget())
    assert lonely.switch.isHidden()
    lonely.add_mode("second", "Second", QWidget())
    assert not lonely.switch.isHidden()
    assert lonely.switch.current() == "only"
    lonely.deleteLater()


def test_keys_drive_the_scene_of_the_mode_in_sight(desk, panel):
    transport = panel.played.transport
    desk.bot.keyClick(desk.window, Qt.Key.Key_Right)
    assert transport.time > 0
    desk.bot.keyClick(desk.window, Qt.Key.Key_Space)
    assert transport.playing
    panel.set_mode("documents")
    assert not transport.playing
    place = transport.time
    desk.bot.keyClick(desk.window, Qt.Key.Key_Right)
    assert transport.time == place
    assert not panel.step(1)
    assert not panel.toggle_play()


def test_control_and_page_keys_turn_the_modes_and_stop_at_the_ends(desk, panel):
    control = Qt.KeyboardModifier.ControlModifier
    for expected in (*panel.modes()[1:], panel.modes()[-1]):
        desk.bot.keyClick(desk.window, Qt.Key.Key_PageDown, control)
        assert panel.mode == expected
    desk.bot.keyClick(desk.window, Qt.Key.Key_PageUp, control)
    assert panel.mode == "tokens"
    assert desk.window.stage == STAGE


def test_a_clicker_goes_through_steps_then_modes_then_tabs(desk, panel):
    desk.window.set_presenting(True)
    panel.played.transport.to_end()
    for mode in panel.modes()[1:]:
        desk.bot.keyClick(desk.window, Qt.Key.Key_PageDown)
        assert panel.mode == mode
    desk.bot.keyClick(desk.window, Qt.Key.Key_PageDown)
    assert desk.window.stage == "s04_precision"
    desk.window.set_presenting(False)


def test_the_mode_of_each_tab_is_remembered(two_labs, open_desk, settings):
    open_desk(STAGE).window.tab(STAGE).set_mode("tokens")
    assert settings.modes == {STAGE: "tokens"}
    assert open_desk(STAGE).window.tab(STAGE).mode == "tokens"


def test_remembered_modes_that_are_gone_or_damaged_are_left_out(two_labs, open_desk, settings, tmp_path):
    path = tmp_path / "window.json"
    path.write_text(json.dumps({"modes": {STAGE: "long gone", "s99": "x", "s01_data": 3}}))
    settings.modes = WindowSettings.load(path).modes
    assert settings.modes == {STAGE: "long gone"}
    assert open_desk(STAGE).window.tab(STAGE).mode == "pipeline"
    path.write_text(json.dumps({"modes": ["no"]}))
    assert WindowSettings.load(path).modes == {}


def test_the_plain_words_are_the_diagnosis_else_the_modes_note(desk, panel):
    assert panel.plain_words.words() == ("Here", "What this mode shows.")
    record_second(desk.root)
    desk.window.show_run("second-0001")
    desk.window.bench.desk.finish_reading()
    assert panel.plain_words.words() == ("Learning well", "Close to the floor.")
    panel.set_mode("tokens")
    assert panel.plain_words.words()[0] == "In plain words"


def test_a_long_note_is_cut_to_whole_sentences_where_there_is_little_height(two_labs, open_desk):
    panel = open_desk(STAGE, (1280, 720)).window.tab(STAGE)
    note = "This is a sentence of some length, for a card of words. " * 8
    panel.add_mode("long", "Long", QWidget(), note=("Much", note))
    panel.set_mode("long")
    panel.plain_words.take_room(300, 200)
    low = panel.plain_words.words()[1]
    panel.plain_words.take_room(300, 600)
    high = panel.plain_words.words()[1]
    assert low.endswith(".")
    assert len(low) <= 150 < len(high) <= 420


@pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
def test_every_mode_has_its_room(two_labs, open_desk, size):
    desk = open_desk(STAGE, size)
    panel = desk.window.tab(STAGE)
    for mode in panel.modes():
        panel.set_mode(mode)
        settle(desk.window)
        assert desk.window.size().toTuple() == size
        assert cut_off(desk.window) == []
        assert overlaps(desk.window) == []
        assert outside(desk.window) == []
        assert panel.switch.width() >= panel.switch.minimumSizeHint().width()


@pytest.mark.parametrize("size", [(1024, 768), (1280, 720)], ids=lambda size: f"{size[0]}x{size[1]}")
def test_every_mode_fits_a_projector_while_presenting(two_labs, open_desk, size):
    desk = open_desk(STAGE, size)
    panel = desk.window.tab(STAGE)
    desk.window.ribbon.hide()
    desk.window.status.hide()
    panel.set_presenting(True)
    set_theme(scale=1.6)
    desk.window.resize(*size)
    for mode in panel.modes():
        panel.set_mode(mode)
        settle(desk.window)
        assert desk.window.size().toTuple() == size
        assert cut_off(desk.window) == []
        assert overlaps(desk.window) == []
        assert panel.switch.width() >= panel.switch.minimumSizeHint().width()
    panel.set_mode("duplicates")
    assert panel.parts.isVisible()
    panel.parts.chosen.emit("lab")


def test_a_scene_that_needs_too_much_height_gives_way_to_the_title_while_presenting(two_labs, open_desk):
    desk = open_desk(STAGE, (1024, 768))
    panel = desk.window.tab(STAGE)
    tall = Card("Tall")
    for index in range(40):
        tall.body.addWidget(label(f"Line {index}", "title"))
    panel.add_mode("tall", "Tall", tall)
    desk.window.ribbon.hide()
    desk.window.status.hide()
    panel.set_presenting(True)
    set_theme(scale=1.6)
    desk.window.setFixedSize(1024, 768)
    panel.set_mode("tall")
    settle(desk.window)
    assert panel.minimumSizeHint().height() <= 768
    assert not panel.header.title.geometry().intersects(panel.switch.geometry())


def test_switching_modes_moves_the_numbers_with_their_mode(two_labs, open_desk):
    desk = open_desk(STAGE, (1280, 720))
    panel = desk.window.tab(STAGE)
    first, last = panel._modes["pipeline"].numbers, panel._modes["cleaning"].numbers
    assert first.in_row
    assert first.isVisible()
    assert not last.isVisible()
    panel.set_mode("cleaning")
    settle(desk.window)
    assert last.in_row
    assert last.isVisible()
    assert not first.isVisible()
    desk.window.resize(1920, 1080)
    settle(desk.window)
    assert not last.in_row
    panel.set_mode("pipeline")
    settle(desk.window)
    assert not first.in_row


def test_a_mode_for_later_is_built_when_it_comes_into_sight(two_labs, open_desk):
    desk = open_desk(STAGE)
    panel = desk.window.tab(STAGE)
    built = []

    def build() -> None:
        built.append(Told("Late"))
        view = desk.window.bench.view("objectives")
        panel.add_mode("late", "Late", built[0], lab=(Told(),), view=view, note=("Late", "It came."))

    panel.add_mode_later("late", "Late", build, labs=("objectives",))
    panel.add_mode("last", "Last", Card("Last"))
    assert panel.modes()[-2:] == ["late", "last"]
    assert built == []
    desk.window.open_lab("second")
    assert built == []
    assert panel.show_lab("objectives")
    assert panel.mode == "late"
    assert built[0].isVisible()
    assert panel.modes()[-2:] == ["late", "last"]
    assert panel.switch.current() == "late"
    panel.set_mode("last")
    panel.set_mode("late")
    assert len(built) == 1


def test_modes_may_share_controls_and_numbers(two_labs, open_desk):
    panel = open_desk(STAGE).window.tab(STAGE)
    numbers = panel._modes["pipeline"].numbers
    panel.add_mode("twin", "Twin", Card("Twin"), controls=panel.second_controls, numbers=numbers)
    assert panel.second_controls.isVisible()
    assert numbers.isVisible()
    panel.set_mode("twin")
    assert panel.second_controls.isVisible()
    assert numbers.isVisible()
    panel.set_mode("documents")
    assert not panel.second_controls.isVisible()
    assert not numbers.isVisible()


def test_a_mode_about_something_else_keeps_its_note(two_labs, open_desk):
    desk = open_desk(STAGE)
    panel = desk.window.tab(STAGE)
    view = desk.window.bench.view("second")
    panel.add_mode("own", "Own", QWidget(), view=view, note=("Mine", "Words of this mode."), diagnosed=False)
    record_second(desk.root)
    desk.window.show_run("second-0001")
    desk.window.bench.desk.finish_reading()
    assert panel.plain_words.words()[0] == "Learning well"
    panel.set_mode("own")
    assert panel.plain_words.words() == ("Mine", "Words of this mode.")


# ---- labs


def test_a_view_reads_nothing_before_its_mode_is_in_sight(desk, panel):
    record(desk.root, small_run())
    record_second(desk.root)
    record(desk.root, small_run())
    desk.window._begun = False
    desk.window._begin_work()
    second, pretrain = desk.window.bench.view("second"), desk.window.bench.view("pretrain")
    desk.bot.waitUntil(lambda: second.can_replay, timeout=3000)
    assert second.history.run == "second-0001"
    assert pretrain.history is None
    panel.set_mode("documents")
    pretrain.finish_reading()
    assert pretrain.history.run == "pretrain-0002" or pretrain.history.run == "pretrain-0001"


def test_a_mode_is_told_only_while_it_is_in_sight(desk, panel):
    record_second(desk.root)
    desk.window.show_run("second-0001")
    desk.window.bench.desk.finish_reading()
    assert "forget" in panel.card.seen
    assert panel.card.seen[-1] is desk.window.bench.view("second").history
    panel.set_mode("documents")
    told = len(panel.card.seen)
    desk.window.bench.view("second").seek(0.0)
    assert len(panel.card.seen) == told
    panel.set_mode("pipeline")
    assert panel.card.seen[-1] is desk.window.bench.view("second").history


def test_a_scene_without_a_lab_is_told_of_its_view(desk, panel):
    run_id = record(desk.root, small_run())
    panel.set_mode("documents")
    desk.window.bench.view("pretrain").show_run(run_id)
    assert panel.plain.seen[-1] is desk.window.bench.view("pretrain")


def test_the_run_of_one_lab_leaves_the_others_as_they_are(desk, panel):
    record_second(desk.root)
    desk.window.show_run("second-0001")
    desk.window.bench.desk.finish_reading()
    second = desk.window.bench.view("second")
    shown, told = second.history, len(panel.card.seen)
    desk.ready()
    panel.set_mode("documents")
    panel.controls.run_bar.buttons["start"].click()
    desk.session.feed(*small_run()[:8])
    desk.drained()
    assert second.history is shown
    assert second.live is None
    assert len(panel.card.seen) == told
    bench = desk.window.bench
    assert bench.desk.live_lab == "pretrain"
    assert bench.desk.busy
    assert bench.desk.live is bench.view("pretrain").history
    panel.set_mode("pipeline")
    assert "pretrain-0001" in desk.window.status.texts()[1]
    assert panel.second_controls.run_bar.state == "off"
    assert "busy with pretrain-0001" in panel.second_controls.run_bar.words()
    desk.session.finish()
    desk.drained()
    assert panel.second_controls.run_bar.state == "waiting"
    assert "second-0001" in desk.window.status.texts()[1]


def test_the_menu_opens_the_tab_and_mode_of_the_runs_lab(desk, panel):
    record_second(desk.root)
    desk.window.open_stage("s07_rlhf")
    panel.set_mode("tokens")
    from PySide6.QtWidgets import QMenu

    desk.window.open_runs_menu()
    menu = desk.window.findChild(QMenu, "runs")
    next(action for action in menu.actions() if action.text().startswith("second-0001")).trigger()
    assert (desk.window.stage, panel.mode) == (STAGE, "pipeline")
    assert desk.window.bench.view("second").history is not None
    menu.close()


def test_a_replay_goes_to_the_tab_of_the_recordings_lab(desk, panel, tmp_path):
    record_second(tmp_path / "elsewhere")
    desk.window.open_stage("s07_rlhf")
    open_replay(desk.window, tmp_path / "elsewhere" / "second-0001", tmp_path, play=False)
    assert (desk.window.stage, panel.mode) == (STAGE, "pipeline")
    assert desk.window.bench.view("second").recording


def test_a_recording_without_a_spec_is_known_by_its_first_event(desk, tmp_path):
    record_second(tmp_path / "elsewhere")
    folder = tmp_path / "elsewhere" / "second-0001"
    (folder / "spec.json").unlink()
    open_replay(desk.window, folder, tmp_path, play=False)
    assert desk.window.bench.view("second").recording


def test_a_recording_of_an_unknown_lab_is_refused_in_plain_words(desk, tmp_path):
    folder = RunStore(tmp_path / "elsewhere").create(RunSpec(lab="alchemy"))
    (folder.path / "events.jsonl").write_text("")
    with pytest.raises(InputError, match="alchemy"):
        open_replay(desk.window, folder.path, tmp_path, play=False)


def test_a_lost_engine_resumes_the_run_in_the_tab_of_its_lab(desk, panel):
    desk.ready()
    panel.set_mode("documents")
    panel.controls.run_bar.buttons["start"].click()
    desk.session.feed(*small_run()[:14])
    desk.drained()
    record(desk.root, small_run()[:14], done=False)
    panel.set_mode("pipeline")
    desk.session.die()
    desk.drained()
    desk.session.ready()
    desk.drained()
    desk.window.banner.action_button.click()
    assert desk.session.made("resume") == [("resume", "pretrain-0001")]
    assert desk.window.bench.view("pretrain").is_live
    assert desk.window.stage == "s02_objective"


def test_screenshots_show_every_mode(two_labs, tmp_path, qapp, monkeypatch):
    monkeypatch.setattr("widgets.screenshots._SETTLE", 1)
    folder = tmp_path / "shots"
    options = parse_window_options(
        ["--screenshot", str(folder), "--stage", STAGE, "--theme", "dark", "--runs", str(tmp_path / "runs")]
    )
    assert render_all(options) == 0
    modes = ("pipeline", "documents", "duplicates", "tokens", "cleaning")
    names = {path.name for path in folder.iterdir()}
    assert {f"{STAGE}-{mode}-dark-1280x720.png" for mode in modes} <= names
    assert not any(name.startswith(f"{STAGE}-dark") for name in names)
    set_theme("dark", 1.0)


@pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
def test_the_switch_stays_in_its_place_from_mode_to_mode(two_labs, open_desk, size):
    desk = open_desk(STAGE, size)
    panel = desk.window.tab(STAGE)
    places = set()
    for mode in panel.modes():
        panel.set_mode(mode)
        settle(desk.window)
        places.add((panel.switch.mapTo(desk.window, QPoint(0, 0)).toTuple(), panel.switch.size().toTuple()))
    assert len(places) == 1, places
