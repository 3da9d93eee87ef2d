"""Rich text of one example document: the stored page, what was extracted from it, and what became of that.

Only strings: the widget that shows them gives the colours by class.
"""

from __future__ import annotations

import difflib
import html
import re

from widgets.s01_data.geometry.documents import Document

_TAGS = re.compile(r"<(script|style)\b.*?</\1\s*>|<!--.*?-->|<[^>]*>", re.IGNORECASE | re.DOTALL)
_LEAST_MATCH = 12
_MOST_CHARACTERS = 20_000
_PII_WORDS = {"email": "e-mail address", "phone": "phone number", "ip": "IP address", "card": "card number"}


def page_html(document: Document) -> str:
    """The page as it was stored; tags muted, the pieces that the extractor took marked."""
    if not document.html:
        return _paragraph("This document came as text: there is no HTML to take it out of.", "source")
    source = document.html[:_MOST_CHARACTERS]
    taken = _normal(document.text)
    pieces, last = [], 0
    for tag in _TAGS.finditer(source):
        pieces.append(_visible(source[last : tag.start()], taken))
        pieces.append(f'<span class="tag">{html.escape(tag.group())}</span>')
        last = tag.end()
    pieces.append(_visible(source[last:], taken))
    return f"<pre>{''.join(pieces)}</pre>"


def _visible(text: str, taken: str) -> str:
    """Text between two tags: marked if the extractor took it."""
    words = _normal(html.unescape(text))
    if not words:
        return html.escape(text)
    found = words in taken if len(words) >= _LEAST_MATCH else f" {words} " in f" {taken} " and len(words) > 2
    name = "taken" if found else "left"
    return f'<span class="{name}">{html.escape(text)}</span>'


def _normal(text: str) -> str:
    return " ".join(text.split())


def text_html(document: Document) -> str:
    """The text that was extracted: personal data marked, and lines struck that are not in the clean text."""
    if not document.text.strip():
        return _paragraph("No text was found on this page.", "source")
    if not document.kept:
        return _lines(document, set())
    return _lines(document, _cut_lines(document))


def _cut_lines(document: Document) -> set[int]:
    """Numbers of the lines that the rules removed: those with no counterpart in the clean text.

    Personal data is replaced line by line, so a line that only lost some is still matched by its likeness.
    """
    before = [_normal(line) for line in document.text.split("\n")]
    after = [_normal(line) for line in document.clean.split("\n")]
    lost: set[int] = set()
    for kind, start, end, other, to in difflib.SequenceMatcher(
        None, before, after, autojunk=False
    ).get_opcodes():
        if kind in ("delete", "replace"):
            left = after[other:to]
            lost |= {
                number for number in range(start, end) if before[number] and not _alike(before[number], left)
            }
    return lost


def _alike(line: str, others: list[str]) -> bool:
    return bool(difflib.get_close_matches(line, others, n=1, cutoff=0.6))


def _lines(document: Document, cut: set[int]) -> str:
    made, start = [], 0
    for number, line in enumerate(document.text.split("\n")):
        end = start + len(line)
        body = _with_pii(document, start, end)
        made.append(f"<s>{body}</s>" if number in cut else body)
        start = end + 1
    return "".join(f"<p>{line or '&nbsp;'}</p>" for line in made)


def _with_pii(document: Document, start: int, end: int) -> str:
    pieces, last = [], start
    for place in document.pii:
        if start <= place.start and place.end <= end:
            pieces.append(html.escape(document.text[last : place.start]))
            words = html.escape(document.text[place.start : place.end])
            hint = html.escape(_PII_WORDS.get(place.kind, place.kind))
            pieces.append(f'<span class="pii" title="{hint}">{words}</span>')
            last = place.end
    pieces.append(html.escape(document.text[last:end]))
    return "".join(pieces)


def marked_html(text: str, spans: list[tuple[int, int]], name: str = "differs") -> str:
    """A text with pieces (start, end) of it marked."""
    pieces, last = [], 0
    for start, end in spans:
        pieces.append(html.escape(text[last:start]))
        pieces.append(f'<span class="{name}">{html.escape(text[start:end])}</span>')
        last = end
    pieces.append(html.escape(text[last:]))
    return "".join(f"<p>{line}</p>" for line in "".join(pieces).split("\n") if line.strip())


def _paragraph(text: str, name: str) -> str:
    return f'<p class="{name}">{html.escape(text)}</p>'
