"""Reads RSS, Atom and JSON feeds, their further pages and the comment feeds they name. Never reads the pages behind them."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from datetime import datetime

from spiders.items import PageState, Post, RefusalKind
from spiders.platforms.base import Follow, NoOtherWay, Page, Reading, Recognition
from spiders.platforms.dates import utc_or_none
from spiders.platforms.feed_documents import Entry, Feed, feed_from_text, looks_like_feed
from spiders.platforms.generic import shows_posts_or_threads
from spiders.platforms.html import one_line, parsed
from spiders.platforms.urls import absolute_url, site_of, without_fragment

_FEED_TYPES = ("application/rss+xml", "application/atom+xml", "application/feed+json", "application/rdf+xml")


class FeedPlatform(NoOtherWay):
    """Whatever publishes a feed. The watermark is the newest time seen: older pages are not read twice."""

    name = "feeds"
    title = "RSS, Atom or JSON feed"

    def recognise(self, page: Page) -> Recognition | None:
        if looks_like_feed(page.untrusted_body):
            is_feed = feed_from_text(page.untrusted_body, page.url, page.fetched_at) is not None
            return self._recognition(without_fragment(page.url)) if is_feed else None
        url = _advertised_feed(page)
        # Most forums put opening posts only into their feeds: a page that shows posts is read itself.
        return self._recognition(url) if url and not shows_posts_or_threads(page) else None

    def _recognition(self, start_url: str) -> Recognition:
        return Recognition(
            platform=self.name,
            start_url=start_url,
            will_read="Every entry of the feed, its further pages, and the comment feeds that its entries name.",
            cannot_see=(
                "What the feed leaves out: most forums put opening posts only into their feed, and entries that drop "
                "out of it before the next reading are missed. An edit is found only while the entry is in the feed. "
                "Text inside pictures is not in a feed."
            ),
        )

    def begin(self, start_url: str, states: Mapping[str, PageState]) -> Sequence[Follow]:
        state = states.get(start_url)
        context = {"since": state.marker} if state is not None and state.marker else {}
        return [Follow(url=start_url, kind="feed", context=context)]

    def read(self, page: Page) -> Reading:
        feed = feed_from_text(page.untrusted_body, page.url, page.fetched_at)
        if feed is None:
            return Reading(
                refusal=RefusalKind.UNREADABLE, refusal_detail="The address gives no RSS, Atom or JSON feed."
            )
        posts = [post for entry in feed.entries if (post := _post(page, feed, entry)) is not None]
        times = [post.edited_at or post.published_at for post in posts]
        follow = [
            *_comment_feeds(feed, page),
            *_next_page(feed, page, [at for at in times if at is not None]),
        ]
        newest = max((at.isoformat() for at in times if at is not None), default="")
        return Reading(
            posts=posts,
            follow=follow,
            promised=len(feed.entries),
            watermark=max(newest, page.context.get("since", "")),
            notes=_notes(feed, posts),
        )


PLATFORM = FeedPlatform()


def _post(page: Page, feed: Feed, entry: Entry) -> Post | None:
    text = entry.rich.text or ("" if entry.rich.quoted else entry.title)
    if not (text or entry.rich.quoted or entry.rich.images):
        return None
    return Post(
        platform=FeedPlatform.name,
        source_url=page.source_url,
        site=site_of(page.url),
        id=entry.id or _made_id(entry),
        url=entry.link or feed.link or without_fragment(page.url),
        thread_url=feed.link if page.kind == "comment_feed" else entry.parent_url,
        untrusted_title=entry.title,
        untrusted_text=text,
        untrusted_quoted=entry.rich.quoted,
        untrusted_author=entry.author,
        published_at=utc_or_none(entry.published),
        edited_at=utc_or_none(entry.updated),
        images=entry.rich.images,
        parent_id=entry.parent_id,
        reply_count=entry.reply_count,
    )


def _made_id(entry: Entry) -> str:
    """For entries without guid and link: what stays the same when a word of the text is edited."""
    at = entry.published.at.isoformat() if entry.published else entry.rich.text[:200]
    return "made-" + hashlib.sha256(f"{entry.author}\n{entry.title}\n{at}".encode()).hexdigest()[:24]


def _comment_feeds(feed: Feed, page: Page) -> list[Follow]:
    """Comment feeds of the entries, where they hold anything; the count tells whether one has grown."""
    if page.kind == "comment_feed":
        return []
    return [
        Follow(
            url=entry.replies_url,
            kind="comment_feed",
            marker=entry.reply_marker,
            context={"title": entry.title},
        )
        for entry in feed.entries
        if entry.replies_url and entry.reply_count != 0
    ]


def _next_page(feed: Feed, page: Page, times: Sequence[datetime]) -> list[Follow]:
    since = page.context.get("since", "")
    is_known = bool(since) and bool(times) and min(times).isoformat() < since
    if not feed.next_url or feed.next_url in (page.url, page.requested_url) or is_known or not feed.entries:
        return []
    kind = page.kind or "feed"
    return [Follow(url=feed.next_url, kind=kind, is_continuation=True, context=dict(page.context))]


def _notes(feed: Feed, posts: Sequence[Post]) -> list[str]:
    notes = []
    if feed.is_broken:
        notes.append(f"The feed is not well formed; {len(posts)} of its entries could be read.")
    if any(entry.published is not None and not entry.published.has_zone for entry in feed.entries):
        notes.append("The feed gives times without a time zone: they are taken as UTC.")
    return notes


def _advertised_feed(page: Page) -> str:
    """The first feed that an HTML page names, a feed of posts before one of comments."""
    found = []
    for link in parsed(page.untrusted_body).css("link[rel][type][href]"):
        attributes = {name: value or "" for name, value in link.attributes.items()}
        if attributes["type"].strip().lower() not in _FEED_TYPES:
            continue
        url = absolute_url(page.url, attributes["href"])
        if url and "alternate" in attributes["rel"].lower().split():
            found.append((one_line(attributes.get("title", "")), url))
    found.sort(key=lambda one: "comment" in f"{one[0]} {one[1]}".lower())
    return found[0][1] if found else ""
