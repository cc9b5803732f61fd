"""The door: start the practice forum on a free loopback port, change it while it runs, stop it.

It decides the forum's lifetime; it holds no content of its own.
"""

from __future__ import annotations

import threading
from collections import Counter
from datetime import UTC, datetime
from types import TracebackType
from typing import Self

from monitor.practice.content import ForumContent, shipped_content
from monitor.practice.discussion import Discussion, ForumPost
from monitor.practice.postmarkup import post_path
from monitor.practice.server import HOST, ForumServer
from monitor.practice.site import Site


class PracticeForum:
    """A running forum, as a context manager.

    ``port`` 0 takes a free one. ``opened_at`` (aware, default now) is what the posts' ages count from.
    Requests are counted by path and query in ``requests`` for those who test politeness.
    Raises OSError where the port is taken.
    """

    def __init__(
        self, port: int = 0, opened_at: datetime | None = None, content: ForumContent | None = None
    ) -> None:
        self._port = port
        self._discussion = Discussion(content or shipped_content(), opened_at or datetime.now(UTC))
        self._server: ForumServer | None = None
        self._thread: threading.Thread | None = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

    def start(self) -> None:
        """Listen and serve in a thread of its own."""
        self._server = ForumServer(self._port)
        self._port = self._server.server_address[1]
        self._server.site = Site(self._discussion, self._base_url)
        self._thread = threading.Thread(
            target=self._server.serve_forever,
            kwargs={"poll_interval": 0.05},
            name="practice-forum",
            daemon=True,
        )
        self._thread.start()

    def stop(self) -> None:
        """Close the port. May be called twice."""
        if self._server is None or self._thread is None:
            return
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()
        self._server = self._thread = None

    @property
    def _base_url(self) -> str:
        return f"http://{self.network}"

    @property
    def url(self) -> str:
        """Address of the list of boards, with its slash: what `sources add` is given."""
        return f"{self._base_url}/"

    @property
    def network(self) -> str:
        """What SHAMEWATCH_ALLOWED_NETWORKS must hold: ``127.0.0.1:PORT``."""
        return f"{HOST}:{self._port}"

    @property
    def requests(self) -> Counter[str]:
        """How often each path (with its query) was asked for, since the start or the last ``clear()``."""
        if self._server is None:
            raise RuntimeError("The practice forum is not running.")
        return self._server.requests

    def board_url(self, slug: str) -> str:
        """Address of a board's first page."""
        return f"{self._base_url}/board/{slug}/"

    def thread_url(self, thread_id: int) -> str:
        """Address of a thread's first page."""
        return f"{self._base_url}/thread/{thread_id}/"

    def post_url(self, post_id: int) -> str:
        """The post's permalink, on the page where it stands now. Raises KeyError where it is gone."""
        view = self._discussion.thread(post_id // 1000)
        post = self._discussion.post(post_id)
        if view is None or post is None:
            raise KeyError(post_id)
        return self._base_url + post_path(view, post)

    def posts(self) -> tuple[ForumPost, ...]:
        """Every post that a visitor without an account can read, by id."""
        return self._discussion.posts()

    def expected_hits(self) -> frozenset[tuple[int, str]]:
        """(post id, subject id) of every post that shames one of DEMO_SUBJECTS."""
        return frozenset((post.id, subject) for post in self.posts() for subject in post.shames)

    def add_reply(self, thread_id: int, author: str, text: str, shames: tuple[str, ...] = ()) -> ForumPost:
        """Append a post to a thread, written now. Raises KeyError."""
        return self._discussion.add_reply(thread_id, author, text, shames)

    def edit_post(self, post_id: int, text: str) -> ForumPost:
        """Give a post another text and an edited mark. Raises KeyError."""
        return self._discussion.edit_post(post_id, text)

    def delete_post(self, post_id: int) -> None:
        """Take a post away. Raises KeyError, or ValueError for the last post of a thread."""
        self._discussion.delete_post(post_id)

    def remove_thread(self, thread_id: int) -> None:
        """Let a thread answer 410 from now on. Raises KeyError."""
        self._discussion.remove_thread(thread_id)
