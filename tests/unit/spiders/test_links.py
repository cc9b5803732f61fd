from __future__ import annotations

import pytest

from spiders.links import host_key, page_url

SID = "0123456789abcdef0123456789abcdef"


@pytest.mark.parametrize(
    ("url", "page"),
    [
        ("HTTP://Forum.Test:80/A?b=C#frag", "http://forum.test/A?b=C"),
        ("https://forum.test:443", "https://forum.test/"),
        ("https://forum.test:8443/", "https://forum.test:8443/"),
        (f"http://f.test/viewtopic.php?t=1&sid={SID}&start=20", "http://f.test/viewtopic.php?t=1&start=20"),
        (f"http://f.test/viewtopic.php?sid={SID}&t=1", "http://f.test/viewtopic.php?t=1"),
        (f"http://f.test/showthread.php?s={SID}&t=9", "http://f.test/showthread.php?t=9"),
        ("http://f.test/index.php?PHPSESSID=abc123&topic=1.0", "http://f.test/index.php?topic=1.0"),
        ("http://f.test/index.php?PHPSESSID=abc;topic=1.0;x", "http://f.test/index.php?topic=1.0;x"),
        ("http://f.test/t;jsessionid=AB12?page=2", "http://f.test/t?page=2"),
        ("http://f.test/search?s=loan", "http://f.test/search?s=loan"),
        ("http://f.test/x?sid=12", "http://f.test/x?sid=12"),
        ("http://f.test/x?a=&a=1&&b", "http://f.test/x?a=&a=1&&b"),
        ("http://[bad", "http://[bad"),
    ],
)
def test_the_address_of_a_page(url, page):
    assert page_url(url) == page
    assert page_url(page) == page


def test_servers_are_told_apart_by_host_and_port():
    assert host_key("http://A.test:8101/x") == "a.test:8101"
    assert host_key("http://u:p@a.test/") == "a.test"
