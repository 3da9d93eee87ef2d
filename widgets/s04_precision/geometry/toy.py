"""The memory of the toy model: what is predicted, and what the last run measured."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from simulator.accounting.toy import toy_memory
from simulator.runs.history import RunHistory
from simulator.s04_precision.config import PrecisionConfig
from widgets.s04_precision.geometry.memory import PART_COLOURS, PART_WORDS, block_shapes
from widgets.scene.shapes import Shape, Text
from widgets.scene.timeline import PlainScene

PARTS = ("parameters", "gradients", "optimizer", "activations", "workspace")
MB = 1e6
_WORDS = {**PART_WORDS, "workspace": "workspace"}


@dataclass(frozen=True)
class ToyReading:
    """Predicted and measured bytes of one policy.

    Attributes:
        policy: Its name.
        predicted: By part, in the order of ``PARTS``.
        measured: Likewise, None without a run.
        peaks: Predicted and measured peak, 0 where not known.
        how: How it was measured.
    """

    policy: str
    predicted: tuple[float, ...]
    measured: tuple[float, ...] | None
    peaks: tuple[float, float]
    how: str


def predicted_toy(policy: str = "fp32") -> ToyReading:
    """What the lab's usual run will need, before there is one."""
    config = PrecisionConfig()
    shape = config.shape(config.vocabulary)
    memory = toy_memory(shape, config.batch, config.sequence, policy, "adamw")
    values = memory.to_dict()
    return ToyReading(
        policy, tuple(float(values[part]) for part in PARTS), None, (float(memory.peak), 0.0), ""
    )


def toy_readings(history: RunHistory) -> dict[str, ToyReading]:
    """What a run measured, by policy; records that make no sense are passed over."""
    found: dict[str, ToyReading] = {}
    for name, records in history.records.items():
        if name == "memory" or name.endswith("/memory"):
            for record in records:
                policy = name.removesuffix("/memory") if "/" in name else ""
                for key, fields in _by_policy(policy, record.fields):
                    reading = _reading(key, fields)
                    if reading is not None:
                        found[key] = reading
    return found


def _by_policy(policy: str, fields: Mapping[str, Any]) -> list[tuple[str, Mapping[str, Any]]]:
    inner = fields.get("policies")
    if not isinstance(inner, Mapping):
        return [(str(fields.get("policy", policy or "fp32")), fields)]
    return [(str(key), item) for key, item in inner.items() if isinstance(item, Mapping)]


def _reading(policy: str, fields: Mapping[str, Any]) -> ToyReading | None:
    predicted, measured = _parts(fields.get("predicted")), _parts(fields.get("measured"))
    if predicted is None:
        return None
    peaks = tuple(_number(fields.get(side), "peak") for side in ("predicted", "measured"))
    return ToyReading(policy, predicted, measured, (peaks[0], peaks[1]), str(fields.get("how", "")))


def _parts(values: object) -> tuple[float, ...] | None:
    if not isinstance(values, Mapping):
        return None
    found = tuple(_number(values, part) for part in PARTS)
    return found if any(found) else None


def _number(values: object, name: str) -> float:
    value = values.get(name) if isinstance(values, Mapping) else None
    return (
        float(value)
        if isinstance(value, (int, float)) and not isinstance(value, bool) and value >= 0
        else 0.0
    )


def mega(value: float) -> str:
    """``21.8``, MB without the unit."""
    number = value / MB
    return f"{number:,.1f}" if number >= 10 else f"{number:.2f}"


def agreement(reading: ToyReading) -> str:
    """How far apart prediction and measurement are, in words."""
    if reading.measured is None:
        return "Not measured yet: train in the mode Training, and the measured bar stands under the predicted one."
    exact = all(p == m for p, m in zip(reading.predicted[:3], reading.measured[:3], strict=True))
    predicted, measured = reading.predicted[3], reading.measured[3]
    states = "Weights, gradients and optimizer exactly as predicted" if exact else "Weights or states differ"
    share = (predicted - measured) / measured if measured else 0.0
    off = "activations, too" if abs(share) < 5e-4 else f"activations {share:+.1%} off".replace("%", " %")
    how = f". Measured: {reading.how}." if reading.how else "."
    return f"{states}; {off}{how}"


class ToyScene(PlainScene):
    """Two stacks to one scale: predicted, and measured under it."""

    def __init__(self, reading: ToyReading) -> None:
        self.reading = reading

    def frame(self, t: float, width: float, height: float) -> list[Shape]:
        """The stacks with their peaks, and the words of what is too small for its block."""
        label, total = 104.0, 100.0
        rows = [("Predicted", self.reading.predicted, self.reading.peaks[0])]
        if self.reading.measured is not None:
            rows.append(("Measured", self.reading.measured, self.reading.peaks[1]))
        pitch = min(52.0, height / len(rows))
        high = min(26.0, pitch - 18.0 if pitch > 34 else pitch - 4.0)
        reach = max(sum(values) for _, values, _ in rows)
        shapes: list[Shape] = []
        for index, (title, values, peak) in enumerate(rows):
            y = index * pitch
            colours = [] if index else [f"{PART_COLOURS[part]}@0.35" for part in PARTS]
            per_byte = (width - label - total) / reach
            blocks, small = block_shapes(values, label, y + 2, per_byte, high, mega, "toy", colours, _WORDS)
            shapes.append(Text(x=8, y=y + 2 + high / 2, text=title, role="section"))
            shapes += blocks
            shapes.append(Text(x=width - 8, y=y + 2 + high / 2, text=f"peak {mega(peak)} MB", role="mono_small",
                               align="right"))  # fmt: skip
            if small and pitch > 40:
                words = " · ".join(small) + " MB"
                shapes.append(Text(x=label, y=y + high + 11, text=words, role="small", colour="text_muted",
                                   width=width - label))  # fmt: skip
        return shapes
