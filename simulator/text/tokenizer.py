"""Tokenizers: byte-level BPE trained here, plain bytes, and characters.

Ids run from 0 to ``vocab_size - 1``. In the BPE and byte tokenizers ids 0 to 255 are the bytes themselves,
256 is the end of a document, and the BPE's merges follow in the order in which they were learned.
"""

from __future__ import annotations

import json
import re
from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

from tokenizers import AddedToken, Regex, decoders, models, pre_tokenizers, trainers
from tokenizers import Tokenizer as HuggingFaceTokenizer

from simulator.errors import CheckpointError, ConfigError
from simulator.runs.files import read_limited, replace_atomically
from simulator.text.encodings import well_formed

END_TEXT = "<|endoftext|>"
"""How the end-of-document token is written for people and in files. In a text it is ordinary characters."""

PATTERN = (
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*"
    r"|\s*[\r\n]+|\s+(?!\S)|\s+"
)
"""How text is cut into words before merging: GPT-4's pattern with single digits, as in Qwen2."""

MAX_CHARACTERS = 65_534
"""Most characters that a character tokenizer keeps."""

_END_ID = 256
_UNKNOWN = "\ufffd"
_PIECE = 1 << 16
_SAFE_CUT = re.compile(r"\n(?=\S)")
_MAX_FILE = 64 << 20


class Tokenizer(ABC):
    """Turns text into token ids and back.

    Attributes:
        kind: ``bpe``, ``byte`` or ``char``.
        end_id: Id of the end-of-document token. :meth:`encode` never gives it.
    """

    kind: str = ""
    end_id: int = _END_ID

    def __init__(self, pieces: Sequence[bytes]) -> None:
        self._pieces = tuple(pieces)

    @property
    def vocab_size(self) -> int:
        """Number of tokens, with the end of a document."""
        return len(self._pieces)

    @abstractmethod
    def encode(self, text: str) -> list[int]:
        """The ids of a text, without an end token. Lone surrogates become U+FFFD."""

    def encode_batch(self, texts: Sequence[str]) -> list[list[int]]:
        """The ids of several texts."""
        return [self.encode(text) for text in texts]

    def decode(self, ids: Iterable[int]) -> str:
        """The text of some ids. End tokens are left out; bytes that are not UTF-8 become U+FFFD."""
        return b"".join(self._pieces[index] for index in ids).decode("utf-8", "replace")

    def token_bytes(self, index: int) -> bytes:
        """The UTF-8 bytes that a token stands for: none for the end, perhaps a part of a character."""
        return self._pieces[index]

    def token_text(self, index: int) -> str:
        """A token as shown to people: line break ↵, tab ⇥, parts of characters and controls ‹e2›."""
        if index == self.end_id:
            return END_TEXT
        return "".join(map(_visible, self._pieces[index].decode("utf-8", "surrogateescape")))

    def save(self, path: Path) -> None:
        """Write the tokenizer to one JSON file, whole or not at all.

        Raises:
            StorageError: if the file cannot be written.
        """
        replace_atomically(path, self._to_json())

    @abstractmethod
    def _to_json(self) -> str: ...


class ByteTokenizer(Tokenizer):
    """Every UTF-8 byte is a token: 256 of them and the end."""

    kind = "byte"

    def __init__(self) -> None:
        super().__init__([*_byte_pieces(), b""])

    def encode(self, text: str) -> list[int]:
        """The UTF-8 bytes of a text."""
        return list(well_formed(text).encode("utf-8"))

    def _to_json(self) -> str:
        return str(_hugging_face(()).to_str(pretty=True))


class BpeTokenizer(Tokenizer):
    """Byte-level byte-pair encoding (Sennrich et al. 2016; on bytes as in GPT-2).

    Args:
        merges: Pairs of byte strings in the order learned; each part is a byte or made by an earlier merge.

    Raises:
        ValueError: if a merge uses a part that does not exist yet.
    """

    kind = "bpe"

    def __init__(self, merges: Sequence[tuple[bytes, bytes]]) -> None:
        super().__init__(list(_vocabulary(merges)))
        self.merges = list(merges)
        self._backend = _hugging_face(merges)

    def encode(self, text: str) -> list[int]:
        """The ids of a text; any text comes back exactly from :meth:`decode`."""
        pieces = list(_split_exactly(well_formed(text)))
        if len(pieces) == 1:
            return list(self._backend.encode_batch_fast(pieces)[0].ids)
        return [index for part in self._backend.encode_batch_fast(pieces) for index in part.ids]

    def encode_batch(self, texts: Sequence[str]) -> list[list[int]]:
        """The ids of several texts, on all processor cores."""
        if any(len(text) > _PIECE for text in texts):
            return [self.encode(text) for text in texts]
        return [part.ids for part in self._backend.encode_batch_fast([well_formed(text) for text in texts])]

    def _to_json(self) -> str:
        return str(self._backend.to_str(pretty=True))


