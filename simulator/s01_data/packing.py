"""The tokenizer of a data run, learned from a bounded sample of what was kept, and how its tokens fill rows."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from simulator.s01_data.config import DataConfig
from simulator.s01_data.dedup import KEPT, Survivors
from simulator.s01_data.filtering import priority_of
from simulator.s01_data.pii import scrub
from simulator.text.tokenizer import END_TEXT, Tokenizer, train_bpe

SAMPLE_BYTES = 12_000_000
"""Bytes of kept text that the tokenizer is learned from at most; its memory does not grow with the input."""

SHOWN_ROWS = 12
"""Rows of tokens to show."""

_LONGEST = 100_000
"""Characters of one document in the sample, so that no document is all of it."""


def train_on_kept(
    survivors: Survivors, verdicts: npt.NDArray[np.void], config: DataConfig, beat: Callable[[], None]
) -> Tokenizer:
    """Learn the vocabulary from kept text, personal data replaced as in what is written.

    Args:
        survivors: Where the texts are.
        verdicts: Which of them are kept.
        config: Vocabulary, seed, kinds of personal data.
        beat: Called now and then; may raise to stop.
    """
    kept = np.flatnonzero(verdicts["kind"] == KEPT)
    total = int(survivors.places["length"][kept].sum())
    share = min(1.0, SAMPLE_BYTES / max(1, total))
    return train_bpe(_sample(survivors, kept, share, config, beat), config.vocabulary)


def _sample(
    survivors: Survivors,
    kept: npt.NDArray[np.int64],
    share: float,
    config: DataConfig,
    beat: Callable[[], None],
) -> Iterator[str]:
    held = 0
    for number, position in enumerate(kept):
        if number % 4096 == 0:
            beat()
        if share < 1 and priority_of(config.seed, int(survivors.places["index"][position])) >= share:
            continue
        text = scrub(survivors.text(int(position))[:_LONGEST], config.pii_kinds, config.pii_style)[0]
        held += len(text)
        if held > 2 * SAMPLE_BYTES:
            return
        yield text


def packed_record(
    tokenizer: Tokenizer, config: DataConfig, documents: int, tokens: int, size: int, texts: Sequence[str]
) -> dict[str, Any]:
    """The fields of the record ``packed``.

    Args:
        tokenizer: The one learned here.
        config: Row length.
        documents: Documents kept; each is followed by one end token in the stream.
        tokens: Their tokens without the end tokens.
        size: Their UTF-8 bytes.
        texts: The first kept texts, to show some rows.

    Returns:
        ``rows`` counts full rows of ``sequence`` inputs, each token of which has its next one as target; ``tokens``
        counts end tokens too; ``sample`` is the first rows, as texts of tokens.
    """
    stream = tokens + documents
    return {
        "tokenizer": tokenizer.kind, "vocabulary": tokenizer.vocab_size, "tokens": stream,
        "rows": max(0, stream - 1) // config.sequence, "sequence": config.sequence,
        "bytes_per_token": size / tokens if tokens else 0.0,
        "sample": _rows(tokenizer, texts, config.sequence),
    }  # fmt: skip


def _rows(tokenizer: Tokenizer, texts: Sequence[str], sequence: int) -> list[list[str]]:
    shown = min(sequence, 128)
    stream: list[str] = []
    for text in texts:
        stream += [tokenizer.token_text(index) for index in tokenizer.encode(text[:_LONGEST])]
        stream.append(END_TEXT)
        if len(stream) >= SHOWN_ROWS * shown:
            break
    return [stream[start : start + shown] for start in range(0, min(len(stream), SHOWN_ROWS * shown), shown)]
