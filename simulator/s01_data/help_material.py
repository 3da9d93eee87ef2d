"""What the lab "does cleaning help?" trains on: the same pages raw, filtered, and filtered and deduplicated."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from simulator.errors import InputError
from simulator.s01_data.config import DataConfig
from simulator.s01_data.duplicates import cluster_pairs
from simulator.s01_data.filtering import filter_item
from simulator.s01_data.help_config import HelpConfig
from simulator.s01_data.lab import source_of
from simulator.s01_data.minhash import exact_jaccard, shingles
from simulator.s01_data.tools import Tools, make_tools
from simulator.s01_data.training_quality import train_quality
from simulator.text.packing import DocumentRows, TokenStream, document_rows, pack
from simulator.text.tokenizer import Tokenizer, load_tokenizer, train_tokenizer
from simulator.world import build_world
from simulator.world.crawl import clean_articles

TOKENIZER_FILE = "tokenizer.json"
QUALITY_FILE = "quality.json"

HELD_OUT_SEED = 2_000_003
"""Added to the seed: no crawl is made with it."""

MOST_BYTES = 400_000_000
"""Raw text that is held in memory."""

MOST_SCORED = 400_000
"""Held-out tokens that are scored."""

LEAST_KEPT = 20
_BLANK_LINES = re.compile(r"\n\s*\n")

Beat = Callable[[int, int, str], None]
"""Called with documents done, documents in all (0 if unknown) and the phase in plain words; may raise to stop."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Variant:
    """One way to prepare the same pages.

    Attributes:
        key: ``raw``, ``filtered``, ``deduplicated``, ``clean`` or ``noisy``.
        title: What it is, in plain words.
        documents: How many documents it has.
        stream: Their tokens.
    """

    key: str
    title: str
    documents: int
    stream: TokenStream

    @property
    def unique(self) -> int:
        """Tokens of its documents, each counted once."""
        return len(self.stream.tokens)


@dataclass(frozen=True, kw_only=True, eq=False)
class HelpMaterial:
    """Everything prepared before the first step.

    Attributes:
        tokenizer: One for all, learned from the raw text so that it favours no cleaned one.
        variants: What is compared, the rawest first.
        rows: Held-out rows.
        held_out: Held-out documents.
        held_out_tokens: Tokens of theirs that are scored.
        floor: Entropy of the held-out text in nats a token, or None for text that nobody generated.
    """

    tokenizer: Tokenizer
    variants: tuple[Variant, ...]
    rows: DocumentRows
    held_out: int
    held_out_tokens: int
    floor: float | None

    @property
    def fingerprint(self) -> str:
        """A hash of all tokens: a run can go on only with the same."""
        found = hashlib.blake2b(digest_size=16)
        for variant in self.variants:
            found.update(variant.stream.tokens.tobytes())
        found.update(self.rows.rows.tobytes())
        return found.hexdigest()


@dataclass(slots=True)
class _Texts:
    """The pages, in order: ``clean[i]`` is None where page i was filtered out."""

    raw: list[str] = field(default_factory=list)
    clean: list[str | None] = field(default_factory=list)


def prepare_help(config: HelpConfig, folder: Path, beat: Beat) -> HelpMaterial:
    """Read, clean and tokenize; the same settings and files give the same material.

    Args:
        config: The settings.
        folder: The run's folder, which keeps the tokenizer and the classifier.
        beat: Takes progress.

    Raises:
        InputError: if the input cannot be read, or too little of it is kept.
    """
    texts = _read(config, folder, beat)
    beat(0, 0, "Finding duplicates")
    kept = [index for index, text in enumerate(texts.clean) if text is not None]
    if len(kept) < LEAST_KEPT:
        raise InputError(
            f"Only {len(kept)} of {len(texts.raw):,} documents pass the filters, too few to train on.",
            hint="Give more text, or text in English: the lab cleans with the usual rules.",
        )
    clusters = _clusters([texts.clean[index] or "" for index in kept], config.data())
    aside = set() if config.source == "toy" else _set_aside(clusters, config)
    near = _Nearness(
        [texts.clean[kept[place]] or "" for place in np.flatnonzero(np.isin(clusters, list(aside)))]
    )
    sets = {
        "raw": [text for text in texts.raw if not near.holds(text)],
        "filtered": [
            texts.clean[index] or "" for place, index in enumerate(kept) if clusters[place] not in aside
        ],
        "deduplicated": [
            texts.clean[index] or ""
            for place, index in enumerate(kept)
            if clusters[place] == place and place not in aside
        ],
    }
    beat(0, 0, "Learning the tokenizer")
    tokenizer = _tokenizer(config, folder, sets["raw"])
    beat(0, 0, "Tokenizing")
    variants = _variants(config, sets, tokenizer)
    if config.source == "toy":
        drawn = list(clean_articles(build_world(), config.held_out, config.seed + HELD_OUT_SEED))
        held_out, nats = [text for text, _ in drawn], [cost for _, cost in drawn]
    else:
        held_out, nats = [texts.clean[kept[place]] or "" for place in sorted(aside)], []
    return _material(config, tokenizer, variants, held_out, nats)


