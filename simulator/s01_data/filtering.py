"""The first phase, document by document: decode, extract, language, rules, classifier, keys of what is left.

What passes is written to a part file with its fate; what does not, with the reason. Nothing that a single document does
can end the phase: an exception becomes the fate "failed".
"""

from __future__ import annotations

import heapq
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from hashlib import blake2b
from pathlib import Path
from typing import Any

import numpy as np

from simulator.s01_data.chunks import LARGEST_HTML, Chunk, Item
from simulator.s01_data.duplicates import KEY_BYTES, exact_key
from simulator.s01_data.fates import FAILED, UNREADABLE, Fate
from simulator.s01_data.funnel import Funnel
from simulator.s01_data.parts import DataFolder, draft_of
from simulator.s01_data.steps import STEP_KEYS
from simulator.s01_data.tools import Tools, config_of, make_tools
from simulator.s01_data.truth import text_mark, truth_of
from simulator.text.encodings import well_formed

LONGEST_EXTRACT = 1_000_000
"""Characters of the longest text that the rules look at."""

LANGUAGE_CHARACTERS = 500
"""Characters from the start, and as many from the middle, of a long text that its language is judged by: on 4,000
characters the identifier alone would take as long as all other filters together."""

SHOWN_CHARACTERS = 20_000
"""Characters of a document that an example shows."""

SURVIVED = "survived"
"""Kind of the examples that passed all filters."""


def keys_dtype(bands: int) -> np.dtype[np.void]:
    """A row of a keys file: where the line of a survivor is, its exact key in two halves, its band keys."""
    return np.dtype(
        [
            ("index", "<i8"),
            ("offset", "<i8"),
            ("length", "<i4"),
            ("exact", "<u8", (2,)),
            ("bands", "<u8", (bands,)),
        ]
    )


@dataclass(frozen=True, kw_only=True)
class FilterTask:
    """A chunk to filter.

    Attributes:
        chunk: The documents.
        cutoffs: For each kind of example, the priority above which there are enough.
        probe: Only find out whether working on it is survived; write nothing.
    """

    chunk: Chunk
    cutoffs: Mapping[str, float] = field(default_factory=dict)
    probe: bool = False


@dataclass(slots=True)
class Filtered:
    """A document on its way, with what an example shows of it."""

    fate: Fate
    page: str = ""
    text: str = ""
    clean: str = ""


class FilterWorker:
    """Filters chunks; lives in a worker process.

    Args:
        folder: The run's folder.
        config: Plain values of its settings.
        quality: Path of the classifier's file, or "".
        examples: Most examples of one kind; 0 for none.
        survivors: Most examples of what passed the filters.
    """

    def __init__(
        self, folder: str, config: Mapping[str, Any], quality: str, examples: int, survivors: int
    ) -> None:
        self._folder = DataFolder(Path(folder))
        self._tools = make_tools(config_of(config), Path(quality) if quality else None)
        self._examples = examples
        self._survivors = survivors

    def __call__(self, task: FilterTask) -> dict[str, Any]:
        """Filter a chunk, write its part and mark it as done.

        Returns:
            What the mark holds: ``funnel``, ``documents``, ``skipped``, ``survivors``, ``text_bytes``, ``bytes``,
            ``candidates`` (kind, priority and index of each example).

        Raises:
            StorageError: if the part cannot be written.
        """
        if task.probe:
            for item in task.chunk.items:
                filter_item(item, self._tools)
            return {}
        return _Part(self._folder, self._tools, task, self._examples, self._survivors).write()


def filter_item(item: Item, tools: Tools) -> Filtered:
    """Take one document through the steps up to the rules; whatever happens is in its fate."""
    fate = Fate(index=item.index, source=well_formed(item.page.source), url=well_formed(item.page.url))
    document = Filtered(fate)
    try:
        _filter(item, tools, document)
    except Exception as error:  # hostile input must cost no more than itself
        step = next(key for key in STEP_KEYS if key not in fate.sizes)
        fate.note = f"{type(error).__name__}: {str(error)[:200]}"
        fate.drop(step, FAILED)
    if item.truth is not None:
        fate.truth = truth_of(item.truth, document.text)
        if fate.kept:
            fate.truth["text"] = text_mark(document.clean)
    return document


