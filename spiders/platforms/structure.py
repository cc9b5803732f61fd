"""Finds the repeated elements of a page: the posts of a thread, or the rows of a board.

A family is a group of elements that look alike: the same tag with one class, one pattern of ids, one
kind of microdata, or one parent. Members of the posts' family each hold text, an author and a time;
members of the rows' family each hold a link to another page. It reads no text and decides no id.
"""

from __future__ import annotations

import dataclasses
import re
from collections import defaultdict
from collections.abc import Sequence
from itertools import pairwise
from math import log2

from bs4 import Tag

from spiders.platforms.dates import looks_like_time
from spiders.platforms.outline import PROFILE_LINK, Outline

_DIGITS = re.compile(r"\d+")
_MICRODATA = re.compile(
    r"(?:DiscussionForumPosting|Comment|Answer|Question|SocialMediaPosting|BlogPosting)$", re.IGNORECASE
)
_POST_NAME = re.compile(
    r"(?:^|[\s_-])(?:post|comment|message|msg|reply|answer|floor|entry|article)(?:$|[\s_#-])", re.IGNORECASE
)
_THREAD_NAME = re.compile(
    r"(?:^|[\s_-])(?:(?:normal|inline)?[_-]?(?:thread|topic|discussion|row)s?)(?:$|[\s_#-])", re.IGNORECASE
)
_TITLE_CLASS = re.compile(
    r"title|subject|xst|topic|headline|thread|titulo|título|judul|tema|asunto|paksa", re.IGNORECASE
)
_NUMBER_OR_SIGN = re.compile(r"[\W\d_]*$")
# One post alone is not repeated: only a name tells that it is one.
_SINGLE = re.compile(
    r"^#\w*?(?:post|comment|msg|message|reply|p|pid)[-_]?#$|^\.(?:post|comment|message|reply)$|^@|^\[data-",
    re.IGNORECASE,
)
_SHARE = 0.6
MAX_MEMBERS = 3000
_MAX_ROW_LINKS = 25
_HEADINGS = frozenset({"h1", "h2", "h3", "h4"})
_CONTAINERS = frozenset({"body", "html", "main"})


@dataclasses.dataclass(frozen=True, slots=True)
class Row:
    """One row of a board: the element, the link to its thread, and the link's text."""

    tag: Tag
    link: Tag
    title: str
    has_title_mark: bool


def post_elements(outline: Outline) -> list[Tag]:
    """The elements of the page that are one post each, in document order; empty where there are none."""
    best = 0.0
    chosen: list[Tag] = []
    is_named = False
    for name, family in _families(outline):
        score, members = _as_posts(outline, family, name)
        if not members or (not _is_post_name(name) and _rows_of(outline, members) is not None):
            continue
        # Of equal families the outermost holds author, time and address beside the text.
        # One alone around another is as likely the whole thread around its first post.
        if len(members) > 1 and _encloses(outline, members, chosen):
            best, chosen, is_named = max(score, best), members, is_named or _is_post_name(name)
        elif (score > best or len(members) == 1) and _is_closer(outline, chosen, members, score > best):
            best, chosen, is_named = score, members, _is_post_name(name)
    widened = _widened(outline, chosen)
    # Author and date of the last reply, seen alone, look like a post: the row around them tells.
    is_row = not is_named and _rows_of(outline, widened) is not None
    return [] if is_row or _are_headings(outline, widened) else widened


def board_rows(outline: Outline) -> list[Row]:
    """The rows of the page that lead to one thread each, in document order; empty where there are none."""
    best: list[Row] = []
    best_score = 0.0
    for name, members in _families(outline):
        # Threads are dated and have starters; the links of a menu are not and have none.
        dated = [tag for tag in members if outline.times_in(tag) or outline.authors_in(tag)]
        is_named = _is_named(name, _THREAD_NAME)
        if len(dated) < max(1, 0.5 * len(members) - 1) or (len(dated) < 2 and not is_named):
            continue
        rows = _rows_of(outline, dated)
        if rows is None:
            continue
        score = 0.5 * is_named + sum(
            (1.0 if outline.times_in(row.tag) and outline.authors_in(row.tag) else 0.4)
            + 0.3 * row.has_title_mark
            for row in rows
        )
        if score > best_score or (
            score == best_score and _encloses(outline, [row.tag for row in rows], [row.tag for row in best])
        ):
            best, best_score = rows, score
    return best


