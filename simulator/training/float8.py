"""Linear layers with their products in simulated FP8: real float8 numbers, multiplied exactly, summed in fp32.

As in Micikevicius et al. 2022 and torchao's training with current ("dynamic") scaling: weights and inputs in E4M3,
gradients in E5M2, one scale a tensor that puts its largest magnitude at the format's largest number. All three
products of a linear layer (output, input gradient, weight gradient) read 8-bit numbers. The numbers are torch's own
``float8_e4m3fn`` and ``float8_e5m2``; a processor has no 8-bit arithmetic, so products run in fp32, where a product
of two such numbers is exact.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any, NamedTuple, cast

import torch
from torch import Tensor, nn
from torch.autograd.function import once_differentiable
from torch.overrides import TorchFunctionMode

FORWARD, BACKWARD = torch.float8_e4m3fn, torch.float8_e5m2
SMALLEST_AMAX = 2.0**-100
"""Below this largest magnitude a tensor counts as all zero. Torchao's 1e-12 can lie above the gradients of a loss that
is a mean over very many tokens."""


class Scaled(NamedTuple):
    """Numbers in 8 bits and what they were multiplied by: ``values / scale`` is what they stand for."""

    values: Tensor
    scale: Tensor

    def wide(self) -> Tensor:
        """The 8-bit numbers in fp32, still scaled."""
        return self.values.float()


def to_float8(tensor: Tensor, kind: torch.dtype) -> Scaled:
    """Round to 8 bits with one scale, so that the largest magnitude becomes the format's largest number.

    A tensor that holds infinities or NaN keeps them as NaN: the caller must see that something overflowed.

    Args:
        tensor: Any floating-point tensor.
        kind: ``torch.float8_e4m3fn`` or ``torch.float8_e5m2``.
    """
    largest = torch.finfo(kind).max
    wide = tensor.float()
    scale = largest / wide.abs().amax().clamp_min(SMALLEST_AMAX)
    return Scaled((wide * scale).clamp(-largest, largest).to(kind), scale)


class _Float8Linear(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, x: Tensor, weight: Tensor, out_type: torch.dtype) -> Tensor:
        x8, weight8 = to_float8(x, FORWARD), to_float8(weight, FORWARD)
        ctx.save_for_backward(*x8, *weight8)
        ctx.types = x.dtype, weight.dtype
        product = x8.wide() @ weight8.wide().mT
        return (product / (x8.scale * weight8.scale)).to(out_type)

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, grad: Tensor) -> tuple[Tensor, Tensor, None]:
        saved = ctx.saved_tensors
        x8, weight8 = Scaled(*saved[:2]), Scaled(*saved[2:])
        x_type, weight_type = ctx.types
        grad8 = to_float8(grad, BACKWARD)
        wide = grad8.wide()
        grad_x = (wide @ weight8.wide() / (grad8.scale * weight8.scale)).to(x_type)
        grad_weight = wide.flatten(0, -2).mT @ x8.wide().flatten(0, -2) / (grad8.scale * x8.scale)
        # As in torchao the product leaves in the type that flows between layers, then joins the fp32 gradient.
        return grad_x, grad_weight.to(grad.dtype).to(weight_type), None


def float8_linear(x: Tensor, weight: Tensor, out_type: torch.dtype) -> Tensor:
    """``x @ weight.T`` by way of 8-bit numbers.

    Args:
        x: (..., in).
        weight: (out, in), fp32.
        out_type: Type of the result, and of the gradients that come back.
    """
    with torch.autocast(x.device.type, enabled=False):
        return cast(Tensor, _Float8Linear.apply(x, weight, out_type))  # type: ignore[no-untyped-call]


class Float8Layers(TorchFunctionMode):
    """While it is entered, linear layers with these weights compute in FP8; all else is left as it is.

    Embedding and output head stay in 16 bits, as is usual (torchao leaves the head out too): attention's own products
    have no weights and do as well (Micikevicius et al. 2022, section 4).

    Args:
        weights: The matrices of the layers.
        out_type: What flows between the layers.
    """

    def __init__(self, weights: Iterable[Tensor], out_type: torch.dtype = torch.bfloat16) -> None:
        super().__init__()
        self._weights, self._out_type = {id(weight) for weight in weights}, out_type

    def __torch_function__(
        self,
        func: Callable[..., Any],
        types: Any,
        args: Sequence[Any] = (),
        kwargs: dict[str, Any] | None = None,
    ) -> Any:
        if func is torch.nn.functional.linear and id(args[1]) in self._weights:
            return float8_linear(args[0], args[1], self._out_type)
        return func(*args, **(kwargs or {}))


def layer_weights(blocks: nn.Module) -> list[Tensor]:
    """The matrices of the linear layers of a model's blocks."""
    return [layer.weight for layer in blocks.modules() if isinstance(layer, nn.Linear)]
