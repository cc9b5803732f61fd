"""Reads posts out of JSON-LD (https://schema.org/DiscussionForumPosting and its kin). Believes no address but http(s)."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

from bs4 import BeautifulSoup, Tag

from spiders.platforms.base import Page
from spiders.platforms.dates import moment_from_text
from spiders.platforms.html import RichText, clean, one_line, rich_text_from_fragment
from spiders.platforms.post_parts import Draft
from spiders.platforms.urls import absolute_url, without_fragment

_POSTING = re.compile(
    r"(?:^|/)(?:DiscussionForumPosting|SocialMediaPosting|Comment|Answer|Question|(?:News|Blog)?Article|BlogPosting)$"
)
_REPLIES = ("comment", "suggestedAnswer", "acceptedAnswer", "answer")
_CHILDREN = (*_REPLIES, "@graph", "mainEntity", "hasPart", "itemListElement", "item", "blogPost")
_MARKUP = re.compile(r"<[a-zA-Z/!]")
_KEY = re.compile(r"[\w-]{1,64}$")
_MAX_NODES = 5000


def drafts_from_json_ld(soup: BeautifulSoup, page: Page) -> list[Draft]:
    """Every posting with a text that the page describes in JSON-LD, parents before replies."""
    drafts = []
    for node, parent_key in _nodes(soup):
        draft = _draft(node, page, parent_key)
        if draft is not None:
            drafts.append(draft)
    return drafts


def _nodes(soup: BeautifulSoup) -> Iterator[tuple[dict[str, Any], str]]:
    stack: list[tuple[Any, str]] = []
    for script in soup.find_all("script", type="application/ld+json"):
        if isinstance(script, Tag):
            try:
                stack.append((json.loads(clean(script.string or "")), ""))
            except (ValueError, RecursionError):
                continue
    stack.reverse()
    for _ in range(_MAX_NODES):
        if not stack:
            return
        value, parent_key = stack.pop()
        if isinstance(value, list):
            stack.extend((one, parent_key) for one in reversed(value))
        elif isinstance(value, dict):
            yield value, parent_key
            own_key = _key(value)[0] if _is_posting(value) else ""
            stack.extend(
                (value[name], own_key if name in _REPLIES else parent_key)
                for name in reversed(_CHILDREN)
                if name in value
            )


def _draft(node: dict[str, Any], page: Page, parent_key: str) -> Draft | None:
    if not _is_posting(node):
        return None
    rich = _rich(_text(node, "text") or _text(node, "articleBody"), page.url)
    if rich.is_empty:
        return None
    key, is_global = _key(node)
    author = node.get("author")
    author = author[0] if isinstance(author, list) and author else author
    name = _text(author, "name") if isinstance(author, dict) else author if isinstance(author, str) else ""
    published = _text(node, "datePublished") or _text(node, "dateCreated")
    modified = moment_from_text(_text(node, "dateModified"), page.fetched_at)
    moment = moment_from_text(published, page.fetched_at)
    return Draft(
        rich=rich,
        author=one_line(name),
        published=moment,
        edited=modified if modified != moment else None,
        url=absolute_url(page.url, _text(node, "url") or _text(node, "@id")) or without_fragment(page.url),
        key=key,
        is_key_global=is_global,
        parent_key=parent_key,
    )


def _is_posting(node: dict[str, Any]) -> bool:
    kinds = node.get("@type")
    several = kinds if isinstance(kinds, list) else [kinds]
    return any(isinstance(kind, str) and _POSTING.search(kind) for kind in several)


def _key(node: dict[str, Any]) -> tuple[str, bool]:
    """The posting's id, and whether it is more than an anchor on its page."""
    identifier = node.get("identifier")
    if isinstance(identifier, (str, int)) and _KEY.match(str(identifier)):
        return str(identifier), True
    for name in ("@id", "url"):
        fragment = _text(node, name).partition("#")[2]
        if fragment and _KEY.match(fragment):
            return fragment, False
    return "", False


def _rich(value: str, base_url: str) -> RichText:
    if _MARKUP.search(value):
        return rich_text_from_fragment(value, base_url)
    lines = (" ".join(line.split(" ")).strip() for line in clean(value).splitlines())
    return RichText("\n".join(lines).strip())


def _text(node: dict[str, Any], name: str) -> str:
    value = node.get(name)
    return value if isinstance(value, str) else ""
