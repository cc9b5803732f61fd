"""The audit log: appended to, never changed; each entry carries a keyed digest over the one before."""

from __future__ import annotations

import dataclasses
import hmac
from collections.abc import Sequence
from datetime import UTC, datetime

from sqlalchemy import func, text
from sqlmodel import col, select

from storage import crypto
from storage.errors import CorruptError
from storage.models import AuditRow
from storage.repositories.base import Context, Repository

_LOCK_NUMBER = 0x53484155  # PostgreSQL's advisory locks are numbers; this one is ours alone


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class AuditRecord:
    """One entry. ``detail`` never holds personal data: entries outlive the subject's erasure."""

    number: int
    at: datetime
    action: str
    actor: str
    subject_id: str | None
    detail: str


class AuditRepository(Repository):
    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self._link_key = context.instance.subkey("audit")

    def record(self, action: str, actor: str, subject_id: str | None = None, detail: str = "") -> AuditRecord:
        """Append an entry. On PostgreSQL others who append wait for this transaction's end."""
        if self._session.get_bind().dialect.name == "postgresql":
            self._session.execute(text("SELECT pg_advisory_xact_lock(:number)"), {"number": _LOCK_NUMBER})
        last = self._session.exec(select(AuditRow).order_by(col(AuditRow.number).desc()).limit(1)).first()
        row = AuditRow(
            number=last.number + 1 if last else 1,
            at=self._context.now().astimezone(UTC),
            action=action,
            actor=actor,
            subject_id=subject_id,
            detail=detail,
            link=b"",
        )
        row.link = self._link(row, last.link if last else b"")
        self._session.add(row)
        self._session.flush()
        return _record(row)

    def list(
        self, *, subject_id: str | None = None, action: str | None = None, limit: int = 100
    ) -> Sequence[AuditRecord]:
        """The newest entries first; an account sees those about its own subjects only."""
        query = select(AuditRow).where(self._scope.owns(col(AuditRow.subject_id)))
        if subject_id is not None:
            query = query.where(col(AuditRow.subject_id) == subject_id)
        if action is not None:
            query = query.where(col(AuditRow.action) == action)
        query = query.order_by(col(AuditRow.number).desc()).limit(limit)
        return [_record(row) for row in self._session.exec(query).all()]

    def verify(self) -> int:
        """The number of entries, all linked. Raises CorruptError at the first that was altered or removed.

        Entries cut off at the end leave no trace here: compare the number with one noted elsewhere.
        """
        self._scope.require_operator("verify the audit log")
        link, expected = b"", 1
        query = select(AuditRow).order_by(col(AuditRow.number)).execution_options(yield_per=1000)
        with self._session.exec(query) as rows:
            for row in rows:
                if row.number != expected or not hmac.compare_digest(row.link, self._link(row, link)):
                    raise CorruptError(f"The audit log was altered at entry {expected}.")
                link, expected = row.link, expected + 1
        return expected - 1

    def count(self) -> int:
        self._scope.require_operator("count the audit log")
        return self._session.exec(select(func.count()).select_from(AuditRow)).one()

    def _link(self, row: AuditRow, before: bytes) -> bytes:
        values = (row.at.isoformat(), row.action, row.actor, row.subject_id or "", row.detail)
        return crypto.digest(
            self._link_key, before, row.number.to_bytes(8, "big"), *(value.encode() for value in values)
        )


def _record(row: AuditRow) -> AuditRecord:
    return AuditRecord(
        number=row.number,
        at=row.at,
        action=row.action,
        actor=row.actor,
        subject_id=row.subject_id,
        detail=row.detail,
    )
