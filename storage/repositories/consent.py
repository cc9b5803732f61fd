"""Declarations of consent: stored as given, never changed."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from datetime import datetime

from sqlmodel import col, select

from storage.models import ConsentRow
from storage.models.base import new_id
from storage.repositories.base import Repository, known, place

BASES = ("self", "authorised")


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class ConsentRecord:
    """``basis``: the watch is for oneself, or for someone who has authorised it."""

    id: str
    subject_id: str
    basis: str
    statement: str = dataclasses.field(repr=False)
    declared_by: str = dataclasses.field(repr=False)
    declared_at: datetime


class ConsentRepository(Repository):
    def add(
        self, subject_id: str, basis: str, statement: str, declared_by: str, at: datetime | None = None
    ) -> ConsentRecord:
        """Raises NotFoundError, BadValueError."""
        secret = self._keys.of(subject_id)
        row_id = new_id("n")
        row = ConsentRow(
            id=row_id,
            subject_id=subject_id,
            basis=known("ground for a watch", basis, BASES),
            declared_at=at or self._context.now(),
            sealed=secret.seal(
                place("consent", row_id), {"statement": statement, "declared_by": declared_by}
            ),
        )
        self._session.add(row)
        self._session.flush()
        return self._record(row)

    def list(self, subject_id: str) -> Sequence[ConsentRecord]:
        """The declarations about one subject, oldest first."""
        query = (
            select(ConsentRow)
            .where(col(ConsentRow.subject_id) == subject_id, self._scope.owns(col(ConsentRow.subject_id)))
            .order_by(col(ConsentRow.declared_at), col(ConsentRow.id))
        )
        return [self._record(row) for row in self._session.exec(query).all()]

    def _record(self, row: ConsentRow) -> ConsentRecord:
        fields = self._keys.of(row.subject_id).unseal(place("consent", row.id), row.sealed)
        return ConsentRecord(
            id=row.id,
            subject_id=row.subject_id,
            basis=row.basis,
            declared_at=row.declared_at,
            **fields,
        )
