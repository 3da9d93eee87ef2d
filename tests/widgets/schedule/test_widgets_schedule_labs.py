"""The modes of the labs: race, range test and landscape, live and recorded, whole and damaged."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from schedule_fakes import FLOOR, RUNNERS, history, landscape_events, losses_of, race_events, range_events
from test_window_layout import cut_off, overlaps

from simulator.config import Config
from simulator.labs import LABS
from simulator.runs.events import Metrics, Record, RunFinished, RunStarted, Snapshot
from simulator.runs.history import RunHistory
from simulator.runs.spec import RunSpec
from simulator.runs.store import RunStore
from simulator.s05_schedule.config import RaceConfig
from simulator.s05_schedule.runners import PRESETS
from widgets.s05_schedule.geometry.landscape_reading import landscape_of
from widgets.s05_schedule.geometry.race import DURATION, RaceScene, state_words
from widgets.s05_schedule.geometry.race_reading import evidence_words, finding_of, race_of
from widgets.s05_schedule.geometry.range_reading import range_headline, range_of
from widgets.s05_schedule.runner_picker import MOST, OWN
from widgets.scene.shapes import Arrow, Dot, Polyline, Text
from widgets.screenshots import settle

LEFT = Qt.MouseButton.LeftButton


def write_run(root, lab: str, events, config: Config | None = None) -> str:
    folder = RunStore(root).create(RunSpec.new(lab, config or LABS[lab].load_config()(), ""))
    recorder = folder.recorder()
    for event in [*events, RunFinished(status="done", summary={"status": "done"})]:
        recorder.append(dataclasses.replace(event, run=folder.id, seq=recorder.next_seq))
    recorder.close()
    folder.write_summary({"status": "done"})
    return folder.id


def texts(shapes) -> str:
    return " | ".join(shape.text for shape in shapes if isinstance(shape, Text))


# ---- the race as it is read


def test_a_race_is_read_with_runners_curves_and_findings():
    race = race_of(history(race_events()))
    assert [runner.key for runner in race.runners] == list(RUNNERS)
    assert (race.total, race.step, race.floor) == (200, 199, FLOOR)
    good = race.runner("good")
    assert good.finding.tone == "good"
    assert race.runner("too-high").finding.tone == "bad"
    assert [runner.key for runner in race.ranks(199)] == ["good", "no-warmup", "too-low", "too-high"]
    expected = losses_of("good", 200)
    assert good.loss_at(50) == pytest.approx(expected[42:51].mean())
    assert good.loss_at(2) == pytest.approx(expected[:3].mean())
    assert np.isnan(good.loss_at(-1))


@pytest.mark.parametrize(
    "fields",
    [
        {},
        {"runners": None},
        {"runners": "good"},
        {"runners": [7, None, {"title": "no key"}]},
    ],
)
def test_a_race_that_names_no_runners_is_none(fields):
    assert (
        race_of(
            history([RunStarted(lab="race", total_steps=5), Record(step=0, name="runners", fields=fields)])
        )
        is None
    )
    assert race_of(None) is None
    assert race_of(RunHistory()) is None


@pytest.mark.parametrize(
    "fields", [{}, {"kind": 3, "title": "x"}, {"kind": "spike"}, {"kind": "spike", "title": None}]
)
def test_a_damaged_diagnosis_is_none(fields):
    assert finding_of(fields) is None


def test_evidence_tells_what_matters_and_nothing_that_is_no_number():
    found = finding_of(
        {
            "kind": "spike",
            "title": "t",
            "evidence": {"noise": 1.0, "jump": 0.5, "last_loss": "x", "jump_at": 12.0},
        }
    )
    assert evidence_words(found) == "jump 0.5 · jump at 12"
    assert finding_of({"kind": "odd", "title": "t", "evidence": [1]}).tone == ""


def test_a_runner_that_broke_is_last_and_says_so():
    events = race_events()
    events[2] = Metrics(
        steps=tuple(range(40)), values={"good/loss": tuple(float(x) for x in losses_of("good", 200)[:40])}
    )
    race = race_of(history([event for event in events if getattr(event, "name", "") != "good/diagnosis"]))
    good = race.runner("good")
    assert race.broke(good, 100)
    assert not race.broke(good, 30)
    assert race.ranks(199)[-1] is good
    assert state_words(good, 100, race) == ("broke at 39", "bad")


# ---- its scene


@pytest.mark.parametrize("size", [(560, 180), (876, 260), (1420, 520)])
def test_the_race_scrubs_without_drift(size):
    race = race_of(history(race_events()))
    scene = RaceScene(race)
    seen = {}
    for t in (0.0, 1.0, 7.3, DURATION, 7.3, 1.0, 0.0):
        shapes = scene.frame(t, *size)
        places = {shape.key: (shape.x, shape.y) for shape in shapes if isinstance(shape, Dot) and shape.key}
        assert seen.setdefault(t, places) == places
        for line in (shape for shape in shapes if isinstance(shape, Polyline)):
            xs, ys = np.array(line.points).T
            assert xs.min() >= 0
            assert xs.max() <= size[0]
            assert ys.min() >= 0
            assert ys.max() <= size[1]
    assert set(seen[DURATION]) == {f"runner:{key}" for key in RUNNERS}
    assert scene.step_at(scene.time_of(120)) == pytest.approx(120)


def test_lower_losses_lie_lower_and_what_leaves_the_picture_has_an_arrow():
    race = race_of(history(race_events()))
    scene = RaceScene(race)
    shapes = scene.frame(DURATION, 876, 260)
    height = {
        shape.key.partition(":")[2]: shape.y for shape in shapes if isinstance(shape, Dot) and shape.key
    }
    assert height["good"] > height["no-warmup"] > height["too-low"] > height["too-high"]
    assert any(isinstance(shape, Arrow) for shape in shapes)
    assert not any(isinstance(shape, Arrow) for shape in scene.frame(0.5, 876, 260))


def test_the_board_says_what_a_runner_does_in_the_middle_and_what_was_found_at_the_end():
    race = race_of(history(race_events()))
    scene = RaceScene(race)
    assert "came apart" in texts(scene.frame(DURATION, 1400, 400))
    assert "came apart" not in texts(scene.frame(scene.time_of(150), 1400, 400))
    assert "blown up" in texts(scene.frame(scene.time_of(150), 1400, 400))


def test_marks_tell_who_leads():
    marks = RaceScene(race_of(history(race_events()))).marks
    assert marks[0].title == "All start alike"
    assert marks[-1].title == "Warm-up + cosine is lowest at the end"
    assert [mark.time for mark in marks] == sorted(mark.time for mark in marks)


@pytest.mark.parametrize("upto", [0, 1, 2, 30])
def test_a_race_that_has_just_begun_can_be_drawn(upto):
    race = race_of(history(race_events(upto=upto)))
    for t in (0.0, 5.0, DURATION):
        RaceScene(race).frame(t, 876, 260)


def test_two_dozen_runners_fit():
    events = race_events()
    runners = [{"key": f"r{index}", "title": f"Runner {index}"} for index in range(30)]
    events[1] = Record(step=0, name="runners", fields={"runners": runners})
    race = race_of(history(events))
    assert len(race.runners) == 24
    RaceScene(race).frame(3.0, 876, 200)


# ---- the mode "Race"


@pytest.fixture
def raced(open_desk, tmp_path):
    write_run(tmp_path / "runs", "race", race_events(), RaceConfig(steps=200))
    desk = open_desk()
    desk.panel.set_mode("race")
    desk.window.bench.desk.finish_reading()
    return desk


def test_a_recorded_race_is_shown_whole(raced):
    mode = raced.panel.race
    assert "Warm-up + cosine is in front" in mode.hero.title.text()
    assert "Too high blew up" in mode.hero.title.text()
    assert mode.hero.transport.time == pytest.approx(DURATION * 199 / 200)
    assert mode.numbers.healthy._value.text() == "1 of 4"
    assert any("No warm-up" in words for words in mode.findings.words())
    for key in ("gradient_norm", "update_ratio", "rate", "loss", "validation_loss"):
        mode.measures.switch.chosen.emit(key)
        mode.measures.switch.set_current(key)
        mode.measures.show_history(raced.panel.view.history)
        model = mode.measures.plots[key].model
        assert set(model.series) == {f"{name}/{key}" for name in RUNNERS}


def test_a_click_on_a_runner_holds_the_others_back_and_tells_of_it(raced):
    panel, mode = raced.panel, raced.panel.race
    canvas = mode.hero.canvas
    dot = next(
        shape
        for shape in canvas.scene.frame(canvas.time, *canvas.logical_size())
        if isinstance(shape, Dot) and shape.key == "runner:too-low"
    )
    QTest.mouseClick(canvas, LEFT, pos=QPoint(round(dot.x), round(dot.y)))
    assert mode.hero.chosen == "too-low"
    assert panel.plain_words.words()[0] == "Too low: too slow"
    assert len(mode.findings.words()) == 1
    QTest.mouseClick(canvas, LEFT, pos=QPoint(round(dot.x), round(dot.y)))
    assert mode.hero.chosen == ""
    assert len(mode.findings.words()) == 4


def test_runners_are_reached_by_keys(raced):
    canvas = raced.panel.race.hero.canvas
    canvas.setFocus()
    QTest.keyClick(canvas, Qt.Key.Key_Down)
    assert raced.panel.race.hero.chosen == "good"
    QTest.keyClick(canvas, Qt.Key.Key_Down)
    assert raced.panel.race.hero.chosen == "no-warmup"
    QTest.keyClick(canvas, Qt.Key.Key_Up)
    assert raced.panel.race.hero.chosen == "good"
    QTest.keyClick(canvas, Qt.Key.Key_Escape)
    assert raced.panel.race.hero.chosen == ""


def test_a_live_race_is_followed_until_somebody_looks_back(desk):
    desk.ready()
    desk.panel.set_mode("race")
    mode = desk.panel.race
    QTest.mouseClick(mode.controls.run_bar.buttons["start"], LEFT)
    (_, lab, config, _) = desk.session.made("begin")[0]
    assert lab == "race"
    assert [runner.key for runner in config.entered()] == list(PRESETS)
    desk.session.feed(*race_events(upto=50)[:2], *race_events(upto=50)[2:])
    desk.drained()
    assert mode.hero.transport.time == pytest.approx(DURATION * 49 / 200)
    mode.hero.transport.set_time(1.0)
    desk.session.feed(*race_events(upto=80)[2:])
    desk.drained()
    assert mode.hero.transport.time == pytest.approx(1.0)


# ---- who runs


def test_presets_are_switched_and_the_last_runner_stays(desk):
    desk.panel.set_mode("race")
    picker = desk.panel.race.picker
    QTest.mouseClick(picker.checks["too-high"], LEFT, pos=QPoint(10, picker.checks["too-high"].height() // 2))
    assert picker.text() == "good; no-warmup; too-low"
    assert desk.panel.race.controls.form.value().runners == picker.text()
    for key in ("good", "no-warmup", "too-low"):
        QTest.keyClick(picker.checks[key], Qt.Key.Key_Space)
    assert picker.text() == "too-low"
    assert picker.checks["too-low"].isChecked()


def test_recipes_are_added_up_to_eight_and_taken_out(desk):
    desk.panel.set_mode("race")
    picker = desk.panel.race.picker
    for index in range(2, picker.add.count()):
        picker.add.setCurrentIndex(index)
        picker.add.activated.emit(index)
    assert len(picker.text().split(";")) == MOST
    assert str(MOST) in picker.note.text()
    entry = next(iter(picker.rows))
    QTest.mouseClick(picker.removers[entry], LEFT)
    assert entry not in picker.text()
    assert len(desk.panel.race.controls.form.value().entered()) == MOST - 1


def test_race_this_takes_the_curve_to_the_start(desk):
    desk.ready()
    panel = desk.panel
    panel.sketch.set_kind("drawn")
    panel.sketch.drag("point-1", 300, 2e-3)
    QTest.mouseClick(panel.hero.race, LEFT)
    assert panel.mode == "race"
    QTest.mouseClick(panel.race.controls.run_bar.buttons["start"], LEFT)
    config = desk.session.made("begin")[0][2]
    own = config.entered()[-1]
    assert own.title == OWN
    share = np.linspace(0, 1, 50)
    expected = panel.sketch.schedule.rates(share * panel.sketch.schedule.steps)
    assert own.schedule.rates(share * own.schedule.steps) == pytest.approx(expected, abs=1e-5)
    panel.set_mode("shape")
    QTest.mouseClick(panel.hero.race, LEFT)
    assert panel.race.picker.text().count(f"{OWN}:") == 1


def test_runners_are_remembered(open_desk):
    from widgets.settings import WindowSettings

    settings = WindowSettings()
    first = open_desk(settings=settings)
    first.panel.set_mode("race")
    QTest.keyClick(first.panel.race.picker.checks["too-low"], Qt.Key.Key_Space)
    second = open_desk(settings=settings)
    second.panel.set_mode("race")
    assert second.panel.race.picker.text() == "good; no-warmup; too-high"
    assert not second.panel.race.picker.checks["too-low"].isChecked()


@pytest.mark.parametrize("key", ["race", "range"])
def test_the_norms_are_chosen_in_the_labs(desk, key):
    desk.panel.set_mode(key)
    mode = getattr(desk.panel, key)
    mode.norms.words.setFocus()
    QTest.keyClick(mode.norms.words, Qt.Key.Key_Right)
    assert mode.controls.form.value().form == "pre-norm"
    mode.controls.form.set_values({"form": "post-norm"})
    assert mode.norms.words.current() == "post-norm"


# ---- the range test


def test_a_range_test_is_read_against_its_rates():
    reading = range_of(history(range_events()))
    assert len(reading.rates) == len(reading.losses) == 120
    assert reading.rates[0] == pytest.approx(1e-6)
    assert reading.suggested == 3e-3
    assert [key for key, *_ in reading.marks] == ["steepest", "suggested", "diverges"]
    assert "3e-3" in range_headline(reading)
    low, high = reading.loss_span()
    assert low < reading.losses.min() < 6 < high < 9


@pytest.mark.parametrize(
    "fields", [{}, {"suggested": "much"}, {"suggested": 0.0, "why": "It hardly moved."}, {"why": 3}]
)
def test_a_range_test_without_a_rate_suggests_none(fields):
    found = range_of(history([*range_events(done=False), Record(step=120, name="range", fields=fields)]))
    assert found.suggested is None
    assert found.marks == ()
    assert range_of(None) is None


def test_the_suggested_rate_becomes_the_peak(open_desk, tmp_path):
    write_run(tmp_path / "runs", "range-test", range_events())
    desk = open_desk()
    desk.panel.set_mode("range")
    desk.window.bench.desk.finish_reading()
    hero = desk.panel.range.hero
    assert hero.use.isVisible()
    assert "falls fastest" in hero.why.text()
    assert set(hero.plot.model.series) == {"loss", "smoothed", "suggested", "steepest", "diverges"}
    QTest.mouseClick(hero.use, LEFT)
    assert desk.panel.mode == "shape"
    assert desk.panel.sketch.schedule.peak == 3e-3


# ---- the landscape


def test_a_landscape_is_read_with_its_paths():
    found = landscape_of(history(landscape_events()))
    assert found.values.shape == (41, 41)
    assert found.values.min() > 0.5
    assert [path.key for path in found.paths] == list(RUNNERS)
    path = found.paths[0]
    x, y = path.until(105)
    assert len(x) == len(y) == 12
    assert path.x[10] <= x[-1] <= path.x[11] or path.x[11] <= x[-1] <= path.x[10]
    assert path.until(-5)[0].shape == (1,)
    assert found.outside(found.paths[2], 200)
    assert not found.outside(found.paths[0], 200)


@pytest.mark.parametrize(
    "plane",
    [{}, {"extent": None}, {"extent": [1, 0, 0, 1]}, {"extent": [0, float("nan"), 0, 1]}, {"extent": "abcd"}],
)
def test_a_surface_without_a_plane_is_none(plane):
    events = [RunStarted(lab="landscape"), Record(step=0, name="plane", fields=plane)]
    events.append(Snapshot(step=1, name="surface", array=np.zeros((5, 5), np.float32)))
    assert landscape_of(history(events)) is None


@pytest.mark.parametrize(
    "fields",
    [
        {},
        {"x": [1, 2], "y": [1], "steps": [0, 1]},
        {"x": [], "y": [], "steps": []},
        {"x": [1, 2], "y": [1, 2], "steps": [3, 3]},
        {"x": "ab", "y": [1], "steps": [0]},
    ],
)
def test_damaged_paths_are_left_out(fields):
    events = [event for event in landscape_events() if not getattr(event, "name", "").endswith("/path")]
    assert landscape_of(history([*events, Record(step=2, name="x/path", fields=fields)])).paths == ()


def test_paths_grow_with_the_time_and_shrink_when_scrubbed_back(open_desk, tmp_path):
    write_run(tmp_path / "runs", "landscape", landscape_events())
    desk = open_desk()
    desk.panel.set_mode("landscape")
    desk.window.bench.desk.finish_reading()
    hero = desk.panel.landscape.hero

    def lengths() -> dict[str, int]:
        return {key: len(overlay.x) for key, overlay in hero.plot._overlays.items()}

    assert lengths() == dict.fromkeys(RUNNERS, 21)
    assert "Too high left it" in hero.title.text()
    hero.transport.set_time(0.0)
    start = lengths()
    assert start == dict.fromkeys(RUNNERS, 1)
    hero.transport.set_time(5.0)
    middle = lengths()
    hero.transport.set_time(10.0)
    hero.transport.set_time(5.0)
    assert lengths() == middle
    QTest.mouseClick(hero.whole, LEFT)
    assert len(lengths()) == 2 * len(RUNNERS)
    QTest.mouseClick(hero.whole, LEFT)
    assert lengths() == middle


def test_a_landscape_starts_from_the_newest_race(open_desk, tmp_path):
    root = tmp_path / "runs"
    run = write_run(root, "race", race_events(), RaceConfig(steps=200))
    folder = RunStore(root).open(run)
    folder.checkpoint_path(200).write_bytes(b"weights")
    desk = open_desk()
    desk.ready()
    desk.panel.set_mode("landscape")
    assert desk.panel.landscape.race.value() == run
    QTest.mouseClick(desk.panel.landscape.controls.run_bar.buttons["start"], LEFT)
    assert desk.session.made("begin")[0][3] == run


# ---- room


@pytest.mark.parametrize("size", [(1024, 768), (1280, 720), (1366, 768), (1920, 1080)])
def test_every_mode_fits_at_any_size(open_desk, tmp_path, size):
    root = tmp_path / "runs"
    write_run(root, "race", race_events(), RaceConfig(steps=200))
    write_run(root, "range-test", range_events())
    write_run(root, "landscape", landscape_events())
    desk = open_desk(size)
    for key in desk.panel.modes():
        desk.panel.set_mode(key)
        desk.window.bench.desk.finish_reading()
        settle(desk.window)
        assert cut_off(desk.window) == []
        assert overlaps(desk.window) == []
        assert desk.panel._modes[key].scene.height() >= 0.3 * desk.panel.height()
        scroll = getattr(desk.panel._modes[key].controls, "_scroll", None)
        if scroll is not None:
            cut = scroll.widget().minimumSizeHint().width() - scroll.viewport().width()
            assert cut <= 5  # four of which are empty
