"""Writing to people and to programs: lines, tables, one JSON object."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Mapping, Sequence
from typing import Any

from simulator.runs.events import plain

_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029]")


def printable(text: str) -> str:
    """Text without control characters, which could upset a terminal; new lines and tabs stay."""
    return _CONTROL.sub("\N{REPLACEMENT CHARACTER}", text)


def one_line(text: str) -> str:
    """Text on one line, without control characters."""
    return printable(" ".join(text.split()))


def complain(text: str) -> None:
    """One line on stderr."""
    sys.stderr.write(one_line(text) + "\n")
    sys.stderr.flush()


def print_json(values: Mapping[str, Any]) -> None:
    """One JSON object on stdout; infinities and NaN are the strings "inf", "-inf", "nan"."""
    sys.stdout.write(json.dumps(plain(values), allow_nan=False) + "\n")
    sys.stdout.flush()


def print_text(text: str) -> None:
    """Text on stdout, without control characters."""
    sys.stdout.write(printable(text).rstrip("\n") + "\n")
    sys.stdout.flush()


def print_table(
    rows: Sequence[Sequence[str]], headings: Sequence[str] = (), right: Sequence[int] = ()
) -> None:
    """Rows in columns on stdout; the columns numbered in ``right`` are aligned there."""
    cells = [[one_line(cell) for cell in row] for row in (*([headings] if headings else []), *rows)]
    widths = [max(len(row[column]) for row in cells) for column in range(len(cells[0]))] if cells else []
    for row in cells:
        columns = [
            cell.rjust(width) if number in right else cell.ljust(width)
            for number, (cell, width) in enumerate(zip(row, widths, strict=True))
        ]
        sys.stdout.write("  ".join(columns).rstrip() + "\n")
    sys.stdout.flush()
