"""A real WordPress is read whole, once, and again only where something changed."""

from __future__ import annotations

import dataclasses
import json
import re
import urllib.request

import pytest

from spiders.items import Refusal
from spiders.platforms.base import Recognition
from tests.real.reading import Outcome, faults, news, number_of, read, recognised, remembered, shown_at
from tests.real.wordpress import COMMENTS_PER_PAGE, WordPressSite

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def found(wordpress: WordPressSite) -> Recognition:
    answer = recognised(wordpress.url, wordpress.network)
    assert not isinstance(answer, Refusal)
    return answer


@pytest.fixture(scope="module")
def first(wordpress: WordPressSite, found: Recognition) -> Outcome:
    """One crawl of the untouched site, for all tests that do not change it."""
    return read(found, wordpress.network)


def comments(outcome: Outcome) -> Outcome:
    """The crawl without the articles, which WordPress counts apart from comments."""
    return dataclasses.replace(
        outcome, posts=tuple(post for post in outcome.posts if "#comment-" in post.url)
    )


def test_the_site_is_up_and_shows_its_comments(wordpress: WordPressSite) -> None:
    longest = _longest_article(wordpress)
    with urllib.request.urlopen(f"{wordpress.url}?p={longest}") as answer:
        page = answer.read().decode()
    assert wordpress.articles[longest] in page
    assert len(re.findall(r'<li id="comment-\d+"', page)) == COMMENTS_PER_PAGE
    with urllib.request.urlopen(f"{wordpress.url}wp-json/wp/v2/comments?per_page=1") as answer:
        assert int(answer.headers["X-WP-Total"]) == sum(not post.is_removed for post in wordpress.posts) > 100
        assert json.load(answer)[0]["status"] == "approved"


def test_the_site_is_recognised_and_says_what_cannot_be_seen(found: Recognition) -> None:
    assert found.platform == "wordpress"
    assert "moderator" in found.cannot_see


def test_an_article_is_recognised_as_one_of_its_site(wordpress: WordPressSite) -> None:
    answer = recognised(f"{wordpress.url}?p={_longest_article(wordpress)}", wordpress.network)
    assert not isinstance(answer, Refusal)
    assert answer.platform == "wordpress"


def test_every_comment_is_read_once_with_author_time_text_and_title(
    wordpress: WordPressSite, first: Outcome
) -> None:
    assert faults(comments(first), wordpress.posts) == []
    assert first.refusals == ()


def test_every_article_is_read_once(wordpress: WordPressSite, first: Outcome) -> None:
    read_titles = sorted(post.untrusted_title for post in first.posts if "#comment-" not in post.url)
    assert read_titles == sorted(wordpress.articles.values())


def test_an_answer_names_the_comment_that_it_answers(wordpress: WordPressSite, first: Outcome) -> None:
    """WordPress nests answers instead of quoting."""
    by_id = {post.id: post for post in first.posts}
    answers = [post for post in comments(first).posts if post.parent_id in by_id]
    assert len(answers) >= 10
    assert all(by_id[post.parent_id].thread_url == post.thread_url for post in answers)


def test_permalinks_open_at_their_comment(wordpress: WordPressSite, first: Outcome) -> None:
    of_longest = [
        post for post in comments(first).posts
        if post.untrusted_title == wordpress.articles[_longest_article(wordpress)]
    ]  # fmt: skip
    for post in of_longest[:: COMMENTS_PER_PAGE // 2]:
        assert post.untrusted_text in shown_at(post.url), post.url


def test_a_second_crawl_finds_nothing_new(
    wordpress: WordPressSite, found: Recognition, first: Outcome
) -> None:
    second = read(found, wordpress.network, remembered(first))
    assert news(second, first.posts) == ()
    assert second.refusals == ()


def test_a_second_crawl_without_a_search_for_edits_asks_once_for_each_kind(
    wordpress: WordPressSite, found: Recognition, first: Outcome
) -> None:
    second = read(found, wordpress.network, remembered(first), reread_pages=0)
    assert second.done.requests == 2
    assert len(second.posts) < len(first.posts) / 4


def test_an_edited_comment_is_found_by_its_new_text(
    wordpress: WordPressSite, found: Recognition, first: Outcome
) -> None:
    latest = max(
        (post for post in wordpress.posts if not post.is_removed), key=lambda post: post.published_at
    )
    wordpress.edit_comment(latest.id, "The other mitten has turned up as well.")
    second = comments(read(found, wordpress.network, remembered(first)))
    changed = [post for post in news(second, first.posts) if number_of(post) == latest.id]
    assert [post.untrusted_text for post in changed] == ["The other mitten has turned up as well."]


def test_a_comment_on_an_old_article_is_found(
    wordpress: WordPressSite, found: Recognition, first: Outcome
) -> None:
    oldest = min(wordpress.posts, key=lambda post: post.published_at)
    added = wordpress.add_comment(oldest.thread_id, "Priyanka", "Is anybody still reading this? I am.")
    second = comments(read(found, wordpress.network, remembered(first)))
    assert [number_of(post) for post in news(second, first.posts) if number_of(post) == added.id] == [
        added.id
    ]
    assert "#comment-" in second.by_id[added.id].url
    assert added.text in shown_at(second.by_id[added.id].url)


def _longest_article(wordpress: WordPressSite) -> int:
    counts = dict.fromkeys(wordpress.articles, 0)
    for post in wordpress.posts:
        counts[post.thread_id] += 1
    return max(counts, key=lambda article: counts[article])
