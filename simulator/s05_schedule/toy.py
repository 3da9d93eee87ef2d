"""What the labs of this stage work on: the text, the stacked model and its trainer."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch

from simulator.errors import InputError
from simulator.runs.corpora import corpus_path
from simulator.s05_schedule.config import ToyConfig
from simulator.text.corpus import load_corpus
from simulator.text.packing import DocumentRows, document_rows, pack
from simulator.text.tokenizer import train_tokenizer
from simulator.training.data import TokenBatches
from simulator.training.memory import available_bytes, check_memory
from simulator.training.stacked import StackedTrainer
from simulator.training.stacked_model import StackedTransformer
from simulator.training.stacked_optimizers import AdamSettings

HELD_OUT_TOKENS = 4096


@dataclass(frozen=True, kw_only=True)
class Toy:
    """The text of a run, ready to train on.

    Attributes:
        batches: Training rows by step.
        held_out: Rows to measure with.
        vocab: Tokens that the model knows.
        frequency_loss: Nats a token of one who knows the training text's frequencies alone.
        floor: Nats a held-out token below which no model can go; None for text nobody generated.
    """

    batches: TokenBatches
    held_out: DocumentRows
    vocab: int
    frequency_loss: float
    floor: float | None


def prepare_toy(config: ToyConfig, store_root: Path) -> Toy:
    """Load the corpus and tokenize it.

    Raises:
        InputError: if it cannot be used.
    """
    source = corpus_path(config.corpus, store_root)
    corpus = load_corpus(source, documents=config.documents, seed=config.seed)
    tokenizer = train_tokenizer(config.tokenizer, corpus.train, config.vocabulary)
    train, validation = pack(tokenizer, corpus.train), pack(tokenizer, corpus.validation)
    if not len(validation.tokens):
        raise InputError(
            "Nothing is left to measure with: the held-out part is empty.", hint="Give more text."
        )
    rows = document_rows(validation, config.sequence)
    count = max(1, int((rows.mask.sum(axis=1).cumsum() <= HELD_OUT_TOKENS).sum()))
    nats = corpus.document_nats
    return Toy(
        batches=TokenBatches(train, config.batch, config.sequence, config.seed),
        held_out=DocumentRows(rows=rows.rows[:count], mask=rows.mask[:count]), vocab=tokenizer.vocab_size,
        frequency_loss=_entropy(train.tokens), floor=sum(nats) / len(validation.tokens) if nats else None,
    )  # fmt: skip


def make_model(config: ToyConfig, vocab: int, runners: int, device: str) -> StackedTransformer:
    """Runners with the same first weights.

    Raises:
        OutOfMemoryError: if they clearly do not fit.
    """
    shape = config.shape(vocab)
    tokens = config.batch * config.sequence
    check_memory(shape, tokens, bf16=False, available=available_bytes(device) // runners)
    model = StackedTransformer(shape, runners, device, post_norm=config.form == "post-norm")
    model.begin(config.seed)
    return model


def make_racer(config: ToyConfig, toy: Toy, runners: int, device: str) -> StackedTrainer:
    """The trainer of so many runners."""
    settings = AdamSettings(beta2=config.beta2, weight_decay=config.weight_decay)
    model = make_model(config, toy.vocab, runners, device)
    return StackedTrainer(model, toy.batches, optimizer=config.optimizer, settings=settings, clip=config.clip)


@torch.no_grad()
def score_runners(model: StackedTransformer, rows: DocumentRows) -> list[float]:
    """Held-out loss of every runner, nats a token: the mean over all tokens that the mask counts."""
    total = torch.zeros(model.runners, dtype=torch.float64)
    batch = 64
    for start in range(0, len(rows.rows), batch):
        part = torch.from_numpy(rows.rows[start : start + batch]).long().to(model.device)
        mask = torch.from_numpy(rows.mask[start : start + batch]).to(model.device).flatten()
        logits = model.logits(part[:, :-1])
        targets = part[:, 1:].flatten()
        known = logits.log_softmax(-1).gather(-1, targets.expand(model.runners, -1)[..., None])[..., 0]
        total -= torch.where(mask, known, 0.0).sum(1).double().cpu()
    values: list[float] = (total / int(rows.mask.sum())).tolist()
    return values


def _entropy(tokens: Sequence[int] | np.ndarray[tuple[int, ...], np.dtype[np.int32]]) -> float:
    counts = np.bincount(np.asarray(tokens))
    shares = counts[counts > 0] / counts.sum()
    return float(-(shares * np.log(shares)).sum()) if len(shares) > 1 else math.log(2)
