"""Easing curves: each takes the share of a move's time (0 to 1) and gives the share of its way."""

from __future__ import annotations

from collections.abc import Callable

Easing = Callable[[float], float]


def linear(share: float) -> float:
    """The same speed all the way."""
    return share


def cubic_in_out(share: float) -> float:
    """Starts and ends gently: the house's way to move things."""
    return 4 * share**3 if share < 0.5 else 1 - (-2 * share + 2) ** 3 / 2


def cubic_out(share: float) -> float:
    """Starts at full speed and ends gently: for things that come in."""
    return 1 - (1 - share) ** 3


def cubic_in(share: float) -> float:
    """Starts gently and leaves at full speed: for things that go out."""
    return share**3
