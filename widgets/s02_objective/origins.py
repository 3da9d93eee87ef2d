"""Where each token that an objective shows the model stood in the text. Pure: words in, indices out."""

from __future__ import annotations

import re
from collections.abc import Sequence

_SPECIAL = re.compile(r"\[MASK\]|<(PRE|SUF|MID|extra_\d+)>")
_BOUNDARY = "<|endoftext|>"
NONE = -1


def is_special(token: str) -> bool:
    """Whether a token is one that the objective put in (a mask, a sentinel, a boundary)."""
    return bool(_SPECIAL.fullmatch(token))


def origins_of(objective: str, tokens: Sequence[str], inputs: Sequence[str]) -> tuple[int, ...]:
    """For each input the index of the text's token that it is or hides; -1 for one that the objective put in.

    Objectives that leave every token in its place are matched place by place. The others (spans, infill) cut the
    text into pieces with specials between them; the pieces together are the whole text, so their lengths tell
    where each came from.
    """
    if len(tokens) == len(inputs):
        return tuple(range(len(tokens)))
    if objective == "infill":
        return _pieces(inputs, _infill_order(inputs))
    if objective == "spans":
        return _pieces(inputs, _spans_order(inputs))
    return tuple(index if index < len(tokens) else NONE for index in range(len(inputs)))


def _runs(inputs: Sequence[str]) -> list[tuple[str, list[int]]]:
    """The pieces: the special that opens each ("" at the start), and the places of its tokens."""
    runs: list[tuple[str, list[int]]] = [("", [])]
    for place, token in enumerate(inputs):
        if is_special(token):
            runs.append((token, []))
        elif place == 0 or token != _BOUNDARY:
            runs[-1][1].append(place)
    return runs


def _infill_order(inputs: Sequence[str]) -> list[list[int]]:
    """Pieces in the order of the text: what ``<MID>`` opens stands before the suffix, in PSM and in SPM alike."""
    runs = _runs(inputs)
    middle = [run for name, run in runs if name == "<MID>"]
    suffix = [run for name, run in runs if name == "<SUF>"]
    first = [run for name, run in runs if name not in ("<MID>", "<SUF>")]
    return [*first, *middle, *suffix]


def _spans_order(inputs: Sequence[str]) -> list[list[int]]:
    """Pieces in the order of the text: the second piece of a sentinel is what it hid, and stands before its first."""
    seen: dict[str, list[int]] = {}
    order: list[list[int]] = []
    for name, run in _runs(inputs):
        if name and name in seen:
            place = next(number for number, piece in enumerate(order) if piece is seen[name])
            order.insert(place, run)
        else:
            order.append(run)
            seen[name] = run
    return order


def _pieces(inputs: Sequence[str], order: Sequence[Sequence[int]]) -> tuple[int, ...]:
    found = [NONE] * len(inputs)
    for index, place in enumerate(place for piece in order for place in piece):
        found[place] = index
    return tuple(found)
