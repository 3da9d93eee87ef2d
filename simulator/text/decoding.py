"""From the bytes of a page to its text: which encoding it really has, and damage undone where that is certain."""

from __future__ import annotations

import codecs
import re
from dataclasses import dataclass

from charset_normalizer import from_bytes

from simulator.text.documents import Page
from simulator.text.encodings import well_formed

SNIFFED_BYTES = 4096
"""How far from its start a page may name its encoding; browsers look at 1,024 bytes, old pages need more."""

_CLAIM = re.compile(rb"charset\s*=\s*[\"']?\s*([A-Za-z0-9_:.-]+)", re.IGNORECASE)
_MARKS = ((codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"))
_WESTERN = frozenset(("latin-1", "iso-8859-1", "iso8859-1", "ascii", "us-ascii", "cp1252", "windows-1252"))
_NO_CHARSETS = frozenset(
    ("rot13", "hex", "base64", "zlib", "bz2", "uu", "quopri", "idna", "punycode", "unicode-escape", "unicode_escape",
     "raw-unicode-escape", "raw_unicode_escape", "undefined", "mbcs", "oem", "utf-7")
)  # fmt: skip
"""Python's codecs that are no encodings of web pages."""
_REPLACEMENT = "\N{REPLACEMENT CHARACTER}"
_GUESSED_BYTES = 1 << 16

_C1_HOLES = (0x81, 0x8D, 0x8F, 0x90, 0x9D)
_WINDOWS_1252 = {
    value: value if value in _C1_HOLES else ord(bytes((value,)).decode("cp1252"))
    for value in range(0x80, 0xA0)
}
"""The WHATWG table: cp1252, whose five holes stand for themselves."""
_BACK = {letter: value for value, letter in _WINDOWS_1252.items()}
_TRAIL = "\u00a0-\u00bf" + "".join(re.escape(chr(letter)) for letter in _BACK)
_DOUBLED = re.compile(
    f"[\u00c2-\u00df][{_TRAIL}]|[\u00e0-\u00ef][{_TRAIL}]{{2}}|[\u00f0-\u00f4][{_TRAIL}]{{3}}"
)
_NOT_ASCII = re.compile(r"[^\x00-\x7f]")
_CERTAIN = 0.9


@dataclass(frozen=True, slots=True)
class DecodedPage:
    """A page as text.

    Attributes:
        text: Its text; bytes that fit nothing show as U+FFFD.
        encoding: The encoding it turned out to have.
        repaired: Whether its text would have been wrong as labelled: a false or missing charset that mattered,
            or text that had been encoded twice.
    """

    text: str
    encoding: str
    repaired: bool


def decode_page(page: Page) -> DecodedPage:
    """Decode a page, whatever its labels claim; never fails.

    Valid UTF-8 is UTF-8: other encodings hardly ever look like it. Then the charset of the header counts, then that
    of the page itself, then a guess. Text that was encoded twice is put right if nearly all of it shows that.
    """
    body = page.body
    for mark, codec in _MARKS:
        if body.startswith(mark):
            return DecodedPage(body[len(mark) :].decode(codec, "replace"), codec, False)
    claim = _codec(page.charset) or _codec(declared_charset(body))
    if body.isascii():
        return DecodedPage(body.decode("ascii"), "utf-8", False)
    try:
        text = body.decode("utf-8")
    except UnicodeDecodeError:
        return _decode_other(body, claim)
    whole = undoubled(text)
    return DecodedPage(whole, "utf-8", whole is not text or claim not in ("utf-8", ""))


def declared_charset(body: bytes) -> str:
    """The encoding that a page names for itself near its start, or ""."""
    found = _CLAIM.search(body, 0, SNIFFED_BYTES)
    return found.group(1).decode("ascii") if found else ""


def undoubled(text: str) -> str:
    """Text that was UTF-8, read as Windows-1252 and encoded again, put right; other text as it is, the same object.

    Certain means that nine tenths of what is not ASCII are pairs such as ``Ã©`` that stand for one character.
    """
    spans = _DOUBLED.findall(text)
    if len(spans) < 2 or sum(map(len, spans)) < _CERTAIN * len(_NOT_ASCII.findall(text)):
        return text
    return _DOUBLED.sub(_joined, text)


def windows_1252(data: bytes) -> str:
    """Decode as browsers do: every byte stands for a character."""
    return data.decode("latin-1").translate(_WINDOWS_1252)


def _joined(match: re.Match[str]) -> str:
    data = bytes(_BACK.get(ord(letter), ord(letter)) for letter in match.group())
    return data.decode("utf-8", "ignore") or match.group()


def _decode_other(body: bytes, claim: str) -> DecodedPage:
    """Bytes that are not UTF-8."""
    text = body.decode("utf-8", "replace")
    damaged = text.count(_REPLACEMENT)
    whole = len(_NOT_ASCII.findall(text)) - damaged
    if whole > 2 * damaged:  # UTF-8 with some characters cut
        return DecodedPage(text, "utf-8", True)
    if claim and claim != "utf-8":
        try:
            told = windows_1252(body) if claim == "cp1252" else body.decode(claim)
        except (UnicodeError, LookupError):
            pass
        else:
            if claim != "cp1252" or not _has_controls(told):
                return DecodedPage(well_formed(told), claim, False)
    return _guess(body)


def _guess(body: bytes) -> DecodedPage:
    """Western text by its letters, the rest by charset-normalizer."""
    told = windows_1252(body)
    odd = _NOT_ASCII.findall(told)
    if not _has_controls(told) and len(odd) < 0.2 * len(told) and _western_share(odd) > _CERTAIN:
        return DecodedPage(told, "cp1252", True)
    best = from_bytes(body[:_GUESSED_BYTES]).best()
    if best is not None:
        try:
            return DecodedPage(well_formed(body.decode(best.encoding, "replace")), best.encoding, True)
        except LookupError:
            pass
    return DecodedPage(told, "cp1252", True)


_WESTERN_LETTERS = frozenset(
    "àáâãäåæçèéêëìíîïñòóôõöøùúûüýÿßœšžÀÁÂÄÅÆÇÈÉÊËÍÎÏÑÓÔÕÖØÙÚÛÜŒŠŽ\u00a0°£€©®§«»“”‘’‚„–—…•·´¿¡½²³×\u00ad™"
)


def _western_share(letters: list[str]) -> float:
    return sum(letter in _WESTERN_LETTERS for letter in letters) / max(1, len(letters))


def _has_controls(text: str) -> bool:
    return any("\x7f" <= letter <= "\x9f" or letter in "\x00\x01\x02\x03\x04\x05" for letter in text)


def _codec(label: str) -> str:
    """Python's name of a charset; browsers read the Western labels as Windows-1252, and so do we."""
    name = label.strip().strip("\"'").lower()
    if name in _WESTERN:
        return "cp1252"
    try:
        found = codecs.lookup(name).name if name else ""
    except (LookupError, ValueError):
        return ""
    return "" if found in _NO_CHARSETS else found
