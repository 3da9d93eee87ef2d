"""Attention masks: who may look at whom. One formula makes the matrix that trains and the one that is drawn.

Every objective here is a prefix seen both ways and a rest seen causally; what differs is the length of the
prefix: 0 for causal, the whole row for masked. Where several documents are packed into a row, attention crosses their
borders, in all objectives alike, so that they compare. Pure: no torch, though :func:`prefix_visible` takes its tensors.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

Mask = npt.NDArray[np.bool_]


def causal_mask(length: int) -> Mask:
    """The mask of a causal (left-to-right) language model (Vaswani et al. 2017, section 3.2.3).

    Training uses the same mask through ``scaled_dot_product_attention(is_causal=True)``.

    Args:
        length: Number of tokens T.

    Returns:
        Array (T, T): ``mask[query, key]`` is True where the token at ``query`` may look at the token at ``key``.

    Raises:
        ValueError: if ``length`` is negative.
    """
    return prefix_mask(0, length)


def full_mask(length: int) -> Mask:
    """The mask of an encoder: every token sees every other (Devlin et al. 2019). Array (T, T), all True."""
    return prefix_mask(length, length)


def prefix_mask(prefix: int, length: int) -> Mask:
    """The first ``prefix`` tokens see each other; the rest see what stands before (Raffel et al. 2020, figure 4).

    Raises:
        ValueError: if ``length`` is negative.
    """
    if length < 0:
        raise ValueError(f"a text cannot have {length} tokens")
    return np.asarray(prefix_visible(np.array([prefix]), np.arange(length))[0], np.bool_)


def prefix_visible(prefix: Any, positions: Any) -> Any:
    """The masks of several rows: ``key <= query or key < prefix``.

    Args:
        prefix: (B,) numbers of tokens seen both ways, a numpy array or a torch tensor.
        positions: (T,) the numbers 0 to T-1, of the same kind.

    Returns:
        bool (B, T, T) of that kind: ``[row, query, key]`` is True where ``query`` may look at ``key``.
    """
    causal = positions[None, :] <= positions[:, None]
    return causal[None] | (positions[None, None, :] < prefix[:, None, None])


def visible_share(mask: Mask) -> float:
    """Share of all query-key pairs that the mask lets through, 0 to 1; 0 for an empty mask."""
    return float(mask.mean()) if mask.size else 0.0
