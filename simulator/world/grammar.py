"""A probabilistic grammar whose sampling, scoring, entropy and enumeration all come from one structure.

Five kinds of node build every text of the toy world:

* :class:`Literal` writes a fixed string,
* :class:`Slot` writes a drawn value,
* :class:`Sequence` writes its parts one after the other,
* :class:`Choice` writes one of its options, by weight,
* :class:`Draw` draws one row of a table (a person, a pair of numbers); the slots below it write its columns.

No choice below a draw depends on the drawn row, so the entropy of a grammar whose texts each have one
derivation is a plain sum over its nodes. :func:`score` checks that claim from the outside: it reads a text
and adds up the probabilities of *all* its derivations, rows that the text does not tell apart included.
"""

from __future__ import annotations

import itertools
import math
from bisect import bisect
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from random import Random

Values = dict[str, str]


class Node:
    """A piece of grammar. Nodes are immutable in use, compared by identity, and may be shared."""

    def sample(self, random: Random, values: Values, out: list[str]) -> float:
        """Append a drawn text to ``out``; returns the natural log of the probability of what was chosen."""
        raise NotImplementedError

    def entropy(self) -> float:
        """Entropy of the derivation in nats; that of the text when each text has one derivation."""
        raise NotImplementedError

    def enumerate(self, values: Values) -> Iterator[tuple[str, float]]:
        """Every derivation as (text, probability); for small grammars only."""
        raise NotImplementedError

    def match(self, text: str, start: int, scope: Scope) -> Iterator[tuple[int, float, Scope]]:
        """Ways to read a prefix of ``text[start:]``, as (end, probability, what is known of the rows)."""
        raise NotImplementedError


@dataclass(frozen=True)
class Scope:
    """What a reader knows of the rows drawn around a point of the text.

    Attributes:
        draws: The draw that each column name belongs to.
        masks: For each draw, the rows that agree with the text so far, one bit a row.
    """

    draws: Mapping[str, Draw] = field(default_factory=dict)
    masks: Mapping[Draw, int] = field(default_factory=dict)


@dataclass(frozen=True, eq=False)
class Literal(Node):
    """A fixed string."""

    text: str

    def sample(self, random: Random, values: Values, out: list[str]) -> float:
        """See :meth:`Node.sample`."""
        out.append(self.text)
        return 0.0

    def entropy(self) -> float:
        """Zero: nothing is left open."""
        return 0.0

    def enumerate(self, values: Values) -> Iterator[tuple[str, float]]:
        """See :meth:`Node.enumerate`."""
        yield self.text, 1.0

    def match(self, text: str, start: int, scope: Scope) -> Iterator[tuple[int, float, Scope]]:
        """See :meth:`Node.match`."""
        if text.startswith(self.text, start):
            yield start + len(self.text), 1.0, scope


@dataclass(frozen=True, eq=False)
class Slot(Node):
    """The value of a column of the row drawn above."""

    column: str

    def sample(self, random: Random, values: Values, out: list[str]) -> float:
        """See :meth:`Node.sample`."""
        out.append(values[self.column])
        return 0.0

    def entropy(self) -> float:
        """Zero: the draw above has it all."""
        return 0.0

    def enumerate(self, values: Values) -> Iterator[tuple[str, float]]:
        """See :meth:`Node.enumerate`."""
        yield values[self.column], 1.0

    def match(self, text: str, start: int, scope: Scope) -> Iterator[tuple[int, float, Scope]]:
        """Read any value that the rows still possible allow, and keep the rows that have it."""
        draw = scope.draws[self.column]
        possible = scope.masks[draw]
        for value, rows in draw.masks(self.column).items():
            if rows & possible and text.startswith(value, start):
                masks = {**scope.masks, draw: rows & possible}
                yield start + len(value), 1.0, Scope(scope.draws, masks)


@dataclass(frozen=True, eq=False)
class Sequence(Node):
    """Parts written one after the other, each drawn independently of the others."""

    parts: tuple[Node, ...]

    def sample(self, random: Random, values: Values, out: list[str]) -> float:
        """See :meth:`Node.sample`."""
        total = 0.0
        for part in self.parts:
            total += part.sample(random, values, out)
        return total

    def entropy(self) -> float:
        """The sum over the parts."""
        return math.fsum(part.entropy() for part in self.parts)

    def enumerate(self, values: Values) -> Iterator[tuple[str, float]]:
        """See :meth:`Node.enumerate`."""
        for combination in itertools.product(*(list(part.enumerate(values)) for part in self.parts)):
            yield "".join(text for text, _ in combination), math.prod(p for _, p in combination)

    def match(self, text: str, start: int, scope: Scope) -> Iterator[tuple[int, float, Scope]]:
        """See :meth:`Node.match`."""
        return self._match_from(0, text, start, scope)

    def _match_from(
        self, index: int, text: str, start: int, scope: Scope
    ) -> Iterator[tuple[int, float, Scope]]:
        if index == len(self.parts):
            yield start, 1.0, scope
            return
        for end, probability, known in self.parts[index].match(text, start, scope):
            for last, rest, final in self._match_from(index + 1, text, end, known):
                yield last, probability * rest, final


