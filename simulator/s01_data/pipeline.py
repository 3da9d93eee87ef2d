"""The whole pipeline: filter in parallel, find duplicates, finish in parallel; resumable, in bounded memory.

Phase A filters chunks of documents in worker processes and spools what passes to disk; phase B compares the survivors'
keys; phase C replaces personal data, counts tokens and writes what is kept. Each phase leaves marks on disk, so that a
run that was stopped, or killed at any moment, goes on from the last whole chunk and ends with the same bytes.
"""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from simulator import __version__
from simulator.errors import CheckpointError, InputError
from simulator.s01_data.chunks import Source
from simulator.s01_data.config import DataConfig
from simulator.s01_data.dedup import DUPLICATES, Survivors, find_duplicates, save_verdicts
from simulator.s01_data.fates import Fate, read_fates
from simulator.s01_data.filter_phase import Filtered, FilterPhase, Limits
from simulator.s01_data.finish_phase import FinishPhase
from simulator.s01_data.funnel import Funnel
from simulator.s01_data.listener import LEARNING, SCORING, Listener
from simulator.s01_data.packing import packed_record, train_on_kept
from simulator.s01_data.parts import FATES, JOB, QUALITY, TOKENIZER, DataFolder
from simulator.s01_data.tools import check_tools
from simulator.s01_data.truth import TruthMeasure
from simulator.text.tokenizer import load_tokenizer

MAX_NOTES = 20
"""Records that could not be read and are named in the result."""

MAX_SHOWN_TEXTS, MAX_SHOWN_CHARACTERS = 200, 20_000
"""Kept texts from which packed rows are shown, and their characters."""


@dataclass(kw_only=True)
class Example:
    """A document to show: its fate, and what it was on the way (``html``, ``text``, ``clean``, ``measured``)."""

    fate: Fate
    shown: Mapping[str, Any]


@dataclass(kw_only=True)
class Result:
    """What a run gives.

    Attributes:
        funnel: The final counts.
        packed: The fields of the record ``packed``.
        truth: The fields of the record ``truth``; {} but for the toy crawl.
        found: What the listener returned when the duplicates were found.
        examples: Documents to show, in the order of the input.
        passed_over: Records that are no documents and no faults (requests, redirects ...), by reason.
        notes: The first records and documents that could not be worked on, and why.
    """

    funnel: Funnel
    packed: dict[str, Any]
    truth: dict[str, Any]
    found: Mapping[str, Any]
    examples: list[Example] = field(default_factory=list)
    passed_over: Mapping[str, int] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)

    @property
    def bytes_per_token(self) -> float:
        """Bytes of kept text in a token; 0 if nothing was kept."""
        return float(self.packed["bytes_per_token"])


