"""Questions about the toy world with known answers, for evaluation, instruction tuning and preferences.

Every prompt ends where its answer begins: a choice, an answer or a solution is what comes right after it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from random import Random
from typing import Literal, TypeVar

from simulator.world.grammar import Choice, Draw, Node
from simulator.world.knowledge import World
from simulator.world.numbers import (
    FUNCTIONS,
    OPERATORS,
    WORD_PROBLEMS,
    Function,
    compute,
    number_rows,
    operands,
)
from simulator.world.patterns import pattern
from simulator.world.relations import (
    PERSON_WORDINGS,
    PLACE_WORDINGS,
    Wording,
    person_rows,
    phrase,
    place_rows,
)
from simulator.world.things import thing_rows

FactWording = Literal["statement", "dialogue", "paraphrase"]
FACT_WORDINGS: tuple[FactWording, ...] = ("statement", "dialogue", "paraphrase")
"""How a fact can be asked: as entries state it, as dialogues ask for it, or in words new to the corpus."""

CHOICES = 4

_Item = TypeVar("_Item")


@dataclass(frozen=True)
class ChoiceQuestion:
    """A question with four choices.

    Attributes:
        prompt: The text before the answer.
        choices: Four texts that could follow it, each with its leading space; one is true.
        answer: Index of the true one.
        kind: The relation asked for.
    """

    prompt: str
    choices: tuple[str, ...]
    answer: int
    kind: str


@dataclass(frozen=True)
class AnswerTask:
    """A question with one short answer.

    Attributes:
        prompt: The question.
        answer: The last number of a right reply.
        kind: The operator it takes: ``+``, ``-`` or ``*``.
        solution: A full reply in the corpus's words, as it follows the prompt.
    """

    prompt: str
    answer: str
    kind: str
    solution: str


@dataclass(frozen=True)
class ProgramTest:
    """One call and what it must return."""

    arguments: tuple[int, ...]
    expected: int


@dataclass(frozen=True)
class ProgramTask:
    """A function to complete.

    Attributes:
        prompt: A comment that says what to compute, and the head of the function.
        tests: Calls with the results they must give.
        solution: A right completion, as it follows the prompt.
        name: The function's name.
    """

    prompt: str
    tests: tuple[ProgramTest, ...]
    solution: str
    name: str


@dataclass(frozen=True)
class Turn:
    """A question, a right reply, and the words that any right reply holds."""

    user: str
    assistant: str
    answer: str


@dataclass(frozen=True)
class Dialogue:
    """Turns between User and Assistant about one subject."""

    turns: tuple[Turn, ...]

    @property
    def text(self) -> str:
        """The dialogue as the corpus writes it."""
        return "\n".join(f"User: {turn.user}\nAssistant: {turn.assistant}" for turn in self.turns)


def fact_questions(
    world: World, count: int, seed: int, wording: FactWording = "statement"
) -> list[ChoiceQuestion]:
    """Four-choice questions about facts; no fact comes twice before every fact has come once.

    The three wrong choices are values that the same relation takes for others in this world.

    Args:
        world: The world asked about.
        count: How many.
        seed: Start of the random choices.
        wording: One of FACT_WORDINGS; the first two are the corpus's own.

    Raises:
        ValueError: if the wording is none of them.
    """
    if wording not in FACT_WORDINGS:
        raise ValueError(f"a wording is one of {', '.join(FACT_WORDINGS)}, not '{wording}'")
    random = Random(f"facts {world.seed} {seed} {wording}")
    values = {item.relation: world.values(item.relation) for item in (*PERSON_WORDINGS, *PLACE_WORDINGS)}
    return [
        _fact_question(item, row, values[item.relation], wording, random)
        for item, row in _shuffled(_facts(world), count, random)
    ]


def arithmetic(count: int, seed: int) -> list[AnswerTask]:
    """Sums such as ``3 + 4 =``, as the corpus writes them; each comes once before any comes twice."""
    random = Random(f"arithmetic {seed}")
    sums = [(operator, a, b) for operator in OPERATORS for a, b in operands(operator)]
    tasks = []
    for operator, a, b in _shuffled(sums, count, random):
        answer = str(compute(operator, a, b))
        tasks.append(AnswerTask(f"{a} {operator} {b} =", answer, operator, " " + answer))
    return tasks


def word_problems(world: World, count: int, seed: int) -> list[AnswerTask]:
    """Little stories with numbers, up to their question; the solution works out the sum first."""
    random = Random(f"word problems {world.seed} {seed}")
    nodes = {text: _problem(world, operator, text) for operator, text in WORD_PROBLEMS}
    tasks = []
    for _ in range(count):
        operator, text = random.choice(WORD_PROBLEMS)
        values: dict[str, str] = {}
        out: list[str] = []
        nodes[text].sample(random, values, out)
        solution = " {a} {operator} {b} = {c}.".format_map({**values, "operator": operator})
        tasks.append(AnswerTask("".join(out), values["c"], operator, solution))
    return tasks


def programs(count: int, seed: int, tests: int = 4) -> list[ProgramTask]:
    """Functions to complete, each with calls that check it."""
    random = Random(f"programs {seed}")
    cases = [(function, b) for function in FUNCTIONS for b in _constants(function)]
    return [_program(function, b, random, tests) for function, b in _shuffled(cases, count, random)]


def dialogues(world: World, count: int, seed: int) -> list[Dialogue]:
    """Two questions about one subject, the second one with a pronoun, and their short answers."""
    random = Random(f"dialogues {world.seed} {seed}")
    people, places = person_rows(world), place_rows(world)
    made = []
    for _ in range(count):
        about_person = random.random() < 0.75
        row = random.choice(people if about_person else places)
        first, second = random.sample(PERSON_WORDINGS if about_person else PLACE_WORDINGS, 2)
        made.append(Dialogue((_turn(first, row, "name", random), _turn(second, row, "pronoun", random))))
    return made


def _facts(world: World) -> list[tuple[Wording, dict[str, str]]]:
    people = [(wording, row) for row in person_rows(world) for wording in PERSON_WORDINGS]
    return people + [(wording, row) for row in place_rows(world) for wording in PLACE_WORDINGS]


def _fact_question(
    item: Wording, row: dict[str, str], values: Sequence[str], wording: FactWording, random: Random
) -> ChoiceQuestion:
    if wording == "dialogue":
        question = phrase(random.choice(item.questions), item.relation)
        text = f"User: {question}\nAssistant: {phrase(item.answer, item.relation)}"
    else:
        text = phrase(
            item.paraphrase if wording == "paraphrase" else random.choice(item.statements), item.relation
        )
    prompt = text.removesuffix(" {" + item.relation + "}").format_map(row)
    truth = row[item.relation]
    wrong = [value for value in values if value not in (truth, row["name"])]
    choices = [truth, *random.sample(wrong, CHOICES - 1)]
    random.shuffle(choices)
    return ChoiceQuestion(
        prompt, tuple(" " + choice for choice in choices), choices.index(truth), item.relation
    )


def _problem(world: World, operator: str, text: str) -> Node:
    return Draw(
        person_rows(world), Draw(thing_rows(), Draw(number_rows(operator, low=2), Choice((pattern(text),))))
    )


def _constants(function: Function) -> list[int]:
    """The numbers that may stand in the function; [0], unused, if it has none."""
    return sorted({b for _, b in operands(function.operator)}) if function.constant else [0]


def _program(function: Function, b: int, random: Random, tests: int) -> ProgramTask:
    pairs = random.sample(operands(function.operator), len(operands(function.operator)))
    if function.constant:
        pairs = [(a, b) for a, other in pairs if other == b]
    cases = tuple(
        ProgramTest((x,) if function.constant else (x, y), compute(function.operator, x, y))
        for x, y in pairs[:tests]
    )
    numbers = {"b": str(b)}
    prompt = f"# {function.comment}\ndef {function.head}:".format_map(numbers)
    solution = f"\n    return {function.body}\n".format_map(numbers)
    return ProgramTask(prompt, cases, solution, function.head.partition("(")[0])


def _turn(wording: Wording, row: dict[str, str], subject: Literal["name", "pronoun"], random: Random) -> Turn:
    question = phrase(random.choice(wording.questions), wording.relation, subject=subject).format_map(row)
    reply = phrase(wording.answer, wording.relation, subject=subject).format_map(row) + "."
    return Turn(question, reply, row[wording.relation])


def _shuffled(items: Sequence[_Item], count: int, random: Random) -> Iterator[_Item]:
    """``count`` items: a shuffle of all, then another, and so on."""
    while count > 0:
        part = random.sample(items, min(count, len(items)))
        count -= len(part)
        yield from part
