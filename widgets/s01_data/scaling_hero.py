"""The hero of the scaling view: the loss surface, a budget that sweeps over it, and the best model for it."""

from __future__ import annotations

from PySide6.QtCore import QPointF, Qt, Signal, SignalInstance
from PySide6.QtGui import QMouseEvent
from PySide6.QtWidgets import QHBoxLayout, QWidget

from simulator.s01_data.scaling import FLOPS_PER_TOKEN, PublishedModel, plan_of, published_models
from simulator.s01_data.scaling_config import ScalingConfig
from simulator.units import format_count
from widgets.controls import Card, label
from widgets.s01_data.geometry.scaling import ScalingScene, model_words
from widgets.s01_data.geometry.scaling_axes import power_words
from widgets.scene.canvas import SceneCanvas
from widgets.scene.transport import Transport
from widgets.theme import theme


class SurfaceCanvas(SceneCanvas):
    """A canvas that says where the pointer is.

    Attributes:
        dragged: Pressed or drawn to a place, in scene pixels.
        pointed: The pointer is over a place, in scene pixels.
    """

    dragged = Signal(float, float)
    pointed = Signal(float, float)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """A press on something says what it is; elsewhere the drag begins."""
        super().mousePressEvent(event)
        place = event.position()
        if event.button() == Qt.MouseButton.LeftButton and not self._key_at(place.x(), place.y()):
            self._tell(self.dragged, place)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Go on with the drag."""
        super().mouseMoveEvent(event)
        pressed = bool(event.buttons() & Qt.MouseButton.LeftButton)
        self._tell(self.dragged if pressed else self.pointed, event.position())

    def _tell(self, signal: SignalInstance, place: QPointF) -> None:
        scale = theme().scale
        signal.emit(place.x() / scale, place.y() / scale)


class ScalingHero(Card):
    """The surface with its transport: its time is the budget.

    Attributes:
        budget_shown: The budget in sight, FLOPs.
    """

    budget_shown = Signal(float)

    def __init__(self, flops: float, parent: QWidget | None = None) -> None:
        super().__init__(parent=parent)
        self._flops = flops
        self._config = ScalingConfig()
        self.scene = ScalingScene()
        self.canvas = SurfaceCanvas(self.scene, self)
        self.canvas.set_hints(self._hint)
        self.transport = Transport(self.scene, parent=self)
        self.transport.set_count_word("decade")
        self.reading = label("", "mono_small", "muted")
        head = QHBoxLayout()
        head.addWidget(label("How large a model, on how much text?", "section"), 1)
        head.addWidget(self.reading)
        self.body.addLayout(head)
        self.body.addWidget(self.canvas, 1)
        self.body.addWidget(self.transport)
        self.transport.time_changed.connect(self._show_time)
        self.canvas.clicked.connect(self._clicked)
        self.canvas.dragged.connect(self._dragged)
        self.canvas.pointed.connect(self._pointed)
        self.show_budget(flops)

    @property
    def flops(self) -> float:
        """The budget in sight."""
        return self._flops

    def show_config(self, config: ScalingConfig) -> None:
        """Use another law or GPU; the budget stays."""
        self._config = config
        self.scene = ScalingScene(config.approach, config.fit, config)
        self.canvas.set_scene(self.scene)

    def show_budget(self, flops: float) -> None:
        """Go to a budget; beyond the sweep's ends its nearest end is shown."""
        self.transport.pause()
        self.transport.set_time(self.scene.time_of(flops))
        self._show_time(self.transport.time)

    def rest(self) -> None:
        """Hold at the budget of Chinchilla, which much is known about."""
        chinchilla = published_models()[0]
        self.show_budget(chinchilla.flops)

    def _show_time(self, t: float) -> None:
        self.canvas.set_time(t)
        flops = self.scene.flops_at(t)
        if flops != self._flops:
            self._flops = flops
            self.budget_shown.emit(flops)

    def _dragged(self, x: float, y: float) -> None:
        area = self.scene.frame_of(*self.canvas.logical_size())
        if area.holds((x, y), 6.0):
            params, tokens = area.meaning(x, y)
            self.show_budget(FLOPS_PER_TOKEN * params * tokens)

    def _pointed(self, x: float, y: float) -> None:
        """Say what lies under the pointer."""
        area = self.scene.frame_of(*self.canvas.logical_size())
        if not area.holds((x, y)):
            self.reading.setText("")
            return
        plan = plan_of(*area.meaning(x, y), self._config.fit)
        self.reading.setText(
            f"{format_count(plan.params)} on {format_count(plan.tokens)}: loss {plan.loss:.3f}, "
            f"{power_words(plan.flops, 1)} FLOPs"
        )

    def _clicked(self, key: str) -> None:
        model = _model(key)
        if model is not None:
            self.show_budget(model.flops)

    def _hint(self, key: str) -> str:
        model = _model(key)
        return model_words(model, self._config.approach, self._config.fit) if model is not None else ""


def _model(key: str) -> PublishedModel | None:
    kind, _, name = key.partition(":")
    if kind != "model":
        return None
    return next((model for model in published_models() if model.name == name), None)
