"""What the trainings of the lab "does cleaning help?" say together: means, spreads, and a reading in plain words."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import mean, stdev
from typing import Any, Literal


@dataclass(frozen=True)
class Reading:
    """A finding in plain words."""

    level: Literal["good", "info", "warning"]
    title: str
    text: str


def result_of(facts: Mapping[str, Any], losses: Mapping[str, Sequence[float]], final: bool) -> dict[str, Any]:
    """The fields of the record ``result``.

    ``spread`` is the standard deviation over the seeds (n - 1). ``gain`` is by how many nats a token the last
    variant is better than the first; ``error`` is the standard error of that difference of means, and ``sure`` says
    that the gain is larger than both spreads and than twice the error.

    Args:
        facts: What the run said at its start.
        losses: Held-out losses of each variant, a number a seed, in nats a token.
        final: Whether the training is over.
    """
    variants = [
        {
            **item, "losses": list(losses[item["key"]]), "mean": mean(losses[item["key"]]),
            "spread": stdev(losses[item["key"]]), "tokens": facts["tokens"],
        }
        for item in facts["variants"]
    ]  # fmt: skip
    first, last = variants[0], variants[-1]
    gain = first["mean"] - last["mean"]
    error = math.sqrt((first["spread"] ** 2 + last["spread"] ** 2) / len(last["losses"]))
    spread = max(first["spread"], last["spread"])
    return {
        "variants": variants, "floor": facts["floor_nats_per_token"], "compare": facts["compare"], "final": final,
        "gain": gain, "error": error, "spread": spread, "sure": abs(gain) > max(spread, 2 * error),
    }  # fmt: skip


def read_result(result: Mapping[str, Any]) -> Reading:
    """What a result means."""
    first, last = result["variants"][0], result["variants"][-1]
    figures = (
        f"Clean, unseen pages cost {last['mean']:.3f} nats a token after '{last['title'].lower()}'. After "
        f"'{first['title'].lower()}' they cost {first['mean']:.3f}. Both read as many tokens ({last['tokens']:,}). "
        f"The seeds of one kind differ by {result['spread']:.3f}."
    )
    if not result["sure"]:
        text = " That is no difference one can rely on: train longer, or with more seeds."
        return Reading("info", "No sure difference", figures + text)
    if result["gain"] < 0:
        text = " Here the larger amount outweighs the noise in it."
        return Reading("warning", f"'{first['title']}' is better", figures + text)
    text = " Every token of spam, boilerplate and repeats took the place of one that teaches something."
    if result["compare"] == "quantity":
        text = f" The clean text was read {last['epochs']:.1f} times and still teaches more."
    return Reading(
        "good", "Cleaning helps" if result["compare"] == "cleaning" else "Quality wins", figures + text
    )
