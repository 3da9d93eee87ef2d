"""What readers give: a text with its source, and a report of what was read and skipped."""

from __future__ import annotations

from dataclasses import dataclass, field

_MAX_NOTES = 20


@dataclass(frozen=True)
class TextDocument:
    """A text and where it came from: ``file``, ``file:line`` or ``python:topic``."""

    text: str
    source: str


@dataclass(kw_only=True)
class ReadReport:
    """What reading found, filled while it goes on.

    Attributes:
        files: Files that gave at least one document.
        documents: Documents read.
        skipped: Records and files left out: malformed, damaged or without text.
        notes: The first things skipped and why, in plain words.
    """

    files: int = 0
    documents: int = 0
    skipped: int = 0
    notes: list[str] = field(default_factory=list)

    def skip(self, why: str) -> None:
        """Count something left out."""
        self.skipped += 1
        if len(self.notes) < _MAX_NOTES:
            self.notes.append(why)
