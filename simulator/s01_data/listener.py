"""What a run of the pipeline reports to, and the phases in plain words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Protocol

from simulator.s01_data.funnel import Funnel

if TYPE_CHECKING:
    from simulator.s01_data.dedup import Duplicates, Survivors

SCORING = "Training the quality classifier"
FILTERING = "Reading and filtering"
COMPARING = "Looking for duplicates"
LEARNING = "Learning the vocabulary"
WRITING = "Writing what is kept"


class Listener(Protocol):
    """What a run reports to. Any of these may raise, to stop the run."""

    def beat(self) -> None:
        """Called several times a second."""

    def progress(self, phase: str, done: int, total: int) -> None:
        """How far a phase is, in bytes, pages or parts."""

    def counted(self, documents: int, funnel: Funnel) -> None:
        """The funnel so far, after so many documents read."""

    def say(self, text: str) -> None:
        """Something a person should know, in a plain sentence."""

    def compared(self, survivors: Survivors, found: Duplicates) -> Mapping[str, Any]:
        """The duplicates are found: look at them while the texts are at hand; what is returned is kept."""
