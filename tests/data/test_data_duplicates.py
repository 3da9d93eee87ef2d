from __future__ import annotations

import tracemalloc

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from simulator.s01_data.duplicates import cluster_bands, cluster_pairs, exact_key
from simulator.s01_data.minhash import MinHasher


def _naive(keys: np.ndarray) -> list[int]:
    """Breadth-first search over documents that share any key in the same band."""
    count = len(keys)
    labels = [-1] * count
    for start in range(count):
        if labels[start] >= 0:
            continue
        labels[start], queue = start, [start]
        while queue:
            one = queue.pop()
            for other in range(count):
                if labels[other] < 0 and np.any(keys[one] == keys[other]):
                    labels[other] = start
                    queue.append(other)
    return labels


@given(arrays(np.uint64, st.tuples(st.integers(0, 25), st.integers(0, 5)), elements=st.integers(0, 30)))
def test_clusters_are_those_of_a_naive_search(keys):
    labels = cluster_bands(keys)
    assert labels.dtype == np.int32
    assert labels.tolist() == _naive(keys)


@given(st.integers(1, 40), st.data())
def test_clusters_of_pairs(count, data):
    index = st.integers(0, count - 1)
    pairs = data.draw(st.lists(st.tuples(index, index), max_size=60))
    first, second = (np.array([pair[side] for pair in pairs], np.int64) for side in (0, 1))
    keys = np.arange(1, count * (len(pairs) + 1) + 1, dtype=np.uint64).reshape(count, -1)
    for band, (one, other) in enumerate(pairs, 1):
        keys[other, band] = keys[one, band]
    assert cluster_pairs(count, first, second).tolist() == _naive(keys)


@pytest.mark.parametrize("order", ["up", "down", "zigzag", "shuffled"])
def test_a_long_chain_is_one_cluster(order):
    """Every document shares a key with the next one only: the hardest case for joining."""
    count = 20_001
    places = {
        "up": np.arange(count),
        "down": np.arange(count)[::-1],
        "zigzag": np.argsort(np.arange(count) % 2, kind="stable"),
        "shuffled": np.random.default_rng(0).permutation(count),
    }[order]
    keys = np.empty((count, 2), np.uint64)
    keys[places, 0] = np.arange(count) // 2
    keys[places, 1] = (np.arange(count) + 1) // 2 + count
    assert not cluster_bands(keys).any()


def test_a_star_is_one_cluster():
    keys = np.arange(3000, dtype=np.uint64).reshape(1000, 3) + np.uint64(10)
    keys[:999, 1] = 1
    keys[999] = [keys[0, 0], 5, 6]
    labels = cluster_bands(keys)
    assert labels[999] == 0
    assert not labels[:999].any()


def test_keys_on_disk_in_either_order(tmp_path):
    keys = np.random.default_rng(0).integers(0, 3000, (2000, 4), np.uint64)
    expected = cluster_bands(keys).tolist()
    for order in ("C", "F"):
        stored = np.memmap(tmp_path / order, np.uint64, "w+", shape=keys.shape, order=order)
        stored[:] = keys
        stored.flush()
        assert (
            cluster_bands(np.memmap(tmp_path / order, np.uint64, "r", 0, keys.shape, order)).tolist()
            == expected
        )


def test_memory_is_bounded_a_document():
    count = 200_000
    keys = np.asfortranarray(np.random.default_rng(0).integers(0, count, (count, 6), np.uint64))
    tracemalloc.start()
    cluster_bands(keys)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 48 * count


def test_what_cannot_be_clustered():
    with pytest.raises(ValueError, match="shape"):
        cluster_bands(np.zeros(3, np.uint64))
    assert cluster_bands(np.zeros((0, 4), np.uint64)).tolist() == []


def test_exact_keys():
    assert len(exact_key("")) == 16
    assert exact_key(" one\ttwo \n") == exact_key("one two")
    keys = {
        exact_key(text)
        for text in ("one two", "One two", "onetwo", "one two.", "", "\ud800", "\udfff", "\ufffd")
    }
    assert len(keys) == 8
    assert exact_key("one two").hex() == "7689d1ceb0c156d213d3370ce8c62d22"


def test_changed_copies_are_found_and_others_left_alone():
    generator = np.random.default_rng(4)
    vocabulary = np.array([f"word{i}" for i in range(3000)])
    hasher = MinHasher(bands=14, rows=8)
    texts, copy_of = [], []
    for index in range(300):
        if index % 3 == 2:
            words = np.array(texts[index - 1].split())
            words[generator.integers(0, len(words), 2)] = "changed"
            texts.append(" ".join(words))
            copy_of.append(index - 1)
        else:
            texts.append(" ".join(generator.choice(vocabulary, 300)))
            copy_of.append(index)
    labels = cluster_bands(np.array([hasher.band_keys(hasher.signature(text)) for text in texts]))
    assert labels.tolist() == copy_of
