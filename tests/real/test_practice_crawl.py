"""The practice forum, whose software no reader knows by name, is read whole by guessed structure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

import pytest

from monitor.practice import PracticeForum
from spiders.items import Post, Refusal, RefusalKind
from spiders.platforms.base import Recognition
from tests.real.reading import Outcome, letters, news, read, recognised, remembered


@pytest.fixture
def forum() -> Iterator[PracticeForum]:
    with PracticeForum() as forum:
        yield forum


@pytest.fixture(scope="module")
def still() -> Iterator[tuple[PracticeForum, Outcome]]:
    """A forum that nobody changes, and one crawl of it."""
    with PracticeForum() as forum:
        yield forum, read(found(forum), forum.network)


def found(forum: PracticeForum) -> Recognition:
    answer = recognised(forum.url, forum.network)
    assert not isinstance(answer, Refusal)
    return answer


def by_permalink(outcome: Outcome) -> dict[str, Post]:
    assert not [url for url, count in Counter(post.url for post in outcome.posts).items() if count > 1]
    return {post.url: post for post in outcome.posts}


def test_every_post_is_read_once_with_author_time_text_quote_and_pictures(
    still: tuple[PracticeForum, Outcome],
) -> None:
    forum, outcome = still
    posts = by_permalink(outcome)
    assert set(posts) == {forum.post_url(post.id) for post in forum.posts()}
    for real in forum.posts():
        post = posts[forum.post_url(real.id)]
        assert post.untrusted_author == real.author
        assert post.published_at == real.published_at
        assert post.edited_at == real.edited_at
        assert letters(post.untrusted_text) == letters(real.text)
        assert bool(post.untrusted_quoted) == bool(real.quotes)
        assert len(post.images) == len(real.images)


def test_what_cannot_be_read_is_reported_as_refused_and_why(still: tuple[PracticeForum, Outcome]) -> None:
    forum, outcome = still
    assert {refusal.url: refusal.kind for refusal in outcome.refusals} == {
        forum.board_url("moderators"): RefusalKind.FORBIDDEN,
        forum.board_url("swap"): RefusalKind.LOGIN_WALL,
        forum.thread_url(34): RefusalKind.GONE,
    }


def test_what_robots_txt_forbids_is_never_asked_for(still: tuple[PracticeForum, Outcome]) -> None:
    forum, _ = still
    forbidden = ("/login", "/search", "/member/", "/private/")
    assert "/robots.txt" in forum.requests
    assert not [path for path in forum.requests if path.startswith(forbidden)]


def test_a_second_crawl_finds_nothing_new_and_then_a_reply_and_an_edit(forum: PracticeForum) -> None:
    source = found(forum)
    outcomes = [read(source, forum.network)]
    outcomes.append(read(source, forum.network, remembered(*outcomes)))
    assert news(outcomes[1], outcomes[0].posts) == ()
    assert outcomes[1].done.requests < outcomes[0].done.requests / 2
    reply = forum.add_reply(43, "Joko", "Rantangnya sudah siap, Bu.")
    edited = forum.edit_post(12015, "今天轮到我做饭，改成炒饭了。")
    wanted, seen = {forum.post_url(reply.id), forum.post_url(edited.id)}, set[str]()
    while not wanted <= seen and len(outcomes) < 12:
        known = [post for outcome in outcomes for post in outcome.posts]
        outcomes.append(read(source, forum.network, remembered(*outcomes)))
        seen |= {post.url for post in news(outcomes[-1], known)}
    assert seen == wanted
