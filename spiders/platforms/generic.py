"""Reads threads and boards of unknown software: by metadata, by repeated structure, by main text as a last resort.

Everything it gives is marked ``is_generic``. The id of a post is, in this order: a ``data-`` id or an
element id that its address holds too; an element id with the thread's address (``p12@/thread/7/``),
because many sites count anew in every thread; a digest of its permalink; a digest of thread, author,
exact time and place among posts with the same. It never reads a page twice and never leaves the site.
"""

from __future__ import annotations

import dataclasses
import hashlib
import re
from bisect import bisect_left
from collections import Counter
from collections.abc import Mapping, Sequence

from bs4 import BeautifulSoup, Tag

from spiders.items import PageState, Post, RefusalKind
from spiders.platforms.base import Follow, NoOtherWay, Page, Reading, Recognition
from spiders.platforms.boards import follows_from_rows
from spiders.platforms.dates import is_day_first_in, utc_or_none
from spiders.platforms.html import attributes_of, one_line, rich_text_from_tag, soup_from
from spiders.platforms.metadata import drafts_from_json_ld
from spiders.platforms.outline import Outline
from spiders.platforms.paging import next_page_url
from spiders.platforms.post_parts import Draft, draft_from_element
from spiders.platforms.structure import MAX_MEMBERS, Row, board_rows, post_elements
from spiders.platforms.thread_address import is_same_thread, place_of, thread_address
from spiders.platforms.urls import site_of, without_fragment

_MAX_DEPTH = 2
_LEAST_MAIN_TEXT_CHARS = 60
_MAIN = ("article", "main", '[itemprop="articleBody"]', '[role="main"]', "#content", ".content", "body")
_NOT_MAIN = frozenset({"nav", "header", "footer", "aside", "form"})
_SITE_NAME = re.compile(r"\s+[-|–—·»]\s+[^-|–—·»]{1,60}$")
_AMBIGUOUS = re.compile(r"(?<!\d)(\d{1,2})[-/.](\d{1,2})[-/.](?:19|20)\d{2}")


@dataclasses.dataclass(frozen=True, slots=True)
class _Content:
    """What was found on one page: drafts of posts, or rows of a board."""

    soup: BeautifulSoup
    outline: Outline
    drafts: Sequence[Draft]
    rows: Sequence[Row]
    is_day_first: bool
    language: str
    is_ambiguous: bool


class GenericPlatform(NoOtherWay):
    """Any server-rendered thread or board. Parsed with BeautifulSoup: strange markup is the rule here."""

    name = "generic"
    title = "Forum or page of unknown software"

    def recognise(self, page: Page) -> Recognition | None:
        if "<" not in page.untrusted_body[:20_000] or page.content_type.startswith(
            ("image/", "video/", "audio/")
        ):
            return None
        content = _content(page)
        if content.drafts:
            what = (
                f"The posts of this page and its next pages; {len(content.drafts)} were found on the first."
            )
        elif content.rows:
            what = f"The threads that this list names, and their next pages; {len(content.rows)} were found."
        elif _main_post(page, content) is not None:
            what = "The main text of this page, as one post."
        else:
            return None
        return Recognition(
            platform=self.name,
            start_url=without_fragment(page.url),
            will_read=what,
            cannot_see=(
                "The software is unknown, so posts, authors and times are guessed from how the page looks, and some may "
                "be missed. Nothing behind a login or loaded by scripts is seen, no text inside pictures, and an edit "
                "of an old post only when its thread is read again."
            ),
        )

    def begin(self, start_url: str, states: Mapping[str, PageState]) -> Sequence[Follow]:  # noqa: ARG002
        return [Follow(url=without_fragment(start_url), kind="page")]

    def read(self, page: Page) -> Reading:
        content = _content(page)
        depth = int(page.context.get("depth", "0")) if page.context.get("depth", "").isdecimal() else 0
        if content.drafts:
            posts = _posts(page, content)
            return _reading(page, content, posts)
        if content.rows and depth < _MAX_DEPTH:
            follow = follows_from_rows(
                content.outline,
                content.rows,
                page,
                depth + 1,
                is_day_first=content.is_day_first,
                language=content.language,
            )
            return Reading(follow=[*follow, *_next_page(page, content)])
        if content.soup.find("input", type="password") is not None:
            return Reading(
                refusal=RefusalKind.LOGIN_WALL, refusal_detail="The page asks for a login and shows no post."
            )
        main = _main_post(page, content)
        if main is not None:
            note = "No posts could be told apart: the main text is taken as one post."
            return Reading(posts=[main], follow=_next_page(page, content), notes=[note])
        return Reading(
            refusal=RefusalKind.UNREADABLE, refusal_detail="The page holds nothing that looks like posts."
        )


