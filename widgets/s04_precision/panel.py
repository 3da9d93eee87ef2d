"""Tab 4: the bits of numbers, where numbers lie, arithmetic in few bits, memory, and training in each format."""

from __future__ import annotations

from PySide6.QtWidgets import QWidget

from simulator.stages import Stage
from widgets.s04_precision.bits_cards import BitsControls
from widgets.s04_precision.bits_hero import BitsHero
from widgets.s04_precision.value_desk import ValueDesk
from widgets.stage_tab import StageTab
from widgets.workbench import Workbench

_BITS_NOTE = (
    "Range or fineness",
    "Every bit goes to the exponent, which buys range, or to the mantissa, which buys fineness. FP16 spends its bits "
    "on fineness, BF16 on range. Numbers in a block borrow range from a scale that they share.",
)


class PrecisionPanel(StageTab):
    """Mixed precision.

    Args:
        stage: The stage.
        bench: What the tabs share.
        parent: Qt parent.
    """

    def __init__(self, stage: Stage, bench: Workbench, parent: QWidget | None = None) -> None:
        super().__init__(stage, parent)
        self._bench = bench
        self.desk = ValueDesk(self)
        self.bits = BitsHero(self.desk, self)
        self.bits_controls = BitsControls(self.desk, self)
        self.add_mode("bits", "Bits", self.bits, controls=self.bits_controls, note=_BITS_NOTE)
