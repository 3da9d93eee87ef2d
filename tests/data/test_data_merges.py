from __future__ import annotations

import random
import time
from collections import Counter
from functools import cache
from pydoc_data.topics import topics

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from simulator.s01_data.merge_learning import count_words, learn_merges, replay_merges
from simulator.s01_data.merges import MergeHistory, MergeList, token_label, word_border_steps
from simulator.text.tokenizer import BpeTokenizer, train_bpe
from simulator.world import build_world, generate_documents

# Two ways to the same token "abc"; the pair ("abc", "d") is learned between them.
TWICE = [
    (b"a", b"b"),
    (b"ab", b"c"),
    (b"abc", b"d"),
    (b"b", b"c"),
    (b"a", b"bc"),
    (b"abcd", b"abcd"),
    (b"d", b"a"),
]


@cache
def toy_texts() -> tuple[str, ...]:
    return tuple(document.text for document in generate_documents(build_world(), 1500, 0))


@cache
def toy_bpe() -> BpeTokenizer:
    return train_bpe(toy_texts(), 1200)


@cache
def reference_texts() -> tuple[str, ...]:
    return tuple(topics.values())[:25]


def _states_by_library(text: str, merges, steps) -> list[list[int]]:
    return [BpeTokenizer(merges[:step]).encode(text) for step in steps]


# ---- the merges are the library's


@pytest.mark.parametrize(("texts", "vocabulary"), [(toy_texts, 1200), (reference_texts, 1000)])
def test_our_counting_learns_the_very_merges_of_the_library(texts, vocabulary):
    library = train_bpe(texts(), vocabulary).merges
    learned = learn_merges(count_words(texts()), vocabulary - 257)
    assert len(library) > 700
    assert [merge.pair for merge in learned] == library


@given(st.lists(st.text("aab é1.\n", max_size=30), max_size=12), st.integers(0, 60))
@settings(max_examples=80)
def test_it_does_on_any_text(texts, number):
    learned = learn_merges(count_words(texts), number)
    assert [merge.pair for merge in learned] == train_bpe(texts, 257 + number).merges


def test_counts_are_those_of_the_text():
    words = count_words(toy_texts()[:300])
    learned = learn_merges(words, 60, rivals=4)
    parts = {word: [word[i : i + 1] for i in range(len(word))] for word in words}
    for merge in learned:
        counts: Counter[tuple[bytes, bytes]] = Counter()
        for word, weight in words.items():
            for pair in zip(parts[word], parts[word][1:], strict=False):
                counts[pair] += weight
        best = sorted(counts.values(), reverse=True)[:5]
        assert [merge.count, *(count for _, count in merge.rivals)] == best
        assert all(counts[pair] == count for pair, count in [(merge.pair, merge.count), *merge.rivals])
        for word, cut in parts.items():
            parts[word] = _merged(cut, merge.pair)


def _merged(parts: list[bytes], pair: tuple[bytes, bytes]) -> list[bytes]:
    made: list[bytes] = []
    for part in parts:
        if made and (made[-1], part) == pair:
            made[-1] += part
        else:
            made.append(part)
    return made


def test_merges_learned_elsewhere_are_counted_here():
    words = count_words(toy_texts()[:200])
    own = learn_merges(words, 40, rivals=2)
    replayed = replay_merges(words, [merge.pair for merge in own], rivals=2)
    assert replayed == own
    foreign = replay_merges(words, [(b"q", b"q"), (b" ", b"t"), (b"qq", b" ")], rivals=1)
    assert foreign[0].count == foreign[2].count == 0
    assert foreign[1].count == sum(word.count(b" t") * weight for word, weight in words.items())
    assert foreign[1].rivals[0][1] >= foreign[1].count


def test_no_pair_twice_is_no_merge():
    assert learn_merges(count_words(["abc"]), 10) == []
    assert learn_merges(Counter(), 10) == []


# ---- applied to a text


@given(st.text() | st.text("etaoins h.'1é\n"))
@settings(max_examples=120)
def test_all_merges_give_what_the_library_encodes(text):
    history = MergeHistory(text, MergeList(toy_bpe().merges))
    pieces = history.pieces_after(history.steps)
    assert [piece.token for piece in pieces] == toy_bpe().encode(text)
    assert b"".join(piece.data for piece in pieces) == history.data


