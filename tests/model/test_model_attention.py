"""Attention by a mask: the same as the causal fast path, as torch's own, and as the weights that are shown."""

from __future__ import annotations

import pytest
import torch

from simulator.model.cache import make_caches
from simulator.model.ops import attention_weights, causal_attention, visible_attention
from simulator.model.shapes import ModelShape
from simulator.model.transformer import Transformer

SHAPE = ModelShape(layers=2, hidden=32, heads=4, kv_heads=2, ffn=48, vocab=40, sequence=12)
LENGTH = 9


@pytest.fixture
def model() -> Transformer:
    made = Transformer(SHAPE, 1)
    with torch.no_grad():
        made.embedding.weight.mul_(40)
    return made


def _tokens(count: int = 3) -> torch.Tensor:
    return torch.randint(0, 40, (count, LENGTH), generator=torch.Generator().manual_seed(0))


def _causal() -> torch.Tensor:
    return torch.ones(LENGTH, LENGTH, dtype=torch.bool).tril()


def _random_masks(count: int) -> torch.Tensor:
    masks = torch.rand(count, LENGTH, LENGTH, generator=torch.Generator().manual_seed(1)) < 0.5
    return masks | torch.eye(LENGTH, dtype=torch.bool)


@pytest.mark.parametrize("bf16", [False, True])
def test_the_causal_mask_gives_what_the_fast_path_gives(model: Transformer, bf16: bool) -> None:
    tokens = _tokens()
    with torch.no_grad(), torch.autocast("cpu", torch.bfloat16, enabled=bf16):
        fast = model(tokens)
        for mask in (_causal(), _causal().expand(3, -1, -1)):
            torch.testing.assert_close(
                model(tokens, None, mask), fast, rtol=1e-5, atol=1e-5 if not bf16 else 2e-2
            )


@pytest.mark.parametrize("kind", [torch.float32, torch.bfloat16])
@pytest.mark.parametrize("batched", [False, True])
def test_any_mask_agrees_with_torch_in_values_and_gradients(kind: torch.dtype, batched: bool) -> None:
    generator = torch.Generator().manual_seed(2)
    query = torch.randn(3, 4, LENGTH, 8, generator=generator).to(kind).requires_grad_()
    key, value = (
        torch.randn(3, 2, LENGTH, 8, generator=generator).to(kind).requires_grad_() for _ in range(2)
    )
    masks = _random_masks(3)
    mask = masks if batched else masks[0]
    ours = visible_attention(query, key, value, mask)
    shown = masks[:, None] if batched else masks[0]
    theirs = torch.nn.functional.scaled_dot_product_attention(
        query.float(), key.float(), value.float(), attn_mask=shown, enable_gqa=True
    )
    close = {"rtol": 1e-5, "atol": 1e-5} if kind is torch.float32 else {"rtol": 2e-2, "atol": 3e-2}
    torch.testing.assert_close(ours.float(), theirs, **close)
    weight = torch.randn(ours.shape, generator=generator)
    for one, other in zip(
        torch.autograd.grad((ours.float() * weight).sum(), (query, key, value)),
        torch.autograd.grad((theirs * weight).sum(), (query, key, value)),
        strict=True,
    ):
        torch.testing.assert_close(
            one.float(), other.float(), rtol=5e-2, atol=1e-5 if kind is torch.float32 else 6e-2
        )


def test_the_weights_shown_are_the_weights_used() -> None:
    generator = torch.Generator().manual_seed(3)
    query = torch.randn(2, 4, LENGTH, 8, generator=generator)
    key, value = (torch.randn(2, 2, LENGTH, 8, generator=generator) for _ in range(2))
    weights = attention_weights(query, key, _causal())
    torch.testing.assert_close(weights.sum(-1), torch.ones(2, 4, LENGTH))
    assert (weights.triu(1) == 0).all()
    mixed = weights @ value.repeat_interleave(2, 1)
    torch.testing.assert_close(mixed, causal_attention(query, key, value), rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("masked", [False, True])
def test_recording_changes_nothing_and_leaves_nothing_behind(model: Transformer, masked: bool) -> None:
    tokens, mask = _tokens(), _random_masks(3) if masked else None
    with torch.no_grad():
        before = model(tokens, None, mask)
        maps = model.attention(tokens, mask)
        blocks = [block.attention for block in model.blocks]
        for block in blocks:
            block.recorded = []
        recorded = model(tokens, None, mask)
        for block in blocks:
            block.recorded = None
    torch.testing.assert_close(recorded, before, rtol=1e-5, atol=1e-5)
    assert maps.shape == (3, 2, 4, LENGTH, LENGTH)
    torch.testing.assert_close(maps.sum(-1), torch.ones(3, 2, 4, LENGTH))
    shown = mask[:, None, None] if mask is not None else _causal()
    assert (maps.masked_select(~shown.expand(maps.shape)) == 0).all()
    assert model.attention(tokens).requires_grad is False


def test_a_hidden_token_changes_no_logit_of_those_that_may_not_see_it(model: Transformer) -> None:
    tokens, mask = _tokens(1), torch.ones(LENGTH, LENGTH, dtype=torch.bool)
    mask[:, 4] = False
    mask[4, 4] = True
    changed = tokens.clone()
    changed[0, 4] = (changed[0, 4] + 1) % 40
    with torch.no_grad():
        one, other = model(tokens, None, mask), model(changed, None, mask)
    others = torch.arange(LENGTH) != 4
    torch.testing.assert_close(one[0, others], other[0, others], rtol=0, atol=0)
    assert not torch.allclose(one[0, 4], other[0, 4])


def test_a_prefix_seen_both_ways_goes_on_with_the_cache(model: Transformer) -> None:
    tokens = _tokens(1)
    mask = _causal()
    mask[:5, :5] = True
    with torch.no_grad():
        whole = model(tokens, None, mask)
        caches = make_caches(SHAPE, LENGTH)
        parts = [model(tokens[:, :5], caches, mask[:5, :5])]
        parts += [model(tokens[:, index : index + 1], caches) for index in range(5, LENGTH)]
    torch.testing.assert_close(torch.cat(parts, 1), whole, rtol=1e-4, atol=1e-4)
