"""The quality rules of Gopher: is this text prose at all?

Source: Rae et al. 2021, "Scaling Language Models: Methods, Analysis & Insights from Training Gopher", appendix A.1.1,
with the readings of datatrove where the paper leaves one open (a symbol alone is no word; a bullet is a dot or a
hyphen; stop words as written). Every function measures one thing of a text; the limits stand in the settings.
"""

from __future__ import annotations

from simulator.s01_data.text_stats import TextStats

STOP_WORDS = frozenset(("the", "be", "to", "of", "and", "that", "have", "with"))
"""Words of which prose has at least two (appendix A.1.1)."""


def words(stats: TextStats) -> float:
    """Words that are no bare symbols; kept between 50 and 100,000 (appendix A.1.1)."""
    return stats.word_count


def mean_word_length(stats: TextStats) -> float:
    """Mean characters of a word, symbols left out; kept between 3 and 10 (appendix A.1.1)."""
    return stats.word_characters / stats.word_count if stats.word_count else 0.0


def hashes(stats: TextStats) -> float:
    """Hash signs a word, at most 0.1 (appendix A.1.1, symbol-to-word ratio)."""
    return _share(stats.text.count("#"), len(stats.words))


def ellipses(stats: TextStats) -> float:
    """Ellipses a word, at most 0.1 (appendix A.1.1, symbol-to-word ratio)."""
    return _share(stats.text.count("...") + stats.text.count("…"), len(stats.words))


def bullet_lines(stats: TextStats) -> float:
    """Share of lines that start with a bullet point, at most 0.9 (appendix A.1.1)."""
    if "•" not in stats.text and "-" not in stats.text:
        return 0.0
    return _share(sum(line.lstrip().startswith(("•", "-")) for line in stats.line_list), len(stats.line_list))


def ellipsis_lines(stats: TextStats) -> float:
    """Share of lines that end with an ellipsis, at most 0.3 (appendix A.1.1)."""
    if "…" not in stats.text and "..." not in stats.text:
        return 0.0
    return _share(sum(line.rstrip().endswith(("...", "…")) for line in stats.line_list), len(stats.line_list))


def lettered_tokens(stats: TextStats) -> float:
    """Share of words and punctuation marks with at least one letter, at least 0.8 (appendix A.1.1, as in datatrove).

    That marks count makes this stricter than the paper's words say: short sentences alone can fail it.
    """
    return _share(stats.lettered_count, len(stats.words))


def lettered_words(stats: TextStats) -> float:
    """Share of words with at least one letter, symbols left out, at least 0.8 (appendix A.1.1)."""
    return _share(stats.lettered_count, stats.word_count)


def stop_words(stats: TextStats) -> float:
    """How many different ones of the eight stop words the text has, at least 2 (appendix A.1.1)."""
    return len(STOP_WORDS.intersection(stats.words))


def _share(part: int, whole: int) -> float:
    return part / whole if whole else 0.0
