"""Schedules against torch's and, where it is installed, transformers', at every step."""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch

from simulator.schedules.schedule import Schedule

PEAK = 3e-4


def rates_of(make: Callable[[torch.optim.Optimizer], Any], steps: int, peak: float = PEAK) -> list[float]:
    """The rate that each step would use, from 0 to ``steps``, by another library."""
    optimizer = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=peak)
    scheduler = make(optimizer)
    found = []
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for _ in range(steps + 1):
            found.append(optimizer.param_groups[0]["lr"])
            optimizer.step()
            scheduler.step()
    return found


def same(schedule: Schedule, expected: list[float]) -> None:
    found = schedule.rates(np.arange(len(expected)))
    np.testing.assert_allclose(found, expected, rtol=1e-9, atol=1e-15)
    assert [schedule.rate(step) for step in (0, 7, len(expected) - 1)] == [
        found[step] for step in (0, 7, len(expected) - 1)
    ]


LR = torch.optim.lr_scheduler


@pytest.mark.parametrize(
    ("schedule", "make"),
    [
        (Schedule(kind="cosine", peak=PEAK, steps=137, final_ratio=0.1),
         lambda o: LR.CosineAnnealingLR(o, 137, eta_min=0.1 * PEAK)),
        (Schedule(kind="linear", peak=PEAK, steps=90, final_ratio=0.25),
         lambda o: LR.LinearLR(o, 1.0, 0.25, total_iters=90)),
        (Schedule(kind="step", peak=PEAK, steps=100, milestones=(0.3, 0.6, 0.9), gamma=0.2),
         lambda o: LR.StepLR(o, 30, 0.2)),
        (Schedule(kind="step", peak=PEAK, steps=200, milestones=(0.8, 0.9), gamma=0.316),
         lambda o: LR.MultiStepLR(o, [160, 180], 0.316)),
        (Schedule(kind="exponential", peak=PEAK, steps=120, gamma=0.97), lambda o: LR.ExponentialLR(o, 0.97)),
        (Schedule(kind="polynomial", peak=PEAK, steps=75, power=2.5), lambda o: LR.PolynomialLR(o, 75, 2.5)),
        (Schedule(kind="constant", peak=PEAK, steps=20), lambda o: LR.ConstantLR(o, 1.0, 5)),
    ],
)  # fmt: skip
def test_as_torch(schedule: Schedule, make: Callable[[torch.optim.Optimizer], Any]) -> None:
    same(schedule, rates_of(make, schedule.steps))


@pytest.mark.parametrize(("cycles", "growth", "first"), [(4, 1.0, 25), (3, 2.0, 10), (1, 1.0, 40)])
def test_restarts_as_torch(cycles: int, growth: float, first: int) -> None:
    steps = round(first * sum(growth**index for index in range(cycles)))
    schedule = Schedule(
        kind="cosine-restarts", peak=PEAK, steps=steps, cycles=cycles, growth=growth, final_ratio=0.05
    )
    expected = rates_of(
        lambda o: LR.CosineAnnealingWarmRestarts(o, first, int(growth), eta_min=0.05 * PEAK), steps - 1
    )
    same(schedule, expected)
    assert schedule.rate(steps) == pytest.approx(0.05 * PEAK)  # torch would start another wave here


@pytest.mark.parametrize("shape", ["cosine", "linear"])
def test_one_cycle_as_torch(shape: str) -> None:
    schedule = Schedule(
        kind="one-cycle", peak=PEAK, steps=200, warmup=50, shape=shape, final_ratio=0.04 / 1e4
    )
    anneal = "cos" if shape == "cosine" else "linear"
    expected = rates_of(
        lambda o: LR.OneCycleLR(
            o, PEAK, total_steps=200, pct_start=0.25, anneal_strategy=anneal, cycle_momentum=False
        ),
        198,
    )
    same(schedule, expected)


def test_one_cycle_climbs_for_three_tenths_as_torch_does() -> None:
    schedule = Schedule(kind="one-cycle", peak=1.0, steps=100, shape="cosine")
    assert int(np.argmax(schedule.rates(np.arange(100)))) == 29


