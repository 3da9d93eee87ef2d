"""Small questions to the engine: the newest of each kind counts, and one that came too early is asked again."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import QObject, Signal

from simulator.runs.events import Answer
from widgets.engine_bridge import EngineBridge

NOT_READY = "The engine is not ready yet: the answer comes when it is."


class Asker(QObject):
    """Asks, and keeps late answers to earlier questions away.

    Questions go by a tag; asking again under a tag forgets the question before. When no engine can answer, the
    question waits until one can.

    Attributes:
        answered: Tag and fields of an answer.
        troubled: Tag and words: why there is no answer (yet).
    """

    answered = Signal(str, object)
    troubled = Signal(str, str)

    def __init__(self, bridge: EngineBridge, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._bridge = bridge
        self._numbers: dict[int, str] = {}
        self._waiting: dict[str, tuple[str, dict[str, Any]]] = {}
        bridge.answered.connect(self._take)
        bridge.state_changed.connect(self._engine_changed)

    def ask(self, tag: str, kind: str, **arguments: Any) -> bool:
        """Ask a question; False if it has to wait for the engine (that is told, too)."""
        self.forget(tag)
        number = self._bridge.query(kind, **arguments)
        if number >= 0:
            self._numbers[number] = tag
            return True
        self._waiting[tag] = (kind, arguments)
        self.troubled.emit(tag, NOT_READY)
        return False

    def forget(self, tag: str) -> None:
        """The answer under this tag is not wanted any more."""
        self._waiting.pop(tag, None)
        self._numbers = {number: kept for number, kept in self._numbers.items() if kept != tag}

    def forget_all(self) -> None:
        """No answer is wanted any more."""
        self._waiting.clear()
        self._numbers.clear()

    def is_asking(self, tag: str) -> bool:
        """Whether an answer under this tag is awaited."""
        return tag in self._waiting or tag in self._numbers.values()

    def _take(self, number: int, answer: Answer) -> None:
        tag = self._numbers.pop(number, None)
        if tag is None:
            return
        if answer.error:
            self.troubled.emit(tag, answer.error)
        else:
            self.answered.emit(tag, answer.result)

    def _engine_changed(self, state: str) -> None:
        if state == "dead":
            self._numbers.clear()
        if state not in ("ready", "running"):
            return
        waiting, self._waiting = self._waiting, {}
        for tag, (kind, arguments) in waiting.items():
            self.ask(tag, kind, **arguments)
