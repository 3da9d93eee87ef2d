"""Corpora: nothing is both trained on and held out, splits repeat, and odd sizes are refused."""

from __future__ import annotations

import math
import time
from pathlib import Path

import pytest

from simulator.errors import InputError
from simulator.text import corpus as module
from simulator.text import readers
from simulator.text.corpus import load_corpus
from simulator.world import build_world, log_probability

SHAKESPEARE = Path(__file__).parents[3] / "shared" / "data" / "tinyshakespeare.txt"


def _lines(count: int) -> str:
    return "".join(f"Line {number} of a small tale about the sea.\n" for number in range(count))


def _folder(path: Path, count: int) -> Path:
    for number in range(count):
        (path / f"{number:03}.txt").write_text(
            f"Tale {number}. " + "The sea was calm. " * 5, encoding="utf-8"
        )
    return path


def test_the_last_tenth_of_a_long_text_is_held_out(tmp_path: Path) -> None:
    path = tmp_path / "tale.txt"
    text = _lines(300)
    path.write_text(text, encoding="utf-8")
    loaded = load_corpus(str(path))
    assert loaded.train + loaded.validation == [text[: int(len(text) * 0.9)], text[int(len(text) * 0.9) :]]
    assert (loaded.name, loaded.document_nats, loaded.split) == (
        str(path),
        None,
        "the last 10% of the text",
    )
    assert (loaded.train_bytes + loaded.validation_bytes, loaded.report.files) == (len(text), 1)


def test_a_text_in_several_chunks_keeps_its_order(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(readers, "CHUNK_CHARACTERS", 1000)
    path = tmp_path / "tale.txt"
    path.write_text(_lines(300), encoding="utf-8")
    loaded = load_corpus(str(path), validation_fraction=0.25)
    assert len(loaded.train) > 5
    assert len(loaded.validation) > 2
    assert "".join(loaded.train) + "".join(loaded.validation) == _lines(300)
    assert loaded.validation_bytes == pytest.approx(len(_lines(300)) / 4, abs=1)


def test_a_folder_is_split_by_document_and_by_seed(tmp_path: Path) -> None:
    folder = str(_folder(tmp_path, 60))
    loaded, again, other = load_corpus(folder), load_corpus(folder), load_corpus(folder, seed=1)
    assert loaded == again
    assert set(loaded.validation) != set(other.validation)
    assert not set(loaded.train) & set(loaded.validation)
    assert len(loaded.train) + len(loaded.validation) == 60
    assert 0.05 < loaded.validation_bytes / (loaded.train_bytes + loaded.validation_bytes) < 0.15
    assert loaded.split == "10% of the documents, chosen by seed"


def test_equal_documents_land_on_the_same_side(tmp_path: Path) -> None:
    lines = [f'{{"text": "Tale {number % 20}. {"The sea was calm. " * 5}"}}' for number in range(100)]
    (tmp_path / "tales.jsonl").write_text("\n".join(lines), encoding="utf-8")
    loaded = load_corpus(str(tmp_path / "tales.jsonl"))
    assert loaded.validation
    assert len(loaded.train) + len(loaded.validation) == 100
    assert not set(loaded.train) & set(loaded.validation)


@pytest.mark.parametrize("small", ["", "A short note."])
def test_one_huge_document_is_split_by_position(tmp_path: Path, small: str) -> None:
    (tmp_path / "huge.txt").write_text(_lines(300), encoding="utf-8")
    if small:
        (tmp_path / "small.txt").write_text(small, encoding="utf-8")
    loaded = load_corpus(str(tmp_path))
    assert loaded.split == "the last 10% of the text"
    assert "".join(loaded.train + loaded.validation) == _lines(300) + small


def test_a_folder_of_mixed_files_loads(tmp_path: Path) -> None:
    _folder(tmp_path, 20)
    (tmp_path / "page.html").write_text("<nav>no</nav><p>" + _lines(20), encoding="utf-8")
    (tmp_path / "table.csv").write_text("id,text\n1,A tale in a table.\n2\n", encoding="utf-8")
    (tmp_path / "broken.txt").write_bytes(b"\x00\x01")
    loaded = load_corpus(str(tmp_path))
    assert loaded.report.documents == len(loaded.train) + len(loaded.validation) == 22
    assert loaded.report.skipped == 2


def test_the_python_reference_is_split_by_topic() -> None:
    loaded = load_corpus("python")
    assert loaded.name == "python"
    assert not set(loaded.train) & set(loaded.validation)
    assert 0.05 < loaded.validation_bytes / (loaded.train_bytes + loaded.validation_bytes) < 0.15


def test_the_toy_world_carries_its_entropy_floor() -> None:
    loaded = load_corpus("toy", documents=200)
    assert (len(loaded.train), len(loaded.validation)) == (180, 20)
    world = build_world(module.WORLD_SEED)
    assert loaded.document_nats == pytest.approx(
        [-log_probability(world, text) for text in loaded.validation]
    )
    assert loaded == load_corpus("toy", documents=200)
    assert loaded.validation != loaded.train[:20]
    other = load_corpus("toy", documents=200, seed=1)
    assert other.train[:20] != loaded.validation
    assert other.train != loaded.train
    assert other.validation != loaded.validation
    assert load_corpus("toy", documents=2).document_nats is not None


def test_the_toy_world_loads_fast() -> None:
    start = time.process_time()
    loaded = load_corpus("toy", documents=20_000)
    assert time.process_time() - start < 3
    assert len(loaded.train) == 18_000
    assert 0.05 < sum(loaded.document_nats or ()) / math.log(2) / loaded.validation_bytes < 2


@pytest.mark.parametrize("size", [1, 999])
def test_too_little_text_is_refused(tmp_path: Path, size: int) -> None:
    path = tmp_path / "a.txt"
    path.write_text("x" * size, encoding="utf-8")
    with pytest.raises(InputError, match=f"holds only {size} bytes of text") as caught:
        load_corpus(str(path))
    assert "at least 1,000" in caught.value.hint


def test_too_much_text_is_refused_before_it_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MAX_BYTES", 2000)
    (tmp_path / "a.txt").write_text(_lines(300), encoding="utf-8")
    for name in (tmp_path / "a.txt", tmp_path):
        with pytest.raises(InputError, match="too much to hold in memory"):
            load_corpus(str(name))
    monkeypatch.setattr(module, "read_documents", None)
    with pytest.raises(InputError, match="too much to hold in memory"):
        load_corpus(str(tmp_path / "a.txt"))


@pytest.mark.parametrize("name", ["", " ", "nowhere.txt", "toys", "~no-such-person/a.txt", "a\x00b"])
def test_unknown_names_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.chdir(_folder(tmp_path, 60))  # an empty name must not mean the current folder
    with pytest.raises(InputError) as caught:
        load_corpus(name)
    assert caught.value.hint


@pytest.mark.parametrize(("fraction", "documents"), [(0.0, 100), (1.0, 100), (math.nan, 100), (0.1, 1)])
def test_impossible_splits_are_refused(fraction: float, documents: int) -> None:
    with pytest.raises(ValueError, match="can be split"):
        load_corpus("toy", validation_fraction=fraction, documents=documents)


@pytest.mark.skipif(not SHAKESPEARE.is_file(), reason="the shared text is not here")
def test_shakespeare_is_split_as_in_nanogpt() -> None:
    loaded = load_corpus(str(SHAKESPEARE))
    assert [len(text) for text in loaded.train + loaded.validation] == [1_003_854, 111_540]
