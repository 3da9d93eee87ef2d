"""Settings of the playground: how the next token is drawn.

They are those of the engine's ``SamplingConfig`` with the ranges of a slider; that class itself lives beside the model,
where the window does not look.
"""

from __future__ import annotations

from dataclasses import dataclass

from simulator.config import Config, setting


@dataclass(frozen=True, kw_only=True)
class PlaygroundConfig(Config):
    """How the next token is drawn from what the model expects."""

    temperature: float = setting(
        0.8,
        "Below 1 sharpens, above 1 flattens the distribution; 0 always takes the likeliest.",
        low=0.0,
        high=3.0,
    )
    top_k: int = setting(
        0, "Draw among this many likeliest tokens; 0 means all.", label="Top-k", low=0, high=64
    )
    top_p: float = setting(
        0.9,
        "Draw among the likeliest tokens that together reach this probability; 1 means all.",
        label="Top-p",
        low=0.0,
        high=1.0,
    )
    repetition_penalty: float = setting(
        1.0,
        "Repetition penalty: makes tokens that the text already has less likely; 1 changes nothing.",
        label="Penalty",
        low=1.0,
        high=3.0,
    )
    tokens: int = setting(40, "Most tokens to write.", label="Length", unit="tokens", low=1, high=200)
    seed: int = setting(0, "Start of the random draws: the same seed gives the same text.", low=0, high=9_999)

    def sampling(self) -> dict[str, float | int]:
        """The fields that the engine's sampling takes."""
        return {name: value for name, value in self.to_dict().items() if name != "tokens"}
