"""The loss scale moves exactly as torch.amp.GradScaler's."""

from __future__ import annotations

import random

import pytest
import torch

from simulator.errors import ConfigError
from simulator.training.loss_scaling import DynamicLossScaler


def torch_trace(overflows: list[bool], **settings: float) -> tuple[list[float], list[bool]]:
    """Scales after each step and whether it was skipped, by torch's scaler and a real optimizer."""
    scaler = torch.amp.GradScaler("cpu", **settings)
    weight = torch.nn.Parameter(torch.zeros(2))
    optimizer = torch.optim.SGD([weight], lr=1.0)
    scales, skipped = [], []
    for overflow in overflows:
        before = weight.detach().clone()
        weight.grad = scaler.scale(torch.tensor([torch.inf if overflow else 1.0, 1.0]))
        scaler.step(optimizer)
        scaler.update()
        scales.append(scaler.get_scale())
        skipped.append(torch.equal(before, weight.detach()))
    return scales, skipped


def own_trace(overflows: list[bool], scaler: DynamicLossScaler) -> tuple[list[float], list[bool]]:
    scales, skipped = [], []
    for overflow in overflows:
        before = scaler.skipped
        scaler.update(overflow)
        scales.append(scaler.scale)
        skipped.append(scaler.skipped > before)
    return scales, skipped


@pytest.mark.parametrize("seed", range(6))
def test_scales_and_skips_are_those_of_torch(seed):
    generator = random.Random(seed)
    interval = generator.choice([1, 2, 3, 7])
    share = generator.choice([0.02, 0.2, 0.5])
    overflows = [generator.random() < share for _ in range(300)]
    ours = own_trace(overflows, DynamicLossScaler(interval=interval))
    theirs = torch_trace(overflows, growth_interval=interval)
    assert ours == theirs
    assert any(theirs[1]), "nothing was skipped: the sequence proves little"


def test_other_factors_and_the_first_scale_are_torchs():
    overflows = [step % 9 == 8 for step in range(120)]
    scaler = DynamicLossScaler(scale=3.0, growth=1.5, backoff=0.25, interval=4)
    theirs = torch_trace(overflows, init_scale=3.0, growth_factor=1.5, backoff_factor=0.25, growth_interval=4)
    scales, skipped = own_trace(overflows, scaler)
    assert skipped == theirs[1]
    assert scales == pytest.approx(theirs[0], rel=1e-5)  # torch keeps the scale in fp32


def test_defaults_are_torchs():
    theirs, ours = torch.amp.GradScaler("cpu"), DynamicLossScaler()
    assert ours.scale == theirs.get_scale() == 65_536
    assert ours.growth == theirs.get_growth_factor()
    assert ours.backoff == theirs.get_backoff_factor()
    assert ours.interval == theirs.get_growth_interval()


def test_the_scale_stays_within_fp32():
    scaler = DynamicLossScaler(interval=1)
    for _ in range(400):
        scaler.update(False)
    theirs, _ = torch_trace([False] * 400, growth_interval=1)
    assert scaler.scale == theirs[-1] == 2.0**127
    for _ in range(400):
        scaler.update(True)
    assert scaler.scale > 0


def test_it_goes_on_from_its_state():
    one, other = DynamicLossScaler(interval=5), DynamicLossScaler(interval=5)
    for overflow in (False, False, True, False, False, False):
        one.update(overflow)
    other.load(one.state())
    for overflow in (False, False, True):
        one.update(overflow)
        other.update(overflow)
    assert one == other


@pytest.mark.parametrize(
    "settings", [{"scale": 0.0}, {"growth": 1.0}, {"backoff": 1.0}, {"interval": 0}, {"scale": 1e39}]
)
def test_impossible_settings_are_refused(settings):
    with pytest.raises(ConfigError):
        DynamicLossScaler(**settings)