class Pipeline:
    """One run of the pipeline into a folder.

    Args:
        config: The settings.
        source: The documents.
        path: The folder for the result.
        listener: Takes progress.
        workers: Worker processes; 0 works in this process.
        limits: How many documents to keep for showing.
    """

    def __init__(
        self,
        config: DataConfig,
        source: Source,
        path: Path,
        listener: Listener,
        *,
        workers: int,
        limits: Limits = Limits(),  # noqa: B008 - frozen
    ) -> None:
        self.folder = DataFolder(path)
        self._config = config
        self._source = source
        self._listener = listener
        self._workers = workers
        self._limits = limits

    def run(self) -> Result:
        """Do everything that is not done yet; :meth:`commit` then marks the run as finished.

        Raises:
            InputError: if the input cannot be read, or is not what it was when the run was begun; if the list of bad
                words cannot be read or the language is unknown.
            StorageError: if the output cannot be written.
            CheckpointError: if the folder holds a run with other settings.
        """
        check_tools(self._config)
        fresh = not self.folder.started
        self.folder.open()
        try:
            self.folder.tidy()
            self._agree()
            filtered = FilterPhase(
                self._config,
                self._source,
                self.folder,
                self._listener,
                self._workers,
                self._limits,
                self._quality(),
            ).run()
            found = self._compare(filtered)
            funnel = FinishPhase(self._config, self.folder, self._listener, self._workers).run(filtered)
            return self._result(funnel, filtered, found)
        except InputError:
            if fresh:
                self._vanish()
            raise
        finally:
            self.folder.close()

    def commit(self, report: Mapping[str, Any]) -> None:
        """Write the report, which marks the run as finished, and remove the parts.

        Raises:
            StorageError: if it cannot be written.
        """
        self.folder.write_report(report)
        self.folder.clear_work()

    def _agree(self) -> None:
        """Write down what is asked for, or see that the run under way was asked for the same."""
        asked = job_of(self._config, self._source)
        if not self.folder.started:
            self.folder.mark(JOB.removesuffix(".json"), asked)
            return
        before = self.folder.job()
        changed = [name for name in asked if before.get(name) != asked[name]]
        if changed == ["input"]:
            raise InputError(
                "The input has changed since this run was begun.", hint="Start again in another folder."
            )
        if changed:
            message = f"{self.folder.path} holds a run with other settings ({', '.join(changed)})."
            raise CheckpointError(message, hint="Resume it with its own settings, or choose another folder.")

    def _vanish(self) -> None:
        """Leave nothing behind of a run whose input could not be used."""
        self.folder.close()
        if any(self.folder.work.glob("part-*.json")):
            return
        for folder in (self.folder.work, self.folder.kept):
            shutil.rmtree(folder, ignore_errors=True)
        (self.folder.path / QUALITY).unlink(missing_ok=True)
        if not any(self.folder.path.iterdir()):
            self.folder.path.rmdir()

    def _quality(self) -> str:
        """The file of the quality classifier, trained now if it is not there; "" without one."""
        path = self.folder.path / QUALITY
        classifier = self._config.classifier_for(self._source.toy)
        if classifier == "off":
            return ""
        if not path.is_file():
            from simulator.s01_data.training_quality import train_quality

            self._listener.progress(SCORING, 0, 1)
            train_quality(self._config, classifier, self._listener.beat).save(path)
        return str(path)

    def _compare(self, filtered: Filtered) -> Mapping[str, Any]:
        """Phase B: duplicates, and the tokenizer while the texts can be reached one by one."""
        done = self.folder.marked("compared")
        if done is None:
            survivors = Survivors(self.folder, len(filtered.parts), self._config.bands)
            try:
                duplicates = find_duplicates(survivors, self._config, self._listener)
                save_verdicts(self.folder, duplicates)
                done = {"found": self._listener.compared(survivors, duplicates)}
                self._listener.progress(LEARNING, 0, 1)
                tokenizer = train_on_kept(survivors, duplicates.verdicts, self._config, self._listener.beat)
                tokenizer.save(self.folder.path / TOKENIZER)
            finally:
                survivors.close()
            self.folder.mark("compared", done, (self.folder.work / DUPLICATES, self.folder.path / TOKENIZER))
        found: Mapping[str, Any] = done["found"]
        return found

    def _result(self, funnel: Funnel, filtered: Filtered, found: Mapping[str, Any]) -> Result:
        chosen = {
            index: part for entries in filtered.examples.values() for _, index, part in entries
        }  # fmt: skip
        truth = TruthMeasure(self._config.language)
        fates: dict[int, Fate] = {}
        notes: list[str] = []
        for fate in read_fates(self.folder.path / FATES):
            truth.take(fate)
            if fate.index in chosen:
                fates[fate.index] = fate
            if fate.note and len(notes) < MAX_NOTES:
                notes.append(fate.note)
        kept = funnel.steps["pack"]
        tokenizer = load_tokenizer(self.folder.path / TOKENIZER)
        packed = packed_record(
            tokenizer, self._config, kept.documents, funnel.tokens, kept.bytes, self._first_texts()
        )
        examples = [
            Example(fate=fates[shown["index"]], shown=shown)
            for shown in self._shown(chosen)
            if shown["index"] in fates
        ]
        return Result(
            funnel=funnel, packed=packed, truth=truth.record() if self._source.toy else {}, found=found,
            examples=examples, passed_over=filtered.passed_over, notes=notes,
        )  # fmt: skip

    def _shown(self, chosen: Mapping[int, int]) -> list[dict[str, Any]]:
        """What the examples show, in the order of the input."""
        found: dict[int, dict[str, Any]] = {}
        for part in sorted(set(chosen.values())):
            with self.folder.examples_path(part).open("rb") as file:
                for line in file:
                    values = json.loads(line)
                    if values["index"] in chosen:
                        found[values["index"]] = values
        return [found[index] for index in sorted(found)]

    def _first_texts(self) -> list[str]:
        """Some of the first kept texts, to show packed rows of."""
        texts: list[str] = []
        for path in sorted(self.folder.kept.glob("part-*.jsonl")):
            with path.open("rb") as file:
                for line in file:
                    texts.append(json.loads(line)["text"])
                    if len(texts) >= MAX_SHOWN_TEXTS or sum(map(len, texts)) >= MAX_SHOWN_CHARACTERS:
                        return texts
        return texts


def job_of(config: DataConfig, source: Source) -> dict[str, Any]:
    """What a run is asked for: everything that its result depends on, and nothing else."""
    settings = config.to_dict()
    for name in ("workers", "profile", "source", "pages"):
        settings.pop(name)
    return {
        "version": __version__, "settings": settings, "paths": list(source.paths), "pages": source.pages,
        "seed": source.seed, "chunk_documents": source.chunk_documents, "input": source.fingerprint(),
    }  # fmt: skip


def worker_count(config: DataConfig, spare: int = 0) -> int:
    """Worker processes to use: as set, else one for each core that this process may use, less ``spare``."""
    if config.workers:
        return config.workers
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return max(1, cores - spare)
