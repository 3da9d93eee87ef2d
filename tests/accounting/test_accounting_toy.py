"""The toy model's account against what torch really keeps, tensor by tensor."""

from __future__ import annotations

import weakref
from functools import partial

import pytest
import torch
from torch import Tensor
from torch.autograd.graph import saved_tensors_hooks
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves

from simulator.accounting.toy import toy_memory, toy_optimizer_bytes
from simulator.accounting.toy_kept import LONGEST_SCORE_MATRIX, POLICIES, toy_activations
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


class LiveStorages(TorchDispatchMode):
    """The most bytes of new tensors alive at one time."""

    def __init__(self, known: list[Tensor]) -> None:
        super().__init__()
        self.now = self.peak = 0
        self.seen = {id(tensor.untyped_storage()): tensor.untyped_storage() for tensor in known}

    def __torch_dispatch__(self, func, types, args=(), kwargs=None):
        result = func(*args, **(kwargs or {}))
        for item in tree_leaves(result):
            if isinstance(item, Tensor) and id(item.untyped_storage()) not in self.seen:
                storage = item.untyped_storage()
                self.seen[id(storage)] = weakref.ref(
                    storage, partial(self.drop, id(storage), storage.nbytes())
                )
                self.now += storage.nbytes()
        self.peak = max(self.peak, self.now)
        return result

    def drop(self, key: int, size: int, _) -> None:
        del self.seen[key]
        self.now -= size


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


@pytest.mark.parametrize("policy", POLICIES)
@pytest.mark.parametrize(
    ("changes", "batch", "sequence"),
    [
        ({}, 8, 64),  # the loss is the fullest moment
        ({"vocab": 64, "ffn": 352}, 8, 64),  # the feed-forward
        ({"vocab": 64, "heads": 8, "kv_heads": 8}, 2, 256),  # attention, in 16 bits
        ({"hidden": 128, "ffn": 512, "layers": 3}, 1, 8),  # the end, when all gradients are there
        ({"tied": False, "kv_heads": 2, "vocab": 128}, 4, 64),
    ],
)
def test_the_peak_is_what_is_alive_at_one_time(policy, changes, batch, sequence):
    numbers = {"layers": 2, "hidden": 64, "heads": 4, "kv_heads": 4, "ffn": 176, "vocab": 512}
    shape = ModelShape(**{**numbers, **changes}, sequence=sequence)
    model, chosen = Transformer(shape), policies.find_policy(policy)
    rows = torch.randint(0, shape.vocab, (batch, sequence + 1), generator=torch.Generator().manual_seed(0))
    with LiveStorages([*model.parameters(), *model.buffers(), rows]) as live, kernels(chosen, rows.device):
        policy_loss(chosen, model, rows).backward()
    memory = toy_memory(shape, batch, sequence, policy, "adamw")
    # With 8 tokens what the products need for a moment, not counted, weighs more.
    assert memory.activations + memory.workspace == pytest.approx(
        live.peak, rel=0.02 if sequence > 8 else 0.25
    )


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs an NVIDIA GPU")
@pytest.mark.parametrize("policy", POLICIES)
@pytest.mark.parametrize("size", ["0.9M", "25M"])
def test_activations_on_a_gpu(policy, size):
    shape = ModelShape(**vars(SIZES[size]), vocab=512, sequence=128)
    model, chosen = Transformer(shape).cuda(), policies.find_policy(policy)
    rows = torch.randint(0, shape.vocab, (32, 129), generator=torch.Generator().manual_seed(0)).cuda()
    for _ in range(2):  # the first pass makes room for the libraries
        torch.cuda.synchronize()
        before = torch.cuda.memory_allocated()
        loss = policy_loss(chosen, model, rows)
        measured = torch.cuda.memory_allocated() - before
        del loss
    assert toy_activations(shape, 32, 128, policy, device="cuda").total == pytest.approx(measured, rel=0.1)


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
    single = toy_memory(
        shape, 1, 1, "fp32", "adamw"
    )  # hardly any activations: it is the gradients that fill memory
    assert single.peak >= single.parameters + single.optimizer + single.gradients


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
