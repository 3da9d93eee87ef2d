"""Every control of the four modes, driven as a user would, with a fake engine."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from objective_fakes import TOKENS, answer, inside_answer, write_answer
from PySide6.QtCore import QPoint, Qt
from window_fakes import record, small_run

from simulator.runs.events import (
    CheckpointSaved,
    Metrics,
    Predictions,
    Record,
    RunStarted,
    Snapshot,
)
from simulator.s02_objective.masks import full_mask
from widgets.s02_objective.geometry import EmptyScene, ObjectiveScene
from widgets.s02_objective.geometry.sampling import SamplingScene
from widgets.scene.shapes import bounds

LEFT = Qt.MouseButton.LeftButton
HEROES = {"objectives": "hero", "side": "side", "inside": "inside", "generate": "playground"}


@pytest.fixture
def panel(desk):
    return desk.window.tab("s02_objective")


def trained(desk, panel):
    """A finished causal run on show."""
    desk.ready()
    desk.bot.mouseClick(panel.controls.run_bar.buttons["start"], LEFT)
    desk.session.feed(*small_run())
    desk.session.finish()
    desk.drained()


def press(desk, control, key):
    """Click a segment of a segmented control."""
    index = [choice for choice, _ in control._choices].index(key)
    desk.bot.mouseClick(control, LEFT, pos=control._areas()[index].center().toPoint())


def press_shape(desk, hero, key):
    """Click what has a key in a scene."""
    canvas = hero.canvas
    for shape in reversed(canvas.scene.frame(canvas.time, *canvas.logical_size())):
        if shape.key == key:
            x, y, w, h = bounds(shape)
            desk.bot.mouseClick(canvas, LEFT, pos=QPoint(round(x + w / 2), round(y + h / 2)))
            return
    raise AssertionError(f"nothing has the key {key}")


def asked(desk, count, kind=""):
    """Wait for so many queries, and give the last one's arguments."""
    desk.bot.waitUntil(lambda: len(queries(desk, kind)) >= count, timeout=2000)
    assert len(queries(desk, kind)) == count
    return queries(desk, kind)[-1]


def queries(desk, kind=""):
    return [arguments for _, name, arguments in desk.session.made("query") if kind in ("", name)]


def masked_answer(**changes):
    inputs = ("<|endoftext|>", "Nia", "[MASK]", " a", "[MASK]", ".")
    targets = ("", "", " has", "", " fox", "")
    return {**answer("masked", TOKENS, inputs, targets, full_mask(6)), "chosen": [2, 4], **changes}


# ---- objectives


def test_another_objective_is_asked_for_the_same_text_and_the_mismatch_is_told(desk, panel):
    trained(desk, panel)
    hero = panel.hero
    press(desk, hero.objective, "masked")
    assert asked(desk, 1) == {
        "run": "pretrain-0001", "step": 100, "text": "Nia has a fox.", "objective": "masked",
    }  # fmt: skip
    desk.session.answer(1, masked_answer())
    desk.drained()
    assert isinstance(hero.canvas.scene, ObjectiveScene)
    assert hero.reading.tokens[2] == "[MASK]"
    assert hero.message.text() == "These weights learned “Causal”, not “Masked”: expect poor guesses."
    assert hero.offer_button.isVisible()
    press(desk, hero.objective, "causal")
    assert hero.reading.objective == "causal"
    assert not hero.message.isVisible()
    assert not hero.offer_button.isVisible()
    assert len(queries(desk)) == 1  # the causal reading is in the record


def test_a_model_of_the_objective_is_trained_by_one_click(desk, panel):
    trained(desk, panel)
    press(desk, panel.hero.objective, "infill")
    asked(desk, 1)
    desk.session.answer(1, error="This model does not know the special tokens.")
    desk.drained()
    assert isinstance(panel.hero.canvas.scene, EmptyScene)
    assert "special tokens" in panel.hero.message.text()
    desk.bot.mouseClick(panel.hero.offer_button, LEFT)
    assert panel.controls.form.value().objective == "infill"
    assert desk.session.made("begin")[-1][2].objective == "infill"


