"""The five pre-training objectives: what each hides, what it sees, and what it is scored on. Pure: no torch."""

from __future__ import annotations

from dataclasses import dataclass

from simulator.errors import ConfigError


@dataclass(frozen=True, kw_only=True)
class Objective:
    """One way to turn plain text into something to guess.

    Attributes:
        key: Word in settings and metrics: ``causal``.
        title: Heading.
        sentence: What it does, one plain sentence.
        source: Where it was published, and what differs here.
        sees: Who may look at whom, in a few words.
        scored: Which targets count in the loss, in a few words.
        writes: Whether a model trained so can go on with a text, token by token.
        special: Whether it needs tokens of its own beside the tokenizer's.
    """

    key: str
    title: str
    sentence: str
    source: str
    sees: str
    scored: str
    writes: bool
    special: bool


OBJECTIVES: tuple[Objective, ...] = (
    Objective(
        key="causal", title="Causal", writes=True, special=False,
        sentence="Guess each next token from the tokens before it.",
        source="Radford et al. 2018 (GPT); Vaswani et al. 2017, section 3.2.3, for the mask",
        sees="itself and what stands before", scored="every token",
    ),
    Objective(
        key="masked", title="Masked", writes=False, special=True,
        sentence="Hide 15 % of the tokens and guess them from both sides.",
        source="Devlin et al. 2019 (BERT), section 3.1, with the 80/10/10 rule; a new draw every time, as in "
        "Liu et al. 2019 (RoBERTa)",
        sees="everything, both sides", scored="the chosen 15 %",
    ),
    Objective(
        key="spans", title="Span corruption", writes=False, special=True,
        sentence="Cut short spans out, put a numbered marker in each gap, and write the spans down in order.",
        source="Raffel et al. 2020 (T5), section 3.1.4: 15 % in spans of 3 on average. T5 has an encoder and a "
        "decoder; here one decoder sees the corrupted text both ways and writes the spans causally, as the prefix form "
        "of Raffel et al., section 3.2.1, and Tay et al. 2022 (UL2) do",
        sees="the corrupted text both ways, the spans causally", scored="the spans and their markers",
    ),
    Objective(
        key="prefix", title="Prefix LM", writes=True, special=False,
        sentence="Read the first part both ways, then guess the rest token by token.",
        source="Liu et al. 2018; Raffel et al. 2020, section 3.2.3: the split is random",
        sees="the prefix both ways, the rest causally", scored="the tokens after the prefix",
    ),
    Objective(
        key="infill", title="Fill in the middle", writes=True, special=True,
        sentence="Move the middle of a document to its end, so that a causal model learns to fill gaps.",
        source="Bavarian et al. 2022: half of the documents, PSM and SPM in equal parts, split between tokens after "
        "the text is cut to the context (their context-level variant); loss on all tokens",
        sees="itself and what stands before, in the new order", scored="every token",
    ),
)  # fmt: skip

KEYS: tuple[str, ...] = tuple(item.key for item in OBJECTIVES)
"""The objectives' names, in order."""


def find_objective(key: str) -> Objective:
    """Look an objective up by its key.

    Raises:
        ConfigError: if there is none of that name.
    """
    for item in OBJECTIVES:
        if item.key == key:
            return item
    raise ConfigError(
        "objective", f"There is no objective called '{key}'.", hint=f"Choose one of: {', '.join(KEYS)}."
    )
