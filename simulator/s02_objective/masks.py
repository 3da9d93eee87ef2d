"""Attention masks: who may look at whom. Pure numpy, the picture of what the training code asks torch for."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt


def causal_mask(length: int) -> npt.NDArray[np.bool_]:
    """The mask of a causal (left-to-right) language model (Vaswani et al. 2017, section 3.2.3).

    Training uses the same mask through ``scaled_dot_product_attention(is_causal=True)``.

    Args:
        length: Number of tokens T.

    Returns:
        Array (T, T): ``mask[query, key]`` is True where the token at ``query`` may look at the token at ``key``.

    Raises:
        ValueError: if ``length`` is negative.
    """
    if length < 0:
        raise ValueError(f"a text cannot have {length} tokens")
    return np.tril(np.ones((length, length), dtype=np.bool_))


def visible_share(mask: npt.NDArray[np.bool_]) -> float:
    """Share of all query-key pairs that the mask lets through, 0 to 1; 0 for an empty mask."""
    return float(mask.mean()) if mask.size else 0.0
