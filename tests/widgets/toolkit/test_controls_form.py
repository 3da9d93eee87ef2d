"""A form made from a config: every kind of field, errors in place, profiles, expert settings."""

from __future__ import annotations

from dataclasses import dataclass

import pytest
from PySide6.QtCore import QMimeData, QPoint, QPointF, Qt, QUrl
from PySide6.QtGui import QDropEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLabel, QScrollArea

from simulator.config import Config, setting
from simulator.errors import ConfigError
from simulator.s02_objective.config import PretrainConfig
from widgets.controls import ConfigForm
from widgets.controls.fields import ComboField, NumberField, PathField, SegmentField, SwitchField, TextField
from widgets.theme import set_theme


@dataclass(frozen=True, kw_only=True)
class Sample(Config):
    """One of every kind of setting."""

    profiles = {"small": {"count": 2}, "large": {"count": 64, "rate": 0.5}}  # noqa: RUF012

    profile: str = setting("small", "Ready-made.", choices=("small", "large"), group="Run")
    count: int = setting(8, "How many.", unit="pieces", low=1, high=100, group="Run")
    rate: float = setting(0.01, "How fast.", low=1e-4, high=1.0, log=True, group="Model")
    seed: int = setting(0, "Start of chance.", low=0, high=2**31 - 1, group="Run")
    name: str = setting("toy", "What it is called.", group="Model")
    source: str = setting("", "A file.", path=True, group="Model")
    kind: str = setting("one", "A long list.", choices=("one", "two", "three", "four", "five"), group="Model")
    on: bool = setting(False, "Whether.", group="Model")
    depth: int = setting(3, "How deep.", low=0, high=9, group="Model", expert=True)

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.depth > self.count:
            raise ConfigError(
                "depth", f"Depth {self.depth} is more than count {self.count}.", hint="Lower the depth."
            )


@pytest.fixture
def form(qtbot):
    made = ConfigForm(Sample)
    qtbot.addWidget(made)
    made.resize(320, 700)
    made.show()
    qtbot.waitExposed(made)
    return made


def test_every_kind_gets_its_field(form):
    kinds = {
        "profile": SegmentField, "count": NumberField, "rate": NumberField, "seed": NumberField, "name": TextField,
        "source": PathField, "kind": ComboField, "on": SwitchField,
    }  # fmt: skip
    assert {name: type(form.field(name)) for name in kinds} == kinds
    assert form.field("depth") is None


def test_begins_with_the_defaults(form):
    assert form.value() == Sample()
    assert form.values_dict() == Sample().to_dict()


def test_given_values_and_fields(qtbot):
    form = ConfigForm(Sample, {"count": 20, "depth": 9}, fields={"count"})
    qtbot.addWidget(form)
    assert form.value() == Sample(count=20, depth=9)
    assert form.field("rate") is None
    assert form.field("count").value() == 20


def test_moving_a_slider_changes_the_value(form, qtbot):
    slider = form.field("count")._slider
    with qtbot.waitSignal(form.changed, timeout=1000) as caught:
        QTest.keyClick(slider, Qt.Key.Key_Right)
    assert caught.args[0].count == 9
    QTest.keyClick(slider, Qt.Key.Key_End)
    assert form.value().count == 100
    assert form.field("count")._entry.text() == "100"


