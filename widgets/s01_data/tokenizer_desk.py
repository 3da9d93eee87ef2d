"""What the tokenizer view is about: the merges, the text, the state on show, and a tokenizer that the user opened."""

from __future__ import annotations

import json
from collections.abc import Mapping
from importlib.resources import files
from typing import Any

from PySide6.QtCore import QObject, QTimer, Signal

from simulator.runs.events import Answer
from simulator.s01_data.comparing import (
    Cut,
    CutPiece,
    cut_bytes,
    cut_characters,
    cut_merges,
    cut_words,
    steps_for_vocabularies,
)
from simulator.s01_data.merges import MergeHistory
from simulator.s01_data.tokenizer_config import TokenizerConfig
from widgets.engine_bridge import EngineBridge
from widgets.s01_data.geometry.merge_book import MergeBook, book_of

LONGEST_TEXT = 600
"""Most letters of typed text."""

SHIPPED = "merges/toy.json"
"""What the engine answers for the default settings: it comes with the program, so that there is something at once."""

_WAIT = 250
_MIDDLE = 512


class TokenizerDesk(QObject):
    """Asks the engine for merges, and cuts the text itself: typing needs no engine.

    Attributes:
        book_changed: There are other merges.
        text_changed: The text is another, or the tokenizer that was opened has cut it.
        told: Words about what goes on, and whether they are bad news; "" when all is well.
    """

    book_changed = Signal()
    text_changed = Signal()
    told = Signal(str, bool)

    def __init__(self, bridge: EngineBridge, config: TokenizerConfig, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._bridge = bridge
        self._config = TokenizerConfig()
        self.book: MergeBook = book_of(shipped_answer())
        self.foreign: Cut | None = None
        self.path = ""
        self._typed = ""
        self._history: MergeHistory | None = None
        self._merges_query = self._file_query = -1
        self._wanted = self._config
        self._wait = QTimer(self)
        self._wait.setSingleShot(True)
        self._wait.setInterval(_WAIT)
        self._wait.timeout.connect(self._ask_file)
        bridge.answered.connect(self._answered)
        bridge.state_changed.connect(self._engine_changed)
        self.learn(config)

    @property
    def text(self) -> str:
        """The text on show: the user's own, else a paragraph of the corpus."""
        return self._typed or self.book.sample

    @property
    def config(self) -> TokenizerConfig:
        """Where the merges on show come from."""
        return self._config

    @property
    def learning(self) -> bool:
        """Whether other merges are on their way."""
        return self._wanted != self._config

    def set_text(self, text: str) -> None:
        """Show a text of the user; "" brings the paragraph of the corpus back."""
        typed = text[:LONGEST_TEXT] if text.strip() else ""
        if typed != self._typed:
            self._typed = typed
            self._history = None
            self._ask_file_soon()
            self.text_changed.emit()

    def learn(self, config: TokenizerConfig) -> None:
        """Ask for the merges of other settings; the ones on show stay until they come."""
        self._wanted = config
        if config == self._config:
            self._merges_query = -1
            self.told.emit("", False)
            return
        if config == TokenizerConfig():
            self._take_book(shipped_answer())
            return
        self._ask_merges()

    def open_file(self, path: str) -> None:
        """Cut the text with a tokenizer.json too; "" closes it."""
        self.path, self.foreign = path, None
        self._ask_file()
        self.text_changed.emit()

    def history(self) -> MergeHistory:
        """The text on show under the merges on show."""
        if self._history is None:
            self._history = MergeHistory(self.text, self.book.merges)
        return self._history

    def cuts(self) -> list[Cut]:
        """The text cut in every way, for the rows of the comparison; last the tokenizer that was opened."""
        text, book, history = self.text, self.book, self.history()
        steps = steps_for_vocabularies(history, (_MIDDLE, book.merges.vocabulary_after(len(book.merges))))
        cuts = [cut_characters(text, book.characters), cut_words(text, book.words), cut_bytes(text)]
        cuts += [cut_merges(history, step) for step in steps]
        return [*cuts, self.foreign] if self.foreign is not None else cuts

    # ---- the engine

    def _ask_merges(self) -> None:
        wanted = self._wanted
        self._merges_query = self._bridge.query("merges", corpus=wanted.corpus, vocabulary=wanted.vocabulary)
        words = (
            "Learning the merges …"
            if self._merges_query >= 0
            else "The engine is starting; then it learns them."
        )
        self.told.emit(words, False)

    def _ask_file_soon(self) -> None:
        if self.path:
            self._wait.start()

    def _ask_file(self) -> None:
        self._file_query = -1
        if not self.path:
            self.told.emit("", False)
            return
        self._file_query = self._bridge.query("tokenize", text=self.text, path=self.path)
        if self._file_query < 0:
            self.told.emit("The engine is starting; then it opens the file.", False)

    def _engine_changed(self, state: str) -> None:
        if state != "ready":
            return
        if self.learning and self._merges_query < 0:
            self._ask_merges()
        if self.path and self._file_query < 0:
            self._ask_file()

    def _answered(self, query: int, answer: Answer) -> None:
        if query >= 0 and query == self._merges_query:
            self._merges_query = -1
            if answer.error:
                self._wanted = self._config
                self.told.emit(answer.error, True)
            else:
                self._take_book(answer.result)
        elif query >= 0 and query == self._file_query:
            self._file_query = -1
            self._take_file(answer)

    def _take_book(self, answer: Mapping[str, Any]) -> None:
        self.book, self._config, self._history = book_of(answer), self._wanted, None
        self._merges_query = -1
        self.told.emit("", False)
        self._ask_file_soon()
        self.book_changed.emit()

    def _take_file(self, answer: Answer) -> None:
        if answer.error:
            self.path, self.foreign = "", None
            self.told.emit(answer.error, True)
        else:
            self.foreign = _cut_of(answer.result["tokenizers"][0])
            self.told.emit("", False)
        self.text_changed.emit()


def shipped_answer() -> dict[str, Any]:
    """The recorded answer for the default settings."""
    answer: dict[str, Any] = json.loads(files("resources").joinpath(SHIPPED).read_text(encoding="utf-8"))
    return answer


def _cut_of(values: Mapping[str, Any]) -> Cut:
    return Cut(
        name=str(values["name"]),
        vocabulary=int(values["vocabulary"]),
        pieces=tuple(CutPiece(label=str(label), token=int(token)) for label, token in values["pieces"]),
        tokens=int(values["tokens"]),
        lost=int(values["lost"]),
        characters=int(values["characters"]),
        size=int(values["size"]),
    )
