"""Planes through the weights of a race: their axes, and where on them each path lies. Pure: numpy alone.

Weights are rows of (n, parameters); a plane is an origin and two axes, and a point's place on it are its coordinates
along them. Distances on the picture are distances between weights.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float64]

_TINY = 1e-12


@dataclass(frozen=True)
class Plane:
    """A plane in the space of weights.

    Attributes:
        origin: (parameters,).
        axes: (2, parameters); of length 1 and at right angles, but for random directions, which keep their own length.
        explained: Share of the paths' variance that lies along each axis; () where that means nothing.
        how: How it was chosen, in plain words.
    """

    origin: Array
    axes: Array
    explained: tuple[float, ...]
    how: str

    def place(self, points: Array) -> Array:
        """Coordinates (n, 2) of the nearest point of the plane to each of (n, parameters)."""
        gram = self.axes @ self.axes.T
        return np.asarray(np.linalg.solve(gram, self.axes @ (points - self.origin).T).T, np.float64)

    def point(self, x: float, y: float) -> Array:
        """The weights (parameters,) at coordinates."""
        result: Array = self.origin + x * self.axes[0] + y * self.axes[1]
        return result


def principal_plane(points: Array) -> Plane:
    """The plane of the two directions along which the points differ most (Li et al. 2018, section 7).

    Args:
        points: (n, parameters), n at least 3, finite.
    """
    origin = points.mean(0)
    centred = points - origin
    values, vectors = np.linalg.eigh(centred @ centred.T)  # n x n: far smaller than parameters squared
    order = np.argsort(values)[::-1][:2]
    axes = vectors[:, order].T @ centred
    axes = orthonormal(axes)
    total = float(np.trace(centred @ centred.T))
    explained = tuple(float(max(values[index], 0.0)) / total if total > 0 else 0.0 for index in order)
    return Plane(
        origin,
        axes,
        explained,
        f"the two main directions of the paths: {sum(explained):.0%} of their variance",
    )


def plane_through(first: Array, second: Array, third: Array) -> Plane:
    """The plane through three points, each (parameters,), with the first as its origin."""
    axes = orthonormal(np.stack([second - first, third - first]))
    return Plane(first, axes, (), "the plane through the ends of three runners")


def orthonormal(axes: Array) -> Array:
    """Two axes made perpendicular and of length 1; where they are parallel, the second is any perpendicular one."""
    one = axes[0] / max(float(np.linalg.norm(axes[0])), _TINY)
    two = axes[1] - (axes[1] @ one) * one
    length = float(np.linalg.norm(two))
    if length < 1e-6 * max(float(np.linalg.norm(axes[1])), _TINY):
        two = np.zeros_like(one)
        two[int(np.argmin(np.abs(one)))] = 1.0
        two -= (two @ one) * one
        length = float(np.linalg.norm(two))
    return np.stack([one, two / max(length, _TINY)])


def filter_normalised(
    weights: Array, places: Iterable[tuple[int, tuple[int, ...]]], generator: np.random.Generator
) -> Array:
    """A random direction (parameters,) with filters as long as those of the weights (Li et al. 2018, section 4).

    A filter is a row of a matrix, the weights of one output; norms are left where they are, as in the paper.

    Args:
        weights: (parameters,).
        places: First column and size of every weight.
        generator: Draws the direction.
    """
    direction = np.zeros_like(weights)
    for start, size in places:
        count = int(np.prod(size))
        if len(size) < 2:
            continue
        own = weights[start : start + count].reshape(size)
        drawn = generator.standard_normal(size)
        lengths = np.linalg.norm(own, axis=1, keepdims=True)
        drawn *= lengths / np.maximum(np.linalg.norm(drawn, axis=1, keepdims=True), _TINY)
        direction[start : start + count] = drawn.ravel()
    return direction


def extent(places: Array, margin: float) -> tuple[tuple[float, float], tuple[float, float]]:
    """What of the plane to draw: around all coordinates (n, 2), with room to every side, never thinner than 1 to 4."""
    low, high = places.min(0), places.max(0)
    size = np.maximum(high - low, _TINY)
    size = np.maximum(size, size.max() / 4)
    middle, half = (low + high) / 2, size * (0.5 + margin)
    return ((float(middle[0] - half[0]), float(middle[0] + half[0])),
            (float(middle[1] - half[1]), float(middle[1] + half[1])))  # fmt: skip
