"""A real Spirit forum is read whole, once, and again only where something changed."""

from __future__ import annotations

import urllib.request

import pytest

from spiders.items import Refusal
from spiders.platforms.base import Recognition
from tests.real.reading import Outcome, faults, news, number_of, read, recognised, remembered, shown_at
from tests.real.spirit import COMMENTS_PER_PAGE, SpiritForum

pytestmark = pytest.mark.slow  # tests/acceptance/test_main_job.py reads the same forum among the quick ones


@pytest.fixture(scope="module")
def found(spirit: SpiritForum) -> Recognition:
    answer = recognised(spirit.url, spirit.network)
    assert not isinstance(answer, Refusal)
    return answer


@pytest.fixture(scope="module")
def first(spirit: SpiritForum, found: Recognition) -> Outcome:
    """One crawl of the untouched forum, for all tests that do not change it."""
    return read(found, spirit.network)


def test_the_forum_is_up_and_shows_its_topics(spirit: SpiritForum) -> None:
    with urllib.request.urlopen(spirit.topic_url(spirit.posts[-1].thread_id)) as answer:
        page = answer.read().decode()
    assert spirit.posts[-1].title in page
    assert page.count('class="comments_list__comment') == COMMENTS_PER_PAGE


def test_the_forum_is_recognised_and_says_what_cannot_be_seen(found: Recognition) -> None:
    assert found.platform == "spirit"
    assert "removed" in found.cannot_see


def test_every_comment_is_read_once_with_author_time_text_quote_and_title(
    spirit: SpiritForum, first: Outcome
) -> None:
    assert faults(first, spirit.posts) == []
    assert first.refusals == ()


def test_the_crawl_covers_topics_of_several_pages_quotes_edits_and_removals(
    spirit: SpiritForum, first: Outcome
) -> None:
    """Otherwise the test before this one would prove less than it says."""
    pages = [
        len([post for post in first.posts if post.untrusted_title == title]) for title in _titles(spirit)
    ]
    assert sum(count > COMMENTS_PER_PAGE for count in pages) >= 3
    assert max(pages) > 3 * COMMENTS_PER_PAGE
    assert any(post.quoted for post in spirit.posts)
    assert sum(post.is_removed for post in spirit.posts) == 1
    assert any("corrected" in post.untrusted_text for post in first.posts)


def test_permalinks_open_at_their_comment_on_every_page(spirit: SpiritForum, first: Outcome) -> None:
    longest = max(_titles(spirit), key=lambda title: sum(post.title == title for post in spirit.posts))
    posts = [post for post in first.posts if post.untrusted_title == longest]
    for post in posts[:: COMMENTS_PER_PAGE // 2]:
        assert post.untrusted_text in shown_at(post.url), post.url


def test_a_second_crawl_asks_for_less_and_finds_nothing_new(
    spirit: SpiritForum, found: Recognition, first: Outcome
) -> None:
    second = read(found, spirit.network, remembered(first))
    assert news(second, first.posts) == ()
    assert second.done.requests < first.done.requests / 2
    assert second.refusals == ()


def test_a_second_crawl_without_a_search_for_edits_reads_the_list_of_topics_only(
    spirit: SpiritForum, found: Recognition, first: Outcome
) -> None:
    second = read(found, spirit.network, remembered(first), reread_pages=0)
    assert second.posts == ()
    assert [page.kind for page in second.pages] == ["listing"]


def test_a_reply_to_an_old_topic_is_found_without_reading_the_others(
    spirit: SpiritForum, found: Recognition, first: Outcome
) -> None:
    oldest = min(spirit.posts, key=lambda post: post.published_at)
    reply = spirit.add_reply(oldest.thread_id, "Priyanka", "Is anybody still reading this? I am.")
    second = read(found, spirit.network, remembered(first))
    assert reply.id in {number_of(post) for post in news(second, first.posts)}
    assert second.done.requests < first.done.requests


def test_an_edit_deep_in_an_old_topic_is_found_within_a_few_crawls(
    spirit: SpiritForum, found: Recognition, first: Outcome
) -> None:
    """Spirit's list of topics does not show edits: every crawl reads a few remembered pages again."""
    deep = [post for post in spirit.posts if post.title.startswith("Ferry log")][30]
    spirit.edit_comment(deep.id, "Crossing 31: cancelled, the ferry was a whale.")
    outcomes, changed = [first], []
    while not changed and len(outcomes) <= 3:
        known = [post for outcome in outcomes for post in outcome.posts]
        outcomes.append(read(found, spirit.network, remembered(*outcomes)))
        changed = [post for post in news(outcomes[-1], known) if number_of(post) == deep.id]
    assert [post.untrusted_text for post in changed] == ["Crossing 31: cancelled, the ferry was a whale."]


def test_a_comment_that_was_removed_is_no_longer_read(
    spirit: SpiritForum, found: Recognition, first: Outcome
) -> None:
    shamed = next(post for post in spirit.posts if post.shames)
    spirit.remove_comment(shamed.id)
    assert shamed.id in first.by_id
    assert shamed.id not in read(found, spirit.network).by_id


def _titles(spirit: SpiritForum) -> set[str]:
    return {post.title for post in spirit.posts}
