from __future__ import annotations

import gzip
import ipaddress
import math
import statistics
from collections import Counter
from pathlib import Path
from random import Random

import pytest

from simulator.text.decoding import decode_page
from simulator.text.documents import ReadReport
from simulator.text.warc import read_warc
from simulator.text.warc_writing import write_warc
from simulator.world import build_world, log_probability
from simulator.world.crawl import SHARES, CrawlPage, clean_articles, generate_crawl
from simulator.world.crawl_content import ArticleWriter
from simulator.world.crawl_pii import luhn_digit

PAGES = 1500


@pytest.fixture(scope="module")
def pages() -> list[CrawlPage]:
    return list(generate_crawl(build_world(), PAGES, seed=3))


def _shingles(text: str) -> set[tuple[str, ...]]:
    words = text.lower().split()
    return {tuple(words[start : start + 5]) for start in range(len(words) - 4)}


def _jaccard(first: str, second: str) -> float:
    ours, theirs = _shingles(first), _shingles(second)
    return len(ours & theirs) / len(ours | theirs)


def test_the_same_arguments_give_the_same_pages() -> None:
    world = build_world()
    again = list(generate_crawl(world, 60, seed=3))
    assert list(generate_crawl(world, 60, seed=3)) == again
    assert list(generate_crawl(world, 90, seed=3))[:60] == again
    assert [page.html for page in generate_crawl(world, 60, seed=4)] != [page.html for page in again]


def test_kinds_come_in_their_shares(pages: list[CrawlPage]) -> None:
    counts = Counter(page.truth.kind for page in pages)
    assert set(counts) == set(SHARES)
    assert sum(SHARES.values()) == pytest.approx(1.0)
    for kind, share in SHARES.items():
        deviation = math.sqrt(share * (1 - share) / PAGES)
        assert abs(counts[kind] / PAGES - share) < 4.5 * deviation, kind


def test_every_page_has_its_own_address_and_number(pages: list[CrawlPage]) -> None:
    assert [page.index for page in pages] == list(range(PAGES))
    assert len({page.url for page in pages}) == PAGES
    assert pages[7].page().source == "toy:7"


def test_exact_duplicates_repeat_an_earlier_page_on_another_page(pages: list[CrawlPage]) -> None:
    copies = [page for page in pages if page.truth.kind == "exact-duplicate"]
    for page in copies:
        original = pages[page.truth.duplicate_of]
        assert original.index < page.index
        assert original.truth.kind == "article"
        assert original.truth.main_text == page.truth.main_text
        assert original.html != page.html
        assert not page.truth.wanted
    assert {page.truth.duplicate_of for page in pages if page not in copies} == {-1}


def test_near_duplicates_are_near_and_other_pages_are_far(pages: list[CrawlPage]) -> None:
    copies = [page for page in pages if page.truth.kind == "near-duplicate"]
    similar = [
        _jaccard(page.truth.main_text, pages[page.truth.near_duplicate_of].truth.main_text) for page in copies
    ]
    assert len(similar) > 80
    assert min(similar) > 0.85
    assert max(similar) < 1
    assert statistics.median(similar) < 0.98
    random = Random(0)
    articles = [page.truth.main_text for page in pages if page.truth.kind == "article"]
    pairs = (random.sample(articles, 2) for _ in range(4000))
    assert max(_jaccard(*pair) for pair in pairs) < 0.4


def test_the_probability_of_an_article_is_that_of_its_parts() -> None:
    world = build_world()
    for text, nats in clean_articles(world, 40, seed=1):
        # The grammar of documents reads each paragraph; the plan and the order of kinds are left, which cost little.
        documents = -sum(log_probability(world, line, ("encyclopedia", "story")) for line in text.split("\n"))
        assert -1e-6 < nats - documents + 0.8 * len(text.split("\n")) < 20


