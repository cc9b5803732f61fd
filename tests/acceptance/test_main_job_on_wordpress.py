"""The same main job on a real WordPress: its comments are read, a shaming one is captured and alerted."""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path

import pytest
from PIL import Image

from monitor.practice import DEMO_SUBJECTS
from monitor.practice.mailbox import Mailbox
from tests.acceptance.conftest import Shamewatch
from tests.acceptance.registration import registered
from tests.real.wordpress import WordPressSite, start_wordpress

pytestmark = pytest.mark.slow
BORROWER = DEMO_SUBJECTS[1]


@pytest.fixture(scope="module")
def wordpress(tmp_path_factory: pytest.TempPathFactory) -> Iterator[WordPressSite]:
    site = start_wordpress(tmp_path_factory.mktemp("wordpress"))
    yield site
    site.stop()


def test_comments_that_shame_become_hits_with_pictures_and_alerts(
    wordpress: WordPressSite, shamewatch: Shamewatch, mailbox: Mailbox
) -> None:
    installation = shamewatch.with_settings(allowed_networks=wordpress.network, smtp_url=mailbox.smtp_url)
    installation.ok("init")
    registered(installation, BORROWER, language="tl", region="PH")
    assert "wordpress" in installation.ok("sources", "add", wordpress.url)
    (report,) = installation.lines("round")
    hits = installation.lines("hits", "list")
    expected = [post.text for post in wordpress.posts if BORROWER.id in post.shames]
    found = [" ".join(hit["text"].split()) for hit in hits]
    assert expected
    for text in expected:
        assert any(" ".join(text.split())[:60] in body for body in found), text
    assert report["captures"] == len(hits)
    for hit in hits:
        assert hit["capture"]["verdict"] == "ok", hit["capture"]
        assert "comment" in hit["url"]
    messages = list(mailbox.messages())
    assert len(messages) == len(hits)
    for message in messages:
        (picture,) = message.iter_attachments()
        with Image.open(io.BytesIO(picture.get_content())) as image:
            image.load()
    (again,) = installation.lines("round", "--all")
    assert (again["hits"], again["deliveries"]) == (0, 0)


def test_the_crawl_command_prints_every_comment_once_with_author_time_and_permalink(
    wordpress: WordPressSite, tmp_path: Path
) -> None:
    installation = Shamewatch(tmp_path).with_settings(allowed_networks=wordpress.network)
    posts = installation.lines("crawl", wordpress.url)
    assert len({post["url"] for post in posts}) == len(posts)
    comments = [post for post in posts if "#comment-" in post["url"]]
    assert len(comments) == len([post for post in wordpress.posts if not post.is_removed])
    assert all(post["author"] and post["published_at"].endswith("Z") for post in comments)
    assert list(tmp_path.iterdir()) == [], "nothing is stored"