def test_clicks_hide_and_show_tokens_and_a_button_draws_anew(desk, panel):
    trained(desk, panel)
    hero = panel.hero
    press(desk, hero.objective, "masked")
    asked(desk, 1)
    desk.session.answer(1, masked_answer())
    desk.drained()
    press_shape(desk, hero, "token:3")
    assert asked(desk, 2)["chosen"] == [2, 3, 4]
    desk.session.answer(2, masked_answer())
    desk.drained()
    press_shape(desk, hero, "token:2")
    assert asked(desk, 3)["chosen"] == [3, 4]
    desk.bot.mouseClick(hero.draw_button, LEFT)
    again = asked(desk, 4)
    assert again["seed"] == 1
    assert "chosen" not in again
    desk.bot.mouseClick(hero.draw_button, LEFT)
    assert asked(desk, 5)["seed"] == 2
    hero.field.setText("Tom")
    typed = asked(desk, 6)
    assert typed["text"] == "Tom"
    assert "seed" not in typed


@pytest.mark.parametrize("key", ["spans", "prefix", "infill"])
def test_other_objectives_draw_other_places(desk, panel, key):
    trained(desk, panel)
    hero = panel.hero
    press(desk, hero.objective, key)
    asked(desk, 1)
    desk.session.answer(1, {**masked_answer(), "objective": key})
    desk.drained()
    desk.bot.mouseClick(hero.draw_button, LEFT)
    first = asked(desk, 2)["chosen"]
    assert all(1 <= place < 6 for place in first)
    desk.bot.mouseClick(hero.draw_button, LEFT)
    assert asked(desk, 3)["chosen"] != first


def test_a_model_of_the_other_lab_that_learned_it_reads_without_the_engine(desk, panel):
    trained(desk, panel)
    pairs(desk, panel)
    panel.set_mode("objectives")
    press(desk, panel.hero.objective, "masked")
    assert panel.hero.reading.objective == "masked"
    assert panel.hero.weights.model == "right"
    assert panel.hero.step == 50
    assert queries(desk) == []
    panel.hero.field.setText("Nia has")
    sent = asked(desk, 1)
    assert (sent["model"], sent["text"], sent["step"]) == ("right", "Nia has", 50)


def test_an_engine_that_is_not_ready_is_told_and_asked_again_when_it_is(desk, panel):
    run = record(desk.root, small_run())
    panel._runs.show_run(run)
    panel._runs.finish_reading()
    panel.hero.field.setText("Tom has")
    desk.bot.waitUntil(panel.hero.message.isVisible, timeout=2000)
    assert "not ready" in panel.hero.message.text()
    assert queries(desk) == []
    desk.ready()
    assert asked(desk, 1)["text"] == "Tom has"


def test_a_text_of_the_user_moves_to_the_step_that_has_weights(desk, panel):
    trained(desk, panel)
    hero = panel.hero
    hero.steps.choose(50)
    assert hero.reading.step == 50
    hero.field.setText("Tom has")
    assert asked(desk, 1)["step"] == 50
    hero.steps.choose(0)
    assert asked(desk, 2)["step"] == 0


def test_a_recording_wound_back_shows_nothing_from_its_future(desk, panel):
    events = [
        dataclasses.replace(event, time=event.step / 50) if isinstance(event, Predictions) else event
        for event in small_run()
    ]
    run = record(desk.root, events)
    runs = panel._runs
    runs.show_run(run)
    runs.finish_reading()
    hero = panel.hero
    hero.steps.choose(50)
    runs.seek(0.3)
    assert hero.step == 0
    assert hero.reading.step == 0
    runs.seek(1.0)
    hero.steps.choose(100)
    assert hero.reading.step == 100


def test_hovering_a_place_says_what_is_asked_there_and_what_a_click_does(desk, panel):
    trained(desk, panel)
    press(desk, panel.hero.objective, "masked")
    asked(desk, 1)
    desk.session.answer(1, masked_answer())
    desk.drained()
    assert panel.hero._hint("token:2").startswith("Must say ·has: probability 60 %")
    assert panel.hero._hint("token:2").endswith("click to show it")
    assert panel.hero._hint("token:3") == "click to hide it"
    assert panel.hero._hint("mask:0:5") == "Token 1 “[start]” may look at token 6 “.”"


# ---- side by side


