"""The stages of sampling, each by its definition, and all of them against transformers' own."""

from __future__ import annotations

import itertools

import pytest
import torch

from simulator.model.generation import (
    SamplingConfig,
    filtered_probabilities,
    generate_choices,
    penalise_repetition,
    sampling_stages,
)
from simulator.model.shapes import ModelShape
from simulator.model.transformer import Transformer

LOGITS = torch.tensor([2.0, 1.0, 0.5, -1.0, -3.0])


def test_every_stage_is_told() -> None:
    config = SamplingConfig(temperature=0.5, top_k=3, top_p=0.9, repetition_penalty=2.0)
    stages = sampling_stages(LOGITS, config, [0, 3])
    torch.testing.assert_close(stages.raw, LOGITS.softmax(-1))
    penalised = torch.tensor([1.0, 1.0, 0.5, -2.0, -3.0])
    torch.testing.assert_close(stages.penalised, penalised.softmax(-1))
    torch.testing.assert_close(stages.tempered, (penalised / 0.5).softmax(-1))
    assert stages.in_top_k.tolist() == [True, True, True, False, False]
    three = (penalised[:3] / 0.5).softmax(-1)
    assert three[:2].sum() < 0.9  # so the third is needed to reach it
    assert stages.in_top_p.tolist() == [True, True, True, False, False]
    torch.testing.assert_close(stages.final[:3], three)
    narrow = sampling_stages(LOGITS, config.replace(top_p=0.7), [0, 3])
    assert narrow.in_top_p.tolist() == [True, True, False, False, False]
    assert narrow.final.sum() == pytest.approx(1.0)


def test_the_penalty_makes_used_tokens_less_likely_whatever_their_sign() -> None:
    before, after = LOGITS.softmax(-1), penalise_repetition(LOGITS, [0, 3, 3], 1.3).softmax(-1)
    assert after[0] < before[0]
    assert after[3] < before[3]
    assert penalise_repetition(LOGITS, [0], 1.0) is LOGITS
    assert penalise_repetition(LOGITS, [], 2.0) is LOGITS


def test_temperature_zero_takes_the_likeliest_after_the_penalty() -> None:
    stages = sampling_stages(LOGITS, SamplingConfig(temperature=0.0, repetition_penalty=5.0), [0])
    assert stages.final.tolist() == [0.0, 1.0, 0.0, 0.0, 0.0]
    assert stages.raw.argmax() == 0


def test_the_penalty_ends_a_loop() -> None:
    model = Transformer(ModelShape(layers=1, hidden=16, heads=2, kv_heads=2, ffn=24, vocab=12, sequence=8), 0)
    plain, punished = (
        [
            choice.token
            for choice in generate_choices(
                model, [3], SamplingConfig(tokens=12, temperature=0.0, repetition_penalty=penalty)
            )
        ]
        for penalty in (1.0, 9.0)
    )
    assert len(set(punished)) > len(set(plain))


def test_what_is_banned_is_never_chosen() -> None:
    model = Transformer(ModelShape(layers=1, hidden=16, heads=2, kv_heads=2, ffn=24, vocab=12, sequence=8), 0)
    banned = torch.zeros(12, dtype=torch.bool)
    banned[:6] = True
    first = torch.ones(12, dtype=torch.bool)
    first[7] = False
    tokens = [
        choice.token
        for choice in generate_choices(
            model, [3], SamplingConfig(tokens=30, temperature=2.0), banned=banned, first_banned=first
        )
    ]
    assert tokens[0] == 7
    assert min(tokens) >= 6
    assert len(set(tokens[1:])) > 1


def test_transformers_gives_the_same_distribution() -> None:
    process = pytest.importorskip("transformers.generation.logits_process")
    generator = torch.Generator().manual_seed(0)
    used = [1, 5, 5, 17]
    for temperature, top_k, top_p, penalty in itertools.product(
        (0.3, 1.0, 2.5), (0, 1, 7), (0.1, 0.6, 1.0), (1.0, 1.7)
    ):
        logits = torch.randn(1, 40, generator=generator) * 4
        ids = torch.tensor([used])
        theirs = logits
        chain = [
            process.RepetitionPenaltyLogitsProcessor(penalty),
            process.TemperatureLogitsWarper(temperature),
        ]
        chain += [process.TopKLogitsWarper(top_k)] if top_k else []
        chain += [process.TopPLogitsWarper(top_p)] if top_p < 1 else []
        for step in chain:
            theirs = step(ids, theirs)
        config = SamplingConfig(temperature=temperature, top_k=top_k, top_p=top_p, repetition_penalty=penalty)
        ours = filtered_probabilities(logits, config, used)
        torch.testing.assert_close(ours, theirs.softmax(-1), rtol=1e-4, atol=1e-6)
