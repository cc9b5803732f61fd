"""The order of what was seen: each capture against the last one that showed the post. Pure."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from datetime import datetime

from monitor.evidence.comparison import Change, Comparison, Seen, compare


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Moment:
    """One item of evidence. ``kind``: "capture" or "import"; ``page``: what people are shown of where it is from.

    ``series``: what is compared with what. Two posts of one page are two series; one post that moved is one.
    """

    item_id: str
    kind: str
    page: str
    seen: Seen
    series: str = ""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """``key`` is a word of the report's wording; ``before``: when the post was last seen, where that matters.

    ``comparison``: with the last capture that showed the post, the item ``before_id``.
    """

    at: datetime
    item_id: str
    page: str
    key: str
    before: datetime | None = None
    before_id: str = ""
    comparison: Comparison | None = None


_KEYS = {
    Change.UNCHANGED: "present",
    Change.EDITED: "edited",
    Change.ABSENT: "absent",
    Change.UNREACHABLE: "unreachable",
    Change.BLOCKED: "refused",
}
_FIRST = {
    "ok": "present",
    "partial": "partial",
    "gone": "never_seen",
    "mention not found": "never_seen",
    "blocked": "refused",
    "login wall": "refused",
    "captcha": "refused",
    "unreachable": "unreachable",
    "timed out": "unreachable",
    "server error": "unreachable",
    "tls error": "unreachable",
    "address refused": "unreachable",
}


def timeline(moments: Sequence[Moment]) -> list[Event]:
    """Oldest first. "Absent" only where the post had been seen in the same series before."""
    last: dict[str, Moment] = {}
    events = []
    for moment in sorted(moments, key=lambda one: (one.seen.at, one.item_id)):
        if moment.kind == "import":
            events.append(_event(moment, "imported"))
            continue
        series = moment.series or moment.page
        before = last.get(series)
        found = compare(before.seen, moment.seen) if before else None
        key = _KEYS.get(found.change, "") if found else ""
        events.append(_event(moment, key or _first(moment.seen), before, found))
        # What may be another post says nothing of what becomes of this one later.
        if moment.seen.is_present and (found is None or found.change is not Change.ANOTHER_TEXT):
            last[series] = moment
    return events


def _first(seen: Seen) -> str:
    return _FIRST.get(seen.verdict, "failed")


def _event(moment: Moment, key: str, before: Moment | None = None, found: Comparison | None = None) -> Event:
    return Event(
        at=moment.seen.at,
        item_id=moment.item_id,
        page=moment.page,
        key=key,
        before=before.seen.at if before else None,
        before_id=before.item_id if before else "",
        comparison=found,
    )
