from __future__ import annotations

import itertools
import json

import pytest
from data_fakes import funnel_fields
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest

from simulator.runs.events import Metrics, Progress, Record, RunFailed, RunStarted
from simulator.s01_data.config import DataConfig
from simulator.s01_data.help_config import HelpConfig
from widgets.s01_data.data_controls import MAIN, folded_groups
from widgets.s01_data.geometry.flow import EmptyFlowScene, FlowScene

LEFT = Qt.MouseButton.LeftButton


def click_scene(desk, canvas, wanted):
    """Click the middle of the first shape in the scene that has this key."""
    from widgets.scene.shapes import bounds

    width, height = canvas.logical_size()
    shapes = canvas.scene.frame(canvas.time, width, height)
    area = next(bounds(shape) for shape in reversed(shapes) if shape.key == wanted and bounds(shape))
    place = QPoint(round(area[0] + min(area[2], 20) / 2), round(area[1] + area[3] / 2))
    desk.bot.mouseClick(canvas, LEFT, pos=place)


def start(desk):
    desk.ready()
    desk.bot.mouseClick(desk.panel.controls.run_bar.buttons["start"], LEFT)


def test_without_a_run_every_mode_teaches_and_offers_one_button(empty):
    panel = empty.panel
    assert isinstance(panel.hero.canvas.scene, EmptyFlowScene)
    assert not panel.hero.pages_button.isEnabled()
    assert panel.truth.empty.isVisible()
    assert panel.packed.empty.isVisible()
    assert panel.controls.run_bar.buttons["start"].isVisible()
    panel.set_mode("duplicates")
    assert panel.duplicates.pair is not None
    assert 0.5 < panel.duplicates.pair.exact < 1
    panel.set_mode("help")
    assert panel.help_controls.run_bar.buttons["start"].isVisible()


def test_the_run_on_disk_fills_every_part(desk):
    panel = desk.panel
    report = json.loads((desk.root / "data-0001" / "report.json").read_text())
    assert panel.hero.scene.funnel.read == report["documents"] == 200
    assert panel.hero.scene.funnel.kept == report["kept"]
    assert f"{report['kept']:,}" in panel.hero.title.text()
    assert {score.title for score in panel.truth.scores} == {row["title"] for row in report["truth"]}
    for score, row in zip(panel.truth.scores, report["truth"], strict=True):
        assert (score.precision, score.recall) == (row["precision"], row["recall"])
    assert panel.packed.packed.tokens == report["tokens"]
    assert panel.hero.transport.time == panel.hero.transport.duration
    panel.set_mode("duplicates")
    assert len(panel.duplicates.clusters) >= 1


def test_a_recording_that_comes_with_the_program_is_shown_and_can_be_played_again(open_desk, small_run):
    desk = open_desk(recorded=small_run / "data-0001")
    panel, view = desk.panel, desk.window.bench.view("data")
    assert view.recording
    assert panel.hero.scene.funnel.read == 200
    view.seek(0.0)
    assert not panel.hero.scene or panel.hero.scene.funnel.read < 200
    assert not panel.hero.pages_button.isEnabled()
    view.seek(1.0)
    assert panel.hero.scene.funnel.read == 200
    assert panel.hero.pages_button.isEnabled()


def test_start_sends_what_the_form_and_the_folds_say(empty):
    panel = empty.panel
    fold = panel.controls.folds["Gopher quality rules"]
    fold.set_open(True)
    fold.form.set_values({"min_words_limit": 77, "max_hashes": False})
    panel.controls.form.set_values({"pages": 300, "near_duplicates": False})
    start(empty)
    ((_, lab, config, _),) = empty.session.made("begin")
    assert lab == "data"
    assert isinstance(config, DataConfig)
    assert (config.min_words_limit, config.max_hashes) == (77, False)
    assert (config.pages, config.near_duplicates) == (300, False)


def test_every_setting_is_somewhere_and_only_once():
    folded = list(itertools.chain(*folded_groups().values()))
    names = [item.name for item in DataConfig.settings()]
    assert sorted([*MAIN, *folded]) == sorted(names)


def test_an_opened_fold_comes_into_sight(empty):
    controls = empty.panel.controls
    for name in ("C4 rules", "Gopher quality rules"):
        fold = controls.folds[name]
        fold.set_open(True)
        empty.bot.wait(20)
        place = fold.mapTo(controls._scroll.viewport(), QPoint(0, 0)).y()
        assert -2 <= place < controls._scroll.viewport().height() / 2


