"""``data process``: the data pipeline on files, headless, with the funnel as a table. Does not need torch."""

from __future__ import annotations

import argparse
import contextlib
import signal
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, Any

from simulator.arguments import path_argument
from simulator.cli.data_view import DataView, print_report
from simulator.cli.flags import add_config_flags, given_flags, read_config
from simulator.cli.output import complain, print_json
from simulator.cli.parser import PROGRAM
from simulator.engine.control import Control, StopRequested
from simulator.errors import CheckpointError, ConfigError
from simulator.s01_data.config import DataConfig

if TYPE_CHECKING:
    from simulator.s01_data.chunks import Source
    from simulator.s01_data.dedup import Duplicates, Survivors
    from simulator.s01_data.funnel import Funnel

_SKIPPED = ("profile", "source")


def add_arguments(parser: argparse.ArgumentParser, arguments: Sequence[str]) -> None:
    """The one action ``process``, with the pipeline's settings as flags."""
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    words = "Clean files into training text: what every step keeps and drops, and why."
    process = actions.add_parser(
        "process", help="clean files into training text", description=words, allow_abbrev=False
    )
    process.set_defaults(handler=run)
    process.add_argument(
        "--input", nargs="+", default=[], metavar="PATH",
        help="files and folders to clean (WARC, HTML, text, JSON lines, CSV, Parquet), or 'toy' for the toy crawl",
    )  # fmt: skip
    process.add_argument(
        "--output",
        type=path_argument,
        required=True,
        metavar="DIR",
        help="folder for the result, empty or new",
    )
    process.add_argument("--resume", action="store_true", help="go on with the run in the output folder")
    process.add_argument("--parquet", action="store_true", help="write fates.parquet too (needs pyarrow)")
    process.add_argument("--json", action="store_true", help="print one JSON object to stdout")
    add_config_flags(process, DataConfig, skip=_SKIPPED)


def run(options: argparse.Namespace) -> int:
    """Run the pipeline and print what came of it."""
    # Loaded here, so that help and mistyped flags need not wait for it.
    from simulator.s01_data.fates_table import require_pyarrow, write_table
    from simulator.s01_data.lab import source_of
    from simulator.s01_data.parts import DataFolder, check_output
    from simulator.s01_data.pipeline import Pipeline, worker_count
    from simulator.s01_data.pool import WorkerFault
    from simulator.s01_data.report import report_of, throughput

    output: Path = options.output.expanduser()
    if options.parquet:
        require_pyarrow()
    check_output(output, options.resume)
    if DataFolder(output).finished:
        return _already(output, options)
    config, paths = _continued(output, options) if options.resume else _asked(options)
    source = source_of(config, paths)
    _check_apart(source, output)
    started = time.monotonic()
    view, control = DataView(), Control()
    pipeline = Pipeline(config, source, output, _Listener(view, control), workers=worker_count(config))
    try:
        with _interrupts(control, view):
            result = pipeline.run()
    except StopRequested:
        view.close()
        complain(f"Stopped. Continue with: {PROGRAM} data process --resume --output {options.output}")
        return 130
    except WorkerFault as fault:
        view.close()
        last = str(fault).strip().splitlines()[-1]
        complain(f"{PROGRAM}: the run met a fault in this program: {last} It is kept up to its last part.")
        return 1
    finally:
        view.close()
    report = report_of(result, config, source)
    if options.parquet:
        write_table(output)
    pipeline.commit(report)
    crawled = result.funnel.steps["crawl"]
    seconds = time.monotonic() - started
    speed = throughput(seconds, crawled.documents_in, crawled.characters_in, options.resume)
    _show(report, speed, output, options)
    return 0


def _already(output: Path, options: argparse.Namespace) -> int:
    """Show what a run ended with that was finished when its process was ended."""
    from simulator.s01_data.parts import DataFolder
    from simulator.s01_data.report import throughput

    folder = DataFolder(output)
    report = folder.report()
    folder.clear_work()
    complain(f"The run in {output} is finished.")
    _show(report, throughput(0, 0, 0, True), output, options)
    return 0


def _show(
    report: Mapping[str, Any], speed: Mapping[str, Any], output: Path, options: argparse.Namespace
) -> None:
    if options.json:
        print_json({**report, "throughput": speed, "output": str(output)})
    else:
        print_report(report, speed, output)
    if not report["kept"]:
        complain("Nothing was kept: see the reasons above, loosen a rule or choose other input.")


def _asked(options: argparse.Namespace) -> tuple[DataConfig, tuple[str, ...]]:
    if not options.input:
        raise ConfigError("input", "No input is named.", hint="Give --input and files or folders, or 'toy'.")
    paths = tuple(options.input)
    return _about(read_config(DataConfig, options), paths), paths


def _about(config: DataConfig, paths: tuple[str, ...]) -> DataConfig:
    """The settings with the input in them: some defaults are others for files than for the toy crawl."""
    return config.replace(source=paths[0].strip() or config.source)


def _continued(output: Path, options: argparse.Namespace) -> tuple[DataConfig, tuple[str, ...]]:
    """The settings of the run that is gone on with; only the number of workers may change."""
    from simulator.s01_data.parts import DataFolder

    given = given_flags(options)
    if options.input or set(given) - {"workers"}:
        raise ConfigError(
            "resume", "A resumed run keeps its input and settings.", hint="Give --resume and --output alone."
        )
    job = DataFolder(output).job()
    try:
        paths = tuple(str(path) for path in job["paths"])
        values = {**job["settings"], "pages": max(job["pages"], 20)}
    except (KeyError, TypeError) as error:
        raise CheckpointError(
            f"The settings of the run in {output} are damaged.", hint="Start it again in another folder."
        ) from error
    workers = read_config(DataConfig, options).workers
    return _about(DataConfig.from_dict(values).replace(workers=workers), paths), paths


def _check_apart(source: Source, output: Path) -> None:
    """Refuse an output folder inside an input folder: the pipeline would read what it writes."""
    place = output.resolve()
    for name in source.paths:
        folder = Path(name)
        if not source.toy and folder.is_dir() and (folder == place or folder in place.parents):
            message = f"The output folder {output} lies inside the input {name}."
            raise ConfigError("output", message, hint="Choose a folder outside the input.")


class _Listener:
    """Shows progress and lets Ctrl-C stop the run."""

    def __init__(self, view: DataView, control: Control) -> None:
        self._view = view
        self._control = control

    def beat(self) -> None:
        if self._control.stopping:
            raise StopRequested

    def progress(self, phase: str, done: int, total: int) -> None:
        self._view.progress(phase, done, total)

    def counted(self, documents: int, funnel: Funnel) -> None:
        self._view.counted(documents, funnel.steps["quality"].documents)

    def say(self, text: str) -> None:
        self._view.say(text)

    def compared(self, survivors: Survivors, found: Duplicates) -> Mapping[str, Any]:
        return {}


@contextlib.contextmanager
def _interrupts(control: Control, view: DataView) -> Iterator[None]:
    """The first Ctrl-C (or SIGTERM) stops the run so that it can be resumed, the second leaves at once."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def ask(number: int, frame: FrameType | None) -> None:
        if control.stopping:
            raise KeyboardInterrupt
        control.stop()
        view.say("Stopping; press Ctrl-C again to leave at once.")

    numbers = (signal.SIGINT, signal.SIGTERM)
    before = {number: signal.signal(number, ask) for number in numbers}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, signal.SIG_DFL if handler is None else handler)
