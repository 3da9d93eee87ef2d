"""The current theme: one object, scaled sizes, and a style sheet that Qt takes without a word."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from PySide6.QtWidgets import QPushButton

from widgets.theme import set_theme, theme


def test_there_is_one_theme_and_it_says_when_it_changes(qtbot):
    before = theme()
    with qtbot.waitSignal(before.changed, timeout=1000):
        set_theme("light", 1.6)
    assert theme() is before
    assert (before.name, before.scale) == ("light", 1.6)


def test_empty_arguments_keep_what_is_there():
    set_theme("light", 1.6)
    set_theme(scale=2.0)
    assert (theme().name, theme().scale) == ("light", 2.0)
    set_theme("dark")
    assert (theme().name, theme().scale) == ("dark", 2.0)


@pytest.mark.parametrize(
    ("name", "scale"), [("pink", 1.0), ("dark", 0.1), ("dark", 9.0), ("dark", float("nan"))]
)
def test_nonsense_is_refused_and_changes_nothing(name, scale):
    with pytest.raises(ValueError):
        set_theme(name, scale)
    assert (theme().name, theme().scale) == ("dark", 1.0)


def test_everything_scales_by_one_factor():
    sizes = {role: theme().font(role).pixelSize() for role in ("title", "body", "small", "mono")}
    assert sizes == {"title": 24, "body": 14, "small": 12, "mono": 13}
    set_theme("dark", 2.0)
    assert {role: theme().font(role).pixelSize() for role in sizes} == {
        role: 2 * size for role, size in sizes.items()
    }
    assert (theme().px(8), theme().px(0), theme().pen("line", 1.5).widthF()) == (16, 0, 3.0)


def test_small_things_do_not_vanish():
    set_theme("dark", 0.5)
    assert theme().px(0.4) == 1


def test_colour_follows_the_theme_and_takes_opacity():
    assert theme().colour("text").name().upper() == theme().tokens.colours["text"]
    assert theme().colour("text@0.5").alphaF() == pytest.approx(0.5, abs=0.01)
    assert theme().colour("text@0.5", 0.5).alphaF() == pytest.approx(0.25, abs=0.01)
    dark = theme().colour("text").name()
    set_theme("light")
    assert theme().colour("text").name() != dark


def test_unknown_tokens_are_errors():
    with pytest.raises(KeyError):
        theme().colour("mauve")
    with pytest.raises(KeyError):
        theme().font("huge")


def test_ink_is_chosen_by_contrast():
    assert theme().ink_on("accent") == "background"
    assert theme().ink_on("surface_raised") == "text"


def test_digits_are_tabular():
    measures = theme().metrics("body")
    assert len({round(measures.horizontalAdvance(digit), 2) for digit in "0123456789"}) == 1


def test_reduced_motion_takes_time_from_moves_but_not_from_rests(qtbot):
    assert theme().seconds("move") == 0.32
    with qtbot.waitSignal(theme().changed, timeout=1000):
        theme().set_reduce_motion(True)
    assert (theme().seconds("move"), theme().seconds("pause")) == (0.0, 0.25)


@pytest.mark.parametrize("scale", [1.0, 1.6])
@pytest.mark.parametrize("name", ["dark", "light"])
def test_style_sheet_is_complete_and_valid(qtbot, name, scale):
    set_theme(name, scale)
    sheet = theme().style_sheet()
    assert "$" not in sheet
    pictures = re.findall(r'url\("([^"]+)"\)', sheet)
    assert len(pictures) >= 3
    for path in pictures:
        assert "<svg" in Path(path).read_text(encoding="utf-8")
    button = QPushButton("Start")
    qtbot.addWidget(button)
    button.show()  # Qt warns of a sheet that it cannot parse, and a warning fails the test
    assert button.grab().width() > 0
