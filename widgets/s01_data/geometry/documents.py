"""The example documents of a data run: what each was, what became of it and why. No Qt here."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from simulator.runs.history import RunHistory
from widgets.s01_data.geometry.findings import TITLES, list_of, mapping_of, real, whole

ALL, KEPT = "all", "kept"


@dataclass(frozen=True)
class PiiPlace:
    """Personal data in a text: its kind and where it stands."""

    kind: str
    start: int
    end: int


@dataclass(frozen=True)
class Document:
    """One example document, as the record ``document`` tells of it.

    Attributes:
        index: Its place in the input.
        source: File, or file and record.
        url: Where it was found, or "".
        title: Its title, or "".
        html: The page as it was stored, cut when long; "" for a text.
        text: What the extractor took out of it.
        clean: What is handed on to training; "" when it was dropped.
        kept: Whether it came through.
        step: Key of the step that dropped it, "" when kept.
        rule: Key of the rule that dropped it.
        value: What that rule measured.
        threshold: What the value was held against.
        measured: What every rule measured.
        language: Code of the language it was taken for.
        language_probability: How sure that was.
        quality: Score of the quality classifier.
        ngrams: What spoke for and against it in the classifier: (words, weight).
        pii: Personal data in the text.
        duplicate_of: Index of the document that was kept in its place, -1 for none.
        similarity: Jaccard similarity of the two.
        truth: What the toy crawl knows about it.
        note: What went wrong with a document that could not be processed, or "".
    """

    index: int
    source: str
    url: str
    title: str
    html: str
    text: str
    clean: str
    kept: bool
    step: str
    rule: str
    value: float | None
    threshold: float | None
    measured: Mapping[str, float]
    language: str
    language_probability: float | None
    quality: float | None
    ngrams: tuple[tuple[str, float], ...]
    pii: tuple[PiiPlace, ...]
    duplicate_of: int
    similarity: float | None
    truth: Mapping[str, Any]
    note: str = ""

    @property
    def name(self) -> str:
        """Something to call it by: its title, the end of its address, or its source."""
        if self.title:
            return self.title
        address = self.url.rstrip("/").rsplit("/", 1)[-1] or self.url
        return address or self.source or f"document {self.index}"

    @property
    def fate(self) -> str:
        """``kept``, or the key of the step that dropped it."""
        return KEPT if self.kept else self.step


def documents_of(history: RunHistory | None) -> list[Document]:
    """The example documents of a run in the order of the input, each once: the latest word on it counts."""
    found: dict[int, Document] = {}
    for record in history.records.get("document", []) if history is not None else []:
        document = _document(record.fields)
        if document is not None:
            found[document.index] = document
    return [found[index] for index in sorted(found)]


def _document(fields: Mapping[str, Any]) -> Document | None:
    if real(fields.get("index")) is None:
        return None
    measured = {
        str(name): float(value)
        for name, value in mapping_of(fields.get("measured")).items()
        if real(value) is not None
    }
    text = _words(fields.get("text"))
    duplicate_of = real(fields.get("duplicate_of"))
    return Document(
        index=whole(fields.get("index")),
        source=_words(fields.get("source")),
        url=_words(fields.get("url")),
        title=_words(fields.get("title")).strip(),
        html=_words(fields.get("html")),
        text=text,
        clean=_words(fields.get("clean")),
        kept=bool(fields.get("kept")),
        step=_words(fields.get("step")),
        rule=_words(fields.get("rule")),
        value=real(fields.get("value")),
        threshold=real(fields.get("threshold")),
        measured=measured,
        language=_words(fields.get("language")),
        language_probability=real(fields.get("language_probability")),
        quality=real(fields.get("quality")),
        ngrams=_ngrams(fields.get("ngrams")),
        pii=_places(fields.get("pii"), len(text)),
        duplicate_of=-1 if duplicate_of is None else int(duplicate_of),
        similarity=real(fields.get("similarity")),
        truth=mapping_of(fields.get("truth")),
        note=_words(fields.get("note")),
    )


def _words(value: object) -> str:
    return value if isinstance(value, str) else ""


def _ngrams(value: object) -> tuple[tuple[str, float], ...]:
    pairs = [item for item in list_of(value) if isinstance(item, Sequence) and len(item) == 2]
    return tuple((str(words), float(weight)) for words, weight in pairs if real(weight) is not None)


def _places(value: object, length: int) -> tuple[PiiPlace, ...]:
    """The places that lie within the text, in order, none within another."""
    places, last = [], 0
    for item in list_of(value):
        item = mapping_of(item)
        start, end = whole(item.get("start")), whole(item.get("end"))
        if last <= start < end <= length:
            places.append(PiiPlace(str(item.get("kind", "")), start, end))
            last = end
    return tuple(places)


def fates_of(documents: Sequence[Document]) -> list[tuple[str, str]]:
    """The fates to choose from, as (key, words with count): all, kept, then the steps in order."""
    counts = {key: sum(document.fate == key for document in documents) for key in (KEPT, *TITLES)}
    words = [(ALL, f"All {len(documents):,} examples"), (KEPT, f"Kept ({counts[KEPT]})")]
    words += [(key, f"Dropped: {TITLES[key]} ({counts[key]})") for key in TITLES if counts[key]]
    return words


def filtered(documents: Sequence[Document], fate: str, reason: str = "") -> list[Document]:
    """Those of a fate, and of a reason if one is given."""
    return [
        document
        for document in documents
        if fate in (ALL, document.fate) and (not reason or document.rule == reason)
    ]
