"""Opening files as text in the encoding they turn out to have, and reading them piece by piece."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TextIO

from simulator.errors import InputError
from simulator.text.encodings import SAMPLE_BYTES, broken_text, detect_encoding, guess_encoding

WHOLE_FILE_BYTES = 200_000_000
"""Largest file of a kind that has to be read as a whole."""

LINE_CHARACTERS = 50_000_000
"""Longest line of a file that is read by lines, and longest field of a table."""

_BLOCK = 1 << 22


def open_text(path: Path, name: str, newline: str | None = None) -> TextIO:
    """Open a file for streaming.

    Args:
        path: The file.
        name: How to call it in an error.
        newline: As for :func:`open`: None turns every line end into a line feed.

    Raises:
        InputError: if it is not text.
    """
    with path.open("rb") as file:
        sample = file.read(SAMPLE_BYTES)
    codec = detect_encoding(sample, name, whole=len(sample) < SAMPLE_BYTES)
    if codec == "utf-8" and not _is_utf8_throughout(path):
        codec = _guess_past_start(path, name)
    return path.open(encoding=codec, newline=newline)


def read_blocks(file: TextIO, name: str, size: int) -> Iterator[str]:
    """The file's text in blocks of at most ``size`` characters.

    Raises:
        InputError: if the text breaks off into something else.
    """
    while True:
        block = _decoded(file, name, size, line=False)
        if not block:
            return
        if "\x00" in block:
            raise InputError(
                f"{name} is a binary file (it holds zero bytes), not text.", hint="Choose another file."
            )
        yield block


def read_lines(file: TextIO, name: str) -> Iterator[str]:
    """The file's lines, with their line ends.

    Raises:
        InputError: if the text breaks off into something else, or a line is too long to hold.
    """
    while True:
        line = _decoded(file, name, LINE_CHARACTERS, line=True)
        if not line:
            return
        if len(line) >= LINE_CHARACTERS:
            limit = f"{LINE_CHARACTERS / 1e6:g} million"
            raise InputError(
                f"{name} has a line of more than {limit} characters.", hint="Put one record on each line."
            )
        yield line


def read_whole(path: Path, name: str) -> bytes:
    """All bytes of a file.

    Raises:
        InputError: if it is too large to be held.
    """
    size = path.stat().st_size
    if size > WHOLE_FILE_BYTES:
        limit = f"{WHOLE_FILE_BYTES / 1e6:g} MB"
        raise InputError(
            f"{name} has {size / 1e6:,.0f} MB; files of its kind are read whole, up to {limit}.",
            hint="Split it, or convert it to .txt or .jsonl, which are read piece by piece.",
        )
    return path.read_bytes()


def _decoded(file: TextIO, name: str, size: int, *, line: bool) -> str:
    try:
        return file.readline(size) if line else file.read(size)
    except UnicodeError:
        raise broken_text(name, file.encoding) from None


def _is_utf8_throughout(path: Path) -> bool:
    """One quick pass: better than finding out after gigabytes were handed on."""
    try:
        with path.open(encoding="utf-8", newline="") as file:
            while file.read(_BLOCK):
                pass
    except UnicodeDecodeError:
        return False
    return True


def _guess_past_start(path: Path, name: str) -> str:
    """For a file that starts as UTF-8 and later is not: guess from around its first byte outside ASCII."""
    with path.open("rb") as file:
        while block := file.read(_BLOCK):
            if not block.isascii():
                odd = next(index for index, value in enumerate(block) if value > 127)
                start = max(0, odd - SAMPLE_BYTES // 2)
                return guess_encoding(block[start : start + SAMPLE_BYTES], name)
    raise broken_text(name, "utf-8")
