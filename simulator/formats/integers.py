"""Integer formats with a scale: what INT8 and INT4 quantization store.

``value = scale * (code - zero)`` with one scale (and, if asymmetric, one zero point) for a whole array or for each of
its channels (Jacob et al. 2018, equation 1; Krishnamoorthi 2018, section 2).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from simulator.errors import ConfigError
from simulator.formats.codec import Doubles


@dataclass(frozen=True, kw_only=True)
class IntegerFormat:
    """Whole numbers in two's complement.

    Attributes:
        name: Short name, such as ``int8``.
        title: Its name for people.
        bits: Bits of a number.
    """

    name: str
    title: str
    bits: int
    source: str = "two's complement, as every processor has it"

    @property
    def lowest(self) -> int:
        """The smallest number, -128 for INT8."""
        return -(1 << (self.bits - 1))

    @property
    def largest(self) -> int:
        """The largest number, 127 for INT8."""
        return (1 << (self.bits - 1)) - 1


INTEGERS: dict[str, IntegerFormat] = {
    "int8": IntegerFormat(name="int8", title="INT8", bits=8),
    "int4": IntegerFormat(name="int4", title="INT4", bits=4),
}


@dataclass(frozen=True, kw_only=True)
class IntegerScale:
    """How whole numbers stand for values: ``scale * (code - zero)``.

    Attributes:
        format: The whole numbers.
        scale: The step, positive; a scalar, or shaped so that it spreads over the values.
        zero: The code that stands for 0: 0 if symmetric.
        narrow: Whether the lowest code is left out, so that both sides reach equally far.
    """

    format: IntegerFormat
    scale: Doubles
    zero: NDArray[np.int64]
    narrow: bool = False

    def encode(self, values: ArrayLike) -> NDArray[np.int64]:
        """The nearest codes (ties to even), int64 of the same shape; beyond the ends, the ends. NaN becomes 0's."""
        x = np.asarray(values, dtype=np.float64)
        low = self.format.lowest + (1 if self.narrow else 0)
        steps = np.where(np.isnan(x), 0.0, np.rint(x / self.scale))
        return np.asarray(np.clip(steps + self.zero, low, self.format.largest).astype(np.int64))

    def decode(self, codes: ArrayLike) -> Doubles:
        """The values of codes, float64 of the same shape.

        Raises:
            ConfigError: if a code does not fit in the format.
        """
        whole = np.asarray(codes)
        low, high = self.format.lowest, self.format.largest
        if whole.size and (whole.dtype.kind not in "iu" or whole.min() < low or whole.max() > high):
            raise ConfigError("bits", f"{self.format.title} holds whole numbers from {low} to {high} only.")
        return np.asarray(self.scale * (whole - self.zero))

    def quantize(self, values: ArrayLike) -> Doubles:
        """The nearest values that can be held, float64 of the same shape."""
        return self.decode(self.encode(values))


def symmetric_scale(
    values: ArrayLike, format: IntegerFormat, axis: int | tuple[int, ...] | None = None
) -> IntegerScale:
    """The scale that takes the largest magnitude to the largest code; 0 stays 0 and the lowest code is not used.

    Args:
        values: What will be quantized; finite.
        format: The whole numbers.
        axis: The axes that share a scale; None for one scale for all.

    Raises:
        ConfigError: for no values, or some that are not finite.
    """
    x = _finite(values)
    largest = np.abs(x).max(axis=axis, keepdims=axis is not None)
    scale = np.where(largest > 0, largest / format.largest, 1.0)
    return IntegerScale(
        format=format, scale=_usable(scale), zero=np.zeros_like(scale, dtype=np.int64), narrow=True
    )


def asymmetric_scale(
    values: ArrayLike, format: IntegerFormat, axis: int | tuple[int, ...] | None = None
) -> IntegerScale:
    """The scale and zero point that use all codes from the smallest value to the largest.

    The range is widened to hold 0, which gets a code of its own: padding and ReLU's zeros stay exact (Jacob et al.
    2018, section 2.1). Arguments and errors as for :func:`symmetric_scale`.
    """
    x = _finite(values)
    keep = axis is not None
    low = np.minimum(x.min(axis=axis, keepdims=keep), 0.0)
    high = np.maximum(x.max(axis=axis, keepdims=keep), 0.0)
    steps = format.largest - format.lowest
    # Divided before subtracting: the span of two large numbers may be beyond float64.
    scale = np.where(high > low, high / steps - low / steps, 1.0)
    scale = _usable(scale)
    zero = np.clip(np.rint(format.lowest - low / scale), format.lowest, format.largest)
    return IntegerScale(format=format, scale=scale, zero=np.asarray(zero.astype(np.int64)))


def _finite(values: ArrayLike) -> Doubles:
    x = np.asarray(values, dtype=np.float64)
    if not x.size:
        raise ConfigError("values", "There are no values to find a scale for.")
    if not np.isfinite(x).all():
        raise ConfigError(
            "values", "Some values are infinite or not a number, so there is no scale for them."
        )
    return x


def _usable(scale: NDArray[np.float64]) -> Doubles:
    """No step of 0, where the values are so small that dividing them left nothing."""
    return np.asarray(np.maximum(scale, np.finfo(np.float64).smallest_subnormal))
