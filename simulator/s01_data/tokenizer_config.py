"""What the tokenizer's merges are learned from: the settings of the tokenizer view."""

from __future__ import annotations

from dataclasses import dataclass

from simulator.config import Config, setting


@dataclass(frozen=True, kw_only=True)
class TokenizerConfig(Config):
    """Where the merges on show come from."""

    corpus: str = setting(
        "toy",
        "The toy world (toy), the Python reference (python), a file or folder of your own, or a run such as data-0001.",
        label="Learn from",
        path=True,
    )
    vocabulary: int = setting(
        1024,
        "Tokens to learn, with the 256 bytes and the end of a document. A run keeps its own.",
        unit="tokens",
        low=258,
        high=8192,
        log=True,
    )
