from __future__ import annotations

import dataclasses

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel
from window_fakes import DISK_FULL, predictions, record, small_run

from simulator.runs.spec import RunSpec
from simulator.runs.store import RunStore
from simulator.s02_objective.config import PretrainConfig


@pytest.fixture
def panel(desk):
    return desk.window.tab("s02_objective")


def start(desk, panel):
    desk.ready()
    desk.bot.mouseClick(panel.controls.run_bar.buttons["start"], Qt.MouseButton.LeftButton)


def test_starting_sends_the_forms_config_and_shows_the_run_as_it_comes(desk, panel):
    panel.controls.form.set_values({"steps": 100, "size": "0.1M"})
    start(desk, panel)
    ((_, lab, config, parent),) = desk.session.made("begin")
    assert (lab, parent) == ("pretrain", "")
    assert isinstance(config, PretrainConfig)
    assert (config.steps, config.size) == (100, "0.1M")
    desk.session.feed(*small_run()[:8])
    desk.drained()
    assert panel.controls.run_bar.state == "running"
    assert "10 s left" in panel.controls.run_bar.words()
    assert panel.loss.plot.model.references["floor"].value == pytest.approx(0.4)
    assert "pretrain-0001" in desk.window.status.texts()[1]
    desk.session.feed(*small_run()[8:])
    desk.session.finish()
    desk.drained()
    assert panel.controls.run_bar.state == "done"
    assert panel.samples.sample.step == 100
    assert panel.plain_words.words() == ("Learning well", "Close to the floor.")
    assert panel.hero.reading.step == 100


def test_pause_continue_stop_and_resume_reach_the_engine(desk, panel):
    start(desk, panel)
    desk.session.feed(*small_run()[:14])
    desk.drained()
    buttons = panel.controls.run_bar.buttons
    desk.bot.mouseClick(buttons["pause"], Qt.MouseButton.LeftButton)
    assert panel.controls.run_bar.state == "paused"
    desk.bot.mouseClick(buttons["continue"], Qt.MouseButton.LeftButton)
    assert panel.controls.run_bar.state == "running"
    desk.bot.mouseClick(buttons["stop"], Qt.MouseButton.LeftButton)
    assert panel.controls.run_bar.state == "stopping"
    desk.session.finish("stopped")
    desk.drained()
    assert panel.controls.run_bar.state == "stopped"
    record(desk.root, small_run()[:14], done=False)
    desk.bot.mouseClick(buttons["resume"], Qt.MouseButton.LeftButton)
    assert desk.session.made("resume") == [("resume", "pretrain-0001")]
    assert panel.controls.run_bar.state == "running"


def test_a_failed_run_says_why_by_the_controls(desk, panel):
    from simulator.runs.events import RunFailed

    start(desk, panel)
    desk.session.feed(
        *small_run()[:7],
        RunFailed(kind="memory", message="The device is out of memory.", hint="Use a smaller batch."),
    )
    desk.session.state, desk.session.run_id = "ready", ""
    desk.drained()
    assert panel.controls.run_bar.state == "failed"
    assert panel.controls.problem.text() == "The device is out of memory. Use a smaller batch."


def test_a_full_disk_is_told_by_the_controls_and_the_window_lives(desk, panel):
    desk.session.fails = DISK_FULL
    start(desk, panel)
    assert panel.controls.problem.isVisible()
    assert "disk is full" in panel.controls.problem.text()
    desk.session.fails = None
    desk.bot.mouseClick(panel.controls.run_bar.buttons["start"], Qt.MouseButton.LeftButton)
    assert panel.controls.run_bar.state == "running"
    assert not panel.controls.problem.isVisible()


def test_values_that_do_not_fit_together_are_told_and_nothing_starts(desk, panel):
    desk.ready()
    panel.controls.form.set_values({"heads": 7})
    desk.bot.mouseClick(panel.controls.run_bar.buttons["start"], Qt.MouseButton.LeftButton)
    assert desk.session.made("begin") == []
    assert not panel.controls.run_bar.buttons["start"].isEnabled()
    panel.controls.form.set_values({"heads": 0})
    assert panel.controls.run_bar.buttons["start"].isEnabled()


