"""Documents as they were stored, before extraction: what stage 1 reads."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class Page:
    """One document of a crawl or of the user's files.

    Attributes:
        source: Where it came from: ``file``, ``file:record`` or ``toy:index``.
        body: Its bytes, content encodings undone.
        kind: ``html``, or ``text`` for what is already text (then the bytes are UTF-8).
        url: Address it was fetched from, if known.
        charset: Encoding that came with it (an HTTP header), if any.
    """

    source: str
    body: bytes
    kind: Literal["html", "text"]
    url: str = ""
    charset: str = ""