def test_a_profile_and_a_reset_reach_the_open_folds(empty):
    controls = empty.panel.controls
    fold = controls.folds["Gopher quality rules"]
    fold.set_open(True)
    fold.form.set_values({"min_words_limit": 77})
    assert controls.form.values_dict()["min_words_limit"] == 77
    controls.form.reset()
    assert fold.form.values_dict()["min_words_limit"] == 50
    controls.form.set_values({"min_words_limit": 99})
    assert fold.form.values_dict()["min_words_limit"] == 99


def test_a_wrong_path_is_told_by_its_field(empty):
    panel = empty.panel
    entry = panel.controls.form.field("source").entry
    entry.setFocus()
    entry.selectAll()
    QTest.keyClicks(entry, "/no/such/crawl.warc.gz")
    start(empty)
    ((_, _, config, _),) = empty.session.made("begin")
    assert config.source == "/no/such/crawl.warc.gz"
    empty.session.feed(
        RunFailed(
            kind="input", message="There is no file or folder /no/such/crawl.warc.gz.", hint="Check the path."
        )
    )
    empty.session.state, empty.session.run_id = "ready", ""
    empty.drained()
    told = panel.controls.form.field("source").message() + panel.controls.problem.text()
    assert "There is no file or folder" in told


def test_a_live_run_grows_and_ends_and_can_be_stopped(empty):
    panel = empty.panel
    start(empty)
    empty.session.feed(RunStarted(lab="data", total_steps=2000, facts={"toy": True}))
    kept = []
    for index, scale in enumerate((0.1, 0.5)):
        step = round(2000 * scale)
        empty.session.feed(
            Metrics(
                steps=(step,), values={"documents_per_second": (150.0,), "kept_quality": (600.0 * scale,)}
            ),
            Progress(step=step, total=2000, seconds_left=9.0, phase="Reading pages"),
            Record(step=step, name="funnel", fields=funnel_fields(scale, tokens=False)),
        )
        empty.drained()
        kept.append(panel.hero.scene.funnel.kept)
        assert panel.hero.scene.funnel.read == step
        drawn = panel.kept.plot.model.series["quality"].x
        assert len(drawn) == index + 1
        assert drawn[-1] == step
    assert kept[0] < kept[1]
    assert "Reading pages" in panel.controls.run_bar.words()
    empty.bot.mouseClick(panel.controls.run_bar.buttons["stop"], LEFT)
    assert panel.controls.run_bar.state == "stopping"
    empty.session.finish("stopped")
    empty.drained()
    assert panel.controls.run_bar.state == "stopped"
    assert panel.hero.scene.funnel.read == 1000


def test_closing_in_mid_run_ends_the_engine(empty):
    start(empty)
    empty.session.feed(
        RunStarted(lab="data", total_steps=2000),
        Record(step=100, name="funnel", fields=funnel_fields(0.1, tokens=False)),
    )
    empty.drained()
    empty.window.close()
    assert not empty.window.isVisible()
    assert empty.session.made("shutdown") == [("shutdown", "running")]


def test_a_live_stream_flows_on_when_motion_is_wanted(empty):
    from widgets.theme import theme

    theme().set_reduce_motion(False)
    start(empty)
    empty.session.feed(
        RunStarted(lab="data", total_steps=2000),
        Record(step=100, name="funnel", fields=funnel_fields(0.1, tokens=False)),
    )
    empty.drained()
    hero = empty.panel.hero
    assert hero.transport.playing
    assert hero.transport.time >= hero.scene.loop_start
    hero.transport.set_time(hero.scene.duration - 0.001)
    empty.bot.waitUntil(lambda: hero.transport.time < hero.scene.duration - 1, timeout=2000)
    assert hero.transport.playing
    empty.session.finish()
    empty.drained()
    hero.transport.set_time(hero.scene.duration - 0.001)
    empty.bot.waitUntil(lambda: not hero.transport.playing, timeout=2000)


def test_tokens_and_documents_are_two_looks_at_one_run(desk):
    hero = desk.panel.hero
    QTest.keyClick(hero.unit, Qt.Key.Key_Right)
    assert hero.scene.funnel.unit == "tokens"
    extract = hero.scene.funnel.step("extract")
    assert extract.drops[0].reason == "trimmed"
    QTest.keyClick(hero.unit, Qt.Key.Key_Left)
    assert hero.scene.funnel.unit == "documents"


def test_a_click_on_a_step_goes_to_its_mark_and_keys_walk_the_steps(desk):
    hero = desk.panel.hero
    click_scene(desk, hero.canvas, "step:quality")
    assert hero.transport.time == hero.scene.time_of("quality")
    assert hero.title.text().startswith("Quality:")
    before = hero.canvas.scene.frame(hero.canvas.time, 800, 250)
    desk.panel.step(1)
    assert hero.title.text().startswith("Deduplicate:")
    desk.panel.step(-1)
    assert hero.canvas.scene.frame(hero.canvas.time, 800, 250) == before
    desk.panel.step(2)
    assert hero.transport.time == hero.transport.duration


