"""robots.txt is obeyed, whatever the library below makes of it."""

from __future__ import annotations

import itertools
import time

import pytest
from scrapy.downloadermiddlewares.robotstxt import RobotsTxtMiddleware

from spiders.items import RefusalKind
from spiders.robots import LockedRobotsTxtMiddleware
from spiders.settings import scrapy_settings


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


def test_stock_robots_handling_is_nowhere_in_force():
    names = scrapy_settings()["DOWNLOADER_MIDDLEWARES_BASE"]

    assert "spiders.robots.LockedRobotsTxtMiddleware" in names
    assert not any(name.startswith("scrapy.downloadermiddlewares.robotstxt") for name in names)
    assert LockedRobotsTxtMiddleware.robot_parser is not RobotsTxtMiddleware.robot_parser


@pytest.mark.parametrize("status", [500, 503])
def test_a_robots_file_that_fails_means_that_nothing_may_be_read(site, crawl_sites, reply, status):
    site.pages["/robots.txt"] = reply("broken", status=status)
    site.pages["/"] = '<p id="p1">text</p>'

    result = crawl_sites(site, [f"{site.url}/"])

    assert site.paths == []
    assert [(refusal.kind, refusal.status) for refusal in result.refusals] == [(RefusalKind.ROBOTS, status)]
    assert str(status) in result.refusals[0].detail


def test_a_robots_file_that_never_comes_means_that_nothing_may_be_read(site, crawl_sites, reply):
    def stuck(asked):
        time.sleep(3)
        return reply("")

    site.pages["/robots.txt"] = stuck
    result = crawl_sites(site, [f"{site.url}/"], page_timeout_s=1.0)

    assert site.paths == []
    assert [refusal.kind for refusal in result.refusals] == [RefusalKind.ROBOTS]


@pytest.mark.parametrize("status", [401, 403, 404])
def test_a_robots_file_that_is_not_there_allows_everything(site, crawl_sites, reply, status):
    site.pages["/robots.txt"] = reply("no", status=status)
    site.pages["/"] = '<p id="p1">text</p>'

    assert crawl_sites(site, [f"{site.url}/"]).texts == ["text"]


def test_a_robots_file_is_followed_over_a_redirect(site, crawl_sites, reply):
    site.pages["/robots.txt"] = reply(status=301, headers={"Location": "/real-robots.txt"})
    site.pages["/real-robots.txt"] = "User-agent: *\nDisallow: /\n"

    result = crawl_sites(site, [f"{site.url}/"])

    assert site.paths == ["/real-robots.txt"]
    assert [refusal.kind for refusal in result.refusals] == [RefusalKind.ROBOTS]


def test_a_robots_file_may_not_lead_to_a_private_address(site, other_site, crawl_sites, reply):
    other_site.pages["/robots.txt"] = ""
    site.pages["/robots.txt"] = reply(status=302, headers={"Location": f"{other_site.url}/robots.txt"})

    result = crawl_sites(site, [f"{site.url}/"])

    assert other_site.asked == []
    assert [refusal.kind for refusal in result.refusals] == [RefusalKind.ADDRESS_REFUSED]


def test_rules_for_shamewatch_by_name_are_its_own(site, crawl_sites):
    site.pages["/robots.txt"] = "User-agent: *\nDisallow:\n\nUser-agent: shamewatch\nDisallow: /\n"

    result = crawl_sites(site, [f"{site.url}/"])

    assert site.paths == []
    assert [refusal.kind for refusal in result.refusals] == [RefusalKind.ROBOTS]


def test_crawl_delay_lies_between_pages(site, crawl_sites):
    site.pages["/robots.txt"] = "User-agent: *\nCrawl-delay: 1\n"
    for number in range(3):
        site.pages[f"/{number}"] = f'<p id="p{number}">text</p>'

    crawl_sites(site, [f"{site.url}/{number}" for number in range(3)])

    times = [asked.at_s for asked in site.asked if asked.path != "/robots.txt"]
    assert len(times) == 3
    assert all(later - earlier >= 0.95 for earlier, later in itertools.pairwise(times))
