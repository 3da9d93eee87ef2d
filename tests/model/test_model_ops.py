"""The hand-written operations equal the plain torch expressions, in value and in gradient."""

from __future__ import annotations

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor

from simulator.model import ops
from simulator.model.shapes import ModelShape
from simulator.model.transformer import rotary_tables


def _gradients(result: Tensor, inputs: list[Tensor]) -> list[Tensor]:
    torch.manual_seed(1)
    return list(torch.autograd.grad((result.float() * torch.randn_like(result.float())).sum(), inputs))


def _same(ours: Tensor, plain: Tensor, inputs: list[Tensor], tolerance: float = 1e-5) -> None:
    torch.testing.assert_close(ours, plain, rtol=tolerance, atol=tolerance)
    for mine, reference in zip(_gradients(ours, inputs), _gradients(plain, inputs), strict=True):
        torch.testing.assert_close(mine, reference, rtol=tolerance, atol=tolerance)


def _random(*shape: int, dtype: torch.dtype = torch.float32) -> Tensor:
    generator = torch.Generator().manual_seed(sum(shape))
    return torch.randn(*shape, generator=generator).to(dtype).requires_grad_()


def test_rms_norm() -> None:
    x, weight = _random(3, 5, 16), _random(16)
    _same(ops.rms_norm(x, weight, 1e-5), F.rms_norm(x, (16,), weight, 1e-5), [x, weight])


def test_rms_norm_gives_the_matrix_products_their_type_under_autocast() -> None:
    x, weight = _random(2, 8), _random(8)
    with torch.autocast("cpu", torch.bfloat16):
        assert ops.rms_norm(x, weight, 1e-5).dtype == torch.bfloat16


def test_rotate_is_the_rotation_of_pairs() -> None:
    shape = ModelShape(layers=1, hidden=24, heads=2, kv_heads=2, ffn=8, vocab=9)
    cos, sin = rotary_tables(shape, 7)
    x = _random(2, 7, 2, 12)
    first, second = x.chunk(2, -1)
    turned = torch.view_as_complex(torch.stack((first, second), -1)) * torch.complex(cos, sin)[:, None]
    _same(ops.rotate(x, cos, sin), torch.cat((turned.real, turned.imag), -1), [x])


def test_rotated_products_depend_on_the_distance_alone() -> None:
    shape = ModelShape(layers=1, hidden=16, heads=1, kv_heads=1, ffn=8, vocab=9)
    cos, sin = rotary_tables(shape, 40)
    query, key = (_random(1, 1, 1, 16).detach().expand(1, 40, 1, 16) for _ in range(2))
    scores = (ops.rotate(query, cos, sin)[0, :, 0] @ ops.rotate(key, cos, sin)[0, :, 0].T).numpy()
    for distance in (0, 3, 20):
        assert scores.diagonal(-distance).std() < 1e-4


def test_swiglu() -> None:
    x = _random(4, 3, 20)
    gate, up = x.chunk(2, -1)
    _same(ops.swiglu(x), F.silu(gate) * up, [x])


@pytest.mark.parametrize("kv_heads", [4, 2, 1])
def test_causal_attention_in_bf16_is_close_to_the_exact_one(kv_heads: int) -> None:
    query = _random(2, 4, 33, 8, dtype=torch.bfloat16)
    key, value = (_random(2, kv_heads, 33, 8, dtype=torch.bfloat16) for _ in range(2))
    exact = F.scaled_dot_product_attention(
        *(item.double() for item in (query, key, value)), is_causal=True, enable_gqa=True
    )
    ours = ops.causal_attention(query, key, value)
    torch.testing.assert_close(ours.double(), exact, rtol=0.03, atol=0.03)
    inputs = [query, key, value]
    for mine, reference in zip(_gradients(ours, inputs), _gradients(exact, inputs), strict=True):
        torch.testing.assert_close(mine, reference, rtol=0.1, atol=0.15)


def test_no_position_sees_a_later_one() -> None:
    query, key, value = (_random(1, 2, 10, 8, dtype=torch.bfloat16).detach() for _ in range(3))
    before = ops.causal_attention(query, key, value)
    changed = value.clone()
    changed[:, :, 6:] += 5.0
    after = ops.causal_attention(query, key, changed)
    assert torch.equal(before[:, :, :6], after[:, :, :6])
    assert not torch.equal(before[:, :, 6:], after[:, :, 6:])


def test_cross_entropy() -> None:
    logits, targets = _random(50, 30), torch.arange(50) % 30
    _same(ops.cross_entropy(logits, targets), F.cross_entropy(logits, targets), [logits])


def test_cross_entropy_stays_finite_when_the_model_is_sure_and_wrong() -> None:
    logits = torch.tensor([[500.0, 0.0]], requires_grad=True)
    loss = ops.cross_entropy(logits, torch.tensor([1]))
    assert 80 < float(loss.detach()) < 600
    assert torch.isfinite(torch.autograd.grad(loss, logits)[0]).all()
