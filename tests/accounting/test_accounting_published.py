"""The accounts against published numbers: ZeRO, Megatron, DeepSpeed, activations, KV cache; and the commands."""

from __future__ import annotations

import json

import pytest
import torch

from simulator.accounting.activations import (
    RECOMPUTE,
    ActivationPlan,
    attention_share,
    gpu_bytes,
    layer_bytes,
    outside_bytes,
    recompute_bytes,
)
from simulator.accounting.kv_cache import CACHE_FORMATS, cache_bytes, cache_bytes_per_token
from simulator.accounting.layout import assumed_width, tensor_layout
from simulator.accounting.states import CONVENTIONS, OPTIMIZERS, model_states, moment_bytes
from simulator.cli.parser import main
from simulator.errors import ConfigError
from simulator.facts import fact
from simulator.model.shapes import PRESETS, SIZES, ModelShape
from simulator.units import format_binary_bytes

GIB = 2**30

# ---- model states ----


def test_zero_paper():
    """Figure 1 of ZeRO: 7.5B parameters on 64 GPUs."""
    published = fact("zero-example").numbers
    for stage, gigabytes in enumerate(published):
        states = model_states(7.5e9, convention="zero", zero=stage, dp=64)
        assert round(states.total / 1e9, 1) == gigabytes
    whole = model_states(1, convention="zero")
    assert (whole.parameters, whole.gradients, whole.optimizer) == (2, 2, 12)


@pytest.mark.parametrize("dp", [1, 8, 512])
def test_megatron_documentation(dp):
    """18 bytes a parameter, 6 + 12 / d with the distributed optimizer."""
    everywhere, shared = fact("megatron-distributed-bytes").numbers
    assert model_states(1, convention="megatron", dp=dp).total == fact("megatron-bytes").number
    assert model_states(1, convention="megatron", zero=1, dp=dp).total == pytest.approx(
        everywhere + shared / dp
    )
    parts = model_states(1, convention="megatron", zero=1, dp=dp)
    assert (parts.parameters, parts.gradients) == (2, 4)


def test_deepspeed_documentation():
    """T5-3B on 8 GPUs, as its page prints it."""
    zero_2, zero_3 = fact("deepspeed-example").numbers
    two = model_states(2851e6, convention="deepspeed", zero=2, dp=8)
    assert round(two.total / GIB, 2) == zero_2
    three = model_states(2851e6, convention="deepspeed", zero=3, dp=8, largest_layer=32e6)
    assert round(three.total / GIB, 2) == zero_3


def test_deepspeed_page_in_code():
    """The page's own example in code: T5-large, 737.67M parameters, largest layer 32.90M, 4 GPUs: 3,291 MB."""
    states = model_states(737.67e6, convention="deepspeed", zero=3, dp=4, largest_layer=32.90e6)
    assert int(states.total) >> 20 == 3291


def test_deepspeed_formulas():
    for dp in (1, 4, 64):
        everywhere, shared = fact("deepspeed-zero-2-bytes").numbers
        assert model_states(1, convention="deepspeed", zero=2, dp=dp).total == pytest.approx(
            everywhere + shared / dp
        )
        layer, shared = fact("deepspeed-zero-3-bytes").numbers
        assert model_states(
            1, convention="deepspeed", zero=3, dp=dp, largest_layer=0.1
        ).total == pytest.approx(0.1 * layer + shared / dp)


@pytest.mark.parametrize("convention", CONVENTIONS)
@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_sharing_out_never_costs_and_divides_evenly(convention, optimizer):
    totals = [
        model_states(1e9, convention=convention, optimizer=optimizer, zero=zero, dp=16).total
        for zero in range(4)
    ]
    assert totals == sorted(totals, reverse=True)
    assert totals[0] > 2 * totals[3]
    assert model_states(1e9, convention=convention, optimizer=optimizer, zero=3, dp=1).total <= totals[0]
    one = model_states(1e9, convention=convention, optimizer=optimizer, zero=1, dp=2)
    parallel = model_states(1e9, convention=convention, optimizer=optimizer, zero=1, dp=2, tp=4, pp=2)
    assert parallel.total == pytest.approx(one.total / 8)
    assert (parallel.parameters, parallel.gradients) == (one.parameters / 8, one.gradients / 8)


