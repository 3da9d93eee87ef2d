from __future__ import annotations

import dataclasses

import pytest
from PySide6.QtCore import Qt
from window_fakes import predictions, record, small_run

from simulator.errors import InputError
from simulator.runs.events import CheckpointSaved
from simulator.runs.store import RunStore
from widgets.app import open_replay, recorded_run


@pytest.fixture
def panel(desk):
    return desk.window.tab("s02_objective")


def test_the_newest_run_is_on_show_when_the_window_opens(open_desk, tmp_path):
    run_id = record(tmp_path / "runs", small_run())
    desk = open_desk()
    desk.window._begin_work()
    desk.bot.waitUntil(lambda: desk.window.bench.view("pretrain").can_replay, timeout=3000)
    assert desk.window.bench.view("pretrain").history.run == run_id
    assert desk.window.tab("s02_objective").hero.reading.step == 100
    assert "Recorded" in desk.window.tab("s02_objective").controls.replay_bar.words.text()


def test_a_recording_plays_through_the_same_widgets_as_a_live_run(desk, panel, tmp_path):
    record(tmp_path / "elsewhere", small_run())
    open_replay(desk.window, tmp_path / "elsewhere" / "pretrain-0001", tmp_path, play=True)
    runs = desk.window.bench.view("pretrain")
    desk.bot.waitUntil(lambda: runs.playing, timeout=3000)
    assert runs.recording
    assert runs.history.step < 100
    runs.set_speed(16.0)
    desk.bot.waitUntil(lambda: not runs.playing, timeout=5000)
    assert runs.history.state == "done"
    assert panel.hero.reading.step == 100
    assert "Recording" in desk.window.status.texts()[1]
    desk.ready()
    panel.hero.field.setText("hello")
    desk.bot.waitUntil(lambda: len(desk.session.made("query")) == 1, timeout=2000)
    folder = str(tmp_path / "elsewhere" / "pretrain-0001")
    assert desk.session.made("query") == [("query", "predict", {"run": folder, "step": 100, "text": "hello"})]


def test_a_recording_without_weights_says_so_and_asks_nothing(desk, panel, tmp_path):
    events = [event for event in small_run() if not isinstance(event, CheckpointSaved)]
    record(tmp_path / "elsewhere", events)
    desk.ready()
    open_replay(desk.window, tmp_path / "elsewhere" / "pretrain-0001", tmp_path, play=False)
    desk.window.bench.view("pretrain").finish_reading()
    panel.hero.field.setText("hello")
    desk.bot.waitUntil(panel.hero.message.isVisible, timeout=2000)
    assert "holds no weights" in panel.hero.message.text()
    assert desk.session.made("query") == []


def test_scrubbing_goes_back_and_forth_in_a_recorded_run(desk, panel):
    run_id = record(desk.root, small_run())
    runs = desk.window.bench.view("pretrain")
    runs.show_run(run_id)
    runs.finish_reading()
    assert runs.place == pytest.approx(1.0)
    runs.seek(0.0)
    assert [event.step for event in runs.history.predictions] == [0]
    assert panel.hero.reading.step == 0
    assert panel.loss.plot.model.series["validation_loss"].x.tolist() == [0.0]
    panel.controls.replay_bar._slider.setValue(500)
    assert [event.step for event in runs.history.predictions] == [0, 50]
    runs.seek(1.0)
    assert runs.history.state == "done"


def test_seeking_after_a_rest_does_not_count_the_rest(desk):
    runs = desk.window.bench.view("pretrain")
    runs.show_run(record(desk.root, small_run()))
    runs.finish_reading()
    runs.seek(0.2)
    desk.bot.wait(300)
    runs.seek(0.3)
    assert runs.place == pytest.approx(0.3, abs=0.05)


def test_play_at_the_end_begins_again(desk, panel):
    runs = desk.window.bench.view("pretrain")
    runs.show_run(record(desk.root, small_run()))
    runs.finish_reading()
    desk.bot.mouseClick(panel.controls.replay_bar._play, Qt.MouseButton.LeftButton)
    assert runs.playing
    assert runs.place < 0.5
    desk.bot.mouseClick(panel.controls.replay_bar._play, Qt.MouseButton.LeftButton)
    assert not runs.playing


def test_a_run_that_was_cut_off_can_be_resumed_from_the_menu(desk, panel):
    run_id = record(desk.root, small_run()[:14], done=False)
    desk.ready()
    desk.window.bench.view("pretrain").show_run(run_id)
    desk.window.bench.view("pretrain").finish_reading()
    assert "stopped" in desk.window.status.texts()[1]
    assert panel.controls.run_bar.state == "stopped"
    desk.bot.mouseClick(panel.controls.run_bar.buttons["resume"], Qt.MouseButton.LeftButton)
    assert desk.session.made("resume") == [("resume", run_id)]
    assert len(desk.window.bench.view("pretrain").live.checkpoints) == 2


def test_looking_at_an_old_run_leaves_the_live_one_running(desk):
    old = record(desk.root, small_run())
    RunStore(desk.root).open(old)
    desk.ready()
    runs = desk.window.bench.view("pretrain")
    desk.session.run_id = ""
    runs.start(desk.window.tab("s02_objective").controls.form.value())
    desk.session.run_id = runs.live.run = "pretrain-0002"
    runs.show_run(old)
    runs.finish_reading()
    desk.session.feed(*small_run()[:8])
    desk.drained()
    assert runs.history.run == old
    assert runs.live.predictions[-1] == dataclasses.replace(predictions(0, 0.2), run="pretrain-0002", seq=4)
    runs.show_run("pretrain-0002")
    assert runs.is_live


def test_damaged_lines_of_a_record_are_skipped(desk):
    run_id = record(desk.root, small_run())
    path = desk.root / run_id / "events.jsonl"
    lines = path.read_text().splitlines()
    lines[3] = "{torn"
    path.write_text("\n".join(lines))
    desk.window.bench.view("pretrain").show_run(run_id)
    desk.window.bench.view("pretrain").finish_reading()
    assert desk.window.bench.view("pretrain").history.step == 100


def test_a_run_that_is_not_there_is_told_in_the_banner(desk):
    desk.window.bench.view("pretrain").show_run("pretrain-0099")
    assert "pretrain-0099" in desk.window.banner.text


def test_a_recorded_run_is_found_by_folder_events_file_and_zip(tmp_path):
    run_id = record(tmp_path / "runs", small_run())
    folder = tmp_path / "runs" / run_id
    packed = RunStore(tmp_path / "runs").export(run_id, tmp_path / "run.zip")
    assert recorded_run(folder, tmp_path) == folder
    assert recorded_run(folder / "events.jsonl", tmp_path) == folder
    assert (recorded_run(packed, tmp_path / "unpacked") / "events.jsonl").is_file()
    with pytest.raises(InputError, match="not a recorded run"):
        recorded_run(tmp_path, tmp_path)