def test_the_engine_lost_in_mid_run_is_told_restarted_and_resumed(desk, panel):
    start(desk, panel)
    desk.session.feed(*small_run()[:14])
    desk.drained()
    record(desk.root, small_run()[:14], done=False)
    desk.session.die()
    desk.drained()
    banner = desk.window.banner
    assert "SIGKILL" in banner.text
    assert "new engine is starting" in banner.text
    assert desk.session.made("restart")
    assert panel.controls.run_bar.state == "stopped"
    desk.session.ready()
    desk.drained()
    desk.bot.mouseClick(banner.action_button, Qt.MouseButton.LeftButton)
    assert desk.session.made("resume") == [("resume", "pretrain-0001")]
    assert panel.hero.step == 50


def test_an_engine_that_keeps_dying_is_given_up_with_a_way_back(desk, panel):
    desk.ready()
    for _ in range(4):
        desk.session.die()
        desk.drained()
    assert len(desk.session.made("restart")) == 3
    assert desk.window.banner.action_button.text() == "Start the engine"
    assert panel.controls.run_bar.state == "off"
    desk.bot.mouseClick(desk.window.banner.action_button, Qt.MouseButton.LeftButton)
    assert len(desk.session.made("restart")) == 4


def test_closing_in_mid_run_hides_at_once_and_ends_the_engine(desk, panel):
    start(desk, panel)
    desk.window.close()
    assert not desk.window.isVisible()
    assert desk.session.made("shutdown") == [("shutdown", "running")]


def test_typed_text_is_asked_once_after_a_rest_and_the_answer_is_shown(desk, panel):
    start(desk, panel)
    desk.session.feed(*small_run())
    desk.drained()
    panel.hero.field.setFocus()
    desk.bot.keyClicks(panel.hero.field, "Tom has a cat")
    assert panel.hero.field.text() == "Tom has a cat"
    desk.bot.waitUntil(lambda: len(desk.session.made("query")) > 0, timeout=2000)
    assert desk.session.made("query") == [
        ("query", "predict", {"run": "pretrain-0001", "step": 100, "text": "Tom has a cat"})
    ]
    event = predictions(100, 0.7, ("<|endoftext|>", "Tom", " has", " a", " cat"))
    desk.session.answer(
        1,
        {
            name: getattr(event, name)
            for name in ("step", "tokens", "top_tokens", "top_probabilities", "true_probabilities")
        },
    )
    desk.drained()
    assert panel.hero.reading.tokens == ("[start]", "Tom", " has", " a", " cat")
    panel.hero.field.setText("Tom has")
    desk.bot.waitUntil(lambda: len(desk.session.made("query")) == 2, timeout=2000)
    desk.session.answer(2, error="The checkpoint is damaged.")
    desk.drained()
    assert panel.hero.message.text() == "The checkpoint is damaged."


def answer_to(desk, panel, text, words):
    """Type a text and let the engine read it as these tokens; the number of the query."""
    asked = len(desk.session.made("query"))
    panel.hero.field.setText(text)
    desk.bot.waitUntil(lambda: len(desk.session.made("query")) == asked + 1, timeout=2000)
    event = predictions(100, 0.7, words)
    desk.session.answer(
        asked + 1,
        {
            name: getattr(event, name)
            for name in ("step", "tokens", "top_tokens", "top_probabilities", "true_probabilities")
        },
    )
    desk.drained()


def test_a_typed_text_is_shown_at_its_end_and_enter_adds_what_comes_next(desk, panel):
    start(desk, panel)
    desk.session.feed(*small_run())
    desk.drained()
    assert not panel.hero.take_button.isVisible()
    answer_to(desk, panel, "Tom has", ("<|endoftext|>", "Tom", " has"))
    hero = panel.hero
    assert hero.canvas.scene.at(hero.transport.time) == 2
    assert hero.take_button.text() == "Add ·next"
    desk.bot.keyClick(hero.field, Qt.Key.Key_Return)
    assert hero.field.text() == "Tom has next"
    desk.bot.keyClick(hero.field, Qt.Key.Key_Return)  # no answer to this text yet
    assert hero.field.text() == "Tom has next"
    hero.field.clear()
    assert hero.reading.tokens[1] == "Nia"
    assert not hero.take_button.isVisible()


def test_a_click_on_a_candidate_goes_on_with_it_from_there(desk, panel):
    start(desk, panel)
    desk.session.feed(*small_run())
    desk.drained()
    hero = panel.hero
    hero.transport.set_time(hero.canvas.scene.time_of(2))
    hero.canvas.clicked.emit("candidate:1")
    assert hero.field.text() == "Nia haszzz"


