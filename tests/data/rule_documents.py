"""Varied documents for the filter rules: the toy crawl's pages, each bent so that some rule may bite."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import cycle, islice
from random import Random

from simulator.world import build_world
from simulator.world.crawl import generate_crawl

Bend = Callable[[str, Random], str]

_NOTICES = (
    "This site uses cookies to work.", "Please enable JavaScript in your browser.",
    "Read our privacy policy and terms of use.",
    "Lorem ipsum dolor sit amet, consectetur.", "var page = {width: 3, height: 4};", "See the use of cookies below.",
)  # fmt: skip
_SPRINKLES = (
    "don't", "it's", "they'll", "I'm", "we've", "cannot", "gonna", "Mr. Smith's", "Dr. Who", "U.S.A.",
    "e.g.", "i.e.", "3.5%", "$1,000.50", "10:30am", "2019-2020", "5km", "C++", "AT&T", "well-known",
    "and/or", "a/b", "foo_bar", "#tag", "@you", "https://www.example.com/a-b?c=d.", "joe@example.com,", "…",
    "...", "—", "–", "-", "•", "“quoted”", "‘so’", "(see [3])", "[citation needed]", "end.Next", "f(x):",
    "{", "}", ":)", ":-(", "'em,", "rock'n'roll", "naïve", "Ünal.", "日本語のテキスト。", "привет,", "🙂", "°C", "²",
    "x" * 40, "!!!", "?!", "''", '"\'', "J.", "p.m.", "1/2", "+5", "=", "§4",
)  # fmt: skip


def _as_it_is(text: str, random: Random) -> str:
    return text


def _cut(text: str, random: Random) -> str:
    start = random.randrange(max(len(text) // 2, 1))
    return text[start : start + random.randrange(20, 1500)]


def _repeat_lines(text: str, random: Random) -> str:
    lines = text.split("\n")
    chosen = random.choices(lines, k=random.randint(1, len(lines) + 2))
    lines[random.randrange(len(lines)) :] = chosen
    return "\n".join(lines)


def _repeat_paragraphs(text: str, random: Random) -> str:
    parts = [part for part in text.split("\n") if part][:6] or [text]
    return "\n\n".join(parts + random.choices(parts, k=random.randint(0, 5)))


def _repeat_words(text: str, random: Random) -> str:
    words = text.split(" ")[:200]
    start, length = random.randrange(max(len(words) - 12, 1)), random.randint(2, 12)
    run = words[start : start + length]
    for _ in range(random.randint(1, 12)):
        place = random.randrange(len(words))
        words[place:place] = run
    return " ".join(words)


def _sprinkle(text: str, random: Random) -> str:
    words = text.split(" ")[:250]
    for _ in range(random.randint(1, max(len(words) // 3, 2))):
        words.insert(random.randrange(len(words) + 1), random.choice(_SPRINKLES))
    return " ".join(words)


def _add_notices(text: str, random: Random) -> str:
    lines = text.split("\n")
    for _ in range(random.randint(1, 3)):
        lines.insert(random.randrange(len(lines) + 1), random.choice(_NOTICES))
    return "\n".join(lines)


def _as_list(text: str, random: Random) -> str:
    mark, share = random.choice(("• ", "- ", "* ", "-")), random.choice((0.5, 0.85, 0.95, 1.0))
    parts = text.replace(". ", ".\n").split("\n")[:40]
    return "\n".join(mark + part if random.random() < share else part for part in parts)


def _cut_off_lines(text: str, random: Random) -> str:
    end, share = random.choice(("...", "…", " ...", "….")), random.choice((0.2, 0.3, 0.4, 1.0))
    parts = text.replace(". ", ".\n").split("\n")[:40]
    return "\n".join(part[:30] + end if random.random() < share else part for part in parts)


def _numbers(text: str, random: Random) -> str:
    share = random.choice((0.05, 0.1, 0.3))
    words = text.split(" ")[:200]
    return " ".join(str(random.randrange(10_000)) if random.random() < share else word for word in words)


def _hashes(text: str, random: Random) -> str:
    share = random.choice((0.05, 0.1, 0.15))
    return " ".join("#" + word if random.random() < share else word for word in text.split(" ")[:200])


def _long_words(text: str, random: Random) -> str:
    if random.random() < 0.3:
        return f"{text[:500]}\nthe {'endless' * random.choice((142, 143, 200))} word of it\n{text[500:900]}"
    return text[:900].replace(" ", "", random.randrange(20, 120))


def _odd_spaces(text: str, random: Random) -> str:
    spaces = ("\u00a0", "\t", "  ", "\r\n", "\x0b", "\u2028", "\x85", " \n ", "\n\n\n")
    return "".join(random.choice(spaces) if c == " " and random.random() < 0.1 else c for c in text[:1200])


def _no_stop_words(text: str, random: Random) -> str:
    return " ".join(
        word for word in text.split(" ")[:200] if word not in ("the", "and", "of", "to", "with", "that")
    )


BENDS: tuple[Bend, ...] = (
    _as_it_is, _cut, _repeat_lines, _repeat_paragraphs, _repeat_words, _sprinkle, _add_notices, _as_list,
    _cut_off_lines, _numbers, _hashes, _long_words, _odd_spaces, _no_stop_words,
)  # fmt: skip


def rule_documents(count: int, seed: int, longest: int = 4000) -> list[str]:
    """``count`` texts, the same for the same seed; every second one is bent twice."""
    random = Random(f"rules {seed}")
    return list(islice(_documents(random, seed, longest), count))


def _documents(random: Random, seed: int, longest: int) -> Iterator[str]:
    pages = [
        page.truth.main_text for page in generate_crawl(build_world(), 300, seed) if page.truth.main_text
    ]
    for number, bend in enumerate(cycle(BENDS)):
        text = bend(random.choice(pages)[:longest], random)
        if number % 2:
            text = random.choice(BENDS)(text, random)
        yield text[:longest]
