"""Real text against nanoGPT's CPU example: bits per byte reached, and seconds taken, in alternating whole processes.

By hand, on a quiet machine, with a checkout of nanoGPT (github.com/karpathy/nanoGPT; its data
script needs the package requests) and its text::

    python -m tests.benchmarks.real_text --nanogpt DIR --text tinyshakespeare.txt --rounds 2

Both sides see the same bytes: the last tenth is held out. nanoGPT reports nats a character, which on this ASCII text is
nats a byte; ours scores every held-out token once (windows overlap by half). Times are of the whole process, from start
to the last measurement, tokenizer training included.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

NANOGPT_FLAGS = [
    "--device=cpu", "--compile=False", "--eval_iters=20", "--log_interval=100", "--block_size=64", "--batch_size=12",
    "--n_layer=4", "--n_head=4", "--n_embd=128", "--max_iters=2000", "--lr_decay_iters=2000", "--dropout=0.0",
]  # fmt: skip
SHAPE = [
    "--layers", "3", "--hidden", "128", "--heads", "4", "--kv-heads", "4", "--ffn", "400", "--vocabulary", "1024",
    "--batch", "16", "--sequence", "64", "--weight-decay", "0.3",
]  # fmt: skip
OURS = {
    "a fifth of the time": [*SHAPE, "--steps", "130", "--learning-rate", "1.2e-2"],
    "the same time": [*SHAPE, "--steps", "1500", "--learning-rate", "8e-3"],
}


def run_nanogpt(checkout: Path, text: Path) -> tuple[float, float]:
    """Train nanoGPT's CPU example; returns seconds and bits a byte."""
    data = checkout / "data" / "shakespeare_char"
    shutil.copyfile(text, data / "input.txt")  # its own script makes the character vocabulary and the split
    subprocess.run([sys.executable, "prepare.py"], cwd=data, capture_output=True, check=True)
    with tempfile.TemporaryDirectory() as out:
        example = ["train.py", "config/train_shakespeare_char.py", *NANOGPT_FLAGS, f"--out_dir={out}"]
        start = time.perf_counter()
        result = subprocess.run([sys.executable, *example], cwd=checkout, capture_output=True, text=True, check=True)
        seconds = time.perf_counter() - start
    losses = [float(found) for found in re.findall(r"val loss ([\d.]+)", result.stdout)]
    return seconds, losses[-1] / math.log(2)


def run_ours(text: Path, flags: list[str], root: Path) -> tuple[float, float, int]:
    """Train ours; returns seconds, bits a byte and parameters."""
    with tempfile.TemporaryDirectory() as folder:
        command = ["main.py", "run", "pretrain", "--corpus", str(text), "--json", "--runs", folder, *flags]
        start = time.perf_counter()
        result = subprocess.run([sys.executable, *command], cwd=root, capture_output=True, text=True, check=True)
        seconds = time.perf_counter() - start
    summary = json.loads(result.stdout)
    return seconds, summary["validation_bits_per_byte"], summary["parameters"]


def main() -> None:
    """Run both in alternation and print a row for each."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--nanogpt", type=Path, required=True)
    parser.add_argument("--text", type=Path, required=True)
    parser.add_argument("--rounds", type=int, default=2)
    arguments = parser.parse_args()
    root = Path(__file__).parents[2]
    print(f"{os.cpu_count()} cores")
    for _ in range(arguments.rounds):
        reference, bits = run_nanogpt(arguments.nanogpt.resolve(), arguments.text.resolve())
        print(f"nanoGPT              {reference:6.1f} s  {bits:.3f} bits/byte", flush=True)
        for name, flags in OURS.items():
            seconds, bits, parameters = run_ours(arguments.text.resolve(), flags, root)
            print(f"{name:20} {seconds:6.1f} s  {bits:.3f} bits/byte  {parameters:,} parameters, "
                  f"{seconds / reference:.2f} of its time", flush=True)  # fmt: skip


if __name__ == "__main__":
    main()
