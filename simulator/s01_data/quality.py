"""A quality classifier for documents: a linear model over hashed words and word pairs, trained in seconds.

The recipe is fastText's (Joulin et al. 2017, "Bag of Tricks for Efficient Text Classification"), as in the filter of
DCLM, without its hidden layer; that of GPT-3 was logistic regression over hashed words as well. Each distinct word and
pair of words of a document falls into one of 2^17 buckets (Weinberger et al. 2009); the document is the unit vector of
its buckets, each scaled by how much commoner it is on one side (Wang and Manning 2012), so that a word that both sides
use alike weighs nothing; logistic regression is fitted by AdaGrad (Duchi et al. 2011). Scores are probabilities by
Platt's scaling (Platt 1999) on documents that the model had not seen; they hold for a half-and-half mix.
"""

from __future__ import annotations

import base64
import json
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from operator import itemgetter
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from simulator.errors import CheckpointError, InputError
from simulator.runs.files import read_limited, replace_atomically
from simulator.s01_data.text_stats import TextStats

Weights = npt.NDArray[np.float32]
Buckets = npt.NDArray[np.int64]

BITS = 17
"""The model has two to the power of this many weights."""

LEAST_EXAMPLES = 10
"""Fewest good and fewest bad examples to learn from."""

_FORMAT = "quality classifier 1"
_LARGEST_FILE = 4_000_000
_FOLDS = 3
_EPOCHS = 10
_RATE = 0.5
_START = 0.1
_DECAY = 1e-4
_LONGEST_TEXT = 200_000
_LARGEST_LOGIT = 30.0
_LEAST_SLOPE = 1e-3
_LARGEST_SLOPE = 1e3


@dataclass(frozen=True, slots=True)
class Explanation:
    """Why a document scores as it does.

    Attributes:
        score: Its score.
        up: Words and pairs that pull it up, strongest first, with their share of the logit.
        down: Those that pull it down, strongest first, with their (negative) share.
    """

    score: float
    up: tuple[tuple[str, float], ...]
    down: tuple[tuple[str, float], ...]


@dataclass(frozen=True, eq=False)
class QualityModel:
    """A trained classifier.

    Attributes:
        weights: One for each bucket; shape (2^17,).
        slope: Platt's factor on the logit.
        good: Good examples it was trained on.
        bad: Bad ones.
    """

    weights: Weights
    slope: float = 1.0
    good: int = 0
    bad: int = 0

    @classmethod
    def train(
        cls, good: Sequence[str], bad: Sequence[str], seed: int = 0, beat: Callable[[], None] | None = None
    ) -> QualityModel:
        """Learn to tell good documents from bad ones.

        Args:
            good: Texts worth keeping.
            bad: Texts to be rid of.
            seed: Start of the shuffling; the same texts and seed give the same model.
            beat: Called now and then; may raise to stop.

        Raises:
            InputError: if there are too few of either.
        """
        for name, texts in (("good", good), ("bad", bad)):
            if len(texts) < LEAST_EXAMPLES:
                raise InputError(
                    f"A quality classifier needs at least {LEAST_EXAMPLES} {name} examples, not {len(texts)}.",
                    hint="Give more texts of that kind.",
                )
        examples = [buckets_of(text) for text in (*good, *bad)]
        labels = np.repeat([1.0, -1.0], [len(good), len(bad)])
        fold = np.random.default_rng(seed).permutation(len(examples)) % _FOLDS
        logits = np.empty(len(examples))
        for part in range(_FOLDS):
            weights = _fit(examples, labels, np.flatnonzero(fold != part), seed, beat)
            unseen = np.flatnonzero(fold == part)
            logits[unseen] = [_logit(weights, examples[index]) for index in unseen]
        slope = _platt(logits, labels)
        weights = _fit(examples, labels, np.arange(len(examples)), seed, beat)
        return cls(weights, slope, len(good), len(bad))

    def score(self, text: str) -> float:
        """The probability, 0 to 1, that the document is a good one; a text without words scores 0."""
        buckets = buckets_of(text)
        return self._probability(_logit(self.weights, buckets)) if buckets.size else 0.0

    def _probability(self, logit: float) -> float:
        return _sigmoid(self.slope * logit)

    def explain(self, text: str, count: int = 12) -> Explanation:
        """The words and pairs of words that pull a document up and down most.

        Args:
            text: The document.
            count: How many of each at most.
        """
        stats = TextStats(text[:_LONGEST_TEXT])
        words = stats.words
        pulls: dict[str, float] = {}
        scale = self.slope / math.sqrt(max(buckets_of(text).size, 1))
        seen: set[int] = set()
        for n in (1, 2):
            for place, bucket in enumerate(_bucket(stats.grams(n)).tolist()):
                if bucket not in seen:
                    seen.add(bucket)
                    pulls[" ".join(words[place : place + n])] = float(self.weights[bucket]) * scale
        ranked = sorted(pulls.items(), key=itemgetter(1))
        up = tuple(item for item in ranked[::-1][:count] if item[1] > 0)
        down = tuple(item for item in ranked[:count] if item[1] < 0)
        return Explanation(self.score(text), up, down)

    def save(self, path: Path) -> None:
        """Write the model as one JSON file.

        Raises:
            StorageError: if it cannot be written.
        """
        weights = base64.b64encode(self.weights.astype("<f4").tobytes()).decode("ascii")
        values = {
            "format": _FORMAT, "bits": BITS, "slope": self.slope,
            "good": self.good, "bad": self.bad, "weights": weights,
        }  # fmt: skip
        replace_atomically(path, json.dumps(values))


