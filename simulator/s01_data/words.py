"""Words and sentences of a text, as the filters count them.

The text is cut at white space; each piece loses its leading and trailing punctuation one token at a time, English
contractions part ("do" + "n't"), addresses stay whole, and what is left is cut at inner hyphens, commas and slashes.
Punctuation marks are tokens of their own. These are the conventions of spaCy's English tokenizer, which datatrove
(the library behind FineWeb) counts words with, so that published thresholds mean here what they mean there; only
rarer emoticons and slang spellings are left out.

Text repeats its words, so every piece is split once and remembered: splitting a page costs one look-up a word.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from itertools import chain

_PIECES_REMEMBERED = 1 << 17
_LONGEST_REMEMBERED = 40
_LONGEST_ADDRESS = 2000
_LONGEST_SPECIAL = 12


def _listed(words: str) -> list[str]:
    return words.split()


_MARKS = frozenset("…,:;!?¿؟¡()[]{}<>_#*&。？！，、；：～·।،۔؛٪")
_QUOTES = frozenset("'\"”“`‘´’‚„»«「」『』（）〔〕【】《》〈〉⟦⟧")
_CURRENCY = frozenset("$£€¥฿₽﷼₠₡₢₣₤₥₦₧₨₩₪₫₭₮₯₰₱₲₳₴₵₶₷₸₹₺₻₼₾₿")
_OPENERS = _MARKS | _QUOTES | _CURRENCY | frozenset("§%=—–")
_CLOSERS = _MARKS | _QUOTES | frozenset("—–")
_BEFORE_STOP = _MARKS | _QUOTES | frozenset("%²-+|")
_UNITS = frozenset(
    _listed(
        "km km² km³ m m² m³ dm dm² dm³ cm cm² cm³ mm mm² mm³ ha µm nm yd in ft kg g mg µg t lb oz m/s "
        "km/h kmh mph hPa Pa "
        "mbar mb MB kb KB gb GB tb TB T G M K %"
    )
)
_ADDRESS = re.compile(
    r"(?:[\w+.-]{2,}://)?(?:[^\s@]+@)?(?:[A-Za-z0-9\u00a1-\uffff][A-Za-z0-9\u00a1-\uffff_-]*\.)+[a-z]{2,63}"
    r"(?::\d{2,5})?(?:[/?#]\S*)?"
)
_JOINT = re.compile(r"\.\.+|…|[.,:<>=/+*^~–]|---?|-|——?|[¦©®°]|[^\x00-\xff]")
_HYPHENS = frozenset(("-", "--", "---", "–", "—", "——", "~"))

_ABBREVIATIONS = _listed(
    "Mt. Ak. Ala. Apr. Ariz. Ark. Aug. Calif. Colo. Conn. Dec. Del. Feb. Fla. Ga. Ia. Id. Ill. Ind. Jan. Jul. Jun. "
    "Kan. Kans. Ky. La. Mar. Mass. Mich. Minn. Miss. N.C. N.D. N.H. N.J. N.M. N.Y. Neb. Nebr. Nev. Nov. Oct. Okla. "
    "Ore. Pa. S.C. Sep. Sept. Tenn. Va. Wash. Wis. a.m. p.m. Adm. Bros. co. Co. Corp. D.C. Dr. e.g. E.g. E.G. Gen. "
    "Gov. i.e. I.e. I.E. Inc. Jr. Ltd. Md. Messrs. Mo. Mont. Mr. Mrs. Ms. Ph.D. Prof. Rep. Rev. Sen. St. vs. v.s. "
    "'s 'S 're 'd 'll 'em 'cause 'bout and/or w/o ma'am Ma'am o'clock O'clock doin' goin' ol' ''"
)
_NOT = _listed(
    "ca could do does did had may might must need ought sha should wo would ai are is was were have has dare"
)
_PERSONS = _listed("i you he she it we they")
_ASKING = _listed("who what when where why how there that this these those")
_HAVE = _listed("i you we they who what when where why how these those could might must should would")
_ARE = _listed("you we they who what when where why how these those")
_IS = _listed("he she it who what when where why how there that this let")
_OTHER = {
    "cannot": ("can", "not"),
    "gonna": ("gon", "na"),
    "gotta": ("got", "ta"),
    "y'all": ("y'", "all"),
    "c'mon": ("c'm", "on"),
}
_WORDS_THEMSELVES = frozenset(_listed("ill its hell shell shed were well whore"))


def _contractions() -> Iterator[tuple[str, str]]:
    """Each word with each ending that it takes, in lower case."""
    yield from ((verb, "n't") for verb in _NOT)
    yield ("i", "'m")
    yield from ((word, ending) for word in _PERSONS + _ASKING for ending in ("'ll", "'d"))
    yield from ((word, "'ve") for word in _HAVE)
    yield from ((word, "'re") for word in _ARE)
    yield from ((word, "'s") for word in _IS)


def _special_pieces() -> dict[str, tuple[str, ...]]:
    special: dict[str, tuple[str, ...]] = {word: (word,) for word in _ABBREVIATIONS}
    special |= {f"{letter}.": (f"{letter}.",) for letter in "abcdefghijklmnopqrstuvwxyzäöü"}
    special |= {
        f"{hour}{half}": (str(hour), half) for hour in range(1, 13) for half in ("am", "pm", "a.m.", "p.m.")
    }
    for word, parts in _OTHER.items():
        special[word] = parts
        special[word.capitalize()] = (parts[0].capitalize(), *parts[1:])
    for word, ending in _contractions():
        for first in (word, word.capitalize()):
            for tail in (ending, ending.replace("'", "’"), ending.replace("'", "")):
                if (first + tail).lower() not in _WORDS_THEMSELVES and not (
                    word == "let" and "'" not in tail
                ):
                    special[first + tail] = (first, tail)
    return special


_SPECIAL = _special_pieces()

_EMOTICONS = frozenset(
    _listed(
        ":) :-) :)) (: (-: =) (= :( :-( ): )-: =( ;) ;-) (; :D :-D =D xD XD xDD XDD :P :-P :p :-p :/ "
        ":-/ :\\ :-\\ =/ :| :o :O :-o :-O o: :* :-* :x :-x :X :-X :3 :-3 :0 :-0 :> :-> <3 </3 8) 8-) "
        "(8 :] :-] [: :-| [-: :} :-} {: :'( :'-( :') ^_^ ^__^ -_- -__- o_o O_o o_O O_O 0_0 0.0 o.o "
        "O.o o.O O.O ._. v_v v.v >.< >:( (>_<) (^_^) (-_-) (._.) (o:"
    )
)
_REJOINED = (
    _EMOTICONS
    | {"''", "'d", "'s", "'S", "'em", "'ll", "'re"}
    | {f"{c}." for c in "abcdefghijklmnopqrstuvwxyz"}
)
_LONGEST_REJOINED = 5
_LONGEST_REJOINED_PIECE = 200


class _Pieces(dict[str, tuple[str, ...]]):
    """Pieces of text between white space, with their tokens; split on first sight."""

    def __missing__(self, piece: str) -> tuple[str, ...]:
        tokens = tuple(
            _rejoin(_split_piece(piece)) if len(piece) <= _LONGEST_REJOINED_PIECE else _split_piece(piece)
        )
        if len(piece) <= _LONGEST_REMEMBERED:
            if len(self) >= _PIECES_REMEMBERED:
                self.clear()
            self[piece] = tokens
        return tokens


_PIECES = _Pieces()


def split_words(text: str) -> list[str]:
    """The words and punctuation marks of ``text``, in order; none is empty or holds white space."""
    return list(chain.from_iterable(map(_PIECES.__getitem__, text.split())))


def _split_piece(piece: str) -> list[str]:
    """Tokens of a piece without white space: openers, what is between, closers."""
    if piece in _SPECIAL:
        return list(_SPECIAL[piece])
    if piece.isalpha():
        return [piece]
    openers: list[str] = []
    closers: list[str] = []
    start, end = 0, len(piece)
    while start < end and not _is_special(piece, start, end):
        opening = _opening(piece, start, end)
        if opening and _is_special(piece, start + opening, end):
            closing = 0
        else:
            closing = _closing(piece, start + opening, end)
            if closing and _is_special(piece, start, end - closing):
                opening = 0
        if not (opening or closing):
            break
        if opening:
            openers.append(piece[start : start + opening])
        if closing:
            closers.append(piece[end - closing : end])
        start, end = start + opening, end - closing
    return openers + _split_core(piece[start:end]) + closers[::-1]


def _rejoin(tokens: list[str]) -> list[str]:
    """Put emoticons and short forms together again that were parted as punctuation."""
    joined: list[str] = []
    at = 0
    while at < len(tokens):
        length = next(n for n in (5, 4, 3, 2, 1) if n == 1 or _belong_together(tokens[at : at + n], n))
        joined.append("".join(tokens[at : at + length]))
        at += length
    return joined


def _belong_together(tokens: list[str], count: int) -> bool:
    return len(tokens) == count and len(tokens[0]) < _LONGEST_REJOINED and "".join(tokens) in _REJOINED


def _is_special(piece: str, start: int, end: int) -> bool:
    return end - start <= _LONGEST_SPECIAL and piece[start:end] in _SPECIAL


def _split_core(core: str) -> list[str]:
    """Tokens of a piece that has lost its outer punctuation."""
    if core in _SPECIAL:
        return list(_SPECIAL[core])
    if not core or core.isalnum() or (len(core) <= _LONGEST_ADDRESS and _ADDRESS.fullmatch(core)):
        return [core] if core else []
    tokens: list[str] = []
    start = 0
    for match in _JOINT.finditer(core):
        at, after = match.span()
        if at and _parts(core, match.group(), at, after):
            if at > start:
                tokens.append(core[start:at])
            tokens.append(match.group())
            start = after
    return [*tokens, core[start:]] if start < len(core) else tokens


def _parts(core: str, joint: str, at: int, after: int) -> bool:
    """Whether a mark inside a word parts it, by what stands on both sides."""
    if joint[0] == "…" or joint.startswith(".."):
        return True
    before, behind = core[at - 1], core[after : after + 1]
    if joint in "+-*^" and before in "0123456789" and behind and behind in "0123456789-":
        return True
    if joint == ".":
        return (
            (before.islower() or before in _QUOTES)
            and (behind.isupper() or behind in _QUOTES)
            and behind != ""
        )
    if joint == ",":
        return before.isalpha() and behind.isalpha()
    if joint in _HYPHENS or joint in ":<>=/":
        return (before.isalpha() or before in "0123456789") and behind.isalpha()
    return unicodedata.category(joint) == "So"


def _is_lower(character: str) -> bool:
    """A small letter, or one of a script that has no case."""
    return character.isalpha() and not character.isupper()


def _is_upper(character: str) -> bool:
    """A capital letter, or one of a script that has no case."""
    return character.isalpha() and not character.islower()


def _opening(piece: str, start: int, end: int) -> int:
    """How many characters of a leading punctuation token stand at ``start``."""
    first = piece[start]
    if first == ".":
        run = start + 1
        while run < end and piece[run] == ".":
            run += 1
        return run - start if run - start > 1 else 0
    if first == "+":
        return int(start + 1 == end or piece[start + 1] not in "0123456789")
    if first in _OPENERS or (first > "\x7f" and unicodedata.category(first) == "So"):
        return 1
    for sign in ("US$", "C$", "A$"):
        if piece.startswith(sign, start, end):
            return len(sign)
    return 0


def _closing(piece: str, start: int, end: int) -> int:
    """How many characters of a trailing punctuation token end at ``end``."""
    if start >= end:
        return 0
    last = piece[end - 1]
    if last == ".":
        return _closing_stops(piece, start, end)
    if piece.endswith("……", start, end):
        return 2
    if last in _CLOSERS or (last > "\x7f" and unicodedata.category(last) == "So"):
        return 1
    if last in "sS" and end - start >= 2 and piece[end - 2] in "'’":
        return 2
    if (last == "+" or last in _CURRENCY) and end - start >= 2 and piece[end - 2] in "0123456789":
        return 1
    return _closing_unit(piece, start, end)


def _closing_stops(piece: str, start: int, end: int) -> int:
    run = end
    while run > start and piece[run - 1] == ".":
        run -= 1
    if end - run > 1:
        return end - run
    if run == start:
        return 0
    before = piece[run - 1]
    if before in "0123456789" or _is_lower(before) or before in _BEFORE_STOP:
        return 1
    return int(_is_upper(before) and run - start >= 2 and _is_upper(piece[run - 2]))


def _closing_unit(piece: str, start: int, end: int) -> int:
    for length in range(1, min(4, end - start - 1) + 1):
        if piece[end - length - 1] in "0123456789" and piece[end - length : end] in _UNITS:
            return length
    return 0


SENTENCE_MARKS = frozenset("!?.؟۔।॥。．！？｡‼⁇⁈⁉‽։።፧፨၊။។៕")
"""A token that is one of these ends a sentence (the common ones of Unicode's Sentence_Terminal property)."""


def count_sentences(line: str, enough: int = 0) -> int:
    """How many sentences ``line`` holds; a line without an end mark is one.

    A sentence ends with a stop, question or exclamation mark that is a token of its own (not that of "Mr." or "3.5")
    and the next begins with the first token after it that is no punctuation (closing quotes stay with their sentence).

    Args:
        line: Text of one line.
        enough: Stop counting here; 0 counts all.
    """
    sentences, ended = 1, False
    for piece in line.split():
        for token in _PIECES[piece]:
            if token in SENTENCE_MARKS:
                ended = True
            elif ended and not is_punctuation(token):
                sentences += 1
                ended = False
                if sentences == enough:
                    return sentences
    return sentences


def is_punctuation(token: str) -> bool:
    """Whether every character is punctuation in Unicode's sense (category P)."""
    return all(unicodedata.category(character)[0] == "P" for character in token)
