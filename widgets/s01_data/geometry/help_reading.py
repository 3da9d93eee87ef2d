"""What the lab "cleaning" found, and what to say about it in plain words. No Qt here."""

from __future__ import annotations

import statistics
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from simulator.runs.history import RunHistory
from simulator.units import format_count
from widgets.s01_data.geometry.findings import list_of, mapping_of, real, whole

TITLES = {
    "raw": "Raw",
    "filtered": "Filtered",
    "deduplicated": "Filtered, deduplicated",
    "clean": "Small, clean",
    "noisy": "Large, noisy",
}
COLOURS = {
    "raw": "gradients",
    "filtered": "parameters",
    "deduplicated": "activations",
    "clean": "activations",
    "noisy": "gradients",
}


@dataclass(frozen=True)
class Variant:
    """One kind of training data.

    Attributes:
        key: Its key.
        title: Its name on screen.
        losses: Loss on clean held-out text at the end, one a seed, nats a token.
        documents: Documents trained on.
        tokens: Tokens trained on.
        unique_tokens: Different tokens among them: the rest are repeats.
    """

    key: str
    title: str
    losses: tuple[float, ...]
    documents: int
    tokens: int
    unique_tokens: int

    @property
    def mean(self) -> float:
        """Mean loss of the seeds."""
        return statistics.fmean(self.losses)

    @property
    def spread(self) -> float:
        """Sample standard deviation of the seeds; 0 for one seed."""
        return statistics.stdev(self.losses) if len(self.losses) > 1 else 0.0


@dataclass(frozen=True)
class HelpResult:
    """The end of a run: its variants in order, and the entropy of the clean text, nats a token, if known."""

    variants: tuple[Variant, ...]
    floor: float | None

    def variant(self, key: str) -> Variant | None:
        """The variant of that key."""
        return next((variant for variant in self.variants if variant.key == key), None)


def result_of(history: RunHistory) -> HelpResult | None:
    """Read the record ``result``; None while there is none."""
    fields = history.latest("result")
    made = []
    for item in map(mapping_of, list_of(fields.get("variants"))):
        losses = tuple(float(loss) for loss in list_of(item.get("losses")) if real(loss) is not None)
        if losses and item.get("key"):
            made.append(_variant(str(item["key"]), item, losses))
    return HelpResult(tuple(made), real(fields.get("floor"))) if made else None


def _variant(key: str, item: Mapping[str, Any], losses: tuple[float, ...]) -> Variant:
    return Variant(
        key, TITLES.get(key, str(item.get("title") or key)), losses, whole(item.get("documents")),
        whole(item.get("tokens")), whole(item.get("unique_tokens")),
    )  # fmt: skip


def curves_of(history: RunHistory) -> dict[str, list[str]]:
    """The series ``VARIANT/SEED/loss`` of a run: variant to names, in order of appearance."""
    found: dict[str, list[str]] = {}
    for name in history.names:
        parts = name.split("/")
        if len(parts) == 3 and parts[2] == "loss":
            found.setdefault(parts[0], []).append(name)
    return found


def reading(result: HelpResult) -> tuple[str, str, str]:
    """Heading, text and tone of what the result says."""
    best = min(result.variants, key=lambda variant: variant.mean)
    worst = max(result.variants, key=lambda variant: variant.mean)
    if best is worst:
        return "One kind of data", f"{best.title}: {best.mean:.3f} nats a token.", ""
    gain = worst.mean - best.mean
    spread = max(best.spread, worst.spread)
    seeds = min(len(variant.losses) for variant in result.variants)
    numbers = f"{best.title} beats {worst.title.lower()} by {gain:.3f} nats a token on clean held-out text"
    if seeds < 2:
        return "One seed only", f"{numbers}. One seed says little: run at least two.", "warning"
    compared = f"{numbers}; between seeds it differs by {spread:.3f}."
    if gain <= 2 * spread:
        return "Too close to call", f"{compared} That may be chance.", "warning"
    won = "Cleaning helps" if worst.key == "raw" else _winner(best, worst)
    return won, f"{compared} {_repeats(best, worst)}".strip(), "good"


def _winner(best: Variant, worst: Variant) -> str:
    names = {
        "clean": "Quality wins here",
        "noisy": "Quantity wins here",
        "raw": "Cleaning does not help here",
    }
    return names.get(best.key, f"{best.title} wins")


def _repeats(best: Variant, worst: Variant) -> str:
    if not (best.unique_tokens and worst.unique_tokens and best.tokens):
        return ""
    return (
        f"Both trained on {format_count(best.tokens)} tokens, of which "
        f"{format_count(best.unique_tokens)} and {format_count(worst.unique_tokens)} are unique."
    )
