"""The training step on an NVIDIA GPU: tokens a second, beside nanoGPT's eager step of the same size, and equal losses.

By hand, on a machine with a GPU; nanoGPT's model.py is optional::

    python -m tests.benchmarks.gpu_step --nanogpt DIR

Random tokens, bf16, whole steps (forward, backward, clipping, update); the best of three stretches after a warm-up.
"""

from __future__ import annotations

import argparse
import importlib
import sys
import time
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path

import numpy as np
import torch

from simulator.model.shapes import SIZES, ModelShape
from simulator.model.transformer import Transformer
from simulator.text.packing import TokenStream
from simulator.training.data import TokenBatches
from simulator.training.loop import CapturedTrainer, Trainer
from simulator.training.optimizers import make_optimizers
from simulator.training.schedules import Schedule

VOCABULARY = 512
CASES = {"0.9M": (32, 128), "11M": (64, 256)}  # size: batch, sequence


def make_trainer(kind: type[Trainer], size: str, optimizer: str, **options: bool) -> Trainer:
    """A trainer of a toy size on random tokens."""
    batch, sequence = CASES[size]
    tokens = np.random.default_rng(0).integers(0, VOCABULARY, 2_000_000).astype(np.int32)
    stream = TokenStream(tokens=tokens, starts=np.array([0]), byte_count=len(tokens), end_id=0)
    model = Transformer(ModelShape(**asdict(SIZES[size]), vocab=VOCABULARY, sequence=sequence)).cuda()

    def optimizers(rate: float | torch.Tensor) -> list[torch.optim.Optimizer]:
        return make_optimizers(model, optimizer, learning_rate=rate, weight_decay=0.1, capturable=True)

    schedule = Schedule(name="cosine", peak=1e-3, steps=10_000, warmup=10)
    return kind(model, optimizers, TokenBatches(stream, batch, sequence, 0), schedule, bf16=True, clip=1.0, **options)


def measure(step: Callable[[int], None], finish: Callable[[], object], tokens: int, count: int) -> float:
    """Tokens a second, the best of three stretches of ``count`` steps."""
    for index in range(64):
        step(index)
    finish()
    best = float("inf")
    for stretch in range(3):
        start = time.perf_counter()
        for index in range(count):
            step(64 + stretch * count + index)
        finish()
        torch.cuda.synchronize()
        best = min(best, time.perf_counter() - start)
    return tokens * count / best


def measure_nanogpt(checkout: Path, size: str) -> float:
    """Tokens a second of nanoGPT's model of the same layers and width, eager, as its own loop steps it."""
    sys.path.insert(0, str(checkout))
    nanogpt = importlib.import_module("model")
    shape, (batch, sequence) = SIZES[size], CASES[size]
    config = nanogpt.GPTConfig(
        n_layer=shape.layers, n_head=shape.heads, n_embd=shape.hidden, vocab_size=VOCABULARY, block_size=sequence,
        dropout=0.0, bias=False,
    )  # fmt: skip
    model = nanogpt.GPT(config).cuda()
    optimizer = model.configure_optimizers(0.1, 1e-3, (0.9, 0.95), "cuda")
    inputs, targets = torch.randint(0, VOCABULARY, (2, batch, sequence), device="cuda")

    def step(_: int) -> None:
        with torch.autocast("cuda", torch.bfloat16):
            _, loss = model(inputs, targets)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        optimizer.zero_grad(set_to_none=True)

    return measure(step, torch.cuda.synchronize, batch * sequence, 100)


def compare_losses(size: str, optimizer: str, **options: bool) -> float:
    """Largest difference, over 100 steps, between the losses of the captured and of the plain step."""
    plain, captured = make_trainer(Trainer, size, optimizer), make_trainer(CapturedTrainer, size, optimizer, **options)
    for index in range(100):
        plain.step(index)
        captured.step(index)
    pairs = zip(plain.collect(), captured.collect(), strict=True)
    return max(abs(one.loss - other.loss) for one, other in pairs)


def main() -> None:
    """Print a row for every case."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--nanogpt", type=Path)
    arguments = parser.parse_args()
    print(torch.cuda.get_device_name(), torch.__version__)
    for size, (batch, sequence) in CASES.items():
        reference = measure_nanogpt(arguments.nanogpt, size) if arguments.nanogpt else None
        if reference:
            print(f"{size:5} nanoGPT eager              {reference / 1e6:6.2f}M tokens/s", flush=True)
        for optimizer in ("adamw", "muon"):
            for compiled in (False, True):
                trainer = make_trainer(CapturedTrainer, size, optimizer, compiled=compiled)
                speed = measure(trainer.step, trainer.collect, batch * sequence, 320)
                ratio = f"{speed / reference:.1f} x" if reference else ""
                difference = compare_losses(size, optimizer, compiled=compiled)
                name = f"{optimizer}, captured{' and compiled' if compiled else ''}"
                print(f"{size:5} {name:28} {speed / 1e6:6.2f}M tokens/s {ratio:6} loss differs by {difference:.1e}",
                      flush=True)  # fmt: skip


if __name__ == "__main__":
    main()
