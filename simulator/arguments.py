"""What the command line and the window read from arguments alike."""

from __future__ import annotations

import argparse
from pathlib import Path


def path_argument(text: str) -> Path:
    """A path given on the command line, ``~`` understood.

    Raises:
        argparse.ArgumentTypeError: if it is empty or cannot be a path.
    """
    if not text.strip():
        raise argparse.ArgumentTypeError("no path is given")
    if "\0" in text:
        raise argparse.ArgumentTypeError("a path cannot hold a zero byte")
    try:
        return Path(text).expanduser()
    except RuntimeError:
        raise argparse.ArgumentTypeError(f"'{text}' names a home folder that is not there") from None
