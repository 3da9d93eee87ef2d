"""The third phase: personal data, tokens, and the kept text written to ``kept/``, with every document's final fate."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

from simulator.s01_data.dedup import EXACT, KEPT, load_verdicts
from simulator.s01_data.fates import FAILED, Fate
from simulator.s01_data.funnel import Funnel
from simulator.s01_data.parts import TOKENIZER, DataFolder, draft_of
from simulator.s01_data.pii import scrub
from simulator.s01_data.tools import config_of
from simulator.s01_data.truth import pii_counts
from simulator.text.tokenizer import load_tokenizer

GROUP_BYTES = 8_000_000
"""Bytes of survivors' lines in a group of parts; each group becomes one file of kept text."""

_BATCH = 64
_BATCH_CHARACTERS = 1_000_000


@dataclass(frozen=True, kw_only=True)
class Group:
    """Consecutive parts that are finished together.

    Attributes:
        number: Its place among the groups.
        first: Its first part.
        last: One past its last part.
        row: Position of its first survivor.
        failed: Index of each document that no process survived, with how it ended.
        only: Work on this document alone, to find out whether that is survived; -1 for all.
    """

    number: int
    first: int
    last: int
    row: int
    failed: Mapping[int, str] = field(default_factory=dict)
    only: int = -1


@dataclass(slots=True)
class _Document:
    """A fate on its way to the file, with what is kept of the text."""

    fate: Fate
    text: str | None


class FinishWorker:
    """Finishes groups; lives in a worker process.

    Args:
        folder: The run's folder.
        config: Plain values of its settings.
    """

    def __init__(self, folder: str, config: Mapping[str, Any]) -> None:
        self._folder = DataFolder(Path(folder))
        self._config = config_of(config)
        self._tokenizer = load_tokenizer(self._folder.path / TOKENIZER)
        self._verdicts = load_verdicts(self._folder)

    def __call__(self, group: Group) -> dict[str, Any]:
        """Finish a group and mark it as done.

        Returns:
            What the mark holds: ``funnel``.

        Raises:
            StorageError: if its files cannot be written.
        """
        if group.only >= 0:
            for batch in _batches(self._documents(group)):
                self._tokenize([document for document in batch if document.fate.index == group.only])
            return {}
        funnel = Funnel()
        fates, kept = self._folder.fates_path(group.number), self._folder.kept_path(group.number)
        wrote = False
        with draft_of(fates) as fates_file, draft_of(kept) as kept_file:
            for batch in _batches(self._documents(group)):
                self._tokenize([document for document in batch if document.text is not None])
                for document in batch:
                    funnel.take(document.fate)
                    fates_file.write(document.fate.to_line().encode("utf-8", "replace") + b"\n")
                    wrote = _write_kept(kept_file, document) or wrote
        if not wrote:
            kept.unlink(missing_ok=True)
        values = {"funnel": funnel.to_dict()}
        self._folder.mark(f"done-{group.number:06d}", values, (fates, kept))
        return values

    def _documents(self, group: Group) -> Iterator[_Document]:
        """All documents of the group in order, personal data replaced in those that are kept."""
        row = group.row
        for part in range(group.first, group.last):
            with self._folder.text_path(part).open("rb") as file:
                for line in file:
                    values = json.loads(line)
                    text = values.pop("text", None)
                    fate = Fate.of(values)
                    if text is not None:
                        verdict = self._verdicts[row]
                        row += 1
                        text = self._decided(fate, text, verdict, group)
                    yield _Document(fate, text)

    def _decided(self, fate: Fate, text: str, verdict: Any, group: Group) -> str | None:
        """The text as it is kept, or None if the document is a duplicate or failed."""
        if verdict["kind"] != KEPT:
            fate.duplicate_of = int(verdict["duplicate_of"])
            fate.similarity = round(float(verdict["similarity"]), 4)
            rule = "exact_duplicate" if verdict["kind"] == EXACT else "near_duplicate"
            limit = None if verdict["kind"] == EXACT else self._config.near_threshold
            fate.drop("dedup", rule, fate.similarity, limit)
            return None
        fate.leave("dedup", text)
        how = group.failed.get(fate.index)
        if how is not None:
            fate.note = f"A worker process {how} while it worked on this document."
        if how is not None or group.only not in (-1, fate.index):
            fate.drop("pii", FAILED)
            return None
        try:
            clean, spans = scrub(text, self._config.pii_kinds, self._config.pii_style)
        except Exception as error:  # hostile input must cost no more than itself
            fate.note = f"{type(error).__name__}: {str(error)[:200]}"
            fate.drop("pii", FAILED)
            return None
        for kind, count in Counter(span.kind for span in spans).items():
            fate.change("pii", kind, count)
        if fate.truth:
            found = [(span.kind, text[span.start : span.end]) for span in spans]
            fate.truth["pii"] = pii_counts(fate.truth["pii"], found, text, self._config.pii_kinds)
        fate.leave("pii", clean)
        return clean

    def _tokenize(self, documents: list[_Document]) -> None:
        texts = [document.text or "" for document in documents]
        for document, ids in zip(documents, self._tokenizer.encode_batch(texts), strict=True):
            document.fate.tokens = len(ids)
            for step in ("tokenize", "pack"):
                document.fate.sizes[step] = document.fate.sizes["pii"]


def _batches(documents: Iterator[_Document]) -> Iterator[list[_Document]]:
    batch: list[_Document] = []
    size = 0
    for document in documents:
        batch.append(document)
        size += len(document.text or "")
        if len(batch) >= _BATCH or size >= _BATCH_CHARACTERS:
            yield batch
            batch, size = [], 0
    if batch:
        yield batch


def _write_kept(file: IO[bytes], document: _Document) -> bool:
    if document.text is None:
        return False
    fate = document.fate
    values = {
        "text": document.text, "source": fate.source, "url": fate.url, "language": fate.language,
        "quality": fate.quality,
    }  # fmt: skip
    file.write(
        json.dumps(values, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace") + b"\n"
    )
    return True
