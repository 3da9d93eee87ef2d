"""The codec: float64 to the bits of any format and back, exact and in whole arrays.

Rounding works on the float64 itself, never by way of a narrower type, so nothing is rounded twice. A number x with
exponent e (not below the format's smallest) is an integer count of quanta ``2^(e - m)`` and a rest: scaling by a
power of two is exact, and one rounding to an integer does it, ties to even, as IEEE 754-2019 section 4.3.1 says. The
code is then ``(e - minimum) 2^m + count``: a carry out of the fraction moves the exponent up by itself, and subnormal
numbers need no case of their own.
"""

from __future__ import annotations

from functools import cache
from typing import Literal, NamedTuple, TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray

from simulator.errors import ConfigError
from simulator.formats.floats import FloatFormat

Rounding = Literal["nearest-even", "stochastic", "toward-zero"]
ROUNDINGS: tuple[Rounding, ...] = ("nearest-even", "stochastic", "toward-zero")

Bits: TypeAlias = NDArray[np.uint32]
Doubles: TypeAlias = NDArray[np.float64]

_FRACTION, _BIAS, _TOP = 52, 1023, 0x7FF  # of float64
_TABLE_BITS = 16  # formats up to this size are decoded by looking up


def encode(
    values: ArrayLike,
    format: FloatFormat,
    rounding: Rounding = "nearest-even",
    overflow: str = "",
    generator: np.random.Generator | None = None,
) -> Bits:
    """The bits of the numbers of a format that values round to.

    Zeros keep their sign; subnormal numbers are kept. NaN becomes the format's quiet NaN with its sign, or 0 where
    there is none. E8M0 holds positive powers of two only: zero and negative numbers become NaN, what is below its
    smallest power becomes that. Toward zero, a finite number never passes the largest one (IEEE 754-2019, section 7.4).

    Args:
        values: Numbers of any shape, taken as float64.
        format: The format.
        rounding: ``nearest-even``, ``toward-zero``, or ``stochastic``: up or down at random, as likely as each is near,
            so that the mean is right (Gupta et al. 2015).
        overflow: What becomes of numbers beyond the largest and of infinities: ``inf``, ``nan``, ``saturate``, or ""
            for the format's own way (``inf`` in IEEE formats, ``nan`` in E4M3 and E8M0, else ``saturate``).
        generator: Of the random numbers, needed for ``stochastic``.

    Returns:
        uint32 of the same shape, the number's bits lowest (TF32: in the layout of FP32).

    Raises:
        ConfigError: for an unknown rounding, an overflow that the format does not have, or no generator.
    """
    shape, x = _flat(values)
    way = format.overflow(overflow)
    rounded = _round(x, format, rounding, generator)
    with np.errstate(invalid="ignore"):  # infinities and NaN get their codes below
        codes = rounded.quanta.astype(np.int64)
    codes += (rounded.exponent - format.minimum_exponent) << format.mantissa_bits
    if format.special == "e8m0":
        codes -= 1  # no zero: the code 0 is the smallest power
    beyond = codes > format.largest_code
    codes[beyond] = _beyond_code(format, "saturate" if rounding == "toward-zero" else way)
    _encode_specials(x, codes, format, way)
    if format.sign_bits:
        codes |= np.signbit(x).astype(np.int64) << (format.bits - 1)
        if format.nan_code is None:
            codes[np.isnan(x)] = 0
    return (codes << format.padding_bits).astype(np.uint32).reshape(shape)


def decode(bits: ArrayLike, format: FloatFormat) -> Doubles:
    """The numbers that bits stand for, exactly.

    Args:
        bits: Whole numbers of any shape; the unused low bits of TF32 are left out of account.
        format: The format.

    Returns:
        float64 of the same shape.

    Raises:
        ConfigError: if bits do not fit in the format.
    """
    shape, codes = _codes(bits, format)
    numbers: Doubles = _table(format)[codes] if format.bits <= _TABLE_BITS else _decode(codes, format)
    return numbers.reshape(shape)


