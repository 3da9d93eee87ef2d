"""The batch builders against the rules of the papers: shares, spans, and that the pieces rebuild the text."""

from __future__ import annotations

import numpy as np
import pytest

from simulator.errors import ConfigError
from simulator.s02_objective.batches import Rules, build_batch, cut_out, split_at
from simulator.s02_objective.masking import choose_masked, choose_spans, corrupt_masked, span_plan
from simulator.s02_objective.masks import causal_mask, full_mask, prefix_mask
from simulator.s02_objective.objectives import KEYS, OBJECTIVES, find_objective
from simulator.s02_objective.specials import Specials, make_specials

END, BASE, T = 256, 512, 128
SPECIALS = make_specials(BASE, END, T)


def _rows(count: int = 32, width: int = T + 1, seed: int = 0) -> np.ndarray:
    """Packed documents of 5 to 60 tokens, each followed by an end token, as training sees them."""
    generator = np.random.default_rng(seed)
    rows = generator.integers(0, BASE - 1, (count, width))
    rows += rows >= END  # no end token but where a document ends
    for row in rows:
        place = 0
        while place < width:
            row[place] = END
            place += int(generator.integers(5, 60))
    return rows


def _generator(seed: int = 0) -> np.random.Generator:
    return np.random.default_rng(seed)


@pytest.mark.parametrize("objective", KEYS)
def test_a_batch_is_a_function_of_its_seed_and_leaves_the_rows_alone(objective: str) -> None:
    rows = _rows()
    before = rows.copy()
    one, same, other = (
        build_batch(objective, rows, SPECIALS, Rules(), _generator(seed)) for seed in (1, 1, 2)
    )
    np.testing.assert_array_equal(rows, before)
    for name in ("inputs", "targets", "counted", "seen"):
        np.testing.assert_array_equal(getattr(one, name), getattr(same, name))
    assert one.inputs.shape == one.targets.shape == one.counted.shape == (32, T)
    assert one.visible.shape == (32, T, T)
    assert one.counted.any(axis=1).all()
    assert one.inputs.max() < SPECIALS.vocab
    if objective != "causal":
        assert any((getattr(one, name) != getattr(other, name)).any() for name in ("inputs", "counted"))


def test_causal_is_the_next_token_under_the_causal_mask() -> None:
    rows = _rows(4)
    batch = build_batch("causal", rows, SPECIALS, Rules(), _generator())
    np.testing.assert_array_equal(batch.inputs, rows[:, :-1])
    np.testing.assert_array_equal(batch.targets, rows[:, 1:])
    np.testing.assert_array_equal(batch.visible, np.broadcast_to(causal_mask(T), (4, T, T)))


def test_bert_chooses_fifteen_in_a_hundred_of_each_row_and_never_an_end() -> None:
    rows = _rows(200)[:, :-1]
    chosen = choose_masked(rows, END, 0.15, _generator())
    may = (rows != END).sum(axis=1)
    np.testing.assert_array_equal(chosen.sum(axis=1), np.rint(may * 0.15))
    assert not chosen[rows == END].any()
    places = chosen.mean(axis=0)[rows[0] != END]
    assert places.std() < 0.06  # no place is preferred
    assert choose_masked(np.full((1, 3), END), END, 0.15, _generator()).sum() == 0


def test_eighty_ten_ten() -> None:
    rows = _rows(2000)[:, :-1]
    generator = _generator(3)
    chosen = choose_masked(rows, END, 0.15, generator)
    seen = corrupt_masked(rows, chosen, SPECIALS.mask, END, BASE, generator)
    np.testing.assert_array_equal(seen[~chosen], rows[~chosen])
    count = chosen.sum()
    masked, same = (seen == SPECIALS.mask)[chosen], (seen == rows)[chosen]
    assert count > 30_000
    assert masked.mean() == pytest.approx(0.8, abs=0.01)
    assert same.mean() == pytest.approx(0.1 + 0.1 / (BASE - 1), abs=0.007)
    strangers = seen[chosen & (seen != SPECIALS.mask) & (seen != rows)]
    assert len(strangers) / count == pytest.approx(0.1, abs=0.007)
    assert END not in strangers
    assert strangers.max() < BASE
    assert len(np.unique(strangers)) == BASE - 1


def test_masks_are_drawn_anew_each_time() -> None:
    rows = _rows(8)
    batches = [build_batch("masked", rows, SPECIALS, Rules(), _generator(seed)) for seed in range(40)]
    share = np.mean([batch.counted for batch in batches], axis=0)
    assert (
        share[rows[:, :-1] != END] > 0
    ).mean() > 0.99  # RoBERTa's dynamic masking: each token gets its turn
    np.testing.assert_array_equal(batches[0].visible[0], full_mask(T))


