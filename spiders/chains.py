"""A page with its continuations, and one step of reading it: what the frontier keeps in hand. Decides no order."""

from __future__ import annotations

import dataclasses
import hashlib
from collections.abc import Iterable, Sequence
from datetime import datetime

from spiders.items import PageState, Post
from spiders.platforms.base import Follow

_IDS = "ids:"


@dataclasses.dataclass(slots=True, eq=False)
class Chain:
    """A page and its continuations, while they are being read. ``was``: what is remembered of its first page."""

    start: Follow
    key: str
    is_begin: bool
    was: PageState | None
    is_resumed: bool = False
    open_pages: int = 0
    is_whole: bool = True
    has_posts: bool = False
    last_page_url: str = ""
    first_page: PageState | None = None
    watermarks: dict[str, PageState] = dataclasses.field(default_factory=dict)

    def note(self, step: Step, state: PageState, watermark: str) -> None:
        """A page of the chain was read, or is as it was."""
        self.has_posts = True
        if watermark and not self.start.marker:
            # What a listing says of a page is what the next crawl compares: there is no room for both.
            self.watermarks[state.url] = dataclasses.replace(state, marker=watermark)
        if not step.is_front:
            self.last_page_url = step.url
        if step.url == self.key:
            self.first_page = state

    def remembered(self, now: datetime) -> list[PageState]:
        """What is kept of a chain that has been read to its end."""
        if self.watermarks:
            return list(self.watermarks.values())
        base = self.first_page or self.was
        end = self.last_page_url or (base.last_page_url if base is not None else "")
        if self.start.marker:
            base = base or PageState(url=self.key, kind=self.start.kind, read_at=now)
            return [dataclasses.replace(base, marker=self.start.marker, last_page_url=end)]
        return [dataclasses.replace(base, last_page_url=end)] if base is not None and end else []


@dataclasses.dataclass(frozen=True, slots=True, eq=False)
class Step:
    """A page to fetch now. ``was`` is what is remembered of exactly this page.

    ``is_front``: read from the first page on although the chain's end is remembered, because new posts
    may stand first. ``is_reread``: read again for edits only.
    """

    follow: Follow
    url: str
    chain: Chain
    was: PageState | None
    is_front: bool = False
    is_reread: bool = False

    @property
    def is_continuation(self) -> bool:
        """Whether a page before it led here: such a page may be empty."""
        return self.follow.is_continuation or self.is_reread

    def validators(self) -> dict[str, str]:
        """Conditional request headers, where 304 would hide nothing."""
        was = self.was
        if was is None or not (self.is_reread or was.last_page_url == self.url):
            return {}
        headers = {"If-None-Match": was.etag, "If-Modified-Since": was.last_modified}
        return {name: value for name, value in headers.items() if value}

    def page_marker(self, posts: Sequence[Post], watermark: str) -> str:
        """The marker of this page alone: the posts on it, where neither listing nor platform says anything."""
        before = self.was.marker if self.was is not None else ""
        is_ours = before.startswith(_IDS) or not (before or self.chain.start.marker or self.is_reread)
        return _IDS + ",".join(map(_short, posts)) if is_ours and not watermark else before


def known_posts(states: Iterable[PageState]) -> frozenset[str]:
    """Short digests of the post ids that page markers hold."""
    markers = (state.marker for state in states if state.marker.startswith(_IDS))
    return frozenset(short for marker in markers for short in marker.removeprefix(_IDS).split(",") if short)


def holds_known(posts: Sequence[Post], known: frozenset[str]) -> bool:
    """Whether any of the posts was on a page of an earlier crawl."""
    return any(_short(post) in known for post in posts)


def _short(post: Post) -> str:
    return hashlib.sha256(post.id.encode("utf-8", "surrogatepass")).hexdigest()[:8]
