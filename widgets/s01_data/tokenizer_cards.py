"""Beside the tokenizer's scene: the text cut in other ways, the compression, the big numbers."""

from __future__ import annotations

import numpy as np
from PySide6.QtWidgets import QHBoxLayout, QWidget

from simulator.s01_data.merges import BASE_VOCABULARY
from widgets.controls import BigNumber, Card
from widgets.plots import LivePlot
from widgets.s01_data.geometry.compare import CompareScene
from widgets.s01_data.tokenizer_desk import TokenizerDesk
from widgets.scene.canvas import SceneCanvas
from widgets.square_numbers import SquareNumbers


class CompareCard(Card):
    """The text as characters, words, bytes, our BPE at two sizes, and a tokenizer that the user opened."""

    def __init__(self, desk: TokenizerDesk, parent: QWidget | None = None) -> None:
        super().__init__("The same text, cut in other ways", parent)
        self.setProperty("share", 3)
        self._desk = desk
        self.canvas = SceneCanvas(parent=self)
        self.canvas.set_hints(self._hint)
        self.body.addWidget(self.canvas, 1)
        desk.book_changed.connect(self.refresh)
        desk.text_changed.connect(self.refresh)
        self.refresh()

    @property
    def scene(self) -> CompareScene:
        """What is on show."""
        scene = self.canvas.scene
        assert isinstance(scene, CompareScene)  # noqa: S101  made with one
        return scene

    def refresh(self) -> None:
        """Cut the text anew."""
        cuts = self._desk.cuts()
        foreign = len(cuts) - 1 if self._desk.foreign is not None else -1
        self.canvas.set_scene(CompareScene(cuts, foreign))
        text = self._desk.text
        self.set_note(f"{len(text):,} letters, {cuts[2].size:,} bytes")

    def _hint(self, key: str) -> str:
        cut = self.scene.cuts[int(key.partition(":")[2])]
        lost = f"; {cut.lost:,} it does not know and cannot give back" if cut.lost else ""
        known = f", vocabulary {cut.vocabulary:,}" if cut.vocabulary else ""
        return f"{cut.name}: {cut.tokens:,} tokens{known}{lost}"


class CompressionCard(Card):
    """Bytes a token as the vocabulary grows: on held-out text, and on the text in sight."""

    def __init__(self, desk: TokenizerDesk, parent: QWidget | None = None) -> None:
        super().__init__(parent=parent)
        self.setProperty("share", 2)
        self._desk = desk
        self._state = 0
        self.plot = LivePlot("Compression", "vocabulary", "bytes per token", "tokens")
        self.plot.add_series("text", "this text", "data", "dashed")
        self.plot.add_series("held_out", "held-out", "accent")
        self.plot.add_series("now", "now", "text_muted", "dotted")
        row = QHBoxLayout()
        row.addWidget(self.plot, 1)
        self.body.addLayout(row)
        desk.book_changed.connect(self.refresh)
        desk.text_changed.connect(self.refresh)
        self.refresh()

    def refresh(self) -> None:
        """Draw the curves of the merges and the text on show."""
        book = self._desk.book
        sizes = vocabulary_sizes(self._desk)
        self.plot.set_series("held_out", sizes, book.bytes_per_token)
        self.plot.set_series("text", sizes, self._desk.history().bytes_per_token())
        self.plot.set_x_range(BASE_VOCABULARY, float(max(sizes[-1], BASE_VOCABULARY + 1)))
        self.show_state(self._state)

    def show_state(self, state: int) -> None:
        """Mark how far the scene is."""
        self._state = min(state, self._desk.history().steps)
        size = float(self._desk.book.merges.vocabulary_after(self._state))
        top = max(1.0, float(self._desk.book.bytes_per_token.max()))
        self.plot.set_series("now", [size, size], [1.0, top])


class TokenizerNumbers(SquareNumbers):
    """Vocabulary, tokens and compression in the state in sight."""

    def __init__(self, desk: TokenizerDesk, parent: QWidget | None = None) -> None:
        self._desk = desk
        self._state = 0
        self.vocabulary = BigNumber("Vocabulary")
        self.tokens = BigNumber("Tokens in the text")
        self.ratio = BigNumber("Bytes per token")
        self.held_out = BigNumber("On held-out text")
        self.ratio.setToolTip("Bytes of the text in sight for each of its tokens")
        self.held_out.setToolTip("Bytes per token on text that no merge was learned from")
        super().__init__((self.vocabulary, self.tokens, self.ratio, self.held_out), self.held_out, parent)
        desk.book_changed.connect(self.refresh)
        desk.text_changed.connect(self.refresh)
        self.refresh()

    def show_state(self, state: int) -> None:
        """Show the numbers after so many merges."""
        self._state = state
        self.refresh()

    def refresh(self) -> None:
        """Show the numbers of the text and the merges on show."""
        history, book = self._desk.history(), self._desk.book
        state = min(self._state, history.steps)
        self.vocabulary.set_value(f"{book.merges.vocabulary_after(state):,}")
        self.tokens.set_value(f"{int(history.token_counts[state]):,}")
        self.ratio.set_value(f"{history.bytes_per_token()[state]:.2f}")
        self.held_out.set_value(f"{book.bytes_per_token[state]:.2f}")


def vocabulary_sizes(desk: TokenizerDesk) -> np.ndarray:
    """The vocabulary in each state (merges + 1,)."""
    merges = desk.book.merges
    return np.array([merges.vocabulary_after(step) for step in range(len(merges) + 1)], np.float64)
