"""Compute-optimal training after Hoffmann et al. 2022 ("Chinchilla"): how large a model, on how many tokens.

A dense transformer of N parameters trained on D tokens costs C = 6 N D FLOPs (Kaplan et al. 2020, section 2.1). The
paper finds the best N and D for a budget C in three ways. Approach 1 (envelopes of training curves) is remembered as
20 tokens a parameter, approach 2 (iso-FLOP profiles) is a power law fitted to the minima of curves of equal compute,
and approach 3 is a formula for the loss, L = E + A / N^alpha + B / D^beta, whose minimum along C = 6 N D has a closed
form (equation 4). All three are power laws N = k C^a. The constants of approach 3 exist in three versions which
disagree at large budgets: :data:`FITS`. Every constant comes from :mod:`simulator.facts`.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
import numpy.typing as npt

from simulator.facts import Fact, fact

FLOPS_PER_TOKEN = 6.0
"""Training FLOPs for each parameter and token: 2 forward, 4 backward (Kaplan et al. 2020)."""

APPROACHES = ("1", "2", "3")

FITS = ("printed", "exact", "refit")
"""Constants of approach 3: as printed in the paper, the same before rounding, and refitted by Besiroglu et al. 2024."""

_FIT_FACTS = dict(
    zip(
        FITS,
        ("chinchilla-constants", "chinchilla-constants-precise", "chinchilla-constants-refit"),
        strict=True,
    )
)
_MODEL_FACTS = {
    "GPT-3": "scale-gpt-3",
    "Gopher": "scale-gopher",
    "MT-NLG": "scale-mt-nlg",
    "PaLM": "scale-palm",
    "LLaMA 7B": "scale-llama-1-7b",
    "LLaMA 65B": "scale-llama-1-65b",
    "Llama 2 7B": "scale-llama-2-7b",
    "Llama 2 70B": "scale-llama-2-70b",
    "Llama 3 8B": "scale-llama-3-8b",
    "Llama 3.1 405B": "scale-llama-3-405b",
}

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class LossLaw:
    """L(N, D) = E + A / N^alpha + B / D^beta in nats a token (Hoffmann et al. 2022, equation 2).

    Attributes:
        floor: E, the loss of an endless model on endless data: the entropy of the text.
        model_scale: A.
        data_scale: B.
        alpha: Exponent of the parameters.
        beta: Exponent of the tokens.
        source: The fact that the constants come from.
    """

    floor: float
    model_scale: float
    data_scale: float
    alpha: float
    beta: float
    source: Fact

    def loss(self, params: Any, tokens: Any) -> Any:
        """The loss of N parameters trained on D tokens; floats or arrays that broadcast."""
        return self.floor + self.model_term(params) + self.data_term(tokens)

    def model_term(self, params: Any) -> Any:
        """A / N^alpha: what a model of this size loses for being small."""
        return self.model_scale / params**self.alpha

    def data_term(self, tokens: Any) -> Any:
        """B / D^beta: what is lost for having seen so few tokens."""
        return self.data_scale / tokens**self.beta

    def power_law(self) -> PowerLaw:
        """Where the loss is least for a budget: N = G (C / 6)^a with a = beta / (alpha + beta) (equation 4)."""
        total = self.alpha + self.beta
        balance = (self.alpha * self.model_scale / (self.beta * self.data_scale)) ** (1 / total)
        exponent = self.beta / total
        return PowerLaw(coefficient=balance * FLOPS_PER_TOKEN**-exponent, exponent=exponent)


@dataclass(frozen=True, kw_only=True)
class PowerLaw:
    """The best number of parameters for a budget: N = coefficient * C^exponent; the tokens are C / (6 N).

    Attributes:
        coefficient: k.
        exponent: a, between 0 and 1; the tokens grow with the exponent 1 - a.
    """

    coefficient: float
    exponent: float

    def params(self, flops: Any) -> Any:
        """Best number of parameters for a budget."""
        return self.coefficient * flops**self.exponent

    def tokens(self, flops: Any) -> Any:
        """Best number of tokens for a budget."""
        return flops / (FLOPS_PER_TOKEN * self.params(flops))

    def flops_for_params(self, params: Any) -> Any:
        """The budget for which a model of this size is best."""
        return (params / self.coefficient) ** (1 / self.exponent)

    def flops_for_tokens(self, tokens: Any) -> Any:
        """The budget for which this many tokens are best."""
        return (FLOPS_PER_TOKEN * self.coefficient * tokens) ** (1 / (1 - self.exponent))


@dataclass(frozen=True, kw_only=True)
class Plan:
    """A model and its training.

    Attributes:
        params: Parameters N.
        tokens: Training tokens D.
        flops: Training compute C = 6 N D.
        loss: Nats a token by the loss law.
    """

    params: float
    tokens: float
    flops: float
    loss: float

    @property
    def tokens_per_param(self) -> float:
        """D / N."""
        return self.tokens / self.params

    def to_dict(self) -> dict[str, float]:
        """Plain values."""
        return {
            "params": self.params, "tokens": self.tokens, "flops": self.flops, "loss": self.loss,
            "tokens_per_param": self.tokens_per_param,
        }  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class PublishedModel:
    """A model that was trained, as reported.

    Attributes:
        name: What it is called.
        params: Parameters.
        tokens: Training tokens.
        source: Who says so.
        year: When.
    """

    name: str
    params: float
    tokens: float
    source: str
    year: int

    @property
    def flops(self) -> float:
        """Training compute by C = 6 N D."""
        return FLOPS_PER_TOKEN * self.params * self.tokens


@cache
def loss_law(fit: str = "printed") -> LossLaw:
    """The loss law with one of the :data:`FITS`.

    Raises:
        ValueError: if there is no such fit.
    """
    if fit not in _FIT_FACTS:
        raise ValueError(f"there is no fit '{fit}'; known: {', '.join(FITS)}")
    source = fact(_FIT_FACTS[fit])
    floor, model_scale, data_scale, alpha, beta = source.numbers
    return LossLaw(
        floor=floor, model_scale=model_scale, data_scale=data_scale, alpha=alpha, beta=beta, source=source
    )


@cache
def power_law(approach: str = "1", fit: str = "printed") -> PowerLaw:
    """How the best model grows with the budget by one of the :data:`APPROACHES`; only the third depends on a fit.

    Raises:
        ValueError: if there is no such approach or fit.
    """
    if approach == "1":
        ratio = fact("chinchilla-ratio").number
        return PowerLaw(coefficient=(FLOPS_PER_TOKEN * ratio) ** -0.5, exponent=0.5)
    if approach == "2":
        exponent, _ = fact("chinchilla-exponents-2").numbers
        params, _, flops = fact("chinchilla-point-2").numbers
        return PowerLaw(coefficient=params / flops**exponent, exponent=exponent)
    if approach == "3":
        return loss_law(fit).power_law()
    raise ValueError(f"there is no approach '{approach}'; known: {', '.join(APPROACHES)}")


def plan_of(params: float, tokens: float, fit: str = "printed") -> Plan:
    """What a model of this size costs on so many tokens, and the loss to expect."""
    flops = FLOPS_PER_TOKEN * params * tokens
    return Plan(params=params, tokens=tokens, flops=flops, loss=float(loss_law(fit).loss(params, tokens)))


def optimum(
    *,
    params: float | None = None,
    tokens: float | None = None,
    flops: float | None = None,
    approach: str = "1",
    fit: str = "printed",
) -> Plan:
    """The compute-optimal plan, given exactly one of its three numbers.

    Args:
        params: Parameters of the model.
        tokens: Training tokens.
        flops: Compute budget.
        approach: One of :data:`APPROACHES`.
        fit: Constants of the loss law: they give the loss, and for approach 3 the optimum.

    Raises:
        ValueError: unless exactly one number is given and it is positive and finite.
    """
    given = [value for value in (params, tokens, flops) if value is not None]
    if len(given) != 1 or not 0 < given[0] < float("inf"):
        raise ValueError("give one of params, tokens and flops, and let it be positive")
    law = power_law(approach, fit)
    if params is not None:
        flops = law.flops_for_params(params)
    elif tokens is not None:
        flops = law.flops_for_tokens(tokens)
    assert flops is not None  # noqa: S101  one of the three is given
    return plan_of(params or law.params(flops), tokens or law.tokens(flops), fit)


def iso_flop(flops: float, params: Floats, fit: str = "printed") -> tuple[Floats, Floats]:
    """Along a curve of equal compute: tokens and loss for each number of parameters (figure 3 of the paper)."""
    tokens = flops / (FLOPS_PER_TOKEN * params)
    return tokens, loss_law(fit).loss(params, tokens)


def loss_surface(params: Floats, tokens: Floats, fit: str = "printed") -> Floats:
    """The loss over a grid.

    Args:
        params: Parameters (n,).
        tokens: Tokens (d,).
        fit: Constants of the loss law.

    Returns:
        Nats a token (d, n): one row for each number of tokens.
    """
    surface: Floats = loss_law(fit).loss(params[None, :], tokens[:, None])
    return surface


def published_models() -> tuple[PublishedModel, ...]:
    """Models to set beside the optimum, with their sources."""
    params, tokens = fact("chinchilla-params"), fact("chinchilla-tokens")
    chinchilla = PublishedModel(
        name="Chinchilla", params=params.number, tokens=tokens.number, source=params.source, year=params.year
    )
    return (chinchilla, *(_model(name, fact(fact_id)) for name, fact_id in _MODEL_FACTS.items()))


def gpu_hours(flops: float, peak_flops: float, utilization: float) -> float:
    """Hours of one GPU: the budget over the peak rate (FLOP/s) times the model FLOPs utilization (0 to 1).

    Raises:
        ValueError: if the rate is not positive.
    """
    rate = peak_flops * utilization
    if rate <= 0:
        raise ValueError("a GPU that does nothing never ends")
    return flops / rate / 3600


def _model(name: str, source: Fact) -> PublishedModel:
    params, tokens = source.numbers
    return PublishedModel(name=name, params=params, tokens=tokens, source=source.source, year=source.year)
