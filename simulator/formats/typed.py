"""Numbers as typed, kept exactly: a decimal such as 0.1 is no float64, and rounding it twice may go wrong.

``read_number`` keeps the number as a fraction, beside the float64 that stands for it when it is rounded further: the
one rounded to odd, from which any format of at most 51 significant bits gets the right number (Boldo & Melquiond 2008).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from fractions import Fraction

from simulator.errors import ConfigError

_LONGEST = 1_000  # characters
_LARGEST_EXPONENT = 400  # a little beyond float64, so that every overflow can be shown


@dataclass(frozen=True)
class Typed:
    """A number as given.

    Attributes:
        double: The float64 to round further; for a number without an exact float64, a neighbour that is odd.
        exact: The number itself, None for infinities and NaN.
    """

    double: float
    exact: Fraction | None

    @property
    def nearest(self) -> float:
        """The nearest float64, for showing; infinite beyond its range."""
        if self.exact is None:
            return self.double
        try:
            return float(self.exact) if self.exact else self.double
        except OverflowError:
            return math.copysign(math.inf, self.double)


def read_number(text: str) -> Typed:
    """Read a decimal number, a fraction such as ``1/3``, ``inf`` or ``nan``.

    Raises:
        ConfigError: if it is none of these, or so large, small or long that it would not be of use.
    """
    words = text.strip().replace("\N{MINUS SIGN}", "-")
    if len(words) > _LONGEST:
        raise _wrong(f"A number of {len(words):,} characters is too long.")
    top, slash, bottom = words.partition("/")
    if slash:
        dividend, divisor = _decimal(top, words), _decimal(bottom, words)
        if not (dividend.is_finite() and divisor.is_finite()) or divisor == 0:
            raise _wrong(f"'{text}' is not a number.")
        return _typed(Fraction(dividend) / Fraction(divisor), dividend.is_signed() != divisor.is_signed())
    number = _decimal(words, words)
    if number.is_finite():
        return _typed(Fraction(number), number.is_signed())
    return Typed(float(number) if not number.is_snan() else math.nan, None)


def given_number(value: float) -> Typed:
    """A float64 as it is."""
    return Typed(value, Fraction(value) if math.isfinite(value) else None)


def exact_decimal(value: float) -> str:
    """All decimal digits of a float64, without an exponent: ``0.0999755859375``, ``-0``, ``inf``, ``nan``."""
    if not math.isfinite(value):
        return "nan" if math.isnan(value) else "inf" if value > 0 else "-inf"
    text = f"{Decimal(value):f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def _decimal(text: str, whole: str) -> Decimal:
    try:
        number = Decimal(text.strip())
    except InvalidOperation:
        raise _wrong(f"'{whole}' is not a number.") from None
    if number.is_finite() and number and abs(number.adjusted()) > _LARGEST_EXPONENT:
        raise _wrong(f"'{whole}' is too far from 1: no format comes near it.")
    return number


def _wrong(message: str) -> ConfigError:
    return ConfigError("value", message, hint="Use numbers such as 0.1, -65504, 1e-8, 1/3, inf or nan.")


def _typed(exact: Fraction, negative: bool) -> Typed:
    magnitude = _round_to_odd(abs(exact))
    return Typed(-magnitude if negative else magnitude, exact)


def _round_to_odd(exact: Fraction) -> float:
    """The float64 that equals a number from 0 on, else of its two neighbours the one whose last bit is 1."""
    try:
        nearest = float(exact)
    except OverflowError:
        return math.nextafter(math.inf, 0.0)
    if Fraction(nearest) == exact:
        return nearest
    below = nearest if Fraction(nearest) < exact else math.nextafter(nearest, 0.0)
    odd = int(Fraction(below) / Fraction(math.ulp(below))) % 2 == 1
    return below if odd else math.nextafter(below, math.inf)
