"""The inside of a model as it forms: attention weights of a text, and the embedding laid flat."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import torch

from simulator.model.transformer import Transformer
from simulator.s02_objective.masks import prefix_visible
from simulator.s02_objective.predicting import Words

MAP_TOKENS = 32
"""Tokens of a snapshot's attention map; a longer text is cut."""

POINTS = 150
"""Tokens whose embeddings are shown."""

SNAPSHOT_BYTES = 1_200_000
"""All attention snapshots of one model in a run's record, as text: base64 takes four bytes for three."""

FIRST_STEPS = (0, 1, 2, 4, 8, 16, 32)
MOST_SNAPSHOTS = 24

Points = npt.NDArray[np.float32]


def attention_maps(
    model: Transformer, words: Words, ids: Sequence[int], objective: str
) -> npt.NDArray[np.float16]:
    """Attention weights (layers, heads, T, T) of a text of T tokens, seen as the objective sees a whole text.

    Causal and infill see it causally, masked and span corruption both ways, prefix LM its first half both ways.
    """
    length = len(ids)
    device = model.embedding.weight.device
    seen = {"masked": length, "spans": length, "prefix": (length + 1) // 2}.get(objective, 0)
    visible = np.asarray(prefix_visible(np.array([seen]), np.arange(length))[0], np.bool_)
    tokens = torch.tensor([list(ids)], device=device)
    maps = model.attention(tokens, torch.from_numpy(visible).to(device))
    return maps[0].cpu().numpy().astype(np.float16)


@dataclass(frozen=True)
class Flat:
    """Embeddings laid flat by their principal components.

    Attributes:
        points: float32 (n, 2).
        explained: Share of the embeddings' variance that the two axes show.
    """

    points: Points
    explained: float


def flatten_embedding(model: Transformer, tokens: Sequence[int], previous: Points | None = None) -> Flat:
    """The embeddings of some tokens on their two principal axes.

    Axes of a PCA may flip or turn from one snapshot to the next without meaning anything; so the points are turned
    (and mirrored) to lie as close as they can to the previous ones: orthogonal Procrustes (Schoenemann 1966). Sizes
    stay as they are.

    Args:
        model: The model.
        tokens: n token ids.
        previous: The points (n, 2) of the snapshot before.
    """
    rows = (
        model.embedding.weight.detach()[torch.tensor(list(tokens))].float().cpu().numpy().astype(np.float64)
    )
    centred = rows - rows.mean(axis=0)
    left, sizes, _ = np.linalg.svd(centred, full_matrices=False)
    points = left[:, :2] * sizes[:2]
    signs = np.where(points[np.abs(points).argmax(axis=0), [0, 1]] < 0, -1.0, 1.0)
    points = points * signs
    if previous is not None and previous.shape == points.shape:
        one, _, other = np.linalg.svd(points.T @ previous.astype(np.float64))
        points = points @ (one @ other)
    share = float((sizes[:2] ** 2).sum() / max((sizes**2).sum(), 1e-30))
    return Flat(points.astype(np.float32), share)


def frequent_tokens(tokens: npt.NDArray[Any], vocab: int, count: int = POINTS) -> list[int]:
    """The most frequent tokens of a text, the commonest first."""
    counts = np.bincount(tokens, minlength=vocab)
    order = np.argsort(-counts, kind="stable")[:count]
    return [int(index) for index in order if counts[index]]


def snapshot_steps(steps: int, map_values: int) -> set[int]:
    """When snapshots are taken: 0, 1, 2, 4, 8 ..., then evenly to the end; fewer where maps are large.

    Args:
        steps: Steps of the run.
        map_values: Numbers in one attention snapshot.
    """
    most = int(SNAPSHOT_BYTES / (map_values * 2 * 4 / 3))
    most = max(6, min(MOST_SNAPSHOTS, most))
    first = [step for step in FIRST_STEPS if step < steps / 10][: most // 2]
    even = most - len(first)
    later = {round(steps * index / even) for index in range(1, even + 1)}
    return {*first, 0, *later}