class CharTokenizer(Tokenizer):
    """Every character of the training text is a token. Any other becomes one "unknown" token and is lost.

    Args:
        characters: The characters, in the order of their ids.
    """

    kind = "char"

    def __init__(self, characters: str) -> None:
        super().__init__([*(letter.encode("utf-8") for letter in characters), _UNKNOWN.encode("utf-8"), b""])
        self.characters = characters
        self.unknown_id = len(characters)
        self.end_id = len(characters) + 1
        self._ids = {letter: index for index, letter in enumerate(characters)}

    def encode(self, text: str) -> list[int]:
        """One id a character, :attr:`unknown_id` for those outside the alphabet."""
        ids, unknown = self._ids, self.unknown_id
        return [ids.get(letter, unknown) for letter in well_formed(text)]

    def lost(self, text: str) -> int:
        """How many characters of a text are outside the alphabet and cannot come back."""
        return sum(1 for index in self.encode(text) if index == self.unknown_id)

    def _to_json(self) -> str:
        return json.dumps({"kind": "char", "characters": self.characters}, ensure_ascii=False)


def train_bpe(texts: Iterable[str], vocab_size: int) -> BpeTokenizer:
    """Learn byte-level BPE merges; the same texts always give the same merges.

    Args:
        texts: The training texts.
        vocab_size: Tokens wanted, at least 257. A small text may run out of repeated pairs and give fewer.

    Raises:
        ConfigError: if the vocabulary cannot hold the 256 bytes and the end token.
    """
    if vocab_size <= _END_ID:
        raise ConfigError("vocabulary", f"A byte-level vocabulary of {vocab_size} tokens is too small.",
                          hint="Use at least 257: 256 bytes and the end of a document.")  # fmt: skip
    tokenizer = HuggingFaceTokenizer(models.BPE())
    tokenizer.pre_tokenizer = _pre_tokenizer()
    trainer = trainers.BpeTrainer(
        vocab_size=vocab_size - 1, min_frequency=2, show_progress=False,
        initial_alphabet=sorted(pre_tokenizers.ByteLevel.alphabet()),
    )  # fmt: skip
    pieces = (piece for text in texts for piece in _split_exactly(well_formed(text)))
    tokenizer.train_from_iterator(pieces, trainer)
    learned = json.loads(tokenizer.to_str())["model"]["merges"]
    return BpeTokenizer([(_from_letters(first), _from_letters(second)) for first, second in learned])


def train_char(texts: Iterable[str]) -> CharTokenizer:
    """Collect the characters of the texts, in code point order; the :data:`MAX_CHARACTERS` commonest."""
    counts: Counter[str] = Counter()
    for text in texts:
        counts.update(well_formed(text))
    commonest = sorted(counts, key=lambda letter: (-counts[letter], letter))[:MAX_CHARACTERS]
    return CharTokenizer("".join(sorted(commonest)))


def train_tokenizer(kind: str, texts: Iterable[str], vocab_size: int) -> Tokenizer:
    """Make the tokenizer that a config asks for.

    Args:
        kind: ``bpe``, ``byte`` or ``char``.
        texts: The training texts; the validation texts must not be among them.
        vocab_size: Size of the vocabulary, for ``bpe`` only.

    Raises:
        ConfigError: for an unknown kind or a vocabulary that is too small.
    """
    if kind == "bpe":
        return train_bpe(texts, vocab_size)
    if kind == "byte":
        return ByteTokenizer()
    if kind == "char":
        return train_char(texts)
    raise ConfigError("tokenizer", f"There is no tokenizer '{kind}'.", hint="Choose one of: bpe, byte, char.")


def load_tokenizer(path: Path) -> Tokenizer:
    """Read what :meth:`Tokenizer.save` wrote.

    Raises:
        CheckpointError: if the file is missing, damaged or not one of ours.
    """
    try:
        return _from_content(json.loads(read_limited(path, _MAX_FILE)))
    except OSError as error:
        why = f"cannot be read: {error.strerror}"
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError) as error:
        why = f"is damaged ({type(error).__name__}: {error})"
    raise CheckpointError(f"The tokenizer {path} {why}.", hint="Choose another run, or train again.")


