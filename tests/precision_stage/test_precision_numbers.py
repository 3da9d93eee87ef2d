"""Counting numbers by power of two, what formats do to them, memory, and plain words."""

from __future__ import annotations

import math
import struct

import numpy as np
import pytest
import torch

from simulator.engine.queries import answer_query
from simulator.errors import ConfigError
from simulator.formats.codec import decode, quantize
from simulator.formats.floats import FORMATS
from simulator.model.shapes import SIZES, ModelShape
from simulator.model.transformer import Transformer
from simulator.s04_precision.config import PrecisionConfig
from simulator.s04_precision.exponents import EDGES, SHOWN, ExponentCounter, limits_of
from simulator.s04_precision.memory import LiveBytes, measure_memory
from simulator.s04_precision.probing import exponents, gradients_of, vanished
from simulator.s04_precision.queries import RandomBatches, toy_memory, trainer_of
from simulator.s04_precision.readings import Result, read_results
from simulator.training.policies import POLICIES

SHAPE = ModelShape(layers=2, hidden=32, heads=2, kv_heads=1, ffn=48, vocab=64, sequence=16)
ROWS = RandomBatches(4, 16, 64).rows(0)


# ---- counting ----


@pytest.mark.parametrize("name", SHOWN)
def test_limits_are_where_the_codec_changes_its_mind(name):
    limits, format = limits_of(name), FORMATS[name]
    above = np.nextafter(np.float32(limits.zero), np.float32(1))
    assert quantize(limits.zero, format) == 0
    assert quantize(float(above), format) == format.min_subnormal
    assert quantize(limits.normal, format) == format.min_normal
    assert not np.isfinite(quantize(limits.over, format))
    assert quantize(float(np.nextafter(np.float32(limits.over), np.float32(0))), format) == format.max


def test_counts_and_shares_are_those_of_the_numbers():
    generator = np.random.default_rng(0)
    values = (generator.standard_normal(5000) * 10.0 ** generator.uniform(-14, 6, 5000)).astype(np.float32)
    values[:100] = 0
    counter = ExponentCounter("fp16")
    for part in np.split(values, 5):
        counter.add(torch.from_numpy(part))
    found = counter.fields()
    there = values[values != 0]
    powers = np.floor(np.log2(np.abs(there.astype(np.float64)))).astype(int)
    expected = np.bincount(np.clip(powers, EDGES[0], EDGES[-2]) - EDGES[0], minlength=len(EDGES) - 1)
    assert found["counts"] == expected.tolist()
    assert (found["zeros"], found["total"], sum(found["counts"])) == (100, 5000, 4900)
    rounded = quantize(there, FORMATS["fp16"])
    assert found["below"] == pytest.approx((rounded == 0).sum() / 5000)
    assert found["overflow"] == pytest.approx(np.isinf(rounded).sum() / 5000)
    tiny = (np.abs(there) < FORMATS["fp16"].min_normal) & (rounded != 0)
    assert found["subnormal"] == pytest.approx(tiny.sum() / 5000)
    assert found["formats"]["fp16"] == {name: found[name] for name in ("below", "subnormal", "overflow")}
    assert found["formats"]["bf16"]["below"] == 0


def test_numbers_beyond_the_bars_are_counted_at_the_ends():
    counter = ExponentCounter()
    counter.add(torch.tensor([2.0**-140, 2.0**100, torch.inf, torch.nan]))
    found = counter.fields()
    assert (found["counts"][0], found["counts"][-1], sum(found["counts"])) == (1, 1, 2)
    assert found["formats"]["fp16"]["overflow"] == 0.75