def _filter(item: Item, tools: Tools, document: Filtered) -> None:
    fate = document.fate
    if item.oversize:
        fate.drop("crawl", "too_large", item.oversize, LARGEST_HTML)
        return
    if not _decode(item, tools, document) or not _extract(item, tools, document):
        return
    if not _right_language(tools, document):
        return
    cleaned = tools.clean(document.text)
    if not cleaned.kept:
        fate.drop("quality", cleaned.rule, cleaned.value, cleaned.threshold)
        return
    document.clean = cleaned.text
    for rule, count in cleaned.cut.items():
        fate.change("quality", rule, count)
    if tools.score is not None:
        fate.quality = round(tools.score(cleaned.text), 4)
        if fate.quality < tools.config.classifier_threshold:
            fate.drop("quality", "classifier", fate.quality, tools.config.classifier_threshold)
            return
    fate.leave("quality", cleaned.text)


def _decode(item: Item, tools: Tools, document: Filtered) -> bool:
    fate = document.fate
    decoded = tools.decode(item.page)
    text = well_formed(decoded.text)
    fate.entered = len(text)
    if decoded.repaired:
        fate.change("crawl", "encoding_repaired")
    if "\x00" in text:
        text = text.replace("\x00", "")
        fate.change("crawl", "zero_bytes_removed")
    if not text.strip():
        fate.drop("crawl", "empty")
        return False
    document.page = text
    fate.leave("crawl", text)
    return True


def _extract(item: Item, tools: Tools, document: Filtered) -> bool:
    fate = document.fate
    text = document.page
    if item.page.kind == "html":
        text = well_formed(tools.extract(text))
        fate.change("extract", "markup_removed")
    if not text.strip():
        fate.drop("extract", "no_text")
        return False
    if len(text) > LONGEST_EXTRACT:
        fate.drop("extract", "too_long", len(text), LONGEST_EXTRACT)
        return False
    document.text = text
    fate.leave("extract", text)
    return True


def _right_language(tools: Tools, document: Filtered) -> bool:
    fate, config = document.fate, tools.config
    guess = tools.identify(language_sample(document.text))
    fate.language, fate.language_probability = guess.code, round(float(guess.probability), 4)
    if config.language != "any":
        if guess.code != config.language:
            fate.drop("language", "other_language", fate.language_probability)
            return False
        if guess.probability < config.language_probability:
            fate.drop("language", "unsure_language", fate.language_probability, config.language_probability)
            return False
    fate.leave("language", document.text)
    return True


def language_sample(text: str) -> str:
    """What the language is judged by: all of a short text; the start and the middle of a long one."""
    if len(text) <= 2 * LANGUAGE_CHARACTERS:
        return text
    middle = (len(text) - LANGUAGE_CHARACTERS) // 2
    return f"{text[:LANGUAGE_CHARACTERS]}\n{text[middle : middle + LANGUAGE_CHARACTERS]}"


def priority_of(seed: int, index: int) -> float:
    """A number in [0, 1) that only seed and index decide: the documents of least priority are a random sample."""
    digest = blake2b(f"{seed}:{index}".encode(), digest_size=8).digest()
    return int.from_bytes(digest, "big") / 2**64


