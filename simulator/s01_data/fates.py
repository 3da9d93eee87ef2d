"""What became of one document: a line of ``fates.jsonl``.

A fate says how large the document left each step that it passed, where it was dropped, by which rule and on what
measured value. The funnel is a fold of fates, so the two can never disagree.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from simulator.errors import CheckpointError

FAILED = "failed"
"""Rule of a document that a step could not work on at all: a fault, or a process that died of it."""

UNREADABLE = "unreadable"
"""Rule of a record that could not even be read; it has no index, size or text."""


@dataclass(kw_only=True, slots=True)
class Fate:
    """What became of one document.

    Attributes:
        index: Its place in the input, from 0; -1 for a record that could not be read.
        source: File, or ``file:record``.
        url: Where it was found, or "".
        sizes: Characters and UTF-8 bytes with which it left each step that it passed.
        entered: Characters with which it came into the pipeline, 0 if they could not be counted.
        step: Key of the step that dropped it, "" for a document that was kept or is still under way.
        rule: Why it was dropped.
        value: The measured value that decided, if there was one.
        threshold: What the value was held against.
        note: Plain words about a failure.
        changed: For each step, what it changed in this document and how often.
        language: Code of the language it was taken for.
        language_probability: How sure that was.
        quality: Score of the quality classifier, if one was used.
        duplicate_of: Index of the document that was kept in its place, -1 if none.
        similarity: Jaccard similarity of the two.
        tokens: Tokens, once counted.
        truth: What the toy crawl knows about it; empty elsewhere.
    """

    index: int
    source: str = ""
    url: str = ""
    sizes: dict[str, tuple[int, int]] = field(default_factory=dict)
    entered: int = 0
    step: str = ""
    rule: str = ""
    value: float | None = None
    threshold: float | None = None
    note: str = ""
    changed: dict[str, dict[str, int]] = field(default_factory=dict)
    language: str = ""
    language_probability: float | None = None
    quality: float | None = None
    duplicate_of: int = -1
    similarity: float | None = None
    tokens: int | None = None
    truth: dict[str, Any] = field(default_factory=dict)

    @property
    def kept(self) -> bool:
        """Whether no step has dropped it."""
        return not self.step

    def leave(self, step: str, text: str) -> None:
        """Note the size with which the document leaves a step."""
        self.sizes[step] = (len(text), byte_length(text))

    def drop(self, step: str, rule: str, value: float | None = None, threshold: float | None = None) -> Fate:
        """Note that a step dropped the document, and why; returns itself."""
        self.step, self.rule, self.value, self.threshold = step, rule, value, threshold
        return self

    def change(self, step: str, what: str, count: int = 1) -> None:
        """Note that a step changed something in the document."""
        if count:
            self.changed.setdefault(step, {})[what] = count

    def to_line(self, text: str | None = None) -> str:
        """One line of JSON with what is known, and the text where it is handed on to the next phase."""
        values: dict[str, Any] = {"index": self.index, "fate": "kept" if self.kept else "dropped"}
        for name in _FIELDS:
            value = getattr(self, name)
            if value != _DEFAULTS[name]:
                values[name] = value
        if text is not None:
            values["text"] = text
        return json.dumps(values, ensure_ascii=False, separators=(",", ":"))

    @classmethod
    def of(cls, values: Mapping[str, Any]) -> Fate:
        """The fate that a line of JSON describes."""
        known = {name: values[name] for name in _FIELDS if name in values}
        sizes = {step: (pair[0], pair[1]) for step, pair in known.pop("sizes", {}).items()}
        return cls(index=values["index"], sizes=sizes, **known)


_FIELDS = tuple(name for name in Fate.__dataclass_fields__ if name != "index")
_DEFAULTS: dict[str, Any] = {name: getattr(Fate(index=0), name) for name in _FIELDS}


def byte_length(text: str) -> int:
    """UTF-8 bytes of a text; lone surrogates count as the three bytes that replace them."""
    return len(text) if text.isascii() else len(text.encode("utf-8", "surrogatepass"))


def read_fates(path: Path) -> Iterator[Fate]:
    """The fates of a run, in the order of the input; streams.

    Raises:
        CheckpointError: if the file is missing or a line is damaged.
    """
    try:
        with path.open(encoding="utf-8", newline="\n") as file:
            for line in file:
                yield Fate.of(json.loads(line))
    except FileNotFoundError:
        message = f"There is no {path.name} in {path.parent}."
        raise CheckpointError(message, hint="Choose a data run that is finished.") from None
    except (OSError, ValueError, KeyError, TypeError, RecursionError) as error:
        message = f"{path} is damaged ({type(error).__name__}: {error})."
        raise CheckpointError(message, hint="Run the pipeline again.") from None
