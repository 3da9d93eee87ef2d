"""The commands, their common flags, and what becomes of errors."""

from __future__ import annotations

import argparse
import contextlib
import importlib
import os
import sys
import traceback
from collections.abc import Sequence
from typing import NoReturn

from simulator.arguments import path_argument
from simulator.cli.output import complain, one_line
from simulator.engine.threads import let_threads_give_way
from simulator.errors import UserError
from simulator.runs.store import RunStore, default_root

COMMANDS: dict[str, str] = {
    "run": "run a lab, such as: run pretrain",
    "data": "clean files of your own: data process",
    "generate": "let a trained model write",
    "runs": "list, show, export, import or replay recorded runs",
    "calc": "calculators, such as: calc params",
    "doctor": "what this machine has, what will work, and how fast",
}
PROGRAM = "llm-pipeline"


class OneLineParser(argparse.ArgumentParser):
    """Says in one line what is wrong, and leaves with 2."""

    def error(self, message: str) -> NoReturn:
        """Leave with 2 after one line."""
        self.exit(2, one_line(f"{self.prog}: {message} (see {self.prog} --help)") + "\n")


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command.

    Args:
        argv: The command and its arguments; those of the process when None.

    Returns:
        The exit status: 0, 1 for a failed run, 2 for bad arguments or input, 130 after Ctrl-C.
    """
    arguments = list(sys.argv[1:] if argv is None else argv)
    let_threads_give_way()
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(AttributeError, ValueError):  # a stream without an encoding needs no care
            stream.reconfigure(errors="backslashreplace")  # type: ignore[union-attr]
    try:
        options = build_parser(arguments).parse_args(arguments)
        status: int = options.handler(options)
    except SystemExit as leaving:
        return leaving.code if isinstance(leaving.code, int) else 2
    except UserError as error:
        complain(f"{PROGRAM}: {error}")
        return 2
    except KeyboardInterrupt:
        complain(f"{PROGRAM}: interrupted.")
        return 130
    except BrokenPipeError:
        # Whoever read our output has left; what is still buffered has nowhere to go.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except Exception as error:
        # Whatever nobody foresaw: a person gets one line; whoever looks for the fault asks for the rest.
        complain(f"{PROGRAM}: {_fault(error)}")
        if os.environ.get("PIPELINE_TRACEBACK"):
            traceback.print_exc()
        return 1
    return status


def _fault(error: Exception) -> str:
    """One line for an error that the program did not foresee."""
    words = " ".join(str(error).split())[:200]
    if isinstance(error, MemoryError):
        return "There is not enough memory for this. Close other programs, or choose something smaller."
    kind = type(error).__name__
    return (
        f"This met a fault in the program ({kind}{f': {words}' if words else ''}). "
        "Set PIPELINE_TRACEBACK=1 and run it again to see where."
    )


def build_parser(arguments: Sequence[str]) -> argparse.ArgumentParser:
    """The parser for these arguments: only the command that they name is spelled out in full."""
    parser = OneLineParser(
        prog=PROGRAM, description="See, run and measure the ten stages of making a large language model.",
        allow_abbrev=False,
    )  # fmt: skip
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for name, words in COMMANDS.items():
        command = commands.add_parser(
            name, help=words, description=words.capitalize() + ".", allow_abbrev=False
        )
        if arguments and arguments[0] == name:
            importlib.import_module(f"simulator.cli.{name}").add_arguments(command, arguments[1:])
    return parser


def add_common_flags(parser: argparse.ArgumentParser, *, runs: bool = True) -> None:
    """``--json``, and ``--runs`` for commands that use the store."""
    parser.add_argument("--json", action="store_true", help="print one JSON object to stdout")
    if runs:
        parser.add_argument(
            "--runs",
            type=path_argument,
            metavar="DIR",
            help=f"folder of the runs (now {default_root()})".replace("%", "%%"),
        )


def run_argument(text: str) -> str:
    """The id of a run given on the command line.

    Raises:
        argparse.ArgumentTypeError: if it is empty.
    """
    if not text.strip():
        raise argparse.ArgumentTypeError("no run is named")
    return text


def store_of(options: argparse.Namespace) -> RunStore:
    """The run store that the flags name."""
    return RunStore(default_root() if options.runs is None else options.runs)
