"""What a data run ends with, for its report file, its summary and ``--json``."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from simulator.s01_data.chunks import Source
from simulator.s01_data.config import DataConfig
from simulator.s01_data.pipeline import Result


def report_of(result: Result, config: DataConfig, source: Source) -> dict[str, Any]:
    """The outcome in plain values: the same for the same input and settings, so without times.

    Returns:
        ``documents`` read, ``kept``, ``tokens`` (with one end token a document), ``funnel`` (as in the record),
        ``reasons`` (documents dropped, by reason), ``truth`` (toy crawl), ``packed``, ``passed_over`` (records that
        are no documents), ``notes``, ``input`` and ``settings``.
    """
    steps = result.funnel.record(result.bytes_per_token)["steps"]
    reasons: dict[str, int] = {}
    for step in steps:
        for rule, dropped in step["dropped"].items():
            reasons[rule] = reasons.get(rule, 0) + dropped["documents"]
    packed = {name: value for name, value in result.packed.items() if name != "sample"}
    return {
        "documents": result.funnel.documents_in, "kept": result.funnel.kept, "tokens": packed["tokens"],
        "funnel": steps, "reasons": dict(sorted(reasons.items(), key=lambda item: (-item[1], item[0]))),
        "truth": result.truth.get("steps", []), "packed": packed, "passed_over": dict(result.passed_over),
        "notes": result.notes, "input": list(source.paths), "settings": _settings(config),
    }  # fmt: skip


def throughput(seconds: float, documents: int, characters: int, resumed: bool) -> Mapping[str, Any]:
    """How fast a run was; the figures are None for a resumed one, which did only a part of the work.

    Args:
        seconds: Wall-clock time.
        documents: Documents that were read.
        characters: Their characters as they came in.
        resumed: Whether a part had been done before.
    """
    known = seconds > 0 and not resumed
    return {
        "seconds": round(seconds, 3), "resumed": resumed,
        "documents_per_second": round(documents / seconds, 1) if known else None,
        "megacharacters_per_second": round(characters / seconds / 1e6, 3) if known else None,
    }  # fmt: skip


def _settings(config: DataConfig) -> dict[str, Any]:
    return {name: value for name, value in config.to_dict().items() if name not in ("workers", "profile")}
