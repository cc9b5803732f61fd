"""What a report tells, as plain values; words and looks are others' affair."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """A part of the post's text, in code points. ``is_mention``: the person; else words that shame."""

    start: int
    end: int
    is_mention: bool


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class ReportedFile:
    """One file of an item."""

    name: str
    sha256: str
    size_bytes: int
    media_type: str


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class ReportedItem:
    """One capture or imported file. ``stamps``: authority and stated time; empty: not yet stamped.

    ``pictures``: the mention first, then the whole page. ``limits``: what is missing, as sentences.
    """

    id: str
    kind: str
    untrusted_url: str
    verdict: str
    reason: str
    made_at: datetime
    untrusted_title: str = ""
    server_address: str = ""
    tls: str = ""
    sums_sha256: str = ""
    stamps: Sequence[tuple[str, datetime]] = ()
    files: Sequence[ReportedFile] = ()
    pictures: Sequence[Path] = ()
    limits: Sequence[str] = ()
    untrusted_note: str = ""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class ReportedHit:
    """One post that was found, with the items that show it."""

    id: str
    untrusted_text: str
    untrusted_title: str
    untrusted_author: str
    untrusted_url: str
    published_at: datetime | None
    found_at: datetime
    severity: str
    spans: Sequence[Span]
    reasons: Sequence[str]
    items: Sequence[ReportedItem]


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class TimelineEntry:
    """What was seen when: ``sentence`` is one of the wording's, with its fields filled."""

    at: datetime
    item_id: str
    sentence: str
    untrusted_detail: str = ""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class CustodyLine:
    """One entry of an item's custody log."""

    item_id: str
    number: int
    at: str
    action: str
    actor: str
    detail: str


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class ReportContents:
    """Everything in a report. ``timezone``: IANA name of the subject's; times are shown in it and in UTC."""

    language: str
    label: str
    timezone: str
    made_at: datetime
    fingerprint: str
    tool: str
    hits: Sequence[ReportedHit]
    loose_items: Sequence[ReportedItem]
    timeline: Sequence[TimelineEntry]
    custody: Sequence[CustodyLine]
