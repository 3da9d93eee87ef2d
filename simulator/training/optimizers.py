"""Optimizers: AdamW, and Muon for the hidden matrices with AdamW for everything else."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from simulator.model.transformer import Transformer

# Coefficients of the quintic iteration that pushes all singular values towards 1 (Jordan et al. 2024, "Muon").
_A, _B, _C = 3.4445, -4.7750, 2.0315
_ITERATIONS = 5


def orthogonalize(matrices: Tensor) -> Tensor:
    """Nearly the closest orthogonal matrix to each of (n, rows, cols), rows <= cols: U V^T if it is U S V^T.

    Newton-Schulz iteration of Jordan et al. 2024, in bf16. Singular values end up between about 0.7 and 1.2,
    which is what Muon needs.
    """
    x = matrices.bfloat16()
    x = x / (x.norm(dim=(1, 2), keepdim=True) + 1e-7)
    for _ in range(_ITERATIONS):
        gram = x @ x.mT
        polynomial = torch.baddbmm(gram, gram, gram, beta=_B, alpha=_C)
        x = torch.baddbmm(x, polynomial, x, beta=_A)
    return x


@dataclass(frozen=True)
class _Slice:
    """Rows of a parameter that form one matrix of their own (queries, keys, values, gate, up)."""

    parameter: nn.Parameter
    start: int
    rows: int

    def wide(self, tensor: Tensor) -> Tensor:
        """The matrix in ``tensor`` (the parameter or its gradient), turned so that it is at least as wide as tall."""
        matrix = tensor[self.start : self.start + self.rows]
        return matrix.mT if matrix.shape[0] > matrix.shape[1] else matrix


class Muon(torch.optim.Optimizer):
    """Muon: momentum whose update is orthogonalized, so that every direction of a matrix learns equally fast.

    Nesterov momentum 0.95 and Newton-Schulz as in Jordan et al. 2024; the update is scaled by 0.2
    sqrt(max(rows, cols)) as in Liu et al. 2025 (Moonlight), so that the learning rate and weight decay of
    AdamW fit. Matrices of one shape are orthogonalized in one batch. Matrices that the model stores joined
    (q, k, v; gate, up) are treated one by one.
    """

    def __init__(
        self, slices: Iterable[_Slice], lr: float, weight_decay: float, momentum: float = 0.95
    ) -> None:
        self._slices = list(slices)
        unique = list(dict.fromkeys(item.parameter for item in self._slices))
        super().__init__(unique, {"lr": lr, "weight_decay": weight_decay, "momentum": momentum})
        self._batches: dict[tuple[int, int], list[_Slice]] = {}
        for item in self._slices:
            shape = (item.rows, item.parameter.shape[1])
            self._batches.setdefault((min(shape), max(shape)), []).append(item)
        for parameter in unique:
            self.state[parameter]["momentum"] = torch.zeros_like(parameter)

    @torch.no_grad()
    def step(self, closure: None = None) -> None:  # type: ignore[override]
        """Update every matrix from its gradient."""
        group = self.param_groups[0]
        rate, decay, momentum = group["lr"], group["weight_decay"], group["momentum"]
        parameters: list[Tensor] = [parameter for parameter in group["params"] if parameter.grad is not None]
        gradients = [parameter.grad for parameter in parameters if parameter.grad is not None]
        averages = [self.state[parameter]["momentum"] for parameter in parameters]
        torch._foreach_lerp_(averages, gradients, 1 - momentum)
        updates = dict(zip(parameters, torch._foreach_lerp(gradients, averages, momentum), strict=True))
        torch._foreach_mul_(parameters, 1 - rate * decay)
        for (_, longer), slices in self._batches.items():
            batch = orthogonalize(torch.stack([item.wide(updates[item.parameter]) for item in slices]))
            batch = batch.float() * (-0.2 * longer**0.5 * rate)
            torch._foreach_add_([item.wide(item.parameter) for item in slices], list(batch.unbind()))


def matrix_slices(model: Transformer) -> list[_Slice]:
    """The hidden matrices of the model, each on its own: q, k, v, output, gate, up, down of every layer."""
    shape, found = model.shape, []
    kv_rows = shape.kv_heads * shape.head_dim
    layout = {
        "qkv.weight": (shape.heads * shape.head_dim, kv_rows, kv_rows),
        "gate_up.weight": (shape.ffn, shape.ffn),
    }
    for name, parameter in model.blocks.named_parameters():
        if parameter.ndim != 2:
            continue
        parts = next(
            (rows for ending, rows in layout.items() if name.endswith(ending)), (parameter.shape[0],)
        )
        start = 0
        for rows in parts:
            found.append(_Slice(parameter, start, rows))
            start += rows
    return found


def make_optimizers(
    model: Transformer, name: str, *, learning_rate: float, weight_decay: float, capturable: bool = False
) -> list[torch.optim.Optimizer]:
    """The optimizers that together train the model.

    ``adamw``: AdamW for all (betas 0.9, 0.95; no decay on norms). ``muon``: Muon for the hidden matrices, AdamW for the
    embedding, the head and the norms.

    Args:
        model: Whose parameters they move.
        name: ``adamw`` or ``muon``.
        learning_rate: At first; on CUDA a scalar tensor that may change between steps.
        weight_decay: Decoupled decay of the matrices (with ``adamw``, of the embedding too).
        capturable: Whether the step will be captured in a CUDA graph.
    """
    slices = matrix_slices(model)
    hidden = {id(item.parameter) for item in slices}
    table = [p for p in model.parameters() if p.ndim >= 2 and id(p) not in hidden]
    norms = [p for p in model.parameters() if p.ndim < 2]
    matrices = list(dict.fromkeys(item.parameter for item in slices))
    groups = [
        {"params": table, "weight_decay": 0.0 if name == "muon" else weight_decay},
        {"params": norms, "weight_decay": 0.0},
    ]
    if name == "adamw":
        groups.append({"params": matrices, "weight_decay": weight_decay})
    options = {"fused": True, "capturable": capturable}
    adamw = torch.optim.AdamW(groups, lr=learning_rate, betas=(0.9, 0.95), eps=1e-8, **options)
    optimizers: list[torch.optim.Optimizer] = [adamw]
    if name == "muon":
        optimizers.append(Muon(slices, learning_rate, weight_decay))
    return optimizers
