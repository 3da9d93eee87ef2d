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
_ALIKE = 0.7
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
    """Lines without a counterpart in the clean text, whose lines come in the same order.

    A line that lost only personal data or a citation mark has one: a line as it is minus that, or one much like it.
    """
    after = [_normal(line) for line in document.clean.split("\n")]
    after = [line for line in after if line]
    known = {_normal(line) for line in document.text.split("\n")}
    marks: list[Mark] = []
    place = start = 0
    for line in document.text.split("\n"):
        end = start + len(line)
        if line.strip():
            if place < len(after) and _is_counterpart(document, start, end, after[place], known):
                place += 1
            else:
                marks.append(Mark(start, end, "cut", "A line that a C4 rule cut"))
        start = end + 1
    return marks


def _is_counterpart(document: Document, start: int, end: int, other: str, known: set[str]) -> bool:
    """Whether a line of the clean text is what is left of a line of the extracted text.

    Args:
        document: The document.
        start: Where its line begins.
        end: Where it ends.
        other: The line of the clean text.
        known: All lines of the extracted text: one that is among them stands for itself alone.
    """
    line = _normal(document.text[start:end])
    if line == other:
        return True
    if other in known:
        return False
    if any(start <= place.start and place.end <= end for place in document.pii):
        return _in_order([_normal(piece) for piece in _without_pii(document, start, end)], other)
    return difflib.SequenceMatcher(None, line, other).quick_ratio() >= _ALIKE


def _in_order(pieces: list[str], line: str) -> bool:
    """Whether a line begins with the first piece, ends with the last, and holds the others in order between."""
    if not (line.startswith(pieces[0]) and line.endswith(pieces[-1])):
        return False
    place = 0
    for piece in pieces:
        found = line.find(piece, place)
        if found < 0:
            return False
        place = found + len(piece)
    return True


def _without_pii(document: Document, start: int, end: int) -> list[str]:
    """The pieces of a line between its personal data."""
    pieces, last = [], start
    for place in document.pii:
        if start <= place.start and place.end <= end:
            pieces.append(document.text[last : place.start])
            last = place.end
    return [*pieces, document.text[last:end]]


def differing_marks(spans: list[tuple[int, int]]) -> list[Mark]:
    """Pieces of one text that no shingle of the other covers."""
    return [Mark(start, end, "differs", "In no shared shingle") for start, end in spans]
