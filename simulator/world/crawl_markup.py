"""How main text becomes HTML: escaping, inline elements, the ways that real markup is sloppy."""

from __future__ import annotations

import re
from html import escape
from random import Random
from zlib import crc32

from simulator.world.crawl_content import Block

_NAMES = re.compile(r"\b[A-Z][a-z]{2,}\b")
_NAMED = re.compile(r'\b(class|id)="([^"]*)"')
_INLINE = ("b", "em", "i", "strong", "span")

SLOPPY_SHARE = 0.3
"""Share of pages with malformed markup."""

LINKED_LISTS = 0.4
"""Share of lists that are menus: every item is a link."""


def paragraphs(blocks: tuple[Block, ...], random: Random) -> list[str]:
    """Each block as an element; list items stand together in one list."""
    out: list[str] = []
    items: list[str] = []
    linked = random.random() < LINKED_LISTS
    for block in blocks:
        if block.tag == "li":
            items.append(
                f"<li>{_linked(block.text, random) if linked else escape(block.text, quote=False)}</li>"
            )
            continue
        if items:
            out.append("<ul>\n" + "\n".join(items) + "\n</ul>")
            items = []
        out.append(_element(block, random))
    if items:
        out.append("<ul>\n" + "\n".join(items) + "\n</ul>")
    return out


def sloppy(html: str, random: Random) -> str:
    """Markup that parsers have to forgive: the text is the same."""
    if random.random() >= SLOPPY_SHARE:
        return html
    kind = random.randrange(5)
    if kind == 0:  # end tags left out, which HTML allows for paragraphs and list items
        return html.replace("</p>", "").replace("</li>", "")
    if kind == 1:  # stray end tags
        return html.replace("<p>", "</span><p>", 2).replace("</ul>", "</ul></b>", 1)
    if kind == 2:  # wrongly nested
        return html.replace("<p>", "<p><font color=#222222>", 1).replace("</p>", "</p></font>", 1)
    if kind == 3:  # another age: capitals, no quotes
        html = html.replace("<p>", "<P>").replace("</p>", "</P>")
        return re.sub(r'(class|id)="([\w-]+)"', r"\1=\2", html)
    return html.replace("</body>", "").replace("</html>", "")  # cut short


def without_names(html: str, host: str) -> str:
    """The page with class names and ids that say nothing, as build tools make them: the same ones all over a site."""
    return _NAMED.sub(lambda match: f'{match[1]}="c{crc32((host + match[2]).encode()):08x}"', html)


def _element(block: Block, random: Random) -> str:
    if block.tag == "pre":
        return f"<pre>{escape(block.text, quote=False)}</pre>"
    lines = "<br>\n".join(_inline(line, random) for line in block.text.split("\n"))
    return f"<{block.tag}>{lines}</{block.tag}>"


def _inline(text: str, random: Random) -> str:
    """Escaped text; now and then a name is linked, a word stressed, or the line broken in the source."""
    shown = escape(text, quote=False)
    chance = random.random()
    if chance < 0.2:
        return _NAMES.sub(_link, shown, count=1)
    if chance < 0.35 and shown.isascii() and "&" not in shown:
        words = shown.split(" ")
        place = random.randrange(len(words))
        tag = random.choice(_INLINE)
        words[place] = f"<{tag}>{words[place]}</{tag}>"
        return ("\n" if chance < 0.3 else " ").join(words)
    return shown


def _link(match: re.Match[str]) -> str:
    return f'<a href="/wiki/{match.group()}">{match.group()}</a>'


def _linked(text: str, random: Random) -> str:
    shown = escape(text, quote=False)
    return f'<a href="/item/{random.randint(100, 9999)}">{shown}</a>'
