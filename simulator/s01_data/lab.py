"""The lab "data": the pipeline on the toy crawl or on own files, told as it happens. Needs no torch."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from simulator.config import Config
from simulator.s01_data.chunks import CHUNK_DOCUMENTS, TOY, Source, clean_paths
from simulator.s01_data.clusters import clusters_record, s_curve_record
from simulator.s01_data.config import DataConfig
from simulator.s01_data.dedup import Duplicates, Survivors
from simulator.s01_data.filter_phase import Limits
from simulator.s01_data.funnel import Funnel
from simulator.s01_data.parts import QUALITY, DataFolder
from simulator.s01_data.pii import find_pii, scrub
from simulator.s01_data.pipeline import Example, Pipeline, Result, worker_count
from simulator.s01_data.report import report_of, throughput

if TYPE_CHECKING:
    from simulator.engine.reporter import LabContext

LIMITS = Limits(examples=8, survivors=96)
"""Documents to show."""

RECORD_BYTES = 2_400_000
"""Bytes that the documents shown may take in the record of the run."""

FUNNEL_SECONDS = 0.4
"""Least time between two looks at the funnel while it fills."""

FUNNEL_LOOKS = 60
"""A run of any length has not many more looks than this in any doubling of its time, so its record stays small."""


def run_data(config: Config, context: LabContext) -> dict[str, Any]:
    """Run the pipeline into the run's folder and report what it finds.

    Raises:
        UserError: for input that cannot be used or a disk that is full.
        StopRequested: when asked to stop; resuming goes on from the last whole chunk.
    """
    if not isinstance(config, DataConfig):
        raise TypeError("the lab 'data' takes a DataConfig")
    started = time.monotonic()
    source = source_of(config, (config.source,))
    resumed = DataFolder(context.folder.path).started
    teller = _Teller(context, config, source, resumed)
    pipeline = Pipeline(
        config, source, context.folder.path, teller, workers=worker_count(config, spare=1), limits=LIMITS
    )
    result = pipeline.run()
    teller.tell_result(result, context.folder.path)
    report = report_of(result, config, source)
    pipeline.commit(report)
    crawled = result.funnel.steps["crawl"]
    return {
        **report,
        "throughput": throughput(
            time.monotonic() - started, crawled.documents_in, crawled.characters_in, resumed
        ),
    }


def source_of(config: DataConfig, paths: tuple[str, ...]) -> Source:
    """The documents that the settings and paths name.

    Raises:
        InputError: if a path is missing.
    """
    cleaned = clean_paths(paths)
    if cleaned != (TOY,):
        return Source(paths=cleaned)
    size = min(CHUNK_DOCUMENTS, max(50, config.pages // 40))  # small chunks let the funnel be seen filling
    return Source(paths=cleaned, pages=config.pages, seed=config.seed, chunk_documents=size)


class _Teller:
    """Turns what the pipeline reports into events."""

    def __init__(self, context: LabContext, config: DataConfig, source: Source, resumed: bool) -> None:
        self._context = context
        self._config = config
        self._source = source
        self._resumed = resumed
        self._told = 0.0
        self._documents = 0
        self._began = False
        self._start = time.monotonic()
        self._first = 0

    def beat(self) -> None:
        """Let the user pause or stop the run."""
        if self._began or self._context.stopping:
            self._context.between_steps(self._documents)

    def progress(self, phase: str, done: int, total: int) -> None:
        """Report how far a phase is."""
        self._context.progress(done, total, phase)

    def counted(self, documents: int, funnel: Funnel) -> None:
        """Report the funnel, now and then."""
        now = time.monotonic()
        if not documents:
            return
        self._documents = documents
        if not self._began:
            self._begin(documents)
        elif now - self._told < max(FUNNEL_SECONDS, (now - self._start) / FUNNEL_LOOKS):
            return
        self._told = now
        values = {
            f"kept_{key}": float(step.documents) for key, step in funnel.steps.items() if step.documents_in
        }
        # What an earlier part of the run has read says nothing about the speed of this one.
        if documents > self._first:
            values["documents_per_second"] = (documents - self._first) / max(1e-3, now - self._start)
        self._context.metrics(documents, **values)
        self._context.record(documents, "funnel", funnel.record())

    def say(self, text: str) -> None:
        """Report something that went wrong and was dealt with."""
        if self._began:
            self._context.diagnosis(self._documents, "warning", "A part had to be done again", text)

    def compared(self, survivors: Survivors, found: Duplicates) -> Mapping[str, Any]:
        """Look at the duplicates while their texts are at hand."""
        return {
            "clusters": clusters_record(survivors, found, self._config),
            "s_curve": s_curve_record(survivors, self._config),
        }

    def tell_result(self, result: Result, folder: Path) -> None:
        """Report everything that is known at the end."""
        if not self._began:
            self._begin(0)
        step, context, funnel = self._documents, self._context, result.funnel
        context.metrics(step, **{f"kept_{key}": float(item.documents) for key, item in funnel.steps.items()})
        context.record(step, "funnel", funnel.record(result.bytes_per_token))
        for name in ("clusters", "s_curve"):
            context.record(step, name, result.found[name])
        if result.truth:
            context.record(step, "truth", result.truth)
        context.record(step, "packed", result.packed)
        for fields in document_records(result.examples, self._config, folder):
            context.record(step, "document", fields)
        self._read(result)

    def _begin(self, documents: int) -> None:
        """Say that the work begins: not before a chunk is through, since the input may yet prove unusable."""
        self._began = True
        self._first = documents if self._resumed else 0
        settings = (
            self._config.to_dict()
        )  # whoever reads the run later holds its values against its own limits
        facts = {"source": list(self._source.paths), "toy": self._source.toy, "settings": settings}
        self._context.started(self._source.pages, facts, documents if self._resumed else -1)

    def _read(self, result: Result) -> None:
        """Say in plain words what to make of it."""
        funnel = result.funnel
        step = self._documents
        if not funnel.kept:
            counts = {rule: pair[0] for item in funnel.steps.values() for rule, pair in item.dropped.items()}
            reason = max(counts, key=counts.__getitem__)
            words = f"Most were dropped by '{reason}'. Loosen that rule, or choose other input."
            self._context.diagnosis(step, "warning", "Nothing was kept", words)
            return
        share = funnel.kept / funnel.documents_in
        characters = funnel.steps["pack"].characters / max(1, funnel.steps["crawl"].characters_in)
        words = f"{funnel.kept:,} of {funnel.documents_in:,} documents, {characters:.1%} of the characters."
        self._context.diagnosis(step, "good", f"{share:.0%} of the documents are kept", words)


def document_records(examples: list[Example], config: DataConfig, folder: Path) -> list[dict[str, Any]]:
    """The fields of the ``document`` records: some of every fate, as many as fit."""
    quality = None
    if (folder / QUALITY).is_file():
        from simulator.s01_data.quality import load_quality

        quality = load_quality(folder / QUALITY)
    by_kind: dict[str, list[Example]] = {}
    for example in examples:
        fate = example.fate
        by_kind.setdefault(f"{fate.step}:{fate.rule}", []).append(example)
    chosen: list[dict[str, Any]] = []
    size = 0
    for rank in range(max(map(len, by_kind.values()), default=0)):  # round robin, so that no fate is left out
        for found in by_kind.values():
            if rank < len(found):
                fields = _document(found[rank], config, quality)
                size += len(json.dumps(fields, ensure_ascii=False).encode("utf-8"))
                if size > RECORD_BYTES:
                    return sorted(chosen, key=_index_of)
                chosen.append(fields)
    return sorted(chosen, key=_index_of)


def _document(example: Example, config: DataConfig, quality: Any) -> dict[str, Any]:
    from simulator.text.extraction import page_title

    fate, shown = example.fate, example.shown
    text = str(shown["text"])
    spans = [span for span in find_pii(text) if span.kind in config.pii_kinds] if fate.kept else []
    html = str(shown["html"])
    clean = scrub(str(shown["clean"]), config.pii_kinds, config.pii_style)[0] if fate.kept else ""
    is_html = "markup_removed" in fate.changed.get("extract", {})
    fields = {
        "index": fate.index, "source": fate.source, "url": fate.url,
        "title": page_title(html)[:200] if is_html else "", "html": html if is_html else "", "text": text,
        "clean": clean, "kept": fate.kept,
        "step": fate.step, "rule": fate.rule, "value": fate.value, "threshold": fate.threshold,
        "measured": shown["measured"], "language": fate.language,
        "language_probability": fate.language_probability, "quality": fate.quality,
        "pii": [{"kind": span.kind, "start": span.start, "end": span.end} for span in spans],
        "duplicate_of": fate.duplicate_of, "similarity": fate.similarity,
    }  # fmt: skip
    if quality is not None and shown["clean"] and fate.quality is not None:
        reasons = quality.explain(str(shown["clean"]), count=6)
        fields["ngrams"] = [[words, round(weight, 4)] for words, weight in (*reasons.up, *reasons.down)]
    if fate.note:
        fields["note"] = fate.note
    if fate.truth:
        names = ("kind", "language", "wanted", "duplicate_of", "near_duplicate_of")
        fields["truth"] = {name: fate.truth[name] for name in names}
    return fields


def _index_of(fields: Mapping[str, Any]) -> int:
    return int(fields["index"])