def pair_events():
    """A run of the lab of two objectives: two steps, what both wrote, what both see."""
    events = [
        RunStarted(
            lab="objectives",
            total_steps=50,
            facts={"objectives": ["causal", "masked"], "floors": {"causal": 0.4, "masked": None},
                   "baselines": {"causal": 5.1, "masked": 5.3}},
        )
    ]  # fmt: skip
    for step in (0, 50):
        values = {
            f"{name}/{kind}": (2.0,) for name in ("causal", "masked") for kind in ("loss", "validation_loss")
        }
        events.append(
            Metrics(steps=(step,), values={**values, "causal/accuracy": (0.6,), "masked/accuracy": (0.2,)})
        )
        for name in ("causal", "masked"):
            maps = np.full((2, 2, 6, 6), 1 / 6, np.float16)
            points = np.eye(6, 2, dtype=np.float32) * (step + 1)
            events += [
                Snapshot(step=step, name=f"{name}/attention", array=maps, labels=TOKENS),
                Snapshot(step=step, name=f"{name}/embedding", array=points, labels=TOKENS),
            ]
        events.append(Record(step=step, name="masked/reading", fields={**masked_answer(), "step": step}))
        for number in (0, 1) if step else (0,):
            for name, method in (
                ("causal", "left to right"),
                ("masked", "one mask at a time"),
                ("masked", "all masks at once"),
            ):
                if name == "masked" and method.startswith("all") and not step:
                    continue
                fields = {**write_answer(f"Start {number}", 4), "objective": name, "method": method, "number": number,
                          "possible": name == "causal", "read": 9, "read_share": 0.25}  # fmt: skip
                events.append(Record(step=step, name=f"{name}/writing", fields=fields))
        events.append(CheckpointSaved(step=step, file=f"step-{step:08d}.safetensors"))
    results = {"causal": {"left to right": {"possible": 0.5, "read_share": 0.8}},
               "masked": {"one mask at a time": {"possible": 0.0, "read_share": 0.1}}}  # fmt: skip
    events.append(Record(step=50, name="generation", fields={"beginnings": 24, "results": results}))
    return events


def pairs(desk, panel):
    """A finished run of the lab of two objectives on show."""
    panel.set_mode("side")
    desk.bot.mouseClick(panel.side_controls.run_bar.buttons["start"], LEFT)
    desk.session.feed(*pair_events())
    desk.session.finish()
    desk.drained()


def test_two_objectives_are_trained_and_their_curves_and_texts_come_in(desk, panel):
    desk.ready()
    panel.set_mode("side")
    assert isinstance(panel.side.canvas.scene, EmptyScene)
    assert not panel.side.play_button.isEnabled()
    pairs(desk, panel)
    begun = desk.session.made("begin")[-1]
    assert (begun[1], begun[2].left, begun[2].right) == ("objectives", "causal", "masked")
    references = panel.losses.plot.model.references
    assert references["causal/floor"].value == pytest.approx(0.4)
    assert references["masked/baseline"].value == pytest.approx(5.3)
    assert "masked/floor" not in references or references["masked/floor"].value is None
    assert "2.000" in panel.side_numbers.losses[0]._value.text()
    assert "60 %" in panel.side_numbers.shares[0]._value.text()
    left, right = panel.side.scene.lanes
    assert (left.title, right.title) == ("Causal", "Masked")
    assert left.verdict == "Grammar: the toy world could have written this"
    assert right.verdict == "Grammar: it follows 25 % of this text"
    assert right.summary == "All 24 beginnings: follows 10 %, 0 % are possible"
    assert "Start 1" in panel.texts.reader.toPlainText() or "Start 0" in panel.texts.reader.toPlainText()


def test_ways_beginnings_and_steps_choose_what_is_shown(desk, panel):
    desk.ready()
    pairs(desk, panel)
    side = panel.side
    assert side.method.isVisible()
    press(desk, side.method, "all masks at once")
    assert side.scene.lanes[1].method == "all masks at once"
    press(desk, side.beginning, "2")
    assert side.scene.lanes[0].writing.prompt == "Start 1"
    side.steps.choose(0)
    assert not side.method.isVisible()
    assert side.scene.lanes[1].method == "one mask at a time"
    desk.bot.mouseClick(side.play_button, LEFT)
    assert side.transport.playing
    assert side.transport.time < 0.5


