"""A second crawl asks only for what is new: watermarks of feeds and of WordPress."""

from urllib.parse import parse_qs, urlsplit

import pytest

from spiders.items import PageState
from spiders.platforms.feeds import PLATFORM as FEEDS
from spiders.platforms.wordpress import PLATFORM as WORDPRESS

ROOT = "https://blog.example/wp-json/"


def states(*markers: tuple[str, str]) -> dict[str, PageState]:
    several = [
        PageState(url=f"https://blog.example/{n}", kind=kind, marker=marker)
        for n, (kind, marker) in enumerate(markers)
    ]
    return {state.url: state for state in several}


def asked(start_url: str, remembered: dict[str, PageState], kind: str) -> dict[str, str]:
    follow = next(one for one in WORDPRESS.begin(start_url, remembered) if one.kind == kind)
    return {name: values[-1] for name, values in parse_qs(urlsplit(follow.url).query).items()}


def test_the_first_crawl_of_wordpress_asks_for_every_comment_oldest_first_a_hundred_at_a_time() -> None:
    query = asked(ROOT, {}, "comments")
    assert (query["per_page"], query["order"], query["orderby"]) == ("100", "asc", "date_gmt")
    assert "after" not in query


def test_the_next_crawl_asks_from_two_days_before_the_newest_comment_that_any_page_held() -> None:
    remembered = states(
        ("comments", "2026-11-20T10:00:00"),
        ("comments", "2026-11-23T15:15:54"),
        ("comments", "no time"),
        ("posts", "2026-11-25T00:00:00"),
    )
    assert asked(ROOT, remembered, "comments")["after"] == "2026-11-21T15:15:54Z"
    assert asked(ROOT, remembered, "posts")["modified_after"] == "2026-11-23T00:00:00Z"


def test_one_article_is_asked_for_by_its_number_in_both_ways_of_addressing() -> None:
    for start_url in (
        f"{ROOT}wp/v2/comments?post=7",
        "https://blog.example/index.php?rest_route=/wp/v2/comments&post=7",
    ):
        assert asked(start_url, {}, "comments")["post"] == "7"
        assert asked(start_url, {}, "posts")["include"] == "7"
    assert (
        asked("https://blog.example/index.php?rest_route=/", {}, "comments")["rest_route"]
        == "/wp/v2/comments"
    )


def test_any_other_address_is_first_searched_for_the_api() -> None:
    assert [one.kind for one in WORDPRESS.begin("https://blog.example/2026/debt/", {})] == ["discovery"]


@pytest.mark.parametrize(
    ("marker", "context"), [("", {}), ("2026-11-20T00:00:00+00:00", {"since": "2026-11-20T00:00:00+00:00"})]
)
def test_a_feed_is_read_on_to_the_time_that_was_read_before(marker: str, context: dict[str, str]) -> None:
    url = "https://blog.example/feed/"
    follows = FEEDS.begin(url, {url: PageState(url=url, kind="feed", marker=marker)})
    assert [(one.url, dict(one.context)) for one in follows] == [(url, context)]
