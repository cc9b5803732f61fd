from __future__ import annotations

from datetime import UTC, datetime

from spiders.platforms.base import Page
from spiders.platforms.registry import PLATFORMS, platform_by_name, recognise


def page(body, content_type="text/html"):
    return Page(
        url="https://f.test/",
        requested_url="https://f.test/",
        source_url="https://f.test/",
        status=200,
        headers={"content-type": content_type},
        untrusted_body=body,
        fetched_at=datetime(2026, 11, 25, tzinfo=UTC),
    )


def test_every_platform_has_a_name_of_its_own_and_is_found_by_it():
    assert len({platform.name for platform in PLATFORMS}) == len(PLATFORMS)
    assert all(platform_by_name(platform.name) is platform for platform in PLATFORMS)
    assert platform_by_name("nonsense") is None


def test_guessed_structure_is_the_last_resort():
    assert PLATFORMS[-1].name == "generic"


def test_a_feed_is_recognised_as_a_feed():
    body = '<?xml version="1.0"?><rss version="2.0"><channel><title>t</title><item><title>x</title></item></channel></rss>'

    platform, recognition = recognise(page(body, "application/rss+xml"))

    assert platform.name == recognition.platform == "feeds"


def test_a_page_that_nobody_knows_is_not_recognised():
    assert recognise(page("")) is None