def _are_headings(outline: Outline, members: Sequence[Tag]) -> bool:
    """Whether more text stands between the members than in them: they are headings above the posts."""
    if len(members) < 3:
        return False
    outermost = [members[0]]
    for tag in members[1:]:
        if not outline.contains(outermost[-1], tag):
            outermost.append(tag)
    within = sum(outline.text_chars(tag) for tag in outermost)
    return outline.chars_between(outermost[0], outermost[-1]) > 2 * within


def _is_closer(outline: Outline, chosen: Sequence[Tag], members: Sequence[Tag], is_better: bool) -> bool:
    """Whether the members, likelier or not, are posts rather than parts of the posts already chosen."""
    if not _encloses(outline, chosen, members):
        return is_better
    return len(chosen) == 1 and 2 * outline.plain_chars(members[0]) > outline.plain_chars(chosen[0])


def _widened(outline: Outline, members: list[Tag]) -> list[Tag]:
    """The largest elements around the members that hold one member each: ids and dates often stand there."""
    while len(members) > 1:
        parents = [tag.parent for tag in members]
        outer = [parent for parent in parents if parent is not None and outline.is_seen(parent)]
        if len({id(parent) for parent in outer}) < len(members):
            break
        if any(outline.contains(one, other) for one, other in pairwise(outer)):
            break
        members = outer
    return members


def _encloses(outline: Outline, outer: Sequence[Tag], inner: Sequence[Tag]) -> bool:
    """Whether each of the one lies in its counterpart of the other."""
    return (
        bool(inner)
        and len(outer) == len(inner)
        and all(outline.contains(one, other) for one, other in zip(outer, inner, strict=True))
    )


def _families(outline: Outline) -> list[tuple[str, list[Tag]]]:
    families: dict[tuple[str, str], list[Tag]] = defaultdict(list)
    for tag in outline.tags:
        if tag.name in _CONTAINERS:
            continue
        for name in _family_names(outline, tag):
            families[(tag.name, name)].append(tag)
    return [(name, members[:MAX_MEMBERS]) for (_, name), members in families.items()]


def _family_names(outline: Outline, tag: Tag) -> list[str]:
    attributes = outline.attributes(tag)
    names = [
        f".{_DIGITS.sub('#', token)}" for token in dict.fromkeys(attributes.get("class", "").split()[:8])
    ]
    element_id = attributes.get("id", "")
    if _DIGITS.search(element_id):
        names.append(f"#{_DIGITS.sub('#', element_id)}")
    kind = attributes.get("itemtype", "").rstrip("/")
    if _MICRODATA.search(kind):
        names.append("@posting")
    names += [
        f"[{name}]"
        for name in ("data-pid", "data-post-id", "data-comment-id", "data-id")
        if name in attributes
    ]
    if not names and tag.parent is not None:
        names.append(f"<{id(tag.parent)}")
    return names


def _is_post_name(name: str) -> bool:
    return bool(_SINGLE.search(name)) or _is_named(name, _POST_NAME)


def _is_named(name: str, pattern: re.Pattern[str]) -> bool:
    return name == "@posting" or bool(pattern.search(name.lstrip(".#")))


