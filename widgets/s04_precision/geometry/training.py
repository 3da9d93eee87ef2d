"""What a run of the lab "precision" says, read from its history; records that make no sense are passed over."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from simulator.formats.floats import FORMATS
from simulator.runs.history import RunHistory
from simulator.training.policies import POLICIES
from widgets.s04_precision.geometry.number import power_words

COLOURS = {
    "fp32": "text", "bf16": "gradients", "fp16": "bad", "fp16-scaled": "parameters", "fp8": "optimizer",
}  # fmt: skip
"""Token of each policy's curve."""

SHORT = {"fp32": "FP32", "bf16": "BF16", "fp16": "FP16", "fp16-scaled": "FP16 scaled", "fp8": "FP8"}
KINDS = (
    ("gradients", "Gradients"), ("flowing", "Inside"), ("activations", "Activations"), ("weights", "Weights"),
)  # fmt: skip
"""What is counted, and its short words."""

_RECORD = {"gradients": "reference"}
_SUBJECT = {
    "gradients": "gradients", "flowing": "gradients inside the layers", "activations": "activations",
    "weights": "weights",
}  # fmt: skip
_AIR = 2
_THIN = 0.02  # share of all numbers that the thin lower end holds


def policies_of(history: RunHistory) -> tuple[str, ...]:
    """The policies of a run; all of them while none is known."""
    told = history.facts.get("policies")
    keys = (
        [str(item.get("key", "")) for item in told if isinstance(item, Mapping)]
        if isinstance(told, list)
        else []
    )
    return tuple(key for key in keys if key in POLICIES) or tuple(POLICIES)


@dataclass(frozen=True)
class Shares:
    """Parts of all numbers that a format loses.

    Attributes:
        below: Becomes 0.
        subnormal: Loses digits.
        overflow: Is too large.
    """

    below: float
    subnormal: float
    overflow: float


@dataclass(frozen=True)
class Look:
    """One look into a backward pass.

    Attributes:
        step: When.
        format: What numbers of this kind are rounded to; for FP32, FP16, to see what it would do.
        edges: Powers of two (n + 1,).
        counts: Numbers in each bar (n,).
        zeros: How many are exactly 0.
        shares: What the format loses; None where it is not known.
        vanished: Part of the gradient's entries that became 0 on the way, NaN where not known.
        scale: Loss scale at the time.
        tensor_scaled: Whether every tensor is scaled to its largest number first, so that the limits move with it.
        others: Other formats, and what each would turn into 0 without a scale of its own.
    """

    step: int
    format: str
    edges: npt.NDArray[np.float64]
    counts: npt.NDArray[np.float64]
    zeros: float
    shares: Shares | None
    vanished: float
    scale: float
    tensor_scaled: bool
    others: tuple[tuple[str, float], ...] = ()

    @property
    def limits(self) -> tuple[float, float, float]:
        """Powers of two: it rounds to 0 below the first, loses digits below the second, overflows from the third."""
        format = FORMATS[self.format]
        return (
            math.log2(format.min_subnormal) - 1.0, math.log2(format.min_normal), float(format.max_exponent + 1),
        )  # fmt: skip

    def trimmed(self) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
        """Edges and counts without the thin lower end: the leftmost bar holds all that is smaller."""
        there = np.flatnonzero(self.counts)
        if not len(there):
            return self.edges, self.counts
        share = np.cumsum(self.counts) / self.counts.sum()
        thin = int(
            np.searchsorted(share - share[0], _THIN)
        )  # the lowest bar holds all below the counted powers, too
        low = max(0, min(thin - _AIR, len(self.counts) - 1))
        high = min(len(self.counts), int(there[-1]) + 1 + _AIR)
        counts = self.counts[low:high].copy()
        counts[0] += self.counts[:low].sum()
        return self.edges[low : high + 1], counts


def looks_of(history: RunHistory, policy: str, kind: str) -> tuple[Look, ...]:
    """The looks into a policy's numbers, by step."""
    found: dict[int, Look] = {}
    for record in history.records.get(f"{policy}/exponents", []):
        look = _look(record.step, record.fields, kind)
        if look is not None:
            found[record.step] = look
    return tuple(found[step] for step in sorted(found))


def _look(step: int, fields: Mapping[str, Any], kind: str) -> Look | None:
    inner = fields.get(_RECORD.get(kind, kind))
    if not isinstance(inner, Mapping):
        inner = fields
    edges, counts = _row(fields.get("edges")), _row(inner.get("counts"))
    format = str(fields.get("format", ""))
    if edges is None or counts is None or len(edges) != len(counts) + 1 or format not in FORMATS:
        return None
    if (np.diff(edges) <= 0).any() or (counts < 0).any():
        return None
    forward = kind in ("activations", "weights")
    if forward and format == "fp8_e5m2":
        format = "fp8_e4m3"
    told = inner.get("formats")
    formats = told if isinstance(told, Mapping) else {}
    shares = _shares(inner)
    if format == "fp32":
        format, shares = "fp16", _shares(formats.get("fp16"))
    read = [(str(key), _shares(item)) for key, item in formats.items()]
    others = tuple(
        (key, item.below) for key, item in read if item is not None and key in FORMATS and key != format
    )
    return Look(
        step, format, edges, counts, _number(inner, "zeros"), shares, _number(fields, "vanished_share", math.nan),
        _number(fields, "loss_scale", 1.0), format.startswith("fp8"), others,
    )  # fmt: skip


