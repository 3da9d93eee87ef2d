"""The numbers behind the looks, read from ``resources/themes/tokens.toml``. No Qt here."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import resources

THEME_FOLDER = Path(resources.__file__).parent / "themes"

DATA_HUES = ("parameters", "gradients", "optimizer", "activations", "kv_cache", "data")
"""What each hue stands for, everywhere: six kinds of data."""


@dataclass(frozen=True, kw_only=True)
class Tokens:
    """All tokens of one theme.

    Attributes:
        name: "dark" or "light".
        colours: Hex colour by token name.
        ramps: Hex colours of each ramp from the lowest to the highest value: "sequential", "diverging".
        sizes: Font size in pixels at scale 1, by role.
        space: Distances and radii in pixels at scale 1.
        motion: Times in seconds.
    """

    name: str
    colours: Mapping[str, str]
    ramps: Mapping[str, Sequence[str]]
    sizes: Mapping[str, float]
    space: Mapping[str, float]
    motion: Mapping[str, float]


@cache
def _file() -> Mapping[str, Any]:
    return tomllib.loads((THEME_FOLDER / "tokens.toml").read_text(encoding="utf-8"))


def theme_names() -> tuple[str, ...]:
    """Names of the themes in the file."""
    return tuple(_file()["themes"])


@cache
def load_tokens(name: str) -> Tokens:
    """Read the tokens of a theme.

    Raises:
        ValueError: if there is no theme of that name.
    """
    content = _file()
    if name not in content["themes"]:
        raise ValueError(f"there is no theme '{name}'; known: {', '.join(content['themes'])}")
    return Tokens(
        name=name,
        colours=content["themes"][name],
        ramps=content["ramps"][name],
        sizes=content["type"],
        space=content["space"],
        motion=content["motion"],
    )


def relative_luminance(colour: str) -> float:
    """Relative luminance of a hex colour, 0 to 1 (WCAG 2.2, definition "relative luminance")."""
    channels = (int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5))
    red, green, blue = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast_ratio(one: str, other: str) -> float:
    """Contrast of two hex colours, 1 to 21 (WCAG 2.2, definition "contrast ratio")."""
    low, high = sorted((relative_luminance(one), relative_luminance(other)))
    return (high + 0.05) / (low + 0.05)
