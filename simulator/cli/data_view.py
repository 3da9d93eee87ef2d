"""How a data run looks on a terminal: a line of progress on stderr, tables on stdout."""

from __future__ import annotations

import os
import shutil
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any, TextIO

from simulator.cli.output import one_line, print_table, print_text
from simulator.units import format_seconds

RENEW_SECONDS = 0.1
SPARSE_SECONDS = 15.0  # between two lines where there is no terminal


class DataView:
    """One line that renews itself on a terminal; elsewhere a line for each phase, and now and then one more."""

    def __init__(self, stream: TextIO | None = None) -> None:
        self._stream = stream or sys.stderr
        self._live = self._stream.isatty() and os.environ.get("TERM") != "dumb"
        self._phase = ""
        self._began = self._told = 0.0
        self._first = 0
        self._read = self._passed = 0
        self._drawn = False

    def counted(self, documents: int, passed: int) -> None:
        """Take in how many documents were read and how many passed the filters."""
        self._read, self._passed = documents, passed

    def progress(self, phase: str, done: int, total: int) -> None:
        """Show how far a phase is."""
        now = time.monotonic()
        if phase != self._phase:
            self._phase, self._began, self._first, self._told = phase, now, done, 0.0
        if now - self._told >= (RENEW_SECONDS if self._live else SPARSE_SECONDS):
            self._told = now
            self._draw(self.line(done, total, now))

    def line(self, done: int, total: int, now: float) -> str:
        """The state of the run in one line."""
        parts = [self._phase]
        if total > 1:
            parts.append(f"{min(1.0, done / total):.0%}")
        if self._read:
            parts.append(f"{self._read:,} documents read, {self._passed:,} passed the filters")
        step = done - self._first
        if step > 0 and done < total:
            parts.append(f"{format_seconds((total - done) * (now - self._began) / step)} left")
        return ", ".join(parts)

    def say(self, text: str) -> None:
        """Write a line of its own."""
        self.close()
        self._stream.write(one_line(text) + "\n")
        self._stream.flush()

    def close(self) -> None:
        """Take away the line that renews itself."""
        if self._drawn:
            self._stream.write("\r" + " " * (shutil.get_terminal_size().columns - 1) + "\r")
            self._stream.flush()
            self._drawn = False

    def _draw(self, line: str) -> None:
        if not self._live:
            self.say(line)
            return
        width = shutil.get_terminal_size().columns - 1
        self._stream.write("\r" + one_line(line)[:width].ljust(width))
        self._stream.flush()
        self._drawn = True


def print_report(report: Mapping[str, Any], speed: Mapping[str, Any], output: Path) -> None:
    """The funnel, the reasons, the truth where it is known, and where the result is."""
    print_table(
        [_funnel_row(step) for step in report["funnel"]],
        ["step", "documents in", "out", "characters out", "tokens", "dropped for"],
        right=(1, 2, 3, 4),
    )
    if report["truth"]:
        print_text("")
        rows = [
            [item["title"], _share(item["precision"]), _share(item["recall"]), f"{item['target']:.2f}",
             f"{item['counted']:,}"] for item in report["truth"]
        ]  # fmt: skip
        print_table(rows, ["against the truth", "precision", "recall", "target", "pages"], right=(1, 2, 3, 4))
    print_text("")
    packed = report["packed"]
    print_text(
        f"Kept {report['kept']:,} of {report['documents']:,} documents: {packed['tokens']:,} tokens of a vocabulary "
        f"of {packed['vocabulary']:,}, {packed['bytes_per_token']:.2f} bytes each."
    )
    if report["passed_over"]:
        counts = ", ".join(f"{reason} {count:,}" for reason, count in report["passed_over"].items())
        print_text(f"Passed over, being no documents: {counts}.")
    rate = speed["documents_per_second"]
    pace = (
        ""
        if rate is None
        else f", {rate:,.0f} documents and {speed['megacharacters_per_second']:.2f} MB a second"
    )
    print_text(f"{format_seconds(speed['seconds'])}{pace}. The result is in {output}.")


def _funnel_row(step: Mapping[str, Any]) -> list[str]:
    reasons = ", ".join(f"{rule} {count['documents']:,}" for rule, count in list(step["dropped"].items())[:4])
    more = len(step["dropped"]) - 4
    tokens = "" if step["tokens"] is None else ("" if step["exact"] else "~") + f"{step['tokens']:,}"
    return [
        step["title"], f"{step['documents_in']:,}", f"{step['documents']:,}", f"{step['characters']:,}", tokens,
        reasons + (f" and {more} more" if more > 0 else ""),
    ]  # fmt: skip


def _share(value: float | None) -> str:
    return "-" if value is None else f"{value:.4f}"
