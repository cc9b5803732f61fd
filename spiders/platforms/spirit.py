"""Reads Spirit forums (django-spirit): topic lists and topics. Never guesses: what is not Spirit's markup is left out."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from urllib.parse import urlsplit

from selectolax.lexbor import LexborHTMLParser, LexborNode

from spiders.items import PageState, Post, RefusalKind
from spiders.platforms.base import Follow, NoOtherWay, Page, Reading, Recognition
from spiders.platforms.dates import moment_from_text
from spiders.platforms.html import one_line, parsed, rich_text_from_node
from spiders.platforms.urls import absolute_url, query_value, site_of, with_query, without_fragment

_TOPIC_PATH = re.compile(r"/topic/\d+/(?:[^/]+/)?$")
_TOPIC_PREFIX = re.compile(r"^(.*/)topic/\d+/")
_FIND_PATH = re.compile(r"/comment/\d+/find/$")
_DIGITS = re.compile(r"\d+")


class SpiritPlatform(NoOtherWay):
    """Spirit 0.14: server-rendered pages, read with selectolax because they are many and uniform."""

    name = "spirit"
    title = "Spirit forum"

    def recognise(self, page: Page) -> Recognition | None:
        tree = parsed(page.untrusted_body)
        if not _is_spirit(tree):
            return None
        start_url = with_query(page.url, page="")
        what = "this topic" if _kind_of(start_url) == "thread" else "every topic that this list shows"
        return Recognition(
            platform=self.name,
            start_url=start_url,
            will_read=f"Every comment of {what}, page by page; later only topics with new comments.",
            cannot_see=(
                "Private topics, topics that need a login, comments that a moderator has removed, and text inside "
                "pictures. An edit of an old comment is found when its topic is read again. Spirit shows no time "
                "zone: times are taken as UTC."
            ),
        )

    def begin(self, start_url: str, states: Mapping[str, PageState]) -> Sequence[Follow]:  # noqa: ARG002
        return [Follow(url=without_fragment(start_url), kind=_kind_of(start_url))]

    def read(self, page: Page) -> Reading:
        tree = parsed(page.untrusted_body)
        if tree.css_first("div.comments_list") is not None:
            return _read_topic(page, tree)
        if tree.css_first("div.layout__topics") is not None:
            return _read_list(page, tree)
        if tree.css_first('input[type="password"]') is not None:
            return Reading(refusal=RefusalKind.LOGIN_WALL, refusal_detail="The forum asks for a login.")
        return Reading(
            refusal=RefusalKind.UNREADABLE,
            refusal_detail="The page holds neither a list of topics nor the comments of one.",
        )


PLATFORM = SpiritPlatform()


def _is_spirit(tree: LexborHTMLParser) -> bool:
    return (
        tree.css_first('a.footer__logo[href*="nitely/Spirit"]') is not None
        or tree.css_first('link[href*="/spirit/stylesheets/"]') is not None
        or tree.css_first("div.comments_list > div.js-comment[data-pk]") is not None
    )


def _kind_of(url: str) -> str:
    path = urlsplit(url).path
    return "thread" if _TOPIC_PATH.search(path) or _FIND_PATH.search(path) else "listing"


def _read_list(page: Page, tree: LexborHTMLParser) -> Reading:
    follow = []
    for topic in tree.css("div.layout__topics div.layout__topics__topic"):
        link = topic.css_first("a.topic__link")
        url = absolute_url(page.url, link.attributes.get("href") or "") if link is not None else ""
        if link is None or not _TOPIC_PATH.search(urlsplit(url).path):
            continue
        promised = "".join(_DIGITS.findall(_text(topic, "div.topic__comments")))
        date = topic.css_first("div.topic__date")
        last_active = "" if date is None else one_line(date.attributes.get("title") or "")
        follow.append(
            Follow(
                url=without_fragment(url),
                kind="thread",
                marker=f"{promised} comments, {last_active}",
                context={"title": one_line(link.text()), "promised": promised},
            )
        )
    follow += _next_page(page, tree, "listing")
    return Reading(follow=follow, promised=None if follow else 0)


def _read_topic(page: Page, tree: LexborHTMLParser) -> Reading:
    wanted = query_value(page.requested_url, "page")
    if wanted and wanted != query_value(page.url, "page"):
        # A renamed topic redirects to its new address and loses ?page: page 1 came instead.
        return Reading(follow=[_page_of(page, wanted, "thread")])
    title = _text(tree.root, "h1.headline") or page.context.get("title", "")
    posts, notes = [], []
    edited = removed = 0
    for comment in tree.css("div.comments_list > div.js-comment"):
        if "comments_list__comment" in (comment.attributes.get("class") or ""):
            post = _post(page, comment, title)
            edited += comment.css_first('ul.comment__info__date a[href*="/history/"]') is not None
            if post is not None:
                posts.append(post)
        elif comment.css_first("i.fa-trash-o") is not None:
            removed += 1
    if posts:
        notes.append("The page shows no time zone: times are taken as UTC.")
    if edited:
        notes.append(f"{edited} of the comments have been edited, at times that the page does not show.")
    if removed:
        notes.append(f"{removed} of the comments have been removed by the forum.")
    promised = page.context.get("promised", "") if posts else "0"
    return Reading(
        posts=posts,
        follow=_next_page(page, tree, "thread"),
        promised=int(promised) if promised.isdecimal() else None,
        notes=notes,
    )


def _post(page: Page, comment: LexborNode, title: str) -> Post | None:
    key = comment.attributes.get("data-pk") or ""
    body = comment.css_first("div.comment__text")
    if not key.isdecimal() or body is None:
        return None
    rich = rich_text_from_node(body, page.url)
    if rich.is_empty:
        return None
    dates = comment.css("ul.comment__info__date > li[title]")
    moment = moment_from_text(dates[-1].attributes.get("title") or "", page.fetched_at) if dates else None
    return Post(
        platform=SpiritPlatform.name,
        source_url=page.source_url,
        site=site_of(page.url),
        id=key,
        url=_permalink(page, key, comment.attributes.get("id") or ""),
        thread_url=with_query(page.url, page=""),
        untrusted_title=title,
        untrusted_text=rich.text,
        untrusted_quoted=rich.quoted,
        untrusted_author=_text(comment, "a.comment__info__username__link > span"),
        published_at=None if moment is None else moment.at,
        images=rich.images,
    )


def _permalink(page: Page, key: str, anchor: str) -> str:
    """``/comment/ID/find/`` opens at the comment, on whichever page of the topic it stands by then."""
    prefix = _TOPIC_PREFIX.match(urlsplit(page.url).path)
    if prefix is None:
        return f"{without_fragment(page.url)}#{anchor}"
    return absolute_url(page.url, f"{prefix.group(1)}comment/{key}/find/")


def _next_page(page: Page, tree: LexborHTMLParser, kind: str) -> list[Follow]:
    current = query_value(page.url, "page") or "1"
    if not current.isdecimal() or len(current) > 6:
        return []
    wanted = str(int(current) + 1)
    for link in tree.css("ul.paginator a[href]"):
        if query_value(absolute_url(page.url, link.attributes.get("href") or ""), "page") == wanted:
            return [_page_of(page, wanted, kind)]
    return []


def _page_of(page: Page, number: str, kind: str) -> Follow:
    url = with_query(page.url, page=number)
    return Follow(url=url, kind=kind, is_continuation=True, context=dict(page.context))


def _text(node: LexborNode | None, selector: str) -> str:
    found = None if node is None else node.css_first(selector)
    return "" if found is None else one_line(found.text())
