"""Memory does not grow with the input: what is held is a chunk, a few bytes a survivor, and a bounded sample."""

from __future__ import annotations

import json
import tracemalloc
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from pipeline_helpers import Recording, prose, run, write_lines

from simulator.s01_data import dedup, packing
from simulator.s01_data.chunks import CHUNK_BYTES, Source
from simulator.s01_data.config import DataConfig
from simulator.s01_data.dedup import Survivors, find_duplicates
from simulator.s01_data.filtering import keys_dtype
from simulator.s01_data.parts import DataFolder


def peak_of(work: Callable[[], Any]) -> int:
    """Most bytes that Python and numpy held at once beyond what they held before."""
    tracemalloc.start()
    try:
        before = tracemalloc.get_traced_memory()[0]
        work()
        return tracemalloc.get_traced_memory()[1] - before
    finally:
        tracemalloc.stop()


def test_reading_holds_one_chunk_however_long_the_file(tmp_path: Path) -> None:
    line = json.dumps({"text": "word " * 4000}) + "\n"

    def read(megabytes: int) -> int:
        path = tmp_path / f"{megabytes}.jsonl"
        with path.open("w", encoding="utf-8") as file:
            for _ in range(megabytes * 50):
                file.write(line)
        source = Source(paths=(str(path),))
        return peak_of(lambda: [len(chunk.items) for chunk in source.chunks()])

    small, large = read(15), read(45)
    assert large < 1.2 * small + 200_000
    assert large < 12 * CHUNK_BYTES


def test_one_long_text_is_read_in_pieces(tmp_path: Path) -> None:
    path = tmp_path / "long.txt"
    path.write_text("All the words of a very long book stand in one file.\n" * 400_000, encoding="utf-8")
    source = Source(paths=(str(path),))
    assert path.stat().st_size > 20_000_000
    assert peak_of(lambda: [chunk.number for chunk in source.chunks()]) < 60_000_000


@pytest.mark.parametrize("copies", [0.0, 0.5])
def test_looking_for_duplicates_takes_some_bytes_a_survivor(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, copies: float
) -> None:
    """Many survivors made up of keys alone; their texts would be some gigabytes."""
    bands, part_rows, parts = 14, 10_000, 20
    monkeypatch.setattr(dedup._NearFinder, "similarity", lambda self, one, other: 1.0)
    folder = DataFolder(tmp_path / "out")
    folder.open()
    random = np.random.default_rng(0)
    for part in range(parts):
        rows = np.zeros(part_rows, keys_dtype(bands))
        rows["index"] = np.arange(part_rows) + part * part_rows
        rows["exact"] = random.integers(0, 2**63, (part_rows, 2))
        rows["bands"] = random.integers(0, 2**63, (part_rows, bands))
        old = random.random(part_rows) < copies * (part > 0)
        rows["exact"][old, :] = rows["exact"][0]
        rows.tofile(folder.keys_path(part))
    count = part_rows * parts
    expected = count * (1 - copies * (parts - 1) / parts)

    def work() -> None:
        survivors = Survivors(folder, parts, bands)
        found = find_duplicates(survivors, DataConfig(bands=bands), Recording())
        assert int((found.verdicts["kind"] == 0).sum()) == pytest.approx(expected, rel=0.02)
        survivors.close()

    assert peak_of(work) < 160 * count
    folder.close()


def test_the_tokenizer_learns_from_a_bounded_sample(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(packing, "SAMPLE_BYTES", 20_000)
    seen: list[int] = []
    real = packing.train_bpe

    def train(texts: Any, size: int) -> Any:
        held = list(texts)
        seen.append(sum(map(len, held)))
        return real(held, size)

    monkeypatch.setattr(packing, "train_bpe", train)
    path = write_lines(tmp_path / "in.jsonl", [prose(seed) for seed in range(90)])
    first = run((str(path),), tmp_path / "a", chunk=50)
    again = run((str(path),), tmp_path / "b", chunk=17)
    assert path.stat().st_size > 70_000
    assert 8_000 < seen[0] < 41_000
    assert seen[0] == seen[1]
    assert first.packed == again.packed
