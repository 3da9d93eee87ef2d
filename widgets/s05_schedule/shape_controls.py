"""The right column of "Shape": kind, peak and length, and the published recipes."""

from __future__ import annotations

from PySide6.QtCore import QEvent
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QVBoxLayout, QWidget

from simulator.schedules.recipes import Recipe, recipes
from simulator.units import format_count
from widgets.controls import Card, button, label
from widgets.controls.basics import set_look
from widgets.controls.number_field import NumberField
from widgets.controls.scroll_column import ScrollColumn
from widgets.s05_schedule.geometry.numbers import rate_words, share_words, step_words
from widgets.s05_schedule.kind_grid import KindGrid
from widgets.s05_schedule.shape_config import ShapeConfig
from widgets.s05_schedule.sketch import Sketch

_NONE = "No published recipe"


class RecipeBox(QComboBox):
    """A list of recipes that leaves the wheel to the page."""

    def wheelEvent(self, event: QEvent) -> None:
        """Not ours."""
        event.ignore()


class ShapeControls(Card):
    """Changes the sketch, and follows it.

    Args:
        sketch: The schedule.
        parent: Qt parent.
    """

    def __init__(self, sketch: Sketch, parent: QWidget | None = None) -> None:
        super().__init__(parent=parent)
        self._sketch = sketch
        self._told = ""
        self.kinds = KindGrid(self)
        self.fields = {item.name: NumberField(item, self) for item in ShapeConfig.settings()}
        self.recipe = RecipeBox(self)
        self.recipe.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.recipe.setMinimumContentsLength(8)
        self.recipe.setAccessibleName("Published recipe")
        self.recipe.addItem(_NONE, "")
        for key, found in recipes().items():
            self.recipe.addItem(found.title, key)
        self.shape_only = button("Use its shape", hint="Its shape, with the peak and the steps set here")
        self.as_published = button("As published", hint="Its own peak and steps, too")
        self.source = label("", "small", "muted", wrap=True)
        for made in (self.shape_only, self.as_published):
            set_look(made, "dense", "true")
        self._lay_out()
        self.kinds.chosen.connect(sketch.set_kind)
        for field in self.fields.values():
            field.set_inline()
            field.edited.connect(self._resized)
        self.recipe.activated.connect(self._chosen)
        self.shape_only.clicked.connect(self._load_shape)
        self.as_published.clicked.connect(self._load_all)
        sketch.changed.connect(self.show_sketch)
        self.show_sketch()

    def _lay_out(self) -> None:
        scroll = ScrollColumn(self)
        numbers = QVBoxLayout()
        numbers.setSpacing(0)
        for field in self.fields.values():
            numbers.addWidget(field)
        scroll.column.addWidget(self.kinds)
        scroll.column.addLayout(numbers)
        scroll.column.addWidget(self.recipe)
        row = QHBoxLayout()
        row.addWidget(self.shape_only)
        row.addWidget(self.as_published)
        scroll.column.addLayout(row)
        scroll.column.addWidget(self.source)
        scroll.column.addStretch(1)
        self.body.addWidget(scroll, 1)

    def show_sketch(self) -> None:
        """Follow the sketch."""
        now, recipe = self._sketch.schedule, self._sketch.recipe
        self.kinds.set_kind(now.kind)
        for name, field in self.fields.items():
            value = getattr(now, name)
            if field.value() != value:
                field.set_value(value)
                field.set_message("")
        if recipe != self._told:
            self._told = recipe
            self.recipe.setCurrentIndex(max(0, self.recipe.findData(recipe)))
            found = recipes().get(recipe)
            self.source.setText(recipe_words(found) if found is not None else "")
        for made in (self.shape_only, self.as_published):
            made.setVisible(bool(recipe))

    def _resized(self, name: str, value: float) -> None:
        now = self._sketch.schedule
        peak, steps = (value, now.steps) if name == "peak" else (now.peak, int(value))
        self._sketch.resize(peak, steps, gesture=f"field:{name}")

    def _chosen(self) -> None:
        self._sketch.set_behind(self.recipe.currentData())

    def _load_shape(self) -> None:
        self._sketch.load(self._sketch.recipe, scaled=True)

    def _load_all(self) -> None:
        self._sketch.load(self._sketch.recipe, scaled=False)


def recipe_words(recipe: Recipe) -> str:
    """A recipe in a few lines: its numbers, its source, what is simplified."""
    schedule = recipe.schedule
    warmup = (
        f"{step_words(schedule.warmup)} steps of warm-up, {share_words(recipe.warmup_share)} of the run"
        if schedule.warmup
        else "no warm-up stated"
    )
    batch = f", {format_count(recipe.batch_tokens)} tokens a step" if recipe.batch_tokens else ""
    words = f"Peak {rate_words(schedule.peak)}, {warmup}; {step_words(schedule.steps)} steps{batch}. {recipe.source}."
    return f"{words} {recipe.note}".strip()
