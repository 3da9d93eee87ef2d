"""Phone numbers in running text: international and national forms, and none of the numbers that look like them.

Numbers follow ITU-T E.164 (at most 15 digits after the plus sign, an assigned country code) and the North American plan
(area and exchange start with 2 to 9). A plain run of digits is a phone number only where the words before it say so.
Every pattern is of bounded length, so that reading takes time in proportion to the text.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

_BEFORE = r"(?<![\w+$€£#=/.,-])(?<![\d)]\s)"
_AFTER = r"(?![\w%€£$])(?![.,:/-]\d)"
_SEPARATORS = r"[ .\u00a0\u2011/()-]{0,2}"

_INTERNATIONAL = re.compile(rf"(?<![\w+])(?:\+|00[ -])(?=[1-9(])(?:{_SEPARATORS}\d){{8,15}}{_AFTER}")
_NORTH_AMERICAN = re.compile(
    rf"{_BEFORE}(?:1[ .-])?(?:\([2-9]\d\d\)[ .-]?|[2-9]\d\d(?P<mark>[ .-]))[2-9]\d\d[ .-]\d{{4}}{_AFTER}"
)
_NATIONAL = re.compile(rf"{_BEFORE}\(?0[1-9]\d{{0,4}}\)?(?:(?: ?[/-] ?|[ .\u00a0])\d{{2,8}}){{1,5}}{_AFTER}")
_CUED = re.compile(
    r"(?i)(?:\b(?:tele?phone|telefon|tel|phone|mobile|cell|fax|hotline|whatsapp|call|ring|dial|text|téléphone|tél|teléfono|"
    r"телефон|тел)\b|电话|手机|传真|热线|電話)"
    r"(?:[ \t]+(?:us|me|him|her|them|number|no|now|today|at|on)){0,2}[ \t.:#：]{0,3}"
    rf"(?P<number>\+?\(?\d(?:{_SEPARATORS}\d){{6,14}}){_AFTER}"
)
_DATE = re.compile(
    r"(?:0?[1-9]|[12]\d|3[01])([./ -])(?:0?[1-9]|[12]\d|3[01])\1(?:19|20)\d\d(?!\d)|(?:19|20)\d\d-\d\d-\d\d"
)
_DIGITS = re.compile(r"\d")
_SEVEN_DIGITS = re.compile(r"\d(?:\D*\d){6}")

_TWO_DIGITS = (
    "20 27 30 31 32 33 34 36 39 40 41 43 44 45 46 47 48 49 51 52 53 54 55 56 57 58 60 61 62 63 64 65 66 81 82 84 86 90 "
    "91 92 93 94 95 98"
)
_TWO_DIGIT_CODES = frozenset(_TWO_DIGITS.split())
_THREE_DIGITS = "21 22 23 24 25 26 29 35 37 38 42 50 59 67 68 69 80 85 87 88 96 97 99"
_THREE_DIGIT_STARTS = frozenset(_THREE_DIGITS.split())


def find_phones(text: str) -> Iterator[tuple[int, int]]:
    """Where phone numbers stand, start and end; some may overlap."""
    if not _SEVEN_DIGITS.search(text):
        return
    for match in _INTERNATIONAL.finditer(text) if "+" in text or "00" in text else ():
        if _is_international(match.group()):
            yield match.span()
    for match in _NORTH_AMERICAN.finditer(text):
        yield match.span()
    for match in _NATIONAL.finditer(text):
        if _is_national(match.group()):
            yield match.start() + (match.group()[0] == "(" and ")" not in match.group()), match.end()
    for match in _CUED.finditer(text):
        if not _DATE.match(match.group("number")):
            yield match.span("number")


def _is_international(number: str) -> bool:
    """Whether digits after the plus sign are a number that E.164 allows."""
    digits = "".join(_DIGITS.findall(number))
    digits = digits.removeprefix("00") if number.startswith("00") else digits
    if digits.startswith("1"):
        return len(digits) == 11 and digits[1] in "23456789" and digits[4] in "23456789"
    if digits.startswith("7"):
        return len(digits) == 11
    if digits[:2] in _TWO_DIGIT_CODES:
        return 9 <= len(digits) <= 15
    return digits[:2] in _THREE_DIGIT_STARTS and 9 <= len(digits) <= 15


def _is_national(number: str) -> bool:
    """Whether a number with a leading zero is a phone number: 9 to 12 digits, no date, no postal code."""
    groups = re.findall(r"\d+", number)
    count = sum(map(len, groups))
    if not 9 <= count <= 12 or _DATE.search(number):
        return False
    return [len(group) for group in groups] != [5, 4]
