"""Settings of the lab "does cleaning help?"."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from simulator.config import Config, setting
from simulator.model.shapes import SIZES, ModelShape
from simulator.s01_data.config import DataConfig

COMPARISONS = ("cleaning", "quantity")


@dataclass(frozen=True, kw_only=True)
class HelpConfig(Config):
    """Train one model on raw and on cleaned text, as many tokens each, and see which knows clean text better."""

    profiles: ClassVar[Mapping[str, Mapping[str, Any]]] = {
        "quick": {"pages": 1000, "size": "0.1M", "steps": 100, "sequence": 64, "learning_rate": 1.6e-2,
                  "held_out": 40},
        "laptop": {},
        "gpu": {"pages": 40_000, "size": "3M", "steps": 2500, "batch": 32, "sequence": 256, "seeds": 5,
                "learning_rate": 3e-3, "held_out": 600},
    }  # fmt: skip

    profile: str = setting(
        "laptop",
        "A ready-made set of values for this kind of machine.",
        choices=("quick", "laptop", "gpu"),
        group="Run",
    )
    compare: str = setting(
        "cleaning",
        "Raw against filtered against filtered and deduplicated text; or little clean text, read several times, "
        "against much noisy text, read once.",
        label="Compare",
        choices=COMPARISONS,
        group="Data",
    )
    source: str = setting(
        "toy",
        "What to clean: 'toy' (the toy crawl), or a file or folder of yours: WARC, HTML, text, JSON lines, CSV.",
        group="Data",
        path=True,
    )
    pages: int = setting(
        4000, "Pages of the toy crawl.", unit="pages", low=100, high=1_000_000, group="Data", log=True
    )
    small: float = setting(
        0.25,
        "Clean text as a share of the training tokens, when quantity is compared: a quarter is read four times.",
        label="Clean share",
        low=0.01,
        high=1.0,
        group="Data",
    )
    seeds: int = setting(
        3, "Trainings of each kind, from other random numbers: their spread is the error bar.",
        low=2, high=20, group="Run",
    )  # fmt: skip
    size: str = setting(
        "0.4M", "Size of the model, in parameters.", label="Model size", choices=tuple(SIZES), group="Model"
    )
    steps: int = setting(
        300, "Optimizer steps of each training.", unit="steps", low=10, high=1_000_000, group="Run", log=True
    )
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
        8e-3,
        "Highest learning rate, reached after the warm-up.",
        low=1e-7,
        high=1.0,
        group="Optimizer",
        log=True,
        expert=True,
    )
    vocabulary: int = setting(
        768,
        "Tokens in the BPE vocabulary, one for all trainings, learned from the raw text.",
        unit="tokens",
        low=257,
        high=65_536,
        group="Data",
        expert=True,
        log=True,
    )
    held_out: int = setting(
        100,
        "Clean pages to measure with: of the toy crawl drawn with another seed, of files set aside from what is kept.",
        label="Held-out pages",
        unit="pages",
        low=10,
        high=20_000,
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
        "auto", "Where to compute.", choices=("auto", "cpu", "cuda", "mps"), group="Run", expert=True
    )
    threads: int = setting(0, "Processor threads; 0 chooses.", low=0, high=1024, group="Run", expert=True)

    def __post_init__(self) -> None:
        super().__post_init__()
        self.shape(self.vocabulary)

    @property
    def tokens(self) -> int:
        """Tokens that each model trains on."""
        return self.steps * self.batch * self.sequence

    def shape(self, vocab: int) -> ModelShape:
        """The model's shape for a vocabulary of ``vocab`` tokens.

        Raises:
            ConfigError: if the numbers do not fit together.
        """
        size = SIZES[self.size]
        return ModelShape(
            layers=size.layers, hidden=size.hidden, heads=size.heads, kv_heads=size.kv_heads, ffn=size.ffn,
            vocab=vocab, sequence=self.sequence,
        )  # fmt: skip

    def data(self) -> DataConfig:
        """The settings of the pipeline that cleans: those of the lab "data" as they come."""
        return DataConfig(source=self.source, pages=min(self.pages, 10_000_000), seed=self.seed)