@pytest.mark.parametrize(
    "changes",
    [
        {"convention": "mine"},
        {"optimizer": "lion"},
        {"zero": 4},
        {"dp": 0},
        {"parameters": 0},
        {"parameters": 1e400},
    ],
)
def test_what_cannot_be_is_said(changes):
    with pytest.raises(ConfigError):
        model_states(**{"parameters": 1e9, **changes})


# ---- optimizers ----


@pytest.mark.parametrize("name", ["0.4M", "25M"])
@pytest.mark.parametrize("tied", [False, True])
def test_the_layout_adds_up(name, tied):
    shape = ModelShape(**vars(SIZES[name]), vocab=512, tied=tied)
    assert sum(group.parameters for group in tensor_layout(shape)) == shape.total()


def small_model() -> tuple[ModelShape, torch.nn.ParameterList]:
    shape = ModelShape(layers=2, hidden=64, heads=4, kv_heads=2, ffn=176, vocab=512)
    tensors = [
        torch.randn((group.rows, group.columns) if group.rows > 1 else (group.columns,))
        for group in tensor_layout(shape)
        for _ in range(group.count)
    ]
    return shape, torch.nn.ParameterList(tensors)


@pytest.mark.parametrize(
    ("name", "make"),
    [
        ("adam", torch.optim.Adam),
        ("adafactor", torch.optim.Adafactor),
        ("sgd", lambda parameters: torch.optim.SGD(parameters, lr=0.1)),
        ("sgd with momentum", lambda parameters: torch.optim.SGD(parameters, lr=0.1, momentum=0.9)),
    ],
)
def test_moments_are_those_that_torch_keeps(name, make):
    shape, parameters = small_model()
    optimizer = make(parameters)
    for parameter in parameters:
        parameter.grad = torch.randn_like(parameter)
    optimizer.step()
    kept = sum(
        value.nbytes
        for state in optimizer.state.values()
        for key, value in state.items()
        if key != "step" and isinstance(value, torch.Tensor)
    )
    layout = tensor_layout(shape)
    kind = name.split()[0]
    assert moment_bytes(shape.total(), kind, layout=layout, momentum="momentum" in name) == kept


def test_muon_keeps_one_moment_for_hidden_matrices():
    shape = PRESETS["llama-3-8b"]
    hidden = shape.parts()["attention"] + shape.parts()["feed_forward"]
    others = shape.total() - hidden
    assert moment_bytes(shape.total(), "muon", layout=tensor_layout(shape)) == 4 * hidden + 8 * others
    assert moment_bytes(shape.total(), "muon") == 4 * shape.total()


def test_eight_bit_adam():
    assert moment_bytes(256, "adam8bit") == 2 * 256 + 2 * 4
    assert moment_bytes(257, "adam8bit") == 2 * 257 + 2 * 8
    assert moment_bytes(7e9, "adam8bit") / 7e9 == pytest.approx(2 + 2 * 4 / 256, rel=1e-6)
    shape = PRESETS["llama-2-7b"]
    exact = moment_bytes(shape.total(), "adam8bit", layout=tensor_layout(shape))
    assert exact == pytest.approx(moment_bytes(shape.total(), "adam8bit"), rel=1e-4)


@pytest.mark.parametrize("name", ["llama-1-65b", "llama-2-7b", "llama-2-13b", "llama-3-8b"])
def test_adafactor_without_a_shape_is_near(name):
    shape = PRESETS[name]
    assert assumed_width(shape.total()) == pytest.approx(shape.hidden, rel=0.1)
    exact = moment_bytes(shape.total(), "adafactor", layout=tensor_layout(shape))
    assert moment_bytes(shape.total(), "adafactor") == pytest.approx(exact, rel=0.35)
    assert exact < 0.005 * moment_bytes(shape.total(), "adam")


# ---- activations ----


def gpt_3(**changes) -> ActivationPlan:
    return ActivationPlan(**{"layers": 96, "hidden": 12288, "heads": 96, "sequence": 2048, **changes})


