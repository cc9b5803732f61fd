"""What every platform promises: recognise a page, say where to begin, turn page text into posts and links.

A platform is pure: it is given pages as text and answers with posts and links. It never fetches,
never looks at a clock but the one in the page it is given, and never raises on hostile input: what
it cannot read it leaves out, and says so in ``Reading.notes``.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Protocol

from spiders.items import PageState, Post, RefusalKind


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Follow:
    """A page to read next.

    ``kind`` is the platform's own word for the page ("listing", "thread", "comments" …), handed back
    in ``Page.kind``. ``marker`` is what the listing says of the page now: if the remembered marker is
    the same, the page is unchanged and need not be read again; an empty one says nothing, and the page
    is read. ``context`` travels to the page
    (the thread's title, its promised number of replies): short strings only.
    ``is_continuation`` marks the next page of the same thread, listing or API result. It is read
    whenever the page before it was read.
    """

    url: str
    kind: str
    marker: str = ""
    is_continuation: bool = False
    context: Mapping[str, str] = dataclasses.field(default_factory=dict)


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """One fetched page, already decoded. ``url`` is where it was found after redirects.

    ``headers`` has lower-case names. ``fetched_at`` is the only clock that a platform may use, for
    relative dates ("3 hours ago").
    """

    url: str
    requested_url: str
    source_url: str
    status: int
    headers: Mapping[str, str]
    untrusted_body: str
    fetched_at: datetime
    kind: str = ""
    context: Mapping[str, str] = dataclasses.field(default_factory=dict)

    @property
    def content_type(self) -> str:
        """The media type without parameters, lower case."""
        return self.headers.get("content-type", "").split(";", 1)[0].strip().lower()


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """What one page gave.

    ``promised`` is the number of posts that the page, the thread's listing or the API says are there
    (None where nothing is said). ``watermark`` is kept as the page's marker for the next crawl where
    the platform reads by watermark instead of by listing. ``refusal`` names a wall that came with
    status 200 (a login form, a CAPTCHA).
    """

    posts: Sequence[Post] = ()
    follow: Sequence[Follow] = ()
    promised: int | None = None
    watermark: str = ""
    refusal: RefusalKind | None = None
    refusal_detail: str = ""
    notes: Sequence[str] = ()


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Recognition:
    """What will be read of a source, and what cannot be seen: whole sentences for people."""

    platform: str
    start_url: str
    will_read: str
    cannot_see: str
    interval_s: int = 900


class Platform(Protocol):
    """One reader. Stateless: one instance serves every source."""

    name: str
    title: str

    def recognise(self, page: Page) -> Recognition | None:
        """Say whether this page belongs to the platform, whichever page of it this is."""
        ...

    def begin(self, start_url: str, states: Mapping[str, PageState]) -> Sequence[Follow]:
        """Where a crawl of the source begins. ``states``: what earlier crawls remembered, by URL."""
        ...

    def read(self, page: Page) -> Reading:
        """Posts and links of one page that came with status 200. Never raises on hostile input."""
        ...

    def on_refusal(self, page: Page) -> Sequence[Follow]:
        """Other ways to the same posts after any other status: a feed where the API is closed.

        The refusal is recorded only where this is empty. Never raises on hostile input.
        """
        ...


class NoOtherWay:
    """For platforms that have no other way to the posts of a page that was refused."""

    def on_refusal(self, page: Page) -> Sequence[Follow]:  # noqa: ARG002
        """Nothing: the refusal stands."""
        return ()
