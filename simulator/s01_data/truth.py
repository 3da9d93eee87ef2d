"""How well each step did, on the toy crawl: precision and recall against what the generator knows.

Every measure counts only the pages that reached its step, so that the mistakes of one step are not charged to the
next. Each says in plain words what it counts.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import TYPE_CHECKING, Any

from simulator.s01_data.fates import Fate

if TYPE_CHECKING:
    from simulator.world.crawl import PageTruth

COPIES = ("exact-duplicate", "near-duplicate")
GOOD = ("article", *COPIES)
"""Kinds of page whose text is worth reading; whether it is a copy is for the deduplication to find."""


@dataclass(kw_only=True)
class _Measure:
    """Counts of one measure.

    Precision is ``found_right`` of ``found``, recall is ``true_found`` of ``true``.
    """

    step: str
    title: str
    target: float
    what: str
    found: int = 0
    found_right: int = 0
    true: int = 0
    true_found: int = 0
    counted: int = 0

    def count(self, found: bool, true: bool) -> None:
        """Count one page of a plain yes or no."""
        self.found += found
        self.true += true
        self.found_right += found and true
        self.true_found += found and true
        self.counted += 1

    def add(self, found: int, true: int, right: int) -> None:
        """Count one page with several things in it."""
        self.found += found
        self.true += true
        self.found_right += right
        self.true_found += right
        self.counted += 1

    def record(self) -> dict[str, Any]:
        """The measure as it is shown; None for a share of nothing."""
        return {
            "step": self.step, "title": self.title, "target": self.target, "counted": self.counted,
            "precision": self.found_right / self.found if self.found else None,
            "recall": self.true_found / self.true if self.true else None, "what": self.what,
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


WORDLESS = ("list", "error", "placeholder")
"""Kinds of page without prose, which is in no language."""

LEAST_LETTERS = 40
"""Characters of words from which a text can be said to be in a language."""

EXACT, NEAR = "exact_duplicate", "near_duplicate"


def is_scrap(kind: str, wanted: bool) -> bool:
    """Whether a page of this kind is spam or a scrap, which the quality step should drop."""
    return not (wanted or kind in GOOD)


def text_mark(text: str) -> str:
    """A mark that only equal texts share, white space apart; not the pipeline's own, which it serves to check."""
    return sha256(" ".join(text.split()).encode("utf-8", "surrogatepass")).hexdigest()[:16]


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
    """A fold of the fates of a toy crawl, in the order of the input.

    Args:
        language: Code of the language that was to be kept, or ``any``.
    """

    def __init__(self, language: str = "en") -> None:
        self._wanted_language = language
        self._extract = _Measure(
            step="extract", title="Boilerplate removed", target=0.95,
            what="By characters of words, over all pages with a main text: the share of the extracted text that is "
            "main text, and the share of the main text that was extracted.",
        )  # fmt: skip
        self._language = _Measure(
            step="language", title="Language", target=0.98,
            what="Pages of prose with at least forty letters extracted (no lists, error pages, filler or unreadable "
            "ones): those let pass that are in the language; those in the language that were let pass.",
        )  # fmt: skip
        self._quality = _Measure(
            step="quality", title="Spam and scraps dropped", target=0.9,
            what="Pages in the language that reached the rules: those dropped that are spam, stuffed, lists, too "
            "short, errors, filler, code or unreadable; those of that kind that were dropped.",
        )  # fmt: skip
        self._exact = _Measure(
            step="dedup", title="Exact duplicates", target=1.0,
            what="Pages that passed the filters: those dropped as exact duplicates that have the text of an earlier "
            "copy of the same article, word for word; those with such a text that were dropped as exact.",
        )  # fmt: skip
        self._near = _Measure(
            step="dedup", title="Near duplicates", target=0.95,
            what="Pages that passed the filters with a text that no earlier one has: those dropped as near duplicates "
            "that copy the same article as the page kept; copies of an article there, edited or with other "
            "remains of a site around them, that were dropped.",
        )  # fmt: skip
        self._pii = _Measure(
            step="pii", title="Personal data", target=0.98,
            what="Pieces of personal data in the texts that were kept: those found that were planted; those planted "
            "that were found, with their kind and wording.",
        )  # fmt: skip
        self._whole = _Measure(
            step="pack", title="All steps together", target=0.9,
            what="All pages: those kept that are an article worth keeping or its only copy kept; articles worth "
            "keeping of which a copy was kept.",
        )  # fmt: skip
        self._origins: list[int] = []
        self._reached: set[int] = set()
        self._texts: set[tuple[int, str]] = set()
        self._wanted: set[int] = set()
        self._kept: set[int] = set()

    def take(self, fate: Fate) -> None:
        """Count one page; a fate without truth is passed over."""
        truth = fate.truth
        if not truth or fate.index < 0:
            return
        self._place(fate.index, truth)
        self._take_text(fate, truth)
        if "quality" in fate.sizes:
            self._take_copies(fate, truth)
        if "pii" in fate.sizes and isinstance(truth["pii"], Mapping):
            counts = truth["pii"]
            self._pii.add(counts["found"], counts["true"], counts["right"])
        self._take_whole(fate, truth)

    def record(self) -> dict[str, Any]:
        """The fields of the record ``truth``."""
        self._whole.true = len(self._wanted)
        self._whole.found_right = self._whole.true_found = len(self._kept & self._wanted)
        measures = (
            self._extract, self._language, self._quality, self._exact, self._near, self._pii, self._whole
        )  # fmt: skip
        return {"steps": [measure.record() for measure in measures]}

    def _place(self, index: int, truth: Mapping[str, Any]) -> None:
        """Remember which article this page goes back to."""
        self._origins.extend(range(len(self._origins), index + 1))
        source = max(truth["duplicate_of"], truth["near_duplicate_of"])
        if 0 <= source < index:
            self._origins[index] = self._origins[source]

    def _take_text(self, fate: Fate, truth: Mapping[str, Any]) -> None:
        right, ours, theirs = truth["main"]
        if theirs and "crawl" in fate.sizes:
            self._extract.add(ours, theirs, right)
        true = self._wanted_language in ("any", truth["language"])
        if "extract" in fate.sizes and ours >= LEAST_LETTERS and not _is_wordless(truth):
            self._language.count("language" in fate.sizes, true)
        if "language" in fate.sizes and true:
            self._quality.count(fate.step == "quality", is_scrap(truth["kind"], truth["wanted"]))

    def _take_copies(self, fate: Fate, truth: Mapping[str, Any]) -> None:
        origin, text = self._origins[fate.index], (self._origins[fate.index], truth["text"])
        same = fate.duplicate_of >= 0 and self._origins[fate.duplicate_of] == origin
        repeats = text in self._texts
        self._exact.count(fate.rule == EXACT, repeats)
        if fate.rule == EXACT and not same:
            self._exact.found_right -= repeats
        if not repeats and fate.rule != EXACT:
            copy = truth["kind"] in COPIES and origin in self._reached
            self._near.counted += 1
            self._near.found += fate.rule == NEAR
            self._near.found_right += fate.rule == NEAR and same
            self._near.true += copy
            self._near.true_found += copy and fate.step == "dedup"
        self._reached.add(origin)
        self._texts.add(text)

    def _take_whole(self, fate: Fate, truth: Mapping[str, Any]) -> None:
        origin = self._origins[fate.index]
        self._whole.counted += 1
        if truth["wanted"]:
            self._wanted.add(origin)
        if fate.kept:
            self._whole.found += 1
            self._kept.add(origin)


def _is_wordless(truth: Mapping[str, Any]) -> bool:
    """Whether a page holds no prose in any language."""
    return truth["kind"] in WORDLESS or (truth["kind"] == "broken" and not truth["wanted"])
