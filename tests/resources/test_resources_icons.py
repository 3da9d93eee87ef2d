"""The icons: one for each stage, all drawn on the same grid, and all valid for Qt."""

from __future__ import annotations

from importlib.resources import files
from xml.etree import ElementTree

import pytest
from PySide6.QtCore import QByteArray
from PySide6.QtSvg import QSvgRenderer

from simulator.stages import STAGES

ICONS = sorted(
    (item for item in files("resources").joinpath("icons").iterdir() if item.name.endswith(".svg")),
    key=lambda item: item.name,
)
every_icon = pytest.mark.parametrize("icon", ICONS, ids=lambda item: item.name)


def test_every_stage_has_an_icon():
    assert {f"{stage.icon}.svg" for stage in STAGES} <= {icon.name for icon in ICONS}


@every_icon
def test_an_icon_is_drawn_on_the_grid(icon):
    root = ElementTree.fromstring(icon.read_text(encoding="utf-8"))
    assert root.tag == "{http://www.w3.org/2000/svg}svg"
    assert root.get("viewBox") == "0 0 24 24"


@pytest.mark.parametrize("stage", STAGES, ids=lambda stage: stage.key)
def test_a_stage_icon_is_lines_in_the_colour_of_the_text(stage):
    root = ElementTree.fromstring(
        files("resources").joinpath("icons", f"{stage.icon}.svg").read_text(encoding="utf-8")
    )
    assert (root.get("stroke"), root.get("fill")) == ("currentColor", "none")
    assert (root.get("stroke-width"), root.get("stroke-linecap")) == ("1.75", "round")


@every_icon
def test_qt_reads_an_icon(icon):
    assert QSvgRenderer(QByteArray(icon.read_bytes())).isValid()