@pytest.mark.parametrize("length", [8, 64, 129, 513])
def test_t5_spans_have_the_published_lengths(length: int) -> None:
    plan = span_plan(length)
    assert plan.total <= length < span_plan(length + 8).total + 8
    assert plan.noise == min(max(round(plan.length * 0.15), 1), plan.length - 1)
    hidden = choose_spans(500, plan, _generator())
    starts = hidden & ~np.pad(hidden, ((0, 0), (1, 0)))[:, :-1]
    np.testing.assert_array_equal(hidden.sum(axis=1), plan.noise)
    np.testing.assert_array_equal(starts.sum(axis=1), plan.spans)  # no two touch
    assert not hidden[:, 0].any()
    if length >= 129:
        assert plan.noise / plan.spans == pytest.approx(3, abs=0.4)
        assert hidden[:, 1:-8].mean(axis=0).std() < 0.06
        first = {int(np.argmin(row[int(np.argmax(row)) :])) for row in hidden}
        assert first >= {1, 2, 3, 4, 5}  # lengths vary
        assert hidden[:, -1].all()  # as in T5: a hidden part comes last


def test_spans_and_the_corrupted_text_rebuild_the_text() -> None:
    rows = _rows(50)
    batch = build_batch("spans", rows, SPECIALS, Rules(), _generator(5))
    plan = span_plan(T + 1)
    for row, inputs, targets, counted, seen in zip(
        rows, batch.inputs, batch.targets, batch.counted, batch.seen, strict=True
    ):
        spans = _split_at_sentinels(targets[counted].tolist())
        assert spans[0] == []
        assert spans[-1] == []  # the last sentinel ends the spans
        rebuilt: list[int] = []
        for token in inputs[:seen].tolist():
            number = token - SPECIALS.first_sentinel
            rebuilt += spans[number + 1] if number >= 0 else [token]
        assert rebuilt == row[: plan.length].tolist()
        assert sum(map(len, spans)) == plan.noise
        assert counted.sum() == plan.noise + plan.spans + 1


def _split_at_sentinels(tokens: list[int]) -> list[list[int]]:
    parts: list[list[int]] = [[]]
    for token in tokens:
        if token >= SPECIALS.first_sentinel:
            assert token == SPECIALS.first_sentinel + len(parts) - 1  # numbered in order
            parts.append([])
        else:
            parts[-1].append(token)
    return parts


def test_a_row_with_fewer_spans_is_filled_up_and_the_filling_does_not_count() -> None:
    text = np.arange(10)[None].repeat(2, axis=0)
    hidden = np.zeros((2, 10), np.bool_)
    hidden[0, 2:5] = hidden[0, 7] = hidden[1, 9] = True
    batch = cut_out(text, hidden, SPECIALS, 15)
    first = SPECIALS.first_sentinel
    assert batch.inputs[0, :8].tolist() == [0, 1, first, 5, 6, first + 1, 8, 9]
    assert batch.targets[0][batch.counted[0]].tolist() == [first, 2, 3, 4, first + 1, 7, first + 2]
    assert batch.targets[1][batch.counted[1]].tolist() == [first, 9, first + 1]
    assert batch.seen.tolist() == [8, 10]


def test_prefix_lm_splits_anywhere_and_scores_the_rest() -> None:
    rows = _rows(4000, 17)
    batch = build_batch("prefix", rows, SPECIALS, Rules(), _generator(2))
    counts = np.bincount(batch.seen, minlength=17)
    assert counts[0] == counts[16] * 0 == 0
    assert (counts[1:16] > 180).all()  # each of the 16 places about 250 times
    np.testing.assert_array_equal(batch.counted.sum(axis=1), 16 - batch.seen + 1)
    one = split_at(rows[:1], np.array([5]))
    np.testing.assert_array_equal(one.visible[0], prefix_mask(5, 16))
    assert one.visible[0][:5, :5].all()
    assert one.targets[0][one.counted[0]].tolist() == rows[0, 5:].tolist()


