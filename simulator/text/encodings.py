"""From bytes to text: byte-order marks, UTF-8, then a guess, with plain words when nothing fits."""

from __future__ import annotations

import codecs

from charset_normalizer import from_bytes

from simulator.errors import InputError

SAMPLE_BYTES = 1 << 18
"""Bytes from the start of a file that its encoding is guessed from."""

_GUESSABLE_BYTES = 8
_FEW = 8

_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),  # before UTF-16: its mark starts with UTF-16's
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)

_WIDE_MARKS = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)

_SIGNATURES = (
    (b"\x89PNG", "a PNG image"),
    (b"\xff\xd8\xff", "a JPEG image"),
    (b"GIF8", "a GIF image"),
    (b"%PDF", "a PDF document"),
    (b"PK\x03\x04", "a zip archive or an office document"),
    (b"\x1f\x8b", "a gzip archive"),
    (b"BZh", "a bzip2 archive"),
    (b"\xfd7zXZ", "an xz archive"),
    (b"\x28\xb5\x2f\xfd", "a zstandard archive"),
    (b"7z\xbc\xaf", "a 7-zip archive"),
    (b"\x7fELF", "a program"),
    (b"MZ\x90", "a Windows program"),
    (b"\xcf\xfa\xed\xfe", "a macOS program"),
    (b"PAR1", "a Parquet table"),
    (b"SQLite format 3", "a SQLite database"),
    (b"RIFF", "a sound or video file"),
    (b"ID3", "a sound file"),
    (b"OggS", "a sound file"),
)

_TEXT_HINT = "Save it as plain text in UTF-8, or choose another file."


def well_formed(text: str) -> str:
    """The text with surrogate pairs joined and lone surrogates replaced by U+FFFD, so that UTF-8 can hold it.

    Lone surrogates are not characters; they come from damaged JSON escapes and odd file names.
    """
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    return text


def detect_encoding(sample: bytes, name: str, *, whole: bool) -> str:
    """Name the encoding of a file from its first bytes.

    Args:
        sample: The first bytes of the file, see :data:`SAMPLE_BYTES`.
        name: How to call the file in an error.
        whole: The sample is all there is; otherwise a character cut off at its end is fine.

    Returns:
        A Python codec name. ``utf-8`` means that the sample is valid UTF-8, not that the rest is.

    Raises:
        InputError: if the bytes are not text, or in no encoding that we can tell.
    """
    for mark, codec in _MARKS:
        if sample.startswith(mark):
            return codec
    for signature, what in _SIGNATURES:
        if sample.startswith(signature):
            raise InputError(f"{name} is {what}, not text.", hint=_TEXT_HINT)
    wide = _unmarked_utf16(sample)
    if wide:
        return wide
    if b"\x00" in sample:
        raise InputError(f"{name} is a binary file (it holds zero bytes), not text.", hint=_TEXT_HINT)
    if _is_utf8(sample, whole=whole):
        return "utf-8"
    return guess_encoding(sample, name)


def guess_encoding(data: bytes, name: str) -> str:
    """Guess the encoding of bytes that are not UTF-8.

    Raises:
        InputError: if no encoding gives readable text, or if it is UTF-8 that was damaged or cut off.
    """
    if _mostly_utf8(data):
        raise broken_text(name, "utf-8")
    match = from_bytes(data).best() if len(data) >= _GUESSABLE_BYTES else None
    if match is None or _control_share(str(match)) > 0.02:
        raise InputError(f"{name} is neither UTF-8 nor any encoding we can tell.", hint=_TEXT_HINT)
    return match.encoding


def decode_bytes(data: bytes, name: str, declared: str = "") -> str:
    """Decode a whole file held in memory.

    Args:
        data: The file's bytes.
        name: How to call the file in an error.
        declared: Encoding that the file claims for itself; used if it is not UTF-8 and the claim holds.

    Raises:
        InputError: if it is not text.
    """
    if declared and not _is_utf8(data, whole=True) and not data.startswith(_WIDE_MARKS):
        try:
            return data.decode(declared)
        except (UnicodeError, LookupError):
            pass  # a false claim: find out
    codec = detect_encoding(data, name, whole=True)
    try:
        return data.decode(codec)
    except UnicodeDecodeError:
        raise broken_text(name, codec) from None


def broken_text(name: str, codec: str) -> InputError:
    """The error for bytes that do not fit the encoding the file started with."""
    words = codec.upper().replace("_", "-").removesuffix("-SIG")
    return InputError(f"{name} starts as {words} text but holds bytes that do not fit.", hint=_TEXT_HINT)


def _is_utf8(sample: bytes, *, whole: bool) -> bool:
    try:
        codecs.getincrementaldecoder("utf-8")().decode(sample, final=whole)
    except UnicodeDecodeError:
        return False
    return True


def _mostly_utf8(data: bytes) -> bool:
    """Whether nine tenths of what is not ASCII are whole UTF-8 characters, which hardly happens in another encoding."""
    text = data.decode("utf-8", "replace")
    damaged = text.count("\N{REPLACEMENT CHARACTER}")
    whole = len(text) - len(text.encode("ascii", "ignore")) - damaged
    return whole > max(_FEW, 9 * damaged)


def _unmarked_utf16(sample: bytes) -> str:
    """UTF-16 without a mark shows as every second byte being zero in Western text."""
    even, odd = sample[0::2], sample[1::2]
    if len(odd) < 8:
        return ""
    for codec, high, low in (("utf-16-le", odd, even), ("utf-16-be", even, odd)):
        if high.count(0) > 0.9 * len(high) and low.count(0) == 0:
            return codec
    return ""


def _control_share(text: str) -> float:
    """Share of characters that no text holds: controls other than tab, line and page breaks."""
    odd = sum(not (letter.isprintable() or letter.isspace() or letter in "\u00ad\ufeff") for letter in text)
    return odd / max(1, len(text))
