"""How far the peak of the toy model's step rises above its activations.

From the end of the forward pass on, activations go and gradients come, layer by layer from the last one. In between an
operation needs room for what it makes. The fullest moment is one of these:

- the loss, before anything is gone;
- in a layer, the backward pass of the feed-forward: of SwiGLU, or in fp8 of the product before it, whose gradient is
  rounded by way of fp32;
- in a layer, the backward pass of attention, where the scores are one matrix;
- the end, when all gradients are there.

What a layer keeps and what its gradients take is the same for all, so it is enough to look at the last layer, which has
most activations beside it, and the first, which has most gradients.
"""

from __future__ import annotations

from simulator.accounting.toy_kept import (
    FP32,
    TARGET,
    activation_size,
    read_size,
    scores_in_matrix,
    toy_activations,
)
from simulator.model.shapes import ModelShape

_FLOAT8_ROUNDING = 28  # bytes for each number of gate and up: see _feed_forward


def toy_workspace(
    shape: ModelShape, batch: int, sequence: int, policy: str, *, device: str = "cpu", own_loss: bool = False
) -> int:
    """Bytes of the peak above the activations; arguments as for :func:`simulator.accounting.toy.toy_memory`."""
    kept = toy_activations(shape, batch, sequence, policy, device=device, own_loss=own_loss)
    tokens = batch * sequence
    top = _after_the_top(shape, tokens, policy, kept.loss)
    whole = kept.total - kept.loss - _final_norm(shape, tokens, policy) - _head_copy(shape, policy)
    weights = shape.total() - shape.parts()["embedding"] - shape.parts()["head"] - shape.hidden
    layer = (FP32 * weights - whole) // shape.layers  # how a layer's backward pass changes what is held
    feed_forward = top + _feed_forward(shape, tokens, policy, device)
    attention = top + _attention(shape, tokens, sequence, policy, device)
    others = (shape.layers - 1) * layer
    return max(
        _loss(shape, tokens, policy, own_loss and device == "cpu"),
        max(feed_forward, attention) + max(0, others),
        FP32 * shape.total() + _embedding(shape, tokens) - kept.total,
    )


def _embedding(shape: ModelShape, tokens: int) -> int:
    """The end: a tied matrix has two gradients and their sum; else that of the stream is still there."""
    return 2 * FP32 * shape.vocab * shape.hidden if shape.tied else FP32 * tokens * shape.hidden


def _loss(shape: ModelShape, tokens: int, policy: str, own_loss: bool) -> int:
    """Torch's: two fp32 gradients of the logits' size, the targets gone.

    The processor's own, in the forward pass: logits, their fp32 copy where they are not fp32, and fp32 probabilities,
    of which a gradient of the logits' size stays.
    """
    logits = FP32 * tokens * shape.vocab
    if not own_loss:
        return 2 * logits - TARGET * tokens
    return logits if activation_size(policy) == FP32 else 2 * logits


def _final_norm(shape: ModelShape, tokens: int, policy: str) -> int:
    """What the norm at the end keeps, its output included."""
    return tokens * (FP32 * (shape.hidden + 1) + activation_size(policy) * shape.hidden)


def _head_copy(shape: ModelShape, policy: str) -> int:
    size = activation_size(policy)
    return size * shape.vocab * shape.hidden if size < FP32 else 0


def _after_the_top(shape: ModelShape, tokens: int, policy: str, loss: int) -> int:
    """Change once loss, head and final norm are done: theirs gone, their gradients and that of the stream there."""
    gone = loss + _final_norm(shape, tokens, policy) + _head_copy(shape, policy)
    return FP32 * ((shape.vocab + 1) * shape.hidden + tokens * shape.hidden) - gone


def _weight_copy(policy: str) -> int:
    """Bytes of the copy of a layer's weight that its product keeps."""
    return 0 if policy == "fp32" else read_size(policy)


def _by_way_of_fp32(policy: str, device: str) -> bool:
    """Whether products widen what they read (``simulator.training.precision.HalfProducts``)."""
    return policy.startswith("fp16") and device == "cpu"


def _feed_forward(shape: ModelShape, tokens: int, policy: str, device: str) -> int:
    """Change in the middle of a layer's feed-forward, the product down done.

    On a processor, SwiGLU's backward pass holds the gradients of its output, of gate and up, and one product more; on a
    GPU that of its output and those of both factors. In fp8 it is the product before: the gradient of gate and up in
    16 bits (4 bytes for both), in fp32, scaled and clamped (8 each), when what SwiGLU kept is gone. In fp16 on a
    processor too: the gradient once more in fp32, the input in fp32, and that of the weights in both.
    """
    size, numbers = activation_size(policy), tokens * shape.ffn
    down = shape.hidden * shape.ffn
    done = FP32 * down - read_size(policy) * numbers - _weight_copy(policy) * down
    if policy == "fp8":
        kept = 2 if device == "cpu" else 3
        return done + (_FLOAT8_ROUNDING - kept * size) * numbers
    if _by_way_of_fp32(policy, device):
        done += FP32 * tokens * shape.hidden + (FP32 + size) * 2 * down
    return done + (4 if device == "cpu" else 3) * size * numbers


def _attention(shape: ModelShape, tokens: int, sequence: int, policy: str, device: str) -> int:
    """Change in the middle of a layer's attention, its feed-forward and output product done."""
    size, read, copy = activation_size(policy), read_size(policy), _weight_copy(policy)
    mixed = shape.heads * shape.head_dim
    weights = shape.hidden * (3 * shape.ffn + mixed)
    gated = (2 if device == "cpu" else 3) * size * shape.ffn + read * shape.ffn
    norm = FP32 * (shape.hidden + 1) + read * shape.hidden
    done = FP32 * (weights + shape.hidden) - copy * weights - tokens * (gated + norm)
    if scores_in_matrix(shape, sequence, policy, device) and _by_way_of_fp32(policy, device):
        # The weights in fp32 and the gradient of them, and some of the values' size in fp32 and 16 bits.
        return done + tokens * ((FP32 + size) * shape.heads * sequence + 4 * FP32 * mixed)
    if scores_in_matrix(shape, sequence, policy, device):
        # Gradients of the weights before and after the softmax; that of the values takes the values' place.
        return done + tokens * (2 * size * shape.heads * sequence - read * mixed)
    keys = shape.kv_heads * shape.head_dim
    return done + tokens * size * 2 * (mixed + keys)
