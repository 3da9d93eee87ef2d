"""Tasks: answers checked against the world, by computing, and by running the programs."""

from __future__ import annotations

import ast
import operator
import re

import pytest

from simulator.world import build_world, generate_documents, log_probability
from simulator.world.tasks import (
    FACT_WORDINGS,
    ProgramTask,
    arithmetic,
    dialogues,
    fact_questions,
    programs,
    word_problems,
)

WORLD = build_world(0)
OPERATORS = {"+": operator.add, "-": operator.sub, "*": operator.mul}


@pytest.mark.parametrize("wording", FACT_WORDINGS)
def test_one_choice_is_true_and_the_others_are_false(wording):
    facts = {(fact.subject, fact.relation): fact.value for fact in WORLD.facts()}
    asked = set()
    for question in fact_questions(WORLD, len(facts), 3, wording):
        subject = next(
            name for name, key in facts if key == question.kind and re.search(rf"\b{name}\b", question.prompt)
        )
        asked.add((subject, question.kind))
        assert len(set(question.choices)) == 4
        assert all(
            choice.startswith(" ") and choice.strip() in WORLD.values(question.kind)
            for choice in question.choices
        )
        true = [choice.strip() == facts[subject, question.kind] for choice in question.choices]
        assert true.index(True) == question.answer
        assert sum(true) == 1
        assert " " + subject not in question.choices
        assert question.prompt == question.prompt.strip()
    assert asked == set(facts)


def test_answers_stand_at_every_position():
    answers = [question.answer for question in fact_questions(WORLD, 400, 0)]
    assert all(70 < answers.count(index) < 130 for index in range(4))


def test_the_corpus_uses_the_first_two_wordings_and_never_the_paraphrase():
    kinds = ("encyclopedia", "dialogue")
    corpus = "\n".join(document.text for document in generate_documents(WORLD, 40_000, 0, kinds))
    said = {}
    for wording in FACT_WORDINGS:
        questions = fact_questions(WORLD, 392, 0, wording)
        said[wording] = sum(
            question.prompt + question.choices[question.answer] in corpus for question in questions
        )
        wrong = [q.prompt + c + "." for q in questions for i, c in enumerate(q.choices) if i != q.answer]
        assert not any(text in corpus for text in wrong)
    assert said["statement"] > 380
    assert said["dialogue"] > 380
    assert said["paraphrase"] == 0


def test_the_same_seed_gives_the_same_questions_and_an_unknown_wording_is_refused():
    assert fact_questions(WORLD, 30, 1) == fact_questions(WORLD, 30, 1)
    assert fact_questions(WORLD, 30, 1) != fact_questions(WORLD, 30, 2)
    with pytest.raises(ValueError, match="statement, dialogue, paraphrase"):
        fact_questions(WORLD, 1, 1, "song")  # type: ignore[arg-type]


def test_sums_are_right_and_in_the_words_of_the_corpus():
    tasks = arithmetic(187, 0)
    assert len({task.prompt for task in tasks}) == 187
    for task in tasks:
        a, sign, b = re.fullmatch(r"(\d+) ([+*-]) (\d+) =", task.prompt).groups()
        assert OPERATORS[sign](int(a), int(b)) == int(task.answer)
        lines = "\n".join([task.prompt + task.solution] * 3)
        assert log_probability(WORLD, lines, kinds=("arithmetic",)) > -30


def test_word_problems_are_right_and_in_the_words_of_the_corpus():
    kinds = set()
    for task in word_problems(WORLD, 300, 0):
        a, b = map(int, re.findall(r"\d+", task.prompt))
        assert OPERATORS[task.kind](a, b) == int(task.answer)
        assert re.findall(r"\d+", task.solution)[-1] == task.answer
        assert log_probability(WORLD, task.prompt + task.solution, kinds=("word_problem",)) > -30
        kinds.add(task.kind)
    assert kinds == set(OPERATORS)


def run(task: ProgramTask, arguments: tuple[int, ...]) -> int:
    """Evaluate the one-line function of a task without running it as Python."""
    function = ast.parse(task.prompt + task.solution).body[0]
    assert isinstance(function, ast.FunctionDef)
    assert function.name == task.name
    values = dict(zip((argument.arg for argument in function.args.args), arguments, strict=True))
    result = function.body[0].value
    sign = {ast.Add: "+", ast.Sub: "-", ast.Mult: "*"}[type(result.op)]
    left, right = (
        values[side.id] if isinstance(side, ast.Name) else side.value for side in (result.left, result.right)
    )
    return OPERATORS[sign](left, right)


def test_programs_pass_their_tests():
    tasks = programs(100, 0)
    assert len({task.prompt for task in tasks}) == 9 + 9 + 5 + 3
    for task in tasks:
        assert len(task.tests) == 4
        for test in task.tests:
            assert run(task, test.arguments) == test.expected


def test_programs_are_in_the_words_of_the_corpus():
    for task in programs(26, 0):
        test = task.tests[0]
        if len(test.arguments) == 1:
            call = f"print({task.name}({test.arguments[0]}))\n# {test.expected}"
        else:
            call = f"print({task.name}({test.arguments[0]}, {test.arguments[1]}))\n# {test.expected}"
        text = task.prompt + task.solution + call
        assert log_probability(WORLD, text, kinds=("program",)) > -30


def test_dialogues_are_true_and_in_the_words_of_the_corpus():
    thanks = "\nUser: Good.\nAssistant: Any time."
    for dialogue in dialogues(WORLD, 200, 0):
        assert len(dialogue.turns) == 2
        assert all(turn.answer in turn.assistant for turn in dialogue.turns)
        assert log_probability(WORLD, dialogue.text + thanks, kinds=("dialogue",)) > -30
