"""Running a lab from the command line: flags, exit status, one JSON object, Ctrl-C and going on."""

from __future__ import annotations

import json
import os
import signal
import sys
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import pytest

from simulator.cli import main
from simulator.config import Config, setting
from simulator.engine.control import StopRequested
from simulator.engine.reporter import LabContext
from simulator.errors import InputError
from simulator.labs import LABS, Lab
from simulator.runs.store import RunStore


@dataclass(frozen=True, kw_only=True)
class CountConfig(Config):
    """A lab that counts."""

    profiles: ClassVar[Mapping[str, Mapping[str, Any]]] = {"short": {"steps": 3}, "long": {"steps": 40}}

    profile: str = setting("long", "Ready-made values.", choices=("short", "long"))
    steps: int = setting(40, "Steps, 100 % of them.", low=1, high=10_000_000)
    scale: float = setting(1.0, "What the loss is multiplied by.", low=0.0, high=10.0)
    loud: bool = setting(False, "Prints to stdout.")
    mode: str = setting("count", "What to do.", choices=("count", "reject", "break", "full", "interrupt"))


def count(config: Config, context: LabContext) -> dict[str, Any]:
    """Count to ``steps``."""
    assert isinstance(config, CountConfig)
    if config.loud:
        sys.stdout.write("a lab that prints\n")
    context.progress(0, config.steps, "Preparing")
    if config.mode == "reject":
        raise InputError("The file is empty.\nReally.", hint="Choose another.")
    saved = context.folder.checkpoints() if context.resume else []
    first = saved[-1].step if saved else 0
    context.started(config.steps, {"parameters": 1234, "floor_nats_per_token": 0.5}, first if saved else -1)
    for step in range(first + 1, config.steps + 1):
        try:
            context.between_steps(step - 1)
        except StopRequested:
            context.flush()
            context.folder.checkpoint_path(step - 1).write_bytes(b"")
            raise
        context.metrics(step, loss=config.scale / step, tokens_per_second=1e5)
        context.progress(step, config.steps)
        if step == 5:
            _misbehave(config.mode)
    context.diagnosis(config.steps, "good", "Counted", "All of them.")
    return {"loss": config.scale / config.steps, "floor": None, "odd": float("inf"), "parts": {"a": 1}}


def _misbehave(mode: str) -> None:
    if mode == "break":
        raise ZeroDivisionError("a fault of ours")
    if mode == "full":
        raise OSError(28, "No space left on device")
    if mode == "interrupt":
        os.kill(os.getpid(), signal.SIGINT)
        threading.Event().wait(0.05)  # the handler runs here


@pytest.fixture(autouse=True)
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    lab = Lab(
        name="count",
        stage="s02_objective",
        title="Count",
        config=f"{__name__}:CountConfig",
        function=f"{__name__}:count",
    )
    monkeypatch.setitem(LABS, "count", lab)
    monkeypatch.setenv("PIPELINE_RUNS", str(tmp_path / "runs"))
    return tmp_path / "runs"


def lines(text: str) -> list[str]:
    return text.splitlines()


def test_a_run_prints_one_json_object(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["run", "count", "--profile", "short", "--scale", "2", "--loud", "--json"]) == 0
    out, err = capsys.readouterr()
    summary = json.loads(out)
    assert (summary["status"], summary["run"], summary["odd"]) == ("done", "count-0001", "inf")
    assert summary["loss"] == pytest.approx(2 / 3)
    assert "a lab that prints" in err
    assert "count-0001, CPU" in err
    assert "1.23k parameters, entropy floor 0.500 nats/token" in err
    assert "step 3: Counted. All of them." in err
    config = RunStore(root).open("count-0001").spec().config
    assert (config["profile"], config["steps"], config["scale"]) == ("short", 3, 2.0)


