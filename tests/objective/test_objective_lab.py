"""The pre-training lab, end to end and for real, on tiny runs."""

from __future__ import annotations

import math
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from simulator.engine.control import Control
from simulator.engine.device import DeviceChoice
from simulator.engine.running import run_lab
from simulator.errors import CheckpointError
from simulator.runs.events import CheckpointSaved, Event, Metrics, Predictions, RunFailed, Sample, plain
from simulator.runs.history import RunHistory
from simulator.runs.spec import RunSpec
from simulator.runs.store import RunFolder, RunStore
from simulator.s02_objective.config import PretrainConfig
from simulator.s02_objective.lab import perplexity
from simulator.s02_objective.material import typical_part
from simulator.s02_objective.queries import generate, predict
from simulator.s02_objective.readings import read_run
from simulator.text.corpus import load_corpus
from simulator.text.packing import pack
from simulator.text.tokenizer import ByteTokenizer

CPU = DeviceChoice(name="cpu", label="CPU", threads=1, bf16=False)
TINY: dict[str, Any] = {
    "steps": 60,
    "documents": 1500,
    "batch": 8,
    "sequence": 64,
    "threads": 1,
    "precision": "fp32",
}


def _run(
    root: Path,
    control: Control | None = None,
    resume: RunFolder | None = None,
    parent: str = "",
    **changes: Any,
) -> tuple[RunFolder, RunHistory, dict[str, Any]]:
    config = PretrainConfig.for_profile("quick", **{**TINY, **changes})
    folder = resume or RunStore(root).create(RunSpec(lab="pretrain", config=config.to_dict(), parent=parent))
    summary = run_lab(
        "pretrain", config, folder, _ignore, device=CPU, control=control, resume=resume is not None
    )
    history = RunHistory()
    for event in folder.events():
        history.apply(event)
    return folder, history, summary


def _ignore(event: Event) -> None:
    assert event.seq >= 0


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> tuple[RunFolder, RunHistory, dict[str, Any]]:
    return _run(tmp_path_factory.mktemp("runs"))


def test_it_learns_and_stays_above_the_entropy_floor(
    finished: tuple[RunFolder, RunHistory, dict[str, Any]],
) -> None:
    _, history, summary = finished
    steps, held_out = history.series("validation_loss")
    assert steps[0] == 0
    assert held_out[0] == pytest.approx(math.log(512), abs=0.1)  # an untrained model guesses blindly
    assert held_out[-1] < 0.75 * held_out[0]
    assert summary["validation_loss"] > summary["floor_nats_per_token"] > 0.1
    assert summary["validation_bits_per_byte"] == pytest.approx(
        summary["validation_loss"] / math.log(2) / summary["bytes_per_token"]
    )
    assert summary["status"] == "done"


def test_every_step_is_in_the_record(finished: tuple[RunFolder, RunHistory, dict[str, Any]]) -> None:
    _, history, _ = finished
    for name in ("loss", "learning_rate", "gradient_norm", "tokens_per_second"):
        steps, values = history.series(name)
        assert steps.tolist() == list(range(1, 61)), name
        assert np.isfinite(values).all()


def test_it_shows_what_it_writes_and_expects_as_it_learns(
    finished: tuple[RunFolder, RunHistory, dict[str, Any]],
) -> None:
    folder, _, _ = finished
    events = list(folder.events())
    shown = [event for event in events if isinstance(event, Predictions)]
    assert shown[0].step == 0
    assert shown[-1].step == 60
    assert len(shown) == len([event for event in events if isinstance(event, Sample)]) >= 8
    for event in shown:
        assert len(event.tokens) == len(event.true_probabilities) + 1 == len(event.top_tokens)
        for row in event.top_probabilities:
            assert row == tuple(sorted(row, reverse=True))
            assert 0 < sum(row) <= 1.0001
    assert np.mean(np.log(shown[-1].true_probabilities)) > np.mean(np.log(shown[0].true_probabilities)) + 1


