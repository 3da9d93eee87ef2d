"""Packing: nothing lost, and in the validation rows every token is predicted exactly once."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from simulator.text import packing
from simulator.text.packing import TokenStream, document_rows, pack
from simulator.text.tokenizer import ByteTokenizer, train_bpe

END = 0


def _stream(lengths: list[int]) -> TokenStream:
    """Documents of distinct tokens 1, 2, 3 ..., each followed by the end token 0; lengths count the end."""
    tokens, starts = [], []
    for length in lengths:
        starts.append(len(tokens))
        tokens += [len(tokens) + 1 + offset for offset in range(length - 1)] + [END]
    return TokenStream(
        tokens=np.array(tokens, np.int32), starts=np.array(starts, np.int64), byte_count=0, end_id=END
    )


def test_documents_follow_each_other_with_end_tokens() -> None:
    stream = pack(ByteTokenizer(), ["ab", "", "é"])
    assert stream.tokens.tolist() == [97, 98, 256, 256, 0xC3, 0xA9, 256]
    assert stream.tokens.dtype == np.int32
    assert stream.starts.tolist() == [0, 3, 4]
    assert stream.starts.dtype == np.int64
    assert (stream.byte_count, stream.document_count) == (4, 3)
    assert stream.documents() == [(0, 3), (3, 4), (4, 7)]


def test_no_documents_give_an_empty_stream_and_no_rows() -> None:
    stream = pack(ByteTokenizer(), [])
    assert (len(stream.tokens), stream.document_count, stream.byte_count) == (0, 0, 0)
    assert document_rows(stream, 8).rows.shape == (0, 9)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.text(max_size=20), max_size=12))
def test_packing_in_batches_loses_nothing(texts: list[str]) -> None:
    tokenizer = train_bpe(["the cat and the hat"] * 5, 270)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(packing, "_BATCH_CHARACTERS", 10)
        stream = pack(tokenizer, iter(texts))
    parts = [stream.tokens[first:last].tolist() for first, last in stream.documents()]
    assert parts == [[*tokenizer.encode(text), tokenizer.end_id] for text in texts]
    assert stream.byte_count == sum(len(text.encode()) for text in texts)


@settings(max_examples=300, deadline=None)
@given(st.lists(st.integers(1, 30), max_size=40), st.integers(1, 12), st.integers(1, 4))
def test_every_token_is_a_target_exactly_once_after_its_true_context(
    lengths: list[int], sequence: int, look_back: int
) -> None:
    stream = _stream(lengths)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(packing, "_LOOK_BACK", look_back)
        laid = document_rows(stream, sequence)
    inputs, targets = laid.rows[:, :-1], laid.rows[:, 1:]
    words = targets[laid.mask]
    assert sorted(words.tolist()) == sorted(stream.tokens.tolist())
    # each word is 1 + its place in the stream, so what stands before it there is known
    for context, word in zip(inputs[laid.mask].tolist(), words.tolist(), strict=True):
        if word != END:
            before = END if word == 1 else int(stream.tokens[word - 2])
            assert context == before
    # the word before each end token is the last of its document, or an end when the document is empty
    ends = sorted(inputs[laid.mask][words == END].tolist())
    assert ends == sorted(
        int(stream.tokens[last - 2]) if last - first > 1 else END for first, last in stream.documents()
    )


@settings(max_examples=100, deadline=None)
@given(st.lists(st.integers(1, 30), min_size=1, max_size=40), st.integers(1, 12))
def test_padding_is_the_end_token_and_documents_that_fit_stay_whole(
    lengths: list[int], sequence: int
) -> None:
    stream = _stream(lengths)
    laid = document_rows(stream, sequence)
    targets = laid.rows[:, 1:]
    assert (targets[~laid.mask] == END).all()
    assert laid.mask[:, 0].all()
    assert (np.diff(laid.mask.astype(int), axis=1) <= 0).all()
    for first, last in stream.documents():
        if 1 < last - first <= sequence:  # an empty document is a lone end token, like any other
            row, place = np.argwhere(targets == first + 1)[0]
            assert targets[row, place : place + last - first].tolist() == stream.tokens[first:last].tolist()


def test_short_documents_share_rows_in_order() -> None:
    laid = document_rows(_stream([3, 4, 2, 3]), 6)
    assert laid.rows.tolist() == [[0, 1, 2, 0, 8, 0, 0], [0, 4, 5, 6, 0, 0, 0], [0, 10, 11, 0, 0, 0, 0]]
    assert laid.mask.sum(axis=1).tolist() == [5, 4, 3]


def test_a_long_document_continues_with_its_own_context() -> None:
    laid = document_rows(_stream([8]), 3)
    assert laid.rows.tolist() == [[0, 1, 2, 3], [3, 4, 5, 6], [6, 7, 0, 0]]
    assert laid.mask.tolist() == [[True] * 3, [True] * 3, [True, True, False]]


@settings(max_examples=200, deadline=None)
@given(st.lists(st.integers(1, 30), max_size=30), st.integers(2, 12), st.data())
def test_with_an_overlap_every_token_is_still_a_target_once_and_sees_more(
    lengths: list[int], sequence: int, data: st.DataObject
) -> None:
    overlap = data.draw(st.integers(1, sequence - 1))
    stream = _stream(lengths)
    laid = document_rows(stream, sequence, overlap)
    words = laid.rows[:, 1:][laid.mask]
    assert sorted(words.tolist()) == sorted(stream.tokens.tolist())
    for row, mask in zip(laid.rows, laid.mask, strict=True):
        place = int(np.argmax(mask))
        word = int(row[place + 1])
        if place:  # a window that slides on: what precedes it in the row precedes it in the stream
            assert place == overlap
            last = int(row[place]) - 1  # words say their own place in the stream
            assert row[: place + 1].tolist() == stream.tokens[last - place : last + 1].tolist()
            assert word in (last + 2, END)


def test_an_overlap_must_leave_room() -> None:
    with pytest.raises(ValueError, match="shorter than a row"):
        document_rows(_stream([5]), 4, 4)


def test_many_rows_grow_the_table() -> None:
    laid = document_rows(_stream([5] * 3000), 5)
    assert laid.rows.shape == (3000, 6)
    assert laid.mask.all()


def test_a_row_needs_a_target() -> None:
    with pytest.raises(ValueError, match="at least one target"):
        document_rows(_stream([2]), 0)
