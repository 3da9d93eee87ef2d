"""Reader of Parquet tables, for those who have pyarrow."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from simulator.errors import InputError
from simulator.text.documents import ReadReport, TextDocument
from simulator.text.records import INSTRUCTION_FIELDS, MESSAGE_FIELDS, TEXT_FIELDS, texts_of

_ROWS = 256


def read_parquet(path: Path, name: str, report: ReadReport) -> Iterator[TextDocument]:
    """A text a row, from the columns that records may have; streams.

    Raises:
        InputError: if pyarrow is not installed, the file is no Parquet table, or it has no text column.
    """
    try:
        import pyarrow
        import pyarrow.parquet
    except ImportError:
        hint = "Install it (pip install pyarrow), or save the table as .jsonl or .csv."
        raise InputError(f"{name} needs the package pyarrow, which is not installed.", hint=hint) from None
    try:
        with pyarrow.parquet.ParquetFile(path) as table:
            names = {title.lower(): title for title in table.schema_arrow.names}
            known = [
                names[key] for key in (*TEXT_FIELDS, *MESSAGE_FIELDS, *INSTRUCTION_FIELDS) if key in names
            ]
            if not known:
                raise InputError(f"{name} has no text column; its columns are: {', '.join(names)[:120]}.",
                                 hint="Name the column that holds the text 'text'.")  # fmt: skip
            rows = (row for batch in table.iter_batches(_ROWS, columns=known) for row in batch.to_pylist())
            records = ({key.lower(): value for key, value in row.items()} for row in rows)
            yield from texts_of(enumerate(records, start=1), name, report)
    except (pyarrow.ArrowException, OSError) as error:
        raise InputError(
            f"{name} is not a usable Parquet table ({str(error)[:100]}).", hint="Save it again."
        ) from None
