"""What a model expects of a text under an objective, with the few numbers that the scene shows. No Qt here."""

from __future__ import annotations

import base64
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from simulator.runs.events import Predictions
from simulator.s02_objective.masks import causal_mask
from widgets.s02_objective.origins import origins_of

TOP = 6
"""Likeliest tokens shown at a position."""

_SMALLEST = 1e-12
_BOUNDARY = (
    "<|endoftext|>"  # spelled out, because simulator.text.tokenizer would load its library into the window
)


@dataclass(frozen=True, kw_only=True)
class Candidate:
    """One possible token at a position.

    Attributes:
        token: Its text.
        probability: The model's, 0 to 1.
        true: Whether it is the one that was asked for.
        ends: Whether it ends the document.
    """

    token: str
    probability: float
    true: bool
    ends: bool = False


@dataclass(frozen=True, kw_only=True, eq=False)
class Reading:
    """A text as an objective puts it to the model, and what the model expects at each of the T places.

    Attributes:
        objective: Key of the objective.
        step: Training step of the weights that read it.
        text_tokens: The text itself, before the objective changed it.
        inputs: What the model sees, T tokens.
        targets: What it must say at each place, T; "" where nothing is asked.
        counted: Whether a place counts in the loss, T.
        visible: Array (T, T), bool: ``visible[query, key]``, the mask that trains.
        top_tokens: Likeliest tokens at each place, T rows.
        top_probabilities: Their probabilities, 0 to 1.
        true_probabilities: Probability of the target at each place, T; 0 where nothing is asked.
        origins: For each input the index of the text's token that it is or stands for, -1 for none.
    """

    objective: str
    step: int
    text_tokens: tuple[str, ...]
    inputs: tuple[str, ...]
    targets: tuple[str, ...]
    counted: tuple[bool, ...]
    visible: npt.NDArray[np.bool_]
    top_tokens: tuple[tuple[str, ...], ...]
    top_probabilities: tuple[tuple[float, ...], ...]
    true_probabilities: tuple[float, ...]
    origins: tuple[int, ...]

    @property
    def positions(self) -> int:
        """How many places the model sees: T."""
        return len(self.inputs)

    @property
    def tokens(self) -> tuple[str, ...]:
        """What the model sees, with the document's boundary as a word."""
        return self._shown

    @cached_property
    def _shown(self) -> tuple[str, ...]:
        first, *rest = self.inputs
        return ("[start]" if first == _BOUNDARY else first, *(named(token) for token in rest))

    @cached_property
    def places(self) -> tuple[int, ...]:
        """The places that are read one after another: those that count and, where the text may go on, its end."""
        counted = [place for place, counts in enumerate(self.counted) if counts]
        if self.goes_on and self.positions - 1 not in counted:
            counted.append(self.positions - 1)
        return tuple(counted)

    @property
    def shifted(self) -> bool:
        """Whether a place is asked for the token after it, and not for the one that is hidden there."""
        return self.objective != "masked"

    @property
    def goes_on(self) -> bool:
        """Whether what the last place expects can be added to the text."""
        return self.objective in ("causal", "prefix")

    @property
    def moves(self) -> bool:
        """Whether the objective shows the model something else than the text as it is."""
        return self.inputs != self.text_tokens

    def hidden_places(self) -> list[int]:
        """Places in the text that the objective hides or moves: what a click can hide or show."""
        if self.objective == "masked":
            return [place for place, counts in enumerate(self.counted) if counts]
        if self.objective == "prefix":
            return [self.places[0] + 1]
        after = self._after_text
        return sorted(origin for origin in self.origins[after:] if origin >= 0) if after else []

    @property
    def _after_text(self) -> int:
        """Where what was taken out of the text stands written: after the marker of the first gap, or of the middle."""
        if self.objective == "infill":
            return self.inputs.index("<MID>") + 1 if "<MID>" in self.inputs else 0
        if self.objective == "spans":
            return self.places[0] + 1
        return 0

    def is_open(self, position: int) -> bool:
        """Whether nothing is asked at ``position``, so that nobody knows what comes."""
        return not self.counted[position]

    def asked_at(self, position: int) -> int:
        """The place in the text as the model sees it that holds the answer to ``position``; T after the end."""
        return position + 1 if self.shifted else position

    def candidates(self, position: int) -> tuple[Candidate, ...]:
        """The likeliest tokens at a place, at most :data:`TOP`."""
        truth = self.truth(position)
        pairs = zip(self.top_tokens[position], self.top_probabilities[position], strict=True)
        return tuple(
            Candidate(
                token=named(token), probability=share, true=named(token) == truth, ends=token == _BOUNDARY
            )
            for token, share in pairs
        )[:TOP]

    def truth(self, position: int) -> str | None:
        """The token that is asked for at a place; None where nothing is asked."""
        return None if self.is_open(position) else named(self.targets[position])

    def text(self, position: int) -> str:
        """The text as the model sees it up to and with ``position``, without the document's boundary."""
        return "".join(token for token in self.inputs[: position + 1] if token != _BOUNDARY)

    def probability(self, position: int) -> float:
        """What the model gave the token that is asked for at ``position``."""
        return self.true_probabilities[position]

    def surprise(self, position: int) -> float:
        """Surprise at the token that is asked for, in bits: -log2 p."""
        return -math.log2(max(self.probability(position), _SMALLEST))

    def mean_loss(self, position: int) -> float:
        """Mean loss of all counted places up to this one, in nats a token: -(1/n) sum ln p; 0 before the first."""
        return self._running_losses[position]

    def counted_until(self, position: int) -> int:
        """How many places up to this one count."""
        return sum(self.counted[: position + 1])

    @cached_property
    def _running_losses(self) -> tuple[float, ...]:
        total, count, means = 0.0, 0, []
        for probability, counts in zip(self.true_probabilities, self.counted, strict=True):
            if counts:
                total, count = total - math.log(max(probability, _SMALLEST)), count + 1
            means.append(total / count if count else 0.0)
        return tuple(means)

    def same_place(self, other: Reading | None) -> bool:
        """Whether another reading is of the same inputs under the same objective."""
        return other is not None and other.objective == self.objective and other.inputs == self.inputs

    def same_text(self, other: Reading | None) -> bool:
        """Whether another reading is of the same text, whatever its objective."""
        return other is not None and other.text_tokens == self.text_tokens