def test_infill_pieces_rebuild_the_documents() -> None:
    rows = _rows(300)
    batch = build_batch("infill", rows, SPECIALS, Rules(), _generator(4))
    joined = np.concatenate([batch.inputs[:, :1], batch.targets], axis=1)
    forms: list[str] = []
    for row, moved, counted in zip(rows, joined, batch.counted, strict=True):
        length = int(counted.sum()) + 1
        rebuilt: list[int] = [END]
        for document in _documents(moved[1:length].tolist()):
            text, form = _undo(document)
            rebuilt += text
            forms.append(form)
        assert rebuilt == row[: len(rebuilt)].tolist()
        assert T + 1 - len(rebuilt) <= 3 * len(forms)
        assert (moved[length:] == END).all()
    share = {form: forms.count(form) / len(forms) for form in ("plain", "psm", "spm")}
    assert share["plain"] == pytest.approx(0.5, abs=0.05)
    assert share["psm"] == pytest.approx(0.25, abs=0.05)
    assert share["spm"] == pytest.approx(0.25, abs=0.05)


def _documents(tokens: list[int]) -> list[list[int]]:
    found: list[list[int]] = [[]]
    for token in tokens:
        found[-1].append(token)
        if token == END:
            found.append([])
    return [document for document in found if document]


def _undo(document: list[int]) -> tuple[list[int], str]:
    pre, suf, mid = SPECIALS.fim_prefix, SPECIALS.fim_suffix, SPECIALS.fim_middle
    if pre not in document:
        return document, "plain"
    end = [END] if document[-1] == END else []
    body = document[: len(document) - len(end)]
    assert (body[0], body.count(pre), body.count(suf), body.count(mid)) == (pre, 1, 1, 1)
    at_suf, at_mid = body.index(suf), body.index(mid)
    suffix = body[at_suf + 1 : at_mid]
    if at_suf == 1:  # <PRE> <SUF> suffix <MID> prefix middle (a PSM document without a prefix looks the same)
        return [*body[at_mid + 1 :], *suffix, *end], "spm"
    return [*body[1:at_suf], *body[at_mid + 1 :], *suffix, *end], "psm"


def test_infill_rates() -> None:
    rows = _rows(20)
    plain = build_batch("infill", rows, SPECIALS, Rules(infill_rate=0.0), _generator())
    np.testing.assert_array_equal(plain.inputs, rows[:, :-1])
    np.testing.assert_array_equal(plain.targets, rows[:, 1:])
    every = build_batch("infill", rows, SPECIALS, Rules(infill_rate=1.0), _generator())
    assert ((every.inputs == SPECIALS.fim_prefix).sum(axis=1) >= 2).all()


def test_infill_cuts_fall_everywhere() -> None:
    rows = np.full((6000, 12), 7)
    rows[:, [0, 11]] = END
    batch = build_batch("infill", rows[:, :12], SPECIALS, Rules(infill_rate=1.0, spm_share=0.0), _generator())
    at_suffix = (batch.inputs == SPECIALS.fim_suffix).argmax(axis=1) - 2  # length of the prefix
    assert set(at_suffix) == set(range(9))  # of the 8 tokens that fit beside the markers


def test_long_text_without_ends_is_one_document() -> None:
    rows = np.arange(40)[None].repeat(3, axis=0)
    for objective in KEYS:
        batch = build_batch(objective, rows, SPECIALS, Rules(), _generator())
        assert batch.inputs.shape == (3, 39)
    batch = build_batch("infill", rows, SPECIALS, Rules(infill_rate=1.0, spm_share=0.0), _generator())
    assert batch.inputs[0, :2].tolist() == [0, SPECIALS.fim_prefix]


def test_special_tokens_come_after_the_tokenizers_own() -> None:
    assert SPECIALS.mask == BASE
    assert SPECIALS.vocab % 8 == 0
    assert SPECIALS.sentinels > span_plan(T + 1).spans
    names = [SPECIALS.text(index) for index in range(BASE, SPECIALS.vocab)]
    assert names[:5] == ["[MASK]", "<PRE>", "<SUF>", "<MID>", "<extra_0>"]
    assert len(set(names)) == len(names)
    for index in (BASE - 1, SPECIALS.vocab):
        with pytest.raises(IndexError):
            SPECIALS.text(index)
    assert Specials.of_model(BASE, END, SPECIALS.vocab) == SPECIALS
    assert Specials.of_model(BASE, END, BASE) is None


def test_every_objective_says_where_it_comes_from() -> None:
    assert KEYS == ("causal", "masked", "spans", "prefix", "infill")
    assert all(item.source and item.sentence.endswith(".") for item in OBJECTIVES)
    assert find_objective("spans").title == "Span corruption"
    with pytest.raises(ConfigError, match="no objective"):
        find_objective("magic")