def _shares(fields: object) -> Shares | None:
    if not isinstance(fields, Mapping):
        return None
    found = [_number(fields, name, math.nan) for name in ("below", "subnormal", "overflow")]
    return None if any(math.isnan(share) for share in found) else Shares(*found)


def _row(values: object) -> npt.NDArray[np.float64] | None:
    try:
        row = np.asarray(values, np.float64)
    except (TypeError, ValueError):
        return None
    return row if row.ndim == 1 and len(row) and bool(np.isfinite(row).all()) else None


def _number(values: Mapping[str, Any], name: str, missing: float = 0.0) -> float:
    value = values.get(name)
    plain = isinstance(value, (int, float)) and not isinstance(value, bool) and math.isfinite(value)
    return float(value) if plain else missing


def percent(share: float) -> str:
    """``38 %``, ``0.4 %``, ``0``."""
    if not share > 0:
        return "0 %"
    return (
        f"{100 * share:.0f} %"
        if share >= 0.0095
        else f"{100 * share:.1g} %"
        if share >= 5e-6
        else "< 0.001 %"
    )


def look_words(look: Look, kind: str) -> str:
    """What a look shows, in one line."""
    title = FORMATS[look.format].title
    parts = [f"step {look.step:,}"]
    if look.shares is not None:
        words = f"{title}: {percent(look.shares.below)} of the {_SUBJECT[kind]} become 0"
        words += f", {percent(look.shares.subnormal)} lose digits" if look.shares.subnormal > 0 else ""
        words += f", {percent(look.shares.overflow)} overflow" if look.shares.overflow > 0 else ""
        parts.append(words)
        if kind == "gradients" and look.vanished >= 0.005:
            parts.append(f"{percent(look.vanished)} lost on the whole way")
    if look.scale > 1 and math.isfinite(look.scale) and kind in ("gradients", "flowing"):
        parts.append(f"loss × {power_words(round(math.log2(look.scale)))}")
    if look.tensor_scaled:
        parts.append("each tensor scaled first")
    if look.others and look.shares is not None:
        told = ", ".join(
            f"{FORMATS[key].title.removeprefix('FP8 ')} {percent(share)}" for key, share in look.others
        )
        parts.append(f"zeros in {told}")
    return " · ".join(parts)


@dataclass(frozen=True)
class Vanished:
    """A gradient that FP16 rounds to 0 and that loss scaling rescues.

    Attributes:
        step: When.
        name: Name of the weight.
        index: Its place in the weight.
        value: The gradient in FP32.
        bits: Its FP32 bits.
        rounded_bits: Its FP16 bits without scaling.
        scale: What the loss is multiplied by.
        scaled_value: The gradient then.
        scaled_bits: Its FP16 bits.
        rescued: That divided by the scale again.
    """

    step: int
    name: str
    index: tuple[int, ...]
    value: float
    bits: int
    rounded_bits: int
    scale: float
    scaled_value: float
    scaled_bits: int
    rescued: float


def vanished_of(history: RunHistory) -> tuple[Vanished, ...]:
    """The gradients that vanished, by step."""
    found = [_vanished(record.step, record.fields) for record in history.records.get("vanished", [])]
    return tuple(sorted((item for item in found if item is not None), key=_step))


def _step(item: Vanished) -> int:
    return item.step


def _vanished(step: int, fields: Mapping[str, Any]) -> Vanished | None:
    names = ("bits", "rounded_bits", "scaled_bits")
    try:
        codes = [int(str(fields[name]), 16) for name in names]
        index = tuple(int(place) for place in fields.get("index", ()))
        numbers = [float(fields[name]) for name in ("value", "scale", "scaled_value", "rescued")]
    except (KeyError, TypeError, ValueError):
        return None
    fits = codes[0] < 1 << 32 and max(codes[1:]) < 1 << 16 and min(codes) >= 0
    if not fits or not all(math.isfinite(number) for number in numbers) or numbers[1] <= 0:
        return None
    return Vanished(
        step, str(fields.get("name", "")), index, numbers[0], codes[0], codes[1], numbers[1], numbers[2], codes[2],
        numbers[3],
    )  # fmt: skip


def skipped_steps(history: RunHistory, policy: str) -> list[int]:
    """Steps whose update was skipped: the count of skipped steps rose there."""
    steps, counts = history.series(f"{policy}/skipped")
    rises = np.flatnonzero(np.diff(np.concatenate(([0.0], counts))) > 0) if len(counts) else []
    return [int(steps[place]) for place in rises]


@dataclass(frozen=True)
class Cost:
    """What a policy costs.

    Attributes:
        policy: Its name.
        seconds: Of a step, the median; NaN where not known.
        peak: Bytes at the peak of a step; NaN where not known.
    """

    policy: str
    seconds: float
    peak: float


def costs_of(history: RunHistory, policies: Sequence[str]) -> tuple[Cost, ...]:
    """Time and memory of each policy's step."""
    peaks: dict[str, float] = {}
    fields = history.latest("memory") or {}
    inner = fields.get("policies")
    if isinstance(inner, Mapping):
        for key, item in inner.items():
            measured = item.get("measured") if isinstance(item, Mapping) else None
            if isinstance(measured, Mapping):
                peaks[str(key)] = _number(measured, "peak", math.nan)
    found = []
    for policy in policies:
        _, seconds = history.series(f"{policy}/step_seconds")
        middle = float(np.median(seconds)) if len(seconds) else math.nan
        found.append(Cost(policy, middle, peaks.get(policy, math.nan)))
    return tuple(found)
