"""How a model learns an objective: batches for the trainer, the loss, and what held-out text costs."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from simulator.errors import InputError
from simulator.model.ops import cross_entropy
from simulator.model.transformer import Transformer
from simulator.s02_objective.batches import ObjectiveBatch, Rules, build_batch
from simulator.s02_objective.masks import prefix_visible
from simulator.s02_objective.specials import Specials
from simulator.text.packing import DocumentRows, TokenStream
from simulator.training.data import TokenBatches
from simulator.training.evaluate import MOST_LOGITS
from simulator.training.loop import LossOfRows, autocast

NOT_COUNTED = -100
"""The target of a position that is not scored; what torch's cross entropy leaves out."""

BASELINE_TOKENS = 1 << 16


class ObjectiveBatches:
    """The batches of an objective, made from plain rows; a pure function of (seed, step).

    Rows for the trainer are int64 (batch, 2 T + 1): inputs, targets (NOT_COUNTED where none is scored), and how many
    first positions are seen both ways.
    """

    def __init__(
        self, plain: TokenBatches, objective: str, specials: Specials, seed: int, rules: Rules | None = None
    ) -> None:
        self.plain, self.objective, self.specials, self.seed = plain, objective, specials, seed
        self.rules = rules or Rules()
        self.batch = plain.batch

    def batch_at(self, step: int) -> ObjectiveBatch:
        """What a step trains on."""
        generator = np.random.default_rng((self.seed, step, 2))
        return build_batch(
            self.objective, self.plain.rows(step).numpy(), self.specials, self.rules, generator
        )

    def rows(self, step: int) -> Tensor:
        """The same as one matrix, as it travels to the device."""
        return packed(self.batch_at(step))


def packed(batch: ObjectiveBatch) -> Tensor:
    """A batch as one int64 matrix (B, 2 T + 1)."""
    targets = np.where(batch.counted, batch.targets, NOT_COUNTED)
    return torch.from_numpy(np.concatenate([batch.inputs, targets, batch.seen[:, None]], axis=1))


def unpacked(rows: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Inputs (B, T), targets (B, T) and seen (B,) of packed rows."""
    length = rows.shape[1] // 2
    return rows[:, :length], rows[:, length : 2 * length], rows[:, -1]


def plain_rows(rows: DocumentRows) -> Tensor:
    """Held-out rows for the causal objective, packed: every token of a document counts once."""
    inputs, targets = rows.rows[:, :-1].astype(np.int64), rows.rows[:, 1:].astype(np.int64)
    return packed(ObjectiveBatch(inputs, targets, rows.mask, np.zeros(len(inputs), np.int64)))


def visible_to(objective: str, seen: Tensor, length: int) -> Tensor | None:
    """The mask that the model is given: None where it is the causal one, (T, T) where it is the same for all rows."""
    if objective in ("causal", "infill"):
        return None
    positions = torch.arange(length, device=seen.device)
    if objective == "masked":
        seen = torch.full((1,), length, device=seen.device)
        return torch.as_tensor(prefix_visible(seen, positions))[0]
    return torch.as_tensor(prefix_visible(seen, positions))


def objective_loss(objective: str) -> LossOfRows:
    """Mean loss of the counted targets of packed rows; only they have a gradient."""

    def loss_of_rows(model: Transformer, rows: Tensor) -> Tensor:
        inputs, targets, seen = unpacked(rows)
        hidden = model.hidden_states(inputs, None, visible_to(objective, seen, inputs.shape[1]))
        if (
            rows.device.type == "cpu"
        ):  # logits for what counts alone; on a GPU every step must have the same shapes
            counted = targets != NOT_COUNTED
            return cross_entropy(model.head(hidden[counted]), targets[counted])
        return cross_entropy(model.head(hidden).flatten(0, 1), targets.flatten())

    return loss_of_rows


@dataclass(frozen=True)
class ObjectiveScore:
    """What held-out targets cost in total (nats), how many there were, and how many were guessed first."""

    nats: float
    tokens: int
    right: int

    @property
    def loss(self) -> float:
        """Nats a target."""
        return self.nats / self.tokens

    @property
    def accuracy(self) -> float:
        """Share of the targets that the model finds likeliest."""
        return self.right / self.tokens


@torch.inference_mode()
def score_packed(model: Transformer, objective: str, rows: Tensor, *, bf16: bool = False) -> ObjectiveScore:
    """Score packed held-out rows, each counted target once."""
    device = model.embedding.weight.device
    batch = max(1, min(64, MOST_LOGITS // (rows.shape[1] * model.shape.vocab)))
    nats, right = 0.0, 0
    for part in torch.split(rows, batch):
        inputs, targets, seen = unpacked(part.to(device))
        with autocast(device, bf16):
            hidden = model.hidden_states(inputs, None, visible_to(objective, seen, inputs.shape[1]))
            counted = targets != NOT_COUNTED
            logits = model.head(hidden[counted]).float()
        nats += float(torch.nn.functional.cross_entropy(logits, targets[counted], reduction="sum"))
        right += int((logits.argmax(-1) == targets[counted]).sum())
    return ObjectiveScore(nats, int((rows[:, rows.shape[1] // 2 : -1] != NOT_COUNTED).sum()), right)


def held_out_rows(
    stream: TokenStream,
    objective: str,
    specials: Specials,
    sequence: int,
    tokens: int,
    rules: Rules | None = None,
) -> Tensor:
    """Packed rows of about ``tokens`` held-out tokens, with masks, splits and cuts that are the same every time.

    Raises:
        InputError: if there is less than one row.
    """
    if len(stream.tokens) < sequence + 2:
        raise InputError(
            f"The held-out text has only {len(stream.tokens)} tokens, less than one row of {sequence}.",
            hint="Give more text, or set a shorter context length.",
        )
    plain = TokenBatches(stream, 1, sequence, 0)
    count = max(1, min(plain.rows_per_epoch, tokens // sequence))
    whole = TokenBatches(stream, count, sequence, 0)
    return ObjectiveBatches(whole, objective, specials, 0, rules).rows(0)


def frequency_baseline(batches: ObjectiveBatches, vocab: int, held_out: Tensor) -> float:
    """Nats a held-out target costs a guesser that knows the frequencies of the training targets and nothing else.

    Add-one smoothing over the vocabulary, so that a target never seen in training has a price.
    """
    counts = np.ones(vocab)
    for targets in _targets_of(batches):
        counts += np.bincount(targets, minlength=vocab)
    _, wanted, _ = unpacked(held_out)
    wanted = wanted[wanted != NOT_COUNTED]
    return float(math.log(counts.sum()) - np.log(counts)[wanted.numpy()].mean())


def _targets_of(batches: ObjectiveBatches) -> Iterable[np.ndarray[tuple[int], np.dtype[np.int64]]]:
    seen, step = 0, 0
    while seen < BASELINE_TOKENS:
        batch = batches.batch_at(step)
        yield batch.targets[batch.counted]
        seen, step = seen + batch.inputs.size, step + 1
