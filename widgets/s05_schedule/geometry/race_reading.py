"""A race as the tab reads it: its runners, their curves and what was found about each. No Qt here.

A record may come from a run that someone else made: what is missing or has another type counts as not there.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from simulator.runs.history import RunHistory
from simulator.s05_schedule.diagnosis import LEVELS

Array = npt.NDArray[np.float64]
COLOURS = ("parameters", "gradients", "activations", "optimizer", "kv_cache", "data", "accent", "text_muted")
"""One hue a runner, in order; from the ninth on they come again."""
MEASURES = {
    "loss": "Loss", "gradient_norm": "Gradient norm", "update_ratio": "Update to weight", "rate": "Learning rate",
    "validation_loss": "Validation loss",
}  # fmt: skip
_MOST = 24
_EVIDENCE = {
    "healthy": ("first_loss", "last_loss", "update_ratio"),
    "spike": ("jump", "jump_at", "last_loss"),
    "diverged": ("first_loss", "highest_loss", "highest_at", "broke_at", "peak_rate"),
    "stalled": ("last_loss", "frequency_loss", "first_rate_share"),
    "too-slow": ("first_loss", "last_loss", "update_ratio", "peak_rate"),
}
"""The numbers of each diagnosis that say most."""
_MEAN_OF = 9


@dataclass(frozen=True)
class Finding:
    """What was found about a runner.

    Attributes:
        kind: ``healthy``, ``spike``, ``diverged``, ``stalled``, ``too-slow`` or another word.
        title: In few words.
        text: In plain words.
        evidence: The numbers that it rests on.
    """

    kind: str
    title: str
    text: str
    evidence: tuple[tuple[str, float], ...] = ()

    @property
    def tone(self) -> str:
        """Tone of its words, "" where it is not known."""
        return LEVELS.get(self.kind, "")


@dataclass(frozen=True, eq=False)
class Runner:
    """One schedule in the race.

    Attributes:
        key: The first part of the names of its curves.
        title: Its name on screen.
        colour: Its colour.
        schedule: Its schedule as one line of text, or "".
        steps: Steps of its losses, shape (n,).
        losses: Its losses, shape (n,).
        finding: What was found about it, or None.
    """

    key: str
    title: str
    colour: str
    schedule: str
    steps: Array
    losses: Array
    finding: Finding | None = None

    @cached_property
    def smooth(self) -> Array:
        """Its losses, each the mean of the last few steps, so that noise does not hide the way; shape (n,)."""
        if len(self.losses) < 2:
            return self.losses
        sums = np.cumsum(np.concatenate([[0.0], np.nan_to_num(self.losses, nan=np.inf, posinf=1e9)]))
        upper = np.arange(1, len(sums))
        lower = np.maximum(upper - _MEAN_OF, 0)
        return (sums[upper] - sums[lower]) / (upper - lower)

    def count_at(self, step: float) -> int:
        """How many losses it has up to a step."""
        return int(np.searchsorted(self.steps, step, side="right"))

    def loss_at(self, step: float) -> float:
        """Its loss (mean of the last few) at a step; NaN before the first."""
        count = self.count_at(step)
        return float(self.smooth[count - 1]) if count else float("nan")


@dataclass(frozen=True, eq=False)
class Race:
    """All runners, and how far they are.

    Attributes:
        runners: In the order in which they were named.
        total: Steps of the race.
        step: The latest step that any has a loss of, -1 before.
        floor: Entropy of the text, nats a token, or None.
        frequencies: Loss of one who knows only how frequent each token is, nats a token, or None.
    """

    runners: tuple[Runner, ...]
    total: int
    step: int
    floor: float | None = None
    frequencies: float | None = None

    def broke(self, runner: Runner, step: float) -> bool:
        """Whether a runner has no loss any more at a step, for it was no number."""
        ended = float(runner.steps[-1]) if len(runner.steps) else float(self.step)
        return ended < self.step - 1 and step > ended

    def ranks(self, step: float) -> tuple[Runner, ...]:
        """The runners in the order of their losses at a step, the lowest first; those without one are last."""
        losses = {
            item.key: np.inf if self.broke(item, step) else _rank(item.loss_at(step)) for item in self.runners
        }
        return tuple(sorted(self.runners, key=lambda item: losses[item.key]))

    def runner(self, key: str) -> Runner | None:
        """The runner of that key."""
        return next((item for item in self.runners if item.key == key), None)


def race_of(history: RunHistory | None) -> Race | None:
    """The race of a run, or None while it names no runners."""
    if history is None:
        return None
    items = [item for item in _list(history.latest("runners").get("runners")) if isinstance(item, Mapping)]
    runners = tuple(
        _runner(history, item, COLOURS[place % len(COLOURS)])
        for place, item in enumerate(items[:_MOST])
        if item.get("key")
    )
    if not runners:
        return None
    step = max((int(runner.steps[-1]) for runner in runners if len(runner.steps)), default=-1)
    floor = real(history.facts.get("floor_nats_per_token", history.facts.get("floor")))
    frequencies = real(history.facts.get("frequency_nats_per_token"))
    return Race(runners, max(history.total_steps, step, 1), step, floor, frequencies)


def finding_of(fields: Mapping[str, Any]) -> Finding | None:
    """A diagnosis, or None where the record holds none."""
    kind, title = fields.get("kind"), fields.get("title")
    if not isinstance(kind, str) or not isinstance(title, str):
        return None
    evidence = fields.get("evidence")
    numbers = evidence.items() if isinstance(evidence, Mapping) else ()
    kept = tuple((str(name), float(value)) for name, value in numbers if real(value) is not None)
    return Finding(kind, title, str(fields.get("text") or ""), kept)


def real(value: object) -> float | None:
    """A finite number, or None."""
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return None
    return float(value) if abs(value) < 1e300 else None


def evidence_words(finding: Finding) -> str:
    """The numbers of a diagnosis that say most, in one line."""
    known = dict(finding.evidence)
    names = [name for name in _EVIDENCE.get(finding.kind, tuple(known)[:4]) if name in known]
    return " · ".join(f"{name.replace('_', ' ')} {known[name]:,.3g}" for name in names)


def _runner(history: RunHistory, item: Mapping[str, Any], colour: str) -> Runner:
    key = str(item["key"])
    steps, losses = history.series(f"{key}/loss")
    schedule = item.get("schedule")
    return Runner(
        key=key, title=str(item.get("title") or key), colour=colour,
        schedule=schedule if isinstance(schedule, str) else "", steps=np.asarray(steps, np.float64),
        losses=np.asarray(losses, np.float64), finding=finding_of(history.latest(f"{key}/diagnosis")),
    )  # fmt: skip


def _list(value: object) -> Sequence[Any]:
    return value if isinstance(value, (list, tuple)) else ()


def _rank(loss: float) -> float:
    return loss if np.isfinite(loss) else np.inf
