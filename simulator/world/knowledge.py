"""The toy world itself: who lives in it, where, with which pet, and what each place is known for."""

from __future__ import annotations

from dataclasses import dataclass
from random import Random
from typing import TypeVar


def _words(text: str) -> tuple[str, ...]:
    return tuple(text.split(", "))


_SHE = _words(
    "Nia, Ada, Mia, Zoe, Eva, Lena, Ivy, Rosa, Uma, Tess, Kira, Dora, Fay, Gwen, Hana, Jill, Lucy, Maud, "
    "Nora, Olga, Pia, Ruth, Sara, Vera, Wanda, Yara, Bea, Cleo, Edith, Isla"
)
_HE = _words(
    "Tom, Ben, Max, Leo, Ivan, Omar, Raj, Sven, Hugo, Finn, Gus, Abe, Carl, Dan, Eli, Fred, Jack, Karl, "
    "Luis, Milo, Ned, Otto, Paul, Quinn, Rob, Sid, Toby, Vic, Will, Zack"
)
_PLACES = _words(
    "Oakton, Millby, Ashford, Seabury, Fernhill, Redcliff, Winmoor, Larkdale, Stonebay, Elmwick, Greyport, "
    "Hollow End, Kingsley, Upper Reed, Thornbridge, Birchfield, Quarrytown, Dunmere"
)
_PET_NAMES = _words(
    "Pip, Biscuit, Moss, Button, Rusty, Clover, Pepper, Waffle, Domino, Tinker, Bramble, Noodle, Socks, "
    "Comet, Marble, Toffee, Pickle, Sunny, Bean, Ziggy"
)
_SPECIES = _words(
    "fox, cat, dog, hen, goat, rabbit, parrot, pony, toad, lizard, hamster, duck, turtle, mouse"
)
_JOBS = _words(
    "baker, doctor, farmer, teacher, painter, sailor, tailor, nurse, pilot, gardener, miller, judge, "
    "carpenter, writer, singer, cook"
)
_FOODS = _words(
    "plum jam, bean soup, rice, apple pie, fried fish, cheese, pancakes, noodles, honey cake, roast corn, "
    "potato salad, berries, toast, dumplings, lentils, mushrooms"
)
_HOBBIES = _words(
    "painting, fishing, chess, dancing, running, knitting, reading, swimming, climbing, singing, stargazing, "
    "cycling, sewing, juggling"
)
_KINDS = _words("village, town, port, city, hamlet, market town")
_SETTINGS = _words(
    "by a lake, on a hill, near the sea, in a green valley, beside a river, under tall cliffs, in a forest, "
    "on a small island"
)
_PRODUCTS = _words(
    "cheese, honey, bells, lamps, boats, wool, pots, glass, tea, apples, books, kites, candles, clocks, "
    "roses, baskets"
)
DAYS = _words("Monday, Tuesday, Wednesday, Thursday, Friday, Saturday, Sunday")


@dataclass(frozen=True)
class Person:
    """Someone of the toy world and what is true of them; ``friend`` is a name, and friendship is mutual."""

    name: str
    she: str
    her: str
    home: str
    job: str
    pet: str
    pet_name: str
    food: str
    hobby: str
    friend: str


@dataclass(frozen=True)
class Place:
    """A place of the toy world and what is true of it."""

    name: str
    kind: str
    setting: str
    product: str
    market_day: str


@dataclass(frozen=True)
class Fact:
    """One thing that is true: ``relation``, the name of an attribute, of ``subject`` is ``value``."""

    subject: str
    relation: str
    value: str


_Named = TypeVar("_Named", Person, Place)

PERSON_RELATIONS = ("home", "job", "pet", "pet_name", "food", "hobby", "friend")
PLACE_RELATIONS = ("kind", "setting", "product", "market_day")


@dataclass(frozen=True)
class World:
    """All that is true in the toy world of one seed."""

    seed: int
    people: tuple[Person, ...]
    places: tuple[Place, ...]

    def person(self, name: str) -> Person:
        """The person of that name.

        Raises:
            KeyError: if nobody has it.
        """
        return _named(self.people, name)

    def place(self, name: str) -> Place:
        """The place of that name.

        Raises:
            KeyError: if there is none.
        """
        return _named(self.places, name)

    def facts(self) -> tuple[Fact, ...]:
        """Every fact about people, then every fact about places."""
        people = [Fact(p.name, key, getattr(p, key)) for p in self.people for key in PERSON_RELATIONS]
        places = [Fact(p.name, key, getattr(p, key)) for p in self.places for key in PLACE_RELATIONS]
        return (*people, *places)

    def values(self, relation: str) -> tuple[str, ...]:
        """Every value that a relation takes in this world, sorted."""
        return tuple(sorted({fact.value for fact in self.facts() if fact.relation == relation}))


def build_world(seed: int = 0, people: int = 48, places: int = 14) -> World:
    """Make the toy world of a seed: the same seed gives the same world everywhere.

    Args:
        seed: Start of the random choices.
        people: How many people; an even number from 8 to 60, as everyone has a best friend.
        places: How many places, from 4 to 18.

    Raises:
        ValueError: if the numbers are out of range.
    """
    if people % 2 or not 8 <= people <= len(_SHE) + len(_HE) or not 4 <= places <= len(_PLACES):
        raise ValueError("people is an even number from 8 to 60, places a number from 4 to 18")
    random = Random(f"world {seed}")  # a string seed is hashed with SHA-512: the same in every process
    pools = (_KINDS, _SETTINGS, _PRODUCTS, DAYS)
    columns = (random.sample(_PLACES, places), *(_spread(random, pool, places) for pool in pools))
    towns = tuple(Place(*values) for values in zip(*columns, strict=True))
    return World(seed, _people(random, people, [town.name for town in towns]), towns)


def _people(random: Random, count: int, homes: list[str]) -> tuple[Person, ...]:
    names = random.sample(_SHE, count // 2) + random.sample(_HE, count // 2)
    women = set(_SHE)
    random.shuffle(names)
    friends = {name: names[index ^ 1] for index, name in enumerate(names)}
    pools = (
        homes,
        _pool(random, _JOBS, 12),
        _pool(random, _SPECIES, 12),
        _pool(random, _PET_NAMES, 16),
        _pool(random, _FOODS, 12),
        _pool(random, _HOBBIES, 12),
    )
    columns = zip(names, *(_spread(random, pool, count) for pool in pools), strict=True)
    people = []
    for name, home, job, pet, pet_name, food, hobby in sorted(columns):
        she, her = ("she", "her") if name in women else ("he", "his")
        people.append(Person(name, she, her, home, job, pet, pet_name, food, hobby, friends[name]))
    return tuple(people)


def _pool(random: Random, words: tuple[str, ...], count: int) -> list[str]:
    return random.sample(words, count)


def _spread(random: Random, words: list[str] | tuple[str, ...], count: int) -> list[str]:
    """``count`` words in random order, each used about equally often."""
    repeated = [word for _ in range(-(-count // len(words))) for word in random.sample(words, len(words))]
    chosen = repeated[:count]
    random.shuffle(chosen)
    return chosen


def _named(items: tuple[_Named, ...], name: str) -> _Named:
    for item in items:
        if item.name == name:
            return item
    raise KeyError(name)
