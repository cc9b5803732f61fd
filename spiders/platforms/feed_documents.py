"""Turns the text of an RSS, Atom or JSON feed into plain entries. Never fetches, and declares no entity.

RSS 0.9x–2.0, RDF and Atom (RFC 4287) through feedparser, with comment counts of the slash and thread
(RFC 4685) extensions and pages of RFC 5005; JSON Feed 1.1 (https://jsonfeed.org/version/1.1) by hand.
"""

from __future__ import annotations

import dataclasses
import html
import io
import json
import re
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

import feedparser

from spiders.platforms.dates import Moment, moment_from_text
from spiders.platforms.html import RichText, clean, line_from_fragment, one_line, rich_text_from_fragment
from spiders.platforms.urls import absolute_url

_ENTITY = re.compile(r"<!ENTITY.*?(?:>|$)", re.IGNORECASE | re.DOTALL)
_MARKUP = re.compile(r"<[a-zA-Z/!]")
_FEED_START = re.compile(r"<(?:rss|feed|rdf:RDF)[\s>]", re.IGNORECASE)
_MAIL_AND_NAME = re.compile(r"\S+[@＠]\S+ \((.+)\)$")
_OPENING_LINK = re.compile(r"""\s*<p>[^<]{0,60}<a href=["']([^"'<>]*)["'][^>]*>[^<]*</a>[^<]{0,10}</p>""")
_JSON_FEED = "https://jsonfeed.org/version/"
_MAX_ENTRIES = 5000


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One entry of a feed; all text is plain, all addresses are absolute or empty.

    ``opening_link`` is the link of a first paragraph that holds little else: "In reply to …".
    """

    id: str
    link: str
    title: str
    author: str
    rich: RichText
    published: Moment | None
    updated: Moment | None
    replies_url: str = ""
    reply_count: int | None = None
    reply_marker: str = ""
    parent_id: str = ""
    parent_url: str = ""
    opening_link: str = ""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Feed:
    """A whole feed. ``link`` is the page that it belongs to, ``next_url`` its next page."""

    title: str
    link: str
    next_url: str
    entries: tuple[Entry, ...]
    is_broken: bool = False


def looks_like_feed(untrusted_body: str) -> bool:
    """A cheap look at the beginning: is this a feed rather than a page?"""
    start = untrusted_body[:20_000]
    return bool(_FEED_START.search(start)) or (
        start.lstrip("\ufeff \r\n\t").startswith("{") and _JSON_FEED in start
    )


def feed_from_text(untrusted_body: str, url: str, now: datetime) -> Feed | None:
    """The feed in a text that was found at ``url``, or None where there is none."""
    body = clean(untrusted_body)
    if body.lstrip("\ufeff \r\n\t").startswith("{"):
        return _feed_from_json(body, url, now)
    start = _FEED_START.search(body)
    if start is None:
        return None
    # Warnings of a broken server before the declaration would make the strict parser give up.
    declared = body.rfind("<?xml", 0, start.start())
    body = body[declared if declared >= 0 else start.start() :]
    document = _parsed(_ENTITY.sub(" ", body))
    if document is None or not (document.get("version") or document.get("entries")):
        return None
    head = document.get("feed", {})
    links = head.get("links", [])
    next_url = _link(links, "next") or _link(links, "prev-archive")
    entries = (_entry(one, url, now) for one in document["entries"][:_MAX_ENTRIES])
    return Feed(
        title=line_from_fragment(head.get("title", "")),
        link=absolute_url(url, head.get("link", "")),
        next_url=absolute_url(url, next_url),
        entries=tuple(entry for entry in entries if entry is not None),
        is_broken=bool(document.get("bozo")),
    )


def _parsed(body: str) -> Mapping[str, Any] | None:
    # A stream, never the text itself: feedparser would take a text for an address or a file name and open it.
    stream = io.BytesIO(body.encode("utf-8"))
    headers = {"content-type": "application/xml; charset=utf-8"}
    try:
        parsed: Mapping[str, Any] = feedparser.parse(
            stream, response_headers=headers, sanitize_html=False, resolve_relative_uris=False
        )
    except (ValueError, LookupError, TypeError, AttributeError, AssertionError, RecursionError):
        return None
    return parsed


def _entry(entry: Mapping[str, Any], url: str, now: datetime) -> Entry | None:
    raw_link = _text(entry, "link")
    # RSS takes a guid for the link where there is none; many are mere names.
    is_name = bool(entry.get("guidislink")) and "://" not in raw_link
    link = "" if is_name else absolute_url(url, raw_link)
    published, updated = (
        moment_from_text(_text(entry, name), now) if name in entry else None
        for name in ("published", "updated")
    )
    replies: Mapping[str, str] = next(
        (
            one
            for one in entry.get("links", [])
            if one.get("rel") == "replies" and "html" not in one.get("type", "")
        ),
        {},
    )
    count = _text(entry, "slash_comments") or replies.get("thr:count", "") or _text(entry, "thr_total")
    parent = entry.get("thr_in-reply-to") or {}
    value, is_plain = _longest_body(entry)
    opening = _OPENING_LINK.match(value)
    return Entry(
        id=one_line(_text(entry, "id") or link),
        link=link,
        title=line_from_fragment(_text(entry, "title")),
        author=_author(entry),
        rich=_rich(value, is_plain, link or url, _pictures(entry)),
        published=published or updated,
        updated=updated if published is not None and updated != published else None,
        replies_url=absolute_url(url, _text(entry, "wfw_commentrss") or replies.get("href", "")),
        reply_count=int(count) if re.fullmatch(r"\d{1,7}", count) else None,
        reply_marker=" ".join(part for part in (count, replies.get("thr:updated", "")) if part),
        parent_id=one_line(str(parent.get("ref", ""))),
        parent_url=absolute_url(url, str(parent.get("href", ""))),
        opening_link=absolute_url(link or url, opening.group(1)) if opening else "",
    )


def _author(entry: Mapping[str, Any]) -> str:
    """The name alone: RSS 2.0 writes ``address (name)``, and some forums put a link around it."""
    author = _text(entry, "author")
    mailed = _MAIL_AND_NAME.match(author)
    detail = entry.get("author_detail") or {}
    return line_from_fragment(mailed.group(1) if mailed else str(detail.get("name") or author))


def _longest_body(entry: Mapping[str, Any]) -> tuple[str, bool]:
    """The content rather than the summary, and whether it is plain text."""
    parts = [(part.get("value", ""), part.get("type", "")) for part in entry.get("content", [])]
    if not any(value.strip() for value, _ in parts):
        detail = entry.get("summary_detail") or {}
        parts = [(detail.get("value", "") or _text(entry, "summary"), detail.get("type", ""))]
    value, media_type = max(parts, key=lambda part: len(part[0]))
    return value, media_type == "text/plain"


def _pictures(entry: Mapping[str, Any]) -> list[str]:
    enclosures = [
        one.get("href", "") for one in entry.get("enclosures", []) if "image" in one.get("type", "")
    ]
    media = [
        one.get("url", "") for one in entry.get("media_content", []) if one.get("medium", "image") == "image"
    ]
    return [*enclosures, *media]


def _rich(value: str, is_plain: bool, base_url: str, pictures: Iterable[str]) -> RichText:
    if is_plain or not _MARKUP.search(value):
        rich = _rich_from_plain(value if is_plain else html.unescape(value))
    else:
        rich = rich_text_from_fragment(value, base_url)
    extra = [url for picture in pictures if (url := absolute_url(base_url, picture))]
    return dataclasses.replace(rich, images=tuple(dict.fromkeys((*rich.images, *extra))))


def _rich_from_plain(value: str) -> RichText:
    """Plain text as mail archives give it: lines that begin with ``>`` are quoted (RFC 3676 §4.5)."""
    lines = [line.rstrip() for line in clean(value).splitlines()]
    own = [line for line in lines if not line.startswith(">")]
    quoted = [line.lstrip("> ") for line in lines if line.startswith(">")]
    return RichText("\n".join(own).strip(), "\n".join(quoted).strip())


def _link(links: Iterable[Mapping[str, Any]], relation: str) -> str:
    return next((str(link.get("href", "")) for link in links if link.get("rel") == relation), "")


def _text(fields: Mapping[str, Any], name: str) -> str:
    value = fields.get(name)
    return value if isinstance(value, str) else ""


def _feed_from_json(body: str, url: str, now: datetime) -> Feed | None:
    try:
        document = json.loads(body.lstrip("\ufeff"))
    except (ValueError, RecursionError):
        return None
    if not isinstance(document, dict) or not _text(document, "version").startswith(_JSON_FEED):
        return None
    items = document.get("items")
    entries = (
        _entry_from_json(item, url, now)
        for item in (items if isinstance(items, list) else [])[:_MAX_ENTRIES]
        if isinstance(item, dict)
    )
    return Feed(
        title=one_line(_text(document, "title")),
        link=absolute_url(url, _text(document, "home_page_url")),
        next_url=absolute_url(url, _text(document, "next_url")),
        entries=tuple(entries),
    )


def _entry_from_json(item: Mapping[str, Any], url: str, now: datetime) -> Entry:
    link = absolute_url(url, _text(item, "url") or _text(item, "external_url"))
    authors = item.get("authors")
    author = authors[0] if isinstance(authors, list) and authors else item.get("author")
    published = moment_from_text(_text(item, "date_published"), now)
    updated = moment_from_text(_text(item, "date_modified"), now)
    as_html = _text(item, "content_html")
    as_text = _text(item, "content_text") or _text(item, "summary")
    number = item.get("id")
    return Entry(
        id=one_line(str(number) if isinstance(number, (str, int)) else link),
        link=link,
        title=one_line(_text(item, "title")),
        author=one_line(_text(author, "name")) if isinstance(author, dict) else "",
        rich=_rich(
            as_html or as_text, not as_html, link or url, [_text(item, "image"), _text(item, "banner_image")]
        ),
        published=published or updated,
        updated=updated if published is not None and updated != published else None,
    )