def test_the_same_spec_gives_the_same_numbers(
    tmp_path: Path, finished: tuple[RunFolder, RunHistory, dict[str, Any]]
) -> None:
    _, again, summary = _run(tmp_path)
    assert again.series("loss")[1].tolist() == finished[1].series("loss")[1].tolist()
    assert again.series("validation_loss")[1].tolist() == finished[1].series("validation_loss")[1].tolist()
    assert summary["validation_loss"] == finished[2]["validation_loss"]
    _, other, _ = _run(tmp_path, seed=1, steps=10)
    assert other.series("loss")[1].tolist() != finished[1].series("loss")[1][:10].tolist()


def test_a_run_can_start_from_another_and_go_on_with_other_text(
    tmp_path: Path, finished: tuple[RunFolder, RunHistory, dict[str, Any]]
) -> None:
    parent, before, summary = finished
    moved = tmp_path / parent.id
    shutil.copytree(parent.path, moved)
    _, history, child = _run(tmp_path, parent=parent.id, steps=5, sequence=32, size="0.4M")
    assert child["status"] == "done", child
    assert child["parameters"] == summary["parameters"]  # the parent's shape, whatever the settings say
    assert history.series("validation_loss")[1][0] == pytest.approx(summary["validation_loss"], abs=0.25)
    assert before.series("validation_loss")[1][0] > 5 > history.series("validation_loss")[1][0]
    for file in moved.glob("step-*"):
        file.unlink()
    _, _, failed = _run(tmp_path, parent=parent.id, steps=5)
    assert (failed["kind"], "no checkpoint" in failed["message"]) == ("checkpoint", True)


class _StopAt(Control):
    """Asks the run to stop once it has been polled so many times."""

    def __init__(self, polls: int) -> None:
        super().__init__()
        self._left = polls

    @property
    def stopping(self) -> bool:
        self._left -= 1
        return self._left < 0


def test_a_stopped_run_goes_on_where_it_was(
    tmp_path: Path, finished: tuple[RunFolder, RunHistory, dict[str, Any]]
) -> None:
    folder, history, summary = _run(tmp_path, _StopAt(25))
    assert summary["status"] == "stopped"
    stopped_at = int(history.series("loss")[0][-1])
    assert 5 < stopped_at < 40
    _, history, summary = _run(tmp_path, resume=folder)
    assert summary["status"] == "done"
    assert history.series("loss")[0].tolist() == list(range(1, 61))
    assert history.series("loss")[1].tolist() == finished[1].series("loss")[1].tolist()
    assert summary["validation_loss"] == finished[2]["validation_loss"]
    said = [(item.step, item.title, item.text) for item in history.diagnoses]
    assert said == [(item.step, item.title, item.text) for item in finished[1].diagnoses]


def test_a_stopped_run_goes_on_when_its_parent_is_gone(
    tmp_path: Path, finished: tuple[RunFolder, RunHistory, dict[str, Any]]
) -> None:
    shutil.copytree(finished[0].path, tmp_path / finished[0].id)
    folder, _, _ = _run(tmp_path, _StopAt(25), parent=finished[0].id)
    shutil.rmtree(tmp_path / finished[0].id)
    _, history, summary = _run(tmp_path, resume=folder)
    assert summary["status"] == "done", summary
    assert history.series("loss")[0].tolist() == list(range(1, 61))


def test_perplexity_of_a_hopeless_model_is_infinite() -> None:
    assert perplexity(2.0) == pytest.approx(7.389056)
    assert perplexity(1e4) == math.inf


