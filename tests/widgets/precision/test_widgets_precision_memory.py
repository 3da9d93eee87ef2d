"""The memory view and what is read from runs: against the calculators, and from damaged records."""

from __future__ import annotations

import dataclasses
import math

import numpy as np
import pytest
from precision_fakes import (
    EDGES,
    GRADIENT,
    SCALE,
    SKIPPED,
    exponents,
    memory,
    numbered,
    precision_run,
    vanished,
)

from simulator.accounting.calculators import KvCacheConfig, MemoryConfig, kv_cache
from simulator.accounting.calculators import memory as memory_of
from simulator.runs.events import Record, RunStarted
from simulator.runs.history import RunHistory
from simulator.training.policies import POLICIES
from widgets.s04_precision.geometry.memory import PARTS, MemoryScene, plain_words, preset_words, stacks
from widgets.s04_precision.geometry.microscope import MicroscopeScene
from widgets.s04_precision.geometry.toy import ToyScene, agreement, predicted_toy, toy_readings
from widgets.s04_precision.geometry.training import (
    costs_of,
    look_words,
    looks_of,
    percent,
    policies_of,
    skipped_steps,
    vanished_of,
)
from widgets.s04_precision.memory_config import MemoryPlanConfig
from widgets.s04_precision.training_cards import CostScene, skip_marks
from widgets.scene.shapes import BitCell, Box, Text

JUNK = (None, 3, "x", [], {}, [1, "a"], {"counts": "no"}, math.inf, [[1, 2], [3]], -5, True)


def history_of(events=None) -> RunHistory:
    return RunHistory.of(numbered(events) if events is not None else precision_run())


# ---- the calculator


@pytest.mark.parametrize("convention", ["zero", "megatron", "deepspeed"])
@pytest.mark.parametrize(("zero", "dp"), [(0, 1), (1, 8), (2, 8), (3, 8)])
def test_the_stacks_are_the_calculators_numbers(convention, zero, dp):
    plan = MemoryPlanConfig(preset="llama-3-8b", zero=zero, dp=dp)
    stack = next(item for item in stacks(plan) if item.key == convention)
    largest = {"largest_layer": 128256 * 4096}
    asked = MemoryConfig(preset="llama-3-8b", convention=convention, zero=zero, dp=dp, **largest)
    expected = memory_of(asked)
    for part in ("parameters", "gradients", "optimizer"):
        assert stack.bytes[PARTS.index(part)] == pytest.approx(expected[part])


def test_the_model_in_use_has_weights_and_cache():
    plan = MemoryPlanConfig(preset="llama-2-70b", sequence=4096, batch=8, weights="int4", cache="fp8_e4m3")
    use = stacks(plan)[-1]
    cache = kv_cache(KvCacheConfig(preset="llama-2-70b", sequence=4096, batch=8, format="fp8_e4m3"))
    assert use.bytes[PARTS.index("kv_cache")] == cache["bytes"]
    assert use.bytes[0] == pytest.approx(68_976_648_192 / 2)
    assert stacks(dataclasses.replace(plan, tp=4))[-1].total == pytest.approx(use.total / 4)


def test_a_seven_b_is_fourteen_gigabytes_in_sixteen_bits():
    use = stacks(MemoryPlanConfig(sequence=1))[-1]
    assert use.bytes[0] / 1e9 == pytest.approx(13.48, abs=0.01)
    assert preset_words("llama-2-7b") == "Llama 2 7B"


def test_the_plain_words_say_whether_it_fits():
    assert plain_words(MemoryPlanConfig())[0] == "It does not fit"
    assert "ZeRO" in plain_words(MemoryPlanConfig())[1]
    assert plain_words(MemoryPlanConfig(zero=3, dp=64))[0] == "It fits"
    assert "recompute" in plain_words(MemoryPlanConfig(zero=3, dp=64, batch=64, recompute="none"))[1]


@pytest.mark.parametrize("size", [(620, 260), (880, 300), (1500, 700)])
def test_blocks_grow_from_the_plan_before(size):
    small, large = MemoryPlanConfig(preset="llama-3.2-1b"), MemoryPlanConfig(preset="llama-2-70b")
    before = MemoryScene(small)
    scene = MemoryScene(large, before)

    def optimizer(shapes):
        box = next(shape for shape in shapes if isinstance(shape, Box) and shape.key == "part:zero:optimizer")
        return box.w

    start, end = optimizer(scene.frame(0.0, *size)), optimizer(scene.frame(scene.duration, *size))
    assert start == pytest.approx(optimizer(before.frame(before.duration, *size)))
    assert optimizer(scene.frame(scene.duration / 2, *size)) not in (start, end)
    for shape in scene.frame(scene.duration, *size):
        if isinstance(shape, Box):
            assert shape.x + shape.w <= size[0] + 9
    assert "GiB" in scene.part_hint("part:zero:optimizer")
    assert scene.part_hint("stack:zero") == ""


# ---- the toy model


def test_predictions_stand_without_a_run():
    for key in POLICIES:
        reading = predicted_toy(key)
        assert reading.measured is None
        assert min(reading.predicted) > 0
        assert "Not measured yet" in agreement(reading)


