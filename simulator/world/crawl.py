"""The toy world as a messy web crawl: HTML pages of many sites, each with its ground truth.

Since every page says what it is, each step of stage 1 has a measured precision and recall.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from random import Random

from simulator.text.documents import Page
from simulator.world.crawl_bytes import broken_bytes, stored_bytes, with_accents
from simulator.world.crawl_content import ArticleWriter, Content, PiiTruth
from simulator.world.crawl_edits import near_copy
from simulator.world.crawl_languages import TONGUES, Tongue, foreign
from simulator.world.crawl_noise import NOISE
from simulator.world.crawl_pii import with_contacts
from simulator.world.crawl_templates import COOKIES, FOOTERS, MENU, TEASERS, TEMPLATES, Site
from simulator.world.knowledge import World

SHARES = {
    "article": 0.42,
    "exact-duplicate": 0.08,
    "near-duplicate": 0.08,
    "spam": 0.09,
    "stuffed": 0.04,
    "foreign": 0.12,
    "broken": 0.06,
    "list": 0.04,
    "short": 0.03,
    "error": 0.02,
    "placeholder": 0.01,
    "code": 0.01,
}
"""The kinds of page and the share of each. A real crawl holds less that is worth keeping: FineWeb kept about a
tenth of the text of Common Crawl; so few good pages would make the toy crawl slow to learn from."""

PII_SHARE = 0.15
"""Share of articles with personal data in them."""

REMEMBERED = 500
"""Articles that a duplicate may be made of: the memory that a crawl of any length needs."""

SITES = 60
"""English web sites; the others have one site a language and template."""

NAMELESS_SHARE = 0.15
"""Share of sites whose class names and ids do not tell what is content."""

_WORDS = ("river", "harbor", "garden", "lantern", "meadow", "copper", "willow", "market", "daily", "north", "corner",
          "open", "little", "green", "silver", "village", "common", "bright", "hill", "stone")  # fmt: skip


@dataclass(frozen=True, slots=True)
class PageTruth:
    """What a page of the toy crawl is.

    Attributes:
        kind: A key of SHARES.
        language: ISO 639-1 code of its main text.
        main_text: The text that a perfect extraction gives.
        duplicate_of: Index of the page whose main text this one repeats, -1 if none.
        near_duplicate_of: Index of the page that this one is an edited copy of, -1 if none.
        pii: Personal data planted in the main text.
        nats: -log p of the main text where the grammar wrote all of it, else nan.
        wanted: A good pipeline keeps it.
    """

    kind: str
    language: str
    main_text: str
    duplicate_of: int = -1
    near_duplicate_of: int = -1
    pii: tuple[PiiTruth, ...] = ()
    nats: float = float("nan")
    wanted: bool = False


@dataclass(frozen=True, slots=True)
class CrawlPage:
    """A page as it was fetched, and what it is.

    Attributes:
        index: Its number in the crawl, from 0.
        url: Its address, another one for each page.
        html: Its bytes.
        charset: Encoding that the server named, "" if none.
        truth: What it is.
    """

    index: int
    url: str
    html: bytes
    charset: str
    truth: PageTruth

    def page(self) -> Page:
        """The page as stage 1 reads it."""
        return Page(f"toy:{self.index}", self.html, "html", self.url, self.charset)


def generate_crawl(world: World, count: int, seed: int) -> Iterator[CrawlPage]:
    """Crawl the toy world's web, one page at a time; the same arguments give the same pages everywhere.

    Args:
        world: The world that the good pages are about.
        count: How many pages.
        seed: Start of the random choices.
    """
    return _Crawl(world, seed).pages(count)


def clean_articles(world: World, count: int, seed: int) -> Iterator[tuple[str, float]]:
    """What a perfect pipeline would keep: the paragraphs of articles alone, one a line.

    For measuring with: draw them with a seed that no crawl was made with.

    Args:
        world: The world that they are about.
        count: How many articles.
        seed: Start of the random choices.

    Returns:
        Text and -log p of the text in nats, exactly: the entropy that no model can beat on average.
    """
    random, writer = Random(f"articles {world.seed} {seed}"), ArticleWriter(world, seed)
    return (writer.body(random) for _ in range(count))


class _Crawl:
    """The state of a crawl: the sites, and the articles that may still be copied."""

    def __init__(self, world: World, seed: int) -> None:
        self._world = world
        self._random = Random(f"crawl {world.seed} {seed}")
        self._writer = ArticleWriter(world, seed)
        self._sites = [_site(self._random) for _ in range(SITES)]
        self._articles: list[tuple[int, Content]] = []

    def pages(self, count: int) -> Iterator[CrawlPage]:
        kinds, weights = tuple(SHARES), tuple(SHARES.values())
        for index in range(count):
            kind = self._random.choices(kinds, weights)[0]
            if kind.endswith("duplicate") and not self._articles:
                kind = "article"
            yield self._page(index, kind)

    def _page(self, index: int, kind: str) -> CrawlPage:
        if kind == "foreign":
            return self._foreign(index)
        if kind == "broken":
            return self._broken(index)
        original, content = -1, Content(())
        if kind == "article":
            content = self._article(index)
        elif kind in NOISE:
            content = NOISE[kind](self._writer, self._random)
        else:
            original, content = self._random.choice(self._articles)
            if kind == "near-duplicate":
                content = near_copy(content, self._world, self._random)
        truth = PageTruth(
            kind=kind, language="en", main_text=content.main_text, pii=content.pii, nats=content.nats,
            duplicate_of=original if kind == "exact-duplicate" else -1,
            near_duplicate_of=original if kind == "near-duplicate" else -1, wanted=kind == "article",
        )  # fmt: skip
        return self._stored(index, self._random.choice(self._sites), content, truth)

    def _article(self, index: int) -> Content:
        content = self._writer.write(self._random)
        if self._random.random() < PII_SHARE:
            content = with_contacts(content, self._world, self._random)
        if len(self._articles) < REMEMBERED:
            self._articles.append((index, content))
        else:
            self._articles[self._random.randrange(REMEMBERED)] = (index, content)
        return content

    def _foreign(self, index: int) -> CrawlPage:
        tongue = self._random.choice(TONGUES)
        content = foreign(tongue, self._random)
        truth = PageTruth(kind="foreign", language=tongue.code, main_text=content.main_text)
        return self._stored(index, _foreign_site(tongue, self._random), content, truth)

    def _broken(self, index: int) -> CrawlPage:
        random = self._random
        content = with_accents(self._writer.write(random), random)
        site = random.choice(self._sites)
        html, charset, readable = broken_bytes(site, content, random)
        truth = PageTruth(
            kind="broken", language="en", main_text=content.main_text if readable else "", wanted=readable
        )
        return CrawlPage(index, _url(site, index, random), html, charset, truth)

    def _stored(self, index: int, site: Site, content: Content, truth: PageTruth) -> CrawlPage:
        html, charset = stored_bytes(site, content, self._random)
        return CrawlPage(index, _url(site, index, self._random), html, charset, truth)


def _site(random: Random) -> Site:
    first, second = random.sample(_WORDS, 2)
    ending = random.choice(("example", "test", "example.com", "example.org"))
    return Site(
        template=random.choice(tuple(TEMPLATES)), host=f"www.{first}-{second}.{ending}",
        name=f"{first} {second}".title(), language=random.choice(("en", "en", "en-US", "en-GB")), menu=MENU,
        cookies=random.choice(COOKIES), footer=random.choice(FOOTERS), teasers=TEASERS,
        nameless=random.random() < NAMELESS_SHARE,
    )  # fmt: skip


def _foreign_site(tongue: Tongue, random: Random) -> Site:
    template = random.choice(tuple(TEMPLATES))
    return Site(
        template=template, host=f"{template}.{tongue.code}.example", name=f"{tongue.menu[1]} {tongue.code.upper()}",
        language=tongue.code, menu=tongue.menu, cookies=tongue.cookies, footer=tongue.footer,
        teasers=tuple(title.format(p=place) for title in tongue.titles for place in tongue.places),
    )  # fmt: skip


def _url(site: Site, index: int, random: Random) -> str:
    path = {"blog": "post", "encyclopedia": "wiki", "forum": "viewtopic", "shop": "product", "news": "story"}
    return f"https://{site.host}/{path[site.template]}/{random.randint(10, 99)}-{index}.html"
