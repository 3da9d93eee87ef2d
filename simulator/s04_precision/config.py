"""Settings of the lab that trains one model in several number formats."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from simulator.config import Config, setting
from simulator.errors import ConfigError
from simulator.model.shapes import SIZES, ModelShape
from simulator.training.policies import POLICIES, Policy


@dataclass(frozen=True, kw_only=True)
class PrecisionConfig(Config):
    """Train the same model on the same data under several precision policies, in lock-step."""

    profiles: ClassVar[Mapping[str, Mapping[str, Any]]] = {
        "quick": {},
        "laptop": {
            "size": "0.4M",
            "steps": 200,
            "batch": 16,
            "micro_batches": 2048,
            "growth_interval": 8,
            "learning_rate": 6e-3,
            "documents": 20_000,
        },
        "gpu": {
            "size": "11M",
            "steps": 1000,
            "batch": 64,
            "sequence": 256,
            "micro_batches": 256,
            "growth_interval": 40,
            "learning_rate": 2e-3,
            "documents": 100_000,
        },
    }

    profile: str = setting(
        "quick",
        "A ready-made set of values for this kind of machine.",
        choices=("quick", "laptop", "gpu"),
        group="Run",
    )
    fp32: bool = setting(True, "Train a model in 32 bits, to compare with.", label="FP32", group="Formats")
    bf16: bool = setting(True, "Train a model in BF16.", label="BF16", group="Formats")
    fp16: bool = setting(True, "Train a model in FP16 without loss scaling.", label="FP16", group="Formats")
    fp16_scaled: bool = setting(
        True, "Train a model in FP16 with dynamic loss scaling.", label="FP16 + scaling", group="Formats"
    )
    fp8: bool = setting(True, "Train a model in simulated FP8.", label="FP8", group="Formats")
    micro_batches: int = setting(
        4096,
        "The loss is a mean over the whole batch of so many micro-batches, as with gradient accumulation. One of them "
        "is computed and stands for all. Big runs average over millions of tokens; that makes gradients small.",
        label="Mean over",
        unit="batches",
        low=1,
        high=1 << 20,
        group="Loss",
        log=True,
    )
    initial_scale: float = setting(
        65_536.0,
        "Loss scale at the first step.",
        low=1.0,
        high=2.0**40,
        group="Loss",
        log=True,
        expert=True,
    )
    growth_interval: int = setting(
        6,
        "Good steps in a row before the loss scale doubles; torch waits 2,000, which is longer than a short run.",
        label="Grows after",
        unit="steps",
        low=1,
        high=100_000,
        group="Loss",
        log=True,
    )
    corpus: str = setting(
        "toy",
        "What to read: 'toy' (the toy world), 'python' (the Python reference), a file or folder of yours, or a data "
        "run such as data-0001.",
        group="Data",
        path=True,
        expert=True,
    )
    size: str = setting(
        "0.1M", "Size of the model, in parameters.", label="Model size", choices=tuple(SIZES), group="Model"
    )
    steps: int = setting(120, "Optimizer steps.", unit="steps", low=1, high=1_000_000, group="Run", log=True)
    batch: int = setting(
        8,
        "Sequences in one micro-batch.",
        label="Batch size",
        low=1,
        high=4096,
        unit="sequences",
        group="Run",
        log=True,
        expert=True,
    )
    sequence: int = setting(
        64,
        "Length of each sequence.",
        label="Context length",
        unit="tokens",
        low=8,
        high=512,
        group="Model",
        log=True,
        expert=True,
    )
    learning_rate: float = setting(
        8e-3,
        "Highest learning rate, reached after the warm-up.",
        low=1e-7,
        high=1.0,
        group="Optimizer",
        log=True,
    )
    warmup: float = setting(
        0.05,
        "Share of the steps spent warming up.",
        label="Warm-up",
        low=0.0,
        high=0.9,
        group="Optimizer",
        expert=True,
    )
    weight_decay: float = setting(
        0.1, "Decoupled weight decay of the matrices.", low=0.0, high=10.0, group="Optimizer", expert=True
    )
    clip: float = setting(
        1.0,
        "Clip the gradient to this norm, once the scale is out of it; 0 leaves it alone.",
        label="Gradient clipping",
        low=0.0,
        high=1000.0,
        group="Optimizer",
        expert=True,
    )
    vocabulary: int = setting(
        512,
        "Tokens in the BPE vocabulary.",
        unit="tokens",
        low=257,
        high=65_536,
        group="Data",
        expert=True,
        log=True,
    )
    documents: int = setting(
        6_000,
        "Documents to draw from the toy world.",
        low=20,
        high=2_000_000,
        group="Data",
        expert=True,
        log=True,
    )
    seed: int = setting(
        0,
        "Start of every random choice: the same seed gives the same numbers.",
        low=0,
        high=2**31 - 1,
        group="Run",
        expert=True,
    )
    device: str = setting(
        "auto", "Where to compute.", choices=("auto", "cpu", "cuda"), group="Run", expert=True
    )
    threads: int = setting(0, "Processor threads; 0 chooses.", low=0, high=1024, group="Run", expert=True)

    def __post_init__(self) -> None:
        super().__post_init__()
        if not self.policies():
            raise ConfigError("fp32", "No number format is chosen.", hint="Choose one at least.")

    def policies(self) -> list[Policy]:
        """The chosen policies, in the order in which they are shown."""
        return [policy for key, policy in POLICIES.items() if getattr(self, key.replace("-", "_"))]

    def shape(self, vocab: int) -> ModelShape:
        """The model's shape for a vocabulary of ``vocab`` tokens."""
        size = SIZES[self.size]
        return ModelShape(
            layers=size.layers, hidden=size.hidden, heads=size.heads, kv_heads=size.kv_heads, ffn=size.ffn,
            vocab=vocab, sequence=self.sequence,
        )  # fmt: skip

    @property
    def loss_tokens(self) -> int:
        """Tokens that the loss is a mean over."""
        return self.batch * self.sequence * self.micro_batches
