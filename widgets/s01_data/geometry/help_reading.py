"""What the lab "cleaning" found, as the tab reads it. No Qt here."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from simulator.runs.history import RunHistory
from simulator.s01_data.help_results import Reading, read_result
from widgets.s01_data.geometry.findings import list_of, mapping_of, real, whole

_COLOURS = ("gradients", "parameters", "activations")


@dataclass(frozen=True)
class Variant:
    """One kind of training data.

    Attributes:
        key: Its key, the first part of the names of its curves.
        title: Its name on screen.
        colour: Its colour.
        documents: Documents in it.
        tokens: Tokens trained on.
        unique_tokens: Different tokens among them.
        epochs: How often each of those was read.
        mean: Mean loss of the seeds on clean held-out text, nats a token; None before it is measured.
        spread: Standard deviation of the seeds.
        losses: Loss of each seed.
    """

    key: str
    title: str
    colour: str
    documents: int
    tokens: int
    unique_tokens: int
    epochs: float
    mean: float | None = None
    spread: float = 0.0
    losses: tuple[float, ...] = ()


@dataclass(frozen=True)
class HelpResult:
    """Where the comparison stands.

    Attributes:
        variants: In order, the dirtiest first.
        floor: Entropy of the clean text, nats a token, if known.
        gain: By how much the last variant is better than the first, nats a token; None before it is measured.
        error: Standard error of the gain.
        spread: How much the seeds of one kind differ.
        final: Whether the training is over.
        reading: What it means in plain words, once it is over.
    """

    variants: tuple[Variant, ...]
    floor: float | None
    gain: float | None = None
    error: float = 0.0
    spread: float = 0.0
    final: bool = False
    reading: Reading | None = None


def result_of(history: RunHistory) -> HelpResult | None:
    """The latest result of a run, or what its facts say before there is one; None when they say nothing."""
    fields = history.latest("result") or history.facts
    items = [mapping_of(item) for item in list_of(fields.get("variants"))]
    variants = tuple(
        _variant(item, _COLOURS[place if place < len(items) - 1 else 2], fields)
        for place, item in enumerate(items[:3])
        if item.get("key")
    )
    if not variants:
        return None
    floor = real(fields.get("floor", fields.get("floor_nats_per_token")))
    measured = all(variant.mean is not None for variant in variants)
    gain = real(fields.get("gain")) if measured else None
    final = fields.get("final") is True and gain is not None
    return HelpResult(
        variants, floor, gain, real(fields.get("error")) or 0.0, real(fields.get("spread")) or 0.0, final,
        _reading(fields) if final else None,
    )  # fmt: skip


def _variant(item: Mapping[str, Any], colour: str, fields: Mapping[str, Any]) -> Variant:
    losses = tuple(float(loss) for loss in list_of(item.get("losses")) if real(loss) is not None)
    return Variant(
        str(item["key"]), str(item.get("title") or item["key"]), colour, whole(item.get("documents")),
        whole(item.get("tokens")) or whole(fields.get("tokens")), whole(item.get("unique_tokens")),
        real(item.get("epochs")) or 0.0, real(item.get("mean")), real(item.get("spread")) or 0.0, losses,
    )  # fmt: skip


def _reading(fields: Mapping[str, Any]) -> Reading | None:
    """The lab's own words; None for a record that lacks what they need."""
    try:
        return read_result(fields)
    except (KeyError, TypeError, ValueError):
        return None


def curves_of(history: RunHistory) -> dict[str, list[str]]:
    """The series ``VARIANT/SEED/loss`` of a run: variant to names, in order of appearance."""
    found: dict[str, list[str]] = {}
    for name in history.names:
        parts = name.split("/")
        if len(parts) == 3 and parts[2] == "loss":
            found.setdefault(parts[0], []).append(name)
    return found


def headline(result: HelpResult | None) -> tuple[str, str]:
    """A line and a sentence above the curves."""
    if result is None or result.gain is None:
        return (
            "Same model, same number of tokens, other data",
            "Every model is measured on the same clean pages that none has seen: the lower, the better its data.",
        )
    first, last = result.variants[0], result.variants[-1]
    words = f"{last.title} against {first.title.lower()}: {abs(result.gain):.3f} nats a token"
    words += " lower loss" if result.gain >= 0 else " higher loss"
    words += f" (± {result.error:.3f}); the seeds of one kind differ by {result.spread:.3f}"
    title = result.reading.title if result.reading is not None else "So far" if not result.final else "Result"
    return title, words
