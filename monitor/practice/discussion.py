"""What stands in the forum at this moment: posts can be added, edited and deleted while it runs.

It decides ids, order and page of every post; it never renders and never speaks HTTP.
"""

from __future__ import annotations

import dataclasses
import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from monitor.practice.content import POSTS_PER_PAGE, BoardContent, ForumContent, ThreadContent

_IDS_PER_THREAD = 1000


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class ForumPost:
    """One post as it stands now. ``id`` is unique in the forum; ``number`` counts from 1 in its thread.

    ``shames`` holds the ids of the demo's subjects whom this post shames; ``looks_bad`` says why an
    innocent post is hard to tell from such a one.
    """

    id: int
    thread_id: int
    number: int
    author: str
    text: str
    published_at: datetime
    edited_at: datetime | None = None
    quotes: int | None = None
    images: tuple[str, ...] = ()
    shames: tuple[str, ...] = ()
    looks_bad: str = ""


@dataclasses.dataclass(frozen=True, slots=True)
class ThreadView:
    """A thread and its posts at one moment; later changes do not reach it."""

    content: ThreadContent
    posts: tuple[ForumPost, ...]
    changed_at: datetime

    @property
    def pages(self) -> int:
        return max(1, -(-len(self.posts) // POSTS_PER_PAGE))

    @property
    def reply_count(self) -> int:
        return max(0, len(self.posts) - 1)

    @property
    def last_post(self) -> ForumPost:
        return self.posts[-1]

    def page_of(self, post_id: int) -> int:
        """The page on which the post stands. Raises KeyError where it is not in the thread."""
        for index, post in enumerate(self.posts):
            if post.id == post_id:
                return index // POSTS_PER_PAGE + 1
        raise KeyError(post_id)

    def on_page(self, page: int) -> tuple[ForumPost, ...]:
        return self.posts[(page - 1) * POSTS_PER_PAGE : page * POSTS_PER_PAGE]


class Discussion:
    """The forum's threads. Safe to read and change from several threads of the process."""

    def __init__(
        self,
        content: ForumContent,
        opened_at: datetime,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self.content = content
        self.opened_at = opened_at
        self._now = now
        self._lock = threading.Lock()
        self._threads = {thread.id: _opening_view(thread, opened_at) for thread in content.threads}
        self._next_number = {thread.id: len(thread.posts) + 1 for thread in content.threads}

    def board(self, slug: str) -> BoardContent | None:
        """The board with this slug, or None."""
        return next((board for board in self.content.boards if board.slug == slug), None)

    def thread(self, thread_id: int) -> ThreadView | None:
        """The thread as it stands now, or None."""
        with self._lock:
            return self._threads.get(thread_id)

    def threads(self, board_slug: str | None = None) -> tuple[ThreadView, ...]:
        """Threads in the order of a listing: pinned ones, then the last reply first."""
        with self._lock:
            views = list(self._threads.values())
        wanted = (view for view in views if board_slug in (None, view.content.board))
        return tuple(
            sorted(
                wanted, key=lambda view: (view.content.is_pinned, view.last_post.published_at), reverse=True
            )
        )

    def posts(self) -> tuple[ForumPost, ...]:
        """Every post that a visitor can read, by id."""
        open_boards = {board.slug for board in self.content.boards if board.access == "open"}
        readable = (
            view
            for view in self.threads()
            if view.content.board in open_boards and not view.content.is_removed
        )
        return tuple(sorted((post for view in readable for post in view.posts), key=lambda post: post.id))

    def post(self, post_id: int) -> ForumPost | None:
        """The post as it stands now, or None."""
        view = self.thread(post_id // _IDS_PER_THREAD)
        return next((post for post in view.posts if post.id == post_id), None) if view else None

    def add_reply(self, thread_id: int, author: str, text: str, shames: tuple[str, ...] = ()) -> ForumPost:
        """Append a post, written now. Raises KeyError where there is no such thread."""
        with self._lock:
            view = self._threads[thread_id]
            number = self._next_number[thread_id]
            post = ForumPost(
                id=thread_id * _IDS_PER_THREAD + number,
                thread_id=thread_id,
                number=number,
                author=author,
                text=text,
                published_at=self._moment(),
                shames=shames,
            )
            self._next_number[thread_id] = number + 1
            self._replace(view, (*view.posts, post))
        return post

    def edit_post(self, post_id: int, text: str) -> ForumPost:
        """Give a post another text, now. Raises KeyError where there is no such post."""
        with self._lock:
            view = self._threads[post_id // _IDS_PER_THREAD]
            before = next((post for post in view.posts if post.id == post_id), None)
            if before is None:
                raise KeyError(post_id)
            after = dataclasses.replace(before, text=text, edited_at=self._moment())
            self._replace(view, tuple(after if post is before else post for post in view.posts))
        return after

    def delete_post(self, post_id: int) -> None:
        """Take a reply away; the others keep their ids and numbers. Raises KeyError or ValueError."""
        with self._lock:
            view = self._threads[post_id // _IDS_PER_THREAD]
            remaining = tuple(post for post in view.posts if post.id != post_id)
            if len(remaining) == len(view.posts):
                raise KeyError(post_id)
            if not remaining:
                raise ValueError("The last post of a thread cannot be deleted; remove the thread instead.")
            self._replace(view, remaining)

    def remove_thread(self, thread_id: int) -> None:
        """Let a thread answer 410 from now on. Raises KeyError where there is no such thread."""
        with self._lock:
            view = self._threads[thread_id]
            content = view.content.model_copy(update={"is_removed": True})
            self._threads[thread_id] = ThreadView(content, view.posts, self._moment())

    def _replace(self, view: ThreadView, posts: tuple[ForumPost, ...]) -> None:
        self._threads[view.content.id] = ThreadView(view.content, posts, self._moment())

    def _moment(self) -> datetime:
        return self._now().replace(microsecond=0)


def _opening_view(thread: ThreadContent, opened_at: datetime) -> ThreadView:
    began_at = opened_at.replace(microsecond=0) - timedelta(days=thread.began_days_ago)
    posts = tuple(
        ForumPost(
            id=thread.id * _IDS_PER_THREAD + number,
            thread_id=thread.id,
            number=number,
            author=post.by,
            text=post.text.strip(),
            published_at=began_at + written,
            edited_at=began_at + edited if edited is not None else None,
            quotes=post.quotes,
            images=post.images,
            shames=post.shames,
            looks_bad=post.looks_bad,
        )
        for number, (post, (written, edited)) in enumerate(
            zip(thread.posts, thread.offsets(), strict=True), start=1
        )
    )
    changed_at = max(moment for post in posts for moment in (post.published_at, post.edited_at or began_at))
    return ThreadView(thread, posts, changed_at)
