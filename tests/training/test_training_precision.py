"""A training step under each precision policy: what is rounded, where, and by what."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
import torch
import torch.nn.functional as F

from simulator.errors import ConfigError
from simulator.formats.codec import encode, quantize
from simulator.formats.floats import FORMATS
from simulator.model.shapes import ModelShape
from simulator.model.transformer import Transformer
from simulator.training.float8 import Float8Layers, float8_linear, layer_weights, to_float8
from simulator.training.loss_scaling import DynamicLossScaler
from simulator.training.optimizers import make_optimizers
from simulator.training.policies import POLICIES, find_policy
from simulator.training.precision import HalfProducts, PrecisionTrainer, backward, policy_loss
from simulator.training.schedules import Schedule

SHAPE = ModelShape(layers=2, hidden=32, heads=2, kv_heads=1, ffn=48, vocab=64, sequence=16)


class FixedBatches:
    """Rows of one learnable pattern."""

    batch = 4

    def rows(self, step: int) -> torch.Tensor:
        generator = torch.Generator().manual_seed(step)
        starts = torch.randint(0, SHAPE.vocab, (self.batch, 1), generator=generator)
        return (starts + 7 * torch.arange(SHAPE.sequence + 1)) % SHAPE.vocab


def rows() -> torch.Tensor:
    return FixedBatches().rows(0)


def gradients(policy: str, factor: float = 1.0, model: Transformer | None = None) -> dict[str, torch.Tensor]:
    """The gradients of one backward pass, with the factor taken out."""
    model = model or Transformer(SHAPE, seed=1)
    backward(POLICIES[policy], model, rows(), factor)
    return {name: weight.grad / factor for name, weight in model.named_parameters()}


def trainer(
    policy: str,
    *,
    micro_batches: int = 1,
    steps: int = 40,
    clip: float = 1.0,
    seed: int = 1,
    **scaling: float,
) -> PrecisionTrainer:
    model = Transformer(SHAPE, seed=seed)
    return PrecisionTrainer(
        model,
        POLICIES[policy],
        FixedBatches(),
        Schedule(name="constant", peak=5e-3, steps=steps),
        lambda rate: make_optimizers(model, "adamw", learning_rate=rate, weight_decay=0.0),
        clip=clip,
        micro_batches=micro_batches,
        scaler=DynamicLossScaler(**scaling),
    )


def share_of_zeros(found: dict[str, torch.Tensor], part: str) -> float:
    tensors = [tensor for name, tensor in found.items() if part in name]
    return float(sum((item == 0).sum() for item in tensors) / sum(item.numel() for item in tensors))


# ---- fp16 products ----


def test_half_products_are_fp32_products_rounded_once_by_the_codec():
    generator = torch.Generator().manual_seed(0)
    left = (torch.randn(9, 33, generator=generator) * 1e-3).half()
    right = (torch.randn(33, 5, generator=generator) * 1e-3).half()
    with HalfProducts():
        product = left @ right
    assert product.dtype == torch.float16
    wide = (left.float() @ right.float()).numpy()
    bits = product.view(torch.int16).numpy().astype(np.uint16)
    assert np.array_equal(bits, encode(wide, FORMATS["fp16"]))


def test_half_products_agree_with_torchs_own_kernels():
    own = Transformer(SHAPE, seed=1)
    loss = policy_loss(POLICIES["fp16"], own, rows())  # torch's float16 kernels: no HalfProducts is entered
    loss.backward()
    theirs = {name: weight.grad for name, weight in own.named_parameters()}
    ours = gradients("fp16")
    for name, tensor in ours.items():
        scale = float(theirs[name].abs().max())
        assert torch.allclose(tensor, theirs[name], rtol=2e-2, atol=5e-3 * scale), name


def test_gradients_are_rounded_while_they_flow():
    seen = {}
    model = Transformer(SHAPE, seed=1)
    layer = model.blocks[0].feed_forward.down
    hook = layer.register_full_backward_hook(lambda _, into, out: seen.update(into=into[0], out=out[0]))
    backward(POLICIES["fp16"], model, rows(), 1.0)
    hook.remove()
    assert seen["into"].dtype == torch.float16
    for weight in (layer.weight, model.blocks[1].attention.qkv.weight, model.head.weight):
        values = weight.grad.double().numpy()
        if weight is not model.head.weight:  # tied: the embedding's own share is added in fp32
            assert np.array_equal(values, quantize(values, FORMATS["fp16"]))
    assert all(weight.dtype == torch.float32 for weight in model.parameters())


def test_gradients_vanish_in_fp16_and_a_scale_brings_them_back():
    factor = 2.0**-15
    reference = gradients("fp32")
    plain, scaled = gradients("fp16", factor), gradients("fp16", factor * 2.0**15)
    assert share_of_zeros(reference, "blocks") == 0
    assert share_of_zeros(plain, "blocks") > 0.9
    assert share_of_zeros(scaled, "blocks") < 0.01
    assert share_of_zeros(gradients("bf16", factor), "blocks") < 0.01
    for name, tensor in scaled.items():
        assert torch.allclose(
            tensor, reference[name], rtol=0.05, atol=0.02 * float(reference[name].abs().max())
        )


# ---- fp8 ----


@pytest.mark.parametrize(
    ("kind", "name"), [(torch.float8_e4m3fn, "fp8_e4m3"), (torch.float8_e5m2, "fp8_e5m2")]
)
def test_float8_is_bit_for_bit_the_codecs(kind, name):
    generator = torch.Generator().manual_seed(3)
    values = torch.randn(20_000, generator=generator) * 10 ** torch.empty(20_000).uniform_(
        -6, 2, generator=generator
    )
    found = to_float8(values, kind)
    scaled = (values * found.scale).numpy()
    expected = encode(scaled, FORMATS[name], overflow="saturate")
    assert np.array_equal(found.values.view(torch.uint8).numpy(), expected)
    assert float(found.values.float().abs().max()) == FORMATS[name].max


def test_float8_linear_is_made_of_8_bit_products():
    generator = torch.Generator().manual_seed(4)
    x = torch.randn(6, 12, generator=generator, requires_grad=True)
    weight = torch.randn(8, 12, generator=generator, requires_grad=True)
    grad = torch.randn(6, 8, generator=generator)
    out = float8_linear(x, weight, torch.float32)
    out.backward(grad)

    def rounded(values: torch.Tensor, name: str) -> np.ndarray:
        scale = np.float32(FORMATS[name].max) / values.abs().max().item()
        return quantize(np.float32(values.detach().numpy()) * np.float32(scale), FORMATS[name]) / scale

    x8, weight8, grad8 = rounded(x, "fp8_e4m3"), rounded(weight, "fp8_e4m3"), rounded(grad, "fp8_e5m2")
    assert np.allclose(out.detach().numpy(), x8 @ weight8.T, atol=1e-5)
    assert np.allclose(x.grad.numpy(), grad8 @ weight8, atol=1e-5)
    assert np.allclose(weight.grad.numpy(), grad8.T @ x8, atol=1e-5)
    assert not np.allclose(out.detach().numpy(), (x @ weight.T).detach().numpy(), atol=1e-3)


def test_only_the_layers_compute_in_float8():
    model = Transformer(SHAPE, seed=1)
    saved = []

    def keep(tensor: torch.Tensor) -> torch.Tensor:
        saved.append(tensor.dtype)
        return tensor

    with torch.autograd.graph.saved_tensors_hooks(keep, lambda tensor: tensor):
        policy_loss(POLICIES["fp8"], model, rows())
    layers = len(layer_weights(model.blocks))
    assert layers == 4 * SHAPE.layers
    assert saved.count(torch.float8_e4m3fn) == 2 * layers
    with Float8Layers(layer_weights(model.blocks)):
        x = torch.ones(1, SHAPE.hidden)
        assert torch.equal(F.linear(x, model.head.weight), x @ model.head.weight.T)


def test_float8_does_not_hide_what_overflowed():
    assert to_float8(torch.tensor([1.0, torch.inf]), torch.float8_e5m2).values.float().isnan().any()
    assert torch.equal(to_float8(torch.zeros(3), torch.float8_e4m3fn).values.float(), torch.zeros(3))


# ---- steps ----


def test_fp32_is_the_plain_step():
    from simulator.training.loop import Trainer

    model, batches = Transformer(SHAPE, seed=1), FixedBatches()
    plain = Trainer(
        model,
        lambda rate: make_optimizers(model, "adamw", learning_rate=rate, weight_decay=0.0),
        batches,
        Schedule(name="constant", peak=5e-3, steps=9),
        bf16=False,
        clip=1.0,
    )
    ours = trainer("fp32")
    losses = [ours.step(step).loss for step in range(8)]
    for step in range(8):
        plain.step(step)
    assert losses == pytest.approx([item.loss for item in plain.collect()], rel=1e-5)


@pytest.mark.parametrize("policy", ["fp32", "fp16"])
def test_one_micro_batch_stands_for_many_like_it(policy):
    """Really adding up so many divided backward passes gives the same gradients: they are lost one by one."""
    count = 64
    model = Transformer(SHAPE, seed=1)
    for _ in range(count):
        backward(POLICIES[policy], model, rows(), 1 / count)
    once = gradients(policy, 1 / count)
    for name, weight in model.named_parameters():
        assert torch.allclose(weight.grad, once[name], rtol=1e-4, atol=1e-9), name


def test_a_loss_over_few_tokens_needs_no_scaling():
    """It is the mean over very many tokens that makes FP16's gradients vanish, not FP16 as such."""
    last = {}
    for policy in ("fp32", "fp16"):
        runner = trainer(policy, micro_batches=1, steps=60)
        last[policy] = float(np.mean([runner.step(step).loss for step in range(60)][-10:]))
    assert abs(last["fp16"] - last["fp32"]) < 0.1


