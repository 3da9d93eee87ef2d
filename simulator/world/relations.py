"""How each relation is put into words: statements, questions, and one paraphrase that the corpus never uses.

Wordings are patterns (:mod:`simulator.world.patterns`) with some more marks, which stand for the subject as a name or as
a pronoun: ``<S>`` Nia / She, ``<s>`` Nia / she, ``<P>`` Nia's / Her, ``<p>`` Nia's / her. Statements and paraphrases end
in the value, so that a model can be asked to go on from the words before it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from simulator.world.grammar import Choice, Node
from simulator.world.knowledge import World
from simulator.world.patterns import pattern


@dataclass(frozen=True)
class Wording:
    """The words for one relation.

    Attributes:
        relation: Name of the relation, an attribute of Person or Place; ``{v}`` in the patterns stands for its value.
        statements: Full sentences without the last stop, all used in the corpus.
        questions: Questions used in the dialogues of the corpus.
        paraphrase: A statement kept out of the corpus; always about a name.
    """

    relation: str
    statements: tuple[str, ...]
    questions: tuple[str, ...]
    paraphrase: str


PERSON_WORDINGS = (
    Wording("home", ("<S> lives in {v}", "<P> home is in {v}", "<S> has a house in {v}"),
            ("Where does <s> live?", "Which place is <p> home?"),
            "If you want to visit <s>, go to {v}"),
    Wording("job", ("<S> works as a {v}", "<P> job is to be a {v}", "<S> is a {v}"),
            ("What is <p> job?", "What does <s> do for a living?"),
            "For work, <s> is employed as a {v}"),
    Wording("pet", ("<S> has a pet {v}", "<S> keeps a {v}", "<P> pet is a {v}"),
            ("What kind of pet does <s> have?", "Which animal does <s> keep?"),
            "At home, <s> looks after a {v}"),
    Wording("pet_name", ("<P> pet is named {v}", "<S> calls {her} pet {v}", "<P> pet answers to the name {v}"),
            ("What is <p> pet called?", "What is the name of <p> pet?"),
            "When <s> wants the pet to come, you hear: {v}"),
    Wording("food", ("<P> favourite food is {v}", "<S> loves to eat {v}", "<S> is very fond of {v}"),
            ("What is <p> favourite food?", "What does <s> love to eat?"),
            "The dish that <s> likes most is {v}"),
    Wording("hobby", ("<S> enjoys {v}", "<P> hobby is {v}", "<S> spends {her} free time {v}"),
            ("What is <p> hobby?", "What does <s> enjoy?"),
            "On days off, <s> is usually busy {v}"),
    Wording("friend", ("<P> best friend is {v}", "<S> is best friends with {v}", "<S> often visits {her} friend {v}"),
            ("Who is <p> best friend?", "Who is <s> best friends with?"),
            "The person that <s> trusts most is {v}"),
)  # fmt: skip

PLACE_WORDINGS = (
    Wording("kind", ("<S> is a {v}", "<S> is a small {v}"), ("What kind of place is <s>?",),
            "On the map, <s> is marked as a {v}"),
    Wording("setting", ("<S> lies {v}", "<S> stands {v}"), ("Where does <s> lie?",),
            "You will find <s> {v}"),
    Wording("product", ("<S> is known for its {v}", "<S> is famous for its {v}", "People come to <s> for its {v}"),
            ("What is <s> known for?", "What is <s> famous for?"),
            "The best thing to buy in <s> is some {v}"),
    Wording("market_day", ("<S> has a market every {v}", "<P> market opens on {v}"),
            ("On which day is <p> market?", "When does <p> market open?"),
            "The stalls of <s> are set up each {v}"),
)  # fmt: skip


def phrase(text: str, relation: str, *, named: bool, prefix: str = "") -> str:
    """Turn a wording into a pattern.

    Args:
        text: The wording.
        relation: The column that ``{v}`` stands for.
        named: The subject is a name; otherwise a pronoun.
        prefix: Put before every column, for texts about two people.
    """
    marks = {"<S>": "{name}", "<s>": "{name}", "<P>": "{name}'s", "<p>": "{name}'s"}
    if not named:
        marks = {"<S>": "{She}", "<s>": "{she}", "<P>": "{Her}", "<p>": "{her}"}
    for mark, words in marks.items():
        text = text.replace(mark, words)
    return text.replace("{v}", "{" + relation + "}").replace("{", "{" + prefix)


def statement(wording: Wording, *, named: bool, prefix: str = "") -> Node:
    """Every sentence of the corpus that states the relation, equally likely, with its stop."""
    texts = (phrase(text, wording.relation, named=named, prefix=prefix) for text in wording.statements)
    return Choice(tuple(pattern(text + ".") for text in texts))


def question(wording: Wording, *, named: bool, prefix: str = "") -> Node:
    """Every question of the corpus that asks for the relation, equally likely."""
    texts = (phrase(text, wording.relation, named=named, prefix=prefix) for text in wording.questions)
    return Choice(tuple(pattern(text) for text in texts))


def person_rows(world: World, prefix: str = "") -> tuple[dict[str, str], ...]:
    """One row a person: their own facts, those of their home (``town_...``) and some of their friend (``friend_...``)."""
    rows = []
    for person in world.people:
        home, friend = world.place(person.home), world.person(person.friend)
        row = dict(vars(person))
        row |= {"She": person.she.title(), "Her": person.her.title(), "him": "her" if person.she == "she" else "him"}
        row |= {"town_product": home.product, "town_day": home.market_day}
        row |= {"friend_hobby": friend.hobby, "friend_home": friend.home, "friend_food": friend.food}
        rows.append(_prefixed(row, prefix))
    return tuple(rows)


def place_rows(world: World, prefix: str = "") -> tuple[dict[str, str], ...]:
    """One row a place, with the pronouns of a thing."""
    pronouns = {"She": "It", "she": "it", "Her": "Its", "her": "its"}
    return tuple(_prefixed({**vars(place), **pronouns}, prefix) for place in world.places)


def _prefixed(row: Mapping[str, str], prefix: str) -> dict[str, str]:
    return {prefix + column: value for column, value in row.items()}
