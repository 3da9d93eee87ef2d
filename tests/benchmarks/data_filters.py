"""Filters and near-duplicate search on one core: ours against datatrove's, in alternating rounds of one process.

By hand, on a quiet machine, with a Python that has datatrove, spacy and xxhash (the extra "compare"), and numpy::

    PYTHONPATH=. python -m tests.benchmarks.data_filters --rounds 5 --text some-text.txt

Both sides do the same work on the same documents: the repetition and quality rules of Gopher and the rules of C4 (end
marks aside, as in FineWeb), all documents; then MinHash signatures (14 bands of 8, word 5-grams) of the documents that
stay, and clusters of those that share a band. datatrove writes its signatures to files, in memory-backed folders where
there are any, as its steps are made to; the time of starting up and of loading word lists is left out on both sides.
"""

from __future__ import annotations

import os

os.environ.update(OMP_NUM_THREADS="1", OPENBLAS_NUM_THREADS="1", MKL_NUM_THREADS="1")

import argparse
import logging
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from pydoc_data.topics import topics
from random import Random

import numpy as np
from datatrove.data import Document
from datatrove.pipeline.dedup.minhash import (
    MinhashConfig,
    MinhashDedupBuckets,
    MinhashDedupCluster,
    MinhashDedupSignature,
)

from simulator.s01_data.cleaning import clean_text
from simulator.s01_data.duplicates import cluster_bands
from simulator.s01_data.minhash import MinHasher
from simulator.s01_data.rules_config import RulesConfig
from simulator.world import build_world
from simulator.world.crawl import generate_crawl
from tests.data.datatrove_rules import Reference

BANDS, ROWS, NGRAM = 14, 8, 5


def documents(text_file: Path | None, count: int) -> dict[str, list[str]]:
    """Sets of documents by name."""
    pages = (page.truth.main_text for page in generate_crawl(build_world(), count, 3))
    sets = {
        "toy crawl": [text for text in pages if text],
        "Python reference": _passages("\n".join(topics.values()), count),
    }
    if text_file:
        sets[text_file.name] = _passages(text_file.read_text(encoding="utf-8"), count)
    return sets


def _passages(text: str, count: int) -> list[str]:
    random = Random(5)
    starts = [random.randrange(max(len(text) - 6000, 1)) for _ in range(count)]
    return [text[start : start + random.randint(500, 6000)] for start in starts]


def our_filters(texts: list[str]) -> list[str]:
    config = RulesConfig()
    return [cleaned.text for text in texts if (cleaned := clean_text(text, config)).kept]


def our_duplicates(texts: list[str]) -> int:
    hasher = MinHasher(BANDS, ROWS, NGRAM)
    keys = hasher.band_keys(np.array([hasher.signature(text) for text in texts]))
    return int(np.count_nonzero(cluster_bands(keys) != np.arange(len(texts))))


def their_filters(texts: list[str]) -> list[str]:
    reference = Reference()
    return [left for rule, left in map(reference.decide, texts) if not rule]


def their_duplicates(texts: list[str]) -> int:
    config = MinhashConfig(n_grams=NGRAM, num_buckets=BANDS, hashes_per_bucket=ROWS)
    memory = Path("/dev/shm")
    with tempfile.TemporaryDirectory(dir=memory if memory.is_dir() else None) as folder:
        signatures, buckets, removed = (f"{folder}/{name}" for name in ("signatures", "buckets", "removed"))
        rows = (Document(text=text, id=str(number)) for number, text in enumerate(texts))
        MinhashDedupSignature(signatures, config).run(rows, 0, 1)
        for bucket in range(BANDS):
            MinhashDedupBuckets(signatures, buckets, config=config).run(None, bucket, BANDS)
        MinhashDedupCluster(buckets, removed, config=config).run(None, 0, 1)
        return sum(file.stat().st_size for file in Path(removed).iterdir()) // 4


def timed(work: Callable[[list[str]], object], texts: list[str]) -> tuple[float, object]:
    start = time.perf_counter()
    result = work(texts)
    return time.perf_counter() - start, result


def compare(name: str, texts: list[str], rounds: int) -> None:
    """Print what both sides take, and how many times as fast ours is."""
    megabytes = sum(len(text.encode()) for text in texts) / 1e6
    kept = our_filters(texts[:50]) and our_filters(texts)
    assert kept == their_filters(texts), "the two sides keep different texts"
    our_duplicates(kept[:50])
    times: dict[str, list[float]] = {
        "our filters": [],
        "their filters": [],
        "our dedup": [],
        "their dedup": [],
    }
    found = (0, 0)
    for _ in range(rounds):
        times["our filters"].append(timed(our_filters, texts)[0])
        times["their filters"].append(timed(their_filters, texts)[0])
        seconds, ours = timed(our_duplicates, kept)
        times["our dedup"].append(seconds)
        seconds, theirs = timed(their_duplicates, kept)
        times["their dedup"].append(seconds)
        found = (int(str(ours)), int(str(theirs)))
    middle = {key: statistics.median(values) for key, values in times.items()}
    both = [(of + od, tf + td) for of, tf, od, td in zip(*times.values(), strict=True)]
    print(
        f"{name}: {len(texts)} documents, {megabytes:.1f} MB, {len(kept)} kept; near duplicates {found[0]} / {found[1]}"
    )
    for part in ("filters", "dedup"):
        ours, theirs = middle[f"our {part}"], middle[f"their {part}"]
        print(f"  {part:8} ours {ours:6.2f} s  datatrove {theirs:6.2f} s  {theirs / ours:5.1f} times as fast")
    ratios = [theirs / ours for ours, theirs in both]
    rate = megabytes / statistics.median(ours for ours, _ in both)
    spread = f"{min(ratios):.1f} to {max(ratios):.1f}"
    print(f"  both     {statistics.median(ratios):.1f} times as fast ({spread}), {rate:.1f} MB/s")


def main() -> int:
    """Compare on each set of documents."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--documents", type=int, default=1500)
    parser.add_argument("--text", type=Path, help="a plain text to cut passages from")
    options = parser.parse_args()
    logging.disable(logging.INFO)
    for name, texts in documents(options.text, options.documents).items():
        compare(name, texts, options.rounds)
    return 0


if __name__ == "__main__":
    sys.exit(main())
