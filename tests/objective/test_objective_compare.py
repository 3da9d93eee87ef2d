"""The lab of two objectives, end to end on small runs: both learn, one of them writes, and a stop loses nothing."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from simulator.engine.control import Control
from simulator.engine.device import DeviceChoice
from simulator.engine.queries import answer_query
from simulator.engine.running import run_lab
from simulator.errors import CheckpointError, ConfigError
from simulator.runs.events import Event, decode_array, plain
from simulator.runs.history import RunHistory
from simulator.runs.spec import RunSpec
from simulator.runs.store import RunFolder, RunStore
from simulator.s02_objective.compare_config import CompareConfig
from simulator.s02_objective.config import PretrainConfig
from simulator.s02_objective.data_runs import find_data_run
from simulator.s02_objective.queries import inside, open_model, predict, write_text
from simulator.text.tokenizer import load_tokenizer, train_bpe
from simulator.world import build_world, generate_documents

CPU = DeviceChoice(name="cpu", label="CPU", threads=1, bf16=False)
SMALL: dict[str, Any] = {"steps": 150, "documents": 2500, "sequence": 48, "threads": 1, "precision": "fp32"}
TINY: dict[str, Any] = {**SMALL, "steps": 16, "documents": 800, "batch": 8, "sequence": 32}

Finished = tuple[RunFolder, RunHistory, dict[str, Any]]


def _run(
    root: Path, lab: str = "objectives", control: Control | None = None, resume: RunFolder | None = None,
    parent: str = "", **changes: Any,
) -> Finished:  # fmt: skip
    kind = {"objectives": CompareConfig, "pretrain": PretrainConfig}[lab]
    config = kind.for_profile("quick", **changes)
    folder = resume or RunStore(root).create(RunSpec(lab=lab, config=config.to_dict(), parent=parent))
    summary = run_lab(lab, config, folder, _ignore, device=CPU, control=control, resume=resume is not None)
    return folder, RunHistory.of(folder.events()), summary


def _ignore(event: Event) -> None:
    assert event.seq >= 0


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Finished:
    return _run(tmp_path_factory.mktemp("runs"), **SMALL)


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Finished:
    return _run(tmp_path_factory.mktemp("tiny"), **TINY, left="prefix", right="masked")


def _holds(summary: dict[str, Any]) -> None:
    """Both learn, held against floor and baselines; only the causal model writes what the world could have written."""
    loss, baseline, written = summary["validation_loss"], summary["baselines"], summary["written"]
    assert summary["floors"]["masked"] is None
    assert summary["floors"]["causal"] < loss["causal"] < 0.45 * baseline["causal"]
    assert loss["masked"] < 0.93 * baseline["masked"]
    assert all(4.5 < value < 5.6 for value in baseline.values())
    causal = written["causal"]["left to right"]["read_share"]
    for method in ("one mask at a time", "all masks at once"):
        assert causal > 0.08 + 1.5 * written["masked"][method]["read_share"]


def test_both_learn_and_only_one_writes(finished: Finished, tmp_path: Path) -> None:
    _holds(finished[2])
    _holds(_run(tmp_path, **SMALL, seed=3)[2])


def test_both_see_the_same_text_with_models_of_one_size(finished: Finished) -> None:
    folder, history, summary = finished
    left, right = (
        open_model(folder.path.parent, folder.id),
        open_model(folder.path.parent, folder.id, model="right"),
    )
    assert (left.objective, right.objective) == ("causal", "masked")
    assert left.model.shape == right.model.shape
    assert left.model.shape.total() == summary["parameters"] == history.facts["parameters"]
    assert left.model.shape.vocab > left.tokenizer.vocab_size
    assert left.step == right.step == 150
    assert [item.step for item in history.checkpoints] == [item.step for item in folder.checkpoints()]


def test_every_step_of_both_is_in_the_record(finished: Finished) -> None:
    _, history, summary = finished
    for name in ("causal/loss", "masked/loss", "causal/gradient_norm", "learning_rate", "tokens_per_second"):
        steps, values = history.series(name)
        assert steps.tolist() == list(range(1, 151)), name
        assert np.isfinite(values).all()
    for objective in ("causal", "masked"):
        steps, losses = history.series(f"{objective}/validation_loss")
        assert (steps[0], steps[-1]) == (0, 150)
        assert losses[-1] == summary["validation_loss"][objective] < losses[0]
        assert history.series(f"{objective}/accuracy")[1][-1] == summary["accuracy"][objective]


def test_snapshots_form_at_growing_intervals(finished: Finished) -> None:
    folder, history, _ = finished
    for objective in ("causal", "masked"):
        maps, points = (history.snapshots[f"{objective}/{name}"] for name in ("attention", "embedding"))
        steps = [item.step for item in maps]
        assert steps[:4] == [0, 1, 2, 4]
        assert steps[-1] == 150
        assert (
            [item.step for item in points]
            == steps
            == [item.step for item in history.records[f"{objective}/reading"]]
        )
        for item in maps:
            layers, heads, length, width = item.array.shape
            assert (layers, heads, length) == (2, 2, width)
            assert item.array.dtype == np.float16
            assert len(item.labels) == length
            np.testing.assert_allclose(item.array.astype(float).sum(-1), 1, atol=2e-2)
            hidden = np.triu(item.array.astype(float), 1)
            assert (hidden.max() == 0) == (objective == "causal")
        for item in points:
            assert item.array.shape == (len(item.labels), 2)
            assert len(item.labels) == 150
        last = np.abs(points[-1].array - points[-2].array).mean()
        assert last < 0.35 * np.abs(points[-1].array).mean()  # they move, and do not flip
    assert (folder.path / "events.jsonl").stat().st_size < 3_000_000


def test_the_texts_are_kept_with_every_choice_behind_them(finished: Finished) -> None:
    _, history, summary = finished
    for objective, methods in (("causal", 1), ("masked", 2)):
        told = [item.fields for item in history.records[f"{objective}/writing"]]
        final = [item for item in told if item["step"] == 150]
        assert len(final) == 3 * methods
        assert len(told) > len(final)
        for item in told:
            assert item["text"].startswith(item["prompt"])
            assert item["reference"].startswith(item["prompt"])
            assert 0 <= item["read_share"] <= 1
            assert all(step["candidates"] for step in item["steps"])
    shown = history.latest("generation")
    assert shown["results"] == summary["written"]
    assert shown["beginnings"] == summary["beginnings"] == 24
    titles = [item.title for item in history.diagnoses]
    assert titles[-1] == "Now generate"
    assert titles[-3:-1] == ["Causal: it has learned", "Masked: hardly learned"] or "learned" in titles[-2]


class _StopAt(Control):
    """Asks the run to stop once it has been polled so many times."""

    def __init__(self, polls: int) -> None:
        super().__init__()
        self._left = polls

    @property
    def stopping(self) -> bool:
        self._left -= 1
        return self._left < 0


def test_a_stopped_comparison_goes_on_where_it_was(tmp_path: Path, tiny: Finished) -> None:
    folder, _, summary = _run(tmp_path, control=_StopAt(12), **TINY, left="prefix", right="masked")
    assert summary["status"] == "stopped"
    assert 1 < folder.checkpoints()[-1].step < 16
    _, history, summary = _run(tmp_path, resume=folder, **TINY, left="prefix", right="masked")
    for name in ("prefix/loss", "masked/loss", "masked/validation_loss"):
        assert history.series(name)[1].tolist() == tiny[1].series(name)[1].tolist()
    assert {**summary, "seconds": 0} == {**tiny[2], "seconds": 0}
    ours, whole = (item.snapshots["masked/embedding"][-1].array for item in (history, tiny[1]))
    np.testing.assert_array_equal(ours, whole)


def test_a_damaged_resume_file_falls_back_to_the_newest_weights_of_both(tmp_path: Path) -> None:
    folder, _, _ = _run(tmp_path, control=_StopAt(24), **TINY)
    (folder.path / "resume.safetensors").write_bytes(b"torn")
    newest = folder.checkpoints()[-1].step
    (folder.path / f"right-step-{newest:08d}.safetensors").unlink()
    older = folder.checkpoints()[-2].step
    _, history, summary = _run(tmp_path, resume=folder, **TINY)
    assert summary["status"] == "done"
    said = next(item for item in history.diagnoses if item.title == "Resumed from an older checkpoint")
    assert (said.level, said.step) == ("warning", older)
    assert history.series("masked/loss")[0].tolist() == list(range(1, 17))


@pytest.mark.parametrize("tokenizer", ["bpe", "byte"])
def test_one_long_text_of_ones_own_is_begun_too(tmp_path: Path, tokenizer: str) -> None:
    text = tmp_path / "mine.txt"
    text.write_text("".join(f"The fox of hill {n} sees {n * n} hens. " for n in range(300)), encoding="utf-8")
    small = {**TINY, "steps": 3, "tokenizer": tokenizer, "vocabulary": 300}
    _, history, summary = _run(tmp_path / "runs", **small, corpus=str(text))
    assert summary["status"] == "done", summary
    assert summary["beginnings"] > 8
    told = history.records["masked/writing"][-1].fields
    assert (told["possible"], told["read_share"]) == (None, None)  # nobody can judge it
    assert told["reference"].startswith(told["prompt"])
    assert len(told["prompt"]) < len(told["reference"])
    assert history.latest("generation")["judge"] == ""
    assert summary["floors"]["causal"] is None


def test_one_objective_cannot_be_compared_with_itself() -> None:
    with pytest.raises(ConfigError, match="Both models would learn 'masked'"):
        CompareConfig(left="masked")


def test_questions_to_both_models(finished: Finished) -> None:
    folder = finished[0]
    root, run = folder.path.parent, folder.id
    left, right = (predict(root, run=run, text="What is this?", model=model) for model in ("left", "right"))
    assert (left["objective"], right["objective"]) == ("causal", "masked")
    assert left["warning"] == right["warning"] == ""
    assert right["inputs"].count("[MASK]") == sum(right["counted"]) == len(right["chosen"])
    crossed = predict(root, run=run, text="What is this?", objective="masked")
    assert "learned the objective 'Causal'" in crossed["warning"]
    chosen = predict(root, run=run, text="What is this?", model="right", chosen=[2])
    assert chosen["inputs"][2] == "[MASK]"
    looked = inside(root, run=run, text="What is this?", model="right")
    assert looked["attention"].shape[2] == len(looked["tokens"])
    assert looked["embedding"].shape == (150, 2)
    recorded = finished[1].snapshots["masked/embedding"][-1]
    assert list(recorded.labels) == looked["labels"]
    spread = [np.sort(np.linalg.norm(points, axis=1)) for points in (looked["embedding"], recorded.array)]
    np.testing.assert_allclose(spread[0], spread[1], rtol=1e-3, atol=1e-4)  # the same cloud, perhaps turned
    written = write_text(root, run=run, prompt="What is ", tokens=5, temperature=0.0, model="right")
    assert written["method"] == "one mask at a time"
    with pytest.raises(ConfigError, match="no model called 'middle'"):
        predict(root, run=run, text="a", model="middle")
    with pytest.raises(CheckpointError, match="no checkpoint at step 7"):
        predict(root, run=run, text="a", step=7, model="right")


@pytest.mark.parametrize(
    ("kind", "arguments"),
    [
        ("predict", {"text": "What is this?"}),
        ("predict", {"text": "What is this?", "model": "right", "chosen": [1, 3]}),
        ("inside", {"text": "What is this?"}),
        ("next", {"prompt": "The ", "temperature": 0.5, "top_k": 4, "top_p": 0.9, "repetition_penalty": 1.2}),
        ("write", {"prompt": "The", "tokens": 4}),
    ],
)
def test_answers_travel_as_plain_json(finished: Finished, kind: str, arguments: dict[str, Any]) -> None:
    folder = finished[0]
    answer = answer_query(folder.path.parent, 1, kind, {"run": folder.id, **arguments})
    assert answer.error == ""
    assert json.loads(json.dumps(answer.result)) == plain(answer.result)
    if "visible" in answer.result:
        visible = decode_array(answer.result["visible"])
        assert visible.dtype == np.bool_
        assert visible.shape == (len(answer.result["inputs"]),) * 2


def test_answers_to_what_cannot_be(finished: Finished) -> None:
    folder = finished[0]
    for kind, arguments in (
        ("next", {"prompt": "a", "temperature": -1}),
        ("next", {"prompt": "a", "magic": 1}),
        ("write", {"prompt": "a", "method": "magic"}),
        ("predict", {"text": "a", "objective": "magic"}),
        ("predict", {"text": "a", "model": "right", "chosen": [99]}),
    ):
        answer = answer_query(folder.path.parent, 1, kind, {"run": folder.id, **arguments})
        assert answer.error
        assert "fault in the program" not in answer.error


@pytest.mark.parametrize("objective", ["masked", "spans", "prefix", "infill"])
def test_pretraining_takes_any_objective(tmp_path: Path, objective: str) -> None:
    folder, history, summary = _run(tmp_path, "pretrain", **TINY, objective=objective)
    assert summary["status"] == "done", summary
    assert summary["objective"] == objective
    losses = history.series("validation_loss")[1]
    assert losses[-1] < losses[0]
    assert summary["floor_nats_per_token"] is None
    assert summary["baseline_nats_per_token"] > 4
    assert not history.predictions
    assert history.records["reading"][-1].fields["objective"] == objective
    assert history.snapshots["attention"][-1].step == 16
    assert history.samples[-1].text
    shown = predict(folder.path.parent, run=folder.id, text="What is this?")
    assert (shown["objective"], shown["warning"]) == (objective, "")


def test_a_causal_model_can_go_on_to_another_objective(tmp_path: Path) -> None:
    parent, _, before = _run(tmp_path, "pretrain", **TINY)
    _, history, after = _run(tmp_path, "pretrain", **TINY, parent=parent.id, objective="infill")
    assert after["status"] == "done", after
    assert after["vocabulary"] > before["vocabulary"]
    assert history.series("validation_loss")[1][0] < 0.95 * 6.3  # it starts with what the parent learned
    answer = answer_query(tmp_path, 1, "predict", {"run": parent.id, "text": "a", "objective": "infill"})
    assert "was not trained for 'Fill in the middle'" in answer.error


def _data_run(root: Path, vocabulary: int, finished: bool = True) -> Path:
    texts = [item.text for item in generate_documents(build_world(), 600, seed=1)]
    folder = RunStore(root).create(RunSpec(lab="data", config={"source": "toy"}, parent="")).path
    (folder / "kept").mkdir()
    if finished:
        lines = [json.dumps({"text": text, "source": "x", "quality": 1.0}) for text in texts]
        (folder / "kept" / "part-00000.jsonl").write_text("\n".join(lines) + "\n", encoding="utf-8")
        (folder / "fates.jsonl").write_text("{}\n", encoding="utf-8")
        train_bpe(texts, vocabulary).save(folder / "tokenizer.json")
    return folder


def test_a_data_run_is_a_corpus(tmp_path: Path) -> None:
    data = _data_run(tmp_path, 300)
    folder, history, summary = _run(tmp_path, "pretrain", **TINY, corpus=data.name, vocabulary=300)
    assert summary["status"] == "done", summary
    assert history.facts["data_run"] == history.facts["tokenizer_from"] == data.name == "data-0001"
    assert (folder.path / "tokenizer.json").read_bytes() == (data / "tokenizer.json").read_bytes()
    assert "fact_accuracy" in summary  # its text is about the toy world
    assert summary["floor_nats_per_token"] is None
    _, history, _ = _run(tmp_path, "pretrain", **{**TINY, "steps": 2}, corpus=str(data), vocabulary=320)
    assert (history.facts["data_run"], history.facts["tokenizer_from"]) == ("data-0001", "")
    assert load_tokenizer(data / "tokenizer.json").vocab_size == 300
    shutil.rmtree(data / "kept")
    (data / "kept").mkdir()
    _, _, failed = _run(tmp_path, "pretrain", **TINY, corpus="data-0001")
    assert (failed["kind"], failed["message"]) == ("input", "The data run data-0001 has kept no text.")


def test_a_data_run_on_its_way_is_no_corpus_yet(tmp_path: Path) -> None:
    folder = _data_run(tmp_path, 300, finished=False)
    _, _, failed = _run(tmp_path, "pretrain", **TINY, corpus=folder.name)
    assert failed["message"] == "The data run data-0001 has not finished."
    for name in ("toy", "python", "", "data-0002", "~nobody/x", "a\0b", str(tmp_path)):
        assert find_data_run(tmp_path, name) is None
