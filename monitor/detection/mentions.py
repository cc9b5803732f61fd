"""Says by one stated rule how surely a post means a subject; judges nothing that is said of them.

The rule: every kind of evidence counts once, with its surest mention, and independent kinds combine as
1 - (1 - a)(1 - b)…. Places, employers and associates only support: without a name, number, id, address
or handle of the subject they give no identity, except that associates alone give up to 0.4.
"""

from __future__ import annotations

import dataclasses
import functools
import math
from collections.abc import Iterable, Sequence

from monitor.detection.model import Document, Mention, TermKind, WatchedSubject

SUPPORTING_KINDS = frozenset(
    {TermKind.PLACE, TermKind.EMPLOYER, TermKind.ASSOCIATE_NAME, TermKind.ASSOCIATE_PHONE}
)
ASSOCIATE_KINDS = frozenset({TermKind.ASSOCIATE_NAME, TermKind.ASSOCIATE_PHONE})
_ASSOCIATES_ALONE = 0.4
MOST_OF_SUPPORTING_NAME = 0.3
"""The certainty of a masked name or of one that sounds alike, beside another identifier."""
ENOUGH_FOR_SUPPORT = 0.2
"""So sure must one identifier be before anything is looked for that supports it."""
_ROUNDING = 0.002
_MOST_MENTIONS = 200
_FIELD_ORDER = {"title": 0, "text": 1, "quoted": 2}


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class DocumentMentions:
    """All mentions of one subject in one document, in the order of reading.

    ``identity`` is 0..1: how surely the subject is meant. ``is_by_subject`` says that the author's name
    or handle is the subject's own.
    """

    document: Document
    subject: WatchedSubject
    mentions: tuple[Mention, ...]
    identity: float
    is_by_subject: bool


def identity_from_mentions(mentions: Iterable[Mention]) -> float:
    """The certainty that the subject is meant, by the module's rule. Never 1.0."""
    best: dict[TermKind, float] = {}
    for mention in mentions:
        best[mention.kind] = max(best.get(mention.kind, 0.0), mention.certainty)
    return _identity(tuple(best.items()))


def most_identity(certainties: Iterable[tuple[TermKind, float]], *, may_have_places: bool) -> float:
    """What the identity can be at most once all that supports it is looked for, from what was found before.

    ``may_have_places`` says that places or employers of the subject are watched for.
    """
    best = {TermKind.NAME: MOST_OF_SUPPORTING_NAME}
    if may_have_places:
        best |= {TermKind.PLACE: 1.0}
    for kind, certainty in certainties:
        best[kind] = max(best.get(kind, 0.0), certainty)
    return _identity(tuple(best.items())) + _ROUNDING


@functools.lru_cache(maxsize=4_096)
def _identity(best: tuple[tuple[TermKind, float], ...]) -> float:
    own = _combined(certainty for kind, certainty in best if kind not in SUPPORTING_KINDS)
    if own == 0.0:
        alone = _combined(certainty for kind, certainty in best if kind in ASSOCIATE_KINDS)
        return min(_ASSOCIATES_ALONE, alone)
    support = _combined(certainty for kind, certainty in best if kind in SUPPORTING_KINDS)
    return round(min(0.999, 1.0 - (1.0 - own) * (1.0 - support)), 4)


def _combined(certainties: Iterable[float]) -> float:
    return 1.0 - math.prod(1.0 - certainty for certainty in certainties)


def in_reading_order(mentions: Sequence[Mention]) -> tuple[Mention, ...]:
    """Mentions without those that lie inside a longer one of the same field, at most 200 of them."""
    if len(mentions) == 1:
        return tuple(mentions)
    ranked = sorted(
        mentions, key=lambda mention: (mention.field, mention.start, -mention.end, -mention.certainty)
    )
    kept: list[Mention] = []
    for mention in ranked:
        last = kept[-1] if kept else None
        if last is None or last.field != mention.field or mention.start >= last.end:
            kept.append(mention)
        elif _is_better(mention, last):
            kept[-1] = mention
    best = sorted(kept, key=lambda mention: -mention.certainty)[:_MOST_MENTIONS]
    return tuple(sorted(best, key=lambda mention: (_FIELD_ORDER[mention.field], mention.start)))


def _is_better(mention: Mention, held: Mention) -> bool:
    length, held_length = mention.end - mention.start, held.end - held.start
    return (mention.certainty * length, length) > (held.certainty * held_length, held_length)