def test_a_factor_moves_the_counts_and_a_tensor_scale_the_shares():
    values = torch.tensor([1.0, 2.0, 2.0**-20])
    moved = ExponentCounter()
    moved.add(values, factor=2.0**-10)
    assert [EDGES[bar] for bar, count in enumerate(moved.fields()["counts"]) if count] == [-30, -10, -9]
    raw, scaled = ExponentCounter("fp8_e5m2"), ExponentCounter("fp8_e5m2", tensor_scaled=True)
    raw.add(values)
    scaled.add(values)
    assert raw.fields()["below"] > 0
    assert scaled.fields()["below"] == 0
    scaled.add(torch.zeros(5))
    assert (scaled.fields()["overflow"], scaled.fields()["zeros"]) == (0, 5)


# ---- looking into a backward pass ----


def look(policy: str, factor: float) -> dict:
    return exponents(POLICIES[policy], Transformer(SHAPE, seed=1), ROWS, factor)


def test_gradients_vanish_on_their_way_in_fp16_alone():
    factor = 2.0**-15
    plain, scaled, bf16, eight = (look(*pair) for pair in (
        ("fp16", factor), ("fp16-scaled", factor * 2.0**15), ("bf16", factor), ("fp8", factor),
    ))  # fmt: skip
    assert plain["vanished_share"] > 0.8
    assert plain["flowing"]["zeros"] > 0.9 * plain["flowing"]["total"]
    assert plain["zeros"] >= plain["vanished"] > 0
    assert plain["below"] + plain["subnormal"] > 0.9
    assert plain["error"] > 0.5
    for other in (scaled, bf16, eight):
        assert other["vanished_share"] < 0.02
        assert other["error"] < 0.25
    assert scaled["error"] < bf16["error"] < eight["error"]
    true = look("fp32", factor)
    assert (true["vanished"], true["error"]) == (0, 0.0)
    assert true["reference"]["counts"] == plain["reference"]["counts"] == true["counts"]


def test_a_scale_that_is_too_large_overflows():
    found = look("fp16-scaled", 2.0**30)
    assert found["overflow"] > 0.1
    assert math.isinf(found["error"])


def test_looking_leaves_the_model_as_it_was():
    model = Transformer(SHAPE, seed=1)
    kept = torch.ones_like(model.norm.weight)
    model.norm.weight.grad = kept
    exponents(POLICIES["fp16"], model, ROWS, 1.0)
    assert model.norm.weight.grad is kept
    assert all(weight.grad is None for weight in model.parameters() if weight is not model.norm.weight)


def test_a_number_that_vanishes_is_shown_with_its_bits():
    model = Transformer(SHAPE, seed=1)
    found = vanished(model, ROWS, 1 << 15, 65_536.0)
    assert found is not None
    place, name = tuple(found["index"]), found["name"]
    true = gradients_of(POLICIES["fp32"], model, ROWS, 2.0**-15)[name][place]
    plain = gradients_of(POLICIES["fp16"], model, ROWS, 2.0**-15)[name][place]
    scaled = gradients_of(POLICIES["fp16"], model, ROWS, 2.0)[name][place]
    assert float(plain) == found["rounded"] == 0
    assert float(quantize(found["value"], FORMATS["fp16"])) == 0
    assert struct.pack(">f", float(true)) == bytes.fromhex(found["bits"][2:])
    assert (
        float(decode(int(found["scaled_bits"], 16), FORMATS["fp16"]))
        == float(scaled)
        == found["scaled_value"]
    )
    assert found["rescued"] == pytest.approx(found["value"], rel=0.1)
    assert found["lost"] > 10


def test_where_nothing_vanishes_nothing_is_shown():
    assert vanished(Transformer(SHAPE, seed=1), ROWS * 0, 1, 1.0) is None


# ---- memory ----


def test_live_bytes_sees_what_comes_and_goes():
    with LiveBytes([]) as live:
        one = torch.zeros(1000)
        view = one[10:]
        two = one + 1
        assert live.now == 8000
        del one
        assert live.now == 8000  # the view holds it
        del view, two
        assert (live.now, live.peak) == (0, 8000)


def test_what_was_there_before_is_not_counted():
    known = torch.zeros(1000)
    with LiveBytes([known]) as live:
        view = known.view(10, 100)
        view.add_(1)
        assert live.now == 0


