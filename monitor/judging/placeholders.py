"""Takes the identity out of a post before a second reader sees it; judges nothing.

Every mention of the subject becomes PERSON, PHONE or ID. `without_anybody` also takes out whatever else could
name somebody to a machine that is not ours: places and employers, other numbers, addresses of mail and of pages,
handles.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Sequence

from monitor.detection.model import Document, Mention, TermKind

PERSON, PHONE, ID, PLACE = "PERSON", "PHONE", "ID", "PLACE"

_OF_KIND = {
    TermKind.PHONE: PHONE,
    TermKind.ASSOCIATE_PHONE: PHONE,
    TermKind.NATIONAL_ID: ID,
    TermKind.EMAIL: ID,
    TermKind.PLACE: PLACE,
    TermKind.EMPLOYER: PLACE,
}
_NAMING_NOBODY = frozenset({TermKind.PLACE, TermKind.EMPLOYER})

_FULL_CHARS = 420
_HEAD_CHARS = 100
_AROUND_CHARS = 150
_TAIL_CHARS = 60
_MOST_PLACES = 3
_TITLE_CHARS = 120
_JUDGED_CHARS = 4_000
_GAP = " … "
_PART = " | "

_PRIVATE = re.compile(
    r"(?P<page>https?://\S+|www\.\S+|(?:t|wa|fb|m)\.(?:me|com)/\S+)"
    r"|(?P<mail>[\w.+-]+@[\w-]+\.[\w.-]+)"
    r"|(?P<handle>[@＠][\w.]{2,})"
    r"|(?P<number>\+?\d(?:[\s().·\-–—_/*xX•]{0,3}\d){4,})"
)


def passage(document: Document, mentions: Sequence[Mention]) -> str:
    """The title and what stands around the mentions, each mention a placeholder: what our own reader reads.

    Of a text longer than 420 characters: its first 100, 150 on each side of the first three mentions, its last
    60. A quoted post is read where nothing else names the subject.
    """
    title, _ = _filled(document.untrusted_title, _of_field(mentions, "title"))
    text, places = _filled(document.untrusted_text, _of_field(mentions, "text"))
    quoted, quoted_places = _filled(document.untrusted_quoted, _of_field(mentions, "quoted"))
    parts = [title[:_TITLE_CHARS], _around(text, places)]
    if quoted_places and not places:
        parts.append(_around(quoted, quoted_places))
    return _PART.join(part for part in parts if part)


def without_anybody(document: Document, mentions: Sequence[Mention]) -> str:
    """The whole post, at most 4,000 characters, with nothing in it that names anybody we can recognise."""
    parts = [
        _filled(getattr(document, f"untrusted_{field}"), _of_field(mentions, field, ()))[0]
        for field in ("title", "quoted", "text")
    ]
    joined = "\n".join(_PRIVATE.sub(_private, part) for part in parts if part)
    return joined[:_JUDGED_CHARS]


def _private(match: re.Match[str]) -> str:
    return {"page": "LINK", "mail": ID, "handle": "SOMEBODY", "number": "NUMBER"}[str(match.lastgroup)]


def _of_field(
    mentions: Iterable[Mention], field: str, left_out: Collection[TermKind] = _NAMING_NOBODY
) -> list[Mention]:
    return sorted(
        (item for item in mentions if item.field == field and item.kind not in left_out),
        key=lambda item: (item.start, -item.end),
    )


def _filled(untrusted: str, mentions: Iterable[Mention]) -> tuple[str, list[tuple[int, int]]]:
    """The text with a placeholder for every mention, and where the placeholders stand in it."""
    out: list[str] = []
    places: list[tuple[int, int]] = []
    done = length = 0
    for mention in mentions:
        if mention.start >= done:
            placeholder = _OF_KIND.get(mention.kind, PERSON)
            out += (untrusted[done : mention.start], placeholder)
            length += mention.start - done + len(placeholder)
            places.append((length - len(placeholder), length))
        done = max(done, mention.end)
    out.append(untrusted[done:])
    return "".join(out), places


def _around(text: str, places: Sequence[tuple[int, int]]) -> str:
    if len(text) <= _FULL_CHARS or not places:
        return text[:_FULL_CHARS]
    wanted = [(0, _HEAD_CHARS), (len(text) - _TAIL_CHARS, len(text))]
    wanted += [
        (max(0, begin - _AROUND_CHARS), min(len(text), end + _AROUND_CHARS))
        for begin, end in places[:_MOST_PLACES]
    ]
    merged: list[tuple[int, int]] = []
    for begin, end in sorted(wanted):
        if merged and begin <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        else:
            merged.append((begin, end))
    return _GAP.join(text[begin:end] for begin, end in merged)
