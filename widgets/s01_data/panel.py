"""Tab 1: the pipeline, its duplicates, whether cleaning helps, the tokenizer and the scaling laws."""

from __future__ import annotations

from PySide6.QtWidgets import QWidget

from simulator.stages import Stage
from widgets.s01_data.data_controls import DataControls
from widgets.s01_data.duplicates_mode import DuplicatesMode
from widgets.s01_data.flow_cards import FlowNumbers, KeptCard, PackedCard, TruthCard
from widgets.s01_data.flow_hero import FlowHero
from widgets.s01_data.tokenizer_mode import tokenizer_mode
from widgets.stage_tab import StageTab
from widgets.workbench import Workbench


class DataPanel(StageTab):
    """The data pipeline.

    Args:
        stage: The stage.
        bench: What the tabs share.
        parent: Qt parent.
    """

    def __init__(self, stage: Stage, bench: Workbench, parent: QWidget | None = None) -> None:
        super().__init__(stage, parent)
        data = bench.view("data")
        self.hero = FlowHero(self)
        self.kept, self.truth, self.packed = KeptCard(self), TruthCard(self), PackedCard(self)
        self.controls, self.numbers = DataControls(bench, self), FlowNumbers(self)
        for card, share in ((self.kept, 4), (self.truth, 5), (self.packed, 4)):
            card.setProperty("share", share)
        self.add_mode(
            "pipeline", "Pipeline", self.hero, lab=(self.kept, self.truth, self.packed),
            controls=self.controls, numbers=self.numbers, view=data,
        )  # fmt: skip
        self.duplicates = DuplicatesMode(self, data)
        self.tokenizer = tokenizer_mode(bench, self)

    def _arrange(self) -> None:
        super()._arrange()
        if hasattr(self, "duplicates"):
            self.packed.setVisible(not self.is_narrow())
            self.duplicates.texts.setVisible(not self.is_narrow())
