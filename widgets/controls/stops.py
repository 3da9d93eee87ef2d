"""The values that a slider stops at: round numbers, evenly or by equal ratios. No Qt."""

from __future__ import annotations

import math
from bisect import bisect_left

from simulator.config import Setting

_MANTISSAS = (1.0, 1.2, 1.5, 2.0, 2.5, 3.0, 4.0, 5.0, 6.0, 8.0)
_EVEN_STEPS = 100
_MOST_EVEN_STOPS = 400


def slider_stops(item: Setting) -> list[float]:
    """The stops of a number with both bounds, sorted, its default among them; empty without bounds."""
    if item.low is None or item.high is None or item.low >= item.high:
        return []
    if item.log:
        stops = _powers_of_two(item) if _is_binary(item) else _decades(item.low, item.high)
    else:
        stops = _even(item.low, item.high, whole=item.kind == "int")
    whole = {round(stop) if item.kind == "int" else stop for stop in stops}
    whole |= {item.low, item.high, item.default}
    return sorted(stop for stop in whole if item.low <= stop <= item.high)


def nearest_stop(stops: list[float], value: float) -> int:
    """The index of the stop nearest to a value."""
    right = bisect_left(stops, value)
    if right == 0:
        return 0
    if right == len(stops):
        return len(stops) - 1
    return right if stops[right] - value < value - stops[right - 1] else right - 1


def format_value(value: float) -> str:
    """A setting's number as people write it: ``1000``, ``0.004``, ``1e-7``."""
    if isinstance(value, int) or (value == int(value) and abs(value) < 1e15):
        return str(int(value))
    if abs(value) < 1e-4:
        mantissa, _, exponent = f"{value:.6e}".partition("e")
        return f"{mantissa.rstrip('0').rstrip('.')}e{int(exponent)}"
    return f"{value:.6g}"


def _is_binary(item: Setting) -> bool:
    """Whether powers of two are this setting's natural numbers (batch, sequence, vocabulary)."""
    return item.kind == "int" and item.default >= 8 and item.default & (item.default - 1) == 0


def _powers_of_two(item: Setting) -> list[float]:
    powers = [
        2.0**k
        for k in range(math.floor(math.log2(max(item.low or 1, 1))), math.ceil(math.log2(item.high or 2)) + 1)
    ]
    return sorted([*powers, *(1.5 * power for power in powers if power >= 2)])


def _decades(low: float, high: float) -> list[float]:
    """Round numbers by about equal ratios; a range that starts at 0 has 0 as its first stop."""
    start = low if low > 0 else min(1.0, high / 1e6)
    exponents = range(math.floor(math.log10(start)), math.ceil(math.log10(high)) + 1)
    return [float(f"{mantissa}e{exponent}") for exponent in exponents for mantissa in _MANTISSAS]


def _even(low: float, high: float, whole: bool) -> list[float]:
    if whole and high - low <= _MOST_EVEN_STOPS:
        return [low + i for i in range(int(high - low) + 1)]
    step = _round_step((high - low) / _EVEN_STEPS)
    if whole:
        step = max(1.0, step)
    first = math.ceil(low / step)
    return [float(f"{i * step:.12g}") for i in range(first, math.floor(high / step) + 1)]


def _round_step(step: float) -> float:
    """The next larger of 1, 2, 5 times a power of ten."""
    power = 10.0 ** math.floor(math.log10(step))
    return next(factor * power for factor in (1, 2, 5, 10) if factor * power >= step * 0.999)
