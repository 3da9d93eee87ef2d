"""Measuring a model on held-out text: the token-weighted mean, never a mean of means."""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor

from simulator.model.transformer import Transformer
from simulator.text.packing import DocumentRows
from simulator.training.loop import autocast


@dataclass(frozen=True)
class Score:
    """What held-out text cost: total nats, over so many target tokens."""

    nats: float
    tokens: int

    @property
    def loss(self) -> float:
        """Nats a token."""
        return self.nats / self.tokens

    def bits_per_byte(self, byte_count: int) -> float:
        """Bits a byte, comparable across tokenizers; end tokens cost but stand for no byte."""
        return self.nats / math.log(2) / byte_count


MOST_LOGITS = 1 << 26
"""Logits that are held at once: 256 MB in float32."""


@torch.inference_mode()
def score_rows(model: Transformer, rows: DocumentRows, *, batch: int = 64, bf16: bool = False) -> Score:
    """Total negative log-likelihood of the targets that the mask counts, each exactly once.

    Takes ``batch`` rows at a time, fewer where their logits would be more than MOST_LOGITS.
    """
    device = model.embedding.weight.device
    batch = max(1, min(batch, MOST_LOGITS // (rows.mask.shape[1] * model.shape.vocab)))
    nats, tokens = 0.0, int(rows.mask.sum())
    for start in range(0, len(rows.rows), batch):
        part = torch.from_numpy(rows.rows[start : start + batch]).long().to(device)
        mask = torch.from_numpy(rows.mask[start : start + batch]).to(device)
        nats += float((token_nats(model, part, bf16=bf16) * mask).sum(dtype=torch.float64))
    return Score(nats, tokens)


def token_nats(model: Transformer, rows: Tensor, *, bf16: bool = False) -> Tensor:
    """Negative log-probability (nats, float32) of each token of ``rows[:, 1:]`` given those before it in its row."""
    with autocast(rows.device, bf16):
        logits = model(rows[:, :-1])
    nats = torch.nn.functional.cross_entropy(
        logits.float().flatten(0, 1), rows[:, 1:].flatten(), reduction="none"
    )
    return nats.view(rows.shape[0], -1)
