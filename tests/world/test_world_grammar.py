"""The grammar engine: sampling, scoring, entropy and enumeration agree, also with hand counts."""

from __future__ import annotations

import math
from collections import Counter
from random import Random

import pytest

from simulator.world.grammar import Choice, Draw, Literal, Sequence, Slot, ordered, sample, score
from simulator.world.patterns import either, pattern

LN2 = math.log(2)


def test_a_weighted_choice_has_its_textbook_entropy_and_scores():
    node = Choice((Literal("a"), Literal("b")), (3.0, 1.0))
    assert node.entropy() == pytest.approx(-(0.75 * math.log(0.75) + 0.25 * math.log(0.25)))
    assert score(node, "a") == pytest.approx(math.log(0.75))
    assert score(node, "c") == -math.inf


def test_a_drawn_row_that_is_written_twice_counts_once():
    rows = ({"name": "Nia", "pet": "fox"}, {"name": "Tom", "pet": "cat"})
    node = Draw(rows, pattern("{name} has a {pet}. {name} [sings|runs]."))
    assert node.entropy() == pytest.approx(2 * LN2)
    assert score(node, "Nia has a fox. Nia sings.") == pytest.approx(-2 * LN2)
    assert score(node, "Nia has a cat. Nia sings.") == -math.inf
    assert score(node, "Nia has a fox. Tom sings.") == -math.inf


def test_score_adds_up_the_rows_that_a_text_does_not_tell_apart():
    rows = ({"name": "Nia", "pet": "fox"}, {"name": "Tom", "pet": "fox"}, {"name": "Ada", "pet": "cat"})
    node = Draw(rows, pattern("A {pet}."))
    assert score(node, "A fox.") == pytest.approx(math.log(2 / 3))
    assert score(node, "A cat.") == pytest.approx(math.log(1 / 3))


def test_score_adds_up_every_derivation_of_an_ambiguous_text():
    node = Sequence((either("a", "aa"), either("a", "aa")))
    assert score(node, "aaa") == pytest.approx(math.log(0.5))
    assert score(node, "aa") == pytest.approx(math.log(0.25))


def test_values_that_begin_alike_are_told_apart_by_what_follows():
    node = Draw(({"town": "Oak"}, {"town": "Oakton"}), pattern("In {town}[|ton]."))
    assert score(node, "In Oakton.") == pytest.approx(math.log(0.5))  # "Oak" + "ton", or "Oakton" + ""
    assert score(node, "In Oak.") == pytest.approx(math.log(0.25))


def test_ordered_writes_every_arrangement_equally_often():
    pairs = tuple((Literal(letter.upper()), Literal(letter)) for letter in "abcd")
    node = ordered(pairs, 3)
    texts = dict(node.enumerate({}))
    assert len(texts) == 4 * 3 * 2
    assert all(len(set(text.lower())) == 3 and text[0].isupper() and text[1:].islower() for text in texts)
    assert list(texts.values()) == pytest.approx([1 / 24] * 24)
    assert node.entropy() == pytest.approx(math.log(24))


def test_samples_come_as_often_as_enumeration_says():
    node = Draw(({"n": "1"}, {"n": "2"}), pattern("{n}[a|[b|c]]"), (1.0, 3.0))
    expected = dict(node.enumerate({}))
    assert math.fsum(expected.values()) == pytest.approx(1.0)
    random, count = Random(5), 20_000
    seen = Counter(sample(node, random) for _ in range(count))
    assert {text for text, _ in seen} == set(expected)
    for (text, log_probability), times in seen.items():
        p = expected[text]
        assert log_probability == pytest.approx(math.log(p))
        assert abs(times - count * p) < 5 * math.sqrt(count * p * (1 - p))


def test_patterns_nest_and_take_nodes_and_other_columns():
    node = pattern("[x|{inner}{other}[|!]]", inner=Literal("y"), other="name")
    texts = dict(node.enumerate({"name": "Nia"}))
    assert texts == pytest.approx({"x": 0.5, "yNia": 0.25, "yNia!": 0.25})


@pytest.mark.parametrize("text", ["[a|b", "a]b", "[[a]"])
def test_unmatched_brackets_are_refused(text):
    with pytest.raises(ValueError, match="unmatched"):
        pattern(text)


def test_choices_and_draws_that_cannot_work_are_refused():
    with pytest.raises(ValueError, match="options"):
        Choice(())
    with pytest.raises(ValueError, match="weight"):
        Choice((Literal("a"),), (0.0,))
    with pytest.raises(ValueError, match="columns"):
        Draw(({"a": "1"}, {"b": "2"}), Slot("a"))
