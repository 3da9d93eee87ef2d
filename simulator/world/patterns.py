"""Grammar written as text, such as ``[One morning|One evening], {name} [walked|ran] home``.

``[a|b]`` is an equal choice (it may nest and hold slots), ``{column}`` a slot or a node given by name.
"""

from __future__ import annotations

import re

from simulator.world.grammar import Choice, Literal, Node, Sequence, Slot

_TOKEN = re.compile(r"([\[\]|]|\{[A-Za-z0-9_]+\})")


def pattern(text: str, **nodes: Node | str) -> Node:
    """Read a pattern.

    Args:
        text: The pattern, as the module describes.
        nodes: What to put for a name in braces: a node, or another column. Other names are slots.

    Raises:
        ValueError: if the brackets do not match.
    """
    tokens = [token for token in _TOKEN.split(text) if token]
    node, end = _alternatives(tokens, 0, nodes)
    if end != len(tokens):
        raise ValueError(f"unmatched ']' in pattern: {text}")
    return node


def either(*texts: str, **nodes: Node | str) -> Node:
    """An equal choice between patterns."""
    return Choice(tuple(pattern(text, **nodes) for text in texts))


def _alternatives(tokens: list[str], start: int, nodes: dict[str, Node | str]) -> tuple[Node, int]:
    options: list[list[Node]] = [[]]
    position = start
    while position < len(tokens) and tokens[position] != "]":
        token = tokens[position]
        position += 1
        if token == "[":  # noqa: S105 - a bracket, no secret
            node, position = _alternatives(tokens, position, nodes)
            if position == len(tokens):
                raise ValueError("unmatched '[' in pattern: " + "".join(tokens))
            options[-1].append(node)
            position += 1
        elif token == "|":  # noqa: S105
            options.append([])
        elif token.startswith("{"):
            given = nodes.get(token[1:-1], token[1:-1])
            options[-1].append(Slot(given) if isinstance(given, str) else given)
        else:
            options[-1].append(Literal(token))
    built = [parts[0] if len(parts) == 1 else Sequence(tuple(parts)) for parts in options]
    return (built[0] if len(built) == 1 else Choice(tuple(built))), position
