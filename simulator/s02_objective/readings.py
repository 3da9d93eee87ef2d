"""Reading a pre-training run in plain words. Pure: numbers in, words out."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Reading:
    """What the curves say: a level (good, info, warning, bad), a title and one or two sentences."""

    level: str
    title: str
    text: str


def read_run(losses: Sequence[float], vocabulary: int, floor: float | None, progress: float) -> Reading:
    """Judge a run by its held-out losses so far.

    Args:
        losses: Held-out losses in nats/token, in order.
        vocabulary: Tokens to choose from; guessing blindly costs ln(vocabulary).
        floor: Entropy of the text in nats/token, or None where nobody knows it.
        progress: Share of the run that is done.
    """
    blind, latest, best = math.log(vocabulary), losses[-1], min(losses)
    if progress == 0:
        return Reading(
            "info", "Before training",
            f"The model guesses blindly among {vocabulary:,} tokens: {latest:.2f} nats a token, "
            f"about ln({vocabulary}).",
        )  # fmt: skip
    if latest > blind * 1.1:
        return Reading(
            "bad", "Diverging",
            f"Held-out loss {latest:.2f} is above blind guessing ({blind:.2f}). Lower the learning rate.",
        )  # fmt: skip
    if latest > best * 1.1 + 0.02:
        return Reading(
            "warning", "Held-out loss is rising",
            f"It was {best:.2f} and is {latest:.2f}: the model learns the training text by heart, "
            "or the steps are too big.",
        )  # fmt: skip
    if progress > 0.3 and latest > 0.9 * blind:
        return Reading(
            "warning", "Hardly learning",
            f"After {progress:.0%} of the run the loss is still {latest:.2f}. "
            "Try a higher learning rate or a longer run.",
        )  # fmt: skip
    return _learning(latest, blind, floor, progress)


def _learning(latest: float, blind: float, floor: float | None, progress: float) -> Reading:
    saved = (
        f"It has learned enough to save {1 - latest / blind:.0%} of the {blind:.2f} nats of blind guessing."
    )
    if floor is None:
        return Reading("good", "Learning", saved)
    above = latest / floor - 1
    if above < 0.15:
        return Reading(
            "good", "Close to the floor",
            f"Only {above:.0%} above the text's own entropy ({floor:.3f}). What is left is chance: "
            "nobody could guess it.",
        )  # fmt: skip
    return Reading("good" if progress > 0.1 else "info", "Learning", f"{saved} The floor is {floor:.2f}.")


LEARNED = 0.8
"""A loss below this share of what guessing by frequency costs is learning beyond doubt."""


def read_comparison(summary: Mapping[str, Any]) -> list[Reading]:
    """Judge two objectives by the summary of their run: did each learn, and what does each write?"""
    readings = []
    for objective, loss in summary["validation_loss"].items():
        baseline, floor = summary["baselines"][objective], summary["floors"][objective]
        learned = loss < LEARNED * baseline
        below = f"{loss:.2f} nats a target, against {baseline:.2f} for guessing by frequency alone"
        over = "" if floor is None else f"; the text's own entropy is {floor:.2f}"
        title = f"{objective.capitalize()}: {'it has learned' if learned else 'hardly learned'}"
        readings.append(Reading("good" if learned else "warning", title, f"{below}{over}."))
    told = [
        f"{objective.capitalize()}, {method}: {tally['read_share']:.0%} "
        f"({tally['possible']:.0%} are right to their end)."
        for objective, tallies in summary["written"].items()
        for method, tally in tallies.items()
        if tally["possible"] is not None
    ]
    if told:
        words = f"How far the texts of each follow the grammar, over {summary['beginnings']} beginnings. "
        readings.append(Reading("info", "Now generate", words + " ".join(told)))
    return readings
