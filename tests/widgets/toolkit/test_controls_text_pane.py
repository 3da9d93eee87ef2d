"""The pane that shows a text with coloured parts."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QPoint
from PySide6.QtGui import QHelpEvent

from widgets.controls import TextPane, TextSpan
from widgets.theme import set_theme, theme


@pytest.fixture
def pane(qtbot):
    made = TextPane()
    qtbot.addWidget(made)
    made.resize(400, 200)
    made.show()
    qtbot.waitExposed(made)
    return made


def coloured(pane):
    """The text under each coloured part, as Qt sees it."""
    return [selection.cursor.selectedText() for selection in pane.extraSelections()]


@pytest.mark.parametrize(
    "text",
    [
        "mail nia@fox.org now",
        "𝔘𝔫𝔦 🦊🦊 nia@fox.org now",
        "a\r\nb\r\n\r\nnia@fox.org",
        "x\rnia@fox.org\ny",
        "é́ nia@fox.org",
    ],
)
def test_the_right_letters_are_coloured(pane, text):
    start = text.index("nia@")
    pane.set_text(text, [TextSpan(start, start + 11, "warning")])
    assert coloured(pane) == ["nia@fox.org"]


def test_spans_outside_the_text_are_cut_or_left_out(pane):
    pane.set_text(
        "hello",
        [TextSpan(-3, 2, "bad"), TextSpan(4, 99, "good"), TextSpan(7, 9, "bad"), TextSpan(3, 3, "bad")],
    )
    assert coloured(pane) == ["he", "o"]


def test_markup_is_shown_as_it_is_and_nothing_can_be_typed(qtbot, pane):
    pane.set_text("<b>bold</b> & <script>")
    assert pane.toPlainText() == "<b>bold</b> & <script>"
    qtbot.keyClicks(pane, "x")
    assert pane.toPlainText() == "<b>bold</b> & <script>"


def test_another_text_forgets_the_old_spans(pane):
    pane.set_text("hello", [TextSpan(0, 2, "bad")])
    pane.set_text("again")
    assert coloured(pane) == []
    assert pane.spans() == ()


def test_colours_follow_the_theme(pane):
    pane.set_text("hello", [TextSpan(0, 2, "bad")])
    set_theme("light")
    (selection,) = pane.extraSelections()
    ground = selection.format.background().color()
    assert ground.name() == theme().colour("bad").name()
    assert 0.1 < ground.alphaF() < 0.5


def test_the_span_under_the_pointer_is_the_smallest(pane):
    pane.set_text("hello world", [TextSpan(0, 11, "data", "all"), TextSpan(0, 5, "bad", "word")])
    place = pane.cursorRect().center()
    assert pane.span_at(place).hint == "word"
    assert pane.span_at(QPoint(20, 190)) is None


def test_hints_show_on_hover(pane, monkeypatch):
    said = []
    monkeypatch.setattr(
        "widgets.controls.text_pane.QToolTip.showText", lambda place, words, widget: said.append(words)
    )
    pane.set_text("hello world", [TextSpan(0, 5, "bad", "a greeting")])
    place = pane.cursorRect().center()
    pane.event(QHelpEvent(QHelpEvent.Type.ToolTip, place, pane.viewport().mapToGlobal(place)))
    assert said == ["a greeting"]


def test_a_far_span_can_be_brought_into_sight(qtbot, pane):
    text = "line\n" * 500 + "here"
    pane.set_text(text, [TextSpan(len(text) - 4, len(text), "good")])
    assert pane.verticalScrollBar().value() == 0
    pane.show_span(0)
    assert pane.verticalScrollBar().value() > 300
    with pytest.raises(IndexError):
        pane.show_span(1)


def test_a_long_line_wraps_and_nothing_scrolls_sideways(pane):
    pane.set_text("x" * 5000)
    assert pane.horizontalScrollBar().maximum() == 0