def mt_nlg(**changes) -> ActivationPlan:
    return ActivationPlan(**{"layers": 105, "hidden": 20480, "heads": 128, "sequence": 2048, **changes})


def test_table_2():
    """Table 2 of Korthikanti et al. 2022, row by row, in units of s b h."""
    stream, share = 2048 * 12288, 80
    rows = {
        (1, False, "none"): 34 + share,
        (8, False, "none"): 10 + 24 / 8 + share / 8,
        (8, True, "none"): 34 / 8 + share / 8,
        (8, False, "selective"): 10 + 24 / 8,
        (8, True, "selective"): 34 / 8,
        (8, False, "full"): 2,
        (8, True, "full"): 2,
    }
    for (tp, along, recompute), units in rows.items():
        plan = gpt_3(tp=tp, sequence_parallel=along, recompute=recompute)
        assert layer_bytes(plan) == pytest.approx(units * stream)
        assert layer_bytes(
            gpt_3(tp=tp, sequence_parallel=along, recompute=recompute, micro_batch=3)
        ) == pytest.approx(3 * units * stream)


def test_selective_recomputation_saves_what_the_paper_says():
    """Section 5: the attention part is 80 for GPT-3 and 64 for MT-NLG; leaving it out saves 70 % and 65 %."""
    assert (attention_share(gpt_3()), attention_share(mt_nlg())) == (80, 64)
    for make, percent in zip((gpt_3, mt_nlg), fact("selective-recompute-savings").numbers, strict=True):
        saved = 1 - layer_bytes(make(recompute="selective")) / layer_bytes(make())
        assert round(100 * saved) == percent


@pytest.mark.parametrize("make", [gpt_3, mt_nlg])
def test_both_together_save_the_five_fold_of_the_abstract(make):
    base, both = make(tp=8), make(tp=8, sequence_parallel=True, recompute="selective")
    assert layer_bytes(base) / layer_bytes(both) == pytest.approx(5, abs=0.6)


def test_the_first_stage_holds_as_much_however_many_stages():
    """Equation 5: with 1F1B the first of p stages has L / p layers and p micro-batches under way."""
    for stages in (1, 8, 32):
        assert gpu_bytes(gpt_3(pp=stages)) == pytest.approx(96 * layer_bytes(gpt_3()))
    assert gpu_bytes(gpt_3(pp=8, micro_batches=2)) == pytest.approx(96 / 8 * 2 * layer_bytes(gpt_3()))
    interleaved = gpt_3(pp=8, virtual=3)
    assert gpu_bytes(interleaved) == pytest.approx(96 * layer_bytes(gpt_3()) * (1 + 7 / 24))


def test_what_lies_outside_the_layers():
    """Section 4.3, with s b h L / t (p / L + [p = 1] 4 / L (1 + v / h)) as the extra."""
    model = {"layers": 48, "hidden": 6144, "heads": 64, "micro_batch": 4, "tp": 8, "vocab": 51200}
    plan = gpt_3(**model, sequence_parallel=True)
    stream = 2048 * 4 * 6144
    assert outside_bytes(plan) == pytest.approx(stream / 8 * (1 + 4 * (1 + 51200 / 6144)))
    assert outside_bytes(plan) / gpu_bytes(plan) < 0.02
    assert outside_bytes(gpt_3(**model, pp=4)) == pytest.approx(stream / 8 * 4)
    assert outside_bytes(gpt_3(tp=8)) == 0


def test_recomputing_brings_a_layer_back_for_a_moment():
    for recompute in RECOMPUTE:
        plan = gpt_3(tp=8, recompute=recompute)
        assert layer_bytes(plan) + recompute_bytes(plan) == pytest.approx(layer_bytes(gpt_3(tp=8)))


# ---- KV cache ----


@pytest.mark.parametrize("name", ["llama-2-7b", "llama-2-70b", "llama-3-8b"])
def test_published_caches(name):
    shape = PRESETS[name]
    each = cache_bytes_per_token(shape.layers, shape.kv_heads, shape.head_dim)
    assert each == fact(f"kv-{name}").number * 1024
    assert cache_bytes(shape, 4096, 3) == each * 4096 * 3


