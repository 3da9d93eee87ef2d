"""The memory of a training step, predicted and measured, in the same five parts.

On a processor every tensor is counted as it is made and freed; on an NVIDIA GPU the allocator is asked. Both look at
one forward and backward pass: activations are what memory has grown by when the forward pass ends.
"""

from __future__ import annotations

import gc
import weakref
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import psutil
import torch
from torch import Tensor
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves

from simulator.accounting.toy import toy_memory
from simulator.training.loop import optimizer_tensors
from simulator.training.precision import PrecisionTrainer, kernels, policy_loss

HOW = {
    "cpu": "every tensor counted as it is made and freed",
    "cuda": "asked of the GPU's memory allocator",
}
"""How each kind of device is measured, in plain words."""


class LiveBytes(TorchDispatchMode):  # type: ignore[no-untyped-call]
    """Counts the memory of all tensors made while it is entered: now, and at the most.

    Tensors that share memory count once. What an operation uses inside itself is not seen.

    Args:
        known: Tensors that were there before: their memory is not counted.
    """

    def __init__(self, known: Iterable[Tensor]) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.now = self.peak = 0
        self._alive: dict[int, weakref.ref[Any]] = {}
        self._known = [tensor.untyped_storage() for tensor in known]
        for storage in self._known:
            self._alive[id(storage)] = weakref.ref(storage)

    def __torch_dispatch__(
        self, func: Any, types: Any, args: Sequence[Any] = (), kwargs: Mapping[str, Any] | None = None
    ) -> Any:
        result = func(*args, **(kwargs or {}))
        for item in tree_leaves(result):  # type: ignore[no-untyped-call, unused-ignore]
            if isinstance(item, Tensor):
                self._see(item.untyped_storage())
        return result

    def _see(self, storage: torch.UntypedStorage) -> None:
        key, size = id(storage), storage.nbytes()
        if key in self._alive:
            return

        def gone(_: Any) -> None:
            self._alive.pop(key, None)
            self.now -= size

        self._alive[key] = weakref.ref(storage, gone)
        self.now += size
        self.peak = max(self.peak, self.now)


def measure_memory(trainer: PrecisionTrainer, rows: Tensor) -> dict[str, Any]:
    """Predicted and measured bytes of a trainer's step: fields of a record ``memory`` for one policy.

    The trainer must have made a step before, so that its optimizers hold their moments; its gradients are dropped.
    ``predicted`` and ``measured`` have ``parameters gradients optimizer activations workspace`` and ``peak``.
    """
    model, shape = trainer.model, trainer.model.shape
    device = trainer.device.type
    predicted = toy_memory(
        shape, rows.shape[0], rows.shape[1] - 1, trainer.policy.key, "adamw", device=device
    )
    held = _pass_on_gpu(trainer, rows) if device == "cuda" else _pass_on_cpu(trainer, rows)
    states = {
        "parameters": _bytes(model.parameters()),
        "gradients": _bytes(weight.grad for weight in model.parameters() if weight.grad is not None),
        "optimizer": _bytes(optimizer_tensors(trainer.optimizers).values()),
    }
    for optimizer in trainer.optimizers:
        optimizer.zero_grad(set_to_none=True)
    measured = {
        **states, "activations": held["activations"], "workspace": max(0, held["peak"] - held["activations"]),
        "peak": states["parameters"] + states["optimizer"] + held["peak"],
    }  # fmt: skip
    return {
        "predicted": {**predicted.to_dict(), "peak": predicted.peak}, "measured": measured,
        "how": HOW.get(device, HOW["cpu"]), "process": psutil.Process().memory_info().rss,
    }  # fmt: skip


def _pass_on_cpu(trainer: PrecisionTrainer, rows: Tensor) -> dict[str, int]:
    known = [*trainer.model.parameters(), *trainer.model.buffers(), rows]
    with LiveBytes(known) as live, kernels(trainer.policy, trainer.device):
        loss = policy_loss(trainer.policy, trainer.model, rows) * trainer.factor
        activations = live.now
        loss.backward()  # type: ignore[no-untyped-call]
        return {"activations": activations, "peak": live.peak}


def _pass_on_gpu(trainer: PrecisionTrainer, rows: Tensor) -> dict[str, int]:
    gc.collect()  # nothing old may be freed while it is measured
    torch.cuda.synchronize()
    torch.cuda.reset_peak_memory_stats()
    before = torch.cuda.memory_allocated()
    loss = policy_loss(trainer.policy, trainer.model, rows) * trainer.factor
    activations = torch.cuda.memory_allocated() - before
    loss.backward()  # type: ignore[no-untyped-call]
    torch.cuda.synchronize()
    return {"activations": activations, "peak": torch.cuda.max_memory_allocated() - before}


def _bytes(tensors: Iterable[Tensor]) -> int:
    """Bytes of tensors, memory that they share counted once."""
    return sum(
        {item.untyped_storage().data_ptr(): item.untyped_storage().nbytes() for item in tensors}.values()
    )