@pytest.mark.parametrize("seed", [1, 2])
def test_learning_suffers_without_scaling_alone(seed):
    last = {}
    for policy in POLICIES:
        runner = trainer(policy, micro_batches=1 << 15, steps=60, seed=seed)
        results = [runner.step(step) for step in range(60)]
        last[policy] = float(np.mean([item.loss for item in results[-10:]]))
    assert last["fp16"] > last["fp32"] + 0.5
    for policy in ("bf16", "fp16-scaled", "fp8"):
        assert abs(last[policy] - last["fp32"]) < 0.25, last


def test_a_step_that_overflows_is_skipped_and_the_scale_halves():
    runner = trainer("fp16-scaled", scale=2.0**40, interval=3)
    before = {name: value.clone() for name, value in runner.model.state_dict().items()}
    result = runner.step(0)
    assert result.skipped
    assert not np.isfinite(result.gradient_norm)
    assert (result.loss_scale, runner.loss_scale) == (2.0**40, 2.0**39)
    assert all(torch.equal(value, before[name]) for name, value in runner.model.state_dict().items())
    results = [runner.step(step) for step in range(1, 40)]
    assert not all(item.skipped for item in results)
    assert any(later.loss_scale > earlier.loss_scale for earlier, later in pairwise(results))


def test_a_run_is_that_of_torchs_own_scaler():
    """The same model trained by torch.amp as its documentation says: equal scales, skipped steps and losses."""
    runner = trainer("fp16-scaled", scale=2.0**36, interval=4)
    ours = [runner.step(step) for step in range(40)]
    model, batches = Transformer(SHAPE, seed=1), FixedBatches()
    (optimizer,) = make_optimizers(model, "adamw", learning_rate=5e-3, weight_decay=0.0)
    scaler = torch.amp.GradScaler("cpu", init_scale=2.0**36, growth_interval=4)
    scales, losses = [], []
    for step in range(40):
        tokens = batches.rows(step)
        with HalfProducts():
            with torch.autocast("cpu", torch.float16):
                logits = model(tokens[:, :-1])
                loss = F.cross_entropy(logits.flatten(0, 1).float(), tokens[:, 1:].flatten())
            scales.append(scaler.get_scale())
            losses.append(loss.item())
            scaler.scale(loss).backward()
        scaler.unscale_(optimizer)
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        scaler.step(optimizer)
        scaler.update()
        optimizer.zero_grad()
    assert [item.loss_scale for item in ours] == scales
    assert len(set(scales)) > 5
    assert [item.loss for item in ours] == pytest.approx(losses, rel=2e-3)


def test_the_norm_is_that_of_the_whole_batch_whatever_the_scale():
    norms = {
        policy: trainer(policy, micro_batches=count, scale=2.0**12).step(0).gradient_norm
        for policy, count in (("fp32", 1), ("fp32", 512), ("fp16-scaled", 512), ("bf16", 512))
    }
    assert max(norms.values()) < 1.02 * min(norms.values())


def test_an_unknown_policy_is_refused():
    with pytest.raises(ConfigError, match="fp64"):
        find_policy("fp64")
