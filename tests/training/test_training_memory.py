"""The memory estimate against a measured peak, and what is refused because of it."""

from __future__ import annotations

import multiprocessing
import sys
from pathlib import Path

import pytest

from simulator.errors import OutOfMemoryError
from simulator.model.shapes import SIZES, ModelShape
from simulator.training import memory
from simulator.training.memory import STATE_BYTES, available_bytes, check_memory, step_bytes

BATCH, SEQUENCE = 96, 128


def _shape(size: str = "0.9M", sequence: int = SEQUENCE) -> ModelShape:
    named = SIZES[size]
    return ModelShape(
        layers=named.layers, hidden=named.hidden, heads=named.heads, kv_heads=named.kv_heads, ffn=named.ffn,
        vocab=512, sequence=sequence,
    )  # fmt: skip


def _measure_peak(bf16: bool) -> int:
    """Bytes that this process's largest size grows by over one step (runs in a process of its own)."""
    import numpy as np
    import torch

    from simulator.model.transformer import Transformer
    from simulator.text.packing import TokenStream
    from simulator.training.data import TokenBatches
    from simulator.training.loop import Trainer
    from simulator.training.optimizers import make_optimizers
    from simulator.training.schedules import Schedule

    torch.set_num_threads(1)
    tokens = np.random.default_rng(0).integers(0, 512, 20_000).astype(np.int32)
    stream = TokenStream(tokens=tokens, starts=np.zeros(1, np.int64), byte_count=len(tokens), end_id=0)

    def step(batch: int) -> None:
        model = Transformer(_shape())
        trainer = Trainer(
            model, lambda rate: make_optimizers(model, "adamw", learning_rate=rate, weight_decay=0.1),
            TokenBatches(stream, batch, SEQUENCE, 0), Schedule(name="constant", peak=1e-3, steps=1),
            bf16=bf16, clip=1.0,
        )  # fmt: skip
        trainer.step(0)

    step(1)  # the libraries load
    before = _largest_size()
    step(BATCH)
    return _largest_size() - before


def _largest_size() -> int:
    """Largest resident size of this process so far, in bytes."""
    status = Path("/proc/self/status")
    if status.exists():  # getrusage would count the size of the process that started this one too
        (line,) = (line for line in status.read_text().splitlines() if line.startswith("VmHWM"))
        return int(line.split()[1]) * 1024
    import resource

    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit


@pytest.mark.skipif(sys.platform == "win32", reason="Windows does not tell the largest size in this way")
@pytest.mark.parametrize("bf16", [False, True])
def test_the_estimate_is_within_a_factor_of_two_of_the_measured_peak(bf16: bool) -> None:
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        measured = pool.apply(_measure_peak, (bf16,))
    assert 0.5 < step_bytes(_shape(), BATCH * SEQUENCE, bf16=bf16) / measured < 2


def test_state_and_activations_add_up() -> None:
    shape = _shape()
    nothing, one, two = (step_bytes(shape, tokens, bf16=False) for tokens in (0, 1, 2))
    assert nothing == STATE_BYTES * shape.total()
    assert two - one == one - nothing > 4 * shape.layers * shape.hidden


def test_a_step_that_cannot_fit_is_refused_in_figures() -> None:
    with pytest.raises(OutOfMemoryError, match=r"16,777,216 tokens needs about .* TB of memory, and 8 GB") as caught:
        check_memory(_shape("50M", 4096), 4096 * 4096, bf16=False, available=8 * 10**9)
    assert caught.value.kind == "memory"
    assert "smaller batch" in caught.value.hint
    check_memory(_shape(), BATCH * SEQUENCE, bf16=False, available=8 * 10**9)


def test_the_limit_of_a_container_counts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    limit, used = tmp_path / "max", tmp_path / "current"
    monkeypatch.setattr(memory, "_LIMITS", (limit, used))
    free = available_bytes("cpu")
    assert free > 10**6
    limit.write_text("3000000\n")
    used.write_text("1000000\n")
    assert available_bytes("cpu") == 2_000_000
    limit.write_text("max\n")
    assert available_bytes("cpu") > 2_000_000