@pytest.fixture
def library() -> Any:
    return pytest.importorskip("transformers.optimization", exc_type=ImportError)


CASES: list[tuple[Schedule, str, dict[str, Any]]] = [
    (Schedule(kind="constant", peak=PEAK, steps=100, warmup=10), "get_constant_schedule_with_warmup",
     {"num_warmup_steps": 10}),
    (Schedule(kind="linear", peak=PEAK, steps=100, warmup=10), "get_linear_schedule_with_warmup",
     {"num_warmup_steps": 10, "num_training_steps": 100}),
    (Schedule(kind="cosine", peak=PEAK, steps=100, warmup=10), "get_cosine_schedule_with_warmup",
     {"num_warmup_steps": 10, "num_training_steps": 100}),
    (Schedule(kind="cosine", peak=PEAK, steps=100, warmup=7, final_ratio=0.1),
     "get_cosine_with_min_lr_schedule_with_warmup",
     {"num_warmup_steps": 7, "num_training_steps": 100, "min_lr_rate": 0.1}),
    (Schedule(kind="cosine-restarts", peak=PEAK, steps=138, warmup=10, cycles=4),
     "get_cosine_with_hard_restarts_schedule_with_warmup",
     {"num_warmup_steps": 10, "num_training_steps": 138, "num_cycles": 4}),
    (Schedule(kind="polynomial", peak=PEAK, steps=100, warmup=10, power=3.0, final_ratio=0.2),
     "get_polynomial_decay_schedule_with_warmup",
     {"num_warmup_steps": 10, "num_training_steps": 100, "lr_end": 0.2 * PEAK, "power": 3.0}),
    (Schedule(kind="inverse-sqrt", peak=PEAK, steps=300, warmup=10), "get_inverse_sqrt_schedule",
     {"num_warmup_steps": 10}),
    (Schedule(kind="inverse-sqrt", peak=PEAK, steps=300, warmup=10, timescale=100.0), "get_inverse_sqrt_schedule",
     {"num_warmup_steps": 10, "timescale": 100}),
    *((Schedule(kind="wsd", peak=PEAK, steps=100, warmup=10, decay=20, shape=shape),
       "get_wsd_schedule", {"num_warmup_steps": 10, "num_training_steps": 100, "num_decay_steps": 20,
                            "decay_type": shape}) for shape in ("linear", "cosine", "1-sqrt")),
]  # fmt: skip


@pytest.mark.parametrize(
    ("schedule", "name", "settings"), CASES, ids=[f"{c[0].kind}-{i}" for i, c in enumerate(CASES)]
)
def test_as_transformers(library: Any, schedule: Schedule, name: str, settings: dict[str, Any]) -> None:
    same(schedule, rates_of(lambda o: getattr(library, name)(o, **settings), schedule.steps))


def test_wsd_as_transformers_after_a_warm_up_that_begins_at_zero(library: Any) -> None:
    schedule = Schedule(kind="wsd", peak=PEAK, steps=100, warmup=10, decay=20, final_ratio=0.1)
    settings = {"num_warmup_steps": 10, "num_training_steps": 100, "num_decay_steps": 20, "min_lr_ratio": 0.1}
    expected = rates_of(lambda o: library.get_wsd_schedule(o, decay_type="linear", **settings), 100)
    assert expected[0] == pytest.approx(0.1 * PEAK)  # theirs begins at the final rate
    assert schedule.rates(np.arange(10, 101)) == pytest.approx(expected[10:], rel=1e-9)


def test_cosine_stays_at_its_end_where_transformers_rises() -> None:
    schedule = Schedule(kind="cosine", peak=PEAK, steps=100, warmup=10)
    rising = 0.5 * (1 + math.cos(math.pi * (145 - 10) / 90))  # transformers' formula past the end
    assert rising > 0.4
    assert schedule.rate(145) == schedule.rate(100) == 0.0
