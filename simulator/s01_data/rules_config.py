"""A switch and a limit for every filter rule, with the published limits."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from simulator.config import Config, setting

FAMILIES = "Filters"
REPETITION = "Gopher repetition rules"
QUALITY = "Gopher quality rules"
C4 = "C4 rules"


def _switch(label: str, help: str, group: str, on: bool = True) -> Any:
    return setting(on, help, label=label, group=group, expert=True)


def _share(limit: float, label: str, group: str, high: float = 1.0) -> Any:
    return setting(
        limit, "Limit of the rule above.", label=label, low=0.0, high=high, group=group, expert=True
    )


def _count(limit: int, label: str, group: str, unit: str, high: int = 10_000_000) -> Any:
    return setting(
        limit, "Limit of the rule above.", label=label, unit=unit, low=0, high=high, group=group, expert=True
    )


@dataclass(frozen=True, kw_only=True)
class RulesConfig(Config):
    """The filters of the data pipeline: the rules of Gopher and C4 as FineWeb used them, each with its own limit."""

    gopher_repetition: bool = setting(
        True,
        "Drop pages that repeat themselves (Gopher, table A1).",
        label="Repetition rules",
        group=FAMILIES,
    )
    gopher: bool = setting(
        True, "Drop pages that are no prose (Gopher, appendix A.1.1).", label="Quality rules", group=FAMILIES
    )
    c4: bool = setting(
        True,
        "Cut lines that are no prose, and drop pages with little left (C4).",
        label="C4 rules",
        group=FAMILIES,
    )

    duplicate_paragraphs: bool = _switch(
        "Repeated paragraphs", "Drop pages with many repeated paragraphs.", REPETITION
    )
    duplicate_paragraphs_limit: float = _share(0.30, "Most repeated paragraphs", REPETITION)
    duplicate_paragraph_characters: bool = _switch(
        "Text in repeated paragraphs", "Drop pages with much text in repeated paragraphs.", REPETITION
    )
    duplicate_paragraph_characters_limit: float = _share(0.20, "Most text in repeated paragraphs", REPETITION)
    duplicate_lines: bool = _switch("Repeated lines", "Drop pages with many repeated lines.", REPETITION)
    duplicate_lines_limit: float = _share(0.30, "Most repeated lines", REPETITION)
    duplicate_line_characters: bool = _switch(
        "Text in repeated lines", "Drop pages with much text in repeated lines.", REPETITION
    )
    duplicate_line_characters_limit: float = _share(0.20, "Most text in repeated lines", REPETITION)
    top_2_gram: bool = _switch(
        "Commonest 2 words", "Drop pages full of the same 2 words in a row.", REPETITION
    )
    top_2_gram_limit: float = _share(0.20, "Most text in them", REPETITION)
    top_3_gram: bool = _switch(
        "Commonest 3 words", "Drop pages full of the same 3 words in a row.", REPETITION
    )
    top_3_gram_limit: float = _share(0.18, "Most text in them", REPETITION)
    top_4_gram: bool = _switch(
        "Commonest 4 words", "Drop pages full of the same 4 words in a row.", REPETITION
    )
    top_4_gram_limit: float = _share(0.16, "Most text in them", REPETITION)
    duplicate_5_gram: bool = _switch(
        "Repeated 5 words", "Drop pages with many repeated runs of 5 words.", REPETITION
    )
    duplicate_5_gram_limit: float = _share(0.15, "Most text in them", REPETITION)
    duplicate_6_gram: bool = _switch(
        "Repeated 6 words", "Drop pages with many repeated runs of 6 words.", REPETITION
    )
    duplicate_6_gram_limit: float = _share(0.14, "Most text in them", REPETITION)
    duplicate_7_gram: bool = _switch(
        "Repeated 7 words", "Drop pages with many repeated runs of 7 words.", REPETITION
    )
    duplicate_7_gram_limit: float = _share(0.13, "Most text in them", REPETITION)
    duplicate_8_gram: bool = _switch(
        "Repeated 8 words", "Drop pages with many repeated runs of 8 words.", REPETITION
    )
    duplicate_8_gram_limit: float = _share(0.12, "Most text in them", REPETITION)
    duplicate_9_gram: bool = _switch(
        "Repeated 9 words", "Drop pages with many repeated runs of 9 words.", REPETITION
    )
    duplicate_9_gram_limit: float = _share(0.11, "Most text in them", REPETITION)
    duplicate_10_gram: bool = _switch(
        "Repeated 10 words", "Drop pages with many repeated runs of 10 words.", REPETITION
    )
    duplicate_10_gram_limit: float = _share(0.10, "Most text in them", REPETITION)

    min_words: bool = _switch("Too short", "Drop pages with few words.", QUALITY)
    min_words_limit: int = _count(50, "Fewest words", QUALITY, "words")
    max_words: bool = _switch("Too long", "Drop pages with very many words.", QUALITY)
    max_words_limit: int = _count(100_000, "Most words", QUALITY, "words")
    min_mean_word_length: bool = _switch("Short words", "Drop pages whose words are short.", QUALITY)
    min_mean_word_length_limit: float = _share(3.0, "Shortest mean word", QUALITY, high=1000.0)
    max_mean_word_length: bool = _switch("Long words", "Drop pages whose words are long.", QUALITY)
    max_mean_word_length_limit: float = _share(10.0, "Longest mean word", QUALITY, high=1000.0)
    max_hashes: bool = _switch("Hash signs", "Drop pages full of hash signs.", QUALITY)
    max_hashes_limit: float = _share(0.1, "Most hash signs a word", QUALITY, high=1000.0)
    max_ellipses: bool = _switch("Ellipses", "Drop pages full of three dots.", QUALITY)
    max_ellipses_limit: float = _share(0.1, "Most ellipses a word", QUALITY, high=1000.0)
    max_bullet_lines: bool = _switch("Bullet points", "Drop pages that are lists.", QUALITY)
    max_bullet_lines_limit: float = _share(0.9, "Most lines with a bullet", QUALITY)
    max_ellipsis_lines: bool = _switch(
        "Cut-off lines", "Drop pages of lines that end in three dots.", QUALITY
    )
    max_ellipsis_lines_limit: float = _share(0.3, "Most cut-off lines", QUALITY)
    min_lettered_words: bool = _switch(
        "Words without letters", "Drop pages where many words have no letter.", QUALITY
    )
    min_lettered_words_limit: float = _share(0.8, "Fewest words with a letter", QUALITY)
    marks_are_words: str = setting(
        "auto",
        "In the rule above, punctuation marks count as words without letters, as in FineWeb's code, or only words "
        "count, as the paper has it; auto takes the first, but for the toy crawl, whose sentences are short.",
        label="Count marks as words",
        choices=("auto", "yes", "no"),
        group=QUALITY,
        expert=True,
    )
    min_stop_words: bool = _switch(
        "Stop words", "Drop pages without common words such as 'the' and 'of'.", QUALITY
    )
    min_stop_words_limit: int = _count(2, "Fewest stop words", QUALITY, "different words", high=8)

    max_word_length: bool = _switch("Endless words", "Cut lines with a very long word.", C4)
    max_word_length_limit: int = _count(1000, "Longest word", C4, "characters")
    citations: bool = _switch(
        "Citation marks", "Take out marks such as [3], [edit] and [citation needed].", C4
    )
    end_mark: bool = _switch(
        "End marks",
        "Cut lines that do not end with . ! ? or a quote. Off as in FineWeb, where it cut a third and gained nothing.",
        C4,
        on=False,
    )
    min_line_words: bool = _switch("Short lines", "Cut lines with few words.", C4)
    min_line_words_limit: int = _count(3, "Fewest words in a line", C4, "words")
    javascript: bool = _switch("Javascript notices", "Cut lines that mention Javascript.", C4)
    policy: bool = _switch("Policy notices", "Cut lines about cookies, privacy or terms of use.", C4)
    lorem_ipsum: bool = _switch("Lorem ipsum", "Drop pages with printers' filler.", C4)
    curly_bracket: bool = _switch("Curly brackets", "Drop pages with a curly bracket, a sign of code.", C4)
    min_sentences: bool = _switch("Few sentences", "Drop pages with few sentences left.", C4)
    min_sentences_limit: int = _count(5, "Fewest sentences", C4, "sentences")
    bad_words: str = setting(
        "",
        "A text file of yours with one word or phrase a line: pages with any of them are dropped. "
        "C4's own list does not come with this program.",
        label="List of bad words",
        group=C4,
        expert=True,
        path=True,
    )

    @property
    def counts_marks(self) -> bool:
        """Whether punctuation marks count as words in the rule about words without letters."""
        of_toy_crawl = getattr(self, "source", "") == "toy"  # a setting of the pipeline's
        return not of_toy_crawl if self.marks_are_words == "auto" else self.marks_are_words == "yes"
