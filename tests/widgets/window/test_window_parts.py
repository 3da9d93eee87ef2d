from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QIcon, QTextDocument
from window_fakes import record, small_run

import widgets
from simulator.notes import load_notes
from simulator.runs.history import RunHistory
from simulator.stages import STAGES
from widgets.code_html import code_html
from widgets.icons import ICON_FOLDER, tinted_pixmap
from widgets.notes import code_page_html
from widgets.plain_words import first_sentences
from widgets.reader import Reader
from widgets.ribbon import StageButton
from widgets.status import engine_words, model_words, run_words
from widgets.theme import theme

SOURCE = '''@cache
def f(x: int) -> str:
    """Two
    lines & <tags>."""
    # why
    return f"{x:>{3}}" + 'a' * 0x1F  # ok

class A: pass
'''


def text_of(html: str) -> str:
    document = QTextDocument()
    document.setHtml(html)
    return document.toPlainText()


def test_code_keeps_every_character(qapp):
    assert text_of(code_html(SOURCE)).rstrip() == SOURCE.rstrip()


def test_keywords_and_comments_have_their_colours(qapp):
    page = code_html(SOURCE)
    assert f'<span style="color:{theme().colour("optimizer").name()}">return</span>' in page
    assert f'<span style="color:{theme().colour("text_muted").name()}"># why</span>' in page


def test_source_that_does_not_parse_is_shown_plain(qapp):
    assert text_of(code_html("def f(:\n  '''open")).strip() == "def f(:\n  '''open"


@pytest.mark.parametrize("stage", STAGES, ids=lambda stage: stage.key)
def test_the_code_of_every_stage_can_be_shown(qapp, stage):
    page = code_page_html(load_notes(stage.key))
    assert "caution" not in page
    assert text_of(page).strip()


def test_every_icon_is_used():
    source = "".join(path.read_text(encoding="utf-8") for path in Path(widgets.__file__).parent.rglob("*.py"))
    names = {path.stem for path in ICON_FOLDER.glob("*.svg")} - {stage.icon for stage in STAGES}
    assert {name for name in names if f'"{name}' not in source} == set()


def test_the_window_has_an_icon(qapp):
    picture = QIcon(str(ICON_FOLDER / "app.svg")).pixmap(32, 32).toImage()
    assert len({picture.pixel(x, y) for x in range(0, 32, 4) for y in range(0, 32, 4)}) > 2


@pytest.mark.parametrize(
    ("letters", "words"),
    [(0, "One two."), (14, "One two."), (15, "One two. Three?"), (99, "One two. Three? Four.")],
)
def test_the_notes_are_cut_at_a_whole_sentence(letters, words):
    assert first_sentences("One two. Three?\nFour.", letters) == words


def test_every_icon_of_a_stage_is_drawn_in_the_colour_asked_for(qapp):
    for stage in STAGES:
        image = tinted_pixmap(stage.icon, "accent", 24).toImage()
        seen = {
            image.pixelColor(x, y).name()
            for x in range(24)
            for y in range(24)
            if image.pixelColor(x, y).alpha() == 255
        }
        assert seen == {theme().colour("accent").name()}, stage.icon
        assert (ICON_FOLDER / f"{stage.icon}.svg").is_file()


@pytest.mark.parametrize(
    ("state", "device", "words"),
    [
        ("off", {}, "Engine not started"),
        ("starting", {}, "Engine starting"),
        ("ready", {"label": "CPU, 2 threads"}, "Engine ready · CPU, 2 threads"),
        ("running", {"label": "NVIDIA H200"}, "Engine training · NVIDIA H200"),
        ("dead", {"label": "CPU, 2 threads"}, "Engine stopped unexpectedly"),
    ],
)
def test_the_engine_in_words(state, device, words):
    assert engine_words(state, device) == words


def history(events, state: str = "", run: str = "pretrain-0001") -> RunHistory:
    import dataclasses

    made = RunHistory.of(dataclasses.replace(event, run=run) for event in events)
    made.state = state or made.state
    return made


def test_the_run_in_words():
    assert run_words(None, False) == "No run yet"
    running = history(small_run()[:14])
    assert run_words(running, False) == "Run pretrain-0001 · step 50 of 100 · 5.0 s left"
    running.state = "paused"
    assert run_words(running, False) == "Run pretrain-0001 · step 50 of 100 · paused"
    assert run_words(history(small_run(), "done"), True) == "Recording pretrain-0001 · done"


def test_the_model_in_words():
    assert model_words(None) == "No model yet"
    assert (
        model_words(history(small_run()))
        == "Model pretrain-0001 · 870k parameters · loss 1.333 (floor 0.400)"
    )
    without = history(small_run())
    without.facts = {}
    assert model_words(without) == "Model pretrain-0001 · loss 1.333"


def test_a_glossary_term_is_explained_when_it_is_clicked(qtbot, monkeypatch):
    said = []
    monkeypatch.setattr("widgets.reader.QToolTip.showText", lambda place, words, widget: said.append(words))
    reader = Reader()
    qtbot.addWidget(reader)
    from PySide6.QtCore import QUrl

    reader._follow(QUrl("term:token"))
    assert "token" in said[0].lower()
    assert len(said[0]) > 40


def test_links_other_than_terms_are_handed_on(qtbot):
    reader = Reader()
    qtbot.addWidget(reader)
    from PySide6.QtCore import QUrl

    with qtbot.waitSignal(reader.followed) as followed:
        reader._follow(QUrl("code:simulator.facts:fact"))
    assert followed.args == ["code", "simulator.facts:fact"]


def test_a_stage_opens_with_enter_and_leaves_space_to_the_scene(qtbot):
    button = StageButton(STAGES[3])
    qtbot.addWidget(button)
    button.show()
    with qtbot.waitSignal(button.clicked):
        qtbot.keyClick(button, Qt.Key.Key_Return)
    with qtbot.assertNotEmitted(button.clicked):
        qtbot.keyClick(button, Qt.Key.Key_Space)


def test_the_menu_of_runs_names_broken_ones_and_opens_the_others(desk):
    run_id = record(desk.root, small_run())
    (desk.root / "pretrain-0009").mkdir()
    from PySide6.QtWidgets import QMenu

    desk.window.open_runs_menu()
    menu = desk.window.findChild(QMenu, "runs")
    actions = {action.text().split()[0]: action for action in menu.actions() if action.text()}
    assert not actions["pretrain-0009"].isEnabled()
    assert "cannot be read" in actions["pretrain-0009"].text()
    actions[run_id].trigger()
    desk.window.bench.view("pretrain").finish_reading()
    assert desk.window.bench.view("pretrain").history.run == run_id
    menu.close()
