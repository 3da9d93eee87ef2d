"""Texts that a model wrote token by token, with what it could have written instead. No Qt here."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from widgets.s02_objective.reading import named

_SMALLEST = 1e-12


@dataclass(frozen=True, kw_only=True)
class Choice:
    """One token that could come next.

    Attributes:
        token: Its text.
        raw: Probability as the model gives it.
        tempered: After repetition penalty and temperature.
        kept: Whether top-k and top-p leave it in.
        cut: By what it was cut off: "", "temperature 0", "top-k", "top-p" or "not allowed here".
        final: Probability with which it is really drawn.
    """

    token: str
    raw: float
    tempered: float
    kept: bool
    cut: str
    final: float

    @property
    def ends(self) -> bool:
        """Whether it ends the document."""
        return self.token == "[end]"  # noqa: S105 - a token of text


@dataclass(frozen=True, kw_only=True)
class Written:
    """One step of writing.

    Attributes:
        token: What was written; for a round of filling, all that was filled in.
        probability: With which probability it was drawn.
        choices: The likeliest tokens that could have been written.
        text: The whole text up to and with it, prompt included.
        tokens: What the places to fill hold after a round of filling; () where tokens are added one by one.
        filled: Which of these places the round filled.
    """

    token: str
    probability: float
    choices: tuple[Choice, ...]
    text: str
    tokens: tuple[str, ...] = ()
    filled: tuple[int, ...] = ()

    @property
    def ends(self) -> bool:
        """Whether it ended the document, and nothing was added."""
        return self.token == "[end]"  # noqa: S105 - a token of text

    @property
    def index(self) -> int:
        """Where the token stands among the choices, -1 if it is not one of them."""
        return next((rank for rank, choice in enumerate(self.choices) if choice.token == self.token), -1)

    @property
    def surprise(self) -> float:
        """-log2 of the model's own probability of the token, in bits."""
        own = self.choices[self.index].raw if self.index >= 0 else self.probability
        return -math.log2(max(own, _SMALLEST))


@dataclass(frozen=True, kw_only=True)
class Writing:
    """A text as it was written.

    Attributes:
        objective: What the model learned.
        method: How it was made to write: "left to right", "one mask at a time", "all masks at once" ...
        step: Training step of the weights.
        prompt: What it began with.
        text: The whole text, prompt included.
        steps: How.
        fields: Whatever else was found out about it, such as the grammar's verdict.
    """

    objective: str
    method: str
    step: int
    prompt: str
    text: str
    steps: tuple[Written, ...]
    fields: Mapping[str, Any]


def choices_of(candidates: Sequence[Mapping[str, Any]]) -> tuple[Choice, ...]:
    """The candidates of an answer.

    Raises:
        KeyError, TypeError, ValueError: if they are none.
    """
    return tuple(
        Choice(
            token=named(str(item["token"])),
            raw=float(item["probability"]),
            tempered=float(item.get("tempered", item["probability"])),
            kept=bool(item.get("kept", True)),
            cut=str(item.get("cut", "")),
            final=float(item.get("final", item["probability"])),
        )
        for item in candidates
    )


def writing_from(result: Mapping[str, Any], prompt: str = "", objective: str = "") -> Writing | None:
    """A writing from a ``write`` answer or a ``writing`` record, or None if it is not one."""
    try:
        steps = tuple(
            Written(
                token=named(str(item["token"])),
                probability=float(item.get("probability", 0.0)),
                choices=choices_of(item.get("candidates", ())),
                text=str(item["text"]),
                tokens=tuple(str(token) for token in item.get("tokens", ())),
                filled=tuple(int(place) for place in item.get("filled", ())),
            )
            for item in result["steps"]
        )
        return Writing(
            objective=str(result.get("objective", objective) or objective),
            method=str(result.get("method", "left to right")),
            step=int(result.get("step", -1)),
            prompt=str(result.get("prompt", prompt)),
            text=str(result["text"]),
            steps=steps,
            fields={name: value for name, value in result.items() if name not in ("steps", "text", "prompt")},
        )
    except (KeyError, TypeError, ValueError, AttributeError):
        return None
