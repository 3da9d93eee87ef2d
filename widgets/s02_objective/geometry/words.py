"""Tokens and numbers as the scenes of tab 2 write them, and the scene that stands where there is nothing yet."""

from __future__ import annotations

from widgets.scene.shapes import Shape, Text, approximate_width
from widgets.scene.timeline import PlainScene

ASKED = "?"
NONE = "\N{EN DASH}"


class EmptyScene(PlainScene):
    """What stands there before there is anything to see: a few words that say how to get it.

    Args:
        text: The words.
        more: A second, quieter line.
    """

    def __init__(self, text: str, more: str = "") -> None:
        self.text = text
        self.more = more

    def frame(self, t: float, width: float, height: float) -> list[Shape]:
        """The words, in the middle."""
        room = min(width, 900.0)
        shapes: list[Shape] = [
            Text(width / 2, height / 2, self.text, colour="text_muted", align="center", width=room)
        ]
        if self.more:
            shapes.append(
                Text(
                    width / 2,
                    height / 2 + 26,
                    self.more,
                    colour="text_muted",
                    role="small",
                    align="center",
                    width=room,
                )
            )
        return shapes


def visible(token: str) -> str:
    """A token with its spaces and line ends as marks, as chips show them."""
    return token.replace("\n", "↵").replace(" ", "·") or "∅"


def percent(share: float) -> str:
    """A probability as people read it: ``61 %``, ``4.2 %``, ``0.03 %``, ``< 0.01 %``."""
    if share >= 0.0995:
        return f"{share * 100:.0f} %"
    if share >= 0.00995:
        return f"{share * 100:.1f} %"
    return f"{share * 100:.2f} %" if share >= 0.0001 else "< 0.01 %"


def chip_width(token: str, most: float = 1e9, role: str = "mono") -> float:
    """The width of a token's chip."""
    return min(most, max(22.0, approximate_width(visible(token), role) + 14))


def ending_of(text: str, frame: str, room: float) -> str:
    """``frame`` with as much of the text's end as fits in ``room`` pixels."""
    whole = text = " ".join(text.split())
    while text and approximate_width(frame.format(f"… {text}")) > room:
        text = text.partition(" ")[2]
    return frame.format(text if text == whole else f"… {text}".strip())
