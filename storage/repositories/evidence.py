"""Evidence records: the result of every capture, failed ones too, with the vault files they name."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlmodel import col, select, update

from storage.errors import BadValueError, NotFoundError
from storage.models import EvidenceFileRow, EvidenceRow, HitRow
from storage.models.base import new_id
from storage.repositories.base import Repository, place


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class EvidenceFile:
    """One file of a capture. ``sha256`` is of the plain bytes, as hex; ``vault_address`` is where they lie."""

    name: str = dataclasses.field(repr=False)
    media_type: str
    size_bytes: int
    sha256: str = dataclasses.field(repr=False)
    vault_address: str


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class EvidenceRecord:
    """One capture of ``url``. ``hit_revision``: which wording of the hit's post was looked for."""

    id: str
    subject_id: str
    hit_id: str | None
    hit_revision: int | None
    url: str = dataclasses.field(repr=False)
    verdict: str
    reason: str = dataclasses.field(repr=False)
    captured_at: datetime
    manifest: Mapping[str, Any] = dataclasses.field(repr=False)
    files: tuple[EvidenceFile, ...]


class EvidenceRepository(Repository):
    def add(
        self,
        *,
        url: str,
        verdict: str,
        reason: str,
        captured_at: datetime,
        manifest: Mapping[str, Any],
        files: Sequence[EvidenceFile] = (),
        hit_id: str | None = None,
        subject_id: str | None = None,
        again_at: datetime | None = None,
    ) -> EvidenceRecord:
        """Store the result of a capture of a hit's page, or of a page for a subject.

        ``again_at``: when the hit's page should be captured again, where this capture failed in a way
        that may pass. The files must be in the vault already. Raises NotFoundError, BadValueError.
        """
        hit = self._hit(hit_id) if hit_id is not None else None
        owner = hit.subject_id if hit else subject_id
        if owner is None:
            raise BadValueError("Evidence belongs to a hit or to a subject: give one of the two.")
        secret = self._keys.of(owner)
        row_id = new_id("e")
        fields = {"url": url, "reason": reason, "manifest": dict(manifest)}
        row = EvidenceRow(
            id=row_id,
            subject_id=owner,
            hit_id=hit_id,
            hit_revision=hit.revision if hit else None,
            verdict=str(verdict),
            captured_at=captured_at,
            sealed=secret.seal(place("evidence", row_id), fields),
        )
        self._session.add(row)
        self._session.flush()
        self._session.add_all(
            EvidenceFileRow(
                evidence_id=row_id,
                number=number,
                media_type=file.media_type,
                size_bytes=file.size_bytes,
                vault_address=file.vault_address,
                sealed=secret.seal(
                    place("evidence_file", row_id, number), {"name": file.name, "sha256": file.sha256}
                ),
            )
            for number, file in enumerate(files, 1)
        )
        if hit is not None:
            self._session.execute(
                update(HitRow)
                .where(col(HitRow.id) == hit.id)
                .values(evidence_at=captured_at, capture_due_at=again_at)
            )
        self._session.flush()
        return self._record(row)

    def get(self, evidence_id: str) -> EvidenceRecord:
        """Raises NotFoundError."""
        query = select(EvidenceRow).where(
            col(EvidenceRow.id) == evidence_id, self._scope.owns(col(EvidenceRow.subject_id))
        )
        row = self._session.exec(query).first()
        if row is None:
            raise NotFoundError("evidence", evidence_id)
        return self._record(row)

    def of_hit(self, hit_id: str) -> Sequence[EvidenceRecord]:
        """Every capture of a hit's page, oldest first. Raises NotFoundError."""
        hit = self._hit(hit_id)
        query = select(EvidenceRow).where(col(EvidenceRow.hit_id) == hit.id)
        rows = self._session.exec(query.order_by(col(EvidenceRow.captured_at), col(EvidenceRow.id))).all()
        return [self._record(row) for row in rows]

    def latest(self, hit_id: str) -> EvidenceRecord | None:
        """The newest capture of a hit's page, whatever its verdict. Raises NotFoundError."""
        hit = self._hit(hit_id)
        query = (
            select(EvidenceRow)
            .where(col(EvidenceRow.hit_id) == hit.id)
            .order_by(col(EvidenceRow.captured_at).desc(), col(EvidenceRow.id).desc())
            .limit(1)
        )
        row = self._session.exec(query).first()
        return self._record(row) if row else None

    def list(
        self, *, subject_id: str | None = None, limit: int = 50, offset: int = 0
    ) -> Sequence[EvidenceRecord]:
        """Newest first, of hits and of single pages alike."""
        query = select(EvidenceRow).where(self._scope.owns(col(EvidenceRow.subject_id)))
        if subject_id is not None:
            query = query.where(col(EvidenceRow.subject_id) == subject_id)
        query = query.order_by(col(EvidenceRow.captured_at).desc(), col(EvidenceRow.id).desc())
        rows = self._session.exec(query.limit(limit).offset(offset)).all()
        self._keys.load(row.subject_id for row in rows)
        return [self._record(row) for row in rows]

    def addresses(self, subject_id: str) -> set[str]:
        """The vault addresses that a subject's records name: what a sweep must keep."""
        query = (
            select(EvidenceFileRow.vault_address)
            .join(EvidenceRow, col(EvidenceRow.id) == EvidenceFileRow.evidence_id)
            .where(col(EvidenceRow.subject_id) == subject_id, self._scope.owns(col(EvidenceRow.subject_id)))
        )
        return set(self._session.exec(query).all())

    def _hit(self, hit_id: str) -> HitRow:
        query = select(HitRow).where(col(HitRow.id) == hit_id, self._scope.owns(col(HitRow.subject_id)))
        row = self._session.exec(query).first()
        if row is None:
            raise NotFoundError("hit", hit_id)
        return row

    def _record(self, row: EvidenceRow) -> EvidenceRecord:
        secret = self._keys.of(row.subject_id)
        query = select(EvidenceFileRow).where(col(EvidenceFileRow.evidence_id) == row.id)
        files = tuple(
            EvidenceFile(
                media_type=file.media_type,
                size_bytes=file.size_bytes,
                vault_address=file.vault_address,
                **secret.unseal(place("evidence_file", row.id, file.number), file.sealed),
            )
            for file in self._session.exec(query.order_by(col(EvidenceFileRow.number))).all()
        )
        return EvidenceRecord(
            id=row.id,
            subject_id=row.subject_id,
            hit_id=row.hit_id,
            hit_revision=row.hit_revision,
            verdict=row.verdict,
            captured_at=row.captured_at,
            files=files,
            **secret.unseal(place("evidence", row.id), row.sealed),
        )
