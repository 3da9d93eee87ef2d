"""The rules of C4: lines that are no prose are cut, then pages with little left, or with code or filler, are dropped.

Sources: Raffel et al. 2020, "Exploring the Limits of Transfer Learning with a Unified Text-to-Text Transformer",
section 2.2, and the code that made the corpus (TensorFlow Datasets, ``c4_utils.py``), which has four rules more: too
long words, notices about policies and cookies, citation marks, and end marks. The paper's first version asked for five
words in a line, the later one and the code for three.

The order of the checks within a line is that of the code, as datatrove has it, because the first that applies decides.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from simulator.s01_data.words import count_sentences

END_MARKS = (".", "?", "!", '"', "'")
"""A line of prose ends with one of these (section 2.2), but not with three stops."""

POLICY_PHRASES = (
    "terms of use",
    "privacy policy",
    "cookie policy",
    "uses cookies",
    "use of cookies",
    "use cookies",
)
"""A line with one of these is a notice (``c4_utils.py``)."""

_CITATION = re.compile(r"\[\d*\]|\[edit\]|\[citation needed\]")


def longest_word(line: str) -> int:
    """Characters of the longest word; lines with one over 1,000 are cut (``c4_utils.py``)."""
    return max(map(len, line.split()), default=0)


def without_citations(line: str) -> str:
    """The line without marks such as [3], [edit] and [citation needed] (``c4_utils.py``)."""
    return _CITATION.sub("", line) if "[" in line else line


def lacks_end_mark(line: str) -> bool:
    """Whether the line ends without a terminal punctuation mark; such lines are cut (section 2.2).

    FineWeb leaves this rule out: it cuts a third of the text and gained nothing (Penedo et al. 2024, section 3.5).
    """
    return not line.endswith(END_MARKS) or line.endswith("...")


def line_words(line: str) -> int:
    """Words between white space; lines with fewer than 3 are cut (section 2.2)."""
    return len(line.split())


def mentions_javascript(lowered: str) -> bool:
    """Whether a lower-case line asks for Javascript; such lines are cut (section 2.2)."""
    return "javascript" in lowered


def mentions_policy(lowered: str) -> bool:
    """Whether a lower-case line is a notice about cookies, privacy or terms; such lines are cut (``c4_utils.py``)."""
    return any(phrase in lowered for phrase in POLICY_PHRASES)


def has_lorem_ipsum(lowered: str) -> bool:
    """Whether a lower-case text holds the printers' filler; the page is dropped (section 2.2)."""
    return "lorem ipsum" in lowered


def has_curly_bracket(text: str) -> bool:
    """Whether the text holds an opening curly bracket, a sign of code; the page is dropped (section 2.2)."""
    return "{" in text


@dataclass(frozen=True, kw_only=True)
class LineLimits:
    """Which line rules apply, and their limits; a limit of 0 switches that rule off.

    Attributes:
        min_words: Fewest words of a line that stays.
        max_word_length: Most characters of a word in a line that stays.
        citations: Take citation marks out.
        end_mark: Cut lines without an end mark.
        javascript: Cut lines that mention Javascript.
        policy: Cut notices about cookies and policies.
        lorem_ipsum: Drop the page at printers' filler.
        curly_bracket: Drop the page at a curly bracket.
        min_sentences: Fewest sentences of a page that stays.
    """

    min_words: int
    max_word_length: int
    citations: bool
    end_mark: bool
    javascript: bool
    policy: bool
    lorem_ipsum: bool
    curly_bracket: bool
    min_sentences: int


@dataclass(slots=True)
class CleanedLines:
    """What the line rules left of a page.

    Attributes:
        text: The lines that stay.
        sentences: Sentences in them; counted no further than the limit unless all were asked for.
        cut: How many lines each rule cut or changed.
        failed: The rule that drops the page, or "".
    """

    text: str = ""
    sentences: int = 0
    cut: dict[str, int] = field(default_factory=dict)
    failed: str = ""


PAGE_RULES = ("lorem_ipsum", "curly_bracket")
"""Line checks that drop the whole page."""


def clean_lines(text: str, limits: LineLimits, every: bool = False) -> CleanedLines:
    """Cut the lines that are no prose, and judge what is left.

    Args:
        text: The page.
        limits: Which rules apply.
        every: Count all sentences, and read on after a rule has dropped the page.
    """
    result = CleanedLines()
    kept: list[str] = []
    judge = _LineJudge(text, limits)
    for raw in text.splitlines():
        stripped = raw.strip()
        rule, line = judge(stripped)
        if len(line) < len(stripped):
            result.cut["citations"] = result.cut.get("citations", 0) + 1
        if rule in PAGE_RULES:
            result.failed = result.failed or rule
            if not every:
                return result
        elif rule:
            result.cut[rule] = result.cut.get(rule, 0) + 1
            continue
        if every or result.sentences < limits.min_sentences:
            result.sentences += count_sentences(line, 0 if every else limits.min_sentences - result.sentences)
        kept.append(line)
    result.text = "\n".join(kept).strip()
    if not result.failed and result.sentences < limits.min_sentences:
        result.failed = "min_sentences"
    return result


class _LineJudge:
    """The line checks that can apply to a page; what the page nowhere has is not looked for in its lines."""

    def __init__(self, text: str, limits: LineLimits) -> None:
        lowered = text.lower()
        self._limits = limits
        self._long = 0 < limits.max_word_length < len(text)
        self._citations = limits.citations and "[" in text
        self._lorem = limits.lorem_ipsum and has_lorem_ipsum(lowered)
        self._javascript = limits.javascript and mentions_javascript(lowered)
        self._curly = limits.curly_bracket and has_curly_bracket(text)
        self._policy = limits.policy and mentions_policy(lowered)
        self._phrases = self._lorem or self._javascript or self._curly or self._policy

    def __call__(self, line: str) -> tuple[str, str]:
        """The first rule that applies to a stripped line, or "", and the line without citations."""
        limits = self._limits
        longest = limits.max_word_length
        if self._long and len(line) > longest and longest_word(line) > longest:
            return "max_word_length", line
        rest = without_citations(line) if self._citations else line
        if limits.end_mark and lacks_end_mark(rest):
            return "end_mark", rest
        if limits.min_words and len(line.split(None, limits.min_words)) < limits.min_words:
            return "min_line_words", rest
        return (self._phrase(rest) if self._phrases else ""), rest

    def _phrase(self, line: str) -> str:
        lowered = line.lower()
        if self._lorem and has_lorem_ipsum(lowered):
            return "lorem_ipsum"
        if self._javascript and mentions_javascript(lowered):
            return "javascript"
        if self._curly and has_curly_bracket(line):
            return "curly_bracket"
        return "policy" if self._policy and mentions_policy(lowered) else ""


def lines_by_rule(text: str, min_words: int, max_word_length: int) -> dict[str, int]:
    """How many lines each line rule alone would cut or change, for showing."""
    lines = [line.strip() for line in text.splitlines()]
    lowered = [line.lower() for line in lines]
    return {
        "max_word_length": sum(longest_word(line) > max_word_length for line in lines),
        "citations": sum(without_citations(line) != line for line in lines),
        "end_mark": sum(lacks_end_mark(line) for line in lines),
        "min_line_words": sum(line_words(line) < min_words for line in lines),
        "javascript": sum(map(mentions_javascript, lowered)),
        "policy": sum(map(mentions_policy, lowered)),
    }