@pytest.mark.parametrize("text", [" ".join(toy_texts()[:4]), "naïve 猫 don't\n\n  x", "thethethe  the"])
def test_every_state_is_that_of_a_tokenizer_with_so_many_merges(text):
    merges = toy_bpe().merges
    history = MergeHistory(text, MergeList(merges))
    steps = [0, 1, 2, 3, *random.Random(0).sample(range(4, len(merges)), 25), len(merges)]
    for step, ids in zip(steps, _states_by_library(text, merges, steps), strict=True):
        assert [piece.token for piece in history.pieces_after(step)] == ids
        assert history.token_counts[step] == len(ids)
        assert history.bytes_per_token()[step] == pytest.approx(len(history.data) / len(ids))


@given(st.text("abcd", max_size=40))
@settings(max_examples=150)
def test_two_merges_that_make_the_same_token(text):
    history = MergeHistory(text, MergeList(TWICE))
    for step in range(len(TWICE) + 1):
        pieces = history.pieces_after(step)
        assert [piece.token for piece in pieces] == BpeTokenizer(TWICE[:step]).encode(text)


@given(st.text("ab c", max_size=60), st.randoms())
@settings(max_examples=100)
def test_borders_only_ever_go(text, chance):
    words = count_words([text, "".join(chance.choices("ab c", k=50))])
    merges = [merge.pair for merge in learn_merges(words, 30)]
    history = MergeHistory(text, MergeList(merges))
    before = history.borders_after(0)
    assert len(before) == len(history.data)
    for step in range(1, history.steps + 1):
        after = history.borders_after(step)
        joined = history.joined_by(step)
        assert sorted([*after, *joined]) == before.tolist()
        assert (step in history.active) == bool(len(joined))
        before = after


def test_the_order_of_asking_makes_no_difference():
    history = MergeHistory(" ".join(toy_texts()[:3]), MergeList(toy_bpe().merges))
    steps = [*range(0, history.steps, 50), *range(history.steps, 0, -70)]
    first = {step: history.pieces_after(step) for step in steps}
    random.Random(1).shuffle(steps)
    assert all(history.pieces_after(step) == first[step] for step in steps)


def test_the_vocabulary_grows_with_new_tokens_only():
    listed = MergeList(TWICE)
    assert [listed.vocabulary_after(step) for step in range(len(TWICE) + 1)] == [
        BpeTokenizer(TWICE[:step]).vocab_size for step in range(len(TWICE) + 1)
    ]
    assert listed.ids[b"abc"] == 258


def test_a_merge_before_its_parts_is_refused():
    with pytest.raises(ValueError, match="merge 2"):
        MergeList([(b"a", b"b"), (b"bc", b"d")])


def test_an_empty_text_and_no_merges():
    empty = MergeHistory("", MergeList(toy_bpe().merges))
    assert empty.pieces_after(10) == []
    assert not empty.token_counts.any()
    assert not empty.bytes_per_token().any()
    bare = MergeHistory("hé", MergeList([]))
    assert [piece.token for piece in bare.pieces_after(0)] == list("hé".encode())
    assert bare.active.size == 0


def test_surrogates_become_the_replacement_character():
    history = MergeHistory("a\ud800b", MergeList([]))
    assert history.text == "a\ufffdb"


def test_a_word_without_end_is_quick():
    """A hundred thousand letters without a space: the heap keeps it from going quadratic."""
    ranks = MergeList([(b"a", b"a"), (b"aa", b"aa"), (b"aaaa", b"aaaa")]).ranks
    began = time.perf_counter()
    steps = word_border_steps(b"a" * 100_000, ranks)
    assert time.perf_counter() - began < 5
    assert Counter(steps) == {1: 50_000, 2: 25_000, 3: 12_500, 2**31 - 1: 12_500}


def test_labels_can_be_read():
    assert token_label(b" the") == "·the"
    assert token_label("é\n".encode()) == "é↵"
    assert token_label("é".encode()[:1]) == "c3"
    assert token_label(b"\x00") == "00"


def test_counting_is_fast_enough_to_watch():
    began = time.perf_counter()
    history = MergeHistory(" ".join(toy_texts()[:30]), MergeList(toy_bpe().merges))
    for step in range(0, history.steps, 10):
        history.pieces_after(step)
    assert time.perf_counter() - began < 3
    assert np.all(np.diff(history.token_counts) <= 0)
