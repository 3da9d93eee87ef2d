"""How much memory a training step will need: worked out before the first one, so that it can be refused in time.

A process that asks for more than the machine has is ended by the system without a word. Pure but for
:func:`available_bytes`.
"""

from __future__ import annotations

from pathlib import Path

import psutil
import torch

from simulator.errors import MEMORY_HINT, OutOfMemoryError
from simulator.model.ops import LONGEST_SCORE_MATRIX
from simulator.model.shapes import ModelShape
from simulator.units import format_bytes

STATE_BYTES = 16
"""A parameter's weight, gradient and AdamW's two moments, 4 bytes each (Rajbhandari et al. 2020, section 3.1)."""

_LIMITS = (Path("/sys/fs/cgroup/memory.max"), Path("/sys/fs/cgroup/memory.current"))


def step_bytes(shape: ModelShape, tokens: int, *, bf16: bool) -> int:
    """Peak memory of a training step, in bytes.

    ``16 P + N (L A + V (8 + 2 c))`` for P parameters, N tokens, L layers, a vocabulary of V, and c bytes an activation
    (2 in bf16, else 4). A counts what a layer keeps a token for the backward pass: the normalised stream twice in
    fp32 (8 hidden); in c bytes, the inputs of its four matrix products, queries, keys and values before and
    after rotation, the attention's output, gate and up; and where attention holds its scores in one matrix, these
    (heads times context) and copies of queries, keys and values. Of the logits there are, at the peak, fp32 values
    and probabilities (8) and the logits and their gradient (2 c).

    Peaks measured on a processor are 1.1 to 1.5 times this, for what the allocator and the backward pass of a layer
    hold for a moment; small runs need some 100 MB more for the libraries.

    Args:
        shape: The model, with its context length.
        tokens: Tokens in a step, batch times context.
        bf16: Whether matrix products run in bf16.
    """
    size = 2 if bf16 else 4
    mixed, keys_values = shape.heads * shape.head_dim, 2 * shape.kv_heads * shape.head_dim
    attention = shape.hidden + 2 * (mixed + keys_values) + 2 * mixed
    feed_forward = shape.hidden + 3 * shape.ffn
    if bf16 and shape.sequence <= LONGEST_SCORE_MATRIX:
        attention += shape.heads * shape.sequence + 3 * mixed
    layer = 8 * shape.hidden + size * (attention + feed_forward)
    return STATE_BYTES * shape.total() + tokens * (shape.layers * layer + shape.vocab * (8 + 2 * size))


def available_bytes(device: str) -> int:
    """Memory still to be had on ``cpu``, ``cuda`` or ``mps``: free on the GPU, else of the machine or container."""
    if device == "cuda":
        return int(torch.cuda.mem_get_info()[0])
    free = int(psutil.virtual_memory().available)
    try:
        limit, used = (path.read_text(encoding="ascii") for path in _LIMITS)
        return min(free, int(limit) - int(used))
    except (OSError, ValueError):  # no container, or one without a limit ("max")
        return free


def check_memory(shape: ModelShape, tokens: int, *, bf16: bool, available: int) -> None:
    """Refuse a step that clearly does not fit.

    Raises:
        OutOfMemoryError: if it needs more than ``available`` bytes.
    """
    needed = step_bytes(shape, tokens, bf16=bf16)
    if needed > available:
        raise OutOfMemoryError(
            f"A step of {tokens:,} tokens needs about {format_bytes(needed)} of memory, and {format_bytes(available)} "
            "are free.",
            hint=MEMORY_HINT,
        )
