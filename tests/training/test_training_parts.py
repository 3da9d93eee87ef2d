"""Schedules, data order, optimizers and scoring, each against its definition or torch's own."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch

from simulator.errors import ConfigError, InputError
from simulator.model.shapes import ModelShape
from simulator.model.transformer import Transformer
from simulator.text.packing import TokenStream, document_rows
from simulator.training import evaluate
from simulator.training.data import TokenBatches
from simulator.training.evaluate import score_rows
from simulator.training.optimizers import make_optimizers, matrix_slices, orthogonalize
from simulator.training.schedules import Schedule

SHAPE = ModelShape(layers=2, hidden=32, heads=4, kv_heads=2, ffn=48, vocab=40, sequence=16)


def test_cosine_matches_torch_after_the_warm_up() -> None:
    parameter = torch.nn.Parameter(torch.zeros(1))
    optimizer = torch.optim.SGD([parameter], lr=0.3)
    reference = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, T_max=90, eta_min=0.03)
    ours = Schedule(name="cosine", peak=0.3, steps=100, warmup=10, final_ratio=0.1)
    for step in range(10, 100):
        assert ours.rate(step) == pytest.approx(reference.get_last_lr()[0], rel=1e-9)
        optimizer.step()
        reference.step()


def test_warm_up_is_linear_and_moves_at_once() -> None:
    ours = Schedule(name="constant", peak=1.0, steps=100, warmup=4)
    assert [ours.rate(step) for step in range(6)] == [0.25, 0.5, 0.75, 1.0, 1.0, 1.0]


def test_warm_up_stable_decay() -> None:
    ours = Schedule(name="wsd", peak=2.0, steps=100, warmup=10, decay=20, final_ratio=0.5)
    assert {ours.rate(step) for step in range(10, 81)} == {2.0}
    assert ours.rate(90) == pytest.approx(1.5)
    assert ours.rate(100) == ours.rate(500) == pytest.approx(1.0)  # it stays; it does not rise again


def test_an_unknown_schedule_is_refused() -> None:
    with pytest.raises(ConfigError, match="no schedule"):
        Schedule(name="magic", peak=1.0, steps=10)


def _stream(lengths: list[int]) -> TokenStream:
    ends = np.cumsum(lengths)
    tokens = np.arange(1, ends[-1] + 1, dtype=np.int32)
    tokens[ends - 1] = 0
    return TokenStream(
        tokens=tokens, starts=(ends - lengths).astype(np.int64), byte_count=int(ends[-1]), end_id=0
    )


def test_an_epoch_of_a_long_text_uses_almost_every_token_once() -> None:
    batches = TokenBatches(_stream([5000]), batch=4, sequence=16, seed=0)
    assert not batches.aligned
    epoch = np.concatenate([batches.rows(step).numpy() for step in range(batches.rows_per_epoch // 4)])
    targets = epoch[:, 1:].ravel()
    assert len(np.unique(targets)) > 0.97 * 5000
    assert len(targets) - len(np.unique(targets)) <= 16  # one row may come again where epochs meet


def test_rows_of_short_documents_begin_at_a_document() -> None:
    batches = TokenBatches(_stream([5, 7, 6] * 60), batch=8, sequence=24, seed=0)
    assert batches.aligned
    rows = np.concatenate([batches.rows(step).numpy() for step in range(10)])
    assert (rows[:, 0] == 0).all()


def test_the_order_is_a_function_of_seed_and_step() -> None:
    stream = _stream([40] * 50)
    one, same, other = (TokenBatches(stream, 4, 16, seed) for seed in (0, 0, 1))
    late = one.rows(200)
    assert torch.equal(late, same.rows(200))  # no need to walk through the steps before
    assert not torch.equal(late, other.rows(200))
    assert not torch.equal(one.rows(0), one.rows(one.rows_per_epoch // 4))  # another epoch, another order


def test_too_little_text_is_refused() -> None:
    with pytest.raises(InputError, match="less than one row"):
        TokenBatches(_stream([10]), 4, 16, 0)


def test_orthogonalized_matrices_have_singular_values_near_one() -> None:
    matrices = torch.randn(3, 24, 40, generator=torch.Generator().manual_seed(0))
    values = torch.linalg.svdvals(orthogonalize(matrices).float())
    assert values.min() > 0.6
    assert values.max() < 1.3
    u, _, vt = torch.linalg.svd(matrices, full_matrices=False)
    cosine = torch.nn.functional.cosine_similarity(
        orthogonalize(matrices).float().flatten(1), (u @ vt).flatten(1)
    )
    assert cosine.min() > 0.97


def test_muon_matches_torch_on_matrices_of_their_own() -> None:
    torch.manual_seed(0)
    shape = ModelShape(layers=1, hidden=32, heads=4, kv_heads=4, ffn=48, vocab=40)
    model = Transformer(shape)
    down = model.blocks[0].feed_forward.down.weight
    twin = torch.nn.Parameter(down.detach().clone())
    theirs = torch.optim.Muon(
        [twin], lr=0.02, weight_decay=0.1, momentum=0.95, nesterov=True, adjust_lr_fn="match_rms_adamw"
    )
    ours = make_optimizers(model, "muon", learning_rate=0.02, weight_decay=0.1)[1]
    for step in range(5):
        gradient = torch.randn(down.shape, generator=torch.Generator().manual_seed(step))
        for weight in model.parameters():
            weight.grad = gradient.clone() if weight is down else torch.zeros_like(weight)
        twin.grad = gradient.clone()
        ours.step()
        theirs.step()
    torch.testing.assert_close(down, twin, rtol=0.02, atol=2e-3)


def test_muon_takes_each_joined_matrix_on_its_own() -> None:
    slices = matrix_slices(Transformer(SHAPE))
    assert len(slices) == 2 * 7
    assert sorted({(item.rows, item.parameter.shape[1]) for item in slices}) == [
        (16, 32),
        (32, 32),
        (32, 48),
        (48, 32),
    ]


@pytest.mark.parametrize("name", ["adamw", "muon"])
def test_every_parameter_is_trained_by_exactly_one_optimizer(name: str) -> None:
    model = Transformer(SHAPE)
    trained = [
        p
        for o in make_optimizers(model, name, learning_rate=1.0, weight_decay=0.1)
        for g in o.param_groups
        for p in g["params"]
    ]
    assert sorted(map(id, trained)) == sorted(map(id, model.parameters()))


def test_the_score_is_the_token_weighted_mean_over_unpadded_targets() -> None:
    model = Transformer(SHAPE, 2)
    with torch.no_grad():
        model.embedding.weight.mul_(30)
    stream = TokenStream(
        tokens=np.array([3, 4, 5, 0, 7, 0, 9, 9, 9, 9, 9, 9, 0], np.int32),
        starts=np.array([0, 4, 6]),
        byte_count=9,
        end_id=0,
    )
    rows = document_rows(stream, 8)
    score = score_rows(model, rows)
    assert score.tokens == 13
    total = 0.0
    with torch.no_grad():
        for row, mask in zip(torch.from_numpy(rows.rows).long(), rows.mask, strict=True):
            logs = model(row[None, :-1])[0].log_softmax(-1)
            total -= sum(float(logs[i, row[i + 1]]) for i in range(8) if mask[i])
    assert score.nats == pytest.approx(total, rel=1e-5)
    assert score.loss == pytest.approx(total / 13, rel=1e-5)
    assert score.bits_per_byte(9) == pytest.approx(total / math.log(2) / 9, rel=1e-5)
    batched = score_rows(model, rows, batch=1)
    assert batched.nats == pytest.approx(score.nats, rel=1e-5)


def test_a_large_vocabulary_is_scored_in_smaller_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    model = Transformer(ModelShape(layers=1, hidden=32, heads=4, kv_heads=2, ffn=48, vocab=64, sequence=16))
    rows = document_rows(_stream([9, 14, 5, 30]), 16)
    whole = score_rows(model, rows)
    monkeypatch.setattr(evaluate, "MOST_LOGITS", 1)  # one row at a time
    assert score_rows(model, rows).nats == pytest.approx(whole.nats, rel=1e-6)
