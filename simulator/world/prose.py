"""Grammars of the texts in words: encyclopedia entries, stories and dialogues."""

from __future__ import annotations

from simulator.world.grammar import Choice, Draw, Literal, Node, Sequence, ordered
from simulator.world.knowledge import World
from simulator.world.numbers import OPERATORS, number_rows
from simulator.world.patterns import either, pattern
from simulator.world.relations import (
    PERSON_WORDINGS,
    PLACE_WORDINGS,
    Wording,
    person_rows,
    phrase,
    place_rows,
    question,
    statement,
)

_SPACE = Literal(" ")
_TIMES = "[One morning|One evening|Last night|Last week|On a cold day|On a warm day|After lunch|Before breakfast]"
_WEATHER = (
    "[The sun was bright|It was raining|A soft wind blew|Snow lay on the roofs|The sky was grey|Fog hung over the fields"
    "|Birds were singing|The air was cold]"
)
_SPOTS = (
    "[the old bridge|the well|the mill|a tall tree|the school|the station|the stone wall|the barn|the garden gate"
    "|the church|a small pond|the inn]"
)
_COLOURS = "[red|blue|green|yellow|white|black|brown|silver]"
_OBJECTS = ("key", "hat", "lamp", "letter", "map", "ring", "drum", "bell", "scarf", "box", "coin", "kite")


def encyclopedia_grammar(world: World) -> Node:
    """Entries about people and about places."""
    return Choice((_person_entry(world), _place_entry(world)), (0.75, 0.25))


def _person_entry(world: World) -> Node:
    return Draw(person_rows(world), Choice((_facts(PERSON_WORDINGS, 3), _facts(PERSON_WORDINGS, 4)), (0.5, 0.5)))


def _place_entry(world: World) -> Node:
    facts = Choice((_facts(PLACE_WORDINGS, 3), _facts(PLACE_WORDINGS, 4)))
    return Draw(place_rows(world), facts)


def _facts(wordings: tuple[Wording, ...], count: int) -> Node:
    """``count`` different facts in any order; the first names its subject, the others use the pronoun."""
    sentences = tuple(
        (statement(wording, named=True), Sequence((_SPACE, statement(wording, named=False)))) for wording in wordings
    )
    return ordered(sentences, count)


def story_grammar(world: World) -> Node:
    """Four plots: something found, a pet lost, a trip to market, a day with a friend."""
    return Choice((_found_story(world), _lost_story(world), _market_story(world), _friends_story(world)))


def _found_story(world: World) -> Node:
    objects = tuple({"object": thing} for thing in _OBJECTS)
    body = pattern(
        _TIMES + ", {name} walked through {home} with {pet_name} the {pet}. " + _WEATHER + ". Near " + _SPOTS
        + ", they [found|saw|dug up] a " + _COLOURS + " {object}. "
        "[{name} gave the {object} to {friend}|{pet_name} carried the {object} home|{friend} had lost the {object} there"
        "|{name} hung the {object} on the wall]. [{name} was happy|They laughed all the way|Then it was time for {food}]."
    )  # fmt: skip
    return Draw(person_rows(world), Draw(objects, body))


def _lost_story(world: World) -> Node:
    body = pattern(
        "{name} could not find {pet_name} the {pet}. {She} looked behind " + _SPOTS + " and under " + _SPOTS
        + ". At last {friend} [heard|saw|met] {pet_name} near " + _SPOTS
        + ", [asleep|wet and cold|full of mud|with a " + _COLOURS + " ribbon]. "
        "[{name} made {food} for everyone|{name} gave {friend} some {food}|They went home to {home}]."
    )  # fmt: skip
    return Draw(person_rows(world), body)


def _market_story(world: World) -> Node:
    body = pattern(
        "It was {town_day}, market day in {home}. " + _WEATHER + ". {name} the {job} [bought|sold|carried] "
        "[two|three|four|five|six] " + _COLOURS + " [bags|boxes|baskets] and some {town_product}. Near " + _SPOTS
        + " {she} met [{friend}|an old man|a tall woman|two children], and they [talked about {hobby}|ate {food}|sang a song|told jokes]."
    )  # fmt: skip
    return Draw(person_rows(world), body)


def _friends_story(world: World) -> Node:
    body = pattern(
        "{name} and {friend} are best friends. " + _TIMES + ", they met near " + _SPOTS + ". "
        "{name} likes {hobby} and {friend} likes {friend_hobby}, so they [did both|took turns|made a plan|tossed a coin]. "
        + _WEATHER + ", [and {friend} went back to {friend_home}|and {name} went home to {home}|but they stayed until dark]."
    )  # fmt: skip
    return Draw(person_rows(world), body)


def dialogue_grammar(world: World) -> Node:
    """Two or three turns between User and Assistant: facts, sums, thanks."""
    opening = Choice((_person_turns(world), _place_turns(world)), (0.75, 0.25))
    closing = Choice((_person_turn(world), _sum_turn(), _place_turn(world), _thanks()), (0.4, 0.2, 0.1, 0.3))
    return Sequence((opening, Literal("\n"), closing))


def _person_turns(world: World) -> Node:
    """A question about a person, and sometimes a second one about the same person."""
    turns = _linked_turns(PERSON_WORDINGS)
    return Draw(person_rows(world), Choice((ordered(turns, 1), ordered(turns, 2))))


def _person_turn(world: World) -> Node:
    return Draw(person_rows(world), Choice(tuple(_turn(wording, named=True) for wording in PERSON_WORDINGS)))


def _place_turns(world: World) -> Node:
    return Draw(place_rows(world), ordered(_linked_turns(PLACE_WORDINGS), 2))


def _linked_turns(wordings: tuple[Wording, ...]) -> tuple[tuple[Node, Node], ...]:
    """For each relation its turn when it comes first, and its turn when it follows one about the same subject."""
    return tuple(
        (_turn(wording, named=True), Sequence((Literal("\n"), _turn(wording, named=False)))) for wording in wordings
    )


def _place_turn(world: World) -> Node:
    return Draw(place_rows(world), Choice(tuple(_turn(wording, named=True) for wording in PLACE_WORDINGS)))


def _turn(wording: Wording, *, named: bool) -> Node:
    """A question and its answer, which takes the first or the second statement of the relation."""
    answers = tuple(phrase(text, wording.relation, named=named) + "." for text in wording.statements[:2])
    return pattern("User: {question}\nAssistant: {answer}", question=question(wording, named=named), answer=either(*answers))


def _sum_turn() -> Node:
    tables = {operator: number_rows(operator) for operator in OPERATORS}
    turns = tuple(
        Draw(rows, pattern("User: What is {a} " + operator + " {b}?\nAssistant: {a} " + operator + " {b} = {c}."))
        for operator, rows in tables.items()
    )
    return Choice(turns, tuple(float(len(rows)) for rows in tables.values()))


def _thanks() -> Node:
    return pattern("User: [Thank you|Thanks a lot|Good to know|That helps]!\nAssistant: [You are welcome|Any time|Glad to help].")
