"""Five kinds of web site: blog, encyclopedia, forum, shop and newspaper, with all that is around the text."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from html import escape
from random import Random

from simulator.world.crawl_content import Content, date
from simulator.world.crawl_markup import paragraphs, sloppy, without_names


@dataclass(frozen=True)
class Site:
    """A web site.

    Attributes:
        template: Which template its pages use, a key of TEMPLATES.
        host: Its domain.
        name: What it calls itself.
        language: Language of its pages, for the ``lang`` attribute.
        menu: Labels of its navigation.
        cookies: Words of its cookie banner.
        footer: Words at the foot of each page.
        teasers: Titles of other pages that it links to.
        nameless: Its class names and ids say nothing.
    """

    template: str
    host: str
    name: str
    language: str
    menu: tuple[str, ...]
    cookies: str
    footer: str
    teasers: tuple[str, ...]
    nameless: bool = False


MENU = ("Home", "News", "About", "Contact", "Shop", "Archive", "Forum", "Help", "Events", "Gallery")
COOKIES = (
    "We use cookies to improve your experience. By using this site you agree to our policy.",
    "This website uses cookies. Read our privacy policy to learn more.",
    "We value your privacy. We and our partners store information on a device.",
)
FOOTERS = (
    "All rights reserved. Privacy policy. Terms of use.",
    "Powered by a content system. Imprint and contact.",
    "Copyright by the authors. No part may be copied without permission.",
)
_ADS = (
    "Advertisement", "Sponsored: save big on summer shoes", "Ad - this could be your banner",
    "Try our new app for free", "Hot deals near you",
)  # fmt: skip
TEASERS = (
    "How to grow tomatoes on a balcony", "Ten walks for a rainy weekend", "Why old clocks run late",
    "The best soups of the season", "A guide to small boats", "What your cat wants to tell you",
    "Five ways to mend a chair", "Street markets that never close", "A short history of buttons",
    "Where to see the stars tonight",
)  # fmt: skip
_COMMENTS = (
    "Great post, thanks for sharing!", "First!!", "I do not agree with this at all.", "Does anyone know more?",
    "lol so true", "My aunt used to live there.", "Can you write about boats next time?", "Nice pictures :)",
)  # fmt: skip
_USERS = (
    "kitefan",
    "moss_77",
    "redbarn",
    "OldMiller",
    "tea.lover",
    "juno",
    "bigpond",
    "anna_b",
    "walker9",
    "nightowl",
)
_HIDDEN = (
    "cheap flights hotels casino loans ringtones", "Skip to content", "You have unread messages in your inbox",
)  # fmt: skip


def render(site: Site, content: Content, random: Random, *, charset: str = "utf-8") -> str:
    """A whole page.

    Args:
        site: The site it is on.
        content: Its main content.
        random: Chooses all that is around it.
        charset: The encoding that its ``meta`` element claims; "" leaves the claim out.
    """
    body = TEMPLATES[site.template](site, content, random)
    claim = f'<meta charset="{charset}">\n' if charset else ""
    page = (
        f'<!DOCTYPE html>\n<html lang="{site.language}">\n<head>\n{claim}'
        f"<title>{escape(content.title, quote=False)} - {site.name}</title>\n"
        f'<meta name="viewport" content="width=device-width">\n{_head(site, random)}</head>\n<body>\n'
        f"{body}\n{_tail(random)}</body>\n</html>\n"
    )
    return sloppy(without_names(page, site.host) if site.nameless else page, random)


def _blog(site: Site, content: Content, random: Random) -> str:
    heading, *rest = paragraphs(content.blocks, random)
    text = "\n".join(_with_insert(rest, _ad(random), random))
    byline = f"Posted on {date(random)} by {random.choice(_USERS)}"
    return f"""{_cookies(site)}<header id="masthead" class="site-header"><p class="site-title">
<a href="/">{site.name}</a></p>
{_menu(site, random, "main-navigation")}</header>
<div id="content" class="site-content"><main id="main"><article class="post hentry">
<header class="entry-header">{heading}<div class="entry-meta">{byline}</div></header>
<div class="entry-content">
{text}
</div>
<footer class="entry-footer">Tagged
<a rel="tag" href="/tag/notes">notes</a>, <a rel="tag" href="/tag/life">life</a></footer>
</article>
{_share(random)}{_comments(random)}</main>
<aside id="secondary" class="widget-area sidebar">{_teasers(site, random, "Recent posts")}
<section class="widget">{_newsletter(site)}</section></aside></div>
{_footer(site, random)}"""


def _encyclopedia(site: Site, content: Content, random: Random) -> str:
    heading, *rest = paragraphs(content.blocks, random)
    rest = [
        part.replace("</h2>", ' <span class="mw-editsection">[<a href="#">edit</a>]</span></h2>')
        for part in rest
    ]
    toc = '<div id="toc" class="toc"><h2>Contents</h2><ul><li><a href="#1">1 Overview</a></li>'
    toc += '<li><a href="#2">2 Notes</a></li></ul></div>'
    heading = heading.replace("<h1>", '<h1 id="firstHeading" class="firstHeading">')
    return f"""<div id="mw-navigation"><nav id="p-personal"><ul><li><a href="/login">Log in</a></li>
