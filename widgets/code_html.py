"""Python source as rich text with quiet colours, by the standard library's own tokenizer."""

from __future__ import annotations

import html
import io
import keyword
import token as kinds
import tokenize

from widgets.theme import theme


def code_html(source: str) -> str:
    """Rich text of a piece of Python, with keywords, strings, comments and numbers in their colours."""
    lines = source.splitlines(keepends=True)
    pieces: list[str] = []
    row, column = 1, 0
    try:
        for item in tokenize.generate_tokens(io.StringIO(source).readline):
            pieces.append(html.escape(_between(lines, (row, column), item.start), quote=False))
            pieces.append(_coloured(item))
            row, column = item.end
    except (tokenize.TokenError, SyntaxError):
        return f"<pre>{html.escape(source, quote=False)}</pre>"
    return f"<pre>{''.join(pieces).rstrip()}</pre>"


def _between(lines: list[str], start: tuple[int, int], end: tuple[int, int]) -> str:
    if start[0] == end[0]:
        return lines[start[0] - 1][start[1] : end[1]] if start[0] <= len(lines) else ""
    parts = [lines[start[0] - 1][start[1] :]] if start[0] <= len(lines) else []
    parts += lines[start[0] : end[0] - 1]
    if end[0] <= len(lines):
        parts.append(lines[end[0] - 1][: end[1]])
    return "".join(parts)


def _coloured(item: tokenize.TokenInfo) -> str:
    text = html.escape(item.string, quote=False)
    colour = _colour(item)
    return f'<span style="color:{theme().colour(colour).name()}">{text}</span>' if colour and text else text


def _colour(item: tokenize.TokenInfo) -> str:
    if item.type == kinds.COMMENT:
        return "text_muted"
    if item.type == kinds.STRING:
        return "good"
    if item.type == kinds.NUMBER:
        return "data"
    return "optimizer" if item.type == kinds.NAME and keyword.iskeyword(item.string) else ""
