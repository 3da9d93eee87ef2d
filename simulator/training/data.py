"""Which tokens each step trains on: a pure function of (seed, step), so that a resumed run reads on."""

from __future__ import annotations

from typing import Protocol

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from simulator.errors import InputError
from simulator.text.packing import TokenStream

Positions = npt.NDArray[np.int64]


class Batches(Protocol):
    """What a trainer needs of its data."""

    batch: int

    def rows(self, step: int) -> Tensor:
        """The rows of a step, int64, of one shape for all steps; a pure function of the step."""


class TokenBatches:
    """Rows of ``sequence + 1`` tokens in a new random order every epoch, each token used about once an epoch.

    Where documents are short (two fit in a row on average), every row begins at a document's start, with the end token
    before it as context, as generation and validation do; otherwise rows tile the stream from a random offset.
    """

    def __init__(self, stream: TokenStream, batch: int, sequence: int, seed: int) -> None:
        if len(stream.tokens) < sequence + 2:
            raise InputError(
                f"The training text has only {len(stream.tokens)} tokens, less than one row of {sequence}.",
                hint="Give more text, or set a shorter context length.",
            )
        self.stream, self.batch, self.sequence, self.seed = stream, batch, sequence, seed
        self.aligned = 2 * len(stream.tokens) <= sequence * len(stream.starts)
        self._epochs: dict[int, Positions] = {}
        self.rows_per_epoch = len(self._candidates(0))

    def positions(self, step: int) -> Positions:
        """Position of the first token of each row of a step, (batch,) int64."""
        numbers = np.arange(step * self.batch, (step + 1) * self.batch)
        epochs, rows = np.divmod(numbers, self.rows_per_epoch)
        return np.array(
            [self._epoch(int(epoch))[row] for epoch, row in zip(epochs, rows, strict=True)], np.int64
        )

    def rows(self, step: int) -> Tensor:
        """The tokens of a step: (batch, sequence + 1) int64; all but the last are inputs, all but the first targets."""
        index = self.positions(step)[:, None] + np.arange(self.sequence + 1)
        return torch.from_numpy(self.stream.tokens[index].astype(np.int64))

    def _epoch(self, epoch: int) -> Positions:
        if epoch not in self._epochs:
            generator = np.random.default_rng((self.seed, epoch))
            candidates = self._candidates(epoch)
            order = generator.permutation(len(candidates))[: self.rows_per_epoch]
            if len(order) < self.rows_per_epoch:  # offsets shift the count by one row at most
                order = np.resize(order, self.rows_per_epoch)
            self._epochs = {epoch - 1: self._epochs[epoch - 1]} if epoch - 1 in self._epochs else {}
            self._epochs[epoch] = candidates[order]
        return self._epochs[epoch]

    def _candidates(self, epoch: int) -> Positions:
        last = len(self.stream.tokens) - self.sequence - 1
        offset = int(np.random.default_rng((self.seed, epoch, 1)).integers(self.sequence))
        if not self.aligned:
            return np.arange(min(offset, last), last + 1, self.sequence, dtype=np.int64)
        starts = self.stream.starts[1:] - 1  # the end token before each document
        tiles = np.arange(offset, len(self.stream.tokens), self.sequence)
        chosen = starts[np.unique(np.searchsorted(starts, tiles).clip(max=len(starts) - 1))]
        chosen = chosen[chosen <= last]
        return chosen if len(chosen) else np.zeros(1, np.int64)
