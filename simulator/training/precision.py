"""A training step under a precision policy: which numbers are kept in which format, and where they are rounded.

Master weights, gradients when they are added up, and optimizer state are fp32 in all policies (Micikevicius et al.
2018, section 3.1). In the 16-bit ones torch's autocast decides, as in practice, what is rounded: every matrix product
reads and writes 16-bit numbers, forward and backward, so gradients are rounded as they flow, and normalising, the
residual stream and the loss are fp32.
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import torch
import torch.nn.functional as F  # noqa: N812
from torch import Tensor
from torch.utils._python_dispatch import TorchDispatchMode

from simulator.model.transformer import Transformer
from simulator.training.data import Batches
from simulator.training.float8 import Float8Layers, layer_weights
from simulator.training.loss_scaling import DynamicLossScaler
from simulator.training.policies import Policy
from simulator.training.schedules import Schedule

_aten = torch.ops.aten
_PRODUCTS = frozenset(
    (_aten.mm.default, _aten.bmm.default, _aten.addmm.default, _aten.baddbmm.default, _aten.linear.default)
)
_TYPES = {"bf16": torch.bfloat16, "fp16": torch.float16, "fp8_e4m3": torch.bfloat16}


class HalfProducts(TorchDispatchMode):  # type: ignore[no-untyped-call]
    """Products of float16 tensors on a processor, by way of fp32: as tensor cores do it, and fast.

    Torch's own float16 products need a processor with such arithmetic, and are about ten times slower than fp32 where
    it is missing. Here the tensors are float16, forward and backward, and so is every result; only the multiplying and
    adding inside a product is fp32 (a product of two float16 numbers is exact in it), rounded once at the end.
    """

    def __torch_dispatch__(
        self, func: Any, types: Any, args: Sequence[Any] = (), kwargs: Mapping[str, Any] | None = None
    ) -> Any:
        if func in _PRODUCTS and args[0].dtype == torch.float16 and args[0].device.type == "cpu":
            wide = (item.float() if isinstance(item, Tensor) else item for item in args)
            return func(*wide, **(kwargs or {})).half()
        return func(*args, **(kwargs or {}))


@contextlib.contextmanager
def kernels(policy: Policy, device: torch.device) -> Iterator[None]:
    """What must be entered around the forward and the backward pass of a policy on this device."""
    if policy.forward == "fp16" and device.type == "cpu":
        with HalfProducts():  # type: ignore[no-untyped-call]
            yield
    else:
        yield


def policy_loss(policy: Policy, model: Transformer, rows: Tensor) -> Tensor:
    """Mean loss (nats, fp32) of every next token of rows (batch, sequence + 1); gradients flow as the policy says.

    The loss itself is computed in fp32, so that what flows back into the logits is rounded once, after scaling.
    """
    with contextlib.ExitStack() as stack:
        if policy.forward in _TYPES:
            stack.enter_context(torch.autocast(rows.device.type, _TYPES[policy.forward]))
        if policy.forward == "fp8_e4m3":
            stack.enter_context(Float8Layers(layer_weights(model.blocks)))
        logits = model(rows[:, :-1])
    return F.cross_entropy(logits.float().flatten(0, 1), rows[:, 1:].flatten())


def backward(policy: Policy, model: Transformer, rows: Tensor, factor: float) -> Tensor:
    """Forward and backward pass; the gradients are those of ``factor`` times the loss. Returns the loss itself.

    Args:
        policy: How numbers are kept.
        model: Its gradients are added to.
        rows: (batch, sequence + 1) token ids on the model's device.
        factor: What the loss is multiplied by before the backward pass.
    """
    with kernels(policy, rows.device):
        loss = policy_loss(policy, model, rows)
        (loss * factor).backward()  # type: ignore[no-untyped-call]
    return loss.detach()


@dataclass(frozen=True)
class PrecisionStep:
    """What one step measured.

    Attributes:
        step: Its number, from 0.
        loss: Nats a token before the update.
        gradient_norm: Before clipping, with the scale taken out; not finite where gradients overflowed.
        learning_rate: Rate used.
        loss_scale: What the loss was multiplied by; 1 without scaling.
        skipped: Whether the update was left out.
        seconds: Wall time of the whole step.
    """

    step: int
    loss: float
    gradient_norm: float
    learning_rate: float
    loss_scale: float
    skipped: bool
    seconds: float


class PrecisionTrainer:
    """Trains a model under a policy, one step at a time.

    Args:
        model: On its device, in fp32: the master weights.
        policy: How the step keeps its numbers.
        batches: The data order.
        schedule: Rate of each step.
        make_optimizers: Called with the learning rate to build the optimizers.
        clip: Largest gradient norm, 0 for none.
        micro_batches: The loss is averaged over so many micro-batches, of which this one is computed: its loss is
            divided by them before the backward pass, as gradient accumulation does, and its gradients are counted for
            all of them, in fp32, after it.
        scaler: Of the loss, for a policy that scales.
    """

    def __init__(
        self,
        model: Transformer,
        policy: Policy,
        batches: Batches,
        schedule: Schedule,
        make_optimizers: Callable[[float], list[torch.optim.Optimizer]],
        *,
        clip: float,
        micro_batches: int = 1,
        scaler: DynamicLossScaler | None = None,
    ) -> None:
        self.model, self.policy, self.batches, self.schedule = model, policy, batches, schedule
        self.clip, self.micro_batches = clip, micro_batches
        self.scaler = (scaler or DynamicLossScaler()) if policy.scaled else None
        self.device = model.embedding.weight.device
        self.optimizers = make_optimizers(schedule.peak)

    @property
    def loss_scale(self) -> float:
        """What the loss is multiplied by now; 1 without scaling."""
        return self.scaler.scale if self.scaler is not None else 1.0

    @property
    def factor(self) -> float:
        """What the gradients are multiplied by on their way, scale and micro-batches together."""
        return self.loss_scale / self.micro_batches

    def rows(self, index: int) -> Tensor:
        """The rows of a step on the device."""
        return self.batches.rows(index).to(self.device)

    def step(self, index: int) -> PrecisionStep:
        """Run step ``index``: forward, backward, take the scale out, clip, update.

        Where gradients are not finite there is no update: the step is skipped, and a scaler backs off.
        """
        started = time.perf_counter()
        rate, scale = self.schedule.rate(index), self.loss_scale
        for optimizer in self.optimizers:
            for group in optimizer.param_groups:
                group["lr"] = rate
        loss = backward(self.policy, self.model, self.rows(index), self.factor)
        norm = self._unscale()
        finite = bool(norm.isfinite())
        if finite:
            self._update(norm)
        if self.scaler is not None:
            self.scaler.update(not finite)
        for optimizer in self.optimizers:
            optimizer.zero_grad(set_to_none=True)
        measured = float(loss), float(norm)  # on a GPU, this waits for the step
        seconds = time.perf_counter() - started
        return PrecisionStep(index, *measured, rate, scale, not finite, seconds)

    @torch.no_grad()
    def _unscale(self) -> Tensor:
        """Take scale and micro-batches out of the gradients, in fp32; returns their norm."""
        gradients = [weight.grad for weight in self.model.parameters() if weight.grad is not None]
        torch._foreach_mul_(gradients, 1.0 / self.factor)
        return torch.nn.utils.get_total_norm(gradients)

    def _update(self, norm: Tensor) -> None:
        if self.clip > 0:
            torch.nn.utils.clip_grads_with_norm_(list(self.model.parameters()), self.clip, norm)
        for optimizer in self.optimizers:
            optimizer.step()
