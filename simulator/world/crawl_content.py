"""What a page of the toy crawl says, apart from its HTML: blocks of main text, and articles with exact probability."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace
from random import Random

from simulator.world.documents import KIND_WEIGHTS, Document, generate_documents
from simulator.world.knowledge import World

Tag = str
"""``h1``, ``h2``, ``p``, ``pre`` or ``li``."""


@dataclass(frozen=True, slots=True)
class Block:
    """A piece of main text and the element it stands in."""

    tag: Tag
    text: str


@dataclass(frozen=True, slots=True)
class PiiTruth:
    """Personal data planted in a page: ``email``, ``phone``, ``ip`` or ``card``, and its text."""

    kind: str
    text: str


@dataclass(frozen=True, slots=True)
class Content:
    """The main content of a page.

    Attributes:
        blocks: Its main text in order; the first is the heading.
        nats: -log p of the main text where the grammar wrote all of it, else nan.
        pii: Personal data planted in it.
    """

    blocks: tuple[Block, ...]
    nats: float = math.nan
    pii: tuple[PiiTruth, ...] = ()

    @property
    def title(self) -> str:
        """The heading."""
        return self.blocks[0].text

    @property
    def main_text(self) -> str:
        """All blocks: a blank line between two, a line end between the items of a list."""
        parts: list[str] = []
        before = ""
        for block in self.blocks:
            parts.append("\n" if block.tag == before == "li" else "\n\n")
            parts.append(block.text)
            before = block.tag
        return "".join(parts[1:])

    def with_blocks(self, blocks: tuple[Block, ...], pii: tuple[PiiTruth, ...] = ()) -> Content:
        """The same with other blocks, which no grammar wrote."""
        return replace(self, blocks=blocks, nats=math.nan, pii=pii)


@dataclass(frozen=True)
class Plan:
    """What the body of an article is made of: kinds of documents, how many of them, and how often it comes."""

    kinds: tuple[str, ...]
    fewest: int
    most: int
    weight: float


PLANS = (
    Plan(("story",), 5, 9, 0.3),
    Plan(("encyclopedia",), 12, 16, 0.25),
    Plan(("encyclopedia", "story"), 8, 13, 0.45),
)
"""Articles are long enough for the published quality rules: 50 words, 5 sentences, two stop words."""

EXTRAS = {"": 0.72, "dialogue": 0.16, "word_problem": 0.06, "arithmetic": 0.03, "program": 0.03}
"""One document of another kind that may stand between those of the plan, and how often."""

SECTION_SHARE = 0.35
DATE_SHARE = 0.2
CURLY_SHARE = 0.12
"""Shares of articles with a second heading, a date at the end, and typographic apostrophes."""

_TITLES = (
    "Notes from {}", "Life in {}", "People of {}", "A week in {}",
    "Around {}", "Letters from {}", "The {} record", "{} and its people",
)  # fmt: skip
_SECTIONS = (
    "More news", "In other news", "From the neighbours", "Another day", "What else happened", "Short notes",
)  # fmt: skip
MONTHS = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
    "December",
)  # fmt: skip
_DAYS, _YEARS = 28, 12
_ENDLESS = 1 << 62


class ArticleWriter:
    """Writes articles about a world: several documents of the toy world under a heading.

    The probability of an article's text is exact: that of its documents, times that of every choice made here.

    Args:
        world: The world they are about.
        seed: Start of the random choices.
    """

    def __init__(self, world: World, seed: int) -> None:
        self._world = world
        self._documents: dict[str, Iterator[Document]] = {
            kind: generate_documents(world, _ENDLESS, seed, (kind,)) for kind in KIND_WEIGHTS
        }

    def write(self, random: Random) -> Content:
        """The next article."""
        plan = random.choices(PLANS, [plan.weight for plan in PLANS])[0]
        count = random.randint(plan.fewest, plan.most)
        kinds = random.choices(plan.kinds, [KIND_WEIGHTS[kind] for kind in plan.kinds], k=count)
        log_p = _log_probability_of_kinds(kinds)
        extra = random.choices(tuple(EXTRAS), tuple(EXTRAS.values()))[0]
        log_p += math.log(EXTRAS[extra])
        if extra:
            kinds.insert(random.randint(0, count), extra)
            log_p -= math.log(count + 1)
        blocks = []
        for kind in kinds:
            document = next(self._documents[kind])
            log_p += document.log_probability
            blocks.append(Block("pre" if kind in ("program", "arithmetic") else "p", document.text))
        log_p += self._frame(blocks, random) + _typeset(blocks, random)
        return Content(tuple(blocks), -log_p)

    def body(self, random: Random) -> tuple[str, float]:
        """The paragraphs of an article alone, one a line, and -log p of that text in nats, exactly."""
        plan = random.choices(PLANS, [plan.weight for plan in PLANS])[0]
        count = random.randint(plan.fewest, plan.most)
        kinds = random.choices(plan.kinds, [KIND_WEIGHTS[kind] for kind in plan.kinds], k=count)
        documents = [next(self._documents[kind]) for kind in kinds]
        log_p = sum(document.log_probability for document in documents) + _log_probability_of_kinds(kinds)
        return "\n".join(document.text for document in documents), -log_p

    def sentences(self, random: Random, count: int) -> list[str]:
        """Some more documents in one paragraph each, of the kinds that are prose."""
        return [next(self._documents[random.choice(("encyclopedia", "story"))]).text for _ in range(count)]

    def title(self, random: Random) -> str:
        """A heading as articles have it."""
        return random.choice(_TITLES).format(random.choice(self._world.places).name)

    def _frame(self, blocks: list[Block], random: Random) -> float:
        """Add the headings and perhaps a date; returns the natural log of their probability."""
        log_p = -math.log(len(_TITLES) * len(self._world.places))
        sectioned, dated = random.random() < SECTION_SHARE, random.random() < DATE_SHARE
        if sectioned:
            blocks.insert(len(blocks) // 2, Block("h2", random.choice(_SECTIONS)))
            log_p -= math.log(len(_SECTIONS))
        if dated:
            blocks.append(Block("p", f"This page was last changed on {date(random)}."))
            log_p -= math.log(_DAYS * len(MONTHS) * _YEARS)
        blocks.insert(0, Block("h1", self.title(random)))
        return log_p + _log_coin(SECTION_SHARE, sectioned) + _log_coin(DATE_SHARE, dated)


def date(random: Random) -> str:
    """A day such as ``4 May 2021``."""
    return f"{random.randint(1, _DAYS)} {random.choice(MONTHS)} {2025 - random.randrange(_YEARS)}"


def _log_coin(share: float, happened: bool) -> float:
    return math.log(share if happened else 1 - share)


def _log_probability_of_kinds(kinds: list[str]) -> float:
    """Natural log of the probability of this order of kinds, whichever plan they came from."""
    total = 0.0
    for plan in PLANS:
        if plan.fewest <= len(kinds) <= plan.most and set(kinds) <= set(plan.kinds):
            weight = sum(KIND_WEIGHTS[kind] for kind in plan.kinds)
            total += (
                plan.weight
                / (plan.most - plan.fewest + 1)
                * math.prod(KIND_WEIGHTS[kind] / weight for kind in kinds)
            )
    return math.log(total)


def _typeset(blocks: list[Block], random: Random) -> float:
    """Curl the apostrophes of some articles; returns the natural log of the probability of doing so or not."""
    curly = random.random() < CURLY_SHARE
    if not any("'" in block.text for block in blocks):
        return 0.0
    if curly:
        blocks[:] = [Block(block.tag, block.text.replace("'", "’")) for block in blocks]
    return _log_coin(CURLY_SHARE, curly)
