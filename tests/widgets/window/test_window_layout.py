"""Nothing is cut off, nothing lies over anything else, at every size that a classroom or a stage may have."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QPoint, QRect
from PySide6.QtWidgets import QAbstractButton, QLabel, QPushButton, QScrollArea, QToolButton, QWidget
from window_fakes import record, small_run

from widgets.elided import ElidedLabel
from widgets.reader import Reader
from widgets.screenshots import settle
from widgets.theme import set_theme

SIZES = ((960, 640), (1024, 768), (1280, 720), (1366, 768), (1920, 1080))


def filled(open_desk, tmp_path, size, stage="s02_objective", *, done=True):
    run_id = record(tmp_path / "runs", small_run(), done=done)
    desk = open_desk(stage, size)
    desk.window.bench.view("pretrain").show_run(run_id)
    desk.window.bench.view("pretrain").finish_reading()
    settle(desk.window)
    return desk


def in_scroll_area(widget: QWidget) -> bool:
    while widget is not None:
        if isinstance(widget, QScrollArea):
            return True
        widget = widget.parentWidget()
    return False


def words_of(widget: QWidget) -> str:
    return widget.text() if isinstance(widget, (QLabel, QPushButton, QToolButton)) else ""


def cut_off(window: QWidget) -> list[str]:
    """Labels and buttons whose words need more room than they have."""
    found = []
    for widget in (*window.findChildren(QLabel), *window.findChildren(QAbstractButton)):
        words = words_of(widget)
        if not words or not widget.isVisible() or isinstance(widget, ElidedLabel):
            continue
        if isinstance(widget, QLabel) and widget.wordWrap():
            enough = widget.height() + 1 >= widget.heightForWidth(widget.width())
        else:
            needed = widget.fontMetrics().horizontalAdvance(words)
            enough = (
                widget.contentsRect().width() + 1 >= needed
                and widget.height() + 1 >= widget.fontMetrics().height()
            )
        if not enough:
            found.append(f"{words!r} {widget.size().toTuple()} needs {widget.sizeHint().toTuple()}")
    return found


def place(widget: QWidget, window: QWidget) -> QRect:
    return QRect(widget.mapTo(window, QPoint(0, 0)), widget.size())


def overlaps(window: QWidget) -> list[str]:
    """Pairs of labels, buttons and fields that lie over each other."""
    leaves = [
        widget
        for widget in window.findChildren(QWidget)
        if widget.isVisible()
        and isinstance(widget, (QLabel, QAbstractButton))
        and (words_of(widget) or isinstance(widget, QAbstractButton))
        and not in_scroll_area(widget)
        and "PlotView" not in type(widget.parentWidget()).__name__
    ]
    places = [(widget, place(widget, window)) for widget in leaves]
    found = []
    for index, (one, area) in enumerate(places):
        for other, other_area in places[index + 1 :]:
            if one.isAncestorOf(other) or other.isAncestorOf(one):
                continue
            shared = area.intersected(other_area)
            if shared.width() > 2 and shared.height() > 2:
                found.append(f"{words_of(one) or one} over {words_of(other) or other}")
    return found


def outside(window: QWidget) -> list[str]:
    area = window.rect()
    seen = [
        widget for widget in window.findChildren(QWidget) if widget.isVisible() and not in_scroll_area(widget)
    ]
    return [
        f"{type(widget).__name__} {words_of(widget)} {place(widget, window).getRect()}"
        for widget in seen
        if widget.window() is window and not area.contains(place(widget, window))
        and not isinstance(widget.parent(), Reader)
        and widget.width() > 0 and widget.height() > 0 and not widget.visibleRegion().isEmpty()
    ]  # fmt: skip


@pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
@pytest.mark.parametrize("stage", ["s02_objective", "s10_deployment"])
def test_every_word_has_its_room(open_desk, tmp_path, size, stage):
    desk = filled(open_desk, tmp_path, size, stage)
    assert desk.window.size().toTuple() == size
    assert cut_off(desk.window) == []
    assert overlaps(desk.window) == []
    assert outside(desk.window) == []


@pytest.mark.parametrize("stage", ["s02_objective", "s03_distributed"])
def test_presentation_mode_fits_an_old_projector(open_desk, tmp_path, stage):
    desk = filled(open_desk, tmp_path, (1280, 720), stage)
    desk.window.ribbon.hide()
    desk.window.status.hide()
    set_theme(scale=1.6)
    desk.window.resize(1280, 720)
    settle(desk.window)
    assert desk.window.size().toTuple() == (1280, 720)
    assert cut_off(desk.window) == []
    assert overlaps(desk.window) == []


def test_a_4k_screen_at_200_percent_is_laid_out_like_full_hd(open_desk, tmp_path):
    desk = filled(open_desk, tmp_path, (3840, 2160))
    set_theme(scale=2.0)
    settle(desk.window)
    panel = desk.window.tab("s02_objective")
    assert cut_off(desk.window) == []
    assert overlaps(desk.window) == []
    assert not panel.is_narrow()
    assert panel.hero.height() * panel.hero.width() > 0.35 * panel.height() * panel.width()


@pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
def test_the_scene_is_the_hero(open_desk, tmp_path, size):
    panel = filled(open_desk, tmp_path, size).window.tab("s02_objective")
    cards = (panel.hero, panel.loss, panel.pace, panel.samples, panel.controls, panel.plain_words)
    assert max(cards, key=lambda card: card.width() * card.height()) is panel.hero
    assert panel.hero.canvas.height() >= 150


def test_no_page_scrolls_sideways(open_desk, tmp_path):
    desk = filled(open_desk, tmp_path, (1024, 768))
    for stage in ("s03_distributed", "s06_sft", "s09_evaluation"):
        desk.window.open_stage(stage)
        settle(desk.window)
        for reader in desk.window.tab(stage).readers():
            assert reader.horizontalScrollBar().maximum() == 0, stage


def test_the_ribbon_shortens_its_captions_rather_than_clip_them(open_desk):
    desk = open_desk("s01_data", (1024, 768))
    set_theme(scale=1.6)
    desk.window.ribbon.resize(1024, desk.window.ribbon.sizeHint().height())
    for key in ("s03_distributed", "s09_evaluation"):
        button = desk.window.ribbon.button(key)
        from widgets.theme import theme

        assert theme().metrics("small").horizontalAdvance(button.caption()) <= button.width()


@pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
def test_a_message_lies_over_the_title_and_moves_nothing(open_desk, tmp_path, size):
    desk = filled(open_desk, tmp_path, size)
    panel, banner = desk.window.tab("s02_objective"), desk.window.banner
    before = place(panel.hero, desk.window)
    banner.say(
        "The engine was ended from outside. " * 3,
        "Resume it from there. " * 3,
        action="Resume",
        do=desk.window.show,
    )
    settle(desk.window)
    assert place(panel.hero, desk.window) == before
    assert cut_off(banner) == []
    area = place(banner, desk.window)
    assert desk.window.rect().contains(area)
    assert area.top() >= place(desk.window.ribbon, desk.window).bottom()
    desk.window.open_stage("s07_rlhf")
    settle(desk.window)
    assert desk.window.childAt(area.center()) in (banner, *banner.findChildren(QWidget))


@pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
def test_the_buttons_of_every_state_have_their_room(open_desk, tmp_path, size):
    desk = filled(open_desk, tmp_path, size, done=False)
    bar = desk.window.tab("s02_objective").controls.run_bar
    assert bar.state == "stopped"
    assert cut_off(bar) == []
    desk.ready()
    bar.buttons["resume"].click()
    settle(desk.window)
    assert bar.state == "running"
    assert cut_off(bar) == []
    desk.window.bench.bridge.pause()
    desk.session.feed(small_run()[9])
    desk.drained()
    settle(desk.window)
    assert bar.state == "paused"
    assert cut_off(bar) == []
