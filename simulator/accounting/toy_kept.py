"""What the forward pass of the toy model keeps, tensor by tensor, as its code is written: no rule of thumb.

Weights, gradients and moments are fp32 whatever the policy: 16-bit policies run matrix products under autocast, which
makes 16-bit copies. Activations are all that automatic differentiation holds when the forward pass ends: what memory
has grown by since it began. They are counted from ``simulator.model.transformer``, ``simulator.model.ops`` and
``simulator.training.precision``, a token and a layer, for a width h, M = heads x head_dim, K = kv_heads x head_dim,
feed-forward f, vocabulary V and c bytes an activation:

- two norms, and one at the end: the fp32 input or its unit vector (4 h), its scale (4), and the output (c h);
- attention by the fused kernel: queries and keys turned (c (M + K)), queries, keys and values as projected, of which
  values are a part (c (M + 2 K)), the output (c M), and the logarithm of each softmax's sum (4 heads);
- attention by one matrix of scores (16 bits and a short context on a processor; fp32 with grouped heads on a GPU):
  queries, keys, values, the latter two repeated for each head, and the output (4 c M), and the weights (c heads
  context);
- feed-forward: gate and up (2 c f) and their product (c f); on a GPU silu(gate) too (c f);
- the loss, once a token: logarithmic softmax (4 V) and targets (8), or with the processor's own operation the gradient
  of the logits (c V);
- 16-bit copies, whatever the tokens: of the matrices that products use, and of the rotary angles for each layer.

Under the fp8 policy the inputs of the layers' matrices, and these matrices, are kept in one byte a number.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass

from simulator.accounting.layout import tensor_layout
from simulator.errors import ConfigError
from simulator.model.shapes import ModelShape

POLICIES = ("fp32", "bf16", "fp16", "fp16-scaled", "fp8")
"""Precision policies of the training step, by the names of ``simulator.training.policies``."""

LONGEST_SCORE_MATRIX = 512
"""Context up to which 16-bit attention on a processor holds its scores in one matrix (``simulator.model.ops``)."""

FP32 = 4
"""Bytes of an fp32 number."""

TARGET = 8
"""Bytes of a token id."""

_LAYER_MATRICES = 4  # queries with keys and values, output, gate with up, down


@dataclass(frozen=True, kw_only=True)
class ToyActivations:
    """What the forward pass keeps, in bytes, by part.

    Attributes:
        norms: Inputs (or unit vectors), scales and outputs of the norms.
        attention: Queries, keys, values, weights or their sums, output.
        feed_forward: Gate, up and their product.
        loss: What the backward pass of the loss needs.
        copies: 16-bit or 8-bit copies of weights, 16-bit copies of the rotary angles.
    """

    norms: int
    attention: int
    feed_forward: int
    loss: int
    copies: int

    @property
    def total(self) -> int:
        """All of it."""
        return self.norms + self.attention + self.feed_forward + self.loss + self.copies

    def to_dict(self) -> dict[str, int]:
        """Bytes by part."""
        return asdict(self)


def toy_activations(
    shape: ModelShape, batch: int, sequence: int, policy: str, *, device: str = "cpu", own_loss: bool = False
) -> ToyActivations:
    """What the forward pass of a toy model keeps.

    Arguments and errors as for :func:`simulator.accounting.toy.toy_memory`.
    """
    if batch < 1 or sequence < 1:
        raise ConfigError("batch", "A step has at least one sequence of one token.")
    size, tokens = activation_size(policy), batch * sequence
    read = read_size(policy)
    norms = (2 * shape.layers + 1) * FP32 * (shape.hidden + 1) + (
        2 * shape.layers * read + size
    ) * shape.hidden
    gated = 2 * size + read if device == "cpu" else 3 * size + read
    if own_loss and device == "cpu":
        loss = tokens * shape.vocab * size
    else:
        loss = tokens * (shape.vocab * FP32 + TARGET) + FP32
    return ToyActivations(
        norms=tokens * norms,
        attention=shape.layers * tokens * _attention_bytes(shape, batch, sequence, policy, device),
        feed_forward=shape.layers * tokens * gated * shape.ffn,
        loss=loss,
        copies=_copies(shape, sequence, size, policy),
    )


def activation_size(policy: str) -> int:
    """Bytes of a number that flows between the products: 4 in fp32, else 2.

    Raises:
        ConfigError: for an unknown policy.
    """
    if policy not in POLICIES:
        raise ConfigError("policy", f"There is no precision policy '{policy}'.",
                          hint=f"Choose one of: {', '.join(POLICIES)}.")  # fmt: skip
    return FP32 if policy == "fp32" else 2


def read_size(policy: str) -> int:
    """Bytes of a number that a layer's matrix product reads, and keeps: 1 in fp8, else as :func:`activation_size`."""
    return 1 if policy == "fp8" else activation_size(policy)


def scores_in_matrix(shape: ModelShape, sequence: int, policy: str, device: str) -> bool:
    """Whether attention holds its scores in one matrix."""
    if device == "cpu":
        return activation_size(policy) < FP32 and sequence <= LONGEST_SCORE_MATRIX
    return policy == "fp32" and shape.heads != shape.kv_heads


def _attention_bytes(shape: ModelShape, batch: int, sequence: int, policy: str, device: str) -> int:
    """Bytes a token in one layer."""
    mixed, keys = shape.heads * shape.head_dim, shape.kv_heads * shape.head_dim
    size, read = activation_size(policy), read_size(policy)
    if scores_in_matrix(shape, sequence, policy, device):
        inputs = 3 * mixed
        if batch == 1 and device == "cpu":
            # No copies are needed to put the heads first: what is kept is what they are parts of.
            grouped = shape.heads != shape.kv_heads
            inputs = mixed + keys + (2 * mixed if grouped else mixed + 2 * keys)
        return size * (inputs + shape.heads * sequence) + read * mixed
    fused = size * ((mixed + keys) + (mixed + 2 * keys) + mixed) + FP32 * shape.heads
    return (
        fused if read == size else fused + read * mixed
    )  # the kernel keeps its output, the product its input


def _copies(shape: ModelShape, sequence: int, size: int, policy: str) -> int:
    if size == FP32:
        return 0
    hidden = sum(group.parameters for group in tensor_layout(shape) if group.hidden)
    whole = size * (shape.vocab * shape.hidden + shape.layers * sequence * shape.head_dim)
    if policy != "fp8":
        return whole + size * hidden
    scales = 2 * FP32 * _LAYER_MATRICES * shape.layers  # of each matrix and of its input
    return whole + hidden + scales
