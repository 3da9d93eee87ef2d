"""What the precision lab trains on: a tokenizer, training tokens, and a held-out part with its own entropy floor."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from simulator.errors import InputError
from simulator.runs.corpora import corpus_path
from simulator.s04_precision.config import PrecisionConfig
from simulator.text.corpus import load_corpus
from simulator.text.packing import DocumentRows, TokenStream, document_rows, pack
from simulator.text.tokenizer import train_tokenizer

TOKENIZER_FILE = "tokenizer.json"
HELD_OUT_TOKENS = 4_096
"""Held-out tokens that every policy is measured on, again and again."""


@dataclass(frozen=True, kw_only=True)
class Material:
    """Everything prepared once, before the first step.

    Attributes:
        vocabulary: Tokens to choose from.
        train: Training tokens.
        held_out: Rows to measure with.
        floor: Entropy of just those rows under their generator, nats a token; None for text nobody generated.
        left_out: What of the corpus could not be read, in plain words, or "".
    """

    vocabulary: int
    train: TokenStream
    held_out: DocumentRows
    floor: float | None
    left_out: str


def prepare(config: PrecisionConfig, folder: Path) -> Material:
    """Load the corpus, train the tokenizer on its training part (kept in ``folder``), and tokenize both parts.

    Raises:
        InputError: if the corpus cannot be used.
    """
    source = corpus_path(config.corpus, folder.parent)
    corpus = load_corpus(source, documents=config.documents, seed=config.seed)
    tokenizer = train_tokenizer("bpe", corpus.train, config.vocabulary)
    tokenizer.save(folder / TOKENIZER_FILE)
    validation = pack(tokenizer, corpus.validation)
    if not len(validation.tokens):
        raise InputError(
            "Nothing is left to measure with: the held-out part is empty.", hint="Give more text."
        )
    part, documents = first_documents(validation, HELD_OUT_TOKENS)
    floor = None
    if corpus.document_nats is not None:
        floor = sum(corpus.document_nats[:documents]) / len(part.tokens)
    skipped = corpus.report.skipped
    return Material(
        vocabulary=tokenizer.vocab_size, train=pack(tokenizer, corpus.train),
        held_out=document_rows(part, config.sequence, overlap=config.sequence // 2), floor=floor,
        left_out=f"{skipped:,} of its files or records cannot be used." if skipped else "",
    )  # fmt: skip


def first_documents(stream: TokenStream, tokens: int) -> tuple[TokenStream, int]:
    """The first whole documents that together hold at least so many tokens, and how many documents they are."""
    ends = np.append(stream.starts[1:], len(stream.tokens))
    count = min(int(np.searchsorted(ends, tokens)) + 1, len(ends))
    part = TokenStream(
        tokens=stream.tokens[: ends[count - 1]], starts=stream.starts[:count], byte_count=0,
        end_id=stream.end_id,
    )  # fmt: skip
    return part, count
