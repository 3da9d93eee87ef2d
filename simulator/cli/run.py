"""``run LAB``: one lab from its flags to its summary, in this process."""

from __future__ import annotations

import argparse
import contextlib
import signal
import sys
import threading
from collections.abc import Iterator, Mapping, Sequence
from types import FrameType
from typing import Any

from simulator.cli.flags import add_config_flags, given_flags, read_config
from simulator.cli.output import complain, print_json, print_table
from simulator.cli.parser import PROGRAM, add_common_flags, run_argument, store_of
from simulator.cli.progress import ProgressView
from simulator.config import Config
from simulator.engine.control import Control
from simulator.engine.running import run_lab
from simulator.errors import CheckpointError, ConfigError, UserError
from simulator.labs import LABS
from simulator.runs.events import plain
from simulator.runs.spec import RunSpec
from simulator.runs.store import RunFolder, RunStore

INPUT_KINDS = ("input", "config", "checkpoint", "device", "storage", "memory")


def add_arguments(parser: argparse.ArgumentParser, arguments: Sequence[str]) -> None:
    """One sub-command for each lab; only the lab named gets all its flags."""
    labs = parser.add_subparsers(dest="lab", required=True, metavar="LAB")
    for lab in LABS.values():
        command = labs.add_parser(lab.name, help=lab.title, description=lab.title + ".", allow_abbrev=False)
        command.set_defaults(handler=run)
        if lab.name in arguments[:1]:
            add_common_flags(command)
            command.add_argument(
                "--parent", type=run_argument, metavar="RUN", help="start from this run's last checkpoint"
            )
            command.add_argument(
                "--resume", type=run_argument, metavar="RUN", help="continue this run from where it stopped"
            )
            add_config_flags(command, lab.load_config())


def run(options: argparse.Namespace) -> int:
    """Run a lab and print its summary."""
    store = store_of(options)
    folder, config = _continued(store, options) if options.resume else _new(store, options)
    view = ProgressView()
    control = Control()
    # A lab that prints must not spoil the one JSON object on stdout.
    with _interrupts(control, view), contextlib.redirect_stdout(sys.stderr):
        summary = run_lab(
            options.lab, config, folder, view.take, control=control, resume=bool(options.resume)
        )
    view.close()
    if summary["status"] == "failed":
        return _failed(store, folder, summary, view, options)
    if options.json:
        print_json(summary)
    else:
        print_table([[name.replace("_", " "), _words(value)] for name, value in summary.items()])
    if summary["status"] == "stopped":
        complain(f"Stopped. Continue with: {PROGRAM} run {options.lab} --resume {folder.id}")
        return 130
    return 0


def _new(store: RunStore, options: argparse.Namespace) -> tuple[RunFolder, Config]:
    config = read_config(LABS[options.lab].load_config(), options)
    if options.parent:
        store.open(options.parent)
    return store.create(RunSpec.new(options.lab, config, options.parent or "")), config


def _continued(store: RunStore, options: argparse.Namespace) -> tuple[RunFolder, Config]:
    if options.parent or given_flags(options):
        raise ConfigError(
            "resume", "A resumed run keeps its settings.", hint="Give --resume alone, or start a new run."
        )
    folder = store.open(options.resume)
    spec = folder.spec()
    if spec.lab != options.lab:
        hint = f"Use: run {spec.lab} --resume {folder.id}."
        raise CheckpointError(f"{folder.id} is a run of the lab '{spec.lab}'.", hint=hint)
    if folder.info().status == "done":
        raise CheckpointError(f"{folder.id} is finished.", hint="Start a new run.")
    return folder, spec.load_config()


def _failed(
    store: RunStore,
    folder: RunFolder,
    summary: Mapping[str, Any],
    view: ProgressView,
    options: argparse.Namespace,
) -> int:
    """Say why; bad input that was found before the first step leaves no run behind."""
    complain(f"{PROGRAM}: {summary['message']} {summary['hint']}")
    if not view.history.lab and summary["kind"] in INPUT_KINDS:
        if not options.resume:
            with contextlib.suppress(UserError):
                store.delete(folder.id)
        return 2
    if options.json:
        print_json(summary)
    return 1


def _words(value: Any) -> str:
    if isinstance(value, float):
        return f"{value:.6g}"
    if isinstance(value, (dict, list, tuple)):
        return str(plain(value))
    return "" if value is None else str(value)


@contextlib.contextmanager
def _interrupts(control: Control, view: ProgressView) -> Iterator[None]:
    """The first Ctrl-C (or SIGTERM) stops the run with a checkpoint, the second leaves at once."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def ask(number: int, frame: FrameType | None) -> None:
        if control.stopping:
            raise KeyboardInterrupt
        control.stop()
        view.say("Stopping with a checkpoint; press Ctrl-C again to leave at once.")

    numbers = (signal.SIGINT, signal.SIGTERM)
    before = {number: signal.signal(number, ask) for number in numbers}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, signal.SIG_DFL if handler is None else handler)