def _as_posts(outline: Outline, family: Sequence[Tag], name: str) -> tuple[float, list[Tag]]:
    """How much like the posts of a thread these elements are, and which of them are; (0, []) for none.

    What lies in a nested member (a reply inside the comment that it answers) counts for that one only.
    """
    if len(family) < 2 and not _SINGLE.search(name):
        return 0.0, []
    owned = [(tag, *own) for tag, own in zip(family, _own_measures(outline, family), strict=True)]
    with_both = [(tag, plain) for tag, plain, times, authors in owned if times and authors]
    with_one = [(tag, plain) for tag, plain, times, authors in owned if times or authors]
    is_sure = len(with_both) >= _SHARE * max(len(with_one), 1)
    members = with_both if is_sure else with_one
    is_identified = bool(_SINGLE.search(name))
    is_named = is_identified or _is_named(name, _POST_NAME)
    tags = [tag for tag, _ in members]
    # A post may be a picture alone; most posts are not.
    if 2 * sum(plain > 2 for _, plain in members) <= len(members):
        return 0.0, []
    if len(members) < max(1 if is_identified else 2 if is_named else 3, 0.4 * len(family)):
        return 0.0, []
    if not is_named and any(outline.contains(one, other) for one, other in pairwise(tags)):
        return 0.0, []
    score = sum(min(log2(2 + plain / 12), 5) for _, plain in members)
    return score * (1.0 if is_sure else 0.4) * (1.5 if is_identified else 1.2 if is_named else 1.0), tags


def _own_measures(outline: Outline, family: Sequence[Tag]) -> list[tuple[int, int, int]]:
    """For each member: characters of plain text beside its times, number of times, number of authors."""
    measures = []
    open_members: list[tuple[int, int]] = []
    for index, tag in enumerate(family):
        start, end = outline.span(tag)
        times, authors = outline.times_in(tag), outline.authors_in(tag)
        marked = sum(min(outline.plain_chars(mark.tag), 60) for mark in times[:3] if mark.rank)
        whole = [max(outline.plain_chars(tag) - marked, 0), len(times), len(authors)]
        measures.append(whole)
        while open_members and open_members[-1][1] <= start:
            open_members.pop()
        if open_members:
            outer = measures[open_members[-1][0]]
            for place, value in enumerate(whole):
                outer[place] = max(outer[place] - value, 0)
        open_members.append((index, end))
    return [(plain, times, authors) for plain, times, authors in measures]


def _rows_of(outline: Outline, members: Sequence[Tag]) -> list[Row] | None:
    """The members as rows of a board, or None where most of them lead nowhere of their own."""
    rows = [row for tag in members if (row := _row(tag)) is not None]
    if not rows or len(rows) < 0.7 * len(members) - 1:
        return None
    targets = {str(row.link.get("href", "")).partition("#")[0] for row in rows}
    titles = {row.title for row in rows}
    if len(targets) < 0.7 * len(rows) or (len(titles) < 0.5 * len(rows) and len(rows) > 2):
        return None
    # A row is about its link; a post that happens to hold links is about its text.
    plain = sum(outline.plain_chars(row.tag) for row in rows) / len(rows)
    linked = sum(len(row.title) for row in rows) / len(rows)
    has_headings = sum(row.link.find_parent(["h2", "h3", "h4"]) is not None for row in rows) >= _SHARE * len(
        rows
    )
    if plain > 12 * linked + 60 and not has_headings:
        return None
    return rows


def _row(tag: Tag) -> Row | None:
    links = []
    around = [tag] if tag.name == "a" else tag.find_all("a", href=True, limit=_MAX_ROW_LINKS)
    if len(around) >= _MAX_ROW_LINKS:
        return None
    for link in around:
        href = str(link.get("href", ""))
        title = " ".join(link.get_text(" ").split())
        is_plain = not PROFILE_LINK.search(href) and not href.startswith(("#", "javascript:", "mailto:"))
        if is_plain and not _NUMBER_OR_SIGN.fullmatch(title) and not looks_like_time(title):
            links.append((_is_titled(link, tag), len(title), link, title))
    if not links:
        return None
    has_title, _, link, title = max(links, key=lambda one: one[:2])
    fragment = str(link.get("href", "")).partition("#")[2]
    # A link to an anchor inside the element is the address of a post, not of a thread.
    if fragment and (
        tag.get("id") == fragment or tag.find(id=fragment) or tag.find(attrs={"name": fragment})
    ):
        return None
    return Row(tag, link, title[:500], has_title)


def _is_titled(link: Tag, row: Tag) -> bool:
    """Whether the link is a heading, or it or one of the three elements around it is called a title."""
    for one in [link, *link.parents][:4]:
        classes = " ".join(name for name in one.get_attribute_list("class") if name)
        if one.name in _HEADINGS or _TITLE_CLASS.search(classes):
            return True
        if one.parent is row:
            break
    return False