@pytest.mark.parametrize("policy", POLICIES)
def test_memory_is_as_predicted(policy):
    trainer = trainer_of(SHAPE, policy, RandomBatches(8, 16, 64))
    trainer.step(0)
    fields = measure_memory(trainer, trainer.rows(1))
    predicted, found = fields["predicted"], fields["measured"]
    for part in ("parameters", "gradients", "optimizer"):
        assert predicted[part] == found[part] > 0, part
    assert found["activations"] == pytest.approx(predicted["activations"], rel=0.1)
    assert all(weight.grad is None for weight in trainer.model.parameters())


def test_the_saved_tensors_are_most_of_the_activations():
    """The measurement is held against another one: what automatic differentiation says that it keeps."""
    trainer = trainer_of(SHAPE, "bf16", RandomBatches(8, 16, 64))
    trainer.step(0)
    found = measure_memory(trainer, trainer.rows(1))["measured"]["activations"]
    own = {weight.untyped_storage().data_ptr() for weight in trainer.model.parameters()}
    kept = {}

    def keep(tensor: torch.Tensor) -> torch.Tensor:
        storage = tensor.untyped_storage()
        if storage.data_ptr() not in own:
            kept[storage.data_ptr()] = storage.nbytes()
        return tensor

    from simulator.training.precision import policy_loss

    with torch.autograd.graph.saved_tensors_hooks(keep, lambda tensor: tensor):
        loss = policy_loss(POLICIES["bf16"], trainer.model, trainer.rows(1))
    assert loss.item() > 0
    assert sum(kept.values()) == pytest.approx(found, rel=0.1)


def test_the_query_measures_a_step_of_this_machine(tmp_path):
    answer = answer_query(
        tmp_path, 1, "toy_memory", {"size": "0.1M", "batch": 4, "sequence": 32, "policy": "bf16"}
    )
    assert not answer.error
    assert answer.result["measured"]["parameters"] == answer.result["predicted"]["parameters"]
    assert answer.result["process"] > 1e6


@pytest.mark.parametrize(
    "wrong",
    [
        {"size": "9T"},
        {"policy": "fp7"},
        {"batch": 0},
        {"sequence": -1},
        {"size": "50M", "batch": 64, "sequence": 512},
    ],
)
def test_the_query_refuses_what_cannot_be_measured(wrong, tmp_path):
    with pytest.raises(ConfigError):
        toy_memory(tmp_path, **wrong)


# ---- settings and words ----


def test_profiles_average_over_as_many_tokens_as_big_runs_do():
    for name in PrecisionConfig.profiles:
        config = PrecisionConfig.for_profile(name)
        assert 1e6 < config.loss_tokens < 8e6
        assert len(config.policies()) == 5
        assert config.size in SIZES
    with pytest.raises(ConfigError, match="No number format"):
        PrecisionConfig(fp32=False, bf16=False, fp16=False, fp16_scaled=False, fp8=False)


def result(loss: float, **changes: float) -> Result:
    values = {"vanished": 0.0, "skipped": 0, "scale": 1.0, "broken": -1, "seconds": 0.01, **changes}
    return Result(loss=loss, **values)  # type: ignore[arg-type]


def test_words_say_who_suffers_and_why():
    readings = read_results(
        {
            "fp32": result(3.0),
            "bf16": result(3.02),
            "fp16": result(5.5, vanished=0.9),
            "fp16-scaled": result(3.05, skipped=4, scale=2.0**20),
            "fp8": result(math.inf, broken=7),
        },
        512,
        100,
    )
    levels = {reading.title: reading.level for reading in readings}
    assert levels == {
        "FP32 learns as well as the best": "good",
        "BF16 learns as well as the best": "good",
        "FP16 + loss scaling learns as well as the best": "good",
        "FP16 learned less": "warning",
        "FP8 broke": "bad",
    }
    words = " ".join(reading.text for reading in readings)
    assert "90%" in words
    assert "4 of 100 steps" in words
    assert "2^20" in words
