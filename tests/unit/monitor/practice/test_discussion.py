"""Posts can be added, edited and deleted without disturbing the others."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from monitor.practice.content import shipped_content
from monitor.practice.discussion import Discussion

OPENED_AT = datetime(2026, 5, 1, 12, 0, tzinfo=UTC)
LATER = OPENED_AT + timedelta(hours=1, microseconds=77)
DINNER = 12  # the thread with four pages


@pytest.fixture
def discussion() -> Discussion:
    return Discussion(shipped_content(), OPENED_AT, now=lambda: LATER)


def test_everything_was_written_before_the_forum_opened_and_in_order(discussion: Discussion) -> None:
    for view in discussion.threads():
        times = [post.published_at for post in view.posts]
        assert times == sorted(times)
        assert times[-1] < OPENED_AT


def test_post_ids_are_unique(discussion: Discussion) -> None:
    ids = [post.id for post in discussion.posts()]
    assert len(ids) == len(set(ids)) > 120


def test_the_same_opening_gives_the_same_posts() -> None:
    content = shipped_content()
    assert Discussion(content, OPENED_AT).posts() == Discussion(content, OPENED_AT).posts()


def test_visitors_see_no_posts_of_removed_threads_and_closed_boards(discussion: Discussion) -> None:
    threads = {post.thread_id for post in discussion.posts()}
    assert DINNER in threads
    assert threads.isdisjoint({34, 91, 92})


def test_a_reply_stands_last_and_moves_its_thread_up(discussion: Discussion) -> None:
    reply = discussion.add_reply(14, "Odalys", "Good news at last.")
    view = discussion.thread(14)
    assert view is not None
    assert view.last_post is reply
    assert reply.published_at == LATER.replace(microsecond=0)
    unpinned = [thread for thread in discussion.threads("chating") if not thread.content.is_pinned]
    assert unpinned[0].content.id == 14


def test_a_reply_to_a_full_page_opens_a_new_one(discussion: Discussion) -> None:
    view = discussion.thread(DINNER)
    assert view is not None
    missing = view.pages * 10 - len(view.posts)
    replies = [discussion.add_reply(DINNER, "米粒", f"第 {number} 碗") for number in range(missing + 1)]
    grown = discussion.thread(DINNER)
    assert grown is not None
    assert grown.pages == view.pages + 1
    assert grown.page_of(replies[-2].id) == view.pages
    assert grown.page_of(replies[-1].id) == view.pages + 1


def test_an_edit_keeps_id_author_and_time(discussion: Discussion) -> None:
    before = discussion.posts()[0]
    after = discussion.edit_post(before.id, "Something else")
    assert (after.id, after.author, after.published_at) == (before.id, before.author, before.published_at)
    assert after.text == "Something else"
    assert after.edited_at == LATER.replace(microsecond=0)
    assert discussion.post(before.id) == after


def test_a_deleted_post_is_gone_and_its_id_is_never_given_again(discussion: Discussion) -> None:
    last = discussion.thread(14).last_post  # type: ignore[union-attr]
    discussion.delete_post(last.id)
    assert discussion.post(last.id) is None
    given = [last.id, *(discussion.add_reply(14, "Odalys", text).id for text in ("One", "Two", "Three"))]
    assert given == list(range(last.id, last.id + 4))


def test_deleting_moves_later_posts_up_but_keeps_their_numbers(discussion: Discussion) -> None:
    view = discussion.thread(DINNER)
    assert view is not None
    eleventh = view.posts[10]
    discussion.delete_post(view.posts[4].id)
    shrunk = discussion.thread(DINNER)
    assert shrunk is not None
    assert shrunk.page_of(eleventh.id) == 1
    assert shrunk.posts[9] == eleventh


def test_a_view_does_not_change_behind_its_reader(discussion: Discussion) -> None:
    view = discussion.thread(14)
    assert view is not None
    count = len(view.posts)
    discussion.add_reply(14, "Odalys", "One more")
    assert len(view.posts) == count


def test_the_last_post_of_a_thread_cannot_be_deleted(discussion: Discussion) -> None:
    with pytest.raises(ValueError, match="last post"):
        discussion.delete_post(91001)


@pytest.mark.parametrize("post_id", [12999, 99001])
def test_what_is_not_there_cannot_be_edited_or_deleted(discussion: Discussion, post_id: int) -> None:
    with pytest.raises(KeyError):
        discussion.edit_post(post_id, "text")
    with pytest.raises(KeyError):
        discussion.delete_post(post_id)
