"""What each policy's run says, in plain words. Pure: numbers in, words out."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

from simulator.training.policies import POLICIES

SUFFERS = 0.1
"""A policy suffers if it missed more than this share of the nats that the best one saved."""

UNSEEN = 0.005
"""A smaller share is not worth a word."""

MUCH = 0.3
"""A gradient that loses more than this share of its entries is worth saying at once."""


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


def read_loss_of_gradient(key: str, share: float, loss_tokens: int) -> Reading:
    """A policy that loses ``share`` of its gradient's entries, when the loss is a mean over so many tokens."""
    return Reading(
        "warning", f"{POLICIES[key].title} loses its gradient",
        f"{share:.0%} of it became 0 on the way. The loss is a mean over {loss_tokens:,} tokens, so the gradient of "
        "one token is about one over that: what makes the right token likelier just survives, what makes the others "
        "less likely does not, and little reaches the lower layers.",
    )  # fmt: skip


def read_skip(key: str, step: int, scale: float) -> Reading:
    """A step whose gradients were not finite: skipped with a scaler, the end of a policy without one."""
    title = POLICIES[key].title
    if not POLICIES[key].scaled:
        return Reading(
            "bad", f"{title} broke",
            f"At step {step:,} a gradient was no finite number, and nothing scales it down. Its weights stay as they "
            "are; the others go on.",
        )  # fmt: skip
    return Reading(
        "info", "A step was skipped",
        f"At step {step:,} the loss scale of 2^{math.log2(scale):.0f} was too large for {title}: a gradient "
        "overflowed. The step is left out and the scale halved. That is how the right scale is found.",
    )  # fmt: skip


def suffers(loss: float, best: float, blind: float) -> bool:
    """Whether a policy has learned clearly less than the best one: of what can be learned, not of the loss."""
    return loss - best > SUFFERS * max(blind - best, 0.0)


def _read(key: str, result: Result, best: float, blind: float, steps: int) -> Reading:
    title = POLICIES[key].title
    if result.broken >= 0:
        return Reading(
            "bad", f"{title} broke",
            f"At step {result.broken + 1:,} a gradient was no finite number, and nothing scales it down. "
            "Its training stopped there.",
        )  # fmt: skip
    lost = f"On average {result.vanished:.0%} of its gradient became 0 on the way."
    if result.vanished < UNSEEN:
        lost = "Its gradient came through whole."
    if suffers(result.loss, best, blind):
        worse = f", worse than guessing blindly ({blind:.2f})" if result.loss > blind else ""
        text = f"Its held-out loss is {result.loss:.2f}{worse}; the best is {best:.2f}. {lost}"
        if key == "fp16" and result.vanished > 0.05:
            text += " Loss scaling, or BF16 with its wider range, keeps them."
        return Reading("warning", f"{title} learned less", text)
    if key == "fp16-scaled":
        skips = "no step overflowed"
        if result.skipped:
            skips = f"{result.skipped:,} of {steps:,} steps overflowed and had to be skipped"
        return Reading(
            "good", f"{title} learns as well as the best",
            f"Held-out loss {result.loss:.2f}, the best {best:.2f}. {lost} The scale ended at "
            f"2^{math.log2(result.scale):.0f}; {skips}.",
        )  # fmt: skip
    needs = " It needs no scaling." if key == "bf16" else ""
    return Reading(
        "good", f"{title} learns as well as the best",
        f"Held-out loss {result.loss:.2f}, the best {best:.2f}.{'' if key == 'fp32' else ' ' + lost}{needs}",
    )  # fmt: skip
