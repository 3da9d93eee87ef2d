"""What the engine answered about a tokenizer's merges, ready to draw. No Qt here."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from simulator.s01_data.merge_learning import LearnedMerge
from simulator.s01_data.merges import MergeList, Pair

HUES = ("parameters", "gradients", "optimizer", "activations", "kv_cache", "data")
_SHADES = ("@0.34", "@0.20")
_STEP = 7  # co-prime to the number of colours: tokens learned one after the other differ


@dataclass(frozen=True)
class MergeBook:
    """A tokenizer's merges, how each was chosen, and what it was learned from.

    Attributes:
        name: The corpus or run.
        merges: The merges.
        chosen: How each merge was chosen.
        whole: Whether the counts are of all that it was learned from.
        bytes_per_token: The compression of held-out text in each state.
        sample: A paragraph of it.
        words: The words that a word tokenizer would know.
        characters: The characters that a character tokenizer would know.
    """

    name: str
    merges: MergeList
    chosen: tuple[LearnedMerge, ...]
    whole: bool
    bytes_per_token: npt.NDArray[np.float64]
    sample: str
    words: frozenset[str] = field(repr=False)
    characters: frozenset[str] = field(repr=False)


def book_of(answer: Mapping[str, Any]) -> MergeBook:
    """Read the answer of the query ``merges``.

    Raises:
        KeyError, ValueError, TypeError: if it is not such an answer.
    """
    pairs = [_pair(first, second) for first, second in answer["merges"]]
    chosen = tuple(
        LearnedMerge(
            pair=pair, count=int(count), rivals=tuple((_pair(a, b), int(times)) for a, b, times in rivals)
        )
        for pair, count, rivals in zip(pairs, answer["counts"], answer["rivals"], strict=True)
    )
    return MergeBook(
        name=str(answer["name"]),
        merges=MergeList(pairs),
        chosen=chosen,
        whole=bool(answer["whole"]),
        bytes_per_token=np.asarray(answer["bytes_per_token"], np.float64),
        sample=str(answer["sample"]),
        words=frozenset(answer["words"]),
        characters=frozenset(answer["characters"]),
    )


def token_colour(token: int) -> str:
    """The colour of a token's plate, always the same for the same id: bytes are plain, learned tokens have a hue."""
    if token < 256:
        return "surface_raised"
    return piece_colour(token)


def piece_colour(number: int) -> str:
    """A hue for any number, for tokenizers whose ids are not ours."""
    shades = len(HUES) * len(_SHADES)
    place = number * _STEP % shades
    return HUES[place % len(HUES)] + _SHADES[place // len(HUES)]


def _pair(first: str, second: str) -> Pair:
    return bytes.fromhex(first), bytes.fromhex(second)
