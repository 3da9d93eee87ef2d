"""The lab of number formats, end to end on small runs: FP16 alone loses its gradient, and a stop loses nothing."""

from __future__ import annotations

import contextlib
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from simulator.engine.control import Control
from simulator.engine.device import DeviceChoice
from simulator.engine.running import run_lab
from simulator.runs.events import Event, Metrics
from simulator.runs.history import RunHistory
from simulator.runs.spec import RunSpec
from simulator.runs.store import RunFolder, RunStore
from simulator.s04_precision.checkpoints import checkpoints_of
from simulator.s04_precision.config import PrecisionConfig
from simulator.training.checkpoints import load_model

CPU = DeviceChoice(name="cpu", label="CPU", threads=1, bf16=False)
SMALL: dict[str, Any] = {"steps": 32, "documents": 1000, "sequence": 32, "micro_batches": 8192, "threads": 1}
TINY: dict[str, Any] = {
    "steps": 8, "documents": 300, "sequence": 16, "batch": 4, "threads": 1, "growth_interval": 2,
}  # fmt: skip
EXACT = {"loss", "gradient_norm", "loss_scale", "skipped", "validation_loss"}

Finished = tuple[RunFolder, RunHistory, dict[str, Any]]


def _run(
    root: Path,
    control: Control | None = None,
    resume: RunFolder | None = None,
    sink: Any = None,
    **changes: Any,
) -> Finished:
    config = PrecisionConfig.for_profile("quick", **changes)
    folder = resume or RunStore(root).create(RunSpec(lab="precision", config=config.to_dict()))
    summary = run_lab(
        "precision", config, folder, sink or _ignore, device=CPU, control=control, resume=resume is not None
    )
    return folder, RunHistory.of(folder.events()), summary


def _ignore(event: Event) -> None:
    assert event.seq >= 0


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Finished:
    return _run(tmp_path_factory.mktemp("runs"), **SMALL)


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Finished:
    return _run(tmp_path_factory.mktemp("tiny"), **TINY, fp8=False, fp32=False, initial_scale=2.0**34)


def test_fp16_alone_suffers_scaling_repairs_it_and_bf16_needs_none(finished: Finished) -> None:
    _, history, summary = finished
    loss, lost = summary["validation_loss"], summary["vanished_share"]
    assert loss["fp16"] > loss["fp32"] + 0.2  # 0.38 to 0.53 on three seeds
    for key in ("bf16", "fp16-scaled", "fp8"):
        assert abs(loss[key] - loss["fp32"]) < 0.1, loss  # up to 0.03
        assert lost[key] < 0.02
    assert lost["fp16"] > 0.6
    titles = [item.title for item in history.diagnoses]
    assert titles.count("FP16 loses its gradient") == 1
    assert "FP16 learned less" in titles
    assert "FP16 + loss scaling learns as well as the best" in titles


def test_every_policy_starts_from_the_same_weights_and_data(finished: Finished) -> None:
    _, history, summary = finished
    firsts = [history.series(f"{key}/loss")[1][0] for key in summary["policies"]]
    assert max(firsts) - min(firsts) < 0.02
    for key in summary["policies"]:
        steps, losses = history.series(f"{key}/loss")
        assert steps.tolist() == list(range(1, 33))
        assert np.isfinite(losses).all()
        assert (history.series(f"{key}/step_seconds")[1] > 0).all()


def test_the_records_tell_what_is_lost(finished: Finished) -> None:
    _, history, _ = finished
    looks = history.records["fp16/exponents"]
    steps = [item.step for item in looks]
    gaps = np.diff(steps)
    assert steps[0] == 0
    assert steps[-1] == 32
    assert gaps[-1] > gaps[0]
    for item in looks:
        fields = item.fields
        assert len(fields["counts"]) + 1 == len(fields["edges"])
        assert sum(fields["counts"]) + fields["zeros"] == fields["total"]
        assert fields["vanished_share"] > 0.3
    found = history.latest("vanished")
    assert found["rounded_bits"] in ("0x0000", "0x8000")
    assert found["scaled_bits"][2:] != "0000"
    assert history.latest("fp16-scaled/exponents")["vanished_share"] < 0.02


def test_memory_is_measured_beside_what_was_predicted(finished: Finished) -> None:
    fields = finished[1].latest("memory")
    assert fields["policy"] == "bf16"
    for found in (fields, *fields["policies"].values()):
        for part in ("parameters", "gradients", "optimizer"):
            assert found["predicted"][part] == found["measured"][part]
        assert found["measured"]["activations"] == pytest.approx(found["predicted"]["activations"], rel=0.1)
        assert "tensor" in found["how"]


