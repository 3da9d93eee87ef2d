"""AdamW and Muon for stacked models: the single runs' arithmetic on tables, with a rate for every runner."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

import torch
from torch import Tensor, nn

from simulator.model.shapes import ModelShape
from simulator.training.loop import optimizer_tensors
from simulator.training.optimizers import orthogonalize
from simulator.training.stacked_model import StackedTransformer


class StackedOptimizer(Protocol):
    """What moves some columns of the table of all runners' weights."""

    def step(self, rates: Tensor) -> None:
        """Move the weights by their gradients; ``rates`` is (R, 1)."""

    def state(self) -> dict[str, Tensor]:
        """Its tensors by name, to be saved."""

    def restore(self, state: Mapping[str, Tensor]) -> None:
        """Take up what :meth:`state` gave."""


@dataclass(frozen=True)
class AdamSettings:
    """Numbers of AdamW (Loshchilov & Hutter 2019)."""

    beta1: float = 0.9
    beta2: float = 0.95
    eps: float = 1e-8
    weight_decay: float = 0.1


class StackedAdamW:
    """AdamW on some parts of all runners: torch's own fused step, with a group and so a rate for every runner.

    Args:
        model: Whose table it moves.
        settings: Its numbers.
        parts: Parts of the model that it moves, each with its weight decay.
    """

    def __init__(self, model: StackedTransformer, settings: AdamSettings, parts: Mapping[str, float]) -> None:
        self._runners = model.runners
        groups = []
        for part, decay in parts.items():
            columns = model.parts[part]
            for runner in range(model.runners):
                weight = nn.Parameter(model.table[runner, columns])
                weight.grad = model.gradients[runner, columns]
                groups.append({"params": [weight], "weight_decay": decay})
        rate = torch.zeros((), device=model.device) if model.device.type == "cuda" else 0.0
        self._adam = torch.optim.AdamW(
            groups, lr=rate, betas=(settings.beta1, settings.beta2), eps=settings.eps, fused=True
        )

    def step(self, rates: Tensor) -> None:
        """Move the weights; ``rates`` is (R, 1)."""
        for group, rate in zip(self._adam.param_groups, self._each(rates), strict=True):
            group["lr"] = rate
        self._adam.step()

    def state(self) -> dict[str, Tensor]:
        """Both moments and the count of steps of every group."""
        return optimizer_tensors([self._adam])

    def restore(self, state: Mapping[str, Tensor]) -> None:
        """Take up what :meth:`state` gave."""
        weights = [group["params"][0] for group in self._adam.param_groups]
        for name, value in state.items():
            _, position, key = name.split("/")
            weight = weights[int(position)]
            self._adam.state[weight][key] = value.to(weight.device).clone()

    def _each(self, rates: Tensor) -> list[float] | list[Tensor]:
        one = rates[:, 0]
        parts = len(self._adam.param_groups) // self._runners
        return list(one.unbind()) * parts if one.is_cuda else one.tolist() * parts


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

    def restore(self, state: Mapping[str, Tensor]) -> None:
        """Take up what :meth:`state` gave."""
        self._average.copy_(state["momentum"])


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
    decay = settings.weight_decay
    if name == "muon":
        rest = {"embeddings": 0.0, "norms": 0.0}
        return {"adamw": StackedAdamW(model, settings, rest), "muon": StackedMuon(model, decay)}
    parts = {"embeddings": decay, "matrices": decay, "norms": 0.0}
    return {"adamw": StackedAdamW(model, settings, parts)}
