"""Sizes of Llama-architecture models and their parameter counts. Pure: no torch.

Counts follow the Llama papers and the ``LlamaForCausalLM`` layout: RMSNorm (no bias), rotary positions (no parameters),
grouped-query attention (Ainslie et al. 2023), SwiGLU feed-forward (Shazeer 2020), optionally a head tied to
the embedding.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from simulator.errors import ConfigError


@dataclass(frozen=True, kw_only=True)
class ModelShape:
    """The numbers that define a Llama-architecture model.

    Attributes:
        layers: Transformer blocks.
        hidden: Width of the residual stream.
        heads: Query heads; each has ``hidden / heads`` channels unless ``head_dim`` says otherwise.
        kv_heads: Key and value heads; divides ``heads``.
        ffn: Inner width of the SwiGLU feed-forward.
        vocab: Vocabulary size.
        tied: Whether the output head shares the embedding matrix.
        sequence: Longest sequence it is trained on, in tokens.
        rope_theta: Base of the rotary frequencies.
        norm_eps: Epsilon of RMSNorm.
        head_dim: Channels a head, 0 for ``hidden / heads``.
    """

    layers: int
    hidden: int
    heads: int
    kv_heads: int
    ffn: int
    vocab: int
    tied: bool = True
    sequence: int = 128
    rope_theta: float = 10_000.0
    norm_eps: float = 1e-5
    head_dim: int = 0

    def __post_init__(self) -> None:
        for name in ("layers", "hidden", "heads", "kv_heads", "ffn", "vocab", "sequence"):
            if getattr(self, name) < 1:
                raise ConfigError(name, f"{name} must be at least 1.")
        if self.head_dim == 0:
            if self.hidden % self.heads:
                raise ConfigError("heads", f"{self.heads} heads do not divide a width of {self.hidden}.")
            object.__setattr__(self, "head_dim", self.hidden // self.heads)
        if self.heads % self.kv_heads:
            raise ConfigError(
                "kv_heads", f"{self.kv_heads} key-value heads do not divide {self.heads} heads."
            )
        if self.head_dim % 2:
            raise ConfigError(
                "heads", f"Rotary positions need an even number of channels a head, not {self.head_dim}."
            )

    def parts(self) -> dict[str, int]:
        """Parameters by part, for the whole model."""
        queries = self.hidden * self.heads * self.head_dim
        keys_values = 2 * self.hidden * self.kv_heads * self.head_dim
        return {
            "embedding": self.vocab * self.hidden,
            "attention": self.layers * (2 * queries + keys_values),
            "feed_forward": self.layers * 3 * self.hidden * self.ffn,
            "norms": (2 * self.layers + 1) * self.hidden,
            "head": 0 if self.tied else self.vocab * self.hidden,
        }

    def total(self) -> int:
        """All parameters (a tied head is counted once)."""
        return sum(self.parts().values())

    def to_dict(self) -> dict[str, Any]:
        """Plain values, for a checkpoint's metadata."""
        return {name: getattr(self, name) for name in self.__dataclass_fields__}


@dataclass(frozen=True, kw_only=True)
class Size:
    """A named toy size: everything of a shape but vocabulary and sequence."""

    layers: int
    hidden: int
    heads: int
    kv_heads: int
    ffn: int


SIZES: dict[str, Size] = {
    "0.1M": Size(layers=2, hidden=64, heads=2, kv_heads=2, ffn=176),
    "0.4M": Size(layers=3, hidden=96, heads=3, kv_heads=3, ffn=256),
    "0.9M": Size(layers=4, hidden=128, heads=4, kv_heads=4, ffn=352),
    "3M": Size(layers=5, hidden=224, heads=7, kv_heads=7, ffn=608),
    "11M": Size(layers=6, hidden=384, heads=6, kv_heads=6, ffn=1024),
    "25M": Size(layers=8, hidden=512, heads=8, kv_heads=4, ffn=1408),
    "50M": Size(layers=10, hidden=640, heads=10, kv_heads=5, ffn=1792),
}


def _preset(
    layers: int, hidden: int, heads: int, kv_heads: int, ffn: int, vocab: int, sequence: int, *,
    rope_theta: float = 10_000.0, tied: bool = False,
) -> ModelShape:  # fmt: skip
    return ModelShape(
        layers=layers, hidden=hidden, heads=heads, kv_heads=kv_heads, ffn=ffn, vocab=vocab, sequence=sequence,
        rope_theta=rope_theta, tied=tied,
    )  # fmt: skip


# Published models: layers, width, heads, key-value heads, feed-forward, vocabulary, context.
PRESETS: dict[str, ModelShape] = {
    "llama-1-7b": _preset(32, 4096, 32, 32, 11008, 32000, 2048),
    "llama-1-13b": _preset(40, 5120, 40, 40, 13824, 32000, 2048),
    "llama-1-33b": _preset(60, 6656, 52, 52, 17920, 32000, 2048),
    "llama-1-65b": _preset(80, 8192, 64, 64, 22016, 32000, 2048),
    "llama-2-7b": _preset(32, 4096, 32, 32, 11008, 32000, 4096),
    "llama-2-13b": _preset(40, 5120, 40, 40, 13824, 32000, 4096),
    "llama-2-70b": _preset(80, 8192, 64, 8, 28672, 32000, 4096),
    "llama-3-8b": _preset(32, 4096, 32, 8, 14336, 128256, 8192, rope_theta=500_000.0),
    "llama-3-70b": _preset(80, 8192, 64, 8, 28672, 128256, 8192, rope_theta=500_000.0),
    "llama-3.1-405b": _preset(126, 16384, 128, 8, 53248, 128256, 131072, rope_theta=500_000.0),
    "llama-3.2-1b": _preset(16, 2048, 32, 8, 8192, 128256, 131072, rope_theta=500_000.0, tied=True),
    "mistral-7b": _preset(32, 4096, 32, 8, 14336, 32000, 8192),
}  # fmt: skip
