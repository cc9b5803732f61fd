"""Post → hit: matches posts against the watch list and writes hits to the database before anything else is done with them.

A post that is no hit leaves nothing here. An edit of a post that is a hit becomes a revision, also where
the shaming words were taken out.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Sequence
from typing import Protocol

from monitor.detection.model import Cue, Document, Finding, Mention, Opinion
from monitor.posts import CollectedPost
from monitor.progress import Step, Watcher
from spiders.items import Post
from storage import Scope, Storage, UnitOfWork
from storage.errors import NotFoundError
from storage.repositories.hit_records import HitCue, HitMention, HitOpinion, HitPost, HitRecord


class DetectsShaming(Protocol):
    """`monitor.judging.panel.Panel`, or its first tier alone."""

    def detect(self, documents: Sequence[Document], *, with_non_hits: bool = False) -> Iterator[Finding]: ...


def record_hits(
    storage: Storage, detector: DetectsShaming, posts: Sequence[CollectedPost], watcher: Watcher
) -> int:
    """Match a batch and store what was found. The number of hits that are new or revised."""
    documents = [_document(str(number), collected.post) for number, collected in enumerate(posts)]
    findings: dict[str, list[Finding]] = {}
    # Only an edited post can have been a hit before that it is no longer.
    has_edits = any(collected.is_edited for collected in posts)
    for finding in detector.detect(documents, with_non_hits=has_edits):
        findings.setdefault(finding.document_id, []).append(finding)
    count = 0
    with storage.begin(Scope.operator()) as work:
        posts = _still_wanted(work, posts)
        for number, collected in enumerate(posts):
            earlier = _earlier_hits(work, collected)
            for finding in findings.get(str(number), []):
                if finding.is_hit or finding.subject_id in earlier:
                    count += _record(work, collected, finding, watcher)
                    earlier.pop(finding.subject_id, None)
            for hit in earlier.values():
                count += _record_withdrawn(work, collected, hit, watcher)
    return count


def _still_wanted(work: UnitOfWork, posts: Sequence[CollectedPost]) -> Sequence[CollectedPost]:
    """The posts, those of a source that was removed meanwhile without it: a hit found there stays a hit."""
    standing = {source.id for source in work.sources.list()}
    return [
        collected if collected.source_id in standing else dataclasses.replace(collected, source_id=None)
        for collected in posts
    ]


def _earlier_hits(work: UnitOfWork, collected: CollectedPost) -> dict[str, HitRecord]:
    """Hits that this post has been already, by subject: only an edited post can have any."""
    if not collected.is_edited:
        return {}
    found = work.hits.of_post(collected.post.site, collected.post.id)
    return {hit.subject_id: hit for hit in found}


def _record(work: UnitOfWork, collected: CollectedPost, finding: Finding, watcher: Watcher) -> int:
    try:
        work.subjects.get(finding.subject_id)
    except NotFoundError:
        return 0  # erased since the watch list was made
    _, outcome = work.hits.record(
        finding.subject_id,
        post=_hit_post(collected.post),
        body_sha256=collected.post.body_sha256,
        score=finding.score,
        severity=finding.severity.value,
        mentions=[_mention(mention) for mention in finding.mentions],
        cues=[_cue(cue) for cue in finding.cues],
        reasons=finding.reasons,
        opinions=[_opinion(opinion) for opinion in finding.opinions],
        source_id=collected.source_id,
    )
    return _told(outcome, finding.severity.value, watcher)


def _record_withdrawn(work: UnitOfWork, collected: CollectedPost, hit: HitRecord, watcher: Watcher) -> int:
    """The post no longer mentions the subject: an event of the hit, which stays as bad as it was."""
    _, outcome = work.hits.record(
        hit.subject_id,
        post=_hit_post(collected.post),
        body_sha256=collected.post.body_sha256,
        score=0.0,
        severity=hit.severity,
        reasons=("The post was edited and no longer mentions the watched person.",),
        source_id=collected.source_id,
    )
    return _told(outcome, hit.severity, watcher)


def _told(outcome: str, severity: str, watcher: Watcher) -> int:
    if outcome == "known":
        return 0
    watcher.happened(Step.HIT, outcome=severity)
    return 1


def _document(key: str, post: Post) -> Document:
    return Document(
        id=key,
        untrusted_text=post.untrusted_text,
        untrusted_title=post.untrusted_title,
        untrusted_quoted=post.untrusted_quoted,
        untrusted_author=post.untrusted_author,
    )


def _hit_post(post: Post) -> HitPost:
    return HitPost(**{field.name: getattr(post, field.name) for field in dataclasses.fields(HitPost)})


def _mention(mention: Mention) -> HitMention:
    return HitMention(
        kind=mention.kind.value,
        term=mention.term,
        field=mention.field,
        start=mention.start,
        end=mention.end,
        text=mention.text,
        certainty=mention.certainty,
    )


def _cue(cue: Cue) -> HitCue:
    return HitCue(family=str(cue.family), field=cue.field, start=cue.start, end=cue.end, text=cue.text)


def _opinion(opinion: Opinion) -> HitOpinion:
    return HitOpinion(
        reader=opinion.reader,
        version=opinion.version,
        probability=opinion.probability,
        verdict=opinion.verdict,
        untrusted_reason=opinion.untrusted_reason,
    )
