"""Chooses between the command line and the window. Imports neither Qt nor torch at its top.

``llm-pipeline COMMAND ...`` goes to :mod:`simulator.cli`; everything else opens the window.
"""

from __future__ import annotations

import argparse
import importlib
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import NoReturn

from simulator.arguments import path_argument
from simulator.stages import BY_KEY

SCREENSHOT_SIZES = ((1280, 720), (1920, 1080))
_SMALLEST, _LARGEST = 640, 7680


@dataclass(frozen=True, kw_only=True)
class WindowOptions:
    """What the command line says about the window.

    Attributes:
        stage: Key of the tab to open first, or "" for the one of last time.
        present: Start in presentation mode.
        theme: ``dark`` or ``light``, or "" for the one of last time.
        device: Where the engine computes.
        replay: A recorded run to replay, or None.
        runs: Folder of the runs, or None for the usual one.
        screenshot: Folder for pictures of every tab, or None to open the window.
        sizes: Width and height of those pictures, in pixels.
    """

    stage: str = ""
    present: bool = False
    theme: str = ""
    device: str = "auto"
    replay: Path | None = None
    runs: Path | None = None
    screenshot: Path | None = None
    sizes: tuple[tuple[int, int], ...] = field(default=SCREENSHOT_SIZES)


class _OneLineParser(argparse.ArgumentParser):
    """Says in one line what is wrong, and leaves with 2."""

    def error(self, message: str) -> NoReturn:
        self.exit(2, f"{self.prog}: {message} (see {self.prog} --help)\n")


def parse_window_options(arguments: Sequence[str]) -> WindowOptions:
    """Read the window's flags.

    Raises:
        SystemExit: with 2 and one line on stderr for a flag that cannot work, with 0 after ``--help``.
    """
    parser = _parser()
    values = vars(parser.parse_args(arguments))
    if values.pop("lesson") is not None:
        parser.error("lesson files are not in this version")
    if values["sizes"] is None:
        values["sizes"] = list(SCREENSHOT_SIZES)
    elif values["screenshot"] is None:
        parser.error("--size sets the size of the pictures, so it needs --screenshot DIR")
    if values["replay"] is not None and not values["replay"].exists():
        parser.error(f"there is no recorded run at {values['replay']}")
    values["sizes"] = tuple(values["sizes"])
    return WindowOptions(**values)


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command, or open the window.

    Args:
        argv: Arguments without the program's name; those of the process when None.

    Returns:
        The exit status: 0, 1 for a failure, 2 for bad arguments or input.
    """
    arguments = list(sys.argv[1:] if argv is None else argv)
    if arguments and not arguments[0].startswith("-"):
        # By name: the command line may use torch, and nothing the window imports may lead there.
        return int(importlib.import_module("simulator.cli").main(arguments))
    try:
        options = parse_window_options(arguments)
    except SystemExit as leaving:
        return leaving.code if isinstance(leaving.code, int) else 2
    try:
        from widgets.app import run_window
    except ImportError as error:
        sys.stderr.write(
            f"The window cannot start: {error}. Install the system packages that the README lists, or use the "
            "command line, for example: python main.py run pretrain\n"
        )
        return 1
    return run_window(options)


def _parser() -> argparse.ArgumentParser:
    parser = _OneLineParser(
        prog="llm-pipeline",
        description="See, run and measure the ten stages of making a large language model. Without a command, "
        "the window opens.",
        epilog="commands: run, data, generate, runs, calc, doctor; each explains itself with --help",
        allow_abbrev=False,
    )
    parser.add_argument(
        "--stage",
        default="",
        choices=tuple(BY_KEY),
        metavar="KEY",
        help="open this tab: " + ", ".join(BY_KEY),
    )
    parser.add_argument("--present", action="store_true", help="start in presentation mode")
    parser.add_argument("--theme", default="", choices=("dark", "light"), help="dark or light")
    parser.add_argument(
        "--device", default="auto", choices=("auto", "cpu", "cuda", "mps"), help="where the engine computes"
    )
    parser.add_argument(
        "--replay",
        type=path_argument,
        metavar="PATH",
        help="replay a recorded run: its folder, or an exported .zip",
    )
    parser.add_argument("--runs", type=path_argument, metavar="DIR", help="keep the runs in this folder")
    parser.add_argument(
        "--screenshot",
        type=path_argument,
        metavar="DIR",
        help="write a picture of every tab into this folder, then exit",
    )
    parser.add_argument(
        "--size",
        dest="sizes",
        nargs="+",
        type=_size,
        metavar="WxH",
        help="sizes of those pictures, such as 1280x720",
    )
    parser.add_argument("--lesson", help=argparse.SUPPRESS)
    return parser


def _size(text: str) -> tuple[int, int]:
    width, cross, height = text.lower().partition("x")
    if not (cross and width.isdecimal() and height.isdecimal()):
        raise argparse.ArgumentTypeError(f"'{text}' is not a size such as 1280x720")
    if not (_SMALLEST <= int(width) <= _LARGEST and 480 <= int(height) <= _LARGEST):
        raise argparse.ArgumentTypeError(f"{text} is out of range: use 640x480 to 7680x7680")
    return int(width), int(height)
