"""Tab 1: the pipeline, its duplicates, whether cleaning helps, the tokenizer and the scaling laws."""

from __future__ import annotations

from PySide6.QtWidgets import QWidget

from simulator.stages import Stage
from widgets.lab_controls import LabControls
from widgets.s01_data.data_controls import DataControls
from widgets.s01_data.duplicates_mode import DuplicatesMode
from widgets.s01_data.flow_cards import FlowNumbers, KeptCard, PackedCard, TruthCard
from widgets.s01_data.flow_hero import FlowHero
from widgets.s01_data.help_cards import FairCard, HelpNumbers, VariantsCard
from widgets.s01_data.help_hero import HelpHero
from widgets.s01_data.scaling_mode import scaling_mode
from widgets.s01_data.tokenizer_mode import tokenizer_mode
from widgets.stage_tab import StageTab
from widgets.workbench import Workbench

HELP_FIELDS = (
    "profile", "compare", "source", "pages", "small", "seeds", "size", "steps", "batch", "sequence",
    "learning_rate", "vocabulary", "held_out", "seed", "device", "threads",
)  # fmt: skip
"""Settings of the lab "cleaning" in the order in which they are shown."""
_HELP_NOTE = (
    "Measured, not believed",
    "Cleaning throws most of the text away. Whether that helps is not a matter of taste: train the same model on "
    "both, and ask which one knows clean text better.",
)


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
        self.duplicates.pair_shown.connect(self._say)
        self._add_help(bench)
        self.tokenizer = tokenizer_mode(bench, self)
        self.scaling = scaling_mode(bench, self)

    def _add_help(self, bench: Workbench) -> None:
        """The mode that trains on what the pipeline makes."""
        self.help = HelpHero(self)
        self.variants, self.fair = VariantsCard(self), FairCard(self)
        self.variants.setProperty("share", 2)
        self.fair.setProperty("share", 1)
        self.help_controls = LabControls(
            bench, "cleaning", start=False, fields=HELP_FIELDS, start_words="Train them", parent=self
        )
        self.help_numbers = HelpNumbers(self)
        self.add_mode(
            "help", "Does it help?", self.help, lab=(self.variants, self.fair), controls=self.help_controls,
            numbers=self.help_numbers, view=bench.view("cleaning"), note=_HELP_NOTE,
        )  # fmt: skip

    def _arrange(self) -> None:
        super()._arrange()
        if hasattr(self, "duplicates"):
            self.packed.setVisible(not self.is_narrow())
            self.duplicates.texts.setVisible(not self.is_narrow())
            self.fair.setVisible(not self.is_narrow())

    def _say(self) -> None:
        """What a data run says of itself is about the pipeline; about duplicates the pair on show says more."""
        if self.mode == "duplicates":
            self.plain_words.say(*self.duplicates.reading())
        else:
            super()._say()
