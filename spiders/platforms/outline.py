"""Measures a page once: how much text each element holds, and where something looks like an author or a time.

It decides nothing about posts. Elements are numbered in document order, so that what lies inside an
element is a range of numbers, and every later question costs a binary search instead of a walk.
"""

from __future__ import annotations

import dataclasses
import re
from bisect import bisect_left, bisect_right

from bs4 import BeautifulSoup, NavigableString, PageElement, Tag
from bs4.element import PreformattedString

from spiders.platforms.dates import looks_like_time
from spiders.platforms.html import attributes_of, is_hidden

TIME_ATTRIBUTES = (
    "datetime",
    "data-time",
    "data-timestamp",
    "data-utime",
    "data-date",
    "data-epoch",
    "title",
    "content",
)
_TIME_PROPERTIES = frozenset({"datepublished", "datecreated", "datemodified", "uploaddate"})
_EPOCH = re.compile(r"\d{10}(?:\d{3})?$")
_AUTHOR_CLASS = re.compile(
    r"(?:^|[\s_-])(?:author|username|user-?name|poster|byline|nick(?:name)?|memberlink|usertext|autor|penulis|pengarang|usuario|may-akda|commenter|fn)(?:$|[\s_-])",
    re.IGNORECASE,
)
_NAME_CLASS = re.compile(
    r"(?:^|[\s_-])(?:user-?name|nick(?:name)?|name|fn|memberlink)(?:$|[\s_-])", re.IGNORECASE
)
PROFILE_LINK = re.compile(
    r"/(?:users?|members?|profiles?|people|u|author|usuarios?|pengguna|anggota)/[^/]|mod=space|action=profile|mode=viewprofile|member\.php|memberlist|/@[\w.-]+/?$|[?&]uid=",
    re.IGNORECASE,
)
_SIDE = re.compile(
    r"sidebar|widget|related|recent-|latest-|breadcrumb|(?:^|[\s_-])crumbs?(?:$|[\s_-])", re.IGNORECASE
)
_CHROME = frozenset({"nav", "form", "menu"})


@dataclasses.dataclass(frozen=True, slots=True)
class Mark:
    """Something that looks like an author or a time. ``rank`` orders authors: 3 is surest.

    Times that are mere text, in no element or attribute made for times, have rank 0; others 1.
    """

    position: int
    tag: Tag
    rank: int = 0


