"""The eight steps of the data pipeline, in order."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Step:
    """A step of the pipeline.

    Attributes:
        key: How records, files and screens name it.
        title: Heading for people.
        sentence: What it does, in one sentence.
    """

    key: str
    title: str
    sentence: str


STEPS: tuple[Step, ...] = (
    Step(key="crawl", title="Crawl", sentence="Read the pages as they were stored and decode their bytes."),
    Step(key="extract", title="Extract", sentence="Take the text out of the HTML; leave menus and adverts."),
    Step(key="language", title="Language", sentence="Keep the pages in the language that is wanted."),
    Step(
        key="quality", title="Quality", sentence="Drop what the Gopher and C4 rules or the classifier reject."
    ),
    Step(key="dedup", title="Deduplicate", sentence="Keep the first of exact and of near duplicates."),
    Step(key="pii", title="Personal data", sentence="Replace addresses and numbers that belong to somebody."),
    Step(
        key="tokenize",
        title="Tokenize",
        sentence="Turn the text into tokens of a vocabulary learned from it.",
    ),
    Step(key="pack", title="Pack", sentence="Lay the tokens end to end in rows of the training length."),
)
"""In the order in which a document meets them."""

STEP_KEYS: tuple[str, ...] = tuple(step.key for step in STEPS)
"""Their keys, in order."""

TITLES: dict[str, str] = {step.key: step.title for step in STEPS}
"""Their headings by key."""
