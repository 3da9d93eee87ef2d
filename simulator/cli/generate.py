"""``generate``: a trained model writes."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

from simulator.cli.flags import add_config_flags, read_config
from simulator.cli.output import print_json, printable
from simulator.cli.parser import add_common_flags, store_of
from simulator.errors import InputError
from simulator.model.generation import SamplingConfig
from simulator.s02_objective.queries import open_checkpoint, stream_text


def add_arguments(parser: argparse.ArgumentParser, arguments: Sequence[str]) -> None:
    """The checkpoint, the prompt, and how to choose each next token."""
    parser.add_argument(
        "--checkpoint",
        required=True,
        metavar="RUN[@STEP]",
        help="run to write with, its last checkpoint or that of a step",
    )
    parser.add_argument(
        "--prompt", default="", metavar="TEXT", help="what the text begins with; without it, a new document"
    )
    add_common_flags(parser)
    add_config_flags(parser, SamplingConfig)
    parser.set_defaults(handler=generate)


def generate(options: argparse.Namespace) -> int:
    """Write a text, shown as it comes."""
    config = read_config(SamplingConfig, options)
    run, step = parse_checkpoint(options.checkpoint)
    try:
        options.prompt.encode("utf-8")
    except UnicodeEncodeError:
        raise InputError("--prompt: The prompt is not valid text.", hint="Type it in UTF-8.") from None
    root = store_of(options).root
    found = open_checkpoint(root, run, step)[2]
    pieces = stream_text(root, run, options.prompt, found, config)
    if options.json:
        print_json(
            {"run": run, "step": found, "prompt": options.prompt, "text": "".join(pieces), **config.to_dict()}
        )
        return 0
    sys.stdout.write(printable(options.prompt))
    for piece in pieces:
        sys.stdout.write(printable(piece))
        sys.stdout.flush()
    sys.stdout.write("\n")
    return 0


def parse_checkpoint(text: str) -> tuple[str, int]:
    """Run and step of ``RUN@STEP``; -1 for the last step when none is named.

    Raises:
        InputError: if the step is not a whole number.
    """
    run, at, step = text.partition("@")
    if not at:
        return run, -1
    if not (step.isascii() and step.isdecimal() and len(step) <= 12):
        raise InputError(
            f"--checkpoint: '{step}' is not a step.", hint="Write RUN or RUN@STEP, such as pretrain-0001@500."
        )
    return run, int(step)
