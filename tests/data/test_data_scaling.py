from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulator.facts import fact
from simulator.s01_data.scaling import (
    APPROACHES,
    FITS,
    gpu_hours,
    iso_flop,
    loss_law,
    loss_surface,
    optimum,
    plan_of,
    power_law,
    published_models,
)

VARIANTS = [("1", "printed"), ("2", "printed"), *(("3", fit) for fit in FITS)]
BUDGETS = [1e15, 1e19, 5.76e23, 1e27]
# Rows of the appendix of Hoffmann et al. 2022: parameters, then FLOPs and tokens by approach.
TABLE = {
    "1": [(4e8, 1.92e19, 8.0e9), (1e10, 1.23e22, 205.1e9), (1.75e11, 3.85e24, 3.7e12), (1e12, 1.27e26, 21.2e12)],
    "2": [(4e8, 1.84e19, 7.7e9), (1e10, 1.32e22, 219.5e9), (1.75e11, 4.54e24, 4.3e12), (1e13, 1.75e28, 292e12)],
    "3": [(4e8, 2.21e19, 9.2e9), (1e10, 2.46e22, 410.1e9), (6.7e10, 1.71e24, 4.1e12), (1e12, 5.65e26, 94.1e12)],
}  # fmt: skip


def test_chinchilla_itself():
    plan = optimum(flops=5.76e23)
    assert plan.params == pytest.approx(fact("chinchilla-params").number, rel=0.02)
    assert plan.tokens == pytest.approx(fact("chinchilla-tokens").number, rel=0.02)
    assert plan.tokens_per_param == pytest.approx(20)


@pytest.mark.parametrize("approach", ["1", "2"])
def test_approaches_1_and_2_give_the_tables_of_the_paper(approach):
    for params, flops, tokens in TABLE[approach]:
        plan = optimum(params=params, approach=approach)
        assert plan.tokens == pytest.approx(tokens, rel=0.1)
        assert plan.flops == pytest.approx(flops, rel=0.1)


def test_approach_3_gives_its_table_before_rounding_and_not_after():
    """The paper's table follows from the unrounded constants; the printed ones ask for far more tokens."""
    for params, flops, tokens in TABLE["3"]:
        plan = optimum(params=params, approach="3", fit="exact")
        assert plan.tokens == pytest.approx(tokens, rel=0.2)
        assert plan.flops == pytest.approx(flops, rel=0.2)
        assert optimum(params=params, approach="3", fit="printed").tokens > 1.4 * tokens


def test_the_printed_constants_of_approach_3_ask_for_far_more_than_20_at_large_budgets():
    ratios = [optimum(flops=flops, approach="3").tokens_per_param for flops in (1e21, 5.76e23, 1e27)]
    assert ratios == sorted(ratios)
    assert ratios[1] > 4 * 20
    assert ratios[2] > 8 * 20
    refit = [
        optimum(flops=flops, approach="3", fit="refit").tokens_per_param for flops in (1e21, 5.76e23, 1e27)
    ]
    assert all(14 < ratio < 30 for ratio in refit)  # the refit agrees with approaches 1 and 2


def test_exponents_are_those_reported():
    assert power_law("3", "exact").exponent == pytest.approx(
        fact("chinchilla-exponents-3").numbers[0], abs=0.005
    )
    assert power_law("3", "refit").exponent == pytest.approx(0.5126, abs=1e-3)  # Besiroglu et al. 2024
    assert power_law("1").exponent == 0.5


@pytest.mark.parametrize("fit", FITS)
@pytest.mark.parametrize("flops", BUDGETS)
def test_the_closed_form_is_the_minimum(fit, flops):
    best = optimum(flops=flops, approach="3", fit=fit)
    low, high = np.log(best.params) - 8, np.log(best.params) + 8
    for _ in range(12):  # refine a grid around its least value
        grid = np.exp(np.linspace(low, high, 101))
        _, losses = iso_flop(flops, grid, fit)
        place = int(losses.argmin())
        low, high = np.log(grid[max(0, place - 1)]), np.log(grid[min(100, place + 1)])
    assert best.params == pytest.approx(grid[place], rel=1e-4)
    assert best.loss <= losses.min() + 1e-12


