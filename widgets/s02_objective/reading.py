"""What the model expects of a text, with the few numbers that the scene shows. No Qt here."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from simulator.runs.events import Predictions

TOP = 6
"""Likeliest tokens shown at a position."""

_SMALLEST = 1e-12
_BOUNDARY = (
    "<|endoftext|>"  # spelled out, because simulator.text.tokenizer would load its library into the window
)


@dataclass(frozen=True, kw_only=True)
class Candidate:
    """One possible next token.

    Attributes:
        token: Its text.
        probability: The model's, 0 to 1.
        true: Whether it is the one that came.
    """

    token: str
    probability: float
    true: bool


@dataclass(frozen=True)
class Reading:
    """A text as the model reads it: T tokens, and what it expected at each of the T-1 places after the first."""

    predictions: Predictions

    @cached_property
    def tokens(self) -> tuple[str, ...]:
        """The T tokens, with the document's boundary as a word."""
        first, *rest = self.predictions.tokens
        return ("[start]" if first == _BOUNDARY else first, *(_named(token) for token in rest))

    @property
    def step(self) -> int:
        """Training step of the weights that read it."""
        return self.predictions.step

    @property
    def positions(self) -> int:
        """How many places there are to predict: T-1."""
        return len(self.predictions.true_probabilities)

    def candidates(self, position: int) -> tuple[Candidate, ...]:
        """The likeliest next tokens after token ``position``, at most :data:`TOP`."""
        truth = self.tokens[position + 1]
        pairs = zip(
            self.predictions.top_tokens[position], self.predictions.top_probabilities[position], strict=True
        )
        named = ((_named(token), share) for token, share in pairs)
        return tuple(
            Candidate(token=token, probability=share, true=token == truth) for token, share in named
        )[:TOP]

    def truth(self, position: int) -> str:
        """The token that really came after token ``position``."""
        return self.tokens[position + 1]

    def probability(self, position: int) -> float:
        """What the model gave the token that came."""
        return self.predictions.true_probabilities[position]

    def surprise(self, position: int) -> float:
        """Surprise at the token that came, in bits: -log2 p."""
        return -math.log2(max(self.probability(position), _SMALLEST))

    def mean_loss(self, position: int) -> float:
        """Mean loss of all places up to this one, in nats a token: -(1/n) sum ln p."""
        return self._running_losses[position]

    @cached_property
    def _running_losses(self) -> tuple[float, ...]:
        total, means = 0.0, []
        for index, probability in enumerate(self.predictions.true_probabilities):
            total -= math.log(max(probability, _SMALLEST))
            means.append(total / (index + 1))
        return tuple(means)


def _named(token: str) -> str:
    return "[end]" if token == _BOUNDARY else token


def reading_of(predictions: Predictions) -> Reading | None:
    """A reading, or None if the event does not hold one place with matching lengths."""
    places = len(predictions.true_probabilities)
    columns = (predictions.top_tokens, predictions.top_probabilities)
    if (
        places < 1
        or len(predictions.tokens) != places + 1
        or any(len(column) != places for column in columns)
    ):
        return None
    pairs = zip(*columns, strict=True)
    return Reading(predictions) if all(len(words) == len(shares) for words, shares in pairs) else None


def reading_from_answer(result: Mapping[str, Any]) -> Reading | None:
    """A reading from the engine's answer to a ``predict`` query, or None if it is not one."""
    try:
        return reading_of(
            Predictions(
                step=int(result["step"]),
                tokens=tuple(str(token) for token in result["tokens"]),
                top_tokens=tuple(tuple(str(token) for token in row) for row in result["top_tokens"]),
                top_probabilities=tuple(
                    tuple(float(share) for share in row) for row in result["top_probabilities"]
                ),
                true_probabilities=tuple(float(share) for share in result["true_probabilities"]),
            )
        )
    except (KeyError, TypeError, ValueError):
        return None