def test_the_end_of_the_document_is_told_and_not_added(desk, panel):
    start(desk, panel)
    desk.session.feed(*small_run())
    desk.drained()
    answer_to(desk, panel, "Tom", ("<|endoftext|>", "Tom"))
    hero = panel.hero
    hero._show(dataclasses.replace(hero.reading, top_tokens=(("Tom", "x"), ("<|endoftext|>", "x"))))
    hero.take_button.click()
    assert hero.field.text() == "Tom"
    assert "ends the document" in hero.message.text()


def test_expert_settings_come_into_sight_when_unfolded(desk, panel):
    form = panel.controls.form
    scroll = panel.controls._scroll.verticalScrollBar()
    assert form.field("batch") is None
    form.set_expert_open(True)
    desk.bot.waitUntil(lambda: scroll.value() > 0, timeout=1000)
    assert scroll.value() == min(form.expert_top(), scroll.maximum())
    assert form.field("batch").isVisible()


@pytest.mark.parametrize("size", [(960, 640), (1024, 768), (1280, 720), (1920, 1080)], ids=str)
def test_no_line_of_the_form_is_wider_than_its_card(open_desk, size):
    controls = open_desk(size=size).window.tab("s02_objective").controls
    assert controls.form.minimumSizeHint().width() <= controls._scroll.viewport().width()


def test_a_late_answer_to_an_earlier_text_is_left_aside(desk, panel):
    start(desk, panel)
    desk.session.feed(*small_run())
    desk.drained()
    panel.hero.field.setText("one")
    desk.bot.waitUntil(lambda: len(desk.session.made("query")) == 1, timeout=2000)
    panel.hero.field.setText("two words")
    desk.session.answer(
        1,
        {
            "step": 100,
            "tokens": ["a", "b"],
            "top_tokens": [["b"], ["c"]],
            "top_probabilities": [[1.0], [1.0]],
            "true_probabilities": [1.0],
        },
    )
    desk.drained()
    assert panel.hero.reading is None or panel.hero.reading.tokens != ("a", "b")


@pytest.mark.parametrize(
    "result",
    [
        {},
        {"step": 1, "tokens": ["a"]},
        {
            "step": 1,
            "tokens": ["a", "b"],
            "top_tokens": [[], []],
            "top_probabilities": [[0.1], []],
            "true_probabilities": [0.5],
        },
    ],
)
def test_a_broken_answer_changes_nothing_but_the_message(desk, panel, result):
    start(desk, panel)
    desk.session.feed(*small_run())
    desk.drained()
    before = panel.hero.reading
    panel.hero.field.setText("x")
    desk.bot.waitUntil(lambda: len(desk.session.made("query")) == 1, timeout=2000)
    desk.session.answer(1, result)
    desk.drained()
    assert panel.hero.reading == before
    assert panel.hero.message.isVisible()


def test_the_step_slider_shows_what_earlier_weights_expected(desk, panel):
    start(desk, panel)
    desk.session.feed(*small_run())
    desk.drained()
    assert panel.hero.reading.probability(0) == pytest.approx(0.8)
    panel.hero.slider.setFocus()
    desk.bot.keyClick(panel.hero.slider, Qt.Key.Key_Left)
    assert panel.hero.step == 50
    assert panel.hero.reading.probability(0) == pytest.approx(0.5)
    desk.session.feed(predictions(150, 0.9))
    desk.drained()
    assert panel.hero.step == 50
    desk.bot.keyClick(panel.hero.slider, Qt.Key.Key_End)
    assert panel.hero.step == 150


def test_keys_play_and_step_the_scene_but_a_field_keeps_its_spaces(desk, panel):
    start(desk, panel)
    desk.session.feed(*small_run())
    desk.drained()
    transport = panel.hero.transport
    desk.bot.keyClick(desk.window, Qt.Key.Key_Home)
    assert transport.time == 0.0
    desk.bot.keyClick(desk.window, Qt.Key.Key_Right)
    first = transport.time
    assert first > 0.0
    desk.bot.keyClick(desk.window, Qt.Key.Key_End)
    assert transport.time == pytest.approx(transport.duration)
    desk.bot.keyClick(desk.window, Qt.Key.Key_Home)
    desk.bot.keyClick(desk.window, Qt.Key.Key_Space)
    assert transport.playing
    desk.bot.keyClick(desk.window, Qt.Key.Key_Space)
    assert not transport.playing
    panel.hero.field.setFocus()
    desk.bot.keyClick(panel.hero.field, Qt.Key.Key_Space)
    assert panel.hero.field.text() == " "
    assert not transport.playing


