"""Real pages of real engines, where a folder of them is at hand: SHAMEWATCH_SAMPLES names it.

The pages are no part of the repository. The numbers are what a person counts on each page.
"""

import os
from datetime import UTC, datetime
from pathlib import Path

import pytest

from spiders.platforms.base import Page, Reading
from spiders.platforms.registry import platform_by_name, recognise

FOLDER = os.environ.get("SHAMEWATCH_SAMPLES", "")
pytestmark = pytest.mark.skipif(
    not FOLDER, reason="SHAMEWATCH_SAMPLES names no folder with pages of real forum engines"
)
SITE = "http://127.0.0.1:8101"


def read(platform_name: str, sample: str, path: str, kind: str = "") -> Reading:
    platform = platform_by_name(platform_name)
    assert platform is not None
    return platform.read(page_of(sample, path, kind))


def page_of(sample: str, path: str, kind: str = "") -> Page:
    url = f"{SITE}/{path}"
    return Page(
        url=url,
        requested_url=url,
        source_url=url,
        status=200,
        headers={"content-type": "text/html"},
        untrusted_body=(Path(FOLDER) / sample).read_text("utf-8", "replace"),
        fetched_at=datetime(2026, 11, 25, 8, tzinfo=UTC),
        kind=kind,
    )


@pytest.mark.parametrize(
    ("platform", "sample", "path", "kind", "count"),
    [
        ("spirit", "spirit/topic.html", "topic/1/expose-the-deadbeat-debtor/", "thread", 20),
        ("wordpress", "wordpress/wpjson_comments.json", "wp-json/wp/v2/comments", "comments", 5),
        ("wordpress", "wordpress/comments_feed.xml", "comments/feed/", "comments_feed", 10),
        ("wordpress", "wordpress/post_feed.xml", "2026/11/23/hello-world/feed/", "comments_feed", 10),
        ("feeds", "hyperkitty/feed.xml", "archives/list/loans/feed/", "feed", 15),
        ("feeds", "isso/feed.xml", "feed", "feed", 3),
        ("feeds", "phpbb/topicfeed.xml", "app.php/feed", "feed", 15),
        ("feeds", "smf/rss.xml", "index.php?action=.xml;type=rss2", "feed", 10),
        ("feeds", "smf/atom.xml", "index.php?action=.xml;type=atom", "feed", 5),
        ("feeds", "mybb/atom.xml", "syndication.php", "feed", 1),
        ("feeds", "nodebb/topic2.rss", "topic/2.rss", "feed", 24),
        ("feeds", "discuz/rss.xml", "forum.php?mod=rss", "feed", 3),
        ("feeds", "takahe/rss.xml", "@collector/rss/", "feed", 0),
        ("generic", "phpbb/topic.html", "viewtopic.php?t=2", "thread", 10),
        ("generic", "phpbb/topic_p2.html", "viewtopic.php?t=2&start=10", "thread", 10),
        ("generic", "mybb/thread.html", "showthread.php?tid=1", "thread", 10),
        ("generic", "mybb/bypid.html", "showthread.php?tid=1&pid=24", "thread", 4),
        ("generic", "smf/topic.html", "index.php?topic=2.0", "thread", 15),
        ("generic", "smf/topic_p2.html", "index.php?topic=2.15", "thread", 9),
        ("generic", "nodebb/topic2.html", "topic/2/deadbeat", "thread", 20),
        ("generic", "discuz/viewthread_p1.html", "forum.php?mod=viewthread&tid=1", "thread", 10),
        ("generic", "discuz/viewthread_p2.html", "forum.php?mod=viewthread&tid=1&page=2", "thread", 4),
        ("generic", "wordpress/post.html", "2026/11/23/hello-world/", "thread", 15),
    ],
)
def test_every_post_of_a_real_page_is_found_once_with_author_and_time(
    platform: str, sample: str, path: str, kind: str, count: int
) -> None:
    posts = read(platform, sample, path, kind).posts
    assert len(posts) == len({post.id for post in posts}) == count
    assert all(post.published_at is not None for post in posts)
    if not sample.startswith("smf/rss"):  # SMF's RSS names no authors
        assert all(post.untrusted_author for post in posts)


@pytest.mark.parametrize(
    ("sample", "path", "next_path"),
    [
        ("phpbb/topic.html", "viewtopic.php?t=2", "/viewtopic.php?f=2&t=2&start=10"),
        ("mybb/thread.html", "showthread.php?tid=1", "/showthread.php?tid=1&page=2"),
        (
            "discuz/viewthread_p1.html",
            "forum.php?mod=viewthread&tid=1",
            "/forum.php?mod=viewthread&tid=1&extra=&page=2",
        ),
        ("discuz/viewthread_p2.html", "forum.php?mod=viewthread&tid=1&page=2", ""),
        (
            "nodebb/topic2.html",
            "topic/2/deadbeat-exposed-jane-roe",
            "/topic/2/deadbeat-exposed-jane-roe?lang=en-GB&page=2",
        ),
    ],
)
def test_the_next_page_of_a_real_thread_is_found_without_session_ids(
    sample: str, path: str, next_path: str
) -> None:
    follow = read("generic", sample, path, "thread").follow
    assert [one.url.removeprefix(SITE) for one in follow if one.is_continuation] == [next_path] * bool(
        next_path
    )


@pytest.mark.parametrize(
    ("sample", "path", "marker"),
    [
        ("phpbb/forum.html", "viewforum.php?f=2", "0 replies 2026-11-23T15:50:41+00:00"),
        (
            "discuz/forumdisplay.html",
            "forum.php?mod=forumdisplay&fid=2",
            "13 replies 2026-11-23T23:08:00+00:00",
        ),
        ("mybb/forum.html", "forumdisplay.php?fid=2", "2026-11-23T15:22:00+00:00"),
    ],
)
def test_the_threads_of_a_real_board_are_followed_with_a_steady_marker(
    sample: str, path: str, marker: str
) -> None:
    follow = read("generic", sample, path, "page").follow
    assert follow[0].kind == "thread"
    assert follow[0].marker == marker


@pytest.mark.parametrize(
    ("sample", "path", "platform"),
    [
        ("spirit/index.html", "", "spirit"),
        ("spirit/topic.html", "topic/1/x/", "spirit"),
        ("wordpress/index.html", "", "wordpress"),
        ("wordpress/post.html", "2026/11/23/hello-world/", "wordpress"),
        ("hyperkitty/feed.xml", "feed/", "feeds"),
        ("phpbb/topic.html", "viewtopic.php?t=2", "generic"),
        ("mybb/forum.html", "forumdisplay.php?fid=2", "generic"),
        ("discuz/viewthread_p1.html", "forum.php?mod=viewthread&tid=1", "generic"),
    ],
)
def test_a_real_page_is_recognised_as_what_it_is(sample: str, path: str, platform: str) -> None:
    found = recognise(page_of(sample, path))
    assert found is not None
    assert found[0].name == platform
