"""Everything about one number in a format: its bits by part, its exact value, its error, its neighbours.

What the bit view shows and ``calc format`` prints; all of it comes from the codec.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, Literal, TypeAlias

import numpy as np

from simulator.errors import ConfigError
from simulator.formats.codec import Rounding, decode, encode, next_down, next_up
from simulator.formats.floats import FORMATS, FloatFormat
from simulator.formats.integers import INTEGERS, IntegerFormat, IntegerScale
from simulator.formats.tables import NF4, TableFormat
from simulator.formats.typed import Typed, exact_decimal, given_number, read_number

AnyFormat: TypeAlias = FloatFormat | TableFormat | IntegerFormat
Kind = Literal["zero", "subnormal", "normal", "infinity", "nan"]
Fate = Literal["exact", "rounded", "underflow", "overflow", "saturated", "lost"]

ALL_FORMATS: dict[str, AnyFormat] = {**FORMATS, NF4.name: NF4, **INTEGERS}
"""Every format of single numbers by its name: floats, NF4, integers."""


@dataclass(frozen=True, kw_only=True)
class Part:
    """Some neighbouring bits of a number.

    Attributes:
        name: ``sign``, ``exponent``, ``mantissa``, ``unused`` (of TF32), or ``code`` (of tables and integers).
        bits: The bits, highest first, such as ``01111``.
    """

    name: str
    bits: str


@dataclass(frozen=True, kw_only=True)
class Number:
    """One number in a format.

    Attributes:
        format: Name of the format.
        bits: The bits as a whole number.
        hex: The bits in hexadecimal digits, as many as the format fills.
        parts: The bits by part, highest first.
        sign: The sign bit, 0 where there is none; of a table's number, whether it is negative.
        exponent: The exponent field as stored, None without one.
        mantissa: The fraction field as stored; of tables and integers the code without its sign.
        power: The exponent that the field stands for, None for what is not finite and without a field.
        value: The number, exactly.
        exact: All its decimal digits.
        asked: What it stands in for, nearest float64; the value itself where bits were given.
        error: ``value - asked``, worked out exactly and then rounded to float64.
        relative_error: The same over the magnitude asked for; None for 0 and what is not finite.
        ulp: Distance of neighbours with this exponent ("unit in the last place"); None where it has no meaning.
        below: The next smaller number, None at the end.
        above: The next larger number, None at the end.
        kind: Zero, subnormal, normal, infinity or NaN.
        fate: What became of what was asked: ``exact``, ``rounded``, ``underflow`` (to zero), ``overflow`` (to infinity
            or NaN), ``saturated`` (to the largest), ``lost`` (NaN, in a format without one).
    """

    format: str
    bits: int
    hex: str
    parts: tuple[Part, ...]
    sign: int
    exponent: int | None
    mantissa: int
    power: int | None
    value: float
    exact: str
    asked: float
    error: float
    relative_error: float | None
    ulp: float | None
    below: float | None
    above: float | None
    kind: Kind
    fate: Fate

    def to_dict(self) -> dict[str, Any]:
        """Plain values; ``bits`` in hexadecimal, ``parts`` as texts by name."""
        names = [name for name in self.__dataclass_fields__ if name not in ("hex", "parts")]
        values = {name: getattr(self, name) for name in names}
        return {**values, "bits": self.hex, "parts": {part.name: part.bits for part in self.parts}}


def find_any_format(name: str) -> AnyFormat:
    """Look a format of single numbers up: floats, NF4 and integers.

    Raises:
        ConfigError: if there is none of that name.
    """
    if name not in ALL_FORMATS:
        raise ConfigError("format", f"There is no format '{name}'.",
                          hint=f"Choose one of: {', '.join(ALL_FORMATS)}.")  # fmt: skip
    return ALL_FORMATS[name]


def describe_value(
    value: float | str,
    format: AnyFormat,
    rounding: Rounding = "nearest-even",
    overflow: str = "",
    *,
    scale: float = 1.0,
    generator: np.random.Generator | None = None,
) -> Number:
    """The number that a value becomes.

    Args:
        value: A float64 as it is, or a number as typed, which is rounded once from its exact value.
        format: The format.
        rounding: Of floating-point formats, as for :func:`simulator.formats.codec.encode`.
        overflow: Of floating-point formats, likewise.
        scale: The step of an integer format.
        generator: Of the random numbers of stochastic rounding.

    Raises:
        ConfigError: if the text is no number, or the format cannot do what is asked.
    """
    asked = read_number(value) if isinstance(value, str) else given_number(value)
    if isinstance(format, FloatFormat):
        bits = int(encode(asked.double, format, rounding, overflow, generator))
    elif isinstance(format, TableFormat):
        bits = int(format.encode(asked.double))
    else:
        bits = int(_integer_scale(format, scale).encode(asked.double)) & ((1 << format.bits) - 1)
    return _describe(bits, format, scale, asked)


def describe_bits(bits: int, format: AnyFormat, *, scale: float = 1.0) -> Number:
    """The number that bits stand for.

    Args:
        bits: A whole number that fits in the format.
        format: The format.
        scale: The step of an integer format.

    Raises:
        ConfigError: if the bits do not fit.
    """
    width = stored_bits(format)
    if not 0 <= bits < 1 << width:
        raise ConfigError("bits", f"{bits:x} does not fit in the {width} bits of {format.title}.")
    return _describe(bits, format, scale, None)


def stored_bits(format: AnyFormat) -> int:
    """Bits of a stored number: 32 for TF32."""
    return format.stored_bits if isinstance(format, FloatFormat) else format.bits


def read_bits(text: str, format: AnyFormat) -> int:
    """Bits in hexadecimal digits, with or without ``0x``.

    Raises:
        ConfigError: if they are not, or do not fit in the format.
    """
    digits = text.strip().lower().removeprefix("0x").replace("_", "")
    width = stored_bits(format)
    if not digits or len(digits) > 64 or any(digit not in "0123456789abcdef" for digit in digits):
        raise ConfigError("bits", f"'{text[:80]}' is not a hexadecimal number.",
                          hint=f"Give the {width} bits of {format.title} in digits such as 3c00.")  # fmt: skip
    bits = int(digits, 16)
    if bits >> width:
        raise ConfigError("bits", f"{text.strip()} does not fit in the {width} bits of {format.title}.")
    return bits


# ---- the parts ----


@dataclass(frozen=True, kw_only=True)
class _Fields:
    """What depends on the family of the format."""

    parts: tuple[Part, ...]
    sign: int
    exponent: int | None
    mantissa: int
    power: int | None
    value: float
    ulp: float | None
    below: float | None
    above: float | None
    kind: Kind


def _describe(bits: int, format: AnyFormat, scale: float, asked: Typed | None) -> Number:
    if isinstance(format, FloatFormat):
        fields = _float_fields(bits, format)
    elif isinstance(format, TableFormat):
        fields = _table_fields(bits, format)
    else:
        fields = _integer_fields(bits, format, scale)
    given = given_number(fields.value) if asked is None else asked
    error, relative = _errors(fields.value, given)
    return Number(
        format=format.name, bits=bits, hex=f"{bits:0{-(-stored_bits(format) // 4)}x}",
        exact=exact_decimal(fields.value), asked=given.nearest, error=error, relative_error=relative,
        fate=_fate(fields.value, given, _limits(format, scale)), **vars(fields),
    )  # fmt: skip


def _float_fields(bits: int, format: FloatFormat) -> _Fields:
    codes = f"{bits:0{format.stored_bits}b}"
    widths = [
        ("sign", format.sign_bits), ("exponent", format.exponent_bits), ("mantissa", format.mantissa_bits),
        ("unused", format.padding_bits),
    ]  # fmt: skip
    parts, start = [], 0
    for name, width in widths:
        if width:
            parts.append(Part(name=name, bits=codes[start : start + width]))
        start += width
    code = bits >> format.padding_bits
    exponent = (code >> format.mantissa_bits) & ((1 << format.exponent_bits) - 1)
    value = float(decode(bits, format))
    kind = _kind(value, format)
    effective = exponent if format.special == "e8m0" else max(exponent, 1)
    finite = math.isfinite(value)
    return _Fields(
        parts=tuple(parts),
        sign=code >> (format.bits - 1) if format.sign_bits else 0,
        exponent=exponent,
        mantissa=code & ((1 << format.mantissa_bits) - 1),
        power=effective - format.bias if finite and value else None,
        value=value,
        ulp=2.0 ** (effective - format.bias - format.mantissa_bits) if finite else None,
        below=_other(float(decode(next_down(bits, format), format)), value),
        above=_other(float(decode(next_up(bits, format), format)), value),
        kind=kind,
    )


def _kind(value: float, format: FloatFormat) -> Kind:
    if math.isnan(value):
        return "nan"
    if math.isinf(value):
        return "infinity"
    if value == 0:
        return "zero"
    return "subnormal" if abs(value) < format.min_normal else "normal"


def _table_fields(bits: int, format: TableFormat) -> _Fields:
    numbers, value = format.numbers, float(format.decode(bits))
    return _Fields(
        parts=(Part(name="code", bits=f"{bits:0{format.bits}b}"),),
        sign=int(value < 0), exponent=None, mantissa=bits, power=None, value=value, ulp=None,
        below=float(numbers[bits - 1]) if bits else None,
        above=float(numbers[bits + 1]) if bits + 1 < len(numbers) else None,
        kind="normal" if value else "zero",
    )  # fmt: skip


def _integer_fields(bits: int, format: IntegerFormat, scale: float) -> _Fields:
    top = 1 << (format.bits - 1)
    whole = bits - 2 * top if bits & top else bits
    text = f"{bits:0{format.bits}b}"
    return _Fields(
        parts=(Part(name="sign", bits=text[0]), Part(name="code", bits=text[1:])),
        sign=int(bool(bits & top)), exponent=None, mantissa=bits & (top - 1), power=None,
        value=whole * scale, ulp=scale,
        below=(whole - 1) * scale if whole > format.lowest else None,
        above=(whole + 1) * scale if whole < format.largest else None,
        kind="normal" if whole else "zero",
    )  # fmt: skip


def _integer_scale(format: IntegerFormat, scale: float) -> IntegerScale:
    if not (math.isfinite(scale) and scale > 0):
        raise ConfigError("scale", f"{scale:g} is no scale.", hint="Use a number above 0.")
    return IntegerScale(format=format, scale=np.asarray(scale), zero=np.asarray(0))


def _other(neighbour: float, value: float) -> float | None:
    """A neighbour, None where it is the number itself."""
    return None if neighbour == value or math.isnan(neighbour) else neighbour


def _limits(format: AnyFormat, scale: float) -> tuple[Fraction, Fraction]:
    """What lies beyond these (low, high) is too far from the format's ends to be rounded to them."""
    if isinstance(format, TableFormat):
        return Fraction(float(format.numbers[0])), Fraction(float(format.numbers[-1]))
    if isinstance(format, IntegerFormat):
        half = Fraction(scale) / 2
        return format.lowest * Fraction(scale) - half, format.largest * Fraction(scale) + half
    high = Fraction(format.max) + Fraction(2) ** (format.max_exponent - format.mantissa_bits) / 2
    return (-high if format.sign_bits else Fraction(0)), high


# ---- error and fate ----


def _errors(value: float, asked: Typed) -> tuple[float, float | None]:
    if asked.exact is None or not math.isfinite(value):
        same = value == asked.double or (math.isnan(value) and math.isnan(asked.double))
        return (0.0 if same else value - asked.nearest), None
    error = Fraction(value) - asked.exact
    relative = error / abs(asked.exact) if asked.exact else None
    return _float(error), None if relative is None else _float(relative)


def _float(number: Fraction) -> float:
    try:
        return float(number)
    except OverflowError:
        return math.copysign(math.inf, number)


def _fate(value: float, asked: Typed, limits: tuple[Fraction, Fraction]) -> Fate:
    if math.isnan(asked.double):
        return "exact" if math.isnan(value) else "lost"
    if asked.exact is None:
        return "exact" if value == asked.double else "overflow" if math.isnan(value) else "saturated"
    if not math.isfinite(value):
        return "overflow"
    if Fraction(value) == asked.exact:
        return "exact"
    if value == 0:
        return "underflow"
    return "rounded" if limits[0] <= asked.exact <= limits[1] else "saturated"
