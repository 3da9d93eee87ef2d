"""The key-value cache: what generation keeps so that each new token costs one position, not the whole text."""

from __future__ import annotations

import torch
from torch import Tensor

from simulator.model.shapes import ModelShape


class LayerCache:
    """Keys and values of one layer, (B, kv_heads, capacity, head_dim) each, filled from the left.

    The buffers are made on first use, in the type and on the device of what comes in.
    """

    def __init__(self, capacity: int) -> None:
        self.capacity = capacity
        self.length = 0
        self._keys: Tensor | None = None
        self._values: Tensor | None = None

    def extend(self, key: Tensor, value: Tensor) -> tuple[Tensor, Tensor]:
        """Append (B, kv_heads, T, D) keys and values; return all of them so far.

        Raises:
            IndexError: if they no longer fit.
        """
        end = self.length + key.shape[2]
        if end > self.capacity:
            raise IndexError(f"the cache holds {self.capacity} positions, not {end}")
        if self._keys is None or self._values is None:
            batch, heads, _, channels = key.shape
            self._keys = key.new_empty(batch, heads, self.capacity, channels)
            self._values = torch.empty_like(self._keys)
        self._keys[:, :, self.length : end] = key
        self._values[:, :, self.length : end] = value
        self.length = end
        return self._keys[:, :, :end], self._values[:, :, :end]


def make_caches(shape: ModelShape, capacity: int) -> list[LayerCache]:
    """One empty cache a layer."""
    return [LayerCache(capacity) for _ in range(shape.layers)]
