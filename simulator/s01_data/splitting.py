"""How our tokenizer cuts text into words before merging, in plain Python, so that the window can do it too.

:data:`simulator.text.tokenizer.PATTERN` needs Unicode properties that the standard ``re`` lacks. So each character is
first turned into an ASCII letter for its kind, one for one, and a pattern without properties cuts that string; the
cuts are the same. The kinds follow this Python's Unicode tables, which may lack the newest letters.
"""

from __future__ import annotations

import re
import unicodedata

_CONTRACTIONS = frozenset("strevmld")  # letters that stand after an apostrophe in PATTERN
_NO_WHITE_SPACE = frozenset("\x1c\x1d\x1e\x1f")  # Python calls these spaces, Unicode's White_Space does not

# PATTERN with its classes as kinds: L and the lower-case letters for \p{L}, 0 for \p{N}, a tab for other white space.
_SHADOW = re.compile(
    r"'(?:s|t|re|ve|m|ll|d)|[^\r\n0La-z]?[La-z]+|0| ?[^\s0La-z]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+", re.ASCII
)


class _Kinds(dict[int, str]):
    """The kind of each code point, found when first met."""

    def __missing__(self, code: int) -> str:
        kind = self[code] = _kind(chr(code))
        return kind


_kinds = _Kinds()


def split_words(text: str) -> list[str]:
    """The pieces that merging never joins, as :class:`simulator.text.tokenizer.BpeTokenizer` cuts them.

    Args:
        text: Any text; lone surrogates count as signs.

    Returns:
        Pieces that joined give the text.
    """
    shadow = text.translate(_kinds)
    return [text[match.start() : match.end()] for match in _SHADOW.finditer(shadow)]


def encodable(text: str) -> str:
    """The text as UTF-8 can hold it: lone surrogates become U+FFFD, as in the tokenizer."""
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        from simulator.text.encodings import well_formed  # only when needed: it is slow to import

        return well_formed(text)
    return text


def _kind(letter: str) -> str:
    folded = letter.casefold()
    if folded in _CONTRACTIONS:
        return folded
    if letter in " \r\n'":
        return letter
    category = unicodedata.category(letter)[0]
    if category in "LN":
        return "L" if category == "L" else "0"
    return "\t" if letter.isspace() and letter not in _NO_WHITE_SPACE else "."
