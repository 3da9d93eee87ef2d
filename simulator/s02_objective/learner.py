"""One model that learns one objective: how it is made, measured, and looked into as it forms."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import torch

from simulator.engine.reporter import LabContext
from simulator.model.transformer import Transformer
from simulator.runs.history import RunHistory
from simulator.s02_objective.config import TrainingConfig
from simulator.s02_objective.insides import (
    MAP_TOKENS,
    Points,
    attention_maps,
    flatten_embedding,
    frequent_tokens,
    snapshot_steps,
)
from simulator.s02_objective.learning import (
    ObjectiveScore,
    frequency_baseline,
    held_out_rows,
    plain_rows,
    score_packed,
)
from simulator.s02_objective.material import MOST_TOKENS, QUICK_TOKENS, Material
from simulator.s02_objective.objectives import find_objective
from simulator.s02_objective.predicting import Words, read_text
from simulator.s02_objective.specials import make_specials
from simulator.s02_objective.trainers import first_model, make_trainer, objective_batches
from simulator.training.memory import available_bytes, check_memory

FINAL_TOKENS = MOST_TOKENS // 4
"""Held-out tokens that are scored at the end; objectives that hide a part of them score that part alone."""


class Learner:
    """A model, its trainer and its held-out rows.

    Args:
        config: The settings.
        objective: What it learns.
        material: The text.
        device: Where it computes.
        bf16: Whether matrix products run in bf16.
        start: A model to start from, or None.
        shared: Know all special tokens whatever the objective, so that models of several objectives are equal in size.
        share: Part of the free memory that this model may take.
    """

    def __init__(
        self,
        config: TrainingConfig,
        objective: str,
        material: Material,
        *,
        device: str,
        bf16: bool,
        start: Transformer | None = None,
        shared: bool = False,
        share: float = 1.0,
    ) -> None:
        self.config, self.objective, self.material, self.bf16 = config, objective, material, bf16
        tokenizer = material.tokenizer
        self.specials = make_specials(tokenizer.vocab_size, tokenizer.end_id, config.sequence, config.noise)
        own = find_objective(objective).special or shared
        vocabulary = self.specials.vocab if own else tokenizer.vocab_size
        shape = config.shape(vocabulary)
        if start is not None:
            shape = replace(start.shape, sequence=config.sequence, vocab=max(start.shape.vocab, vocabulary))
        free = int(available_bytes(device) * share)
        check_memory(shape, config.batch * config.sequence, bf16=bf16, available=free)
        self.model = first_model(config, vocabulary, start).to(device)
        self.renew_trainer()
        self.words = Words.of(self.model, tokenizer)
        self.common = frequent_tokens(material.train.tokens, tokenizer.vocab_size)
        self._map_ids = self.words.probe(material.probe)[:MAP_TOKENS]
        values = shape.layers * shape.heads * len(self._map_ids) ** 2
        self.snapshots_at = snapshot_steps(config.steps, values)
        self._points: Points | None = None
        self._rows: dict[bool, torch.Tensor] = {}

    def renew_trainer(self) -> None:
        """Optimizers that start afresh."""
        self.trainer = make_trainer(
            self.config, self.material.train, self.model, self.bf16, objective=self.objective,
            specials=self.specials,
        )  # fmt: skip

    @property
    def floor(self) -> float | None:
        """Nats a target below which no model can expect to go: known for the causal objective alone.

        It is the entropy of the text, token by token from the left. What a token costs when its right side is seen too
        is less, and nobody has worked it out; so the other objectives are held against :meth:`baseline`.
        """
        return self.material.floor_nats_per_token if self.objective == "causal" else None

    def baseline(self) -> float:
        """Nats a held-out target costs who knows the targets' frequencies alone."""
        batches = objective_batches(self.config, self.material.train, self.objective, self.specials)
        return frequency_baseline(batches, self.specials.vocab, self.rows(last=False))

    def rows(self, *, last: bool) -> torch.Tensor:
        """Packed held-out rows: a part of them, or, for the end, more."""
        if last not in self._rows:
            self._rows = {last: self._make_rows(last)}
        return self._rows[last]

    def _make_rows(self, last: bool) -> torch.Tensor:
        material = self.material
        if self.objective == "causal":
            return plain_rows(material.all_rows if last else material.quick_rows)
        tokens = FINAL_TOKENS if last else QUICK_TOKENS
        return held_out_rows(
            material.validation, self.objective, self.specials, self.config.sequence, tokens,
            self.config.rules(),
        )  # fmt: skip

    def score(self, *, last: bool = False) -> ObjectiveScore:
        """Measure on a part of the held-out rows; at the end on more of them, in fp32."""
        bf16 = self.bf16 and not last
        return score_packed(self.model, self.objective, self.rows(last=last), bf16=bf16)

    def reading(self, step: int) -> dict[str, Any]:
        """What it sees of the probe text and expects: a ``predict`` result."""
        tokenizer = self.material.tokenizer
        return read_text(
            self.model, tokenizer, self.material.probe, step, objective=self.objective, trained=self.objective
        )

    def show(self, context: LabContext, step: int, prefix: str = "") -> None:
        """Report attention, embedding and reading as they are now; ``prefix`` comes before their names."""
        maps = attention_maps(self.model, self.words, self._map_ids, self.objective)
        context.snapshot(step, f"{prefix}attention", maps, tuple(self.words.texts(self._map_ids)))
        flat = flatten_embedding(self.model, self.common, self._points)
        self._points = flat.points
        labels = tuple(self.words.texts(self.common))
        context.snapshot(step, f"{prefix}embedding", flat.points, labels)
        context.record(step, f"{prefix}reading", self.reading(step))

    def recall(self, history: RunHistory, step: int, prefix: str = "") -> None:
        """Take up the last embedding snapshot up to ``step``, so that the next one is turned to lie on it."""
        for item in history.snapshots.get(f"{prefix}embedding", ()):
            if item.step <= step:
                self._points = item.array

    def facts(self) -> Mapping[str, Any]:
        """What is known of it before the first step."""
        shape = self.model.shape
        return {
            "parameters": shape.total(), "vocabulary": shape.vocab, "shape": shape.to_dict(),
        }  # fmt: skip
