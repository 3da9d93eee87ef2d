"""Controls: a form made from a config, its fields, the run bar, and the small pieces that every tab uses."""

from widgets.controls.basics import BigNumber, Card, Fold, IconButton, button, label
from widgets.controls.data_table import Column, DataTable
from widgets.controls.form import ConfigForm
from widgets.controls.run_bar import RunBar
from widgets.controls.segmented import SegmentedControl
from widgets.controls.slider import FlatSlider
from widgets.controls.switch import Switch
from widgets.controls.text_pane import TextPane, TextSpan

__all__ = [
    "BigNumber",
    "Card",
    "Column",
    "ConfigForm",
    "DataTable",
    "FlatSlider",
    "Fold",
    "IconButton",
    "RunBar",
    "SegmentedControl",
    "Switch",
    "TextPane",
    "TextSpan",
    "button",
    "label",
]