def test_a_prompt_of_the_user_lets_both_write(desk, panel):
    desk.ready()
    pairs(desk, panel)
    side = panel.side
    side.field.setText("Nia has")
    asked(desk, 2, "write")
    first, second = queries(desk, "write")
    assert (first["prompt"], first["step"], first.get("model", "")) == ("Nia has", 50, "")
    assert (second["model"], second["method"]) == ("right", "one mask at a time")
    desk.session.answer(1, write_answer("Nia has", 3))
    desk.drained()
    assert side.scene.lanes[0].writing.text == "Nia has t0 t1 t2"
    assert side.scene.lanes[1].writing is None
    desk.session.answer(
        2, {**write_answer("Nia has", 2), "method": "one mask at a time", "objective": "masked"}
    )
    desk.drained()
    assert side.scene.lanes[1].writing.text == "Nia has t0 t1"
    side.field.clear()
    assert side.scene.lanes[0].writing.prompt == "Start 0"


# ---- inside


def learned_inside(desk, panel):
    """A run on show with pictures of its inside, and the mode that shows them."""
    desk.ready()
    desk.bot.mouseClick(panel.controls.run_bar.buttons["start"], LEFT)
    desk.session.feed(*small_run())
    for step in (0, 50, 100):
        maps = np.full((2, 3, 6, 6), 1 / 6, np.float16)
        points = np.random.default_rng(step).normal(size=(12, 2)).astype(np.float32)
        labels = tuple(f" w{index}" for index in range(12))
        desk.session.feed(
            Snapshot(step=step, name="attention", array=maps, labels=TOKENS),
            Snapshot(step=step, name="embedding", array=points, labels=labels),
        )
    desk.session.finish()
    desk.drained()
    panel.set_mode("inside")


def test_pictures_of_the_inside_come_in_and_time_follows_the_newest(desk, panel):
    learned_inside(desk, panel)
    scene = panel.inside.scene
    assert [mark.title for mark in scene.marks] == ["step 0", "step 50", "step 100"]
    assert scene.step_at(panel.inside.transport.time) == 100
    desk.bot.keyClick(desk.window, Qt.Key.Key_Home)
    assert scene.step_at(panel.inside.transport.time) == 0
    desk.bot.keyClick(desk.window, Qt.Key.Key_Right)
    assert panel.inside.scene.step_at(panel.inside.transport.time) == 50


def test_a_head_and_a_token_are_chosen_by_clicks_and_the_time_stays(desk, panel):
    learned_inside(desk, panel)
    panel.inside.transport.set_time(panel.inside.scene.marks[1].time)
    press_shape(desk, panel.inside, "head:1:2")
    assert (panel.inside.focus_on.layer, panel.inside.focus_on.head) == (1, 2)
    press_shape(desk, panel.inside, "query:3")
    assert panel.inside.focus_on.query == 3
    assert panel.inside.scene.step_at(panel.inside.transport.time) == 50
    panel.inside.canvas.hovered.emit("look:3:1")
    assert panel.inside.reading.text() == "“a” gives “Nia” 17 % of its attention"


def test_every_checkpoint_looks_at_a_text_of_the_user(desk, panel):
    learned_inside(desk, panel)
    panel.inside.field.setText("Tom has")
    assert asked(desk, 1, "inside") == {"run": "pretrain-0001", "text": "Tom has", "step": 100}
    for number, step in ((1, 100), (2, 50), (3, 0)):
        desk.session.answer(number, inside_answer(step))
        desk.drained()
    assert len(queries(desk, "inside")) == 3
    assert [frame.step for frame in panel.inside.scene.frames] == [0, 50, 100]
    assert panel.inside.scene.tokens == ("[start]", "Tom", " has")
    panel.inside.field.clear()
    assert panel.inside.scene.tokens[1] == "Nia"


def test_the_models_of_a_pair_can_be_looked_into_too(desk, panel):
    learned_inside(desk, panel)
    pairs(desk, panel)
    panel.set_mode("inside")
    assert panel.inside.source.isVisible()
    press(desk, panel.inside.source, "masked")
    assert [mark.title for mark in panel.inside.scene.marks] == ["step 0", "step 50"]
    panel.inside.field.setText("Tom has")
    assert asked(desk, 1, "inside")["model"] == "right"


