"""Tab 5: the shape of a schedule, published recipes, the race, the range test and the loss landscape."""

from __future__ import annotations

from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QWidget

from simulator.stages import Stage
from widgets.s05_schedule.geometry.numbers import rounded
from widgets.s05_schedule.geometry.rule import rule_words
from widgets.s05_schedule.landscape_mode import KEY as LANDSCAPE
from widgets.s05_schedule.landscape_mode import LAB as LANDSCAPE_LAB
from widgets.s05_schedule.landscape_mode import LandscapeMode
from widgets.s05_schedule.race_mode import KEY as RACE
from widgets.s05_schedule.race_mode import LAB as RACE_LAB
from widgets.s05_schedule.race_mode import RaceMode
from widgets.s05_schedule.range_mode import KEY as RANGE
from widgets.s05_schedule.range_mode import LAB as RANGE_LAB
from widgets.s05_schedule.range_mode import RangeMode
from widgets.s05_schedule.recipes_mode import RecipesMode
from widgets.s05_schedule.shape_cards import ShapeNumbers
from widgets.s05_schedule.shape_controls import ShapeControls
from widgets.s05_schedule.shape_hero import ShapeHero
from widgets.s05_schedule.sketch import Sketch
from widgets.stage_tab import StageTab
from widgets.workbench import Workbench

_ABOUT_THE_SKETCH = ("shape", "recipes")
_WORDS_MILLISECONDS = 150


class SchedulePanel(StageTab):
    """Learning-rate schedules: draw one, compare it with the published ones, and race it.

    Args:
        stage: The stage.
        bench: What the tabs share.
        parent: Qt parent.
    """

    def __init__(self, stage: Stage, bench: Workbench, parent: QWidget | None = None) -> None:
        super().__init__(stage, parent)
        self._bench = bench
        self.sketch = Sketch(bench, self)
        self._words_later = QTimer(self)  # words need not keep up with a hand
        self._words_later.setSingleShot(True)
        self._words_later.setInterval(_WORDS_MILLISECONDS)
        self._words_later.timeout.connect(self._say)
        self.hero = ShapeHero(self.sketch, bench, self)
        self.controls, self.numbers = ShapeControls(self.sketch, self), ShapeNumbers(self)
        self.add_mode("shape", "Shape", self.hero, controls=self.controls, numbers=self.numbers)
        self.add_mode_later("recipes", "Recipes", self._add_recipes)
        self.add_mode_later(RACE, "Race", self._add_race, labs=(RACE_LAB,))
        self.add_mode_later(RANGE, "Range test", self._add_range, labs=(RANGE_LAB,))
        self.add_mode_later(LANDSCAPE, "Landscape", self._add_landscape, labs=(LANDSCAPE_LAB,))
        self.hero.race_wanted.connect(self._race_own)
        self.sketch.changed.connect(self._show_sketch)
        self.hero.stepped.connect(self._show_step)
        self._show_sketch()
        self._say()

    def _add_recipes(self) -> None:
        self.recipes = RecipesMode(self.sketch, self)
        self.add_mode(
            "recipes",
            "Recipes",
            self.recipes.hero,
            lab=(self.recipes.card,),
            controls=self.controls,
            numbers=self.numbers,
        )

    def _add_race(self) -> None:
        self.race = RaceMode(self._bench, self, self.sketch)
        self.race.hero.runner_chosen.connect(self._say)

    def _add_range(self) -> None:
        self.range = RangeMode(self._bench, self)
        self.range.hero.peak_wanted.connect(self._use_peak)

    def _add_landscape(self) -> None:
        self.landscape = LandscapeMode(self._bench, self)

    def _race_own(self) -> None:
        """Take the curve on show to the race."""
        self.set_mode(RACE)
        self.race.race_own()

    def _use_peak(self, peak: float) -> None:
        """Give the curve the peak that the range test suggests, and show it."""
        self.sketch.resize(rounded(peak), self.sketch.schedule.steps)
        self.set_mode("shape")

    def _show_sketch(self) -> None:
        self.numbers.show_schedule(self.sketch.schedule)
        self._show_step(self.hero.step())
        if not self._words_later.isActive():
            self._words_later.start()

    def _show_step(self, step: float) -> None:
        self.numbers.show_step(self.sketch.schedule, step)

    def _say(self) -> None:
        """What the popular rule says of the schedule on show; about runs, what they found."""
        if self.mode in _ABOUT_THE_SKETCH:
            self.plain_words.say(*rule_words(self.sketch.schedule))
        elif self.mode == RACE and self.race.reading() is not None:
            self.plain_words.say(*self.race.reading())
        else:
            super()._say()