def test_a_click_on_a_reason_shows_such_pages_and_escape_goes_back(desk):
    hero = desk.panel.hero
    reason = hero.scene.funnel.step("dedup").drops[0].reason
    click_scene(desk, hero.canvas, f"reason:dedup:{reason}")
    assert hero.browsing
    assert hero.browser.shown
    assert {document.rule for document in hero.browser.shown} == {reason}
    assert hero.browser.list.hasFocus() or not desk.window.isActiveWindow()
    desk.bot.mouseClick(hero.browser.reason, LEFT)
    assert {document.fate for document in hero.browser.shown} == {"dedup"}
    QTest.keyClick(hero.browser.list, Qt.Key.Key_Escape)
    assert not hero.browsing


def test_the_arrow_keys_walk_the_pages_and_each_is_told_with_its_reason(desk):
    hero = desk.panel.hero
    desk.bot.mouseClick(hero.pages_button, LEFT)
    browser = hero.browser
    seen = {browser.document.index}
    for _ in range(len(browser.shown) - 1):
        QTest.keyClick(browser.list, Qt.Key.Key_Down)
        document = browser.document
        seen.add(document.index)
        words = browser.view.verdict.text()
        assert words == "Kept" if document.kept else words.startswith("Dropped: ")
        if document.value is not None and document.step == "quality":
            assert browser.view.measures.scene.decided == document.rule
            assert any(item.rule.name == document.rule and item.failed for item in browser.view._measured)
    assert seen == {document.index for document in browser.shown}


def test_the_fate_list_filters(desk):
    hero = desk.panel.hero
    hero.open_pages()
    browser = hero.browser
    for row in range(browser.fates.count()):
        browser.fates.setCurrentIndex(row)
        browser.fates.activated.emit(row)
        fate = browser.fates.currentData()
        assert all(fate in ("all", document.fate) for document in browser.shown)
        assert f"({len(browser.shown)})" in browser.fates.currentText() or fate == "all"


def test_limits_are_those_of_the_run_and_not_the_usual_ones(desk):
    hero = desk.panel.hero
    hero.open_pages()
    measured = hero.browser.view._measured
    assert next(item.limit for item in measured if item.rule.name == "min_words") == 60


def test_a_copy_leads_to_the_page_kept_in_its_place(desk):
    browser = desk.panel.hero.browser
    desk.panel.hero.open_pages("dedup")
    indices = {document.index for document in browser._documents}
    place = next(i for i, item in enumerate(browser.shown) if item.duplicate_of in indices)
    browser.list.choose(place)
    partner = browser.document.duplicate_of
    desk.bot.mouseClick(browser.view.partner, LEFT)
    assert browser.document.index == partner


def test_the_extracted_part_of_a_page_is_marked_and_the_rest_is_not(desk):
    hero = desk.panel.hero
    hero.open_pages("kept")
    document = hero.browser.document
    marked = "".join(document.html[mark.start : mark.end] for mark in hero.browser.view.page.marks)
    plain = document.html
    for mark in reversed(hero.browser.view.page.marks):
        plain = plain[: mark.start] + plain[mark.end :]
    words = [word for word in document.text.split() if len(word) > 4]
    assert sum(word in marked for word in words) / len(words) > 0.9
    assert "<nav" in plain or "<div" in plain


@pytest.mark.parametrize("size", [(1024, 768), (1280, 720), (1920, 1080)])
def test_every_mode_can_be_painted_at_every_size_in_both_themes(open_desk, small_run, size):
    from widgets.theme import set_theme

    desk = open_desk(small_run, size)
    for name in ("dark", "light"):
        set_theme(name)
        for mode in desk.panel.modes():
            desk.panel.set_mode(mode)
            assert not desk.window.grab().isNull()
    desk.panel.set_mode("pipeline")
    desk.panel.hero.open_pages()
    assert not desk.window.grab().isNull()
    assert isinstance(desk.panel.hero.scene, FlowScene)


def test_the_help_mode_starts_its_own_lab(empty):
    panel = empty.panel
    panel.set_mode("help")
    empty.ready()
    panel.help_controls.form.set_values({"compare": "quantity", "seeds": 2})
    empty.bot.mouseClick(panel.help_controls.run_bar.buttons["start"], LEFT)
    ((_, lab, config, _),) = empty.session.made("begin")
    assert lab == "cleaning"
    assert isinstance(config, HelpConfig)
    assert (config.compare, config.seeds) == ("quantity", 2)