def test_the_mean_cost_of_articles_is_no_less_than_their_documents_entropy() -> None:
    world = build_world()
    drawn = list(clean_articles(world, 300, seed=2))
    assert len({text for text, _ in drawn}) == 300
    assert all(nats > 100 for _, nats in drawn)


def test_probabilities_add_up_over_ways_to_write_a_page() -> None:
    writer = ArticleWriter(build_world(), 0)
    random = Random(0)
    contents = [writer.write(random) for _ in range(200)]
    assert all(math.isfinite(content.nats) and content.nats > 0 for content in contents)
    assert len({content.main_text for content in contents}) == 200


def test_personal_data_stands_in_the_text_and_is_well_formed(pages: list[CrawlPage]) -> None:
    seen = Counter()
    for page in pages:
        for item in page.truth.pii:
            seen[item.kind] += 1
            assert item.text in page.truth.main_text
            if item.kind == "ip":
                assert ipaddress.ip_address(item.text).is_global
            if item.kind == "card":
                digits = "".join(letter for letter in item.text if letter.isdigit())
                assert luhn_digit(digits[:-1]) == digits[-1]
        if page.truth.pii:
            assert math.isnan(page.truth.nats)
    assert set(seen) == {"email", "phone", "ip", "card"}


def test_check_digits_are_those_of_known_numbers() -> None:
    for number in ("4111111111111111", "5555555555554444", "378282246310005", "79927398713"):
        assert luhn_digit(number[:-1]) == number[-1]


def test_foreign_pages_are_in_many_languages_and_scripts(pages: list[CrawlPage]) -> None:
    languages = Counter(page.truth.language for page in pages if page.truth.kind == "foreign")
    assert set(languages) == {"de", "fr", "es", "it", "nl", "pt", "ru", "el"}
    assert all(len(page.truth.main_text) > 300 for page in pages if page.truth.kind == "foreign")


def test_broken_pages_can_be_read_unless_they_are_junk(pages: list[CrawlPage]) -> None:
    broken = [page for page in pages if page.truth.kind == "broken"]
    readable = [page for page in broken if page.truth.wanted]
    assert 0 < len(broken) - len(readable) < len(readable)
    assert any(b"\xc3\xa2" in page.html for page in readable)  # encoded twice
    for page in readable:
        wanted = {letter for letter in page.truth.main_text if ord(letter) > 127}
        text = decode_page(page.page()).text
        assert "â€" not in text
        assert "Ã©" not in text
        assert len(wanted & set(text)) >= len(wanted) - 3  # three characters may have been cut


def test_good_articles_are_long_enough_for_the_published_rules(pages: list[CrawlPage]) -> None:
    for page in pages:
        if page.truth.kind == "article":
            words = page.truth.main_text.split()
            assert len(words) >= 50
            assert (
                len(
                    {"the", "be", "to", "of", "and", "that", "have", "with"}
                    & {word.lower() for word in words}
                )
                >= 1
            )
            assert sum(word.endswith((".", "?", "!")) for word in words) >= 5


def test_the_crawl_streams() -> None:
    endless = generate_crawl(build_world(), 10**12, seed=0)
    assert next(endless).index == 0


def test_a_crawl_written_as_warc_reads_back_the_same(tmp_path: Path, pages: list[CrawlPage]) -> None:
    path = tmp_path / "toy.warc.gz"
    assert write_warc((page.page() for page in pages[:120]), path) == 120
    report = ReadReport()
    back = list(read_warc(path, "toy", report))
    assert [page.body for page in back] == [page.html for page in pages[:120]]
    assert [page.url for page in back] == [page.url for page in pages[:120]]
    assert [page.charset for page in back] == [page.charset for page in pages[:120]]
    assert report.records == 121
    assert report.passed_over == {"warcinfo record": 1}
    first = gzip.decompress(path.read_bytes())[:400]
    assert first.startswith(b"WARC/1.1\r\n")
    write_warc((page.page() for page in pages[:120]), tmp_path / "again.warc.gz")
    assert (tmp_path / "again.warc.gz").read_bytes() == path.read_bytes()
