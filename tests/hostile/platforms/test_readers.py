"""Hostile pages: whatever the bytes, a reader answers in time, raises nothing, and yields no empty post."""

import time
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from spiders.items import line_from_record, record_from_line
from spiders.platforms.base import Follow, Page, Platform, Reading
from spiders.platforms.registry import PLATFORMS

KINDS = ("", "page", "thread", "listing", "feed", "comment_feed", "comments", "posts", "comments_feed", "posts_feed", "discovery")  # fmt: skip
FIXTURES = sorted(
    path
    for path in (Path(__file__).parents[2] / "platforms").glob("*/*/*")
    if path.name != "expected.json" and path.suffix in (".html", ".xml", ".json")
)
FETCHED_AT = datetime(2026, 11, 25, 8, tzinfo=UTC)
DEPTH = 100_000
LIMIT_S = 20.0

every_platform = pytest.mark.parametrize("platform", PLATFORMS, ids=lambda platform: platform.name)


def page_of(body: str, kind: str = "", url: str = "https://hostile.example/thread/1?page=2") -> Page:
    return Page(
        url=url,
        requested_url=url,
        source_url=url,
        status=200,
        headers={"content-type": "text/html", "x-wp-total": "1", "x-wp-totalpages": "99"},
        untrusted_body=body,
        fetched_at=FETCHED_AT,
        kind=kind,
        context={"promised": "12", "title": "t", "since": "2026-11-01T00:00:00+00:00", "depth": "1"},
    )


def assert_sound(reading: Reading, page: Page) -> None:
    """What every reading keeps, however hostile the page."""
    ids = [post.id for post in reading.posts]
    assert len(ids) == len(set(ids))
    for post in reading.posts:
        assert post.id
        assert post.untrusted_text or post.untrusted_quoted or post.images
        assert post.url.startswith(("http://", "https://"))
        assert post.published_at is None or post.published_at.tzinfo is not None
        assert record_from_line(line_from_record(post)) == post
        post.untrusted_text.encode("utf-8")
    for follow in reading.follow:
        assert_followable(follow)
        assert not (follow.is_continuation and follow.url in (page.url, page.requested_url))


def assert_followable(follow: Follow) -> None:
    assert follow.url.startswith(("http://", "https://"))
    assert not any(char.isspace() for char in follow.url)


def read_every_way(platform: Platform, body: str) -> int:
    """How many readings there were, all of them sound."""
    platform.recognise(page_of(body))
    for kind in KINDS:
        page = page_of(body, kind)
        assert_sound(platform.read(page), page)
        for follow in platform.on_refusal(page):
            assert_followable(follow)
    return len(KINDS)


def read_in_time(platform: Platform, body: str, kind: str) -> Reading:
    page = page_of(body, kind)
    started = time.process_time()
    reading = platform.read(page)
    assert time.process_time() - started < LIMIT_S
    assert_sound(reading, page)
    return reading


@every_platform
@pytest.mark.parametrize(
    "body", ["", " ", "\x00", "\ufeff", "<", "<!--", "{", "[]", "null", "<?xml", "<rss/>", "&#0;", "\ud800"]
)
def test_a_page_with_next_to_nothing_on_it_is_survived(platform: Platform, body: str) -> None:
    assert read_every_way(platform, body) == len(KINDS)


@every_platform
@pytest.mark.parametrize("tag", ["div", "b", "span", "table><tr><td", "ul><li", "blockquote", "a href=x"])
def test_a_hundred_thousand_nested_tags_are_read_in_linear_time(platform: Platform, tag: str) -> None:
    words = "words in the depth of the page " * 4
    nested = f"<div class='post' id='p1'><{tag}>" + f"<{tag}>" * (DEPTH // (1 + tag.count(">"))) + words
    assert len(read_in_time(platform, f"<html><body>{nested}", "thread").posts) <= 1


@every_platform
def test_deeply_nested_json_is_survived(platform: Platform) -> None:
    for body in ("[" * DEPTH, '{"a":' * DEPTH, f'<script type="application/ld+json">{"[" * DEPTH}</script>'):
        assert len(read_in_time(platform, body, "comments").posts) <= 1


@every_platform
def test_ten_thousand_posts_on_one_page_are_read_in_time(platform: Platform) -> None:
    post = '<div class="post" id="p{0}"><b class="author">a</b><time>2026-11-23 10:00</time><p class="content">x</p></div>'
    body = "<body>" + "".join(post.format(number) for number in range(10_000))
    assert len(read_in_time(platform, body, "thread").posts) <= 10_000


@every_platform
@pytest.mark.parametrize(
    "body",
    [
        "<div class=post id=p1><b class=author>a</b><time>2026-11-23</time><div class=content>"
        + "<td></td>" * (DEPTH // 2),
        "<br>" * 7000 + "<" + "a" * 1_000_000,
        "<br>" * 7000 + "<a " * 300_000,
        "<p>" + "\n" * 1_000_000 + "x" + " " * 1_000_000,
        f"<p title='{'2026-' * 200_000}' style='{'display ' * 100_000}' class='{'quote' * 100_000}'>x</p>",
        "<title>" + " - " * 300_000 + "</title>" + "<h1>a</h1>" * 2000,
        "<rss version='2.0'><channel>" + "<!ENTITY " * 100_000 + "</channel></rss>",
    ],
    ids=["empty cells", "endless tag", "tags in tags", "white space", "attributes", "titles", "entities"],
)
def test_what_makes_careless_patterns_slow_is_read_in_time(platform: Platform, body: str) -> None:
    for kind in ("thread", "feed", "comments"):
        assert len(read_in_time(platform, body, kind).posts) <= 1
    platform.recognise(page_of(body))


def test_a_feed_that_multiplies_entities_expands_none_and_opens_no_file() -> None:
    levels = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 12))
    body = (
        f'<?xml version="1.0"?><!DOCTYPE rss [<!ENTITY l0 "ha">{levels}<!ENTITY file SYSTEM "file:///etc/passwd">'
        '<!ENTITY % remote SYSTEM "http://127.0.0.1:9/x.dtd">%remote;]>'
        "<rss version='2.0'><channel><item><guid>1</guid><description>a &l11; &file; b</description></item></channel></rss>"
    )
    feeds = next(platform for platform in PLATFORMS if platform.name == "feeds")
    reading = read_in_time(feeds, body, "feed")
    text = "".join(post.untrusted_text for post in reading.posts)
    assert "haha" not in text
    assert "root:" not in text
    assert len(text) < 200


