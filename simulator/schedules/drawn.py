"""A curve drawn by hand: control points, and the smooth line through them that never overshoots."""

from __future__ import annotations

import math
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from simulator.errors import ConfigError

Array = npt.NDArray[np.float64]
Points = tuple[tuple[float, float], ...]
"""Control points (share of the run, share of the peak), each from 0 to 1, in order, from a share of 0 to one of 1."""

MOST_POINTS = 64
CLOSEST = 1e-4
"""Two points lie at least this share of the run apart."""


def check_points(points: Points) -> None:
    """Raise ConfigError unless the points make a curve over the whole run."""
    hint = "Give points such as 0:0,0.1:1,1:0 - share of the run, then share of the peak."
    if not 2 <= len(points) <= MOST_POINTS:
        raise ConfigError(
            "points", f"A drawn curve has 2 to {MOST_POINTS} points, not {len(points)}.", hint=hint
        )
    for share, height in points:
        if not (0 <= share <= 1 and 0 <= height <= 1):
            raise ConfigError("points", f"The point {share:g}:{height:g} lies outside 0 to 1.", hint=hint)
    shares = [share for share, _ in points]
    if shares[0] != 0 or shares[-1] != 1:
        raise ConfigError("points", "The first point lies at 0 and the last at 1.", hint=hint)
    if any(right - left < CLOSEST / 2 for left, right in pairwise(shares)):
        raise ConfigError("points", "The points do not go from left to right.", hint=hint)


def parse_points(text: str) -> Points:
    """Points from ``0:0,0.1:1,1:0``.

    Raises:
        ConfigError: if it is not such a list, or makes no curve.
    """
    points = []
    for pair in text.split(",")[: MOST_POINTS + 1]:
        share, _, height = pair.partition(":")
        try:
            points.append((float(share), float(height)))
        except ValueError:
            hint = "A point is a share of the run and a share of the peak, such as 0.1:1."
            raise ConfigError("points", f"'{pair}' is not a point.", hint=hint) from None
    check_points(tuple(points))
    return tuple(points)


def format_points(points: Points) -> str:
    """The text from which :func:`parse_points` makes the same points."""
    return ",".join(f"{share:.9g}:{height:.9g}" for share, height in points)


def tangents(points: Points) -> Array:
    """Slopes at the points that keep the curve monotone between them, shape (n,).

    The weighted harmonic mean of the neighbouring slopes (Fritsch & Butland 1984), 0 at a turning point, and the
    three-point rule at the ends: what PCHIP means in scipy and MATLAB.
    """
    x, y = np.array(points, np.float64).T
    width = np.diff(x)
    slope = np.diff(y) / width
    if len(points) == 2:
        return np.array([slope[0], slope[0]])
    result = np.zeros(len(points))
    same = slope[:-1] * slope[1:] > 0
    left, right = 2 * width[1:] + width[:-1], width[1:] + 2 * width[:-1]
    with np.errstate(divide="ignore", invalid="ignore"):
        mean = (left + right) / (left / slope[:-1] + right / slope[1:])
    result[1:-1] = np.where(same, mean, 0.0)
    result[0] = _end_slope(width[0], width[1], slope[0], slope[1])
    result[-1] = _end_slope(width[-1], width[-2], slope[-1], slope[-2])
    return result


def _end_slope(near: float, far: float, slope: float, next_slope: float) -> float:
    value = ((2 * near + far) * slope - near * next_slope) / (near + far)
    if value * slope <= 0:
        return 0.0
    if slope * next_slope <= 0 and abs(value) > 3 * abs(slope):
        return 3 * float(slope)
    return float(value)


def heights(points: Points, shares: Array) -> Array:
    """The curve at shares of the run, each from 0 to 1: shape as given, values between neighbouring points' heights."""
    x, y = np.array(points, np.float64).T
    slope = tangents(points)
    index = np.clip(np.searchsorted(x, shares, side="right") - 1, 0, len(points) - 2)
    width = x[index + 1] - x[index]
    t = (shares - x[index]) / width
    rest = 1 - t
    # Cubic Hermite basis: values at both ends, slopes at both ends.
    curve = (
        (1 + 2 * t) * rest**2 * y[index] + t**2 * (3 - 2 * t) * y[index + 1]
        + t * rest**2 * width * slope[index] - t**2 * rest * width * slope[index + 1]
    )  # fmt: skip
    low, high = np.minimum(y[index], y[index + 1]), np.maximum(y[index], y[index + 1])
    result: Array = np.clip(curve, low, high)  # rounding alone could leave the band
    return result


def add_point(points: Points, share: float) -> Points:
    """The same curve with one more point on it at ``share``; the points as they are where there is no room."""
    share = min(max(share, 0.0), 1.0)
    crowded = any(abs(share - known) < CLOSEST for known, _ in points)
    if crowded or len(points) >= MOST_POINTS or not math.isfinite(share):
        return points
    height = float(heights(points, np.array([share]))[0])
    return tuple(sorted((*points, (share, height))))


def remove_point(points: Points, index: int) -> Points:
    """Without one of the inner points; the first and the last stay."""
    if not 0 < index < len(points) - 1:
        return points
    return points[:index] + points[index + 1 :]


def move_point(points: Points, index: int, share: float, height: float) -> Points:
    """One point moved, held between its neighbours and within the picture; the ends move up and down only."""
    if index in (0, len(points) - 1):
        share = points[index][0]
    else:
        share = min(max(share, points[index - 1][0] + CLOSEST), points[index + 1][0] - CLOSEST)
    moved = (share, min(max(height, 0.0), 1.0))
    return (*points[:index], moved, *points[index + 1 :])
