"""The table of many rows."""

from __future__ import annotations

import math
import time

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt

from widgets.controls import Column, DataTable
from widgets.theme import set_theme, theme

ROWS = [("pear", 3, 0.5), ("Apple", 10, math.nan), ("fig", None, 12345.678), ("äpfel", 2, -1.0)]


@pytest.fixture
def table(qtbot):
    made = DataTable(
        [
            Column("Name", share=1.0),
            Column("Count", "number", sample="10,000"),
            Column("Score", "number", sample="12,345"),
        ]
    )
    qtbot.addWidget(made)
    made.resize(420, 240)
    made.show()
    made.set_rows(ROWS)
    qtbot.waitExposed(made)
    return made


def words(table, row, column):
    return table.model().index(row, column).data()


def heading_click(qtbot, table, column):
    heading = table.horizontalHeader()
    place = QPoint(heading.sectionViewportPosition(column) + 10, heading.height() // 2)
    qtbot.mouseClick(heading.viewport(), Qt.MouseButton.LeftButton, pos=place)


def test_shows_values_in_words(table):
    assert [words(table, row, 1) for row in range(4)] == ["3", "10", "", "2"]
    assert words(table, 1, 2) == ""
    assert words(table, 3, 2) == "−1"
    assert words(table, 2, 2) == "12,346"


def test_numbers_stand_right_in_mono_and_words_left(table):
    number, word = table.model().index(0, 1), table.model().index(0, 0)
    assert number.data(Qt.ItemDataRole.TextAlignmentRole) & Qt.AlignmentFlag.AlignRight
    assert number.data(Qt.ItemDataRole.FontRole).family() == theme().font("mono_small").family()
    assert word.data(Qt.ItemDataRole.TextAlignmentRole) & Qt.AlignmentFlag.AlignLeft


def test_a_heading_sorts_numbers_the_largest_first_and_turns_round(qtbot, table):
    heading_click(qtbot, table, 1)
    assert table.shown() == [1, 0, 3, 2]
    heading_click(qtbot, table, 1)
    assert table.shown() == [3, 0, 1, 2]  # what has no value stays last
    heading_click(qtbot, table, 0)
    assert table.shown() == [1, 2, 0, 3]  # words from A, capitals do not matter
    assert table.model().headerData(0, Qt.Orientation.Horizontal) == "Name ↑"
    table.sort_by(-1)
    assert table.shown() == [0, 1, 2, 3]
    assert table.model().headerData(0, Qt.Orientation.Horizontal) == "Name"


def test_new_rows_are_sorted_like_the_old_ones(table):
    table.sort_by(1, largest_first=True)
    table.set_rows([("a", 1, 0.0), ("b", 9, 0.0)])
    assert table.shown() == [1, 0]


def test_a_click_and_the_arrows_choose_by_the_number_given(qtbot, table):
    table.sort_by(1, largest_first=True)
    with qtbot.waitSignal(table.chosen) as chosen:
        area = table.visualRect(table.model().index(0, 0))
        qtbot.mouseClick(table.viewport(), Qt.MouseButton.LeftButton, pos=area.center())
    assert chosen.args == [1]
    with qtbot.waitSignal(table.chosen) as chosen:
        qtbot.keyClick(table, Qt.Key.Key_Down)
    assert chosen.args == [0]
    assert table.row() == 0


def test_the_choice_travels_with_its_row(table):
    table.choose(2)
    assert table.row() == 2
    table.sort_by(0)
    assert table.row() == 2
    table.set_rows(ROWS)
    assert table.row() == -1


def test_choosing_by_code_makes_no_signal(qtbot, table):
    with qtbot.assertNotEmitted(table.chosen):
        table.choose(3)
        table.choose(-1)
        table.choose(99)
    assert table.row() == -1


def test_tones_colour_a_cell(qtbot):
    table = DataTable([Column("Kept", tone=lambda value: "good" if value == "yes" else "")])
    qtbot.addWidget(table)
    table.set_rows([("yes",), ("no",)])
    ink = table.model().index(0, 0).data(Qt.ItemDataRole.ForegroundRole)
    assert ink == theme().colour("good")
    assert table.model().index(1, 0).data(Qt.ItemDataRole.ForegroundRole) is None


def test_columns_fill_the_width_and_never_scroll_sideways(qtbot, table):
    for width in (260, 420, 900):
        table.resize(width, 240)
        total = sum(table.columnWidth(index) for index in range(3))
        assert total <= table.viewport().width()
        assert total >= table.viewport().width() - 3
    set_theme(scale=1.6)
    heading = theme().metrics("body").horizontalAdvance("Count")
    assert table.columnWidth(1) >= heading


def test_wrong_rows_are_refused(table):
    with pytest.raises(ValueError, match="2 values for 3 columns"):
        table.set_rows([("a", 1)])


def test_an_empty_table_does_nothing(qtbot, table):
    table.set_rows([])
    table.sort_by(1)
    table.choose(0)
    assert table.row() == -1
    table.grab()


def test_a_hundred_thousand_rows_are_no_burden(qtbot, table):
    random = np.random.default_rng(0)
    rows = list(zip(map(str, range(100_000)), random.integers(0, 10**6, 100_000).tolist(),
                    random.random(100_000).tolist(), strict=True))  # fmt: skip
    begin = time.perf_counter()
    table.set_rows(rows)
    table.sort_by(1, largest_first=True)
    table.grab()
    assert time.perf_counter() - begin < 3.0  # about 0.3 s on a quiet core
    shown = [int(words(table, row, 1).replace(",", "")) for row in range(50)]
    assert shown == sorted(shown, reverse=True)
    assert shown[0] == max(row[1] for row in rows)
