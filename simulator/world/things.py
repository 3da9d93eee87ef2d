"""Things, colours, spots and times that stories pick freely: what no knowledge of the world can predict."""

from __future__ import annotations

from simulator.world.grammar import Draw, Node
from simulator.world.patterns import pattern

THINGS = (
    "apple",
    "plum",
    "book",
    "stone",
    "shell",
    "egg",
    "kite",
    "pen",
    "cup",
    "coin",
    "nut",
    "hat",
    "key",
    "bell",
    "lamp",
    "map",
)

COLOUR = pattern("[red|blue|green|white|black|grey|gold|pink]")
SPOT = pattern(
    "[the bridge|the well|the mill|the oak|the school|the wall|the barn|the gate|the church|the pond"
    "|the inn|the hill]"
)
TIME = pattern(
    "[One morning|One evening|Last night|Last week|On a cold day|On a warm day|After lunch"
    "|In the rain|In the snow]"
)


def thing_rows(prefix: str = "") -> tuple[dict[str, str], ...]:
    """One row a thing: ``thing`` for one, ``things`` for many; ``prefix`` goes before the column names."""
    return tuple({prefix + "thing": thing, prefix + "things": thing + "s"} for thing in THINGS)


def item(prefix: str = "") -> Node:
    """``a red hat`` or ``three blue cups``."""
    text = "[a {colour} {thing}|[two|three|four|five|six] {colour} {things}]"
    return Draw(
        thing_rows(prefix), pattern(text, colour=COLOUR, thing=prefix + "thing", things=prefix + "things")
    )
