"""Turns the rows of a board into threads to read, with a marker that changes when a reply is added.

Only what stands still between two visits goes into a marker: reply counts and exact times, never a
count of views or "3 minutes ago".
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from bs4 import Tag

from spiders.platforms.base import Follow, Page
from spiders.platforms.dates import moment_from_text
from spiders.platforms.html import attributes_of
from spiders.platforms.outline import TIME_ATTRIBUTES, Outline
from spiders.platforms.structure import Row
from spiders.platforms.urls import absolute_url, is_same_site, without_fragment

_REPLY_WORD = (
    r"(?:repl(?:y|ies)|comments?|answers?|responses?|回复|回覆|回帖|回應|评论|評論|留言|balasan|komentar|jawaban|respuestas?|comentarios?"
    r"|(?:mga )?(?:tugon|sagot|komento)|trả lời|ตอบ)"
)
_COUNT = re.compile(
    rf"(?P<before>\d[\d.,]{{0,9}})\s*{_REPLY_WORD}|{_REPLY_WORD}\s*[:：]?\s*(?P<after>\d[\d.,]{{0,9}})",
    re.IGNORECASE,
)
_COUNT_CLASS = re.compile(
    r"repl|comment|respuesta|balasan|jawab|tugon|(?:^|[\s_-])(?:count|posts|num|answers?|respon)",
    re.IGNORECASE,
)
_VIEWS_CLASS = re.compile(r"view|hits|read", re.IGNORECASE)
_NUMBER = re.compile(r"\d{1,3}(?:[.,]\d{3})*|\d{1,9}")


def follows_from_rows(
    outline: Outline, rows: Sequence[Row], page: Page, depth: int, *, is_day_first: bool, language: str
) -> list[Follow]:
    """One thread to follow for each row that leads to another page of the same site."""
    follows: dict[str, Follow] = {}
    here = without_fragment(page.url)
    for row in rows:
        url = without_fragment(absolute_url(page.url, str(row.link.get("href", ""))))
        if not url or url == here or url in follows or not is_same_site(url, page.url):
            continue
        replies = _reply_count(row.tag)
        last = _last_time(outline, row.tag, page, is_day_first=is_day_first, language=language)
        context = {"title": row.title, "depth": str(depth)}
        if replies:
            context["promised"] = str(int(replies) + 1)
        marker = " ".join(part for part in (f"{replies} replies" if replies else "", last) if part)
        follows[url] = Follow(url=url, kind="thread", marker=marker, context=context)
    return list(follows.values())


def _reply_count(tag: Tag) -> str:
    """The number of replies that the row shows, as digits; empty where it shows none."""
    for one in tag.find_all(True):
        attributes = attributes_of(one)
        names = f"{attributes.get('class', '')} {attributes.get('headers', '')}"
        if not _COUNT_CLASS.search(names) or _VIEWS_CLASS.search(names):
            continue
        direct = one.get_text(" ").split()
        if direct and _NUMBER.fullmatch(direct[0]):
            return re.sub(r"\D", "", direct[0])
    match = _COUNT.search(" ".join(tag.get_text(" ").split())[:1000])
    return re.sub(r"\D", "", match["before"] or match["after"]) if match else ""


def _last_time(outline: Outline, tag: Tag, page: Page, *, is_day_first: bool, language: str) -> str:
    """The latest exact time of the row: that of its last reply where the row shows one."""
    latest = None
    for mark in outline.times_in(tag)[:12]:
        attributes = attributes_of(mark.tag)
        texts = [attributes[name] for name in TIME_ATTRIBUTES if attributes.get(name)]
        for text in [*texts, mark.tag.get_text(" ")]:
            moment = moment_from_text(text, page.fetched_at, is_day_first=is_day_first, language=language)
            if moment is not None:
                if moment.is_exact and (latest is None or moment.at > latest):
                    latest = moment.at
                break
    return latest.isoformat() if latest else ""
