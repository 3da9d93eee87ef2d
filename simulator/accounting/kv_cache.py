"""The KV cache: keys and values of all earlier positions, which generation reads again for every token.

``2 * layers * kv_heads * head_dim`` numbers a token: one key and one value for each layer and key-value head (Shazeer
2019; Pope et al. 2022). Multi-head latent attention (DeepSeek-V2), which stores one latent for both, is not covered.
"""

from __future__ import annotations

from simulator.formats.describe import find_any_format, stored_bits
from simulator.model.shapes import ModelShape

CACHE_FORMATS = ("fp32", "fp16", "bf16", "fp8_e4m3", "fp8_e5m2", "int8", "fp4_e2m1", "int4", "nf4")
"""Formats for a cache; scales of the small ones are not counted."""


def cache_bytes_per_token(layers: int, kv_heads: int, head_dim: int, format: str = "fp16") -> float:
    """Bytes for each position of each sequence.

    Raises:
        ConfigError: for an unknown format.
    """
    return 2 * layers * kv_heads * head_dim * stored_bits(find_any_format(format)) / 8


def cache_bytes(shape: ModelShape, sequence: int, batch: int = 1, format: str = "fp16") -> float:
    """Bytes for a batch of full sequences."""
    return cache_bytes_per_token(shape.layers, shape.kv_heads, shape.head_dim, format) * sequence * batch
