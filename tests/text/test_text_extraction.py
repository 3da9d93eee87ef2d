from __future__ import annotations

import random
import time
from collections import Counter

import pytest

from simulator.text.decoding import decode_page
from simulator.text.extraction import extract_text, page_title
from simulator.world import build_world
from simulator.world.crawl import CrawlPage, generate_crawl

PAGE = """<!doctype html><html><head><title> A small
 harbour </title><style>p {}</style></head><body>
<div id="cookie-banner" class="cookie-notice"><p>We use cookies on this site. <a href="/p">More</a></p></div>
<nav><ul><li><a href="/">Home</a></li><li><a href="/n">News</a></li></ul></nav>
<header class="page-header"><h1>A small harbour</h1></header>
<main><article class="research">
<p>The harbour is small, and <a href="/t">Tom</a> &amp; Nia keep it clean all year round.</p>
<pre>x = 1
  y = 2</pre>
<ol><li>Boats come on Monday.</li><li>Nets dry on the wall.</li></ol>
<h2>How it began</h2>
<p>Nobody knows how old it is.<br>Some say it was there before the town.</p>
<div class="share-buttons"><a href="/fb">Share</a> 12 shares</div>
</article></main>
<aside class="sidebar"><p>Subscribe to our letter and never miss a story again.</p></aside>
<div style="display:none">hidden words</div>
<footer>All rights reserved.</footer></body></html>"""

TEXT = """A small harbour

The harbour is small, and Tom & Nia keep it clean all year round.

x = 1
  y = 2

1. Boats come on Monday.
2. Nets dry on the wall.

How it began

Nobody knows how old it is.
Some say it was there before the town."""


@pytest.fixture(scope="module")
def crawl() -> list[tuple[CrawlPage, str]]:
    pages = generate_crawl(build_world(), 500, seed=11)
    return [(page, extract_text(decode_page(page.page()).text)) for page in pages]


def _characters(words: Counter[str]) -> int:
    return sum(len(word) * count for word, count in words.items())


def test_the_main_content_is_taken_and_nothing_else() -> None:
    assert extract_text(PAGE) == TEXT
    assert page_title(PAGE) == "A small harbour"


def test_all_that_is_seen_can_be_taken() -> None:
    text = extract_text(PAGE, main_content=False)
    assert "We use cookies" in text
    assert "All rights reserved." in text
    assert "p {}" not in text


def test_a_menu_without_a_name_is_told_by_its_links() -> None:
    menu = "<div class='c1'><a href='/a'>Boats for hire</a> <a href='/b'>Old maps</a> <a href='/c'>Tea room</a></div>"
    text = "<p>The town has a market on Friday, and everyone comes to it.</p>" * 2
    assert extract_text(f"<body><h1>Market</h1>{menu}{text}</body>").startswith("Market\n\nThe town has")


def test_a_sentence_may_be_full_of_links() -> None:
    links = " ".join(f"<a href='/{word}'>{word}</a>" for word in ("Oakton", "Millby", "Ashford", "Seabury"))
    text = extract_text(
        f"<body><p>The road goes by {links} and ends at the sea near the old mill.</p></body>"
    )
    assert "Seabury" in text


def test_a_page_wholly_named_as_if_it_were_none_is_content() -> None:
    body = "<p>The author of this text lives by the sea and writes every day of the week.</p>" * 30
    assert "lives by the sea" in extract_text(
        f"<body class='cookies'><div class='author'>{body}</div></body>"
    )


def test_boilerplate_of_the_toy_crawl_is_removed(crawl: list[tuple[CrawlPage, str]]) -> None:
    common = ours = theirs = 0
    for page, text in crawl:
        if page.truth.main_text:
            found, wanted = Counter(text.replace("•", " ").split()), Counter(page.truth.main_text.split())
            common += _characters(found & wanted)
            ours += _characters(found)
            theirs += _characters(wanted)
    assert common / ours >= 0.96
    assert common / theirs >= 0.96


def test_good_articles_come_out_whole(crawl: list[tuple[CrawlPage, str]]) -> None:
    articles = [(page, text) for page, text in crawl if page.truth.kind == "article"]
    whole = sum(" ".join(page.truth.main_text.split()) in " ".join(text.split()) for page, text in articles)
    assert whole / len(articles) > 0.85  # between the paragraphs of some stands an advertisement


@pytest.mark.parametrize(
    "html", ["", " ", "plain words", "<", "<p", "<!--", "\x00", "<html><body></body></html>", "<h1>"]
)
def test_odd_pages_are_survived(html: str) -> None:
    assert isinstance(extract_text(html), str)
    assert isinstance(extract_text(html, main_content=False), str)
    assert isinstance(page_title(html), str)


def test_damaged_pages_are_survived() -> None:
    pages = [page.html for page in generate_crawl(build_world(), 40, seed=2)]
    for seed, html in enumerate(pages * 5):
        source, damaged = random.Random(seed), bytearray(html)
        for _ in range(source.choice((1, 10, 200))):
            damaged[source.randrange(len(damaged))] = source.randrange(256)
        del damaged[source.randrange(len(damaged)) :]
        extract_text(bytes(damaged).decode("utf-8", "replace"))


@pytest.mark.parametrize(
    "part", ["<div>", "<b><i>", "<ul><li>", "<a href=x>", '<p class="share">', "<table>", "<!--"]
)
def test_deep_and_endless_markup_takes_no_time(part: str) -> None:
    start = time.process_time()
    extract_text("<p>The town has a market on Friday.</p>" + part * 20_000)
    assert time.process_time() - start < 3
