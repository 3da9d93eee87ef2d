"""Words of the objectives: on their switch, on the button that draws anew, and under the pointer. No Qt here."""

from __future__ import annotations

from widgets.s02_objective.geometry import mask_hint, percent, visible
from widgets.s02_objective.reading import Reading

WORDS = {"causal": "Causal", "masked": "Masked", "spans": "Spans", "prefix": "Prefix", "infill": "Infill"}
DRAW_WORDS = {
    "masked": (
        "Hide others",
        "Draw anew as in training: 15 % of the tokens; of these 80 % become [MASK], 10 % another token, 10 % stay. "
        "Click a token to hide or show it",
    ),
    "spans": ("Cut others", "Draw the spans anew: 15 % of the tokens. Click a token to cut it out or put it back"),
    "prefix": ("Split elsewhere", "Draw the split anew. Click a token to let the guessing begin there"),
    "infill": ("Another middle", "Draw the middle anew. Click a token to move the nearer end of the middle there"),
}  # fmt: skip
_CLICK_WORDS = {
    "masked": ("click to hide it", "click to show it"),
    "spans": ("click to cut it out", "click to put it back"),
    "prefix": ("click to let the guessing begin here", "click to let the guessing begin here"),
    "infill": ("click to let the middle reach here", "click to let the middle end here"),
}


def hint_of(reading: Reading, key: str) -> str:
    """What to say of the thing under the pointer: a cell of the mask, a candidate, or a token."""
    kind, _, rest = key.partition(":")
    if not rest:
        return ""
    if kind == "mask":
        row, column = (int(part) for part in rest.split(":"))
        return mask_hint(reading, row, column)
    index = int(rest)
    if kind == "candidate":
        return "Click to go on with this token" if reading.goes_on else ""
    return _causal_hint(reading, index) if reading.objective == "causal" else _place_hint(reading, index)


def _causal_hint(reading: Reading, index: int) -> str:
    if index == 0:
        return "The start of the document is given, not predicted"
    if index == reading.positions:
        return "What comes next? Click a token below to go on with it"
    return f"Probability {percent(reading.probability(index - 1))}, surprise {reading.surprise(index - 1):.2f} bits"


def _place_hint(reading: Reading, index: int) -> str:
    """What is asked at a place, what it got, and what a click does."""
    if index >= reading.positions:
        return "What comes next?"
    words: list[str] = []
    if reading.counted[index]:
        words.append(
            f"Must say {visible(reading.truth(index) or '')}: probability "
            f"{percent(reading.probability(index))}, surprise {reading.surprise(index):.2f} bits"
        )
    place = reading.origins[index]
    if place >= 1:
        hide, show = _CLICK_WORDS[reading.objective]
        words.append(show if place in reading.hidden_places() else hide)
    return "; ".join(words)
