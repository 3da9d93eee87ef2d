from __future__ import annotations

import numpy as np
import pytest

from simulator.s02_objective.masks import causal_mask, visible_share


def test_a_token_looks_at_itself_and_at_what_came_before():
    mask = causal_mask(5)
    for query in range(5):
        assert mask[query].tolist() == [key <= query for key in range(5)]


def test_the_ends():
    assert causal_mask(0).shape == (0, 0)
    assert causal_mask(1).tolist() == [[True]]
    with pytest.raises(ValueError, match="-1"):
        causal_mask(-1)


def test_it_is_the_mask_that_torch_applies():
    torch = pytest.importorskip("torch")
    generator = torch.Generator().manual_seed(0)
    query, key, value = (torch.randn(1, 1, 7, 8, generator=generator) for _ in range(3))
    attention = torch.nn.functional.scaled_dot_product_attention
    ours = attention(query, key, value, attn_mask=torch.from_numpy(causal_mask(7)))
    assert torch.allclose(ours, attention(query, key, value, is_causal=True), atol=1e-6)


@pytest.mark.parametrize("length", [1, 2, 10, 128])
def test_about_half_of_the_pairs_are_seen(length):
    assert visible_share(causal_mask(length)) == pytest.approx((length + 1) / (2 * length))


def test_an_empty_mask_shows_nothing():
    assert visible_share(np.zeros((0, 0), np.bool_)) == 0.0
