"""What a training step of the toy model holds, tensor by tensor, as its code is written: no rule of thumb.

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

TOY_OPTIMIZERS = ("adamw", "muon")
LONGEST_SCORE_MATRIX = 512
"""Context up to which 16-bit attention on a processor holds its scores in one matrix (``simulator.model.ops``)."""

_FP32 = 4
_TARGET = 8  # a token id
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


@dataclass(frozen=True, kw_only=True)
class ToyMemory:
    """Bytes that a training step needs, by part.

    Attributes:
        parameters: The weights; exact.
        gradients: Their gradients; exact. They grow while the activations go.
        optimizer: Moments and step counters; exact.
        activations: What the forward pass keeps for the backward pass.
        workspace: What is there for a moment beside the activations when they are largest, at the loss.
    """

    parameters: int
    gradients: int
    optimizer: int
    activations: int
    workspace: int

    @property
    def peak(self) -> int:
        """The most at one time: at the loss, before there are gradients, or when all gradients are there."""
        standing = self.parameters + self.optimizer
        return standing + max(self.activations + self.workspace, self.gradients)

    def to_dict(self) -> dict[str, int]:
        """Bytes by part."""
        return asdict(self)


def toy_memory(
    shape: ModelShape,
    batch: int,
    sequence: int,
    policy: str,
    optimizer: str,
    *,
    device: str = "cpu",
    own_loss: bool = False,
) -> ToyMemory:
    """What a training step of a toy model holds.

    Args:
        shape: The model.
        batch: Sequences in a step.
        sequence: Tokens in each.
        policy: One of ``POLICIES``.
        optimizer: ``adamw`` or ``muon``.
        device: ``cpu``, ``cuda`` or ``mps``; the plain step, not the compiled one.
        own_loss: Whether the loss is ``simulator.model.ops.cross_entropy``, as in pre-training, and not torch's, as in
            the comparison of policies. It makes no difference on a GPU.

    Raises:
        ConfigError: for an unknown policy or optimizer, or no tokens.
    """
    parameters = _FP32 * shape.total()
    return ToyMemory(
        parameters=parameters,
        gradients=parameters,
        optimizer=toy_optimizer_bytes(shape, optimizer),
        activations=toy_activations(shape, batch, sequence, policy, device=device, own_loss=own_loss).total,
        workspace=_workspace(shape, batch * sequence, policy, own_loss and device == "cpu"),
    )


def toy_optimizer_bytes(shape: ModelShape, optimizer: str) -> int:
    """Moments and step counters of the toy model's optimizers, in bytes.

    AdamW: two fp32 moments a parameter and an fp32 step counter for each tensor, queries, keys and values being one
    tensor, gate and up another. Muon: one fp32 momentum for the hidden matrices and no counter, AdamW for the rest.

    Raises:
        ConfigError: for an unknown optimizer.
    """
    if optimizer not in TOY_OPTIMIZERS:
        raise ConfigError("optimizer", f"There is no optimizer '{optimizer}' for the toy model.",
                          hint=f"Choose one of: {', '.join(TOY_OPTIMIZERS)}.")  # fmt: skip
    hidden = sum(group.parameters for group in tensor_layout(shape) if group.hidden)
    others = shape.total() - hidden
    tensors = 2 + 2 * shape.layers if shape.tied else 3 + 2 * shape.layers  # embedding, norms, head
    if optimizer == "muon":
        return _FP32 * (hidden + 2 * others + tensors)
    return _FP32 * (2 * shape.total() + tensors + 4 * shape.layers)


def toy_activations(
    shape: ModelShape, batch: int, sequence: int, policy: str, *, device: str = "cpu", own_loss: bool = False
) -> ToyActivations:
    """What the forward pass of a toy model keeps; arguments and errors as for :func:`toy_memory`."""
    if batch < 1 or sequence < 1:
        raise ConfigError("batch", "A step has at least one sequence of one token.")
    size, tokens = activation_size(policy), batch * sequence
    read = 1 if policy == "fp8" else size  # an input of a layer's matrix
    norms = (2 * shape.layers + 1) * _FP32 * (shape.hidden + 1) + (
        2 * shape.layers * read + size
    ) * shape.hidden
    gated = 2 * size + read if device == "cpu" else 3 * size + read
    if own_loss and device == "cpu":
        loss = tokens * shape.vocab * size
    else:
        loss = tokens * (shape.vocab * _FP32 + _TARGET) + _FP32
    return ToyActivations(
        norms=tokens * norms,
        attention=shape.layers * tokens * _attention_bytes(shape, sequence, size, read, device),
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
    return _FP32 if policy == "fp32" else 2


def _attention_bytes(shape: ModelShape, sequence: int, size: int, read: int, device: str) -> int:
    """Bytes a token in one layer."""
    mixed, keys = shape.heads * shape.head_dim, shape.kv_heads * shape.head_dim
    if device == "cpu":
        in_matrix = size < _FP32 and sequence <= LONGEST_SCORE_MATRIX
    else:
        in_matrix = size == _FP32 and shape.heads != shape.kv_heads
    if in_matrix:
        return size * (3 * mixed + shape.heads * sequence) + read * mixed
    fused = size * ((mixed + keys) + (mixed + 2 * keys) + mixed) + _FP32 * shape.heads
    return (
        fused if read == size else fused + read * mixed
    )  # the kernel keeps its output, the product its input


def _copies(shape: ModelShape, sequence: int, size: int, policy: str) -> int:
    if size == _FP32:
        return 0
    hidden = sum(group.parameters for group in tensor_layout(shape) if group.hidden)
    whole = size * (shape.vocab * shape.hidden + shape.layers * sequence * shape.head_dim)
    if policy != "fp8":
        return whole + size * hidden
    scales = 2 * _FP32 * _LAYER_MATRICES * shape.layers  # of each matrix and of its input
    return whole + hidden + scales


def _workspace(shape: ModelShape, tokens: int, policy: str, own_loss: bool) -> int:
    """What the loss makes beside what it keeps.

    Torch's: in the backward pass, two fp32 gradients of the logits' size. The processor's own: in the forward pass,
    logits, their fp32 copy where they are not fp32, and fp32 probabilities, of which a gradient of the logits' size
    stays.
    """
    copies = 1 if own_loss and activation_size(policy) == _FP32 else 2
    return tokens * shape.vocab * copies * _FP32
