"""What a race of six costs against six runs: ``python -m tests.benchmarks.race_cost [--threads 2] [--form pre-norm]``.

In alternating rounds, the time of a step of six stacked runners, and of a step of one runner alone. The lab's
own default model and batch; on a quiet machine.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory

import torch

from simulator.s05_schedule.config import RaceConfig
from simulator.s05_schedule.toy import make_racer, prepare_toy
from simulator.training.stacked import StackedTrainer

RUNNERS = 6


def step_seconds(trainer: StackedTrainer, runners: int, first: int, steps: int, device: str) -> float:
    """Mean time of a step."""
    begun = time.perf_counter()
    for index in range(first, first + steps):
        trainer.step(index, [1e-3] * runners)
    if device == "cuda":
        torch.cuda.synchronize()
    return (time.perf_counter() - begun) / steps


def main() -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--form", default=RaceConfig().form)
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--steps", type=int, default=40)
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    config = RaceConfig(form=options.form)
    with TemporaryDirectory() as folder:
        toy = prepare_toy(config, Path(folder))
    racers = {count: make_racer(config, toy, count, options.device) for count in (1, RUNNERS)}
    for count, racer in racers.items():
        step_seconds(racer, count, 0, 10, options.device)
    times: dict[int, list[float]] = {1: [], RUNNERS: []}
    for turn in range(options.rounds):
        for count, racer in racers.items():
            first = 10 + turn * options.steps
            times[count].append(step_seconds(racer, count, first, options.steps, options.device))
    one, six = statistics.median(times[1]), statistics.median(times[RUNNERS])
    ratios = [b / (RUNNERS * a) for a, b in zip(times[1], times[RUNNERS], strict=True)]
    sys.stdout.write(
        f"{config.form}, {options.device}, {options.threads} threads: one {one * 1e3:.1f} ms a step, six together "
        f"{six * 1e3:.1f} ms: {six / (RUNNERS * one):.2f} of six alone (rounds {min(ratios):.2f} to "
        f"{max(ratios):.2f})\n"
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
