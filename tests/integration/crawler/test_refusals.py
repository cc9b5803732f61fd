"""Whatever keeps a page from being read is reported as what it is."""

from __future__ import annotations

import socket
import time
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest

from spiders.items import RefusalKind

POST = '<p id="p1">text</p>'


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (401, RefusalKind.FORBIDDEN),
        (403, RefusalKind.FORBIDDEN),
        (404, RefusalKind.GONE),
        (410, RefusalKind.GONE),
        (418, RefusalKind.UNREADABLE),
    ],
)
def test_a_status_is_taken_as_the_answer_it_is(site, crawl_sites, reply, status, kind):
    site.pages["/"] = reply(POST, status=status)

    result = crawl_sites(site, [f"{site.url}/"])

    assert [(refusal.kind, refusal.status) for refusal in result.refusals] == [(kind, status)]
    assert site.paths == ["/"]
    assert len(result.done) == 1


def test_a_server_error_is_tried_again_and_a_passing_one_does_no_harm(site, crawl_sites, reply):
    answers = [reply("busy", status=500), reply(POST)]
    site.pages["/"] = lambda asked: answers.pop(0)

    result = crawl_sites(site, [f"{site.url}/"])

    assert result.texts == ["text"]
    first, second = (asked.at_s for asked in site.asked if asked.path == "/")
    assert second - first >= 1.0


def test_a_lasting_server_error_is_reported_after_three_attempts(site, crawl_sites, reply):
    site.pages["/"] = reply("busy", status=502)

    result = crawl_sites(site, [f"{site.url}/"])

    assert site.paths == ["/"] * 3
    assert [refusal.kind for refusal in result.refusals] == [RefusalKind.SERVER_ERROR]


@pytest.mark.parametrize("form", ["seconds", "date"])
def test_retry_after_is_waited_for(site, crawl_sites, reply, form):
    def once_too_often(asked):
        if len(site.paths) > 1:
            return reply(POST)
        later = format_datetime(datetime.now(UTC) + timedelta(seconds=3), usegmt=True)
        return reply("slow down", status=429, headers={"Retry-After": "2" if form == "seconds" else later})

    site.pages["/"] = once_too_often

    result = crawl_sites(site, [f"{site.url}/"])

    first, second = (asked.at_s for asked in site.asked if asked.path == "/")
    assert result.texts == ["text"]
    assert second - first >= (1.9 if form == "seconds" else 1.0)


def test_a_host_that_asks_for_a_long_wait_is_left_alone_for_this_crawl(site, crawl_sites, reply):
    site.pages["/"] = reply("slow down", status=503, headers={"Retry-After": "3600"})
    for number in range(3):
        site.pages[f"/{number}"] = POST

    result = crawl_sites(
        site, [f"{site.url}/", *(f"{site.url}/{number}" for number in range(3))], sources_at_once=1
    )

    assert site.paths == ["/"]
    assert [(refusal.kind, refusal.retry_after_s) for refusal in result.refusals] == [
        (RefusalKind.RATE_LIMITED, 3600.0)
    ] * 4
    assert len(result.done) == 4


def test_a_captcha_with_status_200_ends_the_reading_of_its_host(site, crawl_sites):
    site.pages["/"] = (
        '<a class="thread" href="/t1" data-replies="1"><a class="thread" href="/t2" data-replies="1">'
    )
    site.pages["/t1"] = (
        "<html><head><title>Just a moment...</title></head><body><p>Checking your browser</p>"
        "<script>window._cf_chl_opt={};</script></body></html>"
    )
    site.pages["/t2"] = POST

    result = crawl_sites(site, [f"{site.url}/"])

    assert site.paths == ["/", "/t1"]
    assert [refusal.kind for refusal in result.refusals] == [RefusalKind.CAPTCHA]


def test_a_page_without_posts_is_no_empty_success(site, crawl_sites):
    site.pages["/"] = "<html><body>Nothing that a reader knows.</body></html>"

    result = crawl_sites(site, [f"{site.url}/"])

    assert [refusal.kind for refusal in result.refusals] == [RefusalKind.UNREADABLE]


def test_nobody_listening_is_unreachable(site, crawl_sites):
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        site.port = unused.getsockname()[1]
        result = crawl_sites(site, [f"http://127.0.0.1:{site.port}/"])

    assert [refusal.kind for refusal in result.refusals] == [RefusalKind.UNREACHABLE]
    assert len(result.done) == 1


