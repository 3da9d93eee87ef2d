"""The toy model's account against what torch really keeps, tensor by tensor."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor
from torch.autograd.graph import saved_tensors_hooks

from simulator.accounting.toy import (
    LONGEST_SCORE_MATRIX,
    POLICIES,
    toy_activations,
    toy_memory,
    toy_optimizer_bytes,
)
from simulator.errors import ConfigError
from simulator.model import ops
from simulator.model.shapes import SIZES, ModelShape
from simulator.model.transformer import Transformer
from simulator.training import policies
from simulator.training.loop import autocast, next_token_loss, optimizer_tensors
from simulator.training.optimizers import make_optimizers
from simulator.training.precision import kernels, policy_loss

SHAPES = {
    "grouped heads": ModelShape(layers=2, hidden=64, heads=4, kv_heads=2, ffn=176, vocab=512, sequence=32),
    "own head": ModelShape(
        layers=1, hidden=96, heads=3, kv_heads=3, ffn=256, vocab=300, sequence=48, tied=False
    ),
    "long context": ModelShape(layers=1, hidden=64, heads=4, kv_heads=2, ffn=160, vocab=128, sequence=600),
}
BATCH = 2


def saved_bytes(model: Transformer, rows: Tensor, loss_of) -> int:
    """Bytes of all that the forward pass saves, each memory once, without weights, tables and the batch itself."""
    known = {t.untyped_storage().data_ptr() for t in (*model.parameters(), *model.buffers(), rows)}
    found: dict[int, Tensor] = {}

    def keep(tensor: Tensor) -> Tensor:
        if tensor.untyped_storage().data_ptr() not in known:
            found.setdefault(tensor.untyped_storage().data_ptr(), tensor)
        return tensor

    with saved_tensors_hooks(keep, lambda tensor: tensor):
        loss_of(model, rows)
    return sum(tensor.untyped_storage().nbytes() for tensor in found.values())


def rows_of(shape: ModelShape) -> Tensor:
    return torch.randint(
        0, shape.vocab, (BATCH, shape.sequence + 1), generator=torch.Generator().manual_seed(0)
    )


@pytest.mark.parametrize("name", SHAPES)
@pytest.mark.parametrize("policy", POLICIES)
def test_activations_are_those_that_torch_saves(name, policy):
    shape = SHAPES[name]
    chosen = policies.find_policy(policy)
    with kernels(chosen, torch.device("cpu")):
        measured = saved_bytes(
            Transformer(shape), rows_of(shape), lambda model, rows: policy_loss(chosen, model, rows)
        )
    assert toy_activations(shape, BATCH, shape.sequence, policy).total == measured


@pytest.mark.parametrize("name", SHAPES)
@pytest.mark.parametrize("policy", ["fp32", "bf16"])
def test_activations_of_pre_training_too(name, policy):
    shape = SHAPES[name]
    with autocast(torch.device("cpu"), policy == "bf16"):
        measured = saved_bytes(Transformer(shape), rows_of(shape), next_token_loss)
    assert toy_activations(shape, BATCH, shape.sequence, policy, own_loss=True).total == measured


@pytest.mark.parametrize("name", ["grouped heads", "own head"])
@pytest.mark.parametrize("optimizer", ["adamw", "muon"])
def test_states_are_exact(name, optimizer):
    shape = SHAPES[name]
    model = Transformer(shape)
    optimizers = make_optimizers(model, optimizer, learning_rate=1e-3, weight_decay=0.1)
    next_token_loss(model, rows_of(shape)).backward()
    for each in optimizers:
        each.step()
    memory = toy_memory(shape, BATCH, shape.sequence, "fp32", optimizer)
    assert memory.parameters == sum(p.nbytes for p in model.parameters())
    assert memory.gradients == sum(p.grad.nbytes for p in model.parameters())
    assert memory.optimizer == sum(tensor.nbytes for tensor in optimizer_tensors(optimizers).values())
    assert memory.optimizer == toy_optimizer_bytes(shape, optimizer)


def test_names_are_those_of_training():
    assert list(POLICIES) == list(policies.POLICIES)
    assert LONGEST_SCORE_MATRIX == ops.LONGEST_SCORE_MATRIX


def test_policies_compare_as_they_should():
    size = SIZES["0.9M"]
    shape = ModelShape(**vars(size), vocab=512)
    memory = {policy: toy_memory(shape, 32, 128, policy, "adamw") for policy in POLICIES}
    assert {item.parameters for item in memory.values()} == {4 * shape.total()}
    assert memory["fp8"].activations < memory["bf16"].activations < memory["fp32"].activations
    assert memory["fp16"] == memory["fp16-scaled"] == memory["bf16"]
    parts = toy_activations(shape, 32, 128, "bf16")
    assert sum(parts.to_dict().values()) == parts.total == memory["bf16"].activations
    whole = memory["fp32"]
    assert whole.peak == whole.parameters + whole.optimizer + whole.activations + whole.workspace
    assert set(whole.to_dict()) == {"parameters", "gradients", "optimizer", "activations", "workspace"}
    single = toy_memory(shape, 1, 1, "fp32", "adamw")
    assert single.peak == single.parameters + single.optimizer + single.gradients


def test_a_gpu_keeps_what_its_kernels_keep():
    shape = SHAPES["own head"]
    cpu, gpu = (toy_activations(shape, 2, 48, "fp32", device=device) for device in ("cpu", "cuda"))
    assert gpu.feed_forward - cpu.feed_forward == 4 * 2 * 48 * shape.ffn * shape.layers
    assert (gpu.norms, gpu.attention, gpu.loss) == (cpu.norms, cpu.attention, cpu.loss)
    # The fused kernel keeps no matrix of scores: twice the context is twice the tokens and no more.
    grows = [toy_activations(shape, 2, length, "bf16", device="cuda").attention for length in (48, 96)]
    assert grows[1] == 2 * grows[0]
    grows = [toy_activations(shape, 2, length, "bf16").attention for length in (48, 96)]
    assert grows[1] > 2 * grows[0]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ((2, 48, "fp12", "adamw"), "no precision policy 'fp12'"),
        ((2, 48, "fp32", "adam"), "no optimizer 'adam'"),
        ((0, 48, "fp32", "adamw"), "at least one sequence"),
    ],
)
def test_what_cannot_be_is_said(arguments, words):
    with pytest.raises(ConfigError, match=words):
        toy_memory(SHAPES["own head"], *arguments)