def test_a_feed_whose_text_is_an_address_or_a_file_name_is_not_opened(tmp_path: Path) -> None:
    local = tmp_path / "feed.xml"
    local.write_text(
        "<rss version='2.0'><channel><item><guid>1</guid><title>secret</title></item></channel></rss>"
    )
    feeds = next(platform for platform in PLATFORMS if platform.name == "feeds")
    for body in (str(local), f"file://{local}", "http://127.0.0.1:9/feed.xml"):
        assert not feeds.read(page_of(body, "feed")).posts


@every_platform
@pytest.mark.parametrize(
    "href",
    [
        "javascript:alert(1)",
        "file:///etc/passwd",
        "http://[::1",
        "//user:pw@evil.example/",
        "http://a b/",
        "x" * 5000,
    ],
)
def test_a_link_that_is_no_web_address_is_never_followed(platform: Platform, href: str) -> None:
    body = "".join(
        f'<div class="topic"><a class="title" href="{href}">A title number {number}</a><span class="author">me</span>'
        f"<time>2026-11-2{number}</time></div>"
        for number in range(5)
    )
    body += f'<link rel="next" href="{href}"><a rel="next" href="{href}">Next</a>'
    for follow in platform.read(page_of(body, "page")).follow:
        assert follow.url.startswith(("http://", "https://"))
        assert "evil" not in follow.url
        assert len(follow.url) <= 2500


tags = st.sampled_from(
    [
        "div",
        "p",
        "li",
        "ul",
        "table",
        "tr",
        "td",
        "span",
        "article",
        "a",
        "time",
        "blockquote",
        "pre",
        "b",
        "i",
        "form",
        "nav",
        "h1",
    ]
)
attributes = st.sampled_from(
    ['class="post"', 'class="comment"', 'id="p12"', 'id="p13"', 'class="author"', 'datetime="2026-11-23T10:00Z"', 'title="2 days ago"',
     'href="/t/1"', 'href="#p12"', 'href="?page=3"', 'rel="next"', 'class="content"', 'class="quote"', 'itemscope itemtype="https://schema.org/Comment"',
     'itemprop="text"', 'itemprop="author"', 'itemprop="url" href="http://["', 'data-pid="7"', 'class="comments_list"', 'class="layout__topics"',
     'class="js-comment comments_list__comment" data-pk="4"', 'style="display:none"', 'data-time="1795447200"', 'data-time="99999999999999999999"']
)  # fmt: skip
words = st.one_of(
    st.text(max_size=30),
    st.sampled_from(["2026-11-23 10:00", "昨天 21:30", "3 replies", "»", "Next", "31/02/2026", "9999-99-99"]),
)
soups = st.lists(
    st.one_of(
        st.tuples(tags, st.lists(attributes, max_size=3)).map(lambda one: f"<{one[0]} {' '.join(one[1])}>"),
        tags.map(lambda tag: f"</{tag}>"),
        words,
    ),
    max_size=60,
).map("".join)


@every_platform
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(body=soups)
def test_any_soup_of_tags_is_survived(platform: Platform, body: str) -> None:
    for kind in ("page", "thread"):
        page = page_of(body, kind)
        assert_sound(platform.read(page), page)


@every_platform
@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_a_recorded_page_with_flipped_and_lost_bytes_is_survived(
    platform: Platform, data: st.DataObject
) -> None:
    path = data.draw(st.sampled_from(FIXTURES))
    body = bytearray(path.read_bytes())
    for _ in range(data.draw(st.integers(1, 12))):
        place = data.draw(st.integers(0, max(len(body) - 1, 0)))
        body[place : place + data.draw(st.integers(0, 40))] = data.draw(st.binary(max_size=6))
    assert read_every_way(platform, body.decode("utf-8", "replace")) == len(KINDS)
