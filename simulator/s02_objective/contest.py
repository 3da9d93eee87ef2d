"""Now generate: both models of a comparison go on from the same beginnings, and the toy world's grammar judges.

A beginning is the first part of a held-out document. The grammar reads the whole that comes out: a text that the world
could have written is *possible*, any other is not, and how far it reads before the first impossible character is
measured too. A model that fills masks is helped where it needs help: it is told
the true length, and, filling all at once, where the text ends.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from simulator.model.generation import SamplingConfig
from simulator.s02_objective.judging import judge
from simulator.s02_objective.material import Material
from simulator.s02_objective.writing import METHODS, Writer, write
from simulator.world import World

BEGINNINGS = 24
SHOWN = 3
"""Beginnings whose texts are kept in the record with every distribution behind them."""

CANDIDATES = 5
_SHORTEST, _LONGEST = 12, 56  # tokens of a document that is begun and finished
_STRETCH = 32  # tokens of a long text that stand in for a document
_BEGUN = 0.4  # share of it that is given
_ROOM = 1.5  # a model that knows when to stop may write this many times what is left


@dataclass(frozen=True)
class Beginning:
    """The first part of a held-out document.

    Attributes:
        prompt: What is given.
        reference: The whole document.
        left: Tokens that are left to write.
    """

    prompt: str
    reference: str
    left: int


def find_beginnings(material: Material, count: int = BEGINNINGS) -> list[Beginning]:
    """Beginnings of held-out documents, cut between words; no two alike.

    Documents that are neither scraps nor long come first, then longer ones (bytes and characters make many tokens);
    where there are too few, as in one long text, stretches of it stand in.
    """
    found: dict[str, Beginning] = {}
    for shortest, longest in ((_SHORTEST, _LONGEST), (_LONGEST + 1, 4 * _LONGEST)):
        for start, end in material.validation.documents():
            if shortest <= end - 1 - start <= longest:
                _begin(material, start, end - 1, found)
            if len(found) == count:
                return list(found.values())
    for start in np.linspace(
        0, len(material.validation.tokens) - _STRETCH, 2 * count, dtype=np.int64
    ).tolist():
        _begin(material, start, start + _STRETCH, found)
        if start < 0 or len(found) == count:
            break
    return list(found.values())


def _begin(material: Material, start: int, end: int, found: dict[str, Beginning]) -> None:
    """Take the tokens from ``start`` to ``end`` in, unless they hold the end of a document or are not there."""
    ids = material.validation.tokens[max(0, start) : end].tolist()
    if len(ids) < _SHORTEST or material.validation.end_id in ids:
        return
    cut = _cut(material, ids)
    prompt, whole = (material.tokenizer.decode(part) for part in (ids[:cut], ids))
    if whole.startswith(prompt):  # else a character is cut in two
        found.setdefault(prompt, Beginning(prompt, whole, len(ids) - cut))


def _cut(material: Material, ids: Sequence[int]) -> int:
    """A place near _BEGUN before which a word has ended."""
    wanted = max(1, round(_BEGUN * len(ids)))
    for place in range(wanted, len(ids) - 2):
        if material.tokenizer.token_bytes(ids[place]).startswith(b" "):
            return place
    return wanted


def finish(
    writer: Writer, objective: str, method: str, beginning: Beginning, temperature: float = 0.0
) -> dict[str, Any]:
    """A model's own end for a beginning: a ``write`` result."""
    length = beginning.left
    if objective == "masked":
        config = SamplingConfig(tokens=max(1, length), temperature=temperature)
        if method == "all masks at once":
            return writer.all_masks_at_once(beginning.prompt, config, closed=True)
    else:
        config = SamplingConfig(tokens=max(8, math.ceil(_ROOM * length)), temperature=temperature)
    return write(writer, objective, beginning.prompt, config, method=method)


def judged(world: World | None, beginning: Beginning, result: Mapping[str, Any]) -> dict[str, Any]:
    """A ``write`` result with what the toy world's grammar says of it.

    Adds ``possible``, ``read`` (characters of ``text`` from its beginning that a possible text may begin with),
    ``read_share`` (of the characters that the model wrote) and ``reference``; None where there is no world to ask.
    """
    told = {**result, "reference": beginning.reference, "possible": None, "read": None, "read_share": None}
    if world is None:
        return told
    verdict, given = judge(world, result["text"]), len(beginning.prompt)
    written = max(1, len(result["text"]) - given)
    share = min(1.0, max(0, verdict.read - given) / written)
    return {**told, "possible": verdict.possible, "read": verdict.read, "read_share": share}


@dataclass(frozen=True)
class Tally:
    """What came of all beginnings in one way of writing.

    Attributes:
        possible: Share of texts that the toy world could have written, facts included; None without a world.
        read_share: Mean share of the written characters before the first one that the grammar cannot follow.
    """

    possible: float | None
    read_share: float | None

    @classmethod
    def of(cls, results: Sequence[Mapping[str, Any]]) -> Tally:
        """Count some judged results."""
        known = [item for item in results if item["possible"] is not None]
        if not known:
            return cls(None, None)
        return cls(
            _mean([float(item["possible"]) for item in known]), _mean([item["read_share"] for item in known])
        )


def _mean(values: Sequence[float]) -> float:
    return sum(values) / len(values)


def attempts(
    writer: Writer, objective: str, material: Material, beginnings: Sequence[Beginning]
) -> Iterator[dict[str, Any]]:
    """Finish every beginning in every way that suits an objective's model; each token is its likeliest one.

    Yields judged ``write`` results with ``number``, the beginning's.
    """
    methods = [method for method in METHODS[objective] if method != "fill the middle"]
    for number, beginning in enumerate(beginnings):
        for method in methods:
            result = finish(writer, objective, method, beginning)
            yield {**judged(material.world, beginning, result), "number": number}
