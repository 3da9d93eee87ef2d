"""AdamW and Muon for stacked models: the single runs' arithmetic on tables, with a rate for every runner."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import torch
from torch import Tensor

from simulator.model.shapes import ModelShape
from simulator.training.optimizers import orthogonalize
from simulator.training.stacked_model import StackedTransformer


class StackedOptimizer(Protocol):
    """What moves some columns of the table of all runners' weights."""

    def step(self, rates: Tensor) -> None:
        """Move the weights by their gradients; ``rates`` is (R, 1)."""

    def state(self) -> dict[str, Tensor]:
        """Its tensors by name, to be saved, and copied into when a run goes on."""


@dataclass(frozen=True)
class AdamSettings:
    """Numbers of AdamW (Loshchilov & Hutter 2019)."""

    beta1: float = 0.9
    beta2: float = 0.95
    eps: float = 1e-8
    weight_decay: float = 0.1


class StackedAdamW:
    """AdamW on all columns of a table, or on some: the arithmetic of torch's, for all runners at once.

    Args:
        model: Whose table it moves.
        settings: Its numbers.
        decayed: bool (parameters,): columns with weight decay.
        columns: Indices of the columns that it moves; None moves all.
    """

    def __init__(
        self,
        model: StackedTransformer,
        settings: AdamSettings,
        decayed: Tensor,
        columns: Tensor | None = None,
    ) -> None:
        self._model, self._settings, self._columns = model, settings, columns
        table = self._own(model.table)
        self._mean, self._square = torch.zeros_like(table), torch.zeros_like(table)
        self._count = torch.zeros((), dtype=torch.float64, device=table.device)
        decay = settings.weight_decay * decayed.to(table)
        self._decay = decay if columns is None else decay[columns]

    def step(self, rates: Tensor) -> None:
        """Move the weights; ``rates`` is (R, 1)."""
        table, gradients = self._own(self._model.table), self._own(self._model.gradients)
        own = self._settings
        self._count += 1
        self._mean.lerp_(gradients, 1 - own.beta1)
        self._square.mul_(own.beta2).addcmul_(gradients, gradients, value=1 - own.beta2)
        first = 1 - own.beta1**self._count
        second = (1 - own.beta2**self._count).sqrt()
        root = self._square.sqrt().div_(second.to(table)).add_(own.eps)
        move = torch.div(self._mean, root, out=root).mul_(rates / first.to(table))
        table.mul_(1 - rates * self._decay).sub_(move)
        if self._columns is not None:
            self._model.table.index_copy_(1, self._columns, table)

    def state(self) -> dict[str, Tensor]:
        """Both moments and the count of steps."""
        return {"exp_avg": self._mean, "exp_avg_sq": self._square, "step": self._count}

    def _own(self, table: Tensor) -> Tensor:
        return table if self._columns is None else table.index_select(1, self._columns)


class StackedMuon:
    """Muon (Jordan et al. 2024, scaled as in Liu et al. 2025) on the hidden matrices of all runners.

    Matrices of one shape, of all layers and runners, are orthogonalized in one batch.
    """

    def __init__(self, model: StackedTransformer, weight_decay: float, momentum: float = 0.95) -> None:
        self._model, self._decay, self._momentum = model, weight_decay, momentum
        self._slices: dict[tuple[int, int], list[tuple[str, int, int]]] = {}
        for name, start, rows in hidden_matrices(model.shape, model):
            wide = model.places[name][1][1]
            self._slices.setdefault((min(rows, wide), max(rows, wide)), []).append((name, start, rows))
        self._average = torch.zeros_like(model.table)

    def step(self, rates: Tensor) -> None:
        """Move the matrices; ``rates`` is (R, 1)."""
        gradients = self._model.gradients
        self._average.lerp_(gradients, 1 - self._momentum)
        updates = self._model.views(gradients.lerp(self._average, self._momentum))
        weights = self._model.views(self._model.table)
        for (_, longer), slices in self._slices.items():
            batch = torch.cat([_wide(updates[name][:, start : start + rows]) for name, start, rows in slices])
            moved = orthogonalize(batch).float().mul_(0.2 * longer**0.5).chunk(len(slices))
            for (name, start, rows), update in zip(slices, moved, strict=True):
                matrix = weights[name][:, start : start + rows]
                matrix.mul_(1 - rates[..., None] * self._decay)
                _wide(matrix).sub_(update * rates[..., None])

    def state(self) -> dict[str, Tensor]:
        """The momentum."""
        return {"momentum": self._average}


def _wide(matrices: Tensor) -> Tensor:
    return matrices.mT if matrices.shape[1] > matrices.shape[2] else matrices


def hidden_matrices(shape: ModelShape, model: StackedTransformer) -> list[tuple[str, int, int]]:
    """The hidden matrices as (weight, first row, rows): q, k, v, gate and up apart, which the model stores joined."""
    kv_rows = shape.kv_heads * shape.head_dim
    joined = {
        "qkv.weight": (shape.heads * shape.head_dim, kv_rows, kv_rows),
        "gate_up.weight": (shape.ffn, shape.ffn),
    }
    found = []
    for name, (_, size) in model.places.items():
        if not name.startswith("blocks.") or len(size) != 2:
            continue
        ending = next((end for end in joined if name.endswith(end)), "")
        start = 0
        for rows in joined.get(ending, (size[0],)):
            found.append((name, start, rows))
            start += rows
    return found


def make_stacked_optimizers(
    model: StackedTransformer, name: str, settings: AdamSettings
) -> dict[str, StackedOptimizer]:
    """The optimizers that together train all runners, as ``make_optimizers`` does for one model.

    Args:
        model: The runners.
        name: ``adamw``, or ``muon`` for Muon on the hidden matrices and AdamW without decay on the rest.
        settings: Numbers of AdamW; the weight decay is Muon's too.
    """
    muon = name == "muon"
    decayed = torch.zeros(model.parameters, dtype=torch.bool)
    hidden = torch.zeros_like(decayed)
    for weight, (start, size) in model.places.items():
        columns = slice(start, start + size.numel())
        decayed[columns] = len(size) >= 2 and not muon
        hidden[columns] = weight.startswith("blocks.") and len(size) >= 2
    if not muon:
        return {"adamw": StackedAdamW(model, settings, decayed)}
    rest = (~hidden).nonzero().flatten().to(model.device)
    return {
        "adamw": StackedAdamW(model, settings, decayed, rest),
        "muon": StackedMuon(model, settings.weight_decay),
    }
