"""Writing text: token by token, with a key-value cache, temperature, top-k and top-p."""

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
    seed: int = setting(0, "Start of the random choices.", low=0, high=2**31 - 1)


def filtered_probabilities(logits: Tensor, config: SamplingConfig) -> Tensor:
    """The distribution that is really sampled: (..., vocab) probabilities after temperature, then top-k, then top-p.

    Top-p (nucleus sampling, Holtzman et al. 2020) keeps the smallest set of likeliest tokens whose
    probability reaches p; the likeliest token always stays. Temperature 0 is greedy, and so is one too small to
    divide by in float32.
    """
    logits = logits.float()
    if config.temperature < _GREEDY:
        return torch.zeros_like(logits).scatter_(-1, logits.argmax(-1, keepdim=True), 1.0)
    logits = logits / config.temperature
    if 0 < config.top_k < logits.shape[-1]:
        smallest = logits.topk(config.top_k, dim=-1).values[..., -1:]
        logits = logits.masked_fill(logits < smallest, -torch.inf)
    probabilities = logits.softmax(-1)
    if config.top_p < 1.0:
        ordered, order = probabilities.sort(dim=-1, descending=True, stable=True)
        before = ordered.cumsum(-1) - ordered  # probability of the likelier ones
        ordered = ordered.masked_fill((before >= config.top_p) & (before > 0), 0.0)
        probabilities = torch.zeros_like(probabilities).scatter_(-1, order, ordered)
        probabilities = probabilities / probabilities.sum(-1, keepdim=True)
    return probabilities


@torch.inference_mode()
def generate_tokens(
    model: Transformer, prompt: Sequence[int], config: SamplingConfig, end_id: int
) -> Iterator[int]:
    """Yield new tokens one by one until ``end_id`` (not yielded) or ``config.tokens`` of them.

    Raises:
        ValueError: for an empty prompt.
    """
    if not prompt:
        raise ValueError("generation needs at least one token to start from")
    device = model.embedding.weight.device
    generator = torch.Generator().manual_seed(config.seed)
    caches = make_caches(model.shape, len(prompt) + config.tokens)
    tokens = torch.tensor([list(prompt)], device=device)
    for _ in range(config.tokens):
        # inference_mode is entered anew at each resumption of this generator by the decorator.
        logits = model.head(model.hidden_states(tokens, caches)[:, -1])
        probabilities = filtered_probabilities(logits[0], config).cpu()
        choice = int(torch.multinomial(probabilities, 1, generator=generator))
        if choice == end_id:
            return
        yield choice
        tokens = torch.tensor([[choice]], device=device)
