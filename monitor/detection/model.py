"""The words of detection as types: who is watched, what is read, what was found."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from enum import StrEnum


class TermKind(StrEnum):
    """What a watch term is. Places and employers only support another mention."""

    NAME = "name"
    ALIAS = "alias"
    PHONE = "phone"
    NATIONAL_ID = "id"
    EMAIL = "email"
    HANDLE = "handle"
    PLACE = "place"
    EMPLOYER = "employer"
    ASSOCIATE_NAME = "associate_name"
    ASSOCIATE_PHONE = "associate_phone"


class Severity(StrEnum):
    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"
    CRITICAL = "critical"


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Associate:
    """A relative, guarantor or colleague who is watched too."""

    name: str = ""
    phones: tuple[str, ...] = ()


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class WatchedSubject:
    """One person and everything that points at them. Phones in E.164 ("+86…")."""

    id: str
    names: tuple[str, ...] = ()
    aliases: tuple[str, ...] = ()
    phones: tuple[str, ...] = ()
    ids: tuple[str, ...] = ()
    emails: tuple[str, ...] = ()
    handles: tuple[str, ...] = ()
    places: tuple[str, ...] = ()
    employers: tuple[str, ...] = ()
    associates: tuple[Associate, ...] = ()


# Where a subject's own terms of each kind stand in WatchedSubject, and in a watch file.
FIELD_OF_KIND: Mapping[TermKind, str] = {
    TermKind.NAME: "names",
    TermKind.ALIAS: "aliases",
    TermKind.PHONE: "phones",
    TermKind.NATIONAL_ID: "ids",
    TermKind.EMAIL: "emails",
    TermKind.HANDLE: "handles",
    TermKind.PLACE: "places",
    TermKind.EMPLOYER: "employers",
}


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """One post as detection sees it. Spans index these strings in code points."""

    id: str
    untrusted_text: str
    untrusted_title: str = ""
    untrusted_quoted: str = ""
    untrusted_author: str = ""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Mention:
    """Where a watch term occurs. ``term`` is as registered, ``text`` as it stands in the post.

    ``field`` is "text", "title" or "quoted". ``certainty`` is 0..1: how sure that this person is meant.
    """

    kind: TermKind
    term: str
    field: str
    start: int
    end: int
    text: str
    certainty: float


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Cue:
    """Where shaming (or benign) language of one family stands."""

    family: str
    field: str
    start: int
    end: int
    text: str


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Opinion:
    """What a second reader says of one (post, subject), as it is kept with the hit.

    ``reader`` names it and ``version`` its weights or its model and prompt. ``probability`` (0..1) or
    ``verdict`` ("shaming", "not_shaming", "unsure"), whichever it gives; ``reason`` is its own sentence, which
    is as hostile as the post it read.
    """

    reader: str
    version: str
    probability: float | None = None
    verdict: str = ""
    untrusted_reason: str = ""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """What detection says of one (post, subject).

    ``score`` is 0..1 and the product of ``wording``, how likely the words shame whom they are about, and
    ``sureness``, what doubt about the identity leaves of it. ``is_settled`` says that the shape of the post
    rules a hit out, whatever its words. ``reasons`` are whole sentences.
    """

    document_id: str
    subject_id: str
    is_hit: bool
    score: float
    severity: Severity
    mentions: Sequence[Mention]
    cues: Sequence[Cue]
    reasons: Sequence[str]
    wording: float = 0.0
    sureness: float = 1.0
    is_settled: bool = False
    opinions: Sequence[Opinion] = ()
