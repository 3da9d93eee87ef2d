"""Near duplicates: the same article after small edits, never so many that it becomes another text."""

from __future__ import annotations

import re
from random import Random

from simulator.world.crawl_content import MONTHS, Block, Content, date
from simulator.world.knowledge import World
from simulator.world.things import THINGS

EDITED = (0.012, 0.06)
"""Least and most share of the 5-word shingles that edits touch. With a share f replaced, the Jaccard similarity
of the shingle sets is about (1 - f) / (1 + f): 0.88 or more, well above the threshold of 14 bands of 8 rows
(near 0.72 by Broder's estimate, half of the pairs at 0.77)."""

_NGRAM = 5
_DATE = re.compile(rf"\b\d{{1,2}} (?:{'|'.join(MONTHS)}) \d{{4}}\b")
_ADDED = (
    "Thanks to all who helped.",
    "More of this next week.",
    "The text was checked on {date}.",
    "This is the second edition.",
    "First printed in the paper of {place}.",
)


def near_copy(content: Content, world: World, random: Random) -> Content:
    """An edited copy: words replaced, sentences dropped or added, dates changed."""
    blocks = list(content.blocks)
    words = len(content.main_text.split())
    budget = max(_NGRAM, random.uniform(*EDITED) * words)
    budget -= _change_dates(blocks, random)
    while budget >= _NGRAM:
        spent = random.choice((_replace_word, _replace_word, _drop_sentence, _add_sentence))(
            blocks, world, random, budget
        )
        budget -= spent or _NGRAM
    if tuple(blocks) == content.blocks:  # no draw found anything to change
        blocks.append(Block("p", _ADDED[0]))
    kept = "\n".join(block.text for block in blocks)
    return content.with_blocks(tuple(blocks), tuple(item for item in content.pii if item.text in kept))


def _change_dates(blocks: list[Block], random: Random) -> int:
    """Other dates in the place of those there are; returns how many shingles that costs."""
    cost = 0
    for index, block in enumerate(blocks):
        if _DATE.search(block.text):
            blocks[index] = Block(block.tag, _DATE.sub(date(random), block.text, count=1))
            cost += _NGRAM + 2
    return cost


def _replace_word(blocks: list[Block], world: World, random: Random, budget: float) -> int:
    """Another thing in the place of one word; costs the shingles that hold it."""
    index = random.choice(_paragraphs(blocks))
    words = blocks[index].text.split(" ")
    places = [
        place for place, word in enumerate(words) if word.isalpha() and word.islower() and len(word) > 2
    ]
    if not places:
        return 0
    place = random.choice(places)
    words[place] = random.choice([thing for thing in THINGS if thing != words[place]])
    blocks[index] = Block("p", " ".join(words))
    return _NGRAM


def _drop_sentence(blocks: list[Block], world: World, random: Random, budget: float) -> int:
    index = random.choice(_paragraphs(blocks))
    sentences = blocks[index].text.split(". ")
    if len(sentences) < 2:
        return 0
    gone = random.randrange(len(sentences) - 1)
    cost = len(sentences[gone].split()) + _NGRAM - 1
    if cost > budget or "@" in sentences[gone]:
        return 0
    del sentences[gone]
    blocks[index] = Block("p", ". ".join(sentences))
    return cost


def _add_sentence(blocks: list[Block], world: World, random: Random, budget: float) -> int:
    place = random.choice(world.places).name
    sentence = random.choice(_ADDED).format(date=date(random), place=place)
    cost = len(sentence.split()) + _NGRAM - 1
    if cost > budget:
        return 0
    blocks.insert(random.choice(_paragraphs(blocks)) + 1, Block("p", sentence))
    return cost


def _paragraphs(blocks: list[Block]) -> list[int]:
    return [index for index, block in enumerate(blocks) if block.tag == "p" and "\n" not in block.text]
