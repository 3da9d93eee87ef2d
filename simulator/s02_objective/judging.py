"""How far a text is one that the toy world could write, by the world's own grammar. Pure: no torch."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

from simulator.world import World, log_probability


@dataclass(frozen=True)
class Verdict:
    """What the grammar says of a text.

    Attributes:
        possible: The world could write the whole text, facts included.
        read: Characters from its beginning that some possible text begins with.
    """

    possible: bool
    read: int


def judge(world: World, text: str) -> Verdict:
    """Read a text by the world's grammar; what can be read no further at a wrong word or a false fact ends there."""
    followed = _Followed(text)
    possible = math.isfinite(log_probability(world, followed))
    return Verdict(possible, len(text) if possible else min(followed.furthest, len(text)))


class _Followed(str):
    """A text that remembers how far its reader came: the grammar compares it piece by piece with ``startswith``."""

    furthest = 0

    def startswith(self, piece: Any, start: Any = 0, end: Any = None) -> bool:
        """As for any text; a piece that fits in part counts for the part that fits."""
        if super().startswith(piece, start):
            self.furthest = max(self.furthest, start + len(piece))
            return True
        fits = 0
        for mine, wanted in zip(self[start : start + len(piece)], piece, strict=False):
            if mine != wanted:
                break
            fits += 1
        self.furthest = max(self.furthest, start + fits)
        return False
