from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from simulator.engine.control import Control
from simulator.engine.running import run_lab
from simulator.errors import ConfigError
from simulator.runs.events import Event
from simulator.runs.history import RunHistory
from simulator.runs.spec import RunSpec
from simulator.runs.store import RunFolder, RunStore
from simulator.s01_data import training_quality
from simulator.s01_data.help_config import HelpConfig
from simulator.s01_data.help_material import prepare_help
from simulator.s01_data.help_results import read_result, result_of
from simulator.s01_data.minhash import exact_jaccard, shingles
from simulator.world import build_world
from simulator.world.crawl import generate_crawl

TINY = {
    "pages": 250, "size": "0.1M", "steps": 36, "batch": 8, "sequence": 64, "learning_rate": 1.6e-2, "held_out": 10,
    "vocabulary": 400, "seeds": 3, "device": "cpu", "threads": 1,
}  # fmt: skip


@pytest.fixture(scope="module", autouse=True)
def small_classifier() -> Iterator[None]:
    """Fewer labelled pages for the classifier: it still learns what spam is."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(training_quality, "TOY_PAGES", 300)
        yield


def _quiet(done: int, total: int, phase: str) -> None:
    return


def _run(
    root: Path, config: HelpConfig, control: Control | None = None, folder: RunFolder | None = None
) -> tuple[Mapping[str, Any], RunHistory, RunFolder]:
    resume = folder is not None
    folder = folder or RunStore(root).create(RunSpec.new("cleaning", config))
    events: list[Event] = []

    def sink(event: Event) -> None:
        events.append(event)
        if control is not None and any(name.startswith("raw/") for name in getattr(event, "values", ())):
            control.stop()

    summary = run_lab(
        "cleaning", config, folder, sink, device="cpu", threads=1, control=control, resume=resume
    )
    return summary, RunHistory.of(folder.events()), folder


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> tuple[Mapping[str, Any], RunHistory]:
    summary, history, _ = _run(tmp_path_factory.mktemp("runs"), HelpConfig(**TINY))
    return summary, history


def test_cleaned_text_teaches_more_than_raw_text_by_more_than_the_spread_of_seeds(
    finished: tuple[Mapping[str, Any], RunHistory],
) -> None:
    summary, _ = finished
    by_key = {item["key"]: item for item in summary["variants"]}
    assert list(by_key) == ["raw", "filtered", "deduplicated"]
    raw = by_key["raw"]
    for key in ("filtered", "deduplicated"):
        cleaned = by_key[key]
        assert raw["mean"] - cleaned["mean"] > max(raw["spread"], cleaned["spread"])
        assert max(cleaned["losses"]) < min(raw["losses"])
        assert cleaned["tokens"] == raw["tokens"] == 36 * 8 * 64
        assert cleaned["mean"] > summary["floor"] > 0
    assert summary["sure"]
    assert summary["status"] == "done"


def test_the_stream_tells_the_race(finished: tuple[Mapping[str, Any], RunHistory]) -> None:
    summary, history = finished
    for key in ("raw", "filtered", "deduplicated"):
        for seed in range(3):
            steps, losses = history.series(f"{key}/{seed}/loss")
            assert steps[0] == 0 and steps[-1] == 36  # noqa: PT018
            assert losses[-1] < losses[0]
    result = history.latest("result")
    assert result["final"]
    assert result["variants"] == summary["variants"]
    assert [item.title for item in history.diagnoses] == ["Cleaning helps"]
    sizes = [item["documents"] for item in summary["variants"]]
    assert sizes == sorted(sizes, reverse=True)


def test_a_stopped_run_goes_on_and_ends_with_the_same_numbers(tmp_path: Path) -> None:
    config = HelpConfig(**{**TINY, "pages": 150, "steps": 10, "seeds": 2})
    whole, _, _ = _run(tmp_path, config)
    stopped, before, folder = _run(tmp_path, config, control=Control())
    assert stopped["status"] == "stopped"
    assert not before.latest("result").get("final")
    summary, history, _ = _run(tmp_path, config, folder=folder)
    assert summary["status"] == "done"
    ended = {item["key"]: item["losses"] for item in summary["variants"]}
    assert ended == {item["key"]: item["losses"] for item in whole["variants"]}
    steps, _ = history.series("raw/0/loss")
    assert list(steps) == sorted(set(steps))


def test_little_clean_text_can_be_held_against_much_noisy_text(tmp_path: Path) -> None:
    config = HelpConfig(**{**TINY, "compare": "quantity", "small": 0.25, "steps": 40, "seeds": 2})
    material = prepare_help(config, tmp_path, _quiet)
    noisy, clean = material.variants
    assert (noisy.key, clean.key) == ("noisy", "clean")
    assert clean.unique < noisy.unique / 2
    assert 3 < config.tokens / clean.unique <= 4.1


def test_no_text_to_measure_with_is_trained_on(tmp_path: Path) -> None:
    source = tmp_path / "pages"
    source.mkdir()
    for page in generate_crawl(build_world(), 260, seed=5):
        (source / f"{page.index:04d}.html").write_bytes(page.html)
    config = HelpConfig(**{**TINY, "source": str(source), "held_out": 10})
    material = prepare_help(config, tmp_path, _quiet)
    assert material.floor is None
    assert material.held_out >= 10
    decode = material.tokenizer.decode
    held = {_text(material.rows.rows[row], decode)[100:200] for row in range(len(material.rows.rows))}
    for variant in material.variants:
        texts = [
            decode(variant.stream.tokens[start : end - 1].tolist())
            for start, end in variant.stream.documents()
        ]
        assert not any(part in text for part in held if len(part) == 100 for text in texts)


def test_duplicates_are_gone_from_the_deduplicated_text_alone(tmp_path: Path) -> None:
    material = prepare_help(HelpConfig(**TINY), tmp_path, _quiet)
    raw, filtered, unique = material.variants
    assert raw.documents > filtered.documents > unique.documents
    texts = [
        material.tokenizer.decode(unique.stream.tokens[start : end - 1].tolist())
        for start, end in unique.stream.documents()
    ]
    sets = [shingles(text) for text in texts]
    pairs = [exact_jaccard(sets[a], sets[b]) for a in range(len(sets)) for b in range(a)]
    assert max(pairs) < 0.85


def test_the_same_settings_give_the_same_material(tmp_path: Path) -> None:
    config = HelpConfig(**{**TINY, "pages": 150})
    prints = set()
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        prints.add(prepare_help(config, tmp_path / name, _quiet).fingerprint)
    assert len(prints) == 1


def _result(raw: list[float], cleaned: list[float]) -> dict[str, Any]:
    variants = [
        {"key": key, "title": key.title(), "documents": 9, "unique_tokens": 100, "epochs": 1.0}
        for key in ("raw", "filtered")
    ]
    facts = {"variants": variants, "tokens": 100, "floor_nats_per_token": 0.5, "compare": "cleaning"}
    return result_of(facts, {"raw": raw, "filtered": cleaned}, True)


def test_results_are_read_with_their_spread_in_mind() -> None:
    good = _result([1.30, 1.31, 1.32], [1.10, 1.11, 1.12])
    assert good["gain"] == pytest.approx(0.2)
    assert good["variants"][0]["spread"] == pytest.approx(0.01)
    assert good["error"] == pytest.approx(0.01 * (2 / 3) ** 0.5)
    assert read_result(good).title == "Cleaning helps"
    assert read_result(_result([1.2, 1.4, 1.3], [1.25, 1.3, 1.2])).title == "No sure difference"
    assert read_result(_result([1.10, 1.11, 1.12], [1.30, 1.31, 1.32])).level == "warning"


def test_settings_that_do_not_fit_are_refused() -> None:
    with pytest.raises(ConfigError):
        HelpConfig(seeds=1)
    with pytest.raises(ConfigError):
        HelpConfig(compare="colour")


def _text(row: Any, decode: Any) -> str:
    return str(decode([int(token) for token in row])).strip()
