"""Activations of a transformer in training, 16-bit, by Korthikanti et al. 2022, "Reducing activation recomputation".

For GPT-style layers (dropout, a GELU of four times the width) with s tokens, micro-batches of b, width h and a heads,
split over t GPUs, a layer keeps (table 2):

| | without sequence parallelism | with |
|---|---|---|
| nothing recomputed | ``sbh (10 + 24/t + 5as/(ht))`` | ``sbh (34/t + 5as/(ht))`` |
| selective: attention recomputed | ``sbh (10 + 24/t)`` | ``sbh 34/t`` |
| full: all of the layer recomputed | ``2 sbh`` | ``2 sbh`` |

With t = 1 the first is ``sbh (34 + 5as/h)`` (equation 1). FlashAttention keeps no scores either, so a model that uses
it is the selective row without the recomputation. A Llama layer differs by its three-matrix feed-forward and missing
dropout; for the toy model there is an account of its own (:mod:`simulator.accounting.toy`).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Recompute = Literal["none", "selective", "full"]
RECOMPUTE: tuple[Recompute, ...] = ("none", "selective", "full")


@dataclass(frozen=True, kw_only=True)
class ActivationPlan:
    """What activations depend on.

    Attributes:
        layers: Layers of the whole model.
        hidden: Width h.
        heads: Attention heads a.
        sequence: Tokens s.
        micro_batch: Sequences b at a time.
        tp: GPUs t that share a layer.
        sequence_parallel: Whether they share its norms and dropouts too, along the sequence.
        recompute: What is computed again in the backward pass.
        pp: Pipeline stages p.
        micro_batches: Micro-batches of a step, 0 for at least as many as stages.
        virtual: Parts of the model that each stage holds (interleaved 1F1B).
        vocab: Vocabulary v, for what lies outside the layers; 0 leaves that out.
    """

    layers: int
    hidden: int
    heads: int
    sequence: int
    micro_batch: int = 1
    tp: int = 1
    sequence_parallel: bool = False
    recompute: Recompute = "none"
    pp: int = 1
    micro_batches: int = 0
    virtual: int = 1
    vocab: int = 0

    @property
    def stream(self) -> int:
        """``s b h``: numbers in the residual stream."""
        return self.sequence * self.micro_batch * self.hidden


def layer_bytes(plan: ActivationPlan) -> float:
    """What one layer keeps for the backward pass on each of its t GPUs: table 2."""
    if plan.recompute == "full":
        return 2.0 * plan.stream
    linear = 34 / plan.tp if plan.sequence_parallel else 10 + 24 / plan.tp
    return plan.stream * (linear + (attention_share(plan) / plan.tp if plan.recompute == "none" else 0.0))


def attention_share(plan: ActivationPlan) -> float:
    """``5 a s / h``: what softmax, its dropout and the scores add, in bytes for each number of the stream."""
    return 5 * plan.heads * plan.sequence / plan.hidden


def layers_in_flight(plan: ActivationPlan) -> float:
    """Layers' worth of activations that the first pipeline stage holds.

    With 1F1B it has L/p layers and up to p micro-batches under way: L layers' worth, however many stages there are
    (section 4.2.3); fewer if a step has fewer micro-batches. Interleaving raises it by ``1 + (p - 1)/(p v)``.
    """
    under_way = min(plan.pp, plan.micro_batches) if plan.micro_batches else plan.pp
    penalty = 1 + (plan.pp - 1) / (plan.pp * plan.virtual) if plan.virtual > 1 else 1.0
    return plan.layers / plan.pp * under_way * penalty


def outside_bytes(plan: ActivationPlan) -> float:
    """What the first stage keeps outside its layers, 0 without a vocabulary (section 4.3).

    The dropout of the embedding, one byte for each of p micro-batches: ``s b h p / t``. Where the first stage is the
    last one too (p = 1): the final norm and the input of the head, ``4 s b h / t``, and fp32 logits, ``4 s b v / t``.
    """
    if not plan.vocab:
        return 0.0
    under_way = min(plan.pp, plan.micro_batches) if plan.micro_batches else plan.pp
    last = 4 * (1 + plan.vocab / plan.hidden) if plan.pp == 1 else 0.0
    return plan.stream / plan.tp * (under_way + last)


def gpu_bytes(plan: ActivationPlan) -> float:
    """What a GPU of the first pipeline stage, the fullest one, keeps."""
    return layers_in_flight(plan) * layer_bytes(plan) + outside_bytes(plan)


def recompute_bytes(plan: ActivationPlan) -> float:
    """What is there for a moment while a layer is computed again; it comes on top of :func:`gpu_bytes`."""
    if plan.recompute == "none":
        return 0.0
    kept = layer_bytes(plan)
    whole = ActivationPlan(**{**vars(plan), "recompute": "none"})
    return layer_bytes(whole) - kept
