"""The mode "Recipes": the popular rule against what was published, on a map and in a table."""

from __future__ import annotations

from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtGui import QFocusEvent, QKeyEvent
from PySide6.QtWidgets import QWidget

from simulator.schedules.recipes import Recipe, recipes
from simulator.units import format_count
from widgets.controls import Card, Column, DataTable
from widgets.elided import ElidedLabel
from widgets.s05_schedule.geometry.kinds import SHORT
from widgets.s05_schedule.geometry.numbers import rate_words, share_words, step_words
from widgets.s05_schedule.geometry.rule import RuleScene, follows_rule
from widgets.s05_schedule.sketch import Sketch
from widgets.scene.canvas import SceneCanvas


class RuleCanvas(SceneCanvas):
    """The map; arrow keys go from recipe to recipe."""

    picked = Signal(str)

    def __init__(self, sketch: Sketch, parent: QWidget | None = None) -> None:
        super().__init__(None, parent)
        self._sketch = sketch
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAccessibleName("Published recipes by warm-up and peak")
        self.clicked.connect(self._clicked)
        self.show_sketch()

    def show_sketch(self) -> None:
        """Follow the sketch."""
        self.set_scene(RuleScene(self._sketch.schedule, self._sketch.recipe, self.hasFocus()))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Arrows go to the neighbour."""
        scene, key = self.scene, Qt.Key(event.key())
        way = {Qt.Key.Key_Left: -1, Qt.Key.Key_Up: -1, Qt.Key.Key_Right: 1, Qt.Key.Key_Down: 1}.get(key)
        if way is None or not isinstance(scene, RuleScene):
            super().keyPressEvent(event)
            return
        order = scene.order()
        at = order.index(scene.chosen) + way if scene.chosen in order else 0
        self.picked.emit(order[min(max(at, 0), len(order) - 1)])

    def focusInEvent(self, event: QFocusEvent) -> None:
        """Show that keys choose."""
        super().focusInEvent(event)
        self.show_sketch()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        """Keys choose no more."""
        super().focusOutEvent(event)
        self.show_sketch()

    def _clicked(self, key: str) -> None:
        self.picked.emit(key.partition(":")[2])


class RecipesHero(Card):
    """The map of recipes, and what it says."""

    def __init__(self, sketch: Sketch, parent: QWidget | None = None) -> None:
        super().__init__(parent=parent)
        self._sketch = sketch
        self.title = ElidedLabel("", "section", "", self)
        self.sentence = ElidedLabel("", "small", "muted", self)
        self.canvas = RuleCanvas(sketch, self)
        self.canvas.set_hints(_hint)
        self.body.addWidget(self.title)
        self.body.addWidget(self.sentence)
        self.body.addWidget(self.canvas, 1)
        sketch.changed.connect(self.show_sketch)
        self.canvas.picked.connect(sketch.set_behind)
        self.show_sketch()

    def show_sketch(self) -> None:
        """Follow the sketch."""
        self.canvas.show_sketch()
        found = recipes().get(self._sketch.recipe)
        follow = sum(1 for place in recipes().values() if _follows(place.key))
        self.title.setText(f"{follow} of {len(recipes())} published recipes follow the popular rule")
        if found is None:
            self.sentence.setText(
                "Warm up for 1 to 5 % of the steps, peak at 1e-4 to 5e-4. Click a dot to see its recipe."
            )
        else:
            self.sentence.setText(f"{found.title}: {found.source}. {found.note}".strip())


class RecipesCard(Card):
    """All recipes with their numbers and sources."""

    def __init__(self, sketch: Sketch, parent: QWidget | None = None) -> None:
        super().__init__("Published recipes", parent)
        self._sketch = sketch
        self._keys = list(recipes())
        self.table = DataTable(
            [
                Column("Model", sample="DeepSeek LLM 67B"),
                Column("Kind", sample="Restarts"),
                Column("Peak", "number", sample="4.2e-4", show=rate_words),
                Column("Warm-up", "number", sample="10,000", show=step_words),
                Column("Share", "number", sample="0.07 %", show=share_words),
                Column("Steps", "number", sample="92.5k", show=format_count),
                Column("Source", share=1.0),
            ],
            self,
        )
        self.table.setAccessibleName("Published recipes")
        self.table.set_rows([_row(item) for item in recipes().values()])
        self.table.chosen.connect(self._chosen)
        self.body.addWidget(self.table, 1)
        sketch.changed.connect(self.show_sketch)
        self.show_sketch()

    def show_sketch(self) -> None:
        """Mark the recipe that is behind the sketch."""
        if self._sketch.recipe in self._keys:
            self.table.choose(self._keys.index(self._sketch.recipe))

    def _chosen(self, row: int) -> None:
        if 0 <= row < len(self._keys):
            self._sketch.set_behind(self._keys[row])


class RecipesMode(QObject):
    """Map and table."""

    def __init__(self, sketch: Sketch, parent: QWidget) -> None:
        super().__init__(parent)
        self.hero, self.card = RecipesHero(sketch, parent), RecipesCard(sketch, parent)


def _row(recipe: Recipe) -> list[str | float | int | None]:
    schedule = recipe.schedule
    return [
        recipe.title,
        SHORT[schedule.kind],
        schedule.peak,
        schedule.warmup or None,
        recipe.warmup_share or None,
        schedule.steps,
        recipe.source.removeprefix("as reported in "),
    ]


def _follows(key: str) -> bool:
    return all(follows_rule(recipes()[key].schedule))


def _hint(key: str) -> str:
    found = recipes().get(key.partition(":")[2])
    if found is None:
        return ""
    facts = "\n".join(f"{item.label}: {item.text} ({item.source})" for item in found.facts)
    return f"{found.title}\n{facts}"
