"""The mode "Race": scene, measures, diagnosis, and who runs."""

from __future__ import annotations

from PySide6.QtCore import QObject

from simulator.errors import ConfigError
from widgets.lab_controls import LabControls
from widgets.s05_schedule.norms_switch import NormsSwitch
from widgets.s05_schedule.race_cards import FindingsCard, MeasuresCard, RaceNumbers
from widgets.s05_schedule.race_hero import RaceHero
from widgets.s05_schedule.runner_picker import RunnerPicker
from widgets.s05_schedule.sketch import Sketch
from widgets.stage_tab import StageTab
from widgets.workbench import Workbench

KEY, LAB = "race", "race"
FIELDS = (
    "profile", "steps", "learning_rate", "corpus", "batch", "sequence", "layers", "hidden", "heads",
    "optimizer", "beta2", "weight_decay", "clip", "tokenizer", "vocabulary", "documents", "seed", "device", "threads",
)  # fmt: skip
"""Settings of the race in the order in which they are shown; who runs is chosen above them."""
_NOTE = (
    "Only the schedule differs",
    "The same model, the same first weights, the same text in the same order. No warm-up and too high a peak throw it "
    "off; too low a peak wastes the run. Click a runner to hold the others back.",
)


class RaceMode(QObject):
    """Keeps scene, cards and controls of the race on one runner.

    Args:
        bench: What the tab is given.
        tab: Gets the mode.
        sketch: The curve that can be raced.
    """

    def __init__(self, bench: Workbench, tab: StageTab, sketch: Sketch) -> None:
        super().__init__(tab)
        self.hero, self.numbers = RaceHero(tab), RaceNumbers(tab)
        self.measures, self.findings = MeasuresCard(tab), FindingsCard(tab)
        self.measures.setProperty("share", 3)
        self.findings.setProperty("share", 2)
        self.controls = LabControls(
            bench, LAB, title="Who runs", start=False, fields=FIELDS, start_words="Start the race", parent=tab
        )
        self.picker = RunnerPicker(sketch, tab)
        self.picker.set_text(str(self.controls.form.values_dict()["runners"]))
        self.controls.add_field(self.picker, first=True)
        self.norms = NormsSwitch(self.controls)
        self.picker.changed.connect(self._choose)
        self.hero.runner_chosen.connect(self.measures.set_chosen)
        self.hero.runner_chosen.connect(self.findings.set_chosen)
        tab.add_mode(
            KEY, "Race", self.hero, lab=(self.measures, self.findings), controls=self.controls, numbers=self.numbers,
            view=bench.view(LAB), note=_NOTE, diagnosed=False,
        )  # fmt: skip

    def race_own(self) -> None:
        """Take the drawn curve to the start."""
        self.picker.take_own()

    def reading(self) -> tuple[str, str, str] | None:
        """Heading, words and tone about the runner that is looked at; None without one, or before it was read."""
        race = self.hero.race
        runner = race.runner(self.hero.chosen) if race is not None else None
        if runner is None or runner.finding is None:
            return None
        return f"{runner.title}: {runner.finding.title.lower()}", runner.finding.text, runner.finding.tone

    def _choose(self, text: str) -> None:
        try:
            self.controls.form.set_values({"runners": text})
        except ConfigError as error:
            self.controls.say(str(error))