def test_without_pictures_the_mode_says_how_to_get_some(desk, panel):
    trained(desk, panel)
    panel.set_mode("inside")
    assert isinstance(panel.inside.canvas.scene, EmptyScene)
    desk.bot.keyClick(desk.window, Qt.Key.Key_Right)  # nothing to step through, and no fault


# ---- generate


def writing_mode(desk, panel, prompt="Nia"):
    trained(desk, panel)
    panel.set_mode("generate")
    panel.playground.field.setText(prompt)
    asked(desk, 2, "write")
    desk.session.answer(1, write_answer(prompt, 6))
    desk.session.answer(2, {**write_answer(prompt, 2), "text": f"{prompt} t0 greedy"})
    desk.drained()


def test_a_prompt_is_written_on_token_by_token_beside_the_greedy_text(desk, panel):
    writing_mode(desk, panel)
    first, greedy = queries(desk, "write")
    assert (first["prompt"], first["step"], first["tokens"], first["seed"]) == ("Nia", 100, 40, 0)
    assert (first["temperature"], first["top_p"]) == (0.8, 0.9)
    assert greedy["temperature"] == 0.0
    play = panel.playground
    assert isinstance(play.canvas.scene, SamplingScene)
    assert play.canvas.scene.at(play.transport.time) == 0
    desk.bot.keyClick(desk.window, Qt.Key.Key_Right)
    assert play.canvas.scene.at(play.transport.time) == 1
    desk.bot.mouseClick(play.end_button, LEFT)
    assert play.canvas.scene.at(play.transport.time) == 5
    words = panel.draw.texts.reader.toPlainText()
    assert "Nia t0 t1" in words
    assert "Nia t0 greedy" in words


def test_a_candidate_that_is_clicked_takes_the_place_of_the_token(desk, panel):
    writing_mode(desk, panel)
    play = panel.playground
    play.transport.set_time(play.canvas.scene.time_of(2))
    press_shape(desk, play, "choice:0")
    sent = asked(desk, 3, "write")
    assert sent["prompt"] == "Nia t0 t1 best"
    assert sent["tokens"] == 37
    desk.session.answer(3, write_answer("Nia t0 t1 best", 4))
    desk.drained()
    steps = play.writing.steps
    assert [step.token for step in steps[:4]] == [" t0", " t1", " best", " t0"]
    assert play.writing.prompt == "Nia"
    assert play.canvas.scene.at(play.transport.time) == 2


def test_settings_change_the_draw_from_the_token_on_show(desk, panel):
    writing_mode(desk, panel)
    play = panel.playground
    play.transport.set_time(play.canvas.scene.time_of(3))
    panel.draw.form.set_values({"temperature": 1.5})
    sent = asked(desk, 3, "write")
    assert (sent["prompt"], sent["temperature"]) == ("Nia t0 t1 t2", 1.5)
    desk.session.answer(3, write_answer("Nia t0 t1 t2", 3))
    desk.drained()
    assert [step.token for step in play.writing.steps] == [" t0", " t1", " t2", " t0", " t1", " t2"]
    assert play.canvas.scene.knobs.temperature == 1.5
    assert desk.window.bench.settings.forms["playground"]["temperature"] == 1.5


def test_other_draws_take_the_next_seed_and_start_again_keeps_it(desk, panel):
    writing_mode(desk, panel)
    desk.bot.mouseClick(panel.playground.reroll_button, LEFT)
    desk.bot.waitUntil(lambda: len(queries(desk, "write")) == 4, timeout=2000)
    assert queries(desk, "write")[2]["seed"] == 1
    assert queries(desk, "write")[2]["prompt"] == "Nia"
    desk.bot.mouseClick(panel.playground.again_button, LEFT)
    desk.bot.waitUntil(lambda: len(queries(desk, "write")) == 6, timeout=2000)
    assert queries(desk, "write")[4]["seed"] == 1


