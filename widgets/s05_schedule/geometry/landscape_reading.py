"""A slice of the loss landscape as the tab reads it: the surface, and the paths of the runners on it. No Qt here."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from simulator.runs.history import RunHistory
from widgets.s05_schedule.geometry.race_reading import COLOURS
from widgets.scene.timeline import Mark

Array = npt.NDArray[np.float64]
DURATION = 10.0
_FEWEST = 2


@dataclass(frozen=True, eq=False)
class Path:
    """The way of one runner over the plane.

    Attributes:
        key: The runner's key.
        title: Its name.
        colour: Its colour.
        x: Places along the first axis, shape (n,).
        y: Places along the second axis, shape (n,).
        steps: The steps at which it was there, shape (n,).
        losses: Its losses there (its own, not those of the slice), shape (n,).
    """

    key: str
    title: str
    colour: str
    x: Array
    y: Array
    steps: Array
    losses: Array

    def until(self, step: float) -> tuple[Array, Array]:
        """The way up to a step, its last piece in part: two arrays of the same length, at least one point."""
        count = max(1, int(np.searchsorted(self.steps, step, side="right")))
        x, y = self.x[:count], self.y[:count]
        if count < len(self.steps) and step > self.steps[count - 1]:
            share = (step - self.steps[count - 1]) / (self.steps[count] - self.steps[count - 1])
            x = np.append(x, x[-1] + share * (self.x[count] - x[-1]))
            y = np.append(y, y[-1] + share * (self.y[count] - y[-1]))
        return x, y


@dataclass(frozen=True, eq=False)
class Landscape:
    """The slice.

    Attributes:
        x: Places of the columns, shape (n,).
        y: Places of the rows, shape (m,).
        values: The loss (not its logarithm) at each place, shape (m, n).
        paths: The runners.
        axes: What the axes are.
        how: How the plane was laid, in plain words.
    """

    x: Array
    y: Array
    values: Array
    paths: tuple[Path, ...]
    axes: tuple[str, str]
    how: str

    @property
    def last_step(self) -> float:
        """The last step of any path, at least 1."""
        return max([float(path.steps[-1]) for path in self.paths] or [1.0], default=1.0) or 1.0

    def step_at(self, t: float) -> float:
        """The step that a time of the scene stands for."""
        return self.last_step * min(1.0, max(0.0, t / DURATION))

    def marks(self) -> tuple[Mark, ...]:
        """Quarters of the way."""
        last = self.last_step
        return tuple(
            Mark(DURATION * share, "The start" if share == 0 else f"step {share * last:,.0f}")
            for share in (0.0, 0.25, 0.5, 0.75, 1.0)
        )

    def outside(self, path: Path, step: float) -> bool:
        """Whether a runner has left the picture at a step."""
        x, y = path.until(step)
        return not (self.x[0] <= x[-1] <= self.x[-1] and self.y[0] <= y[-1] <= self.y[-1])


def landscape_of(history: RunHistory | None) -> Landscape | None:
    """The landscape of a run, or None before its surface is there."""
    if history is None:
        return None
    shots = history.snapshots.get("surface")
    plane = history.latest("plane")
    if not shots:
        return None
    logs = np.asarray(shots[-1].array, np.float64)
    extent = _extent(plane.get("extent"))
    if logs.ndim != 2 or min(logs.shape) < _FEWEST or extent is None:
        return None
    left, right, low, high = extent
    return Landscape(
        np.linspace(left, right, logs.shape[1]), np.linspace(low, high, logs.shape[0]), np.exp(np.clip(logs, -20, 20)),
        _paths(history), _axes(plane.get("axes")), _how(plane),
    )  # fmt: skip


def _how(plane: Mapping[str, Any]) -> str:
    """How the plane was laid."""
    how = plane.get("how")
    return f"The picture is {how}." if isinstance(how, str) and how else ""


def _paths(history: RunHistory) -> tuple[Path, ...]:
    found: list[Path] = []
    titles = history.facts.get("titles")
    titles = titles if isinstance(titles, Mapping) else {}
    for name in history.records:
        key, _, what = name.rpartition("/")
        if what != "path" or not key:
            continue
        path = _path(
            key, str(titles.get(key) or key), history.latest(name), COLOURS[len(found) % len(COLOURS)]
        )
        if path is not None:
            found.append(path)
    return tuple(found)


def _path(key: str, title: str, fields: Mapping[str, Any], colour: str) -> Path | None:
    try:
        rows = [np.asarray(fields[name], np.float64) for name in ("x", "y", "steps")]
        losses = np.asarray(fields.get("loss", []), np.float64)
    except (KeyError, TypeError, ValueError):
        return None
    x, y, steps = rows
    if x.ndim != 1 or len(x) < 1 or x.shape != y.shape or x.shape != steps.shape:
        return None
    if losses.shape != x.shape:
        losses = np.full(len(x), np.nan)
    if not (np.diff(steps) > 0).all() or not np.isfinite(steps).all():
        return None
    return Path(key, title, colour, x, y, steps, losses)


def _extent(value: object) -> tuple[float, float, float, float] | None:
    try:
        left, right, low, high = (float(part) for part in np.asarray(value, np.float64).ravel())
    except (TypeError, ValueError):
        return None
    fits = np.isfinite([left, right, low, high]).all() and left < right and low < high
    return (left, right, low, high) if fits else None


def _axes(value: object) -> tuple[str, str]:
    if isinstance(value, (list, tuple)) and len(value) == 2:
        return str(value[0]), str(value[1])
    return "first direction", "second direction"
