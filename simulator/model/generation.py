"""Writing text: token by token, with a key-value cache, and the stages by which each token is chosen."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from simulator.config import Config, setting
from simulator.model.cache import make_caches
from simulator.model.transformer import Transformer

_GREEDY = 1e-6


@dataclass(frozen=True, kw_only=True)
class SamplingConfig(Config):
    """How the next token is chosen from its distribution."""

    tokens: int = setting(64, "Most tokens to write.", low=1, high=100_000, unit="tokens")
    temperature: float = setting(
        0.8,
        "Below 1 sharpens, above 1 flattens the distribution; 0 always takes the likeliest token.",
        low=0.0,
        high=10.0,
    )
    top_k: int = setting(
        0, "Choose among this many likeliest tokens; 0 means all.", label="Top-k", low=0, high=1_000_000
    )
    top_p: float = setting(
        1.0,
        "Choose among the likeliest tokens that together have this probability.",
        label="Top-p",
        low=0.0,
        high=1.0,
    )
    repetition_penalty: float = setting(
        1.0,
        "Above 1 makes tokens that were used before less likely; 1 leaves them alone.",
        low=0.1,
        high=10.0,
    )
    seed: int = setting(0, "Start of the random choices.", low=0, high=2**31 - 1)


@dataclass(frozen=True)
class Stages:
    """What becomes of a distribution on its way to the choice; every field is (..., vocab).

    Attributes:
        raw: The model's own probabilities.
        penalised: Probabilities after the repetition penalty.
        tempered: Probabilities after penalty and temperature.
        in_top_k: bool, what top-k keeps.
        in_top_p: bool, what top-k and then top-p keep.
        final: The probabilities that are sampled from: what is kept, summing to 1 again.
    """

    raw: Tensor
    penalised: Tensor
    tempered: Tensor
    in_top_k: Tensor
    in_top_p: Tensor
    final: Tensor


def sampling_stages(logits: Tensor, config: SamplingConfig, used: Sequence[int] = ()) -> Stages:
    """Repetition penalty, temperature, top-k and top-p, in the order in which transformers applies them.

    Top-k keeps what ties with its last one. Top-p (nucleus sampling, Holtzman et al. 2020) keeps the smallest set of
    likeliest tokens whose probability reaches p; the likeliest always stays. Temperature 0 is greedy, and so is one
    too small to divide by in float32.

    Args:
        logits: (..., vocab).
        config: The settings.
        used: Tokens of the text so far, prompt included, for the repetition penalty.
    """
    logits = logits.float()
    penalised = penalise_repetition(logits, used, config.repetition_penalty)
    if config.temperature < _GREEDY:
        one = torch.zeros_like(logits).scatter_(-1, penalised.argmax(-1, keepdim=True), 1.0)
        return Stages(logits.softmax(-1), penalised.softmax(-1), one, one > 0, one > 0, one)
    tempered = penalised / config.temperature
    in_top_k = _likeliest(tempered, config.top_k)
    final = tempered.masked_fill(~in_top_k, -torch.inf).softmax(-1)
    in_top_p = in_top_k
    if config.top_p < 1.0:
        nucleus = _nucleus(final, config.top_p)
        in_top_p = in_top_k & nucleus
        final = final.masked_fill(~nucleus, 0.0)
        final = final / final.sum(-1, keepdim=True)
    return Stages(logits.softmax(-1), penalised.softmax(-1), tempered.softmax(-1), in_top_k, in_top_p, final)


def filtered_probabilities(logits: Tensor, config: SamplingConfig, used: Sequence[int] = ()) -> Tensor:
    """The distribution that is really sampled, (..., vocab): the last of the :func:`sampling_stages`."""
    return sampling_stages(logits, config, used).final


def penalise_repetition(logits: Tensor, used: Sequence[int], penalty: float) -> Tensor:
    """Make used tokens less likely (Keskar et al. 2019, section 4.1).

    The paper divides their logits by the penalty, which would favour those below zero; as in transformers, these are
    multiplied by it instead.
    """
    if penalty == 1.0 or not len(used):
        return logits
    index = torch.tensor(sorted(set(used)), device=logits.device)
    chosen = logits[..., index]
    changed = torch.where(chosen < 0, chosen * penalty, chosen / penalty)
    return logits.index_copy(-1, index, changed)


def _likeliest(logits: Tensor, count: int) -> Tensor:
    if not 0 < count < logits.shape[-1]:
        return torch.ones_like(logits, dtype=torch.bool)
    return logits >= logits.topk(count, dim=-1).values[..., -1:]


def _nucleus(probabilities: Tensor, share: float) -> Tensor:
    ordered, order = probabilities.sort(dim=-1, descending=True, stable=True)
    before = ordered.cumsum(-1) - ordered  # probability of the likelier ones
    kept = (before < share) | (before <= 0)
    return torch.zeros_like(kept).scatter_(-1, order, kept)


@dataclass(frozen=True)
class Choice:
    """A token that was written, and the logits (vocab) that it was chosen from."""

    token: int
    logits: Tensor
    stages: Stages


@torch.inference_mode()
def generate_choices(
    model: Transformer,
    prompt: Sequence[int],
    config: SamplingConfig,
    *,
    prefix: int = 0,
    banned: Tensor | None = None,
    first_banned: Tensor | None = None,
) -> Iterator[Choice]:
    """Choose ``config.tokens`` new tokens one by one; the caller stops at an end token.

    Args:
        model: The model.
        prompt: At least one token.
        config: The settings.
        prefix: How many of the prompt's tokens see each other both ways (prefix LM); 0 is causal.
        banned: bool (vocab), tokens never to choose; None allows all.
        first_banned: bool (vocab), tokens that may not come first.

    Raises:
        ValueError: for an empty prompt.
    """
    if not prompt:
        raise ValueError("generation needs at least one token to start from")
    device = model.embedding.weight.device
    generator = torch.Generator().manual_seed(config.seed)
    caches = make_caches(model.shape, len(prompt) + config.tokens)
    used, tokens = list(prompt), torch.tensor([list(prompt)], device=device)
    visible = _prefix_visible(prefix, len(prompt), device) if prefix else None
    for index in range(config.tokens):
        # inference_mode is entered anew at each resumption of this generator by the decorator.
        logits = model.head(model.hidden_states(tokens, caches, visible)[:, -1])[0].float().cpu()
        for ban in (banned, first_banned if index == 0 else None):
            logits = logits if ban is None else logits.masked_fill(ban, -torch.inf)
        stages = sampling_stages(logits, config, used)
        choice = int(torch.multinomial(stages.final, 1, generator=generator))
        yield Choice(choice, logits, stages)
        used.append(choice)
        tokens, visible = torch.tensor([[choice]], device=device), None


def generate_tokens(
    model: Transformer, prompt: Sequence[int], config: SamplingConfig, end_id: int
) -> Iterator[int]:
    """Yield new tokens one by one until ``end_id`` (not yielded) or ``config.tokens`` of them.

    Raises:
        ValueError: for an empty prompt.
    """
    for choice in generate_choices(model, prompt, config):
        if choice.token == end_id:
            return
        yield choice.token


def _prefix_visible(prefix: int, length: int, device: torch.device) -> Tensor:
    visible = torch.ones(length, length, dtype=torch.bool, device=device).tril()
    visible[:, :prefix] = True
    return visible
