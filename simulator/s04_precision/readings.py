"""What each policy's run says, in plain words. Pure: numbers in, words out."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

from simulator.training.policies import POLICIES

SUFFERS = 0.1
"""A policy suffers if it missed more than this share of the nats that the best one saved."""


@dataclass(frozen=True)
class Result:
    """How one policy ended.

    Attributes:
        loss: Held-out loss at the end, nats a token.
        vanished: Share of the gradient's entries that were lost on the way, on average.
        skipped: Steps without an update.
        scale: Loss scale at the end; 1 without scaling.
        broken: Step at which its numbers stopped being finite, -1 for never.
        seconds: Of a step, the median.
    """

    loss: float
    vanished: float
    skipped: int
    scale: float
    broken: int
    seconds: float


@dataclass(frozen=True)
class Reading:
    """What a result says: a level (good, info, warning, bad), a title and one or two sentences."""

    level: str
    title: str
    text: str


def read_results(results: Mapping[str, Result], vocabulary: int, steps: int) -> list[Reading]:
    """Say of every policy whether it learned, what it lost, and why; the most telling one last.

    Args:
        results: By policy.
        vocabulary: Tokens to choose from; guessing blindly costs ln(vocabulary).
        steps: Of the run.
    """
    usable = [item.loss for item in results.values() if item.broken < 0]
    best = min(usable, default=math.nan)
    blind = math.log(vocabulary)
    order = sorted(results, key=lambda key: (results[key].broken >= 0, results[key].loss))
    return [_read(key, results[key], best, blind, steps) for key in order]


def suffers(loss: float, best: float, blind: float) -> bool:
    """Whether a policy has learned clearly less than the best one: of what can be learned, not of the loss."""
    return loss - best > SUFFERS * max(blind - best, 0.0)


def _read(key: str, result: Result, best: float, blind: float, steps: int) -> Reading:
    title = POLICIES[key].title
    if result.broken >= 0:
        return Reading(
            "bad", f"{title} broke",
            f"At step {result.broken:,} a gradient was too large for the format, and nothing scales it down. "
            "Its training stopped there.",
        )  # fmt: skip
    lost = f"On average {result.vanished:.0%} of its gradient became 0 on the way."
    if suffers(result.loss, best, blind):
        worse = f", worse than guessing blindly ({blind:.2f})" if result.loss > blind else ""
        text = f"Its held-out loss is {result.loss:.2f}{worse}; the best is {best:.2f}. {lost}"
        if key == "fp16" and result.vanished > 0.05:
            text += " Loss scaling, or BF16 with its wider range, keeps them."
        return Reading("warning", f"{title} learned less", text)
    if key == "fp16-scaled":
        skips = f"{result.skipped:,} of {steps:,} steps" if result.skipped else "no step"
        return Reading(
            "good", f"{title} learns as well as the best",
            f"Held-out loss {result.loss:.2f}, the best {best:.2f}. {lost} The scale ended at "
            f"2^{math.log2(result.scale):.0f}; {skips} overflowed and had to be skipped.",
        )  # fmt: skip
    needs = " It needs no scaling." if key == "bf16" else ""
    return Reading(
        "good", f"{title} learns as well as the best",
        f"Held-out loss {result.loss:.2f}, the best {best:.2f}.{'' if key == 'fp32' else ' ' + lost}{needs}",
    )  # fmt: skip
