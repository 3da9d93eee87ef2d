"""Tab 4: the bits of numbers, where numbers lie, arithmetic in few bits, memory, and training in each format."""

from __future__ import annotations

from PySide6.QtWidgets import QWidget

from simulator.stages import Stage
from widgets.lab_controls import LabControls
from widgets.s04_precision.arithmetic_mode import ArithmeticControls, ArithmeticHero
from widgets.s04_precision.bits_cards import BitsControls
from widgets.s04_precision.bits_hero import BitsHero
from widgets.s04_precision.lines_hero import LinesHero, StepsCard
from widgets.s04_precision.memory_config import MemoryPlanConfig
from widgets.s04_precision.memory_mode import MemoryControls, MemoryHero, ToyCard
from widgets.s04_precision.training_cards import CostCard, PolicyLossCard, PrecisionNumbers, ScaleCard
from widgets.s04_precision.training_hero import TrainingHero
from widgets.s04_precision.value_desk import ValueDesk
from widgets.stage_tab import StageTab
from widgets.workbench import Workbench

_BITS_NOTE = (
    "Range or fineness",
    "Every bit goes to the exponent, which buys range, or to the mantissa, which buys fineness. FP16 spends its bits "
    "on fineness, BF16 on range. Numbers in a block borrow range from a scale that they share.",
)
_LINE_NOTE = (
    "Denser towards zero",
    "Between any two powers of two a format has equally many numbers, so its step grows with the number. Below the "
    "smallest normal number the step stays: subnormals fade out to zero.",
)
_ARITHMETIC_NOTE = (
    "Every result is rounded",
    "An operation is worked out exactly, then the nearest number that the format has is stored. What does not fit is "
    "gone, and ten thousand small losses add up.",
)
_TRAINING_NOTE = (
    "What training loses",
    "The same model reads the same text in every format. Gradients that a format rounds to zero teach nothing; loss "
    "scaling lifts them into FP16's range, and BF16 has range enough.",
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
        self.add_mode_later("line", "Number line", self._add_line)
        self.add_mode_later("arithmetic", "Arithmetic", self._add_arithmetic)
        self.add_mode_later("memory", "Memory", self._add_memory)
        self.add_mode_later("training", "Training", self._add_training, labs=("precision",))

    def _add_line(self) -> None:
        self.lines, self.steps = LinesHero(self.desk, self), StepsCard(self.desk, self)
        self.add_mode(
            "line", "Number line", self.lines, lab=(self.steps,), controls=self.bits_controls, note=_LINE_NOTE
        )

    def _add_arithmetic(self) -> None:
        self.arithmetic, self.own = ArithmeticHero(self), ArithmeticControls(self)
        self.arithmetic.lesson_changed.connect(self.own.show_lesson)
        self.own.wanted.connect(self.arithmetic.show_operation)
        self.own.show_lesson(*self.arithmetic.lesson)
        self.add_mode("arithmetic", "Arithmetic", self.arithmetic, controls=self.own, note=_ARITHMETIC_NOTE)

    def _add_memory(self) -> None:
        self.memory_controls = MemoryControls(self._bench, self)
        self.memory, self.toy = MemoryHero(self.memory_controls.config, self), ToyCard(self)
        self.memory_controls.changed.connect(self._show_plan)
        self.memory.convention_wanted.connect(self.memory_controls.choose)
        self.add_mode(
            "memory", "Memory", self.memory, lab=(self.toy,), controls=self.memory_controls,
            view=self._bench.view("precision"), diagnosed=False,
        )  # fmt: skip

    def _add_training(self) -> None:
        self.training = TrainingHero(self)
        self.losses, self.scale, self.cost = PolicyLossCard(self), ScaleCard(self), CostCard(self)
        for card, share in ((self.losses, 5), (self.scale, 4), (self.cost, 5)):
            card.setProperty("share", share)
        self.training_controls = LabControls(
            self._bench,
            "precision",
            title="Train in every format",
            start=False,
            start_words="Train them",
            parent=self,
        )
        self.training_numbers = PrecisionNumbers(self)
        self.add_mode(
            "training", "Training", self.training, lab=(self.losses, self.scale, self.cost),
            controls=self.training_controls, numbers=self.training_numbers, view=self._bench.view("precision"),
            note=_TRAINING_NOTE,
        )  # fmt: skip

    def _arrange(self) -> None:
        super()._arrange()
        if hasattr(self, "cost"):
            self.scale.setVisible(not self.is_narrow())

    def _show_plan(self, config: MemoryPlanConfig) -> None:
        self.memory.show_plan(config)
        self._say()

    def _say(self) -> None:
        """Of the calculator, what it says of the plan."""
        if self.mode == "memory":
            self.plain_words.say(*self.memory_controls.words())
        else:
            super()._say()
