"""Numbers as the tab writes them: rates, shares, steps. No Qt here."""

from __future__ import annotations

import math

_MANY_STEPS = 100_000


def rate_words(rate: float, digits: int = 3) -> str:
    """A learning rate as people write it: ``3e-4``, ``1.25e-3``, ``0.02``, ``0``."""
    if not math.isfinite(rate):
        return "–"
    if rate == 0:
        return "0"
    if 0.01 <= abs(rate) < 1000:
        return f"{rate:.{digits}g}"
    mantissa, _, power = f"{rate:.{digits - 1}e}".partition("e")
    short = mantissa.rstrip("0").rstrip(".") if "." in mantissa else mantissa
    return short if int(power) == 0 else f"{short}e{int(power)}"


def share_words(share: float) -> str:
    """A share as per cent with as many digits as say something: ``0.07 %``, ``4.2 %``, ``35 %``; never broken."""
    percent = 100.0 * share
    if percent == 0 or percent >= 9.95:
        return f"{percent:.0f}\u00a0%"
    return f"{percent:.2g}\u00a0%"


def rounded(value: float, digits: int = 3) -> float:
    """A number with so many significant digits."""
    return float(f"{value:.{digits - 1}e}") if math.isfinite(value) else value


def step_words(step: float) -> str:
    """A number of steps: ``2,000``, from 100,000 on ``1.2M``."""
    if step < _MANY_STEPS:
        return f"{step:,.0f}"
    for size, letter in ((1e12, "T"), (1e9, "B"), (1e6, "M"), (1e3, "k")):
        if step >= size:
            return f"{step / size:.3g}{letter}"
    return f"{step:,.0f}"


def round_above(value: float) -> float:
    """The next of 1, 1.5, 2, 3, 4, 5, 6, 8 times a power of ten that is not below a value above 0."""
    power = 10.0 ** math.floor(math.log10(value))
    for factor in (1.0, 1.5, 2.0, 3.0, 4.0, 5.0, 6.0, 8.0):
        if value <= factor * power * (1 + 1e-9):
            return factor * power
    return 10.0 * power


def round_ticks(high: float, most: int) -> list[float]:
    """Round values from 0 to ``high``, evenly apart, at most ``most`` besides 0."""
    if high <= 0 or most < 1:
        return [0.0]
    rough = high / most
    power = 10.0 ** math.floor(math.log10(rough))
    apart = next(f * power for f in (1.0, 2.0, 2.5, 5.0, 10.0) if f * power >= rough * (1 - 1e-9))
    return [index * apart for index in range(int(high / apart * (1 + 1e-9)) + 1)]
