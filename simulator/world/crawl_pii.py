"""Personal data as it turns up on web pages: made up, from ranges kept for fiction, with valid check digits.

Phone numbers come from the ranges that regulators reserve for drama (NANPA 555-01xx, Ofcom, Bundesnetzagentur,
Arcep), e-mail addresses from the names that RFC 2606 and RFC 6761 reserve, card numbers from test ranges.
IP addresses are drawn from public space, since private ones identify nobody.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Callable
from random import Random

from simulator.world.crawl_content import Block, Content, PiiTruth, date
from simulator.world.knowledge import World

_EMAIL_HOSTS = ("example.com", "example.org", "example.net", "mail.example.com", "post.example")
_CARD_PREFIXES = (("411111", 16), ("555555", 16), ("601111", 16), ("378282", 15))

_SENTENCES = {
    "email": (
        "Write to {} for a copy.", "Questions about the market go to {}.", "Anyone may send a note to {} at any time.",
        "The old address was {}, and it still works.",
    ),
    "phone": (
        "Call {} after lunch.", "The number of the office is {}.", "To order by phone, ring {} before noon.",
        "Ask for the baker on {} on any day of the week.",
    ),
    "ip": (
        "The last visitor came from {}.", "The log of that day shows the address {} twice.",
        "The server at {} was slow all week.",
    ),
    "card": (
        "The bill was paid with card {}.", "The card on file is {}, and it runs out in May.",
        "Please charge the tickets to {}.",
    ),
}  # fmt: skip

_DECOYS = (
    "The shop opens at 09:30 and closes at 17:45.", "The order has the number 4111-{a}-{b}.",
    "Version 3.{c}.12 of the map came out on {date}.", "The book costs 14.90 and has {a} pages.",
    "The years 1990-2004 were good for the mill.", "The scale model is 1:{a} and weighs 2.5 kg.",
    "There were {a},500 visitors in 2019, 2020 and 2021.", "See page {c}, line {c}, of the town book.",
)  # fmt: skip


def with_contacts(content: Content, world: World, random: Random) -> Content:
    """The same article with one to four pieces of personal data in it, and some numbers that are none."""
    blocks = list(content.blocks)
    found = []
    for _ in range(random.choices((1, 2, 3, 4), (4, 3, 2, 1))[0]):
        kind = random.choices(tuple(_SENTENCES), (4, 3, 2, 1))[0]
        text = _MAKERS[kind](world, random)
        found.append(PiiTruth(kind, text))
        _add_sentence(blocks, random.choice(_SENTENCES[kind]).format(text), random)
    for _ in range(random.choice((0, 0, 1, 2))):
        numbers = {"a": random.randint(100, 999), "b": random.randint(100, 999), "c": random.randint(2, 99)}
        _add_sentence(blocks, random.choice(_DECOYS).format(date=date(random), **numbers), random)
    return content.with_blocks(tuple(blocks), tuple(found))


def _add_sentence(blocks: list[Block], sentence: str, random: Random) -> None:
    """As a paragraph of its own, or at the end of one."""
    places = [index for index, block in enumerate(blocks) if block.tag == "p" and "\n" not in block.text]
    index = random.choice(places)
    if random.random() < 0.5:
        blocks.insert(index + 1, Block("p", sentence))
    else:
        blocks[index] = Block("p", f"{blocks[index].text} {sentence}")


def _email(world: World, random: Random) -> str:
    person = random.choice(world.people)
    name = random.choice(
        (
            person.name.lower(),
            f"{person.name}.{person.job}".lower(),
            f"{person.name[0]}_{person.pet_name}{random.randint(1, 99)}".lower(),
            f"{person.name.lower()}+news",
            person.job,
        )
    )
    return f"{name}@{random.choice(_EMAIL_HOSTS)}"


def _phone(world: World, random: Random) -> str:
    line = f"{random.randint(100, 199):04d}"
    area = random.choice((202, 212, 312, 415, 617))
    return random.choice(
        (
            f"({area}) 555-{line}", f"{area}-555-{line}", f"+1 {area} 555 {line}", f"+1-{area}-555-{line}",
            f"+44 20 7946 0{random.randint(0, 999):03d}", f"+49 30 23125 {random.randint(0, 999):03d}",
            f"+33 1 99 00 {random.randint(0, 99):02d} {random.randint(0, 99):02d}",
        )
    )  # fmt: skip


def _ip(world: World, random: Random) -> str:
    while True:
        address = ipaddress.IPv4Address(random.randint(1 << 24, (224 << 24) - 1))
        if address.is_global:
            return str(address)


def _card(world: World, random: Random) -> str:
    prefix, length = random.choice(_CARD_PREFIXES)
    digits = prefix + "".join(random.choices("0123456789", k=length - len(prefix) - 1))
    digits += luhn_digit(digits)
    cuts = (4, 8, 12) if length == 16 else (4, 10)
    mark = random.choice((" ", "-", ""))
    return mark.join(digits[start:end] for start, end in zip((0, *cuts), (*cuts, length), strict=True))


def luhn_digit(digits: str) -> str:
    """The check digit that makes ``digits`` plus itself pass the Luhn test (ISO/IEC 7812-1, annex B)."""
    total = 0
    for place, digit in enumerate(reversed(digits)):
        value = int(digit) * (2 - place % 2)
        total += value - 9 if value > 9 else value
    return str(-total % 10)


_MAKERS: dict[str, Callable[[World, Random], str]] = {
    "email": _email,
    "phone": _phone,
    "ip": _ip,
    "card": _card,
}
