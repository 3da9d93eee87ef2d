"""Settings of the three labs of this stage."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from simulator.config import Config, setting
from simulator.model.shapes import ModelShape
from simulator.s05_schedule.runners import DEFAULT_RUNNERS, Runner, parse_runners

FORMS = ("post-norm", "pre-norm")


@dataclass(frozen=True, kw_only=True)
class ToyConfig(Config):
    """The small model, its data and its optimizer, which the labs of this stage share."""

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
    learning_rate: float = setting(
        1.2e-2,
        "The good peak: the unit of the runners' rates.",
        low=1e-7,
        high=10.0,
        group="Optimizer",
        log=True,
    )
    steps: int = setting(400, "Optimizer steps.", unit="steps", low=10, high=1_000_000, group="Run", log=True)
    batch: int = setting(
        8, "Sequences in one step.", label="Batch size", low=1, high=4096, unit="sequences", group="Run", log=True,
        expert=True,
    )  # fmt: skip
    sequence: int = setting(
        32, "Length of each sequence.", label="Context length", unit="tokens", low=8, high=2048, group="Model",
        log=True, expert=True,
    )  # fmt: skip
    form: str = setting(
        "post-norm",
        "Norms after the residual sums, as in the first Transformer, which needs a warm-up; or before, as in Llama.",
        label="Norms",
        choices=FORMS,
        group="Model",
    )
    layers: int = setting(4, "Transformer blocks.", low=1, high=48, group="Model", expert=True)
    hidden: int = setting(
        32, "Width of the residual stream.", label="Width", low=8, high=1024, group="Model", expert=True
    )
    heads: int = setting(2, "Attention heads.", low=1, high=64, group="Model", expert=True)
    optimizer: str = setting(
        "adamw",
        "AdamW, or Muon for the matrices with AdamW for the rest.",
        choices=("adamw", "muon"),
        group="Optimizer",
        expert=True,
    )
    beta2: float = setting(
        0.95,
        "How long AdamW remembers squared gradients.",
        low=0.0,
        high=0.99999,
        group="Optimizer",
        expert=True,
    )
    weight_decay: float = setting(
        0.1, "Decoupled weight decay of the matrices.", low=0.0, high=10.0, group="Optimizer", expert=True
    )
    clip: float = setting(
        1.0, "Clip the gradient to this norm; 0 leaves it alone.", label="Gradient clipping", low=0.0, high=1000.0,
        group="Optimizer", expert=True,
    )  # fmt: skip
    tokenizer: str = setting(
        "char",
        "Characters, bytes, or byte-level BPE.",
        choices=("char", "byte", "bpe"),
        group="Data",
        expert=True,
    )
    vocabulary: int = setting(
        320,
        "Tokens in the BPE vocabulary.",
        unit="tokens",
        low=257,
        high=65_536,
        group="Data",
        expert=True,
        log=True,
    )
    documents: int = setting(
        4000,
        "Documents to draw from the toy world.",
        low=20,
        high=1_000_000,
        group="Data",
        expert=True,
        log=True,
    )
    seed: int = setting(
        0, "Start of every random choice: the same seed gives the same numbers.", low=0, high=2**31 - 1, group="Run",
        expert=True,
    )  # fmt: skip
    device: str = setting(
        "auto", "Where to compute.", choices=("auto", "cpu", "cuda", "mps"), group="Run", expert=True
    )
    threads: int = setting(0, "Processor threads; 0 chooses.", low=0, high=1024, group="Run", expert=True)

    def __post_init__(self) -> None:
        super().__post_init__()
        self.shape(2)

    def shape(self, vocab: int) -> ModelShape:
        """The model's shape for a vocabulary of ``vocab`` tokens.

        Raises:
            ConfigError: if the numbers do not fit together.
        """
        return ModelShape(
            layers=self.layers, hidden=self.hidden, heads=self.heads, kv_heads=self.heads,
            ffn=max(8, round(self.hidden * 2.75)), vocab=vocab, sequence=self.sequence,
        )  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class RaceConfig(ToyConfig):
    """Race several learning-rate schedules: one model, one order of the data, one first set of weights."""

    profiles: ClassVar[Mapping[str, Mapping[str, Any]]] = {
        "quick": {"steps": 240},
        "laptop": {},
        "gpu": {"steps": 1500, "batch": 32, "sequence": 64, "documents": 40_000},
    }

    runners: str = setting(
        DEFAULT_RUNNERS,
        "Who runs, parted by semicolons: good, no-warmup, too-high, too-low, the name of a recipe such as llama-2-7b, "
        "or a schedule such as: cosine peak=2x warmup=5% final=10%",
        group="Run",
    )

    def __post_init__(self) -> None:
        super().__post_init__()
        self.entered()

    def entered(self) -> tuple[Runner, ...]:
        """The runners.

        Raises:
            ConfigError: if one cannot be understood, or there are too many.
        """
        return parse_runners(self.runners, steps=self.steps, peak=self.learning_rate)


@dataclass(frozen=True, kw_only=True)
class RangeTestConfig(ToyConfig):
    """Find a learning rate in one short run: raise it step by step until learning breaks (Smith 2017)."""

    profiles: ClassVar[Mapping[str, Mapping[str, Any]]] = {
        "quick": {"steps": 200},
        "laptop": {},
        "gpu": {"steps": 600, "batch": 32, "sequence": 64, "documents": 40_000},
    }

    lowest: float = setting(1e-5, "First learning rate.", low=1e-9, high=1.0, group="Range", log=True)
    highest: float = setting(3.0, "Last learning rate.", low=1e-6, high=1000.0, group="Range", log=True)
    smoothing: float = setting(
        0.95, "Share of the past in the smoothed loss.", low=0.0, high=0.999, group="Range", expert=True
    )


@dataclass(frozen=True, kw_only=True)
class LandscapeConfig(Config):
    """Draw the loss around a race: a plane through its weights, and the path of every runner on it."""

    profiles: ClassVar[Mapping[str, Mapping[str, Any]]] = {
        "quick": {"points": 17},
        "laptop": {},
        "gpu": {"points": 65, "rows": 64},
    }

    profile: str = setting(
        "laptop",
        "A ready-made set of values for this kind of machine.",
        choices=("quick", "laptop", "gpu"),
        group="Run",
    )
    plane: str = setting(
        "paths",
        "Through the paths (their two main directions), through the ends of three runners, or along two random "
        "directions from one runner's end.",
        choices=("paths", "ends", "random"),
        group="Plane",
    )
    runners: str = setting(
        "",
        "Names of the runners that set the plane; all that did not blow up if none is named.",
        group="Plane",
    )
    points: int = setting(33, "Points along each side of the grid.", low=3, high=257, group="Plane")
    margin: float = setting(
        0.25,
        "Room around the paths, as a share of their extent.",
        low=0.0,
        high=10.0,
        group="Plane",
        expert=True,
    )
    radius: float = setting(
        1.0, "Reach of the random directions, in sizes of the weights.", low=0.01, high=100.0, group="Plane",
        expert=True,
    )  # fmt: skip
    rows: int = setting(
        16,
        "Sequences that the loss is measured on.",
        low=1,
        high=4096,
        unit="sequences",
        group="Run",
        expert=True,
    )
    seed: int = setting(0, "Start of the random directions.", low=0, high=2**31 - 1, group="Run", expert=True)
    device: str = setting(
        "auto", "Where to compute.", choices=("auto", "cpu", "cuda", "mps"), group="Run", expert=True
    )
    threads: int = setting(0, "Processor threads; 0 chooses.", low=0, high=1024, group="Run", expert=True)
