"""What a model learns under each objective: nothing leaks, only counted targets teach, and masks are those shown."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch

from simulator.errors import InputError
from simulator.model.shapes import ModelShape
from simulator.model.transformer import Transformer
from simulator.s02_objective.insides import flatten_embedding, frequent_tokens, snapshot_steps
from simulator.s02_objective.learning import (
    NOT_COUNTED,
    ObjectiveBatches,
    frequency_baseline,
    held_out_rows,
    objective_loss,
    packed,
    score_packed,
    unpacked,
    visible_to,
)
from simulator.s02_objective.objectives import KEYS
from simulator.s02_objective.specials import make_specials
from simulator.text.packing import TokenStream
from simulator.training.data import TokenBatches
from simulator.training.loop import CapturedTrainer, Trainer, _MadeRows, next_token_loss
from simulator.training.optimizers import make_optimizers
from simulator.training.schedules import Schedule

END, BASE, LENGTH = 20, 40, 24
SPECIALS = make_specials(BASE, END, LENGTH)
SHAPE = ModelShape(layers=2, hidden=32, heads=4, kv_heads=2, ffn=48, vocab=SPECIALS.vocab, sequence=LENGTH)


def _stream(documents: int = 200, seed: int = 0) -> TokenStream:
    generator = np.random.default_rng(seed)
    lengths = generator.integers(4, 11, documents)
    tokens = generator.integers(0, BASE - 1, int(lengths.sum()))
    tokens += tokens >= END
    ends = np.cumsum(lengths)
    tokens[ends - 1] = END
    return TokenStream(
        tokens=tokens.astype(np.int32),
        starts=(ends - lengths).astype(np.int64),
        byte_count=len(tokens),
        end_id=END,
    )


def _batches(objective: str, batch: int = 6) -> ObjectiveBatches:
    return ObjectiveBatches(TokenBatches(_stream(), batch, LENGTH, 0), objective, SPECIALS, 0)


@pytest.fixture
def model() -> Transformer:
    made = Transformer(SHAPE, 1)
    with torch.no_grad():
        made.embedding.weight.mul_(30)
    return made


@pytest.mark.parametrize("objective", KEYS)
def test_the_batches_are_a_function_of_seed_and_step(objective: str) -> None:
    one, same = _batches(objective), _batches(objective)
    late = one.rows(50)
    one.rows(3)
    assert torch.equal(late, same.rows(50))
    assert not torch.equal(one.rows(0), one.rows(1))
    assert torch.equal(one.rows(2), packed(one.batch_at(2)))


@pytest.mark.parametrize("objective", KEYS)
def test_the_mask_that_trains_is_the_mask_that_is_shown(objective: str, model: Transformer) -> None:
    batch = _batches(objective).batch_at(0)
    inputs, _, seen = unpacked(packed(batch))
    trained = visible_to(objective, seen, LENGTH)
    shown = torch.from_numpy(batch.visible)
    if trained is None:
        assert torch.equal(shown, torch.ones(LENGTH, LENGTH, dtype=torch.bool).tril().expand_as(shown))
    else:
        assert torch.equal(trained.expand_as(shown), shown)
    with torch.no_grad():
        torch.testing.assert_close(
            model(inputs, None, trained), model(inputs, None, shown), rtol=1e-4, atol=1e-4
        )


@pytest.mark.parametrize("objective", KEYS)
def test_no_counted_logit_depends_on_a_token_that_may_not_be_seen(objective: str, model: Transformer) -> None:
    batch = _batches(objective, 3).batch_at(0)
    inputs, _, seen = unpacked(packed(batch))
    mask = visible_to(objective, seen, LENGTH)
    visible, counted = batch.visible, batch.counted
    checked = 0
    with torch.no_grad():
        before = model(inputs, None, mask)
        for place in range(LENGTH):
            changed = inputs.clone()
            changed[:, place] = (changed[:, place] + 7) % BASE
            after = model(changed, None, mask)
            for row in range(3):
                blind = counted[row] & ~visible[row][:, place]
                assert torch.equal(before[row, blind], after[row, blind])
                seeing = counted[row] & visible[row][:, place]
                assert seeing.sum() == 0 or not torch.equal(before[row, seeing], after[row, seeing])
                checked += int(blind.sum())
    assert checked > 25 or objective == "masked"  # there all is seen: what is hidden is not in the inputs


@pytest.mark.parametrize("objective", KEYS)
def test_no_input_that_a_counted_target_may_see_gives_it_away(objective: str) -> None:
    """A token of the text that is a target stands nowhere where its guesser may look: mark it and look for it."""
    stream = _stream()
    marked = TokenStream(
        tokens=np.arange(len(stream.tokens), dtype=np.int32) + 1000,
        starts=stream.starts,
        byte_count=0,
        end_id=END,
    )
    marked.tokens[stream.starts[1:] - 1] = END
    specials = make_specials(10**6, END, LENGTH)
    batches = ObjectiveBatches(TokenBatches(marked, 6, LENGTH, 0), objective, specials, 0)
    found = 0
    for step in range(5):
        batch = batches.batch_at(step)
        for row, place in zip(*np.nonzero(batch.counted), strict=True):
            target = batch.targets[row, place]
            if 1000 <= target < specials.base_vocab:
                seen = batch.inputs[row][batch.visible[row, place]]
                kept = objective == "masked" and batch.inputs[row, place] == target  # the 10 % that stay
                assert kept or target not in seen
                found += not kept
    assert found > 50


@pytest.mark.parametrize("objective", KEYS)
def test_only_counted_targets_teach(objective: str, model: Transformer) -> None:
    rows = _batches(objective).rows(0)
    inputs, targets, seen = unpacked(rows)
    counted = targets != NOT_COUNTED
    loss = objective_loss(objective)(model, rows)
    logits = model(inputs, None, visible_to(objective, seen, LENGTH))
    nats = torch.nn.functional.cross_entropy(logits.flatten(0, 1), targets.flatten(), reduction="none")
    assert loss.item() == pytest.approx(float(nats.detach()[counted.flatten()].mean()), rel=1e-5)
    loss.backward()
    ours = {name: weight.grad.clone() for name, weight in model.named_parameters() if weight.grad is not None}
    model.zero_grad()
    logits = model(inputs, None, visible_to(objective, seen, LENGTH))
    torch.nn.functional.cross_entropy(logits[counted], targets[counted]).backward()
    for name, weight in model.named_parameters():
        torch.testing.assert_close(ours[name], weight.grad, rtol=1e-3, atol=1e-5)


def test_rows_that_are_made_ahead_are_those_of_their_steps() -> None:
    batches = _batches("spans")
    ahead = _MadeRows(batches, torch.device("cpu"))
    for start in (
        0,
        CapturedTrainer.BLOCK,
        5 * CapturedTrainer.BLOCK,
        3,
    ):  # in turn, then after a jump, and back
        ahead.load(start)
        for place in (0, 1, CapturedTrainer.BLOCK - 1):
            assert torch.equal(ahead.rows(torch.tensor([place])), batches.rows(start + place))


def test_causal_by_the_long_way_is_the_fast_path(model: Transformer) -> None:
    batches = _batches("causal")
    torch.testing.assert_close(
        objective_loss("causal")(model, batches.rows(0)), next_token_loss(model, batches.plain.rows(0))
    )


@pytest.mark.parametrize("objective", KEYS)
def test_every_objective_learns_a_simple_text(objective: str) -> None:
    """A cycle of tokens leaves nothing to chance: every objective's loss falls far below guessing by frequency."""
    tokens = np.tile(np.r_[np.arange(7), END], 300).astype(np.int32)
    stream = TokenStream(tokens=tokens, starts=np.arange(0, len(tokens), 8), byte_count=0, end_id=END)
    batches = ObjectiveBatches(TokenBatches(stream, 12, LENGTH, 0), objective, SPECIALS, 0)
    model = Transformer(SHAPE, 0)
    trainer = Trainer(
        model, lambda rate: make_optimizers(model, "muon", learning_rate=rate, weight_decay=0.0), batches,
        Schedule(name="cosine", peak=0.02, steps=110, warmup=10), bf16=False, clip=1.0,
        loss_of_rows=objective_loss(objective),
    )  # fmt: skip
    held_out = held_out_rows(stream, objective, SPECIALS, LENGTH, 600)
    baseline = frequency_baseline(batches, SPECIALS.vocab, held_out)
    before = score_packed(model, objective, held_out)
    for step in range(110):
        trainer.step(step)
    after = score_packed(model, objective, held_out)
    assert before.loss > 0.9 * math.log(SPECIALS.vocab)
    assert 1.5 < baseline < 2.7
    assert after.loss < 0.6 * baseline  # infill and spans have chance of their own: where the cuts fall
    assert after.accuracy > 0.6 > before.accuracy