def test_cache_formats():
    sizes = {name: cache_bytes_per_token(1, 1, 1, name) for name in CACHE_FORMATS}
    assert sizes == {"fp32": 8, "fp16": 4, "bf16": 4, "fp8_e4m3": 2, "fp8_e5m2": 2, "int8": 2, "fp4_e2m1": 1,
                     "int4": 1, "nf4": 1}  # fmt: skip
    with pytest.raises(ConfigError):
        cache_bytes_per_token(1, 1, 1, "fp7")


def test_bytes_in_binary_units():
    values = {
        0: "0 B",
        1000: "1000 B",
        1024: "1 KiB",
        320 * 1024: "320 KiB",
        2**30 * 1.5: "1.5 GiB",
        2**50: "1024 TiB",
    }
    assert {value: format_binary_bytes(value) for value in values} == values


# ---- the commands ----


def call(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> dict:
    assert main(["calc", *arguments, "--json"]) == 0
    out = capsys.readouterr().out
    assert main(["calc", *arguments]) == 0
    assert capsys.readouterr().out
    return json.loads(out)


def test_calc_memory(capsys):
    found = call(["memory", "--params", "7.5B", "--zero", "2", "--dp", "64"], capsys)
    assert found["total"] == found["parameters"] + found["gradients"] + found["optimizer"] == 16.640625e9
    found = call(["memory", "--params", "1e9", "--convention", "megatron", "--tp", "2", "--pp", "4"], capsys)
    assert found["total"] == 18e9 / 8
    assert (found["gpus"], found["bytes_per_parameter"]) == (8, 18 / 8)
    found = call(["memory", "--preset", "llama-2-7b", "--optimizer", "muon"], capsys)
    assert found["model_parameters"] == PRESETS["llama-2-7b"].total()
    assert 8 < found["optimizer"] / found["model_parameters"] < 9


def test_calc_activations(capsys):
    shape = [
        "--layers",
        "96",
        "--hidden",
        "12288",
        "--heads",
        "96",
        "--sequence",
        "2048",
        "--micro-batch",
        "1",
    ]
    found = call(["activations", *shape, "--recompute", "none"], capsys)
    assert found["bytes_per_layer"] == 114 * 2048 * 12288
    assert found["bytes_per_gpu"] == 96 * found["bytes_per_layer"]
    split = ["--tp", "8", "--sequence-parallel", "--recompute", "selective"]
    assert call(["activations", *shape, *split], capsys)["bytes_per_layer"] == 34 / 8 * 2048 * 12288


def test_calc_kv_cache(capsys):
    found = call(["kv-cache", "--preset", "llama-2-70b", "--sequence", "4096", "--batch", "2"], capsys)
    assert (found["bytes_per_token"], found["bytes"]) == (320 * 1024, 320 * 1024 * 4096 * 2)
    own = ["--layers", "32", "--kv-heads", "8", "--head-dim", "128", "--format", "fp8_e4m3"]
    assert call(["kv-cache", *own], capsys)["bytes_per_token"] == 64 * 1024
    changed = call(["kv-cache", "--preset", "llama-2-7b", "--kv-heads", "8"], capsys)
    assert changed["bytes_per_token"] == 128 * 1024


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["memory"], "Neither is given of --params and --preset"),
        (["memory", "--params", "7B", "--preset", "llama-2-7b"], "Both are given"),
        (["memory", "--params", "7B", "--zero", "4"], "ZeRO stage 4 is out of range"),
        (["memory", "--params", "7B", "--dp", "0"], "out of range"),
        (["memory", "--params", "7B", "--optimizer", "lion"], "'lion'"),
        (["activations", "--layers", "4"], "--hidden is missing"),
        (["activations", "--layers", "4", "--hidden", "8", "--heads", "2", "--pp", "8"], "4 layers cannot"),
        (["kv-cache", "--layers", "4"], "--kv-heads is missing"),
        (["kv-cache", "--preset", "gpt-9"], "'gpt-9'"),
    ],
)
def test_the_commands_say_what_is_wrong(arguments, words, capsys):
    assert main(["calc", *arguments]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert len(err.splitlines()) == 1
    assert words in err
