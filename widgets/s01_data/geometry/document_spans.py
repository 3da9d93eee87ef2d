"""What to mark in the texts of an example document: extracted parts, personal data, removed lines. No Qt here."""

from __future__ import annotations

import difflib
import html
import re
from dataclasses import dataclass
from itertools import pairwise

from widgets.s01_data.geometry.documents import Document

_TAGS = re.compile(r"<(script|style)\b.*?</\1\s*>|<!--.*?-->|<[^>]*>", re.IGNORECASE | re.DOTALL)
_LEAST_WORDS = 3
_PII_WORDS = {
    "email": "E-mail address",
    "phone": "Phone number",
    "ip": "IP address",
    "card": "Card number",
}


@dataclass(frozen=True)
class Mark:
    """A piece of a text.

    Attributes:
        start: Its first character.
        end: The character after its last.
        kind: ``taken`` by the extractor, ``pii``, ``cut`` by a rule, or ``differs``.
        hint: Words for a tool tip.
    """

    start: int
    end: int
    kind: str
    hint: str = ""


def page_marks(document: Document) -> list[Mark]:
    """The pieces of the stored page, between its tags, that are in the extracted text.

    A short piece counts only where it stands beside one that counts for sure: a lone "Home" is in many texts.
    """
    taken = f" {_normal(document.text)} "
    pieces = _between_tags(document.html)
    sure, maybe = [], []
    for start, end in pieces:
        words = _normal(html.unescape(document.html[start:end]))
        held = bool(words) and f" {words} " in taken
        long = len(words.split()) >= _LEAST_WORDS
        sure.append(held and long)
        maybe.append(held)
    marks: list[Mark] = []
    for index, (start, end) in enumerate(pieces):
        beside = any(sure[max(0, index - 1) : index + 2])
        if sure[index] or (maybe[index] and beside):
            marks.append(Mark(start, end, "taken", "Extracted"))
    return marks


def _between_tags(source: str) -> list[tuple[int, int]]:
    """The pieces of text between tags that hold more than white space, without the white space at their ends."""
    edges = [(0, 0), *(tag.span() for tag in _TAGS.finditer(source)), (len(source), len(source))]
    found = []
    for (_, start), (end, _) in pairwise(edges):
        piece = source[start:end]
        if piece.strip():
            left = len(piece) - len(piece.lstrip())
            found.append((start + left, start + len(piece.rstrip())))
    return found


def _normal(text: str) -> str:
    return " ".join(text.split())


def text_marks(document: Document) -> list[Mark]:
    """Personal data in the extracted text and, of a page that was kept, the lines that a rule cut."""
    marks = [
        Mark(
            place.start,
            place.end,
            "pii",
            f"{_PII_WORDS.get(place.kind, place.kind)}: replaced by a neutral word",
        )
        for place in document.pii
    ]
    if document.kept:
        marks += _cut_lines(document)
    return sorted(marks, key=lambda mark: mark.start)


def _cut_lines(document: Document) -> list[Mark]:
    """Lines without a counterpart in the clean text; one that only lost personal data has one, by its likeness."""
    lines = document.text.split("\n")
    before, after = [_normal(line) for line in lines], [_normal(line) for line in document.clean.split("\n")]
    starts = [0]
    for line in lines:
        starts.append(starts[-1] + len(line) + 1)
    marks: list[Mark] = []
    matcher = difflib.SequenceMatcher(None, before, after, autojunk=False)
    for kind, start, end, other, to in matcher.get_opcodes():
        if kind not in ("delete", "replace"):
            continue
        left = after[other:to]
        for number in range(start, end):
            if before[number] and not difflib.get_close_matches(before[number], left, n=1, cutoff=0.6):
                at = starts[number]
                marks.append(Mark(at, at + len(lines[number]), "cut", "A line that a C4 rule cut"))
    return marks


def differing_marks(spans: list[tuple[int, int]]) -> list[Mark]:
    """Pieces of one text that no shingle of the other covers."""
    return [Mark(start, end, "differs", "In no shared shingle") for start, end in spans]
