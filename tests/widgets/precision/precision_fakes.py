"""The events of a small precision run, with numbers that follow from the formats themselves."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np

from simulator.formats.codec import encode, quantize
from simulator.formats.floats import FORMATS
from simulator.runs.events import Diagnosis, Event, Metrics, Record, RunFinished, RunStarted
from simulator.training.policies import POLICIES

EDGES = list(range(-60, 21))
STEPS = (0, 5, 10)
SKIPPED = (4, 7)
TITLES = {key: policy.title for key, policy in POLICIES.items()}
SCALE = 4096.0
GRADIENT = 2.0**-26 * 1.3


def counted(values: np.ndarray, format: str) -> dict[str, Any]:
    there = values[values != 0]
    kept = quantize(there, FORMATS[format])
    limit = FORMATS[format].min_normal
    return {
        "counts": np.histogram(np.log2(np.abs(there)), EDGES)[0].tolist(),
        "zeros": int((values == 0).sum()), "total": len(values),
        "below": float((kept == 0).mean()), "overflow": float(np.isinf(kept).mean()),
        "subnormal": float(((np.abs(there) < limit) & (kept != 0)).mean()),
    }  # fmt: skip


def exponents(policy: str, step: int) -> dict[str, Any]:
    rng = np.random.default_rng(step)
    format = POLICIES[policy].backward
    scale = SCALE if policy == "fp16-scaled" else 1.0
    gradients = rng.normal(size=4000) * 2.0**-24 * scale
    lost = float((quantize(gradients, FORMATS[format]) == 0).mean())
    fields = counted(gradients, format)
    return {
        "edges": EDGES, "format": format, "factor": scale, "loss_scale": scale, **fields, "reference": fields,
        "vanished_share": lost, "flowing": fields, "activations": counted(rng.normal(size=500), format),
        "weights": counted(rng.normal(size=500) * 0.1, format),
    }  # fmt: skip


def vanished() -> dict[str, Any]:
    value = float(np.float32(GRADIENT))
    scaled = float(quantize(value * SCALE, FORMATS["fp16"]))
    whole = hex(int(encode(value, FORMATS["fp32"])))
    return {
        "name": "blocks.0.output.weight", "index": [3, 4], "value": value, "bits": whole,
        "rounded": 0.0, "rounded_bits": "0x0000", "scale": SCALE, "scaled_value": scaled,
        "scaled_bits": hex(int(encode(scaled, FORMATS["fp16"]))), "rescued": scaled / SCALE,
    }  # fmt: skip


def memory() -> dict[str, Any]:
    parts = {
        "parameters": 4e6,
        "gradients": 4e6,
        "optimizer": 8e6,
        "activations": 9e6,
        "workspace": 1e6,
        "peak": 2e7,
    }
    policies = {
        key: {"predicted": parts, "measured": {**parts, "activations": 9.1e6 * (1 + i), "peak": 2e7 * (1 + i)},
              "how": "every tensor counted"}
        for i, key in enumerate(POLICIES)
    }  # fmt: skip
    return {"policy": "bf16", **policies["bf16"], "policies": policies}


def precision_run(total: int = 10) -> list[Event]:
    policies = [{"key": key, "title": policy.title, "how": ""} for key, policy in POLICIES.items()]
    events: list[Event] = [
        RunStarted(
            lab="precision",
            total_steps=total,
            facts={"policies": policies, "floor": 0.41, "parameters": 133_000},
        )
    ]
    for step in range(1, total + 1):
        for index, key in enumerate(POLICIES):
            skips = float(sum(at <= step for at in SKIPPED)) if key == "fp16-scaled" else 0.0
            values = {
                "loss": 6.0 - 0.2 * step * (key != "fp16"), "loss_scale": SCALE if key == "fp16-scaled" else 1.0,
                "skipped": skips, "step_seconds": 0.01 * (index + 1),
            }  # fmt: skip
            events.append(
                Metrics(steps=(step,), values={f"{key}/{name}": (value,) for name, value in values.items()})
            )
    for step in STEPS:
        for key in POLICIES:
            loss = 6.0 - 0.2 * step * (key != "fp16")
            events.append(Metrics(steps=(step,), values={f"{key}/validation_loss": (loss,)}))
            events.append(Record(step=step, name=f"{key}/exponents", fields=exponents(key, step)))
        events.append(Record(step=step, name="vanished", fields=vanished()))
    events.append(Record(step=1, name="memory", fields=memory()))
    events.append(
        Diagnosis(step=total, level="warning", title="FP16 learned less", text="Half of it vanished.")
    )
    events.append(RunFinished(status="done", summary={"status": "done"}))
    return numbered(events)


def numbered(events: list[Event]) -> list[Event]:
    return [
        dataclasses.replace(event, run="precision-0001", seq=index, time=float(index))
        for index, event in enumerate(events)
    ]
