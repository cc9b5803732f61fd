"""Pages that are too large, too packed, too long or too deep cost one refusal, not the crawl."""

from __future__ import annotations

import gzip
import zlib

import pytest

from spiders.items import RefusalKind

POST = '<p id="p1">text</p>'


def test_a_page_that_announces_five_gigabytes_is_not_downloaded(site, crawl_sites, reply):
    sent = []

    def stream(handler):
        for _ in range(5000):
            handler.wfile.write(b"x" * 1_000_000)
            sent.append(1)

    site.pages["/"] = reply(headers={"Content-Length": str(5 * 1024**3)}, stream=stream)
    site.pages["/2"] = POST

    result = crawl_sites(site, [f"{site.url}/", f"{site.url}/2"])

    assert [refusal.kind for refusal in result.refusals] == [RefusalKind.TOO_LARGE]
    assert result.texts == ["text"]
    assert len(sent) < 50


def test_a_page_that_streams_without_end_is_cut_off_at_the_limit(site, crawl_sites, reply):
    sent = []

    def stream(handler):
        for _ in range(5000):
            handler.wfile.write(b"x" * 1_000_000)
            sent.append(1)

    site.pages["/"] = reply(stream=stream)

    result = crawl_sites(site, [f"{site.url}/"], max_response_bytes=2_000_000)

    assert [refusal.kind for refusal in result.refusals] == [RefusalKind.TOO_LARGE]
    assert len(sent) < 50


@pytest.mark.parametrize("encoding", ["gzip", "deflate", "gzip, gzip"])
def test_a_bomb_is_not_unpacked_beyond_the_limit(site, crawl_sites, reply, encoding):
    packed = (
        zlib.compress(b"\0" * 300_000_000, 9) if encoding == "deflate" else gzip.compress(b"\0" * 300_000_000)
    )
    if encoding == "gzip, gzip":
        packed = gzip.compress(packed)
    site.pages["/"] = reply(packed, headers={"Content-Encoding": encoding})
    site.pages["/2"] = POST

    result = crawl_sites(site, [f"{site.url}/", f"{site.url}/2"])

    assert [refusal.kind for refusal in result.refusals] == [RefusalKind.TOO_LARGE]
    assert result.texts == ["text"]


def test_packed_pages_are_read_and_broken_ones_are_reported(site, crawl_sites, reply):
    site.pages["/"] = reply(gzip.compress(POST.encode()), headers={"Content-Encoding": "gzip"})
    site.pages["/2"] = reply(b"no gzip at all", headers={"Content-Encoding": "gzip"})

    result = crawl_sites(site, [f"{site.url}/", f"{site.url}/2"])

    assert result.texts == ["text"]
    assert [refusal.kind for refusal in result.refusals] == [RefusalKind.UNREADABLE]


def test_a_redirect_in_a_circle_is_reported(site, crawl_sites, reply):
    site.pages["/"] = reply(status=302, headers={"Location": "/b"})
    site.pages["/b"] = reply(status=302, headers={"Location": "/"})

    result = crawl_sites(site, [f"{site.url}/"])

    assert [refusal.kind for refusal in result.refusals] == [RefusalKind.REDIRECT_LOOP]
    assert site.paths == ["/", "/b"]


def test_an_endless_redirect_is_left_after_ten(site, crawl_sites, reply):
    def onwards(asked):
        return reply(status=302, headers={"Location": f"/{int(asked.path.strip('/') or 0) + 1}"})

    site.pages.update({"/": onwards, **{f"/{number}": onwards for number in range(50)}})

    result = crawl_sites(site, [f"{site.url}/"])

    assert [refusal.kind for refusal in result.refusals] == [RefusalKind.REDIRECT_LOOP]
    assert len(site.paths) == 11


def test_an_endless_meta_refresh_is_left_after_ten(site, crawl_sites, reply):
    def onwards(asked):
        return reply(f'<meta http-equiv="refresh" content="0;url=/{int(asked.path.strip("/") or 0) + 1}">')

    site.pages.update({"/": onwards, **{f"/{number}": onwards for number in range(50)}})

    result = crawl_sites(site, [f"{site.url}/"])

    assert [refusal.kind for refusal in result.refusals] == [RefusalKind.REDIRECT_LOOP]
    assert len(site.paths) == 11


def test_headers_without_end_are_cut_off(site, crawl_sites, reply):
    sent = []

    def stream(handler):
        handler.wfile.write(b"HTTP/1.1 200 OK\r\n")
        for number in range(20_000):
            handler.wfile.write(b"X-%d: %s\r\n" % (number, b"y" * 10_000))
            sent.append(1)

    site.pages["/"] = reply(stream=stream, is_raw=True)
    site.pages["/2"] = POST

    result = crawl_sites(site, [f"{site.url}/2", f"{site.url}/"], sources_at_once=1)

    assert result.texts == ["text"]
    assert [refusal.kind for refusal in result.refusals] == [RefusalKind.UNREACHABLE]
    assert len(sent) < 3 * 2_000


@pytest.mark.slow
def test_a_page_that_makes_its_reader_spin_is_left(site, crawl_sites):
    """Twenty seconds of taking apart, then the next page is read."""
    site.pages["/"] = (
        '<a class="thread" href="/spin" data-replies="1"><a class="thread" href="/2" data-replies="1">'
    )
    site.pages["/spin"] = "spin here"
    site.pages["/2"] = POST

    result = crawl_sites(site, [f"{site.url}/"])

    assert [refusal.kind for refusal in result.refusals] == [RefusalKind.UNREADABLE]
    assert "too long" in result.refusals[0].detail
    assert result.texts == ["text"]
