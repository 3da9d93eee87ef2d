"""Documents carry their exact probability: re-derived from the text, summed over texts, on average."""

from __future__ import annotations

import hashlib
import math
import os
import re
import statistics
import subprocess
import sys
import time
from functools import cache
from random import Random

import pytest

from simulator.errors import InputError
from simulator.world import KIND_WEIGHTS, build_world, entropy, generate_documents, log_probability
from simulator.world.documents import kind_grammar
from simulator.world.grammar import Choice, Draw, Node, Sequence, score

KINDS = tuple(KIND_WEIGHTS)


@cache
def documents(count=4000, seed=11, kinds=()):
    return tuple(generate_documents(build_world(0), count, seed, kinds))


def test_a_reader_finds_the_probability_that_the_writer_used():
    world = build_world(0)
    for document in documents():
        assert log_probability(world, document.text) == pytest.approx(document.log_probability, abs=1e-9), (
            document
        )


def test_the_probability_is_relative_to_the_kinds_asked_for():
    world = build_world(2)
    for document in generate_documents(world, 200, seed=4, kinds=("program", "story")):
        log_p = log_probability(world, document.text, kinds=("story", "program"))
        assert log_p == pytest.approx(document.log_probability, abs=1e-9)
        assert log_probability(world, document.text) < log_p


def test_texts_that_the_world_cannot_write_have_no_probability():
    world = build_world(0)
    document = next(generate_documents(world, 1, seed=1, kinds=("encyclopedia",)))
    assert math.isfinite(log_probability(world, document.text))
    for text in (
        "",
        "Hello there.",
        document.text + " ",
        document.text[:-1],
        "3 + 4 = 8\n1 + 1 = 2\n2 + 2 = 4",
    ):
        assert log_probability(world, text) == -math.inf
    other = log_probability(build_world(1), document.text)
    assert other == -math.inf


def shrink(node: Node, random: Random, memo: dict[Node, Node]) -> Node:
    """The same grammar with at most two options a choice and two rows a draw, picked by chance."""
    if node not in memo:
        if isinstance(node, Sequence):
            memo[node] = Sequence(tuple(shrink(part, random, memo) for part in node.parts))
        elif isinstance(node, Choice):
            picks = sorted(random.sample(range(len(node.options)), min(2, len(node.options))))
            options = tuple(shrink(node.options[index], random, memo) for index in picks)
            memo[node] = Choice(options, tuple(node.weights[index] for index in picks))
        elif isinstance(node, Draw):
            rows = tuple(random.sample(node.rows, 2))
            memo[node] = Draw(rows, shrink(node.body, random, memo))
        else:
            memo[node] = node
    return memo[node]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("seed", range(3))
def test_all_texts_of_a_restricted_grammar_differ_and_their_probabilities_sum_to_one(kind, seed):
    node = shrink(kind_grammar(build_world(seed, people=12, places=6), kind), Random(seed), {})
    found: dict[str, float] = {}
    for text, probability in node.enumerate({}):
        assert text not in found
        found[text] = probability
        if len(found) > 400_000:
            pytest.fail("the restricted grammar is too large to enumerate")
    assert math.fsum(found.values()) == pytest.approx(1.0, abs=1e-9)
    assert -math.fsum(p * math.log(p) for p in found.values()) == pytest.approx(node.entropy(), abs=1e-9)
    for text in Random(seed).sample(sorted(found), min(200, len(found))):
        assert score(node, text) == pytest.approx(math.log(found[text]), abs=1e-9)


@pytest.mark.parametrize("kind", [(), *((kind,) for kind in KINDS)])
def test_the_mean_surprise_is_the_entropy_of_the_grammar(kind):
    surprises = [-document.log_probability for document in documents(4000, 5, kind)]
    error = statistics.stdev(surprises) / math.sqrt(len(surprises))
    assert abs(statistics.fmean(surprises) - entropy(build_world(0), kind)) < 4 * error + 1e-9


def test_the_mixture_has_the_entropy_of_its_kinds_and_of_the_choice_between_them():
    world = build_world(0)
    assert math.fsum(KIND_WEIGHTS.values()) == pytest.approx(1.0)
    total = math.fsum(
        share * (entropy(world, (kind,)) - math.log(share)) for kind, share in KIND_WEIGHTS.items()
    )
    assert entropy(world) == pytest.approx(total)


def test_every_kind_comes_by_its_share_and_reads_as_ascii():
    kinds = [document.kind for document in documents()]
    for kind, share in KIND_WEIGHTS.items():
        assert abs(kinds.count(kind) / len(kinds) - share) < 4 * math.sqrt(share / len(kinds))
    assert all(document.text.isascii() and document.text.strip() == document.text for document in documents())
    assert all("{" not in document.text and "<" not in document.text for document in documents())


def test_every_fact_is_stated_and_nothing_false_is():
    """Collects who is said to live where, in every entry, and compares it with the world."""
    world = build_world(0)
    stated = set()
    for document in documents(4000, 2, ("encyclopedia",)):
        for start in (" lives in ", " comes from "):
            found = re.search(rf"^(\w+){start}([^.,;]+)", document.text)
            if found:
                stated.add(found.groups())
    assert stated == {(person.name, person.home) for person in world.people}


def test_the_same_seed_gives_the_same_documents_in_another_process():
    code = (
        "import hashlib; from simulator.world import build_world, generate_documents\n"
        "world = build_world(7)\n"
        "texts = [f'{d.text}{d.log_probability!r}' for d in generate_documents(world, 300, seed=3)]\n"
        "print(hashlib.sha256(''.join(texts).encode()).hexdigest())"
    )
    texts = [f"{d.text}{d.log_probability!r}" for d in generate_documents(build_world(7), 300, seed=3)]
    here = hashlib.sha256("".join(texts).encode()).hexdigest()
    environment = {**os.environ, "PYTHONHASHSEED": "123", "PYTHONPATH": os.pathsep.join(sys.path)}
    there = subprocess.run(
        [sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True
    ).stdout
    assert there.strip() == here
    other = [d.text for d in generate_documents(build_world(7), 300, seed=4)]
    assert other != [d.text for d in generate_documents(build_world(7), 300, seed=3)]


def test_ten_thousand_documents_take_well_under_a_second_of_processor_time():
    world = build_world(0)
    next(generate_documents(world, 1, seed=0))  # builds the grammar
    start = time.process_time()
    assert sum(1 for _ in generate_documents(world, 10_000, seed=0)) == 10_000
    assert time.process_time() - start < 1.0


def test_documents_stream_and_an_unknown_kind_is_named():
    world = build_world(0)
    endless = generate_documents(world, 10**12, seed=0)
    assert next(endless).kind in KINDS
    with pytest.raises(InputError, match="poem"):
        generate_documents(world, 1, seed=0, kinds=("poem",))
