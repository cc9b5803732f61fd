"""robots.txt is obeyed, whatever the library below makes of it."""

from __future__ import annotations

import time

from spiders.items import RefusalKind


def test_a_site_that_disallows_everything_is_not_fetched_at_all(site, crawl_sites):
    """The defect of Scrapy 2.14–2.19: with six start addresses at once, stock robots handling fetched four."""
    site.pages["/robots.txt"] = "User-agent: *\nDisallow: /\n"
    starts = [f"{site.url}/page{number}" for number in range(6)]
    for number in range(6):
        site.pages[f"/page{number}"] = '<p id="p1">secret</p>'

    result = crawl_sites(site, starts)

    assert site.paths == []
    assert result.posts == []
    assert [refusal.kind for refusal in result.refusals] == [RefusalKind.ROBOTS] * 6
    assert sorted(done.source_url for done in result.done) == starts


def test_every_waiting_request_waits_for_a_slow_robots_file(site, crawl_sites, reply):
    def slow(asked):
        time.sleep(0.5)
        return reply("User-agent: *\nDisallow: /private\n")

    site.pages["/robots.txt"] = slow
    for path in ("/private/1", "/private/2", "/open"):
        site.pages[path] = '<p id="p1">text</p>'

    result = crawl_sites(site, [f"{site.url}{path}" for path in ("/private/1", "/private/2", "/open")])

    assert site.paths == ["/open"]
    assert len([asked for asked in site.asked if asked.path == "/robots.txt"]) == 1
    assert len(result.refusals) == 2
