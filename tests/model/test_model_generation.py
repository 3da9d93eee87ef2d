"""Generation: the cache changes nothing but the cost, and the filters keep what they say."""

from __future__ import annotations

import pytest
import torch

from simulator.model.cache import make_caches
from simulator.model.generation import SamplingConfig, filtered_probabilities, generate_tokens
from simulator.model.shapes import ModelShape
from simulator.model.transformer import Transformer

SHAPE = ModelShape(layers=2, hidden=32, heads=4, kv_heads=2, ffn=48, vocab=40, sequence=12)


@pytest.fixture
def model() -> Transformer:
    made = Transformer(SHAPE, 1)
    with torch.no_grad():
        made.embedding.weight.mul_(40)
    return made


def test_the_cache_gives_the_logits_of_the_whole_text(model: Transformer) -> None:
    tokens = torch.arange(30)[None] * 11 % SHAPE.vocab  # longer than the trained length: the angles go on
    with torch.no_grad():
        whole = model(tokens)
        caches = make_caches(SHAPE, 30)
        parts = [model(tokens[:, start:end], caches) for start, end in ((0, 5), (5, 6), (6, 20), (20, 30))]
    torch.testing.assert_close(torch.cat(parts, 1), whole, rtol=1e-4, atol=1e-4)


def test_generating_beyond_the_trained_length_does_not_spoil_training(model: Transformer) -> None:
    list(generate_tokens(model, [1], SamplingConfig(tokens=20), end_id=-1))
    tokens = torch.arange(15)[None]
    model(tokens).logsumexp(-1).mean().backward()
    assert model.embedding.weight.grad is not None


def test_a_full_cache_says_so(model: Transformer) -> None:
    caches = make_caches(SHAPE, 4)
    with torch.no_grad(), pytest.raises(IndexError, match="4 positions"):
        model(torch.zeros(1, 5, dtype=torch.int64), caches)


def test_temperature_zero_is_greedy_and_matches_a_plain_loop(model: Transformer) -> None:
    written = list(generate_tokens(model, [1, 2], SamplingConfig(tokens=8, temperature=0.0), end_id=-1))
    text = [1, 2]
    with torch.no_grad():
        for _ in range(8):
            text.append(int(model(torch.tensor([text]))[0, -1].argmax()))
    assert written == text[2:]


def test_the_same_seed_writes_the_same(model: Transformer) -> None:
    one, same, other = (
        list(generate_tokens(model, [1], SamplingConfig(tokens=20, temperature=3.0, seed=s), -1))
        for s in (1, 1, 2)
    )
    assert one == same != other


def test_it_stops_at_the_end_token(model: Transformer) -> None:
    free = list(generate_tokens(model, [1], SamplingConfig(tokens=10, temperature=0.0), end_id=-1))
    stopped = list(generate_tokens(model, [1], SamplingConfig(tokens=10, temperature=0.0), end_id=free[3]))
    assert stopped == free[: free.index(free[3])]


def test_an_empty_prompt_is_refused(model: Transformer) -> None:
    with pytest.raises(ValueError, match="at least one token"):
        next(generate_tokens(model, [], SamplingConfig(), -1))


LOGITS = torch.tensor([0.5, 0.25, 0.15, 0.1]).log()


def test_a_temperature_too_small_to_divide_by_is_greedy() -> None:
    smallest = filtered_probabilities(LOGITS, SamplingConfig(temperature=1e-300))
    assert torch.equal(smallest, filtered_probabilities(LOGITS, SamplingConfig(temperature=0.0)))
    assert filtered_probabilities(1e3 * LOGITS, SamplingConfig(temperature=1e-6)).isfinite().all()


def test_temperature_sharpens_and_flattens() -> None:
    plain, sharp, flat = (
        filtered_probabilities(LOGITS, SamplingConfig(temperature=t)) for t in (1.0, 0.5, 2.0)
    )
    torch.testing.assert_close(plain, torch.tensor([0.5, 0.25, 0.15, 0.1]))
    torch.testing.assert_close(sharp, plain**2 / (plain**2).sum())
    torch.testing.assert_close(flat, plain.sqrt() / plain.sqrt().sum())


def test_top_k_keeps_k() -> None:
    kept = filtered_probabilities(LOGITS, SamplingConfig(temperature=1.0, top_k=2))
    torch.testing.assert_close(kept, torch.tensor([2 / 3, 1 / 3, 0.0, 0.0]))


@pytest.mark.parametrize(
    ("p", "kept"), [(0.0, 1), (0.5, 1), (0.51, 2), (0.75, 2), (0.9, 3), (0.91, 4), (1.0, 4)]
)
def test_top_p_keeps_the_smallest_set_that_reaches_p(p: float, kept: int) -> None:
    probabilities = filtered_probabilities(LOGITS, SamplingConfig(temperature=1.0, top_p=p))
    assert int((probabilities > 0).sum()) == kept
    assert float(probabilities.sum()) == pytest.approx(1.0)
