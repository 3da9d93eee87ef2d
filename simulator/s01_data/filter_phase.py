"""Phase A of the pipeline: chunks of documents through the filters, in worker processes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from simulator.errors import InputError
from simulator.s01_data.chunks import Source
from simulator.s01_data.config import DataConfig
from simulator.s01_data.filtering import FilterTask
from simulator.s01_data.funnel import Funnel
from simulator.s01_data.isolation import without_casualties
from simulator.s01_data.listener import FILTERING, Listener
from simulator.s01_data.parts import DataFolder
from simulator.s01_data.pool import Outcome, Pool

ENTRY = "simulator.s01_data.filtering:FilterWorker"
MARK = "filtered"

MAX_REASONS, OTHER_REASONS = 100, "other reasons"
"""Reasons for passing over records that are told apart: hostile input may give a new one with each record."""


@dataclass(frozen=True, kw_only=True)
class Limits:
    """How many documents to keep for showing.

    Attributes:
        examples: Most of one reason; 0 for none.
        survivors: Most of those that pass the filters.
    """

    examples: int = 0
    survivors: int = 0

    def of(self, kind: str) -> int:
        """Most examples of a kind: ``step:rule``, or that of the survivors."""
        return self.examples if ":" in kind else self.survivors


@dataclass(kw_only=True)
class Filtered:
    """What the phase leaves.

    Attributes:
        funnel: The counts so far.
        parts: For each part its survivors and the bytes of their lines.
        examples: For each kind the priority, index and part of its examples, least priority first.
        documents: Documents read.
        bytes: Bytes of their bodies.
        passed_over: Records that are no documents and no faults, counted by reason.
    """

    funnel: Funnel = field(default_factory=Funnel)
    parts: dict[int, tuple[int, int]] = field(default_factory=dict)
    examples: dict[str, list[tuple[float, int, int]]] = field(default_factory=dict)
    documents: int = 0
    bytes: int = 0
    passed_over: dict[str, int] = field(default_factory=dict)

    def take(self, number: int, mark: Mapping[str, Any], limits: Limits) -> None:
        """Add the part that a worker has finished."""
        self.funnel.add(Funnel.of(mark["funnel"]))
        self.parts[number] = (mark["survivors"], mark["text_bytes"])
        self.documents += mark["documents"]
        self.bytes = max(self.bytes, mark["bytes"])
        for reason, count in mark["passed_over"].items():
            known = reason in self.passed_over or len(self.passed_over) < MAX_REASONS
            name = reason if known else OTHER_REASONS
            self.passed_over[name] = self.passed_over.get(name, 0) + count
        for kind, priority, index in mark["candidates"]:
            found = self.examples.setdefault(kind, [])
            found.append((priority, index, number))
            found.sort()
            del found[limits.of(kind) :]

    def cutoffs(self, limits: Limits) -> dict[str, float]:
        """For each kind that has enough examples, the highest priority among them."""
        full = {kind: found for kind, found in self.examples.items() if len(found) >= limits.of(kind) > 0}
        return {kind: found[-1][0] for kind, found in full.items()}

    def to_dict(self) -> dict[str, Any]:
        """Plain values for the mark."""
        parts = [self.parts[number] for number in range(len(self.parts))]
        return {
            "funnel": self.funnel.to_dict(), "parts": parts, "examples": self.examples,
            "documents": self.documents, "bytes": self.bytes, "passed_over": self.passed_over,
        }  # fmt: skip

    @classmethod
    def of(cls, values: Mapping[str, Any]) -> Filtered:
        """What :meth:`to_dict` wrote."""
        return cls(
            funnel=Funnel.of(values["funnel"]),
            parts={number: (part[0], part[1]) for number, part in enumerate(values["parts"])},
            examples={
                kind: [(entry[0], entry[1], entry[2]) for entry in found]
                for kind, found in values["examples"].items()
            },
            documents=values["documents"], bytes=values["bytes"], passed_over=values["passed_over"],
        )  # fmt: skip


class FilterPhase:
    """Runs the phase.

    Args:
        config: The settings.
        source: The documents.
        folder: The run's folder.
        listener: Takes progress.
        workers: Worker processes; 0 works in this process.
        limits: How many examples to keep.
        quality: Path of the classifier's file, or "".
    """

    def __init__(
        self,
        config: DataConfig,
        source: Source,
        folder: DataFolder,
        listener: Listener,
        workers: int,
        limits: Limits,
        quality: str,
    ) -> None:
        self._source = source
        self._folder = folder
        self._listener = listener
        self._workers = workers
        self._limits = limits
        self._setup = {
            "folder": str(folder.path), "config": config.to_dict(), "quality": quality,
            "examples": limits.examples, "survivors": limits.survivors,
        }  # fmt: skip
        self._filtered = Filtered()
        self._total = source.pages if source.toy else source.expected_bytes()

    def run(self) -> Filtered:
        """Filter what is not filtered yet.

        Raises:
            InputError: if the input cannot be read or holds nothing.
            StorageError: if a part cannot be written.
        """
        done = self._folder.marked(MARK)
        if done is not None:
            self._filtered = Filtered.of(done)
            self._tell(end=True)
            return self._filtered
        self._tell()
        with Pool(self._workers, ENTRY, self._setup, self._listener.say) as pool:
            for outcome in pool.map(self._tasks()):
                self._listener.beat()
                if outcome is not None:
                    mark = self._isolated(outcome) if outcome.died else outcome.value
                    self._take(outcome.task.chunk.number, mark)
        if not self._filtered.funnel.documents_in:
            raise InputError("There is nothing in the input.", hint="Choose a file or folder with documents.")
        self._tell(end=True)
        self._folder.mark(MARK, self._filtered.to_dict())
        return self._filtered

    def _tasks(self) -> Iterator[FilterTask]:
        """The chunks that are not done; those that are, are counted on the way."""
        for chunk in self._source.chunks():
            self._listener.beat()
            done = self._folder.marked(f"part-{chunk.number:06d}")
            if done is None:
                yield FilterTask(chunk=chunk, cutoffs=self._filtered.cutoffs(self._limits))
            else:
                self._filtered.take(chunk.number, done, self._limits)
                self._tell_progress()

    def _take(self, number: int, mark: Mapping[str, Any]) -> None:
        self._filtered.take(number, mark, self._limits)
        self._tell()

    def _tell(self, end: bool = False) -> None:
        self._listener.counted(self._filtered.documents, self._filtered.funnel)
        self._tell_progress(end)

    def _tell_progress(self, end: bool = False) -> None:
        filtered = self._filtered
        done = filtered.documents if self._source.toy else filtered.bytes
        # Packed files may hold more than was expected: then the end is near, not passed.
        total = done if end else max(self._total, done + (not self._source.toy))
        self._listener.progress(FILTERING, done, total)

    def _isolated(self, outcome: Outcome) -> dict[str, Any]:
        """Do a chunk without the documents that processes die of."""
        task: FilterTask = outcome.task
        probes = {
            item.index: FilterTask(chunk=replace(task.chunk, items=(item,)), probe=True)
            for item in task.chunk.items
        }

        def again(failed: Mapping[int, str]) -> FilterTask:
            return replace(task, chunk=replace(task.chunk, failed=dict(failed)))

        return without_casualties(ENTRY, self._setup, outcome.value, probes, again, self._listener)
