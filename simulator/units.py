"""Quantities as people write them: ``7B``, ``7e9``, ``80GB`` (10^9), ``80GiB`` (2^30), and back."""

from __future__ import annotations

import math
import re

_DECIMAL = {"": 1, "k": 10**3, "K": 10**3, "M": 10**6, "G": 10**9, "B": 10**9, "T": 10**12, "P": 10**15}
_BINARY = {"Ki": 2**10, "Mi": 2**20, "Gi": 2**30, "Ti": 2**40, "Pi": 2**50}
_PATTERN = re.compile(
    r"^\s*([+-]?(?:\d[\d_]*\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)\s*(?:(Ki|Mi|Gi|Ti|Pi|k|K|M|G|B|T|P)?(B)?)\s*$",
    re.ASCII,
)


def parse_quantity(text: str) -> float:
    """Read a number with an optional size suffix.

    ``B`` alone is a billion (parameters, tokens); after another suffix it means bytes: ``80GB`` is 80e9,
    ``80GiB`` 80*2^30.

    Raises:
        ValueError: if the text is not a quantity.
    """
    match = _PATTERN.match(text)
    if not match:
        raise ValueError(f"'{text}' is not a number such as 500, 7e9, 7B, 80GB or 80GiB")
    number, suffix, _ = match.groups()
    scale = _BINARY.get(suffix or "") or _DECIMAL[suffix or ""]
    if not suffix and match.group(3):
        scale = _DECIMAL["B"]
    value = float(number.replace("_", "")) * scale
    if not math.isfinite(value):
        raise ValueError(f"'{text}' is too large")
    return value


def format_count(value: float, digits: int = 3) -> str:
    """Format a count with k, M, B or T: 870_000 -> ``870k``, 6.74e9 -> ``6.74B``."""
    for scale, suffix in ((1e12, "T"), (1e9, "B"), (1e6, "M"), (1e3, "k")):
        if abs(value) >= scale * 0.9995:
            return f"{_significant(value / scale, digits)}{suffix}"
    return _significant(value, digits)


def format_bytes(value: float, digits: int = 3) -> str:
    """Format bytes in decimal units (GB = 10^9), as the published figures do."""
    for scale, suffix in ((1e12, "TB"), (1e9, "GB"), (1e6, "MB"), (1e3, "kB")):
        if abs(value) >= scale * 0.9995:
            return f"{_significant(value / scale, digits)} {suffix}"
    return f"{_significant(value, digits)} B"


def format_binary_bytes(value: float, digits: int = 3) -> str:
    """Format bytes in binary units (GiB = 2^30), as memory is sold and most tools count."""
    for scale, suffix in ((2**40, "TiB"), (2**30, "GiB"), (2**20, "MiB"), (2**10, "KiB")):
        if abs(value) >= scale * 0.9995:
            return f"{_significant(value / scale, digits)} {suffix}"
    return f"{_significant(value, digits)} B"


def format_seconds(seconds: float) -> str:
    """Format a duration in plain words: ``0.4 s``, ``12 s``, ``3 min 20 s``, ``2 h 5 min``, ``21.3 days``."""
    if seconds < 10:
        return f"{seconds:.1f} s"
    if seconds < 60:
        return f"{seconds:.0f} s"
    minutes, rest = divmod(round(seconds), 60)
    if minutes < 60:
        return f"{minutes} min {rest} s" if rest else f"{minutes} min"
    hours, minutes = divmod(minutes, 60)
    if hours < 48:
        return f"{hours} h {minutes} min" if minutes else f"{hours} h"
    return f"{seconds / 86400:.1f} days"


def _significant(value: float, digits: int) -> str:
    if value == 0:
        return "0"
    decimals = max(0, digits - 1 - math.floor(math.log10(abs(value))))
    text = f"{value:.{decimals}f}"
    return text.rstrip("0").rstrip(".") if "." in text else text
