"""The tab on a real run of the lab: what the lab emits is what the tab reads."""

from __future__ import annotations

from pathlib import Path

import pytest

from simulator.engine.running import run_lab
from simulator.runs.history import RunHistory
from simulator.runs.spec import RunSpec
from simulator.runs.store import RunStore
from simulator.s04_precision.config import PrecisionConfig
from widgets.s04_precision.geometry.toy import toy_readings
from widgets.s04_precision.geometry.training import costs_of, looks_of, policies_of, vanished_of


def _nowhere(_event: object) -> None:
    """The events are in the run's folder."""


@pytest.mark.slow
def test_a_real_run_is_read_whole(open_desk, tmp_path: Path):
    config = PrecisionConfig(
        steps=3, batch=2, sequence=16, documents=60, vocabulary=260, fp8=False, threads=1, device="cpu"
    )
    root = tmp_path / "real"
    folder = RunStore(root).create(RunSpec.new("precision", config, ""))
    assert run_lab("precision", config, folder, _nowhere)["status"] == "done"
    history = RunHistory.of(folder.events())
    policies = policies_of(history)
    assert policies == ("fp32", "bf16", "fp16", "fp16-scaled")
    for policy in policies:
        for kind in ("gradients", "flowing", "activations", "weights"):
            looks = looks_of(history, policy, kind)
            assert len(looks) >= 2
            assert all(look.shares is not None and look.counts.sum() > 0 for look in looks)
    assert all(cost.seconds > 0 and cost.peak > 0 for cost in costs_of(history, policies))
    readings = toy_readings(history)
    assert set(readings) == set(policies)
    assert all(reading.predicted[:3] == reading.measured[:3] for reading in readings.values())
    for found in vanished_of(history):
        assert found.rounded_bits in (0, 0x8000)  # zero, or minus zero
    desk = open_desk(root)
    panel = desk.mode("training")
    assert panel.training.look is not None
    assert panel.plain_words.words()[0]
