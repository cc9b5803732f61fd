"""No page, redirect or name leads the crawler to an address that the operator did not allow."""

from __future__ import annotations

import pytest

from spiders.items import RefusalKind

FORBIDDEN_STARTS = [
    "http://127.0.0.1:{port}/",
    "http://127.1:{port}/",
    "http://2130706433:{port}/",
    "http://0x7f000001:{port}/",
    "http://0177.0.0.1:{port}/",
    "http://0.0.0.0:{port}/",
    "http://[::1]:{port}/",
    "http://[::ffff:127.0.0.1]:{port}/",
    "http://[64:ff9b::7f00:1]:{port}/",
    "http://localhost:{port}/",
    "http://10.0.0.1/",
    "http://172.16.0.1/",
    "http://192.168.1.1/",
    "http://169.254.169.254/latest/meta-data/",
    "http://100.64.0.1/",
    "http://[fe80::1]/",
    "http://[fd00::1]/",
    "http://224.0.0.1/",
    "http://198.51.100.7:25/",
    "http://user:word@198.51.100.7/",
    "file:///etc/passwd",
    "ftp://198.51.100.7/",
    "data:text/html,<p>hello</p>",
    "http://127.0.0.1\\@198.51.100.7/",
    "gopher://127.0.0.1/",
    "http:///nohost",
    "nonsense",
]


def test_no_forbidden_address_is_asked_and_each_is_reported(site, other_site, crawl_sites):
    """One crawl allowed to reach only ``other_site``; all ways to write the address of ``site`` are tried."""
    site.pages["/"] = '<p id="p1">internal</p>'
    starts = [start.format(port=site.port) for start in FORBIDDEN_STARTS]

    result = crawl_sites(other_site, starts)

    assert site.asked == []
    assert result.posts == []
    kinds = {refusal.source_url: refusal.kind for refusal in result.refusals}
    assert kinds == dict.fromkeys(starts, RefusalKind.ADDRESS_REFUSED)
    assert len(result.done) == len(starts)


@pytest.mark.parametrize(
    "target",
    ["http://127.0.0.1:{port}/", "http://localhost:{port}/", "http://2130706433:{port}/", "//[::1]:{port}/"],
)
def test_a_redirect_to_a_private_address_is_not_followed(site, other_site, crawl_sites, reply, target):
    site.pages["/"] = '<p id="p1">internal</p>'
    other_site.pages["/"] = reply(status=302, headers={"Location": target.format(port=site.port)})

    result = crawl_sites(other_site, [f"{other_site.url}/"])

    assert site.asked == []
    assert [refusal.kind for refusal in result.refusals] == [RefusalKind.ADDRESS_REFUSED]


@pytest.mark.parametrize("target", ["file:///etc/passwd", "ftp://198.51.100.7/", "data:text/html,hello"])
def test_a_redirect_to_another_scheme_is_not_followed(site, crawl_sites, reply, target):
    site.pages["/"] = reply(status=301, headers={"Location": target})

    result = crawl_sites(site, [f"{site.url}/"])

    assert [refusal.kind for refusal in result.refusals] == [RefusalKind.ADDRESS_REFUSED]


def test_a_meta_refresh_to_a_private_address_is_not_followed(site, other_site, crawl_sites):
    other_site.pages["/"] = f'<meta http-equiv="refresh" content="0;url={site.url}/">'

    result = crawl_sites(other_site, [f"{other_site.url}/"])

    assert site.asked == []
    assert [refusal.kind for refusal in result.refusals] == [RefusalKind.ADDRESS_REFUSED]


def test_a_proxy_from_the_environment_is_not_used(site, other_site, crawl_sites, monkeypatch):
    site.pages["/"] = '<p id="p1">text</p>'
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, other_site.url)

    result = crawl_sites(site, [f"{site.url}/"])

    assert result.texts == ["text"]
    assert other_site.asked == []


def test_nothing_is_told_across_sites(site, other_site, crawl_sites, reply):
    """No cookie, no referer, and the one honest name."""
    site.pages["/"] = reply(
        '<p id="p1">text</p><a rel="next" href="/2">', headers={"Set-Cookie": "visitor=1; path=/"}
    )
    site.pages["/2"] = reply(status=302, headers={"Location": f"{other_site.url}/"})
    other_site.pages["/"] = '<p id="p2">text</p>'

    result = crawl_sites([site, other_site], [f"{site.url}/"])

    assert len(result.posts) == 2
    for asked in site.asked + other_site.asked:
        assert "cookie" not in asked.headers
        assert "referer" not in asked.headers
        assert "authorization" not in asked.headers
        assert asked.headers["user-agent"].startswith("Shamewatch/")