PLATFORM = GenericPlatform()


def shows_posts_or_threads(page: Page) -> bool:
    """Whether the page itself holds posts or a list of threads, so that reading it beats reading its feed."""
    content = _content(page)
    return bool(content.drafts or content.rows)


def _content(page: Page) -> _Content:
    soup = soup_from(page.untrusted_body)
    outline = Outline(soup)
    language = attributes_of(soup.html).get("lang", "") if soup.html is not None else ""
    texts = [
        f"{attributes_of(mark.tag).get('title', '')} {mark.tag.get_text(' ')[:80]}" for mark in outline.times
    ]
    is_day_first = is_day_first_in(texts, language)
    elements = post_elements(outline)
    rows = board_rows(outline)
    drafts: Sequence[Draft] = ()
    if elements and not _is_board(outline, elements, rows):
        drafts = _drafts(page, outline, elements, is_day_first=is_day_first, language=language)
    described = drafts_from_json_ld(soup, page)
    if len(described) > len(drafts) or (described and not drafts and not rows):
        drafts = described
    numbers = [match for text in texts if (match := _AMBIGUOUS.search(text))]
    is_ambiguous = bool(numbers) and all(int(one[1]) <= 12 and int(one[2]) <= 12 for one in numbers)
    return _Content(soup, outline, drafts, rows, is_day_first, language, is_ambiguous)


def _is_board(outline: Outline, elements: Sequence[Tag], rows: Sequence[Row]) -> bool:
    """Whether what looks like posts are the rows of a board, or excerpts that each lead to an article."""
    links = sorted(outline.span(row.link)[0] for row in rows if row.has_title_mark)
    spans = (outline.span(tag) for tag in elements)
    covered = sum(bisect_left(links, start) < bisect_left(links, end) for start, end in spans)
    return bool(links) and covered >= 0.7 * len(elements)


def _drafts(
    page: Page, outline: Outline, elements: Sequence[Tag], *, is_day_first: bool, language: str
) -> list[Draft]:
    inner: list[list[Tag]] = [[] for _ in elements]
    open_at: list[int] = []
    for index, tag in enumerate(elements):
        while open_at and not outline.contains(elements[open_at[-1]], tag):
            open_at.pop()
        if open_at:
            inner[open_at[-1]].append(tag)
        open_at.append(index)
    drafts = [
        draft_from_element(page, outline, tag, nested, is_day_first=is_day_first, language=language)
        for tag, nested in zip(elements, inner, strict=True)
    ]
    return [draft for draft in drafts if not draft.rich.is_empty]


def _posts(page: Page, content: _Content) -> list[Post]:
    thread_url = thread_address(page.url)
    title = _title(page, content.soup)
    is_global = 2 * sum(draft.is_key_global for draft in content.drafts) > len(content.drafts)
    seen: Counter[tuple[str, str]] = Counter()
    posts: dict[str, Post] = {}
    for draft in content.drafts:
        at = draft.published.at.isoformat() if draft.published and draft.published.is_exact else ""
        seen[draft.author, at] += 1
        key = _post_id(draft, page, thread_url, at, seen[draft.author, at], is_global=is_global)
        if key in posts and posts[key].untrusted_text == draft.rich.text:
            continue
        if key in posts:
            key = f"{key}-{seen[draft.author, at]}-{len(posts)}"
        posts[key] = Post(
            platform=GenericPlatform.name,
            source_url=page.source_url,
            site=site_of(page.url),
            id=key,
            url=draft.url,
            thread_url=thread_url,
            untrusted_title=title,
            untrusted_text=draft.rich.text,
            untrusted_quoted=draft.rich.quoted,
            untrusted_author=draft.author,
            published_at=utc_or_none(draft.published),
            edited_at=utc_or_none(draft.edited),
            images=draft.rich.images,
            parent_id=_scoped(draft.parent_key, thread_url) if draft.parent_key else "",
            is_generic=True,
        )
    return list(posts.values())


