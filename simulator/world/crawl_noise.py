"""Pages that no one should train on: spam, stuffed keywords, lists, scraps, errors, placeholders, code."""

from __future__ import annotations

from collections.abc import Callable
from random import Random

from simulator.world.crawl_content import ArticleWriter, Block, Content, date

_TRADES: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("casino", ("free spins", "live roulette", "slot games", "poker bonus", "betting tips", "jackpot")),
    ("pills", ("weight loss pills", "sleep drops", "vitamin boost", "detox tea", "muscle powder", "keto gummies")),
    ("loans", ("payday loan", "instant credit", "debt relief", "bad credit card", "cash advance", "mortgage deal")),
    ("watches", ("replica watches", "designer bags", "luxury shoes", "gold chains", "brand sunglasses", "outlet")),
    ("essays", ("essay help", "term paper", "homework service", "thesis writer", "exam answers", "book report")),
    ("crypto", ("crypto signals", "trading bot", "coin presale", "mining profit", "forex robot", "passive income")),
    ("links", ("backlinks", "page rank", "web traffic", "email lists", "ad clicks", "guest posts")),
)  # fmt: skip

_BRANDS = (
    "MegaWin", "TopDeal", "FastPro", "GoldStar", "EasyPlus", "PrimeMax", "NowHub", "BestLine", "LuckyOne", "UltraFit",
)  # fmt: skip

_SHOUTS = (
    "CLICK HERE NOW!!!", ">>> ORDER TODAY <<<", "*** LIMITED OFFER ***", "BUY 1 GET 2 FREE", "100% GUARANTEED",
    "Act now... stocks are low...", "Best price online", "#1 {item} site", "Save {n}% on {item}",
    "{brand} {item} >> {item} >> {item}", "No fees | No risk | No waiting", "$$$ {item} $$$",
    "Sign up and get {n} free", "As seen on TV", "Secure checkout - fast delivery", "Hurry, only {n} left",
    "Read more...", "Get your {item} bonus code", "Share this with {n} friends",
)  # fmt: skip

_PITCHES = (
    "Are you looking for the best {item} on the web?",
    "{brand} is the number one choice for {item} in {year}.",
    "You will not believe what our customers say about {brand}.",
    "Order {item} today and save up to {n} percent.",
    "We ship {item} to more than {n} countries.",
    "Our experts have tested {n} offers for {item} so that you do not have to.",
    "Sign up at {brand} and claim your bonus before it is gone.",
    "Thousands of people make money with {item} every day, and so can you.",
    "Doctors and bankers do not want you to know about {item}.",
    "There is no risk, and with {brand} you get your money back.",
    "Compare {item} and {other} to find the deal that is right for you.",
    "This offer ends tonight, so act now.",
    "Only {n} places are left at this price.",
    "If you like {other}, you will love {item} from {brand}.",
    "The secret of {item} has been used by the rich for {n} years.",
    "Enter your code at the checkout and get {item} for free.",
)

_STUFFED = (
    "{item} cheap {item} best {item} buy {item} online {item} {year} {item} near me {item} deals",
    "buy {item}, cheap {item}, {item} sale, {item} online, top {item}, {item} review, {item} price",
    "{item} | {item} discount | {item} shop | best {item} | {item} for you | {item} {brand}",
    "If you need {item} then {item} is the {item} for you because our {item} is the best {item}.",
    "Our {item} is {item} made for {item} fans who want {item} and more {item} at {item} prices.",
)

_LISTED = (
    "{a} {b}, size {n}", "{a} {b} ({n} in stock)", "{b} for the {c}", "Top {n} {b} tips", "{a} {b} - EUR {n}",
    "{b} and {c} set", "New: {a} {b}", "{a} {b} {year}", "{b} spare part no. {n}", "{c} with {b}",
)  # fmt: skip
_ADJECTIVES = (
    "Red", "Small", "Oak", "Steel", "Soft", "Garden", "Travel", "Winter", "Round", "Folding", "Blue", "Heavy",
    "Vintage", "Cotton", "Double", "Wall",
)  # fmt: skip
_GOODS = (
    "chair", "lamp", "rug", "kettle", "bench", "tent", "scarf", "mirror", "shelf", "jug", "bowl", "drill", "hose",
    "pillow", "clock", "basket", "ladder", "towel", "brush", "candle",
)  # fmt: skip

_ERRORS = (
    ("404 Not Found", ("The page you were looking for could not be found.", "Go back to the home page.")),
    ("Access denied", ("You do not have permission to view this page.", "Error code 1020.")),
    ("Please enable JavaScript", ("You need to enable JavaScript to run this app.",)),
    ("Under construction", ("This site is under construction.", "Please come back soon.")),
    ("Domain for sale", ("The domain {site} may be for sale.", "Make an offer now.")),
    ("Sorry, something went wrong", ("Our team has been told.", "Request id: {n}-{n}-{n}.")),
    ("Log in", ("You must log in to see this content.", "Forgot your password?")),
    ("No results", ("Your search did not match any pages.", "Try other words.")),
)

_LOREM = (
    "Lorem ipsum dolor sit amet, consectetur adipiscing elit, sed do eiusmod tempor incididunt ut labore.",
    "Ut enim ad minim veniam, quis nostrud exercitation ullamco laboris nisi ut aliquip ex ea commodo consequat.",
    "Duis aute irure dolor in reprehenderit in voluptate velit esse cillum dolore eu fugiat nulla pariatur.",
    "Excepteur sint occaecat cupidatat non proident, sunt in culpa qui officia deserunt mollit anim id est laborum.",
    "Sed ut perspiciatis unde omnis iste natus error sit voluptatem accusantium doloremque laudantium.",
    "Nemo enim ipsam voluptatem quia voluptas sit aspernatur aut odit aut fugit.",
    "Neque porro quisquam est, qui dolorem ipsum quia dolor sit amet, consectetur, adipisci velit.",
    "At vero eos et accusamus et iusto odio dignissimos ducimus qui blanditiis praesentium voluptatum deleniti.",
)

