"""datatrove's own filters, the reference for ours; needs the package datatrove with spacy (extra "compare")."""

from __future__ import annotations

from datatrove.data import Document
from datatrove.pipeline.filters.c4_filters import C4QualityFilter
from datatrove.pipeline.filters.gopher_quality_filter import GopherQualityFilter
from datatrove.pipeline.filters.gopher_repetition_filter import GopherRepetitionFilter

RULE_OF_REASON = {
    "gopher_short_doc": "min_words",
    "gopher_long_doc": "max_words",
    "gopher_below_avg_threshold": "min_mean_word_length",
    "gopher_above_avg_threshold": "max_mean_word_length",
    "gopher_too_many_hashes": "max_hashes",
    "gopher_too_many_ellipsis": "max_ellipses",
    "gopher_too_many_bullets": "max_bullet_lines",
    "gopher_too_many_end_ellipsis": "max_ellipsis_lines",
    "gopher_below_alpha_threshold": "min_lettered_words",
    "gopher_enough_stop_words": "min_stop_words",
    "dup_para_frac": "duplicate_paragraphs",
    "dup_para_char_frac": "duplicate_paragraph_characters",
    "dup_line_frac": "duplicate_lines",
    "dup_line_char_frac": "duplicate_line_characters",
    "lorem_ipsum": "lorem_ipsum",
    "curly_bracket": "curly_bracket",
    "too_few_sentences": "min_sentences",
    "empty": "empty",
    **{f"top_{n}_gram": f"top_{n}_gram" for n in (2, 3, 4)},
    **{f"duplicated_{n}_n_grams": f"duplicate_{n}_gram" for n in range(5, 11)},
}
"""Our name for each of its reasons."""

FAMILIES = ("gopher_repetition", "gopher", "c4")


class Reference:
    """The filters of one family, or of all of them in FineWeb's order.

    Args:
        families: Which families, by the names of our switches.
        end_mark: Cut lines without an end mark, as C4 did and FineWeb did not.
    """

    def __init__(self, families: tuple[str, ...] = FAMILIES, end_mark: bool = False) -> None:
        made = {
            "gopher_repetition": GopherRepetitionFilter(),
            "gopher": GopherQualityFilter(),
            "c4": C4QualityFilter(filter_no_terminal_punct=end_mark),
        }
        self._filters = [made[family] for family in families]

    def decide(self, text: str) -> tuple[str, str]:
        """The rule that drops ``text``, or "", and what is left of it."""
        document = Document(text=text, id="0")
        for each in self._filters:
            verdict = each.filter(document)
            if verdict is not True:
                assert isinstance(verdict, tuple)
                return RULE_OF_REASON[verdict[1]], text
        return "", document.text