def load_quality(path: Path) -> QualityModel:
    """Read a model written by :meth:`QualityModel.save`.

    Raises:
        CheckpointError: if the file is missing, damaged or no such model.
    """
    try:
        return _model_of(json.loads(read_limited(path, _LARGEST_FILE)))
    except OSError as error:
        why = (error.strerror or str(error)).lower()
    except (ValueError, KeyError, TypeError, OverflowError, RecursionError):
        why = "it is damaged, or no quality classifier"
    raise CheckpointError(
        f"The quality classifier '{path.name}' cannot be read: {why}.",
        hint="Train it again, or choose another file.",
    )


def buckets_of(text: str) -> Buckets:
    """The distinct buckets of a document's words and word pairs, rising; of a long one the start counts."""
    stats = TextStats(text[:_LONGEST_TEXT])
    return np.unique(np.concatenate([_bucket(stats.grams(1)), _bucket(stats.grams(2))]))


def _bucket(grams: npt.NDArray[np.uint64]) -> Buckets:
    return (grams * np.uint64(0xD6E8FEB86659FD93) >> np.uint64(64 - BITS)).astype(np.int64)


def _logit(weights: Weights, buckets: Buckets) -> float:
    return float(weights[buckets].sum()) / math.sqrt(max(buckets.size, 1))


def _fit(
    examples: Sequence[Buckets],
    labels: npt.NDArray[np.float64],
    chosen: npt.NDArray[np.int64],
    seed: int,
    beat: Callable[[], None] | None,
) -> Weights:
    """Weights from the chosen examples by AdaGrad; both sides weigh the same in all."""
    ratios = _log_ratios(examples, labels, chosen)
    factors, squares = np.full(1 << BITS, _START, np.float32), np.full(1 << BITS, 1e-2, np.float32)
    sides = labels[chosen]
    balance = {side: len(chosen) / (2 * max(int(np.count_nonzero(sides == side)), 1)) for side in (1.0, -1.0)}
    random = np.random.default_rng(seed)
    for _ in range(_EPOCHS):
        for place, index in enumerate(random.permutation(chosen).tolist()):
            if beat and place % 100 == 0:
                beat()
            buckets, label = examples[index], float(labels[index])
            if not buckets.size:
                continue
            values = ratios[buckets] / math.sqrt(buckets.size)
            logit = float(factors[buckets] @ values)
            steps = (-label * balance[label] * _sigmoid(-label * logit)) * values + _DECAY * factors[buckets]
            squares[buckets] += steps * steps
            factors[buckets] -= _RATE * steps / np.sqrt(squares[buckets])
    weights: Weights = factors * ratios
    return weights


def _log_ratios(
    examples: Sequence[Buckets], labels: npt.NDArray[np.float64], chosen: npt.NDArray[np.int64]
) -> Weights:
    """How much commoner each bucket is among good documents than among bad ones: the log of the ratio of shares."""
    sides = [[examples[index] for index in chosen.tolist() if labels[index] == side] for side in (1.0, -1.0)]
    smoothing = 1 / max(
        min(map(len, sides)), 1
    )  # the same for both: a word that neither side has weighs nothing
    good, bad = (
        np.bincount(np.concatenate(ours), minlength=1 << BITS) / len(ours) + smoothing
        for ours in sides
        if ours
    )
    ratios: Weights = np.log(good / bad).astype(np.float32)
    return ratios


def _platt(logits: npt.NDArray[np.float64], labels: npt.NDArray[np.float64]) -> float:
    """The slope of the sigmoid that fits labels to logits best, by Newton's method (Platt 1999).

    Both sides weigh the same, and the targets are Platt's smoothed ones, so that separable examples give no infinity.
    Platt's offset stays zero: a document of words that the model never met is neither good nor bad.
    """
    positive = labels > 0
    good, bad = np.count_nonzero(positive), np.count_nonzero(~positive)
    targets = np.where(positive, (good + 1) / (good + 2), 1 / (bad + 2))
    share = np.where(positive, 0.5 / good, 0.5 / bad)
    slope = 1.0
    for _ in range(50):
        chance = 1 / (1 + np.exp(-np.clip(slope * logits, -_LARGEST_LOGIT, _LARGEST_LOGIT)))
        gradient = float((share * (chance - targets)) @ logits)
        curvature = float((share * chance * (1 - chance)) @ (logits * logits)) + 1e-6
        step = min(max(gradient / curvature, -0.5), 0.5)
        slope = min(max(slope - step, _LEAST_SLOPE), _LARGEST_SLOPE)
        if abs(step) < 1e-8:
            break
    return slope


def _sigmoid(logit: float) -> float:
    logit = min(max(logit, -_LARGEST_LOGIT), _LARGEST_LOGIT)
    return 1 / (1 + math.exp(-logit))


def _model_of(values: Mapping[str, Any]) -> QualityModel:
    """The model in a file's values; ValueError, KeyError or TypeError if they are none."""
    if values["format"] != _FORMAT or values["bits"] != BITS:
        raise ValueError("another format")
    weights = np.frombuffer(base64.b64decode(values["weights"], validate=True), "<f4").astype(np.float32)
    slope = float(values["slope"])
    if (
        weights.shape != (1 << BITS,)
        or not np.isfinite(weights).all()
        or not _LEAST_SLOPE <= slope <= _LARGEST_SLOPE
    ):
        raise ValueError("weights that cannot be")
    return QualityModel(weights, slope, good=int(values["good"]), bad=int(values["bad"]))
