"""The text of a web page without its navigation, banners, advertisements and comments.

Resiliparse parses the page and leaves out what its rules know as boilerplate. What it lets through is taken out here,
by three means that are well known: the words by which designers name what is not content, the density of links
(Kohlschütter et al. 2010, "Boilerplate detection using shallow text features"), and the place at the edge of the page
of short blocks that are no sentences (Pomikálek 2011, jusText).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from html import unescape

from resiliparse.extract.html2text import extract_plain_text
from resiliparse.parse.html import HTMLTree

from simulator.text.html import visible_text

LINKED = 1 / 3
"""A block is a menu if more than this share of its characters is linked: the first split of Kohlschütter's tree."""

LINKED_SENTENCE = 0.8
"""Sentences may have more links: the first sentence of an encyclopedia's article is often half blue."""

SHORT_WORDS = 10
"""A block with fewer words that is no sentence counts only between others (jusText: ``length_low`` in words)."""

_VOCABULARY = (
    "share", "sharing", "social", "breadcrumbs?", "related", "newsletter", "cart", "price", "signature", "author",
    "(?:post|user)?profile", "byline", "pagination", "pager", "sponsor(?:ed)?", "ads?", "promo", "search", "subscribe",
    "signup", "online", "sitenotice", "sitesub", "catlinks", "editsection", "actions?", "toolbar", "most-read",
    "cookies?",
    "consent", "banner", "outbrain", "shoutbox", "skyscraper", "gdpr", "disqus",
)  # fmt: skip
"""Words in class names and ids that stand for something else than content, most of them from Mozilla's Readability
(``unlikelyCandidates``, ``negative``) and the skins of the widespread systems for wikis, shops and forums."""

_UNLIKELY = re.compile(rf"(?:^|[\s_-])(?:{'|'.join(_VOCABULARY)})(?:$|[\s_-])", re.IGNORECASE)
_NAMES = re.compile(r"""\b(class|id)\s*=\s*["']?([\w \-]{2,200})""", re.IGNORECASE)
_MOST_NAMES = 60
_CONTAINER = re.compile(
    r"<(/?)(?!(?:p|li|br|img|input|meta|link|hr|td|tr|th|dt|dd|option|wbr|source|area|col|param|path|rect)\b)[a-z]",
    re.IGNORECASE,
)
_HARMLESS_TAGS, _DEEPEST = 3000, 1500
_NO_ROOT = ":not(html):not(body):not(main):not(article)"
_SUSPICIOUS_SHARE, _SUSPICIOUS_LENGTH = 0.25, 1500
"""Where less than this share of a longer text is left, what was named as no content was content."""

_BLOCK_TAG = re.compile(r"</?(?:p|pre|h[1-6]|ul|ol|li)>|<br ?/?>")
_LINK = re.compile(r'<a(?: href="[^"]*")?>((?:[^<]++|<(?!/?a\b))*+)</a>')
_LINK_TAG = re.compile(r'<a(?: href="[^"]*")?>|</a>')
_PIECE = re.compile(r"<pre>.*?</pre>|<(h[1-6])>.*?</\1>|<p>.*?</p>|[^\n]+|\n", re.DOTALL)
_SPACES = re.compile(r"\s+")
_SENTENCE_ENDS = tuple(".!?…\"'”’»。！？:;")
_MARKED = re.compile(r"^(?:• |\d+\. )")


@dataclass(slots=True)
class _Block:
    """A block of text: its text, whether it stands apart from the one before, and what it is."""

    text: str
    apart: bool
    kind: str
    linked: float


def extract_text(html: str, main_content: bool = True) -> str:
    """The text of a page: paragraphs with a blank line between two, list items with a bullet.

    Args:
        html: The page.
        main_content: Leave out what is not the content of this page; otherwise all that can be seen is given.
    """
    if _is_too_deep(html):
        return visible_text(html)
    tree = HTMLTree.parse(html)
    if not main_content:
        return _joined(_blocks(extract_plain_text(tree, preserve_formatting="minimal_html", alt_texts=False)))
    unlikely = _unlikely(html)
    found = _main_content(tree, unlikely)
    if unlikely and len(found) < _SUSPICIOUS_SHARE * len(html):
        whole = _main_content(tree, [])
        if len(whole) > _SUSPICIOUS_LENGTH and len(found) < _SUSPICIOUS_SHARE * len(whole):
            found = whole
    blocks = [block for block in _blocks(found) if not _is_menu(block)]
    blocks = _without_edges(blocks)
    headline = _headline(tree)
    if headline and blocks and all(block.text != headline for block in blocks):
        blocks[0].apart = True
        blocks.insert(0, _Block(headline, True, "heading", 0.0))
    return _joined(blocks)


