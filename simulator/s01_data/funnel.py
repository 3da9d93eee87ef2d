"""The funnel: how many documents and characters came into each step, left it, and why the others did not.

A fold of fates. At every step and at every moment the books balance::

    documents_in  = documents + sum of dropped documents
    characters_in = characters + sum of dropped characters + trimmed

where ``trimmed`` is what the step took out of documents that it let pass (below 0 where it made them longer).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from simulator.s01_data.fates import Fate
from simulator.s01_data.steps import STEP_KEYS, TITLES

EXACT_FROM = STEP_KEYS.index("pii")
"""From this step on what passes is what is tokenized, so its tokens are counted and not estimated."""


@dataclass(kw_only=True)
class StepCount:
    """What went through one step.

    Attributes:
        documents_in: Documents that came in.
        characters_in: Their characters.
        documents: Documents that left it.
        characters: Their characters.
        bytes: Their UTF-8 bytes.
        dropped: For each reason: documents and characters that ended here.
        changed: For each kind of change: documents that it was made in.
    """

    documents_in: int = 0
    characters_in: int = 0
    documents: int = 0
    characters: int = 0
    bytes: int = 0
    dropped: dict[str, list[int]] = field(default_factory=dict)
    changed: dict[str, int] = field(default_factory=dict)

    @property
    def trimmed(self) -> int:
        """Characters that the step took out of the documents that left it."""
        return self.characters_in - self.characters - sum(pair[1] for pair in self.dropped.values())

    def add(self, other: StepCount) -> None:
        """Add what another count of the same step holds."""
        self.documents_in += other.documents_in
        self.characters_in += other.characters_in
        self.documents += other.documents
        self.characters += other.characters
        self.bytes += other.bytes
        for rule, (documents, characters) in other.dropped.items():
            pair = self.dropped.setdefault(rule, [0, 0])
            pair[0] += documents
            pair[1] += characters
        for what, count in other.changed.items():
            self.changed[what] = self.changed.get(what, 0) + count


class Funnel:
    """Counts fates.

    Attributes:
        steps: The count of each step, in order.
        tokens: Tokens counted in documents that were kept.
    """

    def __init__(self) -> None:
        self.steps: dict[str, StepCount] = {key: StepCount() for key in STEP_KEYS}
        self.tokens = 0

    @property
    def documents_in(self) -> int:
        """Documents that came in, unreadable records among them."""
        return self.steps[STEP_KEYS[0]].documents_in

    @property
    def kept(self) -> int:
        """Documents that left the last step."""
        return self.steps[STEP_KEYS[-1]].documents

    def take(self, fate: Fate) -> None:
        """Count one document."""
        characters = fate.entered
        for key, step in self.steps.items():
            ends_here = fate.step == key
            size = fate.sizes.get(key)
            if size is None and not ends_here:
                return  # it is still on its way
            step.documents_in += 1
            step.characters_in += characters
            for what in fate.changed.get(key, ()):
                step.changed[what] = step.changed.get(what, 0) + 1
            if ends_here or size is None:
                pair = step.dropped.setdefault(fate.rule, [0, 0])
                pair[0] += 1
                pair[1] += characters
                return
            characters = size[0]
            step.documents += 1
            step.characters += characters
            step.bytes += size[1]
        self.tokens += fate.tokens or 0

    def add(self, other: Funnel) -> None:
        """Add another funnel to this one."""
        for key, step in self.steps.items():
            step.add(other.steps[key])
        self.tokens += other.tokens

    def to_dict(self) -> dict[str, Any]:
        """Plain counts, for the file that marks a part as done."""
        return {"tokens": self.tokens, "steps": {key: vars(step) for key, step in self.steps.items()}}

    @classmethod
    def of(cls, values: Mapping[str, Any]) -> Funnel:
        """The funnel that :meth:`to_dict` wrote."""
        funnel = cls()
        funnel.tokens = values["tokens"]
        funnel.steps = {key: StepCount(**values["steps"][key]) for key in STEP_KEYS}
        return funnel

    def record(self, bytes_per_token: float = 0.0) -> dict[str, Any]:
        """The fields of the record ``funnel``.

        Args:
            bytes_per_token: As measured on the kept text, to estimate the tokens of what was dropped; 0 while there
                is no tokenizer: then ``tokens`` is None.
        """
        return {"steps": [self._row(number, key, bytes_per_token) for number, key in enumerate(STEP_KEYS)]}

    def _row(self, number: int, key: str, bytes_per_token: float) -> dict[str, Any]:
        step = self.steps[key]
        exact = number >= EXACT_FROM and bytes_per_token > 0
        estimated = round(step.bytes / bytes_per_token) if bytes_per_token > 0 else None
        return {
            "key": key, "title": TITLES[key], "documents_in": step.documents_in,
            "characters_in": step.characters_in, "documents": step.documents, "characters": step.characters,
            "tokens": self.tokens if exact else estimated, "exact": exact,
            "dropped": {
                rule: {"documents": pair[0], "characters": pair[1]}
                for rule, pair in sorted(step.dropped.items(), key=_most_first)
            },
            "trimmed": step.trimmed, "changed": dict(sorted(step.changed.items())),
        }  # fmt: skip


def _most_first(item: tuple[str, list[int]]) -> tuple[int, str]:
    return -item[1][0], item[0]
