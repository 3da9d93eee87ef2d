"""Tokenizers that the user opens: a ``tokenizer.json`` of the ``tokenizers`` library, hostile until parsed.

The library reads the file and cuts the text, in the engine's process. Before that the file is checked for what could
take the process down: its size, how deep it nests, and rules that make a text grow without end. What the library
then refuses, and its panics, become an :class:`simulator.errors.InputError`.
"""

from __future__ import annotations

import json
from collections import OrderedDict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tokenizers import Tokenizer as Library

from simulator.errors import InputError
from simulator.runs.files import read_limited
from simulator.s01_data.comparing import Cut, CutPiece
from simulator.s01_data.merges import token_label
from simulator.s01_data.splitting import encodable

MOST_BYTES = 64 << 20
"""Largest file that is read; those of published models have up to 35 MB."""

MOST_CHARACTERS = 20_000
"""Longest text that is cut."""

MOST_PIECES = 2000
"""Most tokens that are given one by one; all are counted."""

_DEEPEST = 64
_MOST_GROWTH = 64
_PARTS = ("normalizer", "pre_tokenizer", "decoder")
_HINT = "Choose a tokenizer.json written by the tokenizers library, for instance one of a Hugging Face model."
_KEPT = 4
_opened: OrderedDict[tuple[str, int, int], Opened] = OrderedDict()


@dataclass(frozen=True)
class Opened:
    """A tokenizer that was read.

    Attributes:
        library: The library's tokenizer.
        unknown: Id of its token for what it does not know, or -1.
    """

    library: Library
    unknown: int


def cut_with_file(path: Path, text: str) -> Cut:
    """Cut a text with the tokenizer of a file. A file that was read before is not read again.

    Args:
        path: The tokenizer.json.
        text: Any text; cut after :data:`MOST_CHARACTERS`.

    Raises:
        InputError: if the file cannot be read or is no such tokenizer, or it fails on this text.
    """
    opened = _open(path)
    tokenizer = opened.library
    whole = encodable(text)[:MOST_CHARACTERS]
    try:
        encoding = tokenizer.encode(whole, add_special_tokens=False)
        pieces = tuple(_pieces(encoding, whole))
        vocabulary = tokenizer.get_vocab_size(with_added_tokens=True)
    except BaseException as error:  # the library's panics are no Exceptions
        raise _refusal(path, error, "This tokenizer fails on the text") from None
    lost = encoding.ids.count(opened.unknown)
    return Cut(
        name=_name(path), vocabulary=vocabulary, pieces=pieces, tokens=len(encoding.ids), lost=lost,
        characters=len(whole), size=len(whole.encode("utf-8")),
    )  # fmt: skip


def _open(path: Path) -> Opened:
    try:
        found = path.stat()
        key = (str(path.resolve()), found.st_mtime_ns, found.st_size)
        if key not in _opened:
            _opened[key] = _read(path)
    except OSError as error:
        raise InputError(f"{path} cannot be read: {error.strerror}.", hint=_HINT) from None
    _opened.move_to_end(key)
    while len(_opened) > _KEPT:
        _opened.popitem(last=False)
    return _opened[key]


def _read(path: Path) -> Opened:
    try:
        text = read_limited(path, MOST_BYTES)
        content = json.loads(text)
        _check(content)
        tokenizer = Library.from_str(text)
        unknown = _unknown_id(tokenizer, content["model"])
        tokenizer.no_padding()  # a tokenizer may ask for padding to any length
        tokenizer.no_truncation()
        if hasattr(tokenizer.model, "dropout"):
            tokenizer.model.dropout = None  # the same text is always cut the same way
    except OSError:
        raise
    except (ValueError, RecursionError) as error:
        raise InputError(f"{path} is no tokenizer: {_short(error)}.", hint=_HINT) from None
    except BaseException as error:  # the library raises plain Exceptions, and panics that are not even those
        raise _refusal(path, error, "The tokenizers library cannot read this file") from None
    return Opened(tokenizer, unknown)


def _check(content: Any) -> None:
    if not isinstance(content, Mapping) or not isinstance(content.get("model"), Mapping):
        raise ValueError("it holds no model")
    growth = 1
    for part in _PARTS:
        for rule in _rules(content.get(part), 0):
            growth *= _growth(rule)
    if growth > _MOST_GROWTH:
        raise ValueError("its rules make a text grow without measure")


def _rules(part: Any, depth: int) -> Iterator[Mapping[str, Any]]:
    """All objects in a part of the file."""
    if depth > _DEEPEST:
        raise ValueError("its rules are nested too deeply")
    if isinstance(part, Mapping):
        yield part
        part = list(part.values())
    if isinstance(part, list):
        for item in part:
            yield from _rules(item, depth + 1)


def _growth(rule: Mapping[str, Any]) -> int:
    """How many times longer a rule can make a text."""
    added = [rule.get(name) for name in ("content", "prepend", "append", "replacement")]
    return max([1, *(len(words) for words in added if isinstance(words, str))])


def _pieces(encoding: Any, text: str) -> Iterator[CutPiece]:
    """The tokens as the text has them; tokens that share a character, as bytes do, by the library's own names."""
    reached = 0
    ids, names, offsets = encoding.ids[:MOST_PIECES], encoding.tokens, encoding.offsets
    for index, token in enumerate(ids):
        start, end = offsets[index]
        shared = index + 1 < len(offsets) and offsets[index + 1][0] < end
        plain = text[max(start, reached) : end] if end > reached and not shared else ""
        yield CutPiece(
            label=token_label((plain or names[index]).encode("utf-8", "replace")), token=int(token)
        )
        reached = max(reached, end) if plain else reached


def _unknown_id(tokenizer: Library, model: Mapping[str, Any]) -> int:
    """The id of what is unknown: a Unigram model gives it, others the token's name."""
    found = model.get("unk_id")
    if found is None and isinstance(model.get("unk_token"), str):
        found = tokenizer.token_to_id(model["unk_token"])
    return found if isinstance(found, int) else -1


def _name(path: Path) -> str:
    return path.parent.name if path.stem == "tokenizer" and path.parent.name else path.stem


def _refusal(path: Path, error: BaseException, words: str) -> BaseException:
    """An InputError for what the library threw; asking the program to end is passed on."""
    if isinstance(error, (KeyboardInterrupt, SystemExit, MemoryError)):
        return error
    return InputError(f"{words} ({path.name}): {_short(error)}.", hint=_HINT)


def _short(error: BaseException) -> str:
    words = " ".join(str(error).split()) or type(error).__name__
    return words[:160].rstrip(". ")
