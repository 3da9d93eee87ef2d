"""Controls: a form made from a config, its fields, the run bar, and the small pieces that every tab uses."""

from widgets.controls.basics import BigNumber, Card, Fold, IconButton, button, label
from widgets.controls.form import ConfigForm
from widgets.controls.run_bar import RunBar
from widgets.controls.segmented import SegmentedControl
from widgets.controls.slider import FlatSlider
from widgets.controls.switch import Switch

__all__ = [
    "BigNumber",
    "Card",
    "ConfigForm",
    "FlatSlider",
    "Fold",
    "IconButton",
    "RunBar",
    "SegmentedControl",
    "Switch",
    "button",
    "label",
]
