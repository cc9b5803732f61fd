"""The forum answers over HTTP as a real one does."""

from __future__ import annotations

import re
import socket
import urllib.error
import urllib.request
from collections.abc import Iterator
from datetime import UTC, datetime
from email.message import Message
from xml.etree import ElementTree as ET

import pytest
from bs4 import BeautifulSoup

from monitor.practice import PracticeForum

OPENED_AT = datetime(2026, 5, 1, 12, 0, tzinfo=UTC)


class _Stay(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_: object, **__: object) -> None:  # type: ignore[override]
        return None


def get(url: str, method: str = "GET", **headers: str) -> tuple[int, Message, str]:
    """Status, headers and text, without following redirects."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    request = urllib.request.Request(url, headers=named, method=method)
    try:
        with urllib.request.build_opener(_Stay).open(request, timeout=10) as answer:
            return answer.status, answer.headers, answer.read().decode()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.headers, error.read().decode()


def soup(url: str) -> BeautifulSoup:
    status, _, text = get(url)
    assert status == 200
    return BeautifulSoup(text, "lxml")


def thread_pages(forum: PracticeForum, thread_id: int) -> list[BeautifulSoup]:
    """Every page of a thread, by its own rel=next links."""
    pages, url = [], forum.thread_url(thread_id)
    while url:
        page = soup(url)
        pages.append(page)
        step = page.select_one("a[rel=next]")
        url = forum.url.rstrip("/") + str(step["href"]) if step else ""
    return pages


@pytest.fixture
def forum() -> Iterator[PracticeForum]:
    with PracticeForum(opened_at=OPENED_AT) as forum:
        yield forum


@pytest.fixture(scope="module")
def still() -> Iterator[PracticeForum]:
    """A forum that the test does not change."""
    with PracticeForum(opened_at=OPENED_AT) as forum:
        yield forum


def test_following_boards_threads_and_pages_meets_every_post_once(still: PracticeForum) -> None:
    seen = []
    for board in soup(still.url).select("a.title"):
        status, _, text = get(still.url.rstrip("/") + str(board["href"]))
        if status != 200:
            continue
        for row in BeautifulSoup(text, "lxml").select(".row:not(.removed) a.title"):
            for page in thread_pages(still, int(str(row["href"]).split("/")[2])):
                seen += [int(str(article["id"])[1:]) for article in page.select("article.post")]
    assert sorted(seen) == [post.id for post in still.posts()]


def test_a_page_shows_author_time_and_text_of_its_posts(still: PracticeForum) -> None:
    by_id = {post.id: post for post in still.posts()}
    for article in soup(f"{still.thread_url(12)}?page=3").select("article.post"):
        post = by_id[int(str(article["id"])[1:])]
        moment = article.select_one(".post-head time")
        assert moment is not None
        assert datetime.fromisoformat(str(moment["datetime"])) == post.published_at
        assert article.select_one(".author .name").get_text() == post.author  # type: ignore[union-attr]
        words = article.select_one(".content").get_text()  # type: ignore[union-attr]
        assert "".join(post.text.split()) in "".join(words.split())


def test_a_permalink_opens_the_page_that_holds_the_post(still: PracticeForum) -> None:
    for post in still.posts():
        url, anchor = still.post_url(post.id).split("#")
        assert soup(url).find("article", id=anchor) is not None


def test_the_short_address_of_a_post_redirects_to_its_permalink(still: PracticeForum) -> None:
    status, headers, _ = get(f"{still.url}post/12025/")
    assert status == 302
    assert headers["Location"] == "/thread/12/?page=3#p12025"


def test_a_thread_says_its_language(still: PracticeForum) -> None:
    assert soup(still.thread_url(21)).html["lang"] == "zh-Hant"  # type: ignore[index]
    assert soup(still.thread_url(51)).html["lang"] == "tl"  # type: ignore[index]


def test_only_the_first_board_carries_microdata(still: PracticeForum) -> None:
    marked = soup(still.thread_url(31))
    assert len(marked.select('[itemtype="https://schema.org/DiscussionForumPosting"]')) == 1
    assert len(marked.select('[itemprop=comment][itemtype="https://schema.org/Comment"]')) == 9
    assert not soup(still.thread_url(12)).select("[itemscope]")


def test_a_quote_stands_apart_from_the_authors_own_words(still: PracticeForum) -> None:
    article = soup(still.thread_url(41)).find("article", id="p41006")
    quote = article.select_one("blockquote.quote")  # type: ignore[union-attr]
    assert "DanaLancarJaya" in quote.extract().get_text()  # type: ignore[union-attr]
    assert "DanaLancarJaya" not in article.get_text()  # type: ignore[union-attr]


def test_pictures_of_posts_are_served(still: PracticeForum) -> None:
    picture = soup(still.thread_url(51)).select_one("article#p51001 figure img")
    with urllib.request.urlopen(still.url.rstrip("/") + str(picture["src"])) as answer:  # type: ignore[index]
        assert answer.headers["Content-Type"] == "image/png"
        assert answer.read(8) == b"\x89PNG\r\n\x1a\n"


def test_markup_in_a_post_is_shown_not_obeyed(forum: PracticeForum) -> None:
    text = "<script>alert(1)</script> & <b>bold</b>"
    post = forum.add_reply(32, '"><img src=x>', text)
    article = soup(forum.thread_url(32)).find("article", id=f"p{post.id}")
    assert not article.select("script, b, img")  # type: ignore[union-attr]
    assert text in article.get_text()  # type: ignore[union-attr]


def test_walls_answer_as_walls(still: PracticeForum) -> None:
    assert get(still.board_url("moderators"))[0] == 403
    assert get(still.thread_url(91))[0] == 403
    assert get(still.thread_url(34))[0] == 410
    status, _, text = get(still.board_url("swap"))
    assert status == 200
    assert 'type="password"' in text
    assert "Ladder" not in text + get(still.thread_url(92))[2]


@pytest.mark.parametrize(
    "path", ["nowhere/", "thread/9999/", "thread/x/", "thread/12/?page=5", "thread/12/?page=0", "thread/12/?page=two",
             "board/nowhere/", "board/plaza/?page=2", "post/1/", "image/none.png", "static/../content.py"]
)  # fmt: skip
def test_what_is_not_there_is_a_404(still: PracticeForum, path: str) -> None:
    assert get(still.url + path)[0] == 404


def test_an_unchanged_page_is_answered_with_304(still: PracticeForum) -> None:
    _, headers, _ = get(still.thread_url(12))
    assert get(still.thread_url(12), If_None_Match=headers["ETag"])[0] == 304
    assert get(still.thread_url(12), If_Modified_Since=headers["Last-Modified"])[0] == 304
    assert get(still.thread_url(12), If_Modified_Since="no date at all")[0] == 200


def test_a_changed_page_is_sent_again_even_within_the_same_second(forum: PracticeForum) -> None:
    """Last-Modified counts seconds, so If-None-Match has to win (RFC 9110 §13.2.2)."""
    forum.edit_post(12001, "first")
    _, headers, _ = get(forum.thread_url(12))
    forum.edit_post(12001, "second")
    known = {"If_None_Match": headers["ETag"], "If_Modified_Since": headers["Last-Modified"]}
    status, _, text = get(forum.thread_url(12), **known)
    assert status == 200
    assert "second" in text


def test_head_sends_no_body(still: PracticeForum) -> None:
    status, headers, text = get(still.thread_url(12), method="HEAD")
    assert (status, text) == (200, "")
    assert int(headers["Content-Length"]) > 5000


def test_a_reply_appears_on_page_listing_and_feed(forum: PracticeForum) -> None:
    before = soup(forum.board_url("plaza")).select_one('.row:has(a[href="/thread/61/"]) .count')
    post = forum.add_reply(61, "Vecina del 12", "Ya compré la lona.")
    after = soup(forum.board_url("plaza")).select_one('.row:has(a[href="/thread/61/"]) .count')
    assert int(after.get_text()) == int(before.get_text()) + 1  # type: ignore[union-attr]
    assert soup(forum.thread_url(61)).find("article", id=f"p{post.id}") is not None
    assert "Ya compré la lona." in get(f"{forum.board_url('plaza')}feed.xml")[2]


def test_an_edited_post_shows_its_new_text_and_a_mark(forum: PracticeForum) -> None:
    forum.edit_post(61001, "Otra cosa")
    article = soup(forum.thread_url(61)).find("article", id="p61001")
    assert "Otra cosa" in article.select_one(".content").get_text()  # type: ignore[union-attr]
    assert article.select_one(".edited time") is not None  # type: ignore[union-attr]


def test_a_deleted_post_is_gone_from_its_page(forum: PracticeForum) -> None:
    forum.delete_post(61003)
    assert soup(forum.thread_url(61)).find("article", id="p61003") is None
    assert get(f"{forum.url}post/61003/")[0] == 404
    with pytest.raises(KeyError):
        forum.post_url(61003)


def test_a_removed_thread_answers_410(forum: PracticeForum) -> None:
    forum.remove_thread(61)
    assert get(forum.thread_url(61))[0] == 410
    assert not [post for post in forum.posts() if post.thread_id == 61]


def test_robots_and_sitemap_say_what_a_crawler_may_read(still: PracticeForum) -> None:
    robots = get(f"{still.url}robots.txt")[2]
    assert "Crawl-delay: 0" in robots
    assert "Disallow: /private/" in robots
    assert f"Sitemap: {still.url}sitemap.xml" in robots
    tree = ET.fromstring(get(f"{still.url}sitemap.xml")[2])
    locations = {element.text for element in tree.iter("{http://www.sitemaps.org/schemas/sitemap/0.9}loc")}
    assert still.thread_url(12) in locations
    assert still.board_url("plaza") in locations
    assert not {still.thread_url(34), still.thread_url(91), still.board_url("swap")} & locations


def test_a_boards_feed_holds_its_newest_posts_with_permalinks(still: PracticeForum) -> None:
    items = ET.fromstring(get(f"{still.board_url('chating')}feed.xml")[2]).findall("./channel/item")
    newest = sorted(
        (post for post in still.posts() if 11 <= post.thread_id <= 14),
        key=lambda post: (post.published_at, post.id),
        reverse=True,
    )
    assert [item.findtext("link") for item in items] == [still.post_url(post.id) for post in newest[:20]]


def test_expected_hits_name_posts_and_subjects(still: PracticeForum) -> None:
    hits = still.expected_hits()
    assert (12025, "tao-yanqiu") in hits
    assert (51001, "maricel-dalogdog") in hits
    assert len(hits) == sum(len(post.shames) for post in still.posts()) == 12


def test_requests_are_counted_by_address(forum: PracticeForum) -> None:
    get(forum.thread_url(12))
    get(forum.thread_url(12))
    get(f"{forum.thread_url(12)}?page=2")
    assert forum.requests == {"/thread/12/": 2, "/thread/12/?page=2": 1}


def test_it_listens_on_loopback_and_closes_its_port() -> None:
    with PracticeForum() as forum:
        host, port = forum.network.split(":")
        assert host == "127.0.0.1"
        assert re.fullmatch(r"http://127\.0\.0\.1:\d+/", forum.url)
        socket.create_connection((host, int(port)), timeout=5).close()
    with pytest.raises(OSError, match=r"refused"):
        socket.create_connection((host, int(port)), timeout=5)


def test_a_port_that_is_taken_is_an_error(still: PracticeForum) -> None:
    with pytest.raises(OSError, match="in use"):
        PracticeForum(int(still.network.split(":")[1])).start()
