"""How well each step did, on the toy crawl: precision and recall against what the generator knows.

Every measure counts only the pages that reached its step, so that the mistakes of one step are not charged to the
next. Each says in plain words what it counts.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from simulator.s01_data.fates import Fate

if TYPE_CHECKING:
    from simulator.world.crawl import PageTruth

COPIES = ("exact-duplicate", "near-duplicate")
GOOD = ("article", *COPIES)
"""Kinds of page whose text is worth reading; whether it is a copy is for the deduplication to find."""


@dataclass(kw_only=True)
class _Measure:
    """Counts of one measure: found and true are what precision and recall are shares of."""

    step: str
    title: str
    target: float
    what: str
    right: float = 0
    found: float = 0
    true: float = 0
    counted: int = 0

    def count(self, found: bool, true: bool) -> None:
        """Count one page."""
        self.found += found
        self.true += true
        self.right += found and true
        self.counted += 1

    def record(self) -> dict[str, Any]:
        """The measure as it is shown; None for a share of nothing."""
        return {
            "step": self.step, "title": self.title, "target": self.target, "counted": self.counted,
            "precision": self.right / self.found if self.found else None,
            "recall": self.right / self.true if self.true else None, "what": self.what,
        }  # fmt: skip


def truth_of(truth: PageTruth, extracted: str) -> dict[str, Any]:
    """What a fate keeps of a page's truth.

    ``main`` holds characters of words: those common to the extracted and the main text, those of the extracted and
    those of the main text. The words of both are compared as multisets, so order and white space do not matter.
    """
    ours, theirs = Counter(extracted.split()), Counter(truth.main_text.split())
    return {
        "kind": truth.kind, "language": truth.language, "wanted": truth.wanted,
        "duplicate_of": truth.duplicate_of, "near_duplicate_of": truth.near_duplicate_of,
        "main": [_characters(ours & theirs), _characters(ours), _characters(theirs)],
        "pii": [[item.kind, item.text] for item in truth.pii],
    }  # fmt: skip


def is_scrap(kind: str, wanted: bool) -> bool:
    """Whether a page of this kind is spam or a scrap, which the quality step should drop."""
    return not (wanted or kind in GOOD)


def _characters(words: Counter[str]) -> int:
    return sum(len(word) * count for word, count in words.items())


def pii_counts(
    planted: Sequence[Sequence[str]], found: Iterable[tuple[str, str]], text: str, kinds: Collection[str]
) -> dict[str, int]:
    """How the personal data found in a text compares with what was planted in its page.

    Args:
        planted: Kind and wording of each planted piece.
        found: Kind and wording of each piece found.
        text: The text that was searched: what earlier steps cut away need not be found.
        kinds: The kinds that are looked for.

    Returns:
        ``found``, ``true`` (occurrences of planted pieces in the text) and ``right`` (found with kind and wording).
    """
    true = Counter(
        {
            (kind, words): text.count(words)
            for kind, words in dict.fromkeys(map(tuple, planted))
            if kind in kinds
        }
    )
    ours = Counter(found)
    return {"found": ours.total(), "true": true.total(), "right": (ours & true).total()}


class TruthMeasure:
    """A fold of the fates of a toy crawl, in the order of the input."""

    def __init__(self) -> None:
        self._extract = _Measure(
            step="extract", title="Boilerplate removed", target=0.95,
            what="Characters of words: of what was extracted, the share that is main text; of the main text, the "
            "share that was extracted. All pages with a main text.",
        )  # fmt: skip
        self._language = _Measure(
            step="language", title="Language", target=0.98,
            what="Pages with text: those let pass that are in the language; those in the language that were let pass.",
        )  # fmt: skip
        self._quality = _Measure(
            step="quality", title="Spam and scraps dropped", target=0.9,
            what="Pages in the language: those dropped that are spam, stuffed, lists, too short, errors, placeholders, "
            "code or unreadable; those of that kind that were dropped.",
        )  # fmt: skip
        self._exact = _Measure(
            step="dedup", title="Exact duplicates", target=1.0,
            what="Pages that passed the filters: those dropped as exact duplicates whose text repeats a page's "
            "main text; those whose main text and whose extracted text an earlier one has.",
        )  # fmt: skip
        self._near = _Measure(
            step="dedup", title="Near duplicates", target=0.95,
            what="Pages that passed the filters, exact duplicates left out: those dropped as near duplicates of a "
            "page of the same origin; edited copies of an earlier page there that were dropped.",
        )  # fmt: skip
        self._pii = _Measure(
            step="pii", title="Personal data", target=0.98,
            what="Pieces of personal data in the pages that were kept: those found that were planted; those planted "
            "that were found, with kind and wording.",
        )  # fmt: skip
        self._kept = _Measure(
            step="pack", title="All steps together", target=0.9,
            what="All pages: those kept that a perfect pipeline keeps or that stand for one it keeps; of the articles "
            "a perfect pipeline keeps, those of which one copy was kept.",
        )  # fmt: skip
        self._origins: list[int] = []
        self._originals: list[int] = []
        self._exact_seen: set[tuple[int, int]] = set()
        self._origin_seen: set[int] = set()
        self._wanted: set[int] = set()
        self._kept_origins: set[int] = set()

    def take(self, fate: Fate, language: str = "en") -> None:
        """Count one page.

        Args:
            fate: Its fate; one without truth is passed over.
            language: The language that was to be kept.
        """
        truth = fate.truth
        if not truth or fate.index < 0:
            return
        self._place(fate.index, truth)
        self._take_text(fate, truth, language)
        if "quality" in fate.sizes:
            self._take_copies(fate, truth)
        if "pii" in fate.sizes and isinstance(truth["pii"], Mapping):
            counts = truth["pii"]
            self._pii.right += counts["right"]
            self._pii.found += counts["found"]
            self._pii.true += counts["true"]
            self._pii.counted += 1
        self._take_result(fate, truth)

    def record(self) -> dict[str, Any]:
        """The fields of the record ``truth``."""
        self._kept.right = len(self._kept_origins & self._wanted)
        self._kept.true = len(self._wanted)
        measures = (
            self._extract, self._language, self._quality, self._exact, self._near, self._pii, self._kept
        )  # fmt: skip
        return {"steps": [measure.record() for measure in measures]}

    def _place(self, index: int, truth: Mapping[str, Any]) -> None:
        """Remember which page this one's text goes back to, by exact copying alone and by any copying."""
        for known, links in (
            (self._originals, ("duplicate_of",)),
            (self._origins, ("duplicate_of", "near_duplicate_of")),
        ):
            known.extend(range(len(known), index + 1))  # pages before this one that had no fate of their own
            source = max(truth[link] for link in links)
            known[index] = known[source] if 0 <= source < index else index

    def _take_text(self, fate: Fate, truth: Mapping[str, Any], language: str) -> None:
        right, ours, theirs = truth["main"]
        if theirs and "crawl" in fate.sizes:
            self._extract.right += right
            self._extract.found += ours
            self._extract.true += theirs
            self._extract.counted += 1
        if "extract" in fate.sizes and (truth["kind"] != "broken" or truth["wanted"]):
            self._language.count("language" in fate.sizes, language in ("any", truth["language"]))
        if "language" in fate.sizes and language in ("any", truth["language"]):
            self._quality.count(fate.step == "quality", is_scrap(truth["kind"], truth["wanted"]))

    def _take_copies(self, fate: Fate, truth: Mapping[str, Any]) -> None:
        index = fate.index
        original, origin = self._originals[index], self._origins[index]
        text = tuple(truth["main"])  # texts extracted alike have alike counts
        exact = (original, hash(text)) in self._exact_seen
        dropped_exact = fate.rule == "exact_duplicate"
        same = fate.duplicate_of >= 0 and self._origins[fate.duplicate_of] == origin
        self._exact.count(dropped_exact, exact)
        if not dropped_exact:
            copy = truth["kind"] in COPIES and origin in self._origin_seen
            self._near.count(fate.rule == "near_duplicate", copy and (same or fate.rule != "near_duplicate"))
        self._exact_seen.add((original, hash(text)))
        self._origin_seen.add(origin)

    def _take_result(self, fate: Fate, truth: Mapping[str, Any]) -> None:
        origin = self._origins[fate.index]
        if truth["wanted"]:
            self._wanted.add(origin)
        if fate.kept:
            self._kept.found += 1
            self._kept_origins.add(origin)
        self._kept.counted += 1
