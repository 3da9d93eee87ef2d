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
        ends: Whether it ends the document.
    """

    token: str
    probability: float
    true: bool
    ends: bool = False


@dataclass(frozen=True)
class Reading:
    """A text as the model reads it: T tokens, and what it expected after each; after the last, nothing came yet."""

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
        """How many places there are to predict: T, one after each token."""
        return len(self.predictions.tokens)

    def is_open(self, position: int) -> bool:
        """Whether the text ends at ``position``, so that nobody knows what comes."""
        return position >= self.positions - 1

    def candidates(self, position: int) -> tuple[Candidate, ...]:
        """The likeliest next tokens after token ``position``, at most :data:`TOP`."""
        truth = self.truth(position)
        pairs = zip(
            self.predictions.top_tokens[position], self.predictions.top_probabilities[position], strict=True
        )
        return tuple(
            Candidate(
                token=_named(token),
                probability=share,
                true=_named(token) == truth,
                ends=token == _BOUNDARY,
            )
            for token, share in pairs
        )[:TOP]

    def truth(self, position: int) -> str | None:
        """The token that really came after token ``position``; None after the last."""
        return None if self.is_open(position) else self.tokens[position + 1]

    def text(self, position: int) -> str:
        """The text up to and with token ``position``, without the document's boundary."""
        return "".join(self.predictions.tokens[1 : position + 1])

    def probability(self, position: int) -> float:
        """What the model gave the token that came after token ``position``, which is not the last."""
        return self.predictions.true_probabilities[position]

    def surprise(self, position: int) -> float:
        """Surprise at the token that came, in bits: -log2 p."""
        return -math.log2(max(self.probability(position), _SMALLEST))

    def mean_loss(self, position: int) -> float:
        """Mean loss of all places up to this one, in nats a token: -(1/n) sum ln p."""
        return self._running_losses[min(position, len(self._running_losses) - 1)]

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
    """A reading, or None if the event does not hold two tokens or its lengths do not match."""
    count = len(predictions.tokens)
    columns = (predictions.top_tokens, predictions.top_probabilities)
    if count < 2 or len(predictions.true_probabilities) != count - 1:
        return None
    if any(len(column) != count for column in columns):
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
