"""What a report tells, as plain values in no language; words and looks are others' affair."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from monitor.evidence.verdict import Verdict


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """A part of one of the post's strings (``text``, ``title`` or ``quoted``), in code points.

    ``is_mention``: the person; else words that shame.
    """

    start: int
    end: int
    is_mention: bool
    field: str = "text"


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Sign:
    """Why a post was flagged. ``what``: a kind of watch term (``is_person``), or a family of cues.

    ``reads_as``: the watch term, where the post writes it otherwise. ``is_against``: the words speak against
    shaming.
    """

    what: str
    untrusted_text: str
    is_person: bool
    reads_as: str = ""
    is_against: bool = False


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class ReportedFile:
    """One file of an item. ``origin``: original, derived, record (of the capture) or seal."""

    name: str
    sha256: str
    size_bytes: int
    media_type: str
    origin: str


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class ReportedItem:
    """One capture or imported file. ``stamps``: authority and stated time; empty: not yet stamped.

    ``untrusted_facts``: what an imported file says of itself. ``pictures``: the mention first, then the
    whole page. ``limits``: what is missing or was changed, as the manifest says it, in English.
    """

    id: str
    kind: str
    untrusted_url: str
    verdict: str
    reason: str
    made_at: datetime
    untrusted_final_url: str = ""
    untrusted_title: str = ""
    case_reference: str = ""
    browser: str = ""
    server_address: str = ""
    tls: str = ""
    signer_fingerprint: str = ""
    stamps: Sequence[tuple[str, datetime]] = ()
    files: Sequence[ReportedFile] = ()
    pictures: Sequence[Path] = ()
    limits: Sequence[str] = ()
    untrusted_note: str = ""
    untrusted_facts: Sequence[tuple[str, str]] = ()

    @property
    def shows_post(self) -> bool:
        """Whether the capture has the post on it."""
        return any(self.verdict == verdict and verdict.shows_mention for verdict in Verdict)


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class ReportedHit:
    """One post that was found, with the items that show it, oldest first."""

    id: str
    site: str
    untrusted_text: str
    untrusted_title: str
    untrusted_author: str
    untrusted_url: str
    published_at: datetime | None
    found_at: datetime
    severity: str
    spans: Sequence[Span]
    signs: Sequence[Sign]
    items: Sequence[ReportedItem]
    untrusted_quoted: str = ""
    source: str = ""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class TimelineEntry:
    """What was seen when: ``key`` is one of the timeline's, ``before`` when the post was last seen."""

    at: datetime
    item_id: str
    key: str
    before: datetime | None = None
    untrusted_page: str = ""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class CustodyLine:
    """One entry of an item's custody log."""

    item_id: str
    number: int
    at: str
    action: str
    actor: str
    detail: str
    hash: str


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class ReportContents:
    """Everything in a report. ``timezone``: IANA name of the subject's; times are shown in it and in UTC.

    ``is_stamped``: whether the report's own signature is to carry a trusted timestamp.
    """

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
    operator: str = ""
    operator_role: str = ""
    is_stamped: bool = True

    @property
    def items(self) -> list[ReportedItem]:
        """Every item once, in the order of the report."""
        of_hits = (item for hit in self.hits for item in hit.items)
        return list({item.id: item for item in (*of_hits, *self.loose_items)}.values())