def _material(
    config: HelpConfig,
    tokenizer: Tokenizer,
    variants: tuple[Variant, ...],
    held_out: list[str],
    nats: list[float],
) -> HelpMaterial:
    stream = pack(tokenizer, held_out)
    rows = document_rows(stream, config.sequence, overlap=config.sequence // 2)
    count = max(1, int((rows.mask.sum(axis=1).cumsum() <= MOST_SCORED).sum()))
    rows = DocumentRows(rows=rows.rows[:count], mask=rows.mask[:count])
    return HelpMaterial(
        tokenizer=tokenizer, variants=variants, rows=rows, held_out=len(held_out),
        held_out_tokens=int(rows.mask.sum()), floor=sum(nats) / len(stream.tokens) if nats else None,
    )  # fmt: skip


def _read(config: HelpConfig, folder: Path, beat: Beat) -> _Texts:
    """Every page with a text: extracted, and as the filters leave it."""
    data = config.data()
    tools = _tools(data, config, folder, beat)
    texts, size, done = _Texts(), 0, 0
    total = config.pages if config.source == "toy" else 0
    for chunk in source_of(data, (config.source,)).chunks():
        for item in chunk.items:
            found = filter_item(item, tools)
            done += 1
            if found.text.strip():
                texts.raw.append(_one_gap(found.text))
                texts.clean.append(None if found.fate.step else _one_gap(found.clean))
                size += len(found.text) + len(found.clean)
            if size > MOST_BYTES:
                raise InputError(
                    f"'{config.source}' holds more than {MOST_BYTES / 1e6:g} MB of text, too much for this lab.",
                    hint="Choose a part of it.",
                )
        beat(done, total, "Cleaning the pages")
    return texts


def _tools(data: DataConfig, config: HelpConfig, folder: Path, beat: Beat) -> Tools:
    classifier = data.classifier_for(config.source == "toy")
    if classifier == "off":
        return make_tools(data, None)
    path = folder / QUALITY_FILE
    if not path.is_file():
        train_quality(data, classifier, lambda: beat(0, 0, "Learning what spam looks like")).save(path)
    return make_tools(data, path)


def _one_gap(text: str) -> str:
    """Lines without blank ones between: C4's rules leave it so, and only the cleaning shall differ."""
    return _BLANK_LINES.sub("\n", text).strip()


def _clusters(texts: Sequence[str], config: DataConfig) -> np.ndarray[tuple[int], np.dtype[np.int32]]:
    """For each text the first of its cluster of exact and near duplicates, as the pipeline finds them."""
    hasher = make_tools(config, None).hasher
    sets = [shingles(text, config.ngram) for text in texts]
    first: list[int] = []
    second: list[int] = []
    leaders: dict[tuple[int, int], list[int]] = {}
    for index, hashes in enumerate(sets):
        for band, key in enumerate(hasher.band_keys(hasher.signature_of(hashes)).tolist()):
            group = leaders.setdefault((band, key), [])
            near = next(
                (other for other in group if exact_jaccard(sets[other], hashes) >= config.near_threshold), -1
            )
            if near >= 0:
                first.append(near)
                second.append(index)
            elif len(group) < 16:
                group.append(index)
    return cluster_pairs(len(texts), np.array(first, np.int32), np.array(second, np.int32))


def _set_aside(clusters: np.ndarray[tuple[int], np.dtype[np.int32]], config: HelpConfig) -> set[int]:
    """Clusters to measure with, at most a fifth of all, chosen by seed: no text of theirs is trained on."""
    leaders = np.unique(clusters)
    count = max(1, min(config.held_out, len(leaders) // 5))
    chosen = np.random.default_rng((config.seed, HELD_OUT_SEED)).choice(leaders, count, replace=False)
    return {int(leader) for leader in chosen}


class _Nearness:
    """Tells which texts hold half of the shingles of one that was set aside: they are not trained on either."""

    def __init__(self, texts: Sequence[str]) -> None:
        sets = [shingles(text) for text in texts]
        self._sizes = np.array([len(found) for found in sets], np.int64)
        hashes = np.concatenate(sets) if sets else np.zeros(0, np.uint64)
        owners = np.repeat(np.arange(len(sets)), self._sizes)
        order = np.argsort(hashes, kind="stable")
        self._hashes, self._owners = hashes[order], owners[order]

    def holds(self, text: str) -> bool:
        """Whether a text holds half of one of them, or more."""
        if not len(self._hashes):
            return False
        own = shingles(text)
        first = np.searchsorted(self._hashes, own, "left")
        last = np.searchsorted(self._hashes, own, "right")
        places = [self._owners[start:end] for start, end in zip(first, last, strict=True) if end > start]
        if not places:
            return False
        shared = np.bincount(np.concatenate(places), minlength=len(self._sizes))
        return bool((2 * shared >= np.maximum(self._sizes, 1)).any())


def _tokenizer(config: HelpConfig, folder: Path, texts: list[str]) -> Tokenizer:
    path = folder / TOKENIZER_FILE
    if not path.is_file():
        train_tokenizer("bpe", texts, config.vocabulary).save(path)
    return load_tokenizer(path)


_TITLES = {
    "raw": "Raw", "filtered": "Filtered", "deduplicated": "Filtered, deduplicated",
    "clean": "Little, clean", "noisy": "Much, noisy",
}  # fmt: skip


def _variants(config: HelpConfig, sets: dict[str, list[str]], tokenizer: Tokenizer) -> tuple[Variant, ...]:
    if config.compare == "cleaning":
        return tuple(_variant(key, texts, tokenizer) for key, texts in sets.items())
    noisy = _variant("noisy", sets["raw"], tokenizer)
    small = max(config.sequence + 2, round(config.small * config.tokens))
    texts: list[str] = []
    size = 0
    for text in sets["deduplicated"]:
        if size >= small:
            break
        texts.append(text)
        size += len(tokenizer.encode(text)) + 1
    return noisy, _variant("clean", texts, tokenizer)


def _variant(key: str, texts: list[str], tokenizer: Tokenizer) -> Variant:
    return Variant(key=key, title=_TITLES[key], documents=len(texts), stream=pack(tokenizer, texts))