def _from_content(content: dict[str, Any]) -> Tokenizer:
    if content.get("kind") == "char":
        return _char_from(content["characters"])
    if content["model"]["type"] != "BPE":
        raise ValueError("not a byte-level BPE")
    if content["pre_tokenizer"] != json.loads(_hugging_face(()).to_str())["pre_tokenizer"]:
        raise ValueError("words are cut by a pattern that is not ours")
    merges = [(_from_letters(first), _from_letters(second)) for first, second in content["model"]["merges"]]
    tokenizer = BpeTokenizer(merges)
    if content["model"]["vocab"] != _vocabulary_in_letters(merges):
        raise ValueError("the vocabulary does not follow from the merges")
    return tokenizer if merges else ByteTokenizer()


def _char_from(characters: str) -> CharTokenizer:
    if len(set(characters)) != len(characters) or well_formed(characters) != characters:
        raise ValueError("the list of characters is not valid")
    return CharTokenizer(characters)


def _byte_pieces() -> list[bytes]:
    return [bytes([value]) for value in range(256)]


def _vocabulary(merges: Sequence[tuple[bytes, bytes]]) -> dict[bytes, int]:
    """Byte string to id: bytes, the end (an empty string), then merges; two may make the same token."""
    ids = {piece: index for index, piece in enumerate(_byte_pieces())}
    ids[b""] = _END_ID
    for first, second in merges:
        if not first or not second or first not in ids or second not in ids:
            raise ValueError(f"merge of {first!r} and {second!r} comes before its parts")
        ids.setdefault(first + second, len(ids))
    return ids


def _vocabulary_in_letters(merges: Sequence[tuple[bytes, bytes]]) -> dict[str, int]:
    return {_to_letters(piece) if piece else END_TEXT: index for piece, index in _vocabulary(merges).items()}


def _hugging_face(merges: Sequence[tuple[bytes, bytes]]) -> HuggingFaceTokenizer:
    written = [(_to_letters(first), _to_letters(second)) for first, second in merges]
    tokenizer = HuggingFaceTokenizer(models.BPE(vocab=_vocabulary_in_letters(merges), merges=written))
    tokenizer.pre_tokenizer = _pre_tokenizer()
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer.add_special_tokens([AddedToken(END_TEXT, special=True, normalized=False)])
    tokenizer.encode_special_tokens = True  # a text that spells the end token is ordinary text
    return tokenizer


def _pre_tokenizer() -> pre_tokenizers.PreTokenizer:
    words = pre_tokenizers.Split(Regex(PATTERN), "isolated")
    return pre_tokenizers.Sequence([words, pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)])


def _split_exactly(text: str) -> Iterator[str]:
    """Cut a long text where :data:`PATTERN` always cuts (line break, then a non-space): no token changes."""
    start = 0
    while len(text) - start > _PIECE:
        cut = _SAFE_CUT.search(text, start + _PIECE)
        if cut is None:
            break
        yield text[start : cut.end()]
        start = cut.end()
    yield text[start:]


def _letters() -> list[str]:
    """GPT-2's printable stand-in for each byte: itself where printable, else a code point from 256 on."""
    shown = {*range(0x21, 0x7F), *range(0xA1, 0xAD), *range(0xAE, 0x100)}
    hidden = [value for value in range(256) if value not in shown]
    return [chr(value) if value in shown else chr(256 + hidden.index(value)) for value in range(256)]


_LETTERS = _letters()
_BYTES = {letter: value for value, letter in enumerate(_LETTERS)}


def _to_letters(piece: bytes) -> str:
    return "".join(_LETTERS[value] for value in piece)


def _from_letters(written: str) -> bytes:
    return bytes(_BYTES[letter] for letter in written)


def _visible(letter: str) -> str:
    code = ord(letter)
    if 0xDC80 <= code <= 0xDCFF:  # surrogateescape: a byte that is not UTF-8 here
        return f"‹{code - 0xDC00:02x}›"
    if letter == "\n":
        return "↵"
    if letter == "\t":
        return "⇥"
    if letter.isprintable():
        return letter
    return "".join(f"‹{value:02x}›" for value in letter.encode("utf-8"))