def test_predicted_and_measured_stand_side_by_side():
    readings = toy_readings(history_of())
    assert set(readings) == set(POLICIES)
    words = agreement(readings["fp32"])
    assert "exactly as predicted" in words
    assert "-1.1 % off" in words
    assert "every tensor counted" in words
    shapes = ToyScene(readings["fp32"]).frame(0.0, 880, 110)
    assert [shape.text for shape in shapes if isinstance(shape, Text) and shape.text.startswith("peak")] == [
        "peak 20.0 MB",
        "peak 20.0 MB",
    ]
    single = history_of([Record(step=1, name="bf16/memory", fields=memory()["policies"]["bf16"])])
    assert set(toy_readings(single)) == {"bf16"}


# ---- runs


def test_a_run_is_read():
    history = history_of()
    assert policies_of(history) == tuple(POLICIES)
    looks = looks_of(history, "fp16", "gradients")
    assert [look.step for look in looks] == [0, 5, 10]
    edges, counts = looks[-1].trimmed()
    assert counts.sum() == looks[-1].counts.sum()
    assert len(edges) == len(counts) + 1 < len(EDGES)
    assert looks[-1].limits == (-25.0, -14.0, 16.0)
    assert "of the gradients become 0" in look_words(looks[-1], "gradients")
    assert "loss × 2¹²" in look_words(looks_of(history, "fp16-scaled", "gradients")[-1], "gradients")
    assert skipped_steps(history, "fp16-scaled") == list(SKIPPED)
    assert skipped_steps(history, "fp16") == []
    costs = costs_of(history, policies_of(history))
    assert [cost.seconds for cost in costs] == pytest.approx([0.01, 0.02, 0.03, 0.04, 0.05])
    assert costs[0].peak == 2e7


def test_scaling_moves_gradients_out_of_the_red():
    history = history_of()
    plain, scaled = (looks_of(history, key, "gradients")[-1] for key in ("fp16", "fp16-scaled"))
    assert plain.shares.below > 0.2
    assert scaled.shares.below < 0.01


@pytest.mark.parametrize("junk", JUNK)
@pytest.mark.parametrize("field", ["edges", "counts", "format", "reference", "loss_scale", "below"])
def test_damaged_looks_never_raise(field, junk):
    fields = {**exponents("fp16", 1), field: junk}
    history = history_of([Record(step=1, name="fp16/exponents", fields=fields)])
    for kind in ("gradients", "flowing", "activations", "weights"):
        for look in looks_of(history, "fp16", kind):
            look_words(look, kind)
            edges, counts = look.trimmed()
            assert len(edges) == len(counts) + 1


@pytest.mark.parametrize("junk", [*JUNK, "0x1ffffffff", "-0x1"])
@pytest.mark.parametrize(
    "field", ["bits", "rounded_bits", "scaled_bits", "index", "value", "scale", "rescued", "name"]
)
def test_damaged_gradients_never_raise(field, junk):
    history = history_of([Record(step=1, name="vanished", fields={**vanished(), field: junk})])
    for found in vanished_of(history):
        scene = MicroscopeScene(found)
        scene.frame(scene.duration, 640, 200)


@pytest.mark.parametrize("junk", JUNK)
def test_damaged_memory_and_facts_never_raise(junk):
    events = [
        RunStarted(lab="precision", total_steps=5, facts={"policies": junk, "floor": junk}),
        Record(step=1, name="memory", fields={"policies": junk, "predicted": junk, "measured": junk}),
        Record(
            step=1,
            name="memory",
            fields={"policies": {"fp32": {"predicted": memory()["predicted"], "measured": junk}}},
        ),
    ]
    history = history_of(events)
    for reading in toy_readings(history).values():
        agreement(reading)
        ToyScene(reading).frame(0.0, 500, 100)
    CostScene(costs_of(history, policies_of(history))).frame(0.0, 300, 120)


def test_the_microscope_shows_the_bits_of_the_record():
    found = vanished_of(history_of())[-1]
    assert found.value == pytest.approx(GRADIENT)
    assert found.rounded_bits == 0
    assert found.rescued == pytest.approx(GRADIENT, rel=1e-3)
    scene = MicroscopeScene(found)
    first = [shape for shape in scene.frame(0.0, 880, 240) if isinstance(shape, BitCell)]
    assert "".join(str(cell.bit) for cell in first) == f"{found.bits:032b}"
    second = [shape for shape in scene.frame(scene.marks[1].time, 880, 240) if isinstance(shape, BitCell)]
    assert [cell.bit for cell in second[32:]] == [0] * 16
    last = [shape for shape in scene.frame(scene.duration, 880, 240) if isinstance(shape, BitCell)]
    assert len(last) == 3 * 32 + 2 * 16
    scaled = "".join(str(cell.bit) for cell in last[80:96])
    assert int(scaled, 2) == found.scaled_bits
    assert found.scale == SCALE


def test_skipped_steps_are_upright_lines():
    steps, scale = np.arange(1.0, 6.0), np.array([4.0, 8.0, 8.0, 4.0, 4.0])
    xs, ys = skip_marks([3], steps, scale)
    assert xs[:2] == [3.0, 3.0]
    assert ys[:2] == [2.0, 8.0]
    assert math.isnan(ys[2])
    assert skip_marks([3], np.zeros(0), np.zeros(0)) == ([], [])


def test_shares_in_words():
    assert percent(0.0) == "0 %"
    assert percent(0.58) == "58 %"
    assert percent(0.004) == "0.4 %"
