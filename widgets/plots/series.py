"""What a curve needs before it is drawn: fewer points, a sensible range, round ticks. No Qt."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float64]
MOST_POINTS = 2000


def downsample(x: Array, y: Array, most: int = MOST_POINTS) -> tuple[Array, Array]:
    """At most ``most`` points that keep each bucket's lowest and highest value, in order, and its gaps.

    Args:
        x: Positions (n,), rising.
        y: Values (n,); NaN is a gap.
        most: Points wanted at most, at least 4.
    """
    count = len(x)
    if count <= most:
        return x, y
    buckets = (most - 2) // 2
    edges = np.linspace(1, count - 1, buckets + 1).astype(np.int64)
    starts = edges[:-1]
    owner = np.repeat(np.arange(buckets), np.diff(edges))
    inner = y[1 : count - 1]
    gap = np.isnan(inner)
    lowest = _first_index(np.where(gap, np.inf, inner), np.minimum, starts, owner)
    highest = _first_index(np.where(gap, -np.inf, inner), np.maximum, starts, owner)
    keep = np.unique(np.concatenate(([0, count - 1], lowest, highest)))
    return x[keep], y[keep]


def _first_index(
    values: Array, best: np.ufunc, starts: npt.NDArray[np.int64], owner: npt.NDArray[np.int64]
) -> npt.NDArray[np.int64]:
    """For each bucket the index (in the full array) of its extreme value."""
    extremes = best.reduceat(values, starts - 1)
    places = np.flatnonzero(values == extremes[owner])
    _, first = np.unique(owner[places], return_index=True)
    return places[first] + 1


def finite_range(
    arrays: Iterable[Array], extra: Sequence[float] = (), log: bool = False
) -> tuple[float, float] | None:
    """Lowest and highest finite value of all; None without any. A log axis counts positive values only."""
    low, high = math.inf, -math.inf
    for values in (*arrays, np.asarray(extra, np.float64)):
        good = values[np.isfinite(values) & (values > 0 if log else True)]
        if good.size:
            low, high = min(low, float(good.min())), max(high, float(good.max()))
    return (low, high) if low <= high else None


def padded(low: float, high: float, share: float = 0.06) -> tuple[float, float]:
    """A range with some air; a single value gets room on both sides."""
    span = high - low
    if span <= abs(high) * 1e-9:
        room = abs(high) * 0.1 or 1.0
        return low - room, high + room
    return low - span * share, high + span * share


def spread_labels(wanted: Sequence[float], height: float, low: float, high: float) -> list[float]:
    """Places for labels near where they want to be, ``height`` apart, within ``low`` to ``high`` if they fit.

    Args:
        wanted: Wanted centres, in any order.
        height: Least distance between two.
        low: Smallest centre.
        high: Largest centre.
    """
    order = sorted(range(len(wanted)), key=lambda i: wanted[i])
    placed: list[float] = []
    for i in order:
        placed.append(max(wanted[i], low, placed[-1] + height if placed else low))
    limit = high
    for k in range(len(placed) - 1, -1, -1):
        placed[k] = min(placed[k], limit)
        limit = placed[k] - height
    result = [0.0] * len(wanted)
    for i, place in zip(order, placed, strict=True):
        result[i] = place
    return result


def round_ticks(low: float, high: float, most: int) -> list[float]:
    """At most ``most`` round values within a range, by steps of 1, 2 or 5 times a power of ten."""
    span = high - low
    if not math.isfinite(span) or span <= 0 or most < 1:
        return []
    power = 10.0 ** math.floor(math.log10(span / most))
    for factor in (1, 2, 5, 10, 20, 50):
        step = factor * power
        digits = max(0, 1 - math.floor(math.log10(step)))
        first = math.ceil(low / step - 1e-9)
        ticks = [round(i * step, digits) for i in range(first, math.floor(high / step + 1e-9) + 1)]
        if len(ticks) <= most:
            return ticks
    return []


def log_ticks(low: float, high: float, most: int) -> list[float]:
    """Powers of ten between two positive values, at most ``most``; with fewer than two also their 2 and 5 times.

    A range too narrow for those gets evenly spaced round values.
    """
    first, last = math.ceil(math.log10(low) - 1e-9), math.floor(math.log10(high) + 1e-9)
    powers = list(range(first, last + 1))
    if len(powers) >= 2:
        every = math.ceil(len(powers) / max(1, most))
        return [10.0**power for power in powers[::every]]
    fine = [factor * 10.0**power for power in range(first - 1, last + 1) for factor in (1, 2, 5)]
    within = [tick for tick in fine if low <= tick <= high]
    return within if len(within) >= 2 else [tick for tick in round_ticks(low, high, most) if tick > 0]


def format_tick(value: float) -> str:
    """A tick's number: ``0.5``, ``2k``, ``1e−7``, with a real minus sign."""
    size = abs(value)
    if value == 0:
        return "0"
    for scale, suffix in ((1e12, "T"), (1e9, "B"), (1e6, "M"), (1e4, "k")):
        if size >= scale:
            factor = 1e3 if suffix == "k" else scale
            return f"{value / factor:g}{suffix}".replace("-", "−")
    if size < 1e-3:
        mantissa, _, exponent = f"{value:.1e}".partition("e")
        return f"{mantissa.removesuffix('.0')}e{int(exponent)}".replace("-", "−")
    return f"{value:.6g}".replace("-", "−")


def format_reading(value: float) -> str:
    """A value read off a curve, with four significant digits."""
    if not math.isfinite(value):
        return "–"
    if value != 0 and not 1e-3 <= abs(value) < 1e6:
        return format_tick(float(f"{value:.3g}"))
    return f"{value:.4g}".replace("-", "−")


def axis_values(values: Array, log: bool) -> Array:
    """Values in axis coordinates; what cannot be drawn is NaN."""
    if log:
        return np.log10(np.where(np.isfinite(values) & (values > 0), values, np.nan))
    return np.where(np.isfinite(values), values, np.nan)


def to_axis(value: float, log: bool) -> float:
    """A value in axis coordinates: its logarithm on a log axis."""
    return math.log10(value) if log and value > 0 else value


def from_axis(value: float, log: bool) -> float:
    """The value at a place on an axis."""
    return 10.0**value if log else value


def axis_words(name: str, unit: str) -> str:
    """What an axis measures, with its unit."""
    return f"{name} ({unit})" if unit and name else name or unit
