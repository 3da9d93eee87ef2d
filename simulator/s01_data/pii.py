"""Personal data in a text: e-mail addresses, phone numbers, IP addresses and card numbers, found and replaced.

Addresses of both versions of IP count only when they are public, since private ones identify nobody (as in datatrove's
formatter, which FineWeb used); card numbers only with a known issuer's prefix and a valid check digit. Reading takes
time in proportion to the text, whatever is in it.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from hashlib import blake2b
from typing import Literal

from simulator.s01_data.phone_numbers import find_phones
from simulator.s01_data.top_level_domains import is_top_level

PiiKind = Literal["email", "phone", "ip", "card"]
PlaceholderStyle = Literal["tags", "realistic"]

KINDS: tuple[PiiKind, ...] = ("email", "ip", "card", "phone")
"""Every kind, in the order in which an overlap is decided."""


@dataclass(frozen=True, slots=True)
class PiiSpan:
    """A piece of personal data: its kind and where it stands in the text."""

    kind: PiiKind
    start: int
    end: int


def find_pii(text: str, kinds: Collection[str] = KINDS) -> list[PiiSpan]:
    """The personal data in ``text``, in order, none overlapping another.

    Args:
        text: Any text.
        kinds: Which kinds to look for.
    """
    found: list[PiiSpan] = []
    for kind in KINDS:
        if kind in kinds:
            found.extend(PiiSpan(kind, start, end) for start, end in _FINDERS[kind](text))
    return _without_overlaps(found)


def scrub(
    text: str, kinds: Collection[str] = KINDS, style: PlaceholderStyle = "tags"
) -> tuple[str, list[PiiSpan]]:
    """Replace personal data by placeholders; the same value gets the same one throughout.

    Args:
        text: Any text.
        kinds: Which kinds to replace.
        style: "tags" writes <EMAIL>, <PHONE>, <IP> and <CARD>; "realistic" writes values of the same form from ranges
            kept for examples (RFC 2606, RFC 5737, RFC 3849, 555-01xx, test card numbers), as FineWeb does.

    Returns:
        The text without them, and where they stood in the text as it was.
    """
    spans = find_pii(text, kinds)
    parts, at = [], 0
    for span in spans:
        value = text[span.start : span.end]
        parts += [text[at : span.start], _TAGS[span.kind] if style == "tags" else _stand_in(span.kind, value)]
        at = span.end
    return "".join([*parts, text[at:]]), spans


def passes_luhn(digits: str) -> bool:
    """Whether the last digit is the check digit of the others (ISO/IEC 7812-1, annex B)."""
    total = 0
    for place, digit in enumerate(reversed(digits)):
        value = int(digit) * (1 + place % 2)
        total += value - 9 if value > 9 else value
    return total % 10 == 0


# --- e-mail -------------------------------------------------------------------------------------------------------

_LONGEST_LOCAL = 64
_LONGEST_DOMAIN = 253
_LOCAL = re.compile(r"[A-Za-z0-9_À-ÖØ-öø-ɏ.%+'&~-]+\Z")
_DOMAIN = re.compile(
    r"(?:[^\W_](?:[^\W_]|-(?=[\w-])){0,62}\.)+[^\W\d_]{2,24}|(?:[^\W_][\w-]{0,62}\.)+xn--[a-z0-9-]{2,58}"
)
_CREDENTIALS = re.compile(r"://[^\s/@]*\Z")
_REMOTE_PATH = re.compile(r":[\w.~-]*/")


def _find_emails(text: str) -> Iterator[tuple[int, int]]:
    at = text.find("@")
    while at >= 0:
        span = _email_around(text, at)
        if span:
            yield span
        at = text.find("@", at + 1)


def _email_around(text: str, at: int) -> tuple[int, int] | None:
    """The address around an at sign: the practical part of RFC 5322's addr-spec, of a domain that can be."""
    before = text[max(at - _LONGEST_LOCAL - 1, 0) : at]
    local = _LOCAL.search(before) if before else None
    domain = _DOMAIN.match(text[at + 1 : at + 1 + _LONGEST_DOMAIN])
    if not local or not domain:
        return None
    name = local.group().lstrip(".%+'&~-")
    start, end = at - len(name), at + 1 + domain.end()
    if not name or len(name) > _LONGEST_LOCAL or name.endswith(".") or ".." in name:
        return None
    if not is_top_level(domain.group().rpartition(".")[2].lower()):
        return None
    previous, following = text[start - 1 : start], text[end : end + 1]
    if previous in ("@", ":") and (previous == "@" or _CREDENTIALS.search(text[max(start - 200, 0) : start])):
        return None
    if following == "@" or (following and (following.isalnum() or following == "_")):
        return None
    return None if _REMOTE_PATH.match(text[end : end + 100]) else (start, end)


# --- IP addresses -------------------------------------------------------------------------------------------------

