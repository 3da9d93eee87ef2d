"""Documents of the toy world, each with the exact log-probability of its text, and their exact entropy."""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from functools import lru_cache
from random import Random

from simulator.errors import InputError
from simulator.world import prose
from simulator.world.grammar import Choice, Node, score
from simulator.world.knowledge import World
from simulator.world.numbers import arithmetic_grammar, program_grammar, word_problem_grammar

KIND_WEIGHTS = {
    "encyclopedia": 0.32,
    "story": 0.26,
    "dialogue": 0.18,
    "arithmetic": 0.12,
    "word_problem": 0.06,
    "program": 0.06,
}
"""The kinds of document and the share of each."""


@dataclass(frozen=True, slots=True)
class Document:
    """A text of the toy world.

    Attributes:
        text: The text, ASCII.
        kind: Its kind, a key of KIND_WEIGHTS.
        log_probability: Natural log of the probability that the generator writes this text, given the world
            and the kinds asked for.
    """

    text: str
    kind: str
    log_probability: float


def generate_documents(
    world: World, count: int, seed: int, kinds: Collection[str] = ()
) -> Iterator[Document]:
    """Draw documents, one at a time: the same arguments give the same documents everywhere.

    Args:
        world: The world they are about.
        count: How many.
        seed: Start of the random choices.
        kinds: Which kinds to draw; empty means all.

    Raises:
        InputError: if a kind is unknown.
    """
    mixture, names = _mixture(world, _known(kinds)), _known(kinds)
    return _draw(mixture, names, count, Random(f"documents {world.seed} {seed}"))


def log_probability(world: World, text: str, kinds: Collection[str] = ()) -> float:
    """Natural log of the probability that ``text`` is written, found by reading it; -inf if it cannot be."""
    return score(_mixture(world, _known(kinds)), text)


def entropy(world: World, kinds: Collection[str] = ()) -> float:
    """Exact entropy of one document in nats: the mean of -log_probability that no model can beat."""
    return _mixture(world, _known(kinds)).entropy()


@lru_cache(maxsize=64)
def kind_grammar(world: World, kind: str) -> Node:
    """The grammar of one kind of document."""
    makers: dict[str, Callable[[], Node]] = {
        "encyclopedia": lambda: prose.encyclopedia_grammar(world),
        "story": lambda: prose.story_grammar(world),
        "dialogue": lambda: prose.dialogue_grammar(world),
        "arithmetic": arithmetic_grammar,
        "word_problem": lambda: word_problem_grammar(world),
        "program": program_grammar,
    }
    return makers[kind]()


def _draw(mixture: Choice, kinds: tuple[str, ...], count: int, random: Random) -> Iterator[Document]:
    out: list[str] = []
    picks = range(len(kinds))
    logs = [math.log(weight) for weight in mixture.weights]
    for _ in range(count):
        index = random.choices(picks, mixture.weights)[0]
        out.clear()
        log_p = logs[index] + mixture.options[index].sample(random, {}, out)
        yield Document("".join(out), kinds[index], log_p)


def _mixture(world: World, kinds: tuple[str, ...]) -> Choice:
    return Choice(
        tuple(kind_grammar(world, kind) for kind in kinds), tuple(KIND_WEIGHTS[kind] for kind in kinds)
    )


def _known(kinds: Collection[str]) -> tuple[str, ...]:
    for kind in kinds:
        if kind not in KIND_WEIGHTS:
            raise InputError(
                f"There is no kind of document called '{kind}'.",
                hint=f"Choose from: {', '.join(KIND_WEIGHTS)}.",
            )
    return tuple(kind for kind in KIND_WEIGHTS if not kinds or kind in kinds)