def test_a_damaged_resume_file_is_named_and_older_weights_go_on(tmp_path: Path) -> None:
    folder, _, _ = _run(tmp_path, _StopAt(30))
    whole = (folder.path / "resume.safetensors").read_bytes()
    (folder.path / "resume.safetensors").write_bytes(whole[: len(whole) // 2])
    newest = folder.checkpoints()[-1]
    newest.path.write_bytes(b"torn")
    older = folder.checkpoints()[-2].step
    _, history, summary = _run(tmp_path, resume=folder)
    assert summary["status"] == "done"
    assert history.series("loss")[0].tolist() == list(range(1, 61))
    said = next(item for item in history.diagnoses if item.title == "Resumed from an older checkpoint")
    assert (said.level, said.step) == ("warning", older)
    assert "resume.safetensors is damaged" in said.text
    for file in folder.path.glob("*.safetensors"):
        file.write_bytes(b"")
    _, _, summary = _run(tmp_path, resume=folder)
    assert (summary["status"], summary["kind"]) == ("failed", "checkpoint")


def test_a_diverging_run_says_what_to_do(tmp_path: Path) -> None:
    folder, _, summary = _run(
        tmp_path, optimizer="adamw", learning_rate=1.0, clip=0.0, warmup=0.0, steps=60, size="0.1M"
    )
    diagnoses = [event.title for event in folder.events() if event.type == "diagnosis"]  # type: ignore[attr-defined]
    failed = [event for event in folder.events() if isinstance(event, RunFailed)]
    assert "Diverging" in diagnoses or (failed and "Lower the learning rate" in failed[0].hint), (
        diagnoses,
        summary,
    )


@pytest.mark.parametrize("tokenizer", ["byte", "char"])
def test_other_tokenizers_train_too(tmp_path: Path, tokenizer: str) -> None:
    _, history, summary = _run(tmp_path, tokenizer=tokenizer, steps=12)
    assert summary["status"] == "done"
    assert history.series("validation_loss")[1][-1] < history.series("validation_loss")[1][0]
    assert summary["floor_bits_per_byte"] < summary["validation_bits_per_byte"]


def test_a_file_of_ones_own_trains_and_has_no_floor(tmp_path: Path) -> None:
    text = tmp_path / "mine.txt"
    text.write_text("The quick brown fox jumps over the lazy dog. " * 400, encoding="utf-8")
    _, history, summary = _run(tmp_path / "runs", corpus=str(text), steps=25, vocabulary=300)
    assert summary["floor_nats_per_token"] is None
    assert "fact_accuracy" not in summary
    assert history.series("validation_loss")[1][-1] < 3.0


@pytest.mark.parametrize(("corpus", "words"), [("/nowhere/at/all.txt", "nowhere"), ("tiny.txt", "tiny.txt")])
def test_a_corpus_that_cannot_be_used_is_named(tmp_path: Path, corpus: str, words: str) -> None:
    (tmp_path / "tiny.txt").write_text("x", encoding="utf-8")
    path = corpus if corpus.startswith("/") else str(tmp_path / corpus)
    _, _, summary = _run(tmp_path / "runs", corpus=path)
    assert summary["status"] == "failed"
    assert summary["kind"] == "input"
    assert words in summary["message"]
    assert summary["hint"]


def test_queries_answer_from_any_saved_step(finished: tuple[RunFolder, RunHistory, dict[str, Any]]) -> None:
    folder, _, _ = finished
    saved = [event.step for event in folder.events() if isinstance(event, CheckpointSaved)]
    first, last = (
        predict(folder.path.parent, run=folder.id, text="What is this?", step=step, top=4)
        for step in (saved[0], -1)
    )
    assert (first["step"], last["step"]) == (0, 60)
    assert len(last["top_tokens"][0]) == 4
    assert max(first["top_probabilities"][0]) < 0.02 < max(last["top_probabilities"][0])
    empty = predict(folder.path.parent, run=folder.id, text="")
    assert len(empty["tokens"]) == 1
    assert len(empty["top_tokens"]) == 1  # how a new text may begin
    elsewhere = predict(folder.path.parent / "other", run=str(folder.path), text="What is this?", top=4)
    assert plain(elsewhere) == plain(last)
    written = generate(folder.path.parent, run=folder.id, prompt="The ", tokens=5, temperature=0.0)
    assert written == generate(folder.path.parent, run=folder.id, prompt="The ", tokens=5, temperature=0.0)
    assert len(written["text"]) >= 1


def test_queries_name_what_is_missing_or_damaged(
    finished: tuple[RunFolder, RunHistory, dict[str, Any]], tmp_path: Path
) -> None:
    folder, _, _ = finished
    root = folder.path.parent
    with pytest.raises(CheckpointError, match="no checkpoint at step 999"):
        predict(root, run=folder.id, text="a", step=999)
    copy = tmp_path / folder.id
    copy.mkdir()
    for file in folder.path.rglob("*"):
        if file.is_file():
            target = copy / file.relative_to(folder.path)
            target.parent.mkdir(exist_ok=True)
            target.write_bytes(file.read_bytes()[:1000])
    with pytest.raises(CheckpointError, match="damaged"):
        predict(tmp_path, run=folder.id, text="a")


def test_metrics_travel_in_few_events(finished: tuple[RunFolder, RunHistory, dict[str, Any]]) -> None:
    folder, _, _ = finished
    blocks = [event for event in folder.events() if isinstance(event, Metrics)]
    assert sum(len(event.steps) for event in blocks) == 60 + 6


def test_the_quick_measure_has_the_entropy_of_the_whole() -> None:
    corpus = load_corpus("toy", documents=3000)
    stream = pack(ByteTokenizer(), corpus.validation)
    assert corpus.document_nats is not None
    part = typical_part(stream, corpus.document_nats, 5000)
    assert 5000 <= len(part.tokens) < 5400
    place = stream.starts.tolist().index(
        next(
            start
            for start in stream.starts
            if (stream.tokens[start : start + 5000] == part.tokens[:5000]).all()
        )
    )
    own = sum(corpus.document_nats[place : place + part.document_count]) / len(part.tokens)
    assert own == pytest.approx(sum(corpus.document_nats) / len(stream.tokens), rel=0.005)
    assert typical_part(stream, corpus.document_nats, 10**9) is stream


@pytest.mark.parametrize(
    ("losses", "floor", "progress", "title"),
    [
        ([6.24], 0.4, 0.0, "Before training"),
        ([6.24, 7.5], 0.4, 0.2, "Diverging"),
        ([6.24, 2.0, 2.5], None, 0.5, "Held-out loss is rising"),
        ([6.24, 6.0], None, 0.5, "Hardly learning"),
        ([6.24, 3.0], 0.4, 0.5, "Learning"),
        ([6.24, 0.44], 0.4, 1.0, "Close to the floor"),
    ],
)
def test_readings(losses: list[float], floor: float | None, progress: float, title: str) -> None:
    assert read_run(losses, 512, floor, progress).title == title


def test_settings_that_the_memory_cannot_hold_are_refused_before_the_first_step(tmp_path: Path) -> None:
    _, history, summary = _run(tmp_path, size="50M", batch=4096, sequence=4096, documents=20_000)
    assert (summary["status"], summary["kind"]) == ("failed", "memory")
    assert "tokens needs about" in summary["message"]
    assert not history.names  # no step was taken


def test_what_a_folder_has_that_cannot_be_read_is_said(tmp_path: Path) -> None:
    mixed = tmp_path / "mixed"
    mixed.mkdir()
    (mixed / "a.md").write_text("The quick brown fox jumps over the lazy dog. " * 100, encoding="utf-8")
    (mixed / "b.jsonl").write_text(
        '{"text": "A record about a fox and a dog."}\n' * 50 + "{no}\n", encoding="utf-8"
    )
    (mixed / "c.csv").write_text("x,y\n1,2\n", encoding="utf-8")
    _, history, summary = _run(tmp_path / "runs", corpus=str(mixed), steps=2, vocabulary=300)
    assert summary["status"] == "done", summary
    assert history.diagnoses[0].title == "Some text was left out"
    assert "2 of its files or records cannot be used. The first: b.jsonl line 51" in history.diagnoses[0].text
