"""The big numbers of the schedule that is edited."""

from __future__ import annotations

from PySide6.QtWidgets import QWidget

from simulator.schedules.schedule import Schedule
from widgets.controls import BigNumber
from widgets.s05_schedule.geometry.numbers import rate_words, share_words, step_words
from widgets.s05_schedule.geometry.shape import average_share, warmup_steps
from widgets.square_numbers import SquareNumbers


class ShapeNumbers(SquareNumbers):
    """The rate at the marker, the warm-up, the area under the curve and where it ends."""

    def __init__(self, parent: QWidget | None = None) -> None:
        self.here = BigNumber("Rate here")
        self.warmup = BigNumber("Warm-up")
        self.area = BigNumber("Area under curve")
        self.final = BigNumber("Final rate")
        self.warmup.setToolTip("Steps until the peak, as a share of all steps")
        self.area.setToolTip(
            "The sum of all rates as a share of a run that stays at the peak: how far the weights can travel"
        )
        super().__init__((self.here, self.warmup, self.area, self.final), self.final, parent)

    def show_schedule(self, schedule: Schedule) -> None:
        """Show what the whole curve amounts to."""
        self.warmup.set_value(share_words(warmup_steps(schedule) / schedule.steps))
        self.area.set_value(share_words(average_share(schedule)))
        self.final.set_value(rate_words(schedule.rate(schedule.steps)))

    def show_step(self, schedule: Schedule, step: float) -> None:
        """Show the rate at the marker."""
        self.here.set_value(rate_words(schedule.rate(round(step))))
        self.here.setToolTip(f"The rate that step {step_words(round(step))} uses")
