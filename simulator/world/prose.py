"""Grammars of the texts in words: encyclopedia entries, stories and dialogues."""

from __future__ import annotations

from simulator.world.grammar import Choice, Draw, Literal, Node, Sequence, ordered
from simulator.world.knowledge import World
from simulator.world.numbers import OPERATORS, number_rows
from simulator.world.patterns import pattern
from simulator.world.relations import (
    PERSON_WORDINGS,
    PLACE_WORDINGS,
    Subject,
    Wording,
    answer,
    person_rows,
    place_rows,
    question,
    statement,
)
from simulator.world.things import COLOUR, SPOT, TIME, item, thing_rows

_NEWLINE = Literal("\n")


def encyclopedia_grammar(world: World) -> Node:
    """Entries about people and about places."""
    person = Draw(person_rows(world), _facts(PERSON_WORDINGS))
    place = Draw(place_rows(world), _facts(PLACE_WORDINGS))
    return Choice((person, place), (0.75, 0.25))


def _facts(wordings: tuple[Wording, ...]) -> Node:
    """Three or four different facts in any order; the first names its subject, the others use the pronoun."""
    sentences = tuple((statement(wording, subject="name"), _joined(wording)) for wording in wordings)
    stop = Literal(".")
    return Choice((Sequence((ordered(sentences, 3), stop)), Sequence((ordered(sentences, 4), stop))))


def _joined(wording: Wording) -> Node:
    """A fact that follows another one: in a sentence of its own, or in the same sentence."""
    alone = pattern(". {fact}", fact=statement(wording, subject="pronoun"))
    joined = pattern("[, and |; ]{fact}", fact=statement(wording, subject="inner"))
    return Choice((alone, joined), (0.6, 0.4))


def story_grammar(world: World) -> Node:
    """Four plots: something found, a pet lost, a trip to market, a day with a friend."""
    plots = (_found_story(), _lost_story(), _market_story(), _friends_story())
    return Draw(person_rows(world), Choice(plots))


def _found_story() -> Node:
    text = (
        "{time}, {name} took {pet_name} the {pet} for a walk in {home}. Near {spot}, they [saw|found|dug up] "
        "a {colour} {thing} and {item}. [{name} gave the {thing} to {friend}|{pet_name} hid the {thing}"
        "|{name} took the {thing} home|{friend} had lost the {thing}]."
    )
    return Draw(thing_rows(), pattern(text, time=TIME, spot=SPOT, colour=COLOUR, item=item("other_")))


def _lost_story() -> Node:
    text = (
        "{name} could not find {pet_name} the {pet}. {She} looked near {spot} and {spot}. At last, {friend} "
        "[saw|met|heard] {pet_name} near {spot}, "
        "[asleep|wet and cold|playing with {item}|sitting on {item}]. "
        "[They all had {food}|{name} gave {friend} {item}]."
    )
    return pattern(text, spot=SPOT, item=item())


def _market_story() -> Node:
    text = (
        "On {town_day}, {name} the {job} went to the market in {home} and [bought|sold] "
        "{item}, {item} and some {town_product}. Near {spot}, {she} met {friend}, and they "
        "[talked about {hobby}|ate {food}|sang a song|swapped {item}]."
    )
    return pattern(text, spot=SPOT, item=item())


def _friends_story() -> Node:
    text = (
        "{time}, {name} met {friend} near {spot}. {name} had {item}, and {friend} had {item}. "
        "[{name} likes {hobby} and {friend} likes {friend_hobby}, so they did both"
        "|They played with {pet_name} the {pet}|They ate at home in {friend_home}|They swapped all they had]."
    )
    return pattern(text, time=TIME, spot=SPOT, item=item())


def dialogue_grammar(world: World) -> Node:
    """Two or three turns between User and Assistant: facts, sums, thanks."""
    people, places = person_rows(world), place_rows(world)
    opening = Choice(
        (Draw(people, _linked(PERSON_WORDINGS)), Draw(places, _linked(PLACE_WORDINGS))), (0.75, 0.25)
    )
    any_person = Draw(people, _any_turn(PERSON_WORDINGS))
    any_place = Draw(places, _any_turn(PLACE_WORDINGS))
    closing = Choice((any_person, any_place, _sum_turn(), _thanks()), (0.4, 0.15, 0.25, 0.2))
    return Sequence((opening, _NEWLINE, closing))


def _linked(wordings: tuple[Wording, ...]) -> Node:
    """One question, or two about the same subject; the second one says he, she or it."""
    turns = tuple((turn(item, subject="name"), _following(item)) for item in wordings)
    return Choice((ordered(turns, 1), ordered(turns, 2)))


def _following(wording: Wording) -> Node:
    return Sequence((_NEWLINE, turn(wording, subject="pronoun")))


def _any_turn(wordings: tuple[Wording, ...]) -> Node:
    return Choice(tuple(turn(wording, subject="name") for wording in wordings))


def turn(wording: Wording, *, subject: Subject) -> Node:
    """A question about a relation and its answer."""
    nodes = {"question": question(wording, subject=subject), "answer": answer(wording, subject=subject)}
    return pattern("User: {question}\nAssistant: {answer}", **nodes)


def _sum_turn() -> Node:
    tables = {operator: number_rows(operator) for operator in OPERATORS}
    turns = tuple(
        Draw(rows, pattern("User: What is {a} " + operator + " {b}?\nAssistant: {c}."))
        for operator, rows in tables.items()
    )
    return Choice(turns, tuple(float(len(rows)) for rows in tables.values()))


def _thanks() -> Node:
    return pattern(
        "User: [Thank you|Thanks a lot|Good|I see].\nAssistant: [You are welcome|Any time|Glad to help]."
    )
