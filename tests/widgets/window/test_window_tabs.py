from __future__ import annotations

import gc
import weakref

import pytest
from PySide6.QtCore import QEvent, Qt
from PySide6.QtWidgets import QApplication, QLabel

from simulator.stages import STAGES
from widgets.main_window import PANELS
from widgets.notes import NotesPage
from widgets.theme import theme


@pytest.mark.parametrize("digit", range(10))
def test_control_and_a_digit_open_the_stage(desk, digit):
    desk.bot.keyClick(desk.window, Qt.Key(Qt.Key.Key_0 + digit), Qt.KeyboardModifier.ControlModifier)
    assert desk.window.stage == STAGES[(digit - 1) % 10].key


def test_clicking_the_ribbon_opens_the_stage_and_marks_it(desk):
    button = desk.window.ribbon.button("s07_rlhf")
    desk.bot.mouseClick(button, Qt.MouseButton.LeftButton)
    assert desk.window.stage == "s07_rlhf"
    assert button.isChecked()
    assert not desk.window.ribbon.button("s02_objective").isChecked()


def test_page_keys_turn_to_the_neighbours_and_stop_at_the_ends(desk):
    desk.bot.keyClick(desk.window, Qt.Key.Key_PageUp)
    desk.bot.keyClick(desk.window, Qt.Key.Key_PageUp)
    assert desk.window.stage == "s01_data"
    desk.bot.keyClick(desk.window, Qt.Key.Key_PageDown)
    assert desk.window.stage == "s02_objective"


def test_the_theme_key_switches_and_switches_back(desk):
    for expected in ("light", "dark"):
        desk.bot.keyClick(desk.window, Qt.Key.Key_T, Qt.KeyboardModifier.ControlModifier)
        assert theme().name == expected


def test_presentation_mode_hides_the_chrome_and_escape_ends_it(desk):
    desk.bot.keyClick(desk.window, Qt.Key.Key_F5)
    assert desk.window.presenting
    assert not desk.window.ribbon.isVisible()
    assert theme().scale == pytest.approx(1.6)
    desk.bot.keyClick(desk.window, Qt.Key.Key_Escape)
    assert not desk.window.presenting
    assert desk.window.ribbon.isVisible()
    assert theme().scale == pytest.approx(1.0)


@pytest.mark.parametrize(
    "stage", [stage for stage in STAGES if stage.key not in PANELS], ids=lambda stage: stage.key
)
def test_a_tab_without_a_lab_shows_its_notes_and_says_what_is_missing(desk, stage):
    desk.window.open_stage(stage.key)
    page = desk.window.tab(stage.key)
    assert isinstance(page, NotesPage)
    assert "not in this version" in page.missing.text()
    assert all(len(reader.toPlainText()) > 300 for reader in page.readers())


def test_notes_and_code_open_from_the_card_and_escape_closes_them(desk):
    card = desk.window.tab("s02_objective").plain_words
    desk.bot.mouseClick(card.code_button, Qt.MouseButton.LeftButton)
    assert "def run_pretrain" in desk.window.drawer.reader.toPlainText()
    desk.bot.keyClick(desk.window.drawer.reader, Qt.Key.Key_Escape)
    assert not desk.window.drawer.isVisible()
    desk.bot.mouseClick(card.notes_button, Qt.MouseButton.LeftButton)
    assert "The key insight" in desk.window.drawer.reader.toPlainText()


def test_the_banner_closes_with_escape_before_presentation_mode_does(desk):
    desk.window.set_presenting(True)
    desk.window.banner.say("Something happened.", "Do this.")
    desk.bot.keyClick(desk.window, Qt.Key.Key_Escape)
    assert not desk.window.banner.isVisible()
    assert desk.window.presenting


def test_every_stage_of_the_ribbon_has_a_name_for_screen_readers(desk):
    for stage in STAGES:
        name = desk.window.ribbon.button(stage.key).accessibleName()
        assert name.startswith(f"{stage.number} {stage.title}")


def test_the_window_remembers_stage_theme_and_place(desk):
    desk.window.open_stage("s05_schedule")
    desk.window.switch_theme()
    desk.window.close()
    settings = desk.window.bench.settings
    assert (settings.stage, settings.theme) == ("s05_schedule", "light")
    assert settings.geometry is not None
    assert settings.geometry[2:] == (1280, 720)


def test_tabs_opened_and_closed_leave_nothing_behind(desk):
    window = desk.window

    def round_trip(key: str) -> weakref.ref:
        window.open_stage(key)
        ref = weakref.ref(window.tab(key))
        window.open_stage("s01_data" if key != "s01_data" else "s03_distributed")
        window.close_tab(key)
        QApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
        return ref

    round_trip("s02_objective")
    gc.collect()
    before = len(window.findChildren(QLabel))
    refs = [round_trip(stage.key) for _ in range(3) for stage in STAGES[1:]]
    gc.collect()
    assert [ref for ref in refs if ref() is not None] == []
    assert len(window.findChildren(QLabel)) <= before
