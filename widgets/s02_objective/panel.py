"""Tab 2: objectives on any text, two of them side by side, the inside of the model, and a playground for writing."""

from __future__ import annotations

from PySide6.QtWidgets import QWidget

from simulator.stages import Stage
from widgets.lab_controls import LabControls
from widgets.s02_objective.compare_cards import AccuracyCard, CompareLossCard, CompareNumbers, TextsCard
from widgets.s02_objective.hero import PredictionHero
from widgets.s02_objective.inside_view import InsideHero
from widgets.s02_objective.lab_cards import LossCard, NumbersCard, PaceCard, SamplesCard
from widgets.s02_objective.playground import Playground
from widgets.s02_objective.playground_cards import DrawCard
from widgets.s02_objective.side_view import SideView
from widgets.stage_tab import StageTab
from widgets.theme import theme
from widgets.workbench import Workbench

_WIDE = 1600
_SIDE_NOTE = (
    "Why only one can write",
    "Both read the same text, with the same seed, size and number of steps. The causal model only ever saw what stands "
    "before, so the next token is exactly what it knows. The masked model knows what fits between two sides: at the "
    "end of a text one side is missing.",
)
_INSIDE_NOTE = (
    "Looking inside",
    "Each small picture is one attention head: in a row, a token shares its attention out among those it may look at. "
    "Drag the time of training, and patterns form out of nothing.",
)
_WRITE_NOTE = (
    "How a token is drawn",
    "Temperature, top-k and top-p reshape what the model expects; then a die is thrown. Click a candidate to take it "
    "instead.",
)


class ObjectivePanel(StageTab):
    """The pre-training objective: what is hidden, what must be guessed, and what grows out of it."""

    def __init__(self, stage: Stage, bench: Workbench, parent: QWidget | None = None) -> None:
        super().__init__(stage, parent)
        self._runs, self._pairs = bench.view("pretrain"), bench.view("objectives")
        self._bench = bench
        self._add_objectives()
        self.add_mode_later("side", "Side by side", self._add_side, labs=("objectives",))
        self.add_mode_later("inside", "Inside", self._add_inside, labs=("pretrain",))
        self.add_mode_later("generate", "Generate", self._add_playground, labs=("pretrain",))

    def _add_objectives(self) -> None:
        bench = self._bench
        self.hero = PredictionHero(bench.bridge, self._pairs, self)
        self.loss, self.pace, self.samples = LossCard(self), PaceCard(self), SamplesCard(self)
        self.controls = LabControls(bench, "pretrain", title="Train the toy model")
        self.numbers = NumbersCard(self)
        for card, share in ((self.loss, 5), (self.pace, 3), (self.samples, 4)):
            card.setProperty("share", share)
        self.add_mode(
            "objectives",
            "Objectives",
            self.hero,
            lab=(self.loss, self.pace, self.samples),
            controls=self.controls,
            numbers=self.numbers,
            view=self._runs,
        )
        self.hero.train_wanted.connect(self._train)
        self._pairs.changed.connect(self._pairs_changed)

    def _add_side(self) -> None:
        bench = self._bench
        self.side = SideView(bench.bridge, self)
        self.losses, self.accuracy, self.texts = CompareLossCard(self), AccuracyCard(self), TextsCard(self)
        self.side_controls = LabControls(bench, "objectives", title="Train two objectives", start=False)
        self.side_numbers = CompareNumbers(self)
        for card, share in ((self.losses, 5), (self.accuracy, 3), (self.texts, 4)):
            card.setProperty("share", share)
        self.add_mode(
            "side",
            "Side by side",
            self.side,
            lab=(self.losses, self.accuracy, self.texts),
            controls=self.side_controls,
            numbers=self.side_numbers,
            view=self._pairs,
            note=_SIDE_NOTE,
        )

    def _add_inside(self) -> None:
        self.inside = InsideHero(self._bench.bridge, self._pairs, self)
        self.add_mode(
            "inside",
            "Inside",
            self.inside,
            controls=self.controls,
            view=self._runs,
            note=_INSIDE_NOTE,
            diagnosed=False,
        )

    def _add_playground(self) -> None:
        bench = self._bench
        self.playground = Playground(bench.bridge, self)
        self.draw = DrawCard(bench, self)
        self.add_mode(
            "generate",
            "Generate",
            self.playground,
            controls=self.draw,
            view=self._runs,
            note=_WRITE_NOTE,
            diagnosed=False,
        )
        self.draw.changed.connect(self.playground.set_config)
        self.playground.set_config(self.draw.config())
        self.playground.seed_wanted.connect(self.draw.next_seed)
        self.playground.written.connect(self.draw.texts.show_writing)
        self.playground.compared.connect(self.draw.texts.show_greedy)

    def _train(self, objective: str) -> None:
        """Start a run with an objective."""
        self.controls.form.set_values({"objective": objective})
        self.controls.run_bar.start_requested.emit()

    def _pairs_changed(self) -> None:
        """The other lab has news: its models may know an objective that is on show."""
        if self._active and self.mode in ("objectives", "inside"):
            self.refresh()

    def set_active(self, on: bool) -> None:
        """The tab came into sight or went out of it; the other lab's runs are wanted, too."""
        super().set_active(on)
        if on:
            self._pairs.wake()

    def _arrange(self) -> None:
        super()._arrange()
        if hasattr(self, "pace"):
            self.pace.setVisible(not self.is_narrow())
            self.pace.set_wide(self.width() >= theme().px(_WIDE))
        if hasattr(self, "accuracy"):
            self.accuracy.setVisible(not self.is_narrow())