_IPV4 = re.compile(r"(?<![\w.-])(?:\d{1,3}\.){3}\d{1,3}(?!\w|\.\d|-[^\W\d])")
_IPV6 = re.compile(r"(?<![\w:.])[23][0-9A-Fa-f]{3}:[0-9A-Fa-f:]{2,34}(?![\w:])")
_VERSION = re.compile(
    r"(?i)(?<![a-z])(?:version|release|ver|rev|revision|build|firmware|section|chapter|clause|rule|v)\.?:?\s*\Z"
)
_GLOBAL_UNICAST = ipaddress.IPv6Network("2000::/3")


def _find_ips(text: str) -> Iterator[tuple[int, int]]:
    for match in _IPV4.finditer(text):
        if _is_public(match.group()) and not _VERSION.search(
            text[max(match.start() - 12, 0) : match.start()]
        ):
            yield match.span()
    for match in _IPV6.finditer(text):
        address = match.group().rstrip(":")
        if _is_public(address):
            yield match.start(), match.start() + len(address)


def _is_public(address: str) -> bool:
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return False
    return parsed.is_global and (parsed.version == 4 or parsed in _GLOBAL_UNICAST)


# --- card numbers -------------------------------------------------------------------------------------------------

_CARD = re.compile(
    r"(?<![\w.,+-])(?:\d{4}(?P<mark>[ -])\d{4}(?P=mark)\d{4}(?P=mark)\d{4}"
    r"|\d{4}(?P<space>[ -])\d{6}(?P=space)\d{4,5}|\d{13,19})"
    r"(?!\w|[.,-]\d)"
)
_ISSUERS: tuple[tuple[int, int, tuple[int, ...]], ...] = (
    (4, 4, (13, 16, 19)),
    (51, 55, (16,)),
    (2221, 2720, (16,)),
    (34, 34, (15,)),
    (37, 37, (15,)),
    (6011, 6011, (16, 17, 18, 19)),
    (644, 659, (16, 17, 18, 19)),
    (300, 305, (14, 16, 19)),
    (36, 36, (14, 16, 19)),
    (38, 39, (14, 16, 19)),
    (3528, 3589, (16, 17, 18, 19)),
    (62, 62, (16, 17, 18, 19)),
)
"""First digits from and to, and lengths: Visa, Mastercard, American Express, Discover, Diners Club, JCB, UnionPay."""


def _find_cards(text: str) -> Iterator[tuple[int, int]]:
    for match in _CARD.finditer(text):
        digits = match.group().replace(" ", "").replace("-", "")
        if digits.isascii() and _has_issuer(digits) and passes_luhn(digits):
            yield match.span()


def _has_issuer(digits: str) -> bool:
    return any(
        low <= int(digits[: len(str(low))]) <= high and len(digits) in lengths
        for low, high, lengths in _ISSUERS
    )


# --- what stands in ------------------------------------------------------------------------------------------------

_TAGS: dict[PiiKind, str] = {"email": "<EMAIL>", "phone": "<PHONE>", "ip": "<IP>", "card": "<CARD>"}
_EXAMPLE_NETWORKS = ("192.0.2", "198.51.100", "203.0.113")
_TEST_CARDS = {13: "4222222222222", 14: "30569309025904", 15: "378282246310005", 16: "4111111111111111"}


def _stand_in(kind: PiiKind, value: str) -> str:
    """A value of the same form that belongs to nobody, always the same for the same value."""
    number = int.from_bytes(blake2b(value.encode("utf-8", "surrogatepass"), digest_size=4).digest(), "little")
    if kind == "email":
        return ("email@example.com", "firstname.lastname@example.org")[number % 2]
    if kind == "ip":
        return (
            f"2001:db8::{number:x}"
            if ":" in value
            else f"{_EXAMPLE_NETWORKS[number % 3]}.{1 + number // 3 % 254}"
        )
    if kind == "card":
        return _formatted(value, _TEST_CARDS.get(sum(map(str.isdigit, value)), _TEST_CARDS[16]))
    return ("+1 " if value.startswith("+") else "") + f"202-555-01{number % 100:02d}"


def _formatted(value: str, digits: str) -> str:
    """The digits, parted as those of ``value`` are."""
    source = iter(digits)
    shaped = [next(source, "") if character.isdigit() else character for character in value]
    return "".join(shaped) + "".join(source)


def _without_overlaps(spans: list[PiiSpan]) -> list[PiiSpan]:
    """The spans in the order of the text; of two that overlap the kind named first in KINDS stays, then the longer."""
    result: list[PiiSpan] = []
    for span in sorted(spans, key=_place):
        while result and result[-1].end > span.start and _rank(span) < _rank(result[-1]):
            result.pop()
        if not result or result[-1].end <= span.start:
            result.append(span)
    return result


def _rank(span: PiiSpan) -> tuple[int, int]:
    return KINDS.index(span.kind), span.start - span.end


def _place(span: PiiSpan) -> tuple[int, int]:
    return span.start, span.start - span.end


_FINDERS: dict[PiiKind, Callable[[str], Iterator[tuple[int, int]]]] = {
    "email": _find_emails,
    "ip": _find_ips,
    "card": _find_cards,
    "phone": find_phones,
}