_CODE = (
    "function {f}({v}) {{\n  if ({v} > {n}) {{\n    return {v} - {m};\n  }}\n  return {v} + {n};\n}}",
    "for (let {v} = 0; {v} < {n}; {v}++) {{\n  {f}({v} * {m});\n}}",
    "const {f} = ({v}) => {{\n  return {{ value: {v}, limit: {n} }};\n}};",
    ".{f} {{\n  width: {n}px;\n  margin: {m}px auto;\n}}",
    "struct {f} {{\n  int {v};\n  double rate;\n}};",
)
_CODE_WORDS = (
    "This snippet sets the {v} of the {f} to {n}.", "Call it once, and the {f} keeps its {v}.",
    "The limit is {n} by default, but you can pass any number.", "Older browsers need the second form.",
    "Note that {v} has to be a number.",
)  # fmt: skip
_FUNCTIONS = ("clamp", "total", "render", "resize", "parse", "merge", "count", "toggle")
_VARIABLES = ("i", "width", "value", "size", "index", "rate", "left", "count")


def spam(writer: ArticleWriter, random: Random) -> Content:
    """Advertising: mostly shouted fragments; in every third page a fluent sales pitch, which rules let through."""
    words = _trade_words(random)
    fluent = random.random() < 1 / 3
    pool = _PITCHES if fluent else _SHOUTS
    chosen = random.sample(pool, random.randint(9, 14))
    if not fluent:
        for pitch in random.sample(_PITCHES, random.randint(2, 5)):
            chosen.insert(random.randint(0, len(chosen)), pitch)
    lines = [line.format_map({**words, "n": random.randint(3, 99)}) for line in chosen]
    if fluent:
        cut = len(lines) // 2
        lines = [" ".join(lines[:cut]), " ".join(lines[cut:])]
    title = f"{words['item']} - {words['brand']}".title()
    return Content((Block("h1", title), *(Block("p", line) for line in lines)))


def stuffed(writer: ArticleWriter, random: Random) -> Content:
    """One phrase again and again, for search engines only."""
    words = _trade_words(random)
    count = random.randint(4, 9)
    lines = [pattern.format_map(words) for pattern in random.choices(_STUFFED, k=count)]
    return Content((Block("h1", f"{words['item']} {words['item']}"), *(Block("p", line) for line in lines)))


def listing(writer: ArticleWriter, random: Random) -> Content:
    """A page of list items without a sentence."""
    items = []
    for pattern in random.choices(_LISTED, k=random.randint(15, 45)):
        a, b, c = random.choice(_ADJECTIVES), random.choice(_GOODS), random.choice(_GOODS)
        items.append(
            pattern.format(
                a=a, b=b, c=c, n=random.randint(2, 60), year=random.randint(2001, 2025)
            ).capitalize()
        )
    title = random.choice(("All products", "Site map", "Index", "Catalogue", "Archive"))
    return Content((Block("h1", title), *(Block("li", item) for item in items)))


def scrap(writer: ArticleWriter, random: Random) -> Content:
    """A true sentence or two: too short to learn from."""
    return Content((Block("h1", writer.title(random)), Block("p", writer.sentences(random, 1)[0])))


def error(writer: ArticleWriter, random: Random) -> Content:
    """What a server says in place of a page, with status 200 all the same."""
    title, lines = random.choice(_ERRORS)
    values = {"site": f"{random.choice(_BRANDS).lower()}.example", "n": random.randint(1000, 9999)}
    return Content((Block("h1", title), *(Block("p", line.format_map(values)) for line in lines)))


def placeholder(writer: ArticleWriter, random: Random) -> Content:
    """Filler text that a designer left."""
    lines = random.choices(_LOREM, k=random.randint(6, 14))
    cut = random.randint(2, len(lines) - 2)
    texts = (_LOREM[0], " ".join(lines[:cut]), " ".join(lines[cut:]))
    return Content((Block("h1", "Sample page"), *(Block("p", text) for text in texts)))


def code(writer: ArticleWriter, random: Random) -> Content:
    """Program listings with curly brackets between a few words."""
    name = random.choice(_FUNCTIONS)
    blocks = [Block("h1", f"How to {name} in {random.randint(2, 9)} lines")]
    for snippet in random.sample(_CODE, random.randint(2, 4)):
        values = {
            "f": name,
            "v": random.choice(_VARIABLES),
            "n": random.randint(2, 99),
            "m": random.randint(2, 9),
        }
        words = " ".join(random.sample(_CODE_WORDS, 2)).format_map(values)
        blocks += [Block("p", words), Block("pre", snippet.format_map(values))]
    return Content((*blocks, Block("p", f"Posted on {date(random)}.")))


NOISE: dict[str, Callable[[ArticleWriter, Random], Content]] = {
    "spam": spam,
    "stuffed": stuffed,
    "list": listing,
    "short": scrap,
    "error": error,
    "placeholder": placeholder,
    "code": code,
}
"""What writes each kind of unwanted page in English."""


def _trade_words(random: Random) -> dict[str, str | int]:
    _, items = random.choice(_TRADES)
    item, other = random.sample(items, 2)
    return {"item": item, "other": other, "brand": random.choice(_BRANDS), "year": random.randint(2012, 2025)}
