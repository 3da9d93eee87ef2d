"""What the memory view is asked: a model, how it is trained, how it is served."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, cast

from simulator.accounting.activations import RECOMPUTE, ActivationPlan, Recompute
from simulator.accounting.kv_cache import CACHE_FORMATS
from simulator.accounting.states import CONVENTIONS, OPTIMIZERS
from simulator.config import Config, setting
from simulator.model.shapes import PRESETS

WEIGHT_FORMATS = ("fp32", "bf16", "fp16", "fp8_e4m3", "int8", "fp4_e2m1", "int4", "nf4")
"""Formats of the weights of a served model; scales of small ones are not counted."""


def _gpus(help: str, label: str, *, expert: bool = False) -> Any:
    return setting(1, help, label=label, low=1, high=100_000, group="Training", expert=expert, log=True)


@dataclass(frozen=True, kw_only=True)
class MemoryPlanConfig(Config):
    """A published model in training and in use."""

    preset: str = setting(
        "llama-2-7b", "A published model.", label="Model", choices=tuple(PRESETS), group="Model"
    )
    convention: str = setting(
        "zero", "Whose way of counting: 16, 18 or 20 bytes a parameter with Adam.", choices=CONVENTIONS,
        group="Training",
    )  # fmt: skip
    optimizer: str = setting("adam", "The optimizer.", choices=tuple(OPTIMIZERS), group="Training")
    zero: int = setting(
        0, "ZeRO stage: 1 shares out the optimizer, 2 the gradients too, 3 the weights too.", label="ZeRO stage",
        low=0, high=3, group="Training",
    )  # fmt: skip
    dp: int = _gpus("GPUs that hold the same part of the model; ZeRO shares out among them.", "DP GPUs")
    tp: int = _gpus("GPUs that share each layer.", "TP GPUs")
    sequence: int = setting(
        2048, "Tokens of a sequence.", unit="tokens", low=1, high=10_000_000, group="Training", log=True
    )
    batch: int = setting(
        1, "Sequences at a time: in training the micro-batch, in use those that are written at once.",
        label="Batch", low=1, high=100_000, group="Training", log=True,
    )  # fmt: skip
    recompute: str = setting(
        "selective", "What the backward pass computes again: nothing, attention, or whole layers.", choices=RECOMPUTE,
        group="Training",
    )  # fmt: skip
    weights: str = setting(
        "fp16", "Number format of the weights in use.", label="Served in", choices=WEIGHT_FORMATS, group="Use"
    )
    cache: str = setting(
        "fp16", "Number format of keys and values.", label="KV cache in", choices=CACHE_FORMATS, group="Use"
    )
    gpu: int = setting(
        80, "Memory of one GPU, to hold the bars against.", label="GPU memory", unit="GB", low=1, high=10_000,
        group="Use",
    )  # fmt: skip

    def plan(self) -> ActivationPlan:
        """What the activations depend on."""
        shape = PRESETS[self.preset]
        return ActivationPlan(
            layers=shape.layers, hidden=shape.hidden, heads=shape.heads, sequence=self.sequence,
            micro_batch=self.batch, tp=self.tp, sequence_parallel=self.tp > 1,
            recompute=cast(Recompute, self.recompute), vocab=shape.vocab,
        )  # fmt: skip
