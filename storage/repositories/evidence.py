"""Evidence records: the result of every capture, failed ones too, with the vault files they name."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlmodel import col, select, update

from storage.errors import BadValueError, NotFoundError
from storage.models import EvidenceFileRow, EvidenceRow, HitRow
from storage.models.base import new_id
from storage.repositories.base import Repository, known, place
from storage.repositories.custody import CustodyRepository
from storage.vault.custody import Action

_FIRST_ACTION = {"capture": Action.CAPTURED, "import": Action.IMPORTED}
# Of parts between slashes, none of them in _NO_PART; sums.is_safe_name of the monitor is as strict.
_NAME = re.compile(r"[^\\\x00-\x1f\x7f]{1,300}")
_NO_PART = frozenset({"", ".", ".."})


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
    """One capture of ``url``, or one imported file. ``hit_revision``: which wording of the hit's post was looked for.

    ``stamped_at``: the earliest trusted timestamp; None: not yet stamped. ``sums_sha256``: the digest of
    SHA256SUMS, empty where nothing was sealed. ``note``: what a person wrote beside an import.
    """

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
    kind: str = "capture"
    stamped_at: datetime | None = None
    stamp_due_at: datetime | None = None
    sums_sha256: str = ""
    note: str = dataclasses.field(default="", repr=False)


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
        kind: str = "capture",
        note: str = "",
        sums_sha256: str = "",
        stamped_at: datetime | None = None,
        stamp_due_at: datetime | None = None,
        actor: str = "shamewatch",
    ) -> EvidenceRecord:
        """Store the result of a capture of a hit's page, or of a page for a subject, or an imported file.

        ``again_at``: when the hit's page should be captured again, where this capture failed in a way
        that may pass. The files must be in the vault already. The custody log begins with it.
        Raises NotFoundError, BadValueError.
        """
        known("kind of evidence", kind, tuple(_FIRST_ACTION))
        hit = self._hit(hit_id) if hit_id is not None else None
        owner = hit.subject_id if hit else subject_id
        if owner is None:
            raise BadValueError("Evidence belongs to a hit or to a subject: give one of the two.")
        secret = self._keys.of(owner)
        row_id = new_id("e")
        fields = {
            "url": url, "reason": reason, "manifest": dict(manifest), "sums_sha256": sums_sha256, "note": note,
        }  # fmt: skip
        row = EvidenceRow(
            id=row_id,
            subject_id=owner,
            hit_id=hit_id,
            hit_revision=hit.revision if hit else None,
            kind=kind,
            verdict=str(verdict),
            captured_at=captured_at,
            stamped_at=stamped_at,
            stamp_due_at=stamp_due_at,
            sealed=secret.seal(place("evidence", row_id), fields),
        )
        self._session.add(row)
        self._session.flush()
        self._append_files(row, files, ())
        if hit is not None and kind == "capture":
            self._session.execute(
                update(HitRow)
                .where(col(HitRow.id) == hit.id)
                .values(evidence_at=captured_at, capture_due_at=again_at)
            )
        self._session.flush()
        begin = f"{verdict}; SHA256SUMS {sums_sha256}" if sums_sha256 else str(verdict)
        CustodyRepository(self._context).record(row_id, _FIRST_ACTION[kind], actor, begin)
        return self._record(row)

    def add_files(self, evidence_id: str, files: Sequence[EvidenceFile]) -> None:
        """Append files, such as stamps that came later; what is there is never replaced.

        Raises NotFoundError, and BadValueError for a name that is there already.
        """
        row = self._row(evidence_id, is_locked=True)
        self._append_files(row, files, self._files(row))

    def stamp_due(self, now: datetime, limit: int) -> Sequence[EvidenceRecord]:
        """Items whose timestamps should be asked for by now, those that wait longest first."""
        query = select(EvidenceRow).where(
            col(EvidenceRow.stamp_due_at) <= now, self._scope.owns(col(EvidenceRow.subject_id))
        )
        rows = self._session.exec(query.order_by(col(EvidenceRow.stamp_due_at)).limit(limit)).all()
        self._keys.load(row.subject_id for row in rows)
        return [self._record(row) for row in rows]

    def set_stamped(self, evidence_id: str, stamped_at: datetime | None) -> None:
        """Every stamp that is wanted is there. The earliest time stays. Raises NotFoundError."""
        row = self._row(evidence_id, is_locked=True)
        moments = [moment for moment in (row.stamped_at, stamped_at) if moment is not None]
        row.stamped_at, row.stamp_due_at = min(moments, default=None), None
        self._session.add(row)
        self._session.flush()

    def put_off_stamp(self, evidence_id: str, again_at: datetime) -> None:
        """Some stamp did not come: ask again then. Raises NotFoundError."""
        row = self._row(evidence_id, is_locked=True)
        row.stamp_due_at = again_at
        self._session.add(row)
        self._session.flush()

    def get(self, evidence_id: str) -> EvidenceRecord:
        """Raises NotFoundError."""
        return self._record(self._row(evidence_id))

    def of_hit(self, hit_id: str) -> Sequence[EvidenceRecord]:
        """Every capture of a hit's page and what was imported about it, oldest first. Raises NotFoundError."""
        hit = self._hit(hit_id)
        query = select(EvidenceRow).where(col(EvidenceRow.hit_id) == hit.id)
        rows = self._session.exec(query.order_by(col(EvidenceRow.captured_at), col(EvidenceRow.id))).all()
        return [self._record(row) for row in rows]

    def latest(self, hit_id: str) -> EvidenceRecord | None:
        """The newest capture of a hit's page, whatever its verdict. Raises NotFoundError."""
        hit = self._hit(hit_id)
        query = (
            select(EvidenceRow)
            .where(col(EvidenceRow.hit_id) == hit.id, col(EvidenceRow.kind) == "capture")
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

    def _row(self, evidence_id: str, *, is_locked: bool = False) -> EvidenceRow:
        query = select(EvidenceRow).where(
            col(EvidenceRow.id) == evidence_id, self._scope.owns(col(EvidenceRow.subject_id))
        )
        row = self._session.exec(query.with_for_update() if is_locked else query).first()
        if row is None:
            raise NotFoundError("evidence", evidence_id)
        return row

    def _append_files(
        self, row: EvidenceRow, files: Sequence[EvidenceFile], present: Sequence[EvidenceFile]
    ) -> None:
        secret = self._keys.of(row.subject_id)
        taken = {file.name for file in present}
        for file in files:
            if not _NAME.fullmatch(file.name) or not _NO_PART.isdisjoint(file.name.split("/")):
                raise BadValueError("A file of evidence has a name that could lead out of its folder.")
            if file.name in taken:
                raise BadValueError(f"{row.id} has a file {file.name} already; evidence is never replaced.")
            taken.add(file.name)
        self._session.add_all(
            EvidenceFileRow(
                evidence_id=row.id,
                number=number,
                media_type=file.media_type,
                size_bytes=file.size_bytes,
                vault_address=file.vault_address,
                sealed=secret.seal(
                    place("evidence_file", row.id, number), {"name": file.name, "sha256": file.sha256}
                ),
            )
            for number, file in enumerate(files, len(present) + 1)
        )
        self._session.flush()

    def _files(self, row: EvidenceRow) -> tuple[EvidenceFile, ...]:
        secret = self._keys.of(row.subject_id)
        query = select(EvidenceFileRow).where(col(EvidenceFileRow.evidence_id) == row.id)
        return tuple(
            EvidenceFile(
                media_type=file.media_type,
                size_bytes=file.size_bytes,
                vault_address=file.vault_address,
                **secret.unseal(place("evidence_file", row.id, file.number), file.sealed),
            )
            for file in self._session.exec(query.order_by(col(EvidenceFileRow.number))).all()
        )

    def _record(self, row: EvidenceRow) -> EvidenceRecord:
        return EvidenceRecord(
            id=row.id,
            subject_id=row.subject_id,
            hit_id=row.hit_id,
            hit_revision=row.hit_revision,
            kind=row.kind,
            verdict=row.verdict,
            captured_at=row.captured_at,
            stamped_at=row.stamped_at,
            stamp_due_at=row.stamp_due_at,
            files=self._files(row),
            **self._keys.of(row.subject_id).unseal(place("evidence", row.id), row.sealed),
        )
