"""Looking into a model: next-token predictions, samples, and fact questions answered by likelihood."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch

from simulator.model.generation import SamplingConfig
from simulator.model.transformer import Transformer
from simulator.runs.events import Predictions
from simulator.s02_objective.material import Material
from simulator.s02_objective.predicting import LONGEST_PROBE, TOP, Words
from simulator.s02_objective.writing import Writer, write
from simulator.text.tokenizer import Tokenizer
from simulator.training.evaluate import token_nats
from simulator.world.tasks import ChoiceQuestion

SAMPLE_TOKENS = 60


@torch.inference_mode()
def next_token_predictions(
    model: Transformer, tokenizer: Tokenizer, text: str, step: int, top: int = TOP
) -> Predictions:
    """What the model expects at each position of ``text``, from an empty context on.

    The first predicted token is the text's first, from the start-of-document context; the last row says how the
    text may go on; text beyond LONGEST_PROBE tokens is cut.
    """
    words = Words.of(model, tokenizer)
    ids = tokenizer.encode(text)[:LONGEST_PROBE]
    device = model.embedding.weight.device
    inputs = torch.tensor([[tokenizer.end_id, *ids]], device=device)
    probabilities = model(inputs)[0].float().softmax(-1).cpu()
    best = probabilities.topk(min(top, probabilities.shape[-1]), dim=-1)
    true = probabilities[torch.arange(len(ids)), torch.tensor(ids, dtype=torch.int64)]
    return Predictions(
        step=step,
        tokens=tuple(words.texts([tokenizer.end_id, *ids])),
        top_tokens=tuple(tuple(words.texts(row)) for row in best.indices.tolist()),
        top_probabilities=tuple(tuple(row) for row in best.values.tolist()),
        true_probabilities=tuple(true.tolist()),
    )


def write_sample(model: Transformer, tokenizer: Tokenizer, seed: int, objective: str = "causal") -> str:
    """A new document (or its beginning) as the model writes it now, in the way its objective allows."""
    config = SamplingConfig(tokens=SAMPLE_TOKENS, temperature=0.8, seed=seed)
    return str(write(Writer(model, tokenizer, 1), objective, "", config)["text"])


def fact_accuracy(model: Transformer, material: Material, questions: Sequence[ChoiceQuestion]) -> float:
    """Share of questions whose right choice the model finds likeliest (a tie with a wrong one counts as wrong)."""
    right = 0
    for question, scores in zip(questions, choice_scores(model, material.tokenizer, questions), strict=True):
        others = [score for index, score in enumerate(scores) if index != question.answer]
        right += scores[question.answer] > max(others)
    return right / len(questions)


@torch.inference_mode()
def choice_scores(
    model: Transformer, tokenizer: Tokenizer, questions: Sequence[ChoiceQuestion]
) -> list[list[float]]:
    """Log-probability (nats) of each choice as the continuation of its question's prompt."""
    rows, spans = [], []
    for question in questions:
        prompt = [tokenizer.end_id, *tokenizer.encode(question.prompt)]
        for choice in question.choices:
            whole = [tokenizer.end_id, *tokenizer.encode(question.prompt + choice)]
            shared = _shared(prompt, whole)
            rows.append(whole)
            spans.append((shared, len(whole)))
    nats = _padded_nats(model, rows, tokenizer.end_id)
    scores = iter(
        -float(row[start - 1 : end - 1].sum()) for row, (start, end) in zip(nats, spans, strict=True)
    )
    return [[next(scores) for _ in question.choices] for question in questions]


def _shared(prompt: Sequence[int], whole: Sequence[int]) -> int:
    """How many first tokens agree: a choice may merge with the prompt's last characters."""
    count = 0
    while count < min(len(prompt), len(whole) - 1) and prompt[count] == whole[count]:
        count += 1
    return count


def _padded_nats(
    model: Transformer, rows: Sequence[Sequence[int]], end_id: int
) -> np.ndarray[tuple[int, int], np.dtype[np.float32]]:
    width = max(map(len, rows))
    padded = torch.tensor(
        [[*row, *[end_id] * (width - len(row))] for row in rows], device=model.embedding.weight.device
    )
    parts = [token_nats(model, padded[start : start + 256]).cpu() for start in range(0, len(padded), 256)]
    return torch.cat(parts).numpy()
