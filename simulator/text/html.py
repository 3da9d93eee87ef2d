"""The visible text of a web page, by the standard library's parser: no scripts, styles or navigation."""

from __future__ import annotations

import re
from html.parser import HTMLParser

_SKIPPED = frozenset(
    (
        "script",
        "style",
        "noscript",
        "template",
        "svg",
        "nav",
        "footer",
        "aside",
        "button",
        "select",
        "iframe",
        "title",
    )
)
_BLOCKS = frozenset(
    (
        "p", "div", "br", "li", "ul", "ol", "tr", "table", "section", "article", "main", "header",
        "blockquote", "pre", "hr", "dt", "dd", "figcaption", "h1", "h2", "h3", "h4", "h5", "h6",
    )
)  # fmt: skip
_CONTAINERS = _SKIPPED | {
    "html",
    "body",
    "div",
    "ul",
    "ol",
    "table",
    "section",
    "article",
    "main",
    "header",
    "form",
}
_MAX_DEPTH = 1000
_MARKED_SECTION = re.compile(r"<!\[(?!CDATA\[)[^>]*>?", re.IGNORECASE)
"""``<![if IE]>`` and the like: comments to browsers, errors to older versions of the parser."""


def visible_text(html: str) -> str:
    """The text that a reader of the page sees: one line a block, spaces folded, empty lines dropped."""
    parser = _TextParser()
    parser.feed(_MARKED_SECTION.sub("", html))
    if parser.rawdata.startswith("<"):
        parser.rawdata = ""  # markup that never ends: browsers drop it, the parser would try each "<" in it
    parser.close()
    lines = (re.sub(r"[^\S\n]+", " ", line).strip() for line in "".join(parser.parts).split("\n"))
    return "\n".join(line for line in lines if line)


class _TextParser(HTMLParser):
    """Collects text outside skipped elements; one left open ends where the element around it ends."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.parts: list[str] = []
        self._open: list[str] = []
        self._skipping = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._break_line(tag)
        if tag in _CONTAINERS and len(self._open) < _MAX_DEPTH:
            self._open.append(tag)
            self._skipping += tag in _SKIPPED

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._break_line(tag)

    def handle_endtag(self, tag: str) -> None:
        self._break_line(tag)
        if tag in self._open:
            closed = ""
            while closed != tag:
                closed = self._open.pop()
                self._skipping -= closed in _SKIPPED

    def handle_data(self, data: str) -> None:
        if not self._skipping:
            self.parts.append(re.sub(r"\s+", " ", data))

    def _break_line(self, tag: str) -> None:
        if tag in _BLOCKS:
            self.parts.append("\n")