def test_a_page_that_never_ends_is_timed_out(site, crawl_sites, reply):
    def drip(handler):
        for _ in range(100):
            handler.wfile.write(b"<p>drip</p>")
            handler.wfile.flush()
            time.sleep(0.1)

    site.pages["/"] = reply(stream=drip)
    started_s = time.monotonic()

    result = crawl_sites(site, [f"{site.url}/"], page_timeout_s=0.5)

    assert [refusal.kind for refusal in result.refusals] == [RefusalKind.TIMED_OUT]
    assert time.monotonic() - started_s < 20


def test_a_picture_is_not_read_as_text(site, crawl_sites, reply):
    site.pages["/"] = reply(b"\x89PNG\r\n\x1a\n", headers={"Content-Type": "image/png"})

    result = crawl_sites(site, [f"{site.url}/"])

    assert [refusal.kind for refusal in result.refusals] == [RefusalKind.UNREADABLE]
    assert "image/png" in result.refusals[0].detail


def test_an_unknown_platform_is_reported(site, crawl_sites):
    result = crawl_sites(site, [f"{site.url}/"], platform="nonsense")

    assert [refusal.kind for refusal in result.refusals] == [RefusalKind.UNREADABLE]
    assert len(result.done) == 1
    assert site.asked == []


def test_a_crawl_that_reaches_its_time_is_cut_and_says_so(site, crawl_sites, reply):
    def slow(asked):
        time.sleep(0.3)
        number = int(asked.path.strip("/") or 0)
        return reply(f'<p id="p{number}">text</p><a rel="next" href="/{number + 1}">')

    site.pages.update({"/": slow, **{f"/{number}": slow for number in range(100)}})

    result = crawl_sites(site, [f"{site.url}/"], time_limit_s=2.0)

    assert result.done[0].is_cut
    assert 0 < len(result.posts) < 20


def test_a_crawl_whose_turns_are_long_in_coming_ends_in_time(site, crawl_sites):
    site.pages["/robots.txt"] = "User-agent: *\nCrawl-delay: 60\n"
    for number in range(5):
        site.pages[f"/{number}"] = f'<p id="p{number}">text</p>'
    started_s = time.monotonic()

    result = crawl_sites(site, [f"{site.url}/{number}" for number in range(5)], time_limit_s=3.0)

    assert time.monotonic() - started_s < 20
    assert [done.is_cut for done in result.done].count(True) >= 4
    assert len(result.done) == 5


def test_a_connection_that_breaks_off_once_does_no_harm(site, crawl_sites, reply):
    """Already while robots.txt is asked for: the page's retry asks for it again."""
    broken = []

    def break_off(handler):
        broken.append(1)
        handler.connection.shutdown(socket.SHUT_RDWR)

    def robots(asked):
        return reply(stream=break_off, is_raw=True) if not broken else reply("", status=404)

    site.pages["/robots.txt"] = robots
    site.pages["/"] = POST

    result = crawl_sites(site, [f"{site.url}/"])

    assert result.texts == ["text"]
    assert result.refusals == []
    assert [asked.path for asked in site.asked] == ["/robots.txt", "/robots.txt", "/"]


def test_a_server_that_is_down_is_asked_a_few_times_however_many_sources_it_has(site, crawl_sites, reply):
    def break_off(handler):
        handler.connection.shutdown(socket.SHUT_RDWR)

    site.pages["/robots.txt"] = reply(stream=break_off, is_raw=True)

    result = crawl_sites(site, [f"{site.url}/{number}" for number in range(20)])

    assert [refusal.kind for refusal in result.refusals] == [RefusalKind.UNREACHABLE] * 20
    assert len(result.done) == 20
    assert len(site.asked) <= 4


def test_a_dead_server_behind_a_redirect_does_not_cost_the_forum_that_links_to_it(site, crawl_sites, reply):
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        dead = type("Dead", (), {"port": unused.getsockname()[1]})()
        links = "".join(f'<a class="thread" href="/{name}" data-replies="1">' for name in ("gone", "t1"))
        site.pages["/"] = links
        site.pages["/gone"] = reply(status=302, headers={"Location": f"http://127.0.0.1:{dead.port}/"})
        site.pages["/t1"] = POST

        result = crawl_sites([site, dead], [f"{site.url}/"])

    assert result.texts == ["text"]
    assert [refusal.kind for refusal in result.refusals] == [RefusalKind.UNREACHABLE]
