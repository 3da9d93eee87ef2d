"""What the window asks the engine about tokenizers: the merges of a corpus, and a text cut in several ways."""

from __future__ import annotations

import re
from collections import Counter, OrderedDict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from simulator.errors import ConfigError, InputError
from simulator.runs.store import RunFolder, RunStore
from simulator.s01_data.comparing import (
    Cut,
    cut_bytes,
    cut_characters,
    cut_merges,
    cut_words,
    steps_for_vocabularies,
)
from simulator.s01_data.foreign_tokenizer import cut_with_file
from simulator.s01_data.merge_learning import LearnedMerge, count_words, replay_merges
from simulator.s01_data.merges import MergeHistory, MergeList, Pair
from simulator.text.corpus import load_corpus
from simulator.text.readers import read_documents
from simulator.text.tokenizer import BpeTokenizer, load_tokenizer, train_bpe

KINDS = ("characters", "words", "bytes", "bpe")
RIVALS = 4
MOST_VOCABULARY = 8192

_TOY_DOCUMENTS = 4000
_MOST_TEXT = 4_000_000  # characters of a corpus that are counted
_HELD_OUT = 100_000  # characters that the compression is measured on
_MOST_WORDS = 20_000
_FOLD = 10  # one text of so many is held out
_SAMPLE = 260  # letters of the paragraph to look at
_LOOKED_AT = 40
_KEPT = 6
_RUN_ID = re.compile(r"[a-z]+-\d{4,}")
_learned: OrderedDict[tuple[str, str, int], Learned] = OrderedDict()


@dataclass(frozen=True, kw_only=True)
class Learned:
    """A BPE with how each of its merges was chosen, and what it was learned from.

    Attributes:
        name: The corpus or run, in a few words.
        merges: The merges.
        chosen: How each won on the counted text.
        whole: Whether the counted text is all that it was learned from.
        bytes_per_token: The compression of held-out text in each state.
        sample: A paragraph of held-out text.
        words: The commonest words of the counted text.
        characters: Its characters.
    """

    name: str
    merges: MergeList
    chosen: tuple[LearnedMerge, ...]
    whole: bool
    bytes_per_token: tuple[float, ...]
    sample: str
    words: tuple[str, ...]
    characters: str


def merges(store_root: Path, *, corpus: str = "toy", run: str = "", vocabulary: int = 1024) -> dict[str, Any]:
    """The merges of a BPE in the order in which they were learned, and what each was chosen by.

    Args:
        store_root: Folder of the runs.
        corpus: ``toy``, ``python``, or a path: a BPE is trained on it, on its first four million characters. Or
            the id of a run, as with ``run``.
        run: A run id: the BPE that it trained, in place of a corpus.
        vocabulary: Size of the vocabulary to train, up to 8,192.

    Returns:
        name; merges, a list of [first, second] as hex; counts; rivals, for each merge a list of [first, second,
        count]; whole, whether the counts are of all that it learned from; bytes_per_token in each state on held-out
        text; sample; words; characters.

    Raises:
        UserError: if the corpus or run cannot be read, or its tokenizer has no merges.
    """
    learned = _learn(store_root, corpus, run, vocabulary)
    return {
        "name": learned.name,
        "merges": [[first.hex(), second.hex()] for first, second in learned.merges.merges],
        "counts": [merge.count for merge in learned.chosen],
        "rivals": [
            [[pair[0].hex(), pair[1].hex(), count] for pair, count in merge.rivals]
            for merge in learned.chosen
        ],
        "whole": learned.whole,
        "bytes_per_token": [round(value, 4) for value in learned.bytes_per_token],
        "sample": learned.sample,
        "words": list(learned.words),
        "characters": learned.characters,
    }


def tokenize(
    store_root: Path,
    *,
    text: str,
    run: str = "",
    path: str = "",
    corpus: str = "toy",
    kinds: Sequence[str] = KINDS,
    vocabularies: Sequence[int] = (512, 1024),
) -> dict[str, Any]:
    """A text cut in several ways.

    Args:
        store_root: Folder of the runs.
        text: The text.
        run: A run whose BPE cuts it, in place of one trained on the corpus.
        path: A tokenizer.json to cut it with, in place of all kinds.
        corpus: What words, characters and BPE are learned from.
        kinds: Some of :data:`KINDS`.
        vocabularies: Sizes of the BPE.

    Returns:
        ``tokenizers``: a list of name, tokens (their number), vocabulary, bytes_per_token, tokens_per_100_characters,
        lost, and pieces: a list of [label, id].

    Raises:
        UserError: for an unknown kind, or what cannot be read.
    """
    if path:
        return {"tokenizers": [_described(cut_with_file(Path(path), text))]}
    unknown = [kind for kind in kinds if kind not in KINDS]
    if unknown:
        raise ConfigError("kinds", f"There is no kind '{unknown[0]}'.", hint=f"Known: {', '.join(KINDS)}.")
    learned = _learn(store_root, corpus, run, max([300, *vocabularies]))
    return {
        "tokenizers": [_described(cut) for kind in kinds for cut in _cuts(kind, text, learned, vocabularies)]
    }


def _cuts(kind: str, text: str, learned: Learned, vocabularies: Sequence[int]) -> Iterator[Cut]:
    if kind == "characters":
        yield cut_characters(text, frozenset(learned.characters))
    elif kind == "words":
        yield cut_words(text, frozenset(learned.words))
    elif kind == "bytes":
        yield cut_bytes(text)
    else:
        history = MergeHistory(text, learned.merges)
        for step in steps_for_vocabularies(history, vocabularies):
            yield cut_merges(history, step)