def _post_id(draft: Draft, page: Page, thread_url: str, at: str, ordinal: int, *, is_global: bool) -> str:
    if draft.key:
        return draft.key if is_global else _scoped(draft.key, thread_url)
    if draft.url not in (page.url, without_fragment(page.url), thread_url):
        return f"link-{_digest(draft.url)}"
    # Without an exact time the page is part of the place: posts do not wander between pages.
    return f"made-{_digest(thread_url if at else page.url, draft.author, at, str(ordinal))}"


def _scoped(key: str, thread_url: str) -> str:
    place = place_of(thread_url)
    return f"{key}@{place if len(place) <= 120 else _digest(place)}"


def _digest(*parts: str) -> str:
    return hashlib.sha256("\n".join(parts).encode("utf-8", "replace")).hexdigest()[:24]


def _reading(page: Page, content: _Content, posts: Sequence[Post]) -> Reading:
    notes = ["The software is unknown: posts were told apart by how the page looks."]
    if any(draft.published is not None and not draft.published.has_zone for draft in content.drafts):
        notes.append("The page shows no time zone: times are taken as UTC.")
    if content.is_ambiguous:
        order = "day before month" if content.is_day_first else "month before day"
        notes.append(f"Dates in figures could be read two ways; they are read as {order}.")
    if len(content.drafts) >= MAX_MEMBERS:
        notes.append(f"Only the first {MAX_MEMBERS} posts of the page were read.")
    promised = page.context.get("promised", "")
    return Reading(
        posts=posts,
        follow=_next_page(page, content),
        promised=int(promised) if promised.isdecimal() and len(promised) < 9 else None,
        notes=notes,
    )


def _next_page(page: Page, content: _Content) -> list[Follow]:
    url = next_page_url(content.soup, page.url)
    is_list = bool(content.rows) and not content.drafts
    if not url or not (is_list or is_same_thread(page.url, url)):
        return []
    return [Follow(url=url, kind=page.kind or "page", is_continuation=True, context=dict(page.context))]


def _title(page: Page, soup: BeautifulSoup) -> str:
    """The thread's title: a heading that the page's title repeats, rather than the name of the site."""
    headline = soup.find(attrs={"itemprop": "headline"})
    if isinstance(headline, Tag):
        stated = one_line(attributes_of(headline).get("content", "") or headline.get_text(" "))
        if stated:
            return stated
    whole = one_line(soup.title.get_text(" ")) if soup.title is not None else ""
    headings = [one_line(tag.get_text(" ")) for tag in soup.find_all(["h1", "h2", "h3"], limit=40)]
    repeated = [text for text in headings if text and text in whole]
    if repeated:
        return max(repeated, key=len)
    return (
        page.context.get("title", "")
        or _SITE_NAME.sub("", whole)
        or next((text for text in headings if text), "")
    )


def _main_post(page: Page, content: _Content) -> Post | None:
    found = [
        tag
        for selector in _MAIN
        for tag in content.soup.select(selector)[:20]
        if content.outline.is_seen(tag)
    ]
    found = [tag for tag in found if content.outline.plain_chars(tag) >= _LEAST_MAIN_TEXT_CHARS]
    if not found:
        return None
    best = max(found[:-1] or found, key=content.outline.plain_chars)
    rich = rich_text_from_tag(best, page.url, lambda tag: tag.name in _NOT_MAIN and tag is not best)
    if len(rich.text) < _LEAST_MAIN_TEXT_CHARS:
        return None
    thread_url = thread_address(page.url)
    return Post(
        platform=GenericPlatform.name,
        source_url=page.source_url,
        site=site_of(page.url),
        id=_scoped("page", page.url),
        url=without_fragment(page.url),
        thread_url=thread_url,
        untrusted_title=_title(page, content.soup),
        untrusted_text=rich.text,
        untrusted_quoted=rich.quoted,
        images=rich.images,
        is_generic=True,
    )
