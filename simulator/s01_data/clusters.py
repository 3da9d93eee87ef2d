"""What a run shows of its duplicates: the largest clusters, and the S-curve as measured on its own texts."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations
from random import Random
from typing import Any

import numpy as np

from simulator.s01_data.config import DataConfig
from simulator.s01_data.dedup import Duplicates, Survivors
from simulator.s01_data.minhash import (
    MinHasher,
    estimated_jaccard,
    exact_jaccard,
    match_probability,
    shingles,
)

SHOWN_CLUSTERS = 24
SHOWN_DOCUMENTS = 6
SHOWN_CHARACTERS = 4_000

CURVE_TEXTS = 100
"""Texts of the run that the S-curve is measured on."""

CURVE_LEVELS = 20
"""Edited copies of each, from nearly different to nearly equal; also the classes of similarity."""

_CURVE_WORDS = 1_000


def clusters_record(survivors: Survivors, found: Duplicates, config: DataConfig) -> dict[str, Any]:
    """The fields of the record ``clusters``: the largest clusters with their first documents.

    Each pair comes with its similarity as estimated from the signatures and as it is; both for whole texts.
    """
    sizes = np.bincount(found.labels, minlength=survivors.count) if survivors.count else np.zeros(0, np.int64)
    order = np.argsort(-sizes, kind="stable")[:SHOWN_CLUSTERS]
    hasher = MinHasher(config.bands, config.rows, config.ngram, config.seed)
    return {
        "clusters": [
            _cluster(survivors, np.flatnonzero(found.labels == label), hasher)
            for label in order
            if sizes[label] > 1
        ]
    }


def _cluster(survivors: Survivors, members: Any, hasher: MinHasher) -> dict[str, Any]:
    records = [survivors.record(int(position)) for position in members[:SHOWN_DOCUMENTS]]
    texts = [str(record["text"]) for record in records]
    sets = [shingles(text, hasher.ngram) for text in texts]
    signatures = [hasher.signature(text) for text in texts]
    return {
        "size": len(members),
        "documents": [
            {"index": record["index"], "source": record.get("source", ""), "text": text[:SHOWN_CHARACTERS]}
            for record, text in zip(records, texts, strict=True)
        ],
        "pairs": [
            {
                "a": records[a]["index"], "b": records[b]["index"],
                "estimated": round(estimated_jaccard(signatures[a], signatures[b]), 4),
                "exact": round(exact_jaccard(sets[a], sets[b]), 4),
            }
            for a, b in combinations(range(len(records)), 2)
        ],
    }  # fmt: skip


def s_curve_record(survivors: Survivors, config: DataConfig) -> dict[str, Any]:
    """The fields of the record ``s_curve``: how often two texts of a similarity share a band key.

    Real texts are mostly very alike or not at all, so texts of this run are edited: a growing share of their words is
    replaced by words of other texts. For each class of similarity: the mean exact Jaccard similarity of its pairs, the
    share that became candidates, the number of pairs, and what the formula expects of those very pairs.
    """
    pairs = [
        (similarity, match, match_probability(similarity, config.bands, config.rows))
        for similarity, match in _edited_pairs(survivors, config)
    ]
    classes: list[list[tuple[float, bool, float]]] = [[] for _ in range(CURVE_LEVELS)]
    for pair in pairs:
        classes[min(CURVE_LEVELS - 1, int(pair[0] * CURVE_LEVELS))].append(pair)
    filled = [found for found in classes if found]
    means = np.array([np.mean(np.array(found, np.float64), axis=0) for found in filled]).reshape(-1, 3)
    return {
        "bands": config.bands, "rows": config.rows, "similarity": means[:, 0].round(4).tolist(),
        "measured": means[:, 1].round(4).tolist(), "formula": means[:, 2].round(4).tolist(),
        "pairs": [len(found) for found in filled],
    }  # fmt: skip


def _edited_pairs(survivors: Survivors, config: DataConfig) -> Iterator[tuple[float, bool]]:
    """Exact similarity of a text and an edited copy of it, and whether they share a band key.

    Each level of editing draws its own hash functions, so that chance moves no two points of the curve together.
    """
    step = max(1, survivors.count // CURVE_TEXTS)
    texts = [survivors.text(position).split()[:_CURVE_WORDS] for position in range(0, survivors.count, step)]
    texts = [words for words in texts[:CURVE_TEXTS] if len(words) >= 4 * config.ngram]
    vocabulary = [word for words in texts for word in words]
    random = Random(config.seed)
    for level in range(CURVE_LEVELS):
        hasher = MinHasher(config.bands, config.rows, config.ngram, config.seed + level)
        for words in texts:
            wanted = (level + random.random()) / CURVE_LEVELS
            # A shingle survives if none of its n words is replaced; a share s of them left gives J = s / (2 - s).
            share = 1 - (2 * wanted / (1 + wanted)) ** (1 / config.ngram)
            copy = " ".join(random.choice(vocabulary) if random.random() < share else word for word in words)
            whole = " ".join(words)
            keys, others = (hasher.band_keys(hasher.signature(text)) for text in (whole, copy))
            similarity = exact_jaccard(shingles(whole, config.ngram), shingles(copy, config.ngram))
            yield similarity, bool((keys == others).any())
