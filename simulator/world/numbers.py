"""Grammars of arithmetic, word problems and tiny programs, with numbers small enough to learn by heart."""

from __future__ import annotations

from dataclasses import dataclass

from simulator.world.grammar import Choice, Draw, Literal, Node, Sequence
from simulator.world.knowledge import World
from simulator.world.patterns import pattern
from simulator.world.relations import person_rows
from simulator.world.things import thing_rows

WORDS = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")
OPERATORS = ("+", "-", "*")

_Row = dict[str, str]


def operands(operator: str) -> tuple[tuple[int, int], ...]:
    """The pairs that are used with an operator: sums and differences within 18, times tables up to 5."""
    if operator == "+":
        return tuple((a, b) for a in range(1, 10) for b in range(1, 10))
    if operator == "-":
        return tuple((a + b, b) for a in range(1, 10) for b in range(1, 10))
    return tuple((a, b) for a in range(1, 6) for b in range(1, 6))


def compute(operator: str, a: int, b: int) -> int:
    """The result of ``a operator b``."""
    return {"+": a + b, "-": a - b, "*": a * b}[operator]


def number_rows(operator: str, low: int = 1) -> tuple[_Row, ...]:
    """The table of an operator: columns ``a``, ``b`` and the result ``c``, none of them below ``low``."""
    rows = ((a, b, compute(operator, a, b)) for a, b in operands(operator))
    return tuple({"a": str(a), "b": str(b), "c": str(c)} for a, b, c in rows if min(a, b, c) >= low)


def equation() -> Node:
    """One line such as ``3 + 4 = 7``; the operators come as often as they have pairs."""
    tables = {operator: number_rows(operator) for operator in OPERATORS}
    lines = tuple(Draw(rows, pattern("{a} " + operator + " {b} = {c}")) for operator, rows in tables.items())
    return Choice(lines, tuple(float(len(rows)) for rows in tables.values()))


def arithmetic_grammar() -> Node:
    """Three to six equations, or some sums said in words."""
    line = equation()
    newline = Literal("\n")
    lists = tuple(
        Sequence((line, *(part for _ in range(count - 1) for part in (newline, line))))
        for count in range(3, 7)
    )
    spoken = Choice((_spoken("plus"), _spoken("minus")))
    space = Literal(" ")
    return Choice((Choice(lists), Sequence((spoken, space, spoken, space, spoken))), (0.8, 0.2))


def _spoken(verb: str, largest: int = 5) -> Node:
    pairs = [(a, b) for a in range(largest + 1) for b in range(largest + 1)]
    rows = [(a, b, a + b) if verb == "plus" else (a + b, b, a) for a, b in pairs]
    table = tuple({"a": WORDS[a].title(), "b": WORDS[b], "c": WORDS[c]} for a, b, c in rows)
    return Draw(table, pattern("{a} " + verb + " {b} is {c}."))


WORD_PROBLEMS = (
    ("+", "{name} has {a} {things} and [finds|buys|gets] {b} more. How many now?"),
    ("+", "{name} has {a} {things}. {friend} gives {him} {b} more. How many now?"),
    ("-", "{name} has {a} {things} and [loses|sells|drops] {b}. How many are left?"),
    ("-", "{name} has {a} {things}. {She} gives {b} to {friend}. How many are left?"),
    ("*", "{name} has {a} [boxes|bags] with {b} {things} in each. How many in all?"),
)
"""Operator and pattern of each word problem, up to the question."""


def word_problem_grammar(world: World) -> Node:
    """A story with numbers, its question, the sum worked out, and the answer."""
    return Draw(
        person_rows(world), Draw(thing_rows(), Choice(tuple(_problem(*row) for row in WORD_PROBLEMS)))
    )


def _problem(operator: str, text: str) -> Node:
    rows = number_rows(operator, low=2)
    return Draw(rows, pattern(text + " {a} " + operator + " {b} = {c}."))


def program_grammar() -> Node:
    """A few lines that print a number, or a function with an example of its use."""
    return Choice((_straight_program(), _function_program()))


def _straight_program() -> Node:
    names = tuple({"x": x, "y": y} for x, y in (("x", "y"), ("a", "b"), ("n", "m"), ("p", "q"), ("i", "j")))
    two_steps = Choice(
        tuple(_program(op, "{x} = {a}\n{y} = {x} " + op + " {b}\nprint({y})\n# {c}") for op in OPERATORS)
    )
    two_inputs = Choice(
        tuple(_program(op, "{x} = {a}\n{y} = {b}\nprint({x} " + op + " {y})\n# {c}") for op in OPERATORS)
    )
    return Draw(names, Choice((two_steps, two_inputs)))


def _program(operator: str, text: str) -> Node:
    return Draw(number_rows(operator), pattern(text))


@dataclass(frozen=True)
class Function:
    """A tiny function: what it computes in words, its head, what it returns, and a call of it.

    ``{a}`` and ``{b}`` are the two numbers of the operator; a ``constant`` function has ``{b}`` in its body.
    """

    operator: str
    comment: str
    head: str
    body: str
    call: str

    @property
    def constant(self) -> bool:
        """Whether the second number stands in the body, and only the first one is passed."""
        return "{b}" in self.body


FUNCTIONS = (
    Function("+", "add {b} to x", "add(x)", "x + {b}", "add({a})"),
    Function("-", "take {b} from x", "take(x)", "x - {b}", "take({a})"),
    Function("*", "x times {b}", "times(x)", "x * {b}", "times({a})"),
    Function("+", "the sum of x and y", "total(x, y)", "x + y", "total({a}, {b})"),
    Function("-", "x less y", "rest(x, y)", "x - y", "rest({a}, {b})"),
    Function("*", "the product of x and y", "product(x, y)", "x * y", "product({a}, {b})"),
)


def _function_program() -> Node:
    text = "# {comment}\ndef {head}:\n    return {body}\nprint({call})\n# {c}"
    options = []
    for function in FUNCTIONS:
        fields = ("comment", "head", "body", "call")
        parts = {field: pattern(getattr(function, field)) for field in fields}
        options.append(Draw(number_rows(function.operator), pattern(text, **parts)))
    return Choice(tuple(options))
