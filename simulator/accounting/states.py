"""Model states: parameters, gradients and optimizer, in bytes on each GPU, by three published ways of counting.

All three train in mixed precision: 16-bit weights, and an optimizer that keeps fp32 weights beside its own state.

- ``zero`` (Rajbhandari et al. 2020, section 3.1): 2 + 2 + K bytes a parameter with K = 12 for Adam (fp32 weights,
  momentum, variance): gradients in 16 bits.
- ``megatron`` (Megatron Core documentation, "Distributed optimizer"): 2 + 4 + 12 = 18: gradients accumulated in fp32.
- ``deepspeed`` (DeepSpeed documentation, "Memory requirements"): 2 + 2 + 16: gradients in 16 bits, never shared out,
  and once more in fp32 for the update, which is. ZeRO-3 drops the lasting 16-bit gradients (18), but gathers the
  largest layer whole, 4 bytes for each of its parameters. The page speaks of stages 2 and 3; 0 and 1 follow from it.

A ZeRO stage shares out over the d data-parallel GPUs: 1 the optimizer, 2 the gradients too, 3 the weights too (section
5). Tensor and pipeline parallelism divide everything by t and p, taken to be even.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from simulator.accounting.layout import TensorGroup, assumed_width
from simulator.errors import ConfigError
from simulator.facts import fact

Convention = Literal["zero", "megatron", "deepspeed"]
CONVENTIONS: tuple[Convention, ...] = ("zero", "megatron", "deepspeed")
OPTIMIZERS: dict[str, str] = {
    "adam": "fp32 momentum and variance: 8 bytes a parameter (Kingma & Ba 2015)",
    "adam8bit": "the same in 8 bits with an fp32 scale a block (Dettmers et al. 2022)",
    "adafactor": "fp32 sums of rows and columns in place of the variance, no momentum (Shazeer & Stern 2018)",
    "muon": "fp32 momentum for hidden matrices, Adam for the rest (Jordan et al. 2024)",
    "sgd": "no state; with momentum, 4 bytes a parameter",
}
"""The optimizers, and what each keeps beside the fp32 weights."""

_FP32 = 4


@dataclass(frozen=True, kw_only=True)
class States:
    """Bytes on one GPU.

    Attributes:
        parameters: Weights that the model computes with.
        gradients: Gradients, in all the precisions that are kept.
        optimizer: fp32 weights and what the optimizer remembers.
    """

    parameters: float
    gradients: float
    optimizer: float

    @property
    def total(self) -> float:
        """All of it."""
        return self.parameters + self.gradients + self.optimizer


def model_states(
    parameters: float,
    *,
    convention: Convention = "zero",
    optimizer: str = "adam",
    zero: int = 0,
    dp: int = 1,
    tp: int = 1,
    pp: int = 1,
    layout: Sequence[TensorGroup] = (),
    largest_layer: float = 0,
    momentum: bool = False,
) -> States:
    """Parameters, gradients and optimizer on each GPU.

    Args:
        parameters: Of the whole model.
        convention: How it is counted; see the module.
        optimizer: One of ``OPTIMIZERS``.
        zero: ZeRO stage 0 to 3.
        dp: GPUs that hold the same part of the model.
        tp: GPUs that share each layer.
        pp: Pipeline stages.
        layout: The model's tensors, for adafactor and muon; see :func:`moment_bytes` for what happens without.
        largest_layer: Parameters of the largest layer, which DeepSpeed counts in ZeRO-3.
        momentum: Whether ``sgd`` keeps one.

    Raises:
        ConfigError: for an unknown convention or optimizer, or a number out of range.
    """
    if convention not in CONVENTIONS:
        raise ConfigError("convention", f"There is no convention '{convention}'.",
                          hint=f"Choose one of: {', '.join(CONVENTIONS)}.")  # fmt: skip
    if zero not in range(4) or min(dp, tp, pp) < 1 or not (parameters > 0 and math.isfinite(parameters)):
        raise ConfigError("zero", "The ZeRO stage is 0 to 3, the GPUs at least 1, the parameters above 0.")
    each = _bytes_each(convention, zero)
    moments = moment_bytes(parameters, optimizer, layout=layout, momentum=momentum)
    parts = tp * pp
    gathered = 2.0 * largest_layer / tp if convention == "deepspeed" and zero == 3 else 0.0
    gradients = each.whole_gradients + each.gradients / (dp if zero >= each.gradient_stage else 1)
    return States(
        parameters=each.weights * parameters / (dp if zero == 3 else 1) / parts + gathered,
        gradients=gradients * parameters / parts + gathered,
        optimizer=(each.masters * parameters + moments) / (dp if zero else 1) / parts,
    )


def moment_bytes(
    parameters: float, optimizer: str, *, layout: Sequence[TensorGroup] = (), momentum: bool = False
) -> float:
    """What an optimizer remembers of the whole model beside the weights, in bytes.

    - adam: two fp32 numbers a parameter.
    - adam8bit: two bytes a parameter, and two fp32 scales for every block of 256 (of each tensor, where the layout is
      known). Tensors that bitsandbytes leaves in 32 bits (small ones, some embeddings) are not told apart.
    - adafactor: one fp32 number a row and one a column of a matrix (section 3), one a channel of a norm, no momentum.
      For a parameter count alone: square matrices of :func:`assumed_width`.
    - muon: one fp32 number for each parameter of a hidden matrix, two for all others. For a parameter count alone:
      hidden matrices only, which is the least that it can be.
    - sgd: nothing, or one fp32 number a parameter with momentum.

    Raises:
        ConfigError: for an unknown optimizer.
    """
    if optimizer not in OPTIMIZERS:
        raise ConfigError("optimizer", f"There is no optimizer '{optimizer}'.",
                          hint=f"Choose one of: {', '.join(OPTIMIZERS)}.")  # fmt: skip
    if optimizer == "adam":
        return 2 * _FP32 * parameters
    if optimizer == "adam8bit":
        return 2 * (parameters + _FP32 * _blocks(parameters, layout))
    if optimizer == "adafactor":
        return _FP32 * _factors(parameters, layout)
    if optimizer == "muon":
        hidden = sum(group.parameters for group in layout if group.hidden) if layout else parameters
        return _FP32 * (hidden + 2 * (parameters - hidden))
    return _FP32 * parameters if momentum else 0.0


@dataclass(frozen=True, kw_only=True)
class _Bytes:
    """Bytes of each parameter: weights, gradients (those never shared out apart), fp32 weights."""

    weights: float
    gradients: float
    masters: float
    gradient_stage: int = 2
    whole_gradients: float = 0.0


def _bytes_each(convention: Convention, zero: int) -> _Bytes:
    """The convention's bytes; the facts hold sums, which come apart by Adam's two moments of 4 bytes each."""
    weights, gradients, optimizer = fact("zero-bytes").numbers
    masters = optimizer - 2 * _FP32
    if convention == "megatron":
        return _Bytes(
            weights=weights, gradients=fact("megatron-bytes").number - weights - optimizer, masters=masters
        )
    if convention == "deepspeed":
        everywhere, shared = fact("deepspeed-zero-2-bytes").numbers
        return _Bytes(
            weights=weights, gradients=shared - optimizer, masters=masters, gradient_stage=1,
            whole_gradients=0.0 if zero == 3 else everywhere - weights,
        )  # fmt: skip
    return _Bytes(weights=weights, gradients=gradients, masters=masters)


def _blocks(parameters: float, layout: Sequence[TensorGroup]) -> float:
    size = fact("adam-8bit-block").number
    if not layout:
        return math.ceil(parameters / size)
    return sum(group.count * math.ceil(group.rows * group.columns / size) for group in layout)


def _factors(parameters: float, layout: Sequence[TensorGroup]) -> float:
    if not layout:
        return 2 * parameters / assumed_width(parameters)
    return sum(
        group.count * (group.rows + group.columns if group.rows > 1 else group.columns) for group in layout
    )
