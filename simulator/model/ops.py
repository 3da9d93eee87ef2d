"""The model's inner operations with hand-written gradients, where automatic ones cost a laptop most of its step.

Each computes exactly what the plain torch expression in its docstring computes (the tests compare values and
gradients); what differs is the number of passes over memory. On two CPU cores in bf16 they took the toy model's
training step from 18k to 31k tokens/s.
"""

from __future__ import annotations

import math
from typing import Any, cast

import torch
import torch.nn.functional as F  # noqa: N812
from torch import Tensor
from torch.autograd.function import once_differentiable

# Attention in one matrix of scores beats the fused kernel of the CPU (whose backward is slow in bf16) up to
# about this length.
LONGEST_SCORE_MATRIX = 512


class _RmsNorm(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, x: Tensor, weight: Tensor, eps: float, out_type: torch.dtype) -> Tensor:
        norm = torch.linalg.vector_norm(x, dim=-1, keepdim=True)
        scale = norm.square_().div_(x.shape[-1]).add_(eps).rsqrt_()
        unit = x * scale
        ctx.save_for_backward(unit, scale, weight)
        return cast(Tensor, (unit * weight).to(out_type))

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, grad: Tensor) -> tuple[Tensor, Tensor, None, None]:
        unit, scale, weight = ctx.saved_tensors
        grad = grad.to(unit.dtype)
        grad_weight = (grad * unit).flatten(0, -2).sum(0)
        grad = grad * weight
        along = torch.linalg.vecdot(grad, unit)[..., None].div_(unit.shape[-1])
        return torch.addcmul(grad, unit, along, value=-1).mul_(scale), grad_weight, None, None


def rms_norm(x: Tensor, weight: Tensor, eps: float) -> Tensor:
    """``x / sqrt(mean(x^2) + eps) * weight`` over the last dimension (Zhang & Sennrich 2019).

    Under autocast the result comes in autocast's type, ready for the matrix product that follows.
    """
    if x.device.type != "cpu" or not torch.is_grad_enabled():
        return F.rms_norm(x, weight.shape, weight, eps)
    out_type = torch.get_autocast_dtype("cpu") if torch.is_autocast_enabled("cpu") else x.dtype
    return cast(Tensor, _RmsNorm.apply(x, weight, eps, out_type))  # type: ignore[no-untyped-call]


class _Rotate(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, x: Tensor, cos: Tensor, sin: Tensor) -> Tensor:
        ctx.save_for_backward(cos, sin)
        return _turned(x, cos, sin, 1)

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, grad: Tensor) -> tuple[Tensor, None, None]:
        cos, sin = ctx.saved_tensors
        return _turned(grad, cos, sin, -1), None, None  # a rotation's transpose turns back


def _turned(x: Tensor, cos: Tensor, sin: Tensor, direction: int) -> Tensor:
    first, second = x.chunk(2, dim=-1)
    swapped = torch.cat((second, first), dim=-1)
    signed = torch.cat((-direction * sin, direction * sin), dim=-1)
    return (x * torch.cat((cos, cos), dim=-1)).addcmul_(swapped, signed)


def rotate(x: Tensor, cos: Tensor, sin: Tensor) -> Tensor:
    """Turn each pair (i, i + D/2) of channels by its position's angle (rotary positions, Su et al. 2021).

    Args:
        x: (B, T, H, D).
        cos: (T, D/2), in x's type.
        sin: (T, D/2), in x's type.

    Returns:
        (B, T, H, D): ``cat(x1 cos - x2 sin, x2 cos + x1 sin)``.
    """
    cos, sin = cos[:, None, :], sin[:, None, :]  # (T, 1, D/2): the same for all heads
    if x.device.type == "cpu":
        return cast(Tensor, _Rotate.apply(x, cos, sin))  # type: ignore[no-untyped-call]
    first, second = x.chunk(2, dim=-1)
    return torch.cat((first * cos - second * sin, second * cos + first * sin), dim=-1)


class _SwiGlu(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, gate_up: Tensor) -> Tensor:
        ctx.save_for_backward(gate_up)
        gate, up = gate_up.chunk(2, dim=-1)
        return F.silu(gate).mul_(up)

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, grad: Tensor) -> Tensor:
        (gate_up,) = ctx.saved_tensors
        gate, up = gate_up.chunk(2, dim=-1)
        out = torch.empty_like(gate_up)
        out_gate, out_up = out.chunk(2, dim=-1)
        torch.mul(F.silu(gate), grad, out=out_up)
        torch.ops.aten.silu_backward.grad_input(grad * up, gate, grad_input=out_gate)
        return out


