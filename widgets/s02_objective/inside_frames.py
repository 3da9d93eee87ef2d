"""The inside of a model over training, from a run's snapshots or from answers of the engine. No Qt here."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from simulator.runs.events import Snapshot
from simulator.runs.history import RunHistory
from widgets.s02_objective.geometry.inside import InsideFrame, aligned
from widgets.s02_objective.reading import matrix, named


@dataclass(frozen=True, eq=False)
class Insides:
    """What the scene of the inside is made of.

    Attributes:
        tokens: Tokens of the text.
        labels: Tokens whose vectors are drawn.
        frames: In order of steps.
    """

    tokens: tuple[str, ...]
    labels: tuple[str, ...]
    frames: tuple[InsideFrame, ...]


def insides_of(history: RunHistory, prefix: str) -> Insides | None:
    """The pictures of a model of a run, whose names begin with ``prefix``; None if there are none."""
    attention = {item.step: item for item in history.snapshots.get(f"{prefix}attention", [])}
    embedding = {item.step: item for item in history.snapshots.get(f"{prefix}embedding", [])}
    if not attention and not embedding:
        return None
    frames: list[InsideFrame] = []
    seen: dict[str, npt.NDArray[np.float32] | None] = {"attention": None, "embedding": None}
    for step in sorted({*attention, *embedding}):
        for name, items, dimensions in (("attention", attention, 4), ("embedding", embedding, 2)):
            if step in items and items[step].array.ndim == dimensions:
                seen[name] = np.asarray(items[step].array, np.float32)
        frames.append(InsideFrame(step, seen["attention"], seen["embedding"]))
    return Insides(_labels(attention), _labels(embedding), tuple(aligned(frames)))


def insides_from(answers: Mapping[int, Mapping[str, Any]]) -> Insides | None:
    """The pictures from answers to ``inside`` queries by training step, or None without any."""
    frames: list[InsideFrame] = []
    tokens: tuple[str, ...] = ()
    labels: tuple[str, ...] = ()
    for step in sorted(answers):
        result = answers[step]
        try:
            attention = np.asarray(matrix(result["attention"]), np.float32)
            embedding = np.asarray(matrix(result["embedding"]), np.float32)
            tokens = _words(result["tokens"])
            labels = _words(result["labels"])
        except (KeyError, TypeError, ValueError):
            continue
        if attention.ndim == 4 and embedding.ndim == 2 and len(labels) == len(embedding):
            frames.append(InsideFrame(step, attention, embedding))
    return Insides(tokens, labels, tuple(aligned(frames))) if frames else None


def _labels(items: Mapping[int, Snapshot]) -> tuple[str, ...]:
    newest = items[max(items)] if items else None
    return _words(newest.labels) if newest is not None else ()


def _words(tokens: Sequence[object]) -> tuple[str, ...]:
    first, *rest = [str(token) for token in tokens] or [""]
    return ("[start]" if named(first) == "[end]" else first, *(named(token) for token in rest))
