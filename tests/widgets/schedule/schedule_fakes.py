"""The events of small runs of the labs of stage 5, shaped like real ones."""

from __future__ import annotations

from typing import Any

import numpy as np

from simulator.runs.events import Event, Metrics, Record, RunStarted, Snapshot
from simulator.runs.history import RunHistory
from simulator.schedules.schedule import usual
from simulator.schedules.text import format_schedule

FLOOR = 0.42
RUNNERS = {
    "good": ("Warm-up + cosine", "healthy", "Healthy", 4e-3, 0.9),
    "no-warmup": ("No warm-up", "spike", "Spike at the start", 4e-3, 1.05),
    "too-high": ("Too high", "diverged", "Came apart", 4e-2, 9.0),
    "too-low": ("Too low", "too-slow", "Too slow", 1e-4, 3.6),
}


def losses_of(key: str, steps: int) -> np.ndarray:
    """A loss curve that looks like what its name says."""
    generator = np.random.default_rng(sum(map(ord, key)))
    t = np.arange(steps) / steps
    end = RUNNERS[key][4]
    noise = 0.04 * generator.standard_normal(steps)
    if key == "too-high":
        return 6.2 - 2.5 * t + np.where(t > 0.2, (t - 0.2) * 14, 0.0) + noise
    start = 6.2 + (1.8 * np.exp(-(((t - 0.06) / 0.02) ** 2)) if key == "no-warmup" else 0.0)
    return end + (start - end) * np.exp(-t * 5) + noise


def race_events(steps: int = 200, upto: int | None = None) -> list[Event]:
    """A race of four, up to a step."""
    upto = steps if upto is None else upto
    events: list[Event] = [
        RunStarted(
            lab="race", total_steps=steps, facts={"floor_nats_per_token": FLOOR, "parameters": 200_000}
        ),
        Record(
            step=0,
            name="runners",
            fields={
                "runners": [
                    {"key": key, "title": row[0], "schedule": format_schedule(usual("cosine", row[3], steps))}
                    for key, row in RUNNERS.items()
                ]
            },
        ),
    ]
    every = tuple(range(upto))
    for key, row in RUNNERS.items():
        rates = usual("cosine", row[3], steps).rates(np.arange(upto))
        losses = losses_of(key, steps)[:upto]
        values = {
            f"{key}/loss": losses,
            f"{key}/rate": rates,
            f"{key}/gradient_norm": 0.3 + losses / 8,
            f"{key}/update_ratio": rates / 3,
        }
        events.append(
            Metrics(steps=every, values={name: tuple(map(float, row_)) for name, row_ in values.items()})
        )
    if upto == steps:
        for key, (_, kind, title, _, _) in RUNNERS.items():
            text = {"healthy": "It came down all the way and settled as the rate fell."}.get(
                kind, "The first steps were far too large: the loss jumped before it came down again."
            )
            fields = {
                "kind": kind,
                "title": title,
                "text": text,
                "evidence": {"highest_loss": 8.1, "step": 12.0},
            }
            events.append(Record(step=steps, name=f"{key}/diagnosis", fields=fields))
    return events


def range_events(steps: int = 120, done: bool = True) -> list[Event]:
    """A range test from 1e-6 to 1."""
    rates = np.geomspace(1e-6, 1.0, steps)
    x = np.log10(rates)
    smooth = 6.2 - 3.0 / (1 + np.exp(-(x + 3.2) * 2.2)) + np.where(x > -1.2, (x + 1.2) ** 2 * 6, 0)
    noise = 0.06 * np.random.default_rng(0).standard_normal(steps)
    values = {"rate": rates, "loss": smooth + noise, "smoothed": smooth}
    events: list[Event] = [
        RunStarted(lab="range-test", total_steps=steps),
        Metrics(steps=tuple(range(steps)), values={k: tuple(map(float, v)) for k, v in values.items()}),
    ]
    if done:
        fields = {
            "suggested": 3e-3,
            "steepest": 6e-4,
            "diverges_at": 8e-2,
            "why": "The loss falls fastest at 6e-4 and leaves at 8e-2; a tenth of the way below the edge is 3e-3.",
        }
        events.append(Record(step=steps, name="range", fields=fields))
    return events


def landscape_events(size: int = 41) -> list[Event]:
    """A bowl with a wall, and the ways of four runners."""
    x, y = np.linspace(-1, 1, size), np.linspace(-0.8, 1.2, size)
    bowl = np.log(0.6 + 3 * x[None, :] ** 2 + 2 * (y[:, None] - 0.3) ** 2 + 0.4 * np.sin(5 * x)[None, :] ** 2)
    plane = {
        "axes": ["filter-normalised direction", "to the end of the best run"],
        "extent": [[-1.0, 1.0], [-0.8, 1.2]],
        "explained": [0.7, 0.2],
        "how": "along the two main directions of the paths",
    }
    events: list[Event] = [
        RunStarted(
            lab="landscape", total_steps=size, facts={"titles": {key: row[0] for key, row in RUNNERS.items()}}
        ),
        Record(step=0, name="plane", fields=plane),
        Snapshot(step=1, name="surface", array=bowl.astype(np.float32)),
    ]
    t = np.linspace(0, 1, 21)
    ways = {"good": (0.05, 0.3), "no-warmup": (-0.25, 0.45), "too-high": (2.5, -1.6), "too-low": (0.75, -0.5)}
    for key, (ex, ey) in ways.items():
        fields: dict[str, Any] = {
            "x": list(0.9 + (ex - 0.9) * t + 0.05 * np.sin(9 * t)),
            "y": list(-0.7 + (ey + 0.7) * t),
            "steps": list(range(0, 210, 10)),
            "loss": list(6 - 5 * t),
        }
        events.append(Record(step=2, name=f"{key}/path", fields=fields))
    return events


def history(events: list[Event]) -> RunHistory:
    """The fold of events, as of one run."""
    found = RunHistory()
    for index, event in enumerate(events):
        found.apply(type(event)(**{**event.__dict__, "run": "race-0001", "seq": index}))
    return found