def swiglu(gate_up: Tensor) -> Tensor:
    """``silu(gate) * up`` for (..., 2 ffn) holding gate beside up (Shazeer 2020)."""
    if gate_up.device.type == "cpu":
        return cast(Tensor, _SwiGlu.apply(gate_up))  # type: ignore[no-untyped-call]
    gate, up = gate_up.chunk(2, dim=-1)
    return F.silu(gate) * up


def causal_attention(query: Tensor, key: Tensor, value: Tensor) -> Tensor:
    """``softmax(q k^T / sqrt(D) + causal mask) v``.

    Args:
        query: (B, H, T, D).
        key: (B, KV, T, D) with KV dividing H.
        value: (B, KV, T, D).

    Returns:
        (B, H, T, D).
    """
    batch, heads, length, channels = query.shape
    groups = heads // key.shape[1]
    if query.device.type != "cpu" or query.dtype == torch.float32 or length > LONGEST_SCORE_MATRIX:
        return F.scaled_dot_product_attention(query, key, value, is_causal=True, enable_gqa=groups > 1)
    if groups > 1:
        key, value = key.repeat_interleave(groups, 1), value.repeat_interleave(groups, 1)
    flat = (batch * heads, length, channels)
    mask = torch.full((length, length), -torch.inf, dtype=query.dtype).triu_(1)
    scores = torch.baddbmm(
        mask, query.reshape(flat), key.reshape(flat).transpose(1, 2), alpha=1 / math.sqrt(channels)
    )
    return torch.bmm(scores.softmax(-1), value.reshape(flat)).view(batch, heads, length, channels)


def visible_attention(query: Tensor, key: Tensor, value: Tensor, visible: Tensor) -> Tensor:
    """``softmax(q k^T / sqrt(D)) v`` over the keys that each query may see.

    Args:
        query: (B, H, T, D).
        key: (B, KV, S, D) with KV dividing H.
        value: (B, KV, S, D).
        visible: bool (T, S) or (B, T, S); every query sees one key at least.

    Returns:
        (B, H, T, D).
    """
    batch, heads, length, channels = query.shape
    groups, total = heads // key.shape[1], key.shape[2]
    mask = visible if visible.ndim == 2 else visible[:, None]  # (B, 1, T, S): the same for all heads
    if query.device.type != "cpu" or query.dtype == torch.float32 or total > LONGEST_SCORE_MATRIX:
        return F.scaled_dot_product_attention(query, key, value, attn_mask=mask, enable_gqa=groups > 1)
    if groups > 1:
        key, value = key.repeat_interleave(groups, 1), value.repeat_interleave(groups, 1)
    hidden = torch.zeros(mask.shape, dtype=query.dtype).masked_fill_(~mask, -torch.inf)
    rows = (batch * heads, length, total)
    scores = torch.baddbmm(
        hidden.expand(batch, heads, length, total).reshape(rows) if mask.ndim == 4 else hidden,
        query.reshape(batch * heads, length, channels),
        key.reshape(batch * heads, total, channels).transpose(1, 2),
        alpha=1 / math.sqrt(channels),
    )
    mixed = torch.bmm(scores.softmax(-1), value.reshape(batch * heads, total, channels))
    return mixed.view(batch, heads, length, channels)


def attention_weights(query: Tensor, key: Tensor, visible: Tensor) -> Tensor:
    """The softmax of attention itself, (B, H, T, S) in float32: arguments as for :func:`visible_attention`."""
    groups = query.shape[1] // key.shape[1]
    scores = query.float() @ key.float().repeat_interleave(groups, 1).mT / math.sqrt(query.shape[-1])
    mask = visible if visible.ndim == 2 else visible[:, None]
    return scores.masked_fill(~mask, -torch.inf).softmax(-1)


class _CrossEntropy(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, logits: Tensor, targets: Tensor) -> Tensor:
        probabilities = logits.float().softmax(-1)
        chosen = probabilities.gather(-1, targets[:, None])
        # The gradient of the mean loss is (p - onehot) / N; it is made here, while p is at hand, in p's own memory.
        probabilities.scatter_add_(-1, targets[:, None], torch.full_like(chosen, -1.0)).div_(len(targets))
        ctx.save_for_backward(probabilities.to(logits.dtype))
        return -chosen.clamp_min(torch.finfo(torch.float32).tiny).log().mean()

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, grad: Tensor) -> tuple[Tensor, None]:
        (gradient,) = ctx.saved_tensors
        return gradient * grad.to(gradient.dtype), None


def cross_entropy(logits: Tensor, targets: Tensor) -> Tensor:
    """Mean of ``-log softmax(logits)[target]`` in nats, for logits (N, vocab) and targets (N,)."""
    if logits.device.type == "cpu" and logits.requires_grad:
        return cast(Tensor, _CrossEntropy.apply(logits, targets))  # type: ignore[no-untyped-call]
    return F.cross_entropy(logits.float(), targets)