def named(token: str) -> str:
    """A token with the document's boundary as a word."""
    return "[end]" if token == _BOUNDARY else token


def reading_of(predictions: Predictions) -> Reading | None:
    """The causal reading of an event, or None if it does not hold two tokens or its lengths do not match."""
    count = len(predictions.tokens)
    if len(predictions.true_probabilities) != count - 1:
        return None
    return _checked(
        Reading(
            objective="causal",
            step=predictions.step,
            text_tokens=predictions.tokens,
            inputs=predictions.tokens,
            targets=(*predictions.tokens[1:], ""),
            counted=(*[True] * (count - 1), False),
            visible=causal_mask(count),
            top_tokens=predictions.top_tokens,
            top_probabilities=predictions.top_probabilities,
            true_probabilities=(*predictions.true_probabilities, 0.0),
            origins=tuple(range(count)),
        )
        if count > 1
        else None
    )


def reading_from_answer(result: Mapping[str, Any]) -> Reading | None:
    """A reading from the fields of a ``predict`` answer or of a ``reading`` record, or None if it is not one."""
    try:
        if "inputs" not in result:
            return _plain_reading(result)
        tokens, inputs = _words(result["tokens"]), _words(result["inputs"])
        counted = tuple(bool(counts) for counts in result["counted"])
        objective = str(result["objective"])
        return _checked(
            Reading(
                objective=objective,
                step=int(result["step"]),
                text_tokens=tokens,
                inputs=inputs,
                targets=_words(result["targets"]),
                counted=counted,
                visible=matrix(result["visible"]).astype(np.bool_),
                top_tokens=tuple(_words(row) for row in result["top_tokens"]),
                top_probabilities=tuple(_numbers(row) for row in result["top_probabilities"]),
                true_probabilities=_padded(_numbers(result["true_probabilities"]), len(inputs)),
                origins=origins_of(objective, tokens, inputs),
            )
        )
    except (KeyError, TypeError, ValueError, IndexError):
        return None


def matrix(value: object) -> npt.NDArray[Any]:
    """An array from what an answer or a record holds: ``{"dtype", "shape", "data"}``, or nested lists.

    Raises:
        ValueError, KeyError, TypeError: if it is no array.
    """
    if not isinstance(value, Mapping):
        return np.asarray(value)
    kind = np.dtype(value["dtype"])
    if kind.hasobject:
        raise TypeError("object arrays are not allowed")
    return np.frombuffer(base64.b64decode(value["data"]), kind).reshape(value["shape"])


def _plain_reading(result: Mapping[str, Any]) -> Reading | None:
    return reading_of(
        Predictions(
            step=int(result["step"]),
            tokens=_words(result["tokens"]),
            top_tokens=tuple(_words(row) for row in result["top_tokens"]),
            top_probabilities=tuple(_numbers(row) for row in result["top_probabilities"]),
            true_probabilities=_numbers(result["true_probabilities"]),
        )
    )


def _words(values: Sequence[object]) -> tuple[str, ...]:
    if isinstance(values, (str, bytes)):
        raise TypeError("a list of words is not one word")
    return tuple(str(value) for value in values)


def _numbers(values: Sequence[Any]) -> tuple[float, ...]:
    return tuple(0.0 if value is None or value == "nan" else float(value) for value in values)


def _padded(values: tuple[float, ...], count: int) -> tuple[float, ...]:
    """One value a place: nothing is asked at the last place where a value is missing."""
    return (*values, 0.0) if len(values) == count - 1 else values


def _checked(reading: Reading | None) -> Reading | None:
    """The reading, if all its parts have the lengths that belong together."""
    if reading is None or reading.positions < 2:
        return None
    count = reading.positions
    columns: tuple[Sequence[object], ...] = (
        reading.targets,
        reading.counted,
        reading.top_tokens,
        reading.top_probabilities,
        reading.true_probabilities,
        reading.origins,
    )
    if any(len(column) != count for column in columns) or reading.visible.shape != (count, count):
        return None
    pairs = zip(reading.top_tokens, reading.top_probabilities, strict=True)
    whole = all(len(words) == len(shares) for words, shares in pairs)
    return reading if whole and reading.places else None
