"""What readers give: a text or a page with its source, and a report of what was read and skipped."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

_MAX_NOTES = 20
_MAX_REASONS = 50


@dataclass(frozen=True)
class TextDocument:
    """A text and where it came from: ``file``, ``file:line`` or ``python:topic``."""

    text: str
    source: str


@dataclass(frozen=True, slots=True)
class Page:
    """One document as it was stored, before extraction.

    Attributes:
        source: Where it came from: ``file``, ``file:record`` or ``toy:index``.
        body: Its bytes, transfer and content encodings undone.
        kind: ``html``, or ``text`` for what is already text.
        url: Address it was fetched from, if known.
        charset: Encoding that came with it (an HTTP header), if any.
    """

    source: str
    body: bytes
    kind: Literal["html", "text"]
    url: str = ""
    charset: str = ""


@dataclass(kw_only=True)
class ReadReport:
    """What reading found, filled while it goes on.

    Attributes:
        files: Files that gave at least one document.
        documents: Documents read.
        skipped: Records and files left out: malformed, damaged or without text.
        notes: The first things skipped and why, in plain words.
        records: Records of WARC files, whatever became of them.
        passed_over: Records that are no pages, counted by reason: ``request record``, ``status 404`` ...
    """

    files: int = 0
    documents: int = 0
    skipped: int = 0
    notes: list[str] = field(default_factory=list)
    records: int = 0
    passed_over: dict[str, int] = field(default_factory=dict)

    def skip(self, why: str) -> None:
        """Count something left out."""
        self.skipped += 1
        if len(self.notes) < _MAX_NOTES:
            self.notes.append(why)

    def pass_over(self, reason: str) -> None:
        """Count a record that is no page, which is no fault."""
        if reason not in self.passed_over and len(self.passed_over) >= _MAX_REASONS:
            reason = "other reasons"
        self.passed_over[reason] = self.passed_over.get(reason, 0) + 1
