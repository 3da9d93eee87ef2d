"""Numbers as people type and read them."""

from __future__ import annotations

import math
from fractions import Fraction

from simulator.errors import ConfigError
from simulator.formats.typed import Typed, given_number, read_number

_NAMES = {"pi": math.pi, "π": math.pi, "e": math.e, "-pi": -math.pi, "-π": -math.pi}
_MOST_POWER = 400
_UP = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")


def parse_number(text: str) -> Typed:
    """Read a number: what ``read_number`` reads, and ``pi``, ``e``, ``2^-24``, ``65,520``.

    Raises:
        ConfigError: if it is none.
    """
    words = text.strip().lower().replace("\N{MINUS SIGN}", "-").replace("**", "^").replace("∞", "inf")
    if words in _NAMES:
        return given_number(_NAMES[words])
    base, sign, power = words.partition("^")
    if sign:
        return _power(base, power, text)
    return read_number(words.replace(",", "").replace("_", ""))


def _power(base: str, power: str, text: str) -> Typed:
    try:
        number, exponent = Fraction(base.strip()), int(power.strip().strip("()"))
    except (ValueError, ZeroDivisionError):
        raise ConfigError("value", f"'{text}' is not a power.", hint="Write it as 2^-24.") from None
    within = number and abs(exponent) <= _MOST_POWER and abs(number) < 2**64 and number.denominator < 2**64
    if not within:
        raise ConfigError("value", f"'{text}' is too far from 1: no format comes near it.")
    exact = number**exponent
    return read_number(f"{exact.numerator}/{exact.denominator}")


def power_words(exponent: int, base: int = 2) -> str:
    """``2⁻²⁴``."""
    return f"{base}{str(exponent).translate(_UP)}"


def value_words(value: float, digits: int = 10) -> str:
    """A number in at most so many digits: ``0.0999755859``, ``65,504``, ``5.96e-08``, ``−∞``, ``NaN``."""
    if math.isnan(value):
        return "NaN"
    if math.isinf(value):
        return "∞" if value > 0 else "−∞"
    text = f"{value:.{digits}g}"
    if abs(value) >= 1000 and "e" not in text:
        whole, dot, rest = text.partition(".")
        text = f"{int(whole):,}{dot}{rest}"
    return (
        text.replace("e-0", "e-")
        .replace("e+0", "e")
        .replace("e+", "e")
        .replace("-", "−", text.startswith("-"))
    )


def share_words(share: float) -> str:
    """A relative error: ``0.024 %``; very small ones as ``1.5e-6 %``."""
    percent = 100 * abs(share)
    if percent >= 1e-3:
        return f"{percent:.2g} %" if percent < 100 else f"{percent:,.0f} %"
    return f"{percent:.1e} %".replace("e-0", "e-")
