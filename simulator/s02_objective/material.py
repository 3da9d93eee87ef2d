"""What a pre-training run works on: tokenizer, training and held-out tokens, questions, and the entropy floor."""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from simulator.errors import InputError
from simulator.s02_objective.config import TrainingConfig
from simulator.s02_objective.data_runs import find_data_run
from simulator.text.corpus import Corpus, load_corpus
from simulator.text.documents import ReadReport
from simulator.text.packing import DocumentRows, TokenStream, document_rows, pack
from simulator.text.tokenizer import Tokenizer, train_tokenizer
from simulator.world import World, build_world
from simulator.world.tasks import ChoiceQuestion, fact_questions

TOKENIZER_FILE = "tokenizer.json"
QUICK_TOKENS = 8_192  # scored at every evaluation
MOST_TOKENS = 600_000  # scored at the end
QUICK_QUESTIONS, ALL_QUESTIONS = 40, 200
PROBE_CHARACTERS = 90


@dataclass(frozen=True, kw_only=True)
class Material:
    """Everything prepared once, before the first step.

    Attributes:
        tokenizer: Trained on the training text.
        train: Training tokens.
        validation: Held-out tokens.
        floor_nats_per_token: Entropy of the held-out text under its generator, or None for text nobody generated.
        split: How the held-out part was chosen, in plain words.
        left_out: What of the corpus could not be read, in plain words, or "".
        quick_rows: A part of the held-out rows, for every evaluation.
        all_rows: All held-out rows, up to MOST_TOKENS.
        world: The toy world the text is about (the toy corpus, or what a data run kept of the toy crawl), or None.
        quick_questions: Some fact questions, for every evaluation.
        all_questions: The fact questions of the end.
        probe: A held-out text whose next-token predictions are shown as they form.
        data_run: The data run that the text comes from, or "".
        tokenizer_from: The data run whose tokenizer is used, or "".
    """

    tokenizer: Tokenizer
    train: TokenStream
    validation: TokenStream
    floor_nats_per_token: float | None
    split: str
    left_out: str
    quick_rows: DocumentRows
    all_rows: DocumentRows
    world: World | None
    quick_questions: tuple[ChoiceQuestion, ...]
    all_questions: tuple[ChoiceQuestion, ...]
    probe: str
    data_run: str = ""
    tokenizer_from: str = ""

    @property
    def bytes_per_token(self) -> float:
        """Bytes of held-out text a token stands for, end tokens included."""
        return self.validation.byte_count / len(self.validation.tokens)

    @property
    def floor_bits_per_byte(self) -> float | None:
        """The floor in bits a byte."""
        floor = self.floor_nats_per_token
        return None if floor is None else floor / math.log(2) / self.bytes_per_token


def prepare(config: TrainingConfig, folder: Path, tokenizer: Tokenizer | None = None) -> Material:
    """Load the corpus, train the tokenizer on its training part (kept in ``folder``), and tokenize both parts.

    Args:
        config: The run's settings.
        folder: The run's folder.
        tokenizer: The one to use, of a model that is trained on; None trains one.

    Raises:
        InputError: if the corpus cannot be used.
    """
    data_run = find_data_run(folder.parent, config.corpus)
    source = config.corpus if data_run is None else str(data_run.kept)
    corpus = load_corpus(source, documents=config.documents, seed=config.seed)
    tokenizer_from = ""
    if tokenizer is None and data_run is not None:
        tokenizer = data_run.tokenizer(config.tokenizer, config.vocabulary)
        tokenizer_from = data_run.id if tokenizer is not None else ""
    if tokenizer is None:
        tokenizer = train_tokenizer(config.tokenizer, corpus.train, config.vocabulary)
    tokenizer.save(folder / TOKENIZER_FILE)
    train, validation = pack(tokenizer, corpus.train), pack(tokenizer, corpus.validation)
    if not len(validation.tokens):
        raise InputError(
            "Nothing is left to measure with: the held-out part is empty.", hint="Give more text."
        )
    rows = document_rows(validation, config.sequence, overlap=config.sequence // 2)
    floor, quick = None, _first(rows, QUICK_TOKENS)
    if corpus.document_nats is not None:
        floor = sum(corpus.document_nats) / len(validation.tokens)
        quick = document_rows(typical_part(validation, corpus.document_nats, QUICK_TOKENS), config.sequence)
    toy = config.corpus == "toy" or (data_run is not None and data_run.toy)
    world = build_world() if toy else None
    questions = tuple(fact_questions(world, ALL_QUESTIONS, seed=config.seed)) if world else ()
    return Material(
        tokenizer=tokenizer, train=train, validation=validation, floor_nats_per_token=floor,
        split=corpus.split, left_out=_left_out(corpus.report), quick_rows=quick,
        all_rows=_first(rows, MOST_TOKENS), world=world,
        quick_questions=questions[:QUICK_QUESTIONS], all_questions=questions, probe=_probe(corpus),
        data_run=data_run.id if data_run else "", tokenizer_from=tokenizer_from,
    )  # fmt: skip


def typical_part(stream: TokenStream, document_nats: tuple[float, ...], tokens: int) -> TokenStream:
    """Consecutive documents of about ``tokens`` tokens whose own entropy a token is closest to that of all.

    So the loss on this part can stand beside the floor of the whole: what is left to chance in it is typical.
    """
    ends = np.append(stream.starts[1:], len(stream.tokens))
    nats = np.concatenate([[0.0], np.cumsum(document_nats)])
    firsts = np.flatnonzero(stream.starts + tokens <= len(stream.tokens))
    if not len(firsts):
        return stream
    ending = np.searchsorted(ends, stream.starts[firsts] + tokens)
    lengths = ends[ending] - stream.starts[firsts]
    surplus = (nats[ending + 1] - nats[firsts]) / lengths - nats[-1] / len(stream.tokens)
    best = int(np.argmin(np.abs(surplus)))
    first, last = int(firsts[best]), int(ending[best])
    begin, end = int(stream.starts[first]), int(ends[last])
    return TokenStream(
        tokens=stream.tokens[begin:end], starts=stream.starts[first : last + 1] - begin, byte_count=0,
        end_id=stream.end_id,
    )  # fmt: skip


def _left_out(report: ReadReport) -> str:
    if not report.skipped:
        return ""
    return f"{report.skipped:,} of its files or records cannot be used. The first: {report.notes[0]}"


def _first(rows: DocumentRows, tokens: int) -> DocumentRows:
    """The first rows that together hold about so many targets."""
    count = max(1, int((rows.mask.sum(axis=1).cumsum() <= tokens).sum()))
    return DocumentRows(rows=rows.rows[:count], mask=rows.mask[:count])


def _probe(corpus: Corpus) -> str:
    """A short held-out text: the first that is neither a scrap nor too long to show."""
    for text in corpus.validation:
        if PROBE_CHARACTERS // 2 <= len(text) <= PROBE_CHARACTERS * 2 and "\n" not in text:
            return text
    return " ".join(corpus.validation[0][: 2 * PROBE_CHARACTERS].split())[:PROBE_CHARACTERS]
