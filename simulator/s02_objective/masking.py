"""Which tokens are hidden: the draws of BERT and of T5, for many rows at once. Pure: no torch."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Tokens = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]

NOISE_SHARE = 0.15
"""Share of the tokens that masked and span corruption hide (Devlin et al. 2019; Raffel et al. 2020)."""

MEAN_SPAN = 3
"""Mean length of a span in tokens (Raffel et al. 2020, section 3.3.4)."""

KEPT_HIDDEN, REPLACED = 0.8, 0.1
"""Of the chosen tokens, those that become [MASK] and those that become a random token; the rest stay (BERT)."""


@dataclass(frozen=True)
class SpanPlan:
    """How span corruption uses a row.

    Attributes:
        length: Tokens of text that fit.
        noise: How many of them are cut out.
        spans: In how many spans.
    """

    length: int
    noise: int
    spans: int

    @property
    def total(self) -> int:
        """Tokens of the corrupted text and the spans together: each span has a marker in both, and one ends them."""
        return self.length + 2 * self.spans + 1


def span_plan(room: int, share: float = NOISE_SHARE, mean_span: int = MEAN_SPAN) -> SpanPlan:
    """The longest text whose corrupted form and spans fill at most ``room`` tokens, as T5 computes its lengths."""
    best = SpanPlan(2, 1, 1)
    for length in range(max(2, room // 2), room):
        noise = min(max(round(length * share), 1), length - 1)
        spans = min(max(round(noise / mean_span), 1), length - noise)
        plan = SpanPlan(length, noise, spans)
        if plan.total <= room:
            best = plan
    return best


def choose_masked(rows: Tokens, end_id: int, share: float, generator: np.random.Generator) -> Flags:
    """Choose ``share`` of each row's tokens, at least one, at random; never an end token (BERT).

    Args:
        rows: (B, T) token ids.
        end_id: The token that is never hidden.
        share: Share to hide.
        generator: Source of chance.

    Returns:
        bool (B, T).
    """
    scores = generator.random(rows.shape)
    may_hide = rows != end_id
    scores[~may_hide] = 2.0  # behind all others
    rank = scores.argsort(axis=1).argsort(axis=1)
    wanted = np.rint(may_hide.sum(axis=1) * share).astype(np.int64).clip(min=1)
    return np.asarray((rank < wanted[:, None]) & may_hide, np.bool_)


def corrupt_masked(
    rows: Tokens, chosen: Flags, mask_id: int, end_id: int, base_vocab: int, generator: np.random.Generator
) -> Tokens:
    """What the model sees of the chosen tokens: 80 % [MASK], 10 % a random token, 10 % themselves (BERT, section 3.1).

    A random token is any of the tokenizer's but the end token, and may happen to be the true one.
    """
    lot = generator.random(rows.shape)
    strangers = generator.integers(0, base_vocab - 1, rows.shape)
    strangers += strangers >= end_id  # any but the end token
    seen = np.where(chosen & (lot < KEPT_HIDDEN), mask_id, rows)
    return np.where(chosen & (lot >= KEPT_HIDDEN) & (lot < KEPT_HIDDEN + REPLACED), strangers, seen)


def choose_spans(count: int, plan: SpanPlan, generator: np.random.Generator) -> Flags:
    """Spans of random lengths at random places: T5's ``random_spans_noise_mask``, for ``count`` rows.

    Both the hidden and the open tokens are cut into ``plan.spans`` parts, every composition equally likely, and laid
    in turns, an open part first: so no two spans touch, the first token is never hidden and the last one always is.

    Returns:
        bool (count, plan.length).
    """
    hidden = _compositions(count, plan.noise, plan.spans, generator)
    shown = _compositions(count, plan.length - plan.noise, plan.spans, generator)
    parts = np.stack([shown, hidden], axis=2).reshape(count, -1)  # shown, hidden, shown, hidden ...
    edges = np.zeros((count, plan.length + 1), np.int8)
    np.put_along_axis(edges, parts.cumsum(axis=1), 1, axis=1)  # 1 where a part begins, but the first
    return np.asarray(edges[:, :-1].cumsum(axis=1) % 2 == 1, np.bool_)


def _compositions(count: int, total: int, parts: int, generator: np.random.Generator) -> Tokens:
    """(count, parts) positive numbers that add up to ``total``, every way equally likely."""
    order = generator.random((count, total - 1)).argsort(axis=1)[:, : parts - 1]
    edges = np.concatenate(
        [np.zeros((count, 1), np.int64), np.sort(order, axis=1) + 1, np.full((count, 1), total)], axis=1
    )
    return np.diff(edges, axis=1)