class _Part:
    """Writes one part."""

    def __init__(
        self, folder: DataFolder, tools: Tools, task: FilterTask, examples: int, survivors: int
    ) -> None:
        self._folder, self._tools, self._task = folder, tools, task
        self._examples, self._survivors = examples, survivors
        self._funnel = Funnel()
        self._keys = bytearray()
        self._text_bytes = 0
        self._candidates: dict[str, list[tuple[float, int, str]]] = {}

    def write(self) -> dict[str, Any]:
        """Filter, write all files and the mark."""
        chunk = self._task.chunk
        number = chunk.number
        text, keys, shown = (
            self._folder.text_path(number), self._folder.keys_path(number), self._folder.examples_path(number)
        )  # fmt: skip
        with draft_of(text) as file:
            for why in chunk.skipped:
                fate = Fate(index=-1, note=why).drop("crawl", UNREADABLE)
                self._put(file, fate, None)
            for item in chunk.items:
                document = self._filtered(item)
                self._put(file, document.fate, document)
        with draft_of(keys) as file:
            file.write(self._keys)
        chosen = [
            entry
            for kind in sorted(self._candidates)
            for entry in sorted(self._candidates[kind], reverse=True)
        ]
        with draft_of(shown) as file:
            for _, _, line in chosen:
                file.write(line.encode("utf-8", "replace") + b"\n")
        row = keys_dtype(self._tools.config.bands).itemsize
        values = {
            "funnel": self._funnel.to_dict(), "documents": len(chunk.items), "skipped": len(chunk.skipped),
            "passed_over": dict(chunk.passed_over),
            "survivors": len(self._keys) // row, "text_bytes": self._text_bytes, "bytes": chunk.bytes,
            "candidates": [
                [kind, -negative, index]
                for kind in sorted(self._candidates)
                for negative, index, _ in sorted(self._candidates[kind], reverse=True)
            ],
        }  # fmt: skip
        self._folder.mark(f"part-{number:06d}", values, (text, keys, shown))
        return values

    def _filtered(self, item: Item) -> Filtered:
        how = self._task.chunk.failed.get(item.index)
        if how is None:
            return filter_item(item, self._tools)
        fate = Fate(index=item.index, source=well_formed(item.page.source), url=well_formed(item.page.url))
        fate.note = f"A worker process {how} while it worked on this document."
        if item.truth is not None:
            fate.truth = truth_of(item.truth, "")
        return Filtered(fate.drop("crawl", FAILED))

    def _put(self, file: Any, fate: Fate, document: Filtered | None) -> None:
        self._funnel.take(fate)
        text = document.clean if document is not None and fate.kept else None
        line = fate.to_line(text).encode("utf-8", "replace") + b"\n"
        if text is not None:
            self._key(fate.index, file.tell(), len(line), text)
            self._text_bytes += len(line)
        file.write(line)
        if document is not None and self._examples:
            self._consider(document)

    def _key(self, index: int, offset: int, length: int, text: str) -> None:
        hasher = self._tools.hasher
        row = np.zeros(1, keys_dtype(hasher.bands))
        row["index"], row["offset"], row["length"] = index, offset, length
        row["exact"] = np.frombuffer(exact_key(text), "<u8", KEY_BYTES // 8)
        row["bands"] = hasher.band_keys(hasher.signature(text))
        self._keys += row.tobytes()

    def _consider(self, document: Filtered) -> None:
        """Keep the document as an example if its priority is among the least of its kind."""
        fate = document.fate
        kind = f"{fate.step}:{fate.rule}" if fate.step else SURVIVED
        priority = priority_of(self._tools.config.seed, fate.index)
        heap = self._candidates.setdefault(kind, [])
        most = self._examples if fate.step else self._survivors
        full = len(heap) >= most
        if priority > self._task.cutoffs.get(kind, 1.0) or (full and -priority < heap[0][0]):
            return
        entry = (-priority, fate.index, example_line(document, self._tools))
        if full:
            heapq.heapreplace(heap, entry)
        else:
            heapq.heappush(heap, entry)


def example_line(document: Filtered, tools: Tools) -> str:
    """One line of JSON with what an example shows beside its fate."""
    measured = tools.clean(document.text, every=True).measured if document.text else {}
    return json.dumps(
        {
            "index": document.fate.index, "html": document.page[:SHOWN_CHARACTERS],
            "text": document.text[:SHOWN_CHARACTERS], "clean": document.clean[:SHOWN_CHARACTERS],
            "measured": {rule: round(float(value), 6) for rule, value in measured.items()},
        },
        ensure_ascii=False,
    )  # fmt: skip