def page_title(html: str) -> str:
    """The page's title on one line, or ""."""
    return _SPACES.sub(" ", HTMLTree.parse(html).title or "").strip()


def _is_too_deep(html: str) -> bool:
    """Whether elements stand so deep in each other that extraction would take time squared; no real page does."""
    if html.count("<") <= _HARMLESS_TAGS:
        return False
    depth = deepest = 0
    for closing in _CONTAINER.findall(html):
        depth = max(0, depth - 1) if closing else depth + 1
        deepest = max(deepest, depth)
    return deepest > _DEEPEST


def _main_content(tree: HTMLTree, skipped: list[str]) -> str:
    """Resiliparse's main content as reduced HTML, without what the selectors name."""
    return str(extract_plain_text(
        tree, preserve_formatting="minimal_html", main_content=True, alt_texts=False, links=True, comments=False,
        post_meta=False, skip_elements=skipped,
    ))  # fmt: skip


def _unlikely(html: str) -> list[str]:
    """Selectors of the elements whose names say that they are no content."""
    found = {match for match in _NAMES.findall(html) if _UNLIKELY.search(match[1])}
    named = sorted(f'[{key.lower()}="{name}"]' for key, name in found)[:_MOST_NAMES]
    return [f"{_NO_ROOT}{selector}" for selector in named]


def _headline(tree: HTMLTree) -> str:
    """The text of the page's only first-level heading, which some sites put far from the text, or ""."""
    if tree.body is None:
        return ""
    found = tree.body.query_selector_all("h1")
    return _SPACES.sub(" ", found[0].text or "").strip() if len(found) == 1 else ""


def _blocks(reduced: str) -> Iterator[_Block]:
    """The blocks of Resiliparse's reduced HTML: one a line, except for preformatted text and paragraphs."""
    gap = 0
    numbers: list[int] = []
    for found in _PIECE.finditer(reduced):
        piece = found.group()
        if piece == "\n":
            gap += 1
            continue
        line = piece.strip()
        if line in ("<ul>", "<ol>"):
            numbers.append(0 if line == "<ol>" else -1)
        elif line in ("</ul>", "</ol>"):
            del numbers[-1:]
        else:
            block = _block(piece, gap > 1, numbers)
            if block.text:
                yield block
                gap = 0


def _block(piece: str, apart: bool, numbers: list[int]) -> _Block:
    line = piece.strip()
    linked = sum(len(unescape(text)) for text in _LINK.findall(line))
    kind, mark = "text", ""
    if line.startswith("<pre>"):
        kind, apart = "pre", True
    elif line.startswith("<h"):
        kind = "heading"
    elif line.startswith("<li>"):
        kind, mark = "item", _mark(numbers)
    text = unescape(_BLOCK_TAG.sub("", _LINK_TAG.sub("", piece))).replace("\u00a0", " ")
    text = text.strip("\n") if kind == "pre" else "\n".join(part.strip() for part in text.strip().split("\n"))
    return _Block(mark + text if text else "", apart, kind, linked / max(1, len(text)))


def _mark(numbers: list[int]) -> str:
    if not numbers or numbers[-1] < 0:
        return "• "
    numbers[-1] += 1
    return f"{numbers[-1]}. "


def _without_edges(blocks: list[_Block]) -> list[_Block]:
    """The blocks from the first to the last that is long, a sentence, an item or code; headings stay before them."""
    solid = [index for index, block in enumerate(blocks) if _is_solid(block)]
    if not solid:
        return blocks
    first, last = solid[0], solid[-1]
    if 2 * sum(len(block.text) for block in blocks[first : last + 1]) < sum(
        len(block.text) for block in blocks
    ):
        return blocks  # no text with edges, but something else
    return [block for block in blocks[:first] if block.kind == "heading"] + blocks[first : last + 1]


def _is_menu(block: _Block) -> bool:
    sentence = block.text.endswith(_SENTENCE_ENDS) and len(block.text.split()) >= SHORT_WORDS
    return block.kind != "heading" and block.linked > (LINKED_SENTENCE if sentence else LINKED)


def _is_solid(block: _Block) -> bool:
    if block.kind in ("pre", "item"):
        return True
    if block.kind == "heading":
        return False
    return block.text.endswith(_SENTENCE_ENDS) or len(block.text.split()) >= SHORT_WORDS


def _joined(blocks: Iterable[_Block]) -> str:
    parts: list[str] = []
    before = ""
    for block in blocks:
        together = block.kind == before == "item" or not block.apart
        parts.append("\n" if together else "\n\n")
        parts.append(block.text)
        before = block.kind
    return "".join(parts[1:]).strip()
