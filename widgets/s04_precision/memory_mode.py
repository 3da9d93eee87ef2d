"""The mode "Memory": the calculator, and beside it the toy model's prediction and measurement."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QWidget

from simulator.config import Config
from simulator.errors import ConfigError
from simulator.runs.history import RunHistory
from simulator.training.policies import POLICIES
from widgets.controls import Card, ConfigForm, SegmentedControl, label
from widgets.controls.scroll_column import ScrollColumn
from widgets.s04_precision.fading import FadingCanvas
from widgets.s04_precision.geometry.memory import TITLES, MemoryScene, plain_words
from widgets.s04_precision.geometry.toy import ToyReading, ToyScene, agreement, predicted_toy, toy_readings
from widgets.s04_precision.memory_config import MemoryPlanConfig
from widgets.scene.canvas import SceneCanvas
from widgets.workbench import Workbench

FORM = "memory"
_CONVENTIONS = (("zero", "ZeRO"), ("megatron", "Megatron"), ("deepspeed", "DeepSpeed"))
_RECOMPUTE = (("none", "Keep all"), ("selective", "Selective"), ("full", "Full"))
_FIELDS = ("preset", "optimizer", "zero", "dp", "tp", "sequence", "batch", "weights", "cache", "gpu")


class MemoryHero(Card):
    """The stacks of one plan.

    Attributes:
        convention_wanted: A way of counting was clicked.
    """

    convention_wanted = Signal(str)

    def __init__(self, config: MemoryPlanConfig, parent: QWidget | None = None) -> None:
        super().__init__("Where the memory goes", parent)
        self.canvas = FadingCanvas(self)
        self.canvas.setAccessibleName("Memory in training and in use")
        self.canvas.set_hints(self._hint)
        self.canvas.clicked.connect(self._clicked)
        self.body.addWidget(self.canvas, 1)
        self._scene = MemoryScene(config)
        self.canvas.fade_to(self._scene)

    @property
    def shown(self) -> MemoryScene:
        """What is on show."""
        return self._scene

    def show_plan(self, config: MemoryPlanConfig) -> None:
        """Show another plan: blocks grow and shrink to it."""
        self._scene = MemoryScene(config, self._scene)
        self.canvas.fade_to(self._scene)

    def rest(self) -> None:
        """Hold still."""
        self.canvas.settle()

    def _hint(self, key: str) -> str:
        return self._scene.part_hint(key)

    def _clicked(self, key: str) -> None:
        name = key.split(":")[1] if ":" in key else ""
        if name in TITLES and name != "use":
            self.convention_wanted.emit(name)


class MemoryControls(Card):
    """The form of the plan.

    Attributes:
        changed: Another plan: carries the config.
    """

    changed = Signal(object)

    def __init__(self, bench: Workbench, parent: QWidget | None = None) -> None:
        super().__init__("Given", parent)
        self._bench = bench
        self._config = _remembered(bench)
        self.convention = SegmentedControl(_CONVENTIONS, self)
        self.recompute = SegmentedControl(_RECOMPUTE, self)
        self.form = ConfigForm(MemoryPlanConfig, self._config.to_dict(), _FIELDS, inline=True)
        scroll = ScrollColumn(self)
        for control, name, words in (
            (self.convention, "convention", "Counted by"), (self.recompute, "recompute", "Recomputed"),
        ):  # fmt: skip
            control.set_dense()
            control.set_current(getattr(self._config, name))
            control.setAccessibleName(words)
            control.setToolTip(next(item.help for item in MemoryPlanConfig.settings() if item.name == name))
            scroll.column.addWidget(control)
        scroll.column.addWidget(self.form)
        scroll.column.addStretch(1)
        self.body.addWidget(scroll, 1)
        self.form.changed.connect(self._take)
        self.convention.chosen.connect(self.choose)
        self.recompute.chosen.connect(self._choose_recompute)

    @property
    def config(self) -> MemoryPlanConfig:
        """The plan, as last set without a mistake."""
        return self._config

    def set_roomy(self, on: bool) -> None:
        """Set lines apart where there is height for it."""
        self.form.set_roomy(on)

    def choose(self, convention: str) -> None:
        """Count in another way."""
        self.convention.set_current(convention)
        self.form.set_values({"convention": convention})

    def _choose_recompute(self, recompute: str) -> None:
        self.form.set_values({"recompute": recompute})

    def words(self) -> tuple[str, str]:
        """What there is to say of the plan."""
        return plain_words(self._config)

    def _take(self, config: Config) -> None:
        assert isinstance(config, MemoryPlanConfig)  # noqa: S101  the form was made for it
        self._config = config
        self.convention.set_current(config.convention)
        self.recompute.set_current(config.recompute)
        self._bench.remember_form(FORM, config.to_dict())
        self.changed.emit(config)


class ToyCard(Card):
    """The toy model on this machine: predicted beside measured."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent=parent)
        self.policy = SegmentedControl([("fp32", "FP32")], self)
        self.policy.setAccessibleName("Precision policy")
        self.policy.set_dense()
        self.canvas = SceneCanvas(None, self)
        self.canvas.setAccessibleName("Memory of the toy model")
        self.words = label("", "small", "muted", wrap=True)
        head = QHBoxLayout()
        self.title = label("Toy model, this machine", "section")
        head.addWidget(self.title)
        head.addStretch(1)
        head.addWidget(self.policy)
        self.body.addLayout(head)
        self.body.addWidget(self.canvas, 1)
        self.body.addWidget(self.words)
        self._readings: dict[str, ToyReading] = {}
        self.policy.chosen.connect(self._show_policy)
        self.show_history(RunHistory())

    def show_history(self, history: RunHistory) -> None:
        """Show what a run measured, or what is predicted for one."""
        measured = toy_readings(history)
        device = str(history.device.get("label", "")) if measured else ""
        self.title.setText(f"Toy model, {device or 'this machine'}")
        found = measured or {key: predicted_toy(key) for key in POLICIES}
        if found == self._readings:
            return
        current = self.policy.current()
        self._readings = found
        self.policy.set_choices([(key, _short(key)) for key in found])
        self._show_policy(current if current in found else next(iter(found)))

    def _show_policy(self, key: str) -> None:
        self.policy.set_current(key)
        reading = self._readings[key]
        self.canvas.set_scene(ToyScene(reading))
        self.words.setText(agreement(reading))


def _short(key: str) -> str:
    return POLICIES[key].title.replace("loss ", "") if key in POLICIES else key


def _remembered(bench: Workbench) -> MemoryPlanConfig:
    """What was set when the window was last closed; the defaults where that no longer fits."""
    try:
        return MemoryPlanConfig.from_dict(bench.form_values(FORM))
    except ConfigError:
        return MemoryPlanConfig()
