"""Hits: one for each (subject, post), whose wordings are revisions. Decides what is new, never what is a hit."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Literal

from sqlalchemy import func
from sqlmodel import col, delete, select, update
from sqlmodel.sql.expression import SelectOfScalar

from storage.errors import NotFoundError
from storage.models import HitRevisionRow, HitRow
from storage.models.base import new_id
from storage.repositories.base import CHUNK, Repository, chunks, known, place
from storage.repositories.hit_records import (
    DISPOSITIONS,
    SEVERITIES,
    HitContent,
    HitCue,
    HitMention,
    HitOpinion,
    HitPost,
    HitRecord,
    HitRevisionRecord,
    content_from_fields,
    fields_from_content,
)

RecordOutcome = Literal["new", "revised", "known"]
_COUNTED = {"disposition": HitRow.disposition, "severity": HitRow.severity, "subject_id": HitRow.subject_id}


class HitRepository(Repository):
    def record(
        self,
        subject_id: str,
        *,
        post: HitPost,
        body_sha256: str,
        score: float,
        severity: str,
        mentions: Sequence[HitMention] = (),
        cues: Sequence[HitCue] = (),
        reasons: Sequence[str] = (),
        opinions: Sequence[HitOpinion] = (),
        source_id: str | None = None,
    ) -> tuple[HitRecord, RecordOutcome]:
        """Store what was found of a post about a subject.

        "new": the first time. "revised": the post was known with another body; a revision was added,
        and evidence of it is still to come. "known": the newest revision has this body; nothing
        changes. Raises NotFoundError for an unknown or erased subject, BadValueError.
        """
        content = HitContent(
            post=post,
            mentions=tuple(mentions),
            cues=tuple(cues),
            reasons=tuple(reasons),
            opinions=tuple(opinions),
        )
        secret = self._keys.of(subject_id)
        severity = known("severity", str(severity), SEVERITIES)
        body_key = secret.fingerprint("body", body_sha256)
        post_key = secret.fingerprint("post", post.site, post.id)
        now = self._context.now()
        row, is_new = self._claim_row(
            subject_id, post_key, source_id=source_id, score=score, severity=severity, now=now
        )
        if not is_new:
            newest = self._revision_row(row.id, row.revision)
            if newest.body_key == body_key:
                return self._record(row, newest), "known"
            row.revision += 1
            row.score, row.severity, row.changed_at = score, severity, now
            row.evidence_at, row.capture_due_at = None, now
        revision = HitRevisionRow(
            hit_id=row.id,
            number=row.revision,
            body_key=body_key,
            score=score,
            severity=severity,
            seen_at=now,
            sealed=secret.seal(place("hit_revision", row.id, row.revision), fields_from_content(content)),
        )
        self._session.add(revision)
        self._session.flush()
        return self._record(row, revision), "new" if is_new else "revised"

    def get(self, hit_id: str) -> HitRecord:
        """Raises NotFoundError."""
        row = self._row(hit_id)
        return self._record(row, self._revision_row(row.id, row.revision))

    def list(
        self,
        *,
        subject_id: str | None = None,
        disposition: str | None = None,
        severity: str | None = None,
        source_id: str | None = None,
        limit: int = 50,
        offset: int = 0,
        before: tuple[datetime, str] | None = None,
    ) -> Sequence[HitRecord]:
        """Newest first; only the page asked for is decrypted.

        ``before``: (found_at, id) of the last hit of the page before, which stays fast at any depth
        where ``offset`` does not.
        """
        query = select(HitRow).where(self._scope.owns(col(HitRow.subject_id)))
        if subject_id is not None:
            query = query.where(col(HitRow.subject_id) == subject_id)
        if disposition is not None:
            query = query.where(col(HitRow.disposition) == known("disposition", disposition, DISPOSITIONS))
        if severity is not None:
            query = query.where(col(HitRow.severity) == known("severity", severity, SEVERITIES))
        if source_id is not None:
            query = query.where(col(HitRow.source_id) == source_id)
        if before is not None:
            moment, hit_id = before
            query = query.where(
                col(HitRow.found_at) <= moment,
                (col(HitRow.found_at) < moment) | (col(HitRow.id) < hit_id),
            )
        query = query.order_by(col(HitRow.found_at).desc(), col(HitRow.id).desc())
        return self._records(query.limit(limit).offset(offset))

    def of_post(self, site: str, post_id: str) -> Sequence[HitRecord]:
        """What a post has been a hit for, one record a subject, in the wording stored last."""
        subjects = self._session.exec(
            select(HitRow.subject_id).where(self._scope.owns(col(HitRow.subject_id))).distinct()
        ).all()
        self._keys.load(subjects)
        keys = [self._keys.of(subject_id).fingerprint("post", site, post_id) for subject_id in subjects]
        found: list[HitRecord] = []
        for chunk in chunks(keys, CHUNK):
            found += self._records(
                select(HitRow).where(
                    col(HitRow.post_key).in_(chunk), self._scope.owns(col(HitRow.subject_id))
                )
            )
        return found

    def revisions(self, hit_id: str) -> Sequence[HitRevisionRecord]:
        """Every wording of the post, oldest first. Raises NotFoundError."""
        row = self._row(hit_id)
        query = select(HitRevisionRow).where(col(HitRevisionRow.hit_id) == row.id)
        return [
            HitRevisionRecord(
                number=revision.number,
                score=revision.score,
                severity=revision.severity,
                seen_at=revision.seen_at,
                content=self._content(row.subject_id, revision),
            )
            for revision in self._session.exec(query.order_by(col(HitRevisionRow.number))).all()
        ]

    def set_disposition(self, hit_id: str, disposition: str, actor: str) -> HitRecord:
        """What a person decided. Raises NotFoundError, BadValueError."""
        row = self._row(hit_id)
        row.disposition = known("disposition", disposition, DISPOSITIONS)
        row.disposed_at = self._context.now()
        row.disposed_by = actor
        self._session.flush()
        return self._record(row, self._revision_row(row.id, row.revision))

    def expire_dismissed(self, before: datetime) -> int:
        """Remove hits that were dismissed before that moment, with their evidence: they are strangers' data.

        Their vault files go with the next sweep. Returns how many hits there were.
        """
        return self._run(
            delete(HitRow).where(
                col(HitRow.disposition) == "dismissed",
                col(HitRow.disposed_at) < before,
                self._scope.owns(col(HitRow.subject_id)),
            )
        )

    def capture_due(self, now: datetime, limit: int = 50) -> Sequence[HitRecord]:
        """Hits whose page should be captured now, longest waiting first: those whose newest wording has no
        evidence record yet, and those whose last capture failed in a way that may pass."""
        query = (
            select(HitRow)
            .where(col(HitRow.capture_due_at) <= now, self._scope.owns(col(HitRow.subject_id)))
            .order_by(col(HitRow.capture_due_at), col(HitRow.id))
            .limit(limit)
        )
        return self._records(query)

    def put_off_capture(self, hit_id: str, again_at: datetime) -> None:
        """Capture the hit's page then, not now. Raises NotFoundError."""
        query = update(HitRow).where(col(HitRow.id) == hit_id, self._scope.owns(col(HitRow.subject_id)))
        if not self._run(query.values(capture_due_at=again_at)):
            raise NotFoundError("hit", hit_id)

    def count_capture_due(self, now: datetime) -> int:
        """How many hits wait for a capture."""
        query = (
            select(func.count())
            .select_from(HitRow)
            .where(col(HitRow.capture_due_at) <= now, self._scope.owns(col(HitRow.subject_id)))
        )
        return self._session.exec(query).one()

    def count_by(
        self, what: Literal["disposition", "severity", "subject_id"], *, subject_id: str | None = None
    ) -> dict[str, int]:
        """How many hits there are of each; what there is none of is left out."""
        column = col(_COUNTED[what])
        query = select(column, func.count()).where(self._scope.owns(col(HitRow.subject_id))).group_by(column)
        if subject_id is not None:
            query = query.where(col(HitRow.subject_id) == subject_id)
        return dict(self._session.exec(query).all())

    def _claim_row(
        self,
        subject_id: str,
        post_key: bytes,
        *,
        source_id: str | None,
        score: float,
        severity: str,
        now: datetime,
    ) -> tuple[HitRow, bool]:
        """The hit's row, locked, and whether it was made just now: two workers may find the same post."""
        values = HitRow(
            id=new_id("h"),
            subject_id=subject_id,
            source_id=source_id,
            post_key=post_key,
            revision=1,
            score=score,
            severity=severity,
            disposition="new",
            found_at=now,
            changed_at=now,
            capture_due_at=now,
        ).model_dump()
        made = self._session.execute(
            self._insert(HitRow)
            .values(values)
            .on_conflict_do_nothing(index_elements=["subject_id", "post_key"])
            .returning(col(HitRow.id))
        ).first()
        query = (
            select(HitRow)
            .where(col(HitRow.subject_id) == subject_id, col(HitRow.post_key) == post_key)
            .with_for_update()
            .execution_options(populate_existing=True)
        )
        return self._session.exec(query).one(), made is not None

    def _row(self, hit_id: str) -> HitRow:
        query = select(HitRow).where(col(HitRow.id) == hit_id, self._scope.owns(col(HitRow.subject_id)))
        row = self._session.exec(query).first()
        if row is None:
            raise NotFoundError("hit", hit_id)
        return row

    def _revision_row(self, hit_id: str, number: int) -> HitRevisionRow:
        return self._session.get_one(HitRevisionRow, (hit_id, number))

    def _records(self, query: SelectOfScalar[HitRow]) -> Sequence[HitRecord]:
        rows = self._session.exec(query).all()
        self._keys.load(row.subject_id for row in rows)
        newest = {row.id: row.revision for row in rows}
        found = self._session.exec(
            select(HitRevisionRow)
            .join(
                HitRow,
                (col(HitRow.id) == HitRevisionRow.hit_id) & (col(HitRow.revision) == HitRevisionRow.number),
            )
            .where(col(HitRevisionRow.hit_id).in_(newest))
        )
        revisions = {revision.hit_id: revision for revision in found}
        return [self._record(row, revisions[row.id]) for row in rows]

    def _content(self, subject_id: str, revision: HitRevisionRow) -> HitContent:
        where = place("hit_revision", revision.hit_id, revision.number)
        return content_from_fields(self._keys.of(subject_id).unseal(where, revision.sealed))

    def _record(self, row: HitRow, revision: HitRevisionRow) -> HitRecord:
        return HitRecord(
            id=row.id,
            subject_id=row.subject_id,
            source_id=row.source_id,
            revision=row.revision,
            score=row.score,
            severity=row.severity,
            disposition=row.disposition,
            found_at=row.found_at,
            changed_at=row.changed_at,
            disposed_at=row.disposed_at,
            disposed_by=row.disposed_by,
            evidence_at=row.evidence_at,
            content=self._content(row.subject_id, revision),
        )