def quantize(
    values: ArrayLike,
    format: FloatFormat,
    rounding: Rounding = "nearest-even",
    overflow: str = "",
    generator: np.random.Generator | None = None,
) -> Doubles:
    """The numbers of a format that values round to: ``decode(encode(values))``, in fewer passes.

    Arguments and errors as for :func:`encode`; returns float64 of the same shape.
    """
    if format.special == "e8m0":
        return decode(encode(values, format, rounding, overflow, generator), format)
    shape, x = _flat(values)
    way = format.overflow(overflow)
    rounded = _round(x, format, rounding, generator)
    result = rounded.quanta * _power_of_two(rounded.exponent - format.mantissa_bits)
    beyond = result > format.max  # NaN is not
    if beyond.any():
        result[beyond] = _beyond_value(format, "saturate" if rounding == "toward-zero" else way)
        result[np.isinf(x)] = _beyond_value(format, way)
    np.copysign(result, x, out=result)
    nan = np.isnan(x)
    if nan.any():
        result[nan] = 0.0 if format.nan_code is None else x[nan]
    return result.reshape(shape)


def next_up(bits: ArrayLike, format: FloatFormat) -> Bits:
    """The bits of the next larger number, as IEEE 754-2019's nextUp.

    After the largest comes infinity; formats without one stay there. Both zeros go to the smallest positive number.
    NaN stays NaN. Same shape as ``bits``.
    """
    return _step(bits, format, up=True)


def next_down(bits: ArrayLike, format: FloatFormat) -> Bits:
    """The bits of the next smaller number: :func:`next_up` mirrored."""
    return _step(bits, format, up=False)


# ---- encoding ----


def _flat(values: ArrayLike) -> tuple[tuple[int, ...], Doubles]:
    """The shape of values, and the values in one row of float64."""
    array = np.asarray(values, dtype=np.float64)
    return array.shape, array.reshape(-1)


class _Rounded(NamedTuple):
    """Magnitudes as ``quanta * 2^(exponent - mantissa_bits)``; for what is not finite, of no meaning."""

    quanta: Doubles
    exponent: NDArray[np.int64]


def _round(
    x: Doubles, format: FloatFormat, rounding: Rounding, generator: np.random.Generator | None
) -> _Rounded:
    if rounding not in ROUNDINGS:
        raise ConfigError("rounding", f"There is no rounding '{rounding}'.",
                          hint=f"Choose one of: {', '.join(ROUNDINGS)}.")  # fmt: skip
    field = (x.view(np.int64) >> _FRACTION) & _TOP
    exponent = np.clip(field - _BIAS, format.minimum_exponent, _BIAS)
    with np.errstate(invalid="ignore", over="ignore"):  # infinities and NaN are put right later
        scaled = np.abs(x) * _power_of_two(format.mantissa_bits - exponent)
        if rounding == "nearest-even":
            count = np.rint(scaled) if format.mantissa_bits else _round_power(scaled, exponent, format)
        elif rounding == "toward-zero":
            count = np.floor(scaled)
        else:
            if generator is None:
                raise ConfigError("rounding", "Stochastic rounding needs a generator of random numbers.")
            # Up where the rest is more than u: with probability exactly the rest, to 2^-53.
            count = np.floor(scaled)
            count += scaled - count > generator.random(x.shape)
    if format.special == "e8m0":
        count = np.maximum(count, 1.0)
    return _Rounded(count, exponent)


def _round_power(scaled: Doubles, exponent: NDArray[np.int64], format: FloatFormat) -> Doubles:
    """Powers of two alone, 1 or 2 quanta, as ml_dtypes and torch round them: the specification says nothing.

    Half-way goes up. Between the two smallest powers, where a float32 is subnormal, everything goes up.
    """
    lowest = (exponent == format.minimum_exponent) & (scaled > 1)
    return np.where(lowest | (scaled >= 1.5), 2.0, 1.0)


