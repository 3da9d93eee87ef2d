"""Several models trained in lock-step on the same batches, each at its own learning rate: a race in one process."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from simulator.training.data import Batches
from simulator.training.stacked_model import StackedTransformer
from simulator.training.stacked_optimizers import AdamSettings, make_stacked_optimizers

Array = npt.NDArray[np.float64]


@dataclass(frozen=True)
class StackedResult:
    """What one step measured of every runner, each (R,).

    Attributes:
        step: Number of the step, from 0.
        losses: Loss in nats/token, before the update.
        gradient_norms: Before clipping.
        update_ratios: Norm of the step that was taken over the norm of the weights.
        rates: Learning rates used.
    """

    step: int
    losses: Array
    gradient_norms: Array
    update_ratios: Array
    rates: Array


class StackedTrainer:
    """Trains all runners of a stacked model one step at a time.

    A step is the same as that of a ``Trainer`` of each runner alone, up to rounding. Runners never touch each other: a
    runner whose loss is no longer finite goes on being so, and the others go on learning.

    Args:
        model: The runners.
        batches: The data order, shared by all.
        optimizer: ``adamw`` or ``muon``.
        settings: Numbers of AdamW, and the weight decay.
        clip: Largest gradient norm of a runner, 0 for none.
    """

    def __init__(
        self,
        model: StackedTransformer,
        batches: Batches,
        *,
        optimizer: str = "adamw",
        settings: AdamSettings | None = None,
        clip: float = 1.0,
    ) -> None:
        self.model, self.batches, self.clip = model, batches, clip
        self.optimizers = make_stacked_optimizers(model, optimizer, settings or AdamSettings())
        self._before = torch.zeros_like(model.table)

    def step(self, index: int, rates: Sequence[float] | Array) -> StackedResult:
        """Run step ``index`` with a learning rate for every runner: forward, backward, clip, update."""
        column = torch.tensor(np.asarray(rates, np.float64), dtype=torch.float32, device=self.model.device)[
            :, None
        ]
        measured = self.update(self.batches.rows(index).to(self.model.device), column)
        losses, norms, ratios = measured.double().cpu().numpy()
        return StackedResult(index, losses, norms, ratios, np.array(rates, np.float64))

    def update(self, rows: Tensor, rates: Tensor) -> Tensor:
        """One update from the rows of a step and the rates (R, 1): loss, gradient norm and update ratio, (3, R)."""
        model = self.model
        losses = model.losses(rows)
        gradients = torch.autograd.grad(losses.sum(), list(model.weights.values()))
        with torch.no_grad():
            torch.cat([gradient.flatten(1) for gradient in gradients], 1, out=model.gradients)
            norms = torch.linalg.vector_norm(model.gradients, dim=1)
            if self.clip > 0:
                model.gradients.mul_((self.clip / (norms + 1e-6)).clamp_max(1.0)[:, None])
            self._before.copy_(model.table)
            for optimizer in self.optimizers.values():
                optimizer.step(rates)
            size = torch.linalg.vector_norm(self._before, dim=1)
            moved = torch.linalg.vector_norm(self._before.sub_(model.table), dim=1)
            return torch.stack((losses.detach(), norms, moved / size))

    def state(self) -> dict[str, Tensor]:
        """Weights and optimizer state by name: what to save, so that a run can go on."""
        found = {"weights": self.model.table}
        for name, optimizer in self.optimizers.items():
            found |= {f"{name}/{key}": value for key, value in optimizer.state().items()}
        return found

    @torch.no_grad()
    def restore(self, state: Mapping[str, Tensor]) -> None:
        """Take up what :meth:`state` gave.

        Raises:
            KeyError: if something is missing.
            ValueError: if it is of another kind.
            RuntimeError: if it is of another size.
        """
        self.model.table.copy_(state["weights"])
        for name, optimizer in self.optimizers.items():
            own = {key.partition("/")[2]: value for key, value in state.items() if key.startswith(f"{name}/")}
            optimizer.restore(own)