def test_earlier_weights_write_when_the_slider_says_so(desk, panel):
    writing_mode(desk, panel)
    panel.playground.steps.slider.setFocus()
    desk.bot.keyClick(panel.playground.steps.slider, Qt.Key.Key_Left)
    desk.bot.waitUntil(lambda: len(queries(desk, "write")) == 4, timeout=2000)
    assert queries(desk, "write")[2]["step"] == 50


def test_what_ends_the_document_is_told_and_not_taken(desk, panel):
    writing_mode(desk, panel)
    result = write_answer("Nia", 2)
    result["steps"][0]["candidates"][0]["token"] = "<|endoftext|>"
    panel.playground.restart()
    desk.bot.waitUntil(lambda: len(queries(desk, "write")) == 4, timeout=2000)
    desk.session.answer(3, result)
    desk.drained()
    press_shape(desk, panel.playground, "choice:0")
    assert "ends the document" in panel.playground.message.text()
    assert len(queries(desk, "write")) == 4


@pytest.mark.parametrize(
    "result", [{}, {"text": "x"}, {"text": "x", "steps": [{}]}, {"text": "x", "steps": 5}]
)
def test_a_broken_answer_is_told_and_changes_nothing(desk, panel, result):
    writing_mode(desk, panel)
    before = panel.playground.writing
    panel.playground.restart()
    desk.bot.waitUntil(lambda: len(queries(desk, "write")) == 4, timeout=2000)
    desk.session.answer(3, result)
    desk.drained()
    assert panel.playground.writing is before
    assert panel.playground.message.isVisible()


def test_without_a_run_the_playground_says_how_to_get_one(open_desk):
    desk = open_desk()
    panel = desk.window.tab("s02_objective")
    panel.set_mode("generate")
    assert isinstance(panel.playground.canvas.scene, EmptyScene)
    assert queries(desk) == []


# ---- all modes


@pytest.mark.parametrize("mode", ["objectives", "side", "inside", "generate"])
def test_scrubbed_forth_and_back_every_mode_is_where_it_was(desk, panel, mode):
    learned_inside(desk, panel)
    if mode == "side":
        pairs(desk, panel)
    panel.set_mode(mode)
    if mode == "generate":
        desk.bot.waitUntil(lambda: len(queries(desk, "write")) == 2, timeout=2000)
        desk.session.answer(1, write_answer("", 6))
        desk.drained()
    hero = getattr(panel, HEROES[mode])
    transport = hero.transport
    assert transport.duration > 0
    times = [transport.duration * share / 5 for share in range(6)]
    forth, back = [], []
    for pictures, order in ((forth, times), (back, times[::-1])):
        for t in order:
            transport.set_time(t)
            pictures.append(hero.canvas.grab().toImage())
    assert forth == back[::-1]
    assert forth[0] != forth[-1]


def test_a_weight_reads_the_same_after_the_slider_went_there_and_back(desk, panel):
    trained(desk, panel)
    hero = panel.hero
    hero.transport.set_time(hero.canvas.scene.time_of(2))
    before = hero.canvas.grab().toImage()
    hero.steps.choose(0)
    assert hero.canvas.grab().toImage() != before
    hero.steps.choose(100)
    assert hero.canvas.grab().toImage() == before


@pytest.mark.parametrize("size", [(960, 640), (1024, 768), (1280, 720), (1920, 1080)], ids=str)
def test_no_tool_is_cut_off_at_any_size(open_desk, size):
    desk = open_desk(size=size)
    panel = desk.window.tab("s02_objective")
    learned_inside(desk, panel)
    pairs(desk, panel)
    for mode, name in HEROES.items():
        panel.set_mode(mode)
        hero = getattr(panel, name)
        desk.bot.wait(10)
        tools = [
            getattr(hero, tool)
            for tool in (
                "objective",
                "draw_button",
                "method",
                "beginning",
                "play_button",
                "again_button",
                "end_button",
                "source",
            )
            if hasattr(hero, tool)
        ]
        for tool in tools:
            if tool.isVisible():
                assert tool.width() >= tool.minimumSizeHint().width(), (mode, tool)
                right = tool.mapTo(hero, QPoint(tool.width(), 0)).x()
                assert right <= hero.width(), (mode, tool)
        assert hero.field.width() >= 100, mode
        assert hero.canvas.height() >= 110, mode