def _power_of_two(exponent: NDArray[np.int64]) -> Doubles:
    """``2^exponent`` for exponents of normal float64, made from its bits."""
    bits: NDArray[np.int64] = (exponent + _BIAS) << _FRACTION
    return bits.view(np.float64)


def _encode_specials(x: Doubles, codes: NDArray[np.int64], format: FloatFormat, way: str) -> None:
    codes[np.isinf(x)] = _beyond_code(format, way)
    nan = ~(x > 0) if format.special == "e8m0" else np.isnan(x)
    codes[nan] = 0 if format.nan_code is None else format.nan_code


def _beyond_code(format: FloatFormat, way: str) -> int:
    codes = {"inf": format.infinity_code, "nan": format.nan_code}
    code = codes.get(way)
    return format.largest_code if code is None else code


def _beyond_value(format: FloatFormat, way: str) -> float:
    return {"inf": np.inf, "nan": np.nan}.get(way, format.max)


# ---- decoding ----


def _codes(bits: ArrayLike, format: FloatFormat) -> tuple[tuple[int, ...], NDArray[np.int64]]:
    """The shape of bits, and the bits in one row without the padding.

    Raises:
        ConfigError: if they do not fit.
    """
    raw = np.asarray(bits)
    if raw.size and (raw.dtype.kind not in "iu" or raw.min() < 0 or int(raw.max()) >> format.stored_bits):
        raise ConfigError(
            "bits", f"{format.title} has {format.stored_bits} bits: these are not such numbers."
        )
    return raw.shape, raw.reshape(-1).astype(np.int64) >> format.padding_bits


@cache
def _table(format: FloatFormat) -> Doubles:
    table = _decode(np.arange(1 << format.bits), format)
    table.setflags(write=False)
    return table


def _decode(codes: NDArray[np.int64], format: FloatFormat) -> Doubles:
    magnitude = codes & (format.magnitude_codes - 1)
    field = magnitude >> format.mantissa_bits
    fraction = (magnitude & ((1 << format.mantissa_bits) - 1)).astype(np.float64)
    normal = np.ones_like(field, dtype=bool) if format.special == "e8m0" else field > 0
    count = fraction + np.where(normal, float(1 << format.mantissa_bits), 0.0)
    exponent = np.where(normal, field, 1) - format.bias
    numbers = count * _power_of_two(exponent - format.mantissa_bits)
    numbers[magnitude > format.largest_code] = np.nan
    if format.infinity_code is not None:
        numbers[magnitude == format.infinity_code] = np.inf
    if format.sign_bits:
        np.negative(numbers, out=numbers, where=(codes >> (format.bits - 1)) != 0)
    return numbers


# ---- neighbours ----


def _step(bits: ArrayLike, format: FloatFormat, *, up: bool) -> Bits:
    shape, codes = _codes(bits, format)
    magnitude = codes & (format.magnitude_codes - 1)
    top = format.largest_code if format.infinity_code is None else format.infinity_code
    if not format.sign_bits:
        stepped = np.clip(magnitude + (1 if up else -1), 0, top)
        return np.where(magnitude > top, codes, stepped).astype(np.uint32).reshape(shape)
    # Codes in the order of their numbers: ..., -1 is the smallest negative one, 0 both zeros, 1, ...
    order = np.where(codes >> (format.bits - 1), -magnitude, magnitude)
    moved = np.clip(order + (1 if up else -1), -top, top)
    # From the smallest negative number, up is the negative zero; from the smallest positive one, down is zero.
    negative = (moved < 0) | ((moved == 0) & (order < 0))
    stepped = np.abs(moved) | (negative.astype(np.int64) << (format.bits - 1))
    result = np.where(magnitude > top, codes, stepped)  # NaN stays
    return (result << format.padding_bits).astype(np.uint32).reshape(shape)
