"""The schedule that the tab is about: edited in one place, shown in many."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QObject, Signal

from simulator.errors import ConfigError
from simulator.schedules.drawn import add_point, remove_point
from simulator.schedules.handles import drag
from simulator.schedules.recipes import find_recipe
from simulator.schedules.schedule import Schedule, usual
from simulator.schedules.text import format_schedule, parse_schedule
from widgets.s05_schedule.geometry.editing import Draft, Editing, of_kind, stretched
from widgets.s05_schedule.geometry.numbers import rounded
from widgets.workbench import Workbench

FORM = "schedule"
PEAK, STEPS = 4e-3, 1000
"""Peak and length that the toy model is trained with."""
LOWEST_PEAK, HIGHEST_PEAK = 1e-7, 10.0
MOST_STEPS = 10_000_000_000


class Sketch(QObject):
    """Keeps the schedule, its past and what it was loaded from.

    Attributes:
        changed: The schedule or the recipe behind it is another one.
    """

    changed = Signal()

    def __init__(self, bench: Workbench, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._bench = bench
        self._editing = Editing(_remembered(bench))

    @property
    def schedule(self) -> Schedule:
        """The schedule now."""
        return self._editing.draft.schedule

    @property
    def recipe(self) -> str:
        """Key of the published recipe behind it, or ""."""
        return self._editing.draft.recipe

    @property
    def can_undo(self) -> bool:
        """Whether there is something to take back."""
        return self._editing.can_undo

    @property
    def can_redo(self) -> bool:
        """Whether something was taken back."""
        return self._editing.can_redo

    def text(self) -> str:
        """The schedule as one line, which a race understands."""
        return format_schedule(self.schedule)

    # ---- edits

    def set_kind(self, kind: str) -> None:
        """Change the kind; peak, steps and warm-up stay."""
        if kind != self.schedule.kind:
            self._take(of_kind(kind, self.schedule))

    def drag(self, key: str, step: float, rate: float, *, gesture: str = "") -> None:
        """Move a handle, as far as it goes."""
        rate = min(max(rate, 0.0), HIGHEST_PEAK)
        if key == "peak":
            rate = max(rate, LOWEST_PEAK)
        self._take(drag(self.schedule, key, step, rounded(rate)), gesture=gesture or f"drag:{key}")

    def settle(self) -> None:
        """The hand let go: the next move is one of its own."""
        self._editing.settle()

    def add_point(self, step: float) -> int:
        """A control point more, on the drawn curve; its number, or -1 where there is no room."""
        now = self.schedule
        points = add_point(now.points, step / max(now.end, 1))
        if points == now.points:
            return -1
        self._take(now.replace(points=points))
        return next(i for i, point in enumerate(points) if point not in now.points)

    def remove_point(self, index: int) -> bool:
        """Take a control point away; the first and the last stay."""
        now = self.schedule
        points = remove_point(now.points, index)
        if points == now.points:
            return False
        self._take(now.replace(points=points))
        return True

    def resize(self, peak: float, steps: int, gesture: str = "") -> None:
        """Give it another peak and length; its shape stays."""
        self._take(stretched(self.schedule, steps, peak), gesture=gesture)

    def set_behind(self, recipe: str) -> None:
        """Draw a published recipe behind; "" for none."""
        self._take(self.schedule, recipe=recipe)

    def load(self, recipe: str, *, scaled: bool) -> None:
        """Take a published recipe: as published, or its shape with the present peak and length."""
        found, now = find_recipe(recipe), self.schedule
        self._take(
            stretched(found.schedule, now.steps, now.peak) if scaled else found.schedule, recipe=recipe
        )

    def reset(self) -> None:
        """The usual schedule of this kind."""
        self._take(usual(self.schedule.kind, PEAK, STEPS), recipe="")

    def undo(self) -> None:
        """Take back the last change."""
        self._tell(self._editing.undo)

    def redo(self) -> None:
        """Make it again."""
        self._tell(self._editing.redo)

    def _take(self, schedule: Schedule, *, recipe: str | None = None, gesture: str = "") -> None:
        draft = Draft(schedule, self.recipe if recipe is None else recipe)
        if self._editing.change(draft, gesture):
            self._remember()
            self.changed.emit()

    def _tell(self, move: Callable[[], bool]) -> None:
        if move():
            self._remember()
            self.changed.emit()

    def _remember(self) -> None:
        now = self.schedule
        self._bench.remember_form(
            FORM, {"schedule": self.text(), "steps": now.steps, "peak": now.peak, "recipe": self.recipe}
        )


def _remembered(bench: Workbench) -> Draft:
    """What was drawn when the window was last closed; the usual cosine where that no longer fits."""
    kept = bench.form_values(FORM)
    try:
        steps, peak = int(kept["steps"]), float(kept["peak"])
        recipe = str(kept.get("recipe", ""))
        if recipe:
            find_recipe(recipe)
        return Draft(parse_schedule(str(kept["schedule"]), steps=steps, peak=peak), recipe)
    except (ConfigError, KeyError, TypeError, ValueError, OverflowError):
        return Draft(usual("cosine", PEAK, STEPS))
