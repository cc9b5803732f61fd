"""What an address on a page means."""

import pytest

from spiders.platforms.thread_address import is_same_thread, place_of, thread_address
from spiders.platforms.urls import (
    absolute_url,
    is_same_site,
    query_value,
    site_of,
    with_query,
    without_session,
)

BASE = "https://forum.example:8443/board/thread.php?t=1"


@pytest.mark.parametrize(
    ("href", "url"),
    [
        ("?t=2", "https://forum.example:8443/board/thread.php?t=2"),
        ("/x#p1", "https://forum.example:8443/x#p1"),
        ("//other.example/y", "https://other.example/y"),
        (" ./a b\n", "https://forum.example:8443/board/a%20b"),
        ("曝光/", "https://forum.example:8443/board/%E6%9B%9D%E5%85%89/"),
        ("javascript:alert(1)", ""),
        ("data:text/html,x", ""),
        ("mailto:a@b.example", ""),
        ("http://[::1", ""),
        ("http://user:word@forum.example/", ""),
        ("http:///nothing", ""),
        ("http://h:99999/", ""),
        ("", ""),
        ("x" * 3000, ""),
    ],
)
def test_an_address_is_made_absolute_or_refused(href: str, url: str) -> None:
    assert absolute_url(BASE, href) == url


@pytest.mark.parametrize(
    ("url", "kept"),
    [
        (
            "https://f.example/viewtopic.php?t=2&sid=ee90f2ce4258a7f9ea970933a7de5198#p1",
            "https://f.example/viewtopic.php?t=2#p1",
        ),
        (
            "https://f.example/index.php?PHPSESSID=7u72tvqs4feehg28hp9ujd5sl2&topic=2.0",
            "https://f.example/index.php?topic=2.0",
        ),
        (
            "https://f.example/index.php?PHPSESSID=7u72tvqs4feehg28hp9ujd5sl2;topic=2.0",
            "https://f.example/index.php?topic=2.0",
        ),
        ("https://f.example/a;jsessionid=0AFF?x=1", "https://f.example/a?x=1"),
        ("https://f.example/search?s=debt", "https://f.example/search?s=debt"),
        ("https://f.example/?sid=7", "https://f.example/?sid=7"),
    ],
)
def test_a_visitor_s_session_is_no_part_of_an_address(url: str, kept: str) -> None:
    assert without_session(url) == kept


def test_a_site_is_scheme_host_and_unusual_port() -> None:
    assert site_of("HTTPS://Forum.Example:443/x") == "https://forum.example"
    assert site_of("http://forum.example:8080/x") == "http://forum.example:8080"
    assert site_of("http://[::1]:80/x") == "http://[::1]"
    assert is_same_site("http://forum.example/a", "https://forum.example/b")
    assert not is_same_site("https://forum.example/a", "https://evil.example/a")


def test_queries_are_read_and_replaced() -> None:
    assert query_value("https://f.example/?a=1&b=2&a=3", "a") == "3"
    assert with_query("https://f.example/?page=1&x=y#z", page="2") == "https://f.example/?x=y&page=2"
    assert with_query("https://f.example/?page=1", page="") == "https://f.example/"


@pytest.mark.parametrize(
    ("url", "first"),
    [
        ("https://f.example/thread/7/?page=3#p9", "https://f.example/thread/7/"),
        ("https://f.example/viewtopic.php?t=2&start=10", "https://f.example/viewtopic.php?t=2"),
        ("https://f.example/index.php?topic=2.15", "https://f.example/index.php?topic=2.0"),
        ("https://f.example/index.php?topic=2.msg25#msg25", "https://f.example/index.php?topic=2.0"),
        ("https://f.example/thread-12-3-1.html", "https://f.example/thread-12-1-1.html"),
        ("https://f.example/2026/a/comment-page-2/", "https://f.example/2026/a/"),
        ("https://f.example/t/x/page/4", "https://f.example/t/x/"),
        ("https://f.example/?p=12", "https://f.example/?p=12"),
    ],
)
def test_every_page_of_a_thread_has_the_thread_s_address(url: str, first: str) -> None:
    assert thread_address(url) == first
    assert thread_address(first) == first
    assert place_of(first) == first.removeprefix("https://f.example")


@pytest.mark.parametrize(
    ("url", "other", "is_same"),
    [
        ("/thread/7/", "/thread/7/?page=2", True),
        ("/viewtopic.php?t=2", "/viewtopic.php?f=2&t=2&start=10", True),
        ("/thread-12-1-1.html", "/thread-12-2-1.html", True),
        ("/t/slug", "/t/slug/page/2", True),
        ("/t/slug/", "/t/slug/2/", True),
        ("/2026/11/debt/", "/2026/11/weather/", False),
        ("/t/slug", "/t/other-slug", False),
        ("/board/talk/", "/login", False),
    ],
)
def test_pages_of_one_thread_differ_in_figures_only(url: str, other: str, is_same: bool) -> None:
    assert is_same_thread(f"https://f.example{url}", f"https://f.example{other}") is is_same