def test_overflow_is_recorded_and_the_scale_backs_off(tiny: Finished) -> None:
    _, history, summary = tiny
    skipped = summary["skipped"]["fp16-scaled"]
    overflows = history.records["fp16-scaled/overflow"]
    assert skipped == len(overflows) > 0
    for item in overflows:
        assert item.fields["next_scale"] == item.fields["scale"] / 2
    assert [item.title for item in history.diagnoses].count("A step was skipped") == 1
    _, scales = history.series("fp16-scaled/loss_scale")
    assert scales[0] == 2.0**34
    assert (np.diff(scales) > 0).any()
    assert history.series("fp16-scaled/skipped")[1][-1] == skipped


def test_each_policy_has_its_checkpoints(tiny: Finished) -> None:
    folder, history, summary = tiny
    steps = [item.step for item in history.checkpoints]
    for key in summary["policies"]:
        saved = checkpoints_of(folder, key, "bf16")
        assert [item.step for item in saved] == steps
        model, step = load_model(saved[-1].path)
        assert step == 8
        assert model.shape.total() == summary["parameters"]
    assert checkpoints_of(folder, "fp16", "bf16") != checkpoints_of(folder, "fp16-scaled", "bf16")


def _stopped(root: Path, at: int, **changes: Any) -> Finished:
    control = Control()

    def stop(event: Event) -> None:
        if (
            event.type == "progress"
            and getattr(event, "phase", "") == "Training"
            and getattr(event, "step", 0) >= at
        ):
            control.stop()

    return _run(root, control, sink=stop, **changes)


def test_a_stop_loses_nothing(tiny: Finished, tmp_path: Path) -> None:
    """Losses, scales and skipped steps of a run that was stopped and went on are those of an unbroken one."""
    changes = {**TINY, "fp8": False, "fp32": False, "initial_scale": 2.0**34}
    folder, _, summary = _stopped(tmp_path, 4, **changes)
    assert summary["status"] == "stopped"
    _, history, summary = _run(tmp_path, resume=folder, **changes)
    assert summary["status"] == "done"
    unbroken = tiny[1]
    assert history.names == unbroken.names
    for name in unbroken.names:
        if name.split("/")[-1] in EXACT:
            theirs, ours = unbroken.series(name), history.series(name)
            assert np.array_equal(theirs[0], ours[0]), name
            assert np.array_equal(theirs[1], ours[1], equal_nan=True), name
    for key in ("validation_loss", "skipped", "loss_scale", "broken", "vanished_share"):
        assert summary[key] == tiny[2][key]


def test_a_damaged_resume_file_costs_little(tmp_path: Path) -> None:
    changes = {**TINY, "fp32": False, "fp16": False, "fp8": False}
    folder, _, _ = _stopped(tmp_path, 5, **changes)
    copy = tmp_path / "copy" / folder.id
    shutil.copytree(folder.path, copy)
    resume = copy / "resume.safetensors"
    resume.write_bytes(resume.read_bytes()[:-100])
    _, history, summary = _run(tmp_path, resume=RunFolder(copy), **changes)
    assert summary["status"] == "done"
    assert history.diagnoses[-3].title == "Resumed from an older checkpoint"
    for path in copy.glob("*.safetensors"):
        path.write_bytes(b"no checkpoint")
    _, history, summary = _run(tmp_path, resume=RunFolder(copy), **changes)
    assert summary["status"] == "failed"
    assert history.failure is not None
    assert "damaged" in history.failure.message


def test_a_policy_that_breaks_stops_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A loss so large that FP16's gradients are infinite: that model stays as it was, the other goes on."""
    from simulator.training.precision import PrecisionTrainer

    usual = PrecisionTrainer.factor.fget
    assert usual is not None

    def factor(self: PrecisionTrainer) -> float:
        trained = bool(self.model.norm.weight[0] != 1)
        return 2.0**24 if trained and self.policy.key == "fp16" else usual(self)

    monkeypatch.setattr(PrecisionTrainer, "factor", property(factor))
    _, history, summary = _run(tmp_path, **TINY, fp32=False, fp16_scaled=False, fp8=False, micro_batches=1)
    assert summary["status"] == "done"
    assert summary["broken"]["fp16"] > 0
    assert summary["broken"]["bf16"] == -1
    assert len(history.series("bf16/loss")[0]) == 8
    assert len(history.series("fp16/loss")[0]) == summary["broken"]["fp16"] + 1
    assert "FP16 broke" in [item.title for item in history.diagnoses]


def test_a_broken_policy_stays_broken_after_a_stop(tmp_path: Path) -> None:
    changes = {**TINY, "fp32": False, "fp16_scaled": False, "fp8": False}
    folder, _, _ = _stopped(tmp_path, 4, **changes)
    with contextlib.closing(folder.recorder()) as recorder:
        values = {"fp16/skipped": (1.0,)}
        recorder.append(Metrics(run=folder.id, seq=recorder.next_seq, time=1.0, steps=(3,), values=values))
    _, history, summary = _run(tmp_path, resume=folder, **changes)
    assert summary["broken"] == {"bf16": -1, "fp16": 2}
    assert history.series("fp16/loss")[0][-1] < 6
    assert history.series("bf16/loss")[0][-1] == 8
