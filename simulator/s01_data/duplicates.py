"""Which documents are copies: an exact key, and clusters of candidates from band keys. Memory is bounded a document."""

from __future__ import annotations

from hashlib import blake2b

import numpy as np
import numpy.typing as npt

Labels = npt.NDArray[np.int32]

KEY_BYTES = 16
"""Bytes of an exact key: two different texts of a billion share one with a probability of about 1e-21."""


def exact_key(text: str) -> bytes:
    """A 128-bit key that only equal texts share; runs of white space count as one space, ends are cut.

    Lone surrogates, which no file holds but a program may, are kept apart.
    """
    words = " ".join(text.split())
    return blake2b(words.encode("utf-8", "surrogatepass"), digest_size=KEY_BYTES).digest()


def cluster_bands(band_keys: npt.NDArray[np.uint64]) -> Labels:
    """Clusters of documents that share a band key, directly or through others.

    Bands are read one after the other, so a file on disk (``numpy.memmap``) does as well as an array; beside it this
    takes about 40 bytes a document at most. For a large file store the bands as columns (Fortran order): then each
    band is read in one piece.

    Args:
        band_keys: (documents, bands), as :meth:`simulator.s01_data.minhash.MinHasher.band_keys` gives them.

    Returns:
        int32 (documents,): the smallest index in the document's cluster; its own where it is alone or the first.

    Raises:
        ValueError: for an array that is not two-dimensional, or more documents than 2^31.
    """
    if band_keys.ndim != 2 or len(band_keys) >= 2**31:
        raise ValueError(f"band keys of the shape {band_keys.shape} cannot be clustered")
    labels: Labels = np.arange(len(band_keys), dtype=np.int32)
    for band in range(band_keys.shape[1]):
        first, second = _neighbours(np.ascontiguousarray(band_keys[:, band]))
        _join(labels, first, second)
    return labels


def cluster_pairs(count: int, first: npt.NDArray[np.integer], second: npt.NDArray[np.integer]) -> Labels:
    """Clusters of ``count`` documents given pairs that belong together, for instance those verified one by one.

    Args:
        count: Documents in all.
        first: Index of one document of each pair (pairs,).
        second: Index of the other (pairs,).

    Returns:
        As :func:`cluster_bands`.
    """
    labels: Labels = np.arange(count, dtype=np.int32)
    _join(labels, first.astype(np.int32), second.astype(np.int32))
    return labels


def _neighbours(keys: npt.NDArray[np.uint64]) -> tuple[Labels, Labels]:
    """Pairs of documents that follow each other among those of one key: enough to connect them all."""
    order = np.argsort(keys, kind="stable").astype(np.int32)
    sorted_keys = keys[order]
    equal = np.flatnonzero(sorted_keys[1:] == sorted_keys[:-1])
    return order[equal], order[equal + 1]


def _join(labels: Labels, first: Labels, second: Labels) -> None:
    """Union by hooking larger roots to the smallest neighbour and halving paths, all pairs at once.

    A vectorised union-find after Shiloach and Vishkin 1982: ``labels`` is the forest, flat (each entry a root)
    before and after. Roots only ever get smaller, so the root of a tree is its smallest index.
    """
    while True:
        one, other = labels[first], labels[second]
        differ = one != other
        if not differ.any():
            return
        first, second = one[differ], other[differ]
        np.minimum.at(labels, np.maximum(first, second), np.minimum(first, second))
        _flatten(labels)


def _flatten(labels: Labels) -> None:
    while True:
        above = labels[labels]
        if np.array_equal(above, labels):
            return
        labels[:] = above
