"""Checkpoints: what is saved comes back, damage is named, and a resumed run goes on as if it had never stopped."""

from __future__ import annotations

import contextlib
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from safetensors.torch import load_file

from simulator.errors import CheckpointError
from simulator.model.shapes import ModelShape
from simulator.model.transformer import Transformer
from simulator.text.packing import TokenStream
from simulator.training.checkpoints import load_model, load_resume, save_model, save_resume
from simulator.training.data import TokenBatches
from simulator.training.loop import Trainer
from simulator.training.optimizers import make_optimizers
from simulator.training.schedules import Schedule

SHAPE = ModelShape(layers=2, hidden=32, heads=4, kv_heads=2, ffn=48, vocab=40, tied=False, sequence=16)


def _trainer(name: str = "muon", seed: int = 0) -> Trainer:
    tokens = np.random.default_rng(0).integers(1, 40, 3000).astype(np.int32)
    stream = TokenStream(tokens=tokens, starts=np.array([0]), byte_count=3000, end_id=0)
    model = Transformer(SHAPE, seed)

    def optimizers(rate: float | torch.Tensor) -> list[torch.optim.Optimizer]:
        return make_optimizers(model, name, learning_rate=rate, weight_decay=0.1)

    schedule = Schedule(name="cosine", peak=0.01, steps=20, warmup=2)
    return Trainer(model, optimizers, TokenBatches(stream, 4, 16, 0), schedule, bf16=False, clip=1.0)


@pytest.mark.parametrize("name", ["adamw", "muon"])
def test_a_resumed_run_gives_the_same_losses_to_the_last_digit(tmp_path: Path, name: str) -> None:
    whole = _trainer(name)
    for step in range(20):
        whole.step(step)
    first = _trainer(name)
    for step in range(9):
        first.step(step)
    save_resume(tmp_path / "r.safetensors", first.model, first.optimizers, 9)
    second = _trainer(name, seed=77)
    assert load_resume(tmp_path / "r.safetensors", second.model, second.optimizers) == 9
    for step in range(9, 20):
        second.step(step)
    assert first.collect() + second.collect() == whole.collect()


def test_a_model_comes_back_equal_under_its_llama_names(tmp_path: Path) -> None:
    model = Transformer(SHAPE, 4)
    save_model(tmp_path / "m.safetensors", model, 123)
    loaded, step = load_model(tmp_path / "m.safetensors")
    assert step == 123
    assert loaded.shape == model.shape
    for (name, one), two in zip(model.named_parameters(), loaded.parameters(), strict=True):
        assert torch.equal(one, two), name
    names = set(load_file(tmp_path / "m.safetensors"))
    assert "model.layers.1.self_attn.k_proj.weight" in names
    assert "lm_head.weight" in names
    assert len(names) == 3 + 2 * 9
    assert not [file for file in tmp_path.iterdir() if file.name != "m.safetensors"]  # no drafts left


def test_a_tied_model_stores_its_table_once(tmp_path: Path) -> None:
    model = Transformer(ModelShape(layers=1, hidden=32, heads=4, kv_heads=4, ffn=48, vocab=40))
    save_model(tmp_path / "m.safetensors", model, 0)
    assert "lm_head.weight" not in load_file(tmp_path / "m.safetensors")
    assert load_model(tmp_path / "m.safetensors")[0].head.weight is not None


@pytest.fixture(scope="module")
def saved(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("saved") / "m.safetensors"
    save_model(path, Transformer(SHAPE), 5)
    return path


@settings(max_examples=60, deadline=None)
@given(share=st.floats(0, 0.999))
def test_a_truncated_file_is_named(saved: Path, share: float) -> None:
    data = saved.read_bytes()
    torn = saved.with_name("torn.safetensors")
    torn.write_bytes(data[: int(share * len(data))])
    with pytest.raises(CheckpointError, match=r"torn\.safetensors is damaged"):
        load_model(torn)


@settings(max_examples=100, deadline=None)
@given(position=st.integers(0, 600), value=st.integers(0, 255))
def test_a_flipped_byte_in_the_header_never_crashes(saved: Path, position: int, value: int) -> None:
    data = bytearray(saved.read_bytes())
    data[position] = value
    bent = saved.with_name("bent.safetensors")
    bent.write_bytes(data)
    with contextlib.suppress(CheckpointError):  # anything else would be a crash
        load_model(bent)


def test_a_missing_file_and_another_model_are_named(tmp_path: Path, saved: Path) -> None:
    with pytest.raises(CheckpointError, match="cannot be read"):
        load_model(tmp_path / "none.safetensors")
    other = Transformer(ModelShape(layers=2, hidden=64, heads=4, kv_heads=2, ffn=48, vocab=40, tied=False))
    with pytest.raises(CheckpointError, match="another size"):
        load_resume(saved, other, make_optimizers(other, "adamw", learning_rate=0.1, weight_decay=0.0))


def test_weights_that_are_no_numbers_are_named(tmp_path: Path) -> None:
    model = Transformer(SHAPE)
    with torch.no_grad():
        model.norm.weight[3] = torch.nan
    save_model(tmp_path / "m.safetensors", model, 5)
    with pytest.raises(CheckpointError, match=r"m\.safetensors is damaged: 'model\.norm\.weight'"):
        load_model(tmp_path / "m.safetensors")