<li><a href="/register">Create account</a></li></ul></nav>{_menu(site, random, "portal")}</div>
<div id="content" class="mw-body" role="main"><div id="siteNotice">{random.choice(_ADS)}</div>
{heading}
<div id="siteSub" class="noprint">From {site.name}</div>
<div id="mw-content-text" class="mw-parser-output">
{toc if random.random() < 0.5 else ""}
{chr(10).join(rest)}
</div>
<div class="navbox" role="navigation"><ul>{_links(site, random, 6)}</ul></div>
<div id="catlinks" class="catlinks">
<a href="/c">Categories</a>: <a href="/c/1">Places</a> | <a href="/c/2">People</a></div>
</div>
<div id="footer" role="contentinfo"><ul><li>This page was cached by the server.</li>
<li><a href="/privacy">{site.footer}</a></li></ul></div>"""


def _forum(site: Site, content: Content, random: Random) -> str:
    heading, *rest = paragraphs(content.blocks, random)
    cuts = (
        sorted(random.sample(range(1, len(rest)), min(len(rest) - 1, random.randint(0, 2)))) if rest else []
    )
    posts = [rest[start:end] for start, end in zip([0, *cuts], [*cuts, len(rest)], strict=True)]
    shown = "\n".join(_post(site, post, random) for post in posts)
    return f"""<div id="page-header"><div class="headerbar"><a href="/">{site.name}</a>
</div>{_menu(site, random, "navbar")}</div>
<div id="page-body" role="main"><div class="breadcrumbs">
<a href="/">Board index</a> &raquo; <a href="/f2">Talk</a></div>
{heading}
<div class="action-bar">
<a class="button" href="/reply">Post reply</a> <span class="pagination">{len(posts)} posts - Page 1 of 1</span></div>
{shown}
<div class="action-bar"><a href="/up">Return to Talk</a></div>
<div class="stat-block online-list"><h3>Who is online</h3><p>Users browsing this forum: {random.choice(_USERS)} and
{random.randint(2, 30)} guests</p></div></div>
{_cookies(site)}{_footer(site, random)}"""


def _post(site: Site, parts: list[str], random: Random) -> str:
    user = random.choice(_USERS)
    return f"""<div class="post"><dl class="postprofile"><dt><a href="/u/{user}">{user}</a></dt>
<dd>Posts: {random.randint(1, 9000)}</dd>
<dd>Joined: {date(random)}</dd></dl>
<div class="postbody"><p class="author">by <a href="/u/{user}">{user}</a> &raquo; {date(random)}</p>
<div class="content">
{chr(10).join(parts)}
</div>
<div class="signature">-- {user}, {random.choice(site.teasers).lower()}</div></div></div>"""


def _shop(site: Site, content: Content, random: Random) -> str:
    heading, *rest = paragraphs(content.blocks, random)
    price = f"{random.randint(3, 90)}.{random.choice(('00', '49', '90', '99'))}"
    return f"""{_cookies(site)}<div class="header"><div class="logo"><a href="/">{site.name}</a></div>
<form class="search" action="/s"><input name="q" placeholder="Search"><button>Search</button></form>
<div class="mini-cart"><a href="/cart">Cart (0)</a></div>{_menu(site, random, "main-menu")}</div>
<ol class="breadcrumb"><li><a href="/">Home</a></li><li><a href="/c/7">Books</a></li></ol>
<div class="product-page" id="product"><div class="product-image">
<img src="/i/{random.randint(1, 999)}.jpg" alt="cover"></div>
{heading}
<div class="price-box">
<span class="price">EUR {price}</span> <button class="btn add-to-cart">Add to cart</button></div>
<div class="product-description">
{chr(10).join(rest)}
</div>
{_share(random)}</div>
<div class="related-products"><h3>You may also like</h3><ul>{_links(site, random, 4)}</ul></div>
{_footer(site, random)}"""


def _news(site: Site, content: Content, random: Random) -> str:
    heading, *rest = paragraphs(content.blocks, random)
    more = f'<p class="related-link"><strong>Read more:</strong> <a href="/r">{random.choice(site.teasers)}</a></p>'
    text = "\n".join(_with_insert(_with_insert(rest, _ad(random), random), more, random))
    return f"""<div id="consent-overlay" class="cookie-consent" role="dialog"><p>{site.cookies}</p>
