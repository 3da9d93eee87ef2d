"""The fates of a run as a Parquet table, where pyarrow is installed."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any

from simulator.errors import InputError
from simulator.s01_data.fates import Fate, read_fates
from simulator.s01_data.parts import FATES, draft_of
from simulator.s01_data.steps import STEP_KEYS

TABLE = "fates.parquet"
_ROWS = 20_000


def require_pyarrow() -> None:
    """See that Parquet can be written, before any work is done.

    Raises:
        InputError: if it cannot.
    """
    try:
        import pyarrow.parquet  # noqa: F401
    except ImportError:
        message = "Parquet cannot be written: pyarrow is not installed."
        raise InputError(
            message, hint="Install it, or leave --parquet out: fates.jsonl holds the same."
        ) from None


def write_table(folder: Path) -> None:
    """Write ``fates.parquet`` beside ``fates.jsonl``: one row a document; streams.

    Raises:
        StorageError: if it cannot be written.
    """
    import pyarrow
    import pyarrow.parquet

    columns = [
        ("index", pyarrow.int64()), ("source", pyarrow.string()), ("url", pyarrow.string()),
        ("fate", pyarrow.string()), ("step", pyarrow.string()), ("rule", pyarrow.string()),
        ("value", pyarrow.float64()), ("threshold", pyarrow.float64()), ("language", pyarrow.string()),
        ("language_probability", pyarrow.float64()), ("quality", pyarrow.float64()),
        ("duplicate_of", pyarrow.int64()), ("similarity", pyarrow.float64()), ("tokens", pyarrow.int64()),
        ("note", pyarrow.string()), *((f"characters_{step}", pyarrow.int64()) for step in STEP_KEYS),
    ]  # fmt: skip
    schema = pyarrow.schema(columns)
    fates = read_fates(folder / FATES)
    with (
        draft_of(folder / TABLE) as file,
        pyarrow.parquet.ParquetWriter(file, schema, compression="zstd") as writer,
    ):
        while rows := list(_rows(fates)):
            writer.write_table(pyarrow.Table.from_pylist(rows, schema))


def _rows(fates: Iterator[Fate]) -> Iterator[dict[str, Any]]:
    for fate in islice(fates, _ROWS):
        yield {
            "index": fate.index, "source": fate.source, "url": fate.url,
            "fate": "kept" if fate.kept else "dropped", "step": fate.step, "rule": fate.rule,
            "value": fate.value, "threshold": fate.threshold, "language": fate.language,
            "language_probability": fate.language_probability, "quality": fate.quality,
            "duplicate_of": fate.duplicate_of, "similarity": fate.similarity, "tokens": fate.tokens,
            "note": fate.note,
            **{f"characters_{step}": fate.sizes[step][0] if step in fate.sizes else None for step in STEP_KEYS},
        }  # fmt: skip
