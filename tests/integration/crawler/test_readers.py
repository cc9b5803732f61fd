"""The readers that ship, through the real process: what they need is there, also after root was given up."""

from __future__ import annotations

import sys
from pathlib import Path

LATE_CHILD = (sys.executable, "-P", str(Path(__file__).parent / "late_imports_child.py"))
DATES = (
    "2026-11-20 10:00",
    "3 小时前",
    "hace 2 horas",
    "kemarin 10:00",
    "2 oras ang nakalipas",
    "20 марта 2026 10:00",
)

FEED = """<?xml version="1.0"?><rss version="2.0"><channel><title>Board</title><link>{site}/</link>
<item><guid>{site}/t/1</guid><link>{site}/t/1</link><title>One</title><description>First entry.</description>
<pubDate>Fri, 20 Nov 2026 10:00:00 GMT</pubDate></item></channel></rss>"""


def thread():
    posts = "".join(
        f'<div class="post" id="post-{n}"><span class="author">Member {n}</span><span class="date">{date}</span>'
        f'<div class="content">Some words of post number {n} about nothing in particular.</div></div>'
        for n, date in enumerate(DATES)
    )
    return f"<html><head><title>Thread</title></head><body>{posts}</body></html>"


def test_nothing_is_imported_after_root_was_given_up(site, crawl_sites, reply):
    """Where packages lie in root's home, a late import would fail: spiders/isolation.py imports early."""
    site.pages["/feed"] = reply(FEED.format(site=site.url), headers={"Content-Type": "application/rss+xml"})
    site.pages["/broken-feed"] = reply(
        "<rss><channel><item><title>x", headers={"Content-Type": "application/xml"}
    )
    site.pages["/thread"] = thread()
    site.pages["/gbk"] = reply(thread().encode("gb18030"), headers={"Content-Type": "text/html"})
    site.pages["/wp-json/wp/v2/comments"] = reply("[]", headers={"Content-Type": "application/json"})
    logs, posts = [], []

    for platform, paths in {
        "feeds": ["/feed", "/broken-feed"],
        "generic": ["/thread", "/gbk"],
        "wordpress": ["/wp-json/wp/v2/comments"],
        "spirit": ["/thread"],
    }.items():
        result = crawl_sites(site, [site.url + path for path in paths], platform=platform, command=LATE_CHILD)
        logs += [line for line in result.log if line.startswith("imported late")]
        posts += result.posts

    assert logs == ["imported late: []"] * 4
    assert len(posts) >= 1 + len(DATES)


def test_a_feed_is_read_and_the_second_time_only_asked_whether_it_changed(site, crawl_sites, reply):
    def feed(asked):
        if asked.headers.get("if-none-match") == '"1"':
            return reply(status=304)
        return reply(
            FEED.format(site=site.url), headers={"Content-Type": "application/rss+xml", "ETag": '"1"'}
        )

    site.pages["/feed"] = feed

    first = crawl_sites(site, [f"{site.url}/feed"], platform="feeds", command=LATE_CHILD)
    second = crawl_sites(
        site, [f"{site.url}/feed"], platform="feeds", command=LATE_CHILD, states=first.states
    )

    assert first.texts == ["First entry."]
    assert (second.texts, second.refusals) == ([], [])
    assert site.paths == ["/feed", "/feed"]