<button>Accept all</button></div>
<div class="top-bar"><a href="/subscribe">Subscribe</a> <a href="/login">Sign in</a></div>
<header class="page-header"><a class="logo" href="/">{site.name}</a>{_menu(site, random, "nav-primary")}</header>
<main><article itemscope><header>{heading}
<div class="byline">By
<a rel="author" href="/a">{random.choice(_USERS)}</a> <time datetime="2021">{date(random)}</time></div></header>
<div class="article-body" itemprop="articleBody">
{text}
</div></article>
<div class="most-read"><h3>Most read</h3><ol>{_links(site, random, 5)}</ol></div></main>
<section class="newsletter-signup">{_newsletter(site)}</section>
{_footer(site, random)}"""


TEMPLATES: dict[str, Callable[[Site, Content, Random], str]] = {
    "blog": _blog,
    "encyclopedia": _encyclopedia,
    "forum": _forum,
    "shop": _shop,
    "news": _news,
}
"""What draws the body of a page of each kind of site."""


def _head(site: Site, random: Random) -> str:
    colour = f"#{random.randrange(1 << 24):06x}"
    return (
        f"<style>body {{ color: {colour}; margin: 0 }} "
        f".{site.template} {{ width: {random.randint(600, 1200)}px }}</style>\n"
        f'<script>window.page = {{"id": {random.randint(1, 10**6)}, "kind": "{site.template}"}};</script>\n'
    )


def _tail(random: Random) -> str:
    hidden = f'<div style="display:none">{random.choice(_HIDDEN)}</div>\n' if random.random() < 0.4 else ""
    return (
        f"{hidden}<script>(function() {{ var t = {random.randint(1, 999)}; "
        'if (t < 0) { track("view", t); } })();</script>\n'
        '<noscript><img src="/pixel.gif" alt="">Please enable JavaScript.</noscript>\n'
    )


def _menu(site: Site, random: Random, name: str) -> str:
    labels = random.sample(site.menu, min(len(site.menu), random.randint(4, 7)))
    items = "".join(f'<li><a href="/{number}">{label}</a></li>' for number, label in enumerate(labels))
    return f'<nav class="{name}"><ul>{items}</ul></nav>\n'


def _cookies(site: Site) -> str:
    buttons = '<a href="/privacy">More</a> <button>Accept</button>'
    return f'<div id="cookie-banner" class="cookie-notice">{site.cookies} {buttons}</div>\n'


def _footer(site: Site, random: Random) -> str:
    year = random.randint(2009, 2025)
    words = f"<p>&copy; {year} {site.name}. {site.footer}</p>"
    return f'<footer class="site-footer">{words}<ul>{_links(site, random, 3)}</ul></footer>\n'


def _links(site: Site, random: Random, count: int) -> str:
    return "".join(
        f'<li><a href="/t/{random.randint(1, 999)}">{text}</a></li>'
        for text in random.sample(site.teasers, min(count, len(site.teasers)))
    )


def _teasers(site: Site, random: Random, title: str) -> str:
    heading = f'<h3 class="widget-title">{title}</h3>'
    return f'<section class="widget">{heading}<ul>{_links(site, random, 4)}</ul></section>\n'


def _newsletter(site: Site) -> str:
    return f"<h3>Newsletter</h3><p>Get the best of {site.name} in your inbox.</p><button>Sign up</button>"


def _share(random: Random) -> str:
    return (
        '<div class="share-buttons social"><a href="/fb">Share</a> <a href="/x">Post</a> <a href="/wa">Send</a> '
        f"<span>{random.randint(0, 500)} shares</span></div>\n"
    )


def _comments(random: Random) -> str:
    count = random.randint(0, 3)
    shown = "".join(
        f'<li class="comment"><cite>{random.choice(_USERS)}</cite> <time>{date(random)}</time><p>{text}</p></li>'
        for text in random.sample(_COMMENTS, count)
    )
    reply = '<a href="#respond">Leave a reply</a>'
    return (
        f'<div id="comments" class="comments-area"><h3>{count} comments</h3><ol>{shown}</ol>{reply}</div>\n'
    )


def _ad(random: Random) -> str:
    return f'<div class="ad ad-slot" id="ad-{random.randint(1, 9)}"><span>{random.choice(_ADS)}</span></div>'


def _with_insert(parts: list[str], insert: str, random: Random) -> list[str]:
    """The parts with something that is none of them in between, in half of the pages."""
    if len(parts) < 2 or random.random() < 0.5:
        return parts
    place = random.randint(1, len(parts) - 1)
    return [*parts[:place], insert, *parts[place:]]