@dataclass(frozen=True, eq=False)
class Choice(Node):
    """One of several options, by weight; equal weights when none are given."""

    options: tuple[Node, ...]
    weights: tuple[float, ...] = ()
    _cumulative: tuple[float, ...] = field(init=False, repr=False)
    _logs: tuple[float, ...] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        weights = _normalised(self.weights, len(self.options))
        object.__setattr__(self, "weights", weights)
        object.__setattr__(self, "_cumulative", tuple(itertools.accumulate(weights))[:-1])
        object.__setattr__(self, "_logs", tuple(math.log(weight) for weight in weights))

    def sample(self, random: Random, values: Values, out: list[str]) -> float:
        """See :meth:`Node.sample`."""
        index = bisect(self._cumulative, random.random())
        return self._logs[index] + self.options[index].sample(random, values, out)

    def entropy(self) -> float:
        """Entropy of the pick, plus the mean entropy of what is picked."""
        below = math.fsum(
            weight * option.entropy() for weight, option in zip(self.weights, self.options, strict=True)
        )
        return _entropy(self.weights) + below

    def enumerate(self, values: Values) -> Iterator[tuple[str, float]]:
        """See :meth:`Node.enumerate`."""
        for weight, option in zip(self.weights, self.options, strict=True):
            for text, probability in option.enumerate(values):
                yield text, weight * probability

    def match(self, text: str, start: int, scope: Scope) -> Iterator[tuple[int, float, Scope]]:
        """See :meth:`Node.match`."""
        for weight, option in zip(self.weights, self.options, strict=True):
            for end, probability, known in option.match(text, start, scope):
                yield end, weight * probability, known


@dataclass(frozen=True, eq=False)
class Draw(Node):
    """A row drawn from a table; the slots in ``body`` write its columns.

    Attributes:
        rows: The table: one mapping from column to text a row, all with the same columns.
        body: What is written about the row.
        weights: Weight of each row; equal when none are given.
    """

    rows: tuple[Values, ...]
    body: Node
    weights: tuple[float, ...] = ()
    _cumulative: tuple[float, ...] = field(init=False, repr=False)
    _logs: tuple[float, ...] = field(init=False, repr=False)
    _masks: dict[str, dict[str, int]] = field(init=False, repr=False, default_factory=dict)

    def __post_init__(self) -> None:
        weights = _normalised(self.weights, len(self.rows))
        if any(row.keys() != self.rows[0].keys() for row in self.rows):
            raise ValueError("the rows of a draw need the same columns")
        object.__setattr__(self, "weights", weights)
        object.__setattr__(self, "_cumulative", tuple(itertools.accumulate(weights))[:-1])
        object.__setattr__(self, "_logs", tuple(math.log(weight) for weight in weights))

    def sample(self, random: Random, values: Values, out: list[str]) -> float:
        """See :meth:`Node.sample`."""
        index = bisect(self._cumulative, random.random())
        values.update(self.rows[index])
        return self._logs[index] + self.body.sample(random, values, out)

    def entropy(self) -> float:
        """Entropy of the row plus that of the body, which is the same for every row."""
        return _entropy(self.weights) + self.body.entropy()

    def enumerate(self, values: Values) -> Iterator[tuple[str, float]]:
        """See :meth:`Node.enumerate`."""
        for weight, row in zip(self.weights, self.rows, strict=True):
            for text, probability in self.body.enumerate({**values, **row}):
                yield text, weight * probability

    def match(self, text: str, start: int, scope: Scope) -> Iterator[tuple[int, float, Scope]]:
        """Read the body with every row still possible, then count the weight of the rows that fit."""
        draws = {**scope.draws, **dict.fromkeys(self.rows[0], self)}
        masks = {**scope.masks, self: (1 << len(self.rows)) - 1}
        for end, probability, known in self.body.match(text, start, Scope(draws, masks)):
            rows = known.masks[self]
            weight = math.fsum(weight for index, weight in enumerate(self.weights) if rows >> index & 1)
            outer = {draw: mask for draw, mask in known.masks.items() if draw is not self}
            yield end, probability * weight, Scope(scope.draws, outer)

    def masks(self, column: str) -> dict[str, int]:
        """For each value of a column, the rows that have it, one bit a row."""
        if column not in self._masks:
            found: dict[str, int] = {}
            for index, row in enumerate(self.rows):
                found[row[column]] = found.get(row[column], 0) | 1 << index
            self._masks[column] = found
        return self._masks[column]


def sample(node: Node, random: Random) -> tuple[str, float]:
    """Draw a text; returns it with the natural log of its derivation's probability."""
    out: list[str] = []
    log_probability = node.sample(random, {}, out)
    return "".join(out), log_probability


def score(node: Node, text: str) -> float:
    """Natural log of the probability that ``node`` writes just ``text``, by any derivation; -inf if none."""
    total = math.fsum(p for end, p, _ in node.match(text, 0, Scope()) if end == len(text))
    return math.log(total) if total > 0 else -math.inf


def ordered(nodes: tuple[tuple[Node, Node], ...], count: int) -> Node:
    """Every ordered pick of ``count`` nodes without repeats, equally likely.

    Each node comes as (how it reads when it stands first, how it reads later).
    """
    return Choice(
        tuple(_then(first, _others(nodes, index), count - 1) for index, (first, _) in enumerate(nodes))
    )


def _then(node: Node, rest: tuple[tuple[Node, Node], ...], count: int) -> Node:
    if not count:
        return node
    options = tuple(_then(later, _others(rest, index), count - 1) for index, (_, later) in enumerate(rest))
    return Sequence((node, Choice(options)))


def _others(nodes: tuple[tuple[Node, Node], ...], index: int) -> tuple[tuple[Node, Node], ...]:
    return nodes[:index] + nodes[index + 1 :]


def _normalised(weights: tuple[float, ...], count: int) -> tuple[float, ...]:
    if not count or (weights and len(weights) != count) or any(weight <= 0 for weight in weights):
        raise ValueError("a choice needs options, and one positive weight for each if any")
    if not weights:
        return (1.0 / count,) * count
    total = math.fsum(weights)
    return tuple(weight / total for weight in weights)


def _entropy(weights: tuple[float, ...]) -> float:
    return -math.fsum(weight * math.log(weight) for weight in weights)
