"""Corpora: training documents and held-out ones, from the toy world, the Python reference or own files."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from simulator.errors import InputError
from simulator.text.readers import PLAIN_ENDINGS, ReadReport, TextDocument, python_reference, read_documents
from simulator.world import build_world, generate_documents

MAX_BYTES = 1_000_000_000
"""Largest corpus in UTF-8 bytes; it is held in memory while training."""

MIN_BYTES = 1000
"""Smallest corpus that can be split and learned from."""

MOST_HELD_OUT = 4000
"""Most documents of the toy world to measure with; more would only take longer."""

WORLD_SEED = 0
"""Always the same toy world, so that what one run learned can be asked of another; seeds vary the texts."""


@dataclass(frozen=True, kw_only=True)
class Corpus:
    """Documents to train on, and others, held out, to measure with.

    Attributes:
        name: What was asked for: ``toy``, ``python`` or a path.
        train: Training documents.
        validation: Held-out documents; no text is in both. Only the toy world may write a short text twice:
            its documents are independent draws, or its entropy floor would not hold.
        document_nats: -log p of each validation document under the generator that wrote it: no model can
            expect to need less. Their sum over tokens or bytes is the entropy floor. None for real text.
        split: How the validation documents were chosen, in plain words.
        report: What reading found and skipped.
    """

    name: str
    train: list[str]
    validation: list[str]
    document_nats: tuple[float, ...] | None = None
    split: str = ""
    report: ReadReport = field(default_factory=ReadReport)

    @property
    def train_bytes(self) -> int:
        """UTF-8 bytes of the training documents."""
        return _byte_count(self.train)

    @property
    def validation_bytes(self) -> int:
        """UTF-8 bytes of the validation documents."""
        return _byte_count(self.validation)


def load_corpus(
    name: str, *, documents: int = 20_000, seed: int = 0, validation_fraction: float = 0.1
) -> Corpus:
    """Load a corpus and hold out a part of it. The same arguments and files give the same corpus.

    Args:
        name: ``toy``, ``python``, or the path of a file or folder.
        documents: Documents to draw from the toy world, training and validation together.
        seed: Chooses the toy world's documents, and which documents of a collection are held out.
        validation_fraction: Share to hold out, between 0 and 1.

    Raises:
        InputError: if the path cannot be read, or holds too little or too much text.
        ValueError: if ``validation_fraction`` is not between 0 and 1, or ``documents`` is less than 2.
    """
    if not 0 < validation_fraction < 1 or documents < 2:
        raise ValueError("validation_fraction lies between 0 and 1, and two documents or more can be split")
    if name == "toy":
        return _toy(documents, seed, validation_fraction)
    if name == "python":
        topics = python_reference()
        report = ReadReport(documents=len(topics))
        return _collection(name, [topic.text for topic in topics], seed, validation_fraction, report)
    return _from_path(name, seed, validation_fraction)


def _toy(documents: int, seed: int, fraction: float) -> Corpus:
    world = build_world(WORLD_SEED)
    held_out = min(max(1, round(documents * fraction)), documents - 1, MOST_HELD_OUT)
    train = [item.text for item in generate_documents(world, documents - held_out, seed=2 * seed)]
    validation = list(generate_documents(world, held_out, seed=2 * seed + 1))
    return Corpus(
        name="toy", train=train, validation=[item.text for item in validation],
        document_nats=tuple(-item.log_probability for item in validation),
        split=f"{held_out:,} documents drawn with another seed", report=ReadReport(documents=documents),
    )  # fmt: skip


def _from_path(name: str, seed: int, fraction: float) -> Corpus:
    if not name.strip():
        raise InputError("No corpus is named.", hint="Use 'toy', 'python', or the path of a file or folder.")
    try:
        path = Path(name).expanduser()
    except RuntimeError:
        raise InputError(
            f"'{name}' names a home folder that is not there.", hint="Write the whole path."
        ) from None
    report = ReadReport()
    if path.suffix.lower() in PLAIN_ENDINGS and path.is_file() and path.stat().st_size > MAX_BYTES:
        raise _too_large(name)
    texts = _within_limit(read_documents(path, report), name)
    size = _byte_count(texts)
    if size < MIN_BYTES:
        hint = f"Training needs at least {MIN_BYTES:,} bytes; 100,000 or more work better."
        raise InputError(f"'{name}' holds only {size:,} bytes of text.", hint=hint)
    if path.is_file() and (path.suffix.lower() in PLAIN_ENDINGS or len(texts) == 1):
        return _by_position(name, texts, fraction, report)
    return _collection(name, texts, seed, fraction, report)


def _within_limit(documents: Iterable[TextDocument], name: str) -> list[str]:
    texts: list[str] = []
    size = 0
    for document in documents:
        size += len(document.text.encode("utf-8"))
        if size > MAX_BYTES:
            raise _too_large(name)
        texts.append(document.text)
    return texts


def _too_large(name: str) -> InputError:
    words = f"'{name}' holds more than {MAX_BYTES / 1e9:g} GB of text, too much to hold in memory."
    return InputError(words, hint="Choose a smaller file or folder, or a part of it.")


def _by_position(name: str, texts: list[str], fraction: float, report: ReadReport) -> Corpus:
    """Hold out the end of a continuous text, in characters."""
    cut = int(sum(map(len, texts)) * (1 - fraction))
    train: list[str] = []
    validation: list[str] = []
    for text in texts:
        train.append(text[:cut])
        validation.append(text[cut:])
        cut = max(0, cut - len(text))
    return Corpus(
        name=name, train=[text for text in train if text], validation=[text for text in validation if text],
        split=f"the last {fraction:.0%} of the text", report=report,
    )  # fmt: skip


def _collection(name: str, texts: list[str], seed: int, fraction: float, report: ReadReport) -> Corpus:
    """Hold out whole documents, chosen by a hash of seed and text: equal texts land on the same side.

    A collection too coarse to be split near ``fraction`` (one huge document, say) is split by position.
    """
    sizes = dict.fromkeys(texts, 0)
    for text in texts:
        sizes[text] += len(text.encode("utf-8"))
    target = sum(sizes.values()) * fraction
    held_out: set[str] = set()
    held_size = 0
    for text in sorted(
        sizes, key=lambda item: hashlib.blake2b(f"{seed}:{item}".encode(), digest_size=8).digest()
    ):
        if held_size + sizes[text] <= 1.25 * target:
            held_out.add(text)
            held_size += sizes[text]
        if held_size >= target:
            break
    if held_size < target / 2:
        return _by_position(name, texts, fraction, report)
    return Corpus(
        name=name, train=[text for text in texts if text not in held_out],
        validation=[text for text in texts if text in held_out],
        split=f"{fraction:.0%} of the documents, chosen by seed", report=report,
    )  # fmt: skip


def _byte_count(texts: Iterable[str]) -> int:
    return sum(len(text.encode("utf-8")) for text in texts)
