"""The hero of the duplicates mode: two pages under MinHash, step by step."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from simulator.runs.history import RunHistory
from widgets.controls import Card
from widgets.elided import ElidedLabel
from widgets.run_view import RunView
from widgets.s01_data.geometry.minhash_scene import MinHashScene, verdict
from widgets.s01_data.geometry.pair import Pair
from widgets.scene.canvas import SceneCanvas
from widgets.scene.transport import Transport
from widgets.theme import theme

_SENTENCE = "Copies need not be equal to be found: alike pages share many of their smallest hash values."


class MinHashHero(Card):
    """The scene with its transport; it holds the pair on show.

    Attributes:
        viewed: The run on show has news; carries its RunHistory.
        transport: Plays the scene.
        canvas: Paints it.
    """

    viewed = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent=parent)
        self._near = 0.7
        self._names = ("", "")
        self.pair: Pair | None = None
        self.title = ElidedLabel("", "section", "", self)
        self.sentence = ElidedLabel(_SENTENCE, "small", "muted", self)
        self.canvas = SceneCanvas(None, self)
        self.transport = Transport(parent=self)
        self.transport.time_changed.connect(self.canvas.set_time)
        words = QVBoxLayout()
        words.setSpacing(0)
        words.addWidget(self.title)
        words.addWidget(self.sentence)
        self._head = QHBoxLayout()
        self._head.addLayout(words, 1)
        self.body.addLayout(self._head)
        self.body.addWidget(self.canvas, 1)
        self.body.addWidget(self.transport)
        theme().changed.connect(self._refresh)

    @property
    def scene(self) -> MinHashScene | None:
        """The scene on show."""
        scene = self.canvas.scene
        return scene if isinstance(scene, MinHashScene) else None

    def show_view(self, view: RunView) -> None:
        """Tell of the run on show."""
        self.viewed.emit(view.history or RunHistory())

    def show_pair(self, pair: Pair, names: tuple[str, str], near: float, title: str) -> None:
        """Show another pair, or the same under other bands and rows; the time stays where it can."""
        first = self.pair is None
        self.pair, self._names, self._near = pair, names, near
        self.title.setText(title)
        self._refresh()
        if first:
            self.rest()

    def rest(self) -> None:
        """Hold where all of it is to be seen."""
        self.transport.pause()
        self.transport.set_time(self.transport.duration)

    def verdict(self) -> tuple[str, str]:
        """What the pipeline says of the pair, and its tone."""
        return verdict(self.pair, self._near) if self.pair is not None else ("", "text")

    def _refresh(self) -> None:
        """Words are laid out by the type of the theme, so another theme is another scene."""
        if self.pair is None:
            return
        scene = MinHashScene(self.pair, self._names, self._near, self.canvas.text_width)
        share = self.transport.time / self.transport.duration if self.transport.duration else 1.0
        self.canvas.set_scene(scene)
        self.transport.set_scene(scene)
        if share >= 1.0:
            self.transport.set_time(scene.duration)