def _described(cut: Cut) -> dict[str, Any]:
    return {
        "name": cut.name,
        "tokens": cut.tokens,
        "vocabulary": cut.vocabulary,
        "bytes_per_token": cut.bytes_per_token,
        "tokens_per_100_characters": cut.tokens_per_100_characters,
        "lost": cut.lost,
        "characters": cut.characters,
        "size": cut.size,
        "pieces": [[piece.label, piece.token] for piece in cut.pieces],
    }


def _learn(store_root: Path, corpus: str, run: str, vocabulary: int) -> Learned:
    if not 258 <= vocabulary <= MOST_VOCABULARY:
        raise ConfigError("vocabulary", f"A vocabulary of {vocabulary:,} tokens is out of range.",
                          hint=f"Use 258 to {MOST_VOCABULARY:,}.")  # fmt: skip
    if not run and _RUN_ID.fullmatch(corpus):
        run = corpus
    key = (str(store_root / run) if run else "", corpus, vocabulary)
    if key not in _learned:
        _learned[key] = _learned_by_run(store_root, run) if run else _learned_from(corpus, vocabulary)
    _learned.move_to_end(key)
    while len(_learned) > _KEPT:
        _learned.popitem(last=False)
    return _learned[key]


def _learned_from(corpus: str, vocabulary: int) -> Learned:
    names = {"toy": "the toy world", "python": "the Python reference"}
    if corpus in names:
        read = load_corpus(corpus, documents=_TOY_DOCUMENTS)
        training, held_out = read.train, read.validation
    else:
        training, held_out = _own_texts(Path(corpus))
    texts = list(_first(training, _MOST_TEXT))
    tokenizer = train_bpe(texts, vocabulary)
    name = names.get(corpus, Path(corpus).name)
    return _studied(name, tokenizer.merges, texts, held_out, whole=True)


def _own_texts(path: Path) -> tuple[list[str], list[str]]:
    """Texts to learn from and held-out ones, from the start of a file or folder: it is not read further than needed."""
    texts = list(_first((document.text for document in read_documents(path)), _MOST_TEXT))
    if len(texts) >= _FOLD:
        training = [text for index, text in enumerate(texts) if index % _FOLD]
        return training, texts[::_FOLD]
    whole = "\n".join(texts)
    cut = len(whole) - len(whole) // _FOLD
    return [whole[:cut]], [whole[cut:]]


def _learned_by_run(store_root: Path, run: str) -> Learned:
    folder = RunStore(store_root).open(run)
    tokenizer = load_tokenizer(folder.path / "tokenizer.json")
    if not isinstance(tokenizer, BpeTokenizer):
        raise InputError(f"The tokenizer of {run} has no merges: it is of the kind '{tokenizer.kind}'.",
                         hint="Choose a run that trained a BPE.")  # fmt: skip
    training, held_out = _texts_of(folder)
    texts = list(_first(training, _MOST_TEXT))
    return _studied(run, tokenizer.merges, texts, held_out, whole=False)


def _texts_of(folder: RunFolder) -> tuple[Iterable[str], list[str]]:
    """Texts to count in and texts to measure on, of a run: what it kept, or its corpus."""
    kept = folder.path / "kept"
    if kept.is_dir():
        texts = list(_first((document.text for document in read_documents(kept)), _MOST_TEXT + _HELD_OUT))
        return texts[len(texts) // _FOLD :], texts[: len(texts) // _FOLD]
    config = dict(folder.spec().config)
    read = load_corpus(str(config.get("corpus", "toy")), documents=_TOY_DOCUMENTS)
    return read.train, read.validation


def _studied(
    name: str, pairs: Sequence[Pair], texts: list[str], held_out: list[str], *, whole: bool
) -> Learned:
    listed = MergeList(pairs)
    words = count_words(texts)
    measured = "\n".join(_first(held_out, _HELD_OUT))[:_HELD_OUT]
    return Learned(
        name=name,
        merges=listed,
        chosen=tuple(replay_merges(words, pairs, RIVALS)),
        whole=whole,
        bytes_per_token=tuple(MergeHistory(measured, listed).bytes_per_token().tolist()),
        sample=_paragraph(held_out),
        words=_commonest(words),
        characters="".join(sorted(set().union(*texts))) if texts else "",
    )


def _commonest(words: Counter[bytes]) -> tuple[str, ...]:
    return tuple(word.decode("utf-8", "replace") for word, _ in words.most_common(_MOST_WORDS))


def _paragraph(texts: Sequence[str]) -> str:
    """Whole short texts, or the start of a long one, to look at."""
    taken = ""
    for text in texts[:_LOOKED_AT]:
        plain = " ".join(text.split())
        if not taken or len(taken) + len(plain) < _SAMPLE:
            taken = f"{taken} {plain}".strip()
    if len(taken) <= _SAMPLE:
        return taken
    return taken[:_SAMPLE].rsplit(" ", 1)[0]


def _first(texts: Iterable[str], characters: int) -> Iterator[str]:
    """Texts from the start until there are so many characters; the last one may be cut."""
    for text in texts:
        if characters <= 0:
            return
        yield text[:characters]
        characters -= len(text)
