"""The lab "data": its records, its size, stopping, and training on what it kept."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from pipeline_helpers import prose, write_lines

from simulator.engine.control import Control
from simulator.engine.device import DeviceChoice
from simulator.engine.running import run_lab
from simulator.errors import CheckpointError, InputError
from simulator.labs import find_lab
from simulator.runs.corpora import corpus_path
from simulator.runs.events import Event, Metrics, Progress
from simulator.runs.history import RunHistory
from simulator.runs.spec import RunSpec
from simulator.runs.store import RunFolder, RunStore
from simulator.s01_data import lab as lab_module
from simulator.s01_data import pool
from simulator.s01_data.config import DataConfig
from simulator.s01_data.minhash import match_probability
from simulator.s01_data.steps import STEP_KEYS
from simulator.text.corpus import load_corpus

CPU = DeviceChoice(name="cpu", label="CPU", threads=1, bf16=False)


@pytest.fixture(autouse=True)
def in_this_process(monkeypatch: pytest.MonkeyPatch) -> None:
    real = pool.Pool.__init__

    def start(self: pool.Pool, count: int, *arguments: Any) -> None:
        real(self, 0, *arguments)

    monkeypatch.setattr(pool.Pool, "__init__", start)


def work(
    root: Path, config: DataConfig, sink: Callable[[Event], None] = lambda event: None, **more: Any
) -> tuple[RunFolder, dict[str, Any]]:
    folder = more.pop("folder", None) or RunStore(root).create(RunSpec.new("data", config))
    return folder, run_lab("data", config, folder, sink, device=CPU, **more)


@pytest.fixture(scope="module")
def toy(tmp_path_factory: pytest.TempPathFactory) -> tuple[RunFolder, dict[str, Any]]:
    root = tmp_path_factory.mktemp("runs")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("simulator.s01_data.training_quality.TOY_PAGES", 300)
        config = DataConfig.for_profile("quick", pages=400, vocabulary=400, workers=1)
        return work(root, config)


def history_of(folder: RunFolder) -> RunHistory:
    return RunHistory.of(folder.events())


def test_the_records_tell_of_every_step(toy: tuple[RunFolder, dict[str, Any]]) -> None:
    folder, summary = toy
    history = history_of(folder)
    assert summary["status"] == history.state == "done"
    assert folder.problems == []
    assert history.facts["toy"] is True
    rows = history.latest("funnel")["steps"]
    assert [row["key"] for row in rows] == list(STEP_KEYS)
    assert rows == json.loads(json.dumps(summary["funnel"]))
    assert [row["exact"] for row in rows] == [False] * 5 + [True] * 3
    early = history.records["funnel"][0].fields["steps"]
    assert 0 < early[0]["documents"] < 400
    assert early[0]["tokens"] is None
    steps, kept = history.series("kept_quality")
    assert kept[-1] == rows[3]["documents"]
    assert (np.diff(steps) >= 0).all()
    for item in history.latest("truth")["steps"]:
        assert min(item["precision"], item["recall"]) >= item["target"] - 0.05, item["title"]
        assert item["counted"] > 100
    packed = history.latest("packed")
    assert packed["tokens"] == rows[7]["tokens"] + rows[7]["documents"]
    assert packed["rows"] == (packed["tokens"] - 1) // packed["sequence"]
    assert all(len(row) <= 128 for row in packed["sample"])
    assert "<|endoftext|>" in [token for row in packed["sample"] for token in row]


def test_documents_show_every_fate_and_the_record_stays_small(toy: tuple[RunFolder, dict[str, Any]]) -> None:
    folder, summary = toy
    documents = [record.fields for record in history_of(folder).records["document"]]
    assert len({document["index"] for document in documents}) == len(documents) > 60
    shown = Counter((document["step"], document["rule"]) for document in documents)
    dropped = {
        (step["key"], rule)
        for step in summary["funnel"]
        for rule, item in step["dropped"].items()
        if item["documents"]
    }
    assert dropped <= set(shown)
    assert shown["", ""] >= 20
    assert (folder.path / "events.jsonl").stat().st_size < 2_000_000
    for document in documents:
        assert document["truth"]["kind"]
        assert bool(document["clean"]) == document["kept"]
        for span in document["pii"]:
            assert document["text"][span["start"] : span["end"]] not in document["clean"]
    assert any(document["pii"] for document in documents)
    assert any(document.get("ngrams") for document in documents)
    kept = {json.loads(line)["source"]: json.loads(line)["text"] for line in lines_of(folder)}
    for document in documents:
        if document["kept"]:
            assert kept[document["source"]].startswith(document["clean"][:15_000])


def lines_of(folder: RunFolder) -> list[str]:
    return [
        line
        for path in sorted((folder.path / "kept").iterdir())
        for line in path.read_text(encoding="utf-8").splitlines()
    ]


def test_clusters_and_the_curve_are_measured(toy: tuple[RunFolder, dict[str, Any]]) -> None:
    history = history_of(toy[0])
    clusters = history.latest("clusters")["clusters"]
    assert clusters
    for cluster in clusters:
        indices = [document["index"] for document in cluster["documents"]]
        assert indices == sorted(indices)
        assert cluster["size"] >= len(indices) >= 2
        for pair in cluster["pairs"]:
            assert pair["a"] in indices
            spread = (pair["exact"] * (1 - pair["exact"]) / 112) ** 0.5
            assert abs(pair["estimated"] - pair["exact"]) <= 5 * spread + 1e-3
    curve = history.latest("s_curve")
    assert sum(curve["pairs"]) >= 1000
    for similarity, measured, formula, pairs in zip(
        curve["similarity"], curve["measured"], curve["formula"], curve["pairs"], strict=True
    ):
        assert abs(measured - formula) <= 5 * (formula * (1 - formula) / pairs) ** 0.5 + 0.02
        assert abs(formula - match_probability(similarity, 14, 8)) < 0.05


def test_a_data_run_is_a_corpus_by_id_and_by_folder(
    toy: tuple[RunFolder, dict[str, Any]], tmp_path: Path
) -> None:
    folder, summary = toy
    root = folder.path.parent
    found = corpus_path(folder.id, root)
    assert found == corpus_path(str(folder.path), root) == str(folder.path / "kept")
    corpus = load_corpus(found)
    assert len(corpus.train) + len(corpus.validation) == summary["kept"]
    for name in ("toy", "python", str(tmp_path), "pretrain-0001", "no/such/file"):
        assert corpus_path(name, root) == name
    with pytest.raises(CheckpointError, match="data-9999"):
        corpus_path("data-9999", root)
    (tmp_path / "kept").mkdir()
    assert corpus_path(str(tmp_path), root) == str(tmp_path)
    (tmp_path / "report.json").write_text("{}", encoding="utf-8")
    with pytest.raises(InputError, match="kept nothing"):
        corpus_path(str(tmp_path), root)


def test_stopped_and_resumed_it_ends_the_same(tmp_path: Path) -> None:
    source = write_lines(tmp_path / "in.jsonl", [prose(seed) for seed in range(30)])
    config = DataConfig(source=str(source), vocabulary=300)
    lab_module.FUNNEL_SECONDS, before = 0.0, lab_module.FUNNEL_SECONDS
    try:
        whole, _ = work(tmp_path / "whole", config)
        control = Control()

        def stop(event: Event) -> None:
            if isinstance(event, (Metrics, Progress)):
                control.stop()

        folder, summary = work(tmp_path / "runs", config, stop, control=control)
        assert summary["status"] == "stopped"
        assert (folder.path / "work").is_dir()
        with pytest.raises(InputError, match="not finished"):
            corpus_path(folder.id, tmp_path / "runs")
        _, summary = work(tmp_path / "runs", config, folder=folder, resume=True)
    finally:
        lab_module.FUNNEL_SECONDS = before
    assert summary["status"] == "done"
    assert summary["kept"] == 30
    for name in ("fates.jsonl", "report.json", "tokenizer.json", "kept/part-00000.jsonl"):
        assert (folder.path / name).read_bytes() == (whole.path / name).read_bytes()
    history = history_of(folder)
    assert history.state == "done"
    assert history.latest("funnel")["steps"][-1]["documents"] == 30


def test_the_speed_of_a_resumed_run_counts_only_what_it_read_itself(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lab_module, "FUNNEL_SECONDS", 0.0)
    config = DataConfig(pages=200, vocabulary=300, classifier="off")
    control = Control()

    def stop(event: Event) -> None:
        if isinstance(event, Metrics) and max(event.steps) >= 100:
            control.stop()

    folder, summary = work(tmp_path, config, stop, control=control)
    assert summary["status"] == "stopped", summary
    resumed: list[Metrics] = []
    work(
        tmp_path,
        config,
        lambda e: resumed.append(e) if isinstance(e, Metrics) else None,
        folder=folder,
        resume=True,
    )
    steps = [step for event in resumed for step in event.steps]
    timed = [step for event in resumed if "documents_per_second" in event.values for step in event.steps]
    assert min(steps) > 100, "what was done before is not told again"
    assert min(steps) not in timed, "nothing to go by yet"
    assert max(steps) == max(timed) == 200


def test_bad_input_fails_in_plain_words_before_it_began(tmp_path: Path) -> None:
    for name, words in (("missing.txt", "no file or folder"), ("empty.jsonl", "is empty")):
        if name == "empty.jsonl":
            (tmp_path / name).touch()
        folder, summary = work(tmp_path / "runs", DataConfig(source=str(tmp_path / name)))
        assert (summary["status"], summary["kind"]) == ("failed", "input")
        assert words in summary["message"]
        assert history_of(folder).lab == ""
        assert not (folder.path / "work").exists()


def test_nothing_kept_is_told(tmp_path: Path) -> None:
    source = write_lines(tmp_path / "in.jsonl", [prose(20, 2)])
    folder, summary = work(tmp_path / "runs", DataConfig(source=str(source)))
    assert (summary["status"], summary["kept"]) == ("done", 0)
    assert "min_words" in history_of(folder).diagnoses[-1].text


def test_own_examples_train_the_classifier(tmp_path: Path) -> None:
    good = write_lines(tmp_path / "good.jsonl", [prose(seed) for seed in range(100, 130)])
    shop = "Buy the cheapest {} now! Order today and the {} is free, the {} is waiting for you and the offer ends soon."
    bad_texts = [
        "\n".join(shop.format(*prose(seed + n).split()[1:60:20]) for n in range(4)) for seed in range(40)
    ]
    bad = write_lines(tmp_path / "bad.jsonl", bad_texts[:30])
    source = write_lines(tmp_path / "in.jsonl", [*(prose(seed) for seed in range(5)), *bad_texts[30:34]])
    config = DataConfig(
        source=str(source), classifier="own", good_examples=str(good), bad_examples=str(bad),
        gopher=False, gopher_repetition=False, c4=False, near_duplicates=False,
    )  # fmt: skip
    folder, summary = work(tmp_path / "runs", config)
    assert summary["reasons"] == {"classifier": 4}
    assert summary["kept"] == 5
    assert (folder.path / "quality.json").is_file()
    assert all(json.loads(line)["quality"] > 0.5 for line in lines_of(folder))


def test_the_lab_is_listed_and_its_settings_need_no_torch() -> None:
    assert find_lab("data").load_config() is DataConfig
    assert find_lab("data").stage == "s01_data"
    assert DataConfig.for_profile("gpu").pages == 50_000