class Outline:
    """The measures of one page. Positions are numbers in document order."""

    def __init__(self, soup: BeautifulSoup) -> None:
        self.tags: list[Tag] = []
        self.times: list[Mark] = []
        self.authors: list[Mark] = []
        self._spans: dict[int, tuple[int, int]] = {}
        self._attributes: dict[int, dict[str, str]] = {}
        self._text = [0]
        self._link_text = [0]
        self._link_depth = 0
        self._walk(soup.body or soup)
        self._starts = [self.span(tag)[0] for tag in self.tags]
        self._time_positions = [mark.position for mark in self.times]
        self._author_positions = [mark.position for mark in self.authors]

    def span(self, tag: Tag) -> tuple[int, int]:
        """First and last position of an element; an empty span for one that nobody sees."""
        return self._spans.get(id(tag), (0, 0))

    def attributes(self, tag: Tag) -> dict[str, str]:
        """The element's attributes, multi-valued ones joined."""
        found = self._attributes.get(id(tag))
        return attributes_of(tag) if found is None else found

    def is_seen(self, tag: Tag) -> bool:
        return id(tag) in self._spans

    def contains(self, outer: Tag, inner: Tag) -> bool:
        """Whether ``inner`` lies in ``outer`` or is it."""
        start, end = self.span(outer)
        return start <= self.span(inner)[0] < end

    def text_chars(self, tag: Tag) -> int:
        """Characters of visible text."""
        start, end = self.span(tag)
        return self._text[end] - self._text[start]

    def chars_between(self, first: Tag, last: Tag) -> int:
        """Characters of visible text from the beginning of one element to the end of another."""
        return self._text[self.span(last)[1]] - self._text[self.span(first)[0]]

    def plain_chars(self, tag: Tag) -> int:
        """Characters of visible text outside links."""
        start, end = self.span(tag)
        return self.text_chars(tag) - (self._link_text[end] - self._link_text[start])

    def times_in(self, tag: Tag) -> list[Mark]:
        start, end = self.span(tag)
        return self.times[bisect_left(self._time_positions, start) : bisect_left(self._time_positions, end)]

    def authors_in(self, tag: Tag) -> list[Mark]:
        start, end = self.span(tag)
        return self.authors[
            bisect_left(self._author_positions, start) : bisect_left(self._author_positions, end)
        ]

    def inside(self, tag: Tag) -> list[Tag]:
        """Visible elements inside an element, in document order."""
        start, end = self.span(tag)
        first = bisect_right(self._starts, start)
        return self.tags[first : bisect_left(self._starts, end)]

    def _walk(self, root: Tag) -> None:
        stack: list[PageElement | tuple[Tag, int]] = [root]
        while stack:
            item = stack.pop()
            if isinstance(item, tuple):
                tag, start = item
                self._spans[id(tag)] = (start, len(self._text) - 1)
                self._link_depth -= tag.name == "a"
            elif isinstance(item, Tag):
                attributes = attributes_of(item)
                if is_hidden(item.name, attributes) or _is_chrome(item, attributes):
                    continue
                start = len(self._text) - 1
                self.tags.append(item)
                self._attributes[id(item)] = attributes
                self._count(0)
                self._mark(item, attributes, start)
                self._link_depth += item.name == "a"
                stack.append((item, start))
                stack.extend(reversed(item.contents))
            elif isinstance(item, NavigableString) and not isinstance(item, PreformattedString):
                text = item.strip()
                if text and item.parent is not None and len(text) <= 80 and looks_like_time(text):
                    self.times.append(Mark(len(self._text) - 1, item.parent))
                self._count(len(text))

    def _count(self, chars: int) -> None:
        self._text.append(self._text[-1] + chars)
        self._link_text.append(self._link_text[-1] + (chars if self._link_depth else 0))

    def _mark(self, tag: Tag, attributes: dict[str, str], position: int) -> None:
        names = attributes.get("itemprop", "").lower().split()
        if tag.name == "time" or not _TIME_PROPERTIES.isdisjoint(names) or _has_time(attributes):
            self.times.append(Mark(position, tag, 1))
        tokens = f"{attributes.get('class', '')} {attributes.get('id', '')}"
        if "author" in names or "creator" in names:
            self.authors.append(Mark(position, tag, 3))
        elif (
            (tag.name == "a" and PROFILE_LINK.search(attributes.get("href", "")))
            or "author" in attributes.get("rel", "").lower().split()
            or (_NAME_CLASS.search(tokens) and tag.name != "h1")
        ):
            self.authors.append(Mark(position, tag, 2))
        elif _AUTHOR_CLASS.search(tokens):
            self.authors.append(Mark(position, tag, 1))


def _has_time(attributes: dict[str, str]) -> bool:
    title = attributes.get("title", "")
    if title and looks_like_time(title):
        return True
    return any(
        _EPOCH.match(attributes[name]) or looks_like_time(attributes[name])
        for name in TIME_ATTRIBUTES[:-2]
        if attributes.get(name)
    )


def _is_chrome(tag: Tag, attributes: dict[str, str]) -> bool:
    """Menus, forms and lists of other threads beside the page's own matter."""
    if tag.name in _CHROME:
        return tag.name != "form" or (tag.find("article") is None and len(tag.find_all(True, limit=60)) < 60)
    return tag.name not in ("body", "main", "article", "html") and bool(
        _SIDE.search(f"{attributes.get('class', '')} {attributes.get('id', '')}")
    )
