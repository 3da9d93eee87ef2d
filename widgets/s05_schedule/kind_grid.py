"""The choice of a kind: small pictures that keys and clicks choose from."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QFocusEvent, QKeyEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from simulator.schedules.kinds import KINDS, NAMES
from widgets.s05_schedule.geometry.kinds import COLUMNS, ROWS, KindScene, kind_hint
from widgets.scene.canvas import SceneCanvas
from widgets.theme import theme

_TILE = 42
_MOVES = {Qt.Key.Key_Left: -1, Qt.Key.Key_Right: 1, Qt.Key.Key_Up: -COLUMNS, Qt.Key.Key_Down: COLUMNS}


class KindGrid(SceneCanvas):
    """One tile a kind.

    Attributes:
        chosen: The user chose a kind; carries its name.
    """

    chosen = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(KindScene("cosine"), parent)
        self._kind = "cosine"
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setAccessibleName("Kind of schedule")
        self.set_hints(kind_hint)
        self.clicked.connect(self._clicked)

    def set_kind(self, kind: str) -> None:
        """Light a kind up; emits nothing."""
        if kind != self._kind:
            self._kind = kind
            self.setAccessibleDescription(KINDS[kind].title)
            self._draw()

    def kind(self) -> str:
        """The kind that is lit."""
        return self._kind

    def sizeHint(self) -> QSize:
        """Rows of tiles."""
        return QSize(theme().px(260), theme().px(_TILE * ROWS + 8))

    def minimumSizeHint(self) -> QSize:
        """As high as it likes to be."""
        return QSize(theme().px(200), self.sizeHint().height())

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Arrows go to the neighbour, Home and End to the ends."""
        key, index = Qt.Key(event.key()), NAMES.index(self._kind)
        target = {Qt.Key.Key_Home: 0, Qt.Key.Key_End: len(NAMES) - 1}.get(key)
        if target is None and key in _MOVES:
            target = index + _MOVES[key]
        if target is None:
            super().keyPressEvent(event)
        elif 0 <= target < len(NAMES):
            self._choose(NAMES[target])

    def focusInEvent(self, event: QFocusEvent) -> None:
        """Show that keys choose."""
        super().focusInEvent(event)
        self._draw()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        """Keys choose no more."""
        super().focusOutEvent(event)
        self._draw()

    def _clicked(self, key: str) -> None:
        self._choose(key.partition(":")[2])

    def _choose(self, kind: str) -> None:
        if kind != self._kind:
            self.set_kind(kind)
            self.chosen.emit(kind)

    def _draw(self) -> None:
        self.set_scene(KindScene(self._kind, self.hasFocus()))
