"""How a run looks while it goes on."""

from __future__ import annotations

import io

import pytest

from simulator.cli import progress
from simulator.cli.progress import ProgressView
from simulator.runs.events import Diagnosis, Event, Metrics, Progress, RunPaused, RunStarted

RUN = "pretrain-0001"
STREAM: list[Event] = [
    Progress(run=RUN, step=0, total=100, phase="Reading the corpus"),
    RunStarted(run=RUN, device={"label": "CPU, 2 threads"}, facts={"parameters": 869_504}, lab="pretrain"),
    *[
        event
        for step in range(1, 101)
        for event in (
            Metrics(run=RUN, steps=(step,), values={"loss": (2.0,), "tokens_per_second": (2e4,)}),
            Progress(run=RUN, step=step, total=100, phase="Training", seconds_left=100.0 - step),
        )
    ],
]


class Terminal(io.StringIO):
    """A stream that says it is one."""

    def isatty(self) -> bool:
        return True


def test_a_terminal_gets_one_line_that_renews_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(progress, "RENEW_SECONDS", 0.0)
    monkeypatch.setenv("COLUMNS", "60")
    monkeypatch.setenv("TERM", "xterm")
    stream = Terminal()
    view = ProgressView(stream)
    for event in STREAM:
        view.take(event)
    drawn = stream.getvalue().split("\r")
    assert drawn[0] == f"{RUN}, CPU, 2 threads, 870k parameters\n"
    assert drawn[-1].rstrip() == "Training, 100/100, loss 2.000, 20k tokens/s"
    assert {len(line) for line in drawn[1:]} == {59}  # never wider than the terminal
    view.take(Diagnosis(run=RUN, step=100, title="Good", text="Done."))
    view.take(RunPaused(run=RUN))
    view.close()
    assert stream.getvalue().endswith("\r" + " " * 59 + "\rstep 100: Good. Done.\npaused\n")


def test_elsewhere_a_line_comes_now_and_then_and_none_before_the_start() -> None:
    stream = io.StringIO()
    view = ProgressView(stream)
    view.take(STREAM[0])
    assert stream.getvalue() == ""
    for event in STREAM[1:]:
        view.take(event)
    lines = stream.getvalue().splitlines()
    assert len(lines) == 11
    assert lines[1] == "Training, 1/100, loss 2.000, 20k tokens/s, 1 min 39 s left"
    assert "\r" not in stream.getvalue()
