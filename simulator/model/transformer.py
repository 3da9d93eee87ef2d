"""The toy model: a Llama-architecture decoder, in the layout that ``LlamaForCausalLM`` uses.

RMSNorm (Zhang & Sennrich 2019) before each block, rotary positions (Su et al. 2021, half-split convention),
grouped-query attention (Ainslie et al. 2023), SwiGLU (Shazeer 2020), no biases. Queries, keys and values are
one matrix here and gate and up another, so that a step launches fewer, larger products; checkpoints store
them apart under their usual names.
"""

from __future__ import annotations

import math
from typing import cast

import torch
import torch.nn.functional as F  # noqa: N812
from torch import Tensor, nn

from simulator.model.cache import LayerCache
from simulator.model.ops import (
    attention_weights,
    causal_attention,
    rms_norm,
    rotate,
    swiglu,
    visible_attention,
)
from simulator.model.shapes import ModelShape


def rotary_tables(
    shape: ModelShape, length: int, device: torch.device | None = None
) -> tuple[Tensor, Tensor]:
    """Cosines and sines of the rotary angles, each (length, head_dim / 2), float32."""
    half = shape.head_dim // 2
    frequencies = shape.rope_theta ** (-torch.arange(half, dtype=torch.float64, device=device) / half)
    angles = torch.arange(length, dtype=torch.float64, device=device)[:, None] * frequencies
    return angles.cos().float(), angles.sin().float()


