"""Memory of a training step, predicted and measured, by policy: ``python -m tests.benchmarks.memory_prediction``.

On an NVIDIA GPU where there is one (``--device cpu`` for the processor). Ends with status 1 where parameters, gradients
or optimizer state are not exact, or activations are more than 10 % off.
"""

from __future__ import annotations

import argparse
import sys

import torch

from simulator.model.shapes import SIZES, ModelShape
from simulator.s04_precision.memory import measure_memory
from simulator.s04_precision.queries import RandomBatches, trainer_of
from simulator.training.policies import POLICIES
from simulator.training.precision import PrecisionTrainer

CASES = {
    "cpu": (("0.1M", 16, 64), ("0.9M", 8, 128)),
    "cuda": (("0.9M", 16, 128), ("11M", 64, 256), ("50M", 16, 512)),
}
EXACT = ("parameters", "gradients", "optimizer")
LARGEST_ERROR = 0.1


def trainer_of_size(policy: str, size: str, batch: int, sequence: int, device: str) -> PrecisionTrainer:
    """A trainer that has made one step."""
    named = SIZES[size]
    shape = ModelShape(layers=named.layers, hidden=named.hidden, heads=named.heads, kv_heads=named.kv_heads,
                       ffn=named.ffn, vocab=512, sequence=sequence)  # fmt: skip
    trainer = trainer_of(shape, policy, RandomBatches(batch, sequence, 512), device)
    trainer.step(0)
    return trainer


def main() -> int:
    """Print a table; the exit status."""
    parser = argparse.ArgumentParser()
    found = "cuda" if torch.cuda.is_available() else "cpu"
    parser.add_argument("--device", choices=("cpu", "cuda"), default=found)
    device, bad = parser.parse_args().device, 0
    print(f"torch {torch.__version__}, {torch.cuda.get_device_name() if device == 'cuda' else 'CPU'}")
    for size, batch, sequence in CASES[device]:
        for policy in POLICIES:
            trainer = trainer_of_size(policy, size, batch, sequence, device)
            fields = measure_memory(trainer, trainer.rows(1))
            print(f"{size}, {batch} x {sequence} tokens, {policy}; {fields['how']}")
            for part, predicted in fields["predicted"].items():
                measured = fields["measured"][part]
                off = predicted / measured - 1 if measured else 0.0
                wrong = (
                    predicted != measured
                    if part in EXACT
                    else part == "activations" and abs(off) > LARGEST_ERROR
                )
                bad += wrong
                print(f"  {part:12} {predicted:>14,} {measured:>14,} {off:+8.1%}{'  WRONG' if wrong else ''}")
            del trainer
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
