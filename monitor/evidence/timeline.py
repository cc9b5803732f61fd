"""The order of what was seen: each capture against the last one of its page on which the post stood. Pure."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from datetime import datetime

from monitor.evidence.comparison import Change, Seen, compare


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Moment:
    """One item of evidence. ``kind``: "capture" or "import"; ``page``: what is compared with what."""

    item_id: str
    kind: str
    page: str
    seen: Seen


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """``key`` is a word of the report's wording; ``before``: when the post was last seen, where that matters."""

    at: datetime
    item_id: str
    page: str
    key: str
    before: datetime | None = None


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
}


def timeline(moments: Sequence[Moment]) -> list[Event]:
    """Oldest first. "Absent" only where the post had been seen on the page before."""
    last: dict[str, Seen] = {}
    events = []
    for moment in sorted(moments, key=lambda one: one.seen.at):
        before = last.get(moment.page) if moment.kind == "capture" else None
        events.append(
            Event(
                at=moment.seen.at,
                item_id=moment.item_id,
                page=moment.page,
                key=_key(moment, before),
                before=before.at if before else None,
            )
        )
        if moment.kind == "capture" and moment.seen.verdict in ("ok", "partial"):
            last[moment.page] = moment.seen
    return events


def _key(moment: Moment, before: Seen | None) -> str:
    if moment.kind == "import":
        return "imported"
    first = _FIRST.get(moment.seen.verdict, "failed")
    if before is None:
        return first
    return _KEYS.get(compare(before, moment.seen).change, first)