class Attention(nn.Module):
    """Grouped-query self-attention with rotary positions: causal, or over the keys that a mask lets through.

    Attributes:
        recorded: A list to which each pass adds its weights (B, H, T, T), or None: see :meth:`Transformer.attention`.
    """

    def __init__(self, shape: ModelShape) -> None:
        super().__init__()
        self.heads, self.kv_heads, self.head_dim = shape.heads, shape.kv_heads, shape.head_dim
        self.qkv = nn.Linear(shape.hidden, (shape.heads + 2 * shape.kv_heads) * shape.head_dim, bias=False)
        self.output = nn.Linear(shape.heads * shape.head_dim, shape.hidden, bias=False)
        self.recorded: list[Tensor] | None = None

    def forward(
        self,
        x: Tensor,
        cos: Tensor,
        sin: Tensor,
        cache: LayerCache | None = None,
        visible: Tensor | None = None,
    ) -> Tensor:
        """Attend from every position to itself and those before it, or to those that ``visible`` names.

        Args:
            x: (B, T, hidden).
            cos: (T, D/2) for the positions of x.
            sin: (T, D/2) for the positions of x.
            cache: Keys and values of earlier positions; takes those of x too.
            visible: bool (T, S) or (B, T, S), S counting what is cached; None is causal.

        Returns:
            (B, T, hidden).
        """
        batch, length, _ = x.shape
        qkv = self.qkv(x).view(batch, length, self.heads + 2 * self.kv_heads, self.head_dim)
        query_key, value = torch.split(qkv, [self.heads + self.kv_heads, self.kv_heads], dim=2)
        turned = rotate(query_key, cos.to(qkv.dtype), sin.to(qkv.dtype))
        query, key = torch.split(turned, [self.heads, self.kv_heads], dim=2)
        query, key, value = (
            query.transpose(1, 2),
            key.transpose(1, 2),
            value.transpose(1, 2),
        )  # (B, H or KV, T, D)
        if cache is not None:
            key, value = cache.extend(key, value)
        mixed = self._mix(query, key, value, visible)
        return cast(Tensor, self.output(mixed.transpose(1, 2).reshape(batch, length, -1)))

    def _mix(self, query: Tensor, key: Tensor, value: Tensor, visible: Tensor | None) -> Tensor:
        if self.recorded is not None:
            return self._record(self.recorded, query, key, value, visible)
        new, total = query.shape[2], key.shape[2]
        if visible is not None:
            return visible_attention(query, key, value, visible)
        if new == total:
            return causal_attention(query, key, value)
        # New position i may see all cached positions and the new ones up to itself.
        mask = torch.ones(new, total, dtype=torch.bool, device=query.device).tril(total - new)
        return F.scaled_dot_product_attention(
            query, key, value, attn_mask=mask, enable_gqa=self.heads != self.kv_heads
        )

    def _record(
        self, maps: list[Tensor], query: Tensor, key: Tensor, value: Tensor, visible: Tensor | None
    ) -> Tensor:
        """The same mix by way of the weights themselves, which are kept."""
        length = query.shape[2]
        if visible is None:
            visible = torch.ones(length, key.shape[2], dtype=torch.bool, device=query.device)
            visible = visible.tril(key.shape[2] - length)
        weights = attention_weights(query, key, visible)
        maps.append(weights)
        return weights.to(value.dtype) @ value.repeat_interleave(self.heads // self.kv_heads, 1)


class Norm(nn.Module):
    """RMSNorm with a learned scale a channel."""

    def __init__(self, width: int, eps: float) -> None:
        super().__init__()
        self.eps = eps
        self.weight = nn.Parameter(torch.ones(width))

    def forward(self, x: Tensor) -> Tensor:
        """Normalise the last dimension."""
        return rms_norm(x, self.weight, self.eps)


class FeedForward(nn.Module):
    """SwiGLU: down(silu(gate(x)) * up(x))."""

    def __init__(self, shape: ModelShape) -> None:
        super().__init__()
        self.gate_up = nn.Linear(shape.hidden, 2 * shape.ffn, bias=False)
        self.down = nn.Linear(shape.ffn, shape.hidden, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        """Apply to (B, T, hidden), position by position."""
        return cast(Tensor, self.down(swiglu(self.gate_up(x))))


class Block(nn.Module):
    """One transformer layer: attention, then feed-forward, each on the normalised residual stream."""

    def __init__(self, shape: ModelShape) -> None:
        super().__init__()
        self.attention_norm = Norm(shape.hidden, shape.norm_eps)
        self.attention = Attention(shape)
        self.ffn_norm = Norm(shape.hidden, shape.norm_eps)
        self.feed_forward = FeedForward(shape)

    def forward(
        self,
        x: Tensor,
        cos: Tensor,
        sin: Tensor,
        cache: LayerCache | None = None,
        visible: Tensor | None = None,
    ) -> Tensor:
        """Apply to the residual stream (B, T, hidden)."""
        x = x + self.attention(self.attention_norm(x), cos, sin, cache, visible)
        return cast(Tensor, x + self.feed_forward(self.ffn_norm(x)))


class Transformer(nn.Module):
    """The whole model: tokens in, next-token logits out.

    Args:
        shape: Its numbers.
        seed: Start of the weights' random values; the same seed gives the same weights on every machine.
    """

    cos: Tensor
    sin: Tensor

    def __init__(self, shape: ModelShape, seed: int = 0) -> None:
        super().__init__()
        self.shape = shape
        self.embedding = nn.Embedding(shape.vocab, shape.hidden)
        self.blocks = nn.ModuleList(Block(shape) for _ in range(shape.layers))
        self.norm = Norm(shape.hidden, shape.norm_eps)
        self.head = nn.Linear(shape.hidden, shape.vocab, bias=False)
        if shape.tied:
            self.head.weight = self.embedding.weight
        cos, sin = rotary_tables(shape, shape.sequence)
        self.register_buffer("cos", cos, persistent=False)
        self.register_buffer("sin", sin, persistent=False)
        self._longer = (cos, sin)
        self._initialize(seed)

    @torch.no_grad()
    def _initialize(self, seed: int) -> None:
        """Normal weights, 1/sqrt(fan-in) wide; those that write to the residual stream over sqrt(2 layers) (GPT-2)."""
        generator = torch.Generator().manual_seed(seed)
        for name, weight in self.named_parameters():
            if weight.ndim < 2:
                continue
            width = 0.02 if name == "embedding.weight" else weight.shape[1] ** -0.5
            if name.endswith(("output.weight", "down.weight")):
                width /= math.sqrt(2 * self.shape.layers)
            weight.normal_(0.0, width, generator=generator)

    def hidden_states(
        self, tokens: Tensor, caches: list[LayerCache] | None = None, visible: Tensor | None = None
    ) -> Tensor:
        """Final normalised residual stream (B, T, hidden) for tokens (B, T); arguments as for :meth:`forward`."""
        start = caches[0].length if caches else 0
        cos, sin = self._angles(start, tokens.shape[1])
        x = self.embedding(tokens)
        for index, block in enumerate(self.blocks):
            x = block(x, cos, sin, caches[index] if caches else None, visible)
        return cast(Tensor, self.norm(x))

    def forward(
        self, tokens: Tensor, caches: list[LayerCache] | None = None, visible: Tensor | None = None
    ) -> Tensor:
        """Logits (B, T, vocab) at each position of (B, T).

        Args:
            tokens: (B, T) token ids.
            caches: One a layer: keys and values of earlier positions, which take those of these tokens too.
            visible: bool (T, S) or (B, T, S), which positions (S: those cached and these) each may attend to;
                None is causal, by the fastest way.
        """
        return cast(Tensor, self.head(self.hidden_states(tokens, caches, visible)))

    @torch.no_grad()
    def attention(self, tokens: Tensor, visible: Tensor | None = None) -> Tensor:
        """The attention weights of every layer and head, (B, layers, heads, T, T) float32; each row sums to 1."""
        maps: list[Tensor] = []
        for block in self.blocks:
            cast(Block, block).attention.recorded = maps
        try:
            self.hidden_states(tokens, None, visible)
        finally:
            for block in self.blocks:
                cast(Block, block).attention.recorded = None
        return torch.stack(maps, 1)

    def _angles(self, start: int, length: int) -> tuple[Tensor, Tensor]:
        cos, sin = self.cos, self.sin
        if start + length > len(cos):  # longer than trained on: the angles go on
            # A captured training step keeps reading the tables it was captured with, so those stay as they are.
            if start + length > len(self._longer[0]):
                with torch.inference_mode(False):  # so that gradients may pass by them later
                    self._longer = rotary_tables(self.shape, 2 * (start + length), cos.device)
            cos, sin = self._longer
        return cos[start : start + length], sin[start : start + length]
