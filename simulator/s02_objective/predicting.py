"""What a model sees of a text under an objective, and what it expects at each position."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch

from simulator.errors import ConfigError
from simulator.model.transformer import Transformer
from simulator.s02_objective.batches import ObjectiveBatch, cut_out, hidden_batch, split_at
from simulator.s02_objective.masking import (
    NOISE_SHARE,
    choose_masked,
    choose_spans,
    corrupt_masked,
    span_plan,
)
from simulator.s02_objective.middles import Middles, locate, rearrange
from simulator.s02_objective.objectives import find_objective
from simulator.s02_objective.specials import Specials
from simulator.text.tokenizer import Tokenizer

TOP = 8
LONGEST_PROBE = 48


@dataclass(frozen=True)
class Words:
    """A tokenizer and the special tokens that a model knows besides: ids to words and back."""

    tokenizer: Tokenizer
    specials: Specials | None

    @classmethod
    def of(cls, model: Transformer, tokenizer: Tokenizer) -> Words:
        """Those of a model."""
        found = Specials.of_model(tokenizer.vocab_size, tokenizer.end_id, model.shape.vocab)
        return cls(tokenizer, found)

    def text(self, index: int) -> str:
        """A token as shown to people."""
        if index < self.tokenizer.vocab_size or self.specials is None:
            return self.tokenizer.token_text(index)
        return self.specials.text(index)

    def texts(self, ids: Sequence[int]) -> list[str]:
        """Several tokens as shown to people."""
        return [self.text(index) for index in ids]

    def probe(self, text: str) -> list[int]:
        """The end token as the start of a document, then the text, cut after LONGEST_PROBE tokens."""
        return [self.tokenizer.end_id, *self.tokenizer.encode(text)[:LONGEST_PROBE]]

    def need_specials(self, objective: str) -> Specials:
        """The special tokens.

        Raises:
            ConfigError: if the model has none.
        """
        if self.specials is None:
            title = find_objective(objective).title
            raise ConfigError(
                "objective",
                f"This model was not trained for '{title}' and does not know the special tokens that it needs.",
                hint=f"Choose a run that was trained with the objective '{objective}'.",
            )
        return self.specials


@dataclass(frozen=True)
class Example:
    """A text as an objective presents it: a batch of one row, and the positions of the text that it hides."""

    batch: ObjectiveBatch
    chosen: list[int]


def make_example(
    words: Words, objective: str, ids: Sequence[int], chosen: Sequence[int], seed: int = -1
) -> Example:
    """Present a text of token ids (the end token first) as an objective does.

    Args:
        words: Tokenizer and special tokens.
        objective: Key of the objective.
        ids: n token ids.
        chosen: Positions to hide, 1 to n-1: of masked and span corruption each, of infill the stretch from the first
            to the last, of prefix LM the first scored position. Empty: a draw by the objective's own rule, or, for
            prefix and infill, the second half and the middle third.
        seed: Of masked: from 0 on, a draw of its own by the full 80/10/10 rule, as in training; -1 shows [MASK] at
            every hidden position.

    Raises:
        ConfigError: if a position is not in the text, or the model does not know the tokens it needs.
    """
    find_objective(objective)
    picked = sorted({int(position) for position in chosen})
    if picked and not 1 <= picked[0] <= picked[-1] < len(ids):
        raise ConfigError(
            "chosen", f"The text has no position {picked[0] if picked[0] < 1 else picked[-1]} to hide.",
            hint=f"Choose from 1 to {len(ids) - 1}.",
        )  # fmt: skip
    text = np.array([ids], np.int64)
    if objective == "masked":
        return _masked(words.need_specials(objective), text, picked, seed)
    if objective == "spans":
        return _spans(words.need_specials(objective), text, picked)
    if objective == "infill":
        return _infill(words.need_specials(objective), text, picked)
    return _next_tokens(text, objective, picked)


def _next_tokens(text: np.ndarray[Any, np.dtype[np.int64]], objective: str, picked: list[int]) -> Example:
    """Causal and prefix: the last position is asked for what comes after the text, which has no truth."""
    length = text.shape[1]
    start = 0
    if objective == "prefix":
        start = picked[0] if picked else (length + 1) // 2
    after = np.concatenate([text, text[:, :1]], axis=1)
    batch = split_at(after, np.array([max(start, 1)]))
    counted = batch.counted.copy()
    counted[:, -1] = False
    seen = batch.seen if start else np.zeros(1, np.int64)
    return Example(ObjectiveBatch(batch.inputs, batch.targets, counted, seen), [start] if start else [])


def _masked(
    specials: Specials, text: np.ndarray[Any, np.dtype[np.int64]], picked: list[int], seed: int
) -> Example:
    chosen, generator = np.zeros(text.shape, np.bool_), np.random.default_rng(max(0, seed))
    chosen[:, picked] = True
    if not picked:
        chosen = choose_masked(text, specials.end_id, NOISE_SHARE, generator)
    inputs = np.where(chosen, specials.mask, text)
    if seed >= 0:
        inputs = corrupt_masked(text, chosen, specials.mask, specials.end_id, specials.base_vocab, generator)
    return Example(hidden_batch(text, inputs, chosen), np.flatnonzero(chosen[0]).tolist())


def _spans(specials: Specials, text: np.ndarray[Any, np.dtype[np.int64]], picked: list[int]) -> Example:
    length = text.shape[1]
    hidden = np.zeros(text.shape, np.bool_)
    hidden[:, picked] = True
    if not picked and length > 2:
        noise = min(max(round(length * NOISE_SHARE), 1), length - 1)
        plan = span_plan(length).__class__(length, noise, min(max(round(noise / 3), 1), length - noise))
        hidden = choose_spans(1, plan, np.random.default_rng(0))
    spans = int((hidden[0] & ~np.pad(hidden[0], (1, 0))[:-1]).sum())
    if spans >= specials.sentinels:
        raise ConfigError(
            "chosen", f"This model knows {specials.sentinels} gap markers, and {spans} gaps need one more.",
            hint="Hide fewer stretches.",
        )  # fmt: skip
    return Example(cut_out(text, hidden, specials, length + 2 * spans), np.flatnonzero(hidden[0]).tolist())


def _infill(specials: Specials, text: np.ndarray[Any, np.dtype[np.int64]], picked: list[int]) -> Example:
    """PSM form, with the end token that closes the middle."""
    length = text.shape[1]
    first, last = (picked[0], picked[-1]) if picked else (1 + (length - 1) // 3, 2 * (length - 1) // 3)
    rows = np.concatenate(
        [text, np.full((1, 4), specials.end_id)], axis=1
    )  # its end, and room for the markers
    document, place, lengths = locate(rows, specials.end_id)
    form, cuts = np.zeros_like(lengths), np.zeros((*lengths.shape, 2), np.int64)
    form[:, 1] = 1
    cuts[:, 1] = [first - 1, last]
    moved, _ = rearrange(rows, Middles(document, place, form, cuts), specials)
    counted = np.ones((1, moved.shape[1] - 1), np.bool_)
    batch = ObjectiveBatch(moved[:, :-1], moved[:, 1:], counted, np.zeros(1, np.int64))
    return Example(batch, list(range(first, last + 1)))


@torch.inference_mode()
def read_text(
    model: Transformer,
    tokenizer: Tokenizer,
    text: str,
    step: int,
    *,
    objective: str = "causal",
    trained: str = "causal",
    top: int = TOP,
    chosen: Sequence[int] = (),
    seed: int = -1,
) -> dict[str, Any]:
    """What the model expects at each position of a text: the result of the ``predict`` query.

    Args:
        model: The model.
        tokenizer: Its tokenizer.
        text: Any text; cut after LONGEST_PROBE tokens.
        step: Training step of the weights.
        objective: How the text is presented.
        trained: The objective that the model learned; another one is answered with a warning.
        top: How many candidates a position.
        chosen: Positions to hide, as for :func:`make_example`.
        seed: Draw of the 80/10/10 rule, as for :func:`make_example`.

    Raises:
        ConfigError: if the model does not know the tokens that the objective needs, or a position is not there.
    """
    words = Words.of(model, tokenizer)
    ids = words.probe(text)
    example = make_example(words, objective, ids, chosen, seed)
    batch = example.batch
    device = model.embedding.weight.device
    visible = batch.visible
    inputs = torch.from_numpy(batch.inputs).to(device)
    mask = None if objective in ("causal", "infill") else torch.from_numpy(visible).to(device)
    probabilities = model(inputs, None, mask)[0].float().softmax(-1).cpu()
    best = probabilities.topk(min(top, probabilities.shape[-1]), dim=-1)
    true = probabilities.gather(1, torch.from_numpy(batch.targets[0])[:, None])[:, 0].tolist()
    counted = batch.counted[0].tolist()
    if objective == "causal":
        true = true[:-1]
    return {
        "step": step, "objective": objective, "warning": _warning(objective, trained), "chosen": example.chosen,
        "tokens": words.texts(ids), "inputs": words.texts(batch.inputs[0].tolist()),
        "targets": [words.text(index) if scored else "" for index, scored in
                    zip(batch.targets[0].tolist(), counted, strict=True)],
        "counted": counted, "visible": visible[0],
        "top_tokens": [words.texts(row) for row in best.indices.tolist()],
        "top_probabilities": best.values.tolist(),
        "true_probabilities": [value if scored else None for value, scored in zip(true, counted, strict=False)],
    }  # fmt: skip


def _warning(objective: str, trained: str) -> str:
    if objective == trained:
        return ""
    return (
        f"This model learned the objective '{find_objective(trained).title}', not "
        f"'{find_objective(objective).title}': it was never taught to read a text this way."
    )
