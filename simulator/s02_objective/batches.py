"""From rows of plain tokens to what a model sees and what it must guess: a builder for each objective. No torch.

A row is sequence + 1 tokens of the packed stream: an end token as the start of a document, then documents, each
followed by its end token. Builders are vectorised over the rows and take their chance from a generator alone, so
that a batch is a function of (seed, step).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from simulator.s02_objective.masking import (
    MEAN_SPAN,
    NOISE_SHARE,
    Flags,
    Tokens,
    choose_masked,
    choose_spans,
    corrupt_masked,
    span_plan,
)
from simulator.s02_objective.masks import Mask, prefix_visible
from simulator.s02_objective.middles import INFILL_RATE, SPM_SHARE, draw_middles, rearrange
from simulator.s02_objective.specials import Specials


@dataclass(frozen=True, kw_only=True)
class Rules:
    """The numbers of the objectives.

    Attributes:
        noise: Share of the tokens that masked and span corruption hide.
        mean_span: Mean length of a span.
        infill_rate: Share of the documents whose middle is moved.
        spm_share: Share of those in which the suffix comes first (SPM).
    """

    noise: float = NOISE_SHARE
    mean_span: int = MEAN_SPAN
    infill_rate: float = INFILL_RATE
    spm_share: float = SPM_SHARE


@dataclass(frozen=True, eq=False)
class ObjectiveBatch:
    """What one step trains on.

    Attributes:
        inputs: int64 (B, T), what the model sees.
        targets: int64 (B, T), what it should say at each position.
        counted: bool (B, T), which targets are scored.
        seen: int64 (B,), how many first positions are seen both ways; 0 is causal, T is full.
    """

    inputs: Tokens
    targets: Tokens
    counted: Flags
    seen: Tokens

    @property
    def visible(self) -> Mask:
        """Bool (B, T, T): whether, in a row, query may look at key; made as the training step makes it."""
        return np.asarray(prefix_visible(self.seen, np.arange(self.inputs.shape[1])), np.bool_)


def causal_batch(rows: Tokens) -> ObjectiveBatch:
    """Guess every next token (GPT)."""
    inputs, targets = rows[:, :-1], rows[:, 1:]
    return ObjectiveBatch(inputs, targets, np.ones(inputs.shape, np.bool_), np.zeros(len(rows), np.int64))


def masked_batch(
    rows: Tokens, specials: Specials, rules: Rules, generator: np.random.Generator
) -> ObjectiveBatch:
    """Guess the hidden tokens where they stand (BERT, RoBERTa)."""
    text = rows[:, :-1]
    chosen = choose_masked(text, specials.end_id, rules.noise, generator)
    inputs = corrupt_masked(text, chosen, specials.mask, specials.end_id, specials.base_vocab, generator)
    return hidden_batch(text, inputs, chosen)


def hidden_batch(text: Tokens, inputs: Tokens, chosen: Flags) -> ObjectiveBatch:
    """Guess the chosen tokens of ``text`` from ``inputs``, all of which is seen; each array (B, T)."""
    return ObjectiveBatch(inputs, text, chosen, np.full(len(text), text.shape[1]))


def spans_batch(
    rows: Tokens, specials: Specials, rules: Rules, generator: np.random.Generator
) -> ObjectiveBatch:
    """Write down the spans that were cut out (T5), in the prefix form for a decoder alone."""
    plan = span_plan(rows.shape[1], rules.noise, rules.mean_span)
    return cut_out(
        rows[:, : plan.length], choose_spans(len(rows), plan, generator), specials, rows.shape[1] - 1
    )


def cut_out(text: Tokens, hidden: Flags, specials: Specials, sequence: int) -> ObjectiveBatch:
    """Cut the hidden spans out: the corrupted text, seen both ways, then each span after its sentinel, then one more.

    Args:
        text: (B, L) token ids.
        hidden: bool (B, L), the tokens to cut out; neighbours form one span.
        specials: The sentinels; one more than a row has spans are needed.
        sequence: Length T of the result; rows that need less are filled with end tokens, which do not count.
    """
    count, length = text.shape
    first = hidden & ~np.pad(hidden, ((0, 0), (1, 0)))[:, :-1]
    number = first.cumsum(axis=1)
    spans = number[:, -1]
    sentinel = specials.first_sentinel + number - 1
    place = 2 * np.arange(length)[None]
    later, never = 2 * length, 4 * length + 2  # keys: where a token stands in the new order
    last = np.full((count, 1), 2 * later)
    keys = np.concatenate(
        [
            np.where(hidden, later, 0) + place + 1,
            np.where(first, place, never),
            np.where(first, later + place, never),
            last,
        ],
        axis=1,
    )
    values = np.concatenate([text, sentinel, sentinel, specials.first_sentinel + spans[:, None]], axis=1)
    order = keys.astype(np.int32).argsort(axis=1)  # all keys that matter differ
    shown = length - hidden.sum(axis=1) + spans
    total = length + 2 * spans + 1
    joined = np.full((count, max(sequence + 1, order.shape[1])), specials.end_id)
    joined[:, : order.shape[1]] = np.take_along_axis(values, order, axis=1)
    joined = np.where(np.arange(joined.shape[1]) < total[:, None], joined, specials.end_id)[:, : sequence + 1]
    place = np.arange(sequence)[None]
    counted = (place >= shown[:, None] - 1) & (place < total[:, None] - 1)
    return ObjectiveBatch(joined[:, :-1], joined[:, 1:], counted, shown)


def prefix_batch(rows: Tokens, generator: np.random.Generator) -> ObjectiveBatch:
    """Split each row at a random place; guess what follows (prefix LM)."""
    return split_at(rows, generator.integers(1, rows.shape[1] - 1, len(rows), endpoint=True))


def split_at(rows: Tokens, prefix: Tokens) -> ObjectiveBatch:
    """The first ``prefix`` (B,) tokens of each row are seen both ways; those after them are scored."""
    inputs = rows[:, :-1]
    counted = np.arange(inputs.shape[1])[None] >= prefix[:, None] - 1
    return ObjectiveBatch(inputs, rows[:, 1:], counted, prefix)


def infill_batch(
    rows: Tokens, specials: Specials, rules: Rules, generator: np.random.Generator
) -> ObjectiveBatch:
    """Move the middle of some documents to their end; guess every token in the new order (fill-in-the-middle)."""
    draw = draw_middles(rows, specials.end_id, rules.infill_rate, rules.spm_share, generator)
    moved, length = rearrange(rows, draw, specials)
    counted = np.arange(rows.shape[1] - 1)[None] < length[:, None] - 1
    return ObjectiveBatch(moved[:, :-1], moved[:, 1:], counted, np.zeros(len(rows), np.int64))


Builder = Callable[[Tokens, Specials, Rules, np.random.Generator], ObjectiveBatch]

BUILDERS: dict[str, Builder] = {
    "causal": lambda rows, specials, rules, generator: causal_batch(rows),
    "masked": masked_batch,
    "spans": spans_batch,
    "prefix": lambda rows, specials, rules, generator: prefix_batch(rows, generator),
    "infill": infill_batch,
}
"""By objective: (rows int64 (B, T + 1), specials, rules, generator) -> ObjectiveBatch."""


def build_batch(
    objective: str, rows: Tokens, specials: Specials, rules: Rules, generator: np.random.Generator
) -> ObjectiveBatch:
    """The batch of an objective from rows (B, T + 1) of plain tokens."""
    return BUILDERS[objective](rows.astype(np.int64, copy=False), specials, rules, generator)
