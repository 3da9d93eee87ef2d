"""Floating-point formats as data: how many bits for what, the bias, and which codes are no numbers.

A format's numbers follow from its fields alone (IEEE 754-2019, section 3.4): with e exponent bits, m fraction bits and
a bias b, the fields (s, E, F) stand for ``(-1)^s 2^(E - b) (1 + F / 2^m)`` when E > 0, and for the subnormal
``(-1)^s 2^(1 - b) F / 2^m`` when E = 0. What the top codes mean differs: that is ``special``.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from simulator.errors import ConfigError

Special = Literal["ieee", "fn", "none", "e8m0"]
Overflow = Literal["inf", "nan", "saturate"]

# What may become of a number beyond the largest one; the first is what a format does unless told otherwise.
_OVERFLOWS: dict[Special, tuple[Overflow, ...]] = {
    "ieee": ("inf", "nan", "saturate"),
    "fn": ("nan", "saturate"),
    "none": ("saturate",),
    "e8m0": ("nan", "saturate"),
}


@dataclass(frozen=True, kw_only=True)
class FloatFormat:
    """One floating-point format.

    Attributes:
        name: Short name, such as ``fp8_e4m3``.
        title: Its name for people.
        exponent_bits: Bits of the exponent field.
        mantissa_bits: Bits of the fraction field (the leading 1 of a normal number is not stored).
        bias: What the exponent field is above the exponent.
        special: Which codes are no numbers. ``ieee``: the top exponent is infinity (fraction 0) or NaN. ``fn``
            ("finite"): only the code with all bits set is NaN, there is no infinity. ``none``: every code is a
            number. ``e8m0``: a power of two alone, without sign, zero or subnormals; all bits set is NaN.
        source: Where it is defined, worded as in ``resources/facts.toml``.
        padding_bits: Unused low bits of a stored number: TF32 is kept in the layout of FP32.
    """

    name: str
    title: str
    exponent_bits: int
    mantissa_bits: int
    bias: int
    special: Special
    source: str
    padding_bits: int = 0

    @property
    def sign_bits(self) -> int:
        """1, or 0 for the unsigned E8M0."""
        return 0 if self.special == "e8m0" else 1

    @property
    def bits(self) -> int:
        """Significant bits of a number: 19 for TF32."""
        return self.sign_bits + self.exponent_bits + self.mantissa_bits

    @property
    def stored_bits(self) -> int:
        """Bits of a stored number: 32 for TF32."""
        return self.bits + self.padding_bits

    @property
    def minimum_exponent(self) -> int:
        """The power of two of the smallest normal number."""
        return -self.bias if self.special == "e8m0" else 1 - self.bias

    @property
    def magnitude_codes(self) -> int:
        """How many codes there are without the sign."""
        return 1 << (self.exponent_bits + self.mantissa_bits)

    @property
    def infinity_code(self) -> int | None:
        """The code of infinity without its sign and padding, None without one."""
        return self._infinity if self.special == "ieee" else None

    @property
    def nan_code(self) -> int | None:
        """The code that NaN becomes, without its sign and padding, None without one: quiet, no payload."""
        if self.special == "ieee":
            return self._infinity + (1 << (self.mantissa_bits - 1))
        return None if self.special == "none" else self.magnitude_codes - 1

    @property
    def largest_code(self) -> int:
        """The code of the largest finite number, without sign and padding."""
        if self.special == "ieee":
            return self._infinity - 1
        return self.magnitude_codes - (1 if self.special == "none" else 2)

    @property
    def _infinity(self) -> int:
        return ((1 << self.exponent_bits) - 1) << self.mantissa_bits

    @property
    def max(self) -> float:
        """The largest finite number."""
        exponent, fraction = divmod(self.largest_code, 1 << self.mantissa_bits)
        return float((1 + fraction / 2**self.mantissa_bits) * 2.0 ** (exponent - self.bias))

    @property
    def min_normal(self) -> float:
        """The smallest positive number with full precision."""
        return float(2.0**self.minimum_exponent)

    @property
    def min_subnormal(self) -> float:
        """The smallest positive number; E8M0 has no subnormals, so it is the smallest normal one."""
        return float(2.0 ** (self.minimum_exponent - self.mantissa_bits))

    @property
    def epsilon(self) -> float:
        """From 1 to the next larger number."""
        return float(2.0**-self.mantissa_bits)

    @property
    def max_exponent(self) -> int:
        """The power of two of the largest number ("emax" of the OCP Microscaling specification)."""
        return (self.largest_code >> self.mantissa_bits) - self.bias

    @property
    def overflows(self) -> tuple[Overflow, ...]:
        """What may become of a number that is too large; the first is the usual one."""
        return _OVERFLOWS[self.special]

    def overflow(self, wanted: str = "") -> Overflow:
        """What becomes of a number that is too large: as ``wanted``, or the format's own way for "".

        Raises:
            ConfigError: if the format cannot do that.
        """
        if not wanted:
            return self.overflows[0]
        for known in self.overflows:
            if known == wanted:
                return known
        missing = {"inf": "no infinity", "nan": "no NaN"}.get(wanted, f"no way called '{wanted}'")
        raise ConfigError("overflow", f"{self.title} has {missing} for numbers that are too large.",
                          hint=f"Choose one of: {', '.join(self.overflows)}.")  # fmt: skip


_IEEE = "as reported in IEEE 754"
_FP8 = "as reported in Micikevicius et al., FP8 formats for deep learning"
_MX = "as reported in the OCP Microscaling Formats specification"
_BF16 = "as reported in Kalamkar et al., A study of BFLOAT16"
_TF32 = "as reported in NVIDIA's A100 architecture paper"


def _format(
    name: str, title: str, exponent: int, mantissa: int, special: Special, source: str, padding: int = 0
) -> FloatFormat:
    return FloatFormat(
        name=name, title=title, exponent_bits=exponent, mantissa_bits=mantissa,
        bias=(1 << (exponent - 1)) - 1, special=special, source=source, padding_bits=padding,
    )  # fmt: skip


FORMATS: dict[str, FloatFormat] = {
    item.name: item
    for item in (
        _format("fp32", "FP32", 8, 23, "ieee", _IEEE),
        _format("tf32", "TF32", 8, 10, "ieee", _TF32, padding=13),
        _format("fp16", "FP16", 5, 10, "ieee", _IEEE),
        _format("bf16", "BF16", 8, 7, "ieee", _BF16),
        _format("fp8_e4m3", "FP8 E4M3", 4, 3, "fn", _FP8),
        _format("fp8_e5m2", "FP8 E5M2", 5, 2, "ieee", _FP8),
        _format("fp6_e3m2", "FP6 E3M2", 3, 2, "none", _MX),
        _format("fp6_e2m3", "FP6 E2M3", 2, 3, "none", _MX),
        _format("fp4_e2m1", "FP4 E2M1", 2, 1, "none", _MX),
        _format("e8m0", "E8M0", 8, 0, "e8m0", _MX),
    )
}
"""Every floating-point format by its name, wide ones first."""


def find_format(name: str) -> FloatFormat:
    """Look a floating-point format up.

    Raises:
        ConfigError: if there is none of that name.
    """
    if name not in FORMATS:
        raise ConfigError("format", f"There is no floating-point format '{name}'.",
                          hint=f"Choose one of: {', '.join(FORMATS)}.")  # fmt: skip
    return FORMATS[name]
