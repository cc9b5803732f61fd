"""The people protected: adding them, finding them within the scope, erasing them for good."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence
from datetime import datetime

from sqlmodel import col, delete, select, update

from storage.errors import NotFoundError
from storage.models import SubjectKeyRow, SubjectRow, TombstoneRow
from storage.models.base import new_id
from storage.repositories.base import Context, Repository, known, place

STATES = ("active", "paused")


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class SubjectRecord:
    """One subject. ``language`` is a BCP 47 tag, ``timezone`` an IANA name, ``region`` an ISO 3166 code."""

    id: str
    label: str = dataclasses.field(repr=False)
    language: str
    timezone: str
    region: str
    state: str
    account_id: str | None
    created_at: datetime


class SubjectRepository(Repository):
    """``when_erased`` is called with the id; the unit of work clears vault and spare pages after its commit."""

    def __init__(self, context: Context, when_erased: Callable[[str], None]) -> None:
        super().__init__(context)
        self._when_erased = when_erased

    def add(
        self,
        label: str,
        language: str = "",
        timezone: str = "UTC",
        region: str = "",
        *,
        account_id: str | None = None,
    ) -> SubjectRecord:
        """Store a new subject with a data key of their own. An account adds to itself only."""
        row = SubjectRow(
            id=new_id("s", 8),
            account_id=account_id if self._scope.is_operator else self._scope.account_id,
            state="active",
            created_at=self._context.now(),
            sealed=b"",
        )
        self._session.add(row)
        self._session.flush()
        secret = self._keys.create(row.id)
        fields = {"label": label, "language": language, "timezone": timezone, "region": region}
        row.sealed = secret.seal(place("subject", row.id), fields)
        self._session.flush()
        return self._record(row)

    def get(self, subject_id: str) -> SubjectRecord:
        """Raises NotFoundError."""
        return self._record(self._row(subject_id))

    def list(self, *, state: str | None = None) -> Sequence[SubjectRecord]:
        """All subjects of the scope, oldest first."""
        query = select(SubjectRow).where(self._scope.owns(col(SubjectRow.id)))
        if state is not None:
            query = query.where(col(SubjectRow.state) == known("state of a subject", state, STATES))
        rows = self._session.exec(query.order_by(col(SubjectRow.created_at), col(SubjectRow.id))).all()
        self._keys.load(row.id for row in rows)
        return [self._record(row) for row in rows]

    def set_state(self, subject_id: str, state: str) -> SubjectRecord:
        """Pause a watch or take it up again. Raises NotFoundError, BadValueError."""
        row = self._row(subject_id)
        row.state = known("state of a subject", state, STATES)
        self._session.flush()
        return self._record(row)

    def erase(self, subject_id: str) -> None:
        """Destroy the subject's key and remove all that hangs on them; a tombstone stays.

        What copies of the database exist elsewhere can be read by nobody who has not also a copy of the
        wrapped key and the instance key. Raises NotFoundError.
        """
        row_id = self._row(subject_id).id
        wrapped = self._session.exec(
            select(SubjectKeyRow.wrapped).where(col(SubjectKeyRow.subject_id) == row_id)
        ).one()
        self._run(
            update(SubjectKeyRow)
            .where(col(SubjectKeyRow.subject_id) == row_id)
            .values(wrapped=bytes(len(wrapped)))
        )
        self._session.expunge_all()
        self._run(delete(SubjectRow).where(col(SubjectRow.id) == row_id))
        self._session.add(TombstoneRow(subject_id=row_id, erased_at=self._context.now()))
        self._session.flush()
        self._keys.forget(row_id)
        self._when_erased(row_id)

    def _row(self, subject_id: str) -> SubjectRow:
        query = select(SubjectRow).where(
            col(SubjectRow.id) == subject_id, self._scope.owns(col(SubjectRow.id))
        )
        row = self._session.exec(query).first()
        if row is None:
            raise NotFoundError("subject", subject_id)
        return row

    def _record(self, row: SubjectRow) -> SubjectRecord:
        fields = self._keys.of(row.id).unseal(place("subject", row.id), row.sealed)
        return SubjectRecord(
            id=row.id,
            state=row.state,
            account_id=row.account_id,
            created_at=row.created_at,
            **fields,
        )