def test_without_json_people_get_a_table(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["run", "count", "--steps", "1e3", "--loud", "no"]) == 0
    out, err = capsys.readouterr()
    assert "status   done" in out
    assert len(lines(err)) < 30  # sparse where there is no terminal
    assert "loss 0.001, 100k tokens/s" in err


@pytest.mark.parametrize(
    ("flags", "words"),
    [
        (["--steps", "0"], "--steps: Steps 0 is out of range. Use 1 to 10,000,000."),
        (["--steps", "many"], "--steps: Steps: 'many' is not a number"),
        (["--steps", "1.5"], "whole number"),
        (["--steps", "9" * 400], "--steps"),
        (["--scale", "nan"], "--scale"),
        (["--loud", "maybe"], "yes or no"),
        (["--mode", "nonsense"], "Choose one of: count, reject"),
        (["--profile", "huge"], "'huge'"),
        (["--step", "5"], "unrecognized arguments"),
        (["--steps"], "expected one argument"),
        (["stray"], "unrecognized arguments"),
        (["--parent", "count-0009"], "no run 'count-0009'"),
        (["--resume", "../count-0009"], "no run '../count-0009'"),
        (["--resume", "count-0001", "--steps", "5"], "keeps its settings"),
        (["--mode", "reject"], "The file is empty. Really. Choose another."),
        (["--steps", "٣"], "is not a number"),
        (["--steps", "1e10"], "Steps 10,000,000,000 is out of range."),
        (["--resume", ""], "--resume: no run is named"),
        (["--parent", " "], "--parent: no run is named"),
        (["--runs", ""], "--runs: no path is given"),
        (["--runs", "a\0b"], "--runs: a path cannot hold a zero byte"),
        (["--runs", "~nobody-here/runs"], "names a home folder that is not there"),
        (["--runs", __file__], "a file stands where a folder is needed"),
    ],
)
def test_bad_input_gets_one_line_and_2(
    root: Path, flags: list[str], words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["run", "count", *flags, "--json"]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert len(lines(err)) == 1
    assert words in err
    assert RunStore(root).list() == []  # nothing is left of it


@pytest.mark.parametrize(("mode", "words"), [("break", "a fault of ours"), ("full", "disk is full")])
def test_a_failed_run_gives_1(root: Path, mode: str, words: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["run", "count", "--mode", mode, "--json"]) == 1
    out, err = capsys.readouterr()
    assert json.loads(out)["status"] == "failed"
    assert words in lines(err)[-1]
    assert "Traceback" not in err
    assert RunStore(root).list()[0].status == "failed"
    assert main(["runs", "show", "count-0001"]) == 0
    assert words in capsys.readouterr().out


def test_interrupt_stops_with_a_checkpoint_and_the_run_goes_on(
    root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = signal.getsignal(signal.SIGINT)
    assert main(["run", "count", "--mode", "interrupt", "--json"]) == 130
    out, err = capsys.readouterr()
    assert json.loads(out)["status"] == "stopped"
    assert "run count --resume count-0001" in err
    assert [item.step for item in RunStore(root).open("count-0001").checkpoints()] == [5]
    assert signal.getsignal(signal.SIGINT) is before
    assert main(["run", "count", "--resume", "count-0001", "--json"]) == 0
    out, err = capsys.readouterr()
    assert json.loads(out)["status"] == "done"
    assert "count-0001 from step 5" in err
    assert main(["run", "count", "--resume", "count-0001"]) == 2
    assert "is finished" in capsys.readouterr().err
    assert main(["run", "pretrain", "--resume", "count-0001"]) == 2
    assert "run of the lab 'count'" in capsys.readouterr().err


def test_help_explains_every_flag(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["run", "count", "--help"]) == 0
    out = " ".join(capsys.readouterr().out.split())
    assert "--scale X" in out
    assert "Steps, 100 % of them. Use 1 to 10,000,000. Default 40." in out
    assert main(["run", "pretrain", "--help"]) == 0
    assert "--learning-rate" in capsys.readouterr().out
