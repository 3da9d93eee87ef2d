"""The hero of the tokenizer view: a text whose tokens join merge by merge."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QHBoxLayout, QLineEdit, QMenu, QWidget

from simulator.s01_data.merges import token_label
from widgets.controls import Card, button, label
from widgets.s01_data.geometry.merges import MergeScene
from widgets.s01_data.tokenizer_desk import LONGEST_TEXT, TokenizerDesk
from widgets.scene.canvas import SceneCanvas
from widgets.scene.transport import Transport

_REST_SHARE = 0.35

EXAMPLES = {
    "Rare words": "Unbelievably, antidisestablishmentarianism is not a hamster.",
    "Numbers": "1 12 123 1234 12345 123456; 3.14159 and 2,718,281",
    "Code": "def add(a, b):\n    return a + b  # the sum",
    "Other scripts": "naïve café, Привет мир, 猫が好き, नमस्ते, مرحبا",
    "Emoji": "👍🏽 👩‍🚀 🏳️‍🌈 and plain :-)",
}
"""Texts on which ways of cutting differ."""


class TokenizerHero(Card):
    """Text field above, transport below.

    Attributes:
        state_shown: How many merges have been applied to the text in sight.
    """

    state_shown = Signal(int)

    def __init__(self, desk: TokenizerDesk, parent: QWidget | None = None) -> None:
        super().__init__(parent=parent)
        self._desk = desk
        self._state = 0
        self.field = QLineEdit(self)
        self.field.setPlaceholderText("Type any text; empty shows a paragraph of the corpus")
        self.field.setAccessibleName("Text to tokenize")
        self.field.setMaxLength(LONGEST_TEXT)
        self.examples = button("Examples", hint="Texts on which ways of cutting differ")
        menu = QMenu(self.examples)
        for name, text in EXAMPLES.items():
            menu.addAction(name).setData(text)
        menu.triggered.connect(self._take_example)
        self.examples.setMenu(menu)
        self.scene = MergeScene(desk.book, desk.text)
        self.canvas = SceneCanvas(self.scene, self)
        self.canvas.set_hints(self._hint)
        self.transport = Transport(self.scene, parent=self)
        self.transport.set_count_word("change")
        tools = QHBoxLayout()
        tools.addWidget(label("Merge by merge", "section"))
        tools.addWidget(self.field, 1)
        tools.addWidget(self.examples)
        self.body.addLayout(tools)
        self.body.addWidget(self.canvas, 1)
        self.body.addWidget(self.transport)
        self.field.textChanged.connect(desk.set_text)
        self.transport.time_changed.connect(self._show_time)
        self.canvas.clicked.connect(self._clicked)
        desk.book_changed.connect(self._begin)
        desk.text_changed.connect(self._text_changed)

    @property
    def state(self) -> int:
        """How many merges have been applied to the text in sight."""
        return self._state

    def show_state(self, state: int) -> None:
        """Go to where so many merges have been applied."""
        self.transport.pause()
        self.transport.set_time(self.scene.time_of(state))

    def show_text(self, text: str) -> None:
        """Put a text into the field."""
        self.field.setText(text)

    def rest(self) -> None:
        """Hold where there is much to see: some way in, with a merge just made."""
        self.transport.pause()
        states = self.scene.states
        self.transport.set_time(self.scene.time_of(states[round((len(states) - 1) * _REST_SHARE)]))

    def _begin(self) -> None:
        """Other merges: from the start."""
        self._set_scene(0)

    def _text_changed(self) -> None:
        """Another text: as far as the one before was. A file that was opened changes nothing here."""
        if self.scene.history.text != self._desk.history().text:
            self._set_scene(self._state)

    def _set_scene(self, state: int) -> None:
        was_at_end = self.transport.time >= self.transport.duration > 0
        self.scene = MergeScene(self._desk.book, self._desk.text)
        self.canvas.set_scene(self.scene)
        self.transport.set_scene(self.scene)
        at_end = was_at_end and state > 0
        self.transport.set_time(self.scene.duration if at_end else self.scene.time_of(state))
        self._show_time(self.transport.time)

    def _show_time(self, t: float) -> None:
        self.canvas.set_time(t)
        state = self.scene.state_at(t)
        if self.scene.duration and t >= self.scene.duration:
            state = self.scene.history.steps  # what comes after the last change changes nothing here
        if state != self._state:
            self._state = state
            self.state_shown.emit(state)

    def _take_example(self, action: QAction) -> None:
        self.show_text(str(action.data()))

    def _clicked(self, key: str) -> None:
        kind, _, number = key.partition(":")
        if kind == "merge":
            self.show_state(int(number))

    def _hint(self, key: str) -> str:
        kind, _, number = key.partition(":")
        merges = self._desk.book.merges
        if kind == "merge":
            chosen = self._desk.book.chosen[int(number) - 1]
            return f"Merge {number}, {chosen.count:,} times; click to go there"
        state = min(self._state, self.scene.history.steps)
        piece = next(
            (piece for piece in self.scene.history.pieces_after(state) if piece.start == int(number)), None
        )
        if piece is None:
            return ""
        known = "a byte" if piece.token < 256 else f"merge {_rank(merges.merges, piece.data)}"
        size = len(piece.data)
        return (
            f"“{token_label(piece.data)}”: token {piece.token}, {size} byte{'s' if size > 1 else ''}, {known}"
        )


def _rank(merges: tuple[tuple[bytes, bytes], ...], data: bytes) -> int:
    return next((index + 1 for index, (first, second) in enumerate(merges) if first + second == data), 0)