def test_held_out_rows_are_always_the_same_and_too_little_text_is_named() -> None:
    one, same = (held_out_rows(_stream(), "masked", SPECIALS, LENGTH, 300) for _ in range(2))
    assert torch.equal(one, same)
    assert one.shape == (12, 2 * LENGTH + 1)
    with pytest.raises(InputError, match="held-out text has only"):
        held_out_rows(_stream(2), "masked", SPECIALS, LENGTH, 300)


def test_the_baseline_is_the_entropy_of_the_frequencies() -> None:
    batches = _batches("causal", 32)
    held_out = held_out_rows(_stream(seed=1), "causal", SPECIALS, LENGTH, 10_000)
    share_end = float((_stream().tokens == END).mean())
    entropy = -share_end * math.log(share_end) - (1 - share_end) * math.log((1 - share_end) / (BASE - 1))
    assert frequency_baseline(batches, SPECIALS.vocab, held_out) == pytest.approx(entropy, rel=0.03)


def test_embedding_points_do_not_flip_from_snapshot_to_snapshot(model: Transformer) -> None:
    tokens = list(range(30))
    first = flatten_embedding(model, tokens)
    assert first.points.shape == (30, 2)
    assert 0 < first.explained < 1
    with torch.no_grad():
        turn, _ = torch.linalg.qr(torch.randn(32, 32, generator=torch.Generator().manual_seed(0)))
        model.embedding.weight.copy_(model.embedding.weight @ turn)  # the same cloud in other axes
    again = flatten_embedding(model, tokens, first.points)
    np.testing.assert_allclose(again.points, first.points, atol=1e-2 * np.abs(first.points).max())
    mirrored = flatten_embedding(model, tokens, first.points * [-1, 1])
    np.testing.assert_allclose(
        mirrored.points, first.points * [-1, 1], atol=1e-2 * np.abs(first.points).max()
    )


