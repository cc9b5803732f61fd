"""Reads the comments and articles of a WordPress site: by its REST API, by its feeds where the API is closed.

Comments come oldest first, so that the newest time read is a watermark: whatever ends a crawl early,
the next one goes on there. It never reads the site's pages, whose comment links loop.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from spiders.items import PageState, Post, RefusalKind
from spiders.platforms.base import Follow, Page, Reading, Recognition
from spiders.platforms.dates import moment_from_text, utc_or_none
from spiders.platforms.feed_documents import Entry, Feed, feed_from_text
from spiders.platforms.html import line_from_fragment, one_line, rich_text_from_fragment
from spiders.platforms.urls import absolute_url, query_value, site_of, with_query, without_fragment
from spiders.platforms.wordpress_site import Api, api_from_address, api_from_page

# A comment keeps the time of its writing when a moderator lets it through days later.
_OVERLAP = timedelta(days=2)
_COMMENT_FIELDS = "id,post,parent,author_name,date_gmt,content,link,_links,_embedded"
_POST_FIELDS = "id,link,title,content,date_gmt,modified_gmt,_links,_embedded"
_COMMENT_GUID = re.compile(r"#comment-(\d{1,12})$")
_POST_GUID = re.compile(r"[?&](?:p|page_id)=(\d{1,12})(?:[&#]|$)")
_IN_REPLY_TO = re.compile(r"^[^\n]{0,200}\n")
_COMMENT_PAGE = re.compile(r"comment-page-\d+/$")


class WordPressPlatform:
    """WordPress since 4.7 (its REST API), older or closed ones by feed."""

    name = "wordpress"
    title = "WordPress comments"

    def recognise(self, page: Page) -> Recognition | None:
        api = api_from_page(page)
        if api is None:
            return None
        what = "of this article" if api.article_id else "of the whole site, and the articles themselves"
        return Recognition(
            platform=self.name,
            start_url=api.source_url,
            will_read=f"Every public comment {what}, by the site's API or, where that is closed, by its feeds.",
            cannot_see=(
                "Comments that wait for a moderator, articles behind a password, and text inside pictures. A comment "
                "that is let through or edited more than two days after newer ones were read is missed. Where only "
                "the feeds are open, only the newest comments (usually ten of each article) can be read."
            ),
        )

    def begin(self, start_url: str, states: Mapping[str, PageState]) -> Sequence[Follow]:
        api = api_from_address(start_url)
        if api is None:
            return [Follow(url=without_fragment(start_url), kind="discovery")]
        comments = _endpoint_since(api, "comments", "after", _since(states, "comments"), _COMMENT_FIELDS)
        posts = _endpoint_since(api, "posts", "modified_after", _since(states, "posts"), _POST_FIELDS)
        return [Follow(url=posts, kind="posts"), Follow(url=comments, kind="comments")]

    def read(self, page: Page) -> Reading:
        if page.kind == "discovery":
            api = api_from_page(page)
            return Reading(follow=self.begin(api.source_url, {})) if api else _unreadable()
        if page.kind in ("comments_feed", "posts_feed"):
            return _read_feed(page)
        items = _items(page.untrusted_body)
        if items is None:
            other = self.on_refusal(page)
            return (
                Reading(follow=other, notes=["The API gives no comments; the feed is read."])
                if other
                else _unreadable()
            )
        make, clock = (_article, "modified_gmt") if page.kind == "posts" else (_comment, "date_gmt")
        newest = max((str(item.get(clock) or "") for item in items), default="")
        total = page.headers.get("x-wp-total", "")
        return Reading(
            posts=[post for item in items if (post := make(page, item)) is not None],
            follow=_next_page(page, items),
            promised=int(total) if total.isdecimal() and len(total) < 12 else None if items else 0,
            watermark=newest if moment_from_text(newest, page.fetched_at) else "",
        )

    def on_refusal(self, page: Page) -> Sequence[Follow]:
        """The feeds, where the API is switched off (404 rest_no_route) or closed (401, 403)."""
        api = api_from_address(page.requested_url) or api_from_address(page.url)
        if api is None or page.kind not in ("comments", "posts") or query_value(page.requested_url, "page"):
            return []
        article_id = _article_of(page.requested_url)
        api = Api(api.root, article_id)
        if page.kind == "posts":
            return [] if article_id else [Follow(url=api.posts_feed(), kind="posts_feed")]
        return [Follow(url=api.comments_feed(), kind="comments_feed")]


PLATFORM = WordPressPlatform()


def _endpoint_since(api: Api, route: str, name: str, since: datetime | None, fields: str) -> str:
    is_comments = route == "comments"
    values = {
        "per_page": "100" if is_comments else "50",
        "orderby": "date_gmt" if is_comments else "modified",
        "order": "asc",
        "_fields": fields,
        "_embed": "up" if is_comments else "author",
        ("post" if is_comments else "include"): api.article_id,
        name: (since - _OVERLAP).strftime("%Y-%m-%dT%H:%M:%SZ") if since is not None else "",
    }
    return api.endpoint(route, **values)


def _since(states: Mapping[str, PageState], kind: str) -> datetime | None:
    """The newest watermark of earlier crawls: each of their pages was kept only when it had been read."""
    times = []
    for state in states.values():
        if state.kind == kind:
            try:
                times.append(datetime.fromisoformat(state.marker).replace(tzinfo=UTC))
            except ValueError:
                continue
    return max(times, default=None)


def _article_of(url: str) -> str:
    number = query_value(url, "post") or query_value(url, "include")
    return number if number.isdecimal() else ""


def _unreadable() -> Reading:
    return Reading(
        refusal=RefusalKind.UNREADABLE,
        refusal_detail="The address gives neither WordPress's API nor its feeds.",
    )


def _items(body: str) -> list[dict[str, Any]] | None:
    try:
        answer = json.loads(body)
    except (ValueError, RecursionError):
        return None
    if not isinstance(answer, list):
        return None
    return [item for item in answer if isinstance(item, dict) and type(item.get("id")) is int]


def _next_page(page: Page, items: Sequence[object]) -> list[Follow]:
    number = query_value(page.requested_url, "page") or "1"
    total = page.headers.get("x-wp-totalpages", "")
    if not (
        items and number.isdecimal() and total.isdecimal() and len(total) < 8 and int(number) < int(total)
    ):
        return []
    url = with_query(page.requested_url, page=str(int(number) + 1))
    return [Follow(url=url, kind=page.kind, is_continuation=True, context=dict(page.context))]


def _rendered(item: Mapping[str, Any], name: str) -> str:
    value = item.get(name)
    rendered = value.get("rendered") if isinstance(value, dict) else value
    return rendered if isinstance(rendered, str) else ""


def _embedded(item: Mapping[str, Any], relation: str) -> Mapping[str, Any]:
    embedded = item.get("_embedded")
    several = embedded.get(relation) if isinstance(embedded, dict) else None
    first = several[0] if isinstance(several, list) and several else None
    return first if isinstance(first, dict) else {}


def _at(item: Mapping[str, Any], name: str, page: Page) -> datetime | None:
    # date_gmt is UTC without saying so (REST handbook, comments schema).
    return utc_or_none(moment_from_text(f"{item.get(name) or ''}Z", page.fetched_at))


def _comment(page: Page, item: Mapping[str, Any]) -> Post | None:
    rich = rich_text_from_fragment(_rendered(item, "content"), page.url)
    if rich.is_empty:
        return None
    link = absolute_url(page.url, _rendered(item, "link"))
    article = _embedded(item, "up")
    parent = item.get("parent")
    return Post(
        platform=WordPressPlatform.name,
        source_url=page.source_url,
        site=site_of(page.url),
        id=f"comment-{item['id']}",
        url=link or f"{without_fragment(page.url)}#comment-{item['id']}",
        thread_url=absolute_url(page.url, _rendered(article, "link"))
        or _COMMENT_PAGE.sub("", without_fragment(link)),
        untrusted_title=line_from_fragment(_rendered(article, "title")),
        untrusted_text=rich.text,
        untrusted_quoted=rich.quoted,
        untrusted_author=line_from_fragment(_rendered(item, "author_name")),
        published_at=_at(item, "date_gmt", page),
        images=rich.images,
        parent_id=f"comment-{parent}" if isinstance(parent, int) and parent > 0 else "",
    )


def _article(page: Page, item: Mapping[str, Any]) -> Post | None:
    link = absolute_url(page.url, _rendered(item, "link"))
    rich = rich_text_from_fragment(_rendered(item, "content"), link or page.url)
    if rich.is_empty or not link:
        return None
    published, modified = _at(item, "date_gmt", page), _at(item, "modified_gmt", page)
    return Post(
        platform=WordPressPlatform.name,
        source_url=page.source_url,
        site=site_of(page.url),
        id=f"post-{item['id']}",
        url=link,
        thread_url=link,
        untrusted_title=line_from_fragment(_rendered(item, "title")),
        untrusted_text=rich.text,
        untrusted_quoted=rich.quoted,
        untrusted_author=line_from_fragment(_rendered(_embedded(item, "author"), "name")),
        published_at=published,
        edited_at=modified if modified != published else None,
        images=rich.images,
    )


def _read_feed(page: Page) -> Reading:
    feed = feed_from_text(page.untrusted_body, page.url, page.fetched_at)
    if feed is None:
        return _unreadable()
    follow = [
        Follow(url=entry.replies_url, kind="comments_feed", marker=entry.reply_marker)
        for entry in feed.entries
        if page.kind == "posts_feed" and entry.replies_url and entry.reply_count != 0
    ]
    posts = [post for entry in feed.entries if (post := _post_from_entry(page, feed, entry)) is not None]
    notes = ["The API is closed: only the newest articles and comments, as the feeds show them, can be read."]
    return Reading(posts=posts, follow=follow, promised=len(feed.entries), notes=notes)


def _post_from_entry(page: Page, feed: Feed, entry: Entry) -> Post | None:
    """The same ids as by the API, so that a post is one post whichever way it came."""
    comment = _COMMENT_GUID.search(entry.id) or _COMMENT_GUID.search(entry.link)
    article = _POST_GUID.search(entry.id)
    key = f"comment-{comment.group(1)}" if comment else f"post-{article.group(1)}" if article else entry.id
    text, parent = entry.rich.text, _COMMENT_GUID.search(entry.parent_url)
    if reply_to := _COMMENT_GUID.search(entry.opening_link):
        parent = reply_to
        text = _IN_REPLY_TO.sub("", text, count=1)
    if not key or not (text or entry.rich.quoted or entry.rich.images):
        return None
    return Post(
        platform=WordPressPlatform.name,
        source_url=page.source_url,
        site=site_of(page.url),
        id=one_line(key),
        url=entry.link or feed.link or without_fragment(page.url),
        thread_url=_COMMENT_PAGE.sub("", without_fragment(entry.link)),
        untrusted_title=entry.title,
        untrusted_text=text,
        untrusted_quoted=entry.rich.quoted,
        untrusted_author=entry.author,
        published_at=utc_or_none(entry.published),
        images=entry.rich.images,
        parent_id=f"comment-{parent.group(1)}" if parent else "",
        reply_count=entry.reply_count,
    )
