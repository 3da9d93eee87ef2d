"""``runs``: the store of recorded runs."""

from __future__ import annotations

import argparse
import math
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from simulator.arguments import path_argument
from simulator.cli.output import print_json, print_table, print_text
from simulator.cli.parser import add_common_flags, store_of
from simulator.cli.progress import ProgressView
from simulator.errors import CheckpointError, ConfigError, UserError
from simulator.runs.history import RunHistory
from simulator.runs.lineage import lineage
from simulator.runs.replay import Replay
from simulator.runs.store import RunFolder, RunInfo

FRAME_SECONDS = 1 / 30


def add_arguments(parser: argparse.ArgumentParser, arguments: Sequence[str]) -> None:
    """list, show, export, import, replay."""
    commands = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    known = {
        "list": (list_runs, "all runs, newest first"),
        "show": (show, "what a run was asked to do, and what came of it"),
        "export": (export, "write a run into one .zip file"),
        "import": (import_, "take in a run from a .zip file"),
        "replay": (replay, "play a recorded run again"),
    }
    for name, (handler, words) in known.items():
        command = commands.add_parser(
            name, help=words, description=words.capitalize() + ".", allow_abbrev=False
        )
        command.set_defaults(handler=handler)
        add_common_flags(command)
        if name == "import":
            command.add_argument("path", type=path_argument, metavar="PATH", help=".zip written by 'runs export'")
        elif name != "list":
            command.add_argument("run", metavar="RUN", help="id of the run, such as pretrain-0001")
        if name == "export":
            command.add_argument(
                "--output", type=path_argument, metavar="PATH", help="the file to write; RUN.zip here by default"
            )
        elif name == "replay":
            command.add_argument(
                "--speed", default="1", metavar="X", help="times as fast as it was recorded; 0 for at once"
            )


def list_runs(options: argparse.Namespace) -> int:
    """Print all runs."""
    store = store_of(options)
    infos = store.list()
    if options.json:
        print_json({"root": str(store.root), "runs": [_entry(info) for info in infos]})
    elif infos:
        rows = [
            [info.id, info.status, _moment(info.created), _step(info), info.parent, info.problem]
            for info in infos
        ]
        print_table(rows, ("run", "status", "made", "step", "parent", "problem"), right=(3,))
    else:
        print_table([[f"There are no runs in {store.root} yet."]])
    return 0


def show(options: argparse.Namespace) -> int:
    """Print one run."""
    store = store_of(options)
    folder = store.open(options.run)
    history = RunHistory.of(folder.events())
    values = {**_entry(folder.info()), **_content(folder, history), "lineage": lineage(store, folder.id)}
    if options.json:
        print_json(values)
        return 0
    lines = [[name, str(values[name])] for name in ("run", "status", "problem", "path") if values[name]]
    lines += [["made", _moment(values["created"])], ["lineage", " > ".join(values["lineage"])]]
    lines += [
        ["device", str(history.device.get("label", ""))],
        ["checkpoints", ", ".join(map(str, values["checkpoints"]))],
    ]
    lines += [[name, f"{value:.6g}"] for name, value in values["last"].items()]
    lines += [["damage", problem] for problem in values["problems"][:10]]
    if history.failure is not None:
        lines.append(["failure", f"{history.failure.message} {history.failure.hint}"])
    print_table(lines)
    if history.failure is not None and history.failure.kind == "internal":
        print_text(history.failure.detail)
    return 0


def export(options: argparse.Namespace) -> int:
    """Write a run into a .zip."""
    path = store_of(options).export(options.run, options.output or Path(f"{options.run}.zip"))
    values = {"run": options.run, "path": str(path), "bytes": path.stat().st_size}
    print_json(values) if options.json else print_table([[f"Wrote {path}."]])
    return 0


def import_(options: argparse.Namespace) -> int:
    """Take in a run."""
    folder = store_of(options).import_(options.path)
    print_json({"run": folder.id, "path": str(folder.path)}) if options.json else print_table(
        [[f"Imported as {folder.id}."]]
    )
    return 0


def replay(options: argparse.Namespace) -> int:
    """Show a recorded run on stderr as it once went, then how it ended."""
    folder = store_of(options).open(options.run)
    speed = _speed(options.speed)
    player = Replay(folder.events(), speed)
    if player.done:
        raise CheckpointError(f"The run {folder.id} has no recorded events.", hint="Choose another run.")
    view = ProgressView(recording=True)
    if speed == 0:
        player.seek(1.0)
    while True:
        for event in player.due(time.monotonic()):
            view.take(event)
        if player.done:
            break
        time.sleep(FRAME_SECONDS)
    view.close()
    values = {
        "run": folder.id,
        "status": view.history.state,
        "recording": True,
        **_content(folder, view.history),
    }
    if options.json:
        print_json(values)
    else:
        print_table([["run", folder.id], ["status", view.history.state], *_last_rows(values["last"])])
    return 0


def _entry(info: RunInfo) -> dict[str, Any]:
    return {
        "run": info.id, "lab": info.lab, "status": info.status, "created": info.created, "step": info.steps,
        "parent": info.parent, "problem": info.problem,
    }  # fmt: skip


def _content(folder: RunFolder, history: RunHistory) -> dict[str, Any]:
    spec: dict[str, Any] = {}
    try:
        spec = dict(folder.spec().__dict__)
        summary = folder.summary()
    except UserError:
        summary = {}  # the entry's problem says so
    ends = {name: history.series(name)[1][-1:] for name in history.names}
    return {
        "path": str(folder.path),
        "spec": spec,
        "summary": summary,
        "events": history.last_seq + 1,
        "last": {name: float(values[0]) for name, values in ends.items() if len(values)},
        "checkpoints": [item.step for item in folder.checkpoints()],
        "problems": folder.problems,
        "failure": _failure(history),
    }


def _failure(history: RunHistory) -> dict[str, str]:
    failure = history.failure
    if failure is None:
        return {}
    return {"kind": failure.kind, "message": failure.message, "hint": failure.hint, "detail": failure.detail}


def _last_rows(last: dict[str, float]) -> list[list[str]]:
    return [[name.replace("_", " "), f"{value:.6g}"] for name, value in last.items()]


def _speed(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not 0 <= value <= 1e6:
        hint = "Use 1 for as recorded, 10 for ten times as fast, 0 for at once."
        raise ConfigError("speed", f"--speed: '{text}' is not a speed.", hint=hint)
    return value


def _moment(seconds: float) -> str:
    try:
        return time.strftime("%Y-%m-%d %H:%M", time.localtime(seconds))
    except (OverflowError, ValueError, OSError):
        return "unknown"


def _step(info: RunInfo) -> str:
    return str(info.steps) if info.steps >= 0 else ""