def test_earlier_samples_stay_in_sight_while_new_ones_come(desk, panel):
    start(desk, panel)
    events = small_run()
    desk.session.feed(*events[:14])
    desk.drained()
    desk.bot.mouseClick(panel.samples.earlier, Qt.MouseButton.LeftButton)
    assert panel.samples.sample.step == 0
    desk.session.feed(*events[14:])
    desk.drained()
    assert panel.samples.sample.step == 0
    desk.bot.mouseClick(panel.samples.later, Qt.MouseButton.LeftButton)
    desk.bot.mouseClick(panel.samples.later, Qt.MouseButton.LeftButton)
    assert panel.samples.sample.step == 100


def test_the_numbers_of_the_run(desk, panel):
    start(desk, panel)
    desk.session.feed(*small_run())
    desk.drained()

    shown = [label.text() for label in panel.numbers.findChildren(QLabel)]
    assert "1.333" in shown
    assert "0.667" in shown
    assert "21k" in shown
    assert "233 %" in shown


def test_the_ribbon_shows_the_progress_of_the_run_and_then_that_it_is_done(desk, panel):
    start(desk, panel)
    desk.session.feed(*small_run()[:14])
    desk.drained()
    button = desk.window.ribbon.button("s02_objective")
    assert button.progress == pytest.approx(0.5)
    record(desk.root, small_run())
    desk.session.finish()
    desk.drained()
    assert button.progress == -1
    assert button.state == "done"


def test_form_values_come_back_and_bad_ones_are_left_out(open_desk, settings):
    settings.forms["pretrain"] = {"steps": 77, "size": "elephant", "nonsense": 3, "batch": -5}
    first = open_desk()
    form = first.window.tab("s02_objective").controls.form
    assert (form.value().steps, form.value().size, form.value().batch) == (
        77,
        PretrainConfig().size,
        PretrainConfig().batch,
    )
    form.set_values({"steps": 88})
    assert settings.forms["pretrain"]["steps"] == 88


def test_a_corpus_that_is_not_there_is_told_by_its_field(desk, panel):
    from simulator.runs.events import RunFailed

    start(desk, panel)
    desk.session.feed(
        RunFailed(kind="input", message="There is no file '/nope'.", hint="Check the spelling.")
    )
    desk.session.state, desk.session.run_id = "ready", ""
    desk.drained()
    words = "There is no file '/nope'. Check the spelling."
    assert not panel.controls.problem.isVisible()
    said = [label.text() for label in panel.controls.form.field("corpus").findChildren(QLabel)]
    assert words in said
    assert panel.controls.run_bar.buttons["start"].isVisible()
    assert not panel.controls.run_bar.buttons["resume"].isVisible()
    assert desk.window.status.texts()[2] == "No model yet"
    desk.bot.mouseClick(panel.controls.run_bar.buttons["start"], Qt.MouseButton.LeftButton)
    assert panel.controls.run_bar.state == "running"
    assert not panel.controls.problem.isVisible()


def test_a_run_starts_from_an_earlier_one_when_chosen(desk, panel):
    field = panel.controls.start_field
    assert field.combo.currentText() == "random weights"
    folder = RunStore(desk.root).create(RunSpec.new("pretrain", PretrainConfig()))
    field.combo.list_runs()
    assert field.combo.count() == 1  # a run without weights is no start
    folder.checkpoint_path(60).write_bytes(b"weights")
    field.combo.list_runs()
    assert field.combo.itemText(1) == f"{folder.id}, step 60"
    field.combo.setCurrentIndex(1)
    start(desk, panel)
    ((*_, parent),) = desk.session.made("begin")
    assert parent == folder.id


def test_a_finished_run_rests_where_its_last_weights_have_most_to_say(desk, panel):
    start(desk, panel)
    desk.session.feed(*small_run())
    desk.drained()
    hero = panel.hero
    hero.transport.set_time(0.0)
    hero._placed = 0.0  # as if an early reading had been placed there
    desk.session.finish()
    desk.drained()
    assert hero.transport.time == hero.resting_time() > 0


def test_a_place_that_the_user_chose_stays_when_the_run_ends(desk, panel):
    start(desk, panel)
    desk.session.feed(*small_run())
    desk.drained()
    panel.hero.transport.set_time(0.1)
    desk.session.finish()
    desk.drained()
    assert panel.hero.transport.time == pytest.approx(0.1)
