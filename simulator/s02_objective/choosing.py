"""The playground: the distribution of the next token, and what each stage of sampling makes of it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor

from simulator.model.generation import SamplingConfig, Stages, generate_choices, sampling_stages
from simulator.s02_objective.predicting import Words

if TYPE_CHECKING:
    from simulator.s02_objective.writing import Writer


def candidates(stages: Stages, words: Words, count: int, chosen: int = -1) -> list[dict[str, Any]]:
    """The likeliest tokens of one distribution (and the ``chosen`` one), and what each stage of sampling makes of them.

    Fields: token; probability (the model's own); penalised (after the repetition penalty); tempered (after temperature
    too); kept; cut ("", "temperature 0", "top-k", "top-p" or "not allowed here"); final.
    """
    found = stages.raw.topk(min(count, len(stages.raw))).indices.tolist()
    best = stages.final.topk(min(count, len(stages.final))).indices.tolist()
    extra = [index for index in best if index not in found and stages.final[index] > 0]
    found = [*found, *extra][: count + len(extra)]
    found += [chosen] if chosen >= 0 and chosen not in found else []
    greedy = bool((stages.tempered == 1.0).sum() == 1 and (stages.tempered > 0).sum() == 1)
    return [
        {
            "token": words.text(index), "probability": float(stages.raw[index]),
            "penalised": float(stages.penalised[index]), "tempered": float(stages.tempered[index]),
            "kept": bool(stages.final[index] > 0), "cut": _cut(stages, index, greedy),
            "final": float(stages.final[index]),
        }
        for index in found
    ]  # fmt: skip


def _cut(stages: Stages, index: int, greedy: bool) -> str:
    if stages.final[index] > 0:
        return ""
    if stages.raw[index] == 0:
        return "not allowed here"
    if greedy:
        return "temperature 0"
    return "top-p" if stages.in_top_k[index] else "top-k"


def next_token(
    writer: Writer, prompt: str, config: SamplingConfig, objective: str, limit: int
) -> dict[str, Any]:
    """The distribution of the token after a prompt, stage by stage: the result of the ``next`` query."""
    one = replace(config, tokens=1)
    begun = writer.prompt(prompt)
    ids, first = begun.ids, begun.first
    if objective == "masked":
        mask = writer.words.need_specials("masked").mask
        with torch.inference_mode():
            logits = writer.both_ways([*ids, mask])[-1]
        logits = logits.masked_fill(writer.banned(first), -torch.inf)
        stages = sampling_stages(logits, one, ids)
    else:
        prefix = len(ids) if objective in ("prefix", "spans") else 0
        found = generate_choices(
            writer.model, ids, one, prefix=prefix, banned=writer.no_specials(), first_banned=first
        )
        stages = next(iter(found)).stages
    return {
        "objective": objective, "prompt": prompt, "tokens": writer.words.texts(ids),
        "candidates": candidates(stages, writer.words, limit),
        "entropy": _entropy(stages.raw), "final_entropy": _entropy(stages.final),
        "kept": int((stages.final > 0).sum()), "vocabulary": len(stages.raw),
    }  # fmt: skip


def _entropy(probabilities: Tensor) -> float:
    positive = probabilities[probabilities > 0].double()
    return float(-(positive * positive.log()).sum())
