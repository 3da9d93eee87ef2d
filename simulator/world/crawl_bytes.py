"""How pages are stored as bytes: with a charset that is named well, or in one of the ways that break."""

from __future__ import annotations

from random import Random

from simulator.world.crawl_content import Block, Content
from simulator.world.crawl_templates import Site, render

_ACCENTED = (
    "The café by the mill opens at nine – tea costs £2 and a crème brûlée £4.",
    "“It was a naïve idea,” said the señor from the fête, “but we kept the façade.”",
    "The jalapeño soup – a cliché by now – was served in the Hôtel de la Forêt.",
    "Zoë’s résumé says that she has been to Zürich, Málaga and Besançon.",
    "The temperature fell to –5 °C – that is when the über-old pipe broke.",
    "An exposé in the paper named the maître d’hôtel and his fiancée.",
)

_WINDOWS_1252 = {
    value: ord(bytes((value,)).decode("cp1252"))
    for value in range(0x80, 0xA0)
    if value not in (0x81, 0x8D, 0x8F, 0x90, 0x9D)  # holes, which stand for themselves
}

BREAKAGES = ("undeclared", "false-latin", "false-utf8", "doubled", "torn", "junk")
"""How a page is broken, equally often: cp1252 without a word about it; UTF-8 called ISO 8859-1; cp1252 called UTF-8;
UTF-8 read as cp1252 and stored as UTF-8 again; UTF-8 with characters cut in half; bytes that are no text at all."""


def stored_bytes(site: Site, content: Content, random: Random) -> tuple[bytes, str]:
    """A page's bytes and the charset that its server names: right, or absent where the page itself says it."""
    html = render(site, content, random)
    return html.encode("utf-8"), random.choice(("utf-8", "utf-8", ""))


def with_accents(content: Content, random: Random) -> Content:
    """The content with sentences in it that ASCII cannot hold."""
    blocks = list(content.blocks)
    for sentence in random.sample(_ACCENTED, random.randint(2, 4)):
        blocks.insert(random.randint(1, len(blocks)), Block("p", sentence))
    return content.with_blocks(tuple(blocks))


def broken_bytes(site: Site, content: Content, random: Random) -> tuple[bytes, str, bool]:
    """A page whose encoding is broken: its bytes, the charset named, and whether its text can be had back."""
    breakage = random.choice(BREAKAGES)
    if breakage == "undeclared":
        return _cp1252(render(site, content, random, charset="")), "", True
    if breakage == "false-latin":
        return render(site, content, random, charset="iso-8859-1").encode(), "iso-8859-1", True
    if breakage == "false-utf8":
        return _cp1252(render(site, content, random)), "utf-8", True
    html = render(site, content, random)
    if breakage == "doubled":
        return html.encode().decode("latin-1").translate(_WINDOWS_1252).encode(), "utf-8", True
    if breakage == "torn":
        return _torn(html, random), "utf-8", True
    size = len(html)
    return b"<html><body>" + random.randbytes(size) + b"</body></html>", random.choice(("utf-8", "")), False


def _cp1252(html: str) -> bytes:
    return html.encode("cp1252", "xmlcharrefreplace")


def _torn(html: str, random: Random) -> bytes:
    """Up to three characters lose their last byte, as when a text is cut by bytes."""
    places = [place for place, letter in enumerate(html) if ord(letter) > 127]
    cut = set(random.sample(places, min(3, len(places))))
    return b"".join(
        letter.encode()[:-1] if place in cut else letter.encode() for place, letter in enumerate(html)
    )
