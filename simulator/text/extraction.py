"""The text of a web page without its navigation, banners, advertisements and comments, by Resiliparse."""

from __future__ import annotations

import re

from resiliparse.extract.html2text import extract_plain_text
from resiliparse.parse.html import HTMLTree

_SPACES = re.compile(r"[^\S\n]+")
_GAPS = re.compile(r"\n{3,}")
_BULLET = re.compile(r"^ *• *", re.MULTILINE)


def extract_text(html: str, main_content: bool = True) -> str:
    """The text of a page: paragraphs with a blank line between two, list items with a bullet.

    Args:
        html: The page.
        main_content: Leave out what is not the content of this page; otherwise all that can be seen is given.
    """
    text = extract_plain_text(
        html, preserve_formatting=True, main_content=main_content, comments=not main_content,
        post_meta=not main_content,
    )  # fmt: skip
    return tidy(text)


def tidy(text: str) -> str:
    """The text with no space at line ends and no more than one blank line in a row."""
    return _GAPS.sub("\n\n", "\n".join(line.rstrip() for line in text.split("\n"))).strip()


def page_title(html: str) -> str:
    """The page's title on one line, or ""."""
    title = HTMLTree.parse(html).title or ""
    return _SPACES.sub(" ", title.replace("\n", " ")).strip()