def test_clicking_the_track_jumps_there(form, qtbot):
    slider = form.field("count")._slider
    qtbot.mouseClick(slider, Qt.MouseButton.LeftButton, pos=QPoint(slider.width() - 9, slider.height() // 2))
    assert form.value().count >= 99


def test_a_double_click_resets(form, qtbot):
    form.set_values({"count": 50})
    slider = form.field("count")._slider
    qtbot.mouseDClick(slider, Qt.MouseButton.LeftButton, pos=QPoint(5, slider.height() // 2))
    assert form.value().count == 8


def test_the_wheel_scrolls_the_page_and_not_the_value(form):
    slider = form.field("count")._slider
    QTest.wheelEvent(
        slider.window().windowHandle(), QPointF(slider.mapTo(form, QPoint(20, 10))), QPoint(0, 120)
    )
    assert form.value().count == 8


@pytest.mark.parametrize(("text", "value"), [("64", 64), ("1e1", 10), (" 12 ", 12)])
def test_a_typed_number_is_taken(form, qtbot, text, value):
    with qtbot.waitSignal(form.changed, timeout=1000):
        form.field("count").type_text(text)
    assert form.value().count == value


def test_typing_with_keys_takes_on_enter_and_escape_undoes(form, qtbot):
    entry = form.field("count")._entry
    entry.setFocus()
    entry.selectAll()
    QTest.keyClicks(entry, "33")
    QTest.keyClick(entry, Qt.Key.Key_Escape)
    assert entry.text() == "8"
    entry.selectAll()
    QTest.keyClicks(entry, "33")
    QTest.keyClick(entry, Qt.Key.Key_Return)
    assert form.value().count == 33


def test_what_is_still_being_typed_counts(form):
    entry = form.field("count")._entry
    entry.setFocus()
    entry.selectAll()
    QTest.keyClicks(entry, "44")
    QTest.keyClicks(form.field("name").entry, "s")
    config = form.value()
    assert (config.count, config.name) == (44, "stoy")
    entry.selectAll()
    QTest.keyClicks(entry, "4x")
    with pytest.raises(ConfigError, match="not a number"):
        form.value()


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("lots", "not a number"),
        ("", "not a number"),
        ("101", "out of range"),
        ("2.5", "whole number"),
        ("1e999", "too large"),
    ],
)
def test_what_cannot_be_read_is_said_under_the_field(form, qtbot, text, words):
    with qtbot.waitSignal(form.invalid, timeout=1000):
        form.field("count").type_text(text)
    assert words in form.field("count").message()
    with pytest.raises(ConfigError, match=words):
        form.value()
    assert form.field("count").property("wrong") is None
    assert form.field("count")._entry.property("wrong") == "true"
    with qtbot.waitSignal(form.changed, timeout=1000):
        form.field("count").type_text("8")
    assert form.field("count").message() == ""
    assert form.value() == Sample()


def test_what_does_not_fit_together_is_said_where_it_can_be_mended(form, qtbot):
    with qtbot.waitSignal(form.invalid, timeout=1000) as caught:
        form.field("count").type_text("2")
    assert caught.args == ["Depth 3 is more than count 2. Lower the depth."]
    assert form._message.isVisible()  # the field concerned is still folded away
    form.set_expert_open(True)
    form.field("count").type_text("1")
    assert form.field("depth").message() == "Depth 3 is more than count 1. Lower the depth."
    assert not form._message.isVisible()
    with qtbot.waitSignal(form.changed, timeout=1000):
        form.field("depth").type_text("0")
    assert form.field("depth").message() == ""


def test_a_profile_brings_its_values(form, qtbot):
    qtbot.mouseClick(form.field("profile")._segments, Qt.MouseButton.LeftButton, pos=QPoint(250, 10))
    assert form.value() == Sample.for_profile("large")
    assert (form.field("count").value(), form.field("rate").value()) == (64, 0.5)


def test_other_fields_change_values(form, qtbot):
    qtbot.mouseClick(form.field("on")._switch, Qt.MouseButton.LeftButton)
    QTest.keyClick(form.field("kind")._combo, Qt.Key.Key_Down)
    form.field("name").take("  model  ")
    form.field("seed").type_text("2147483647")
    config = form.value()
    assert (config.on, config.kind, config.name, config.seed) == (True, "two", "model", 2**31 - 1)


def test_a_file_can_be_dropped(form, qtbot, tmp_path):
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(tmp_path / "book.txt"))])
    field = form.field("source")
    event = QDropEvent(
        QPointF(5, 5),
        Qt.DropAction.CopyAction,
        data,
        Qt.MouseButton.LeftButton,
        Qt.KeyboardModifier.NoModifier,
    )
    field.dropEvent(event)
    assert form.value().source == QUrl.fromLocalFile(str(tmp_path / "book.txt")).toLocalFile()


def test_set_values_is_all_or_nothing(form):
    for bad in ({"count": 1000}, {"count": "8"}, {"colour": 1}, {"rate": 0.1, "kind": "nine"}):
        with pytest.raises(ConfigError):
            form.set_values({"name": "kept out", **bad})
        assert form.value() == Sample()
    form.set_values({"count": 9, "name": "new"})
    assert form.value() == Sample(count=9, name="new")
    assert form.field("name").entry.text() == "new"


def test_reset_goes_back_to_the_start(qtbot):
    form = ConfigForm(Sample, {"count": 20})
    qtbot.addWidget(form)
    form.set_values({"count": 40, "on": True})
    form.field("rate").type_text("x")
    form.reset()
    assert form.value() == Sample(count=20)


def test_locked_fields_cannot_be_used(form):
    form.set_locked({"count"})
    assert not form.field("count").isEnabled()
    form.set_locked(())
    assert form.field("count").isEnabled()


def test_locks_hold_for_fields_made_later(form):
    form.set_locked({"depth"})
    form.set_expert_open(True)
    assert not form.field("depth").isEnabled()


def test_every_field_says_what_it_is_to_readers_and_in_its_tip(form):
    for name in ("count", "rate", "name", "kind", "on", "profile"):
        field = form.field(name)
        assert field.focusProxy().accessibleName() == field.item.label
        assert field.item.help in field.toolTip()
    assert "Use 1 to 100 pieces." in form.field("count").toolTip()


def test_headings_group_the_fields(form):
    small = [made.text() for made in form.findChildren(QLabel) if made.property("role") == "small"]
    assert [text for text in small if text in ("Run", "Model")] == ["Run", "Model"]


def test_nothing_opens_as_a_window_of_its_own(form, qtbot):
    form.set_expert_open(True)
    form.field("count").type_text("x")
    QApplication.processEvents()
    assert [window for window in QApplication.topLevelWidgets() if window.isVisible()] == [form]


@pytest.mark.parametrize("scale", [1.0, 1.6])
def test_no_field_is_squeezed_when_a_message_appears(qtbot, scale):
    set_theme("light", scale)
    area, form = QScrollArea(), ConfigForm(PretrainConfig)
    qtbot.addWidget(area)
    area.setWidgetResizable(True)
    area.setWidget(form)
    area.resize(round(340 * scale), 400)
    area.show()
    form.set_expert_open(True)
    for name in ("steps", "batch", "learning_rate"):
        form.field(name).type_text("not a number at all, and much too long for one line of words")

    def squeezed() -> list[str]:
        fields = [form.field(name) for name in PretrainConfig().to_dict()]
        return [field.item.name for field in fields if field.height() < field.minimumSizeHint().height()]

    qtbot.waitUntil(lambda: not squeezed(), timeout=3000)
    assert form.height() >= form.minimumSizeHint().height()
    assert form.width() <= area.viewport().width()
