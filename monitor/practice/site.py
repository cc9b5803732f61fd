"""Which address of the forum answers with what.

It decides status, type and body of an answer from path and query; it never touches a socket.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from datetime import datetime
from importlib import resources
from urllib.parse import parse_qs, urlsplit

from monitor.practice import feeds
from monitor.practice.content import BoardContent
from monitor.practice.discussion import Discussion
from monitor.practice.pages import Pages
from monitor.practice.pictures import PICTURES, picture_png
from monitor.practice.postmarkup import post_path

_HTML = "text/html; charset=utf-8"
_BEHIND_LOGIN = frozenset({"login", "search", "private", "member"})
_STATIC_TYPES = {"forum.css": "text/css; charset=utf-8", "lantern.svg": "image/svg+xml"}


@dataclasses.dataclass(frozen=True, slots=True)
class Answer:
    """An HTTP answer before it is sent. ``changed_at`` becomes Last-Modified where it is known."""

    status: int
    content_type: str
    body: bytes
    changed_at: datetime | None = None
    headers: Mapping[str, str] = dataclasses.field(default_factory=dict)


class Site:
    """The forum's addresses. ``base_url`` has no slash at its end."""

    def __init__(self, discussion: Discussion, base_url: str) -> None:
        self._discussion = discussion
        self._base_url = base_url
        self._pages = Pages(discussion, base_url)
        self._whole_site: dict[str, Callable[[], Answer]] = {
            "": self._index,
            "robots.txt": self._robots,
            "sitemap.xml": self._sitemap,
        }
        self._single: dict[str, Callable[[str], Answer]] = {
            "post": self._post,
            "image": self._picture,
            "static": self._static,
        }
        self._paged: dict[str, Callable[[list[str], int], Answer]] = {
            "board": self._board,
            "thread": self._thread,
        }

    def answer(self, target: str) -> Answer:
        """The answer to GET ``target`` (path and query). Whatever is unknown is a 404."""
        parts = urlsplit(target)
        head, *rest = [segment for segment in parts.path.split("/") if segment] or [""]
        if head in _BEHIND_LOGIN:
            return Answer(200, _HTML, self._pages.login().encode())
        if not rest and head in self._whole_site:
            return self._whole_site[head]()
        if head in self._single:
            return self._single[head]("/".join(rest))
        if head in self._paged:
            return self._paged[head](rest, _page_number(parts.query))
        return self._missing()

    def _index(self) -> Answer:
        return self._html(self._pages.index(), self._last_change())

    def _robots(self) -> Answer:
        return Answer(200, "text/plain; charset=utf-8", feeds.robots(self._base_url).encode())

    def _sitemap(self) -> Answer:
        xml = feeds.sitemap(self._discussion, self._base_url)
        return Answer(200, "application/xml", xml.encode(), self._last_change())

    def _board(self, rest: list[str], page: int) -> Answer:
        slug, *below = rest or [""]
        board = self._discussion.board(slug)
        if board is None or below not in ([], ["feed.xml"]):
            return self._missing()
        wall = self._wall(board)
        if wall is not None:
            return wall
        if below:
            xml = feeds.board_feed(self._discussion, board, self._base_url)
            return Answer(200, "application/rss+xml; charset=utf-8", xml.encode(), self._last_change(slug))
        listing = self._pages.listing(board, page)
        return self._html(listing, self._last_change(slug)) if listing is not None else self._missing()

    def _thread(self, rest: list[str], page: int) -> Answer:
        view = self._discussion.thread(_number("/".join(rest)))
        board = self._discussion.board(view.content.board) if view is not None else None
        if view is None or board is None:
            return self._missing()
        if view.content.is_removed:
            return Answer(410, _HTML, self._pages.notice(view.content.lang, "no_longer").encode())
        wall = self._wall(board)
        if wall is not None:
            return wall
        markup = self._pages.thread(view, page)
        return self._html(markup, view.changed_at) if markup is not None else self._missing()

    def _wall(self, board: BoardContent) -> Answer | None:
        if board.access == "members":
            return Answer(403, _HTML, self._pages.notice(board.lang, "members_only").encode())
        if board.access == "login":
            return Answer(200, _HTML, self._pages.login(board.lang).encode())
        return None

    def _post(self, number: str) -> Answer:
        post = self._discussion.post(_number(number))
        view = self._discussion.thread(post.thread_id) if post is not None else None
        if post is None or view is None:
            return self._missing()
        return Answer(302, _HTML, b"", headers={"Location": post_path(view, post)})

    def _picture(self, name: str) -> Answer:
        stem = name.removesuffix(".png")
        return Answer(200, "image/png", picture_png(stem)) if stem in PICTURES else self._missing()

    def _static(self, name: str) -> Answer:
        if name not in _STATIC_TYPES:
            return self._missing()
        body = (resources.files("monitor.practice") / "static" / name).read_bytes()
        return Answer(200, _STATIC_TYPES[name], body)

    def _missing(self) -> Answer:
        return Answer(404, _HTML, self._pages.notice("en", "no_page").encode())

    def _html(self, markup: str, changed_at: datetime) -> Answer:
        return Answer(200, _HTML, markup.encode(), changed_at)

    def _last_change(self, slug: str | None = None) -> datetime:
        moments = [view.changed_at for view in self._discussion.threads(slug)]
        return max(moments, default=self._discussion.opened_at)


def _page_number(query: str) -> int:
    """The page asked for: 1 where none is named, 0 (which no page has) where it is no number."""
    values = parse_qs(query).get("page")
    if values is None:
        return 1
    return int(values[0]) if values[0].isdecimal() and len(values[0]) < 6 else 0


def _number(text: str) -> int:
    """The text as a number, or 0, which nothing in the forum has."""
    return int(text) if text.isdecimal() and len(text) < 12 else 0
