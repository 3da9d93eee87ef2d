"""Readings and answers as the engine gives them, small enough to check by hand."""

from __future__ import annotations

from typing import Any

import numpy as np

from simulator.runs.events import Predictions, plain

TOKENS = ("<|endoftext|>", "Nia", " has", " a", " fox", ".")


def predictions(step: int, share: float, tokens: tuple[str, ...] = TOKENS) -> Predictions:
    """The true token gets ``share``, after the last " next" does; a wrong one gets the rest."""
    truth = tokens[1:]
    ahead = (*truth, " next")
    rows = tuple((word, "zzz") if share >= 0.5 else ("zzz", word) for word in ahead)
    shares = tuple((share, 1 - share) if share >= 0.5 else (1 - share, share) for _ in ahead)
    return Predictions(
        step=step,
        tokens=tokens,
        top_tokens=rows,
        top_probabilities=shares,
        true_probabilities=tuple(share for _ in truth),
    )


def answer(
    objective: str,
    tokens: tuple[str, ...],
    inputs: tuple[str, ...],
    targets: tuple[str, ...],
    visible: np.ndarray,
    share: float = 0.6,
    step: int = 100,
) -> dict[str, Any]:
    """A ``predict`` answer in which every target that counts gets ``share``."""
    counted = [bool(target) for target in targets]
    return {
        "step": step,
        "objective": objective,
        "tokens": list(tokens),
        "inputs": list(inputs),
        "targets": list(targets),
        "counted": counted,
        "visible": plain(visible),
        "top_tokens": [[target or "zzz", "yyy"] for target in targets],
        "top_probabilities": [[share, 1 - share] for _ in targets],
        "true_probabilities": [share if counts else 0.0 for counts in counted],
    }


def write_answer(prompt: str, count: int) -> dict[str, Any]:
    """A ``write`` answer of ``count`` tokens " t0", " t1" ...; the drawn one is the second of four candidates."""
    steps, text = [], prompt
    for index in range(count):
        text += f" t{index}"
        steps.append(
            {
                "token": f" t{index}",
                "probability": 0.3,
                "text": text,
                "candidates": [
                    candidate(" best", 0.5, 0.55, 0.6),
                    candidate(f" t{index}", 0.3, 0.33, 0.4),
                    candidate(" rare", 0.1, 0.08, 0.0, "top-p"),
                    candidate(" rarest", 0.05, 0.02, 0.0, "top-p"),
                ],
            }
        )
    return {
        "step": 100,
        "objective": "causal",
        "method": "left to right",
        "prompt": prompt,
        "text": text,
        "ended": False,
        "steps": steps,
    }


def candidate(token: str, raw: float, tempered: float, final: float, cut: str = "") -> dict[str, Any]:
    """One candidate of a ``write`` or ``next`` answer."""
    return {
        "token": token,
        "probability": raw,
        "penalised": raw,
        "tempered": tempered,
        "kept": not cut,
        "cut": cut,
        "final": final,
    }


def inside_answer(step: int) -> dict[str, Any]:
    """An ``inside`` answer about the text "Tom has"."""
    generator = np.random.default_rng(step)
    return {
        "step": step,
        "objective": "causal",
        "tokens": ["<|endoftext|>", "Tom", " has"],
        "attention": plain(np.full((2, 2, 3, 3), 1 / 3, np.float16)),
        "embedding": plain(generator.normal(size=(9, 2)).astype(np.float32)),
        "labels": [f" w{index}" for index in range(9)],
        "explained": 0.4,
    }