@given(st.sampled_from(VARIANTS), st.floats(1e10, 1e32), st.sampled_from(["params", "tokens", "flops"]))
def test_any_one_number_gives_the_other_two(variant, flops, name):
    approach, fit = variant
    plan = optimum(flops=flops, approach=approach, fit=fit)
    again = optimum(**{name: getattr(plan, name)}, approach=approach, fit=fit)
    assert again.to_dict() == pytest.approx(plan.to_dict(), rel=1e-9)
    assert plan.flops == pytest.approx(6 * plan.params * plan.tokens)
    assert plan.loss == pytest.approx(float(loss_law(fit).loss(plan.params, plan.tokens)))


def test_the_loss_by_hand():
    assert plan_of(70e9, 1.4e12).loss == pytest.approx(1.69 + 406.4 / 70e9**0.34 + 410.7 / 1.4e12**0.28)
    assert plan_of(70e9, 1.4e12).flops == pytest.approx(5.88e23)
    law = loss_law("refit")
    assert law.loss(1e9, 2e10) == pytest.approx(1.8172 + 482.01 / 1e9**0.3478 + 2085.43 / 2e10**0.3658)
    assert law.loss(1e9, 2e10) == pytest.approx(law.floor + law.model_term(1e9) + law.data_term(2e10))


def test_a_surface_falls_in_both_directions_to_the_floor():
    params, tokens = np.geomspace(1e6, 1e13, 30), np.geomspace(1e8, 1e15, 20)
    surface = loss_surface(params, tokens)
    assert surface.shape == (20, 30)
    assert surface[3, 7] == loss_law().loss(params[7], tokens[3])
    assert np.all(np.diff(surface, axis=0) < 0)
    assert np.all(np.diff(surface, axis=1) < 0)
    assert surface.min() > loss_law().floor


@pytest.mark.parametrize(
    "given",
    [{}, {"params": 1.0, "tokens": 1.0}, {"flops": 0.0}, {"params": -1.0}, {"tokens": float("nan")},
     {"flops": float("inf")}],
)  # fmt: skip
def test_one_positive_number_is_wanted(given):
    with pytest.raises(ValueError, match="one of"):
        optimum(**given)


def test_unknown_names():
    with pytest.raises(ValueError, match="known: 1, 2, 3"):
        power_law("4")
    with pytest.raises(ValueError, match="known: printed"):
        loss_law("guessed")
    assert {approach for approach, _ in VARIANTS} == set(APPROACHES)


def test_published_models_are_as_reported():
    models = {model.name: model for model in published_models()}
    assert models["Gopher"].flops == pytest.approx(
        5.76e23, rel=0.15
    )  # as reported in Chinchilla, its own budget
    assert models["Chinchilla"].flops == pytest.approx(models["Gopher"].flops, rel=0.2)
    assert models["GPT-3"].tokens / models["GPT-3"].params < 2
    assert models["Llama 3 8B"].tokens / models["Llama 3 8B"].params > 1500
    assert models["Llama 3.1 405B"].flops == pytest.approx(3.8e25, rel=0.02)  # as reported by the Llama team
    assert all(model.source.startswith("as reported in") and model.year > 2000 for model in models.values())


def test_gopher_is_too_large_for_its_budget_by_every_approach():
    gopher = next(model for model in published_models() if model.name == "Gopher")
    for approach, fit in VARIANTS:
        best = optimum(flops=gopher.flops, approach=approach, fit=fit)
        assert best.params < gopher.params / 3
        if approach == "3":
            assert best.loss < plan_of(gopher.params, gopher.tokens, fit).loss - 0.02


def test_gpu_hours():
    assert gpu_hours(3.6e18, 1e15, 0.5) == pytest.approx(2.0)
    with pytest.raises(ValueError, match="never ends"):
        gpu_hours(1.0, 0.0, 0.5)
