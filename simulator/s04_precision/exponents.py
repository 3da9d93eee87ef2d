"""How large numbers are: counts by power of two, and the shares that each format loses at either end."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from typing import Any

import numpy as np
import torch
from torch import Tensor

from simulator.formats.floats import FORMATS, FloatFormat
from simulator.training.float8 import SMALLEST_AMAX

LOWEST, HIGHEST = -60, 20
"""Powers of two that have a bar of their own; what is beyond them is counted in the outermost bars."""

EDGES = tuple(range(LOWEST, HIGHEST + 1))
"""The n + 1 edges of the n bars: bar i holds the numbers with ``EDGES[i] <= log2 |x| < EDGES[i + 1]``."""

SHOWN = ("fp16", "bf16", "fp8_e4m3", "fp8_e5m2")
"""Formats whose shares are counted for every set of numbers."""


@dataclass(frozen=True)
class Limits:
    """Where a format loses numbers when it rounds to the nearest.

    Attributes:
        zero: Magnitudes up to this become 0 (half the smallest number; the tie goes to 0, which is even).
        normal: Below this, numbers are subnormal: some of their bits are lost.
        over: Magnitudes from this on are too large.
    """

    zero: float
    normal: float
    over: float


@cache
def limits_of(name: str) -> Limits:
    """The limits of a format, by its name."""
    format: FloatFormat = FORMATS[name]
    ulp = 2.0 ** (format.max_exponent - format.mantissa_bits)
    over = format.max + ulp / 2
    if format.largest_code % 2 == 0:  # the tie goes to the largest number, which is even
        over = float(np.nextafter(np.float32(over), np.float32(np.inf)))
    return Limits(format.min_subnormal / 2, format.min_normal, over)


class _Below:
    """Counts how many magnitudes lie below each of some bounds, in one pass over each tensor."""

    def __init__(self, bounds: Iterable[float]) -> None:
        self._bounds = sorted({float(np.float32(bound)) for bound in bounds})
        self._counts: Tensor | None = None

    def add(self, magnitude: Tensor) -> None:
        """Count a tensor (n,) of magnitudes; NaN is below no bound."""
        bounds = torch.tensor(self._bounds, device=magnitude.device)
        counts = torch.bincount(torch.bucketize(magnitude, bounds, right=True), minlength=len(bounds) + 1)
        self._counts = counts if self._counts is None else self._counts + counts

    def table(self) -> dict[float, int]:
        """By bound, how many are below it."""
        if self._counts is None:
            return dict.fromkeys(self._bounds, 0)
        return dict(zip(self._bounds, self._counts.cumsum(0).tolist(), strict=False))


_SMALLEST = 2.0**-149  # of fp32: only zero is below


def _bounds_of(name: str) -> tuple[float, float, float]:
    """What is below the first becomes 0, below the second is subnormal or 0, and from the third on is too large."""
    limits = limits_of(name)
    return float(np.nextafter(np.float32(limits.zero), np.float32(1))), limits.normal, limits.over


class ExponentCounter:
    """Counts numbers of many tensors by their power of two.

    Args:
        own: One of ``SHOWN``, whose shares are told first, or "" for none.
        tensor_scaled: Whether that format gets every tensor scaled to its largest number first.
    """

    def __init__(self, own: str = "", *, tensor_scaled: bool = False) -> None:
        self._own, self._tensor_scaled = own, tensor_scaled and bool(own)
        limits = [bound for name in SHOWN for bound in _bounds_of(name)]
        self._raw = _Below([_SMALLEST, math.inf, *(2.0**edge for edge in EDGES), *limits])
        self._scaled = _Below([_SMALLEST, *(_bounds_of(own) if own else ())])
        self._total = 0

    @torch.no_grad()
    def add(self, *tensors: Tensor, factor: float = 1.0) -> None:
        """Count the numbers of tensors, each multiplied by ``factor`` first."""
        parts = [tensor.detach().float().abs().flatten() * factor for tensor in tensors]
        magnitude = torch.cat(parts)
        self._total += magnitude.numel()
        self._raw.add(magnitude)
        if self._tensor_scaled:
            largest = FORMATS[self._own].max
            self._scaled.add(
                torch.cat([part * (largest / part.amax().clamp_min(SMALLEST_AMAX)) for part in parts])
            )

    def fields(self) -> dict[str, Any]:
        """Plain values for a record.

        ``counts`` (by bar), ``zeros``, ``total``, and as shares of all numbers ``below`` (the format rounds to 0),
        ``subnormal`` (some bits are lost), ``overflow``: of the own format where there is one; by name under
        ``formats``.
        """
        below = self._raw.table()
        steps = [below[_SMALLEST], *(below[2.0**edge] for edge in EDGES[1:-1]), below[math.inf]]
        formats = {name: self._shares(below, name) for name in SHOWN}
        own = (
            self._shares(self._scaled.table(), self._own)
            if self._tensor_scaled
            else formats.get(self._own, {})
        )
        return {
            "counts": [after - before for before, after in pairwise(steps)], "zeros": below[_SMALLEST],
            "total": self._total, **own, "formats": formats,
        }  # fmt: skip

    def _shares(self, below: Mapping[float, int], name: str) -> dict[str, float]:
        zero, normal, over = (below[float(np.float32(bound))] for bound in _bounds_of(name))
        counts = {
            "below": zero - below[_SMALLEST], "subnormal": normal - zero, "overflow": self._total - over
        }  # fmt: skip
        return {key: count / max(self._total, 1) for key, count in counts.items()}
