"""Choosing a device, and choosing the same again."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from simulator.engine import device
from simulator.engine.device import BF16_GAIN, default_threads, machine_info, pick_device
from simulator.errors import DeviceError


@pytest.fixture(autouse=True)
def fresh(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(device, "_measured", {})
    monkeypatch.setattr(device, "_has_bf16_products", lambda: True)


def test_the_processor_and_its_threads() -> None:
    chosen = pick_device("cpu", 1)
    assert (chosen.name, chosen.label, chosen.threads) == ("cpu", "CPU, 1 thread", 1)
    assert pick_device("cpu", 3).label == "CPU, 3 threads"
    assert chosen.memory_bytes > 1 << 28
    assert json.loads(json.dumps(chosen.to_dict()))["name"] == "cpu"
    assert default_threads() >= 1
    assert default_threads(spare=1000) == 1


def test_the_choice_of_bf16_is_measured_once_and_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    gains = iter([BF16_GAIN + 0.5, 0.1, 0.2, 0.3])
    monkeypatch.setattr(device, "_measure_bf16_gain", lambda: next(gains))
    assert pick_device("cpu", 1, tmp_path).bf16
    assert pick_device("cpu", 2, tmp_path).bf16
    monkeypatch.setattr(device, "_measured", {})  # as in another process
    assert pick_device("cpu", 1, tmp_path).bf16
    monkeypatch.setattr(device, "_measured", {})
    (tmp_path / "device.json").write_text("damaged")
    assert not pick_device("cpu", 1, tmp_path).bf16
    (tmp_path / "file").write_text("")
    assert not pick_device("cpu", 1, tmp_path / "file").bf16  # nothing can be kept there


def test_the_probe_measures_and_leaves_the_threads_as_they_were() -> None:
    import torch

    before = torch.get_num_threads()
    assert 0.01 < device._measure_bf16_gain(rounds=1) < 100
    assert torch.get_num_threads() == before


def test_without_the_instructions_bf16_is_not_even_tried(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(device, "_has_bf16_products", lambda: False)
    monkeypatch.setattr(device, "_measure_bf16_gain", lambda: pytest.fail("measured"))
    chosen = pick_device("cpu")
    assert (chosen.bf16, chosen.bf16_gain) == (False, 0.0)


def test_a_device_that_does_not_work_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(device, "_trouble", lambda name: "the driver is too old")
    assert pick_device("auto", 1).name == "cpu"
    for name in ("cuda", "mps", "abacus"):
        with pytest.raises(DeviceError) as caught:
            pick_device(name)
        assert "auto" in caught.value.hint


def test_machine_info_is_plain() -> None:
    info = machine_info()
    assert json.loads(json.dumps(info)) == info
    assert info["torch"]
    assert info["processor"]
