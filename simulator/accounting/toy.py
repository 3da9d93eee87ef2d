"""The memory of a training step of the toy model: its states exactly, its activations and its peak from its code.

Weights, gradients and moments are fp32 whatever the policy. What the forward pass keeps is counted in
:mod:`simulator.accounting.toy_kept`, what the backward pass needs beside it in :mod:`simulator.accounting.toy_peak`.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass

from simulator.accounting.layout import tensor_layout
from simulator.accounting.toy_kept import FP32, toy_activations
from simulator.accounting.toy_peak import toy_workspace
from simulator.errors import ConfigError
from simulator.model.shapes import ModelShape

TOY_OPTIMIZERS = ("adamw", "muon")


@dataclass(frozen=True, kw_only=True)
class ToyMemory:
    """Bytes that a training step needs, by part.

    Attributes:
        parameters: The weights; exact.
        gradients: Their gradients; exact. They come while the activations go: the peak does not hold all of both.
        optimizer: Moments and step counters; exact.
        activations: What the forward pass keeps for the backward pass.
        workspace: How far the most that is held at one time is above the activations: what operations need for a
            moment, and gradients that are there by then.
    """

    parameters: int
    gradients: int
    optimizer: int
    activations: int
    workspace: int

    @property
    def peak(self) -> int:
        """The most at one time in the forward and the backward pass."""
        return self.parameters + self.optimizer + self.activations + self.workspace

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
    parameters = FP32 * shape.total()
    return ToyMemory(
        parameters=parameters,
        gradients=parameters,
        optimizer=toy_optimizer_bytes(shape, optimizer),
        activations=toy_activations(shape, batch, sequence, policy, device=device, own_loss=own_loss).total,
        workspace=toy_workspace(shape, batch, sequence, policy, device=device, own_loss=own_loss),
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
        return FP32 * (hidden + 2 * others + tensors)
    return FP32 * (2 * shape.total() + tensors + 4 * shape.layers)
