"""The facts: complete, sourced, and consistent with what follows from one another."""

from __future__ import annotations

import math
import struct

import numpy as np
import pytest

from simulator.facts import FactError, all_facts, fact, facts_for, parse_facts
from simulator.model.shapes import PRESETS
from simulator.stages import STAGES

GOOD = """
[[fact]]
id = "a"
stages = ["s01_data"]
label = "A thing"
value = 1.5
source = "as reported in somewhere"
year = 2020
"""


@pytest.mark.parametrize("stage", STAGES, ids=lambda stage: stage.key)
def test_every_stage_has_facts(stage):
    assert facts_for(stage.key)


@pytest.mark.parametrize("item", all_facts().values(), ids=lambda item: item.id)
def test_a_fact_names_its_source_in_the_agreed_words(item):
    assert item.source.startswith(("as reported in ", "computed", "assumed", "unverified: "))
    assert 1950 < item.year < 2100
    assert item.text
    if item.source.startswith("unverified"):
        assert item.popular, "an unverified figure says what articles claim"


def test_text_shows_value_and_unit():
    assert fact("llama-2-70b-gpu-hours").text == "1,720,320 A100-80GB hours"
    assert fact("zero-example").text == "120, 31.4, 16.6, 1.9 GB"
    assert fact("fp16-max").text == "65,504"
    assert fact("pipeline-bubble").text == "(p-1)/(m+p-1)"


def test_number_of_a_text_or_list_is_an_error():
    with pytest.raises(FactError, match="not a single number"):
        _ = fact("pipeline-bubble").number
    with pytest.raises(FactError, match="text"):
        _ = fact("pipeline-bubble").numbers
    assert fact("fp16-max").numbers == (65504.0,)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (("s01_data", "s99_nothing"), "unknown stage 's99_nothing'"),
        (('source = "as reported in somewhere"\n', ""), "'a' has no source"),
        (('source = "as reported in somewhere"', 'source = ""'), "'a' has no source"),
        (("value = 1.5", "value = true"), "neither a number"),
        (("year = 2020", 'year = "then"'), "year"),
        (("year = 2020", "year = 2020\nyears = 3"), "unknown fields: years"),
        (('label = "A thing"', "label = 3"), "label"),
        (("[[fact]]", "[[fact"), "not valid TOML"),
    ],
)
def test_a_wrong_file_is_named(change, words):
    with pytest.raises(FactError, match=words):
        parse_facts(GOOD.replace(*change))


def test_an_id_is_given_once():
    with pytest.raises(FactError, match="twice"):
        parse_facts(GOOD + GOOD)


def test_unknown_names_are_errors():
    with pytest.raises(FactError, match="no-such-fact"):
        fact("no-such-fact")
    with pytest.raises(FactError, match="s99"):
        facts_for("s99")


# ---- figures that follow from others ----


def test_training_runs_add_up():
    price, gpus = fact("gpu-hour-price").number, fact("llama-1-65b-gpus").number
    hours_1, hours_2 = fact("llama-1-65b-gpu-hours").number, fact("llama-2-70b-gpu-hours").number
    assert round(hours_2 / gpus / 24, 1) == fact("llama-2-70b-days").number
    assert round(hours_1 / gpus / 24) == fact("llama-1-65b-days").number
    assert round(hours_1 * price / 1e6, 1) * 1e6 == fact("llama-1-65b-cost").number
    assert round(hours_2 * price / 1e6, 1) * 1e6 == fact("llama-2-70b-cost").number
    assert fact("llama-1-65b-tokens").number / (hours_1 * 3600) == pytest.approx(
        fact("llama-1-65b-throughput").number, rel=0.01
    )


def test_llama_3_utilization_is_speed_over_peak():
    peak = fact("h100-bf16-peak").number
    shares = [100 * speed / peak for speed in fact("llama-3-405b-tflops").numbers]
    assert shares == pytest.approx(fact("llama-3-405b-mfu").numbers, abs=0.6)


def test_llama_3_layout_divides_its_gpus():
    assert fact("llama-3-405b-gpus").number % math.prod(fact("llama-3-405b-layout").numbers) == 0


def test_zero_example_follows_from_bytes_a_parameter():
    weights, gradients, optimizer = fact("zero-bytes").numbers
    gpus, gigaparameters = 64, 7.5
    expected = [
        weights + gradients + optimizer,
        weights + gradients + optimizer / gpus,
        weights + (gradients + optimizer) / gpus,
        (weights + gradients + optimizer) / gpus,
    ]
    assert [round(gigaparameters * each, 1) for each in expected] == list(fact("zero-example").numbers)
    assert weights + 4 + optimizer == fact("megatron-bytes").number


def test_chinchilla_ratio():
    assert (
        fact("chinchilla-tokens").number / fact("chinchilla-params").number == fact("chinchilla-ratio").number
    )


def test_formats_follow_from_their_bits():
    for name in ("fp32", "fp16", "bf16"):
        _, exponent, fraction = fact(f"{name}-bits").numbers
        assert fact(f"{name}-max").number == (2 - 2**-fraction) * 2 ** (2 ** (exponent - 1) - 1)
    assert fact("fp16-max").number == np.finfo(np.float16).max
    assert fact("fp16-min-normal").number == np.finfo(np.float16).smallest_normal
    assert fact("fp16-min-subnormal").number == np.finfo(np.float16).smallest_subnormal
    assert fact("fp32-max").number == np.finfo(np.float32).max
    assert fact("bf16-max").number == struct.unpack(">f", bytes.fromhex("7f7f0000"))[0]
    assert sum(fact("tf32-bits").numbers) == 19


def test_small_formats_follow_from_their_bits():
    assert fact("fp8-e4m3-max").number == 2**8 * (1 + 6 / 8)  # the all-ones code is NaN
    assert fact("fp8-e5m2-max").number == 2**15 * (1 + 3 / 4)
    assert fact("fp6-e3m2-max").number == 2**4 * (1 + 3 / 4)
    assert fact("fp6-e2m3-max").number == 2**2 * (1 + 7 / 8)
    values = [mantissa / 2 for mantissa in (0, 1)] + [2**e * (1 + m / 2) for e in (0, 1, 2) for m in (0, 1)]
    assert list(fact("fp4-e2m1-values").numbers) == values


def test_warmup_share_follows():
    steps = fact("llama-2-70b-tokens").number / fact("llama-2-batch").number
    assert 100 * fact("llama-2-warmup").number / steps == pytest.approx(fact("llama-2-warmup-share").number)


def test_weights_and_blocks():
    assert list(fact("weights-7b").numbers) == [7 * 4, 7 * 2]
    assert list(fact("weights-7b-bits").numbers) == [7 * bits / 8 for bits in (16, 8, 4, 2)]
    assert fact("q4-0-bits").number == (32 * 4 + 16) / 32
    assert fact("q8-0-bits").number == (32 * 8 + 16) / 32


@pytest.mark.parametrize("name", ["llama-2-7b", "llama-2-70b", "llama-3-8b"])
def test_kv_cache_follows_from_the_shape(name):
    shape = PRESETS[name]
    kibibytes = 2 * shape.layers * shape.kv_heads * shape.head_dim * 2 / 1024
    assert fact(f"kv-{name}").number == kibibytes
