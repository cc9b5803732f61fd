"""What a hit looks like outside the database: the post as it was found, what was found in it, its state."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from datetime import datetime
from typing import Any

DISPOSITIONS = ("new", "confirmed", "dismissed")
SEVERITIES = ("low", "medium", "high", "critical")


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class HitPost:
    """The post that was found. ``site`` and ``id`` together say which one it is, over all edits."""

    site: str
    id: str
    url: str
    untrusted_text: str
    untrusted_title: str = ""
    untrusted_quoted: str = ""
    untrusted_author: str = ""
    published_at: datetime | None = None
    edited_at: datetime | None = None
    thread_url: str = ""
    images: tuple[str, ...] = ()
    platform: str = ""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class HitMention:
    """Where a watch term occurs; spans index the post's strings in code points."""

    kind: str
    term: str
    field: str
    start: int
    end: int
    text: str
    certainty: float = 1.0


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class HitCue:
    """Where shaming or benign language of one family stands."""

    family: str
    field: str
    start: int
    end: int
    text: str


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class HitOpinion:
    """What a second reader said of the post, with its version: a verdict, a probability (0..1) or both."""

    reader: str
    version: str
    probability: float | None = None
    verdict: str = ""
    untrusted_reason: str = ""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class HitContent:
    """All that is sealed in one wording of a hit. ``reasons`` are whole sentences."""

    post: HitPost
    mentions: tuple[HitMention, ...]
    cues: tuple[HitCue, ...]
    reasons: tuple[str, ...]
    opinions: tuple[HitOpinion, ...] = ()


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class HitRecord:
    """One hit with its newest wording. ``revision`` counts from 1; ``score`` is 0..1."""

    id: str
    subject_id: str
    source_id: str | None
    revision: int
    score: float
    severity: str
    disposition: str
    found_at: datetime
    changed_at: datetime
    disposed_at: datetime | None
    disposed_by: str | None
    evidence_at: datetime | None
    content: HitContent = dataclasses.field(repr=False)

    @property
    def post(self) -> HitPost:
        return self.content.post


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class HitRevisionRecord:
    """One wording that the post of a hit has had, and when it was first seen."""

    number: int
    score: float
    severity: str
    seen_at: datetime
    content: HitContent = dataclasses.field(repr=False)


def fields_from_content(content: HitContent) -> dict[str, Any]:
    """JSON values, to be sealed."""
    fields = dataclasses.asdict(content)
    for name in ("published_at", "edited_at"):
        moment = fields["post"][name]
        fields["post"][name] = moment.isoformat() if moment else None
    return fields


def content_from_fields(fields: Mapping[str, Any]) -> HitContent:
    """The inverse of `fields_from_content`."""
    post = dict(fields["post"])
    for name in ("published_at", "edited_at"):
        post[name] = datetime.fromisoformat(post[name]) if post[name] else None
    post["images"] = tuple(post["images"])
    return HitContent(
        post=HitPost(**post),
        mentions=tuple(HitMention(**mention) for mention in fields["mentions"]),
        cues=tuple(HitCue(**cue) for cue in fields["cues"]),
        reasons=tuple(fields["reasons"]),
        opinions=tuple(HitOpinion(**opinion) for opinion in fields.get("opinions", ())),
    )