def test_the_projection_is_a_principal_component_analysis(model: Transformer) -> None:
    rows = model.embedding.weight[:30].detach().numpy().astype(np.float64)
    values = np.linalg.eigvalsh(np.cov(rows.T))[::-1]
    flat = flatten_embedding(model, list(range(30)))
    np.testing.assert_allclose(flat.points.var(axis=0, ddof=1), values[:2], rtol=1e-4)
    assert flat.explained == pytest.approx(values[:2].sum() / values.sum(), rel=1e-4)


@pytest.mark.parametrize("steps", [1, 5, 60, 760, 100_000])
@pytest.mark.parametrize("values", [10_000, 100_000, 10**7])
def test_snapshots_begin_often_reach_the_end_and_stay_few(steps: int, values: int) -> None:
    found = snapshot_steps(steps, values)
    assert {0, steps} <= found
    assert max(found) == steps
    assert len(found) <= 25
    assert len(found) * values * 8 / 3 < 1_300_000 or len(found) <= 7
    if steps >= 760 and values == 10_000:
        assert {1, 2, 4, 8} <= found


def test_the_commonest_tokens_come_first_and_only_those_that_occur() -> None:
    assert frequent_tokens(np.array([3, 3, 1, 5, 5, 5]), 8) == [5, 3, 1]
