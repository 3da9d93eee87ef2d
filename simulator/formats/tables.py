"""Formats that are a table of numbers: NF4, the 4-bit NormalFloat of QLoRA (Dettmers et al. 2023, section 3).

A code is an index into sixteen numbers from -1 to 1: quantiles of the normal distribution, so that weights drawn from
it use all codes about equally often. They are no floating-point format: there are no exponent and fraction bits.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from statistics import NormalDist

import numpy as np
from numpy.typing import ArrayLike, NDArray

from simulator.errors import ConfigError
from simulator.facts import fact
from simulator.formats.codec import Bits, Doubles


@dataclass(frozen=True, kw_only=True)
class TableFormat:
    """A format whose codes are indices into a table.

    Attributes:
        name: Short name, such as ``nf4``.
        title: Its name for people.
        bits: Bits of a code.
        table: Name of the fact that holds the numbers, rising.
    """

    name: str
    title: str
    bits: int
    table: str

    @cached_property
    def numbers(self) -> Doubles:
        """The numbers by code, rising, float64."""
        return np.array(fact(self.table).numbers)

    @property
    def source(self) -> str:
        """Where it is defined."""
        return fact(self.table).source

    @cached_property
    def _borders(self) -> Doubles:
        """Half-way between neighbours; these sums of float32 numbers are exact."""
        return (self.numbers[1:] + self.numbers[:-1]) / 2

    def encode(self, values: ArrayLike) -> Bits:
        """The codes of the nearest numbers, uint32 of the same shape; half-way it is the lower one.

        What lies beyond the table gets its end; NaN, which has no code, gets that of 0.
        """
        x = np.asarray(values, dtype=np.float64)
        codes = np.searchsorted(self._borders, np.where(np.isnan(x), 0.0, x))
        return np.asarray(codes, dtype=np.uint32)

    def decode(self, bits: ArrayLike) -> Doubles:
        """The numbers of codes, float64 of the same shape.

        Raises:
            ConfigError: if a code is not in the table.
        """
        codes = np.asarray(bits)
        if codes.size and (
            codes.dtype.kind not in "iu" or codes.min() < 0 or codes.max() >= len(self.numbers)
        ):
            raise ConfigError("bits", f"{self.title} has {self.bits} bits: these are not such numbers.")
        return np.asarray(self.numbers[codes])

    def quantize(self, values: ArrayLike) -> Doubles:
        """The nearest numbers of the table, float64 of the same shape."""
        return self.decode(self.encode(values))


NF4 = TableFormat(name="nf4", title="NF4", bits=4, table="nf4-values")

NF4_OFFSET = 0.9677083
"""Probability of the outermost quantiles, ``(1 - 1/30 + 1 - 1/32) / 2`` to seven digits (the authors' code)."""


def normal_float_numbers(bits: int = 4, offset: float = NF4_OFFSET) -> NDArray[np.float64]:
    """The numbers of a NormalFloat, made as the paper does: quantiles from ``offset`` to one half on either side.

    The positive half has ``2^(bits-1)`` numbers and the negative one one fewer, so that zero has a code of its own; all
    are divided by the largest (Dettmers et al. 2023, section 3, and the authors' code). The published table was made
    in fp32: it differs from this by up to 2e-7.
    """
    normal, half = NormalDist(), 1 << (bits - 1)
    upper = [normal.inv_cdf(p) for p in np.linspace(offset, 0.5, half + 1)[:-1]]
    lower = [-normal.inv_cdf(p) for p in np.linspace(offset, 0.5, half)[:-1]]
    numbers = np.sort(np.array([*upper, 0.0, *lower]))
    return np.asarray(numbers / numbers.max())
