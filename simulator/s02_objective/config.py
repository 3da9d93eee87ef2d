"""Settings of the pre-training lab, and those that every lab of this stage shares."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from simulator.config import Config, setting
from simulator.model.shapes import SIZES, ModelShape
from simulator.s02_objective.batches import Rules
from simulator.s02_objective.objectives import KEYS


@dataclass(frozen=True, kw_only=True)
class TrainingConfig(Config):
    """What training a toy model takes: data, model, optimizer and run."""

    profile: str = setting(
        "laptop",
        "A ready-made set of values for this kind of machine.",
        choices=("quick", "laptop", "gpu"),
        group="Run",
    )
    corpus: str = setting(
        "toy",
        "What to read: 'toy' (the toy world), 'python' (the Python reference), a file or folder of yours, or a data "
        "run such as data-0001.",
        group="Data",
        path=True,
    )
    size: str = setting(
        "0.9M", "Size of the model, in parameters.", label="Model size", choices=tuple(SIZES), group="Model"
    )
    steps: int = setting(760, "Optimizer steps.", unit="steps", low=1, high=1_000_000, group="Run", log=True)
    batch: int = setting(
        16,
        "Sequences in one step.",
        label="Batch size",
        low=1,
        high=4096,
        unit="sequences",
        group="Run",
        log=True,
        expert=True,
    )
    sequence: int = setting(
        128,
        "Length of each sequence.",
        label="Context length",
        unit="tokens",
        low=8,
        high=4096,
        group="Model",
        log=True,
        expert=True,
    )
    learning_rate: float = setting(
        4e-3,
        "Highest learning rate, reached after the warm-up.",
        low=1e-7,
        high=1.0,
        group="Optimizer",
        log=True,
    )
    optimizer: str = setting(
        "muon",
        "AdamW, or Muon for the matrices with AdamW for the rest.",
        choices=("adamw", "muon"),
        group="Optimizer",
    )
    schedule: str = setting(
        "wsd",
        "How the learning rate moves: cosine decay, or warm-up, stable, decay.",
        choices=("cosine", "wsd", "constant"),
        group="Optimizer",
        expert=True,
    )
    warmup: float = setting(
        0.02,
        "Share of the steps spent warming up.",
        label="Warm-up",
        low=0.0,
        high=0.9,
        group="Optimizer",
        expert=True,
    )
    decay: float = setting(
        0.5,
        "Share of the steps over which the rate falls at the end (warm-up, stable, decay only).",
        low=0.0,
        high=1.0,
        group="Optimizer",
        expert=True,
    )
    final_ratio: float = setting(
        0.0,
        "Learning rate at the end, as a share of the highest.",
        low=0.0,
        high=1.0,
        group="Optimizer",
        expert=True,
    )
    weight_decay: float = setting(
        0.1, "Decoupled weight decay of the matrices.", low=0.0, high=10.0, group="Optimizer", expert=True
    )
    clip: float = setting(
        1.0,
        "Clip the gradient to this norm; 0 leaves it alone.",
        label="Gradient clipping",
        low=0.0,
        high=1000.0,
        group="Optimizer",
        expert=True,
    )
    tokenizer: str = setting(
        "bpe",
        "Byte-level BPE trained on this corpus, bytes, or characters.",
        choices=("bpe", "byte", "char"),
        group="Data",
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
        40_000,
        "Documents to draw from the toy world.",
        low=20,
        high=2_000_000,
        group="Data",
        expert=True,
        log=True,
    )
    precision: str = setting(
        "auto",
        "Number format of the matrix products; auto takes bf16 where this machine gains by it.",
        choices=("auto", "fp32", "bf16"),
        group="Run",
        expert=True,
    )
    compile: str = setting(
        "auto",
        "Fuse the step's small operations first, on an NVIDIA GPU: costs some seconds, then steps are faster; "
        "auto does it for long runs.",
        choices=("auto", "yes", "no"),
        group="Run",
        expert=True,
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
        "auto", "Where to compute.", choices=("auto", "cpu", "cuda", "mps"), group="Run", expert=True
    )
    threads: int = setting(0, "Processor threads; 0 chooses.", low=0, high=1024, group="Run", expert=True)
    layers: int = setting(
        0, "Transformer blocks; 0 takes the size's.", low=0, high=200, group="Model", expert=True
    )
    hidden: int = setting(
        0,
        "Width of the residual stream; 0 takes the size's.",
        label="Width",
        low=0,
        high=8192,
        group="Model",
        expert=True,
    )
    heads: int = setting(
        0, "Attention heads; 0 takes the size's.", low=0, high=256, group="Model", expert=True
    )
    kv_heads: int = setting(
        0,
        "Key-value heads; 0 takes the size's.",
        label="Key-value heads",
        low=0,
        high=256,
        group="Model",
        expert=True,
    )
    ffn: int = setting(
        0,
        "Inner width of the feed-forward; 0 takes the size's.",
        label="Feed-forward width",
        low=0,
        high=65_536,
        group="Model",
        expert=True,
    )

    noise: float = setting(
        0.15,
        "Share of the tokens that masked and span corruption hide.",
        label="Hidden share",
        low=0.01,
        high=0.9,
        group="Objective",
        expert=True,
    )
    infill_rate: float = setting(
        0.5,
        "Share of the documents whose middle is moved (fill in the middle only).",
        label="Infill rate",
        low=0.0,
        high=1.0,
        group="Objective",
        expert=True,
    )

    def __post_init__(self) -> None:
        super().__post_init__()
        self.shape(self.vocabulary)

    def shape(self, vocab: int) -> ModelShape:
        """The model's shape for a vocabulary of ``vocab`` tokens.

        Raises:
            ConfigError: if the numbers do not fit together.
        """
        size = SIZES[self.size]
        return ModelShape(
            layers=self.layers or size.layers, hidden=self.hidden or size.hidden, heads=self.heads or size.heads,
            kv_heads=self.kv_heads or (self.heads or size.kv_heads), ffn=self.ffn or size.ffn,
            vocab=vocab, sequence=self.sequence,
        )  # fmt: skip

    def rules(self) -> Rules:
        """The numbers of the objectives."""
        return Rules(noise=self.noise, infill_rate=self.infill_rate)


@dataclass(frozen=True, kw_only=True)
class PretrainConfig(TrainingConfig):
    """Pre-train the toy Llama on the toy world, on Python's reference text, or on your own files."""

    profiles: ClassVar[Mapping[str, Mapping[str, Any]]] = {
        "quick": {
            "size": "0.1M",
            "steps": 300,
            "batch": 16,
            "sequence": 64,
            "learning_rate": 1.6e-2,
            "documents": 20_000,
        },
        "laptop": {},
        "gpu": {
            "size": "11M",
            "steps": 6000,
            "batch": 64,
            "sequence": 256,
            "documents": 500_000,
            "learning_rate": 2e-3,
        },
    }

    objective: str = setting(
        "causal",
        "What the model learns to guess: the next token (causal), hidden tokens (masked), cut-out spans (spans), what "
        "follows a prefix (prefix), or moved middles (infill).",
        choices=KEYS,
        group="Objective",
    )
