"""The quality classifier: it tells the toy crawl's scraps from its articles, says why, and survives damaged files."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path

import numpy as np
import pytest

from simulator.errors import CheckpointError, InputError
from simulator.s01_data.quality import QualityModel, load_quality
from simulator.world import build_world
from simulator.world.crawl import generate_crawl

SCRAPS = ("spam", "stuffed")
THINGS = ("barn", "mill", "shop", "house", "tree", "wall")


@cache
def labelled(count: int, seed: int) -> tuple[list[str], list[str]]:
    """Main texts of good pages, and of spam and stuffed ones."""
    pages = [page.truth for page in generate_crawl(build_world(), count, seed)]
    good = [truth.main_text for truth in pages if truth.kind == "article"]
    return good, [truth.main_text for truth in pages if truth.kind in SCRAPS]


@cache
def model() -> QualityModel:
    return QualityModel.train(*labelled(700, 1), seed=0)


def test_spam_and_stuffing_of_another_crawl_are_told_from_articles() -> None:
    good, bad = labelled(500, 2)
    dropped_good = sum(model().score(text) < 0.5 for text in good)
    dropped_bad = sum(model().score(text) < 0.5 for text in bad)
    assert dropped_bad / len(bad) >= 0.95
    assert dropped_bad / (dropped_bad + dropped_good) >= 0.95


def test_scores_are_probabilities_that_hold_on_unseen_pages() -> None:
    good, bad = labelled(500, 2)
    brier = [(1 - model().score(text)) ** 2 for text in good] + [model().score(text) ** 2 for text in bad]
    assert np.mean(brier) < 0.05
    assert all(0 <= model().score(text) <= 1 for text in (*good, *bad))


def test_unknown_words_are_neither_good_nor_bad() -> None:
    unknown = " ".join(f"qz{number}xv" for number in range(300))
    assert model().score(unknown) == pytest.approx(0.5, abs=0.1)
    assert model().score("") == 0.0
    assert model().score(" \n\t") == 0.0


def test_noise_cannot_be_learned() -> None:
    random = np.random.default_rng(3)
    texts = [" ".join(f"w{word}" for word in random.integers(0, 300, 60)) for _ in range(200)]
    noise = QualityModel.train(texts[:60], texts[60:120], seed=0)
    scores = np.array([noise.score(text) for text in texts[120:]])
    assert abs(scores.mean() - 0.5) < 0.1
    assert scores.std() < 0.15  # Platt's scaling takes the confidence away that the fit alone would have


def test_the_same_seed_gives_the_same_model() -> None:
    again = QualityModel.train(*labelled(700, 1), seed=0)
    assert again.slope == model().slope
    assert (again.weights == model().weights).all()


def test_the_explanation_names_what_decides() -> None:
    good = [f"The {thing} stood by the quiet river in spring." for thing in THINGS] * 5
    bad = [f"Buy cheap {thing} now now now, casino bonus!" for thing in THINGS] * 5
    small = QualityModel.train(good, bad, seed=1)
    told = small.explain("The casino stood by the river.", count=5)
    assert "casino" in dict(told.down)
    assert "casino" not in dict(told.up)
    assert {"stood", "river", "by", "stood by", "the river"} & set(dict(told.up))
    assert all(value > 0 for _, value in told.up)
    assert all(value < 0 for _, value in told.down)
    assert told.score == small.score("The casino stood by the river.")
    assert len(told.up) <= 5


def test_explanations_add_up_to_the_score() -> None:
    text = labelled(500, 2)[1][0]
    told = model().explain(text, count=100_000)
    logit = sum(value for _, value in (*told.up, *told.down))
    assert 1 / (1 + np.exp(-logit)) == pytest.approx(told.score, abs=1e-6)


def test_it_is_read_back_as_written(tmp_path: Path) -> None:
    path = tmp_path / "quality.json"
    model().save(path)
    read = load_quality(path)
    text = labelled(500, 2)[0][0]
    assert read.score(text) == model().score(text)
    assert (read.good, read.bad) == (model().good, model().bad)


@pytest.mark.parametrize(
    "change",
    [
        {"format": "other"}, {"bits": 16}, {"weights": "AAAA"}, {"weights": "!"}, {"weights": 7}, {"slope": None},
        {"slope": float("nan")}, {"slope": 0.0}, {"good": "many"}, {"weights": None}, {"slope": [1]},
    ],
)  # fmt: skip
def test_a_damaged_file_is_named(tmp_path: Path, change: dict[str, object]) -> None:
    path = tmp_path / "quality.json"
    model().save(path)
    values = json.loads(path.read_text())
    path.write_text(json.dumps({**values, **change}))
    with pytest.raises(CheckpointError, match=r"quality classifier 'quality\.json'"):
        load_quality(path)


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b"\xff\xfe", b"[" * 200_000, b"7", b"x" * 5_000_000])
def test_a_file_that_is_no_model_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "quality.json"
    path.write_bytes(content)
    with pytest.raises(CheckpointError):
        load_quality(path)
    with pytest.raises(CheckpointError):
        load_quality(tmp_path / "missing.json")


def test_weights_that_are_not_numbers_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "quality.json"
    QualityModel(np.full(1 << 17, np.nan, np.float32)).save(path)
    with pytest.raises(CheckpointError):
        load_quality(path)


def test_too_few_examples_are_refused() -> None:
    with pytest.raises(InputError, match="at least 10 bad examples, not 2"):
        QualityModel.train(["good text"] * 20, ["bad", "worse"])


def test_training_can_be_stopped() -> None:
    class StoppedError(Exception):
        pass

    def stop() -> None:
        raise StoppedError

    with pytest.raises(StoppedError):
        QualityModel.train(*labelled(700, 1), seed=0, beat=stop)
