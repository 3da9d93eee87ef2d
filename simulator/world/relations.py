"""How each relation is put into words: statements, questions, and one paraphrase that the corpus never uses.

Wordings are patterns (:mod:`simulator.world.patterns`) with some more marks, which stand for the subject as a
name or as a pronoun: ``<S>`` Nia / She, ``<s>`` Nia / she, ``<P>`` Nia's / Her, ``<p>`` Nia's / her.
Statements, answers and paraphrases end in the value, so that a model can go on from the words before it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from simulator.world.grammar import Node
from simulator.world.knowledge import World
from simulator.world.patterns import either


@dataclass(frozen=True)
class Wording:
    """The words for one relation.

    Attributes:
        relation: Name of the relation, an attribute of Person or Place; ``{v}`` stands for its value.
        statements: Full sentences without the last stop, all used in the corpus.
        questions: Questions used in the dialogues of the corpus.
        answer: The short answer to them.
        paraphrase: A statement kept out of the corpus; always about a name.
    """

    relation: str
    statements: tuple[str, ...]
    questions: tuple[str, ...]
    answer: str
    paraphrase: str


PERSON_WORDINGS = (
    Wording(
        "home",
        ("<S> lives in {v}", "<P> home is in {v}", "<S> comes from {v}", "<S> has a house in {v}"),
        ("Where does <s> live?", "Where is <p> home?"),
        "In {v}",
        "If you want to visit <s>, go to {v}",
    ),
    Wording(
        "job",
        ("<S> works as a {v}", "<P> job is to be a {v}", "<S> is a {v}"),
        ("What is <p> job?", "What does <s> work as?"),
        "A {v}",
        "Every day, <s> goes to work as a {v}",
    ),
    Wording(
        "pet",
        ("<S> has a pet {v}", "<S> keeps a {v}", "<P> pet is a {v}", "<S> owns a {v}"),
        ("What pet does <s> have?", "Which animal does <s> keep?"),
        "A {v}",
        "At home, <s> looks after a {v}",
    ),
    Wording(
        "pet_name",
        ("<P> pet is named {v}", "<S> calls {her} pet {v}", "<P> pet is called {v}"),
        ("What is <p> pet called?", "What is the name of <p> pet?"),
        "{v}",
        "When <s> wants to see the pet, you hear the name {v}",
    ),
    Wording(
        "food",
        ("<P> favourite food is {v}", "<S> loves {v}", "<S> likes to eat {v}", "<S> is fond of {v}"),
        ("What is <p> favourite food?", "What does <s> like to eat?"),
        "It is {v}",
        "The best meal for <s> is {v}",
    ),
    Wording(
        "hobby",
        ("<S> enjoys {v}", "<P> hobby is {v}", "<S> is good at {v}"),
        ("What is <p> hobby?", "What is <s> good at?"),
        "It is {v}",
        "The pastime of <s> is {v}",
    ),
    Wording(
        "friend",
        ("<P> best friend is {v}", "<S> is a friend of {v}", "<S> often visits {v}", "<S> trusts {v}"),
        ("Who is <p> best friend?", "Who does <s> often visit?"),
        "{v}",
        "The person closest to <s> is {v}",
    ),
)

PLACE_WORDINGS = (
    Wording(
        "kind",
        ("<S> is a {v}", "<S> is a small {v}", "<S> is an old {v}"),
        ("What kind of place is <s>?",),
        "A {v}",
        "On the map, <s> is marked as a {v}",
    ),
    Wording(
        "setting",
        ("<S> lies {v}", "<S> stands {v}"),
        ("Where does <s> lie?",),
        "It is {v}",
        "You will find <s> {v}",
    ),
    Wording(
        "product",
        ("<S> is known for its {v}", "<S> is famous for its {v}", "<S> sells {v}"),
        ("What is <s> known for?", "What does <s> sell?"),
        "It is {v}",
        "The best thing to buy in <s> is {v}",
    ),
    Wording(
        "market_day",
        ("<S> has a market on {v}", "<P> market opens on {v}", "<P> market day is {v}"),
        ("When is <p> market?", "When does <p> market open?"),
        "On {v}",
        "In <s>, the stalls are set up each {v}",
    ),
)


Subject = Literal["name", "pronoun", "inner"]

_MARKS = {
    "name": {"<S>": "{name}", "<s>": "{name}", "<P>": "{name}'s", "<p>": "{name}'s"},
    "pronoun": {"<S>": "{She}", "<s>": "{she}", "<P>": "{Her}", "<p>": "{her}"},
    "inner": {"<S>": "{she}", "<s>": "{she}", "<P>": "{her}", "<p>": "{her}"},
}


def phrase(text: str, relation: str, *, subject: Subject = "name") -> str:
    """Turn a wording into a pattern.

    Args:
        text: The wording.
        relation: The column that ``{v}`` stands for.
        subject: How the subject reads: its name, a pronoun, or a pronoun within a sentence.
    """
    for mark, words in _MARKS[subject].items():
        text = text.replace(mark, words)
    return text.replace("{v}", "{" + relation + "}")


def statement(wording: Wording, *, subject: Subject) -> Node:
    """Every sentence of the corpus that states the relation, equally likely, without its stop."""
    return either(*(phrase(text, wording.relation, subject=subject) for text in wording.statements))


def question(wording: Wording, *, subject: Subject) -> Node:
    """Every question of the corpus that asks for the relation, equally likely."""
    return either(*(phrase(text, wording.relation, subject=subject) for text in wording.questions))


def answer(wording: Wording, *, subject: Subject) -> Node:
    """The answer in a dialogue: short, or the first statement in full."""
    texts = (wording.answer, wording.statements[0])
    return either(*(phrase(text, wording.relation, subject=subject) + "." for text in texts))


def person_rows(world: World) -> tuple[dict[str, str], ...]:
    """One row a person: own facts, some of the home (``town_...``) and of the friend (``friend_...``)."""
    rows = []
    for person in world.people:
        home, friend = world.place(person.home), world.person(person.friend)
        pronouns = {"She": person.she.title(), "Her": person.her.title()}
        pronouns["him"] = "her" if person.she == "she" else "him"
        town = {"town_product": home.product, "town_day": home.market_day}
        rows.append(
            {**vars(person), **pronouns, **town, "friend_hobby": friend.hobby, "friend_home": friend.home}
        )
    return tuple(rows)


def place_rows(world: World) -> tuple[dict[str, str], ...]:
    """One row a place, with the pronouns of a thing."""
    pronouns = {"She": "It", "she": "it", "Her": "Its", "her": "its"}
    return tuple({**vars(place), **pronouns} for place in world.places)
