"""What to say about one example document, in plain words. No Qt here."""

from __future__ import annotations

from simulator.s01_data.rules import RULE
from widgets.s01_data.geometry.documents import Document
from widgets.s01_data.geometry.findings import figure
from widgets.s01_data.geometry.measures import rule_title

_KINDS = {
    "article": "a good page",
    "exact-duplicate": "an exact copy of another page",
    "near-duplicate": "a near copy of another page",
    "spam": "spam",
    "stuffed": "stuffed with keywords",
    "foreign": "in another language",
    "broken": "broken",
    "list": "a list of links",
    "short": "too short to teach anything",
}
_MOST_NGRAMS = 4


def verdict_line(document: Document) -> tuple[str, str]:
    """What became of it and on what measured value, and the tone."""
    if document.kept:
        return "Kept", "good"
    words = f"Dropped: {rule_title(document.rule).lower()}"
    value, limit = document.value, document.threshold
    if value is None:
        return words, "bad"
    if document.step == "dedup":
        found = f" of page {document.duplicate_of}" if document.duplicate_of >= 0 else ""
        return f"{words}{found}, similarity {figure(value)}", "bad"
    rule = RULE.get(document.rule)
    unit = f" {rule.unit}" if rule is not None and rule.unit not in ("share", "found") else ""
    if limit is None:
        return f"{words}, {figure(value)}{unit}", "bad"
    side = "at least" if value < limit else "at most"
    return f"{words}, {figure(value)}{unit} (limit: {side} {figure(limit)})", "bad"


def facts_line(document: Document) -> str:
    """Language, quality score with what spoke for it, personal data, size."""
    parts = [document.note] if document.note else []
    if document.language:
        sure = document.language_probability
        parts.append(
            f"language {document.language}" + (f" ({100 * sure:.0f} % sure)" if sure is not None else "")
        )
    if document.quality is not None:
        strongest = ", ".join(f"“{words}” {weight:+.1f}" for words, weight in document.ngrams[:_MOST_NGRAMS])
        parts.append(f"quality {document.quality:.2f}" + (f" by {strongest}" if strongest else ""))
    if document.pii:
        parts.append(
            f"{len(document.pii)} pieces of personal data"
            if len(document.pii) > 1
            else "1 piece of personal data"
        )
    if document.duplicate_of >= 0:
        alike = f", {document.similarity:.3f} alike" if document.similarity is not None else ""
        parts.append(f"copy of page {document.duplicate_of}{alike}")
    parts.append(f"{len(document.text):,} characters of text")
    if document.html:
        parts.append(f"page {document.index}, {document.url or document.source}")
    return " · ".join(parts)


def truth_line(document: Document) -> str:
    """What the toy crawl knows about the page, and whether the pipeline was right; "" where nobody knows."""
    kind, wanted = str(document.truth.get("kind", "")), document.truth.get("wanted")
    if not kind:
        return ""
    words = f"Truth: {_KINDS.get(kind, kind)}"
    if isinstance(wanted, bool):
        verdict = "rightly" if wanted == document.kept else "wrongly"
        words += f", {verdict} {'kept' if document.kept else 'dropped'}"
    return words
